package accounts

import (
	"errors"
	"fmt"
)

// Sentinels that every store returns, matched with errors.Is.
var (
	// ErrNotFound says that there is no such record, or none that is alive.
	ErrNotFound = errors.New("not found")
	// ErrConflict says that a unique record exists already, or that a
	// conditional change met a state other than the one it named.
	ErrConflict = errors.New("conflict")
	// ErrUnavailable says that a store did not answer in time or at all. What
	// was asked may or may not have happened; nothing may be granted on it.
	ErrUnavailable = errors.New("store unavailable")
	// ErrBusy says that more was asked than can be done at once. Nothing was done.
	ErrBusy = errors.New("busy")
)

// Code names one answer of the rules. Every code has a sentence per language in
// templates under "refusal.<code>".
type Code string

// RefusalError is an answer, not a fault: the request was understood and the
// rules say no. It carries no status and no sentence.
type RefusalError struct {
	Code  Code
	Field string // form field that the answer belongs to, empty for the whole form
	// AsOf is the date of the facts that the answer rests on, YYYY-MM-DD; empty
	// where that does not matter.
	AsOf string
	// Day is a date that the answer names, YYYY-MM-DD.
	Day string
}

func (e *RefusalError) Error() string { return "refused: " + string(e.Code) }

// Refuse returns a refusal of the whole form.
func Refuse(code Code) error { return &RefusalError{Code: code} }

// RefuseField returns a refusal that belongs to one field.
func RefuseField(field string, code Code) error { return &RefusalError{Code: code, Field: field} }

// refusedAs is a refusal that a fault of an outside system led to: people are
// told to try again, the log is told why.
func refusedAs(code Code, cause error) error {
	return fmt.Errorf("%w: %w", Refuse(code), cause)
}
