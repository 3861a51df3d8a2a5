package pages

import (
	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// person reports whether a person is signed in, not an enterprise's account.
func (v *visit) person() bool { return v.session.Principal.Type == accounts.TypePerson }

// done leads to the first page of the centre of who is signed in, which says what
// was done.
func (p *Pages) done(v *visit, notice string) error {
	if v.mandate != nil {
		return p.seeOther(v, pathAgent+"account?notice="+notice)
	}
	if v.person() {
		return p.seeOther(v, pathMe+"account?notice="+notice)
	}
	return p.seeOther(v, pathCenter+"enterprise?notice="+notice)
}

// username is what password managers know the account by.
func (v *visit) username() string {
	if v.person() {
		return idnum.Mobile(v.standing.Phone).National()
	}
	return v.standing.Username
}

func (p *Pages) getPassword(v *visit) error { return p.showPassword(v, nil) }

func (p *Pages) showPassword(v *visit, a *answer) error {
	page := templates.MePassword{Form: v.caseForm(nil, a), Account: v.username()}
	if v.person() {
		return p.show(v, statusOf(a), page)
	}
	return p.show(v, statusOf(a), templates.CenterPassword(page))
}

// postPassword is 密码修改.
func (p *Pages) postPassword(v *visit, f *guard.Form) error {
	in, faults := p.read(v, f)
	old := f.Secret("old_password", 1024)
	if len(faults) > 0 {
		return p.showPassword(v, refused(faults...))
	}
	principal, err := p.changePassword(v, old, in)
	if a := p.answerTo(v, err); a != nil {
		return p.showPassword(v, a)
	}
	if err != nil {
		return err
	}
	if err := p.renew(v, *principal); err != nil {
		return err
	}
	return p.done(v, noticePasswordChanged)
}

func (p *Pages) changePassword(v *visit, old string, in *accounts.Input) (*accounts.Principal, error) {
	if v.person() {
		return p.Wizards.ChangePersonPassword(v.ctx(), v.session.Principal.Person, old, in)
	}
	return p.Wizards.ChangeEnterprisePassword(v.ctx(), v.session.Principal.Enterprise, old, in)
}

// renew begins a new session for who changed their own credential: every other
// one has ended.
func (p *Pages) renew(v *visit, principal accounts.Principal) error {
	_, err := p.Sessions.Start(v.ctx(), v.Response(), v.Request(), session.Authentication{
		Principal: principal, LOA: v.session.LOA, AMR: v.session.AMR,
		Address: addressOf(v), UserAgent: guard.Shown(v.Request().UserAgent(), maxUserAgent),
	})
	return err
}
