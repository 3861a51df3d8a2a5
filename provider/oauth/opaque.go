package oauth

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/tongid/tongid/provider/grant"
)

// Codes and opaque tokens carry their facts under a MAC. A forged one is told
// from the bytes alone, so it costs no store round trip, and issuing one stores
// nothing. The text form is
//
//	prefix ‖ base64url(version ‖ body ‖ HMAC-SHA256(key, prefix ‖ bound ‖ 0 ‖ version ‖ body))
//
// bound is the client's id for codes and refresh tokens: presented by another
// client they are not ours at all, and can hurt nobody.
type kind string

const (
	kindCode    kind = "tgc_"
	kindAccess  kind = "tga_"
	kindRefresh kind = "tgr_"
	kindService kind = "tgs_" // access token of client_credentials
)

const opaqueVersion = 1

// minter makes and reads codes and opaque tokens.
type minter struct{ key [32]byte }

func (m *minter) mac(k kind, bound string, versioned []byte) []byte {
	h := hmac.New(sha256.New, m.key[:])
	h.Write([]byte(k))
	h.Write([]byte(bound))
	h.Write([]byte{0})
	h.Write(versioned)
	return h.Sum(nil)
}

func (m *minter) seal(k kind, bound string, body []byte) string {
	raw := make([]byte, 1, 1+len(body)+sha256.Size)
	raw[0] = opaqueVersion
	raw = append(raw, body...)
	raw = append(raw, m.mac(k, bound, raw)...)
	return string(k) + base64.RawURLEncoding.EncodeToString(raw)
}

// open returns the body of a token of that kind, and whether it is one of ours.
// There is one text form per token: other spellings of the same bytes (line
// breaks, stray trailing bits, a missing prefix) are refused.
func (m *minter) open(k kind, bound, token string) (body []byte, ok bool) {
	text, ok := strings.CutPrefix(token, string(k))
	if !ok || strings.ContainsAny(text, "\r\n") {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) < 1+sha256.Size || raw[0] != opaqueVersion {
		return nil, false
	}
	at := len(raw) - sha256.Size
	if !hmac.Equal(raw[at:], m.mac(k, bound, raw[:at])) {
		return nil, false
	}
	return raw[1:at], true
}

// appendMilli appends the instant as 6 bytes of unix milliseconds.
func appendMilli(b []byte, t time.Time) []byte {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(t.UnixMilli()))
	return append(b, ms[2:]...)
}

func milli(b []byte) time.Time {
	var ms [8]byte
	copy(ms[2:], b[:6])
	return time.UnixMilli(int64(binary.BigEndian.Uint64(ms[:]))).UTC() //nolint:gosec // 48 bits fit
}

// code: family id (16) ‖ expiry (6). It is made again from the same facts when a
// finished flow is submitted twice.
func (m *minter) code(id grant.ID, clientID string, expires time.Time) string {
	return m.seal(kindCode, clientID, appendMilli(id[:], expires))
}

func (m *minter) openCode(clientID, code string) (id grant.ID, expires time.Time, ok bool) {
	body, ok := m.open(kindCode, clientID, code)
	if !ok || len(body) != 22 {
		return id, expires, false
	}
	copy(id[:], body)
	return id, milli(body[16:]), true
}

// refresh: family id (16) ‖ generation (4). It is the same for the same
// generation, so that within the grace the same successor is given again.
func (m *minter) refresh(id grant.ID, clientID string, generation int32) string {
	return m.seal(kindRefresh, clientID, binary.BigEndian.AppendUint32(id[:], uint32(generation))) //nolint:gosec // counted up from 1
}

func (m *minter) openRefresh(clientID, token string) (id grant.ID, generation int32, ok bool) {
	body, ok := m.open(kindRefresh, clientID, token)
	if !ok || len(body) != 20 {
		return id, 0, false
	}
	copy(id[:], body)
	return id, int32(binary.BigEndian.Uint32(body[16:])), true //nolint:gosec // under our MAC: written as an int32
}

// accessFacts are what an opaque access token says by itself.
type accessFacts struct {
	ID      grant.ID // family, or of a service token its own id
	Issued  time.Time
	Expires time.Time
	Scopes  []string // narrowed scopes of a family's token, nil for the family's own; all scopes of a service token
	Client  string   // service tokens only
}

// access: family id (16) ‖ issued (6) ‖ expiry (6) ‖ random (6) ‖ narrowed scope.
// The random bytes keep two tokens of one millisecond apart.
func (m *minter) access(f *accessFacts) string {
	body := make([]byte, 0, 34+len(f.Scopes)*8)
	body = append(body, f.ID[:]...)
	body = appendMilli(body, f.Issued)
	body = appendMilli(body, f.Expires)
	var unique [6]byte
	rand.Read(unique[:]) // never fails, crypto/rand
	body = append(body, unique[:]...)
	body = append(body, strings.Join(f.Scopes, " ")...)
	return m.seal(kindAccess, "", body)
}

func (m *minter) openAccess(token string) (f accessFacts, ok bool) {
	body, ok := m.open(kindAccess, "", token)
	if !ok || len(body) < 34 {
		return f, false
	}
	copy(f.ID[:], body)
	f.Issued, f.Expires = milli(body[16:]), milli(body[22:])
	f.Scopes = strings.Fields(string(body[34:]))
	return f, true
}

// service: id (16) ‖ issued (6) ‖ expiry (6) ‖ client id ‖ 0 ‖ scope.
func (m *minter) service(f *accessFacts) string {
	body := append(make([]byte, 0, 64), f.ID[:]...)
	body = appendMilli(body, f.Issued)
	body = appendMilli(body, f.Expires)
	body = append(body, f.Client...)
	body = append(body, 0)
	body = append(body, strings.Join(f.Scopes, " ")...)
	return m.seal(kindService, "", body)
}

func (m *minter) openService(token string) (f accessFacts, ok bool) {
	body, ok := m.open(kindService, "", token)
	if !ok || len(body) < 29 {
		return f, false
	}
	copy(f.ID[:], body)
	f.Issued, f.Expires = milli(body[16:]), milli(body[22:])
	id, scope, _ := strings.Cut(string(body[28:]), "\x00")
	f.Client, f.Scopes = id, strings.Fields(scope)
	return f, true
}
