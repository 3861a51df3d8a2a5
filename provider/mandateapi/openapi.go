package mandateapi

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"net/http"

	"github.com/labstack/echo/v4"
)

// openAPI describes this API (OpenAPI 3.1). The tests hold it to what the handlers
// do.
//
//go:embed openapi.json
var openAPI []byte

// document is what is served of it.
type document struct{ etag string }

func newDocument() *document {
	sum := sha256.Sum256(openAPI)
	return &document{etag: `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`}
}

func (d *document) serve(c echo.Context) error {
	h := c.Response().Header()
	h.Set("Access-Control-Allow-Origin", "*")
	h.Set(echo.HeaderCacheControl, "public, max-age=3600")
	h.Set("Etag", d.etag)
	if c.Request().Header.Get("If-None-Match") == d.etag {
		return c.NoContent(http.StatusNotModified)
	}
	return c.Blob(http.StatusOK, echo.MIMEApplicationJSON, openAPI)
}
