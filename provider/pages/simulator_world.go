package pages

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	simulation "github.com/tongid/tongid/accounts/gateway/simulator"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/templates"
)

// What the simulated outside world is told and asked, by scripts (contract) and by
// people.

const pathFacePage = pathSimulator + "face/page/"

func (p *Pages) mountWorld(e *echo.Echo) {
	read := []string{http.MethodGet, http.MethodHead}
	e.Match(read, pathSimulator+"sms", p.atHome(p.simulatorMessages))
	e.POST(pathSimulator+"face/:ticket", p.atHome(p.simulatorFace))
	e.Match(read, pathSimulator+"registry/:uscc", p.atHome(p.simulatorEntry))
	e.PUT(pathSimulator+"registry/:uscc", p.atHome(p.putSimulatorEntry))
	e.DELETE(pathSimulator+"registry/:uscc", p.atHome(p.deleteSimulatorEntry))
	e.PUT(pathSimulator+"faults", p.atHome(p.putFaults))
	for _, r := range []route{
		{path: pathFacePage + ":certificate", get: p.getFacePage, post: p.postFacePage},
		{path: pathSimulator + "faults", get: func(v *visit) error { return p.seeOther(v, pathSimulator) }, post: p.postFaults},
	} {
		get, post := r.get, r.post
		r.get = func(v *visit) error { return p.atHome(func(echo.Context) error { return get(v) })(v) }
		r.post = func(v *visit, f *guard.Form) error {
			return p.atHome(func(echo.Context) error { return post(v, f) })(v)
		}
		p.mount(e, r)
	}
}

func refuseJSON(c echo.Context, status int, code string) error {
	return c.JSON(status, map[string]string{"error": code})
}

// worldFault answers what the simulator says no to.
func worldFault(c echo.Context, err error) error {
	switch {
	case errors.Is(err, accounts.ErrNotFound):
		return refuseJSON(c, http.StatusNotFound, "not_found")
	case errors.Is(err, accounts.ErrConflict):
		return refuseJSON(c, http.StatusConflict, "decided_before")
	case errors.Is(err, simulation.ErrInvalid):
		return refuseJSON(c, http.StatusUnprocessableEntity, strings.TrimPrefix(err.Error(), "simulator: makes no sense: "))
	}
	return fmt.Errorf("pages: simulator: %w", err)
}

// simulatorMessages tells a script what a phone received.
func (p *Pages) simulatorMessages(c echo.Context) error {
	guard.NoStore(c.Response().Header())
	phone, err := idnum.ParseMobile(c.QueryParam("phone"))
	if err != nil {
		return refuseJSON(c, http.StatusUnprocessableEntity, "phone: want 11 digits")
	}
	p.Delivered(c.Request().Context())
	list, err := p.World.Messages(c.Request().Context(), phone.National())
	if err != nil {
		return worldFault(c, err)
	}
	return c.JSON(http.StatusOK, list)
}

// simulatorFace plays the phone of a script: it opens the check, matches the
// number and shows a face, or not.
func (p *Pages) simulatorFace(c echo.Context) error {
	if p.sameOrigin.Check(c.Request()) != nil {
		return errForeignForm()
	}
	result, reason, err := faceOrder(c)
	if err != nil {
		return err
	}
	ctx := c.Request().Context()
	check, err := p.Wizards.Faces.Load(ctx, guard.PathToken(c.Param("ticket")))
	if err != nil {
		return worldFault(c, err)
	}
	if _, err := p.Wizards.Faces.Confirm(ctx, check, check.Match, "simulated phone"); err != nil {
		if _, refused := errors.AsType[*accounts.RefusalError](err); refused {
			return refuseJSON(c, http.StatusServiceUnavailable, "the check could not be begun")
		}
		return worldFault(c, err)
	}
	if err := p.World.SetFace(ctx, check.Certificate, result, reason); err != nil {
		return worldFault(c, err)
	}
	return c.NoContent(http.StatusNoContent)
}

// faceOrder reads result and reason, as a form or as JSON.
func faceOrder(c echo.Context) (result, reason string, err error) {
	if strings.HasPrefix(c.Request().Header.Get(echo.HeaderContentType), echo.MIMEApplicationJSON) {
		var in struct {
			Result string `json:"result"`
			Reason string `json:"reason"`
		}
		if err := json.NewDecoder(c.Request().Body).Decode(&in); err != nil {
			return "", "", echo.ErrBadRequest
		}
		return in.Result, in.Reason, nil
	}
	f, err := guard.ReadForm(c.Request())
	if err != nil {
		return "", "", err
	}
	return f.Token("result"), f.Token("reason"), nil
}

func (p *Pages) simulatorEntry(c echo.Context) error {
	guard.NoStore(c.Response().Header())
	entry, err := p.World.Entry(c.Request().Context(), idnum.Normalise(c.Param("uscc")))
	if err != nil {
		return worldFault(c, err)
	}
	return c.JSON(http.StatusOK, entry)
}

func (p *Pages) putSimulatorEntry(c echo.Context) error {
	if p.sameOrigin.Check(c.Request()) != nil {
		return errForeignForm()
	}
	var entry accounts.RegisterEntry
	if err := json.NewDecoder(c.Request().Body).Decode(&entry); err != nil {
		return refuseJSON(c, http.StatusBadRequest, "invalid_request")
	}
	entry.USCC = idnum.Normalise(c.Param("uscc"))
	if err := p.World.PutEntry(c.Request().Context(), entry); err != nil {
		return worldFault(c, err)
	}
	return c.NoContent(http.StatusNoContent)
}

func (p *Pages) deleteSimulatorEntry(c echo.Context) error {
	if p.sameOrigin.Check(c.Request()) != nil {
		return errForeignForm()
	}
	if err := p.World.DeleteEntry(c.Request().Context(), idnum.Normalise(c.Param("uscc"))); err != nil {
		return worldFault(c, err)
	}
	return c.NoContent(http.StatusNoContent)
}

func (p *Pages) putFaults(c echo.Context) error {
	if p.sameOrigin.Check(c.Request()) != nil {
		return errForeignForm()
	}
	data, err := io.ReadAll(c.Request().Body)
	if err != nil {
		return echo.ErrBadRequest
	}
	faults, err := simulation.ParseFaults(data)
	if err == nil {
		err = p.World.SetFaults(c.Request().Context(), faults)
	}
	if err != nil {
		return worldFault(c, err)
	}
	return c.NoContent(http.StatusNoContent)
}

// postFaults sets them for a person.
func (p *Pages) postFaults(v *visit, f *guard.Form) error {
	parts := map[string]json.RawMessage{}
	for _, system := range []string{"sms", "face", "registry"} {
		latency, rate := f.Text(system+"_latency_ms", 8), f.Text(system+"_error_rate", 8)
		if latency == "" && rate == "" {
			continue
		}
		parts[system] = fmt.Appendf(nil, `{"latency_ms":%s,"error_rate":%s}`, orZero(latency), orZero(rate))
	}
	data, err := json.Marshal(parts)
	if err == nil {
		var faults simulation.Faults
		if faults, err = simulation.ParseFaults(data); err == nil {
			err = p.World.SetFaults(v.ctx(), faults)
		}
	}
	if err != nil {
		refusal := templates.Refusal{Code: string(codeInvalid)}
		return p.showSimulator(v, http.StatusUnprocessableEntity, templates.Simulator{Form: v.form(refusal)})
	}
	return p.seeOther(v, pathSimulator+"?done=faults")
}

func orZero(s string) string {
	if s == "" {
		return "0"
	}
	return s
}

// fillWorld adds what a visitor asked of the simulated world.
func (p *Pages) fillWorld(v *visit, page *templates.Simulator) error {
	if p.World == nil {
		return nil
	}
	if v.QueryParam("done") == "faults" {
		page.Done = "faults"
	}
	for _, system := range []string{"sms", "face", "registry"} {
		page.Faults = append(page.Faults, templates.SimulatedFault{System: system, LatencyMS: "0", ErrorRate: "0"})
	}
	page.Phone, page.USCC = guard.Shown(v.QueryParam("phone"), maxShort), guard.Shown(v.QueryParam("uscc"), maxShort)
	if phone, err := idnum.ParseMobile(page.Phone); err == nil {
		p.Delivered(v.ctx())
		list, err := p.World.Messages(v.ctx(), phone.National())
		if err != nil {
			return fmt.Errorf("pages: simulator: %w", err)
		}
		for _, m := range list {
			page.Messages = append(page.Messages, templates.SimulatedMessage{
				Phone: m.Phone, Text: m.Text, Code: m.Code, Purpose: string(m.Purpose), At: m.At,
			})
		}
	}
	if page.USCC == "" {
		return nil
	}
	entry, err := p.World.Entry(v.ctx(), idnum.Normalise(page.USCC))
	if errors.Is(err, accounts.ErrNotFound) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pages: simulator: %w", err)
	}
	page.Entry = &templates.SimulatedEntry{
		Name: entry.Name, Type: string(entry.Type), Status: string(entry.Status), RepName: entry.RepName, RepNumber: entry.RepDocNumber,
	}
	return nil
}

// getFacePage is the simulated provider's page, on a phone.
func (p *Pages) getFacePage(v *visit) error {
	check, err := p.World.Face(v.ctx(), guard.PathToken(v.Param("certificate")))
	if errors.Is(err, accounts.ErrNotFound) {
		return p.phoneDone(v, http.StatusOK, "expired", nil)
	}
	if err != nil {
		return fmt.Errorf("pages: simulator: %w", err)
	}
	page := templates.FaceSimulator{
		Form: v.form(), Action: pathFacePage + check.Certificate, Ticket: check.Certificate,
		Name: idnum.MaskName(check.Name), State: "waiting",
	}
	if check.State != accounts.FacePending {
		page.State, page.Next = string(check.State), check.ReturnURL
	}
	return p.show(v, http.StatusOK, page)
}

func (p *Pages) postFacePage(v *visit, f *guard.Form) error {
	certificate := guard.PathToken(v.Param("certificate"))
	err := p.World.SetFace(v.ctx(), certificate, f.Token("result"), f.Token("reason"))
	if err != nil && !errors.Is(err, accounts.ErrConflict) && !errors.Is(err, accounts.ErrNotFound) {
		return worldFault(v, err)
	}
	return p.seeOther(v, pathFacePage+certificate)
}
