package oauth

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

func testMinter() *minter { return &minter{key: [32]byte{1, 2, 3}} }

func TestOpaqueTokensCarryTheirFacts(t *testing.T) {
	m := testMinter()
	at := time.UnixMilli(1_795_000_000_123).UTC()
	f := accessFacts{ID: uuid.New(), Issued: at, Expires: at.Add(10 * time.Minute), Scopes: []string{"openid", "profile"}}
	got, ok := m.openAccess(m.access(&f))
	if !ok || cmp.Diff(f, got) != "" {
		t.Errorf("access token: ok %v, diff %s", ok, cmp.Diff(f, got))
	}
	f.Client = "demo-service"
	got, ok = m.openService(m.service(&f))
	if !ok || cmp.Diff(f, got) != "" {
		t.Errorf("service token: ok %v, diff %s", ok, cmp.Diff(f, got))
	}
	id, expires, ok := m.openCode("a", m.code(f.ID, "a", at))
	if !ok || id != f.ID || !expires.Equal(at) {
		t.Errorf("code = %v %v %v", id, expires, ok)
	}
	id, generation, ok := m.openRefresh("a", m.refresh(f.ID, "a", 7))
	if !ok || id != f.ID || generation != 7 {
		t.Errorf("refresh token = %v %v %v", id, generation, ok)
	}
	if first, second := m.refresh(f.ID, "a", 7), m.refresh(f.ID, "a", 7); first != second {
		t.Error("the same generation gave two refresh tokens; the grace needs one")
	}
	if first, second := m.access(&f), m.access(&f); first == second {
		t.Error("two access tokens of one instant are the same")
	}
}

// Codes and refresh tokens are nobody else's (RFC 6749 §10.4, §10.5).
func TestOpaqueTokensAreBoundToTheClient(t *testing.T) {
	m := testMinter()
	id := uuid.New()
	if _, _, ok := m.openCode("b", m.code(id, "a", time.Now())); ok {
		t.Error("client b read the code of client a")
	}
	if _, _, ok := m.openRefresh("b", m.refresh(id, "a", 1)); ok {
		t.Error("client b read the refresh token of client a")
	}
}

// One token has one spelling: fosite's lenient base64 took all of these.
func TestOpaqueTokensHaveNoAliases(t *testing.T) {
	m := testMinter()
	f := accessFacts{ID: uuid.New(), Issued: time.Now(), Expires: time.Now()}
	token := m.access(&f)
	text := strings.TrimPrefix(token, string(kindAccess))
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	std := base64.StdEncoding.EncodeToString(raw)
	aliases := map[string]string{
		"without prefix":   text,
		"newline":          token[:20] + "\n" + token[20:],
		"carriage return":  token[:20] + "\r" + token[20:],
		"padding":          token + "=",
		"standard base64":  string(kindAccess) + std,
		"space":            token + " ",
		"other prefix":     string(kindRefresh) + text,
		"service prefix":   string(kindService) + text,
		"truncated":        token[:len(token)-1],
		"empty":            "",
		"prefix alone":     string(kindAccess),
		"one byte flipped": token[:30] + flip(token[30]) + token[31:],
		"last bit flipped": token[:len(token)-1] + flip(token[len(token)-1]),
	}
	for name, alias := range aliases {
		if alias == token {
			continue
		}
		if _, ok := m.openAccess(alias); ok {
			t.Errorf("%s: accepted", name)
		}
	}
	other := &minter{key: [32]byte{9}}
	if _, ok := other.openAccess(token); ok {
		t.Error("a token of another key was accepted")
	}
}

func flip(c byte) string {
	if c == 'A' {
		return "B"
	}
	return "A"
}

func FuzzOpenTokens(f *testing.F) {
	m := testMinter()
	f.Add(m.access(&accessFacts{ID: uuid.New()}))
	f.Add(m.refresh(uuid.New(), "a", 1))
	f.Add("tga_")
	f.Fuzz(func(t *testing.T, token string) {
		if facts, ok := m.openAccess(token); ok && !strings.HasPrefix(token, "tga_") {
			t.Errorf("opened %q as %v", token, facts)
		}
		m.openService(token)
		m.openRefresh("a", token)
		m.openCode("a", token)
	})
}
