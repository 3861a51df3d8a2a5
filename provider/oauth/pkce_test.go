package oauth

import (
	"net/http"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// RFC 7636 §4.6, RFC 9700 §4.8.2: fosite forgets the challenge at the first
// failed proof and lets the second try pass without one.
func TestPKCEDowngradeIsRefused(t *testing.T) {
	w := newWorld(t, 0)
	for name, first := range map[string]string{"wrong verifier": oauth2.GenerateVerifier(), "no verifier": ""} {
		t.Run(name, func(t *testing.T) {
			code, _ := w.code(w.browse(), "hall")
			for i, verifier := range []string{first, "", ""} {
				r := w.redeem(i%2, "hall", code, verifier)
				if r.Status != http.StatusBadRequest || r.text("error") != codeInvalidGrant {
					t.Errorf("try %d with verifier %q got %d %v", i, verifier, r.Status, r.Body)
				}
			}
		})
	}
}

func TestPKCEVerifierForm(t *testing.T) {
	w := newWorld(t, 0)
	for _, verifier := range []string{"short", strings.Repeat("a", 42), strings.Repeat("a", 129), strings.Repeat("é", 43)} {
		code, _ := w.code(w.browse(), "hall")
		if r := w.redeem(0, "hall", code, verifier); r.text("error") != codeInvalidGrant {
			t.Errorf("verifier of %d bytes got %d %v", len(verifier), r.Status, r.Body)
		}
	}
}

// contract: S256 only; required of public clients and of those registered so.
func TestPKCEAtTheAuthorizationEndpoint(t *testing.T) {
	w := newWorld(t, 0)
	challenge := oauth2.S256ChallengeFromVerifier(oauth2.GenerateVerifier())
	for name, tt := range map[string]struct {
		client, challenge, method, want string
	}{
		"public client without":      {"spa", "", "", codeInvalidRequest},
		"confidential without":       {"hall", "", "", ""},
		"plain":                      {"hall", challenge, "plain", codeInvalidRequest},
		"no method means plain":      {"hall", challenge, "", codeInvalidRequest},
		"unknown method":             {"hall", challenge, "S512", codeInvalidRequest},
		"method without challenge":   {"hall", "", "S256", codeInvalidRequest},
		"challenge of another shape": {"hall", "abc", "S256", codeInvalidRequest},
		"challenge and a line break": {"hall", challenge + "\n", "S256", codeInvalidRequest},
		"challenge broken in two":    {"hall", challenge[:20] + "\r\n" + challenge[20:], "S256", codeInvalidRequest},
		"43 with a line break":       {"hall", challenge[:42] + "\n", "S256", codeInvalidRequest},
		"S256":                       {"hall", challenge, "S256", ""},
	} {
		t.Run(name, func(t *testing.T) {
			request, _ := w.ask(tt.client, "code_challenge", tt.challenge, "code_challenge_method", tt.method)
			answer, _, page := w.visit(w.browse(), request)
			if answer.Get("error") != tt.want || (tt.want == "") != (answer.Get("code") != "") {
				t.Errorf("answer %v %s", answer, page)
			}
		})
	}
}

// RFC 9700 §2.1.1: a verifier for a code that was asked for without challenge is
// refused.
func TestPKCEVerifierWithoutChallenge(t *testing.T) {
	w := newWorld(t, 0)
	code, _ := w.code(w.browse(), "hall", "code_challenge", "", "code_challenge_method", "")
	if r := w.redeem(0, "hall", code, oauth2.GenerateVerifier()); r.text("error") != codeInvalidGrant {
		t.Errorf("got %d %v", r.Status, r.Body)
	}
}
