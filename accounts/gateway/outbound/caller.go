// Package outbound calls outside systems on behalf of the gateways: with a
// deadline, a breaker, a bounded answer and errors that tell no personal data.
package outbound

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/sony/gobreaker/v2"
	"golang.org/x/sync/singleflight"
)

// What a caller does unless its settings say otherwise.
const (
	DefaultTimeout = 3 * time.Second
	DefaultConnect = time.Second
	DefaultRest    = 10 * time.Second

	largestAnswer   = 256 << 10
	failuresToOpen  = 5
	checkRemembered = 10 * time.Second
	connections     = 64 // to one system at a time: a slow one must not take everything
)

// HeaderSimulated marks every answer of a simulator. It only ever lowers what an
// answer is worth: its absence means that the answer is real.
const HeaderSimulated = "X-Tongid-Simulated"

// Settings are what an operator may set of every outside system.
type Settings struct {
	Name    string        // in metrics and errors, and of the evidence
	Timeout time.Duration // of a whole exchange; 0 is DefaultTimeout
	Connect time.Duration // of connecting; 0 is DefaultConnect
	Rest    time.Duration // for which a system that keeps failing is left alone; 0 is DefaultRest
	RootCAs *x509.CertPool
}

// Faults lists what is wrong with the settings.
func (s Settings) Faults() []error {
	var faults []error
	if Code(s.Name) != s.Name {
		faults = append(faults, errors.New("name must be letters, digits, - and _"))
	}
	for _, d := range []time.Duration{s.Timeout, s.Connect, s.Rest} {
		if d < 0 || d > time.Minute {
			faults = append(faults, errors.New("timeout, connect and rest must be within a minute"))
			break
		}
	}
	return faults
}

// Host is what the process lends to its gateways.
type Host struct {
	Now func() time.Time
	// Observe is told of every exchange, for metrics. It may be nil.
	Observe func(system, operation string, took time.Duration, err error)
}

// Caller calls one outside system.
type Caller struct {
	settings Settings
	host     Host
	client   *http.Client
	breaker  *gobreaker.CircuitBreaker[struct{}]
	checking singleflight.Group

	mu        sync.Mutex
	checked   bool
	checkedAt time.Time
	checkErr  error
}

// New returns a caller.
func New(s Settings, h Host) *Caller {
	if s.Timeout == 0 {
		s.Timeout = DefaultTimeout
	}
	if s.Connect == 0 {
		s.Connect = DefaultConnect
	}
	if s.Rest == 0 {
		s.Rest = DefaultRest
	}
	transport := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: s.Connect}).DialContext,
		TLSHandshakeTimeout:    s.Connect,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: s.RootCAs},
		ForceAttemptHTTP2:      true,
		DisableCompression:     true,
		MaxConnsPerHost:        connections,
		MaxIdleConnsPerHost:    16,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}
	return newCaller(s, h, transport)
}

func newCaller(s Settings, h Host, transport http.RoundTripper) *Caller {
	return &Caller{
		settings: s,
		host:     h,
		client: &http.Client{
			Transport: transport,
			CheckRedirect: func(*http.Request, []*http.Request) error {
				return http.ErrUseLastResponse
			},
		},
		breaker: gobreaker.NewCircuitBreaker[struct{}](gobreaker.Settings{
			Name:         s.Name,
			Timeout:      s.Rest,
			ReadyToTrip:  func(c gobreaker.Counts) bool { return c.ConsecutiveFailures >= failuresToOpen },
			IsSuccessful: answered,
			IsExcluded:   func(err error) bool { return errors.Is(err, context.Canceled) },
		}),
	}
}

// Now is the clock that requests are signed by.
func (c *Caller) Now() time.Time { return c.host.Now() }

// Name is how the system is called in metrics and evidence.
func (c *Caller) Name() string { return c.settings.Name }

// Close lets go of idle connections.
func (c *Caller) Close() { c.client.CloseIdleConnections() }

// Call is one question to an outside system.
type Call struct {
	Operation string
	// Repeatable says that asking twice does what asking once does: such a call
	// is tried once more when the first try fails.
	Repeatable bool
	// Request makes the request, anew for each try: a nonce serves once.
	Request func(ctx context.Context) (*http.Request, error)
	// Read says what the answer means: nil, or one of Rejected, Limited,
	// Unavailable, Unreadable, accounts.ErrNotFound.
	Read func(a *Answer) error
}

// Answer is what came back, whole.
type Answer struct {
	Status    int
	Body      []byte
	Simulated bool
}

// JSON reads the answer's body, which must be one JSON value.
func (a *Answer) JSON(into any) error {
	d := json.NewDecoder(bytes.NewReader(a.Body))
	if err := d.Decode(into); err != nil {
		return Unreadable("no JSON of the agreed shape, status " + strconv.Itoa(a.Status))
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Unreadable("more than one JSON value")
	}
	return nil
}

// Do makes the call.
func (c *Caller) Do(ctx context.Context, call Call) error {
	started := c.host.Now()
	_, err := c.breaker.Execute(func() (struct{}, error) {
		return struct{}{}, c.try(ctx, call)
	})
	if err != nil {
		err = fmt.Errorf("%s: %s: %w", c.settings.Name, call.Operation, breakerFault(err))
	}
	if c.host.Observe != nil {
		c.host.Observe(c.settings.Name, call.Operation, max(0, c.host.Now().Sub(started)), err)
	}
	return err
}

func (c *Caller) try(ctx context.Context, call Call) error {
	ctx, cancel := context.WithTimeout(ctx, c.settings.Timeout)
	defer cancel()
	err := c.exchange(ctx, call)
	if call.Repeatable && !answered(err) && ctx.Err() == nil {
		err = c.exchange(ctx, call)
	}
	return err
}

func (c *Caller) exchange(ctx context.Context, call Call) error {
	r, err := call.Request(ctx)
	if err != nil {
		return &fault{text: "the request cannot be made"}
	}
	response, err := c.client.Do(r)
	if err != nil {
		return transportFault(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, largestAnswer+1))
	switch {
	case err != nil:
		return transportFault(err)
	case len(body) > largestAnswer:
		return Unreadable("too long")
	case response.StatusCode >= http.StatusInternalServerError:
		return Unavailable("status-" + strconv.Itoa(response.StatusCode))
	}
	return call.Read(&Answer{
		Status:    response.StatusCode,
		Body:      body,
		Simulated: response.Header.Get(HeaderSimulated) != "",
	})
}

// Check makes a call that finds out whether the system is there. It is made once
// for all who ask at the same time, and its outcome is remembered for a little:
// readiness may be asked often.
func (c *Caller) Check(ctx context.Context, call Call) error {
	if known, err := c.remembered(); known {
		return err
	}
	outcome := c.checking.DoChan("", func() (any, error) {
		err := c.Do(context.WithoutCancel(ctx), call)
		c.mu.Lock()
		defer c.mu.Unlock()
		c.checked, c.checkedAt, c.checkErr = true, c.host.Now(), err
		return nil, err
	})
	select {
	case r := <-outcome:
		return r.Err
	case <-ctx.Done():
		return transportFault(ctx.Err())
	}
}

func (c *Caller) remembered() (known bool, outcome error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	age := c.host.Now().Sub(c.checkedAt)
	return c.checked && age >= 0 && age < checkRemembered, c.checkErr
}
