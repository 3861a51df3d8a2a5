package database

import "context"

// HotQuery is a statement that requests wait for.
type HotQuery struct {
	Op, Text string
	Indexes  []string // besides primary keys, that its plan must name
}

// HotQueries are all of them.
func (db *DB) HotQueries() []HotQuery {
	w := db.engine.words()
	return []HotQuery{
		{"find enterprise", findEnterprise, []string{"enterprises_account", "enterprises_uscc"}},
		{"find person", findPerson, []string{"persons_document", "persons_phone"}},
		{"mandates of a person", mandatesOfPerson, []string{"mandates_pair"}},
		{"mandate", readMandate, nil},
		{"invitations", invitations, []string{"mandates_invited"}},
		{"open mandate", openMandate, []string{"mandates_open"}},
		{"agents of an enterprise", agentsOf, []string{"mandates_"}},
		{"all agents of an enterprise", allAgentsOf, []string{"mandates_enterprise"}},
		{"ask by subject", askMandates(w, bySubject, 1), []string{"enterprises_uscc", "mandates_subject"}},
		{"ask by person", askMandates(w, byPerson, 1), []string{"enterprises_uscc", "mandates_pair"}},
		{"ask by phone", askMandates(w, byPhone, 1), []string{"enterprises_uscc", "persons_phone", "mandates_pair"}},
		{"ask by document", askMandates(w, byDocument, 1), []string{"enterprises_uscc", "persons_document", "mandates_pair"}},
		{"ask many by phone", askMandates(w, byPhone, 5), []string{"enterprises_uscc", "persons_phone", "mandates_pair"}},
		{"mandates of a code", mandatesOfUSCC, []string{"mandates_", "enterprises_uscc"}},
		{"unnamed mandates", listUnnamed, []string{"mandates_unnamed"}},
		{"mandate terms", mandateTerms, nil},
		{"new events", newEvents, []string{"events_new"}},
		{"acquainted clients", acquainted(2), []string{"grants_enterprise"}},
		{"holders", holders(2, 2), []string{"grants_"}},
		{"subjects of a person", subjectsOf, []string{"mandates_pair"}},
		{"claim pushes", claimPushes(w), []string{"event_deliveries_push"}},
		{"poll events", pollEvents(w), []string{"event_deliveries_waiting"}},
		{"acknowledge events", acknowledgeEvents(3), nil},
		{"postpone pushes", postponePushes, []string{"event_deliveries_"}},
		{"delivery log", deliveryLog, []string{"event_deliveries_client"}},
		{"sweep deliveries", sweepDeliveries(w), []string{"event_deliveries_old"}},
		{"sweep events", sweepEvents(w), []string{"events_old"}},
		{"history of a mandate", mandateHistory, []string{"mandate_events_mandate"}},
		{"change mandate", changeMandate, nil},
		{"standing of an agent", readAgentStanding, nil},
		{"create grant of an agent", createAgentGrant, nil},
		{"check grant of an agent", checkAgentGrant, nil},
		{"rotate grant of an agent", rotateAgentGrant(w), nil},
		{"standing", readEnterpriseStanding, nil},
		{"standing of a person", readPersonStanding, nil},
		{"create grant", createEnterpriseGrant, nil},
		{"create grant of a person", createPersonGrant, nil},
		{"check grant", checkEnterpriseGrant, nil},
		{"check grant of a person", checkPersonGrant, nil},
		{"rotate grant", rotateEnterpriseGrant(w), nil},
		{"rotate grant of a person", rotatePersonGrant(w), nil},
		{"revoke grant", revokeGrant, nil},
		{"end session", endSession, []string{"grants_session"}},
		{"spend", spend, nil},
		{"spent", spent, nil},
		{"consented", readConsent, nil},
		{"try", tryAttempts(3), nil},
		{"settle", settleAttempts(w, 1, 2), nil},
		{"client", readClient, nil},
		{"grants of a client", endGrantsOfClient(w), []string{"grants_client"}},
		{"consents to a client", forgetConsents, []string{"consents_client"}},
		{"sweep grants", sweepGrants(w), []string{"grants_expiry"}},
		{"ending mandates", endingMandates, []string{"mandates_ending"}},
		{"remind mandate", remindMandate, nil},
		{"mandates beginning", mandatesBeginning, nil},
		{"sweep sign-ins", sweepSignIns(w), []string{"past_sign_ins_age"}},
		{"keep sign-ins", keepSignIns, []string{"grants_expiry"}},
		{"sign-ins", signInsQuery(0), []string{"grants_ledger"}},
		{"sign-ins under a mandate", signInsQuery(byMandate), []string{"grants_ledger_mandate"}},
		{"sign-ins at a portal", signInsQuery(byPortal), []string{"grants_ledger_portal"}},
		{"sign-ins under a mandate at a portal", signInsQuery(byMandate | byPortal), []string{"grants_ledger_"}},
		{"past sign-ins", pastQuery(0), []string{"past_sign_ins_enterprise"}},
		{"past sign-ins under a mandate", pastQuery(byMandate), []string{"past_sign_ins_enterprise_mandate"}},
		{"past sign-ins at a portal", pastQuery(byPortal), []string{"past_sign_ins_enterprise_portal"}},
		{"events of mandates", eventsQuery(0), []string{"mandate_events_enterprise"}},
		{"events of a mandate", eventsQuery(byMandate), []string{"mandate_events_enterprise_mandate"}},
		{"register entry", readRegisterEntry, nil},
		{"foreign hashes", listForeignHashes, []string{"enterprises_foreign_hash"}},
		{"find imported", knownUSCCs(4), []string{"enterprises_uscc"}},
		{"persons with phone", countPersonsWithPhone, []string{"persons_phone"}},
		{"closed persons", listClosedPersons, []string{"persons_closing"}},
		{"enterprises with phone", enterprisesWithPhone(w), []string{"enterprises_phone"}},
		{"waiting enterprises", listWaiting, []string{"enterprises_waiting"}},
		{"last proof", lastProof, []string{"proofs_subject"}},
		{"claim messages", claimOutbox(w, outboxDue), []string{"outbox_due"}},
		{"claim receipts", claimOutbox(w, outboxSent), []string{"outbox_due"}},
		{"grants of an account", listGrants, []string{"grants_subject"}},
		{"end portal", endGrantsOfPortal, []string{"grants_"}},
		{"sweep outbox", sweepOutbox(w), []string{"outbox_old"}},
		{"sweep spent", sweepSpent(w), []string{"spent_until"}},
	}
}

// EnterpriseAdmits is the SQL of accounts.Status.Admits.
const EnterpriseAdmits = enterpriseAdmits

// Raw runs a statement as it is, for tests that look behind the methods or
// change what they may not.
func (db *DB) Raw(query string, scan func(func(dest ...any) error) error, args ...any) error {
	d := db.engine.migrations().db
	rows, err := d.Query(query, args...)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		if err := scan(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

// MigrateTo brings the schema to a version, for tests of the steps between.
func (db *DB) MigrateTo(ctx context.Context, version int64) error {
	p, err := db.provider()
	if err != nil {
		return err
	}
	_, err = p.UpTo(ctx, version)
	return err
}

// Seal seals a column's value, for fixtures.
func (db *DB) Seal(column, row, plaintext string) []byte {
	return db.seal(column, row, []byte(plaintext))
}

// SealedPlaces are the sealed columns that are listed.
func SealedPlaces() (places []string) {
	for _, c := range sealedColumns() {
		places = append(places, c.place)
	}
	return places
}

// InOneSession runs statements on one connection, whose first column are text.
func (db *DB) InOneSession(ctx context.Context, f func(exec func(query string) ([]string, error)) error) error {
	conn, err := db.engine.migrations().db.Conn(ctx)
	if err != nil {
		return err
	}
	defer func() { _ = conn.Close() }()
	return f(func(query string) (lines []string, err error) {
		rows, err := conn.QueryContext(ctx, query)
		if err != nil {
			return nil, err
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var line string
			if err := rows.Scan(&line); err != nil {
				return nil, err
			}
			lines = append(lines, line)
		}
		return lines, rows.Err()
	})
}
