package oauth

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/session"
)

// purposePostedLogout is a logout request that came by POST and goes on with a
// GET, with which the browser sends its cookies.
const purposePostedLogout = "posted-logout"

// logout is the end_session endpoint (OpenID Connect RP-Initiated Logout 1.0).
func (s *Server) logout(c echo.Context) error {
	if c.Request().Method == http.MethodPost {
		return s.postLogout(c)
	}
	values, err := parseForm(c.Request().URL.RawQuery)
	if err != nil {
		return problem(codeInvalidRequest)
	}
	if id := values.Get("flow"); id != "" {
		stored, err := s.Challenges.TakeChallenge(c.Request().Context(), purposePostedLogout, id)
		if errors.Is(err, accounts.ErrNotFound) {
			return interaction.ErrExpired
		}
		if err != nil {
			return fmt.Errorf("oauth: posted logout: %w", err)
		}
		if values, err = url.ParseQuery(string(stored.Data)); err != nil {
			return fmt.Errorf("oauth: posted logout: %w", err)
		}
	}
	return s.endSession(c, newParams(values))
}

func (s *Server) postLogout(c echo.Context) error {
	p, err := bodyParams(c.Request())
	if err != nil {
		return problem(codeInvalidRequest)
	}
	id := rand.Text()
	err = s.Challenges.PutChallenge(c.Request().Context(), &interaction.Challenge{
		ID: id, Purpose: purposePostedLogout, Data: []byte(p.values.Encode()),
		ExpiresAt: s.Now().Add(interaction.Life),
	})
	if err != nil {
		return fmt.Errorf("oauth: posted logout: %w", err)
	}
	return s.seeOther(c, pathLogout+"?flow="+url.QueryEscape(id))
}

// logoutAsk is a validated logout request.
type logoutAsk struct {
	interaction.LogoutRequest
	hint *idTokenFacts // nil without a valid id_token_hint
}

// parseLogout validates a logout request (§2, §3). Where the browser goes after
// it must be registered, byte for byte, for the client that the hint or
// client_id names.
func (s *Server) parseLogout(p params) (*logoutAsk, error) {
	if p.check() != nil {
		return nil, problem(codeInvalidRequest)
	}
	ask := &logoutAsk{}
	id := p.get("client_id")
	if raw := p.get("id_token_hint"); raw != "" {
		facts, err := s.readHint(raw)
		switch {
		case err != nil: // not ours, or its key is gone: as if there were none
		case id != "" && !facts.Audience.has(id):
			return nil, problem(codeInvalidRequest)
		default:
			ask.hint = &facts
			if id == "" && len(facts.Audience) == 1 {
				id = facts.Audience[0]
			}
		}
	}
	var cl *client.Client
	if id != "" {
		found, err := s.Clients.Get(id)
		if err != nil {
			return nil, problem(codeInvalidClient)
		}
		cl = found
		ask.ClientID, ask.ClientName = cl.ID, cl.Name
	}
	if to := p.get("post_logout_redirect_uri"); to != "" {
		if cl == nil || !slices.Contains(cl.PostLogout, to) {
			return nil, problem("invalid_redirect_uri")
		}
		ask.ReturnTo = to
		if state := p.get("state"); state != "" {
			ask.ReturnTo = withQuery(to, []Field{{"state", state}})
		}
	}
	return ask, nil
}

// endSession signs out at once when the hint names this very session, and asks
// first otherwise (§2: the person must be asked when it is not certain).
func (s *Server) endSession(c echo.Context, p params) error {
	ask, err := s.parseLogout(p)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	current, _, err := s.Sessions.Current(ctx, c.Request())
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return s.leave(c, ask)
	case err != nil:
		return err
	case ask.hint != nil && ask.hint.Subject == current.Principal.Subject && slices.Contains(current.SIDs(), ask.hint.SessionID):
		if err := s.signOut(c, current); err != nil {
			return err
		}
		return s.leave(c, ask)
	}
	return s.askFirst(c, ask)
}

// signOut ends the browser's session and what was born in it.
func (s *Server) signOut(c echo.Context, current *session.Session) error {
	ctx := c.Request().Context()
	if err := s.Sessions.EndGrants(ctx, current); err != nil {
		return fmt.Errorf("oauth: sign out: %w", err)
	}
	return s.Sessions.End(ctx, c.Response(), c.Request())
}

func (s *Server) leave(c echo.Context, ask *logoutAsk) error {
	if ask.ReturnTo != "" {
		return s.seeOther(c, ask.ReturnTo)
	}
	return s.seeOther(c, interaction.PathLoggedOut)
}

func (s *Server) askFirst(c echo.Context, ask *logoutAsk) error {
	data, err := json.Marshal(ask.LogoutRequest)
	if err != nil {
		return fmt.Errorf("oauth: logout: %w", err)
	}
	id := rand.Text()
	err = s.Challenges.PutChallenge(c.Request().Context(), &interaction.Challenge{
		ID: id, Purpose: interaction.PurposeLogout, Data: data,
		Browser: s.Flow.Browser(c.Response(), c.Request()), ExpiresAt: s.Now().Add(interaction.Life),
	})
	if err != nil {
		return fmt.Errorf("oauth: logout: %w", err)
	}
	return s.seeOther(c, interaction.PathLogout+"?flow="+url.QueryEscape(id))
}
