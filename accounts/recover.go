package accounts

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts/idnum"
)

// holder is an account that may be recovered: an enterprise's or a person's.
type holder struct {
	id    string
	phone string
	state Code // why it cannot be, told once the holder is known; empty: it can
	about PasswordContext
	hash  string // of the password now

	kind        Type
	identifiers []string // that it signs in with
}

// recovery is the kind of a case that recovers an account; of any other case it is
// not its kind.
func (c *Case) recovery() CaseKind {
	if c.Kind == CaseRecoverPerson {
		return CaseRecoverPerson
	}
	return CaseRecoverEnterprise
}

// noHolder is as long, in the form that a case is kept in, as the account and the
// phone of one that has a holder.
var noHolder = strings.Repeat(".", len(`"a":"",`)+len(uuid.Nil.String())+len(`"ph":"+8613800000000",`)-len(`"fi":"",`)) //nolint:gochecknoglobals // a constant

// StartRecovery is 确认账号, the first of three steps, for enterprises and
// persons. Whether everything matched, something or nothing, the case goes on and
// shows a phone; only after a full match it is one that gets codes.
func (w *Wizards) StartRecovery(ctx context.Context, kind CaseKind, in *Input) (*Case, error) {
	identifier, facts, err := w.recovery(kind, in)
	if err != nil {
		return nil, err
	}
	identifier = identifierOf(kind, identifier)
	if err := w.ask(ctx, "recover", in.Address); err != nil {
		return nil, err
	}
	found, named, err := w.holderOf(ctx, kind, identifier, &facts)
	if err != nil {
		return nil, err
	}
	if named == "" && w.Policy.TellUnknown {
		return nil, RefuseField("account", CodeAccountUnknown)
	}
	return w.Cases.Begin(ctx, kind, StepCode, in.Visitor.Browser, func(c *Case) {
		c.Form, c.Site = keep(in.Values, "account", "rep_name", "rep_id_type", "rep_id_number", "name", "id_type", "id_number"), in.Site
		c.Mask = w.decoyMask(kind, identifier, &facts)
		c.DocHash = docHash("recover", string(kind), identifier, facts.Name, string(facts.DocType), facts.DocNumber)
		c.Filler = noHolder
		if found != nil {
			c.Filler = ""
			c.Account, c.Phone = found.id, found.phone
			if found.phone != "" {
				c.Mask = idnum.MaskPhone(found.phone)
			}
		}
	})
}

// CheckRecovery says what is wrong with 确认账号 by itself, asking nobody.
func (w *Wizards) CheckRecovery(kind CaseKind, in *Input) error {
	_, _, err := w.recovery(kind, in)
	return err
}

func (w *Wizards) recovery(kind CaseKind, in *Input) (identifier string, facts PersonFacts, err error) {
	f := readForm(in.Values, w.Now())
	identifier, _ = f.take("account")
	facts = f.recoverFacts(kind)
	return identifier, facts, f.err()
}

func (f *form) recoverFacts(kind CaseKind) PersonFacts {
	if kind == CaseRecoverPerson {
		return f.person("name", "id")
	}
	return f.person("rep_name", "rep_id")
}

// holderOf returns the account that identifier and facts fit, nil if they do not
// fit; named is the id of the account that has the identifier, empty if none has. If
// there is none, the facts are compared with a stand-in's: that takes as long.
func (w *Wizards) holderOf(ctx context.Context, kind CaseKind, identifier string, facts *PersonFacts) (found *holder, named string, err error) {
	if kind == CaseRecoverPerson {
		p, err := w.Persons.FindPerson(ctx, personIdentifier(identifier))
		switch {
		case err != nil && !errors.Is(err, ErrNotFound):
			return nil, "", fmt.Errorf("recover: %w", err)
		case err != nil || p.Closed(w.Now()):
			p = &Person{Name: facts.Name, DocType: facts.DocType, DocNumber: facts.DocNumber}
		}
		if !facts.Same(p.Name, p.DocType, p.DocNumber) || p.ID == "" {
			return nil, string(p.ID), nil
		}
		return personHolder(p, w.Now()), string(p.ID), nil
	}
	e, err := w.Enterprises.FindEnterprise(ctx, identifier)
	switch {
	case err != nil && !errors.Is(err, ErrNotFound):
		return nil, "", fmt.Errorf("recover: %w", err)
	case err != nil:
		e = &Enterprise{Representative: Representative(*facts)}
	}
	if !fullMatch(e, facts) || e.ID == "" {
		return nil, string(e.ID), nil
	}
	return enterpriseHolder(e), string(e.ID), nil
}

func personHolder(p *Person, now time.Time) *holder {
	h := &holder{
		id: string(p.ID), phone: p.Phone, hash: p.PasswordHash, kind: TypePerson, identifiers: []string{p.Phone, p.DocNumber},
		about: PasswordContext{Phone: p.Phone, PersonName: p.Name, DocType: p.DocType, DocNumber: p.DocNumber},
	}
	switch {
	case p.Closed(now):
		h.state = CodeCancelled // while the wizard ran
	case !p.Status.Admits():
		h.state = closed(p.Status)
	}
	return h
}

func enterpriseHolder(e *Enterprise) *holder {
	h := &holder{
		id: string(e.ID), phone: e.Phone, hash: e.PasswordHash, kind: TypeEnterprise, identifiers: []string{e.Account, e.USCC},
		about: PasswordContext{
			Account: e.Account, Phone: e.Phone, USCC: e.USCC, EnterpriseName: e.Name, PersonName: e.Representative.Name,
			DocType: e.Representative.DocType, DocNumber: e.Representative.DocNumber,
		},
	}
	switch {
	case e.Status == StatusPendingActivation:
		h.state = CodePendingNeedsActivation
	case !e.Status.Admits():
		h.state = closed(e.Status)
	}
	return h
}

// current reads the account of a case that is about one.
func (w *Wizards) current(ctx context.Context, c *Case) (*holder, error) {
	if c.Kind == CaseRecoverPerson {
		p, err := w.Persons.Person(ctx, PersonID(c.Account))
		if err != nil {
			return nil, fmt.Errorf("recover: %w", err)
		}
		return personHolder(p, w.Now()), nil
	}
	e, err := w.Enterprises.Enterprise(ctx, EnterpriseID(c.Account))
	if err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	return enterpriseHolder(e), nil
}

// decoyMask is a phone that is not there, as it would be shown. It is another one
// for other facts, and the same for the same: asking again tells nothing. It hangs
// on what was typed alone: were it the same by another name of an account, that
// would tell that the two names are one account's.
func (w *Wizards) decoyMask(kind CaseKind, identifier string, facts *PersonFacts) string {
	mac := hmac.New(sha256.New, w.Key[:])
	for _, part := range []string{"decoy", string(kind), identifier, idnum.PersonNameKey(facts.Name), string(facts.DocType), facts.Key()} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	n := binary.BigEndian.Uint64(mac.Sum(nil))
	segments := phoneSegments()
	return segments[n%uint64(len(segments))] + "****" + fmt.Sprintf("%04d", n>>32%10000)
}

// phoneSegments are the ranges of mobile numbers in use, roughly as often as people
// have them: a mask from none of them would be known to be of a real phone.
func phoneSegments() []string {
	common := strings.Fields(`130 131 132 133 134 135 136 137 138 139 150 151 152 153 155 156 157 158 159
		180 181 182 183 184 185 186 187 188 189`)
	rarer := strings.Fields(`145 146 147 148 149 162 165 166 167 170 171 172 173 174 175 176 177 178
		190 191 192 193 195 196 197 198 199`)
	return slices.Concat(common, common, common, rarer)
}

// SendRecoveryCode is 获取验证码 on 短信验证.
func (w *Wizards) SendRecoveryCode(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(c.recovery(), StepCode, StepConsent); err != nil {
		return err
	}
	to := Sending{To: c.Phone, Asked: "recovery: " + hex.EncodeToString(c.DocHash[:]), Address: in.Address}
	return w.Codes.Send(ctx, c, to, func(c *Case) { c.Step = StepCode })
}

// ProveRecovery is 短信验证: the code that the account's phone got. What is wrong
// with the account is told to who holds its phone.
func (w *Wizards) ProveRecovery(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(c.recovery(), StepCode, StepConsent); err != nil {
		return err
	}
	err := w.Codes.Verify(ctx, c, c.Phone, strings.TrimSpace(in.SMSCode), func(c *Case) { c.Step = StepPassword })
	if err != nil {
		return err
	}
	return w.stateOf(ctx, c)
}

func (w *Wizards) stateOf(ctx context.Context, c *Case) error {
	h, err := w.current(ctx, c)
	if err != nil {
		return err
	}
	if h.state != "" {
		return w.fail(ctx, c, h.state)
	}
	return nil
}

// RecoverByFace leaves the phone aside: the person named proves to be there. Until
// the check begins, the code remains a way.
func (w *Wizards) RecoverByFace(ctx context.Context, c *Case) error {
	if err := c.at(c.recovery(), StepCode, StepConsent); err != nil {
		return err
	}
	return w.Cases.Move(ctx, c, func(c *Case) { c.Step = StepConsent })
}

// FinishRecoveryFace asks for the truth of the face check. Whether the facts fit
// an account is told to the person, now known to be there.
func (w *Wizards) FinishRecoveryFace(ctx context.Context, c *Case) error {
	if err := c.at(c.recovery(), StepFace); err != nil {
		return err
	}
	if err := w.prove(ctx, c); err != nil {
		return err
	}
	if c.Account == "" {
		return w.fail(ctx, c, CodeRecoverMismatch)
	}
	if err := w.stateOf(ctx, c); err != nil {
		return err
	}
	return w.Cases.Move(ctx, c, func(c *Case) { c.Step = StepPassword })
}

// SetRecovered is 设置新密码: it ends every session and grant of the account, and
// tells its phone.
func (w *Wizards) SetRecovered(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(c.recovery(), StepPassword); err != nil {
		return err
	}
	h, err := w.current(ctx, c)
	if err != nil {
		return err
	}
	if h.state != "" {
		return w.fail(ctx, c, h.state)
	}
	f := readForm(nil, w.Now())
	f.newPassword(w.Rules, in, h.about)
	if err := f.err(); err != nil {
		return err
	}
	hash, err := w.hash(ctx, in.Password)
	if err != nil {
		return err
	}
	err = w.Ledger.Within(ctx, func(tx Tx) error {
		if err := w.settle(ctx, tx, c, h.id); err != nil {
			return err
		}
		if err := w.setPassword(ctx, tx, c, h, hash); err != nil {
			return err
		}
		return w.notify(ctx, tx, c.ID, h.phone, KindPasswordReset, w.resetParams())
	})
	switch {
	case errors.Is(err, ErrConflict):
		return ErrCaseStep // the password changed at the same moment
	case err != nil && !errors.Is(err, errSpent):
		return fmt.Errorf("recover: %w", err)
	}
	if err := w.Logins.Unlock(ctx, h.kind, h.identifiers...); err != nil {
		return err
	}
	return w.finish(ctx, c, func(*Case) {})
}

func (w *Wizards) setPassword(ctx context.Context, tx Tx, c *Case, h *holder, hash string) error {
	if c.Kind == CaseRecoverPerson {
		id := PersonID(h.id)
		if err := tx.SetPersonPassword(ctx, id, h.hash, hash, true, w.Now()); err != nil {
			return err
		}
		return tx.SetPersonClosing(ctx, id, time.Time{}, false, w.Now()) // who comes back stays
	}
	return tx.SetEnterprisePassword(ctx, EnterpriseID(h.id), h.hash, hash, true, w.Now())
}

func (w *Wizards) resetParams() map[string]string {
	return map[string]string{"time": inChina(w.Now(), "2006-01-02 15:04")}
}
