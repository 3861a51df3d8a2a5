package hmacsig_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts/gateway/hmacsig"
)

var (
	now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	key = hmacsig.Key{ID: "tongid", Secret: "secret"}
)

func signed(t *testing.T, at time.Time) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "https://face.example/v1/orders?a=b%20c", nil)
	if err != nil {
		t.Fatal(err)
	}
	hmacsig.Sign(r, []byte(`{"id":"1"}`), key, at, "nonce")
	return r
}

// The vector stands in docs/gateways.md, for those who build the other side.
func TestVector(t *testing.T) {
	t.Parallel()
	const want = "57d44cc5e9c32374a12f623df5c56b76dac289f73dc4942f960df68b49be7543"
	if got := signed(t, now).Header.Get(hmacsig.HeaderSignature); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		spoil func(r *http.Request)
		body  string
		at    time.Duration
		want  error
	}{
		"genuine":           {},
		"early":             {at: -14 * time.Minute},
		"too early":         {at: -16 * time.Minute, want: hmacsig.ErrExpired},
		"too late":          {at: 16 * time.Minute, want: hmacsig.ErrExpired},
		"no key":            {spoil: set(hmacsig.HeaderKey, ""), want: hmacsig.ErrIncomplete},
		"no nonce":          {spoil: set(hmacsig.HeaderNonce, ""), want: hmacsig.ErrIncomplete},
		"no timestamp":      {spoil: set(hmacsig.HeaderTimestamp, "x"), want: hmacsig.ErrIncomplete},
		"unknown key":       {spoil: set(hmacsig.HeaderKey, "nobody"), want: hmacsig.ErrKey},
		"no signature":      {spoil: set(hmacsig.HeaderSignature, ""), want: hmacsig.ErrSignature},
		"garbled signature": {spoil: set(hmacsig.HeaderSignature, "zz"), want: hmacsig.ErrSignature},
		"nonce changed":     {spoil: set(hmacsig.HeaderNonce, "other"), want: hmacsig.ErrSignature},
		"body changed":      {body: `{"id":"2"}`, want: hmacsig.ErrSignature},
		"method changed":    {spoil: func(r *http.Request) { r.Method = http.MethodPut }, want: hmacsig.ErrSignature},
		"path changed":      {spoil: func(r *http.Request) { r.URL.Path = "/v1/other" }, want: hmacsig.ErrSignature},
		"query changed":     {spoil: func(r *http.Request) { r.URL.RawQuery = "a=d" }, want: hmacsig.ErrSignature},
	} {
		r := signed(t, now.Add(c.at))
		if c.spoil != nil {
			c.spoil(r)
		}
		body := c.body
		if body == "" {
			body = `{"id":"1"}`
		}
		secret := func(id string) (string, bool) { return key.Secret, id == key.ID }
		got, err := hmacsig.Verify(r, []byte(body), secret, now, 15*time.Minute)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && (got.KeyID != key.ID || got.Nonce != "nonce") {
			t.Errorf("%s: %+v", name, got)
		}
	}
}
