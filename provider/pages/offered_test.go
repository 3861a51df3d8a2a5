package pages_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider"
	"github.com/tongid/tongid/provider/guard"
)

// Time does not tell outsiders who has an account: whatever comes of a form that
// asks for facts, even that it is refused, comes on a beat.
func TestFactsAreAnsweredOnABeat(t *testing.T) {
	h := newHouse(t)
	for _, path := range []string{"/register/enterprise", "/register/person", "/recover", "/recover/person", "/activate"} {
		b := h.browser()
		form := b.get(path).form("submit")
		for name, send := range map[string]func() *page{
			"empty":   func() *page { return b.post(path, form) },
			"foreign": func() *page { return h.browser().post(path, form) },
		} {
			start := time.Now()
			got := send()
			if took := time.Since(start); took < guard.Beat || got.status < 400 || got.status >= 500 {
				t.Errorf("%s, %s: %d after %v", path, name, got.status, took)
			}
		}
	}
}

// Nor does the time of a refused 法人登录, whose hash may be another system's. A right
// password waits for nothing.
func TestRefusedFirmsAreAnsweredOnABeat(t *testing.T) {
	h := newHouse(t)
	timed := func(account, pass string) (*page, time.Duration) {
		b := h.browser()
		form := b.fill(b.get(loginPath), account, pass)
		start := time.Now()
		return b.post(loginPath, form), time.Since(start)
	}
	for name, account := range map[string]string{"unknown": "nobody-here", "wrong password": firm} {
		got, took := timed(account, "wrong")
		if got.is(http.StatusUnprocessableEntity, "page-login-enterprise"); took < guard.HashBeat {
			t.Errorf("%s: answered after %v", name, took)
		}
	}
	for range 20 { // a busy machine may need some
		got, took := timed(firm, password)
		if got.leads("/"); took < guard.HashBeat {
			return
		}
	}
	t.Error("a right password waits for the beat")
}

// What an installation cannot do without messages or face checks is not there:
// no page, no link, no link in a refusal. Signing in and the rest stay.
func TestOnlyWhatGatewaysAllowIsOffered(t *testing.T) {
	for name, c := range map[string]struct {
		change         func(*provider.Gateways)
		wizards, phone bool
	}{
		"all":         {func(*provider.Gateways) {}, true, true},
		"no face":     {func(g *provider.Gateways) { g.Face = nil }, false, true},
		"no messages": {func(g *provider.Gateways) { g.Messages = nil }, false, false},
		"neither":     {func(g *provider.Gateways) { g.Face, g.Messages = nil, nil }, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, func(d *provider.Deps) { c.change(&d.Gateways) })
			wizards := []string{
				"/register/enterprise", "/register/person", "/recover", "/recover/person", "/activate",
			}
			b := h.browser()
			for _, path := range wizards {
				got := b.get(path)
				if c.wizards != (got.status == http.StatusOK) || !c.wizards && got.status != http.StatusNotFound {
					t.Errorf("%s: %d", path, got.status)
				}
			}
			for _, path := range []string{"/face/check", "/face/consent", "/register/done", "/face/phone/x"} {
				if got := b.get(path); !c.wizards && got.status != http.StatusNotFound {
					t.Errorf("%s: %d", path, got.status)
				}
			}
			pending := b.post(loginPath, b.fill(b.get(loginPath), pendingUSCC, password)).is(422, "page-login-enterprise")
			for page, want := range map[*page][]string{
				b.get(loginPath):       {"/activate", "/recover", "/register/enterprise"},
				b.get("/login/person"): {"/recover/person", "/register/person"},
				pending:                {"/activate", "/activate", "/recover", "/register/enterprise"},
			} {
				if !c.wizards {
					want = nil
				}
				if got := links(page, wizards...); !slices.Equal(got, want) {
					t.Errorf("%s: links to %q, want %q", page.path, got, want)
				}
			}

			h.person()
			b.post("/login/person", b.fill(b.get("/login/person"), personPhone, password)).leads("/")
			menu := b.get("/me/account").is(200, "page-me-account")
			want := 0
			if c.phone {
				want = 2 // in the menu, and beside the number
			}
			if got := len(links(menu, "/me/phone")); got != want {
				t.Errorf("%d links to the phone's page, want %d", got, want)
			}
			if got := b.get("/me/phone").status; c.phone != (got == http.StatusOK) || !c.phone && got != http.StatusNotFound {
				t.Errorf("the phone's page: %d", got)
			}
			office := h.browser()
			office.signIn(firm)
			menu = office.get("/center/enterprise").is(200, "page-center-enterprise")
			for path, want := range map[string]bool{"/center/phone": c.phone, "/center/change": c.wizards} {
				if got := len(links(menu, path)) > 0; got != want {
					t.Errorf("a link to %s: %v", path, got)
				}
				if got := office.get(path).status; want != (got == http.StatusOK) || !want && got != http.StatusNotFound {
					t.Errorf("%s: %d", path, got)
				}
			}
			for _, path := range []string{"/center/representative", "/center/extension", "/center/password", "/center/sessions", "/center/portals"} {
				office.get(path).is(200, "page-"+strings.ReplaceAll(path[1:], "/", "-"))
			}
			for _, path := range []string{"/me/mandates", "/me/password", "/me/sessions", "/me/portals", "/me/close"} {
				b.get(path).is(200, "page-"+strings.ReplaceAll(path[1:], "/", "-"))
			}
		})
	}
}

const personPhone = "13800000002"

// person has an account of their own.
func (h *house) person() {
	h.t.Helper()
	hash, err := hasher().Hash(h.t.Context(), password)
	h.must(err)
	h.must(h.db.CreatePerson(h.t.Context(), &accounts.Person{
		ID: "per-1", Name: "李四", DocType: accounts.DocResidentID, DocNumber: "220104198511202324", ValidFrom: "2016-03-01",
		ValidTo: "2036-03-01", Phone: "+86" + personPhone, PasswordHash: hash, Status: accounts.StatusActive, Proofing: 2,
		CreatedAt: h.now(), UpdatedAt: h.now(),
	}))
}

// links are those of a page that lead to one of the paths, in order.
func links(p *page, paths ...string) []string {
	var found []string
	for _, n := range p.find(func(n *html.Node) bool { return n.Data == "a" }) {
		if href := attr(n, "href"); slices.Contains(paths, href) {
			found = append(found, href)
		}
	}
	slices.Sort(found)
	return found
}

// Whose account was cancelled is led to where papers are looked at, if there is such
// a place.
func TestCancelledFirmMayAppeal(t *testing.T) {
	for desk, want := range map[string][]string{"": nil, "Window 1": {"/appeal", "/appeal"}} {
		h := newHouse(t, func(d *provider.Deps) { d.Config.Brand.Desk = desk })
		b := h.browser()
		refused := b.post(loginPath, b.fill(b.get(loginPath), "cancelled", password)).is(422, "page-login-enterprise")
		if got := links(refused, "/appeal"); !slices.Equal(got, want) {
			t.Errorf("desk %q: links to %q, want %q", desk, got, want)
		}
	}
}
