// Package simulator plays the outside systems: it speaks their protocols, checks
// signatures, clocks and nonces as they do, and answers with their codes. It
// looks at nobody and delivers nothing; every answer says that it is simulated.
//
// Silence means that nothing has happened: a face check passes only when SetFace
// says so. Magic data: the phone 13900009999 never receives anything, and the
// receipts of its messages say that they failed.
package simulator

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

// Store holds the simulated world, so that replicas play one. Get returns
// accounts.ErrNotFound for what is not there or not alive.
type Store interface {
	Put(ctx context.Context, topic, id string, data []byte, life time.Duration) error
	Get(ctx context.Context, topic, id string) ([]byte, error)
}

// Options are what a simulator needs. All but Limits, Base, Draw and Pause are
// required.
type Options struct {
	Store Store
	Now   func() time.Time
	// KeyID and Secret are what clients must sign with, in either scheme.
	KeyID  string
	Secret string

	SignName  string            // the approved sign of messages
	Templates map[string]string // code of an approved template → kind of message
	SceneID   int64
	// Limits says whether a phone gets 1 code a minute, 5 an hour and 10 a day, as
	// the vendors have it.
	Limits bool
	// Render writes the text of an approved template.
	Render func(kind, purpose string, params map[string]string) (string, error)
	// FacePage is the address of the page where somebody plays the face.
	FacePage func(certificate string) string
	// Base is the register before anybody changed it; ErrNotFound for what it does
	// not have.
	Base func(ctx context.Context, uscc string) (*accounts.RegisterEntry, error)

	// Draw returns a number from 0 up to 1: whether a fault strikes, and which.
	Draw func() float64
	// Pause waits, as a slow system does.
	Pause func(ctx context.Context, d time.Duration)
}

const (
	skew          = 15 * time.Minute // of a client's clock, by either side
	largestBody   = 64 << 10
	memory        = 24 * time.Hour // of messages and checks
	longMemory    = 30 * 24 * time.Hour
	nonceMemory   = 2*skew + time.Minute
	topicNonce    = "simulator-nonce"
	topicMessages = "simulator-messages"
	topicReceipt  = "simulator-receipt"
	topicFace     = "simulator-face"
	topicOrder    = "simulator-order"
	topicRegister = "simulator-register"
	topicFaults   = "simulator-faults"
)

// Simulator is the simulated world. It may be used by any number of goroutines.
type Simulator struct {
	options Options
	shard   int // of the messages that this replica writes

	// What is read and then written is done one after the other within a process.
	// Between replicas only messages would suffer, and each writes its own shard.
	nonces, messages, faces sync.Mutex
}

// New returns a simulator.
func New(o Options) *Simulator {
	if o.Base == nil {
		o.Base = func(context.Context, string) (*accounts.RegisterEntry, error) { return nil, accounts.ErrNotFound }
	}
	if o.Draw == nil {
		o.Draw = rand.Float64
	}
	if o.Pause == nil {
		o.Pause = pause
	}
	return &Simulator{options: o, shard: rand.IntN(shards)} //nolint:gosec // spreads replicas, guards nothing
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Handler serves the vendors' protocols: Alibaba Cloud's at /, the generic ones
// below /sms, /face and /register (docs/gateways.md).
func (s *Simulator) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/{$}", s.aliyun)
	for pattern, e := range map[string]endpoint{
		"POST /sms/messages":           {systemSMS, s.acceptMessage},
		"GET /sms/messages/{receipt}":  {systemSMS, s.tellReceipt},
		"GET /sms/health":              {systemSMS, healthy},
		"POST /face/orders":            {systemFace, s.acceptOrder},
		"GET /face/orders/{id}":        {systemFace, s.tellTruth},
		"GET /face/health":             {systemFace, healthy},
		"POST /register/verify":        {systemRegistry, s.verifyClaim},
		"GET /register/entries/{uscc}": {systemRegistry, s.tellEntry},
		"GET /register/health":         {systemRegistry, healthy},
	} {
		mux.HandleFunc(pattern, s.generic(e))
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set(outbound.HeaderSimulated, "1")
		w.Header().Set("Cache-Control", "no-store")
		mux.ServeHTTP(w, r)
	})
}

// body reads what a request carries and leaves it in place.
func body(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestBody))
	r.Body = io.NopCloser(bytes.NewReader(data))
	return data, err
}

func (s *Simulator) secret(keyID string) (string, bool) {
	return s.options.Secret, keyID == s.options.KeyID
}

// spent uses a nonce up and reports whether it was used before.
func (s *Simulator) spent(ctx context.Context, nonce string) (bool, error) {
	s.nonces.Lock()
	defer s.nonces.Unlock()
	id := digest(nonce)
	_, err := s.options.Store.Get(ctx, topicNonce, id)
	if err == nil {
		return true, nil
	}
	if !errors.Is(err, accounts.ErrNotFound) {
		return false, err
	}
	return false, s.options.Store.Put(ctx, topicNonce, id, []byte("1"), nonceMemory)
}
