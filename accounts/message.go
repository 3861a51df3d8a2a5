package accounts

import (
	"context"
	"errors"
	"time"
)

// Purpose says what a message, a code or a proof is for. One made for one
// purpose counts for no other.
type Purpose string

// The purposes (contract: GET /simulator/sms).
const (
	PurposeRegister     Purpose = "register"
	PurposeActivate     Purpose = "activate"
	PurposeRecover      Purpose = "recover"
	PurposePhone        Purpose = "phone"
	PurposeAppeal       Purpose = "appeal"
	PurposeSecondFactor Purpose = "second-factor"
	PurposeInvite       Purpose = "invite"
	PurposeNotice       Purpose = "notice"
	PurposeMandate      Purpose = "mandate" // of a proof alone
	// PurposeChange (企业信息变更) is a purpose of proofs; no code is sent for it.
	PurposeChange Purpose = "change"
)

// Message is one short message on its way to a phone. It names no person: names
// have characters that a short message cannot carry.
type Message struct {
	// ID is unique, up to 32 letters and digits. A gateway hands it on, so that
	// its provider or its log can tell a message that was sent twice.
	ID      string            `json:"id"`
	Phone   string            `json:"phone"` // E.164
	Purpose Purpose           `json:"purpose"`
	Kind    string            `json:"kind"`   // which approved template: "code", "password_reset", …
	Params  map[string]string `json:"params"` // the template's variables
	Text    string            `json:"text"`   // the whole text with its sign, for providers that take one
	// ExpiresAt is when it is of no use any more; zero: after a day.
	ExpiresAt time.Time `json:"-"`
}

// Delivery is what became of a message.
type Delivery string

// Deliveries. Nobody knows more than its provider says.
const (
	DeliveryUnknown   Delivery = "unknown" // handed over, no receipt yet
	DeliveryDelivered Delivery = "delivered"
	DeliveryFailed    Delivery = "failed"
)

// What a gateway may answer instead of what it was asked for, matched with
// errors.Is. Every other error means the same as ErrUnavailable: nothing is
// known, nothing is granted.
var (
	// ErrRejected says that the outside system understood and will not do it:
	// trying the same again there is of no use.
	ErrRejected = errors.New("rejected by the outside system")
	// ErrFlowControl says that the outside system's own limits were met.
	ErrFlowControl = errors.New("limited by the outside system")
)

// MessageGateway is one provider of short messages.
type MessageGateway interface {
	// Send hands a message over and returns the provider's name for it.
	Send(ctx context.Context, m Message) (receipt string, err error)
	// Delivery asks what became of it; sent is when it was handed over.
	Delivery(ctx context.Context, receipt, phone string, sent time.Time) (Delivery, error)
	// Check reports whether the provider can be reached and takes our
	// credentials, without sending anything. It is cheap enough for readiness.
	Check(ctx context.Context) error
}
