package keys

import (
	"context"
	"fmt"
	"time"

	"github.com/tongid/tongid/accounts"
)

func find(records []Record, alg string, s State) *Record {
	for i := range records {
		if records[i].Algorithm == alg && records[i].State == s {
			return &records[i]
		}
	}
	return nil
}

// ensureCurrent makes a current key for every algorithm that has none.
func (r *Ring) ensureCurrent(ctx context.Context) error {
	return r.change(ctx, func(records []Record) (changed []Record, err error) {
		for _, alg := range Algorithms() {
			if find(records, alg, Current) != nil {
				continue
			}
			promoted, err := r.promote(records, alg)
			if err != nil {
				return nil, err
			}
			changed = append(changed, promoted)
		}
		return changed, nil
	})
}

// promote returns the next key of alg, or a new one, as current.
func (r *Ring) promote(records []Record, alg string) (Record, error) {
	now := r.opts.Now()
	var rec Record
	if next := find(records, alg, Next); next != nil {
		rec = *next
	} else {
		var err error
		if rec, err = generate(alg, now); err != nil {
			return rec, err
		}
	}
	rec.State, rec.CurrentAt = Current, now
	return rec, nil
}

// Maintain publishes the next key of every algorithm, rotates keys that came of
// age and whose successor has been published for a day, and deletes retired keys
// whose last token is out.
func (r *Ring) Maintain(ctx context.Context) error {
	const publishedAhead = 24 * time.Hour
	err := r.change(ctx, func(records []Record) (changed []Record, err error) {
		for _, alg := range Algorithms() {
			next := find(records, alg, Next)
			if next == nil {
				rec, err := generate(alg, r.opts.Now())
				if err != nil {
					return nil, err
				}
				changed = append(changed, rec)
				continue
			}
			current := find(records, alg, Current)
			if current != nil && r.opts.RotateEvery > 0 &&
				r.opts.Now().Sub(current.CurrentAt) >= r.opts.RotateEvery &&
				r.opts.Now().Sub(next.CreatedAt) >= publishedAhead {
				rotated, err := r.rotate(records, alg)
				if err != nil {
					return nil, err
				}
				changed = append(changed, rotated...)
			}
		}
		return changed, nil
	})
	if err != nil {
		return err
	}
	return r.deleteOld(ctx)
}

func (r *Ring) deleteOld(ctx context.Context) error {
	var old []string
	for _, rec := range r.now.Load().records {
		if (rec.State == Retired || rec.State == Revoked) && r.opts.Now().Sub(rec.RetiredAt) > r.opts.KeepRetired {
			old = append(old, rec.ID)
		}
	}
	if len(old) == 0 {
		return nil
	}
	if err := r.store.DeleteKeys(ctx, old); err != nil {
		return fmt.Errorf("keys: delete: %w", err)
	}
	return r.load(ctx)
}

// rotate returns the changes that make next current, current retired, and a new
// key next.
func (r *Ring) rotate(records []Record, alg string) ([]Record, error) {
	now := r.opts.Now()
	promoted, err := r.promote(records, alg)
	if err != nil {
		return nil, err
	}
	next, err := generate(alg, now)
	if err != nil {
		return nil, err
	}
	changed := []Record{promoted, next}
	if current := find(records, alg, Current); current != nil {
		retired := *current
		retired.State, retired.RetiredAt = Retired, now
		changed = append(changed, retired)
	}
	return changed, nil
}

// Rotate makes the published next keys current: of one algorithm, or of all when
// alg is empty. Replaced keys verify until their last token is out.
func (r *Ring) Rotate(ctx context.Context, alg string) error {
	if alg != "" && !Supported(alg) {
		return fmt.Errorf("keys: no algorithm %q", alg)
	}
	return r.change(ctx, func(records []Record) (changed []Record, err error) {
		for _, a := range Algorithms() {
			if alg != "" && a != alg {
				continue
			}
			rotated, err := r.rotate(records, a)
			if err != nil {
				return nil, err
			}
			changed = append(changed, rotated...)
		}
		return changed, nil
	})
}

// Revoke takes a compromised key out of use at once: what it signed verifies no
// more. If it was the current one, the next takes its place.
func (r *Ring) Revoke(ctx context.Context, id string) error {
	return r.change(ctx, func(records []Record) ([]Record, error) {
		for _, rec := range records {
			if rec.ID != id {
				continue
			}
			if rec.State == Revoked {
				return nil, nil
			}
			was := rec.State
			rec.State, rec.RetiredAt = Revoked, r.opts.Now()
			if was != Current {
				return []Record{rec}, nil
			}
			changed, err := r.rotate(records, rec.Algorithm)
			if err != nil {
				return nil, err
			}
			changed[len(changed)-1] = rec // revoked, not retired
			return changed, nil
		}
		return nil, fmt.Errorf("keys: revoke %s: %w", id, accounts.ErrNotFound)
	})
}
