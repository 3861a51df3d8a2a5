package pages

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"rsc.io/qr"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/letter"
	"github.com/tongid/tongid/templates"
)

// Addresses of 授权书, after that of a mandate.
const (
	pathLetter   = "/letter"
	pathLetterQR = pathLetter + "/qr"
)

// Refusals of 授权书核验.
const (
	codeLetterTypo    accounts.Code = "letter_typo"    // no check code: a slip
	codeLetterForeign accounts.Code = "letter_foreign" // none of ours
)

// maxCheckCode is the longest that is taken of what was typed or scanned.
const maxCheckCode = 4096

// checkingRate is for people behind one address: nobody tries check codes out.
func checkingRate() *guard.Rate { return &guard.Rate{Burst: 60, Every: 2 * time.Second} }

// letterRoutes are the letter of the mandate that an agent acts under, and the
// door where anybody verifies one.
func (p *Pages) letterRoutes() []route {
	return []route{
		{path: pathAgent + "letter", access: agents, get: p.getOwnLetter},
		{path: pathAgent + "letter/qr", access: agents, get: func(v *visit) error { return p.letterQR(v, v.mandate) }},
		{path: letter.Path, access: knowing, get: p.getVerify, post: p.postVerify},
	}
}

func (p *Pages) getOwnLetter(v *visit) error {
	return p.showLetter(v, v.mandate, pathAgent+"letter", pathAgent+"account")
}

// getLetter is the letter of a mandate that the visitor keeps.
func (k keeping) getLetter(v *visit) error {
	m, err := k.one(v)
	if err != nil {
		return err
	}
	page := k.base + "/" + m.ID
	return k.showLetter(v, m, page+pathLetter, page)
}

func (k keeping) getLetterQR(v *visit) error {
	m, err := k.one(v)
	if err != nil {
		return err
	}
	return k.letterQR(v, m)
}

// lettered reports whether there is a letter about a mandate: one that holds, or
// will.
func (p *Pages) lettered(m *accounts.MandateView) bool {
	state := m.Mandate.Standing(p.Now())
	return state == accounts.MandateActive || state == accounts.MandatePending
}

func (p *Pages) showLetter(v *visit, m *accounts.MandateView, here, back string) error {
	if !p.lettered(m) {
		return p.seeOther(v, back)
	}
	l, err := p.Letters.Issue(m)
	if err != nil {
		return err
	}
	page := templates.Letter{
		Company: m.Company, USCC: m.USCC, Agent: m.Name, DocType: string(m.DocType), DocNumber: idnum.MaskDocument(m.DocNumber),
		Role: string(m.Role), From: m.ValidFrom, Until: m.ValidUntil, Manager: m.Manager, Services: p.portalNames(m.Services),
		Evidence: m.Evidence, Issued: l.Issued, Code: l.Code, QR: here + "/qr?" + url.Values{"code": {l.Code}}.Encode(),
		Verify: p.Issuer + letter.Path, Back: back,
	}
	return p.show(v, http.StatusOK, page)
}

// letterQR draws what a letter says, signed. Only of a letter that we issued.
func (p *Pages) letterQR(v *visit, m *accounts.MandateView) error {
	guard.NoStore(v.Response().Header())
	address, err := p.Letters.Address(m, guard.QueryToken(v.Request(), "code"))
	if errors.Is(err, letter.ErrForeign) {
		return v.NoContent(http.StatusNotFound)
	}
	if err != nil {
		return err
	}
	return p.drawQR(v, address, qr.L)
}

// portalNames are what people know portals by.
func (p *Pages) portalNames(ids []string) (names []string) {
	for _, id := range ids {
		names = append(names, p.portalName(id))
	}
	return names
}

// getVerify asks for a check code, or looks at the one that a QR code brought.
func (p *Pages) getVerify(v *visit) error {
	code := guard.Shown(v.QueryParam("code"), maxCheckCode)
	if code == "" {
		return p.show(v, http.StatusOK, templates.Verify{Form: v.caseForm(nil, nil)})
	}
	return p.verify(v, code)
}

func (p *Pages) postVerify(v *visit, f *guard.Form) error {
	return p.verify(v, f.Text("code", maxCheckCode))
}

// verify says what is known of a letter, to anybody: of the person a part of the
// name, and no number.
func (p *Pages) verify(v *visit, code string) error {
	if p.Limits {
		if wait := p.checking.Wait(guard.Address(v.ctx()), p.Now()); wait > 0 {
			return &interaction.ProblemError{Status: http.StatusTooManyRequests, Code: "rate_limited", Wait: wait}
		}
	}
	again := func(why accounts.Code) error {
		a := refused(templates.Refusal{Field: "code", Code: string(why)})
		return p.show(v, statusOf(a), templates.Verify{Form: v.caseForm(nil, a), Code: code})
	}
	if code == "" {
		return again(codeRequired)
	}
	verdict, err := p.Letters.Verify(v.ctx(), code)
	switch {
	case errors.Is(err, letter.ErrTypo):
		return again(codeLetterTypo)
	case errors.Is(err, letter.ErrForeign):
		return again(codeLetterForeign)
	case err != nil:
		return err
	}
	m := verdict.Mandate
	state := m.Mandate.Standing(p.Now())
	if state == accounts.MandateActive && !m.Usable(p.Now()) {
		state = accounts.MandateSuspended // by what became of one of the two sides
	}
	return p.show(v, http.StatusOK, templates.Verify{Form: v.caseForm(nil, nil), Letter: &templates.VerifiedLetter{
		Company: m.Company, USCC: m.USCC, Agent: idnum.MaskName(m.Name), Role: string(m.Role), From: m.ValidFrom, Until: m.ValidUntil,
		Manager: m.Manager, Services: p.portalNames(m.Services), Issued: verdict.Issued, InForce: state == accounts.MandateActive,
		State: string(state), Changed: verdict.Changed,
	}})
}
