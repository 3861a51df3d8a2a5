package record

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/tongid/tongid/accounts"
)

// A value is the number of its fields, then the fields in their order. Lengths
// and numbers are varints. A field is added at the end only: a replica of the
// version before ignores it, and reads of what that one wrote find it empty.

var (
	errShort = errors.New("value ends within a field")
	errBad   = errors.New("field is not of its form")
)

type writer struct{ b []byte }

func newWriter(fields byte) *writer { return &writer{b: append(make([]byte, 0, 512), fields)} }

func (w *writer) number(n int64) { w.b = binary.AppendVarint(w.b, n) }

func (w *writer) text(s string) {
	w.b = binary.AppendUvarint(w.b, uint64(len(s)))
	w.b = append(w.b, s...)
}

// bytes tells nil from empty, as texts does.
func (w *writer) bytes(b []byte) {
	if b == nil {
		w.b = append(w.b, 0)
		return
	}
	w.b = binary.AppendUvarint(w.b, uint64(len(b))+1)
	w.b = append(w.b, b...)
}

func (w *writer) texts(list []string) {
	if list == nil {
		w.b = append(w.b, 0)
		return
	}
	w.b = binary.AppendUvarint(w.b, uint64(len(list))+1)
	for _, s := range list {
		w.text(s)
	}
}

func (w *writer) fixed(b []byte) { w.b = append(w.b, b...) }

func (w *writer) flag(is bool) {
	if is {
		w.b = append(w.b, 1)
		return
	}
	w.b = append(w.b, 0)
}

func (w *writer) instant(t time.Time) {
	w.b = binary.AppendVarint(w.b, t.Unix())
	w.b = binary.AppendUvarint(w.b, uint64(t.Nanosecond())) //nolint:gosec // 0 to 999999999
}

func (w *writer) principal(p accounts.Principal) {
	w.text(string(p.Type))
	w.text(p.Subject)
	w.text(string(p.Enterprise))
	w.number(p.Epochs.Account)
	w.number(p.Epochs.Enterprise)
}

// reader reads what writer wrote. After the first error it reads nothing more;
// after the last field that was written it reads zero values. Its strings share
// the value's memory.
type reader struct {
	s      string
	fields int
	err    error
}

func newReader(s string) *reader {
	if s == "" {
		return &reader{err: errShort}
	}
	return &reader{s: s[1:], fields: int(s[0])}
}

// next reports whether there is another field.
func (r *reader) next() bool {
	if r.err != nil || r.fields == 0 {
		return false
	}
	r.fields--
	return true
}

func (r *reader) number() int64 {
	if !r.next() {
		return 0
	}
	return r.varint()
}

func (r *reader) text() string {
	if !r.next() {
		return ""
	}
	return r.cut(r.uvarint())
}

func (r *reader) bytes() []byte {
	if !r.next() {
		return nil
	}
	n := r.uvarint()
	if n == 0 {
		return nil
	}
	return []byte(r.cut(n - 1))
}

func (r *reader) texts() []string {
	if !r.next() {
		return nil
	}
	n := r.uvarint()
	if n == 0 {
		return nil
	}
	if n-1 > uint64(len(r.s)) { // each has a byte for its length at least
		r.fail(errShort)
		return nil
	}
	list := make([]string, 0, n-1)
	for range n - 1 {
		list = append(list, r.cut(r.uvarint()))
	}
	return list
}

func (r *reader) fixed(to []byte) {
	if r.next() {
		copy(to, r.cut(uint64(len(to))))
	}
}

func (r *reader) flag() bool {
	if !r.next() {
		return false
	}
	b := r.cut(1)
	if b != "\x00" && b != "\x01" {
		r.fail(errBad)
	}
	return b == "\x01"
}

func (r *reader) instant() time.Time {
	if !r.next() {
		return time.Time{}
	}
	seconds, nanoseconds := r.varint(), r.uvarint()
	if nanoseconds >= uint64(time.Second) {
		r.fail(errBad)
		return time.Time{}
	}
	return time.Unix(seconds, int64(nanoseconds)).UTC()
}

// principalFields is how many fields a principal is.
const principalFields = 5

func (r *reader) principal() accounts.Principal {
	return accounts.Principal{
		Type: accounts.Type(r.text()), Subject: r.text(), Enterprise: accounts.EnterpriseID(r.text()),
		Epochs: accounts.Epochs{Account: r.number(), Enterprise: r.number()},
	}
}

// ownerFields are the fields of a principal that came later: they end a record, so
// that one without them is read.
const ownerFields = 3

func (w *writer) owner(p accounts.Principal) {
	w.text(string(p.Person))
	w.text(p.Mandate)
	w.number(p.Epochs.Person)
}

func (r *reader) owner(p *accounts.Principal) {
	p.Person, p.Mandate, p.Epochs.Person = accounts.PersonID(r.text()), r.text(), r.number()
}

func (r *reader) varint() int64 {
	u := r.uvarint()
	n := int64(u >> 1) // zigzag, as binary.Varint
	if u&1 != 0 {
		n = ^n
	}
	return n
}

// uvarint is binary.Uvarint on a string.
func (r *reader) uvarint() uint64 {
	if r.err != nil {
		return 0
	}
	var n uint64
	for i := range min(len(r.s), binary.MaxVarintLen64) {
		b := r.s[i]
		if i == binary.MaxVarintLen64-1 && b > 1 {
			break
		}
		n |= uint64(b&0x7f) << (7 * i)
		if b < 0x80 {
			r.s = r.s[i+1:]
			return n
		}
	}
	if len(r.s) < binary.MaxVarintLen64 {
		r.fail(errShort)
	} else {
		r.fail(errBad)
	}
	return 0
}

// cut takes the next n bytes.
func (r *reader) cut(n uint64) string {
	if r.err != nil {
		return ""
	}
	if n > uint64(len(r.s)) {
		r.fail(errShort)
		return ""
	}
	out := r.s[:n]
	r.s = r.s[n:]
	return out
}

func (r *reader) fail(err error) {
	if r.err == nil {
		r.err = err
	}
}
