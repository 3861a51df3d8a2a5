package oauth

import (
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/keys"
)

// jwtFacts are the claims of a JWT access token (RFC 9068 §2.2). gid is the
// family, by which we check it at our own endpoints.
type jwtFacts struct {
	Issuer   string    `json:"iss"`
	Subject  string    `json:"sub"`
	Audience audience  `json:"aud"`
	Expires  int64     `json:"exp"`
	Issued   int64     `json:"iat"`
	ID       uuid.UUID `json:"jti"`
	ClientID string    `json:"client_id"`
	Scope    string    `json:"scope,omitempty"`
	AuthTime int64     `json:"auth_time,omitempty"`
	ACR      string    `json:"acr,omitempty"`
	AMR      []string  `json:"amr,omitempty"`
	Family   *grant.ID `json:"gid,omitempty"`
	IssuedMS int64     `json:"iat_ms"` // of logout, which is exact to the millisecond
}

// jwtAccessToken signs an RFC 9068 access token. Resource servers that read it by
// themselves see an end of the grant only when it expires (docs: the lag).
func (s *Server) jwtAccessToken(r *run, f *accessFacts) (string, error) {
	claims := jwtFacts{
		Issuer: s.Issuer, Subject: r.client.ID, Audience: audience{s.Issuer}, ClientID: r.client.ID,
		Expires: f.Expires.Unix(), Issued: f.Issued.Unix(), IssuedMS: f.Issued.UnixMilli(),
		ID: uuid.New(), Scope: r.answer.Scope,
	}
	if g := r.grant; g != nil {
		claims.Subject, claims.AuthTime, claims.ACR, claims.AMR = g.Principal.Subject, g.AuthTime.Unix(), acrOf(g.LOA), g.AMR
		claims.Family = &g.ID
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("oauth: encode access token: %w", err)
	}
	return s.Keys.Sign("ES256", keys.TypeAccessToken, payload)
}
