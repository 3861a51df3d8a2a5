package oauth

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
)

// audience is a JWT aud claim: one string, or a list (RFC 7519 §4.1.3).
type audience []string

func (a audience) has(id string) bool { return slices.Contains(a, id) }

func (a audience) MarshalJSON() ([]byte, error) {
	if len(a) == 1 {
		return json.Marshal(a[0])
	}
	return json.Marshal([]string(a))
}

func (a *audience) UnmarshalJSON(raw []byte) error {
	var one string
	if json.Unmarshal(raw, &one) == nil {
		*a = audience{one}
		return nil
	}
	var list []string
	if err := json.Unmarshal(raw, &list); err != nil {
		return fmt.Errorf("aud: %w", err)
	}
	*a = list
	return nil
}

// idTokenFacts are the protocol claims of an ID token (OIDC Core §2; sid of
// OpenID Connect Back-Channel Logout 1.0 §2.1).
type idTokenFacts struct {
	Issuer     string   `json:"iss"`
	Subject    string   `json:"sub"`
	Audience   audience `json:"aud"`
	Authorized string   `json:"azp"`
	Expires    int64    `json:"exp"`
	Issued     int64    `json:"iat"`
	AuthTime   int64    `json:"auth_time"`
	Nonce      string   `json:"nonce,omitempty"`
	ACR        string   `json:"acr"`
	AMR        []string `json:"amr"`
	SessionID  string   `json:"sid"`
	TokenHash  string   `json:"at_hash,omitempty"`
}

// acrOf names a level of assurance (contract: acr).
func acrOf(l accounts.LOA) string { return "urn:tongid:loa:" + strconv.Itoa(int(l)) }

// loaOf reads an acr value; 0 if it is none of ours.
func loaOf(acr string) accounts.LOA {
	for l := accounts.LOA(2); l <= 5; l++ {
		if acrOf(l) == acr {
			return l
		}
	}
	return 0
}

// tokenHash is at_hash: the left half of the hash that the algorithm uses,
// SHA-512 for EdDSA with Ed25519 (OIDC Core §3.1.3.6).
func tokenHash(alg, token string) string {
	if alg == "EdDSA" {
		sum := sha512.Sum512([]byte(token))
		return base64.RawURLEncoding.EncodeToString(sum[:32])
	}
	sum := sha256.Sum256([]byte(token))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// idToken signs an ID token for what the run grants, valid from now.
func (s *Server) idToken(run *run, accessToken string, now time.Time) (string, error) {
	g, c := run.grant, run.client
	expires := now.Add(s.Life.IDToken)
	if g.Principal.Type == accounts.TypeAgent && g.ExpiresAt.Before(expires) {
		expires = g.ExpiresAt // at the latest with the mandate
	}
	facts := idTokenFacts{
		Issuer: s.Issuer, Subject: g.Principal.Subject, Audience: audience{c.ID}, Authorized: c.ID,
		Expires: expires.Unix(), Issued: now.Unix(), AuthTime: g.AuthTime.Unix(),
		Nonce: run.nonce, ACR: acrOf(g.LOA), AMR: g.AMR, SessionID: g.SessionID,
		TokenHash: tokenHash(c.IDTokenAlg, accessToken),
	}
	payload, err := json.Marshal(facts)
	if err != nil {
		return "", fmt.Errorf("oauth: encode id token: %w", err)
	}
	if run.standing != nil {
		if payload, err = s.withAccountClaims(payload, run, c); err != nil {
			return "", err
		}
	}
	return s.Keys.Sign(c.IDTokenAlg, keys.TypeIDToken, payload)
}

// needsStanding reports whether the ID token carries claims about the account.
func needsStanding(c *client.Client, wish *claimsRequest) bool {
	return len(c.IDTokenClaims) > 0 || (wish != nil && len(wish.IDToken) > 0)
}

func (s *Server) withAccountClaims(payload []byte, run *run, c *client.Client) ([]byte, error) {
	wish, err := grantClaims(run.grant.Claims)
	if err != nil {
		return nil, err
	}
	if !needsStanding(c, wish) {
		return payload, nil
	}
	claims := map[string]any{}
	scopes := slices.DeleteFunc(slices.Clone(c.IDTokenClaims), func(scope string) bool {
		return !slices.Contains(run.grant.Scopes, scope)
	})
	addClaims(claims, claimSource{&run.grant.Principal, run.standing}, c, scopes, wish.wantsIDToken)
	if wish != nil {
		addVerified(claims, claimSource{&run.grant.Principal, run.standing}, c, wish.verifiedIDToken)
	}
	// Protocol claims win over account claims of the same name.
	var protocol map[string]json.RawMessage
	if err := json.Unmarshal(payload, &protocol); err != nil {
		return nil, fmt.Errorf("oauth: id token claims: %w", err)
	}
	for name, value := range protocol {
		claims[name] = value
	}
	merged, err := json.Marshal(claims)
	if err != nil {
		return nil, fmt.Errorf("oauth: encode id token: %w", err)
	}
	return merged, nil
}

// readHint reads an id_token_hint: an ID token of ours, expired or not (OIDC
// Core §3.1.2.1).
func (s *Server) readHint(token string) (idTokenFacts, error) {
	var facts idTokenFacts
	payload, err := s.Keys.Verify(token, keys.TypeIDToken)
	if err != nil {
		return facts, fmt.Errorf("oauth: hint: %w", err)
	}
	if err := json.Unmarshal(payload, &facts); err != nil {
		return facts, fmt.Errorf("oauth: hint: %w", err)
	}
	if facts.Issuer != s.Issuer || facts.Subject == "" {
		return facts, keys.ErrToken
	}
	return facts, nil
}
