package keys

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/tongid/tongid/accounts"
)

// Types of JWT that the ring signs (JOSE header typ).
const (
	TypeIDToken     = "JWT"
	TypeAccessToken = "at+jwt" // RFC 9068 §2.1
	// TypeLetter is of letters of authorisation (provider/letter).
	TypeLetter = "mandate-letter+jwt"
	// TypeEvent is of Security Event Tokens (RFC 8417 §2.3).
	TypeEvent = "secevent+jwt"
)

// ErrToken says that a token was not signed by this ring.
var ErrToken = errors.New("keys: not a token of ours")

// Options of a ring.
type Options struct {
	Now func() time.Time
	// RotateEvery is the age at which the current key is replaced; 0: never by
	// itself.
	RotateEvery time.Duration
	// KeepRetired is how long a key that stopped signing is still published:
	// at least as long as its tokens, and their use as id_token_hint, last.
	KeepRetired time.Duration
}

// Ring is the in-process copy of the signing keys: signing and verifying cost no
// round trip.
type Ring struct {
	store Store
	opts  Options
	now   atomic.Pointer[snapshot]
}

type snapshot struct {
	revision int64
	records  []Record
	byID     map[string]*key
	signers  map[signerID]jose.Signer // of the current keys
	jwks     []byte
	etag     string
}

type signerID struct{ alg, typ string }

// NewRing reads the keys, and makes the first ones if there are none.
func NewRing(ctx context.Context, store Store, opts Options) (*Ring, error) {
	r := &Ring{store: store, opts: opts}
	if err := r.load(ctx); err != nil {
		return nil, err
	}
	return r, r.ensureCurrent(ctx)
}

// Refresh reads the keys again if any changed since.
func (r *Ring) Refresh(ctx context.Context) error {
	revision, err := r.store.KeysRevision(ctx)
	if err != nil {
		return fmt.Errorf("keys: revision: %w", err)
	}
	if revision == r.now.Load().revision {
		return nil
	}
	return r.load(ctx)
}

func (r *Ring) load(ctx context.Context) error {
	records, revision, err := r.store.Keys(ctx)
	if err != nil {
		return fmt.Errorf("keys: load: %w", err)
	}
	snap := &snapshot{
		revision: revision, records: records,
		byID: map[string]*key{}, signers: map[signerID]jose.Signer{},
	}
	var set jose.JSONWebKeySet
	for _, rec := range records {
		if rec.State == Revoked {
			continue
		}
		k, err := open(rec)
		if err != nil {
			return err
		}
		snap.byID[rec.ID] = k
		set.Keys = append(set.Keys, k.public)
		if rec.State != Current {
			continue
		}
		for _, typ := range []string{TypeIDToken, TypeAccessToken, TypeEvent, TypeLetter} {
			if snap.signers[signerID{rec.Algorithm, typ}], err = k.tokenSigner(typ); err != nil {
				return err
			}
		}
	}
	if snap.jwks, err = json.Marshal(set); err != nil {
		return fmt.Errorf("keys: encode jwks: %w", err)
	}
	snap.etag = etagOf(snap.jwks)
	r.now.Store(snap)
	return nil
}

// JWKS returns the published key set (RFC 7517 §5) and its entity tag.
func (r *Ring) JWKS() (body []byte, etag string) {
	snap := r.now.Load()
	return snap.jwks, snap.etag
}

// Records returns all keys, revoked ones too.
func (r *Ring) Records() []Record { return slices.Clone(r.now.Load().records) }

// Has reports whether a key is there to verify by.
func (r *Ring) Has(id string) bool {
	_, ok := r.now.Load().byID[id]
	return ok
}

// Sign returns a compact JWS of the payload under the current key of alg.
func (r *Ring) Sign(alg, typ string, payload []byte) (string, error) {
	signer, ok := r.now.Load().signers[signerID{alg, typ}]
	if !ok {
		return "", fmt.Errorf("keys: no current key for %s %s", alg, typ)
	}
	signed, err := signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("keys: sign %s: %w", alg, err)
	}
	token, err := signed.CompactSerialize()
	if err != nil {
		return "", fmt.Errorf("keys: serialize: %w", err)
	}
	return token, nil
}

// Verify returns the payload of a compact JWS of that typ signed by one of our
// published keys, or ErrToken. It looks at no claim, and takes one spelling.
func (r *Ring) Verify(token, typ string) ([]byte, error) {
	if !Canonical(token) {
		return nil, ErrToken
	}
	signed, err := jose.ParseSignedCompact(token, algorithms[:])
	if err != nil {
		return nil, ErrToken
	}
	header := signed.Signatures[0].Protected
	k, ok := r.now.Load().byID[header.KeyID]
	if !ok || header.Algorithm != k.Algorithm || header.ExtraHeaders[jose.HeaderType] != typ {
		return nil, ErrToken
	}
	payload, err := signed.Verify(k.public.Key)
	if err != nil {
		return nil, ErrToken
	}
	return payload, nil
}

// conflictTries bounds how often a change is tried again when replicas change
// keys at the same moment.
const conflictTries = 8

// change reads the newest keys, asks plan what to change, and writes it if no
// other process was faster; if one was, it starts over.
func (r *Ring) change(ctx context.Context, plan func([]Record) ([]Record, error)) error {
	for range conflictTries {
		if err := r.load(ctx); err != nil {
			return err
		}
		snap := r.now.Load()
		changed, err := plan(slices.Clone(snap.records))
		if err != nil {
			return err
		}
		if len(changed) == 0 {
			return nil
		}
		err = r.store.ChangeKeys(ctx, snap.revision, changed)
		if err == nil {
			return r.load(ctx)
		}
		if !errors.Is(err, accounts.ErrConflict) {
			return fmt.Errorf("keys: change: %w", err)
		}
	}
	return fmt.Errorf("keys: change: %w", accounts.ErrConflict)
}
