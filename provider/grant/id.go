package grant

import (
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
)

// The last two bits of a family's id name the kind of account that it acts as.
// Every token carries the id, so a store knows from the token alone which
// account's row stands behind it, and reads that row and no other.
const kindBits = 3

// NewID mints the id of a family of such an account.
func NewID(t accounts.Type) ID {
	id := uuid.New()
	id[15] = id[15]&^kindBits | kindOf(t)
	return id
}

// AccountType is the kind of account that the family acts as; empty for an id
// that NewID did not make.
func AccountType(id ID) accounts.Type {
	for _, t := range accounts.Types() {
		if kindOf(t) == id[15]&kindBits {
			return t
		}
	}
	return ""
}

func kindOf(t accounts.Type) byte {
	switch t {
	case accounts.TypePerson:
		return 1
	case accounts.TypeAgent:
		return 2
	default:
		return 0
	}
}
