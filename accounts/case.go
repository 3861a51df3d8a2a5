package accounts

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// CaseLife is how long a wizard waits for its next step at the most.
const CaseLife = 30 * time.Minute

// CaseKind is one of the wizards.
type CaseKind string

// The wizards.
const (
	CaseRegisterEnterprise CaseKind = "register-enterprise" // 企业注册
	CaseRegisterPerson     CaseKind = "register-person"     // 个人注册
	CaseActivate           CaseKind = "activate"            // 账号激活
	CaseRecoverEnterprise  CaseKind = "recover-enterprise"  // 忘记密码
	CaseRecoverPerson      CaseKind = "recover-person"
	CasePersonPhone        CaseKind = "person-phone" // 手机变更
	CaseMandate            CaseKind = "mandate"      // 我的经办人, 添加
	CaseEnterprisePhone    CaseKind = "enterprise-phone"
	CaseEnterpriseChange   CaseKind = "enterprise-change" // 企业信息变更
)

// CaseKinds lists them all.
func CaseKinds() []CaseKind {
	return []CaseKind{
		CaseRegisterEnterprise, CaseRegisterPerson, CaseActivate, CaseRecoverEnterprise, CaseRecoverPerson, CasePersonPhone,
		CaseMandate,
		CaseEnterprisePhone, CaseEnterpriseChange,
	}
}

// Purpose is what codes and proofs made in a wizard of this kind are for.
func (k CaseKind) Purpose() Purpose {
	switch k {
	case CaseActivate:
		return PurposeActivate
	case CaseRecoverEnterprise, CaseRecoverPerson:
		return PurposeRecover
	case CasePersonPhone, CaseEnterprisePhone:
		return PurposePhone
	case CaseMandate:
		return PurposeMandate
	case CaseEnterpriseChange:
		return PurposeChange
	default:
		return PurposeRegister
	}
}

// SignedIn reports whether only who is signed in as its account may go through a
// wizard of this kind.
func (k CaseKind) SignedIn() bool {
	return k == CasePersonPhone || k == CaseEnterprisePhone || k == CaseEnterpriseChange || k == CaseMandate
}

// Step is where a wizard stands. Which may follow which is written with each
// wizard; a step is only ever reached by the one before it.
type Step string

// Steps of all wizards.
const (
	StepForm     Step = "form"     // the first page is open; a code may have been sent
	StepCode     Step = "code"     // a code is asked for on a page of its own
	StepConsent  Step = "consent"  // asked to agree to a face check
	StepFace     Step = "face"     // a face check runs
	StepAccount  Step = "account"  // a login name and password are asked for
	StepPassword Step = "password" // a new password is asked for
	StepDone     Step = "done"
	StepRefused  Step = "refused" // for the reason in Failure; it stays so
)

// Case is one run of a wizard (注册, 激活, 找回…), a state machine on the server:
// what the browser sends never says where it stands. It belongs to one browser
// and moves by conditional writes, so that of two steps made at once one counts.
//
// It is kept sealed: it holds what people typed (never a password, only its
// hash).
type Case struct {
	ID        string            `json:"-"`
	Version   int               `json:"-"`
	Kind      CaseKind          `json:"k"`
	Step      Step              `json:"st"`
	Browser   [32]byte          `json:"b"`
	Site      string            `json:"si,omitempty"` // name of the portal that it began at
	Form      map[string]string `json:"f,omitempty"`  // as typed
	CreatedAt time.Time         `json:"t"`
	ExpiresAt time.Time         `json:"x"`

	// Account is whom it turned out to be about; empty in a case that only
	// looks like one, because nothing matched.
	Account string `json:"a,omitempty"`
	// Phone is the one that codes go to (E.164); empty: to nobody.
	Phone string `json:"ph,omitempty"`
	// Filler makes a case without Account and Phone as long as one with them.
	Filler string `json:"fi,omitempty"`
	// Mask is what is shown of Phone, or of a phone that is not there.
	Mask       string    `json:"m,omitempty"`
	Code       *SentCode `json:"c,omitempty"`
	PhoneProof string    `json:"pp,omitempty"` // the phone that a right code was entered for

	Ticket  string   `json:"ti,omitempty"` // of the face check that runs
	Match   string   `json:"ma,omitempty"` // two digits that both screens show
	DocHash [32]byte `json:"dh"`           // of what the check approves
	Proof   *Proof   `json:"pf,omitempty"`

	PasswordHash string    `json:"pw,omitempty"` // PHC
	FaceAgreedAt time.Time `json:"fa"`
	Named        bool      `json:"nd,omitempty"` // the register has the name and the legal type that were typed
	Opens        Status    `json:"op,omitempty"` // the state that the register's word opens an account in
	Waiting      bool      `json:"w,omitempty"`  // done, but the register does not know it yet
	Failure      Code      `json:"fc,omitempty"`
	AsOf         string    `json:"ao,omitempty"` // date of the register's facts that it ended on
}

// CaseRecord is a case as a store keeps it: sealed.
type CaseRecord struct {
	ID        string
	Version   int
	Data      []byte
	ExpiresAt time.Time
}

// CaseStore keeps cases and face checks until they end.
type CaseStore interface {
	PutCase(ctx context.Context, r *CaseRecord) error
	Case(ctx context.Context, id string) (*CaseRecord, error)
	// MoveCase replaces the record if its stored version is r.Version, and
	// raises r.Version; ErrConflict if another write came first.
	MoveCase(ctx context.Context, r *CaseRecord) error
}

// Sealer encrypts what must not be readable at rest (seal.Box).
type Sealer interface {
	Seal(aad, plaintext []byte) []byte
	Open(aad, sealed []byte) ([]byte, error)
}

// Why a wizard cannot go on.
var (
	// ErrCaseGone says that there is no such case for this browser any more.
	ErrCaseGone = errors.New("wizard: expired, unknown or another browser's")
	// ErrCaseStep says that the step asked for is not the one it stands at.
	ErrCaseStep = errors.New("wizard: step out of order")
)

// Cases keeps the wizards' states.
type Cases struct {
	Store CaseStore
	Box   Sealer
	Now   func() time.Time
}

// Visitor is the browser that a wizard belongs to.
type Visitor struct {
	Browser   [32]byte // hash of its secret
	Address   string   // IP address, empty if unknown
	UserAgent string
}

func caseAAD(id string) []byte { return []byte("case\x00" + id) }

// Begin opens a case at a step, with what is known at once.
func (s *Cases) Begin(ctx context.Context, kind CaseKind, step Step, browser [32]byte, known ...func(*Case)) (*Case, error) {
	now := s.Now()
	c := &Case{
		ID: rand.Text(), Kind: kind, Step: step, Browser: browser, Form: map[string]string{},
		CreatedAt: now, ExpiresAt: now.Add(CaseLife),
	}
	for _, set := range known {
		set(c)
	}
	record, err := s.record(c)
	if err != nil {
		return nil, err
	}
	if err := s.Store.PutCase(ctx, record); err != nil {
		return nil, fmt.Errorf("wizard: begin: %w", err)
	}
	return c, nil
}

// Load returns a case of this kind and browser.
func (s *Cases) Load(ctx context.Context, kind CaseKind, id string, browser [32]byte) (*Case, error) {
	if id == "" {
		return nil, ErrCaseGone
	}
	record, err := s.Store.Case(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return nil, ErrCaseGone
	}
	if err != nil {
		return nil, fmt.Errorf("wizard: load: %w", err)
	}
	plain, err := s.Box.Open(caseAAD(id), record.Data)
	if err != nil {
		return nil, ErrCaseGone // of another time's keys
	}
	c := &Case{ID: id, Version: record.Version, Form: map[string]string{}}
	if err := json.Unmarshal(plain, c); err != nil {
		return nil, fmt.Errorf("wizard: load: %w", err)
	}
	if (kind != "" && c.Kind != kind) || c.Browser != browser || !s.Now().Before(c.ExpiresAt) {
		return nil, ErrCaseGone
	}
	return c, nil
}

// Move changes a case, if nobody changed it since it was loaded: ErrConflict
// else, and then c is of no use any more.
func (s *Cases) Move(ctx context.Context, c *Case, change func(*Case)) error {
	next := *c
	if next.Form = maps.Clone(c.Form); next.Form == nil {
		next.Form = map[string]string{}
	}
	change(&next)
	record, err := s.record(&next)
	if err != nil {
		return err
	}
	err = s.Store.MoveCase(ctx, record)
	if errors.Is(err, ErrNotFound) {
		return ErrCaseGone
	}
	if err != nil {
		return fmt.Errorf("wizard: move to %s: %w", next.Step, err)
	}
	next.Version = record.Version
	*c = next
	return nil
}

func (s *Cases) record(c *Case) (*CaseRecord, error) {
	plain, err := json.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("wizard: encode: %w", err)
	}
	return &CaseRecord{ID: c.ID, Version: c.Version, Data: s.Box.Seal(caseAAD(c.ID), plain), ExpiresAt: c.ExpiresAt}, nil
}

// Refusal is why a case ended.
func (c *Case) Refusal() error { return &RefusalError{Code: c.Failure, AsOf: c.AsOf} }

// spendID names a finished wizard among what was used up.
func (c *Case) spendID() string { return "case:" + c.ID }

// at refuses a step made out of order, or in a wizard of another kind.
func (c *Case) at(kind CaseKind, steps ...Step) error {
	if c.Kind == kind && slices.Contains(steps, c.Step) {
		return nil
	}
	return ErrCaseStep
}
