package oauth

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
)

// What the members of a client's record do (contract: `client`).

// with registers a trusted client with a secret and one member changed.
func (w *world) with(id string, change func(*client.Client)) {
	w.t.Helper()
	c := &client.Client{
		ID: id, Scope: "openid profile phone enterprise offline_access", Trusted: true,
		AuthMethod: client.AuthBasic, SecretHash: client.HashSecret(id + "-secret"),
	}
	change(c)
	w.addClient(c)
}

// contract: min_acr. Out of this sign-in's reach it is told to the client, whether
// somebody signs in or is signed in already.
func TestMinACR(t *testing.T) {
	w := newWorld(t, 0)
	w.with("high", func(c *client.Client) { c.MinACR = "urn:tongid:loa:3" })
	w.with("low", func(c *client.Client) { c.MinACR = "urn:tongid:loa:2" })
	b := w.browse()
	for _, prompt := range []string{"", "none"} {
		request, _ := w.ask("high", "prompt", prompt)
		if answer, _, page := w.visit(b, request); answer.Get("error") != codeUnmetAuthentication {
			t.Errorf("prompt %q got %s", prompt, page)
		}
	}
	w.signIn(b, "low")
}

// OIDC Registration §2: default_max_age counts where the request says nothing.
func TestDefaultMaxAge(t *testing.T) {
	w := newWorld(t, 0)
	seconds := int64(600)
	w.with("strict", func(c *client.Client) { c.DefaultMaxAge = &seconds })
	b := w.browse()
	w.signIn(b, "strict")
	w.forward(11 * time.Minute)
	before := w.logins.Load()
	w.signIn(b, "strict", "max_age", "3600")
	if w.logins.Load() != before {
		t.Error("max_age of the request did not win")
	}
	w.signIn(b, "strict")
	if w.logins.Load() != before+1 {
		t.Error("no new sign-in after default_max_age")
	}
}

// contract: CORS for the origins of that client's redirect URIs or its allowed_origins,
// not of another client's.
func TestOriginsOfAClient(t *testing.T) {
	w := newWorld(t, 0)
	const own, listed, others = "https://app.test", "https://cdn.test:8443", "http://127.0.0.1:9"
	w.with("app", func(c *client.Client) {
		c.RedirectURIs = []string{redirectURI, "https://APP.test:443/callback"}
		c.AllowedOrigins = []string{listed}
	})
	w.with("apart", func(c *client.Client) { c.RedirectURIs = []string{"https://apart.test/callback"} })
	const allow = "Access-Control-Allow-Origin"
	send := func(id, path, origin string, fields string) http.Header {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+path, strings.NewReader(fields))
		w.must(err)
		request.Header.Set("Origin", origin)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if id != "" {
			request.SetBasicAuth(id, id+"-secret")
		}
		return w.do(request).Header
	}
	token := w.signIn(w.browse(), "app").text("access_token")
	for _, origin := range []string{own, listed} {
		for path, fields := range map[string]string{
			pathToken: "grant_type=refresh_token&refresh_token=x", pathRevoke: "token=x",
		} {
			h := send("app", path, origin, fields)
			if h.Get(allow) != origin || !strings.Contains(h.Get("Access-Control-Expose-Headers"), "DPoP-Nonce") {
				t.Errorf("%s from %s: %v", path, origin, h)
			}
			if h := send("apart", path, origin, fields); h.Get(allow) != "" {
				t.Errorf("%s of another client from %s: %q", path, origin, h.Get(allow))
			}
		}
		if got := send("", pathUserInfo, origin, "access_token="+token).Get(allow); got != origin {
			t.Errorf("userinfo from %s: %q", origin, got)
		}
	}
	if got := send("", pathUserInfo, "https://apart.test", "access_token="+token).Get(allow); got != "" {
		t.Errorf("userinfo from another client's origin: %q", got)
	}
	if got := send("app", pathToken, others, "grant_type=refresh_token&refresh_token=x").Get(allow); got != others {
		t.Errorf("token from the first redirect URI's origin: %q", got)
	}
}

// OIDC Core §3.1.3.6, §3.1.3.7: ID tokens in the client's algorithm, at_hash by it, as
// an independent relying party verifies them.
func TestIDTokenAlgorithms(t *testing.T) {
	w := newWorld(t, 0)
	ctx := context.Background()
	issuer, err := oidc.NewProvider(ctx, w.issuer)
	w.must(err)
	for _, alg := range keys.Algorithms() {
		id := "signed-" + strings.ToLower(alg)
		w.with(id, func(c *client.Client) { c.IDTokenAlg = alg })
		r := w.signIn(w.browse(), id, "scope", "openid offline_access")
		verifier := issuer.Verifier(&oidc.Config{ClientID: id, SupportedSigningAlgs: []string{alg}, Now: w.now})
		for what, r := range map[string]reply{"code": r, "refresh": w.refresh(0, id, r.text("refresh_token"))} {
			token, err := verifier.Verify(ctx, r.text("id_token"))
			if err != nil {
				t.Errorf("%s, %s: %v", alg, what, err)
				continue
			}
			if err := token.VerifyAccessToken(r.text("access_token")); err != nil {
				t.Errorf("%s, %s: at_hash: %v", alg, what, err)
			}
		}
	}
}

// A scope that an operator takes away is gone for what was granted before, too; the
// rest lives on.
func TestScopeTakenAway(t *testing.T) {
	w := newWorld(t, 0)
	w.with("shrunk", func(c *client.Client) { c.IDTokenClaims = []string{"phone"} })
	r := w.signIn(w.browse(), "shrunk", "scope", "openid profile phone offline_access")
	if w.userinfo(r.text("access_token")).text("phone_number") == "" || tokenClaims(t, r.text("id_token"))["phone_number"] == nil {
		t.Fatal("the scope gave nothing")
	}
	reduce := func(scope string) {
		c, err := w.db.Client(t.Context(), "shrunk")
		w.must(err)
		c.Scope = scope
		w.must(w.db.UpdateClient(t.Context(), c))
		w.must(w.clients.Refresh(t.Context()))
	}
	reduce("openid profile offline_access")
	if info := w.userinfo(r.text("access_token")); info.text("phone_number") != "" || info.text("name") == "" {
		t.Errorf("userinfo %v", info.Body)
	}
	for _, token := range []string{r.text("access_token"), r.text("refresh_token")} {
		about := w.post(0, pathIntrospect, "shrunk", "token", token)
		if about.text("scope") != "openid profile offline_access" {
			t.Errorf("introspection says %q", about.text("scope"))
		}
	}
	again := w.refresh(0, "shrunk", r.text("refresh_token"))
	if again.Status != http.StatusOK || again.text("scope") != "openid profile offline_access" {
		t.Fatalf("refresh: %d %v", again.Status, again.Body)
	}
	if facts := tokenClaims(t, again.text("id_token")); facts["phone_number"] != nil {
		t.Errorf("ID token %v", facts)
	}
	reduce("openid profile")
	if r := w.refresh(0, "shrunk", again.text("refresh_token")); r.text("error") != codeInvalidGrant {
		t.Errorf("refresh without offline_access: %d %v", r.Status, r.Body)
	}
}
