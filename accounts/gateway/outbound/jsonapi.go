package outbound

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/tongid/tongid/accounts/gateway/hmacsig"
)

// JSONConfig is how to reach a system that speaks our own JSON over HTTP, signed
// with package hmacsig (docs/gateways.md).
type JSONConfig struct {
	Settings

	URL    string // its base
	KeyID  string
	Secret Secret
}

// Faults lists what is wrong with the configuration.
func (c JSONConfig) Faults() []error {
	faults := c.Settings.Faults()
	if err := CheckURL(c.URL); err != nil {
		faults = append(faults, errors.New("url "+err.Error()))
	} else if strings.Contains(c.URL, "?") {
		faults = append(faults, errors.New("url has a query"))
	}
	if c.KeyID == "" {
		faults = append(faults, errors.New("key id is missing"))
	}
	if c.Secret == "" {
		faults = append(faults, errors.New("secret is missing"))
	}
	return faults
}

// JSONClient calls such a system.
type JSONClient struct {
	*Caller

	config JSONConfig
}

// NewJSONClient returns a client.
func NewJSONClient(c JSONConfig, h Host) *JSONClient {
	return &JSONClient{Caller: New(c.Settings, h), config: c}
}

// URL is the system's base.
func (c *JSONClient) URL() string { return c.config.URL }

// JSONCall is one question; Send is its body, nil for none.
type JSONCall struct {
	Operation  string
	Method     string
	Path       string // escaped, beginning with a slash
	Send       any
	Repeatable bool
	// Read is told of answers with status 200, 201 and 204, Missing (if there is
	// one) of those that say not_found; every other status has a fixed meaning.
	Read    func(a *Answer) error
	Missing func(a *Answer) error
}

// Ask makes the call.
func (c *JSONClient) Ask(ctx context.Context, call JSONCall) error {
	return c.Do(ctx, c.call(call))
}

// Check asks the system's health.
func (c *JSONClient) Check(ctx context.Context) error {
	return c.Caller.Check(ctx, c.call(JSONCall{
		Operation: "check", Method: http.MethodGet, Path: "/health", Repeatable: true,
		Read: func(*Answer) error { return nil },
	}))
}

func (c *JSONClient) call(call JSONCall) Call {
	return Call{
		Operation:  call.Operation,
		Repeatable: call.Repeatable,
		Request: func(ctx context.Context) (*http.Request, error) {
			return c.request(ctx, call)
		},
		Read: func(a *Answer) error {
			switch a.Status {
			case http.StatusOK, http.StatusCreated, http.StatusNoContent:
				return call.Read(a)
			}
			if call.Missing != nil && notFound(a) {
				return call.Missing(a)
			}
			return refusal(a)
		},
	}
}

func (c *JSONClient) request(ctx context.Context, call JSONCall) (*http.Request, error) {
	var body []byte
	if call.Send != nil {
		var err error
		if body, err = json.Marshal(call.Send); err != nil {
			return nil, err
		}
	}
	r, err := http.NewRequestWithContext(ctx, call.Method, strings.TrimSuffix(c.config.URL, "/")+call.Path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	if call.Send != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	r.Header.Set("Accept", "application/json")
	hmacsig.Sign(r, body, hmacsig.Key{ID: c.config.KeyID, Secret: string(c.config.Secret)}, c.Now(), rand.Text())
	return r, nil
}

// refusal reads {"error": "a_code"}; the status says what kind it is.
func refusal(a *Answer) error {
	var problem struct {
		Error string `json:"error"`
	}
	said := "status-" + strconv.Itoa(a.Status)
	if a.JSON(&problem) == nil && problem.Error != "" {
		said = problem.Error
	}
	switch a.Status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity:
		return Rejected(said)
	case http.StatusTooManyRequests:
		return Limited(said)
	default:
		return Unavailable(said)
	}
}

// notFound reports whether the system itself says that it does not have what was
// asked for. A bare 404 may come from a proxy before a system that is down.
func notFound(a *Answer) bool {
	var problem struct {
		Error string `json:"error"`
	}
	return (a.Status == http.StatusNotFound || a.Status == http.StatusGone) &&
		a.JSON(&problem) == nil && problem.Error == "not_found"
}
