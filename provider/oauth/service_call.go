package oauth

import (
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/tongid/tongid/provider/client"
)

// CallRefusal says why a call that wants a client_credentials token was refused,
// and with what challenge (RFC 6750 §3).
type CallRefusal struct {
	Status      int
	Code        string // RFC 6750 §3.1; empty: there was no token
	Description string
	Challenge   string // of WWW-Authenticate
}

// Caller returns the client behind a request to an API of ours, whose token it got
// for itself (RFC 6749 §4.4) and carries that scope. Either the client or the
// refusal is there, unless a store does not answer.
func (s *Server) Caller(r *http.Request, scope string) (*client.Client, *CallRefusal, error) {
	tokens := headerTokens(r)
	switch len(tokens) {
	case 0:
		return nil, refuseCall(refuse("", "an access token is needed"), scope), nil
	case 1:
	default:
		return nil, refuseCall(refuse(codeInvalidRequest, "more than one access token"), scope), nil
	}
	live, err := s.accessToken(r.Context(), tokens[0])
	switch {
	case errors.Is(err, errInactive):
		return nil, refuseCall(refuse(codeInvalidToken, "the access token is not valid"), scope), nil
	case err != nil:
		return nil, nil, err
	case live.grant != nil:
		return nil, refuseCall(refuse(codeInsufficientScope, "the access token is an account's: get one by client_credentials"), scope), nil
	case !slices.Contains(live.scopes, scope) || !slices.Contains(serviceScopes(live.client), scope):
		return nil, refuseCall(refuse(codeInsufficientScope, "the access token does not carry the scope "+scope), scope), nil
	}
	return live.client, nil, nil
}

func refuseCall(p *protocolError, scope string) *CallRefusal {
	out := &CallRefusal{Status: p.status(), Code: p.Code, Description: p.Description, Challenge: `Bearer realm="tongid"`}
	if p.Code == "" {
		out.Status = http.StatusUnauthorized
		return out
	}
	out.Challenge += `, error="` + p.Code + `", error_description="` + p.Description + `"`
	if p.Code == codeInsufficientScope {
		out.Challenge += `, scope="` + scope + `"`
	}
	return out
}

// headerTokens are the access tokens in the Authorization header (RFC 6750 §2.1).
func headerTokens(r *http.Request) (found []string) {
	for _, header := range r.Header.Values("Authorization") {
		scheme, token, ok := strings.Cut(header, " ")
		if ok && strings.EqualFold(scheme, "Bearer") {
			found = append(found, strings.TrimSpace(token))
		}
	}
	return found
}
