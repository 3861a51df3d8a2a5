package record

import (
	"crypto/sha256"
	"encoding/binary"
)

// Key is what a record is found by: a hash of its secret, so that reading the
// store does not allow to use what is in it.
type Key [sha256.Size]byte

// InteractionKey is the key of an interaction.
func InteractionKey(id string) Key { return Key(sha256.Sum256([]byte(id))) }

// ChallengeKey is the key of a challenge. The purpose's length goes first: no
// two pairs run together to the same bytes.
func ChallengeKey(purpose, id string) Key {
	b := make([]byte, 0, 4+len(purpose)+len(id))
	b = binary.BigEndian.AppendUint32(b, uint32(len(purpose))) //nolint:gosec // a purpose is a short constant
	b = append(b, purpose...)
	b = append(b, id...)
	return Key(sha256.Sum256(b))
}
