package database

// HotQueries are the statements that requests wait for, with the number of
// their arguments.
func (db *DB) HotQueries() map[string]string {
	w := db.engine.words()
	return map[string]string{
		"find enterprise": findEnterprise,
		"standing":        readStanding,
		"create grant":    createGrant,
		"check grant":     checkGrant,
		"rotate grant":    rotateGrant(w),
		"revoke grant":    revokeGrant,
		"end session":     endSession,
		"spend":           spend,
		"spent":           spent,
		"consented":       readConsent,
		"try":             tryAttempts(3),
		"settle":          settleAttempts(w, 1, 2),
		"client":          readClient,
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
