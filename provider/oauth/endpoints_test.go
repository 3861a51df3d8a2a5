package oauth

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func decodeSegment(s string) ([]byte, error) { return base64.RawURLEncoding.DecodeString(s) }

// RFC 6749 §5.2: the token endpoint's errors.
func TestTokenEndpointErrors(t *testing.T) {
	w := newWorld(t, 0)
	for name, tt := range map[string]struct {
		client string
		fields []string
		status int
		want   string
	}{
		"no grant_type":         {"hall", nil, 400, codeInvalidRequest},
		"unknown grant_type":    {"hall", []string{"grant_type", "password"}, 400, codeUnsupportedGrant},
		"no code":               {"hall", []string{"grant_type", grantCode}, 400, codeInvalidRequest},
		"forged code":           {"hall", []string{"grant_type", grantCode, "code", "tgc_AAAA"}, 400, codeInvalidGrant},
		"no refresh token":      {"hall", []string{"grant_type", grantRefresh}, 400, codeInvalidRequest},
		"forged refresh token":  {"hall", []string{"grant_type", grantRefresh, "refresh_token", "tgr_AAAA"}, 400, codeInvalidGrant},
		"grant not registered":  {"hall", []string{"grant_type", grantService}, 400, codeUnauthorizedClient},
		"unknown client":        {"nobody", []string{"grant_type", grantService}, 401, codeInvalidClient},
		"scope not registered":  {"service", []string{"grant_type", grantService, "scope", "openid"}, 400, codeInvalidScope},
		"public client service": {"spa", []string{"grant_type", grantService}, 400, codeUnauthorizedClient},
		"no client":             {"", []string{"grant_type", grantService}, 401, codeInvalidClient},
		"two methods":           {"hall", []string{"grant_type", grantCode, "code", "x", "client_secret", "hall-secret"}, 400, codeInvalidRequest},
		"two clients":           {"hall", []string{"grant_type", grantCode, "code", "x", "client_id", "other"}, 401, codeInvalidClient},
		"assertion type alone":  {"", []string{"grant_type", grantCode, "client_assertion", "a.b.c"}, 401, codeInvalidClient},
		"secret for a public":   {"", []string{"grant_type", grantCode, "client_id", "spa", "client_secret", ""}, 400, codeInvalidRequest},
		"not UTF-8":             {"hall", []string{"grant_type", "\xff"}, 400, codeInvalidRequest},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.post(0, pathToken, tt.client, tt.fields...)
			if r.Status != tt.status || r.text("error") != tt.want {
				t.Errorf("got %d %v, want %d %s", r.Status, r.Body, tt.status, tt.want)
			}
			if r.Header.Get("Cache-Control") != "no-store" {
				t.Error("the answer may be cached (§5.1)")
			}
			if (r.Status == 401) != (r.Header.Get("WWW-Authenticate") != "") {
				t.Errorf("WWW-Authenticate %q at %d", r.Header.Get("WWW-Authenticate"), r.Status)
			}
		})
	}
	for kind, body := range map[string]string{
		"application/json":                  `{"grant_type":"client_credentials"}`,
		"multipart/form-data; boundary=x":   "--x--",
		"":                                  "grant_type=client_credentials",
		"application/x-www-form-urlencoded": "grant_type=client_credentials&grant_type=client_credentials",
	} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+pathToken, strings.NewReader(body))
		w.must(err)
		request.Header.Set("Content-Type", kind)
		request.SetBasicAuth("service", "service-secret")
		if r := w.do(request); r.Status != http.StatusBadRequest || r.text("error") != codeInvalidRequest {
			t.Errorf("%q got %d %v", kind, r.Status, r.Body)
		}
	}
	// Parameters in the query do not count (§2.3.1, §3.2).
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+pathToken+"?grant_type=client_credentials&client_id=service&client_secret=service-secret", http.NoBody)
	w.must(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if r := w.do(request); r.Status == http.StatusOK {
		t.Error("the query was read")
	}
}

// RFC 6749 §4.4.
func TestClientCredentials(t *testing.T) {
	w := newWorld(t, 0)
	r := w.post(0, pathToken, "service", "grant_type", grantService)
	want := map[string]any{"token_type": "Bearer", "expires_in": 600.0, "scope": "mandates reports", "access_token": r.Body["access_token"]}
	if d := cmp.Diff(want, r.Body); d != "" {
		t.Errorf("answer (-want +got):\n%s", d)
	}
	token := r.text("access_token")
	if !w.active(token) {
		t.Error("not active")
	}
	if info := w.userinfo(token); info.Status != http.StatusForbidden || info.text("error") != codeInsufficientScope {
		t.Errorf("userinfo of a service got %d %v", info.Status, info.Body)
	}
	narrow := w.post(0, pathToken, "service", "grant_type", grantService, "scope", "reports")
	if narrow.text("scope") != "reports" {
		t.Errorf("narrowed to %v", narrow.Body)
	}
	if r := w.post(0, pathRevoke, "service", "token", token); r.Status != http.StatusOK {
		t.Errorf("revocation got %d", r.Status)
	}
	if w.active(token) {
		t.Error("active after revocation")
	}
	if !w.active(narrow.text("access_token")) {
		t.Error("revoking one service token ended another")
	}
	w.forward(11 * time.Minute)
	if w.active(narrow.text("access_token")) {
		t.Error("active after its time")
	}
}

// contract: introspection is for own tokens, or any access token for a client
// marked so; fosite let anybody ask about anything.
func TestIntrospectionScoping(t *testing.T) {
	w := newWorld(t, 0)
	access, refresh := w.family(w.browse())
	otherToken := w.signIn(w.browse(), "other").text("access_token")
	for name, tt := range map[string]struct {
		asker, token string
		want         bool
	}{
		"own access token":        {"hall", access, true},
		"own refresh token":       {"hall", refresh, true},
		"resource server":         {"rs", access, true},
		"resource server refresh": {"rs", refresh, false},
		"another client":          {"other", access, false},
		"another client refresh":  {"other", refresh, false},
		"nonsense":                {"hall", "nonsense", false},
		"dots":                    {"hall", "a.b.c", false},
	} {
		t.Run(name, func(t *testing.T) {
			r := w.post(0, pathIntrospect, tt.asker, "token", tt.token)
			if r.Status != http.StatusOK || r.Body["active"] != tt.want || (!tt.want && len(r.Body) != 1) {
				t.Errorf("got %d %v", r.Status, r.Body)
			}
		})
	}
	for name, id := range map[string]string{"nobody": "", "public client": "spa", "unknown": "nobody"} {
		if r := w.post(0, pathIntrospect, id, "token", access); r.Status != http.StatusUnauthorized {
			t.Errorf("%s got %d %v", name, r.Status, r.Body)
		}
	}
	// A user's access token is no client authentication.
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.issuer+pathIntrospect, strings.NewReader("token="+access))
	w.must(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	request.Header.Set("Authorization", "Bearer "+otherToken)
	if r := w.do(request); r.Status != http.StatusUnauthorized {
		t.Errorf("bearer token as authentication got %d %v", r.Status, r.Body)
	}
}

// RFC 7009 and contract: own tokens only; any token of a family ends it.
func TestRevocation(t *testing.T) {
	w := newWorld(t, 0)
	for _, which := range []string{"access", "refresh"} {
		access, refresh := w.family(w.browse())
		token := access
		if which == "refresh" {
			token = refresh
		}
		if r := w.post(0, pathRevoke, "other", "token", token); r.Status != http.StatusOK {
			t.Errorf("another client got %d %v", r.Status, r.Body)
		}
		if !w.active(access) {
			t.Fatalf("another client revoked the %s token", which)
		}
		if r := w.post(0, pathRevoke, "hall", "token", token, "token_type_hint", "nonsense"); r.Status != http.StatusOK {
			t.Errorf("revocation got %d %v", r.Status, r.Body)
		}
		if w.active(access) {
			t.Errorf("access token outlived the revocation of the %s token", which)
		}
		if r := w.refresh(0, "hall", refresh); r.text("error") != codeInvalidGrant {
			t.Errorf("refresh token outlived the revocation of the %s token", which)
		}
	}
	if r := w.post(0, pathRevoke, "hall", "token", "unknown"); r.Status != http.StatusOK {
		t.Errorf("unknown token got %d, want 200 (§2.2)", r.Status)
	}
	if r := w.post(0, pathRevoke, "hall"); r.text("error") != codeInvalidRequest {
		t.Errorf("no token got %d %v", r.Status, r.Body)
	}
	if r := w.post(0, pathRevoke, "", "token", "x"); r.Status != http.StatusUnauthorized {
		t.Errorf("nobody got %d %v", r.Status, r.Body)
	}
}

// RFC 7009 §2.2.1: while the store is down, revocation answers 503, not 200;
// tokens are not "inactive" but unknown.
func TestOutageIsSaid(t *testing.T) {
	w := newWorld(t, 0)
	access, refresh := w.family(w.browse())
	w.outage.Store(true)
	for _, token := range []string{access, refresh} {
		r := w.post(0, pathRevoke, "hall", "token", token)
		if r.Status != http.StatusServiceUnavailable || r.Header.Get("Retry-After") == "" || r.text("error") != codeUnavailable {
			t.Errorf("revocation got %d %v", r.Status, r.Body)
		}
	}
	if r := w.post(0, pathIntrospect, "rs", "token", access); r.Status != http.StatusServiceUnavailable {
		t.Errorf("introspection got %d %v", r.Status, r.Body)
	}
	if r := w.userinfo(access); r.Status != http.StatusServiceUnavailable {
		t.Errorf("userinfo got %d %v", r.Status, r.Body)
	}
	// A forged token is told from its bytes alone.
	if r := w.post(0, pathIntrospect, "rs", "token", access[:len(access)-4]+"AAAA"); r.Status != http.StatusOK {
		t.Errorf("forged token cost a round trip: %d", r.Status)
	}
	w.outage.Store(false)
	if !w.active(access) {
		t.Error("the token did not survive the outage")
	}
}

// RFC 9068: claims and type of JWT access tokens; they obey like opaque ones.
func TestJWTAccessTokens(t *testing.T) {
	w := newWorld(t, 0)
	code, verifier := w.code(w.browse(), "jwt", "scope", "openid offline_access")
	r := w.post(0, pathToken, "", "grant_type", grantCode, "code", code, "redirect_uri", redirectURI,
		"code_verifier", verifier, "client_id", "jwt", "client_secret", "jwt-secret")
	token := r.text("access_token")
	facts := tokenClaims(t, token)
	for _, name := range []string{"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "auth_time", "acr", "amr", "scope"} {
		if facts[name] == nil {
			t.Errorf("lacks %s", name)
		}
	}
	header, err := decodeSegment(strings.Split(token, ".")[0])
	w.must(err)
	if !strings.Contains(string(header), `"typ":"at+jwt"`) || !strings.Contains(string(header), `"kid"`) {
		t.Errorf("header %s", header)
	}
	if w.userinfo(token).Status != http.StatusOK || !w.active(token) {
		t.Error("not in force")
	}
	for _, other := range []string{token + "\n", token[:50] + "\n" + token[50:], stray(token)} {
		if w.active(other) {
			t.Errorf("another spelling is active: %q", other)
		}
	}
	if w.userinfo(stray(token)).Status != http.StatusUnauthorized {
		t.Error("another spelling is in force")
	}
	// An ID token is not an access token (fosite takes it for one).
	if id := r.text("id_token"); w.active(id) || w.userinfo(id).Status != http.StatusUnauthorized {
		t.Error("an ID token passed as an access token")
	}
	w.post(0, pathRevoke, "", "token", token, "client_id", "jwt", "client_secret", "jwt-secret")
	if w.active(token) {
		t.Error("active after revocation")
	}
	service := w.post(0, pathToken, "", "grant_type", grantService, "client_id", "jwt", "client_secret", "jwt-secret").text("access_token")
	if !w.active(service) {
		t.Error("service JWT is not active")
	}
	w.post(0, pathRevoke, "", "token", service, "client_id", "jwt", "client_secret", "jwt-secret")
	if w.active(service) {
		t.Error("service JWT active after revocation")
	}
}

// RFC 6750 §2, §3; OIDC Core §5.3.
func TestUserInfoBearer(t *testing.T) {
	w := newWorld(t, 0)
	token := w.signIn(w.browse(), "hall").text("access_token")
	send := func(method, query, header, body string) reply {
		request, err := http.NewRequestWithContext(t.Context(), method, w.issuer+pathUserInfo+query, strings.NewReader(body))
		w.must(err)
		if header != "" {
			request.Header.Set("Authorization", header)
		}
		if body != "" {
			request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		}
		return w.do(request)
	}
	for name, tt := range map[string]struct {
		method, query, header, body string
		status                      int
		challenge                   string
	}{
		"HEAD header":      {"HEAD", "", "Bearer " + token, "", 200, ""},
		"HEAD nothing":     {"HEAD", "", "", "", 401, `Bearer realm="tongid"`},
		"GET header":       {"GET", "", "Bearer " + token, "", 200, ""},
		"lower case":       {"GET", "", "bearer " + token, "", 200, ""},
		"POST header":      {"POST", "", "Bearer " + token, "", 200, ""},
		"POST body":        {"POST", "", "", "access_token=" + token, 200, ""},
		"query":            {"GET", "?access_token=" + token, "", "", 401, `Bearer realm="tongid"`},
		"query and POST":   {"POST", "?access_token=" + token, "", "", 401, `Bearer realm="tongid"`},
		"nothing":          {"GET", "", "", "", 401, `Bearer realm="tongid"`},
		"basic":            {"GET", "", "Basic " + token, "", 401, `Bearer realm="tongid"`},
		"forged":           {"GET", "", "Bearer " + token + "x", "", 401, `error="invalid_token"`},
		"header and body":  {"POST", "", "Bearer " + token, "access_token=" + token, 400, `error="invalid_request"`},
		"newline in token": {"POST", "", "", "access_token=" + token[:9] + "%0A" + token[9:], 401, `error="invalid_token"`},
	} {
		t.Run(name, func(t *testing.T) {
			r := send(tt.method, tt.query, tt.header, tt.body)
			if r.Status != tt.status || !strings.Contains(r.Header.Get("WWW-Authenticate"), tt.challenge) {
				t.Errorf("got %d %v %q", r.Status, r.Body, r.Header.Get("WWW-Authenticate"))
			}
		})
	}
}

// contract: CORS.
func TestCORS(t *testing.T) {
	w := newWorld(t, 0)
	token := w.signIn(w.browse(), "hall").text("access_token")
	const own, foreign = "http://127.0.0.1:9", "https://evil.test"
	send := func(method, path, origin, auth string) http.Header {
		request, err := http.NewRequestWithContext(t.Context(), method, w.issuer+path, strings.NewReader("grant_type=x"))
		w.must(err)
		request.Header.Set("Origin", origin)
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if auth != "" {
			request.Header.Set("Authorization", auth)
		}
		response, err := http.DefaultClient.Do(request)
		w.must(err)
		defer response.Body.Close()
		_, err = io.Copy(io.Discard, response.Body)
		w.must(err)
		if response.Header.Get("Access-Control-Allow-Credentials") != "" {
			t.Errorf("%s %s allows credentials", method, path)
		}
		return response.Header
	}
	const allow = "Access-Control-Allow-Origin"
	for _, tt := range []struct{ method, path, origin, auth, want string }{
		{"GET", "/.well-known/openid-configuration", foreign, "", "*"},
		{"GET", pathJWKS, foreign, "", "*"},
		{"OPTIONS", pathToken, own, "", own},
		{"OPTIONS", pathToken, foreign, "", ""},
		{"OPTIONS", pathUserInfo, own, "", own},
		{"GET", pathUserInfo, own, "Bearer " + token, own},
		{"GET", pathUserInfo, foreign, "Bearer " + token, ""},
		{"GET", pathUserInfo, own, "Bearer expired", own},
		{"POST", pathToken, own, "", own}, // what is wrong can be read before it is known who asks
		{"POST", pathToken, foreign, "", ""},
		{"POST", pathRevoke, own, "", own},
		{"POST", pathRevoke, foreign, "", ""},
		{"OPTIONS", pathRevoke, own, "", own},
		{"OPTIONS", pathIntrospect, own, "", ""},
		{"GET", pathAuthorize, own, "", ""},
		{"POST", pathIntrospect, own, "", ""},
	} {
		if got := send(tt.method, tt.path, tt.origin, tt.auth).Get(allow); got != tt.want {
			t.Errorf("%s %s from %s: %q, want %q", tt.method, tt.path, tt.origin, got, tt.want)
		}
	}
	if h := send("GET", pathUserInfo, own, "Bearer expired"); !strings.Contains(h.Get("Access-Control-Expose-Headers"), "WWW-Authenticate") {
		t.Error("WWW-Authenticate is not exposed")
	}
}

// OpenID Connect Discovery 1.0 §3: what it says is there.
func TestDiscovery(t *testing.T) {
	w := newWorld(t, 0)
	response, err := http.Get(w.issuer + "/.well-known/openid-configuration")
	w.must(err)
	defer response.Body.Close()
	var doc map[string]any
	w.must(json.NewDecoder(response.Body).Decode(&doc))
	if doc["issuer"] != w.issuer || !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		t.Errorf("issuer %v, type %s", doc["issuer"], response.Header.Get("Content-Type"))
	}
	for name, value := range doc {
		path, ok := value.(string)
		if !ok || !strings.HasPrefix(path, w.issuer+"/") {
			continue
		}
		r, err := http.Get(path)
		w.must(err)
		r.Body.Close()
		if r.StatusCode == http.StatusNotFound {
			t.Errorf("%s is not there", name)
		}
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, w.issuer+pathJWKS, http.NoBody)
	w.must(err)
	first, err := http.DefaultClient.Do(request)
	w.must(err)
	first.Body.Close()
	request.Header.Set("If-None-Match", first.Header.Get("ETag"))
	second, err := http.DefaultClient.Do(request)
	w.must(err)
	second.Body.Close()
	if second.StatusCode != http.StatusNotModified {
		t.Errorf("unchanged key set got %d", second.StatusCode)
	}
}

func encodeSegment(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

// Rotation under load breaks no verification.
func TestKeyRotationUnderLoad(t *testing.T) {
	w := newWorld(t, 0)
	w.must(w.ring.Maintain(t.Context()))
	b := w.browse()
	first := w.signIn(b, "hall").text("id_token")
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			select {
			case <-stop:
				return
			default:
				if err := w.ring.Rotate(t.Context(), "ES256"); err != nil {
					t.Error(err)
					return
				}
			}
		}
	}()
	kids := map[string]bool{}
	for range 60 {
		token := w.signIn(b, "hall").text("id_token")
		header, err := decodeSegment(strings.Split(token, ".")[0])
		w.must(err)
		kids[string(header)] = true
		if _, err := w.ring.Verify(token, "JWT"); err != nil {
			t.Error("a token of this minute does not verify")
		}
		if !publishes(w, token) {
			t.Error("the key of a token of this minute is not published")
		}
	}
	close(stop)
	<-done
	if _, err := w.ring.Verify(first, "JWT"); err != nil {
		t.Error("the first token does not verify")
	}
	if len(kids) < 3 {
		t.Errorf("only %d keys signed; the rotation did not run beside", len(kids))
	}
}

// publishes reports whether the key set holds the key of a token.
func publishes(w *world, token string) bool {
	raw, err := decodeSegment(strings.Split(token, ".")[0])
	w.must(err)
	var header struct{ Kid string }
	w.must(json.Unmarshal(raw, &header))
	body, _ := w.ring.JWKS()
	return strings.Contains(string(body), `"kid":"`+header.Kid+`"`)
}
