package outbound

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"regexp"
	"syscall"

	"github.com/sony/gobreaker/v2"

	"github.com/tongid/tongid/accounts"
)

// Rejected is an answer that means no, by the system's own code.
func Rejected(code string) error {
	return fmt.Errorf("%s: %w", Code(code), accounts.ErrRejected)
}

// Limited is an answer that means too much, by the system's own code.
func Limited(code string) error {
	return fmt.Errorf("%s: %w", Code(code), accounts.ErrFlowControl)
}

// Unavailable is an answer that says nothing of what was asked.
func Unavailable(code string) error {
	return fmt.Errorf("%s: %w", Code(code), accounts.ErrUnavailable)
}

// Unreadable is an answer that is not what was agreed.
func Unreadable(what string) error { return &fault{text: "unreadable answer: " + what} }

var (
	code   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`)
	number = regexp.MustCompile(`[0-9]{5}`)
)

// Code returns what an outside system calls its answer, if it may be told in an
// error: systems repeat phones and numbers in the strangest places.
func Code(s string) string {
	if !code.MatchString(s) || number.MatchString(s) {
		return "code withheld"
	}
	return s
}

// fault is a failed exchange. It tells nothing that was sent or came back: not
// the address, which may hold a phone, and not what the transport says of an
// answer that it could not read.
type fault struct {
	text  string
	cause error // of the context, or nil
}

func (f *fault) Error() string { return f.text }

func (f *fault) Unwrap() []error {
	if f.cause == nil {
		return []error{accounts.ErrUnavailable}
	}
	return []error{accounts.ErrUnavailable, f.cause}
}

func transportFault(err error) error {
	var (
		dns     *net.DNSError
		failed  net.Error
		record  tls.RecordHeaderError
		unknown *tls.CertificateVerificationError
	)
	switch {
	case errors.Is(err, context.Canceled):
		return &fault{text: "called off", cause: context.Canceled}
	case errors.Is(err, context.DeadlineExceeded):
		return &fault{text: "timed out", cause: context.DeadlineExceeded}
	case errors.As(err, &failed) && failed.Timeout():
		return &fault{text: "timed out"}
	case errors.As(err, &dns):
		return &fault{text: "its name is not found"}
	case errors.As(err, &unknown), errors.As(err, &record):
		return &fault{text: "its certificate is not accepted"}
	case errors.Is(err, syscall.ECONNREFUSED):
		return &fault{text: "refuses connections"}
	default:
		return &fault{text: "connection broken"}
	}
}

func breakerFault(err error) error {
	if errors.Is(err, gobreaker.ErrOpenState) || errors.Is(err, gobreaker.ErrTooManyRequests) {
		return &fault{text: "not asked, after many failures"}
	}
	return err
}

// answered reports whether the system did its work, whatever its answer.
func answered(err error) bool {
	return err == nil || errors.Is(err, accounts.ErrRejected) || errors.Is(err, accounts.ErrFlowControl) ||
		errors.Is(err, accounts.ErrNotFound)
}
