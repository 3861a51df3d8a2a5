package database

import (
	"encoding/json"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/idnum"
	"github.com/tongid/tongid/provider/grant"
)

var _ grant.Store = (*DB)(nil)

// grantColumns are the columns of grants, in the order of grantArgs.
const grantColumns = `id, account_type, enterprise_id, person_id, mandate_id, person_epoch,
	client_id, subject, account_epoch, enterprise_epoch, session_id, scopes, claims, auth_time, loa, amr,
	offline, generation, rotated_at, created_at, idle_until, expires_at, revoked_at, access_after`

// The columns of grantRow.owner and of grantRow.facts. Whose grant it is need not
// be read where the account's row is read with it: every column of a row costs.
const (
	grantOwner = `grants.id, grants.account_type, grants.enterprise_id, grants.person_id, grants.mandate_id, grants.person_epoch`
	grantFacts = `grants.client_id, grants.subject, grants.account_epoch, grants.enterprise_epoch,
	grants.session_id, grants.scopes, grants.claims, grants.auth_time, grants.loa, grants.amr,
	grants.offline, grants.generation, grants.rotated_at, grants.created_at, grants.idle_until, grants.expires_at,
	grants.revoked_at, grants.access_after`
)

// The account e, or the person p, stands in a state that admits
// (accounts.Status.Admits); the mandate m is in force on a day
// (accounts.Mandate.Standing).
const (
	enterpriseAdmits = `e.status IN ('active', 'restricted')`
	personAdmits     = `p.status IN ('active', 'restricted')`
	mandateAdmits    = `m.state = 'active' AND m.valid_from <= %[1]s AND (m.valid_until = '' OR m.valid_until >= %[1]s)
		AND (m.confirm_by = '' OR m.confirm_by >= %[1]s)`
	agentAdmits = enterpriseAdmits + ` AND ` + personAdmits + ` AND ` + mandateAdmits
)

// day is the day that mandates are compared with.
func day(now time.Time) string { return idnum.DateOf(now).String() }

// grantRow is a row of grants before it is a Grant.
type grantRow struct {
	grant               grant.Grant
	id                  []byte
	scopes, claims, amr string
	loa                 int64
	generation          int32
	authTime            int64
	rotated, created    int64
	idle, expires       int64
	revoked, after      int64
}

func (r *grantRow) owner() []any {
	p := &r.grant.Principal
	return []any{&r.id, (*string)(&p.Type), (*string)(&p.Enterprise), (*string)(&p.Person), &p.Mandate, &p.Epochs.Person}
}

func (r *grantRow) facts() []any {
	g, p := &r.grant, &r.grant.Principal
	return []any{
		&g.ClientID, &p.Subject, &p.Epochs.Account, &p.Epochs.Enterprise,
		&g.SessionID, &r.scopes, &r.claims, &r.authTime, &r.loa, &r.amr,
		&g.Offline, &r.generation, &r.rotated, &r.created, &r.idle, &r.expires, &r.revoked, &r.after,
	}
}

func (r *grantRow) open() *grant.Grant {
	g := r.grant
	if r.id != nil {
		copy(g.ID[:], r.id)
	}
	g.Scopes, g.AMR = split(r.scopes), split(r.amr)
	if r.claims != "" {
		g.Claims = json.RawMessage(r.claims)
	}
	g.AuthTime, g.LOA, g.Generation = timeOf(r.authTime), accounts.LOA(r.loa), r.generation
	g.RotatedAt, g.CreatedAt, g.IdleUntil = timeOf(r.rotated), timeOf(r.created), timeOf(r.idle)
	g.ExpiresAt, g.RevokedAt, g.AccessAfter = timeOf(r.expires), timeOf(r.revoked), timeOf(r.after)
	return &g
}

// grantArgs are the values of grantColumns.
func grantArgs(g *grant.Grant) ([]any, error) {
	scopes, err := joined(g.Scopes)
	if err != nil {
		return nil, err
	}
	amr, err := joined(g.AMR)
	if err != nil {
		return nil, err
	}
	p := g.Principal
	return []any{
		g.ID[:], string(p.Type), string(p.Enterprise), string(p.Person), p.Mandate, p.Epochs.Person,
		g.ClientID, p.Subject, p.Epochs.Account, p.Epochs.Enterprise,
		g.SessionID, scopes, string(g.Claims), millis(g.AuthTime), int64(g.LOA), amr, g.Offline, int64(g.Generation),
		millis(g.RotatedAt), millis(g.CreatedAt), millis(clip(g.IdleUntil, g.ExpiresAt)), millis(g.ExpiresAt),
		millis(g.RevokedAt), millisUp(g.AccessAfter),
	}, nil
}
