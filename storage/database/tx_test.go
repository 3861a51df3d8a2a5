package database_test

import (
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/storage/database"
)

// eachEngine runs a test on a migrated database of every engine.
func eachEngine(t *testing.T, test func(t *testing.T, db *database.DB)) {
	t.Helper()
	for name, engine := range engines() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := engine(t)
			c.Timeout = 20 * time.Second
			test(t, migrated(t, c))
		})
	}
}

func wantSpent(t *testing.T, db *database.DB, id string, want bool) {
	t.Helper()
	if got, err := db.Spent(t.Context(), id); err != nil || got != want {
		t.Errorf("spent is %v, %v, want %v", got, err, want)
	}
}

func TestInTx(t *testing.T) {
	until := time.Now().Add(time.Hour)
	eachEngine(t, func(t *testing.T, db *database.DB) {
		a, b, c := rand.Text(), rand.Text(), rand.Text()
		err := db.InTx(t.Context(), func(tx *database.DB) error {
			if err := tx.Spend(t.Context(), a, until); err != nil {
				return err
			}
			// A nested one joins.
			return tx.InTx(t.Context(), func(nested *database.DB) error { return nested.Spend(t.Context(), b, until) })
		})
		if err != nil {
			t.Fatal(err)
		}
		wantSpent(t, db, a, true)
		wantSpent(t, db, b, true)

		err = db.InTx(t.Context(), func(tx *database.DB) error {
			if err := tx.Spend(t.Context(), c, until); err != nil {
				return err
			}
			wantSpent(t, tx, c, true)
			return tx.Spend(t.Context(), a, until) // conflict, and the transaction goes on to its end
		})
		if !errors.Is(err, accounts.ErrConflict) {
			t.Errorf("conflict: %v", err)
		}
		wantSpent(t, db, c, false)
	})
}

func TestInTxRollsBackWhenItPanics(t *testing.T) {
	eachEngine(t, func(t *testing.T, db *database.DB) {
		id := rand.Text()
		func() {
			defer func() {
				if recover() == nil {
					t.Error("the panic was swallowed")
				}
			}()
			_ = db.InTx(t.Context(), func(tx *database.DB) error {
				if err := tx.Spend(t.Context(), id, time.Now().Add(time.Hour)); err != nil {
					return err
				}
				panic("a mistake")
			})
		}()
		wantSpent(t, db, id, false) // and the connection is free
	})
}

const maxTries = 5

func TestInTxRepeatsAfterADeadlock(t *testing.T) {
	c := engines()["postgres"](t)
	c.Timeout = 20 * time.Second
	db := migrated(t, c)
	var ids [2]string
	for i := range ids {
		ids[i] = rand.Text()
		if err := db.Spend(t.Context(), ids[i], time.Now().Add(-time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	var (
		wg    sync.WaitGroup
		holds = [2]chan struct{}{make(chan struct{}), make(chan struct{})}
		once  [2]sync.Once
		tries = make(chan int, 2*maxTries)
	)
	for i := range 2 {
		wg.Go(func() {
			defer once[i].Do(func() { close(holds[i]) })
			err := db.InTx(t.Context(), func(tx *database.DB) error {
				tries <- i
				until := time.Now().Add(time.Hour)
				if err := tx.Spend(t.Context(), ids[i], until); err != nil {
					return err
				}
				once[i].Do(func() { close(holds[i]) })
				<-holds[1-i] // each holds one row, and now wants the other's
				return tx.Spend(t.Context(), ids[1-i], until)
			})
			if err != nil && !errors.Is(err, accounts.ErrConflict) {
				t.Errorf("transaction %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	if len(tries) < 3 {
		t.Errorf("%d tries of two transactions that block each other", len(tries))
	}
}
