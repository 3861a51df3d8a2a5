package accounts

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts/passhash"
)

const firmID EnterpriseID = "0192f000-0000-7000-8000-000000000001"

const (
	firmName   = "jlshili01"
	firmUSCC   = "91220102MA0TE5T169"
	right      = "Tongid-demo-2026"
	strangerIP = "203.0.113.7"
)

// desk is a sign-in over stores that note what is asked of them.
type desk struct {
	SignIn
	firm  *Enterprise
	calls []string

	mu       sync.Mutex
	counters map[string]Counter
	now      time.Time
	hasher   *passhash.Hasher
}

func newDesk(t *testing.T, change ...func(*Enterprise)) *desk {
	t.Helper()
	d := &desk{
		counters: map[string]Counter{}, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC),
		hasher: passhash.New(passhash.Params{Memory: 64, Time: 1, Threads: 1, Concurrency: 2}),
	}
	hash, err := d.hasher.Hash(t.Context(), right)
	if err != nil {
		t.Fatal(err)
	}
	d.firm = &Enterprise{ID: firmID, Account: firmName, USCC: firmUSCC, Status: StatusActive, Proofing: 3, PasswordHash: hash}
	for _, c := range change {
		c(d.firm)
	}
	d.SignIn = SignIn{
		Enterprises: d, Attempts: d, Passwords: d, Limits: true, CounterKey: [32]byte{1},
		Now: func() time.Time { return d.now },
	}
	return d
}

func (d *desk) FindEnterprise(_ context.Context, identifier string) (*Enterprise, error) {
	d.calls = append(d.calls, "find")
	if identifier == "JLSHILI01" || identifier == firmUSCC {
		found := *d.firm
		return &found, nil
	}
	return nil, ErrNotFound
}

func (d *desk) SetEnterprisePassword(_ context.Context, _ EnterpriseID, old, hash string, raise bool, _ time.Time) error {
	d.calls = append(d.calls, "set password")
	if raise {
		d.calls = append(d.calls, "raise")
	}
	if d.firm.PasswordHash != old {
		return ErrConflict
	}
	d.firm.PasswordHash = hash
	return nil
}

func (d *desk) Try(_ context.Context, attempts []Attempt, now time.Time) (until time.Time, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, "try")
	for _, a := range attempts {
		next, waiting := a.Limit.Next(d.counters[a.Key], now)
		d.counters[a.Key] = next
		if waiting && next.LockedUntil.After(until) {
			until = next.LockedUntil
		}
	}
	return until, nil
}

func (d *desk) Settle(_ context.Context, forget, refund []string) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.calls = append(d.calls, "settle")
	for _, key := range forget {
		delete(d.counters, key)
	}
	for _, key := range refund {
		c := d.counters[key]
		c.Count, c.LockedUntil = c.Count-1, time.Time{}
		d.counters[key] = c
	}
	return nil
}

func (d *desk) Verify(ctx context.Context, hash, password string) (ok, rehash bool, err error) {
	d.calls = append(d.calls, "hash")
	return d.hasher.Verify(ctx, hash, password)
}

func (d *desk) Hash(ctx context.Context, password string) (string, error) {
	d.calls = append(d.calls, "hash anew")
	return d.hasher.Hash(ctx, password)
}

func (d *desk) enter(t *testing.T, c Credentials) (*SignedIn, error) {
	t.Helper()
	if !c.Address.IsValid() {
		c.Address = netip.MustParseAddr(strangerIP)
	}
	d.calls = nil
	return d.Enterprise(t.Context(), c)
}

func code(t *testing.T, err error) Code {
	t.Helper()
	refusal, ok := errors.AsType[*RefusalError](err)
	if !ok {
		t.Fatalf("got %v, want a refusal", err)
	}
	return refusal.Code
}

func waits(err error) bool {
	_, ok := errors.AsType[*WaitError](err)
	return ok
}

func TestSignInByNameAndCode(t *testing.T) {
	for _, identifier := range []string{
		"jlshili01", "JLSHILI01", " JlShili01 ", "ｊｌｓｈｉｌｉ０１", "91220102MA0TE5T169", "91220102ma0te5t169", "９１２２０１０２ＭＡ０ＴＥ５Ｔ１６９",
	} {
		d := newDesk(t)
		got, err := d.enter(t, Credentials{Identifier: identifier, Password: right})
		if err != nil {
			t.Errorf("%q: %v", identifier, err)
			continue
		}
		if got.Principal.Enterprise != firmID || got.LOA != 2 || !slices.Equal(got.AMR, []string{"pwd"}) {
			t.Errorf("%q: %+v", identifier, got)
		}
		if len(d.counters) != 1 {
			t.Errorf("%q: %d counters are left, want the address's alone", identifier, len(d.counters))
		}
		for _, c := range d.counters {
			if c.Count != 0 {
				t.Errorf("%q: the address owes %d after a right password", identifier, c.Count)
			}
		}
	}
}

// Whether the account exists must show neither in what the stores are asked nor
// in how many hashes are made.
func TestEveryRefusalCostsTheSame(t *testing.T) {
	want := []string{"find", "try", "hash"}
	for name, c := range map[string]struct {
		in     Credentials
		change func(*Enterprise)
	}{
		"unknown":             {in: Credentials{Identifier: "nobody123", Password: right}},
		"wrong password":      {in: Credentials{Identifier: firmName, Password: "wrong"}},
		"empty password":      {in: Credentials{Identifier: firmName}},
		"endless password":    {in: Credentials{Identifier: firmName, Password: string(make([]byte, 4096))}},
		"never activated":     {in: Credentials{Identifier: firmName, Password: right}, change: func(e *Enterprise) { e.PasswordHash, e.Status = "", StatusPendingActivation }},
		"pending, wrong":      {in: Credentials{Identifier: firmName, Password: "wrong"}, change: func(e *Enterprise) { e.Status = StatusPendingActivation }},
		"frozen, wrong":       {in: Credentials{Identifier: firmUSCC, Password: "wrong"}, change: func(e *Enterprise) { e.Status = StatusFrozen }},
		"cancelled, wrong":    {in: Credentials{Identifier: firmUSCC, Password: "wrong"}, change: func(e *Enterprise) { e.Status = StatusCancelled }},
		"known device, wrong": {in: Credentials{Identifier: firmName, Password: "wrong", Device: Device{ID: "d", Accounts: []string{string(firmID)}}}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t)
			if c.change != nil {
				c.change(d.firm)
			}
			_, err := d.enter(t, c.in)
			if got := code(t, err); got != CodeCredentials {
				t.Errorf("refused with %q, want %q", got, CodeCredentials)
			}
			if diff := cmp.Diff(want, d.calls); diff != "" {
				t.Errorf("calls (-want +got):\n%s", diff)
			}
		})
	}
}

func TestStateIsToldAfterTheRightPassword(t *testing.T) {
	for status, want := range map[Status]Code{
		StatusPendingActivation: CodePendingActivation, StatusFrozen: CodeFrozen, StatusCancelled: CodeCancelled,
		"unheard of": CodeFrozen,
	} {
		d := newDesk(t, func(e *Enterprise) { e.Status = status })
		_, err := d.enter(t, Credentials{Identifier: firmName, Password: right})
		if got := code(t, err); got != want {
			t.Errorf("%s: refused with %q, want %q", status, got, want)
		}
	}
	d := newDesk(t, func(e *Enterprise) { e.Status = StatusRestricted })
	if _, err := d.enter(t, Credentials{Identifier: firmName, Password: right}); err != nil {
		t.Errorf("restricted: %v", err)
	}
}

func TestFiveWrongPasswordsThenWait(t *testing.T) {
	for _, identifier := range []string{firmName, "nobody123"} { // existing or not
		d := newDesk(t)
		for _, minutes := range []int{1, 2, 4, 8, 15, 15} {
			tries := 1
			if minutes == 1 {
				tries = 5
			}
			for range tries {
				_, err := d.enter(t, Credentials{Identifier: identifier, Password: "wrong"})
				if got := code(t, err); got != CodeCredentials {
					t.Fatalf("%s: %v", identifier, err)
				}
			}
			_, err := d.enter(t, Credentials{Identifier: identifier, Password: right})
			wait, ok := errors.AsType[*WaitError](err)
			if !ok {
				t.Fatalf("%s: got %v, want a wait of %d min", identifier, err, minutes)
			}
			if got := wait.Until.Sub(d.now); got != time.Duration(minutes)*time.Minute {
				t.Errorf("%s: waits %v, want %d min", identifier, got, minutes)
			}
			if slices.Contains(d.calls, "hash") {
				t.Errorf("%s: a try that must wait was hashed", identifier)
			}
			d.now = wait.Until
		}
	}
}

func TestSpellingsShareOneCount(t *testing.T) {
	d := newDesk(t)
	for _, identifier := range []string{"jlshili01", "JLSHILI01", "jlshili01 ", "ｊｌｓｈｉｌｉ０１", "jl\u200bshili01"} {
		if _, err := d.enter(t, Credentials{Identifier: identifier, Password: "wrong"}); waits(err) {
			t.Fatal(err)
		}
	}
	if _, err := d.enter(t, Credentials{Identifier: "Jlshili01", Password: right}); !waits(err) {
		t.Errorf("got %v, want a wait", err)
	}
}

func TestAKnownDeviceHasItsOwnCount(t *testing.T) {
	d := newDesk(t)
	mine := Device{ID: "mine", Accounts: []string{"another", string(firmID)}}
	for range 6 { // a stranger locks the identifier
		_, _ = d.enter(t, Credentials{Identifier: firmUSCC, Password: "wrong"})
	}
	if _, err := d.enter(t, Credentials{Identifier: firmUSCC, Password: right}); !waits(err) {
		t.Fatalf("got %v, want a wait", err)
	}
	foreign := Device{ID: "foreign", Accounts: []string{"another"}}
	if _, err := d.enter(t, Credentials{Identifier: firmUSCC, Password: right, Device: foreign}); !waits(err) {
		t.Errorf("a device of another account came in: %v", err)
	}
	if _, err := d.enter(t, Credentials{Identifier: firmUSCC, Password: right, Device: mine}); err != nil {
		t.Errorf("the firm's own device was locked out: %v", err)
	}
	if _, err := d.enter(t, Credentials{Identifier: firmUSCC, Password: right}); !waits(err) {
		t.Errorf("a device's success lifted the stranger's wait: %v", err)
	}
	for range 5 { // and the device itself may not guess for ever
		_, err := d.enter(t, Credentials{Identifier: firmName, Password: "wrong", Device: mine})
		if got := code(t, err); got != CodeCredentials {
			t.Fatal(err)
		}
	}
	if _, err := d.enter(t, Credentials{Identifier: firmName, Password: right, Device: mine}); !waits(err) {
		t.Errorf("got %v, want a wait", err)
	}
}

func TestAddressCountsSeparately(t *testing.T) {
	d := newDesk(t)
	for i := range addressLockout.Free {
		_, err := d.enter(t, Credentials{Identifier: "nobody" + string(rune('a'+i)), Password: "wrong"})
		if waits(err) {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if _, err := d.enter(t, Credentials{Identifier: firmName, Password: right}); !waits(err) {
		t.Errorf("got %v, want a wait", err)
	}
	other := netip.MustParseAddr("203.0.113.8")
	if _, err := d.enter(t, Credentials{Identifier: firmName, Password: right, Address: other}); err != nil {
		t.Errorf("another address: %v", err)
	}
}

func TestNetwork(t *testing.T) {
	for in, want := range map[string]string{
		"203.0.113.7": "203.0.113.7", "::ffff:203.0.113.7": "203.0.113.7",
		"2001:db8:1:2:3:4:5:6": "2001:db8:1:2::/64", "2001:db8:1:2::": "2001:db8:1:2::/64", "fe80::1%eth0": "fe80::/64",
	} {
		if got := network(netip.MustParseAddr(in)); got != want {
			t.Errorf("network(%s) = %s, want %s", in, got, want)
		}
	}
}

func TestUnknownAddressIsNotCounted(t *testing.T) {
	d := newDesk(t)
	if _, err := d.Enterprise(t.Context(), Credentials{Identifier: firmName, Password: "wrong"}); err == nil {
		t.Fatal("a wrong password came in")
	}
	if len(d.counters) != 1 {
		t.Errorf("%d counters, want the identifier's alone", len(d.counters))
	}
}

func TestLimitsOff(t *testing.T) {
	d := newDesk(t)
	d.Limits = false
	for range 20 {
		_, err := d.enter(t, Credentials{Identifier: firmName, Password: "wrong"})
		if got := code(t, err); got != CodeCredentials {
			t.Fatal(err)
		}
	}
	if _, err := d.enter(t, Credentials{Identifier: firmName, Password: right}); err != nil {
		t.Error(err)
	}
	if slices.Contains(d.calls, "try") || slices.Contains(d.calls, "settle") {
		t.Errorf("counted although limits are off: %v", d.calls)
	}
}

func TestRehashAtSignIn(t *testing.T) {
	d := newDesk(t)
	d.hasher = passhash.New(passhash.Params{Memory: 128, Time: 1, Threads: 1, Concurrency: 1})
	before := d.firm.PasswordHash
	if _, err := d.enter(t, Credentials{Identifier: firmName, Password: right}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"find", "try", "hash", "settle", "hash anew", "set password"}, d.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
	if d.firm.PasswordHash == before {
		t.Error("the hash was not made anew")
	}
	if _, err := d.enter(t, Credentials{Identifier: firmName, Password: right}); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"find", "try", "hash", "settle"}, d.calls); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// A password that was changed at the same moment stays changed, and the sign-in
// that raced it stands.
func TestRehashLosesAgainstAChange(t *testing.T) {
	d := newDesk(t)
	d.hasher = passhash.New(passhash.Params{Memory: 128, Time: 1, Threads: 1, Concurrency: 1})
	d.Enterprises = conflicting{d}
	if _, err := d.enter(t, Credentials{Identifier: firmName, Password: right}); err != nil {
		t.Error(err)
	}
}

type conflicting struct{ *desk }

func (conflicting) SetEnterprisePassword(context.Context, EnterpriseID, string, string, bool, time.Time) error {
	return ErrConflict
}

func TestFaultsAreNoRefusals(t *testing.T) {
	for name, c := range map[string]struct {
		breakIt func(*desk)
		want    error
	}{
		"find":   {func(d *desk) { d.Enterprises = broken{} }, ErrUnavailable},
		"try":    {func(d *desk) { d.Attempts = broken{} }, ErrUnavailable},
		"verify": {func(d *desk) { d.Passwords = broken{} }, ErrBusy},
	} {
		d := newDesk(t)
		c.breakIt(d)
		_, err := d.enter(t, Credentials{Identifier: firmName, Password: right})
		if !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
}

// A try that was not made, for there was too much to do, is no wrong password:
// however often it happens, nobody is made to wait for it.
func TestWhatWasNotTriedIsNotCounted(t *testing.T) {
	d := newDesk(t)
	try := func() error {
		_, err := d.enter(t, Credentials{Identifier: firmName, Password: right})
		return err
	}
	d.Passwords = broken{}
	for range 3 * identifierLockout.Free {
		if err := try(); !errors.Is(err, ErrBusy) {
			t.Fatalf("got %v, want ErrBusy", err)
		}
	}
	d.Passwords = d
	must(t, try())
}

// broken is every store while it is away, and a hasher with too much to do.
type broken struct{}

func (broken) FindEnterprise(context.Context, string) (*Enterprise, error) {
	return nil, ErrUnavailable
}

func (broken) SetEnterprisePassword(context.Context, EnterpriseID, string, string, bool, time.Time) error {
	return ErrUnavailable
}

func (broken) Try(context.Context, []Attempt, time.Time) (time.Time, error) {
	return time.Time{}, ErrUnavailable
}
func (broken) Settle(context.Context, []string, []string) error { return ErrUnavailable }
func (broken) Verify(context.Context, string, string) (ok, rehash bool, err error) {
	return false, false, passhash.ErrBusy
}
func (broken) Hash(context.Context, string) (string, error) { return "", passhash.ErrBusy }
