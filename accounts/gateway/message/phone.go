package message

import (
	"errors"
	"fmt"
	"regexp"

	"github.com/tongid/tongid/accounts"
)

// ErrNumber says that a provider, or this package, will not send to that number.
// It is an accounts.ErrRejected that no other provider would answer otherwise.
var ErrNumber = fmt.Errorf("the number is not accepted: %w", accounts.ErrRejected)

var mainland = regexp.MustCompile(`^\+86(1[0-9]{10})$`)

// national returns the eleven digits that vendors here want.
func national(phone string) (string, error) {
	parts := mainland.FindStringSubmatch(phone)
	if parts == nil {
		return "", ErrNumber
	}
	return parts[1], nil
}

// faulty joins what is wrong with a configuration under one name.
func faulty(what string, faults []error) error {
	if len(faults) == 0 {
		return nil
	}
	for i, err := range faults {
		faults[i] = fmt.Errorf("%s: %w", what, err)
	}
	return errors.Join(faults...)
}
