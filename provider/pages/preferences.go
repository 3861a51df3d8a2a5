package pages

import (
	"net/url"
	"strings"
	"unicode"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/provider/cookie"
)

// preferences keeps the language and the text size that a person chose, and goes
// back to where they were. It is a link: it works before there is a session, and
// changes nothing but the look.
func (p *Pages) preferences(c echo.Context) error {
	query := c.QueryParams()
	d := p.displayOf(c.Request())
	if lang, ok := known(query.Get("lang")); ok {
		d.lang = lang
	}
	if size := query.Get("large"); size != "" {
		d.large = size == "1"
	}
	d.chosen = p.Now()
	p.Flow.Jar.Set(c.Response(), cookie.Display, d.String(), displayLife)
	return p.seeOther(c, localPath(query.Get("return")))
}

// localPath returns s if it is a path on this very site and "/" if it is
// anything else; in particular what browsers take for another host.
func localPath(s string) string {
	u, err := url.Parse(s)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || u.Opaque != "" ||
		!strings.HasPrefix(s, "/") || strings.HasPrefix(s, "//") || strings.Contains(s, `\`) ||
		strings.HasPrefix(u.Path, "//") || strings.Contains(u.Path, `\`) || strings.ContainsFunc(s, unicode.IsControl) {
		return "/"
	}
	return s
}
