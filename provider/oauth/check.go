package oauth

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/keys"
)

// liveToken is an access token that was found to be in force.
type liveToken struct {
	client   *client.Client // whom it was issued to
	scopes   []string
	issued   time.Time
	expires  time.Time
	jti      string // of a token that stands alone
	grant    *grant.Grant
	standing *accounts.Standing // nil for a service's token
}

// errInactive says that a token is not in force, for whatever reason.
var errInactive = errors.New("oauth: token is not active")

// accessToken reads an access token of either format and checks everything it
// stands on: its own time and MAC or signature (no round trip), then the family,
// its account and the logout instant in one statement.
func (s *Server) accessToken(ctx context.Context, token string) (*liveToken, error) {
	if f, ok := s.mint.openAccess(token); ok {
		return s.familyToken(ctx, &f)
	}
	if f, ok := s.mint.openService(token); ok {
		return s.serviceToken(ctx, &f)
	}
	if strings.Count(token, ".") == 2 {
		return s.jwtToken(ctx, token)
	}
	return nil, errInactive
}

func (s *Server) jwtToken(ctx context.Context, token string) (*liveToken, error) {
	payload, err := s.Keys.Verify(token, keys.TypeAccessToken)
	if err != nil {
		return nil, errInactive
	}
	var claims jwtFacts
	if err := json.Unmarshal(payload, &claims); err != nil || claims.Issuer != s.Issuer {
		return nil, errInactive
	}
	f := accessFacts{
		ID: claims.ID, Issued: time.UnixMilli(claims.IssuedMS).UTC(), Expires: time.Unix(claims.Expires, 0).UTC(),
		Scopes: strings.Fields(claims.Scope), Client: claims.ClientID,
	}
	if claims.Family == nil {
		return s.serviceToken(ctx, &f)
	}
	f.ID = *claims.Family
	return s.familyToken(ctx, &f)
}

func (s *Server) familyToken(ctx context.Context, f *accessFacts) (*liveToken, error) {
	now := s.Now()
	if !now.Before(f.Expires) {
		return nil, errInactive
	}
	g, standing, err := s.Grants.Check(ctx, f.ID)
	if errors.Is(err, accounts.ErrNotFound) {
		return nil, errInactive
	}
	if err != nil {
		return nil, fmt.Errorf("oauth: check grant: %w", err)
	}
	if !g.Alive(now) || f.Issued.Before(g.AccessAfter) || !standing.Admits(g.Principal, now) {
		return nil, errInactive
	}
	cl, err := s.Clients.Get(g.ClientID)
	if err != nil {
		return nil, errInactive // the client is gone
	}
	scopes := g.Scopes
	if len(f.Scopes) > 0 {
		scopes = f.Scopes
	}
	return &liveToken{client: cl, scopes: registered(cl, scopes), issued: f.Issued, expires: f.Expires, grant: g, standing: standing}, nil
}

func (s *Server) serviceToken(ctx context.Context, f *accessFacts) (*liveToken, error) {
	if !s.Now().Before(f.Expires) {
		return nil, errInactive
	}
	cl, err := s.Clients.Get(f.Client)
	if err != nil || !slices.Contains(cl.GrantTypes, grantService) || cl.RegisteredAfter(f.Issued) {
		return nil, errInactive
	}
	id := serviceTokenID(f.ID)
	spent, err := s.Tokens.Spent(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("oauth: look for revocation: %w", err)
	}
	if spent {
		return nil, errInactive
	}
	return &liveToken{client: cl, scopes: registered(cl, f.Scopes), issued: f.Issued, expires: f.Expires, jti: f.ID.String()}, nil
}

// serviceTokenID names a token that stands alone in the list of revoked ones.
func serviceTokenID(id grant.ID) string { return "token:" + id.String() }
