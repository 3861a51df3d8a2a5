package oauth

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
)

// RFC 6749 §4.1.2.1: without a known client and a registered redirect URI the
// person is told, and the browser is sent nowhere.
func TestAuthorizeNeverRedirectsToStrangers(t *testing.T) {
	w := newWorld(t, 0)
	for name, change := range map[string][]string{
		"no client":              {"client_id", ""},
		"unknown client":         {"client_id", "nobody"},
		"client with NUL":        {"client_id", "hall\x00"},
		"no redirect URI":        {"redirect_uri", ""},
		"foreign redirect URI":   {"redirect_uri", "https://evil.test/cb"},
		"longer redirect URI":    {"redirect_uri", redirectURI + "/.."},
		"userinfo":               {"redirect_uri", "http://a@127.0.0.1:9/callback"},
		"huge redirect URI":      {"redirect_uri", redirectURI + strings.Repeat("a", 20_000)},
		"script":                 {"redirect_uri", "javascript:alert(1)"},
		"redirect URI not UTF-8": {"redirect_uri", redirectURI + "\xff"},
	} {
		t.Run(name, func(t *testing.T) {
			request, _ := w.ask("hall", change...)
			answer, status, page := w.visit(w.browse(), request)
			if answer != nil || status != http.StatusBadRequest || !strings.HasPrefix(page, "problem ") {
				t.Errorf("got %d %s", status, page)
			}
			if strings.Contains(page, "evil") {
				t.Error("the page repeats what was sent")
			}
		})
	}
	request, _ := w.ask("hall")
	for _, twice := range []string{"client_id", "redirect_uri"} {
		response, err := w.browse().Get(w.issuer + pathAuthorize + "?" + request.Encode() + "&" + twice + "=" + url.QueryEscape(request.Get(twice)))
		w.must(err)
		if answer, status, page := w.landing(response); answer != nil || status != http.StatusBadRequest {
			t.Errorf("%s twice got %d %s", twice, status, page)
		}
	}
}

// RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6: what is wrong is told to the client,
// with state, iss and a registered code.
func TestAuthorizeErrorsGoToTheClient(t *testing.T) {
	w := newWorld(t, 0)
	for name, tt := range map[string]struct {
		change []string
		want   string
	}{
		"no response_type":        {[]string{"response_type", ""}, codeInvalidRequest},
		"implicit":                {[]string{"response_type", "token"}, codeUnsupportedResponse},
		"hybrid":                  {[]string{"response_type", "code id_token"}, codeUnsupportedResponse},
		"scope of nobody":         {[]string{"scope", "nothing"}, codeInvalidScope},
		"no scope":                {[]string{"scope", ""}, codeInvalidScope},
		"request object":          {[]string{"request", "e30.e30."}, codeRequestNotSupported},
		"request without openid":  {[]string{"request", "garbage", "scope", "profile"}, codeRequestNotSupported},
		"request_uri":             {[]string{"request_uri", "https://a.test/r"}, codeRequestURINot},
		"registration":            {[]string{"registration", "{}"}, codeRegistrationNot},
		"fragment":                {[]string{"response_mode", "fragment"}, codeInvalidRequest},
		"unknown mode":            {[]string{"response_mode", "web_message"}, codeInvalidRequest},
		"prompt none and login":   {[]string{"prompt", "none login"}, codeInvalidRequest},
		"unknown prompt":          {[]string{"prompt", "dance"}, codeInvalidRequest},
		"max_age negative":        {[]string{"max_age", "-1"}, codeInvalidRequest},
		"max_age word":            {[]string{"max_age", "abc"}, codeInvalidRequest},
		"max_age beyond a number": {[]string{"max_age", "99999999999999999999"}, codeInvalidRequest},
		"claims not JSON":         {[]string{"claims", "{"}, codeInvalidRequest},
		"claims of another shape": {[]string{"claims", `{"id_token":[1]}`}, codeInvalidRequest},
		"hint not ours":           {[]string{"id_token_hint", "e30.e30.e30"}, codeInvalidRequest},
		"account type unknown":    {[]string{"account_type", "robot"}, codeInvalidRequest},
		"nobody signed in":        {[]string{"prompt", "none"}, codeLoginRequired},
		"nonce not UTF-8":         {[]string{"nonce", "\xff"}, codeInvalidRequest},
		"huge nonce":              {[]string{"nonce", strings.Repeat("n", 9000)}, codeInvalidRequest},
		"essential acr, no value": {[]string{"claims", `{"id_token":{"acr":{"essential":true,"values":[1]}}}`}, codeUnmetAuthentication},
		"essential acr, a number": {[]string{"claims", `{"id_token":{"acr":{"essential":true,"value":2}}}`}, codeUnmetAuthentication},
		"essential acr":           {[]string{"claims", `{"id_token":{"acr":{"essential":true,"values":["urn:tongid:loa:4"]}}}`}, codeUnmetAuthentication},
	} {
		t.Run(name, func(t *testing.T) {
			request, _ := w.ask("hall", tt.change...)
			answer, status, page := w.visit(w.browse(), request)
			if status != http.StatusSeeOther || answer.Get("error") != tt.want {
				t.Fatalf("got %d %s, want error %s", status, page, tt.want)
			}
			if answer.Get("state") != request.Get("state") || answer.Get("iss") != w.issuer || answer.Has("code") {
				t.Errorf("answer %v", answer)
			}
			for _, r := range answer.Get("error_description") {
				if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
					t.Errorf("error_description %q is outside RFC 6749 §5.2", answer.Get("error_description"))
				}
			}
		})
	}
}

// RFC 6749 §3.1: no parameter more than once.
func TestAuthorizeRefusesRepeatedParameters(t *testing.T) {
	w := newWorld(t, 0)
	for _, name := range []string{"state", "scope", "response_type", "nonce", "prompt", "code_challenge"} {
		request, _ := w.ask("hall")
		request.Add(name, "again")
		answer, _, page := w.visit(w.browse(), request)
		if answer.Get("error") != codeInvalidRequest || answer.Has("code") {
			t.Errorf("%s twice got %s", name, page)
		}
	}
	request, _ := w.ask("hall", "unknown", "ignored", "ui_locales", "zh-CN en", "display", "page")
	if answer, _, page := w.visit(w.browse(), request); answer.Get("code") == "" {
		t.Errorf("unknown parameters are not ignored (§3.1): %s", page)
	}
}

// RFC 6749 §4.1.1, OIDC Core §3.1.2.1: state and nonce are optional, opaque, and
// come back byte for byte.
func TestStateAndNonceAreOpaque(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	for _, value := range []string{"x", "a b+c%20&=#/?", "状态", strings.Repeat("s", 4000), "<script>", "\t\r\n"} {
		request, verifier := w.ask("hall", "state", value, "nonce", value)
		answer, _, page := w.visit(b, request)
		if answer.Get("state") != value {
			t.Errorf("state %q came back as %q (%s)", value, answer.Get("state"), page)
		}
		r := w.redeem(0, "hall", answer.Get("code"), verifier)
		if facts := tokenClaims(t, r.text("id_token")); facts["nonce"] != value {
			t.Errorf("nonce %q came back as %q", value, facts["nonce"])
		}
	}
	// A semicolon needs no escape (URL Standard §5.1).
	request, _ := w.ask("hall", "state", "")
	for _, client := range []*http.Client{b, w.browse()} {
		response, err := client.Get(w.issuer + pathAuthorize + "?" + request.Encode() + "&state=a;b=c;&x=;")
		w.must(err)
		if answer, status, page := w.landing(response); answer.Get("state") != "a;b=c;" || !answer.Has("code") {
			t.Errorf("semicolons: %d %s", status, page)
		}
	}
	request, verifier := w.ask("hall", "state", "", "nonce", "")
	answer, _, page := w.visit(b, request)
	if answer.Get("code") == "" || answer.Has("state") {
		t.Errorf("without state: %s", page)
	}
	if facts := tokenClaims(t, w.redeem(0, "hall", answer.Get("code"), verifier).text("id_token")); facts["nonce"] != nil {
		t.Errorf("nonce %v of nowhere", facts["nonce"])
	}
}

// tokenClaims reads a JWT's claims without checking it.
func tokenClaims(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("not a JWT: %q", token)
	}
	raw, err := decodeSegment(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims map[string]any
	if err := json.Unmarshal(raw, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// OIDC Core §3.1.2.1: SSO, and the wishes for a new sign-in.
func TestPromptAndMaxAge(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	visit := func(wantLogin bool, change ...string) url.Values {
		t.Helper()
		before := w.logins.Load()
		request, _ := w.ask("hall", change...)
		answer, _, page := w.visit(b, request)
		if !answer.Has("code") {
			t.Fatalf("%v: no code: %s", change, page)
		}
		if got := w.logins.Load() > before; got != wantLogin {
			t.Errorf("%v: sign-in page shown %v, want %v", change, got, wantLogin)
		}
		return answer
	}
	visit(true)
	visit(false)
	visit(false, "prompt", "none")
	visit(true, "prompt", "login")
	visit(true, "prompt", "select_account")
	visit(true, "max_age", "0")
	visit(false, "max_age", "3600")
	w.forward(20 * time.Minute)
	visit(true, "max_age", "600")
	visit(false, "max_age", "600")
	w.forward(29 * time.Minute)
	visit(false)
	w.forward(31 * time.Minute) // idle
	visit(true)
	for range 24 {
		w.forward(29 * time.Minute)
		visit(false)
	}
	w.forward(29 * time.Minute) // 12 h and 5 min since the sign-in
	visit(true)
	if request, _ := w.ask("hall", "prompt", "none", "max_age", "0"); true {
		if answer, _, _ := w.visit(b, request); answer.Get("error") != codeLoginRequired {
			t.Errorf("prompt=none with max_age=0: %v", answer)
		}
	}
}

// OIDC Core §2: auth_time is when the person signed in, the same at every SSO.
func TestAuthTimeIsOfTheSignIn(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	first := tokenClaims(t, w.signIn(b, "hall").text("id_token"))
	w.forward(5 * time.Minute)
	second := tokenClaims(t, w.signIn(b, "other").text("id_token"))
	if first["auth_time"] != second["auth_time"] || first["sid"] != second["sid"] {
		t.Errorf("auth_time and sid changed at SSO: %v %v", first, second)
	}
	w.forward(time.Minute)
	third := tokenClaims(t, w.signIn(b, "hall", "prompt", "login").text("id_token"))
	if third["auth_time"] == first["auth_time"] || third["sid"] == first["sid"] {
		t.Errorf("auth_time and sid did not change at a new sign-in: %v %v", first, third)
	}
}

// OIDC Core §3.1.2.1: id_token_hint names whom the request is about.
func TestIDTokenHint(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	hint := w.signIn(b, "hall").text("id_token")
	request, _ := w.ask("hall", "prompt", "none", "id_token_hint", hint)
	if answer, _, page := w.visit(b, request); !answer.Has("code") {
		t.Errorf("the account of the hint is signed in: %s", page)
	}
	w.forward(11 * time.Minute)
	if answer, _, page := w.visit(b, request); !answer.Has("code") {
		t.Errorf("an expired hint is still a hint: %s", page)
	}
	w.who = w.enterprise("91220000MA17AB3K2C", "jljianzhu", accounts.StatusActive)
	other := w.browse()
	w.signIn(other, "hall")
	if answer, _, _ := w.visit(other, request); answer.Get("error") != codeLoginRequired {
		t.Errorf("another account is signed in: %v", answer)
	}
	request.Del("prompt")
	if answer, _, _ := w.visit(other, request); answer.Get("error") != codeLoginRequired {
		t.Errorf("another account signed in for the hint: %v", answer)
	}
	foreign, _ := w.ask("other", "id_token_hint", hint)
	if answer, _, _ := w.visit(other, foreign); answer.Get("error") != codeInvalidRequest {
		t.Errorf("a hint of another client: %v", answer)
	}
}

// OAuth 2.0 Form Post Response Mode §2, RFC 9207.
func TestFormPost(t *testing.T) {
	w := newWorld(t, 0)
	for _, prompt := range []string{"", "dance"} {
		request, _ := w.ask("hall", "response_mode", "form_post", "prompt", prompt)
		answer, status, page := w.visit(w.browse(), request)
		if answer != nil || status != http.StatusOK {
			t.Fatalf("got %d %s", status, page)
		}
		var form struct {
			Action string  `json:"action"`
			Fields []Field `json:"fields"`
		}
		w.must(json.Unmarshal([]byte(page), &form))
		got := map[string]string{}
		for _, f := range form.Fields {
			got[f.Name] = f.Value
		}
		if form.Action != redirectURI || got["state"] != request.Get("state") || got["iss"] != w.issuer {
			t.Errorf("form %+v", form)
		}
		if (prompt == "") != (got["code"] != "") || (prompt != "") != (got["error"] == codeInvalidRequest) {
			t.Errorf("form %+v", form)
		}
	}
}

// OIDC Core §3.1.2.1: the request may come by POST, cross-site, once.
func TestAuthorizeByPost(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	w.signIn(b, "hall") // cookies are there, but a cross-site POST carries none
	request, _ := w.ask("hall")
	plain := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := plain.PostForm(w.issuer+pathAuthorize, request)
	w.must(err)
	_, status, to := w.landing(response)
	if status != http.StatusSeeOther || !strings.HasPrefix(to, "/oauth2/authorize/resume?flow=") {
		t.Fatalf("got %d %s", status, to)
	}
	logins := w.logins.Load()
	response, err = b.Get(w.issuer + to)
	w.must(err)
	if answer, _, page := w.landing(response); !answer.Has("code") || w.logins.Load() != logins {
		t.Errorf("POST went on with %s, sign-in pages %d", page, w.logins.Load()-logins)
	}
	response, err = w.browse().Get(w.issuer + to)
	w.must(err)
	if answer, status, page := w.landing(response); answer != nil || status != http.StatusBadRequest {
		t.Errorf("another browser went on with it: %d %s", status, page)
	}
	response, err = plain.Post(w.issuer+pathAuthorize, "application/json", strings.NewReader("{}"))
	w.must(err)
	if answer, status, page := w.landing(response); answer != nil || status != http.StatusBadRequest {
		t.Errorf("JSON body got %d %s", status, page)
	}
}

// Consent is asked of clients not marked trusted, once per client and scope.
func TestConsent(t *testing.T) {
	w := newWorld(t, 0)
	b := w.browse()
	ask := func(want string, shown bool, change ...string) {
		t.Helper()
		before := w.asked.Load()
		request, _ := w.ask("spa", change...)
		answer, _, page := w.visit(b, request)
		if (want == "") != answer.Has("code") || answer.Get("error") != want {
			t.Errorf("%v: got %s, want error %q", change, page, want)
		}
		if got := w.asked.Load() > before; got != shown {
			t.Errorf("%v: consent page shown %v, want %v", change, got, shown)
		}
	}
	w.consent = false
	ask(codeAccessDenied, true)
	ask(codeAccessDenied, true)
	ask(codeConsentRequired, false, "prompt", "none")
	w.consent = true
	ask("", true)
	ask("", false)
	ask("", false, "prompt", "none")
	ask("", true, "scope", "openid profile")
	ask("", false, "scope", "openid profile")
	ask("", true, "scope", "openid profile", "prompt", "consent")
	// Claims asked for one by one are asked for all the same.
	ask("", true, "claims", `{"userinfo":{"enterprise":null}}`)
	ask("", false, "scope", "openid profile enterprise")
}

// A client that does not accept the signed-in account: a page, and no loop.
func TestAccountNotAccepted(t *testing.T) {
	w := newWorld(t, 0)
	w.addClient(&client.Client{
		ID: "farms", Scope: "openid", Trusted: true, AuthMethod: client.AuthBasic,
		LegalTypes: []accounts.LegalType{"farmers_coop"},
	})
	b := w.browse()
	for _, id := range []string{"persons", "farms"} {
		request, _ := w.ask(id)
		if answer, status, page := w.visit(b, request); answer != nil || status != http.StatusOK || page != "page /login/other" {
			t.Errorf("%s: got %d %s", id, status, page)
		}
		request.Set("prompt", "none")
		if answer, _, _ := w.visit(b, request); answer.Get("error") != codeInteractionRequired {
			t.Errorf("%s with prompt=none: %v", id, answer)
		}
	}
	request, _ := w.ask("persons", "account_type", "enterprise")
	if answer, _, _ := w.visit(b, request); answer.Get("error") != codeInvalidRequest {
		t.Errorf("account_type outside the client's: %v", answer)
	}
}
