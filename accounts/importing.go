package accounts

import "context"

// ImportedEnterprise is an enterprise that another system knew. It comes in as
// 待激活 and stays so until its holder proved to be it.
type ImportedEnterprise struct {
	Enterprise
	// ForeignHash is its password's hash there (passhash.ParseForeign), empty
	// for none. It is of no use until it was wrapped.
	ForeignHash string
}

// ImportOutcome is what became of an imported enterprise.
type ImportOutcome int

// What may become of an imported enterprise.
const (
	ImportAdded        ImportOutcome = iota
	ImportPresent                    // an account has that USCC, or had it; it stays as it is
	ImportAccountTaken               // another account has that login name
)

// ImportStore takes in enterprises that another system knew.
type ImportStore interface {
	// ImportEnterprises adds those that are not there, in one transaction, and
	// says what became of each. Of two with the same USCC the first is added.
	ImportEnterprises(ctx context.Context, list []ImportedEnterprise) ([]ImportOutcome, error)
}

// ForeignHash is an account's hash of another system that waits to be wrapped.
type ForeignHash struct {
	ID   EnterpriseID
	Text string
}

// ForeignHashStore keeps hashes of other systems until they are wrapped.
type ForeignHashStore interface {
	CountForeignHashes(ctx context.Context) (int64, error)
	// ForeignHashes returns at most n of them, those of the accounts that
	// follow after by id.
	ForeignHashes(ctx context.Context, after EnterpriseID, n int) ([]ForeignHash, error)
	// SettleForeignHash forgets the account's foreign hash. If it still is
	// 待激活 and has no password, wrapped becomes its password's hash.
	SettleForeignHash(ctx context.Context, id EnterpriseID, wrapped string) error
}
