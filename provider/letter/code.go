package letter

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
)

// What a check code says, in bits, from its first to its last; then two characters
// to tell a slip from a forgery (adr/0007).
const (
	prefixBits = 64 // first half of the mandate's id
	minuteBits = 24 // of issue, since epoch
	termsBits  = 16 // digest of what the letter says
	macBits    = 46
	factsBits  = prefixBits + minuteBits + termsBits

	digits  = (factsBits + macBits) / 5
	checks  = 2
	modulus = 1021 // the largest prime that two characters can write

	// alphabet is Crockford's: none of its letters is taken for a digit.
	alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
)

// epoch is when minutes are counted from; 24 bits of them last until 2056.
var epoch = time.Date(2025, 1, 1, 0, 0, 0, 0, time.UTC) //nolint:gochecknoglobals // a constant

// ErrTypo says that a text is no check code, by the code alone: something was
// typed wrongly.
var ErrTypo = errors.New("letter: not a check code")

// facts are what a check code says. What they are worth, genuine tells.
type facts struct {
	number *big.Int // all of them, and the MAC
}

// newCode makes the check code of a letter about a mandate.
func newCode(key [32]byte, m *accounts.MandateView, at time.Time) (string, error) {
	id, err := uuid.Parse(m.ID)
	if err != nil {
		return "", fmt.Errorf("letter: id of mandate: %w", err)
	}
	minute := at.Sub(epoch) / time.Minute
	if minute < 0 || minute >= 1<<minuteBits {
		return "", fmt.Errorf("letter: %s cannot be written", at)
	}
	n := new(big.Int).SetBytes(id[:prefixBits/8])
	n.Or(n.Lsh(n, minuteBits), big.NewInt(int64(minute)))
	n.Or(n.Lsh(n, termsBits), big.NewInt(int64(termsOf(key, m))))
	mac := macOf(key, m.ID, n)
	n.Or(n.Lsh(n, macBits), mac)
	check := new(big.Int).Mod(n, big.NewInt(modulus)).Int64()
	return group(written(n, digits) + written(big.NewInt(check), checks)), nil
}

// parse reads a check code as people type it: in any case and width, with spaces
// and hyphens anywhere, O for 0, I and L for 1.
func parse(text string) (facts, error) {
	n, length := new(big.Int), 0
	check := int64(0)
	for _, r := range strings.ToUpper(idnum.Normalise(text)) {
		switch r {
		case ' ', '-', '–', '—', '\t', '\n', '\r':
			continue
		case 'O':
			r = '0'
		case 'I', 'L':
			r = '1'
		}
		digit := strings.IndexRune(alphabet, r)
		switch {
		case digit < 0 || length == digits+checks:
			return facts{}, ErrTypo
		case length < digits:
			n.Or(n.Lsh(n, 5), big.NewInt(int64(digit)))
		default:
			check = check<<5 | int64(digit)
		}
		length++
	}
	if length != digits+checks || new(big.Int).Mod(n, big.NewInt(modulus)).Int64() != check {
		return facts{}, ErrTypo
	}
	return facts{n}, nil
}

// prefix is how the id of the mandate begins.
func (f facts) prefix() string {
	var id uuid.UUID
	new(big.Int).Rsh(f.number, minuteBits+termsBits+macBits).FillBytes(id[:prefixBits/8])
	return id.String()[:len("00000000-0000-0000")]
}

// issued is when the letter was made, to the minute.
func (f facts) issued() time.Time {
	minute := new(big.Int).Rsh(f.number, termsBits+macBits).Int64() & (1<<minuteBits - 1)
	return epoch.Add(time.Duration(minute) * time.Minute)
}

// terms are the digest of what the letter says.
func (f facts) terms() uint16 {
	return uint16(new(big.Int).Rsh(f.number, macBits).Uint64() & (1<<termsBits - 1))
}

// genuine reports whether the code is of our making and about that mandate.
func (f facts) genuine(key [32]byte, mandate string) bool {
	said := new(big.Int).Rsh(f.number, macBits)
	mac := new(big.Int).And(f.number, mask(macBits))
	want := macOf(key, mandate, said)
	return hmac.Equal(mac.FillBytes(make([]byte, 8)), want.FillBytes(make([]byte, 8)))
}

func mask(bits uint) *big.Int {
	return new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), bits), big.NewInt(1))
}

// macOf covers the whole id, of which the code has but half.
func macOf(key [32]byte, mandate string, said *big.Int) *big.Int {
	h := hmac.New(sha256.New, key[:])
	h.Write([]byte("code\n" + mandate + "\n"))
	h.Write(said.FillBytes(make([]byte, factsBits/8)))
	return new(big.Int).And(new(big.Int).SetBytes(h.Sum(nil)[:8]), mask(macBits))
}

// termsOf is the digest of what a letter says of a mandate.
func termsOf(key [32]byte, m *accounts.MandateView) uint16 {
	h := hmac.New(sha256.New, key[:])
	fmt.Fprintf(h, "terms\n%q\n%q\n%q\n%q\n%q\n%q\n%t\n%q", m.Company, m.USCC, m.Person, m.Role, m.ValidFrom, m.ValidUntil, m.Manager, m.Services)
	return binary.BigEndian.Uint16(h.Sum(nil))
}

func written(n *big.Int, length int) string {
	out := make([]byte, length)
	rest := new(big.Int).Set(n)
	for i := length - 1; i >= 0; i-- {
		out[i] = alphabet[new(big.Int).And(rest, big.NewInt(31)).Int64()]
		rest.Rsh(rest, 5)
	}
	return string(out)
}

// group puts a hyphen after each four characters.
func group(s string) string {
	var b strings.Builder
	for i, r := range s {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}
