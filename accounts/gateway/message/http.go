package message

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/template"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/hmacsig"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

const receiptMark = "{receipt}"

// receiptPattern is what a provider's name for a message looks like; what does
// not is not kept.
var receiptPattern = regexp.MustCompile(`^[A-Za-z0-9^._:-]{1,128}$`)

// HTTP is a provider that the operator describes.
type HTTP struct {
	caller *outbound.Caller
	config HTTPConfig
	body   *template.Template
}

var _ accounts.MessageGateway = (*HTTP)(nil)

// NewHTTP returns a gateway of the configuration, or what is wrong with it.
func NewHTTP(c HTTPConfig, h outbound.Host) (*HTTP, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	body, err := parseBody(c.Body)
	if err != nil {
		return nil, err
	}
	return &HTTP{caller: outbound.New(c.Settings, h), config: c, body: body}, nil
}

// Close lets go of idle connections.
func (g *HTTP) Close() { g.caller.Close() }

// Send makes the described request of m.
func (g *HTTP) Send(ctx context.Context, m accounts.Message) (string, error) {
	phone, err := national(m.Phone)
	if err != nil {
		return "", fmt.Errorf("%s: %w", g.caller.Name(), err)
	}
	body, err := render(g.body, m, phone)
	if err != nil { // its text may quote the message
		return "", fmt.Errorf("%s: the body's template fails: %w", g.caller.Name(), accounts.ErrRejected)
	}
	method := g.config.Method
	if method == "" {
		method = http.MethodPost
	}
	receipt := m.ID
	err = g.caller.Do(ctx, outbound.Call{
		Operation: "send",
		Request: func(ctx context.Context) (*http.Request, error) {
			return g.request(ctx, method, g.config.URL, body)
		},
		Read: func(a *outbound.Answer) error {
			named, err := g.read(a)
			if named != "" {
				receipt = named
			}
			return err
		},
	})
	if err != nil {
		return "", err
	}
	return receipt, nil
}

func (g *HTTP) request(ctx context.Context, method, address string, body []byte) (*http.Request, error) {
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if len(body) > 0 {
		r.Header.Set("Content-Type", jsonType)
	}
	for name, value := range g.config.Headers {
		r.Header.Set(name, string(value))
	}
	if g.config.Signing == signingHMAC {
		key := hmacsig.Key{ID: g.config.KeyID, Secret: string(g.config.Secret)}
		hmacsig.Sign(r, body, key, g.caller.Now(), rand.Text())
	}
	return r, nil
}

// read judges the answer to a message and returns its name there, if it has one.
func (g *HTTP) read(a *outbound.Answer) (string, error) {
	taken := a.Status >= 200 && a.Status < 300
	document, err := decodeAny(a)
	if g.config.Success.Path != "" {
		if err != nil {
			return "", g.failure(a, nil)
		}
		value, _ := lookup(document, g.config.Success.Path)
		taken = taken && value == g.config.Success.Equals
	}
	if !taken {
		return "", g.failure(a, document)
	}
	receipt, _ := lookup(document, g.config.ReceiptPath)
	if g.config.ReceiptPath == "" || !receiptPattern.MatchString(receipt) {
		return "", nil // it was taken all the same: sending it again would be worse
	}
	return receipt, nil
}

func (g *HTTP) failure(a *outbound.Answer, document any) error {
	rule, status := g.config.Failure, "status-"+strconv.Itoa(a.Status)
	path := rule.Path
	if path == "" {
		path = g.config.Success.Path
	}
	value, _ := lookup(document, path)
	switch {
	case slices.Contains(rule.Number, value):
		return fmt.Errorf("%s: %w", outbound.Code(value), ErrNumber)
	case slices.Contains(rule.Rejected, value):
		return outbound.Rejected(value)
	case slices.Contains(rule.Limited, value):
		return outbound.Limited(value)
	case a.Status == http.StatusTooManyRequests:
		return outbound.Limited(status)
	case value != "":
		return outbound.Unavailable(value)
	default:
		return outbound.Unavailable(status)
	}
}

// Delivery asks by the receipt alone.
func (g *HTTP) Delivery(ctx context.Context, receipt, _ string, _ time.Time) (accounts.Delivery, error) {
	rule := g.config.Receipts
	if rule.URL == "" {
		return accounts.DeliveryUnknown, nil
	}
	delivery := accounts.DeliveryUnknown
	address := strings.ReplaceAll(rule.URL, receiptMark, url.PathEscape(receipt))
	err := g.caller.Do(ctx, outbound.Call{
		Operation:  "delivery",
		Repeatable: true,
		Request: func(ctx context.Context) (*http.Request, error) {
			return g.request(ctx, http.MethodGet, address, nil)
		},
		Read: func(a *outbound.Answer) error {
			if a.Status == http.StatusNotFound {
				return nil
			}
			if a.Status != http.StatusOK {
				return outbound.Unavailable("status-" + strconv.Itoa(a.Status))
			}
			document, err := decodeAny(a)
			if err != nil {
				return err
			}
			value, _ := lookup(document, rule.Path)
			switch {
			case slices.Contains(rule.Delivered, value):
				delivery = accounts.DeliveryDelivered
			case slices.Contains(rule.Failed, value):
				delivery = accounts.DeliveryFailed
			}
			return nil
		},
	})
	return delivery, err
}

// Check reads the configured address, or asks whether anything answers.
func (g *HTTP) Check(ctx context.Context) error {
	method, address := http.MethodGet, g.config.CheckURL
	if address == "" {
		method, address = http.MethodHead, g.config.URL
	}
	return g.caller.Check(ctx, outbound.Call{
		Operation:  "check",
		Repeatable: true,
		Request: func(ctx context.Context) (*http.Request, error) {
			return g.request(ctx, method, address, nil)
		},
		Read: func(a *outbound.Answer) error {
			if g.config.CheckURL != "" && (a.Status < 200 || a.Status >= 300) {
				return outbound.Unavailable("status-" + strconv.Itoa(a.Status))
			}
			return nil
		},
	})
}
