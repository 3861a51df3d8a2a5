package guard

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// MaxBody is the longest request body that is read.
const MaxBody = 64 << 10

// Longer is a route whose bodies may be longer than MaxBody.
type Longer struct {
	Path  string
	Bytes int64
}

// BodyLimit bounds what any handler may read of a body. One that announces more
// is refused at once.
func BodyLimit(longer ...Longer) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r, limit := c.Request(), int64(MaxBody)
			for _, l := range longer {
				if r.URL.Path == l.Path {
					limit = l.Bytes
				}
			}
			switch {
			case r.ContentLength > limit:
				return echo.ErrStatusRequestEntityTooLarge
			case r.Body != http.NoBody:
				r.Body = http.MaxBytesReader(c.Response(), r.Body, limit)
			}
			return next(c)
		}
	}
}

// Form is what a person sent: read from the body alone, each field once.
type Form struct {
	values url.Values
	faults []string
}

// listField is the one field that may come several times: a list of boxes.
const listField = "services"

// ReadForm reads a form. Anything but one urlencoded body is refused: 415 for
// another type, 413 for too long, 400 for what cannot be read or says a field
// twice.
func ReadForm(r *http.Request) (*Form, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationForm || len(r.Header.Values(echo.HeaderContentType)) > 1 {
		return nil, echo.ErrUnsupportedMediaType
	}
	body, err := io.ReadAll(r.Body)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return nil, echo.ErrStatusRequestEntityTooLarge
	}
	if err != nil {
		return nil, echo.ErrBadRequest.WithInternal(err)
	}
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, echo.ErrBadRequest.WithInternal(err)
	}
	for name, all := range values {
		if len(all) > 1 && name != listField {
			return nil, echo.ErrBadRequest
		}
	}
	return &Form{values: values}, nil
}

// Text returns a field of at most limit characters, without spaces around it.
// A longer one, or one with characters that nobody types, is a fault of that
// field; what is returned is then fit to be shown again.
func (f *Form) Text(name string, limit int) string {
	return strings.TrimSpace(f.take(name, limit))
}

// Secret returns a field as it was typed, spaces included.
func (f *Form) Secret(name string, limit int) string { return f.take(name, limit) }

func (f *Form) take(name string, limit int) string {
	value := f.values.Get(name)
	clean := Shown(value, limit)
	if clean != value {
		f.faults = append(f.faults, name)
	}
	return clean
}

// List returns the values of a field that may come several times, each as Token
// with dots; what is none stays, as something that is not there.
func (f *Form) List(name string) []string {
	const most = 100
	var all []string
	for _, value := range f.values[name][:min(len(f.values[name]), most)] {
		if value != "" {
			all = append(all, Shown(value, 128))
		}
	}
	return all
}

// Sent reports whether the field was there at all.
func (f *Form) Sent(name string) bool { return f.values.Has(name) }

// Shown is what may be shown of a string that anybody may have written: at most
// limit characters, none that nobody types.
func Shown(s string, limit int) string {
	s = strings.Map(typed, strings.ToValidUTF8(s, ""))
	if runes := []rune(s); len(runes) > limit {
		return string(runes[:limit])
	}
	return s
}

func typed(r rune) rune {
	if unicode.IsControl(r) || r == utf8.RuneError {
		return -1
	}
	return r
}

// Faulty reports whether the field, already taken, could not be taken as sent.
func (f *Form) Faulty(name string) bool { return slices.Contains(f.faults, name) }

// Token returns a field that our own page filled in: an id, a button's value. It
// is empty unless it is short and of letters, digits, - and _.
func (f *Form) Token(name string) string { return token(f.values.Get(name)) }

// QueryToken is Token for a query parameter.
func QueryToken(r *http.Request, name string) string {
	all := r.URL.Query()[name]
	if len(all) != 1 {
		return ""
	}
	return token(all[0])
}

// PathToken is Token for a part of the path.
func PathToken(s string) string { return token(s) }

func token(s string) string {
	const longest = 128
	ok := len(s) <= longest && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '-' && r != '_'
	}) < 0
	if !ok {
		return ""
	}
	return s
}
