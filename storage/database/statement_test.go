package database_test

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/storage/database"
)

// The round trips of design §4: each of these methods is one statement, the end of a
// session two.
func TestOneStatementEach(t *testing.T) {
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var (
				mu  sync.Mutex
				ops []string
			)
			c := engine(t)
			c.Observe = func(op string, _ time.Duration, _ error) {
				mu.Lock()
				defer mu.Unlock()
				ops = append(ops, op)
			}
			db := migrated(t, c)
			ctx, now := t.Context(), time.Now()
			e := &accounts.Enterprise{ID: "e", Account: "e", USCC: "e", Status: accounts.StatusActive}
			g := &grant.Grant{
				ID: grant.NewID(accounts.TypeEnterprise), ClientID: "c", Principal: e.Principal(), Offline: true, Generation: 1,
				IdleUntil: now.Add(time.Hour), ExpiresAt: now.Add(time.Hour),
			}
			tries := []accounts.Attempt{{Key: "a"}, {Key: "b"}, {Key: "c"}}
			for _, step := range []struct {
				name string
				do   func() error
			}{
				{"register", func() error { return db.CreateEnterprise(ctx, e) }},
				{"find", func() error { return second(db.FindEnterprise(ctx, "E")) }},
				{"read", func() error { return second(db.Enterprise(ctx, "e")) }},
				{"standing", func() error { return second(db.Standing(ctx, e.Principal())) }},
				{"create", func() error { return db.Create(ctx, g) }},
				{"check", func() error { return second2(db.Check(ctx, g.ID)) }},
				{"rotate", func() error {
					return second2(db.Rotate(ctx, grant.Rotation{ID: g.ID, ClientID: "c", Presented: 1, Now: now, IdleUntil: now.Add(time.Hour)}))
				}},
				{"end session", func() error { return db.EndSession(ctx, "s", now) }},
				{"revoke", func() error { return db.Revoke(ctx, g.ID, "c", now) }},
				{"spend", func() error { return db.Spend(ctx, "id", now.Add(time.Hour)) }},
				{"spent", func() error { return second(db.Spent(ctx, "id")) }},
				{"try", func() error { return second(db.Try(ctx, tries, now)) }},
				{"settle", func() error { return db.Settle(ctx, []string{"a"}, []string{"b", "c"}) }},
				{"consent", func() error { return db.Consent(ctx, "e", "c", []string{"openid", "phone"}, now) }},
				{"consented", func() error { return second(db.Consented(ctx, "e", "c")) }},
				{"clients", func() error { return second2(db.Clients(ctx)) }},
				{"clients revision", func() error { return second(db.ClientsRevision(ctx)) }},
				{"keys", func() error { return second2(db.Keys(ctx)) }},
			} {
				ops = nil
				if err := step.do(); err != nil {
					t.Errorf("%s: %v", step.name, err)
				}
				want := 1
				if step.name == "end session" {
					want = 2 // the mark stands before the grants are looked for
				}
				if len(ops) != want {
					t.Errorf("%s made %d statements: %v", step.name, len(ops), ops)
				}
			}
		})
	}
}

// No statement that a request waits for reads a whole table.
func TestHotQueriesUseIndexes(t *testing.T) {
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		db := migrated(t, engines()["file"](t))
		for _, query := range db.HotQueries() {
			plan := explain(t, db, "EXPLAIN QUERY PLAN "+query.Text, 4, make([]any, arguments(query.Text))...)
			wantPlan(t, query, plan, "SCAN (?:[empsxda]|enterprises|persons|grants|attempts|spent|consents|clients|proofs|outbox|mandates|events|event_deliveries|past_sign_ins|mandate_events)$")
		}
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		c := engines()["postgres"](t)
		// Small tables are scanned only where there is no other way. A statement
		// that is used often has a plan for any argument.
		c.PostgresURL += "&enable_seqscan=off&plan_cache_mode=force_generic_plan"
		db := migrated(t, c)
		for _, query := range fill() {
			if err := db.Raw(query, none); err != nil {
				t.Fatalf("%s: %v", query, err)
			}
		}
		for _, query := range db.HotQueries() {
			name := "q" + strings.ToLower(rand.Text())
			nulls := strings.TrimSuffix(strings.Repeat("NULL,", arguments(query.Text)), ",")
			wantPlan(t, query, prepared(t, db, name, query.Text, nulls), "Seq Scan")
		}
	})
}

// fill gives Postgres something to choose a plan by.
func fill() []string {
	return []string{
		`INSERT INTO enterprises SELECT n::text, n::text, n::text, n::text, '', '', 'active', '', '', '', '', '', '', '', 2, '', 0, 0, n, n
			FROM generate_series(1, 5000) n`,
		`INSERT INTO grants SELECT decode(md5(n::text), 'hex'), (n % 50)::text, 'enterprise', (n % 5000)::text, (n % 5000)::text, 0, 0,
			(n / 2)::text, 'openid', '', 0, 2, 'pwd', n % 2 = 0, 1, 0, n, 0, n, CASE WHEN n % 7 = 0 THEN n ELSE 0 END, 0
			FROM generate_series(1, 20000) n`,
		`INSERT INTO persons SELECT n::text, '', '', '', decode(md5(n::text), 'hex'), '', '', '', decode(md5((n / 2)::text), 'hex'),
			'', CASE WHEN n % 9 = 0 THEN 'cancelled' ELSE 'active' END, 2, 0, 0, n, n FROM generate_series(1, 5000) n`,
		`INSERT INTO mandates SELECT n::text, (n % 500)::text, n::text, '2026-01-01', '2026-12-31', false,
			CASE WHEN n % 9 = 0 THEN 'revoked' ELSE 'active' END, n, n FROM generate_series(1, 5000) n`,
		`INSERT INTO mandate_events SELECT n::text, (n / 3)::text, (n % 500)::text, '', '', '', '', '', false, '', '', n FROM generate_series(1, 5000) n`,
		`INSERT INTO mandate_reminders SELECT n::text, '2026-12-31', 30 FROM generate_series(1, 5000) n`,
		`INSERT INTO past_sign_ins SELECT decode(md5(n::text), 'hex'), (n % 500)::text, (n % 900)::text, (n % 50)::text, n
			FROM generate_series(1, 20000) n`,
		`INSERT INTO consents SELECT (n / 3)::text, (n % 50)::text, 's' || n, 0 FROM generate_series(1, 5000) n`,
		`INSERT INTO spent SELECT decode(md5(n::text), 'hex'), n FROM generate_series(1, 5000) n`,
		`INSERT INTO proofs SELECT n::text, '', '', (n / 2)::text, '', '', '', false, n FROM generate_series(1, 5000) n`,
		`INSERT INTO outbox SELECT n::text, 'code', CASE WHEN n % 50 = 0 THEN 'due' WHEN n % 50 = 1 THEN 'sent' ELSE 'delivered' END,
			'', 0, n, n, n, 0, '', '' FROM generate_series(1, 5000) n`,
		`INSERT INTO events SELECT n::text, '', '', '', '', '', '{}', n, CASE WHEN n % 50 = 0 THEN 0 ELSE n END FROM generate_series(1, 5000) n`,
		`INSERT INTO event_deliveries SELECT n::text, n::text, (n % 50)::text, '', CASE WHEN n % 50 = 0 THEN 'push' WHEN n % 50 = 1 THEN 'poll' ELSE 'delivered' END,
			0, n, n, n, '' FROM generate_series(1, 5000) n`,
		`INSERT INTO attempts SELECT n::text, 0, 0, 0, 0, 0, 0, 0, 0 FROM generate_series(1, 5000) n`,
		`ANALYZE`,
	}
}

func wantPlan(t *testing.T, q database.HotQuery, plan []string, scan string) {
	t.Helper()
	text := strings.Join(plan, "\n")
	if regexp.MustCompile("(?m)" + scan).MatchString(text) {
		t.Errorf("%s reads a whole table:\n%s", q.Op, text)
	}
	for _, index := range q.Indexes {
		if !strings.Contains(text, index) {
			t.Errorf("%s does not use %s:\n%s", q.Op, index, text)
		}
	}
}

// prepared explains the plan of a prepared statement; both run on one
// connection.
func prepared(t *testing.T, db *database.DB, name, query, args string) (plan []string) {
	t.Helper()
	err := db.InOneSession(t.Context(), func(exec func(query string) ([]string, error)) error {
		if _, err := exec("PREPARE " + name + " AS " + query); err != nil {
			return err
		}
		var err error
		plan, err = exec("EXPLAIN EXECUTE " + name + "(" + args + ")")
		return err
	})
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return plan
}

func explain(t *testing.T, db *database.DB, query string, columns int, args ...any) (lines []string) {
	t.Helper()
	dest := make([]any, columns)
	for i := range dest {
		dest[i] = new(any)
	}
	err := db.Raw(query, func(scan func(...any) error) error {
		if err := scan(dest...); err != nil {
			return err
		}
		lines = append(lines, fmt.Sprint(*dest[columns-1].(*any)))
		return nil
	}, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return lines
}

// arguments counts the arguments of a query.
func arguments(query string) int {
	found := regexp.MustCompile(`\$\d+`).FindAllString(query, -1)
	slices.Sort(found)
	return len(slices.Compact(found))
}

// The states that a query admits are those that the rules admit.
func TestEnterpriseAdmits(t *testing.T) {
	db := migrated(t, engines()["memory"](t))
	for _, status := range []accounts.Status{
		accounts.StatusActive, accounts.StatusPendingActivation, accounts.StatusRestricted, accounts.StatusFrozen, accounts.StatusCancelled,
	} {
		id := accounts.EnterpriseID(status)
		if err := db.CreateEnterprise(t.Context(), &accounts.Enterprise{ID: id, Account: string(id), USCC: string(id), Status: status}); err != nil {
			t.Fatal(err)
		}
		var n int64
		err := db.Raw("SELECT COUNT(*) FROM enterprises e WHERE e.id = $1 AND "+database.EnterpriseAdmits,
			func(scan func(...any) error) error { return scan(&n) }, string(id))
		if err != nil || (n == 1) != status.Admits() {
			t.Errorf("%s: the query admits %d, the rules %v, %v", status, n, status.Admits(), err)
		}
	}
}

// A log line of a database or a box holds no secret.
func TestNothingSecretIsPrinted(t *testing.T) {
	c := engines()["memory"](t)
	c.Box = newBox(t)
	db := open(t, c)
	if got := db.LogValue().String(); got != "sqlite" {
		t.Errorf("logged as %s", got)
	}
	if got := fmt.Sprint(c.Box); bytes.Contains([]byte(got), bytes.Repeat([]byte{7}, 4)) {
		t.Errorf("printed as %q", got)
	}
}
