// Package idnum reads what identifies enterprises and persons: numbers of
// documents, codes, phones, names, login names, dates and terms. It normalises,
// checks by the standards, masks, and makes the keys under which two spellings
// are the same. It is pure: no clock, no store, no sentence; errors are typed and
// never hold what was typed.
package idnum
