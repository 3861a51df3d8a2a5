package main

import (
	"crypto/rand"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// pending is an authorization request under way: what its answer will be held against.
type pending struct {
	nonce    string
	verifier string // RFC 7636 §4.1
	kind     string
	service  string // the service to go on to, if one was being opened
	maxAge   int    // seconds; negative: not asked for
}

// pendingKey ties a state to the browser it was made for. Another browser's state is not refused
// but simply not found, and so cannot be spent by it either.
func pendingKey(browser, state string) string { return browser + "/" + state }

// kinds lists the account kinds a visitor can choose from.
func kinds() []string { return []string{"enterprise", "agent", "person"} }

// passedOn lists the request parameters that a visitor may set to try things out.
func passedOn() []string {
	return []string{"prompt", "max_age", "acr_values", "login_hint", "enterprise_hint", "ui_locales", "claims"}
}

const maxPassedOn = 1024

// login sends the browser to the provider (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2.1).
func (h *hall) login(w http.ResponseWriter, r *http.Request) error {
	if to, ok := h.canonical(r); ok {
		http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // G710: begins with our own base URL
		return nil
	}
	query := r.URL.Query()
	p := pending{nonce: rand.Text(), verifier: oauth2.GenerateVerifier(), maxAge: -1}
	options := []oauth2.AuthCodeOption{
		oidc.Nonce(p.nonce), oauth2.S256ChallengeOption(p.verifier),
		oauth2.SetAuthURLParam("ui_locales", "zh-CN"), // the language of these pages
	}
	if kind := query.Get("kind"); kind != "" {
		if !slices.Contains(kinds(), kind) {
			return &problem{code: problemNotFound}
		}
		p.kind = kind
		options = append(options, oauth2.SetAuthURLParam("account_type", kind))
	}
	if id := query.Get("service"); id != "" {
		if _, ok := h.pages.theme.service(id); !ok {
			return &problem{code: problemNotFound}
		}
		p.service = id
	}
	for _, name := range passedOn() {
		value := query.Get(name)
		if !query.Has(name) || len(value) > maxPassedOn {
			continue
		}
		options = append(options, oauth2.SetAuthURLParam(name, value))
		if n, err := strconv.Atoi(value); name == "max_age" && err == nil && n >= 0 {
			p.maxAge = n
		}
	}
	md, err := h.issuer.metadata(r.Context())
	if err != nil {
		return &problem{code: problemIssuerDown, kind: p.kind, service: p.service, cause: err}
	}
	state := rand.Text()
	h.pending.put(pendingKey(h.browser(w, r), state), p)
	to := h.oauthConfig(md).AuthCodeURL(state, options...)
	http.Redirect(w, r, to, http.StatusSeeOther) //nolint:gosec // G710: the provider's own endpoint
	return nil
}

// canonical moves a visitor who came by another name of this machine (127.0.0.1 for localhost) to
// the name the provider will send the browser back to; the cookies would be missing there. Only
// between loopback names: elsewhere a proxy may rightly show another Host.
func (h *hall) canonical(r *http.Request) (string, bool) {
	base, err := url.Parse(h.cfg.BaseURL)
	if err != nil || strings.EqualFold(base.Host, r.Host) || !isLoopback(base.Host) || !isLoopback(r.Host) {
		return "", false
	}
	return h.cfg.BaseURL + r.URL.RequestURI(), true
}

// isLoopback says whether host, with or without a port, is a name of this machine.
func isLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || (err == nil && ip.IsLoopback())
}

// scopesOf splits a scope parameter (RFC 6749 §3.3).
func scopesOf(scope string) []string { return strings.Fields(scope) }
