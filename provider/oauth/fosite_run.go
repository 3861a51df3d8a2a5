package oauth

import (
	"context"
	"strings"
	"time"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/token/jwt"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
)

// run is one walk through fosite: the session object that it hands around, and
// what our storage and strategies learn and make on the way. It lives as long as
// the request.
type run struct {
	client   *client.Client
	now      time.Time
	code     *grant.Code
	grant    *grant.Grant
	standing *accounts.Standing // nil unless something was read anyway or is needed
	nonce    string
	scopes   []string // asked for at the token endpoint: fewer than the grant's, or a service's
	answer   tokenAnswer
	stop     error // what our side met, before fosite dressed it up
	instead  error // what is said for an error of fosite's
	claims   jwt.IDTokenClaims
	headers  jwt.Headers
}

var _ openid.Session = (*run)(nil)

func newRun(c *client.Client, now time.Time) *run { return &run{client: c, now: now.UTC()} }

// take makes the run about a code.
func (r *run) take(c *grant.Code) {
	r.code, r.nonce = c, c.Nonce
	// fosite compares these with the machine's clock, which is not ours when
	// the clock is simulated. When somebody signed in was decided before.
	then := time.Unix(1, 0)
	r.claims = jwt.IDTokenClaims{Subject: c.Principal.Subject, AuthTime: then, RequestedAt: then}
}

// outcome prefers what our side met to what fosite made of it.
func (r *run) outcome(err error) error {
	switch {
	case r.stop != nil:
		return r.stop
	case err != nil && r.instead != nil:
		return r.instead
	}
	return err
}

// halt records why our side stopped, and gives fosite something to stop on.
func (r *run) halt(err error) error {
	if r.stop == nil {
		r.stop = err
	}
	return err
}

// The clock of tokens is ours: fosite's expiries are neither kept nor asked for.

func (r *run) SetExpiresAt(fosite.TokenType, time.Time)       {}
func (r *run) GetExpiresAt(fosite.TokenType) (zero time.Time) { return zero }
func (r *run) GetUsername() string                            { return "" }
func (r *run) GetSubject() string                             { return r.claims.Subject }
func (r *run) Clone() fosite.Session                          { return r }
func (r *run) IDTokenClaims() *jwt.IDTokenClaims              { return &r.claims }
func (r *run) IDTokenHeaders() *jwt.Headers                   { return &r.headers }

// request is the family as fosite wants to see it.
func (r *run) request(id grant.ID, scopes []string, form map[string][]string) *fosite.Request {
	return &fosite.Request{
		ID: id.String(), RequestedAt: r.now, Client: fositeClient{r.client}, Session: r, Form: form,
		RequestedScope: scopes, GrantedScope: scopes,
	}
}

type runKey struct{}

func withRun(ctx context.Context, r *run) context.Context { return context.WithValue(ctx, runKey{}, r) }

func runOf(ctx context.Context) *run {
	r, ok := ctx.Value(runKey{}).(*run)
	if !ok {
		panic("oauth: no run in the context of a token request") // programmer error
	}
	return r
}

// fositeClient shows a client to fosite. It does not implement
// fosite.OpenIDConnectClient, so go-jose v3 stays out of our code.
type fositeClient struct{ *client.Client }

func (c fositeClient) GetID() string                      { return c.ID }
func (c fositeClient) GetHashedSecret() []byte            { return nil }
func (c fositeClient) GetRedirectURIs() []string          { return c.RedirectURIs }
func (c fositeClient) GetGrantTypes() fosite.Arguments    { return c.GrantTypes }
func (c fositeClient) GetResponseTypes() fosite.Arguments { return c.ResponseTypes }
func (c fositeClient) GetScopes() fosite.Arguments        { return strings.Fields(c.Scope) }
func (c fositeClient) IsPublic() bool                     { return c.Public() }
func (c fositeClient) GetAudience() fosite.Arguments      { return nil }

func joinScopes(scopes []string) string { return strings.Join(scopes, " ") }
