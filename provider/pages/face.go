package pages

import (
	"errors"
	"fmt"
	"math"
	"net/http"

	"rsc.io/qr"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/templates"
)

// proving are the wizards in which a face is looked at.
func proving() []accounts.CaseKind {
	return []accounts.CaseKind{
		accounts.CaseRegisterEnterprise, accounts.CaseRegisterPerson, accounts.CaseActivate,
		accounts.CaseRecoverEnterprise, accounts.CaseRecoverPerson, accounts.CaseEnterpriseChange, accounts.CaseMandate,
	}
}

// faceCase loads the case that a page of a face check belongs to. Nil: the
// browser was sent elsewhere.
func (p *Pages) faceCase(v *visit, flow, id string) (*accounts.Case, error) {
	if err := p.openWizard(v, flow); err != nil {
		return nil, err
	}
	c, err := p.loadCase(v, id, proving()...)
	if err != nil {
		return nil, err
	}
	if c == nil {
		return nil, &interaction.ProblemError{Status: http.StatusGone, Code: "case_expired"}
	}
	if c.Kind.SignedIn() && c.Step != accounts.StepDone {
		if err := p.identify(v); err != nil {
			return nil, err
		}
		if !p.mine(v, c) { // its page says who may go on with it
			return nil, p.seeOther(v, withCase(v, wizardPath(c.Kind), c.ID))
		}
	}
	return c, nil
}

func (p *Pages) getFaceConsent(v *visit) error {
	c, err := p.faceCase(v, guard.QueryToken(v.Request(), "flow"), guard.QueryToken(v.Request(), "case"))
	switch {
	case err != nil || c == nil:
		return err
	case c.Step != accounts.StepConsent:
		return p.seeOther(v, casePath(v, c))
	}
	return p.showFaceConsent(v, c, nil)
}

func (p *Pages) showFaceConsent(v *visit, c *accounts.Case, a *answer) error {
	page := templates.FaceConsent{
		Form: v.caseForm(c, a), Action: withCase(v, pathFaceConsent, c.ID), Act: string(c.Kind),
		Subject: c.Firm(), Person: faceName(c), LegalType: c.Form["legal_type"], Back: formAgain(v, c),
	}
	if c.Kind == accounts.CaseRecoverEnterprise || c.Kind == accounts.CaseRecoverPerson {
		page.Back = withCase(v, wizardPath(c.Kind), c.ID) + "&" + queryPhone + "=1"
	}
	return p.show(v, statusOf(a), page)
}

func faceName(c *accounts.Case) string {
	if name := c.Form["rep_name"]; name != "" {
		return idnum.MaskName(name)
	}
	return idnum.MaskName(c.Form["name"])
}

func (p *Pages) postFaceConsent(v *visit, f *guard.Form) error {
	c, err := p.faceCase(v, f.Token("flow"), f.Token("case"))
	if err != nil || c == nil {
		return err
	}
	if c.Step != accounts.StepConsent {
		return p.seeOther(v, casePath(v, c))
	}
	in, _ := p.read(v, f)
	in.Agree = f.Token("face_consent") == "1"
	return p.afterStep(v, c, p.Wizards.Consent(v.ctx(), c, in), func(a *answer) error { return p.showFaceConsent(v, c, a) })
}

func (p *Pages) getFace(v *visit) error {
	c, err := p.faceCase(v, guard.QueryToken(v.Request(), "flow"), guard.QueryToken(v.Request(), "case"))
	switch {
	case err != nil || c == nil:
		return err
	case c.Step == accounts.StepRefused && !c.FaceAgreedAt.IsZero():
		return p.showFace(v, c, p.answerTo(v, c.Refusal()))
	case c.Step != accounts.StepFace:
		return p.seeOther(v, casePath(v, c))
	}
	return p.showFace(v, c, nil)
}

// showFace shows how the check stands.
func (p *Pages) showFace(v *visit, c *accounts.Case, a *answer) error {
	self := withCase(v, pathFace, c.ID)
	page := templates.Face{
		Form: v.caseForm(c, a), Self: self, Act: string(c.Kind), Subject: c.Form["name_of_firm"], Person: faceName(c),
		LegalType: c.Form["legal_type"], State: "passed", StateURL: pathFaceState + "?case=" + c.ID, Back: formAgain(v, c),
	}
	if c.Step == accounts.StepRefused {
		page.Refused = true
		return p.show(v, statusOf(a), page)
	}
	check, result, err := p.Wizards.FaceState(v.ctx(), c)
	if err != nil && p.answerTo(v, err) == nil {
		return err
	}
	page.State, page.Reason = faceState(check, result)
	if check != nil && page.Running() {
		page.Ticket, page.Match = check.Ticket, check.Match
		page.QRImage, page.PhoneURL = pathFaceQR+"?case="+c.ID, pathFacePhone+check.Ticket
		page.SecondsLeft = max(0, int(math.Ceil(check.ExpiresAt.Sub(p.Now()).Seconds())))
	}
	return p.show(v, statusOf(a), page)
}

// faceState puts a check's state in the words of the page. A provider that does
// not answer changes nothing: the check still waits.
func faceState(check *accounts.FaceCheck, result *accounts.FaceResult) (state, reason string) {
	switch {
	case result == nil:
		return "opened", ""
	case result.State != accounts.FacePending:
		return string(result.State), result.Reason
	case check != nil && check.Phase != accounts.FaceShown:
		return "opened", ""
	default:
		return "waiting", ""
	}
}

// postFace asks for the truth, and goes on if it is a pass.
func (p *Pages) postFace(v *visit, f *guard.Form) error {
	c, err := p.faceCase(v, f.Token("flow"), f.Token("case"))
	if err != nil || c == nil {
		return err
	}
	if c.Step != accounts.StepFace {
		if c.Step == accounts.StepRefused && f.Token("action") == actionCorrect {
			return p.seeOther(v, formAgain(v, c))
		}
		if c.Step == accounts.StepRefused {
			return p.showFace(v, c, p.answerTo(v, c.Refusal()))
		}
		return p.seeOther(v, casePath(v, c))
	}
	in, _ := p.read(v, f)
	if f.Token("action") == actionAgain {
		return p.afterStep(v, c, p.Wizards.Again(v.ctx(), c, in), func(a *answer) error { return p.showFace(v, c, a) })
	}
	return p.afterFace(v, c, p.finishFace(v, c))
}

// finishFace is the step after a passed check, of each wizard.
func (p *Pages) finishFace(v *visit, c *accounts.Case) error {
	w := p.Wizards
	switch c.Kind {
	case accounts.CaseRegisterPerson:
		return w.FinishPerson(v.ctx(), c)
	case accounts.CaseMandate:
		return p.Mandating.FinishGrantFace(v.ctx(), c)
	case accounts.CaseActivate:
		return w.FinishActivationFace(v.ctx(), c)
	case accounts.CaseRecoverEnterprise, accounts.CaseRecoverPerson:
		return w.FinishRecoveryFace(v.ctx(), c)
	case accounts.CaseEnterpriseChange:
		return p.finishChange(v, c)
	default:
		return w.FinishEnterprise(v.ctx(), c)
	}
}

func (p *Pages) afterFace(v *visit, c *accounts.Case, err error) error {
	return p.afterStep(v, c, err, func(a *answer) error {
		if c.Step == accounts.StepForm { // the login name was taken: everything else stays
			return p.showRegisterEnterprise(v, c, c.Form, true, a)
		}
		return p.showFace(v, c, a)
	})
}

// faceStateJSON tells the waiting page's script how the check stands.
func (p *Pages) faceStateJSON(v *visit) error {
	guard.NoStore(v.Response().Header())
	c, err := p.loadCase(v, guard.QueryToken(v.Request(), "case"), proving()...)
	if err != nil {
		return err
	}
	if c == nil {
		return v.JSON(http.StatusNotFound, map[string]string{"state": "expired"})
	}
	if c.Step != accounts.StepFace {
		return v.JSON(http.StatusOK, map[string]string{"state": "passed"})
	}
	check, result, err := p.Wizards.FaceState(v.ctx(), c)
	if err != nil && p.answerTo(v, err) == nil {
		return err
	}
	state, _ := faceState(check, result)
	return v.JSON(http.StatusOK, map[string]string{"state": state})
}

// faceQR draws the address of the phone's page.
func (p *Pages) faceQR(v *visit) error {
	guard.NoStore(v.Response().Header())
	c, err := p.loadCase(v, guard.QueryToken(v.Request(), "case"), proving()...)
	if err != nil {
		return err
	}
	if c == nil || c.Step != accounts.StepFace || c.Ticket == "" {
		return v.NoContent(http.StatusNotFound)
	}
	return p.drawQR(v, p.Issuer+pathFacePhone+c.Ticket, qr.M)
}

// drawQR answers with an address as a picture.
func (p *Pages) drawQR(v *visit, address string, level qr.Level) error {
	code, err := qr.Encode(address, level)
	if err != nil {
		return fmt.Errorf("pages: qr: %w", err)
	}
	return v.Blob(http.StatusOK, "image/png", code.PNG())
}

// phoneCheck loads the check that a phone opened.
func (p *Pages) phoneCheck(v *visit) (*accounts.FaceCheck, error) {
	return p.Wizards.Faces.Load(v.ctx(), guard.PathToken(v.Param("ticket")))
}

func (p *Pages) getFacePhone(v *visit) error {
	check, err := p.phoneCheck(v)
	if errors.Is(err, accounts.ErrNotFound) {
		return p.phoneDone(v, http.StatusOK, "expired", nil)
	}
	if err != nil {
		return err
	}
	switch check.Phase {
	case accounts.FaceBegun:
		return p.phoneDone(v, http.StatusOK, "finished", check)
	case accounts.FaceWrong:
		return p.phoneDone(v, http.StatusOK, "wrong_number", check)
	case accounts.FaceStopped:
		return p.phoneDone(v, http.StatusOK, "refused", check)
	default:
		if err := p.Wizards.Faces.Opened(v.ctx(), check); err != nil {
			return err
		}
		return p.showFacePhone(v, check, nil)
	}
}

func (p *Pages) showFacePhone(v *visit, check *accounts.FaceCheck, a *answer) error {
	guard.InAuthorization(v.Response().Header()) // its form leads to the provider's site
	return p.show(v, statusOf(a), templates.FacePhone{
		Form: v.caseForm(nil, a), Action: pathFacePhone + check.Ticket, Act: string(check.Kind), Subject: check.Firm,
		Person: idnum.MaskName(check.Name), Address: check.Address, UserAgent: check.UserAgent, At: check.CreatedAt,
		Numbers: check.Choices, Site: check.Site,
	})
}

func (p *Pages) phoneDone(v *visit, status int, outcome string, check *accounts.FaceCheck) error {
	page := templates.FacePhoneDone{Outcome: outcome}
	if check != nil {
		page.Act = string(check.Kind)
		// Who does all of it on one phone goes on there; elsewhere the address is of no use.
		if c, err := p.loadCase(v, check.Case, proving()...); err == nil && c != nil {
			page.Next = casePath(v, c)
		}
	}
	return p.show(v, status, page)
}

// postFacePhone is the number chosen, or the word that it is not this person's.
func (p *Pages) postFacePhone(v *visit, f *guard.Form) error {
	check, err := p.phoneCheck(v)
	if errors.Is(err, accounts.ErrNotFound) {
		return p.phoneDone(v, http.StatusUnprocessableEntity, "expired", nil)
	}
	if err != nil {
		return err
	}
	here := pathFacePhone + check.Ticket
	if check.Phase == accounts.FaceWrong || check.Phase == accounts.FaceStopped {
		return p.seeOther(v, here) // it is over
	}
	if f.Token("action") == "refuse" {
		err := p.Wizards.Faces.Refuse(v.ctx(), check)
		if err != nil && !errors.Is(err, accounts.ErrConflict) {
			return err
		}
		return p.seeOther(v, here)
	}
	to, err := p.Wizards.Faces.Confirm(v.ctx(), check, f.Token("match"), guard.Shown(v.Request().UserAgent(), maxUserAgent))
	if errors.Is(err, accounts.ErrConflict) {
		return p.seeOther(v, here)
	}
	if r, ok := errors.AsType[*accounts.RefusalError](err); ok {
		if r.Code == accounts.CodeFaceWrongNumber {
			return p.phoneDone(v, http.StatusUnprocessableEntity, "wrong_number", check)
		}
		return p.showFacePhone(v, check, refused(p.refusal(v, *r)))
	}
	if err != nil {
		return err
	}
	return p.seeOther(v, to)
}
