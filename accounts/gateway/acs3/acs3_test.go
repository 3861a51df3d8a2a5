package acs3_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/tongid/tongid/accounts/gateway/acs3"
)

var (
	now  = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	key  = acs3.Key{ID: "testid", Secret: "testsecret"}
	call = acs3.Call{Action: "SendSms", Version: "2017-05-25"}
)

func request(t testing.TB, query url.Values) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, "https://dysmsapi.aliyuncs.com/?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func lookup(id string) (string, bool) { return key.Secret, id == key.ID }

// The vector was checked against the vendor's own client.
func TestVector(t *testing.T) {
	t.Parallel()
	r := request(t, url.Values{
		"PhoneNumbers": {"13800000000"}, "SignName": {"吉林政务"}, "TemplateCode": {"SMS_000000001"},
		"TemplateParam": {`{"code":"123456"}`},
	})
	acs3.Sign(r, nil, call, key, now, "00000000000000000000000000000001")
	const want = "ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host;x-acs-action;x-acs-content-sha256;" +
		"x-acs-date;x-acs-signature-nonce;x-acs-version," +
		"Signature=76f356fa9bb151315e7376de5bd3012634d3197595c637074d4e6ca950359601"
	if got := r.Header.Get("Authorization"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestVerify(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(r *http.Request)
		at    time.Duration
		want  error
	}{
		"genuine":            {},
		"14 minutes early":   {at: -14 * time.Minute},
		"16 minutes early":   {at: -16 * time.Minute, want: acs3.ErrExpired},
		"16 minutes late":    {at: 16 * time.Minute, want: acs3.ErrExpired},
		"unsigned":           {spoil: func(r *http.Request) { r.Header.Del("Authorization") }, want: acs3.ErrIncomplete},
		"other scheme":       {spoil: func(r *http.Request) { r.Header.Set("Authorization", "Bearer x") }, want: acs3.ErrIncomplete},
		"no nonce":           {spoil: func(r *http.Request) { r.Header.Del("X-Acs-Signature-Nonce") }, want: acs3.ErrIncomplete},
		"no date":            {spoil: func(r *http.Request) { r.Header.Del("X-Acs-Date") }, want: acs3.ErrDate},
		"header added":       {spoil: func(r *http.Request) { r.Header.Set("X-Acs-Extra", "1") }, want: acs3.ErrIncomplete},
		"content type added": {spoil: func(r *http.Request) { r.Header.Set("Content-Type", "text/plain") }, want: acs3.ErrIncomplete},
		"nonce changed":      {spoil: func(r *http.Request) { r.Header.Set("X-Acs-Signature-Nonce", "2") }, want: acs3.ErrSignature},
		"action changed":     {spoil: func(r *http.Request) { r.Header.Set("X-Acs-Action", "Other") }, want: acs3.ErrSignature},
		"host changed":       {spoil: func(r *http.Request) { r.Host = "elsewhere" }, want: acs3.ErrSignature},
		"query changed":      {spoil: func(r *http.Request) { r.URL.RawQuery += "&a=b" }, want: acs3.ErrSignature},
		"path changed":       {spoil: func(r *http.Request) { r.URL.Path = "/x" }, want: acs3.ErrSignature},
		"unknown key": {
			spoil: func(r *http.Request) {
				r.Header.Set("Authorization", strings.Replace(r.Header.Get("Authorization"), "testid", "nobody", 1))
			},
			want: acs3.ErrKey,
		},
	} {
		r := request(t, url.Values{"A": {"1 2", "*~"}})
		acs3.Sign(r, nil, call, key, now.Add(c.at), "1")
		if c.spoil != nil {
			c.spoil(r)
		}
		signed, err := acs3.Verify(r, nil, lookup, now, 15*time.Minute)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) {
			t.Errorf("%s: %v, want %v", name, err, c.want)
		}
		if err == nil && (signed.Nonce != "1" || signed.Call != call || signed.KeyID != key.ID) {
			t.Errorf("%s: %+v", name, signed)
		}
	}
}

func TestVerifyBody(t *testing.T) {
	t.Parallel()
	r := request(t, nil)
	acs3.Sign(r, []byte("a"), call, key, now, "1")
	if _, err := acs3.Verify(r, []byte("b"), lookup, now, time.Minute); !errors.Is(err, acs3.ErrSignature) {
		t.Errorf("another body: %v", err)
	}
}

// What is signed is what arrives, whatever stands in the parameters.
func TestEveryQueryArrivesGenuine(t *testing.T) {
	t.Parallel()
	var failed error
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, failed = acs3.Verify(r, nil, lookup, now, time.Minute)
	}))
	defer s.Close()
	rapid.Check(t, func(rt *rapid.T) {
		q := url.Values{}
		for name, value := range rapid.MapOf(rapid.String(), rapid.String()).Draw(rt, "query") {
			q.Set(name, value)
		}
		r, err := http.NewRequest(http.MethodPost, s.URL+"/?"+q.Encode(), nil)
		if err != nil {
			rt.Fatal(err)
		}
		acs3.Sign(r, nil, call, key, now, "1")
		answer, err := s.Client().Do(r)
		if err != nil {
			rt.Fatal(err)
		}
		answer.Body.Close()
		if failed != nil {
			rt.Fatalf("%v: %v", r.URL, failed)
		}
	})
}

func FuzzVerify(f *testing.F) {
	f.Add("ACS3-HMAC-SHA256 Credential=testid,SignedHeaders=host,Signature=x", "2026-11-23T12:00:00Z")
	f.Add("ACS3-HMAC-SHA256 ,,,=;=", "")
	f.Fuzz(func(t *testing.T, authorization, date string) {
		r := request(t, nil)
		r.Header.Set("Authorization", authorization)
		r.Header.Set("X-Acs-Date", date)
		r.Header.Set("X-Acs-Action", "A")
		r.Header.Set("X-Acs-Signature-Nonce", "1")
		if _, err := acs3.Verify(r, nil, lookup, now, time.Minute); err == nil {
			t.Error("taken for genuine")
		}
	})
}
