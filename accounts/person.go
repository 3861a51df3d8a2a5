package accounts

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts/idnum"
)

// PersonID identifies one natural person's account, a UUID. It is also the
// account's OpenID Connect subject.
type PersonID string

// Person is a natural person's account (自然人).
type Person struct {
	ID           PersonID
	Name         string // as typed at registration; sealed at rest
	DocType      DocType
	DocNumber    string // canonical (idnum.ParseDocument); sealed at rest
	ValidFrom    string // of the document, YYYY-MM-DD
	ValidTo      string // empty for 长期
	Phone        string // E.164, sealed at rest
	PasswordHash string // PHC string
	Status       Status
	Proofing     LOA // how well the person was proved, 2..5
	Epoch        int64
	ClosingAt    time.Time // the account ends then unless its holder signs in before; zero: no end in sight
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Closed reports whether the account has ended by its holder's wish.
func (p *Person) Closed(now time.Time) bool {
	return !p.ClosingAt.IsZero() && !now.Before(p.ClosingAt)
}

// DocumentKey is what the person's document is looked up by.
func (p *Person) DocumentKey() string { return documentKey(p.DocType, p.DocNumber) }

// documentKey names a document among all kinds: numbers of two kinds may be
// equal.
func documentKey(t DocType, number string) string {
	if number == "" {
		return ""
	}
	return string(t) + ":" + idnum.DocumentKey(string(t), number)
}

// Principal returns the person's account as it stands now.
func (p *Person) Principal() Principal {
	return Principal{Type: TypePerson, Subject: string(p.ID), Person: p.ID, Epochs: Epochs{Account: p.Epoch}}
}

// PersonIdentifier is what a person may be looked up by; empty fields find
// nobody.
type PersonIdentifier struct {
	Phone     string   // E.164
	Documents []string // Person.DocumentKey, one for each kind it may be of
}

// MaxDocuments is how many keys a PersonIdentifier has at the most.
const MaxDocuments = 6

// personIdentifier reads what a person signs in with: a phone, or the number of a
// document of whichever kind.
func personIdentifier(text string) PersonIdentifier {
	text = idnum.Normalise(text)
	var by PersonIdentifier
	if phone, err := idnum.ParseMobile(text); err == nil {
		by.Phone = string(phone)
	}
	if text == "" {
		return by
	}
	for _, kind := range idnum.Kinds() {
		if _, ok := permitNumber(kind, text); ok || !countsIssues(kind) {
			by.Documents = append(by.Documents, documentKey(DocType(kind), text))
		}
	}
	return by
}

// countedAs is what tries at one account are counted under, however it was
// spelled: the phone, the part of a permit's number that stays, or the text.
func countedAs(text string) string {
	text = idnum.Normalise(text)
	if phone, err := idnum.ParseMobile(text); err == nil {
		return string(phone)
	}
	for _, kind := range idnum.Kinds() {
		if number, ok := permitNumber(kind, text); ok {
			return idnum.DocumentKey(kind, number)
		}
	}
	return text
}

// countsIssues reports whether the number of a kind of document ends in a count of
// how often it was issued, which does not tell its holder.
func countsIssues(kind string) bool {
	return kind == idnum.KindHKMacaoPermit || kind == idnum.KindTaiwanPermit
}

// permitNumber reads the number of a document that counts its issues. Only a whole
// one finds anybody: else anything behind it would be another spelling.
func permitNumber(kind, text string) (string, bool) {
	if !countsIssues(kind) {
		return "", false
	}
	number, err := idnum.ParseDocument(kind, text, idnum.Date{})
	return number, err == nil
}

// PersonFinder looks persons up.
type PersonFinder interface {
	// FindPerson looks a person up by phone or document, in one statement. One
	// who has that phone goes before one who has that document. A cancelled
	// account is not found.
	FindPerson(ctx context.Context, by PersonIdentifier) (*Person, error)
	Person(ctx context.Context, id PersonID) (*Person, error)
	// PersonsWithPhone counts the accounts that a phone is bound to.
	PersonsWithPhone(ctx context.Context, phone string) (int, error)
}

// PersonStore keeps persons' accounts.
type PersonStore interface {
	PersonFinder
	CreatePerson(ctx context.Context, p *Person) error // ErrConflict: the document has an account
	PersonChanger
}

// PersonChanger changes what may change of a person's account.
type PersonChanger interface {
	// SetPersonPassword is EnterpriseStore.SetEnterprisePassword for persons.
	SetPersonPassword(ctx context.Context, id PersonID, old, hash string, raise bool, now time.Time) error
	SetPersonPhone(ctx context.Context, id PersonID, phone string, now time.Time) error
	// SetPersonClosing sets when the account ends, zero for not at all. With
	// raise it ends what was born before.
	SetPersonClosing(ctx context.Context, id PersonID, at time.Time, raise bool, now time.Time) error
	// SetPersonStatus raises the epoch when the new state admits nobody. A
	// cancelled account keeps its row and none of what it knew of the person.
	SetPersonStatus(ctx context.Context, id PersonID, s Status, now time.Time) error
	RaisePersonEpoch(ctx context.Context, id PersonID, now time.Time) error
}
