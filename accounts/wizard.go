package accounts

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts/idnum"
)

// WizardPolicy is what an operator decides about the wizards.
type WizardPolicy struct {
	PersonsPerPhone     int
	EnterprisesPerPhone int
	// TellUnknown has recovery say that there is no such account, as the manual
	// does. It lets outsiders ask which accounts there are, slowly.
	TellUnknown bool
	// Agreements are the texts in force: document → version.
	Agreements map[string]string
}

// EnterpriseFinder looks enterprises up.
type EnterpriseFinder interface {
	FindEnterprise(ctx context.Context, identifier string) (*Enterprise, error)
	Enterprise(ctx context.Context, id EnterpriseID) (*Enterprise, error)
}

// Unlocker forgets wrong passwords (SignIn).
type Unlocker interface {
	Unlock(ctx context.Context, kind Type, identifiers ...string) error
}

// Wizards are the ways to become known: registration, activation, recovery and
// what else takes several steps. Each is a state machine on the server; its
// methods are its steps, and each asks where the case stands.
type Wizards struct {
	Cases       *Cases
	Codes       *Codes
	Faces       *Faces
	Register    Register
	Enterprises EnterpriseFinder
	Persons     PersonFinder
	Changes     EnterpriseChanger
	Ledger      Ledger
	Passwords   Passwords
	Rules       *PasswordPolicy
	Logins      Unlocker
	Attempts    AttemptStore
	Limits      bool
	Key         [32]byte // keys counters and decoys
	Policy      WizardPolicy
	// Text makes the message of a kind; the words stand in templates.
	Text func(kind string, params map[string]string) (string, error)
	Now  func() time.Time
}

// Input is what a form says, and who sent it.
type Input struct {
	Values   map[string]string // what may be kept and shown again
	Password string
	Confirm  string
	SMSCode  string
	Agree    bool
	Address  netip.Addr
	Visitor  Visitor
	Site     string // name of the portal behind, empty without one
}

// askLimit bounds the questions that come from one address: recoveries and
// activations begun, faces looked at. Neither accounts nor documents are counted:
// their answers tell outsiders nothing, and a count would let anybody who knows a
// firm's public code keep its holder from coming back.
var askLimit = LockoutPolicy{Free: 100, Window: time.Hour, First: 10 * time.Minute, Max: time.Hour}

// ask counts a question.
func (w *Wizards) ask(ctx context.Context, what string, address netip.Addr) error {
	if !w.Limits || !address.IsValid() {
		return nil
	}
	key := counterKey(w.Key, what+" address", network(address))
	until, err := w.Attempts.Try(ctx, []Attempt{{Key: key, Limit: askLimit}}, w.Now())
	if err != nil {
		return fmt.Errorf("wizard: count: %w", err)
	}
	if !until.IsZero() {
		return &WaitError{Until: until, Code: CodeTooManyAsks}
	}
	return nil
}

// codePhone checks the phone that a form wants a code for.
func (w *Wizards) codePhone(in *Input) (string, error) {
	f := readForm(in.Values, w.Now())
	phone := f.phone()
	return phone, f.err()
}

// hash checks a new password by the policy and hashes it.
func (w *Wizards) hash(ctx context.Context, password string) (string, error) {
	hash, err := w.Passwords.Hash(ctx, password)
	if err != nil {
		return "", fmt.Errorf("wizard: hash: %w", ifBusy(err))
	}
	return hash, nil
}

// newPassword reads the two fields of a new password.
func (f *form) newPassword(rules *PasswordPolicy, in *Input, about PasswordContext) {
	switch {
	case in.Password == "":
		f.refuse("password", CodeRequired)
		return
	case in.Confirm == "":
		f.refuse("password_confirm", CodeRequired)
	case in.Confirm != in.Password:
		f.refuse("password_confirm", CodePasswordMismatch)
	}
	if refusal, ok := errors.AsType[*RefusalError](rules.CheckPassword(in.Password, about)); ok {
		f.refuse("password", refusal.Code)
	}
}

// docHash is a digest of what a face check approves; nothing of it may change
// afterwards.
func docHash(parts ...string) [32]byte {
	h := sha256.New()
	for _, part := range parts {
		fmt.Fprintf(h, "%d:%s", len(part), part)
	}
	return [32]byte(h.Sum(nil))
}

// Consent is the word to a face check: it begins one.
func (w *Wizards) Consent(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(c.Kind, StepConsent, StepFace); err != nil {
		return err
	}
	if !in.Agree {
		return RefuseField("face_consent", CodeFaceConsentRequired)
	}
	return w.beginFace(ctx, c, in)
}

// beginFace makes a new check, in place of the one before it.
func (w *Wizards) beginFace(ctx context.Context, c *Case, in *Input) error {
	who := w.subject(c)
	if err := w.ask(ctx, "face", in.Address); err != nil {
		return err // a check costs money
	}
	if !w.Faces.Supports(who.DocType) {
		return Refuse(CodeFaceNotSupported)
	}
	check, err := w.Faces.Begin(ctx, c, who, in.Visitor)
	if err != nil {
		return err
	}
	return w.Cases.Move(ctx, c, func(c *Case) {
		c.Step, c.Ticket, c.Match = StepFace, check.Ticket, check.Match
		if c.FaceAgreedAt.IsZero() {
			c.FaceAgreedAt = w.Now()
		}
	})
}

// Again begins another check after one that came to nothing.
func (w *Wizards) Again(ctx context.Context, c *Case, in *Input) error {
	if err := c.at(c.Kind, StepFace); err != nil {
		return err
	}
	if c.Proof != nil {
		return nil // there is one already
	}
	return w.beginFace(ctx, c, in)
}

// subject is whose face a wizard wants to see.
func (w *Wizards) subject(c *Case) FaceSubject {
	p := w.personOf(c)
	return FaceSubject{Name: p.Name, DocType: p.DocType, DocNumber: p.DocNumber, Firm: c.Firm()}
}

// Firm is the enterprise that a case is about, by the name that whoever began it
// knows: in a recovery the account as it was typed, whether there is one or not.
func (c *Case) Firm() string {
	if c.Kind == CaseRecoverEnterprise {
		return c.Form["account"]
	}
	return c.Form["name_of_firm"]
}

// personOf reads the person that a case is about from what was typed and checked.
func (w *Wizards) personOf(c *Case) PersonFacts {
	f := readForm(c.Form, w.Now())
	switch c.Kind {
	case CaseRegisterPerson, CaseRecoverPerson:
		return f.person("name", "id")
	default:
		return f.person("rep_name", "rep_id")
	}
}

// prove asks for the truth of the check that a case runs and takes a pass into
// the case, once. Until there is one it returns the refusal that says why.
func (w *Wizards) prove(ctx context.Context, c *Case) error {
	if c.Proof != nil {
		return nil
	}
	check, err := w.Faces.Load(ctx, c.Ticket)
	if errors.Is(err, ErrNotFound) {
		return Refuse(CodeFaceExpired)
	}
	if err != nil {
		return err
	}
	result, err := w.Faces.Result(ctx, check)
	if err != nil {
		return err
	}
	if result.State != FacePassed {
		return faceRefusal(check, result)
	}
	if check.Case != c.ID || check.Kind != c.Kind || check.DocHash != c.DocHash {
		return Refuse(CodeFaceExpired) // it approved something else
	}
	proof := w.Faces.proof(check, result)
	return w.Cases.Move(ctx, c, func(c *Case) { c.Proof, c.Ticket = proof, "" })
}

// FaceState tells a waiting page how the check stands, without moving anything.
func (w *Wizards) FaceState(ctx context.Context, c *Case) (*FaceCheck, *FaceResult, error) {
	if c.Proof != nil {
		return nil, &FaceResult{State: FacePassed}, nil
	}
	check, err := w.Faces.Load(ctx, c.Ticket)
	if errors.Is(err, ErrNotFound) {
		return nil, &FaceResult{State: FaceExpired}, nil
	}
	if err != nil {
		return nil, nil, err
	}
	result, err := w.Faces.Result(ctx, check)
	return check, result, err
}

// errSpent says that a wizard's effect is there already: its last step was sent
// twice, or its state got lost after the effect.
var errSpent = errors.New("wizard: spent")

// settle is a wizard's end: it spends the case and keeps its evidence, in the
// transaction tx of its effect.
func (w *Wizards) settle(ctx context.Context, tx Tx, c *Case, subject string, agreed ...string) error {
	now := w.Now()
	err := tx.Spend(ctx, c.spendID(), c.ExpiresAt.Add(time.Hour))
	if errors.Is(err, ErrConflict) {
		return errSpent
	}
	if err != nil {
		return err
	}
	if c.Proof != nil {
		proof := *c.Proof
		proof.Subject = subject
		if err := tx.PutProof(ctx, &proof); err != nil {
			return err
		}
	}
	if !c.FaceAgreedAt.IsZero() {
		agreed = append(slices.Clone(agreed), DocumentFace)
	}
	for _, document := range agreed {
		at := now
		if document == DocumentFace {
			at = c.FaceAgreedAt
		}
		err := tx.PutAgreement(ctx, &Agreement{
			Subject: subject, Document: document, Version: w.Policy.Agreements[document], Case: c.ID, At: at,
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// inChina writes an instant as people there say it.
func inChina(t time.Time, layout string) string {
	return t.In(chinaZone()).Format(layout)
}

func chinaZone() *time.Location { return time.FixedZone("", 8*60*60) }

// notify posts a message in a transaction.
func (w *Wizards) notify(ctx context.Context, tx Outbox, id, phone, kind string, params map[string]string) error {
	return w.notifyAt(ctx, tx, w.Now(), id, phone, kind, params)
}

// notifyAt posts a message that is sent from then on.
func (w *Wizards) notifyAt(ctx context.Context, tx Outbox, at time.Time, id, phone, kind string, params map[string]string) error {
	text, err := w.Text(kind, params)
	if err != nil {
		return fmt.Errorf("wizard: text: %w", err)
	}
	return tx.Post(ctx, Message{
		ID: messageID(kind, id), Phone: phone, Purpose: PurposeNotice, Kind: kind, Params: params, Text: text,
	}, at)
}

// finish records that a wizard is done. Its effect is there already: should this
// fail, the next step finds the case spent.
func (w *Wizards) finish(ctx context.Context, c *Case, change func(*Case)) error {
	return w.Cases.Move(ctx, c, func(c *Case) {
		change(c)
		c.Step, c.PasswordHash, c.Code = StepDone, "", nil
		c.Form = map[string]string{"name": c.Form["name"], "name_of_firm": c.Form["name_of_firm"], "account": c.Form["account"], "by": c.Form["by"]}
	})
}

// fail ends a wizard for a reason that trying again does not mend.
func (w *Wizards) fail(ctx context.Context, c *Case, code Code) error {
	return w.failAsOf(ctx, c, code, "")
}

// failAsOf is fail for a reason that rests on the register's facts of that day.
func (w *Wizards) failAsOf(ctx context.Context, c *Case, code Code, asOf string) error {
	err := w.Cases.Move(ctx, c, func(c *Case) {
		c.Step, c.Failure, c.AsOf, c.PasswordHash = StepRefused, code, asOf, ""
	})
	if err != nil {
		return err
	}
	return c.Refusal()
}

// stale ends a wizard whose form does not say any more what it said when it was
// taken: the document expired at midnight.
func (w *Wizards) stale(ctx context.Context, c *Case, f *form) error {
	if len(f.refusals) == 0 {
		return nil
	}
	return w.fail(ctx, c, f.refusals[0].Code)
}

// keep are the fields that a case remembers of a form.
func keep(values map[string]string, fields ...string) map[string]string {
	kept := map[string]string{}
	for _, field := range fields {
		if v := values[field]; v != "" {
			kept[field] = v
		}
	}
	return kept
}

// fullMatch reports whether the account's representative is the person named.
func fullMatch(e *Enterprise, p *PersonFacts) bool {
	return p.Same(e.Representative.Name, e.Representative.DocType, e.Representative.DocNumber)
}

// firmOf finds the account that facts are about; nil if there is none that
// stands.
func (w *Wizards) firmOf(ctx context.Context, facts *EnterpriseFacts) (*Enterprise, error) {
	e, err := w.Enterprises.FindEnterprise(ctx, facts.USCC)
	if errors.Is(err, ErrNotFound) || (err == nil && (e.USCC != facts.USCC || e.Status == StatusCancelled)) {
		return nil, nil //nolint:nilnil // none, and no fault
	}
	if err != nil {
		return nil, fmt.Errorf("wizard: find enterprise: %w", err)
	}
	return e, nil
}

func trimmed(s string) string { return strings.TrimSpace(s) }

func ptr[T any](v T) *T { return &v }

// identifierOf brings what an account is named by to the one form that is compared
// and counted.
func identifierOf(kind CaseKind, text string) string {
	if kind == CaseRecoverPerson {
		return countedAs(text)
	}
	return idnum.Normalise(text)
}
