package accounts

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"
)

// MandateDeed is a button on a mandate's page.
type MandateDeed string

// What a keeper can do with a mandate.
const (
	DeedSave    MandateDeed = "save"
	DeedRenew   MandateDeed = "renew"
	DeedSuspend MandateDeed = "suspend"
	DeedResume  MandateDeed = "resume"
	DeedRevoke  MandateDeed = "revoke"
)

// Kept returns a mandate to its keeper; ErrNotFound if it is another enterprise's.
func (m *Mandating) Kept(ctx context.Context, by Principal, id string) (*MandateView, error) {
	v, err := m.Mandates.Mandate(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("mandate: %w", err)
	}
	if v.Enterprise != by.Enterprise {
		return nil, fmt.Errorf("mandate: of another enterprise: %w", ErrNotFound)
	}
	return v, nil
}

// Reaches reports whether who acts under a mandate may change another one: not his
// own, and none that holds more. Nobody's mandate is the enterprise's own account.
func (m *Mandating) Reaches(own, other *MandateView) bool {
	return own == nil || own.Person != other.Person && m.reaches(own, other)
}

// Keep changes a mandate. Whatever narrows it ends what was born under it before:
// sessions and tokens are dead with this call's return.
func (m *Mandating) Keep(ctx context.Context, by Principal, id string, deed MandateDeed, in *Input, services []string) error {
	kind, err := m.noticeOf(ctx, by.Enterprise, id, deed)
	if err != nil {
		return err
	}
	err = m.Ledger.Within(ctx, func(tx Tx) error {
		old, next, err := m.alter(ctx, tx, by, id, deed, in, services)
		if err != nil || next == nil {
			return err
		}
		return m.tell(ctx, tx, old, next, kind)
	})
	switch {
	case errors.Is(err, ErrConflict):
		return Refuse(CodeMandateChanged)
	case err != nil:
		return fmt.Errorf("mandate: %s: %w", deed, err)
	}
	return nil
}

// alter makes the change and its entry in the history; nil if there is none to make.
func (m *Mandating) alter(
	ctx context.Context, tx Tx, by Principal, id string, deed MandateDeed, in *Input, services []string,
) (*MandateView, *Mandate, error) {
	k, err := keeper(ctx, tx, m.Wizards, by)
	if err != nil {
		return nil, nil, err
	}
	old, err := tx.Mandate(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if err := m.mayKeep(k, old); err != nil {
		return nil, nil, err
	}
	if done(deed, old.State) {
		return nil, nil, nil // a second click
	}
	next := old.Mandate
	action, err := m.apply(&next, deed, in, services, k)
	if stale(deed, in, old.Revision) {
		if err == nil && sameTerms(&next, &old.Mandate) {
			return nil, nil, nil // a second click
		}
		return nil, nil, Refuse(CodeMandateChanged)
	}
	if err != nil {
		return nil, nil, err
	}
	next.UpdatedAt = m.Now()
	if narrower(&next, &old.Mandate) {
		next.Epoch++
	}
	if err := tx.ChangeMandate(ctx, &next); err != nil {
		return nil, nil, err
	}
	return old, &next, tx.RecordMandate(ctx, k.record(&next, action, m.Wizards))
}

// tell posts a message to the agent, if there is one to post.
func (m *Mandating) tell(ctx context.Context, tx Tx, old *MandateView, next *Mandate, kind string) error {
	if kind == "" || old.Phone == "" {
		return nil
	}
	return m.notify(ctx, tx, fmt.Sprint(next.ID, next.Revision), old.Phone, kind, mandateParams(old.USCC, next))
}

// done reports whether a mandate is where the deed leads already.
func done(deed MandateDeed, state MandateState) bool {
	return deed == DeedRevoke && state == MandateRevoked || deed == DeedSuspend && state == MandateSuspended ||
		deed == DeedResume && state == MandateActive
}

// stale reports whether terms were typed into a form that showed others than the
// mandate has now: they would undo somebody's change unseen. A form that does not
// say what it showed is taken as it is.
func stale(deed MandateDeed, in *Input, revision int64) bool {
	seen := in.Values["revision"]
	return (deed == DeedSave || deed == DeedRenew) && seen != "" && seen != strconv.FormatInt(revision, 10)
}

func sameTerms(a, b *Mandate) bool {
	return a.ValidFrom == b.ValidFrom && a.ValidUntil == b.ValidUntil && a.Manager == b.Manager && a.State == b.State &&
		a.ConfirmBy == b.ConfirmBy && slices.Equal(a.Services, b.Services)
}

// mayKeep: a mandate is kept by its own enterprise; a manager touches neither his
// own nor one that holds more than his.
func (m *Mandating) mayKeep(k *Keeper, v *MandateView) error {
	switch {
	case v.Enterprise != k.Enterprise.ID:
		return ErrNotFound
	case k.Mandate == nil:
		return nil
	case v.Person != "" && v.Person == k.Mandate.Person:
		return Refuse(CodeAgentSelf)
	case !m.reaches(k.Mandate, v):
		return Refuse(CodeBeyondOwn)
	}
	return nil
}

// reaches reports whether a manager may touch a mandate: one that holds no more
// than his own. Another manager is touched by who granted him, and by who
// represents the enterprise: else he could put out the one that he has it from.
func (m *Mandating) reaches(own, other *MandateView) bool {
	if other.Manager && own.Role != RoleRepresentative && other.Grantor != AgentSubject(own.Enterprise, own.Person) {
		return false
	}
	return within(other.Services, own.Services) && other.Role == RoleAgent
}

// apply makes the change, without a look at who asks.
func (m *Mandating) apply(next *Mandate, deed MandateDeed, in *Input, services []string, k *Keeper) (MandateAction, error) {
	switch {
	case deed == DeedRevoke && next.State.Open():
		next.State = MandateRevoked
		return MandateRevokedBy, nil
	case deed == DeedSuspend && next.State == MandateActive:
		next.State = MandateSuspended
		return MandateSuspendedBy, nil
	case deed == DeedResume && next.State == MandateSuspended:
		next.State = MandateActive
		return MandateResumed, nil
	case (deed == DeedSave || deed == DeedRenew) && next.State.Open() && next.State != MandateRequested:
		return m.change(next, deed, in, services, k)
	default:
		return "", Refuse(CodeMandateState)
	}
}

// change takes new terms; renewing changes the last day alone.
func (m *Mandating) change(next *Mandate, deed MandateDeed, in *Input, services []string, k *Keeper) (MandateAction, error) {
	if next.Role == RoleRepresentative {
		return "", Refuse(CodeMandateState)
	}
	values, action := in.Values, MandateEdited
	if deed == DeedRenew {
		action = MandateRenewed
		values = map[string]string{"valid_from": next.ValidFrom, "valid_until": in.Values["valid_until"], "manager": "0"}
		if next.Manager {
			values["manager"] = "1"
		}
		services = next.Services
	}
	f := readForm(values, m.Now())
	terms := m.terms(f, services, k)
	k.sooner(f, terms.ValidFrom, next.ValidFrom)
	if err := f.err(); err != nil {
		return "", err
	}
	next.ValidFrom, next.ValidUntil, next.Manager, next.Services = terms.ValidFrom, terms.ValidUntil, terms.Manager, terms.Services
	if k.Mandate == nil {
		next.ConfirmBy = "" // the enterprise's own word
	}
	return action, nil
}

// narrower reports whether a mandate allows less than it did.
func narrower(next, old *Mandate) bool {
	lost := func(all, kept []string) bool { return !within(all, kept) }
	switch {
	case next.State != MandateActive && old.State == MandateActive:
		return true
	case old.Manager && !next.Manager, next.ValidFrom > old.ValidFrom, next.ValidUntil < old.ValidUntil:
		return true
	case slices.Equal(next.Services, old.Services):
		return false
	default:
		return lost(old.Services, next.Services)
	}
}

// mandateParams are what messages about a mandate say: no name, which a short
// message cannot carry.
func mandateParams(uscc string, m *Mandate) map[string]string {
	return map[string]string{"tail": lastFour(uscc), "until": m.ValidUntil}
}

// noticeLimit bounds what one mandate's keeper has sent to its agent's phone, which
// may be anybody's.
var noticeLimit = LockoutPolicy{Free: 20, Window: 24 * time.Hour, First: time.Hour, Max: 24 * time.Hour}

// noticeOf is the message that a deed sends; none once there were too many.
func (m *Mandating) noticeOf(ctx context.Context, e EnterpriseID, id string, deed MandateDeed) (string, error) {
	kind := deedNotice(deed)
	if kind == "" || !m.Limits {
		return kind, nil
	}
	key := counterKey(m.Key, "mandate notice", string(e), id)
	until, err := m.Attempts.Try(ctx, []Attempt{{Key: key, Limit: noticeLimit}}, m.Now())
	if err != nil {
		return "", fmt.Errorf("mandate: count: %w", err)
	}
	if !until.IsZero() {
		return "", nil
	}
	return kind, nil
}

func deedNotice(deed MandateDeed) string {
	switch deed {
	case DeedRevoke, DeedSuspend:
		return KindMandateEnded
	case DeedRenew, DeedResume:
		return KindMandateGranted
	default:
		return ""
	}
}

// ChangePassword replaces the mandate's own password: the agent's, who may have got
// it from the enterprise. What else was signed in under it ends.
func (m *Mandating) ChangePassword(ctx context.Context, id, old string, in *Input) (*Principal, error) {
	v, err := m.Mandates.Mandate(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("mandate: %w", err)
	}
	if err := m.confirmed(ctx, v.ID, v.PasswordHash, old, "old_password"); err != nil {
		return nil, err
	}
	f := readForm(nil, m.Now())
	f.newPassword(m.Rules, in, PasswordContext{
		Phone: v.Phone, USCC: v.USCC, EnterpriseName: v.Company, PersonName: v.Name, DocType: v.DocType, DocNumber: v.DocNumber,
	})
	if in.Password == old && in.Password != "" {
		f.refuse("password", CodePasswordSame)
	}
	if err := f.err(); err != nil {
		return nil, err
	}
	hash, err := m.hash(ctx, in.Password)
	if err != nil {
		return nil, err
	}
	err = m.Ledger.Within(ctx, func(tx Tx) error {
		next := v.Mandate
		next.PasswordHash, next.Preset, next.UpdatedAt = hash, false, m.Now()
		next.Epoch++
		if err := tx.ChangeMandate(ctx, &next); err != nil {
			return err
		}
		if err := tx.RecordMandate(ctx, mandateEvent(&next, MandatePassword, v.Principal(), m.Wizards)); err != nil {
			return err
		}
		return m.notify(ctx, tx, v.ID+hash, v.Phone, KindPasswordReset, m.resetParams())
	})
	if errors.Is(err, ErrConflict) {
		return nil, RefuseField("old_password", CodePasswordWrong) // it was changed at the same moment
	}
	if err != nil {
		return nil, fmt.Errorf("mandate: change password: %w", err)
	}
	now, err := m.Mandates.Mandate(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("mandate: %w", err)
	}
	return ptr(now.Principal()), nil
}
