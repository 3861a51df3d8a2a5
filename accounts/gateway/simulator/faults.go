package simulator

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"time"
)

// The systems that faults are set for.
const (
	systemSMS      = "sms"
	systemFace     = "face"
	systemRegistry = "registry"
)

const longestLatency = 60 * time.Second

// Fault is how badly one system behaves.
type Fault struct {
	LatencyMS int     `json:"latency_ms"`
	ErrorRate float64 `json:"error_rate"` // 0 to 1
}

// Faults are those of all systems; a system that is absent behaves well.
type Faults struct {
	SMS      *Fault `json:"sms,omitempty"`
	Face     *Fault `json:"face,omitempty"`
	Registry *Fault `json:"registry,omitempty"`
}

// ParseFaults reads the contract's JSON, and nothing beside it.
func ParseFaults(data []byte) (Faults, error) {
	var f Faults
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&f); err != nil {
		return Faults{}, invalid("faults are no JSON of the agreed shape")
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Faults{}, invalid("faults are followed by something")
	}
	return f, f.validate()
}

func (f Faults) validate() error {
	for _, fault := range []*Fault{f.SMS, f.Face, f.Registry} {
		switch {
		case fault == nil:
		case fault.LatencyMS < 0 || time.Duration(fault.LatencyMS) > longestLatency/time.Millisecond:
			return invalid("latency_ms must be 0 to 60000")
		case !(fault.ErrorRate >= 0 && fault.ErrorRate <= 1): // NaN too
			return invalid("error_rate must be 0 to 1")
		}
	}
	return nil
}

// SetFaults replaces the faults of every replica.
func (s *Simulator) SetFaults(ctx context.Context, f Faults) error {
	if err := f.validate(); err != nil {
		return err
	}
	return save(ctx, s.options.Store, topicFaults, "all", f, longMemory)
}

// failure is how a call fails.
type failure int

const (
	noFailure   failure = iota
	unavailable         // HTTP 503
	broken              // the connection ends without an answer
	limited             // flow control
	failures
)

// misbehave waits as long as the fault of a system says, and draws whether and
// how this call fails. It fails before anything has been done.
func (s *Simulator) misbehave(r *http.Request, system string) (failure, error) {
	var all Faults
	if err := loadIfAny(r.Context(), s.options.Store, topicFaults, "all", &all); err != nil {
		return noFailure, err
	}
	fault := map[string]*Fault{systemSMS: all.SMS, systemFace: all.Face, systemRegistry: all.Registry}[system]
	if fault == nil {
		return noFailure, nil
	}
	if fault.LatencyMS > 0 {
		s.options.Pause(r.Context(), time.Duration(fault.LatencyMS)*time.Millisecond)
	}
	if s.options.Draw() >= fault.ErrorRate {
		return noFailure, nil
	}
	which := unavailable + failure(s.options.Draw()*float64(failures-unavailable))
	if which == broken {
		panic(http.ErrAbortHandler)
	}
	return which, nil
}
