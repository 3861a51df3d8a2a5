package flowtest

import (
	"fmt"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/oauth2"
)

// row is what docs/status.md says of the doors after one change.
type row struct {
	account, change string
	open            map[string]bool
}

func statusTable(t *testing.T) (rows []row) {
	t.Helper()
	text, err := os.ReadFile("../../docs/status.md")
	if err != nil {
		t.Fatal(err)
	}
	var doors []string
	for line := range strings.SplitSeq(string(text), "\n") {
		if !strings.HasPrefix(line, "| ") {
			continue
		}
		cells := strings.Split(strings.Trim(line, "| "), " | ")
		if cells[0] == "account" {
			doors = cells[2:]
			continue
		}
		r := row{cells[0], cells[1], map[string]bool{}}
		for i, door := range doors {
			if !slices.Contains([]string{"yes", "no"}, cells[i+2]) {
				t.Fatalf("%s: %q", line, cells[i+2])
			}
			r.open[door] = cells[i+2] == "yes"
		}
		rows = append(rows, r)
	}
	if len(rows) < 20 || len(doors) != 8 {
		t.Fatalf("%d rows of %d doors", len(rows), len(doors))
	}
	return rows
}

// stand is an account with everything that a change may close.
type stand struct {
	t        *testing.T
	s        *site
	rp       *relyingParty
	account  string
	firm     firm
	li       human
	owner    *browser // signed in as the enterprise
	mandate  string
	password string // that signs in now

	b     *browser
	token *oauth2.Token
	ask   asking
	code  string
	open  *form // of the account's own pages
}

func newStand(t *testing.T, s *site, account string) *stand {
	t.Helper()
	st := &stand{t: t, s: s, rp: s.newClient(t, nil), account: account, password: goodPassword, owner: s.browser(t), b: s.browser(t)}
	st.firm = st.owner.ownFirm()
	more := url.Values{"account_type": {account}}
	var page string
	switch account {
	case "agent":
		st.li = s.browser(t).registerPerson(s.person())
		st.mandate = st.owner.appoint(st.li, nil)
		st.token, page = st.rp.agent(t, st.b, st.firm.account, st.li.phone, goodPassword), "/agent/password"
	case "person":
		st.li = s.browser(t).registerPerson(s.person())
		rp := *st.rp
		a := rp.ask(t, more)
		to := st.b.open(a.url).want(http.StatusOK, "login-person").credentials(st.li.phone, goodPassword).until(rp.redirectURI)
		st.token, _ = rp.redeem(t, a, a.answer(t, s, to))
		page = "/me/password"
	default:
		st.token, _ = st.rp.firm(t, st.b, st.firm.account, goodPassword)
		page = "/center/password"
	}
	st.ask = st.rp.ask(t, more)
	st.code = st.ask.answer(t, s, st.b.until(st.ask.url, st.rp.redirectURI))
	st.open = st.b.open(s.url(page)).form("submit").fill(fields{"old_password": "Wrong-password-1"}.with(newPassword("Another-one-2031")))
	return st
}

// sql changes a row, as an operator's decision or a day does.
func (st *stand) sql(format string, args ...any) {
	st.t.Helper()
	if err := st.s.stores.exec(fmt.Sprintf(format, args...)); err != nil {
		st.t.Fatal(err)
	}
}

func (st *stand) keep(action string, more fields, services ...string) {
	st.t.Helper()
	f := st.owner.open(st.s.url("/center/agents/"+st.mandate)).form("submit").fill(more).forge("action", action)
	if len(services) > 0 {
		f.forge("services", services...)
	}
	f.submit().want(http.StatusOK, "center-agents")
}

// changes are the rows of the table.
func (st *stand) change(name string) {
	st.t.Helper()
	b := st.s.browser(st.t)
	const fresh = "Entirely-new-2032"
	switch name {
	case "mandate suspended":
		st.keep("suspend", nil)
	case "mandate revoked":
		st.keep("revoke", nil)
	case "mandate expired":
		st.sql("UPDATE mandates SET valid_from = '2020-01-01', valid_until = '%s' WHERE id = '%s'", today(-1), st.mandate)
	case "mandate begins later":
		st.keep("save", fields{"valid_from": today(1)})
	case "mandate not confirmed in time":
		st.sql("UPDATE mandates SET confirm_by = '%s' WHERE id = '%s'", today(-1), st.mandate)
	case "mandate for other services only":
		st.keep("save", nil, "medical-hall")
	case "mandate renewed":
		st.keep("renew", fields{"valid_until": today(90)})
	case "enterprise frozen", "enterprise cancelled", "enterprise restricted":
		st.sql("UPDATE enterprises SET status = '%s' WHERE uscc = '%s'", strings.TrimPrefix(name, "enterprise "), st.firm.uscc)
	case "representative's document expired":
		st.sql("UPDATE enterprises SET rep_valid_to = '%s' WHERE uscc = '%s'", today(-1), st.firm.uscc)
	case "representative changed":
		next := st.firm
		next.rep = st.s.person()
		st.owner.putEntry(next, nil)
		st.owner.open(st.s.url("/center/change")).press(next.change()).lookInto().want(http.StatusOK, "center-enterprise")
	case "enterprise's password changed":
		st.owner.open(st.s.url("/center/password")).press(fields{"old_password": goodPassword}.with(newPassword(fresh))).want(http.StatusOK, "center-enterprise")
		if st.account == "enterprise" {
			st.password = fresh
		}
	case "person frozen":
		st.sql("UPDATE persons SET status = 'frozen' WHERE id = '%s'", st.person())
	case "person's password changed":
		b.asPerson(st.li.phone, goodPassword).want(http.StatusOK, "home")
		b.open(st.s.url("/me/password")).press(fields{"old_password": goodPassword}.with(newPassword(fresh))).want(http.StatusOK, "me-account")
		st.password = fresh
	default:
		st.t.Fatalf("nobody knows how %q happens", name)
	}
}

// person is the id of the account's person: the subject of their own sign-in.
func (st *stand) person() string {
	st.t.Helper()
	b := st.s.browser(st.t)
	a := st.rp.ask(st.t, url.Values{"account_type": {"person"}})
	to := b.open(a.url).want(http.StatusOK, "login-person").credentials(st.li.phone, goodPassword).until(st.rp.redirectURI)
	_, id := st.rp.redeem(st.t, a, a.answer(st.t, st.s, to))
	return id.Subject
}

// doors tries each.
func (st *stand) doors() map[string]bool {
	st.t.Helper()
	silent := st.rp.ask(st.t, url.Values{"account_type": {st.account}, "prompt": {"none"}})
	got := map[string]bool{
		"introspection": st.rp.active(st.t, st.token.AccessToken),
		"SSO":           st.b.until(silent.url, st.rp.redirectURI).Query().Get("code") != "",
	}
	status, _ := st.rp.userinfo(st.t, st.token.AccessToken)
	got["userinfo"] = status == http.StatusOK
	status, _ = st.rp.refreshed(st.t, st.token.RefreshToken)
	got["refresh"] = status == http.StatusOK
	token, err := st.rp.config(st.t).Exchange(st.rp.context(), st.code, oauth2.VerifierOption(st.ask.verifier))
	if got["code"] = err == nil; err == nil {
		st.rp.verify(st.t, token, st.ask.nonce)
	}
	base, fresh := "/center/enterprise", st.s.browser(st.t)
	var home *page
	switch st.account {
	case "agent":
		base, home = "/agent/account", fresh.asAgent(st.firm.account, st.li.phone, st.password)
	case "person":
		base, home = "/me/account", fresh.asPerson(st.li.phone, st.password)
	default:
		home = fresh.asFirm(st.firm.uscc, st.password)
	}
	got["sign-in"] = home.status == http.StatusOK
	got["pages"] = st.b.open(st.s.url(base)).url.Path == base
	// An open form is answered by its own page: the old password is wrong.
	got["open forms"] = st.open.submit().status == http.StatusUnprocessableEntity
	return got
}

// Each cell of docs/status.md.
func TestStatusTable(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		for _, r := range statusTable(t) {
			t.Run(r.account+", "+r.change, func(t *testing.T) {
				t.Parallel()
				st := newStand(t, s, r.account)
				st.change(r.change)
				for door, open := range st.doors() {
					if want, listed := r.open[door]; !listed || want != open {
						t.Errorf("%s is open: %v, the table says %v", door, open, want)
					}
				}
			})
		}
	})
}
