package pages

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/templates"
)

// mountStatic adds what needs neither browser nor session.
func (p *Pages) mountStatic(e *echo.Echo) {
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, templates.StaticPath+":name", p.asset)
	e.Match(read, "/favicon.ico", p.favicon)
	e.Match(read, templates.PreferencesPath, p.preferences)
	e.Match(read, pathCaptcha+":file", p.getCaptcha)
}

// asset answers with a file whose name holds its hash: it never changes.
func (p *Pages) asset(c echo.Context) error {
	asset, ok := p.Templates.Asset(c.Param("name"))
	if !ok {
		return echo.ErrNotFound
	}
	return sendAsset(c, asset, "public, max-age=31536000, immutable")
}

// favicon is what browsers ask for unasked.
func (p *Pages) favicon(c echo.Context) error {
	name := strings.TrimPrefix(p.Templates.AssetURL("favicon.ico"), templates.StaticPath)
	asset, ok := p.Templates.Asset(name)
	if !ok {
		return echo.ErrNotFound
	}
	return sendAsset(c, asset, "public, max-age=86400")
}

func sendAsset(c echo.Context, a templates.Asset, cache string) error {
	h := c.Response().Header()
	h.Set(echo.HeaderCacheControl, cache)
	h.Set(echo.HeaderVary, echo.HeaderAcceptEncoding)
	body := a.Body
	if a.Gzip != nil && acceptsGzip(c.Request().Header) {
		h.Set(echo.HeaderContentEncoding, "gzip")
		body = a.Gzip
	}
	h.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	return c.Blob(http.StatusOK, a.ContentType, body)
}

// acceptsGzip reads Accept-Encoding (RFC 9110 §12.5.3) as far as browsers use it.
func acceptsGzip(h http.Header) bool {
	for coding := range strings.SplitSeq(strings.Join(h.Values(echo.HeaderAcceptEncoding), ","), ",") {
		name, weight, _ := strings.Cut(coding, ";")
		if strings.EqualFold(strings.TrimSpace(name), "gzip") {
			_, value, _ := strings.Cut(weight, "=")
			return strings.Trim(strings.TrimSpace(value), "0.") != "" || strings.TrimSpace(weight) == ""
		}
	}
	return false
}
