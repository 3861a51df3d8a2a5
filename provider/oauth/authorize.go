package oauth

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
)

// getAuthorize is the authorization endpoint (RFC 6749 §3.1).
func (s *Server) getAuthorize(c echo.Context) error {
	raw := plain(c.Request().URL.RawQuery)
	values, err := url.ParseQuery(raw)
	if err != nil {
		return problem(codeInvalidRequest)
	}
	a, err := s.parseAuthorize(values)
	if err != nil {
		return s.answerError(c, a, err)
	}
	b, err := s.browser(c, a, nil)
	if err != nil {
		return s.answerError(c, a, err)
	}
	return s.advance(c, a, b, raw)
}

// postAuthorize takes the request as a form, cross-site too. A browser sends no
// Lax cookie with a cross-site POST, so the request is stored and goes on with a
// GET (OIDC Core §3.1.2.1).
func (s *Server) postAuthorize(c echo.Context) error {
	p, err := bodyParams(c.Request())
	if err != nil && len(p.values) == 0 {
		return problem(codeInvalidRequest)
	}
	a, err := s.parseAuthorize(p.values)
	if err != nil {
		return s.answerError(c, a, err)
	}
	flow, err := s.Flow.Begin(c.Request().Context(), nil, a.client.ID, p.values.Encode())
	if err != nil {
		return fmt.Errorf("oauth: store request: %w", err)
	}
	return s.seeOther(c, interaction.ResumePath(flow.ID))
}

// resume goes on with a stored request after a page has done its part.
func (s *Server) resume(c echo.Context) error {
	flow, err := s.Flow.Load(c.Request().Context(), c.Response(), c.Request(), c.QueryParam("flow"))
	if err != nil {
		return err
	}
	values, err := url.ParseQuery(flow.Params)
	if err != nil {
		return fmt.Errorf("oauth: stored request: %w", err)
	}
	a, err := s.parseAuthorize(values)
	if err != nil {
		return s.answerError(c, a, err)
	}
	if flow.State == interaction.Finished {
		return s.answerFinished(c, a, flow)
	}
	b, err := s.browser(c, a, flow)
	if err != nil {
		return err
	}
	return s.advance(c, a, b, flow.Params)
}

// browser finds out who sits there.
func (s *Server) browser(c echo.Context, a *authorizeRequest, flow *interaction.Interaction) (browser, error) {
	b := browser{flow: flow}
	current, standing, err := s.Sessions.Current(c.Request().Context(), c.Request())
	if errors.Is(err, accounts.ErrNotFound) {
		return b, nil
	}
	if err != nil {
		return b, err
	}
	b.session = current
	b.acting, err = s.Actors.Find(c.Request().Context(), c.Request(), current, standing, flow, interaction.Wish{
		Client: a.client, AccountType: a.accountType, Enterprise: a.enterprise, Subject: a.hint, Select: a.prompts(promptSelect),
	})
	return b, err
}

// advance takes the next step of a request.
func (s *Server) advance(c echo.Context, a *authorizeRequest, b browser, raw string) error {
	ctx := c.Request().Context()
	next, err := s.decide(ctx, a, b)
	if err != nil {
		// A fault of ours may pass: then the flow goes on.
		if _, fault := toProtocol(err); !fault && b.flow != nil {
			err := s.Flow.Finish(ctx, b.flow, grant.ID{}, s.Now())
			// A conflict: submitted twice at once, and the other one ended it.
			if err != nil && !errors.Is(err, accounts.ErrConflict) {
				return err
			}
		}
		return s.answerError(c, a, err)
	}
	if next == stepIssue {
		return s.issue(c, a, b)
	}
	if b.flow == nil {
		hash := s.Flow.Browser(c.Response(), c.Request())
		if b.flow, err = s.Flow.Begin(ctx, &hash, a.client.ID, raw); err != nil {
			return err
		}
	}
	switch next {
	case stepConsent:
		if err := s.Flow.AskConsent(ctx, b.flow, b.session.ID, b.choice(), a.consentScopes()); err != nil {
			return err
		}
		return s.seeOther(c, interaction.ConsentPath(b.flow.ID))
	case stepPreset:
		return s.seeOther(c, interaction.AgentPasswordPath(b.flow.ID))
	case stepChoose:
		return s.seeOther(c, interaction.ChoosePath(b.flow.ID))
	case stepOther:
		return s.seeOther(c, interaction.WrongAccountPath(b.flow.ID))
	default:
		return s.seeOther(c, interaction.LoginPath(s.door(a), b.flow.ID))
	}
}

// issue makes the code and sends the browser back with it.
func (s *Server) issue(c echo.Context, a *authorizeRequest, b browser) error {
	ctx := c.Request().Context()
	if b.answered() && b.flow.Consented {
		if err := s.Consents.Consent(ctx, b.acting.Principal.Subject, a.client.ID, b.flow.Scopes, s.Now()); err != nil {
			return fmt.Errorf("oauth: remember consent: %w", err)
		}
	}
	now := s.Now()
	code := &grant.Code{
		ID: grant.NewID(b.acting.Principal.Type), ClientID: a.client.ID, Principal: b.acting.Principal, SessionID: b.session.ID,
		RedirectURI: a.sentURI, Scopes: a.scopes, Claims: a.rawClaims, Nonce: a.nonce, CodeChallenge: a.challenge,
		AuthTime: b.session.AuthTime, LOA: a.level(b.session.LOA), AMR: b.session.AMR,
		IssuedAt: now, ExpiresAt: now.Add(s.Life.Code), Until: b.acting.Until,
	}
	text, err := s.issueCode(ctx, a, code)
	if err != nil {
		return s.answerError(c, a, err)
	}
	if b.flow != nil {
		err := s.Flow.Finish(ctx, b.flow, code.ID, code.ExpiresAt)
		if errors.Is(err, accounts.ErrConflict) {
			// Submitted twice at once: the other one answers, and so do we,
			// with the same code. Ours is never handed out.
			return s.seeOther(c, interaction.ResumePath(b.flow.ID))
		}
		if err != nil {
			return err
		}
	}
	if choice := b.choice(); choice != "" && slices.Contains(a.client.AccountTypes, accounts.TypeAgent) {
		s.Actors.Memory.Remember(c.Response(), c.Request(), a.client.ID, choice)
	}
	return s.answerCode(c, a, text)
}

// answerFinished answers a second submit as the first was answered: with the same
// code or, where there was none, with the error that the same facts give again.
func (s *Server) answerFinished(c echo.Context, a *authorizeRequest, flow *interaction.Interaction) error {
	if flow.CodeID != (grant.ID{}) {
		return s.answerCode(c, a, s.mint.code(flow.CodeID, a.client.ID, flow.CodeTime))
	}
	if flow.Denied {
		return s.answerError(c, a, errDenied())
	}
	b, err := s.browser(c, a, flow)
	if err != nil {
		return err
	}
	if _, err := s.decide(c.Request().Context(), a, b); err != nil {
		return s.answerError(c, a, err)
	}
	return &interaction.ProblemError{Status: http.StatusGone, Code: "flow_expired"}
}

func (s *Server) seeOther(c echo.Context, to string) error {
	noStore(c.Response().Header())
	return c.Redirect(http.StatusSeeOther, to)
}
