package interaction

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/cookie"
	"github.com/tongid/tongid/provider/grant"
)

// Life is how long a pending authorization waits for the person.
const Life = 15 * time.Minute

// Why a flow cannot go on. Each has an error page of its own.
var (
	ErrExpired    = errors.New("interaction: expired or unknown")
	ErrElsewhere  = errors.New("interaction: belongs to another browser")
	ErrCookiesOff = errors.New("interaction: the browser sends no cookies")
	ErrState      = errors.New("interaction: step out of order")
)

// Paths where the protocol and the pages meet.
const (
	PathResume       = "/oauth2/authorize/resume"
	PathConsent      = "/consent"
	PathWrongAccount = "/login/other"
)

// PathAgentPassword is where an agent changes the password, first of all one that
// the enterprise chose.
const PathAgentPassword = "/agent/password"

// AgentPasswordPath is that page in a flow; an empty id: without a portal.
func AgentPasswordPath(id string) string {
	if id == "" {
		return PathAgentPassword
	}
	return PathAgentPassword + "?flow=" + url.QueryEscape(id)
}

// ResumePath is where a flow goes on after a page has done its part.
func ResumePath(id string) string { return PathResume + "?flow=" + url.QueryEscape(id) }

// ConsentPath is the consent page of a flow.
func ConsentPath(id string) string { return PathConsent + "?flow=" + url.QueryEscape(id) }

// WrongAccountPath is the page of a flow whose client does not accept the
// signed-in account.
func WrongAccountPath(id string) string { return PathWrongAccount + "?flow=" + url.QueryEscape(id) }

// LoginPath is the sign-in page of an account type. An empty id means: without
// a portal.
func LoginPath(t accounts.Type, id string) string {
	path := "/login/" + string(t)
	if id == "" {
		return path
	}
	return path + "?flow=" + url.QueryEscape(id)
}

// Flow moves interactions from state to state.
type Flow struct {
	Store Store
	Jar   cookie.Jar
	Now   func() time.Time
}

// KnownBrowser returns the hash of the browser's secret, if it sent one.
func (f *Flow) KnownBrowser(r *http.Request) (hash [32]byte, ok bool) {
	raw, err := base64.RawURLEncoding.Strict().DecodeString(f.Jar.Get(r, cookie.Browser))
	if err != nil || len(raw) != 32 {
		return hash, false
	}
	return sha256.Sum256(raw), true
}

// Browser returns the hash of the browser's secret and gives it one if it has
// none. The secret is not an identity: it only binds flows, captchas and CSRF
// tokens to the browser they were made for.
func (f *Flow) Browser(w http.ResponseWriter, r *http.Request) [32]byte {
	if hash, ok := f.KnownBrowser(r); ok {
		return hash
	}
	secret := make([]byte, 32)
	rand.Read(secret) // never fails, crypto/rand
	f.Jar.Set(w, cookie.Browser, base64.RawURLEncoding.EncodeToString(secret), 0)
	return sha256.Sum256(secret)
}

// Begin stores a pending authorization in state Login, bound to the browser, or
// Posted, bound to none yet, when browser is nil.
func (f *Flow) Begin(ctx context.Context, browser *[32]byte, clientID, params string) (*Interaction, error) {
	id := make([]byte, 16)
	rand.Read(id) // never fails, crypto/rand
	now := f.Now()
	i := &Interaction{
		ID: base64.RawURLEncoding.EncodeToString(id), State: Posted, ClientID: clientID, Params: params,
		CreatedAt: now, ExpiresAt: now.Add(Life),
	}
	if browser != nil {
		i.State, i.Browser = Login, *browser
	}
	if err := f.Store.PutInteraction(ctx, i); err != nil {
		return nil, fmt.Errorf("interaction: begin: %w", err)
	}
	return i, nil
}

// Load returns the interaction if it is alive and this browser's. A Posted one
// becomes this browser's, once.
func (f *Flow) Load(ctx context.Context, w http.ResponseWriter, r *http.Request, id string) (*Interaction, error) {
	if id == "" {
		return nil, ErrExpired
	}
	i, err := f.Store.Interaction(ctx, id)
	if errors.Is(err, accounts.ErrNotFound) {
		return nil, ErrExpired
	}
	if err != nil {
		return nil, fmt.Errorf("interaction: load: %w", err)
	}
	if !f.Now().Before(i.ExpiresAt) {
		return nil, ErrExpired
	}
	if i.State == Posted {
		return i, f.move(ctx, i, func() { i.State, i.Browser = Login, f.Browser(w, r) })
	}
	hash, ok := f.KnownBrowser(r)
	switch {
	case !ok && !f.Jar.Any(r):
		return nil, ErrCookiesOff
	case !ok || hash != i.Browser:
		return nil, ErrElsewhere
	}
	return i, nil
}

// SignedIn records that the session sid was born in this interaction, and the
// choice that was made by it, if one was. From Login it leads to Ready; doing it
// again with another session is allowed until the flow is finished.
func (f *Flow) SignedIn(ctx context.Context, i *Interaction, sid, acting string) error {
	if i.State == Finished || i.State == Posted {
		return ErrState
	}
	return f.move(ctx, i, func() {
		i.State, i.SessionID, i.Consented, i.Denied = Ready, sid, false, false
		i.Acting, i.ChosenBy = acting, sid
	})
}

// Choose records for whom the session sid acts. What was allowed for another
// account does not count any more.
func (f *Flow) Choose(ctx context.Context, i *Interaction, sid, acting string) error {
	if i.State == Finished || i.State == Posted {
		return ErrState
	}
	return f.move(ctx, i, func() {
		i.State, i.Acting, i.ChosenBy, i.AskedOf, i.Consented, i.Denied = Ready, acting, sid, "", false, false
	})
}

// ChoosePath is where a person chooses for whom they act in a flow; an empty id:
// on their own pages.
func ChoosePath(id string) string {
	if id == "" {
		return PathChoose
	}
	return PathChoose + "?flow=" + url.QueryEscape(id)
}

// AskConsent leads to the consent page, where the session sid is asked to allow
// the scopes, for the account that it chose to act as.
func (f *Flow) AskConsent(ctx context.Context, i *Interaction, sid, acting string, scopes []string) error {
	if i.State == Finished || i.State == Posted {
		return ErrState
	}
	return f.move(ctx, i, func() {
		i.State, i.AskedOf, i.Scopes, i.Consented, i.Denied = Consent, sid, scopes, false, false
		i.Acting, i.ChosenBy = acting, sid
	})
}

// Decide records the answer of the session sid on the consent page.
func (f *Flow) Decide(ctx context.Context, i *Interaction, sid string, allow bool) error {
	if i.State != Consent || i.AskedOf != sid {
		return ErrState
	}
	return f.move(ctx, i, func() { i.State, i.Consented, i.Denied = Ready, allow, !allow })
}

// Finish ends the interaction. With a zero id it ended without a code.
func (f *Flow) Finish(ctx context.Context, i *Interaction, code grant.ID, at time.Time) error {
	if i.State == Finished || i.State == Posted {
		return ErrState
	}
	return f.move(ctx, i, func() { i.State, i.CodeID, i.CodeTime = Finished, code, at })
}

func (f *Flow) move(ctx context.Context, i *Interaction, change func()) error {
	change()
	if err := f.Store.MoveInteraction(ctx, i); err != nil {
		return fmt.Errorf("interaction: move to %s: %w", i.State, err)
	}
	return nil
}
