package storagetest

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
)

// Tokens is the suite of grant.TokenStore.
func Tokens(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"an id is spent once", spend},
		{"an id of any form can be spent", spendAnything},
		{"what has expired is as if it were gone", spendExpired},
		{"of many who spend one id at once one succeeds", raceSpend},
	})
}

func (r durableRun) wantSpent(t *testing.T, id string, want bool) {
	t.Helper()
	got, err := r.Store.Spent(t.Context(), id)
	ok(t, "spent", err)
	if got != want {
		t.Errorf("spent is %v, want %v", got, want)
	}
}

func spend(t *testing.T, r durableRun) {
	id := rand.Text()
	r.wantSpent(t, id, false)
	ok(t, "spend", r.Store.Spend(t.Context(), id, r.in(time.Minute)))
	r.wantSpent(t, id, true)
	r.wantSpent(t, strings.ToLower(id), false)
	wantErr(t, "spend again", r.Store.Spend(t.Context(), id, r.in(time.Hour)), accounts.ErrConflict)
}

func spendAnything(t *testing.T, r durableRun) {
	unique := rand.Text()
	for _, id := range []string{unique + "\x00", unique + "\xff", unique + strings.Repeat("x", 1<<16), unique + "\u7edf"} {
		ok(t, "spend", r.Store.Spend(t.Context(), id, r.in(time.Minute)))
		r.wantSpent(t, id, true)
		wantErr(t, "spend again", r.Store.Spend(t.Context(), id, r.in(time.Minute)), accounts.ErrConflict)
	}
}

func spendExpired(t *testing.T, r durableRun) {
	id := rand.Text()
	ok(t, "spend until now", r.Store.Spend(t.Context(), id, r.in(0)))
	r.wantSpent(t, id, false)
	ok(t, "spend again", r.Store.Spend(t.Context(), id, r.in(time.Minute)))
	r.wantSpent(t, id, true)
}

func raceSpend(t *testing.T, r durableRun) {
	for _, latency := range latencies() {
		slow, id := SlowTokens(r.Store, latency), rand.Text()
		wantOneWinner(t, accounts.ErrConflict, func(int) error {
			return slow.Spend(t.Context(), id, r.in(time.Minute))
		})
	}
}

// Consents is the suite of grant.ConsentStore.
func Consents(t *testing.T, open OpenDurable) {
	t.Helper()
	runDurable(t, open, []durableTest{
		{"scopes are added to those remembered", consent},
		{"scopes allowed at once are all remembered", raceConsent},
	})
}

func (r durableRun) wantConsented(t *testing.T, subject, clientID string, want ...string) {
	t.Helper()
	got, err := r.Store.Consented(t.Context(), subject, clientID)
	ok(t, "consented", err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", clientID, diff)
	}
}

func consent(t *testing.T, r durableRun) {
	subject := rand.Text()
	allow := func(clientID string, scopes ...string) {
		ok(t, "consent", r.Store.Consent(t.Context(), subject, clientID, scopes, r.in(0)))
	}
	r.wantConsented(t, subject, "a")
	allow("a", "profile", "openid")
	allow("a")
	allow("a", "openid", "enterprise", "enterprise")
	allow("b", "openid")
	r.wantConsented(t, subject, "a", "enterprise", "openid", "profile")
	r.wantConsented(t, subject, "b", "openid")
	r.wantConsented(t, subject+"x", "a")

	for range 2 {
		ok(t, "withdraw", r.Store.Withdraw(t.Context(), subject, "a"))
	}
	r.wantConsented(t, subject, "a")
	r.wantConsented(t, subject, "b", "openid")
}

func raceConsent(t *testing.T, r durableRun) {
	subject, scopes := rand.Text(), []string{"enterprise", "openid", "phone", "profile"}
	racers(t, racing, func(i int) error {
		return r.Store.Consent(t.Context(), subject, "a", []string{scopes[i%4], scopes[(i+1)%4]}, r.in(0))
	})
	r.wantConsented(t, subject, "a", scopes...)
}
