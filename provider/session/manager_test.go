package session_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/cookie"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/ephemeral"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
)

// endings notes which sessions' grants were ended.
type endings struct{ sids []string }

func (e *endings) EndSession(_ context.Context, sid string, _ time.Time) error {
	e.sids = append(e.sids, sid)
	return nil
}

// desk is a manager over real stores and one account.
type desk struct {
	*session.Manager
	t       *testing.T
	db      *database.DB
	ended   endings
	account *accounts.Enterprise
	now     time.Time
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return d.now }
	box, err := seal.New(make([]byte, 32))
	d.must(err)
	d.db, err = database.Open(t.Context(), database.Config{Path: sqlite.Memory, Box: box, Now: clock, Timeout: time.Minute})
	d.must(err)
	t.Cleanup(func() { d.db.Close() })
	_, err = d.db.Migrate(t.Context())
	d.must(err)
	alive, err := ephemeral.Open(t.Context(), sqlite.Memory, ephemeral.Options{Now: clock, Timeout: time.Minute})
	d.must(err)
	t.Cleanup(func() { alive.Close() })
	d.account = &accounts.Enterprise{
		ID: "e1", Account: "jlshili01", USCC: "91220102MA0TE5T169", Name: "x", LegalType: "enterprise",
		Status: accounts.StatusActive, Proofing: 3, CreatedAt: d.now, UpdatedAt: d.now,
	}
	d.must(d.db.CreateEnterprise(t.Context(), d.account))
	d.Manager = &session.Manager{
		Store: alive, Grants: &d.ended, Standings: d.db, Now: clock,
		Life: session.Lifetimes{Idle: 30 * time.Minute, Absolute: 12 * time.Hour},
	}
	return d
}

func (d *desk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// start signs a browser in and returns the request that it makes next.
func (d *desk) start(before *http.Request) (*session.Session, *http.Request) {
	d.t.Helper()
	return d.startAs(before, d.account.Principal())
}

func (d *desk) startAs(before *http.Request, who accounts.Principal) (*session.Session, *http.Request) {
	d.t.Helper()
	w := httptest.NewRecorder()
	s, err := d.Start(d.t.Context(), w, before, session.Authentication{Principal: who, LOA: 2, AMR: []string{"pwd"}})
	d.must(err)
	next := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	for _, c := range w.Result().Cookies() {
		next.AddCookie(c)
	}
	return s, next
}

func (d *desk) alive(r *http.Request) bool {
	d.t.Helper()
	_, _, err := d.Current(d.t.Context(), r)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		d.t.Fatal(err)
	}
	return err == nil
}

func fresh() *http.Request { return httptest.NewRequest(http.MethodGet, "/", http.NoBody) }

// A session gets a new secret and id at every sign-in, and the one before ends.
func TestSignInRenewsTheSession(t *testing.T) {
	d := newDesk(t)
	first, request := d.start(fresh())
	second, renewed := d.start(request)
	if first.ID == second.ID {
		t.Error("the same sid twice")
	}
	if d.alive(request) || !d.alive(renewed) {
		t.Errorf("old session alive %v, new one %v", d.alive(request), d.alive(renewed))
	}
}

// Who proves again to be the same account goes on with what was granted before, and
// the session's end ends all of it. What was granted to another account ends at once.
func TestSignInAgain(t *testing.T) {
	d := newDesk(t)
	first, request := d.start(fresh())
	second, request := d.start(request)
	third, request := d.start(request)
	if len(d.ended.sids) > 0 {
		t.Errorf("ended %q of the same account", d.ended.sids)
	}
	want := []string{third.ID, first.ID, second.ID}
	kept, _, err := d.Current(t.Context(), request)
	d.must(err)
	if !slices.Equal(kept.SIDs(), want) {
		t.Errorf("ends %q, want %q", kept.SIDs(), want)
	}
	d.must(d.EndGrants(t.Context(), kept))
	if !slices.Equal(d.ended.sids, want) {
		t.Errorf("ended %q, want %q", d.ended.sids, want)
	}
	d.ended.sids = nil
	other := d.account.Principal()
	other.Subject = "another"
	last, _ := d.startAs(request, other)
	if !slices.Equal(d.ended.sids, want) || len(last.Before) > 0 {
		t.Errorf("another account ended %q and goes on with %q", d.ended.sids, last.Before)
	}
}

// What a session remembers has a bound; what falls out of it ends.
func TestSignInAgainAndAgain(t *testing.T) {
	d := newDesk(t)
	request, sids := fresh(), []string(nil)
	for range 12 {
		var s *session.Session
		s, request = d.start(request)
		sids = append(sids, s.ID)
	}
	if last, _, err := d.Current(t.Context(), request); err != nil || !slices.Equal(last.Before, sids[3:11]) {
		t.Errorf("%v, remembers %q, want %q", err, last.Before, sids[3:11])
	}
	if !slices.Equal(d.ended.sids, sids[:3]) {
		t.Errorf("ended %q, want %q", d.ended.sids, sids[:3])
	}
}

func TestSessionEndsByTheClock(t *testing.T) {
	d := newDesk(t)
	_, request := d.start(fresh())
	for range 24 { // 11 h 36 min, never idle for long
		d.now = d.now.Add(29 * time.Minute)
		if !d.alive(request) {
			t.Fatal("ended although it was used")
		}
	}
	d.now = d.now.Add(29 * time.Minute)
	if d.alive(request) {
		t.Error("older than 12 h and alive")
	}
	_, idle := d.start(fresh())
	d.now = d.now.Add(30 * time.Minute)
	if d.alive(idle) {
		t.Error("idle for 30 min and alive")
	}
}

func TestSessionEndsWithItsAccount(t *testing.T) {
	for name, end := range map[string]func(*desk) error{
		"everywhere": func(d *desk) error { return d.db.RaiseAccountEpoch(d.t.Context(), "e1", d.now) },
		"frozen": func(d *desk) error {
			return d.db.SetEnterpriseStatus(d.t.Context(), "e1", accounts.StatusFrozen, d.now)
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			_, request := d.start(fresh())
			d.must(end(d))
			if d.alive(request) {
				t.Error("alive")
			}
		})
	}
}

func TestSessionEndTakesTheCookieBack(t *testing.T) {
	d := newDesk(t)
	_, request := d.start(fresh())
	w := httptest.NewRecorder()
	d.must(d.End(t.Context(), w, request))
	if d.alive(request) {
		t.Error("alive after its end")
	}
	if c := w.Result().Cookies(); len(c) != 1 || c[0].MaxAge >= 0 {
		t.Errorf("cookies %v, want one taken back", c)
	}
	d.must(d.End(t.Context(), httptest.NewRecorder(), request)) // twice is not an error
}

// What is not one of our secrets is no session, and asks no store.
func TestStrangeCookiesAreNoSession(t *testing.T) {
	d := newDesk(t)
	d.Store = nil
	for _, value := range []string{"", "x", "AAAA", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB", "../../x"} {
		r := fresh()
		r.AddCookie(&http.Cookie{Name: cookie.Session, Value: value})
		if d.alive(r) {
			t.Errorf("%q is a session", value)
		}
	}
}
