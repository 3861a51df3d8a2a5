package record_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

// The round trips of every field are in storagetest: here is what no store
// shows.

func TestSecretsAreNotInTheValue(t *testing.T) {
	for name, encode := range map[string]func() ([]byte, error){
		"interaction": func() ([]byte, error) { return record.Interaction(&interaction.Interaction{ID: "the-secret"}, 1) },
		"challenge": func() ([]byte, error) {
			return record.Challenge(&interaction.Challenge{ID: "the-secret", Purpose: "captcha"})
		},
	} {
		b, err := encode()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if strings.Contains(string(b), "the-secret") {
			t.Errorf("%s holds what it is found by: %s", name, b)
		}
	}
}

func TestDamagedValuesAreFaults(t *testing.T) {
	for _, b := range []string{"", "{", "null garbage", `{"b":"AAAA"}`, `{"b":[1,2]}`, "\x00\x01", `{"x":"yesterday"}`, `[]`} {
		if i, err := record.ParseInteraction("id", []byte(b)); err == nil {
			t.Errorf("interaction from %q: %+v", b, i)
		}
		if c, err := record.ParseChallenge("p", "id", []byte(b)); err == nil {
			t.Errorf("challenge from %q: %+v", b, c)
		}
		if b == `{"b":"AAAA"}` || b == `{"b":[1,2]}` {
			continue // no member of the other two
		}
		if c, err := record.ParseCode(uuid.New(), []byte(b)); err == nil {
			t.Errorf("code from %q: %+v", b, c)
		}
		if s, err := record.ParseSession([]byte(b)); err == nil {
			t.Errorf("session from %q: %+v", b, s)
		}
	}
}

func TestChallengeKeysDiffer(t *testing.T) {
	seen := map[record.Key]string{}
	for _, pair := range [][2]string{{"a", "bc"}, {"ab", "c"}, {"", "abc"}, {"abc", ""}, {"\x00\x00\x00\x01a", "bc"}} {
		key := record.ChallengeKey(pair[0], pair[1])
		if other, taken := seen[key]; taken {
			t.Errorf("%q has the key of %s", pair, other)
		}
		seen[key] = pair[0] + "|" + pair[1]
	}
}

func BenchmarkCode(b *testing.B) {
	c := &grant.Code{
		ID: uuid.New(), ClientID: "hrss-hall", Principal: principal(), SessionID: "Ks7Q2nq6u0v8xw3mYc1tTg",
		RedirectURI: "https://portal.example/callback", Scopes: []string{"openid", "profile", "enterprise"},
		Nonce: "n-0S6_WzA2Mj", CodeChallenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
		AuthTime: born(), LOA: 2, AMR: []string{"pwd"}, ExpiresAt: born().Add(time.Minute),
	}
	measure(b, func() ([]byte, error) { return record.Code(c) },
		func(v []byte) error { _, err := record.ParseCode(c.ID, v); return err })
}

func BenchmarkSession(b *testing.B) {
	s := &session.Session{
		ID: "Ks7Q2nq6u0v8xw3mYc1tTg", Principal: principal(), AuthTime: born(), LOA: 2, AMR: []string{"pwd"},
		CreatedAt: born(), SeenAt: born(), ExpiresAt: born().Add(12 * time.Hour), Address: "203.0.113.7",
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
	}
	measure(b, func() ([]byte, error) { return record.Session(s) },
		func(v []byte) error { _, err := record.ParseSession(v); return err })
}

func BenchmarkInteraction(b *testing.B) {
	i := &interaction.Interaction{
		ID: "Ks7Q2nq6u0v8xw3mYc1tTg", State: interaction.Login, ClientID: "hrss-hall", CreatedAt: born(), ExpiresAt: born().Add(15 * time.Minute),
		Params: "response_type=code&client_id=hrss-hall&redirect_uri=https%3A%2F%2Fportal.example%2Fcallback&scope=openid+profile+enterprise&state=af0ifjsldkj&nonce=n-0S6_WzA2Mj&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
	}
	measure(b, func() ([]byte, error) { return record.Interaction(i, 1) },
		func(v []byte) error { _, err := record.ParseInteraction(i.ID, v); return err })
}

func born() time.Time { return time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC) }

func principal() accounts.Principal {
	return accounts.Principal{
		Type: accounts.TypeEnterprise, Subject: "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b",
		Enterprise: "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b", Epochs: accounts.Epochs{Account: 1, Enterprise: 1},
	}
}

func measure(b *testing.B, encode func() ([]byte, error), decode func([]byte) error) {
	b.Helper()
	value, err := encode()
	if err != nil {
		b.Fatal(err)
	}
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(float64(len(value)), "bytes")
		for b.Loop() {
			if _, err := encode(); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := decode(value); err != nil {
				b.Fatal(err)
			}
		}
	})
}
