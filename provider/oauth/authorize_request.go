package oauth

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/interaction"
)

// Values of prompt (OIDC Core §3.1.2.1).
const (
	promptNone    = "none"
	promptLogin   = "login"
	promptConsent = "consent"
	promptSelect  = "select_account"
)

func promptValues() []string { return []string{promptNone, promptLogin, promptConsent, promptSelect} }

// Values of response_mode that a code may take.
const (
	modeQuery    = "query"
	modeFormPost = "form_post" // OAuth 2.0 Form Post Response Mode
)

// authorizeRequest is a validated authorization request.
type authorizeRequest struct {
	client      *client.Client
	redirectURI string // where the answer goes
	sentURI     string // as sent; the token request must repeat it (RFC 6749 §4.1.3)
	state       string // byte-exact, empty if none
	mode        string
	scopes      []string
	nonce       string
	challenge   string
	prompt      []string
	maxAge      *int64 // seconds
	hint        string // subject of a valid id_token_hint
	claims      *claimsRequest
	rawClaims   json.RawMessage
	accountType accounts.Type // empty if not asked for
	enterprise  string        // enterprise_hint: a USCC, empty if there is none
	locales     string        // ui_locales
}

func (a *authorizeRequest) prompts(p string) bool { return slices.Contains(a.prompt, p) }

// parseAuthorize validates an authorization request in the order that decides
// who may be told what is wrong: until client and redirect_uri are known to be
// right, only the person, on a page (*interaction.ProblemError); afterwards the
// client, at its redirect_uri (*protocolError, and the request to answer).
func (s *Server) parseAuthorize(v url.Values) (*authorizeRequest, error) {
	p := newParams(v)
	a := &authorizeRequest{mode: modeQuery, locales: p.get("ui_locales")}
	if err := s.parseDestination(p, a); err != nil {
		return nil, err
	}
	if mode := p.get("response_mode"); mode == modeFormPost {
		a.mode = modeFormPost
	} else if mode != "" && mode != modeQuery {
		return a, refuse(codeInvalidRequest, "response_mode must be query or form_post")
	}
	if err := p.check(); err != nil {
		if len(a.state) > maxParameter || slices.Contains(p.repeated, "state") {
			a.state = ""
		}
		return a, err
	}
	if err := s.parseProtocol(p, a); err != nil {
		return a, err
	}
	return a, s.parseOpenID(p, a)
}

func problem(code string) error {
	return &interaction.ProblemError{Status: http.StatusBadRequest, Code: code}
}

// parseDestination finds the client and where its answer goes. The redirect URI
// must equal a registered one, byte for byte (RFC 9700 §2.1); only the port of
// a loopback IP address is free for native clients (RFC 8252 §7.3).
func (s *Server) parseDestination(p params, a *authorizeRequest) error {
	if slices.Contains(p.repeated, "client_id") || slices.Contains(p.repeated, "redirect_uri") {
		return problem(codeInvalidRequest)
	}
	c, err := s.Clients.Get(p.get("client_id"))
	if errors.Is(err, accounts.ErrNotFound) {
		return problem(codeInvalidClient)
	}
	if err != nil {
		return err
	}
	a.client, a.sentURI, a.state = c, p.get("redirect_uri"), p.get("state")
	switch {
	case a.sentURI != "" && slices.ContainsFunc(c.RedirectURIs, func(registered string) bool {
		return redirectMatches(registered, a.sentURI)
	}):
		a.redirectURI = a.sentURI
	case a.sentURI == "" && len(c.RedirectURIs) == 1 && !slices.Contains(p.words("scope"), scopeOpenID):
		a.redirectURI = c.RedirectURIs[0]
	default:
		return problem("invalid_redirect_uri")
	}
	return nil
}

// redirectMatches compares a redirect URI with a registered one.
func redirectMatches(registered, sent string) bool {
	if registered == sent {
		return true
	}
	r, err := url.Parse(registered)
	if err != nil || r.Scheme != "http" || (r.Hostname() != "127.0.0.1" && r.Hostname() != "::1") {
		return false
	}
	u, err := url.Parse(sent)
	if err != nil || u.Scheme != "http" || u.Hostname() != r.Hostname() || u.User != nil {
		return false
	}
	// What is left once the ports are taken away must be the same bytes.
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strconv.FormatUint(n, 10) != port {
		return false
	}
	r.Host = u.Host
	return r.String() == sent
}

// parseProtocol reads what RFC 6749 and RFC 7636 define.
func (s *Server) parseProtocol(p params, a *authorizeRequest) error {
	switch rt := p.get("response_type"); rt {
	case "code":
	case "":
		return refuse(codeInvalidRequest, "response_type is missing")
	default:
		return refuse(codeUnsupportedResponse, "response_type must be code")
	}
	if !slices.Contains(a.client.GrantTypes, grantCode) {
		return refuse(codeUnauthorizedClient, "the client may not use the authorization code grant")
	}
	for name, code := range map[string]string{
		"request": codeRequestNotSupported, "request_uri": codeRequestURINot, "registration": codeRegistrationNot,
	} {
		if p.get(name) != "" {
			return refuse(code, "the parameter "+name+" is not supported")
		}
	}
	if a.scopes = grantable(a.client, p.words("scope")); len(a.scopes) == 0 {
		return refuse(codeInvalidScope, "no scope that the client may have was asked for")
	}
	a.challenge = p.get("code_challenge")
	return checkChallenge(a.challenge, p.get("code_challenge_method"), a.client.PKCERequired || a.client.Public())
}

// parseOpenID reads what OIDC Core §3.1.2.1 and §5.5 define, and our own.
func (s *Server) parseOpenID(p params, a *authorizeRequest) error {
	a.nonce = p.get("nonce")
	a.prompt = p.words("prompt")
	if !subset(a.prompt, promptValues()) {
		return refuse(codeInvalidRequest, "unknown prompt value")
	}
	if a.prompts(promptNone) && len(a.prompt) > 1 {
		return refuse(codeInvalidRequest, "prompt none excludes every other value")
	}
	a.maxAge = a.client.DefaultMaxAge
	if raw := p.get("max_age"); raw != "" {
		n, err := strconv.ParseInt(raw, 10, 64)
		if err != nil || n < 0 {
			return refuse(codeInvalidRequest, "max_age must be a number of seconds")
		}
		a.maxAge = &n
	}
	var err error
	if a.claims, err = parseClaimsRequest(p.get("claims")); err != nil {
		return refuse(codeInvalidRequest, "claims is not a claims request")
	}
	if a.claims != nil {
		a.rawClaims = json.RawMessage(p.get("claims"))
	}
	if uscc, err := idnum.ParseUSCC(p.get("enterprise_hint")); err == nil {
		a.enterprise = string(uscc)
	}
	if err := s.parseHint(p, a); err != nil {
		return err
	}
	if t := accounts.Type(p.get("account_type")); t != "" {
		if !slices.Contains(a.client.AccountTypes, t) {
			return refuse(codeInvalidRequest, "account_type is not one that the client accepts")
		}
		a.accountType = t
	}
	return nil
}

// parseHint finds out whom the request is about, by id_token_hint or by a sub
// asked for in claims.
func (s *Server) parseHint(p params, a *authorizeRequest) error {
	a.hint = a.claims.subject()
	hint := p.get("id_token_hint")
	if hint == "" {
		return nil
	}
	facts, err := s.readHint(hint)
	if err != nil || !facts.Audience.has(a.client.ID) {
		return refuse(codeInvalidRequest, "id_token_hint is not an ID token issued to this client")
	}
	if a.hint != "" && a.hint != facts.Subject {
		return refuse(codeInvalidRequest, "id_token_hint and claims name different subjects")
	}
	a.hint = facts.Subject
	return nil
}
