package database_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/sqlite"
)

// A fixture is a row as the schema of its version had it.
type fixture struct {
	query string
	args  []any
}

func fixtures(db *database.DB) map[int64][]fixture {
	return map[int64][]fixture{
		1: {{`INSERT INTO enterprises (id, account, account_folded, uscc, name, legal_type, status, rep_name, rep_doc_type,
				rep_doc_number, rep_valid_from, rep_valid_to, phone, password_hash, proofing, as_of,
				account_epoch, enterprise_epoch, created_at, updated_at)
			VALUES ('e1', 'Firm', 'firm', '91220102MA0TE5T169', 'A Firm', 'enterprise', 'active', $1, 'resident_id',
				$2, '2016-03-01', '', $3, 'hash', 3, '2026-01-31', 5, 6, 1000, 2000)`, []any{
			db.Seal("enterprises.rep_name", "e1", "Zhang"), db.Seal("enterprises.rep_doc_number", "e1", "220102"),
			db.Seal("enterprises.phone", "e1", "+8613800000001"),
		}}},
		2: {
			{`INSERT INTO clients (id, data, secret_hash, updated_at)
				VALUES ('hall', '{"client_id":"hall","client_name":"Hall","scope":"openid"}', $1, 3000)`, []any{[]byte{1, 2}}},
			{`INSERT INTO signing_keys (id, algorithm, state, private, created_at, current_at, retired_at)
				VALUES ('k1', 'ES256', 'current', $1, 4000, 5000, 0)`, []any{db.Seal("signing_keys.private", "k1", "der")}},
			{`UPDATE revisions SET n = 9`, nil},
		},
		3: {
			{`INSERT INTO grants (id, client_id, account_type, subject, enterprise_id, account_epoch, enterprise_epoch,
					session_id, scopes, claims, nonce, auth_time, loa, amr, offline, generation,
					rotated_at, created_at, idle_until, expires_at, revoked_at, access_after)
				VALUES ($1, 'hall', 'enterprise', 'e1', 'e1', 5, 6, 's1', 'openid phone', '', 'n', 1000, 2, 'pwd', $2, 4,
					6000, 7000, 8000, 9000, 0, 0)`, []any{fixtureGrant[:], true}},
			{`INSERT INTO consents (subject, client_id, scope, created_at) VALUES ('e1', 'hall', 'openid', 1000)`, nil},
			{`INSERT INTO spent (id, until) VALUES ($1, 1000)`, []any{make([]byte, 32)}},
		},
		4: {{`INSERT INTO attempts (key, count, last_at, locked_until, last_try, free, window_ms, first_ms, max_ms)
			VALUES ('a1', 5, 1000, 61000, 7, 5, 900000, 60000, 900000)`, nil}},
		5: {
			{`INSERT INTO persons (id, name, doc_type, doc_number, doc_index, doc_valid_from, doc_valid_to, phone, phone_index,
					password_hash, status, proofing, account_epoch, closing_at, created_at, updated_at)
				VALUES ('p1', $1, 'resident_id', $2, $3, '2016-03-01', '', $4, $5, 'hash', 'active', 4, 3, 0, 1000, 2000)`, []any{
				db.Seal("persons.name", "p1", "Li"), db.Seal("persons.doc_number", "p1", "220104"), []byte("d"),
				db.Seal("persons.phone", "p1", "+8613800000002"), []byte("p"),
			}},
			{`INSERT INTO proofs (id, kind, purpose, subject, provider, evidence, doc_hash, simulated, proved_at)
				VALUES ('f1', 'face', 'register', 'p1', 'aliyun', 'c1', $1, $2, 1000)`, []any{make([]byte, 32), false}},
			{`INSERT INTO agreements (subject, document, version, wizard, agreed_at) VALUES ('p1', 'face', '1', 'w1', 1000)`, nil},
			{`INSERT INTO outbox (id, kind, state, payload, tries, due_at, expires_at, created_at, sent_at, provider, receipt)
				VALUES ('m1', 'code', 'due', $1, 0, 1000, 9000, 1000, 0, '', '')`, []any{
				db.Seal("outbox.payload", "m1", `{"id":"m1","phone":"+8613800000002","text":"t"}`),
			}},
		},
		6: {
			{`UPDATE enterprises SET foreign_hash = $1 WHERE id = 'e1'`, []any{db.Seal("enterprises.foreign_hash", "e1", "$2b$")}},
			{`INSERT INTO register_entries (uscc, name, type, status, rep_name, rep_doc_type, rep_doc_number, address, capital,
					founded, scope, industry, authority, approved, as_of, loaded_at)
				VALUES ('91220102MA0TE5T169', 'A Firm', 'enterprise', 'operating', $1, 'resident_id', $2, 'a', 'c', 'f', 's', 'i', 'u',
					'p', '2026-01-31', 1000)`, []any{
				db.Seal("register_entries.rep_name", "91220102MA0TE5T169", "Zhang"),
				db.Seal("register_entries.rep_doc_number", "91220102MA0TE5T169", "220102"),
			}},
		},
		7: {{`INSERT INTO mandates (id, enterprise_id, person_id, valid_from, valid_until, manager, state, created_at, updated_at)
			VALUES ('m1', 'e1', 'p1', '2026-01-01', '2026-12-31', $1, 'active', 1000, 2000)`, []any{true}}},
		10: {
			{`INSERT INTO events (id, kind, enterprise_id, uscc, person_id, subject, facts, at, spread_at)
				VALUES ('n1', 'enterprise-status', 'e1', '91220102MA0TE5T169', '', 'e1', '{"status":"frozen"}', 1000, 2000)`, nil},
			{`INSERT INTO event_deliveries (id, event_id, client_id, subject, state, tries, due_at, expires_at, changed_at, outcome)
				VALUES ('d1', 'n1', 'hall', 'e1', 'push', 1, 1000, 9000, 2000, 'http_500')`, nil},
		},
		8: {{`INSERT INTO mandate_events (id, mandate_id, enterprise_id, action, actor_type, actor, valid_from, valid_until, manager,
				services, evidence, at)
			VALUES ('v1', 'm1', 'e1', 'granted', 'enterprise', 'e1', '2026-01-01', '2026-12-31', $1, '', '', 1000)`, []any{true}}},
		11: {{`INSERT INTO past_sign_ins (id, enterprise_id, mandate_id, client_id, created_at)
			VALUES ($1, 'e1', 'm1', 'hall', 1000)`, []any{make([]byte, 16)}}},
	}
}

var fixtureGrant = uuid.MustParse("0198c0de-0000-7000-8000-000000000000")

func none(func(...any) error) error { return nil }

// Rows written under every older schema are read by today's code.
func TestMigrationsKeepWhatIsThere(t *testing.T) {
	for name, engine := range emptyEngines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, engine(t))
			steps, err := db.MigrationPlan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for _, step := range steps {
				if err := db.MigrateTo(t.Context(), step.Version); err != nil {
					t.Fatalf("to %d: %v", step.Version, err)
				}
				rows := fixtures(db)[step.Version]
				if len(rows) == 0 {
					t.Errorf("version %d has no fixture", step.Version)
				}
				for _, f := range rows {
					if err := db.Raw(f.query, none, f.args...); err != nil {
						t.Fatalf("fixture of %d: %v", step.Version, err)
					}
				}
			}
			wantFixtures(t, db)
		})
	}
}

func wantFixtures(t *testing.T, db *database.DB) {
	t.Helper()
	e, err := db.FindEnterprise(t.Context(), "FIRM")
	if err != nil {
		t.Fatal(err)
	}
	want := &accounts.Enterprise{
		ID: "e1", Account: "Firm", USCC: "91220102MA0TE5T169", Name: "A Firm", LegalType: "enterprise", Status: accounts.StatusActive,
		Representative: accounts.Representative{Name: "Zhang", DocType: "resident_id", DocNumber: "220102", ValidFrom: "2016-03-01"},
		Phone:          "+8613800000001", PasswordHash: "hash", Proofing: 3, AsOf: "2026-01-31",
		Epochs: accounts.Epochs{Account: 5, Enterprise: 6}, CreatedAt: time.UnixMilli(1000).UTC(), UpdatedAt: time.UnixMilli(2000).UTC(),
	}
	if diff := cmp.Diff(want, e); diff != "" {
		t.Errorf("enterprise (-want +got):\n%s", diff)
	}
	clients, revision, err := db.Clients(t.Context())
	if err != nil || revision != 9 || len(clients) != 1 || clients[0].ID != "hall" || clients[0].Name != "Hall" {
		t.Errorf("clients: %+v at %d, %v", clients, revision, err)
	}
	list, revision, err := db.Keys(t.Context())
	key := keys.Record{
		ID: "k1", Algorithm: "ES256", State: keys.Current, Private: []byte("der"),
		CreatedAt: time.UnixMilli(4000).UTC(), CurrentAt: time.UnixMilli(5000).UTC(),
	}
	if diff := cmp.Diff([]keys.Record{key}, list); diff != "" || revision != 9 || err != nil {
		t.Errorf("keys at %d, %v (-want +got):\n%s", revision, err, diff)
	}
	g, standing, err := db.Check(t.Context(), fixtureGrant)
	if err != nil || g.Generation != 4 || !g.Offline || len(g.Scopes) != 2 || !standing.Admits(g.Principal, time.UnixMilli(5000)) {
		t.Errorf("grant: %+v, %+v, %v", g, standing, err)
	}
	if scopes, err := db.Consented(t.Context(), "e1", "hall"); err != nil || len(scopes) != 1 {
		t.Errorf("consent: %v, %v", scopes, err)
	}
	hashes, err := db.ForeignHashes(t.Context(), "", 9)
	if err != nil || len(hashes) != 1 || hashes[0] != (accounts.ForeignHash{ID: "e1", Text: "$2b$"}) {
		t.Errorf("foreign hashes: %+v, %v", hashes, err)
	}
	entry, err := db.RegisterEntry(t.Context(), "91220102MA0TE5T169")
	if err != nil || entry.RepName != "Zhang" || entry.RepDocNumber != "220102" || entry.AsOf != "2026-01-31" {
		t.Errorf("register entry: %+v, %v", entry, err)
	}
	limit := accounts.LockoutPolicy{Free: 5, Window: 15 * time.Minute, First: time.Minute, Max: 15 * time.Minute}
	p, err := db.Person(t.Context(), "p1")
	if err != nil || p.Name != "Li" || p.DocNumber != "220104" || p.Phone != "+8613800000002" || p.Epoch != 3 {
		t.Errorf("person: %+v, %v", p, err)
	}
	mandates, err := db.MandatesOf(t.Context(), "p1")
	if err != nil || len(mandates) != 1 || !mandates[0].Manager || mandates[0].Company != "A Firm" {
		t.Errorf("mandates: %+v, %v", mandates, err)
	}
	if n, err := db.NameMandates(t.Context(), 10); err != nil || n != 1 {
		t.Errorf("named %d mandates, %v", n, err)
	}
	sub := accounts.AgentKey{Subject: accounts.AgentSubject("e1", "p1")}
	facts, err := db.AskMandates(t.Context(), []accounts.MandateQuestion{{USCC: "91220102MA0TE5T169", Agent: sub}})
	if err != nil || facts[0] == nil || facts[0].ID != "m1" {
		t.Errorf("asked: %+v, %v", facts, err)
	}
	due, err := db.ClaimPushes(t.Context(), time.UnixMilli(2000), time.Minute, 9)
	if err != nil || len(due) != 1 || due[0].Event.Facts.Status != accounts.StatusFrozen || due[0].Outcome != "http_500" {
		t.Errorf("deliveries: %+v, %v", due, err)
	}
	messages, err := db.ClaimMessages(t.Context(), time.UnixMilli(2000), time.Minute, 9)
	if err != nil || len(messages) != 1 || messages[0].Phone != "+8613800000002" || messages[0].Text != "t" {
		t.Errorf("outbox: %+v, %v", messages, err)
	}
	until, err := db.Try(t.Context(), []accounts.Attempt{{Key: "a1", Limit: limit}}, time.UnixMilli(2000))
	if err != nil || until.UnixMilli() != 61000 {
		t.Errorf("counter: locked until %v, %v", until, err)
	}
}

func TestManyMigrateAtOnce(t *testing.T) {
	for name, engine := range emptyEngines() {
		if name == "memory" {
			continue // of one process only
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := engine(t)
			want, err := open(t, c).MigrationPlan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			var (
				mu   sync.Mutex
				wg   sync.WaitGroup
				done = map[int64]int{}
			)
			for range 8 {
				db := open(t, c)
				wg.Go(func() {
					steps, err := db.Migrate(t.Context())
					if err != nil {
						t.Errorf("migrate: %v", err)
					}
					mu.Lock()
					defer mu.Unlock()
					for _, step := range steps {
						done[step.Version]++
					}
				})
			}
			wg.Wait()
			for _, step := range want {
				if done[step.Version] != 1 {
					t.Errorf("%s was done %d times", step.Name, done[step.Version])
				}
			}
		})
	}
}

func TestCheckSchema(t *testing.T) {
	for name, engine := range emptyEngines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := open(t, engine(t))
			all, err := db.MigrationPlan(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			newest, before := all[len(all)-1].Version, all[len(all)-2].Version
			wantOlder := func(have int64) {
				t.Helper()
				older, ok := errors.AsType[*database.SchemaError](db.CheckSchema(t.Context()))
				if !ok || *older != (database.SchemaError{Have: have, Want: newest}) {
					t.Errorf("at version %d: %+v", have, older)
				}
			}
			wantOlder(0)
			if err := db.MigrateTo(t.Context(), before); err != nil {
				t.Fatal(err)
			}
			wantOlder(before)

			if plan, err := db.MigrationPlan(t.Context()); err != nil || len(plan) != 1 || plan[0].Version != newest {
				t.Errorf("plan: %+v, %v", plan, err)
			}
			if done, err := db.Migrate(t.Context()); err != nil || len(done) != 1 {
				t.Errorf("migrate: %+v, %v", done, err)
			}
			if err := db.CheckSchema(t.Context()); err != nil {
				t.Errorf("up to date: %v", err)
			}
			status, err := db.MigrationStatus(t.Context())
			if err != nil || len(status) != len(all) || status[0].AppliedAt.IsZero() || status[0].Name == "" {
				t.Errorf("status: %+v, %v", status, err)
			}

			newer := `INSERT INTO goose_db_version (version_id, is_applied) VALUES ($1, $2)`
			if err := db.Raw(newer, none, newest+1, true); err != nil {
				t.Fatal(err)
			}
			if err := db.CheckSchema(t.Context()); err != nil {
				t.Errorf("a newer schema: %v", err)
			}
			if done, err := db.Migrate(t.Context()); err != nil || len(done) != 0 {
				t.Errorf("migrate a newer schema: %+v, %v", done, err)
			}
		})
	}
}

func TestBothEnginesHaveTheSameSteps(t *testing.T) {
	names := func(db *database.DB) (names []string) {
		steps, err := db.MigrationPlan(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, step := range steps {
			names = append(names, step.Name)
		}
		return names
	}
	lite := names(open(t, database.Config{Path: sqlite.Memory}))
	post := names(open(t, emptyEngines()["postgres"](t)))
	if diff := cmp.Diff(lite, post); diff != "" {
		t.Errorf("(-sqlite +postgres):\n%s", diff)
	}
}
