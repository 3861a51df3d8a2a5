// Package client holds registered relying parties: the record, its validation
// and the in-process registry that every request reads.
package client

import (
	"context"
	"encoding/json"
	"time"

	"github.com/tongid/tongid/accounts"
)

// Client is one relying party. Its JSON form uses the member names of RFC 7591
// §2 and OpenID Connect Registration §2, and tongid's own (contract.md).
type Client struct {
	ID            string          `json:"client_id"`
	Name          string          `json:"client_name,omitempty"`
	URI           string          `json:"client_uri,omitempty"`
	LogoURI       string          `json:"logo_uri,omitempty"`
	PolicyURI     string          `json:"policy_uri,omitempty"`
	TermsURI      string          `json:"tos_uri,omitempty"`
	Contacts      []string        `json:"contacts,omitempty"`
	RedirectURIs  []string        `json:"redirect_uris,omitempty"`
	PostLogout    []string        `json:"post_logout_redirect_uris,omitempty"`
	GrantTypes    []string        `json:"grant_types"`
	ResponseTypes []string        `json:"response_types"`
	Scope         string          `json:"scope"`
	AuthMethod    string          `json:"token_endpoint_auth_method"`
	AuthAlg       string          `json:"token_endpoint_auth_signing_alg,omitempty"`
	JWKS          json.RawMessage `json:"jwks,omitempty"`
	JWKSURI       string          `json:"jwks_uri,omitempty"`
	IDTokenAlg    string          `json:"id_token_signed_response_alg"`
	DefaultMaxAge *int64          `json:"default_max_age,omitempty"`

	Trusted           bool                 `json:"trusted"` // no consent page
	AccountTypes      []accounts.Type      `json:"account_types"`
	LegalTypes        []accounts.LegalType `json:"legal_types,omitempty"` // empty: all
	MinACR            string               `json:"min_acr,omitempty"`
	PKCERequired      bool                 `json:"pkce_required"`
	Introspect        bool                 `json:"introspect"` // resource server: may introspect any access token
	AccessTokenFormat string               `json:"access_token_format"`
	IDTokenClaims     []string             `json:"id_token_claims,omitempty"` // scopes whose claims also stand in the ID token
	AllowedOrigins    []string             `json:"allowed_origins,omitempty"`
	// EventDelivery is how the client hears of events (docs/integrators.md): push
	// (RFC 8935) to EventURI, or poll (RFC 8936); empty: it hears of none.
	EventDelivery string               `json:"event_delivery,omitempty"`
	EventURI      string               `json:"event_uri,omitempty"`
	EventTypes    []accounts.EventKind `json:"event_types,omitempty"` // empty: all
	// EventAllEnterprises: it hears of every enterprise, not only of those that it
	// holds living grants of.
	EventAllEnterprises bool `json:"event_all_enterprises,omitempty"`
	// TokenEndpointAudience: assertions may name the token endpoint as their
	// audience instead of the issuer (OIDC Core §9, before RFC 9700).
	TokenEndpointAudience bool `json:"token_endpoint_auth_audience_endpoint,omitempty"`

	IssuedAt int64 `json:"client_id_issued_at"` // seconds since 1970, RFC 7591 §3.2.1

	// RegisteredAt is the same to the millisecond, and kept by the store alone; zero
	// in records that are older than it.
	RegisteredAt time.Time `json:"-"`
	// SecretHash is the SHA-256 of the secret; it never leaves the store.
	SecretHash []byte    `json:"-"`
	UpdatedAt  time.Time `json:"-"`
}

// Store keeps clients.
type Store interface {
	// Clients returns all clients and the revision they were read at.
	Clients(ctx context.Context) (clients []*Client, revision int64, err error)
	// ClientsRevision returns a number that every change of a client raises.
	ClientsRevision(ctx context.Context) (int64, error)
	Client(ctx context.Context, id string) (*Client, error)
	CreateClient(ctx context.Context, c *Client) error // ErrConflict if the id is taken
	UpdateClient(ctx context.Context, c *Client) error // ErrNotFound if there is none
	DeleteClient(ctx context.Context, id string) error // ErrNotFound if there is none
}
