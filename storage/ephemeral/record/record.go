// Package record is the encoding of what is alive: codes, sessions, interactions
// and challenges, as storage/redis and storage/ephemeral keep them.
//
// It is the records' own JSON with two changes. What a record is found by is
// left out, so that a stored value does not give away the secret whose hash is
// its key; and SHA-256 values are base64 rather than lists of numbers, which
// makes an interaction half as long and twice as fast to read.
package record

import (
	"bytes"
	"encoding/json"
	"fmt"
	"unicode/utf8"

	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

// hidden stands for a field that is not stored.
type hidden *struct{}

// marshal is json.Marshal without the escapes that only HTML needs, which would
// make five bytes more of every "&" in a request.
func marshal(v any) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Code encodes c without its id.
func Code(c *grant.Code) ([]byte, error) {
	b, err := marshal(c)
	if err != nil {
		return nil, fmt.Errorf("encode code: %w", err)
	}
	return b, nil
}

// ParseCode decodes the code stored under id.
func ParseCode(id grant.ID, b []byte) (*grant.Code, error) {
	c := &grant.Code{}
	if err := json.Unmarshal(b, c); err != nil {
		return nil, fmt.Errorf("decode code: %w", err)
	}
	c.ID = id
	return c, nil
}

// Session encodes s. SeenAt is kept by the caller, who changes it without
// rewriting the rest.
func Session(s *session.Session) ([]byte, error) {
	b, err := marshal(struct {
		*session.Session
		SeenAt hidden `json:"s,omitempty"`
	}{Session: s})
	if err != nil {
		return nil, fmt.Errorf("encode session: %w", err)
	}
	return b, nil
}

// ParseSession decodes a session; the caller sets SeenAt.
func ParseSession(b []byte) (*session.Session, error) {
	s := &session.Session{}
	if err := json.Unmarshal(b, s); err != nil {
		return nil, fmt.Errorf("decode session: %w", err)
	}
	return s, nil
}

// Interaction encodes i at the given version, without its id.
func Interaction(i *interaction.Interaction, version int) ([]byte, error) {
	out := struct {
		*interaction.Interaction
		ID      hidden `json:"id,omitempty"`
		Version int    `json:"v"`
		Browser []byte `json:"b"`
		Params  string `json:"q,omitempty"`
		Raw     []byte `json:"qb,omitempty"`
	}{Interaction: i, Version: version, Browser: i.Browser[:], Params: i.Params}
	if !utf8.ValidString(i.Params) {
		// A query may hold any byte, and JSON text may not: state goes back to
		// the client as it came (RFC 6749 §4.1.2).
		out.Params, out.Raw = "", []byte(i.Params)
	}
	b, err := marshal(out)
	if err != nil {
		return nil, fmt.Errorf("encode interaction: %w", err)
	}
	return b, nil
}

// ParseInteraction decodes the interaction stored under id.
func ParseInteraction(id string, b []byte) (*interaction.Interaction, error) {
	i := &interaction.Interaction{}
	in := struct {
		*interaction.Interaction
		Browser []byte `json:"b"`
		Raw     []byte `json:"qb"`
	}{Interaction: i}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("decode interaction: %w", err)
	}
	if copy(i.Browser[:], in.Browser) != len(i.Browser) {
		return nil, fmt.Errorf("decode interaction: browser hash of %d bytes", len(in.Browser))
	}
	if len(in.Raw) > 0 {
		i.Params = string(in.Raw)
	}
	i.ID = id
	return i, nil
}

// Challenge encodes c without its purpose and id.
func Challenge(c *interaction.Challenge) ([]byte, error) {
	b, err := marshal(struct {
		*interaction.Challenge
		ID      hidden `json:"id,omitempty"`
		Purpose hidden `json:"p,omitempty"`
		Browser []byte `json:"b"`
	}{Challenge: c, Browser: c.Browser[:]})
	if err != nil {
		return nil, fmt.Errorf("encode challenge: %w", err)
	}
	return b, nil
}

// ParseChallenge decodes the challenge stored under purpose and id.
func ParseChallenge(purpose, id string, b []byte) (*interaction.Challenge, error) {
	c := &interaction.Challenge{}
	in := struct {
		*interaction.Challenge
		Browser []byte `json:"b"`
	}{Challenge: c}
	if err := json.Unmarshal(b, &in); err != nil {
		return nil, fmt.Errorf("decode challenge: %w", err)
	}
	if copy(c.Browser[:], in.Browser) != len(c.Browser) {
		return nil, fmt.Errorf("decode challenge: browser hash of %d bytes", len(in.Browser))
	}
	c.ID, c.Purpose = id, purpose
	return c, nil
}
