package templates

import "time"

// Simulator is the page that plays outside systems, at /simulator/.
type Simulator struct {
	Form

	Now      time.Time     // the server's clock
	Offset   time.Duration // how far it is ahead of the real one
	Captcha  string        // captcha id to look up, as typed
	Answer   string        // its answer, empty if none was asked for
	Accounts []DemoAccount

	Phone    string // phone whose messages are shown, as typed
	Messages []SimulatedMessage
	USCC     string           // organisation that was looked up in the register, as typed
	Entry    *SimulatedEntry  // what the register has of it, nil if nothing
	Faults   []SimulatedFault // one for each outside system
	Done     string           // under simulator.done: clock, faults
}

func (Simulator) name() string { return "simulator" }

// OffsetSeconds is the offset as the clock form shows it.
func (s Simulator) OffsetSeconds() int64 { return int64(s.Offset / time.Second) }

// SimulatedMessage is a short message that nobody got.
type SimulatedMessage struct {
	Phone   string
	Text    string
	Code    string // in it, if there is one
	Purpose string
	At      time.Time
}

// SimulatedEntry is an organisation in the simulated register.
type SimulatedEntry struct {
	Name, Type, Status, RepName, RepNumber string
}

// SimulatedFault is how badly an outside system behaves: the fields
// <system>_latency_ms and <system>_error_rate of the form at /simulator/faults.
type SimulatedFault struct {
	System    string // under simulator.system: sms, face, registry
	LatencyMS string // milliseconds
	ErrorRate string // 0 to 1
}

// DemoAccount is an account that a visitor of a demo may sign in with.
type DemoAccount struct {
	Name     string
	Account  string
	USCC     string
	Password string
	Status   string
}
