package database

import (
	"context"

	"github.com/tongid/tongid/accounts"
)

var _ accounts.EvidenceStore = (*DB)(nil)

// PutProof keeps a proof.
func (db *DB) PutProof(ctx context.Context, p *accounts.Proof) error {
	const query = `INSERT INTO proofs (id, kind, purpose, subject, provider, evidence, doc_hash, simulated, proved_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT DO NOTHING`
	n, err := db.exec(ctx, "put proof", query, p.ID, string(p.Kind), string(p.Purpose), p.Subject, p.Provider, p.Evidence,
		p.DocHash[:], p.Simulated, millis(p.At))
	if err == nil && n == 0 {
		return conflict("put proof")
	}
	return err
}

const lastProof = `SELECT id, kind, purpose, subject, provider, evidence, doc_hash, simulated, proved_at
	FROM proofs WHERE subject = $1 ORDER BY proved_at DESC LIMIT 1`

// LastProof is the newest proof that counts for an account.
func (db *DB) LastProof(ctx context.Context, subject string) (*accounts.Proof, error) {
	var (
		p    accounts.Proof
		hash []byte
		at   int64
	)
	err := db.row(ctx, "last proof", lastProof, []any{subject},
		&p.ID, (*string)(&p.Kind), (*string)(&p.Purpose), &p.Subject, &p.Provider, &p.Evidence, &hash, &p.Simulated, &at)
	if err != nil {
		return nil, err
	}
	copy(p.DocHash[:], hash)
	p.At = timeOf(at)
	return &p, nil
}

// PutAgreement keeps somebody's word; the same again is the same word.
func (db *DB) PutAgreement(ctx context.Context, a *accounts.Agreement) error {
	const query = `INSERT INTO agreements (subject, document, version, wizard, agreed_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING`
	_, err := db.exec(ctx, "put agreement", query, a.Subject, a.Document, a.Version, a.Case, millis(a.At))
	return err
}
