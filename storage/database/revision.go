package database

import "context"

// revision returns the number that every change of the topic raises.
func (db *DB) revision(ctx context.Context, topic string) (n int64, err error) {
	err = db.row(ctx, "read revision of "+topic, `SELECT n FROM revisions WHERE topic = $1`, []any{topic}, &n)
	return n, err
}

// raise belongs in the transaction of the change.
func (db *DB) raise(ctx context.Context, topic string) error {
	_, err := db.exec(ctx, "raise revision of "+topic, `UPDATE revisions SET n = n + 1 WHERE topic = $1`, topic)
	return err
}
