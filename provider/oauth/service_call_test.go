package oauth

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// Who calls an API of ours, and with what challenge everybody else is refused (RFC
// 6750 §3, §3.1).
func TestCaller(t *testing.T) {
	w := newWorld(t, 0)
	server := &Server{
		Deps: Deps{Issuer: w.issuer, Clients: w.clients, Keys: w.ring, Grants: w.db, Tokens: w.db, Now: w.now},
		mint: minter{key: [32]byte{7}},
	}
	call := func(headers ...string) (string, *CallRefusal) {
		t.Helper()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/?access_token=x", http.NoBody)
		for _, h := range headers {
			r.Header.Add("Authorization", h)
		}
		c, refused, err := server.Caller(r, "mandates")
		if err != nil || (c == nil) == (refused == nil) {
			t.Fatalf("%v: %v, %v, %v", headers, c, refused, err)
		}
		if c == nil {
			return "", refused
		}
		return c.ID, nil
	}
	token := w.post(0, pathToken, "service", "grant_type", grantService).text("access_token")
	narrow := w.post(0, pathToken, "service", "grant_type", grantService, "scope", "reports").text("access_token")
	people := w.signIn(w.browse(), "hall").text("access_token")
	for _, header := range []string{"Bearer " + token, "bearer  " + token} {
		if id, refused := call(header); id != "service" {
			t.Errorf("%q, %+v", id, refused)
		}
	}
	const realm = `Bearer realm="tongid"`
	for name, test := range map[string]struct {
		headers   []string
		status    int
		challenge string
	}{
		"none":         {nil, 401, realm},
		"basic":        {[]string{"Basic eDp5"}, 401, realm},
		"forged":       {[]string{"Bearer " + token + "x"}, 401, realm + `, error="invalid_token", error_description="the access token is not valid"`},
		"two":          {[]string{"Bearer " + token, "Bearer " + token}, 400, realm + `, error="invalid_request", error_description="more than one access token"`},
		"narrow":       {[]string{"Bearer " + narrow}, 403, realm + `, error="insufficient_scope", error_description="the access token does not carry the scope mandates", scope="mandates"`},
		"an account's": {[]string{"Bearer " + people}, 403, realm + `, error="insufficient_scope", error_description="the access token is an account's: get one by client_credentials", scope="mandates"`},
	} {
		if _, refused := call(test.headers...); refused == nil || refused.Status != test.status || refused.Challenge != test.challenge {
			t.Errorf("%s: %+v", name, refused)
		}
	}
	// What the client may no longer have is not carried any more.
	c, err := w.clients.Get("service")
	if err != nil {
		t.Fatal(err)
	}
	less := *c
	less.Scope = "reports"
	w.must(w.db.UpdateClient(t.Context(), &less))
	w.must(w.clients.Refresh(t.Context()))
	if _, refused := call("Bearer " + token); refused == nil || refused.Status != http.StatusForbidden {
		t.Errorf("after the client lost the scope: %+v", refused)
	}
	w.forward(11 * time.Minute)
	if _, refused := call("Bearer " + token); refused == nil || refused.Status != http.StatusUnauthorized {
		t.Errorf("after its time: %+v", refused)
	}
}
