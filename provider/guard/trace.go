package guard

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"strings"

	"github.com/labstack/echo/v4"
)

type requestKey struct{}

// request is what guard knows of a request.
type request struct {
	trace   string
	address netip.Addr
}

func requestOf(ctx context.Context) request {
	r, _ := ctx.Value(requestKey{}).(request)
	return r
}

func (r request) addressLabel() string {
	if !r.address.IsValid() {
		return ""
	}
	return r.address.String()
}

// TraceID is the request's id, 32 hexadecimal digits. It stands in every log
// line about the request and on the error page.
func TraceID(ctx context.Context) string { return requestOf(ctx).trace }

// Address is where the request came from. The zero address: it is not known.
func Address(ctx context.Context) netip.Addr { return requestOf(ctx).address }

// Identify gives each request its trace id and its client's address.
func Identify(trusted []netip.Prefix) echo.MiddlewareFunc {
	return func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			r := c.Request()
			known := request{trace: traceOf(r.Header), address: clientAddress(r, trusted)}
			c.SetRequest(r.WithContext(context.WithValue(r.Context(), requestKey{}, known)))
			return next(c)
		}
	}
}

// traceOf takes the trace id of a valid traceparent (W3C Trace Context §3.2), so
// that our lines join those of the proxy in front, or makes one.
func traceOf(h http.Header) string {
	if sent := h.Values("Traceparent"); len(sent) == 1 {
		if id, ok := parseTraceparent(sent[0]); ok {
			return id
		}
	}
	var (
		id   [16]byte
		text [32]byte
	)
	binary.BigEndian.PutUint64(id[:8], rand.Uint64()) //nolint:gosec // it need be unique, not secret
	binary.BigEndian.PutUint64(id[8:], rand.Uint64()) //nolint:gosec // see above
	hex.Encode(text[:], id[:])
	return string(text[:])
}

func parseTraceparent(s string) (trace string, ok bool) {
	const length = 2 + 1 + 32 + 1 + 16 + 1 + 2
	if len(s) < length || (len(s) > length && (s[:2] == "00" || s[length] != '-')) {
		return "", false
	}
	version, trace, parent, flags := s[:2], s[3:35], s[36:52], s[53:55]
	if s[2] != '-' || s[35] != '-' || s[52] != '-' || !hexadecimal(version+trace+parent+flags) ||
		version == "ff" || zeros(trace) || zeros(parent) {
		return "", false
	}
	return trace, true
}

func hexadecimal(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func zeros(s string) bool { return strings.Trim(s, "0") == "" }
