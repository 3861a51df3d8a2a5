package storagetest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
)

// Clients is the suite of client.Store. Each test has a store of its own: the
// list and its revision are the store's.
func Clients(t *testing.T, open OpenDurable) {
	t.Helper()
	for name, test := range map[string]func(*testing.T, durableRun){
		"a client is read back whole":              clientRecord,
		"every change raises the revision":         clientRevision,
		"a deleted client takes its grants along":  deleteClient,
		"of many who create one client one does":   raceClient,
		"a reader never misses a change it counts": raceClientsRevision,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := newAliveClock()
			test(t, durableRun{Store: open(t, clock.Now), clock: clock})
		})
	}
}

func (r durableRun) client(id string) *client.Client {
	age := int64(3600)
	return &client.Client{
		ID: id, Name: "\u4eba\u793e <&> \u7f51\u529e", URI: "https://hall.example/", Contacts: []string{"ops@hall.example"},
		RedirectURIs: []string{"https://hall.example/callback?x=1&y=%2F"}, PostLogout: []string{"https://hall.example/"},
		GrantTypes: []string{"authorization_code", "refresh_token"}, ResponseTypes: []string{"code"},
		Scope: "openid profile", AuthMethod: "client_secret_basic", JWKS: []byte(`{"keys":[]}`), IDTokenAlg: "ES256",
		DefaultMaxAge: &age, Trusted: true, AccountTypes: accounts.Types(), LegalTypes: []accounts.LegalType{"enterprise"},
		MinACR: "urn:tongid:loa:2", PKCERequired: true, Introspect: true, AccessTokenFormat: "opaque",
		IDTokenClaims: []string{"enterprise"}, AllowedOrigins: []string{"https://app.hall.example"}, IssuedAt: 1767225600,
		RegisteredAt: r.in(0), SecretHash: []byte{0, 1, 2, 0xff}, UpdatedAt: r.in(0),
	}
}

func (r durableRun) wantClients(t *testing.T, revision int64, want ...*client.Client) {
	t.Helper()
	got, n, err := r.Store.Clients(t.Context())
	ok(t, "list", err)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	alone, err := r.Store.ClientsRevision(t.Context())
	ok(t, "revision", err)
	if n != revision || alone != revision {
		t.Errorf("revision %d, and alone %d, want %d", n, alone, revision)
	}
}

func clientRecord(t *testing.T, r durableRun) {
	full := r.client("full")
	public := &client.Client{ID: "public", AuthMethod: "none", GrantTypes: []string{"authorization_code"}, UpdatedAt: r.in(0)}
	for _, c := range []*client.Client{public, full} {
		ok(t, "create", r.Store.CreateClient(t.Context(), c))
		got, err := r.Store.Client(t.Context(), c.ID)
		ok(t, "read", err)
		if diff := cmp.Diff(c, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.ID, diff)
		}
	}
	r.wantClients(t, 2, full, public)
	for _, id := range []string{"", "Full", "full ", "\xff", "full\x00"} {
		_, err := r.Store.Client(t.Context(), id)
		wantErr(t, "read another", err, accounts.ErrNotFound)
	}
}

func clientRevision(t *testing.T, r durableRun) {
	r.wantClients(t, 0)
	c := r.client("a")
	wantErr(t, "update before", r.Store.UpdateClient(t.Context(), c), accounts.ErrNotFound)
	wantErr(t, "delete before", r.Store.DeleteClient(t.Context(), c.ID), accounts.ErrNotFound)
	r.wantClients(t, 0)

	ok(t, "create", r.Store.CreateClient(t.Context(), c))
	r.wantClients(t, 1, c)
	wantErr(t, "create again", r.Store.CreateClient(t.Context(), r.client("a")), accounts.ErrConflict)
	r.wantClients(t, 1, c)

	c.Name, c.SecretHash, c.UpdatedAt = "new", []byte("other"), r.in(time.Hour)
	ok(t, "update", r.Store.UpdateClient(t.Context(), c))
	r.wantClients(t, 2, c)

	ok(t, "delete", r.Store.DeleteClient(t.Context(), c.ID))
	r.wantClients(t, 3)
}

func deleteClient(t *testing.T, r durableRun) {
	of := func(id string) func(*grant.Grant) { return func(g *grant.Grant) { g.ClientID = id } }
	for _, id := range []string{"a", "b"} {
		ok(t, "create", r.Store.CreateClient(t.Context(), r.client(id)))
		ok(t, "consent", r.Store.Consent(t.Context(), "subject", id, []string{"openid"}, r.in(0)))
	}
	dead, alive := r.granted(t, of("a")), r.granted(t, of("b"))
	ok(t, "delete", r.Store.DeleteClient(t.Context(), "a"))
	dead.RevokedAt = r.in(0)
	r.wantGrant(t, "of the deleted client", dead)
	r.wantGrant(t, "of another client", alive)
	r.wantConsented(t, "subject", "a")
	r.wantConsented(t, "subject", "b", "openid")

	// Left behind by a deletion that was cut short.
	ok(t, "consent", r.Store.Consent(t.Context(), "subject", "a", []string{"openid"}, r.in(0)))
	left := r.granted(t, of("a"))
	ok(t, "create again", r.Store.CreateClient(t.Context(), r.client("a")))
	left.RevokedAt = r.in(0)
	r.wantGrant(t, "of the client before", left)
	r.wantConsented(t, "subject", "a")
}

func raceClient(t *testing.T, r durableRun) {
	wantOneWinner(t, accounts.ErrConflict, func(int) error {
		return r.Store.CreateClient(t.Context(), r.client("a"))
	})
	r.wantClients(t, 1, r.client("a"))
}

// raceClientsRevision: who keeps the list of revision n in memory and asks only
// for revisions must not keep a list that lacks a change counted in n.
func raceClientsRevision(t *testing.T, r durableRun) {
	racers(t, 20, func(i int) error {
		if i%2 == 0 {
			return r.Store.CreateClient(t.Context(), r.client(string(rune('a'+i))))
		}
		list, n, err := r.Store.Clients(t.Context())
		if err == nil && int64(len(list)) != n {
			t.Errorf("revision %d with %d clients", n, len(list))
		}
		return err
	})
}
