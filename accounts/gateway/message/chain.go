package message

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
)

// Provider is one link of a chain. Its name stands in receipts, so it must stay
// the same while messages of it are asked for: lower-case letters, digits, "-".
type Provider struct {
	Name    string
	Gateway accounts.MessageGateway
}

// Chain sends through the first provider, and the same message through the next
// when that fails.
//
// The next is tried whatever the failure, but for two: the number itself is
// refused (ErrNumber; every provider would), or the caller has gone away. So it
// is tried after a template or sign is refused, which is one vendor's business;
// after flow control, since what protects a phone is our own limits, which are
// stricter and come first, while a vendor also counts what other systems sent;
// and after a timeout, when the first may have sent it after all. The phone then
// gets the same text and the same code twice.
type Chain struct {
	providers []Provider
}

var _ accounts.MessageGateway = (*Chain)(nil)

// NewChain returns a chain of one or more providers.
func NewChain(providers ...Provider) (*Chain, error) {
	if len(providers) == 0 {
		return nil, errors.New("sms: no provider")
	}
	seen := map[string]bool{}
	for _, p := range providers {
		if p.Name == "" || strings.Contains(p.Name, receiptSeparator) || seen[p.Name] {
			return nil, errors.New("sms: providers need different names without " + receiptSeparator)
		}
		seen[p.Name] = true
	}
	return &Chain{providers: providers}, nil
}

const receiptSeparator = "/"

// Send returns the receipt of the provider that took the message. If none did,
// the error is ErrRejected only when every provider rejected it: as long as one
// was merely unavailable or limited, trying again later is worth it.
func (c *Chain) Send(ctx context.Context, m accounts.Message) (string, error) {
	var failures []error
	for _, p := range c.providers {
		receipt, err := p.Gateway.Send(ctx, m)
		if err == nil {
			return p.Name + receiptSeparator + receipt, nil
		}
		if errors.Is(err, ErrNumber) {
			return "", err
		}
		failures = append(failures, err)
		if ctx.Err() != nil {
			break
		}
	}
	return "", worthiest(failures)
}

// worthiest returns the failure that leaves most hope, and tells of the others.
func worthiest(failures []error) error {
	best := 0
	for i, err := range failures {
		if hope(err) > hope(failures[best]) {
			best = i
		}
	}
	var others []string
	for i, err := range failures {
		if i != best {
			others = append(others, err.Error())
		}
	}
	if len(others) == 0 {
		return failures[best]
	}
	return fmt.Errorf("%w (and %s)", failures[best], strings.Join(others, "; "))
}

func hope(err error) int {
	switch {
	case errors.Is(err, accounts.ErrRejected):
		return 0
	case errors.Is(err, accounts.ErrFlowControl):
		return 1
	default:
		return 2
	}
}

// Delivery asks the provider that the receipt names. One that is no longer in the
// chain cannot be asked.
func (c *Chain) Delivery(ctx context.Context, receipt, phone string, sent time.Time) (accounts.Delivery, error) {
	name, rest, _ := strings.Cut(receipt, receiptSeparator)
	for _, p := range c.providers {
		if p.Name == name {
			return p.Gateway.Delivery(ctx, rest, phone, sent)
		}
	}
	return accounts.DeliveryUnknown, nil
}

// Check is content with one provider that works: that is what the chain is for.
func (c *Chain) Check(ctx context.Context) error {
	var failures []error
	for _, p := range c.providers {
		err := p.Gateway.Check(ctx)
		if err == nil {
			return nil
		}
		failures = append(failures, err)
	}
	return worthiest(failures)
}
