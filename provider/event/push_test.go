package event_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/egress"
	"github.com/tongid/tongid/provider/event"
)

// plain signs nothing: what would be signed can be read.
type plain struct{}

func (plain) Sign(alg, typ string, payload []byte) (string, error) {
	return alg + "." + base64.RawURLEncoding.EncodeToString(payload) + "." + typ, nil
}

type clients map[string]*client.Client

func (c clients) Get(id string) (*client.Client, error) {
	if found, ok := c[id]; ok {
		return found, nil
	}
	return nil, accounts.ErrNotFound
}

func tokens(uri string) *event.Tokens {
	return &event.Tokens{Issuer: "https://id.test", Keys: plain{}, Clients: clients{"hall": {ID: "hall", IDTokenAlg: "ES256", EventURI: uri}}}
}

func read(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil || parts[0] != "ES256" || parts[2] != "secevent+jwt" {
		t.Fatalf("%q: %v", token, err)
	}
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

func delivery(e accounts.Event) *accounts.EventDelivery {
	e.At = time.Unix(1780000000, 0)
	return &accounts.EventDelivery{ID: "j", Client: "hall", Subject: "s", Event: e}
}

// What each kind says (RFC 8417 §2.2), and that it names no human.
func TestTokens(t *testing.T) {
	t.Parallel()
	mandate := accounts.EventFacts{Mandate: "m", State: accounts.MandateActive, ValidFrom: "2026-01-01", ValidUntil: "2026-12-31", Manager: true}
	others := mandate
	others.Services = []string{"other"}
	endless := mandate
	endless.ValidUntil = ""
	for name, test := range map[string]struct {
		event accounts.Event
		want  map[string]any
	}{
		"changed": {
			accounts.Event{Kind: accounts.EventMandateChanged, USCC: "u", Facts: mandate},
			map[string]any{
				"uscc": "u", "mandate": "m", "covers": true, "state": "active", "valid_from": "2026-01-01", "valid_until": "2026-12-31", "manager": true,
			},
		},
		"without end": {
			accounts.Event{Kind: accounts.EventMandateRevoked, USCC: "u", Facts: endless},
			map[string]any{"uscc": "u", "mandate": "m", "covers": true, "state": "active", "valid_from": "2026-01-01", "manager": true},
		},
		"for others now": {
			accounts.Event{Kind: accounts.EventMandateChanged, USCC: "u", Facts: others}, map[string]any{"uscc": "u", "mandate": "m", "covers": false},
		},
		"status": {
			accounts.Event{Kind: accounts.EventEnterpriseStatus, USCC: "u", Facts: accounts.EventFacts{Status: accounts.StatusFrozen}},
			map[string]any{"uscc": "u", "status": "frozen"},
		},
		"representative": {
			accounts.Event{Kind: accounts.EventRepresentativeChanged, USCC: "u", Facts: accounts.EventFacts{ConfirmBy: "2026-07-01"}},
			map[string]any{"uscc": "u", "confirm_by": "2026-07-01"},
		},
		"session": {accounts.Event{Kind: accounts.EventSessionRevoked, Person: "p"}, map[string]any{}},
	} {
		token, err := tokens("").Token(delivery(test.event))
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{
			"iss": "https://id.test", "aud": "hall", "jti": "j", "iat": 1780000000.0, "toe": 1780000000.0,
			"sub_id": map[string]any{"format": "iss_sub", "iss": "https://id.test", "sub": "s"},
			"events": map[string]any{"urn:tongid:event:" + string(test.event.Kind): test.want},
		}
		if diff := cmp.Diff(want, read(t, token)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if _, err := tokens("").Token(&accounts.EventDelivery{Client: "nobody"}); !errors.Is(err, accounts.ErrNotFound) {
		t.Errorf("for nobody: %v", err)
	}
}

// RFC 8935 §2.2: 202 is the one answer that takes a token.
func TestPush(t *testing.T) {
	t.Parallel()
	var status int
	var kind, body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Content-Type") != event.MediaType || !strings.HasPrefix(string(got), "ES256.") {
			t.Errorf("came %q as %s, %v", got, r.Header.Get("Content-Type"), err)
		}
		w.Header().Set("Content-Type", kind)
		w.Header().Set("Location", "/elsewhere")
		w.WriteHeader(status)
		io.WriteString(w, body) //nolint:errcheck // the test's own
	}))
	t.Cleanup(server.Close)
	push := func(ctx context.Context, allow ...string) (string, error) {
		p := &event.Pusher{Tokens: tokens(server.URL), HTTP: egress.NewClient(allow, time.Second)}
		return p.Push(ctx, delivery(accounts.Event{}))
	}
	const problem = `{"err":"invalid_issuer","description":"secret"}`
	for _, test := range []struct {
		status     int
		kind, body string
		want       string
		taken      bool
	}{
		{202, "", "", "", true},
		{200, "", "", "http_200", false},
		{302, "", "", "http_302", false},
		{400, "application/json", problem, "invalid_issuer", false},
		{400, "application/json; charset=utf-8", problem, "invalid_issuer", false},
		{400, "text/html", problem, "http_400", false},
		{400, "application/json", `{"err":"made up by somebody"}`, "http_400", false},
		{400, "application/json", strings.Repeat(" ", 5000) + problem, "http_400", false},
		{500, "application/json", problem, "http_500", false},
	} {
		status, kind, body = test.status, test.kind, test.body
		got, err := push(t.Context(), "127.0.0.1")
		if got != test.want || (err == nil) != test.taken || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%d %s: %q, %v, want %q", test.status, test.kind, got, err, test.want)
		}
	}
	if got, err := push(t.Context()); got != "unreachable" || !errors.Is(err, egress.ErrAddress) {
		t.Errorf("inside: %q, %v", got, err)
	}
	gone := &event.Pusher{Tokens: tokens(""), HTTP: egress.NewClient(nil, time.Second)}
	if got, err := gone.Push(t.Context(), &accounts.EventDelivery{Client: "nobody"}); got != "unregistered" || err == nil {
		t.Errorf("to nobody: %q, %v", got, err)
	}
}
