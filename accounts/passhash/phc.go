package passhash

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/argon2"
)

// errFormat says that a stored hash cannot be read. The hash is not named: it
// must not reach a log.
var errFormat = errors.New("passhash: stored hash is not an argon2id PHC string within limits")

// Names of what is stored: a password's hash, or that of a foreign digest.
const (
	namePlain   = "argon2id"
	nameWrapped = "argon2id-wrapped"
)

// What a stored hash may cost at most, whoever wrote it: 1 GiB, 16 passes, 16
// lanes.
const (
	limitMemory  = 1 << 20 // KiB
	limitTime    = 16
	limitThreads = 16
)

// phc is the parts of "$argon2id$v=19$m=…,t=…,p=…$salt$tag", the string format
// of the Password Hashing Competition, and of what Foreign describes.
type phc struct {
	memory  uint32
	time    uint32
	threads uint8
	salt    []byte
	tag     []byte
	foreign kdf // makes of the password what was hashed; nil: it is hashed itself
}

func (p phc) String() string {
	b64 := base64.RawStdEncoding
	name, tail := namePlain, ""
	if p.foreign != nil {
		name, tail = nameWrapped, "$"+p.foreign.String()
	}
	return fmt.Sprintf("$%s$v=%d$m=%d,t=%d,p=%d$%s$%s%s", name, argon2.Version,
		p.memory, p.time, p.threads, b64.EncodeToString(p.salt), b64.EncodeToString(p.tag), tail)
}

// parse reads the one spelling that String writes.
func parse(s string) (phc, error) {
	parts := strings.SplitN(s, "$", 7)
	if len(parts) < 6 || parts[0] != "" || parts[2] != "v="+strconv.Itoa(argon2.Version) {
		return phc{}, errFormat
	}
	var foreign kdf
	switch wrapped := len(parts) == 7; {
	case !wrapped && parts[1] == namePlain:
	case wrapped && parts[1] == nameWrapped:
		var ok bool
		if foreign, ok = parseKDF(parts[6]); !ok {
			return phc{}, errFormat
		}
	default:
		return phc{}, errFormat
	}
	costs := strings.Split(parts[3], ",")
	if len(costs) != 3 {
		return phc{}, errFormat
	}
	memory, okM := cost(costs[0], "m=", limitMemory)
	time, okT := cost(costs[1], "t=", limitTime)
	threads, okP := cost(costs[2], "p=", limitThreads)
	if !okM || !okT || !okP || memory < 8*threads { // RFC 9106 §3.1
		return phc{}, errFormat
	}
	b64 := base64.RawStdEncoding.Strict()
	salt, err := b64.DecodeString(parts[4])
	if err != nil || len(salt) < 8 || len(salt) > 64 {
		return phc{}, errFormat
	}
	tag, err := b64.DecodeString(parts[5])
	if err != nil || len(tag) != tagLength {
		return phc{}, errFormat
	}
	p := phc{memory: memory, time: time, threads: uint8(threads), salt: salt, tag: tag, foreign: foreign} //nolint:gosec // at most limitThreads
	if p.String() != s {                                                                                  // the decoders let leading zeros and line breaks through
		return phc{}, errFormat
	}
	return p, nil
}

// cost reads a decimal number from 1 to limit after name.
func cost(s, name string, limit uint64) (uint32, bool) {
	digits, ok := strings.CutPrefix(s, name)
	n, err := strconv.ParseUint(digits, 10, 32)
	if !ok || err != nil || n < 1 || n > limit {
		return 0, false
	}
	return uint32(n), true
}
