package templates

import "time"

// Home is the start page of an account that signed in without a portal.
type Home struct {
	Account   string // name of the account: the enterprise's or the person's
	Type      string // enterprise, agent, person
	Username  string // 登录账号
	USCC      string // empty for a person
	Status    string // state of the enterprise
	SignedIn  time.Time
	Level     int          // level of assurance of this session
	Portals   []PortalLink // portals that one can go to, empty if none said where they are
	HasCenter bool         // the account's own pages exist
	Agent     bool         // a person who may act for enterprises
}

func (Home) name() string { return "home" }

// PortalLink leads to a relying portal.
type PortalLink struct {
	Name string
	URL  string
}
