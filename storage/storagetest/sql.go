package storagetest

import (
	"context"
	"crypto/rand"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/keys"
)

// DurableStore is everything that a store of what must be remembered does.
type DurableStore interface {
	accounts.EnterpriseStore
	accounts.StandingStore
	accounts.AttemptStore
	grant.Store
	grant.TokenStore
	grant.ConsentStore
	client.Store
	keys.Store
	DataKeyStore
	accounts.RegisterTable
	accounts.ImportStore
	accounts.ForeignHashStore
	accounts.PersonStore
	accounts.EnterpriseChanger
	accounts.EvidenceStore
	accounts.MandateStore
	accounts.MandateAsker
	EventStore
	accounts.Outbox
	accounts.OutboxStore
	accounts.Ledger
	grant.Lister
	RecordReader
}

// RecordReader is what others than the rules ask for.
type RecordReader interface {
	LastProof(ctx context.Context, subject string) (*accounts.Proof, error)
	EndClosed(ctx context.Context, now time.Time, limit int) error
}

// OpenDurable opens an empty store that reads the given clock, for one test.
type OpenDurable func(t *testing.T, now func() time.Time) DurableStore

// Durable runs every suite of the stores of what must be remembered.
func Durable(t *testing.T, open OpenDurable) {
	t.Helper()
	for name, suite := range map[string]func(*testing.T, OpenDurable){
		"accounts": Accounts, "attempts": Attempts, "grants": Grants, "tokens": Tokens,
		"consents": Consents, "clients": Clients, "keys": Keys,
		"data keys": DataKeys, "register": Register, "imports": Imports,
		"persons": Persons, "mandates": Mandates, "changes": Changes, "outbox": Outbox,
		"questions": Questions, "events": Events,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			suite(t, open)
		})
	}
}

// durableTest is one test of a suite. Tests of one suite share a store and run
// at once, each on records of its own.
type durableTest struct {
	name string
	run  func(t *testing.T, r durableRun)
}

func runDurable(t *testing.T, open OpenDurable, tests []durableTest) {
	t.Helper()
	clock := newAliveClock()
	store := open(t, clock.Now)
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			test.run(t, durableRun{Store: store, clock: clock})
		})
	}
}

// durableRun is what one test works with. Its clock is shared: a test names the
// instants it wants and does not move it.
type durableRun struct {
	Store DurableStore
	clock *aliveClock
}

// in returns the instant d from now.
func (r durableRun) in(d time.Duration) time.Time { return r.clock.Now().Add(d) }

// enterprise returns an account that is not stored yet, unlike any other.
func (r durableRun) enterprise() *accounts.Enterprise {
	return &accounts.Enterprise{
		ID: accounts.EnterpriseID(uuid.NewString()), Account: "Firm-" + rand.Text(), USCC: "91" + rand.Text()[:16],
		Name: "\u5409\u6797\u7701\u793a\u4f8b\u8f6f\u4ef6\u6709\u9650\u516c\u53f8", LegalType: "enterprise", Status: accounts.StatusActive,
		Representative: accounts.Representative{
			Name: "\u5f20\u4e09", DocType: accounts.DocResidentID, DocNumber: "220102199003070013",
			ValidFrom: "2016-03-01", ValidTo: "2036-03-01",
		},
		Phone: "+8613800000001", PasswordHash: "$argon2id$" + rand.Text(), Proofing: 3, AsOf: "2026-01-31",
		Epochs:    accounts.Epochs{Account: 7, Enterprise: 2},
		CreatedAt: r.in(-time.Hour).Add(123 * time.Millisecond), UpdatedAt: r.in(-time.Minute),
	}
}

// stored returns a new account that is stored.
func (r durableRun) stored(t *testing.T) *accounts.Enterprise {
	t.Helper()
	e := r.enterprise()
	ok(t, "create enterprise", r.Store.CreateEnterprise(t.Context(), e))
	return e
}

// read returns the account as it is stored now.
func (r durableRun) read(t *testing.T, id accounts.EnterpriseID) *accounts.Enterprise {
	t.Helper()
	e, err := r.Store.Enterprise(t.Context(), id)
	ok(t, "read enterprise", err)
	return e
}
