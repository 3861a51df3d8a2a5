package oauth

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

// step is what an authorization request needs next.
type step int

const (
	stepIssue   step = iota // nothing: issue the code
	stepLogin               // somebody must sign in, or again
	stepConsent             // the person must allow it
	stepPreset              // the agent must replace the password that the enterprise chose
	stepChoose              // the person must say for whom they act
	stepOther               // the signed-in account is not one the client accepts
)

// browser is who sits in front of an authorization request.
type browser struct {
	session *session.Session         // nil: nobody is signed in
	acting  *interaction.Acting      // the account that answers; nil with session
	flow    *interaction.Interaction // nil: no interaction yet
}

// fresh reports whether the session was born in this very interaction, which
// satisfies every wish for a new sign-in.
func (b browser) fresh() bool {
	return b.session != nil && b.flow != nil && b.flow.SessionID == b.session.ID
}

// answered reports whether this session answered on the consent page, for the
// account that it acts as now.
func (b browser) answered() bool {
	return b.session != nil && b.flow != nil && b.flow.AskedOf == b.session.ID && b.flow.Acting == b.choice()
}

// choice names for whom a person acts; empty where there is nothing to choose.
func (b browser) choice() string {
	switch {
	case b.session.Principal.Type != accounts.TypePerson:
		return ""
	case b.acting.Principal.Type == accounts.TypeAgent:
		return b.acting.Principal.Mandate
	default:
		return interaction.AsMyself
	}
}

// selected reports whether the person chose in this flow, or is about to.
func (b browser) selected() bool {
	return b.acting.Ask || b.flow != nil && b.flow.ChosenBy == b.session.ID && b.flow.Acting != ""
}

// decide says what a request needs next, or with which error it ends (OIDC Core
// §3.1.2.3–4, §3.1.2.6). It asks the consent store only for clients that are not
// trusted.
func (s *Server) decide(ctx context.Context, a *authorizeRequest, b browser) (step, error) {
	if b.answered() && b.flow.Denied {
		return 0, errDenied()
	}
	if s.needsLogin(a, b) {
		if a.prompts(promptNone) {
			return 0, refuse(codeLoginRequired, "nobody is signed in who satisfies the request")
		}
		return stepLogin, nil
	}
	if m := b.acting.Standing.Mandate; m != nil && m.Preset && b.session.Principal.Type == accounts.TypeAgent {
		if a.prompts(promptNone) {
			return 0, refuse(codeInteractionRequired, "the agent must choose a password first")
		}
		return stepPreset, nil
	}
	if b.acting.Ask {
		if a.prompts(promptNone) {
			return 0, refuse(codeAccountSelection, "the person must say for which enterprise they act")
		}
		return stepChoose, nil
	}
	if a.hint != "" && a.hint != b.acting.Principal.Subject {
		return 0, refuse(codeLoginRequired, "another account is signed in than the request names")
	}
	if b.acting.Nobody || !accepts(a, b) {
		if a.prompts(promptNone) {
			return 0, refuse(codeInteractionRequired, "the client does not accept the signed-in account")
		}
		return stepOther, nil
	}
	if a.level(b.session.LOA) == 0 {
		return 0, refuse(codeUnmetAuthentication, "the required level of assurance was not reached")
	}
	return s.decideConsent(ctx, a, b)
}

func errDenied() error { return refuse(codeAccessDenied, "the account holder did not allow it") }

// needsLogin reports whether the request wants a sign-in that has not been made.
func (s *Server) needsLogin(a *authorizeRequest, b browser) bool {
	if b.session == nil {
		return true
	}
	if b.fresh() {
		return false
	}
	if a.prompts(promptLogin) || a.prompts(promptSelect) && !b.selected() {
		return true
	}
	if a.maxAge != nil {
		// max_age=0 is the same wish as prompt=login (OIDC Core §3.1.2.1).
		if age := s.Now().Sub(b.session.AuthTime); *a.maxAge == 0 || int64(age.Seconds()) > *a.maxAge {
			return true
		}
	}
	if a.hint != "" && a.hint != b.acting.Principal.Subject && !b.acting.Ask {
		return true
	}
	return a.accountType != "" && !reaches(b.session.Principal.Type, a.accountType) && slices.Contains(s.Doors, a.accountType)
}

// reaches reports whether who signed in as one kind of account can answer as
// another: a person as an agent.
func reaches(from, to accounts.Type) bool {
	return from == to || from == accounts.TypePerson && to == accounts.TypeAgent
}

func accepts(a *authorizeRequest, b browser) bool {
	if !slices.Contains(a.client.AccountTypes, b.acting.Principal.Type) {
		return false
	}
	if m := b.acting.Standing.Mandate; m != nil && !m.Serves(a.client.ID) {
		return false
	}
	legal := b.acting.Standing.LegalType
	return len(a.client.LegalTypes) == 0 || legal == "" || slices.Contains(a.client.LegalTypes, legal)
}

// level is the level of assurance that the answer states: what the session has,
// or, where acr is essential, the highest value asked for that it reaches (OIDC
// Core §5.5.1.1: the answer must match one of them). 0: out of reach. acr_values
// alone is voluntary.
func (a *authorizeRequest) level(have accounts.LOA) accounts.LOA {
	if have < loaOf(a.client.MinACR) {
		return 0
	}
	essential, demanded := a.claims.essentialACR()
	if !demanded {
		return have
	}
	var best accounts.LOA
	for _, acr := range essential {
		if l := loaOf(acr); l <= have {
			best = max(best, l)
		}
	}
	return best
}

// decideConsent asks for consent unless the client is trusted or the person
// allowed all of it before; prompt=consent asks again in any case.
func (s *Server) decideConsent(ctx context.Context, a *authorizeRequest, b browser) (step, error) {
	if b.answered() && b.flow.Consented && subset(a.consentScopes(), b.flow.Scopes) {
		return stepIssue, nil
	}
	needed := a.prompts(promptConsent)
	if !needed && !a.client.Trusted {
		given, err := s.Consents.Consented(ctx, b.acting.Principal.Subject, a.client.ID)
		if err != nil && !errors.Is(err, accounts.ErrNotFound) {
			return 0, fmt.Errorf("oauth: consent: %w", err)
		}
		needed = !subset(a.consentScopes(), given)
	}
	if !needed {
		return stepIssue, nil
	}
	if a.prompts(promptNone) {
		return 0, refuse(codeConsentRequired, "the account holder has not allowed it yet")
	}
	return stepConsent, nil
}

// consentScopes are what the person is asked to allow: the scopes, and those
// whose claims the claims parameter asks for one by one.
func (a *authorizeRequest) consentScopes() []string {
	all := slices.Clone(a.scopes)
	for _, scope := range a.claims.scopes() {
		if !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	return all
}

// door picks the sign-in page: the kind asked for, else the enterprise's, else the
// first that the client accepts and that exists.
func (s *Server) door(a *authorizeRequest) accounts.Type {
	for _, t := range append([]accounts.Type{a.accountType, accounts.TypeEnterprise}, a.client.AccountTypes...) {
		if slices.Contains(s.Doors, t) && slices.Contains(a.client.AccountTypes, t) {
			return t
		}
	}
	return accounts.TypeEnterprise
}
