package record_test

import (
	"encoding/binary"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

// fill sets every field below v to something that differs from its neighbours'.
func fill(t *testing.T, v reflect.Value, n *int) {
	t.Helper()
	*n++
	switch x := v.Addr().Interface().(type) {
	case *time.Time:
		*x = time.Unix(int64(*n)*1_000_000, int64(*n)).UTC()
		return
	case *json.RawMessage:
		*x = json.RawMessage{byte(*n), 0xff, 0}
		return
	case *[]byte:
		*x = []byte{byte(*n), 0xff, 0}
		return
	case *[]string:
		*x = []string{strings.Repeat("s", *n), "", "\xff\x00"}
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fill(t, v.Field(i), n)
		}
	case reflect.Array:
		for i := range v.Len() {
			v.Index(i).SetUint(uint64(*n + i))
		}
	case reflect.String:
		v.SetString(strings.Repeat("x", *n) + "\xff\x00")
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(-*n) << 40)
	case reflect.Bool:
		v.SetBool(true)
	default:
		t.Fatalf("fill knows no %s", v.Type())
	}
}

// samples are one value of each record with every field set, one with none.
type samples struct {
	code        *grant.Code
	session     *session.Session
	interaction *interaction.Interaction
	challenge   *interaction.Challenge
}

func full(t *testing.T) samples {
	t.Helper()
	s, n := empty(), 0
	for _, v := range []any{s.code, s.session, s.interaction, s.challenge} {
		fill(t, reflect.ValueOf(v).Elem(), &n)
	}
	return s
}

func empty() samples {
	return samples{&grant.Code{}, &session.Session{}, &interaction.Interaction{}, &interaction.Challenge{}}
}

// again encodes and decodes s.
func again(t *testing.T, s samples) samples {
	t.Helper()
	var (
		out  samples
		errs [4]error
	)
	out.code, errs[0] = record.ParseCode(s.code.ID, string(record.Code(s.code)))
	out.session, errs[1] = record.ParseSession(string(record.Session(s.session)))
	out.interaction, errs[2] = record.ParseInteraction(s.interaction.ID, string(record.Interaction(s.interaction, s.interaction.Version)))
	out.challenge, errs[3] = record.ParseChallenge(s.challenge.Purpose, s.challenge.ID, string(record.Challenge(s.challenge)))
	for _, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
	}
	out.session.SeenAt = s.session.SeenAt // kept by the caller
	return out
}

// If this fails after a field was added to one of the records: add it to
// record.go too, at the end of its list.
func TestNoFieldIsLost(t *testing.T) {
	for name, want := range map[string]samples{"every field set": full(t), "no field set": empty()} {
		if diff := cmp.Diff(want, again(t, want), cmp.AllowUnexported(samples{})); diff != "" {
			t.Errorf("%s (-encoded +decoded):\n%s", name, diff)
		}
	}
}

func TestEmptyIsNotNil(t *testing.T) {
	s := empty()
	s.code.Scopes, s.code.Claims, s.challenge.Data = []string{}, json.RawMessage{}, []byte{}
	got := again(t, s)
	if got.code.Scopes == nil || got.code.Claims == nil || got.challenge.Data == nil || got.code.AMR != nil {
		t.Errorf("scopes %#v, claims %#v, data %#v, amr %#v", got.code.Scopes, got.code.Claims, got.challenge.Data, got.code.AMR)
	}
}

func TestVersionIsTheOneGiven(t *testing.T) {
	i := &interaction.Interaction{Version: 3}
	got, err := record.ParseInteraction("id", string(record.Interaction(i, 4)))
	if err != nil || got.Version != 4 || i.Version != 3 {
		t.Errorf("version %d, %v, of an interaction left at %d", got.Version, err, i.Version)
	}
}

// Replicas of two versions run side by side during an upgrade: a field that the
// other does not write or does not know is nothing to fail on.
func TestFieldsAtTheEndMayBeMissingOrUnknown(t *testing.T) {
	c := full(t).challenge
	value := record.Challenge(c)
	value[0]--
	last := len(binary.AppendVarint(nil, c.ExpiresAt.Unix())) + len(binary.AppendUvarint(nil, uint64(c.ExpiresAt.Nanosecond())))
	older, err := record.ParseChallenge(c.Purpose, c.ID, string(value[:len(value)-last]))
	if err != nil || !older.ExpiresAt.IsZero() || !slices.Equal(older.Data, c.Data) {
		t.Errorf("without its last field: %+v, %v", older, err)
	}
	newer := append(record.Challenge(c), "a field to come"...)
	newer[0]++
	got, err := record.ParseChallenge(c.Purpose, c.ID, string(newer))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, got); diff != "" {
		t.Errorf("with a field more (-encoded +decoded):\n%s", diff)
	}
}

func TestSecretsAreNotInTheValue(t *testing.T) {
	for name, value := range map[string][]byte{
		"interaction": record.Interaction(&interaction.Interaction{ID: "the-secret"}, 1),
		"challenge":   record.Challenge(&interaction.Challenge{ID: "the-secret", Purpose: "captcha"}),
	} {
		if strings.Contains(string(value), "the-secret") {
			t.Errorf("%s holds what it is found by: %q", name, value)
		}
	}
}

// parsers run each decoder and say whether it took the value.
func parsers() map[string]func(string) error {
	return map[string]func(string) error{
		"code":        func(v string) error { _, err := record.ParseCode(uuid.UUID{}, v); return err },
		"session":     func(v string) error { _, err := record.ParseSession(v); return err },
		"interaction": func(v string) error { _, err := record.ParseInteraction("id", v); return err },
		"challenge":   func(v string) error { _, err := record.ParseChallenge("p", "id", v); return err },
	}
}

func TestValuesCutOffAreFaults(t *testing.T) {
	s := full(t)
	for name, value := range map[string][]byte{
		"code": record.Code(s.code), "session": record.Session(s.session),
		"interaction": record.Interaction(s.interaction, 1), "challenge": record.Challenge(s.challenge),
	} {
		for n := range value {
			if err := parsers()[name](string(value[:n])); err == nil {
				t.Errorf("%s: the first %d of %d bytes were taken", name, n, len(value))
			}
		}
	}
}

func TestDamagedValuesAreFaults(t *testing.T) {
	for name, parse := range parsers() {
		for _, value := range []string{"", "\xff", strings.Repeat("\xff", 100), "{", "\x03" + strings.Repeat("\x80", 50)} {
			if parse(value) == nil {
				t.Errorf("%s was read from %q", name, value)
			}
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{"", "\x03abc", strings.Repeat("\x10", 100), strings.Repeat("\xff", 100)} {
		f.Add(seed)
	}
	f.Fuzz(func(_ *testing.T, value string) {
		for _, parse := range parsers() {
			_ = parse(value) // it may be refused, and must not panic
		}
	})
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
	measure(b, func() []byte { return record.Code(c) },
		func(v string) error { _, err := record.ParseCode(c.ID, v); return err })
}

func BenchmarkSession(b *testing.B) {
	s := &session.Session{
		ID: "Ks7Q2nq6u0v8xw3mYc1tTg", Principal: principal(), AuthTime: born(), LOA: 2, AMR: []string{"pwd"},
		CreatedAt: born(), SeenAt: born(), ExpiresAt: born().Add(12 * time.Hour), Address: "203.0.113.7",
		UserAgent: "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36",
	}
	measure(b, func() []byte { return record.Session(s) },
		func(v string) error { _, err := record.ParseSession(v); return err })
}

func BenchmarkInteraction(b *testing.B) {
	i := &interaction.Interaction{
		ID: "Ks7Q2nq6u0v8xw3mYc1tTg", State: interaction.Login, ClientID: "hrss-hall", CreatedAt: born(), ExpiresAt: born().Add(15 * time.Minute),
		Params: "response_type=code&client_id=hrss-hall&redirect_uri=https%3A%2F%2Fportal.example%2Fcallback&scope=openid+profile+enterprise&state=af0ifjsldkj&nonce=n-0S6_WzA2Mj&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256",
	}
	measure(b, func() []byte { return record.Interaction(i, 1) },
		func(v string) error { _, err := record.ParseInteraction(i.ID, v); return err })
}

func born() time.Time { return time.Date(2026, 3, 1, 8, 30, 0, 0, time.UTC) }

func principal() accounts.Principal {
	return accounts.Principal{
		Type: accounts.TypeEnterprise, Subject: "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b",
		Enterprise: "1b4e28ba-2fa1-4d3b-a3f5-ef19b5a7633b", Epochs: accounts.Epochs{Account: 1, Enterprise: 1},
	}
}

func measure(b *testing.B, encode func() []byte, decode func(string) error) {
	b.Helper()
	value := string(encode())
	b.Run("encode", func(b *testing.B) {
		b.ReportAllocs()
		b.ReportMetric(float64(len(value)), "bytes")
		for b.Loop() {
			encode()
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
