package main

import "slices"

// acting is for whom an agent acts: said on every page that an agent sees, since the same person
// may act for several enterprises.
type acting struct {
	Enterprise, Agent string
	Until             string   // last day of the mandate; empty: no end
	Everywhere        bool     // the mandate is for every portal
	Here              bool     // this portal is among those it is for
	Others            []string // client ids of the other ones
	Switch            string   // where another enterprise is chosen
}

// allServices stands in the claim for every portal.
const allServices = "*"

// switchPath is where an agent chooses again: the provider asks although it knows a choice
// (OpenID Connect Core §3.1.2.1, prompt).
const switchPath = "/login?kind=agent&prompt=select_account"

// acting says for whom somebody acts, nil if they are no agent.
func (h *hall) acting(who identity) *acting {
	if who.Agent == nil || who.Enterprise == nil {
		return nil
	}
	a := &acting{Enterprise: who.Enterprise.Name, Agent: who.Agent.Name, Until: who.Agent.ValidUntil, Switch: switchPath}
	a.Everywhere = slices.Contains(who.Agent.Services, allServices)
	for _, id := range who.Agent.Services {
		switch id {
		case allServices:
		case h.cfg.ClientID:
			a.Here = true
		default:
			a.Others = append(a.Others, id)
		}
	}
	return a
}
