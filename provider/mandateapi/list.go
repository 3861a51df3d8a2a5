package mandateapi

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/client"
)

// Sizes of a page.
const (
	pageSize    = 100
	maxPageSize = 200
)

// listed is an entry of the list.
type listed struct {
	verdict

	// Name is the person's: whole for clients that are registered with the scope
	// profile, which learn it of everybody who signs in there; masked for others.
	Name string `json:"name"`
}

type page struct {
	Mandates  []listed `json:"mandates"`
	Next      string   `json:"next,omitempty"` // the cursor of the next page; absent at the end
	CheckedAt string   `json:"checked_at"`
}

// list is one page of the mandates of an enterprise that are for the calling
// client.
func (a *API) list(c echo.Context, by *client.Client) error {
	r := &reading{}
	code, after := listQuery(r, c)
	if err := r.err(); err != nil {
		return err
	}
	found, err := a.Questions.List(c.Request().Context(), code, by.ID, after)
	if err != nil {
		return err
	}
	out := page{Mandates: []listed{}, CheckedAt: stamp(found.Now)}
	whole := slices.Contains(by.Scopes(), "profile")
	for _, m := range found.Mandates {
		entry := listed{verdict: verdictOf(m.MandateAnswer), Name: m.Name}
		if !whole {
			entry.Name = idnum.MaskName(m.Name)
		}
		out.Mandates = append(out.Mandates, entry)
	}
	if found.Next.AfterID != "" {
		out.Next = writeCursor(found.Next)
	}
	return c.JSON(http.StatusOK, out)
}

func listQuery(r *reading, c echo.Context) (code string, after accounts.AgentQuery) {
	parameter := func(name, detail string) {
		r.faults = append(r.faults, fieldFault{Parameter: name, Detail: detail})
	}
	text, err := url.PathUnescape(c.Param("uscc"))
	uscc, wrong := idnum.ParseUSCC(text)
	if err != nil || wrong != nil {
		parameter("uscc", "is no unified social credit code")
	}
	query := c.QueryParams()
	for _, name := range []string{"cursor", "limit"} {
		if len(query[name]) > 1 {
			parameter(name, "stands there twice")
		}
	}
	after.Limit = pageSize
	if text := query.Get("cursor"); text != "" {
		place, ok := readCursor(text)
		if !ok {
			parameter("cursor", "is none of ours")
		}
		after = place
		after.Limit = pageSize
	}
	if text := query.Get("limit"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > maxPageSize {
			parameter("limit", "want 1 to "+strconv.Itoa(maxPageSize))
		}
		after.Limit = n
	}
	return string(uscc), after
}

// A cursor is the place of the last row of a page: 8 bytes of milliseconds, 16 of
// its id. It opens nothing that the caller may not read anyway.
const cursorSize = 8 + 16

func writeCursor(q accounts.AgentQuery) string {
	id, err := uuid.Parse(q.AfterID)
	if err != nil {
		return ""
	}
	raw := binary.BigEndian.AppendUint64(nil, uint64(q.AfterCreated.UnixMilli()))
	return base64.RawURLEncoding.EncodeToString(append(raw, id[:]...))
}

func readCursor(text string) (q accounts.AgentQuery, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != cursorSize {
		return q, false
	}
	ms := binary.BigEndian.Uint64(raw)
	const latest = 1 << 52
	if ms == 0 || ms > latest {
		return q, false
	}
	q.AfterCreated = time.UnixMilli(int64(ms)).UTC()
	q.AfterID = uuid.UUID(raw[8:]).String()
	return q, true
}
