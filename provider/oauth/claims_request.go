package oauth

import (
	"encoding/json"
	"fmt"
	"slices"
)

// claimsRequest is the claims parameter (OIDC Core §5.5).
type claimsRequest struct {
	UserInfo claimWishes `json:"userinfo,omitempty"`
	IDToken  claimWishes `json:"id_token,omitempty"`

	verifiedUserInfo, verifiedIDToken *verifiedWish
}

// claimWishes are by claim. What is asked for under verified_claims has another
// shape and is kept apart.
type claimWishes map[string]*claimWish

// UnmarshalJSON leaves verified_claims out.
func (w *claimWishes) UnmarshalJSON(raw []byte) error {
	var all map[string]json.RawMessage
	if err := json.Unmarshal(raw, &all); err != nil {
		return fmt.Errorf("claims: %w", err)
	}
	if all == nil {
		return nil
	}
	*w = claimWishes{}
	for name, each := range all {
		var wish *claimWish
		if name == claimVerified {
			(*w)[name] = nil
			continue
		}
		if err := json.Unmarshal(each, &wish); err != nil {
			return fmt.Errorf("claim %s: %w", name, err)
		}
		(*w)[name] = wish
	}
	return nil
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
	var verified struct {
		UserInfo struct {
			Wish *verifiedWish `json:"verified_claims"`
		} `json:"userinfo"`
		IDToken struct {
			Wish *verifiedWish `json:"verified_claims"`
		} `json:"id_token"`
	}
	if err := json.Unmarshal([]byte(raw), &verified); err != nil {
		return nil, fmt.Errorf("claims parameter: %w", err)
	}
	c.verifiedUserInfo, c.verifiedIDToken = verified.UserInfo.Wish, verified.IDToken.Wish
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
// §5.5.1.1), and whether there are such. Values that are no strings cannot be met.
func (c *claimsRequest) essentialACR() (values []string, demanded bool) {
	if c == nil {
		return nil, false
	}
	w := c.IDToken["acr"]
	values, essential := w.acceptable()
	return values, essential && (w.Value != nil || len(w.Values) > 0)
}

// subject returns the one subject that the request is about (OIDC Core §5.5.1),
// empty if it names none.
func (c *claimsRequest) subject() string {
	if c == nil {
		return ""
	}
	for _, part := range []claimWishes{c.IDToken, c.UserInfo} {
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
	for _, part := range []claimWishes{c.IDToken, c.UserInfo} {
		for name := range part {
			if s := claimScope(name); s != "" && !slices.Contains(found, s) {
				found = append(found, s)
			}
		}
	}
	for _, s := range append(c.verifiedUserInfo.scopes(), c.verifiedIDToken.scopes()...) {
		if !slices.Contains(found, s) {
			found = append(found, s)
		}
	}
	slices.Sort(found)
	return found
}
