package accounts

import "context"

// FaceOrder asks a provider to compare a living face with a document's photo.
type FaceOrder struct {
	ID        string // unique, 32 letters and digits
	Name      string
	DocType   DocType
	DocNumber string
	ReturnURL string // where the phone's browser goes afterwards; it carries no truth
	UserAgent string // of the phone
}

// FaceSession is a check that a provider has begun.
type FaceSession struct {
	Certificate string // the provider's name for it
	URL         string // where the phone goes to be looked at
}

// FaceState is how a check stands at its provider.
type FaceState string

// States of a check.
const (
	FacePending   FaceState = "pending" // not begun or not finished: silence is never a pass
	FacePassed    FaceState = "passed"
	FaceFailed    FaceState = "failed"
	FaceExpired   FaceState = "expired"
	FaceCancelled FaceState = "cancelled"
)

// Why a check failed, in our words (FaceResult.Reason).
const (
	FaceReasonMismatch  = "mismatch"   // name and number do not belong together
	FaceReasonUnknown   = "unknown"    // the source does not know the person
	FaceReasonNoPhoto   = "no_photo"   // the source has no photo to compare with
	FaceReasonOther     = "other_face" // another person's face
	FaceReasonLiveness  = "liveness"   // not seen to be a living face: light, movement, a picture
	FaceReasonRefused   = "refused"    // the provider's policy
	FaceReasonTechnical = "technical"
)

// FaceResult is what a provider says when it is asked. Only that is the truth:
// callbacks and redirects merely say that it is worth asking.
type FaceResult struct {
	State     FaceState
	Reason    string // of FaceFailed
	Evidence  string // the provider's own reference, kept with the proof
	Simulated bool   // looked at nobody; lowers the level of assurance
}

// FaceGateway is one provider of face checks.
type FaceGateway interface {
	// Name is how evidence names the provider.
	Name() string
	// Accepts reports whether it can check holders of such a document.
	Accepts(t DocType) bool
	// Begin is called when the phone is there. ErrRejected: it will not check
	// this person (a malformed document, say).
	Begin(ctx context.Context, o FaceOrder) (*FaceSession, error)
	// Result asks for the truth. Asking is free of effect.
	Result(ctx context.Context, certificate string) (*FaceResult, error)
	// Check reports whether the provider can be reached, for readiness.
	Check(ctx context.Context) error
}
