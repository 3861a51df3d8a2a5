package oauth

import (
	"errors"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/provider/interaction"
)

// answerCode sends the browser back to the client with a code (RFC 6749 §4.1.2)
// and our issuer (RFC 9207 §2).
func (s *Server) answerCode(c echo.Context, a *authorizeRequest, code string) error {
	return s.answer(c, a, []Field{{"code", code}})
}

// answerError tells the person, where the client cannot be told, or else the
// client at its redirect URI (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6). What may
// pass by itself, a store that does not answer, is a page of ours that can be
// reloaded, unless the client wants no page at all (prompt=none).
func (s *Server) answerError(c echo.Context, a *authorizeRequest, err error) error {
	if _, ok := errors.AsType[*interaction.ProblemError](err); ok || a == nil || a.redirectURI == "" {
		return err
	}
	p, fault := toProtocol(err)
	switch {
	case fault && !a.prompts(promptNone):
		return err
	case fault:
		s.logFault(c, err)
	}
	fields := []Field{{"error", p.Code}}
	if p.Description != "" {
		fields = append(fields, Field{"error_description", p.Description})
	}
	return s.answer(c, a, fields)
}

func (s *Server) answer(c echo.Context, a *authorizeRequest, fields []Field) error {
	if a.state != "" {
		fields = append(fields, Field{"state", a.state})
	}
	fields = append(fields, Field{"iss", s.Issuer})
	noStore(c.Response().Header())
	if a.mode == modeFormPost {
		return s.Pages.FormPost(c, FormAnswer{
			ClientName: a.client.Name, Action: a.redirectURI, Locales: a.locales, Fields: fields,
		})
	}
	return s.seeOther(c, withQuery(a.redirectURI, fields))
}

// withQuery appends parameters to a URI and leaves the rest of it as it is (RFC
// 6749 §3.1.2: its own query must be retained).
func withQuery(uri string, fields []Field) string {
	var b strings.Builder
	b.WriteString(uri)
	sep := byte('?')
	if strings.Contains(uri, "?") {
		sep = '&'
		if strings.HasSuffix(uri, "?") || strings.HasSuffix(uri, "&") {
			sep = 0
		}
	}
	for _, f := range fields {
		if sep != 0 {
			b.WriteByte(sep)
		}
		sep = '&'
		b.WriteString(url.QueryEscape(f.Name))
		b.WriteByte('=')
		b.WriteString(url.QueryEscape(f.Value))
	}
	return b.String()
}
