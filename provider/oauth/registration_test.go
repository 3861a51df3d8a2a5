package oauth

import (
	"net/http"
	"testing"
	"time"

	"github.com/tongid/tongid/provider/client"
)

// change registers a client anew, or otherwise.
func (w *world) change(id string, do func(c client.Client)) {
	w.t.Helper()
	c, err := w.db.Client(w.t.Context(), id)
	w.must(err)
	do(*c)
	w.must(w.clients.Refresh(w.t.Context()))
}

// replace deletes a client and registers another one under its id, then.
func (w *world) replace(id string, registered time.Time) {
	w.t.Helper()
	w.change(id, func(c client.Client) {
		w.must(w.db.DeleteClient(w.t.Context(), id))
		c.IssuedAt, c.RegisteredAt = registered.Unix(), registered
		w.must(w.db.CreateClient(w.t.Context(), &c))
	})
}

// services are the clients that get tokens for themselves, one for each format.
func (w *world) services() map[string]func() string {
	return map[string]func() string{
		"service": func() string { return w.post(0, pathToken, "service", "grant_type", grantService).text("access_token") },
		"jwt": func() string {
			r := w.post(0, pathToken, "", "grant_type", grantService, "client_id", "jwt", "client_secret", "jwt-secret")
			return r.text("access_token")
		},
	}
}

// A scope that an operator took away is gone from tokens that services hold.
func TestServiceTokenLosesAScope(t *testing.T) {
	w := newWorld(t, 0)
	for id, get := range w.services() {
		w.change(id, func(c client.Client) {
			c.Scope = "mandates reports"
			w.must(w.db.UpdateClient(t.Context(), &c))
		})
		token := get()
		w.change(id, func(c client.Client) {
			c.Scope = "mandates"
			w.must(w.db.UpdateClient(t.Context(), &c))
		})
		if r := w.post(1, pathIntrospect, "rs", "token", token); r.Body["active"] != true || r.text("scope") != "mandates" {
			t.Errorf("%s: introspection says %v", id, r.Body)
		}
	}
}

// What was issued to a client that was deleted does not come back to life with
// another one under its id.
func TestServiceTokenOfADeletedClient(t *testing.T) {
	w := newWorld(t, 0)
	for id, get := range w.services() {
		before := get()
		w.forward(2 * time.Millisecond) // tokens tell the millisecond
		w.replace(id, w.now())
		if w.active(before) {
			t.Errorf("%s: a token of before is active", id)
		}
		if !w.active(get()) {
			t.Errorf("%s: a fresh client's token is not active", id)
		}
	}
}

func TestCodeOfADeletedClient(t *testing.T) {
	w := newWorld(t, 0)
	code, verifier := w.code(w.browse(), "hall")
	w.forward(2 * time.Millisecond)
	w.replace("hall", w.now())
	if r := w.redeem(0, "hall", code, verifier); r.Status != http.StatusBadRequest || r.text("error") != codeInvalidGrant {
		t.Errorf("a code of before got %d %v", r.Status, r.Body)
	}
	if r := w.signIn(w.browse(), "hall"); !w.active(r.text("access_token")) {
		t.Error("the new client gets nothing")
	}
}
