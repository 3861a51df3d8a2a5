package database

import (
	"context"
)

// InTx runs f in one transaction: f works on the DB it is given. Within a
// transaction it joins that. f may run again after a lost race, so it resets
// what it sets and has no effect outside.
func (db *DB) InTx(ctx context.Context, f func(tx *DB) error) error {
	if db.tx != nil {
		return f(db)
	}
	for try := 1; ; try++ {
		err := db.once(ctx, f)
		if err == nil || try == maxTries || db.engine.fault(err) != faultSerialize || !pause(ctx, try) {
			return err
		}
	}
}

func (db *DB) once(ctx context.Context, f func(tx *DB) error) error {
	var tx transaction
	err := db.timed(ctx, "begin", func(ctx context.Context) error {
		var err error
		tx, err = db.engine.begin(ctx)
		return err
	})
	if err != nil {
		return db.fault(ctx, "begin", err)
	}
	done := false
	defer func() {
		if !done { // also when f panics
			// Should it fail, the connection is not used again.
			_ = db.timed(context.WithoutCancel(ctx), "rollback", tx.rollback)
		}
	}()
	within := *db
	within.tx = tx
	if err := f(&within); err != nil {
		return err
	}
	done = true
	if err := db.timed(context.WithoutCancel(ctx), "commit", tx.commit); err != nil {
		return db.fault(ctx, "commit", err)
	}
	return nil
}

func (db *DB) timed(ctx context.Context, op string, do func(ctx context.Context) error) error {
	bounded, cancel := context.WithTimeout(ctx, db.timeout)
	defer cancel()
	start := db.now()
	err := do(bounded)
	db.observe(op, db.now().Sub(start), err)
	return err
}
