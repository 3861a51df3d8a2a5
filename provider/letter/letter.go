// Package letter issues letters of authorisation (授权书) and says whether one that
// somebody was shown is genuine and holds now.
//
// A letter carries a check code that can be typed (code.go), and in its QR code a
// JWS of what it says, which whoever has our published keys can check without us.
// Nothing is stored: the mandate itself says what holds.
package letter

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/keys"
)

// Type is the typ of the JWS in a letter's QR code. It is no token: no other door
// takes it.
const Type = keys.TypeLetter

// Path is where letters are verified.
const Path = "/verify"

// maxText is the longest text that is looked at.
const maxText = 4096

// ErrForeign says that a check code is none of ours.
var ErrForeign = errors.New("letter: not one of ours")

// Keys sign and verify (keys.Ring).
type Keys interface {
	Sign(alg, typ string, payload []byte) (string, error)
	Verify(token, typ string) ([]byte, error)
	// Has reports whether a key is still there to verify by.
	Has(id string) bool
}

// Finder finds mandates by how their ids begin.
type Finder interface {
	MandatesBeginning(ctx context.Context, prefix string) ([]*accounts.MandateView, error)
}

// Office issues letters and verifies them.
type Office struct {
	Issuer   string
	Key      [32]byte // MAC of check codes
	Keys     Keys
	Mandates Finder
	Now      func() time.Time
}

// Letter is what is printed besides the mandate.
type Letter struct {
	Code   string
	Issued time.Time
}

// Verdict is what is known of a letter that is genuine.
type Verdict struct {
	Mandate *accounts.MandateView // as it is now
	Issued  time.Time
	Changed bool // since then, in something that the letter says
}

// Issue makes a letter about a mandate that holds, or will.
func (o *Office) Issue(m *accounts.MandateView) (*Letter, error) {
	now := o.Now().Truncate(time.Minute)
	code, err := newCode(o.Key, m, now)
	if err != nil {
		return nil, err
	}
	return &Letter{Code: code, Issued: now}, nil
}

// claims are what the JWS says (RFC 7519 §4.1). Persons appear by a part of their
// name; a letter is shown to many.
type claims struct {
	Issuer     string   `json:"iss"`
	ID         string   `json:"jti"` // the check code
	IssuedAt   int64    `json:"iat"`
	USCC       string   `json:"uscc"`
	Enterprise string   `json:"enterprise"`
	Agent      string   `json:"agent"` // masked
	Role       string   `json:"role"`
	ValidFrom  string   `json:"valid_from"`
	ValidUntil string   `json:"valid_until,omitempty"`
	Manager    bool     `json:"manager"`
	Services   []string `json:"services"` // client ids; none: all
}

// Address is what the QR code of a letter holds: where it is verified, with what
// it says, signed. ErrForeign if the code is not of a letter about the mandate.
func (o *Office) Address(m *accounts.MandateView, code string) (string, error) {
	f, err := parse(code)
	if err != nil || !f.genuine(o.Key, m.ID) {
		return "", ErrForeign
	}
	payload, err := json.Marshal(claims{
		Issuer: o.Issuer, ID: code, IssuedAt: f.issued().Unix(), USCC: m.USCC, Enterprise: m.Company, Agent: idnum.MaskName(m.Name),
		Role: string(m.Role), ValidFrom: m.ValidFrom, ValidUntil: m.ValidUntil, Manager: m.Manager, Services: m.Services,
	})
	if err != nil {
		return "", fmt.Errorf("letter: encode: %w", err)
	}
	signed, err := o.Keys.Sign("ES256", Type, payload)
	if err != nil {
		return "", fmt.Errorf("letter: sign: %w", err)
	}
	return o.Issuer + Path + "?" + url.Values{"code": {signed}}.Encode(), nil
}

// Verify looks at what somebody typed, scanned or pasted: a check code, the JWS, or
// the whole address. ErrTypo: it is no code at all; ErrForeign: none of ours.
func (o *Office) Verify(ctx context.Context, text string) (*Verdict, error) {
	text = strings.TrimSpace(text)
	if len(text) > maxText {
		return nil, ErrTypo
	}
	if u, err := url.Parse(text); err == nil && u.Query().Get("code") != "" {
		text = u.Query().Get("code")
	}
	if strings.Count(text, ".") == 2 {
		code, err := o.codeIn(text)
		if err != nil {
			return nil, err
		}
		text = code
	}
	f, err := parse(text)
	if err != nil {
		return nil, err
	}
	found, err := o.Mandates.MandatesBeginning(ctx, f.prefix())
	if err != nil {
		return nil, fmt.Errorf("letter: mandate: %w", err)
	}
	for _, m := range found {
		if f.genuine(o.Key, m.ID) {
			return &Verdict{Mandate: m, Issued: f.issued(), Changed: f.terms() != termsOf(o.Key, m)}, nil
		}
	}
	return nil, ErrForeign
}

// codeIn is the check code in a JWS. The signature must hold, unless its key has
// gone, as keys do after some months: then the code speaks for itself, by its MAC.
func (o *Office) codeIn(token string) (string, error) {
	payload, err := o.Keys.Verify(token, Type)
	if err != nil {
		var header struct {
			KeyID string `json:"kid"`
			Type  string `json:"typ"`
		}
		parts := strings.Split(token, ".")
		if decode(parts[0], &header) != nil || header.Type != Type || o.Keys.Has(header.KeyID) {
			return "", ErrForeign
		}
		if payload, err = base64.RawURLEncoding.DecodeString(parts[1]); err != nil {
			return "", ErrForeign
		}
	}
	var c claims
	if json.Unmarshal(payload, &c) != nil || c.Issuer != o.Issuer {
		return "", ErrForeign
	}
	if _, err := parse(c.ID); err != nil {
		return "", ErrForeign
	}
	return c.ID, nil
}

func decode(part string, into any) error {
	raw, err := base64.RawURLEncoding.DecodeString(part)
	if err != nil {
		return fmt.Errorf("letter: decode: %w", err)
	}
	if err := json.Unmarshal(raw, into); err != nil {
		return fmt.Errorf("letter: decode: %w", err)
	}
	return nil
}
