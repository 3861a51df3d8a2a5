package accounts

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// faceLife is how long a check may take from the QR code to the result.
const faceLife = 5 * time.Minute

// FacePhase is where a check stands on our side.
type FacePhase string

// Phases, in order; the last two end it without the provider.
const (
	FaceShown   FacePhase = "shown"   // the code is on the desktop's screen
	FaceOpened  FacePhase = "opened"  // a phone opened it
	FaceBegun   FacePhase = "begun"   // the number matched, the provider looks
	FaceStopped FacePhase = "stopped" // the person said that it is not theirs
	FaceWrong   FacePhase = "wrong"   // the wrong number was chosen
)

// FaceCheck is one check of a living face, as an act that is approved: the phone
// shows what it is for before anybody looks into it, and both screens show one
// number. Its truth is with the provider and is asked for each time.
type FaceCheck struct {
	Ticket    string    `json:"-"`
	Version   int       `json:"-"`
	Purpose   Purpose   `json:"p"`
	Kind      CaseKind  `json:"k"`
	Case      string    `json:"c"`
	Site      string    `json:"si,omitempty"`
	Name      string    `json:"n"` // whose face it must be
	DocType   DocType   `json:"t"`
	DocNumber string    `json:"d"`
	DocHash   [32]byte  `json:"h"`
	Firm      string    `json:"fi,omitempty"` // name of the enterprise it is about
	Match     string    `json:"m"`
	Choices   []string  `json:"ch"` // numbers that the phone offers
	Address   string    `json:"ip"` // of the desktop
	UserAgent string    `json:"ua"`
	Phase     FacePhase `json:"ph"`
	Order     string    `json:"o"`
	// Certificate is the provider's name for it, once begun; URL is where the
	// phone was sent.
	Certificate string    `json:"ce,omitempty"`
	URL         string    `json:"u,omitempty"`
	CreatedAt   time.Time `json:"at"`
	ExpiresAt   time.Time `json:"x"`
}

// Faces runs face checks.
type Faces struct {
	Store   CaseStore
	Box     Sealer
	Gateway FaceGateway
	// Return is the address that the phone comes back to.
	Return func(ticket string) string
	Now    func() time.Time
}

func faceAAD(ticket string) []byte { return []byte("face\x00" + ticket) }
func faceKey(ticket string) string { return "face:" + ticket }

// FaceSubject is whose face a check wants to see, and for what.
type FaceSubject struct {
	Name      string
	DocType   DocType
	DocNumber string
	Firm      string // empty: none
}

// Supports reports whether the provider checks holders of such a document.
func (f *Faces) Supports(t DocType) bool { return f.Gateway.Accepts(t) }

// Begin makes the check that a case at its consent asks for.
func (f *Faces) Begin(ctx context.Context, c *Case, who FaceSubject, v Visitor) (*FaceCheck, error) {
	numbers, err := threeNumbers()
	if err != nil {
		return nil, err
	}
	now := f.Now()
	check := &FaceCheck{
		Ticket: rand.Text(), Purpose: c.Kind.Purpose(), Kind: c.Kind, Case: c.ID, Site: c.Site,
		Name: who.Name, DocType: who.DocType, DocNumber: who.DocNumber, DocHash: c.DocHash, Firm: who.Firm,
		Match: numbers[0], Choices: slices.Sorted(slices.Values(numbers)), Address: v.Address, UserAgent: v.UserAgent,
		Phase: FaceShown, Order: orderID(), CreatedAt: now, ExpiresAt: now.Add(faceLife),
	}
	record, err := f.record(check)
	if err != nil {
		return nil, err
	}
	if err := f.Store.PutCase(ctx, record); err != nil {
		return nil, fmt.Errorf("face: begin: %w", err)
	}
	return check, nil
}

// Load returns a check that has not expired; ErrNotFound else.
func (f *Faces) Load(ctx context.Context, ticket string) (*FaceCheck, error) {
	if ticket == "" {
		return nil, fmt.Errorf("face: %w", ErrNotFound)
	}
	record, err := f.Store.Case(ctx, faceKey(ticket))
	if err != nil {
		return nil, fmt.Errorf("face: load: %w", err)
	}
	plain, err := f.Box.Open(faceAAD(ticket), record.Data)
	if err != nil {
		return nil, fmt.Errorf("face: load: %w", ErrNotFound)
	}
	check := &FaceCheck{Ticket: ticket, Version: record.Version}
	if err := json.Unmarshal(plain, check); err != nil {
		return nil, fmt.Errorf("face: load: %w", err)
	}
	if !f.Now().Before(check.ExpiresAt) {
		return nil, fmt.Errorf("face: load: %w", ErrNotFound)
	}
	return check, nil
}

// Opened notes that a phone opened the check.
func (f *Faces) Opened(ctx context.Context, check *FaceCheck) error {
	if check.Phase != FaceShown {
		return nil
	}
	err := f.move(ctx, check, func(c *FaceCheck) { c.Phase = FaceOpened })
	if errors.Is(err, ErrConflict) {
		return nil // it moved on already
	}
	return err
}

// Refuse records that the person at the phone does not want it.
func (f *Faces) Refuse(ctx context.Context, check *FaceCheck) error {
	if check.Phase == FaceBegun {
		return nil // the provider's page has its own way out
	}
	return f.move(ctx, check, func(c *FaceCheck) { c.Phase = FaceStopped })
}

// Confirm is the number chosen on the phone. The right one begins the
// provider's check and returns where the phone goes; a wrong one ends it.
func (f *Faces) Confirm(ctx context.Context, check *FaceCheck, number, userAgent string) (url string, err error) {
	switch {
	case check.Phase == FaceBegun:
		return check.URL, nil // pressed twice
	case check.Phase == FaceWrong || check.Phase == FaceStopped:
		return "", Refuse(CodeFaceCancelled)
	case number != check.Match:
		if err := f.move(ctx, check, func(c *FaceCheck) { c.Phase = FaceWrong }); err != nil {
			return "", err
		}
		return "", Refuse(CodeFaceWrongNumber)
	}
	session, err := f.Gateway.Begin(ctx, FaceOrder{
		ID: check.Order, Name: check.Name, DocType: check.DocType, DocNumber: check.DocNumber,
		ReturnURL: f.Return(check.Ticket), UserAgent: userAgent,
	})
	if errors.Is(err, ErrRejected) {
		return "", Refuse(CodeFaceFailedUnknown)
	}
	if err != nil {
		return "", refusedAs(CodeFaceUnavailable, err)
	}
	err = f.move(ctx, check, func(c *FaceCheck) {
		c.Phase, c.Certificate, c.URL = FaceBegun, session.Certificate, session.URL
	})
	if errors.Is(err, ErrConflict) {
		return f.begun(ctx, check, err)
	}
	if err != nil {
		return "", err
	}
	return session.URL, nil
}

// begun is where the phone goes when another request was quicker: pressed twice,
// it goes to the same place.
func (f *Faces) begun(ctx context.Context, check *FaceCheck, conflict error) (url string, err error) {
	now, err := f.Load(ctx, check.Ticket)
	if err != nil {
		return "", err
	}
	*check = *now
	if check.Phase != FaceBegun {
		return "", conflict
	}
	return check.URL, nil
}

// Result asks the provider how a check stands. The state is FacePending as long
// as nothing else is known.
func (f *Faces) Result(ctx context.Context, check *FaceCheck) (*FaceResult, error) {
	switch check.Phase {
	case FaceBegun:
	case FaceStopped, FaceWrong:
		return &FaceResult{State: FaceCancelled}, nil
	default:
		return &FaceResult{State: FacePending}, nil
	}
	result, err := f.Gateway.Result(ctx, check.Certificate)
	if err != nil {
		return nil, refusedAs(CodeFaceUnavailable, err)
	}
	return result, nil
}

// proof is what a passed check leaves.
func (f *Faces) proof(check *FaceCheck, result *FaceResult) *Proof {
	return &Proof{
		ID: uuid.NewString(), Kind: ProofFace, Purpose: check.Purpose, Provider: f.Gateway.Name(),
		Evidence: result.Evidence, DocHash: check.DocHash, Simulated: result.Simulated, At: f.Now(),
	}
}

// faceRefusal is the answer to a result that is not a pass.
func faceRefusal(check *FaceCheck, result *FaceResult) error {
	switch result.State {
	case FaceExpired:
		return Refuse(CodeFaceExpired)
	case FaceCancelled:
		if check.Phase == FaceWrong {
			return Refuse(CodeFaceWrongNumber)
		}
		return Refuse(CodeFaceCancelled)
	case FaceFailed:
		return Refuse(faceReason(result.Reason))
	default:
		return Refuse(CodeFacePending)
	}
}

func faceReason(reason string) Code {
	switch reason {
	case FaceReasonMismatch:
		return CodeFaceFailedMismatch
	case FaceReasonUnknown:
		return CodeFaceFailedUnknown
	case FaceReasonNoPhoto:
		return CodeFaceFailedNoPhoto
	case FaceReasonOther:
		return CodeFaceFailedOther
	case FaceReasonLiveness:
		return CodeFaceFailedLiveness
	case FaceReasonRefused:
		return CodeFaceFailedRefused
	default:
		return CodeFaceFailedTechnical
	}
}

func (f *Faces) move(ctx context.Context, check *FaceCheck, change func(*FaceCheck)) error {
	next := *check
	change(&next)
	record, err := f.record(&next)
	if err != nil {
		return err
	}
	if err := f.Store.MoveCase(ctx, record); err != nil {
		return fmt.Errorf("face: move to %s: %w", next.Phase, err)
	}
	next.Version = record.Version
	*check = next
	return nil
}

func (f *Faces) record(check *FaceCheck) (*CaseRecord, error) {
	plain, err := json.Marshal(check)
	if err != nil {
		return nil, fmt.Errorf("face: encode: %w", err)
	}
	return &CaseRecord{
		ID: faceKey(check.Ticket), Version: check.Version, Data: f.Box.Seal(faceAAD(check.Ticket), plain),
		ExpiresAt: check.ExpiresAt,
	}, nil
}

// threeNumbers are three different numbers of two digits; the first is the right
// one.
func threeNumbers() ([]string, error) {
	var all []string
	for len(all) < 3 {
		n, err := rand.Int(rand.Reader, big.NewInt(90))
		if err != nil {
			return nil, fmt.Errorf("face: %w", err)
		}
		number := strconv.FormatInt(10+n.Int64(), 10)
		if !slices.Contains(all, number) {
			all = append(all, number)
		}
	}
	return all, nil
}

// orderID is 32 letters and digits, as providers want their partners' ids.
func orderID() string {
	id := uuid.New()
	return hex.EncodeToString(id[:])
}
