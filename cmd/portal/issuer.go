package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

const (
	providerTimeout = 8 * time.Second // one call to the provider
	discoveryMaxAge = time.Hour       // how long the provider's metadata is believed
	discoveryPause  = time.Second     // how long a failed discovery is not tried again
	maxAnswerBytes  = 1 << 20
)

// issuer finds out about the provider when it is first needed, and again from time to time. The
// portal can so start before the provider does and outlive its absence.
type issuer struct {
	url    string
	client *http.Client
	now    func() time.Time

	known atomic.Pointer[metadata]

	mu     sync.Mutex // held through a discovery, so that many visitors cause one
	tried  time.Time
	failed error
}

// metadata is what the provider says about itself (OpenID Connect Discovery 1.0 §3, RFC 8414 §2).
type metadata struct {
	provider *oidc.Provider
	fetched  time.Time

	EndSession    string `json:"end_session_endpoint"`
	Revocation    string `json:"revocation_endpoint"`
	IssInResponse bool   `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
}

// metadata returns what is known of the provider, asking it when that is nothing or too old. A
// visitor who leaves does not break off the discovery others wait for.
func (i *issuer) metadata(ctx context.Context) (*metadata, error) {
	if known := i.known.Load(); i.fresh(known) {
		return known, nil
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	known := i.known.Load()
	if i.fresh(known) {
		return known, nil
	}
	if i.failed == nil || i.now().Sub(i.tried) >= discoveryPause {
		var found *metadata
		found, i.failed = i.discover(context.WithoutCancel(ctx))
		i.tried = i.now()
		if i.failed == nil {
			i.known.Store(found)
			return found, nil
		}
	}
	if known != nil {
		return known, nil // old knowledge is better than none
	}
	return nil, i.failed
}

// fresh says whether known need not be asked for again.
func (i *issuer) fresh(known *metadata) bool {
	return known != nil && i.now().Sub(known.fetched) < discoveryMaxAge
}

// discover fetches the provider's metadata; go-oidc checks that it is the issuer asked for.
func (i *issuer) discover(ctx context.Context) (*metadata, error) {
	provider, err := oidc.NewProvider(oidc.ClientContext(ctx, i.client), i.url)
	if err != nil {
		return nil, fmt.Errorf("discover provider: %w", err)
	}
	md := &metadata{provider: provider, fetched: i.now()}
	if err := provider.Claims(md); err != nil {
		return nil, fmt.Errorf("discover provider: %w", err)
	}
	return md, nil
}

// logoutOrigins returns the origins a logout form's redirects pass through: the page that holds
// the form must allow them (Chromium applies form-action to the whole chain).
func (i *issuer) logoutOrigins() []string {
	origins := []string{originOf(i.url)}
	if known := i.known.Load(); known != nil && known.EndSession != "" {
		if o := originOf(known.EndSession); o != origins[0] {
			origins = append(origins, o)
		}
	}
	return origins
}

// originOf cuts an address down to scheme, host and port.
func originOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// oauthConfig is the client's side of the code flow.
func (h *hall) oauthConfig(md *metadata) *oauth2.Config {
	endpoint := md.provider.Endpoint()
	// Said outright: the library would otherwise find out by trying, and a try can cost the code.
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	if h.cfg.ClientSecret == "" {
		endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return &oauth2.Config{
		ClientID:     h.cfg.ClientID,
		ClientSecret: string(h.cfg.ClientSecret),
		Endpoint:     endpoint,
		RedirectURL:  h.cfg.redirectURI(),
		Scopes:       scopesOf(h.cfg.Scope),
	}
}

// newHTTPClient returns the client all calls to the provider go through: bounded in time and
// size, and following no redirects, for no endpoint of a provider has reason to send one.
func newHTTPClient() *http.Client {
	return &http.Client{
		Timeout:   providerTimeout,
		Transport: cappedTransport{http.DefaultTransport},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
	}
}

// cappedTransport cuts answers off that are larger than any honest one.
type cappedTransport struct{ next http.RoundTripper }

// RoundTrip sends the request and caps the answer's body.
func (t cappedTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(r)
	if err != nil {
		return nil, err // a transport hands its errors on as they are
	}
	resp.Body = cappedBody{io.LimitReader(resp.Body, maxAnswerBytes), resp.Body}
	return resp, nil
}

type cappedBody struct {
	io.Reader
	io.Closer
}
