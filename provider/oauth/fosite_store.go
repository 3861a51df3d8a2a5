package oauth

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/handler/pkce"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// fositeStore is fosite's storage on our records. "Signatures" are the tokens
// themselves: they are opened and their MAC checked here, before any look-up
// (fosite looks first and checks afterwards).
type fositeStore struct{ s *Server }

var (
	_ fosite.Storage                     = fositeStore{}
	_ oauth2.CoreStorage                 = fositeStore{}
	_ oauth2.TokenRevocationStorage      = fositeStore{}
	_ openid.OpenIDConnectRequestStorage = fositeStore{}
	_ pkce.PKCERequestStorage            = fositeStore{}
)

// asRun returns the session of a fosite call, which is always a run of ours.
func asRun(session fosite.Session) *run {
	r, ok := session.(*run)
	if !ok {
		panic("oauth: foreign fosite session") // programmer error
	}
	return r
}

func (f fositeStore) GetClient(context.Context, string) (fosite.Client, error) {
	return nil, fosite.ErrNotFound // clients are looked up and authenticated before fosite is asked
}

func (f fositeStore) ClientAssertionJWTValid(context.Context, string) error {
	return fosite.ErrJTIKnown
}

func (f fositeStore) SetClientAssertionJWT(context.Context, string, time.Time) error {
	return fosite.ErrJTIKnown
}

// CreateAuthorizeCodeSession stores what the code stands for.
func (f fositeStore) CreateAuthorizeCodeSession(ctx context.Context, _ string, r fosite.Requester) error {
	run := asRun(r.GetSession())
	if err := f.s.Codes.PutCode(ctx, run.code); err != nil {
		return run.halt(fmt.Errorf("oauth: store code: %w", err))
	}
	return nil
}

// GetAuthorizeCodeSession uses the code up, first and atomically; fosite's second
// call in the same walk finds it in the run. A code that is genuine but gone was
// redeemed before: fosite is told so, and revokes what came of it (RFC 6749
// §4.1.2, RFC 9700 §2.1.1).
func (f fositeStore) GetAuthorizeCodeSession(ctx context.Context, code string, session fosite.Session) (fosite.Requester, error) {
	run := asRun(session)
	if run.code == nil {
		id, expires, ok := f.s.mint.openCode(run.client.ID, code)
		if !ok {
			return nil, fosite.ErrNotFound
		}
		if !run.now.Before(expires) {
			return gone(run, id)
		}
		found, err := f.s.Codes.TakeCode(ctx, id)
		if errors.Is(err, accounts.ErrNotFound) {
			return gone(run, id)
		}
		if err != nil {
			return nil, run.halt(fmt.Errorf("oauth: take code: %w", err))
		}
		if !found.IssuedAt.IsZero() && run.client.RegisteredAfter(found.IssuedAt) {
			return nil, run.halt(refuse(codeInvalidGrant, "the authorization code was issued to a client that was deleted"))
		}
		run.take(found)
		run.grant = f.s.newGrant(run)
	}
	c := run.code
	return run.request(c.ID, c.Scopes, map[string][]string{"redirect_uri": {c.RedirectURI}}), nil
}

// gone tells fosite that a code was redeemed before. The client is told what is
// known: it may have expired as well, or be lost with what is alive.
func gone(r *run, id grant.ID) (fosite.Requester, error) {
	r.instead = refuse(codeInvalidGrant, "the authorization code is expired or has already been used")
	return r.request(id, nil, nil), fosite.ErrInvalidatedAuthorizeCode
}

// newGrant is the family that the run's code becomes.
func (s *Server) newGrant(r *run) *grant.Grant {
	c := r.code
	return &grant.Grant{
		ID: c.ID, ClientID: c.ClientID, Principal: c.Principal, SessionID: c.SessionID,
		Scopes: c.Scopes, Claims: c.Claims, AuthTime: c.AuthTime, LOA: c.LOA, AMR: c.AMR,
		Offline: offline(c.Scopes), Generation: 1, RotatedAt: r.now, CreatedAt: r.now,
		IdleUntil: r.now.Add(s.Life.RefreshIdle), ExpiresAt: s.grantEnd(c, r.now),
	}
}

// grantEnd is when a family ends for good. One without refresh token ends with
// its only access token.
func (s *Server) grantEnd(c *grant.Code, now time.Time) time.Time {
	end := now.Add(s.Life.AccessToken)
	if offline(c.Scopes) {
		end = now.Add(s.Life.RefreshAbsolute)
	}
	if !c.Until.IsZero() && c.Until.Before(end) {
		return c.Until
	}
	return end
}

// InvalidateAuthorizeCodeSession has nothing left to do: reading used it up.
func (f fositeStore) InvalidateAuthorizeCodeSession(context.Context, string) error { return nil }

// CreateAccessTokenSession writes the family when a code becomes one: one
// statement, which also checks once more that the account may have it. Access
// tokens themselves are not stored.
func (f fositeStore) CreateAccessTokenSession(ctx context.Context, _ string, r fosite.Requester) error {
	run := asRun(r.GetSession())
	if run.code == nil {
		return nil
	}
	err := f.s.Grants.Create(ctx, run.grant)
	switch {
	case errors.Is(err, accounts.ErrConflict):
		// The code came back to life in the ephemeral store; SQL remembers.
		if err := f.s.Grants.Revoke(ctx, run.grant.ID, run.client.ID, run.now); err != nil {
			return run.halt(fmt.Errorf("oauth: revoke replayed family: %w", err))
		}
		return run.halt(refuse(codeInvalidGrant, "the authorization code has already been used"))
	case errors.Is(err, accounts.ErrNotFound):
		return run.halt(refuse(codeInvalidGrant, "the account may no longer be used, or has signed out"))
	case err != nil:
		return run.halt(fmt.Errorf("oauth: create grant: %w", err))
	}
	return f.readStanding(ctx, run)
}

// readStanding reads the account's facts when the ID token carries any.
func (f fositeStore) readStanding(ctx context.Context, run *run) error {
	wish, err := grantClaims(run.grant.Claims)
	if err != nil {
		return run.halt(err)
	}
	if !needsStanding(run.client, wish) {
		return nil
	}
	_, standing, err := f.s.Grants.Check(ctx, run.grant.ID)
	if err != nil {
		return run.halt(fmt.Errorf("oauth: read standing: %w", err))
	}
	run.standing = standing
	return nil
}

func (f fositeStore) GetAccessTokenSession(context.Context, string, fosite.Session) (fosite.Requester, error) {
	return nil, fosite.ErrNotFound // introspection and userinfo are ours
}

func (f fositeStore) DeleteAccessTokenSession(context.Context, string) error { return nil }

// CreateRefreshTokenSession has nothing to store: the family's row is enough.
func (f fositeStore) CreateRefreshTokenSession(context.Context, string, string, fosite.Requester) error {
	return nil
}

// GetRefreshTokenSession moves the family on to its next generation, first and
// atomically; what follows only tells the client.
func (f fositeStore) GetRefreshTokenSession(ctx context.Context, token string, session fosite.Session) (fosite.Requester, error) {
	run := asRun(session)
	id, generation, ok := f.s.mint.openRefresh(run.client.ID, token)
	if !ok {
		return nil, fosite.ErrNotFound
	}
	if err := f.s.rotate(ctx, run, id, generation); err != nil {
		return run.request(id, nil, nil), err
	}
	g := run.grant
	return run.request(g.ID, g.Scopes, nil), nil
}

func (f fositeStore) DeleteRefreshTokenSession(context.Context, string) error { return nil }

// RotateRefreshToken was done by reading it.
func (f fositeStore) RotateRefreshToken(context.Context, string, string) error { return nil }

// RevokeRefreshToken ends the family of a replayed code.
func (f fositeStore) RevokeRefreshToken(ctx context.Context, requestID string) error {
	run := runOf(ctx)
	id, err := uuid.Parse(requestID)
	if err != nil {
		return run.halt(fmt.Errorf("oauth: family id: %w", err))
	}
	if err := f.s.Grants.Revoke(ctx, id, run.client.ID, run.now); err != nil {
		return run.halt(fmt.Errorf("oauth: revoke replayed family: %w", err))
	}
	return nil
}

// RevokeAccessToken: access tokens die with their family.
func (f fositeStore) RevokeAccessToken(context.Context, string) error { return nil }

// OpenID Connect and PKCE facts live and die with the code, so one failed proof
// cannot strip a code of its protection (RFC 7636 §4.6; fosite forgets the
// challenge before it checks the verifier).

func (f fositeStore) CreateOpenIDConnectSession(context.Context, string, fosite.Requester) error {
	return nil
}

func (f fositeStore) GetOpenIDConnectSession(_ context.Context, _ string, r fosite.Requester) (fosite.Requester, error) {
	run := asRun(r.GetSession())
	for _, scope := range run.code.Scopes {
		if scope == scopeOpenID {
			return run.request(run.code.ID, run.code.Scopes, nil), nil
		}
	}
	return nil, openid.ErrNoSessionFound
}

func (f fositeStore) DeleteOpenIDConnectSession(context.Context, string) error { return nil }

func (f fositeStore) CreatePKCERequestSession(context.Context, string, fosite.Requester) error {
	return nil
}

func (f fositeStore) GetPKCERequestSession(_ context.Context, _ string, session fosite.Session) (fosite.Requester, error) {
	run := asRun(session)
	if run.code == nil || run.code.CodeChallenge == "" {
		return nil, fosite.ErrNotFound
	}
	return run.request(run.code.ID, run.code.Scopes, map[string][]string{
		"code_challenge": {run.code.CodeChallenge}, "code_challenge_method": {methodS256},
	}), nil
}

func (f fositeStore) DeletePKCERequestSession(context.Context, string) error { return nil }
