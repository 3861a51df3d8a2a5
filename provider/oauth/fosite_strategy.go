package oauth

import (
	"context"
	"errors"
	"time"

	"github.com/google/uuid"
	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"

	"github.com/tongid/tongid/provider/client"
)

// fositeStrategy mints codes and tokens for fosite. Nothing is validated here:
// tokens were opened and checked where they are read.
type fositeStrategy struct{ s *Server }

var (
	_ oauth2.CoreStrategy               = fositeStrategy{}
	_ openid.OpenIDConnectTokenStrategy = fositeStrategy{}
)

func (f fositeStrategy) AuthorizeCodeSignature(_ context.Context, token string) string { return token }

func (f fositeStrategy) AccessTokenSignature(_ context.Context, token string) string { return token }

func (f fositeStrategy) RefreshTokenSignature(_ context.Context, token string) string { return token }

func (f fositeStrategy) ValidateAuthorizeCode(context.Context, fosite.Requester, string) error {
	return nil
}

func (f fositeStrategy) ValidateAccessToken(context.Context, fosite.Requester, string) error {
	return errors.New("oauth: access tokens are checked by us") // never asked
}

func (f fositeStrategy) ValidateRefreshToken(context.Context, fosite.Requester, string) error {
	return nil
}

func (f fositeStrategy) GenerateAuthorizeCode(_ context.Context, r fosite.Requester) (token, signature string, err error) {
	run := asRun(r.GetSession())
	token = f.s.mint.code(run.code.ID, run.client.ID, run.code.ExpiresAt)
	return token, token, nil
}

// GenerateAccessToken mints a token for the family, or, without one, for the
// client itself, in the client's format.
func (f fositeStrategy) GenerateAccessToken(_ context.Context, r fosite.Requester) (token, signature string, err error) {
	run := asRun(r.GetSession())
	facts := accessFacts{Issued: run.now, Expires: run.now.Add(f.s.Life.AccessToken), Scopes: run.scopes}
	run.answer.Scope = joinScopes(run.scopes)
	if run.grant == nil {
		facts.ID, facts.Client = uuid.New(), run.client.ID
	} else {
		facts.ID = run.grant.ID
		if run.grant.ExpiresAt.Before(facts.Expires) {
			facts.Expires = run.grant.ExpiresAt
		}
		if run.scopes == nil {
			run.answer.Scope = joinScopes(run.grant.Scopes)
		}
	}
	run.answer.ExpiresIn = int64(facts.Expires.Sub(run.now) / time.Second)
	switch {
	case run.client.AccessTokenFormat == client.FormatJWT:
		token, err = f.s.jwtAccessToken(run, &facts)
	case run.grant == nil:
		token = f.s.mint.service(&facts)
	default:
		token = f.s.mint.access(&facts)
	}
	run.answer.AccessToken = token
	return token, token, err
}

func (f fositeStrategy) GenerateRefreshToken(_ context.Context, r fosite.Requester) (token, signature string, err error) {
	run := asRun(r.GetSession())
	token = f.s.mint.refresh(run.grant.ID, run.client.ID, run.grant.Generation)
	return token, token, nil
}

// GenerateIDToken signs the ID token. fosite has put the hash of the access
// token into the claims, by SHA-256 always; ours follows the algorithm.
func (f fositeStrategy) GenerateIDToken(_ context.Context, _ time.Duration, r fosite.Requester) (string, error) {
	run := asRun(r.GetSession())
	token, err := f.s.idToken(run, run.answer.AccessToken, run.now)
	if err != nil {
		return "", run.halt(err)
	}
	return token, nil
}
