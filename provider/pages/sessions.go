package pages

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

const pathSessions = "/center/sessions"

// codeSessionGone refuses to end what has ended.
const codeSessionGone accounts.Code = "session_gone"

// getSessions lists where the account is signed in.
func (p *Pages) getSessions(v *visit) error { return p.showSessions(v, http.StatusOK) }

func (p *Pages) showSessions(v *visit, status int, refusals ...templates.Refusal) error {
	living, err := p.livingSessions(v)
	if err != nil {
		return err
	}
	page := templates.Sessions{
		Form: v.form(refusals...), Account: v.accountName(), Ended: len(refusals) == 0 && v.QueryParam("ended") == "1",
	}
	for _, s := range living {
		page.Sessions = append(page.Sessions, templates.SignIn{
			ID: s.ID, UserAgent: s.UserAgent, Address: s.Address, Started: s.CreatedAt, Seen: s.SeenAt,
			Current: s.ID == v.session.ID,
		})
	}
	switch {
	case v.mandate != nil:
		return p.show(v, status, templates.AgentSessions{
			AgentPage: p.agentPage(v), Form: page.Form, Account: page.Account, Sessions: page.Sessions, Ended: page.Ended,
		})
	case v.session.Principal.Type == accounts.TypePerson:
		return p.show(v, status, templates.MeSessions(page))
	default:
		return p.show(v, status, page)
	}
}

// livingSessions are the account's sessions that could still be used, this one
// first, then the last used ones.
func (p *Pages) livingSessions(v *visit) ([]*session.Session, error) {
	all, err := p.Sessions.Store.Sessions(v.ctx(), v.session.Principal.Subject)
	if err != nil {
		return nil, fmt.Errorf("pages: sessions: %w", err)
	}
	now := p.Now()
	living := slices.DeleteFunc(all, func(s *session.Session) bool {
		return !s.Alive(now, p.Sessions.Life) || !v.standing.Admits(s.Principal, now)
	})
	slices.SortStableFunc(living, func(a, b *session.Session) int {
		switch {
		case a.ID == v.session.ID:
			return -1
		case b.ID == v.session.ID:
			return 1
		default:
			return b.SeenAt.Compare(a.SeenAt)
		}
	})
	return living, nil
}

// postSessions ends one session, or all of them and all that was granted.
func (p *Pages) postSessions(v *visit, f *guard.Form) error {
	switch f.Token("action") {
	case "end":
		return p.endSession(v, f.Token("session"))
	case "end-all":
		if err := p.endEverything(v); err != nil {
			return fmt.Errorf("pages: end all sessions: %w", err)
		}
		if err := p.Sessions.End(v.ctx(), v.Response(), v.Request()); err != nil {
			return err
		}
		return p.seeOther(v, interaction.PathLoggedOut)
	default:
		return &interaction.ProblemError{Status: http.StatusBadRequest, Code: "invalid_request"}
	}
}

// endEverything ends every session and grant of the account.
func (p *Pages) endEverything(v *visit) error {
	switch who := v.session.Principal; who.Type {
	case accounts.TypePerson:
		return p.Accounts.RaisePersonEpoch(v.ctx(), who.Person, p.Now())
	case accounts.TypeAgent:
		return p.Accounts.RaiseMandateEpoch(v.ctx(), who.Mandate, p.Now())
	default:
		return p.Accounts.RaiseAccountEpoch(v.ctx(), who.Enterprise, p.Now())
	}
}

// endSession ends a session of this account, its grants first: if that fails,
// the session is still there to be ended again.
func (p *Pages) endSession(v *visit, sid string) error {
	living, err := p.livingSessions(v)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(living, func(s *session.Session) bool { return s.ID == sid })
	if i < 0 {
		return p.showSessions(v, http.StatusUnprocessableEntity, templates.Refusal{Code: string(codeSessionGone)})
	}
	if sid == v.session.ID {
		return p.leave(v, interaction.PathLoggedOut)
	}
	if err := p.Sessions.EndGrants(v.ctx(), living[i]); err != nil {
		return err
	}
	err = p.Sessions.Store.EndSession(v.ctx(), v.session.Principal.Subject, sid)
	if err != nil && !errors.Is(err, accounts.ErrNotFound) {
		return fmt.Errorf("pages: end session: %w", err)
	}
	return p.seeOther(v, v.Request().URL.Path+"?ended=1")
}

// leave ends the browser's own session and what was granted in it.
func (p *Pages) leave(v *visit, to string) error {
	if err := p.Sessions.EndGrants(v.ctx(), v.session); err != nil {
		return err
	}
	if err := p.Sessions.End(v.ctx(), v.Response(), v.Request()); err != nil {
		return err
	}
	return p.seeOther(v, to)
}
