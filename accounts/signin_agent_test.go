package accounts

import (
	"net/netip"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func (k *keepers) door() *SignIn {
	return &SignIn{
		Enterprises: k.books, Persons: k.books, Mandates: k.books, Attempts: k, Passwords: k.office.Passwords, Limits: true,
		CounterKey: [32]byte{1}, Now: k.clock,
	}
}

func agent(enterprise, identifier, password string) Credentials {
	return Credentials{Enterprise: enterprise, Identifier: identifier, Password: password, Address: netip.MustParseAddr("203.0.113.1")}
}

func TestAgentSignsIn(t *testing.T) {
	k := newKeepers()
	m := k.granted(t, k.firm(), nil)
	for _, enterprise := range []string{"jlshili01", "JLSHILI01", softUSCC} {
		for _, who := range []string{"13800000002", "+86 138 0000 0002", liDocument} {
			in, err := k.door().Agent(t.Context(), agent(enterprise, who, goodPassword))
			must(t, err)
			li := k.persons[liID]
			want := &SignedIn{Principal: li.Principal(), LOA: LOAPassword, AMR: []string{"pwd"}, Acting: m.ID}
			if diff := cmp.Diff(want, in); diff != "" {
				t.Errorf("%s of %s (-want +got):\n%s", who, enterprise, diff)
			}
		}
	}
}

// A password of the mandate's own reaches that mandate and nothing of the person's.
func TestAgentSignsInByPresetPassword(t *testing.T) {
	k := newKeepers()
	c := k.faced(t, k.firm())
	in := terms()
	in.Password = "Start here 2026!"
	must(t, k.Grant(t.Context(), c, k.firm(), in, nil))
	id := c.Form["account"]
	_, err := k.door().Agent(t.Context(), agent(softUSCC, "13800000002", goodPassword))
	wantRefused(t, "the person's own", err, CodeCredentials, "")
	got, err := k.door().Agent(t.Context(), agent(softUSCC, "13800000002", in.Password))
	must(t, err)
	if p := got.Principal; p.Type != TypeAgent || p.Mandate != id || got.Acting != "" || !k.mandates[id].Preset {
		t.Errorf("signed in as %+v", got)
	}
	_, err = k.door().Person(t.Context(), agent("", "13800000002", in.Password))
	wantRefused(t, "at the person's door", err, CodeCredentials, "")

	change := typed(nil)
	_, err = k.ChangePassword(t.Context(), id, "wrong", change)
	wantRefused(t, "wrong old one", err, CodePasswordWrong, "old_password")
	principal, err := k.ChangePassword(t.Context(), id, in.Password, change)
	must(t, err)
	if m := k.mandates[id]; m.Preset || m.Epoch != 1 || principal.Epochs.Account != 1 {
		t.Errorf("changed to %+v, principal %+v", m, principal)
	}
	_, err = k.door().Agent(t.Context(), agent(softUSCC, "13800000002", change.Password))
	must(t, err)
}

// What keeps an agent out is told to who knows the password, and to nobody else.
func TestAgentIsToldWhyOnlyByPassword(t *testing.T) {
	change := func(f func(*Mandate)) func(*keepers) {
		return func(k *keepers) {
			for id, m := range k.mandates {
				f(&m)
				k.mandates[id] = m
			}
		}
	}
	firm := func(s Status) func(*keepers) {
		return func(k *keepers) { e := k.firms[softID]; e.Status = s; k.firms[softID] = e }
	}
	for name, test := range map[string]struct {
		change func(*keepers)
		want   Code
		day    string
	}{
		"expired":           {func(k *keepers) { k.wait(366 * 24 * time.Hour) }, CodeMandateExpired, "2027-11-22"},
		"not begun":         {change(func(m *Mandate) { m.ValidFrom = "2026-12-24" }), CodeMandatePending, "2026-12-24"},
		"suspended":         {change(func(m *Mandate) { m.State = MandateSuspended }), CodeMandateSuspended, ""},
		"revoked":           {change(func(m *Mandate) { m.State = MandateRevoked }), CodeNoMandate, ""},
		"unconfirmed":       {change(func(m *Mandate) { m.ConfirmBy = "2026-11-22" }), CodeMandateUnconfirmed, ""},
		"none":              {func(k *keepers) { clear(k.mandates) }, CodeNoMandate, ""},
		"enterprise frozen": {firm(StatusFrozen), CodeEnterpriseClosed, ""},
		"no such firm":      {func(k *keepers) { delete(k.firms, softID); clear(k.mandates) }, CodeNoMandate, ""},
		"person frozen":     {func(k *keepers) { p := k.persons[liID]; p.Status = StatusFrozen; k.persons[liID] = p }, CodeFrozen, ""},
	} {
		k := newKeepers()
		k.granted(t, k.firm(), nil)
		test.change(k)
		calls := func(password string, want Code, day string) []string {
			k.calls = nil
			_, err := k.door().Agent(t.Context(), agent(softUSCC, "13800000002", password))
			wantRefused(t, name, err, want, "")
			if r, _ := err.(*RefusalError); r == nil || r.Day != day { //nolint:errorlint // the very type
				t.Errorf("%s: day %+v, want %s", name, r, day)
			}
			return slices.Clone(k.calls)
		}
		calls(goodPassword, test.want, test.day)
		wrong := calls("Wrong-pass-2026", CodeCredentials, "")
		if diff := cmp.Diff([]string{"find enterprise", "find person", "find mandate", "try"}, wrong); diff != "" {
			t.Errorf("%s: calls at a wrong password (-want +got):\n%s", name, diff)
		}
	}
	k := newKeepers()
	for name, c := range map[string]Credentials{
		"unknown person": agent(softUSCC, "13899999999", goodPassword), "unknown firm": agent("nobody", "13800000002", "Wrong-pass-2026"),
		"nothing": agent("", "", ""), "both unknown": agent("nobody", "nobody", "x"),
	} {
		k.calls = nil
		_, err := k.door().Agent(t.Context(), c)
		wantRefused(t, name, err, CodeCredentials, "")
		if diff := cmp.Diff([]string{"find enterprise", "find person", "find mandate", "try"}, k.calls); diff != "" {
			t.Errorf("%s: calls (-want +got):\n%s", name, diff)
		}
	}
}

// Whatever enterprise is named, the tries are at one person's password.
func TestAgentTriesCountTogether(t *testing.T) {
	k := newKeepers()
	for i, enterprise := range []string{"nobody01", "nobody02", softUSCC, "jlshili01", "nobody03"} {
		_, err := k.door().Agent(t.Context(), agent(enterprise, "13800000002", "Wrong-pass-2026"))
		wantRefused(t, "try "+strconv.Itoa(i), err, CodeCredentials, "")
	}
	_, err := k.door().Agent(t.Context(), agent("nobody04", "13800000002", goodPassword))
	wantWait(t, "another enterprise's name", k.clock(), err, time.Minute)
	must(t, k.door().Unlock(t.Context(), TypePerson, liPhone))
	_, err = k.door().Agent(t.Context(), agent("nobody04", "13800000002", goodPassword))
	wantRefused(t, "after a recovery", err, CodeNoMandate, "")
}
