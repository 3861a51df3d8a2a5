package keys_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"

	"github.com/tongid/tongid/provider/keys"
)

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// aliases are other spellings of a compact JWS, which lenient decoders read as
// the same bytes.
func aliases(t *testing.T, token string) []string {
	t.Helper()
	parts := strings.Split(token, ".")
	found := []string{token + "\n", "\r\n" + token, " " + token, token + "=", token + ".", token[:40] + "\n" + token[40:]}
	for i, part := range parts {
		last := len(part) - 1
		want, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range alphabet {
			other := part[:last] + string(c)
			got, err := base64.RawURLEncoding.DecodeString(other)
			if other == part || err != nil || string(got) != string(want) {
				continue
			}
			spelled := append(append(append([]string{}, parts[:i]...), other), parts[i+1:]...)
			found = append(found, strings.Join(spelled, "."))
		}
	}
	return found
}

// fosite.md §8 no. 11: there is one spelling of a token.
func TestVerifyTakesOneSpelling(t *testing.T) {
	r := newShelf(t).ring()
	for _, alg := range keys.Algorithms() {
		for _, payload := range []string{`{"sub":"a"}`, `{"sub":"ab"}`, `{"sub":"abc"}`} { // each number of stray bits
			token, err := r.Sign(alg, keys.TypeIDToken, []byte(payload))
			if err != nil {
				t.Fatal(err)
			}
			if got, err := r.Verify(token, keys.TypeIDToken); err != nil || string(got) != payload {
				t.Errorf("%s: %q, %v", alg, got, err)
			}
			others := aliases(t, token)
			if len(others) < 20 {
				t.Fatalf("only %d aliases of %s", len(others), token)
			}
			for _, other := range others {
				if _, err := r.Verify(other, keys.TypeIDToken); !errors.Is(err, keys.ErrToken) {
					t.Errorf("%s: %q verifies: %v", alg, other, err)
				}
			}
		}
	}
}

// Canonical says what the strict decoder says, which minds no line break.
func TestCanonical(t *testing.T) {
	for _, a := range alphabet + "+/=\r\n. \x00é" {
		for _, part := range []string{string(a), "A" + string(a), "AA" + string(a), "AAA" + string(a), string(a) + "AAA"} {
			raw, err := base64.RawURLEncoding.Strict().DecodeString(part)
			want := err == nil && base64.RawURLEncoding.EncodeToString(raw) == part
			for _, token := range []string{part + ".AA.AA", "AA." + part + ".AA", "AA.AA." + part} {
				if got := keys.Canonical(token); got != want {
					t.Errorf("%q: %v, want %v", token, got, want)
				}
			}
		}
	}
	for _, token := range []string{"", ".", "..", "AA", "AA.AA", "AA..AA", "AA.AA.", ".AA.AA", "AA.AA.AA.AA"} {
		if keys.Canonical(token) {
			t.Errorf("%q is canonical", token)
		}
	}
}
