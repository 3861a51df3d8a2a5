// Package aliyunrpc calls the RPC-style interfaces of Alibaba Cloud, which the
// gateways for messages and for faces share.
package aliyunrpc

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/tongid/tongid/accounts/gateway/acs3"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

// Config is how to reach one product of Alibaba Cloud.
type Config struct {
	outbound.Settings

	Endpoint        string // https://dysmsapi.aliyuncs.com
	AccessKeyID     string
	AccessKeySecret outbound.Secret
}

// Faults lists what is wrong with the configuration.
func (c Config) Faults() []error {
	faults := c.Settings.Faults()
	if err := outbound.CheckURL(c.Endpoint); err != nil {
		faults = append(faults, errors.New("endpoint "+err.Error()))
	}
	if c.AccessKeyID == "" {
		faults = append(faults, errors.New("access key id is missing"))
	}
	if c.AccessKeySecret == "" {
		faults = append(faults, errors.New("access key secret is missing"))
	}
	return faults
}

// Client calls one product.
type Client struct {
	*outbound.Caller

	config  Config
	version string
}

// New returns a client of the product with that version of its interface.
func New(c Config, version string, h outbound.Host) *Client {
	return &Client{Caller: outbound.New(c.Settings, h), config: c, version: version}
}

// Endpoint is where the product is reached.
func (c *Client) Endpoint() string { return c.config.Endpoint }

// Call returns the call of an action, whose parameters go into the query as the
// vendor has it: into an address that only TLS protects, and that is never
// logged. Read is told of answers of every status below 500.
func (c *Client) Call(action string, parameters url.Values, repeatable bool, read func(a *outbound.Answer) error) outbound.Call {
	return outbound.Call{
		Operation:  action,
		Repeatable: repeatable,
		Request: func(ctx context.Context) (*http.Request, error) {
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(c.config.Endpoint, "/")+"/?"+parameters.Encode(), http.NoBody)
			if err != nil {
				return nil, err
			}
			key := acs3.Key{ID: c.config.AccessKeyID, Secret: string(c.config.AccessKeySecret)}
			acs3.Sign(r, nil, acs3.Call{Action: action, Version: c.version}, key, c.Now(), rand.Text())
			return r, nil
		},
		Read: read,
	}
}

// Refusal says what an answer's code means that no product gives a meaning of
// its own.
func Refusal(code string) error {
	if code == "Throttling" || strings.HasPrefix(code, "Throttling.") {
		return outbound.Limited(code)
	}
	return outbound.Unavailable(code)
}
