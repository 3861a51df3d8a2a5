// Package keys holds the provider's signing keys: per algorithm one next
// (published ahead), one current (signs) and the retired ones (still verify
// until the last token they signed is out).
package keys

import (
	"context"
	"time"
)

// State of a signing key.
type State string

// States, in order.
const (
	Next    State = "next"
	Current State = "current"
	Retired State = "retired"
	Revoked State = "revoked" // compromised: verifies nothing, is published nowhere
)

// Record is one signing key as stored.
type Record struct {
	ID        string // kid: RFC 7638 thumbprint
	Algorithm string // RS256, ES256, EdDSA (RFC 7518, RFC 8037)
	State     State
	Private   []byte // PKCS #8 DER, sealed at rest
	CreatedAt time.Time
	CurrentAt time.Time // when it began to sign, zero before
	RetiredAt time.Time // when it stopped, zero before
}

// Store keeps signing keys.
type Store interface {
	// Keys returns all keys and the revision they were read at.
	Keys(ctx context.Context) (keys []Record, revision int64, err error)
	// KeysRevision returns a number that every change of a key raises.
	KeysRevision(ctx context.Context) (int64, error)
	// ChangeKeys inserts or updates (state and times) the records and raises
	// the revision, if it still is revision; ErrConflict otherwise.
	ChangeKeys(ctx context.Context, revision int64, changed []Record) error
	// DeleteKeys removes retired or revoked keys.
	DeleteKeys(ctx context.Context, ids []string) error
}
