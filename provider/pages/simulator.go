package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

const (
	pathSimulator = "/simulator/"
	maxOffset     = 20 * 365 * 24 * time.Hour
)

// simulator plays the outside world on hosts where nothing real happens.
type simulator struct {
	host string // of the issuer

	mu     sync.Mutex
	offset time.Duration // of the clock
}

func hostOf(issuer string) (string, error) {
	u, err := url.Parse(issuer)
	if err != nil {
		return "", fmt.Errorf("read address: %w", err)
	}
	return strings.ToLower(u.Host), nil
}

func (p *Pages) mountSimulator(e *echo.Echo) {
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, "/simulator", func(c echo.Context) error { return p.seeOther(c, pathSimulator) })
	e.Match(read, pathSimulator+"captcha/:id", p.atHome(p.simulatorCaptcha))
	e.PUT(pathSimulator+"clock", p.atHome(p.putClock))
	for _, r := range []route{
		{path: pathSimulator, get: p.simulatorPage},
		{path: pathSimulator + "style", get: p.styleguide},
	} {
		get := r.get
		r.get = func(v *visit) error { return p.atHome(func(echo.Context) error { return get(v) })(v) }
		p.mount(e, r)
	}
	e.POST(pathSimulator+"clock", p.atHome(p.postClock))
	if p.World != nil {
		p.mountWorld(e)
	}
}

// atHome refuses a request for another host: a page elsewhere whose name was
// pointed at this machine must not read answers or move clocks (DNS rebinding).
func (p *Pages) atHome(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		host := strings.ToLower(c.Request().Host)
		if host != p.simulator.host && !loopback(host) {
			return &interaction.ProblemError{Status: http.StatusForbidden, Code: "invalid_request"}
		}
		return next(c)
	}
}

// loopback reports whether a Host header names this machine without DNS.
func loopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	a, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || (err == nil && a.IsLoopback())
}

func (p *Pages) simulatorPage(v *visit) error {
	page := templates.Simulator{Form: v.form(), Captcha: guard.QueryToken(v.Request(), "captcha_id")}
	if page.Captcha != "" {
		challenge, err := p.Challenges.Challenge(v.ctx(), purposeCaptcha, page.Captcha)
		if err != nil && !errors.Is(err, accounts.ErrNotFound) {
			return fmt.Errorf("pages: simulator: %w", err)
		}
		if err == nil {
			page.Answer = string(challenge.Data)
		}
	}
	return p.showSimulator(v, http.StatusOK, page)
}

func (p *Pages) showSimulator(v *visit, status int, page templates.Simulator) error {
	page.Now, page.Offset, page.Accounts = p.Now(), p.simulator.ahead(), p.Demo
	if err := p.fillWorld(v, &page); err != nil {
		return err
	}
	return p.show(v, status, page)
}

func (p *Pages) styleguide(v *visit) error {
	return p.show(v, http.StatusOK, templates.Styleguide{Form: v.form()})
}

// simulatorCaptcha tells a script the answer of a captcha.
func (p *Pages) simulatorCaptcha(c echo.Context) error {
	guard.NoStore(c.Response().Header())
	challenge, err := p.Challenges.Challenge(c.Request().Context(), purposeCaptcha, c.Param("id"))
	if errors.Is(err, accounts.ErrNotFound) {
		return c.JSON(http.StatusNotFound, map[string]string{"error": "not_found"})
	}
	if err != nil {
		return fmt.Errorf("pages: simulator: %w", err)
	}
	return c.JSON(http.StatusOK, map[string]string{"answer": string(challenge.Data)})
}

// putClock moves the clock for a script.
func (p *Pages) putClock(c echo.Context) error {
	if p.sameOrigin.Check(c.Request()) != nil {
		return errForeignForm()
	}
	var in struct {
		OffsetSeconds *int64 `json:"offset_seconds"`
	}
	if err := json.NewDecoder(c.Request().Body).Decode(&in); err != nil || in.OffsetSeconds == nil {
		return c.JSON(http.StatusBadRequest, map[string]string{"error": "invalid_request"})
	}
	if !p.simulator.move(*in.OffsetSeconds, p.MoveClock) {
		return c.JSON(http.StatusUnprocessableEntity, map[string]string{"error": "the clock goes forward only"})
	}
	return c.NoContent(http.StatusNoContent)
}

// postClock moves it for a person.
func (p *Pages) postClock(c echo.Context) error {
	form, v, err := p.receive(c, "")
	if err != nil {
		return err
	}
	if !p.csrf.Valid(form.Token("csrf"), v.browser, v.binding) {
		return errForeignForm()
	}
	seconds, err := strconv.ParseInt(form.Text("offset_seconds", 12), 10, 64)
	if err != nil || !p.simulator.move(seconds, p.MoveClock) {
		refusal := templates.Refusal{Field: "offset_seconds", Code: string(codeInvalid)}
		return p.showSimulator(v, http.StatusUnprocessableEntity, templates.Simulator{Form: v.form(refusal)})
	}
	return p.seeOther(c, pathSimulator)
}

// move sets how far the clock is ahead, unless that would turn it back: what has
// expired must not come alive.
func (s *simulator) move(seconds int64, set func(time.Duration)) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seconds > int64(maxOffset/time.Second) || seconds < int64(s.offset/time.Second) {
		return false
	}
	s.offset = time.Duration(seconds) * time.Second
	set(s.offset)
	return true
}

func (s *simulator) ahead() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.offset
}
