package ephemeral

import (
	"context"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/ephemeral/record"
)

const (
	putSessionSQL = `INSERT INTO session (key, subject, sid, seen, expires, ends, data)
		VALUES (?1, ?2, ?3, ?4, min(?5, ?6), ?6, ?7)
		ON CONFLICT (key) DO UPDATE SET subject = excluded.subject, sid = excluded.sid, seen = excluded.seen,
			expires = excluded.expires, ends = excluded.ends, data = excluded.data`
	sessionSQL       = `SELECT seen, data FROM session WHERE key = ? AND expires > ?`
	touchSessionSQL  = `UPDATE session SET seen = ?, expires = min(?, ends) WHERE key = ? AND expires > ?`
	deleteSessionSQL = `DELETE FROM session WHERE key = ?`
	listSessionsSQL  = `SELECT seen, data FROM session WHERE subject = ? AND expires > ? ORDER BY seen DESC, sid`
	endSessionSQL    = `DELETE FROM session WHERE subject = ? AND sid = ? AND expires > ?`
)

// PutSession keeps a session until the given end, at most its absolute one.
func (s *Store) PutSession(ctx context.Context, k session.Key, in *session.Session, until time.Time) error {
	return s.call(ctx, "put_session", func(ctx context.Context) error {
		_, err := s.db.Write.Exec(ctx, putSessionSQL, k[:], in.Principal.Subject, in.ID,
			in.SeenAt.UnixNano(), until.UnixNano(), in.ExpiresAt.UnixNano(), record.Session(in))
		return err
	})
}

// Session reads a session.
func (s *Store) Session(ctx context.Context, k session.Key) (*session.Session, error) {
	var found *session.Session
	err := s.call(ctx, "session", func(ctx context.Context) error {
		var err error
		found, err = scanSession(s.db.Read.Row(ctx, sessionSQL, k[:], s.now()))
		return err
	})
	return found, err
}

// TouchSession moves SeenAt and the record's end. A session that is gone stays
// gone, which is no error.
func (s *Store) TouchSession(ctx context.Context, k session.Key, seen, until time.Time) error {
	return s.call(ctx, "touch_session", func(ctx context.Context) error {
		_, err := s.db.Write.Exec(ctx, touchSessionSQL, seen.UnixNano(), until.UnixNano(), k[:], s.now())
		return err
	})
}

// DeleteSession ends a session; one that is gone is no error.
func (s *Store) DeleteSession(ctx context.Context, k session.Key) error {
	return s.call(ctx, "delete_session", func(ctx context.Context) error {
		_, err := s.db.Write.Exec(ctx, deleteSessionSQL, k[:])
		return err
	})
}

// Sessions lists the living sessions of one subject, the last seen first.
func (s *Store) Sessions(ctx context.Context, subject string) ([]*session.Session, error) {
	var list []*session.Session
	err := s.call(ctx, "sessions", func(ctx context.Context) error {
		rows, err := s.db.Read.Query(ctx, listSessionsSQL, subject, s.now())
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			found, err := scanSession(rows)
			if err != nil {
				return err
			}
			list = append(list, found)
		}
		return rows.Err()
	})
	return list, err
}

// EndSession deletes the subject's session with that sid.
func (s *Store) EndSession(ctx context.Context, subject, sid string) error {
	return s.call(ctx, "end_session", func(ctx context.Context) error {
		ended, err := changed(s.db.Write.Exec(ctx, endSessionSQL, subject, sid, s.now()))
		if err == nil && !ended {
			err = accounts.ErrNotFound
		}
		return err
	})
}

func scanSession(row interface{ Scan(dest ...any) error }) (*session.Session, error) {
	var (
		seen int64
		data string
	)
	if err := row.Scan(&seen, &data); err != nil {
		return nil, err
	}
	found, err := record.ParseSession(data)
	if err != nil {
		return nil, err
	}
	found.SeenAt = time.Unix(0, seen).UTC()
	return found, nil
}
