package oauth

import (
	"context"
	"net/http"
	"net/url"
	"slices"

	"github.com/ory/fosite"
	"github.com/ory/fosite/handler/oauth2"
	"github.com/ory/fosite/handler/openid"
	"github.com/ory/fosite/handler/pkce"

	"github.com/tongid/tongid/provider/grant"
)

// Grant types.
const (
	grantCode    = "authorization_code"
	grantRefresh = "refresh_token"
	grantService = "client_credentials"
)

// machines are fosite's state machines: one that issues codes and one for each
// grant type. A machine for all would ask every handler about every request, and
// a handler that is not meant says so by an error that carries its stack.
type machines struct {
	codes  *fosite.Fosite
	grants map[string]*fosite.Fosite // by grant type
}

// newFosite puts the state machines together explicitly: no compose, no default
// strategy, every setting given (fosite fills in defaults lazily, which is a data
// race at the first requests).
func newFosite(s *Server) machines {
	store, strategy := fositeStore{s}, fositeStrategy{s}
	config := &fosite.Config{
		ScopeStrategy:               fosite.ExactScopeStrategy,
		AudienceMatchingStrategy:    fosite.ExactAudienceMatchingStrategy,
		AuthorizeCodeLifespan:       s.Life.Code,
		AccessTokenLifespan:         s.Life.AccessToken,
		RefreshTokenLifespan:        s.Life.RefreshIdle,
		IDTokenLifespan:             s.Life.IDToken,
		IDTokenIssuer:               s.Issuer,
		RefreshTokenScopes:          []string{scopeOffline},
		MinParameterEntropy:         1,
		OmitRedirectScopeParam:      true,
		EnforcePKCEForPublicClients: true,
		// Which redirect URIs are safe is decided when a client is registered.
		RedirectSecureChecker: func(context.Context, *url.URL) bool { return true },
		// The endpoint has authenticated the client before fosite is asked.
		ClientAuthenticationStrategy: func(ctx context.Context, _ *http.Request, _ url.Values) (fosite.Client, error) {
			return fositeClient{runOf(ctx).client}, nil
		},
	}
	idTokens := &openid.IDTokenHandleHelper{IDTokenStrategy: strategy}
	code := &oauth2.AuthorizeExplicitGrantHandler{
		AccessTokenStrategy: strategy, RefreshTokenStrategy: strategy, AuthorizeCodeStrategy: strategy,
		CoreStorage: store, TokenRevocationStorage: store, Config: config,
	}
	explicit := &openid.OpenIDConnectExplicitHandler{
		OpenIDConnectRequestStorage:   store,
		OpenIDConnectRequestValidator: openid.NewOpenIDConnectRequestValidator(nil, config),
		Config:                        config, IDTokenHandleHelper: idTokens,
	}
	proof := &pkce.Handler{AuthorizeCodeStrategy: strategy, Storage: store, Config: config}
	refresh := &oauth2.RefreshTokenGrantHandler{
		AccessTokenStrategy: strategy, RefreshTokenStrategy: strategy, TokenRevocationStorage: store, Config: config,
	}
	service := &oauth2.ClientCredentialsGrantHandler{
		HandleHelper: &oauth2.HandleHelper{AccessTokenStrategy: strategy, AccessTokenStorage: store, Config: config},
		Config:       config,
	}
	machine := func(authorize fosite.AuthorizeEndpointHandlers, token ...fosite.TokenEndpointHandler) *fosite.Fosite {
		own := *config
		own.AuthorizeEndpointHandlers, own.TokenEndpointHandlers = authorize, token
		return &fosite.Fosite{Store: store, Config: &own}
	}
	// The order matters: PKCE needs the code, OpenID Connect the access token.
	return machines{
		codes: machine(fosite.AuthorizeEndpointHandlers{code, explicit, proof}),
		grants: map[string]*fosite.Fosite{
			grantCode:    machine(nil, code, proof, explicit),
			grantRefresh: machine(nil, refresh, &openid.OpenIDConnectRefreshHandler{IDTokenHandleHelper: idTokens, Config: config}),
			grantService: machine(nil, service),
		},
	}
}

// issueCode walks fosite's authorize handlers and stores the code: one write.
func (s *Server) issueCode(ctx context.Context, a *authorizeRequest, code *grant.Code) (string, error) {
	r := newRun(a.client, s.Now())
	r.take(code)
	form := url.Values{"redirect_uri": {a.redirectURI}}
	if a.challenge != "" {
		form["code_challenge"] = []string{a.challenge}
		form["code_challenge_method"] = []string{methodS256}
	}
	request := &fosite.AuthorizeRequest{
		ResponseTypes: fosite.Arguments{"code"},
		Request: fosite.Request{
			ID: code.ID.String(), RequestedAt: r.now, Client: fositeClient{a.client}, Form: form, Session: r,
			RequestedScope: a.scopes, GrantedScope: a.scopes,
		},
	}
	response, err := s.fosite.codes.NewAuthorizeResponse(ctx, request, r)
	if err := r.outcome(err); err != nil {
		return "", err
	}
	return response.GetCode(), nil
}

// redeem walks fosite's token handlers with the parameters that they know.
func (s *Server) redeem(ctx context.Context, r *run, p params) error {
	form := url.Values{}
	for _, name := range []string{"grant_type", "code", "redirect_uri", "code_verifier", "refresh_token", "scope"} {
		if v := p.get(name); v != "" {
			form[name] = []string{v}
		}
	}
	if r.scopes != nil {
		form["scope"] = []string{joinScopes(r.scopes)}
	}
	request := &http.Request{Method: http.MethodPost, Form: form, PostForm: form, Header: http.Header{}}
	ctx = withRun(ctx, r)
	machine := s.fosite.grants[p.get("grant_type")]
	access, err := machine.NewAccessRequest(ctx, request, r)
	if err := r.outcome(err); err != nil {
		return err
	}
	if r.grant == nil {
		for _, scope := range r.scopes {
			access.(*fosite.AccessRequest).GrantScope(scope)
		}
	}
	response, err := machine.NewAccessResponse(ctx, access)
	if err := r.outcome(err); err != nil {
		return err
	}
	r.answer.AccessToken = response.GetAccessToken()
	r.answer.RefreshToken, _ = response.GetExtra("refresh_token").(string)
	if r.grant == nil || r.scopes == nil || slices.Contains(r.scopes, scopeOpenID) {
		r.answer.IDToken, _ = response.GetExtra("id_token").(string)
	}
	return nil
}
