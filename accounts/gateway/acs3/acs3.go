// Package acs3 signs requests for Alibaba Cloud and verifies them for its
// simulator: signature version 3, ACS3-HMAC-SHA256. It is pure: no clock, no
// randomness, no network.
package acs3

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Algorithm is the name of the scheme.
const Algorithm = "ACS3-HMAC-SHA256"

// Headers of the scheme.
const (
	headerAction  = "X-Acs-Action"
	headerVersion = "X-Acs-Version"
	headerDate    = "X-Acs-Date"
	headerNonce   = "X-Acs-Signature-Nonce"
	headerContent = "X-Acs-Content-Sha256"
)

const dateLayout = "2006-01-02T15:04:05Z"

// Why a request is not taken for genuine, matched with errors.Is.
var (
	ErrIncomplete = errors.New("acs3: the request is not signed, or not wholly")
	ErrDate       = errors.New("acs3: the date cannot be read")
	ErrExpired    = errors.New("acs3: the date is too far from now")
	ErrKey        = errors.New("acs3: no such access key")
	ErrSignature  = errors.New("acs3: the signature does not match")
)

// Key is an access key.
type Key struct {
	ID     string
	Secret string
}

// Call names what is called.
type Call struct {
	Action  string
	Version string
}

// Signed is what a genuine request says of itself.
type Signed struct {
	KeyID string
	Call  Call
	Nonce string
	Date  time.Time
}

// Sign adds the headers of the scheme to r, and writes its query in the one form
// that is signed. body is what r carries; the nonce must never be used again.
func Sign(r *http.Request, body []byte, call Call, key Key, at time.Time, nonce string) {
	r.URL.RawQuery = canonicalQuery(r.URL.Query())
	r.Header.Set(headerAction, call.Action)
	r.Header.Set(headerVersion, call.Version)
	r.Header.Set(headerDate, at.UTC().Format(dateLayout))
	r.Header.Set(headerNonce, nonce)
	r.Header.Set(headerContent, hexSum(body))
	names := signedNames(r.Header)
	r.Header.Set("Authorization", Algorithm+" Credential="+key.ID+
		",SignedHeaders="+strings.Join(names, ";")+
		",Signature="+signature(r, names, key.Secret))
}

// Verify tells whether r is genuine: signed wholly, with a known key, within
// skew of now. Whether its nonce was used before is for the caller to find out.
// The key is looked up before the signature is compared, as the vendor does.
func Verify(r *http.Request, body []byte, secret func(keyID string) (string, bool), now time.Time, skew time.Duration) (*Signed, error) {
	keyID, names, given, ok := parseAuthorization(r.Header.Get("Authorization"))
	if !ok || r.Header.Get(headerNonce) == "" || r.Header.Get(headerAction) == "" {
		return nil, ErrIncomplete
	}
	for _, name := range signedNames(r.Header) {
		if !slices.Contains(names, name) {
			return nil, ErrIncomplete
		}
	}
	at, err := time.Parse(dateLayout, r.Header.Get(headerDate))
	if err != nil {
		return nil, ErrDate
	}
	if at.Before(now.Add(-skew)) || at.After(now.Add(skew)) {
		return nil, ErrExpired
	}
	s, ok := secret(keyID)
	if !ok {
		return nil, ErrKey
	}
	want := signature(r, names, s)
	if r.Header.Get(headerContent) != hexSum(body) || subtle.ConstantTimeCompare([]byte(want), []byte(given)) != 1 {
		return nil, ErrSignature
	}
	return &Signed{
		KeyID: keyID,
		Call:  Call{Action: r.Header.Get(headerAction), Version: r.Header.Get(headerVersion)},
		Nonce: r.Header.Get(headerNonce),
		Date:  at,
	}, nil
}

func parseAuthorization(value string) (keyID string, names []string, given string, ok bool) {
	rest, ok := strings.CutPrefix(value, Algorithm+" ")
	if !ok {
		return "", nil, "", false
	}
	fields := map[string]string{}
	for part := range strings.SplitSeq(rest, ",") {
		name, v, _ := strings.Cut(strings.TrimSpace(part), "=")
		fields[name] = v
	}
	keyID, given = fields["Credential"], fields["Signature"]
	names = strings.Split(fields["SignedHeaders"], ";")
	return keyID, names, given, keyID != "" && given != "" && slices.IsSorted(names)
}

// signedNames lists, in order, which headers must be signed.
func signedNames(h http.Header) []string {
	names := []string{"host"}
	for name := range h {
		if lower := strings.ToLower(name); strings.HasPrefix(lower, "x-acs-") || lower == "content-type" {
			names = append(names, lower)
		}
	}
	slices.Sort(names)
	return names
}

func signature(r *http.Request, names []string, secret string) string {
	var b strings.Builder
	path := r.URL.EscapedPath()
	if path == "" {
		path = "/"
	}
	b.WriteString(r.Method + "\n" + path + "\n" + canonicalQuery(r.URL.Query()) + "\n")
	for _, name := range names {
		value := r.Header.Get(name)
		if name == "host" {
			value = host(r)
		}
		b.WriteString(name + ":" + strings.TrimSpace(value) + "\n")
	}
	b.WriteString("\n" + strings.Join(names, ";") + "\n" + r.Header.Get(headerContent))
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(Algorithm + "\n" + hexSum([]byte(b.String()))))
	return hex.EncodeToString(mac.Sum(nil))
}

func host(r *http.Request) string {
	if r.Host != "" {
		return r.Host
	}
	return r.URL.Host
}

// canonicalQuery sorts and escapes as RFC 3986 has it: a space is %20.
func canonicalQuery(q url.Values) string {
	sorted := make(url.Values, len(q))
	for name, values := range q {
		sorted[name] = slices.Sorted(slices.Values(values))
	}
	return strings.ReplaceAll(sorted.Encode(), "+", "%20")
}

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
