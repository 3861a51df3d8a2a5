package flowtest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"golang.org/x/oauth2"
)

// What a command does beside a running server, every replica sees within a
// second (contract).
func TestCommandsTakeEffectWithinASecond(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		const uri = "http://" + portalHost + ":9/callback"
		record := map[string]any{
			"client_id": "made-beside", "client_secret": "made-beside-secret-of-some-length", "client_name": "Made beside",
			"redirect_uris": []string{uri}, "trusted": true, "scope": "openid offline_access",
		}
		if s.knows("made-beside", uri) {
			t.Fatal("it is known before it is made")
		}
		secret, err := s.register(record)
		if err != nil {
			t.Fatal(err)
		}
		waitUntil(t, commandWithin, "the client is known", func() bool { return s.knows("made-beside", uri) })
		rp := &relyingParty{site: s, id: "made-beside", secret: secret, redirectURI: uri, scope: "openid offline_access"}
		b := s.browser(t)
		token, _ := rp.signIn(t, b, software)

		const moved = "http://" + portalHost + ":9/moved"
		record["redirect_uris"] = []string{moved}
		delete(record, "client_secret")
		data, err := json.Marshal(record)
		if err != nil {
			t.Fatal(err)
		}
		s.command(t, string(data), "client", "update", rp.id, "--file", "-")
		waitUntil(t, commandWithin, "the change is known", func() bool { return s.knows(rp.id, moved) && !s.knows(rp.id, uri) })

		var rotated struct {
			Secret string `json:"client_secret"`
		}
		if err := json.Unmarshal([]byte(s.command(t, "", "client", "rotate-secret", rp.id)), &rotated); err != nil {
			t.Fatal(err)
		}
		s.ledger.keep("client secret", rotated.Secret)
		old := *rp
		rp.secret = rotated.Secret
		waitUntil(t, commandWithin, "the new secret is taken and the old one is not", func() bool {
			for _, r := range s.replicas {
				if !rp.isTakenBy(t, r) || old.isTakenBy(t, r) {
					return false
				}
			}
			return true
		})
		if !rp.active(t, token.AccessToken) {
			t.Error("a new secret ended a token")
		}

		s.command(t, "", "client", "delete", rp.id)
		waitUntil(t, commandWithin, "the client is gone", func() bool {
			status, _ := rp.refreshed(t, token.RefreshToken)
			return status == http.StatusUnauthorized && !s.knows(rp.id, moved)
		})
	})
}

// Keys are rotated under load: every ID token verifies with the key set that a
// client gets when the token comes, from whichever replica.
func TestKeyRotationUnderLoad(t *testing.T) {
	t.Parallel()
	for _, name := range []string{onSQLite, onRedis} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := ownSite(t, backendNamed(name), setup{settings: []string{"TONGID_LIMITS=off", "TONGID_DRAIN=0s"}})
			rp := s.newClient(t, map[string]any{"id_token_signed_response_alg": "ES256"})
			b := s.browser(t)
			token, _ := rp.signIn(t, b, software)

			var kids sync.Map
			var verified atomic.Int32
			done := make(chan struct{})
			var callers sync.WaitGroup
			for range 3 {
				// Each refreshes a family of its own: the grace would give it another's tokens.
				own, _ := rp.silently(t, b)
				callers.Go(func() { rp.keepVerifying(t, own.RefreshToken, done, &kids, &verified) })
			}
			last := int32(0)
			for range 3 {
				waitUntil(t, startWithin, "tokens are issued", func() bool { return verified.Load() > last+10 })
				last = verified.Load()
				s.command(t, "", "key", "rotate")
				waitUntil(t, commandWithin, "the next key is published everywhere", s.sameKeys)
			}
			waitUntil(t, startWithin, "tokens are issued", func() bool { return verified.Load() > last+10 })
			close(done)
			callers.Wait()
			n := 0
			kids.Range(func(any, any) bool { n++; return true })
			if n < 4 {
				t.Errorf("tokens were signed with %d keys, want 4", n)
			}
			// The first token verifies still.
			if raw, _ := token.Extra("id_token").(string); !s.verifies(raw) {
				t.Error("a token from before the rotations does not verify")
			}
		})
	}
}

// keepVerifying gets ID tokens and verifies each at once.
func (rp *relyingParty) keepVerifying(t *testing.T, refresh string, done <-chan struct{}, kids *sync.Map, verified *atomic.Int32) {
	for {
		select {
		case <-done:
			return
		default:
		}
		status, answer := rp.refreshed(t, refresh)
		raw, _ := answer["id_token"].(string)
		next, _ := answer["refresh_token"].(string)
		if status != http.StatusOK || raw == "" || next == "" {
			t.Errorf("refresh: %d %v", status, answer["error"])
			return
		}
		refresh = next
		if !rp.site.verifies(raw) {
			t.Error("an ID token does not verify with the key set of this moment")
			return
		}
		parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.ES256})
		if err != nil {
			t.Error(err)
			return
		}
		kids.Store(parsed.Signatures[0].Header.KeyID, true)
		verified.Add(1)
	}
}

// keySet fetches the published keys, from one replica if one is named.
func (s *site) keySet(r *replica) (*jose.JSONWebKeySet, error) {
	var resp *http.Response
	var err error
	if r != nil {
		resp, err = s.direct(r, http.MethodGet, "/oauth2/jwks", nil)
	} else {
		resp, err = s.caller.Get(s.url("/oauth2/jwks"))
	}
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	set := &jose.JSONWebKeySet{}
	return set, json.NewDecoder(resp.Body).Decode(set)
}

// verifies checks a signature against the keys published now.
func (s *site) verifies(raw string) bool {
	set, err := s.keySet(nil)
	if err != nil {
		return false
	}
	parsed, err := jose.ParseSignedCompact(raw, []jose.SignatureAlgorithm{jose.RS256, jose.ES256, jose.EdDSA})
	if err != nil {
		return false
	}
	for _, key := range set.Key(parsed.Signatures[0].Header.KeyID) {
		if _, err := parsed.Verify(key); err == nil {
			return true
		}
	}
	return false
}

// sameKeys reports whether all replicas publish the same keys, as many as the
// command lists.
func (s *site) sameKeys() bool {
	out, err := s.tryCommand("", "key", "list")
	if err != nil {
		return false
	}
	for _, r := range s.replicas {
		set, err := s.keySet(r)
		if err != nil {
			return false
		}
		for _, key := range set.Keys {
			if !strings.Contains(out, key.KeyID) {
				return false
			}
		}
		if len(set.Keys) != strings.Count(out, "\n")-1 {
			return false
		}
	}
	return true
}

// Twenty at once redeem one code, through different replicas: one gets tokens.
// Twenty at once refresh: they get the same successor.
func TestRacers(t *testing.T) {
	const racers = 20
	onEach(t, func(t *testing.T, s *site) {
		rp := s.newClient(t, nil)
		b := s.browser(t)
		family, _ := rp.signIn(t, b, software)
		a := rp.ask(t, nil)
		code := a.answer(t, s, b.until(a.url, rp.redirectURI))

		var won atomic.Int32
		race(racers, func() {
			if status, _ := rp.post(t, "/oauth2/token", a.redemption(rp, code)); status == http.StatusOK {
				won.Add(1)
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d of %d redeemed one code", won.Load(), racers)
		}

		var successors sync.Map
		race(racers, func() {
			status, answer := rp.refreshed(t, family.RefreshToken)
			if status != http.StatusOK {
				t.Errorf("refresh: %d %v", status, answer)
				return
			}
			successors.Store(answer["refresh_token"], true)
		})
		n := 0
		successors.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("%d successors of one refresh token", n)
		}
	})
}

func race(n int, run func()) {
	var ready, all sync.WaitGroup
	start := make(chan struct{})
	for range n {
		ready.Add(1)
		all.Go(func() {
			ready.Done()
			<-start
			run()
		})
	}
	ready.Wait()
	close(start)
	all.Wait()
}

// A superseded refresh token that comes back after the grace ends the family.
func TestRefreshReuse(t *testing.T) {
	t.Parallel()
	s := ownSite(t, backendNamed(onRedis), strict())
	rp := s.newClient(t, nil)
	first, _ := rp.signIn(t, s.browser(t), software)
	_, answer := rp.refreshed(t, first.RefreshToken)
	second := &oauth2.Token{AccessToken: answer["access_token"].(string), RefreshToken: answer["refresh_token"].(string)}
	s.forward(t, 6*time.Second)
	if status, answer := rp.refreshed(t, first.RefreshToken); status != http.StatusBadRequest || answer["error"] != "invalid_grant" {
		t.Errorf("reuse: %d %v", status, answer)
	}
	waitUntil(t, commandWithin, "the family is dead", func() bool { return !rp.active(t, second.AccessToken) })
	if status, _ := rp.refreshed(t, second.RefreshToken); status != http.StatusBadRequest {
		t.Errorf("the successor: %d", status)
	}
}
