package database_test

import (
	"crypto/md5"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/storagetest"
)

// crowd is a database with so many enterprises and three mandates for each, and
// one enterprise with 5,000 agents. Names are empty: nothing here opens them.
func crowd(b *testing.B, enterprises int) *database.DB {
	b.Helper()
	db := migrated(b, database.Config{PostgresURL: storagetest.Postgres(b), Timeout: 10 * time.Minute})
	for _, query := range []string{
		`INSERT INTO enterprises (id, account, account_folded, uscc, name, legal_type, status, rep_name, rep_doc_type, rep_doc_number,
				rep_valid_from, rep_valid_to, phone, password_hash, proofing, as_of, account_epoch, enterprise_epoch, created_at, updated_at)
			SELECT 'e' || n, 'account' || n, 'account' || n, 'u' || n, 'Firm ' || n, 'enterprise', 'active', '', 'resident_id', '', '', '', '', '', 2, '',
				0, 0, n, n FROM generate_series(1, {n}) n`,
		`INSERT INTO persons SELECT 'p' || n, '', 'resident_id', '', decode(md5('d' || n), 'hex'), '', '', '', decode(md5('t' || n), 'hex'),
			'', 'active', 2, 0, 0, n, n FROM generate_series(1, {n}) n`,
		`INSERT INTO mandates SELECT 'm' || n, 'e' || (1 + n % {n}), 'p' || (1 + (n * 7 + n / {n}) % {n}), '2026-01-01', '2099-12-31', false,
				'active', n, n FROM generate_series(1, 3 * {n}) n ON CONFLICT DO NOTHING`,
		`INSERT INTO persons SELECT 'big' || n, '', 'resident_id', '', decode(md5('bd' || n), 'hex'), '', '', '', decode(md5('bt' || n), 'hex'),
			'', 'active', 2, 0, 0, n, n FROM generate_series(1, 5000) n`,
		`INSERT INTO enterprises SELECT 'big', 'big', 'big', 'big', name, legal_type, status, rep_name, rep_doc_type, rep_doc_number, rep_valid_from, rep_valid_to,
			phone, password_hash, proofing, as_of, 0, 0, 1, 1 FROM enterprises WHERE id = 'e1'`,
		`INSERT INTO mandates SELECT 'big' || n, 'big', 'big' || n, '2026-01-01', '2099-12-31', false, 'active', n, n FROM generate_series(1, 5000) n`,
		`INSERT INTO grants (id, account_type, enterprise_id, person_id, mandate_id, person_epoch, client_id, subject, account_epoch, enterprise_epoch,
				session_id, scopes, claims, auth_time, loa, amr, offline, generation, rotated_at, created_at, idle_until, expires_at, revoked_at, access_after)
			SELECT decode(md5('g' || m.id), 'hex'), 'agent', m.enterprise_id, m.person_id, m.id, 0, 'hall', m.id, 0, 0, m.id, 'openid', '', 1, 2, 'pwd',
				true, 1, 1, 1, 9000000000000, 9000000000000, 0, 0 FROM mandates m`,
		`ANALYZE`,
	} {
		if err := db.Raw(strings.ReplaceAll(query, "{n}", strconv.Itoa(enterprises)), none); err != nil {
			b.Fatalf("%s: %v", query, err)
		}
	}
	return db
}

// Signing in and checking cost the same with a thousand enterprises and with a
// million, and a page of agents the same at the start of the list and at its end.
// The statements are raw, for nothing that is sealed is in these rows; they are
// those of the methods, word for word.
func BenchmarkScale(b *testing.B) {
	sizes := []int{1_000, 1_000_000}
	if testing.Short() {
		sizes = []int{1_000, 20_000}
	}
	for _, n := range sizes {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			db := crowd(b, n)
			queries := map[string]string{}
			for _, q := range db.HotQueries() {
				queries[q.Op] = q.Text
			}
			digest := func(text string) []byte { sum := md5.Sum([]byte(text)); return sum[:] } // as crowd made them
			empty := []byte{}
			day := "2026-11-27"
			for _, bench := range []struct {
				name, op string
				args     []any
			}{
				{"find enterprise", "find enterprise", []any{"ACCOUNT500", "u500"}},
				{"find person", "find person", []any{digest("t500"), empty, empty, empty, empty, empty, empty}},
				{"open mandate", "open mandate", []any{"e500", "p500"}},
				{"standing of an agent", "standing of an agent", []any{"m500", day}},
				{"check grant of an agent", "check grant of an agent", []any{digest("gm500"), day}},
				{"mandates of a person", "mandates of a person", []any{"p500"}},
				{"question by phone", "ask by phone", []any{int64(0), "u500", digest("t500")}},
				{"question by person, of 5,000 agents", "ask by person", []any{int64(0), "big", "big500"}},
				{"first page of 5,000 agents", "agents of an enterprise", []any{"big", int64(1) << 62, "", int64(51)}},
				{"last page of 5,000 agents", "agents of an enterprise", []any{"big", int64(60), "big60", int64(51)}},
			} {
				if arguments(queries[bench.op]) != len(bench.args) {
					b.Fatalf("%s takes %d arguments", bench.op, arguments(queries[bench.op]))
				}
				b.Run(bench.name, func(b *testing.B) {
					for b.Loop() {
						if err := db.Raw(queries[bench.op], func(func(dest ...any) error) error { return nil }, bench.args...); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
		})
	}
}
