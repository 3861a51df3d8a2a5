package accounts

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/big"
	"net/netip"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// Limits of codes (domain: a code is 6 digits, 5 minutes, 5 tries).
const (
	codeDigits = 6
	codeLife   = 5 * time.Minute
	codeTries  = 5
)

// The limits of sending, at or under the carriers' own (1 a minute, 5 an hour, 10
// a day to one phone). A count is forgotten when nothing was sent for its
// window, so it is never more generous than a rolling one.
var (
	phoneMinute = LockoutPolicy{Free: 1, Window: time.Minute, First: time.Minute, Max: time.Minute}
	phoneHour   = LockoutPolicy{Free: 5, Window: time.Hour, First: time.Hour, Max: time.Hour}
	phoneDay    = LockoutPolicy{Free: 10, Window: 24 * time.Hour, First: 24 * time.Hour, Max: 24 * time.Hour}
	smsAddress  = LockoutPolicy{Free: 20, Window: time.Hour, First: time.Hour, Max: time.Hour}
	smsFirm     = LockoutPolicy{Free: 10, Window: time.Hour, First: time.Hour, Max: time.Hour}
)

// SentCode is a code on its way. Only a keyed hash of it is kept.
type SentCode struct {
	Phone     string    `json:"p"` // E.164, empty if it goes nowhere
	MAC       [32]byte  `json:"m"`
	SentAt    time.Time `json:"s"`
	ExpiresAt time.Time `json:"x"`
	Tries     int       `json:"n"`
}

// Alive reports whether the code may still be entered.
func (s *SentCode) Alive(now time.Time) bool {
	return s != nil && now.Before(s.ExpiresAt) && s.Tries < codeTries
}

// Codes sends codes and checks them. A code is bound to the wizard that it was
// sent in, so to its purpose and browser, and to the phone.
type Codes struct {
	Cases    *Cases
	Attempts AttemptStore
	Outbox   Outbox
	Limits   bool
	Key      [32]byte // keys counters and codes
	Now      func() time.Time
	// Text makes the message of a kind; the words stand in templates.
	Text func(kind string, params map[string]string) (string, error)
}

// Sending is what a code is sent for.
type Sending struct {
	To string // E.164; empty: nowhere, but all else is the same
	// Asked is what was asked for, where it must not show which phone gets the
	// code, or whether any does. The waits that are told are then counted by this
	// alone; what the phone itself may not get any more is left unsent and unsaid.
	Asked   string
	Address netip.Addr
	Firm    string // USCC, for the limit of one enterprise
}

// Send sends a code to the phone and records it in the case with the change that
// belongs to it. It returns a WaitError when too many were sent.
//
// Whether there is a phone must not show: a code to nowhere takes the same
// statements.
func (s *Codes) Send(ctx context.Context, c *Case, to Sending, change func(*Case)) error {
	phone := to.To
	if err := s.limit(ctx, &to); err != nil {
		return err
	}
	code, err := newCode()
	if err != nil {
		return err
	}
	now := s.Now()
	sent := &SentCode{Phone: phone, MAC: s.mac(c, phone, code), SentAt: now, ExpiresAt: now.Add(codeLife)}
	if err := s.Cases.Move(ctx, c, func(c *Case) {
		change(c)
		c.Code, c.Phone = sent, phone
	}); err != nil {
		return err
	}
	params := map[string]string{
		"purpose": string(c.Kind.Purpose()), "code": code, "minutes": strconv.Itoa(int(codeLife / time.Minute)),
	}
	text, err := s.Text(KindCode, params)
	if err != nil {
		return fmt.Errorf("code: text: %w", err)
	}
	err = s.Outbox.Post(ctx, Message{
		ID: messageID("code", c.ID, strconv.FormatInt(now.UnixNano(), 10)), Phone: to.To, Purpose: c.Kind.Purpose(),
		Kind: KindCode, Params: params, Text: text, ExpiresAt: sent.ExpiresAt,
	}, now)
	if err != nil {
		return fmt.Errorf("code: post: %w", err)
	}
	return nil
}

// Kinds of message: each is an approved template at the providers.
const (
	KindCode             = "code"
	KindPasswordReset    = "password_reset"
	KindPhoneChanged     = "phone_changed"
	KindAccountClosing   = "account_closing"
	KindRegistered       = "registered"
	KindRegisterMatch    = "register_match"
	KindRegisterMismatch = "register_mismatch"
	KindMandateGranted   = "mandate_granted"
	KindMandateInvited   = "mandate_invited"
	KindMandateEnded     = "mandate_ended"
	KindMandateEnding    = "mandate_ending"
	// KindEnterpriseChanged tells of 企业信息变更.
	KindEnterpriseChanged = "enterprise_changed"
)

// MessageKinds lists them all.
func MessageKinds() []string {
	return []string{
		KindCode, KindPasswordReset, KindPhoneChanged, KindAccountClosing,
		KindRegistered, KindRegisterMatch, KindRegisterMismatch, KindMandateGranted, KindMandateInvited, KindMandateEnded, KindMandateEnding,
		KindEnterpriseChanged,
	}
}

// messageID makes an id of 32 letters and digits from what a message is about:
// the same again is the same message.
func messageID(parts ...string) string {
	space := uuid.MustParse("b9b5a0f4-9d8e-5c4e-8f0e-3f6f6f0f9b11")
	var name []byte
	for _, part := range parts {
		name = fmt.Appendf(name, "%d:%s", len(part), part)
	}
	id := uuid.NewSHA1(space, name)
	return hex.EncodeToString(id[:])
}

// limit counts one sending. Each limit is asked after the one before it let the
// sending pass, so that who presses too often uses up a minute and not a day.
func (s *Codes) limit(ctx context.Context, to *Sending) error {
	if !s.Limits {
		return nil
	}
	limits := s.phoneLimits(cmp.Or(to.Asked, to.To))
	if to.Address.IsValid() {
		limits = append(limits, codeLimit{counterKey(s.Key, "sms address", network(to.Address)), smsAddress, CodeTooManyAsks})
	}
	if to.Firm != "" {
		limits = append(limits, codeLimit{counterKey(s.Key, "sms firm", to.Firm), smsFirm, CodeTooManyAsks})
	}
	for _, l := range limits {
		until, err := s.Attempts.Try(ctx, []Attempt{{Key: l.key, Limit: l.policy}}, s.Now())
		if err != nil {
			return fmt.Errorf("code: count: %w", err)
		}
		if !until.IsZero() {
			return &WaitError{Until: until, Code: l.code}
		}
	}
	if to.Asked == "" {
		return nil
	}
	return s.spare(ctx, to)
}

// spare leaves a phone out that has got its share, without a word. It is one
// statement, whether there is a phone or not.
func (s *Codes) spare(ctx context.Context, to *Sending) error {
	var tries []Attempt
	for _, l := range s.phoneLimits(cmp.Or(to.To, "nobody: "+to.Asked)) {
		tries = append(tries, Attempt{Key: l.key, Limit: l.policy})
	}
	until, err := s.Attempts.Try(ctx, tries, s.Now())
	if err != nil {
		return fmt.Errorf("code: count: %w", err)
	}
	if !until.IsZero() {
		to.To = ""
	}
	return nil
}

type codeLimit struct {
	key    string
	policy LockoutPolicy
	code   Code
}

func (s *Codes) phoneLimits(phone string) []codeLimit {
	return []codeLimit{
		{counterKey(s.Key, "sms minute", phone), phoneMinute, CodeSMSWait},
		{counterKey(s.Key, "sms hour", phone), phoneHour, CodeSMSLimit},
		{counterKey(s.Key, "sms day", phone), phoneDay, CodeSMSLimit},
	}
}

// Verify checks a code typed for a phone. A try is counted, by a conditional
// write, before it is made; a right code is used up by the same kind of write,
// together with the change that it allows. The refusal's field is sms_code; of tries
// at one moment one counts, the others get ErrConflict.
func (s *Codes) Verify(ctx context.Context, c *Case, phone, typed string, change func(*Case)) error {
	const field = "sms_code"
	switch {
	case c.Code == nil:
		return RefuseField(field, CodeSMSNotSent)
	case typed == "":
		return RefuseField(field, CodeSMSRequired)
	case c.Code.Tries >= codeTries:
		return RefuseField(field, CodeSMSTooMany)
	case !s.Now().Before(c.Code.ExpiresAt):
		return RefuseField(field, CodeSMSExpired)
	}
	// A conflict is another try at the same moment, which was counted. This one
	// was not made: it may be the same click again, and says nothing of the code.
	err := s.Cases.Move(ctx, c, func(c *Case) {
		counted := *c.Code
		counted.Tries++
		c.Code = &counted
	})
	if err != nil {
		return err
	}
	mac := s.mac(c, phone, typed)
	if !hmac.Equal(mac[:], c.Code.MAC[:]) || phone == "" {
		if c.Code.Tries >= codeTries {
			return RefuseField(field, CodeSMSTooMany)
		}
		return RefuseField(field, CodeSMSWrong)
	}
	return s.Cases.Move(ctx, c, func(c *Case) {
		c.Code, c.PhoneProof = nil, phone
		change(c)
	})
}

func (s *Codes) mac(c *Case, phone, code string) [32]byte {
	mac := hmac.New(sha256.New, s.Key[:])
	for _, part := range []string{"code", string(c.Kind), c.ID, phone, code} {
		fmt.Fprintf(mac, "%d:%s", len(part), part)
	}
	return [32]byte(mac.Sum(nil))
}

func newCode() (string, error) {
	limit := big.NewInt(1_000_000) // 10^codeDigits
	n, err := rand.Int(rand.Reader, limit)
	if err != nil {
		return "", fmt.Errorf("code: %w", err)
	}
	return fmt.Sprintf("%0*d", codeDigits, n), nil
}
