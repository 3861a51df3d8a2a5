// Package record is the encoding of what is alive: codes, sessions, interactions
// and challenges, as storage/redis and storage/ephemeral keep them. What a record
// is found by is left out, so that a stored value does not give away the secret
// whose hash is its key.
//
// It is not JSON because these are read and written in every flow: JSON took
// about 35 µs of a code flow's processor time, this takes 6.
package record

import (
	"fmt"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

const codeFields = 13 + principalFields + ownerFields

// Code encodes c without its id.
func Code(c *grant.Code) []byte {
	w := newWriter(codeFields)
	w.text(c.ClientID)
	w.principal(c.Principal)
	w.text(c.SessionID)
	w.text(c.RedirectURI)
	w.texts(c.Scopes)
	w.bytes(c.Claims)
	w.text(c.Nonce)
	w.text(c.CodeChallenge)
	w.instant(c.AuthTime)
	w.number(int64(c.LOA))
	w.texts(c.AMR)
	w.instant(c.ExpiresAt)
	w.owner(c.Principal)
	w.instant(c.Until)
	w.instant(c.IssuedAt)
	return w.b
}

// ParseCode decodes the code stored under id.
func ParseCode(id grant.ID, value string) (*grant.Code, error) {
	r := newReader(value)
	c := &grant.Code{
		ID: id, ClientID: r.text(), Principal: r.principal(), SessionID: r.text(), RedirectURI: r.text(),
		Scopes: r.texts(), Claims: r.bytes(), Nonce: r.text(), CodeChallenge: r.text(),
		AuthTime: r.instant(), LOA: accounts.LOA(r.number()), AMR: r.texts(), ExpiresAt: r.instant(),
	}
	r.owner(&c.Principal)
	c.Until, c.IssuedAt = r.instant(), r.instant()
	if r.err != nil {
		return nil, fmt.Errorf("decode code: %w", r.err)
	}
	return c, nil
}

const sessionFields = 9 + principalFields + ownerFields

// Session encodes s without SeenAt, which is kept by the caller, who changes it
// without rewriting the rest.
func Session(s *session.Session) []byte {
	w := newWriter(sessionFields)
	w.text(s.ID)
	w.principal(s.Principal)
	w.instant(s.AuthTime)
	w.number(int64(s.LOA))
	w.texts(s.AMR)
	w.instant(s.CreatedAt)
	w.instant(s.ExpiresAt)
	w.text(s.Address)
	w.text(s.UserAgent)
	w.owner(s.Principal)
	w.texts(s.Before)
	return w.b
}

// ParseSession decodes a session; the caller sets SeenAt.
func ParseSession(value string) (*session.Session, error) {
	r := newReader(value)
	s := &session.Session{
		ID: r.text(), Principal: r.principal(), AuthTime: r.instant(), LOA: accounts.LOA(r.number()), AMR: r.texts(),
		CreatedAt: r.instant(), ExpiresAt: r.instant(), Address: r.text(), UserAgent: r.text(),
	}
	r.owner(&s.Principal)
	s.Before = r.texts()
	if r.err != nil {
		return nil, fmt.Errorf("decode session: %w", r.err)
	}
	return s, nil
}

const interactionFields = 16

// Interaction encodes i at the given version, without its id.
func Interaction(i *interaction.Interaction, version int) []byte {
	w := newWriter(interactionFields)
	w.text(string(i.State))
	w.number(int64(version))
	w.fixed(i.Browser[:])
	w.text(i.ClientID)
	w.text(i.Params)
	w.instant(i.CreatedAt)
	w.instant(i.ExpiresAt)
	w.text(i.SessionID)
	w.flag(i.Consented)
	w.flag(i.Denied)
	w.texts(i.Scopes)
	w.fixed(i.CodeID[:])
	w.instant(i.CodeTime)
	w.text(i.AskedOf)
	w.text(i.Acting)
	w.text(i.ChosenBy)
	return w.b
}

// ParseInteraction decodes the interaction stored under id.
func ParseInteraction(id, value string) (*interaction.Interaction, error) {
	r := newReader(value)
	i := &interaction.Interaction{ID: id, State: interaction.State(r.text()), Version: int(r.number())}
	r.fixed(i.Browser[:])
	i.ClientID, i.Params = r.text(), r.text()
	i.CreatedAt, i.ExpiresAt = r.instant(), r.instant()
	i.SessionID, i.Consented, i.Denied, i.Scopes = r.text(), r.flag(), r.flag(), r.texts()
	r.fixed(i.CodeID[:])
	i.CodeTime, i.AskedOf, i.Acting, i.ChosenBy = r.instant(), r.text(), r.text(), r.text()
	if r.err != nil {
		return nil, fmt.Errorf("decode interaction: %w", r.err)
	}
	return i, nil
}

const challengeFields = 3

// Challenge encodes c without its purpose and id.
func Challenge(c *interaction.Challenge) []byte {
	w := newWriter(challengeFields)
	w.fixed(c.Browser[:])
	w.bytes(c.Data)
	w.instant(c.ExpiresAt)
	return w.b
}

// ParseChallenge decodes the challenge stored under purpose and id.
func ParseChallenge(purpose, id, value string) (*interaction.Challenge, error) {
	r := newReader(value)
	c := &interaction.Challenge{ID: id, Purpose: purpose}
	r.fixed(c.Browser[:])
	c.Data, c.ExpiresAt = r.bytes(), r.instant()
	if r.err != nil {
		return nil, fmt.Errorf("decode challenge: %w", r.err)
	}
	return c, nil
}
