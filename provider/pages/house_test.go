package pages_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/face"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/register"
	"github.com/tongid/tongid/accounts/passhash"
	"github.com/tongid/tongid/provider"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/ephemeral"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
	"github.com/tongid/tongid/templates"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	password    = "Tongid-demo-2026"
	firm        = "jlshili01"
	firmUSCC    = "91220102MA0TE5T169"
	firmName    = "吉林省示例软件有限公司"
	builder     = "jljianzhu"
	pendingUSCC = "92220104MA84KX2E1M"
	callback    = "http://127.0.0.1:9/callback"
)

// house is the whole provider over real stores, with a clock that tests move.
type house struct {
	t      testing.TB
	server *httptest.Server
	db     *database.DB
	alive  *ephemeral.Store
	log    logBook
	offset atomic.Int64
	outage atomic.Bool // the database does not answer
	panics atomic.Bool // the database panics
	change []func(*provider.Deps)

	mu         sync.Mutex
	statements []string
}

func (h *house) now() time.Time { return time.Now().Add(time.Duration(h.offset.Load())) }

func (h *house) forward(d time.Duration) { h.offset.Add(int64(d)) }

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// newHouse opens a house with the demo accounts and some portals.
func newHouse(t testing.TB, change ...func(*provider.Deps)) *house {
	t.Helper()
	h := &house{t: t, change: change}
	box, err := seal.New(make([]byte, 32))
	h.must(err)
	h.db, err = database.Open(t.Context(), database.Config{
		Path: sqlite.Memory, Box: box, Now: h.now, Timeout: 20 * time.Second, Observe: h.note,
	})
	h.must(err)
	t.Cleanup(func() { h.db.Close() })
	_, err = h.db.Migrate(t.Context())
	h.must(err)
	h.alive, err = ephemeral.Open(t.Context(), sqlite.Memory, ephemeral.Options{Now: h.now, Timeout: time.Minute})
	h.must(err)
	t.Cleanup(func() { h.alive.Close() })
	h.furnish()
	h.open()
	return h
}

func (h *house) note(op string, _ time.Duration, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.statements = append(h.statements, op)
}

// asked returns which statements the database got while do ran.
func (h *house) asked(do func()) []string {
	h.mu.Lock()
	h.statements = nil
	h.mu.Unlock()
	do()
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clone(h.statements)
}

func hasher() *passhash.Hasher {
	return passhash.New(passhash.Params{Memory: 64, Time: 1, Threads: 1, Concurrency: 2})
}

func (h *house) furnish() {
	h.t.Helper()
	hash, err := hasher().Hash(h.t.Context(), password)
	h.must(err)
	for _, e := range []accounts.Enterprise{
		{ID: "ent-1", Account: firm, USCC: firmUSCC, Name: firmName, Status: accounts.StatusActive},
		{ID: "ent-2", Account: builder, USCC: "91220000MA17AB3K2C", Name: "吉林省示例建筑有限公司", Status: accounts.StatusActive},
		{ID: "ent-3", USCC: pendingUSCC, Name: "长春市示例面馆", Status: accounts.StatusPendingActivation},
		{ID: "ent-4", Account: "frozen001", USCC: "91220106MA54728040", Name: "冻结", Status: accounts.StatusFrozen},
		{ID: "ent-5", Account: "cancelled", USCC: "91220106MA8656350H", Name: "注销", Status: accounts.StatusCancelled},
	} {
		e.LegalType, e.Proofing, e.PasswordHash, e.AsOf = "enterprise", 3, hash, "2026-03-01"
		e.CreatedAt, e.UpdatedAt = h.now(), h.now()
		h.must(h.db.CreateEnterprise(h.t.Context(), &e))
	}
	enterprise := []accounts.Type{accounts.TypeEnterprise}
	for _, c := range []client.Client{
		{ID: "hall", Name: "人社网上办事大厅", Trusted: true, AccountTypes: enterprise},
		{ID: "medical", Name: "医保网上办事大厅", Trusted: true, AccountTypes: enterprise},
		{ID: "asks", Name: "示例应用", AccountTypes: enterprise, PolicyURI: "https://www.example.com/policy"},
		{ID: "persons", Name: "个人大厅", Trusted: true, AccountTypes: []accounts.Type{accounts.TypePerson}},
		{ID: "schools", Name: "学校大厅", Trusted: true, AccountTypes: enterprise, LegalTypes: []accounts.LegalType{"institution"}},
	} {
		c.RedirectURIs, c.PostLogout = []string{callback}, []string{"http://127.0.0.1:9/bye"}
		c.GrantTypes, c.ResponseTypes, c.Scope = []string{"authorization_code"}, []string{"code"}, "openid profile enterprise"
		c.AuthMethod, c.SecretHash, c.IDTokenAlg = client.AuthBasic, client.HashSecret("secret"), "ES256"
		c.AccessTokenFormat, c.UpdatedAt = client.FormatOpaque, h.now()
		h.must(h.db.CreateClient(h.t.Context(), &c))
	}
}

// open starts a server, another one after the first.
func (h *house) open() {
	h.t.Helper()
	server := httptest.NewUnstartedServer(nil)
	issuer := "http://" + server.Listener.Addr().String()
	registry, err := client.NewRegistry(h.t.Context(), h.db)
	h.must(err)
	ring, err := keyRing()
	h.must(err)
	var log slog.Handler = slog.NewJSONHandler(&h.log, nil)
	deps := provider.Deps{
		Config: provider.Config{
			Issuer: issuer, Lifetimes: provider.DefaultLifetimes(), Simulators: true, Captcha: true, Limits: true,
			Brand: templates.DemoBrand(), TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
			Secrets: provider.Secrets{Token: [32]byte{1}, CSRF: [32]byte{2}, Device: [32]byte{3}, Lockout: [32]byte{4}},
		},
		Stores: provider.Stores{
			Enterprises: shaky{h.db, h}, Changes: h.db, Persons: h.db, Ledger: h.db, Outbox: h.db, Proofs: h.db, Mandates: h.db, Activities: h.db, Letters: h.db, Endings: h.db, Portals: h.db, Standings: h.db, Attempts: h.db, Grants: h.db, Tokens: h.db, Consents: h.db,
			Codes: h.alive, Sessions: h.alive, Interactions: h.alive, Challenges: h.alive,
		},
		Clients: registry, Keys: ring, Hasher: hasher(), Log: slog.New(log), Metrics: prometheus.NewRegistry(), Now: h.now,
		MoveClock: func(offset time.Duration) { h.offset.Store(int64(offset)) },
		Gateways:  h.gateways(),
	}
	for _, c := range h.change {
		c(&deps)
	}
	handler, err := provider.New(deps)
	h.must(err)
	server.Config.Handler = handler
	server.Start()
	h.t.Cleanup(server.Close)
	h.server = server
}

// gateways lead to where nobody answers: the pages of the wizards are there, and
// a face check cannot begin.
func (h *house) gateways() provider.Gateways {
	h.t.Helper()
	nobody, host := "http://127.0.0.1:9", outbound.Host{Now: h.now}
	messages, err := message.NewHTTP(message.HTTPConfig{
		Settings: outbound.Settings{Name: "sms"}, URL: nobody, Signing: "none", Body: "{{json .Text}}",
	}, host)
	h.must(err)
	faces := face.NewHTTP(face.HTTPConfig{
		JSONConfig: outbound.JSONConfig{Settings: outbound.Settings{Name: "face"}, URL: nobody, KeyID: "id", Secret: "secret"},
		DocTypes:   []accounts.DocType{accounts.DocResidentID},
	}, host)
	return provider.Gateways{Messages: messages, Face: faces, Register: register.NewTable(h.db, "local", nil)}
}

// keyRing is every house's: making RSA keys takes longer than most tests.
var keyRing = sync.OnceValues(func() (*keys.Ring, error) {
	return keys.NewRing(context.Background(), &keyShelf{}, keys.Options{Now: time.Now, KeepRetired: time.Hour})
})

// keyShelf keeps keys for one process.
type keyShelf struct {
	records  []keys.Record
	revision int64
}

func (s *keyShelf) Keys(context.Context) ([]keys.Record, int64, error) {
	return s.records, s.revision, nil
}

func (s *keyShelf) KeysRevision(context.Context) (int64, error) { return s.revision, nil }

func (s *keyShelf) ChangeKeys(_ context.Context, _ int64, changed []keys.Record) error {
	s.records, s.revision = append(s.records, changed...), s.revision+1
	return nil
}

func (s *keyShelf) DeleteKeys(context.Context, []string) error { return nil }

// shaky is the database when it goes away.
type shaky struct {
	accounts.EnterpriseStore
	house *house
}

func (s shaky) FindEnterprise(ctx context.Context, identifier string) (*accounts.Enterprise, error) {
	if s.house.panics.Load() {
		panic("secret-of-the-panic")
	}
	if s.house.outage.Load() {
		return nil, errors.Join(errors.New("secret-of-the-store"), accounts.ErrUnavailable)
	}
	return s.EnterpriseStore.FindEnterprise(ctx, identifier)
}

// logBook is a log that tests read.
type logBook struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *logBook) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *logBook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// transport of all browsers; closed with the server it talks to.
func newTransport(t testing.TB) *http.Transport {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	return transport
}
