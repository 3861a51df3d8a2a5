package oauth

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ory/fosite"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
)

// rotate moves a family from the presented generation to the next (RFC 9700
// §4.14.2). Within the grace the superseded token gives the same successor;
// later it ends the family. What the store says is also what fosite is told.
func (s *Server) rotate(ctx context.Context, r *run, id grant.ID, presented int32) error {
	if !offline(strings.Fields(r.client.Scope)) {
		return fosite.ErrNotFound // an operator took the scope away
	}
	g, standing, err := s.Grants.Rotate(ctx, grant.Rotation{
		ID: id, ClientID: r.client.ID, Presented: presented, Now: r.now,
		Grace: s.Life.RefreshGrace, IdleUntil: r.now.Add(s.Life.RefreshIdle),
	})
	switch {
	case errors.Is(err, accounts.ErrConflict):
		return fosite.ErrInactiveToken
	case errors.Is(err, accounts.ErrNotFound):
		return fosite.ErrNotFound
	case err != nil:
		return r.halt(fmt.Errorf("oauth: rotate: %w", err))
	}
	g.Scopes = registered(r.client, g.Scopes)
	r.grant, r.standing = g, standing
	r.claims.Subject = g.Principal.Subject
	return nil
}

// narrow reads the scope parameter of a refresh (RFC 6749 §6): it may ask for
// fewer scopes than were granted, never for more. This is checked before the
// family moves on, so that a wrong request costs the client nothing.
func (s *Server) narrow(ctx context.Context, r *run, p params) error {
	asked := distinct(p.words("scope"))
	if len(asked) == 0 {
		return nil
	}
	id, _, ok := s.mint.openRefresh(r.client.ID, p.get("refresh_token"))
	if !ok {
		return refuse(codeInvalidGrant, "the refresh token is not valid")
	}
	g, _, err := s.Grants.Check(ctx, id)
	if errors.Is(err, accounts.ErrNotFound) {
		return refuse(codeInvalidGrant, "the refresh token is not valid")
	}
	if err != nil {
		return fmt.Errorf("oauth: check grant: %w", err)
	}
	granted := registered(r.client, g.Scopes)
	if !subset(asked, granted) {
		return refuse(codeInvalidScope, "a scope was not granted to this family")
	}
	if !subset(granted, asked) {
		r.scopes = asked
	}
	return nil
}

// offline reports whether a family has refresh tokens.
func offline(scopes []string) bool { return slices.Contains(scopes, scopeOffline) }
