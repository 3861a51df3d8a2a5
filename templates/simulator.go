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
}

func (Simulator) name() string { return "simulator" }

// OffsetSeconds is the offset as the clock form shows it.
func (s Simulator) OffsetSeconds() int64 { return int64(s.Offset / time.Second) }

// DemoAccount is an account that a visitor of a demo may sign in with.
type DemoAccount struct {
	Name     string
	Account  string
	USCC     string
	Password string
	Status   string
}
