package oauth

import (
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
)

func (w *world) family(b *http.Client) (access, refresh string) {
	w.t.Helper()
	r := w.signIn(b, "hall", "scope", "openid profile offline_access")
	return r.text("access_token"), r.text("refresh_token")
}

// contract: within the grace the superseded token gives the same successor.
func TestRefreshWithinGraceGivesTheSameSuccessor(t *testing.T) {
	w := newWorld(t, 0)
	_, first := w.family(w.browse())
	a := w.refresh(0, "hall", first)
	b := w.refresh(1, "hall", first)
	if a.Status != http.StatusOK || b.Status != http.StatusOK {
		t.Fatalf("got %d %v, %d %v", a.Status, a.Body, b.Status, b.Body)
	}
	if a.text("refresh_token") == first || a.text("refresh_token") != b.text("refresh_token") {
		t.Error("not the same successor twice")
	}
	if a.text("id_token") == "" || !w.active(a.text("access_token")) || !w.active(b.text("access_token")) {
		t.Error("the answers are not whole")
	}
}

// RFC 9700 §4.14.2: later use of a superseded token ends the family.
func TestRefreshReuseEndsTheFamily(t *testing.T) {
	w := newWorld(t, 0)
	_, first := w.family(w.browse())
	next := w.refresh(0, "hall", first)
	w.forward(6 * time.Second)
	if r := w.refresh(1, "hall", first); r.Status != http.StatusBadRequest || r.text("error") != codeInvalidGrant {
		t.Errorf("reuse got %d %v", r.Status, r.Body)
	}
	if r := w.refresh(0, "hall", next.text("refresh_token")); r.text("error") != codeInvalidGrant {
		t.Errorf("the successor outlived the reuse: %d %v", r.Status, r.Body)
	}
	if w.active(next.text("access_token")) {
		t.Error("the access token outlived the reuse")
	}
}

// fosite.md §4.1 no. 9: another client cannot end a family by a token it saw.
func TestRefreshTokenOfAnotherClient(t *testing.T) {
	w := newWorld(t, 0)
	_, first := w.family(w.browse())
	next := w.refresh(0, "hall", first)
	w.forward(time.Minute)
	for _, token := range []string{first, next.text("refresh_token"), "garbage." + first, first + "x"} {
		if r := w.refresh(0, "other", token); r.Status != http.StatusBadRequest || r.text("error") != codeInvalidGrant {
			t.Errorf("another client got %d %v", r.Status, r.Body)
		}
	}
	if r := w.refresh(0, "hall", next.text("refresh_token")); r.Status != http.StatusOK {
		t.Errorf("another client ended the family: %d %v", r.Status, r.Body)
	}
}

// One refresh token, many racers: one successor generation.
func TestRefreshRaceGivesOneSuccessor(t *testing.T) {
	for _, lag := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 20 * time.Millisecond} {
		t.Run(lag.String(), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, lag)
			_, first := w.family(w.browse())
			var (
				mu         sync.Mutex
				successors = map[string]bool{}
				won        atomic.Int64
			)
			race(100, func(i int) {
				r := w.refresh(i%2, "hall", first)
				if r.Status == http.StatusOK {
					won.Add(1)
					mu.Lock()
					defer mu.Unlock()
					successors[r.text("refresh_token")] = true
				} else if r.text("error") != codeInvalidGrant {
					t.Errorf("racer got %d %v", r.Status, r.Body)
				}
			})
			if len(successors) != 1 || won.Load() == 0 {
				t.Errorf("%d answers with %d successors, want one successor", won.Load(), len(successors))
			}
		})
	}
}

// RFC 6749 §6: scope may be narrowed, never widened; a wrong wish costs nothing.
func TestRefreshScope(t *testing.T) {
	w := newWorld(t, 0)
	_, token := w.family(w.browse())
	if r := w.refresh(0, "hall", token, "scope", "openid phone"); r.text("error") != codeInvalidScope {
		t.Errorf("wider scope got %d %v", r.Status, r.Body)
	}
	narrow := w.refresh(0, "hall", token, "scope", "openid openid")
	if narrow.Status != http.StatusOK || narrow.text("scope") != "openid" {
		t.Fatalf("narrower scope got %d %v", narrow.Status, narrow.Body)
	}
	if r := w.post(1, pathIntrospect, "rs", "token", narrow.text("access_token")); r.text("scope") != "openid" {
		t.Errorf("introspection of a narrower token says %v", r.Body)
	}
	if info := w.userinfo(narrow.text("access_token")); info.Body["name"] != nil || info.Body["sub"] == nil {
		t.Errorf("narrowed token sees %v", info.Body)
	}
	whole := w.refresh(0, "hall", narrow.text("refresh_token"))
	if whole.text("scope") != "openid profile offline_access" {
		t.Errorf("the family lost scopes: %v", whole.Body["scope"])
	}
}

// contract: refresh 8 h idle, 30 d absolute.
func TestRefreshLifetimes(t *testing.T) {
	w := newWorld(t, 0)
	_, token := w.family(w.browse())
	for range 91 { // 30 days in steps under 8 hours
		w.forward(7*time.Hour + 50*time.Minute)
		r := w.refresh(0, "hall", token)
		if r.Status != http.StatusOK {
			t.Fatalf("died too early: %v", r.Body)
		}
		token = r.text("refresh_token")
	}
	w.forward(7*time.Hour + 50*time.Minute)
	if r := w.refresh(0, "hall", token); r.text("error") != codeInvalidGrant {
		t.Errorf("outlived 30 days: %d %v", r.Status, r.Body)
	}
	_, idle := w.family(w.browse())
	w.forward(8*time.Hour + time.Second)
	if r := w.refresh(0, "hall", idle); r.text("error") != codeInvalidGrant {
		t.Errorf("outlived 8 idle hours: %d %v", r.Status, r.Body)
	}
}

// design.md §3: every door looks at the account again. What ends the account
// ends session, code, refresh, userinfo and introspection at once.
func TestEndedAccountIsRefusedAtEveryDoor(t *testing.T) {
	for name, end := range map[string]func(w *world) error{
		"frozen": func(w *world) error {
			return w.db.SetEnterpriseStatus(w.t.Context(), w.who, accounts.StatusFrozen, w.now())
		},
		"cancelled": func(w *world) error {
			return w.db.SetEnterpriseStatus(w.t.Context(), w.who, accounts.StatusCancelled, w.now())
		},
		"signed out everywhere": func(w *world) error { return w.db.RaiseAccountEpoch(w.t.Context(), w.who, w.now()) },
		"password changed": func(w *world) error {
			return w.db.SetEnterprisePassword(w.t.Context(), w.who, "", "new", true, w.now())
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 0)
			b := w.browse()
			access, token := w.family(b)
			code, verifier := w.code(b, "hall")
			logins := w.logins.Load()
			w.must(end(w))
			if w.active(access) {
				t.Error("introspection says active")
			}
			if r := w.userinfo(access); r.Status != http.StatusUnauthorized {
				t.Errorf("userinfo got %d %v", r.Status, r.Body)
			}
			if r := w.refresh(0, "hall", token); r.text("error") != codeInvalidGrant {
				t.Errorf("refresh got %d %v", r.Status, r.Body)
			}
			if r := w.redeem(0, "hall", code, verifier); r.text("error") != codeInvalidGrant {
				t.Errorf("code got %d %v", r.Status, r.Body)
			}
			request, _ := w.ask("hall", "prompt", "none")
			if answer, _, _ := w.visit(b, request); answer.Get("error") != codeLoginRequired {
				t.Errorf("SSO got %v", answer)
			}
			if w.logins.Load() != logins {
				t.Error("prompt=none showed a page")
			}
		})
	}
}
