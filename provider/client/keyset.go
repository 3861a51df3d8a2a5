package client

import (
	"encoding/json"
	"fmt"

	"github.com/go-jose/go-jose/v4"
)

// KeySet returns the keys registered by value (RFC 7591 §2, jwks), nil if there
// are none.
func (c *Client) KeySet() (*jose.JSONWebKeySet, error) {
	if len(c.JWKS) == 0 {
		return nil, nil //nolint:nilnil // no registered set, and no error
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(c.JWKS, &set); err != nil {
		return nil, fmt.Errorf("client: jwks of %s: %w", c.ID, err)
	}
	return &set, nil
}
