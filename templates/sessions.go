package templates

import "time"

// Sessions lists where the account is signed in: /center/sessions, each row with
// the hidden field session and the button action=end; action=end-all ends all.
type Sessions struct {
	Form

	Account  string
	Sessions []SignIn
	Ended    bool // one was just ended
}

func (Sessions) name() string { return "center-sessions" }

// Path is where its forms post to.
func (Sessions) Path() string { return "/center/sessions" }

// SignIn is one signed-in browser.
type SignIn struct {
	ID        string
	UserAgent string
	Address   string // IP address
	Place     string // where that is, if known
	Started   time.Time
	Seen      time.Time
	Current   bool // the one that asks
}
