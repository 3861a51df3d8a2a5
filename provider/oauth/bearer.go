package oauth

import (
	"net/http"

	"github.com/labstack/echo/v4"
)

// bearer returns the access token of a request: in the Authorization header or,
// for a form POST, in the body; never in the query (RFC 6750 §2, §5.3).
func bearer(c echo.Context) (string, error) {
	r := c.Request()
	found := headerTokens(r)
	if r.Method == http.MethodPost && r.Header.Get("Content-Type") != "" {
		p, err := bodyParams(r)
		if err != nil {
			return "", err
		}
		if token := p.get("access_token"); token != "" {
			found = append(found, token)
		}
	}
	switch len(found) {
	case 0:
		return "", nil
	case 1:
		return found[0], nil
	default:
		return "", refuse(codeInvalidRequest, "more than one access token")
	}
}
