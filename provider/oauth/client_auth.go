package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"net/url"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
)

// authMethods is the table of client authentication methods; discovery and
// registration read it.
func authMethods() []string {
	return []string{client.AuthBasic, client.AuthPost, client.AuthPrivateKey, client.AuthNone}
}

// errClient is the one answer to every failed authentication: it does not tell
// an unknown client from a wrong secret.
func errClient() error { return refuse(codeInvalidClient, "client authentication failed") }

// credentials are what a request says about its client.
type credentials struct {
	id        string
	secret    string
	assertion string
	method    string
}

// readCredentials finds the one authentication method that a request uses
// (RFC 6749 §2.3: a client must not use more than one).
func readCredentials(c echo.Context, p params) (credentials, error) {
	cred := credentials{id: p.get("client_id"), method: client.AuthNone}
	methods := 0
	if header := c.Request().Header.Values("Authorization"); len(header) > 0 {
		methods++
		id, secret, ok := c.Request().BasicAuth()
		if !ok || len(header) > 1 {
			return cred, errClient()
		}
		// Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
		id, errID := url.QueryUnescape(id)
		secret, errSecret := url.QueryUnescape(secret)
		if errID != nil || errSecret != nil || (cred.id != "" && cred.id != id) {
			return cred, errClient()
		}
		cred.id, cred.secret, cred.method = id, secret, client.AuthBasic
	}
	if secret := p.get("client_secret"); secret != "" {
		methods++
		cred.secret, cred.method = secret, client.AuthPost
	}
	if kind := p.get("client_assertion_type"); kind != "" || p.get("client_assertion") != "" {
		methods++
		if kind != assertionType {
			return cred, errClient()
		}
		cred.assertion, cred.method = p.get("client_assertion"), client.AuthPrivateKey
	}
	if methods > 1 {
		return cred, refuse(codeInvalidRequest, "more than one client authentication method")
	}
	return cred, nil
}

// authenticate returns the client that makes the request (RFC 6749 §2.3, §3.2.1).
func (s *Server) authenticate(c echo.Context, p params) (*client.Client, error) {
	cred, err := readCredentials(c, p)
	if err != nil {
		return nil, err
	}
	if cred.method == client.AuthPrivateKey {
		return s.authenticateAssertion(c.Request().Context(), cred)
	}
	cl, err := s.Clients.Get(cred.id)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return nil, err
	}
	if err != nil {
		cl = &client.Client{} // compare all the same
	}
	switch {
	case cl.AuthMethod == client.AuthNone && cred.method == client.AuthNone:
		return cl, nil
	case cred.method == client.AuthNone || !secretMatches(cl, cred.secret):
		return nil, errClient()
	case cl.AuthMethod != client.AuthBasic && cl.AuthMethod != client.AuthPost:
		return nil, errClient()
	}
	// A client with a secret may send it either way: both prove the same.
	return cl, nil
}

// secretMatches compares in constant time. Secrets are 256 random bits of ours,
// so a fast hash is enough.
func secretMatches(c *client.Client, secret string) bool {
	sum := sha256.Sum256([]byte(secret))
	return subtle.ConstantTimeCompare(sum[:], c.SecretHash) == 1
}

// confidential authenticates and refuses public clients, who have not proved who
// they are.
func (s *Server) confidential(c echo.Context, p params) (*client.Client, error) {
	cl, err := s.authenticate(c, p)
	if err != nil {
		return nil, err
	}
	if cl.Public() {
		return nil, errClient()
	}
	return cl, nil
}
