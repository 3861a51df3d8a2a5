package main

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Opaque tokens: a letter for the kind, then id ‖ milliseconds or generation ‖
// 6 random bytes ‖ HMAC-SHA256, in base64url.
const (
	kindCode    = "c"
	kindAccess  = "a"
	kindRefresh = "r"
	kindService = "s"

	bodySize = 16 + 8 + 6
)

func (s *server) mac(kind string, body []byte) []byte {
	h := hmac.New(sha256.New, s.key[:])
	h.Write([]byte(kind))
	h.Write(body)
	return h.Sum(nil)
}

func (s *server) seal(kind string, id uuid.UUID, number int64) string {
	raw := make([]byte, bodySize, bodySize+sha256.Size)
	copy(raw, id[:])
	binary.BigEndian.PutUint64(raw[16:], uint64(number)) //nolint:gosec // bits, there and back
	if kind != kindRefresh {
		rand.Read(raw[24:])
	}
	raw = append(raw, s.mac(kind, raw)...)
	return kind + base64.RawURLEncoding.EncodeToString(raw)
}

func (s *server) open(kind, token string) (id uuid.UUID, number int64, ok bool) {
	text, ok := strings.CutPrefix(token, kind)
	if !ok {
		return id, 0, false
	}
	raw, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil || len(raw) != bodySize+sha256.Size || !hmac.Equal(raw[bodySize:], s.mac(kind, raw[:bodySize])) {
		return id, 0, false
	}
	copy(id[:], raw)
	return id, int64(binary.BigEndian.Uint64(raw[16:])), true //nolint:gosec // bits, there and back
}

// openLive opens a token whose number is its end in milliseconds.
func (s *server) openLive(kind, token string) (id uuid.UUID, ok bool) {
	id, end, ok := s.open(kind, token)
	return id, ok && time.Now().UnixMilli() < end
}

func newSecret(n int) string {
	b := make([]byte, n)
	rand.Read(b)
	return base64.RawURLEncoding.EncodeToString(b)
}
