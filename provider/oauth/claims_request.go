package oauth

import (
	"encoding/json"
	"fmt"
	"slices"
)

// claimsRequest is the claims parameter (OIDC Core §5.5).
type claimsRequest struct {
	UserInfo map[string]*claimWish `json:"userinfo,omitempty"`
	IDToken  map[string]*claimWish `json:"id_token,omitempty"`
}

// claimWish is how one claim is asked for; nil means in the default manner.
type claimWish struct {
	Essential bool  `json:"essential,omitempty"`
	Value     any   `json:"value,omitempty"`
	Values    []any `json:"values,omitempty"`
}

func parseClaimsRequest(raw string) (*claimsRequest, error) {
	if raw == "" {
		return nil, nil //nolint:nilnil // no parameter, no request, and no error
	}
	var c claimsRequest
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		return nil, fmt.Errorf("claims parameter: %w", err)
	}
	return &c, nil
}

func (c *claimsRequest) wantsIDToken(name string) bool {
	if c == nil {
		return false
	}
	_, ok := c.IDToken[name]
	return ok
}

func (c *claimsRequest) wantsUserInfo(name string) bool {
	if c == nil {
		return false
	}
	_, ok := c.UserInfo[name]
	return ok
}

// acceptable returns the strings that a wish accepts, and whether one of them
// must be met.
func (w *claimWish) acceptable() (values []string, essential bool) {
	if w == nil {
		return nil, false
	}
	for _, v := range append(slices.Clone(w.Values), w.Value) {
		if s, ok := v.(string); ok {
			values = append(values, s)
		}
	}
	return values, w.Essential
}

// essentialACR returns the acr values of which one is essential (OIDC Core
// §5.5.1.1), none if acr is voluntary.
func (c *claimsRequest) essentialACR() []string {
	if c == nil {
		return nil
	}
	values, essential := c.IDToken["acr"].acceptable()
	if !essential {
		return nil
	}
	return values
}

// subject returns the one subject that the request is about (OIDC Core §5.5.1),
// empty if it names none.
func (c *claimsRequest) subject() string {
	if c == nil {
		return ""
	}
	for _, part := range []map[string]*claimWish{c.IDToken, c.UserInfo} {
		if w := part["sub"]; w != nil {
			if s, ok := w.Value.(string); ok {
				return s
			}
		}
	}
	return ""
}

// scopes are the scopes whose claims the request asks for one by one: a client
// must be registered for them, and a person must have consented to them, all the
// same.
func (c *claimsRequest) scopes() []string {
	if c == nil {
		return nil
	}
	var found []string
	for _, part := range []map[string]*claimWish{c.IDToken, c.UserInfo} {
		for name := range part {
			if s := claimScope(name); s != "" && !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	slices.Sort(found)
	return found
}
