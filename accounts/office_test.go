package accounts

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The people and firms of the tests.
const (
	goodPassword  = "Quiet-Harbour-7391"
	otherPassword = "Brisk-Lantern-4826"

	traderUSCC, traderPhone = "91220106MA54728040", "+8613800000007" // in the register only
	softUSCC, softPhone     = "91220102MA0TE5T169", "+8613800000001" // has an account
	noodleUSCC, noodlePhone = "92220104MA84KX2E1M", "+8613800000003" // imported, 待激活
	liPhone, liDocument     = "+8613800000002", "220104198511202324"
	sunPhone, sunDocument   = "+8613800000004", "22010619950518004X"
	strangerPhone           = "+8613911112222"
)

const (
	softID   EnterpriseID = "0192f000-0000-7000-8000-00000000000a"
	noodleID EnterpriseID = "0192f000-0000-7000-8000-00000000000b"
	liID     PersonID     = "0192f000-0000-7000-8000-00000000000c"
)

// office is the wizards with everything around them in memory.
type office struct {
	*Wizards
	*books

	shelf    *shelf
	face     *faceBooth
	register *register

	mu       sync.Mutex
	now      time.Time
	calls    []string
	counters map[string]Counter
}

// officeRules are every office's: reading the list of weak passwords takes a while.
var officeRules = sync.OnceValue(func() *PasswordPolicy { return NewPasswordPolicy(PasswordRules{}) })

func newOffice() *office {
	o := &office{now: time.Date(2026, 11, 23, 4, 0, 0, 0, time.UTC), counters: map[string]Counter{}}
	o.books = newBooks(o.note)
	o.shelf = &shelf{log: o.note, records: map[string][]CaseRecord{}}
	o.face = &faceBooth{sessions: map[string]*FaceResult{}}
	o.register = &register{entries: map[string]RegisterEntry{}}
	now, key := o.clock, [32]byte{1}
	text := func(kind string, params map[string]string) (string, error) { return kind + fmt.Sprint(params), nil }
	cases := &Cases{Store: o.shelf, Box: plainBox{}, Now: now}
	o.Wizards = &Wizards{
		Cases: cases,
		Codes: &Codes{Cases: cases, Attempts: o, Outbox: o.books, Limits: true, Key: key, Now: now, Text: text},
		Faces: &Faces{
			Store: o.shelf, Box: plainBox{}, Gateway: o.face, Now: now,
			Return: func(ticket string) string { return "https://id.example/face/phone/" + ticket },
		},
		Register: o.register, Enterprises: o.books, Persons: o.books, Changes: o.books, Ledger: o.books,
		Passwords: &fakeHasher{}, Rules: officeRules(), Logins: &SignIn{Attempts: o, Limits: true, CounterKey: key, Now: now}, Attempts: o, Limits: true, Key: key,
		Policy: WizardPolicy{
			PersonsPerPhone: 3, EnterprisesPerPhone: 5,
			Agreements: map[string]string{DocumentService: "s1", DocumentPrivacy: "p1", DocumentFace: "f1"},
		},
		Text: text, Now: now,
	}
	o.settleIn()
	return o
}

// settleIn makes the accounts and entries that are there already.
func (o *office) settleIn() {
	zhang := Representative{Name: "张三", DocType: DocResidentID, DocNumber: "220102199003070013", ValidFrom: "2016-03-01", ValidTo: "2036-03-01"}
	wang := Representative{Name: "王五", DocType: DocResidentID, DocNumber: "220202197602290153"}
	o.firms[softID] = Enterprise{
		ID: softID, Account: "jlshili01", USCC: softUSCC, Name: "吉林省示例软件有限公司", LegalType: "enterprise", Status: StatusActive,
		Representative: zhang, Phone: softPhone, PasswordHash: "1|" + goodPassword, Proofing: 3, CreatedAt: o.now,
	}
	o.firms[noodleID] = Enterprise{
		ID: noodleID, USCC: noodleUSCC, Name: "长春市示例面馆", LegalType: "individual_business", Status: StatusPendingActivation,
		Representative: wang, Phone: noodlePhone, Proofing: 2, CreatedAt: o.now,
	}
	o.persons[liID] = Person{
		ID: liID, Name: "李四", DocType: DocResidentID, DocNumber: liDocument, ValidFrom: "2016-03-01", ValidTo: "2036-03-01",
		Phone: liPhone, PasswordHash: "1|" + goodPassword, Status: StatusActive, Proofing: 4, CreatedAt: o.now,
	}
	o.register.put(traderUSCC, "吉林省测试贸易有限公司", "钱一", "220104198806150023")
	o.register.put(softUSCC, "吉林省示例软件有限公司", zhang.Name, zhang.DocNumber)
	o.register.put(noodleUSCC, "长春市示例面馆", wang.Name, wang.DocNumber)
}

func (o *office) clock() time.Time {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.now
}

func (o *office) wait(d time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.now = o.now.Add(d)
}

func (o *office) note(call string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.calls = append(o.calls, call)
}

// Try and Settle count as the stores do.
func (o *office) Try(_ context.Context, tries []Attempt, now time.Time) (until time.Time, err error) {
	o.note("try")
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, a := range tries {
		next, waiting := a.Limit.Next(o.counters[a.Key], now)
		o.counters[a.Key] = next
		if waiting && next.LockedUntil.After(until) {
			until = next.LockedUntil
		}
	}
	return until, nil
}

func (o *office) Settle(_ context.Context, forget, _ []string) error {
	o.note("settle")
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, key := range forget {
		delete(o.counters, key)
	}
	return nil
}

// plainBox binds to what it seals beside, and hides nothing.
type plainBox struct{}

func (plainBox) Seal(aad, plaintext []byte) []byte {
	sum := sha256.Sum256(aad)
	return append(sum[:8], plaintext...)
}

func (plainBox) Open(aad, sealed []byte) ([]byte, error) {
	sum := sha256.Sum256(aad)
	if !bytes.HasPrefix(sealed, sum[:8]) {
		return nil, errors.New("another place")
	}
	return sealed[8:], nil
}

// fakeHasher makes another hash each time, at once.
type fakeHasher struct {
	mu sync.Mutex
	n  int
}

func (h *fakeHasher) Hash(_ context.Context, password string) (string, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n++
	return strconv.Itoa(h.n+1) + "|" + password, nil
}

func (h *fakeHasher) Verify(_ context.Context, hash, password string) (ok, rehash bool, err error) {
	_, kept, _ := strings.Cut(hash, "|")
	return hash != "" && kept == password, false, nil
}

// faceBooth is a provider whose results the test sets.
type faceBooth struct {
	mu       sync.Mutex
	sessions map[string]*FaceResult // by certificate
	last     string
	begun    int
	begin    error
	result   error
	refuses  DocType // the one that it cannot check
}

func (*faceBooth) Name() string                { return "booth" }
func (f *faceBooth) Accepts(t DocType) bool    { return t != f.refuses }
func (*faceBooth) Check(context.Context) error { return nil }

func (f *faceBooth) Begin(_ context.Context, o FaceOrder) (*FaceSession, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.begin != nil {
		return nil, f.begin
	}
	f.begun++
	f.last = "certificate of " + o.ID
	f.sessions[f.last] = &FaceResult{State: FacePending}
	return &FaceSession{Certificate: f.last, URL: "https://face.example/" + o.ID}, nil
}

func (f *faceBooth) Result(_ context.Context, certificate string) (*FaceResult, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.result != nil {
		return nil, f.result
	}
	r := *f.sessions[certificate]
	return &r, nil
}

func (f *faceBooth) say(certificate string, r FaceResult) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions[certificate] = &r
}

// register is a business register whose entries the test sets.
type register struct {
	mu      sync.Mutex
	entries map[string]RegisterEntry
	away    error
	sham    bool
}

func (r *register) put(uscc, name, rep, document string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.entries[uscc] = RegisterEntry{
		USCC: uscc, Name: name, Status: RegisterOperating, RepName: rep, RepDocType: DocResidentID, RepDocNumber: document, AsOf: "2026-11-01",
	}
}

func (r *register) change(uscc string, change func(e *RegisterEntry)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entries[uscc]
	change(&e)
	r.entries[uscc] = e
}

func (r *register) Verify(_ context.Context, c RegisterClaim) (*RegisterVerdict, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away != nil {
		return nil, r.away
	}
	e, there := r.entries[c.USCC]
	if !there {
		return &RegisterVerdict{USCC: VerdictUnknown, Name: VerdictUnknown, RepName: VerdictUnknown, RepDocument: VerdictUnknown}, nil
	}
	verdict := func(claimed, held string) Verdict {
		switch claimed {
		case "":
			return VerdictUnknown
		case held:
			return VerdictMatch
		}
		return VerdictMismatch
	}
	return &RegisterVerdict{
		USCC: VerdictMatch, Name: verdict(c.Name, e.Name), RepName: verdict(c.RepName, e.RepName),
		RepDocument: verdict(c.RepDocNumber, e.RepDocNumber), Status: e.Status, AsOf: e.AsOf, Simulated: r.sham,
	}, nil
}

func (r *register) Fetch(_ context.Context, uscc string) (*RegisterEntry, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.away != nil {
		return nil, r.away
	}
	if e, there := r.entries[uscc]; there {
		return &e, nil
	}
	return nil, ErrNotFound
}

func (r *register) Check(context.Context) error { return nil }

// visitor is the n-th browser.
func visitor(n byte) Visitor {
	return Visitor{Browser: [32]byte{n}, Address: "203.0.113." + strconv.Itoa(int(n)), UserAgent: "test"}
}

// typed makes what the first browser's form says, with changes "field", "value", …
func typed(values map[string]string, changes ...string) *Input {
	in := &Input{
		Values: map[string]string{}, Password: goodPassword, Confirm: goodPassword, Agree: true,
		Address: netip.MustParseAddr("203.0.113.1"), Visitor: visitor(1),
	}
	for k, v := range values {
		in.Values[k] = v
	}
	for i := 0; i < len(changes); i += 2 {
		in.Values[changes[i]] = changes[i+1]
	}
	return in
}

func traderForm() map[string]string {
	return map[string]string{
		"account": "newtrade01", "legal_type": "enterprise", "name": "吉林省测试贸易有限公司", "uscc": traderUSCC,
		"rep_name": "钱一", "rep_id_type": "resident_id", "rep_id_number": "220104198806150023", "rep_id_term": "20",
		"rep_id_from": "2016-03-01", "rep_id_to": "2036-03-01", "phone": "13800000007",
	}
}

func noodleForm() map[string]string {
	return map[string]string{
		"legal_type": "individual_business", "name": "长春市示例面馆", "uscc": noodleUSCC,
		"rep_name": "王五", "rep_id_type": "resident_id", "rep_id_number": "220202197602290153", "rep_id_term": "20",
		"rep_id_from": "2016-03-01", "rep_id_to": "2036-03-01",
	}
}

func sunForm() map[string]string {
	return map[string]string{
		"name": "孙七", "id_type": "resident_id", "id_number": sunDocument, "id_term": "20",
		"id_from": "2016-03-01", "id_to": "2036-03-01", "phone": "13800000004",
	}
}

func softRecovery() map[string]string {
	return map[string]string{"account": "jlshili01", "rep_name": "张三", "rep_id_type": "resident_id", "rep_id_number": "220102199003070013"}
}

func liRecovery() map[string]string {
	return map[string]string{"account": "13800000002", "name": "李四", "id_type": "resident_id", "id_number": liDocument}
}

// lastCode is the code that a phone got last.
func (o *office) lastCode(phone string) string {
	o.books.lock.Lock()
	defer o.books.lock.Unlock()
	for i := len(o.posted) - 1; i >= 0; i-- {
		if m := o.posted[i]; m.Kind == KindCode && m.Phone == phone {
			return m.Params["code"]
		}
	}
	return ""
}

// told are the kinds of message but codes that a phone got.
func (o *office) told(phone string) (kinds []string) {
	o.books.lock.Lock()
	defer o.books.lock.Unlock()
	for _, m := range o.posted {
		if m.Kind != KindCode && m.Phone == phone {
			kinds = append(kinds, m.Kind)
		}
	}
	return kinds
}

// reload is the case as the first browser finds it.
func (o *office) reload(t testing.TB, c *Case) *Case {
	t.Helper()
	now, err := o.Cases.Load(t.Context(), c.Kind, c.ID, c.Browser)
	must(t, err)
	return now
}

// begin opens a registration's form.
func (o *office) begin(t testing.TB, kind CaseKind) *Case {
	t.Helper()
	c, err := o.Cases.Begin(t.Context(), kind, StepForm, visitor(1).Browser)
	must(t, err)
	return c
}

// phone opens the check of a case on the phone and chooses the right number; it
// returns the provider's name for it.
func (o *office) phone(t testing.TB, c *Case) string {
	t.Helper()
	check, err := o.Faces.Load(t.Context(), c.Ticket)
	must(t, err)
	must(t, o.Faces.Opened(t.Context(), check))
	_, err = o.Faces.Confirm(t.Context(), check, check.Match, "phone")
	must(t, err)
	return check.Certificate
}

// pass has a case's face check begun and passed.
func (o *office) pass(t testing.TB, c *Case) {
	t.Helper()
	must(t, o.Consent(t.Context(), c, typed(nil)))
	o.face.say(o.phone(t, c), FaceResult{State: FacePassed, Evidence: "e"})
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// wantRefused fails the test unless err is this refusal, of this field.
func wantRefused(t testing.TB, what string, err error, want Code, field string) {
	t.Helper()
	refusal, ok := errors.AsType[*RefusalError](err)
	if !ok || refusal.Code != want || refusal.Field != field {
		t.Errorf("%s: got %v (%+v), want %s of %q", what, err, refusal, want, field)
	}
}

// elsewhere reports whether the case had moved on: the browser goes where it is.
func elsewhere(err error) bool { return errors.Is(err, ErrConflict) || errors.Is(err, ErrCaseStep) }

// wantList fails the test unless err are these refusals, "field code".
func wantList(t testing.TB, what string, err error, want ...string) {
	t.Helper()
	list, _ := errors.AsType[RefusalsError](err)
	got := strings.TrimPrefix(list.Error(), "refused: ")
	if got != strings.Join(want, ", ") {
		t.Errorf("%s: got %q (%v), want %q", what, got, err, want)
	}
}

func wantIs(t testing.TB, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: got %v, want %v", what, err, want)
	}
}

func wantStep(t testing.TB, c *Case, want Step) {
	t.Helper()
	if c.Step != want {
		t.Errorf("the case stands at %s (%s), want %s", c.Step, c.Failure, want)
	}
}

func wantWait(t testing.TB, what string, now time.Time, err error, want time.Duration) {
	t.Helper()
	wait, ok := errors.AsType[*WaitError](err)
	if !ok {
		t.Errorf("%s: got %v, want a wait of %v", what, err, want)
		return
	}
	if got := wait.Until.Sub(now); got != want {
		t.Errorf("%s: waits %v, want %v", what, got, want)
	}
}
