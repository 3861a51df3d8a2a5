package provider

import (
	"context"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/simulator"
	"github.com/tongid/tongid/accounts/passhash"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/provider/letter"
	"github.com/tongid/tongid/provider/pages"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/templates"
)

// Config is what an operator decides.
type Config struct {
	Issuer         string // origin, no trailing slash
	Lifetimes      Lifetimes
	TrustedProxies []netip.Prefix // whose X-Forwarded-For is believed
	Simulators     bool
	Captcha        bool // off only with simulators
	Limits         bool // off only with simulators
	EgressAllow    []string
	Brand          templates.Brand
	Demo           []templates.DemoAccount // what the simulator's page tells visitors of
	Secrets        Secrets
	Wizards        WizardPolicy
}

// WizardPolicy is what an operator decides about registration and recovery.
type WizardPolicy struct {
	PersonsPerPhone     int // accounts of persons that one phone serves
	EnterprisesPerPhone int
	TellUnknown         bool // recovery says 当前企业账号不存在, as the manual does
}

// DefaultWizardPolicy is for who does not decide.
func DefaultWizardPolicy() WizardPolicy {
	return WizardPolicy{PersonsPerPhone: 1, EnterprisesPerPhone: 20}
}

// Lifetimes of everything that ends by the clock.
type Lifetimes struct {
	Code            time.Duration
	AccessToken     time.Duration
	IDToken         time.Duration
	RefreshIdle     time.Duration
	RefreshAbsolute time.Duration
	RefreshGrace    time.Duration
	Session         session.Lifetimes
}

// DefaultLifetimes are the contract's.
func DefaultLifetimes() Lifetimes {
	return Lifetimes{
		Code: time.Minute, AccessToken: 10 * time.Minute, IDToken: 10 * time.Minute,
		RefreshIdle: 8 * time.Hour, RefreshAbsolute: 30 * 24 * time.Hour, RefreshGrace: 5 * time.Second,
		Session: session.Lifetimes{Idle: 30 * time.Minute, Absolute: 12 * time.Hour},
	}
}

// Secrets are keys derived from the master key, one per use.
type Secrets struct {
	Token   [32]byte // MAC of codes and opaque tokens
	CSRF    [32]byte // MAC of form tokens
	Device  [32]byte // MAC of the device cookie
	Lockout [32]byte // keyed hash of what is counted
	Letter  [32]byte // MAC of the check codes of letters of authorisation
	Wizard  [32]byte // keyed hash of codes, decoys and what wizards count
}

// Clock is the server's time. A simulated clock may be moved forward.
type Clock interface {
	Now() time.Time
}

// Stores are everything that is kept.
type Stores struct {
	Enterprises  accounts.EnterpriseStore
	Changes      accounts.EnterpriseChanger
	Persons      accounts.PersonStore
	Ledger       accounts.Ledger
	Outbox       accounts.Outbox
	Proofs       pages.Proofs
	Mandates     accounts.MandateStore
	Activities   accounts.ActivityReader
	Letters      letter.Finder
	Endings      accounts.EndingReader
	Questions    accounts.MandateAsker
	Events       EventStore
	Standings    accounts.StandingStore
	Attempts     accounts.AttemptStore
	Grants       grant.Store
	Portals      grant.Lister
	Tokens       grant.TokenStore
	Consents     grant.ConsentStore
	Codes        grant.CodeStore
	Sessions     session.Store
	Interactions interaction.Store
	Challenges   interaction.ChallengeStore
}

// Gateways are the systems outside. What needs one that is nil is not offered:
// without Messages or Face nobody can register, activate or recover an account,
// and without Messages nobody can change a phone.
type Gateways struct {
	Messages accounts.MessageGateway // what the outbox is emptied into
	Face     accounts.FaceGateway
	Register accounts.Register
}

// Deps is what the provider is built from.
type Deps struct {
	Config   Config
	Stores   Stores
	Gateways Gateways
	Box      accounts.Sealer
	Clients  *client.Registry
	Keys     *keys.Ring
	Hasher   *passhash.Hasher
	Log      *slog.Logger
	Metrics  prometheus.Registerer
	Now      func() time.Time
	// Told hears what became of each try to push an event to a portal.
	Told func(kind accounts.EventKind, outcome string)
	// Templates are those of Config.Brand; nil has them made.
	Templates *templates.Renderer
	// World is the simulated outside; nil without simulators. Delivered hands over
	// what waits in the outbox.
	World     *simulator.Simulator
	Delivered func(ctx context.Context)
	// MoveClock moves the simulated clock forward; nil without simulators.
	MoveClock func(offset time.Duration)
}
