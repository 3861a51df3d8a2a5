package templates

// Logout asks before it signs out: /logout, button id logout-yes.
type Logout struct {
	Form // Flow holds the pending logout, if a portal asked

	Client  string // name of the portal that asked, empty without one
	Account string
}

func (Logout) name() string { return "logout" }

// LoggedOut says that it is done.
type LoggedOut struct {
	Client   string // name of the portal to go back to
	ReturnTo string // its address, empty if there is none
	Login    string // address of the sign-in page
}

func (LoggedOut) name() string { return "logged-out" }
