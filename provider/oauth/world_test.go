package oauth

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/labstack/echo/v4"
	"golang.org/x/oauth2"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/cookie"
	"github.com/tongid/tongid/provider/grant"
	"github.com/tongid/tongid/provider/interaction"
	"github.com/tongid/tongid/provider/keys"
	"github.com/tongid/tongid/provider/session"
	"github.com/tongid/tongid/storage/database"
	"github.com/tongid/tongid/storage/ephemeral"
	"github.com/tongid/tongid/storage/seal"
	"github.com/tongid/tongid/storage/sqlite"
	"github.com/tongid/tongid/storage/storagetest"
)

// world is the protocol edge over real stores. The pages are played by three
// routes: whoever is sent to sign in is signed in at once as world.who, and
// whoever is asked for consent answers world.consent.
type world struct {
	t       testing.TB
	issuer  string
	db      *database.DB
	alive   *ephemeral.Store
	offset  atomic.Int64 // the simulated clock runs ahead by so many nanoseconds
	clients *client.Registry
	ring    *keys.Ring
	who     accounts.EnterpriseID
	consent bool
	asked   atomic.Int64 // consent pages shown
	logins  atomic.Int64 // sign-in pages shown
	replica [2]*httptest.Server
	outage  atomic.Bool // grants and consents do not answer
	grace   time.Duration
}

// keyring spares all worlds but the first making RSA keys.
var keyring storagetest.Keyring

const redirectURI = "http://127.0.0.1:9/callback"

func (w *world) now() time.Time { return time.Now().Add(time.Duration(w.offset.Load())) }

func (w *world) forward(d time.Duration) { w.offset.Add(int64(d)) }

// newWorld starts two replicas on one pair of stores, each call of which takes
// lag longer.
func newWorld(t testing.TB, lag time.Duration) *world {
	t.Helper()
	w := &world{t: t, consent: true, grace: 5 * time.Second}
	box, err := seal.New(make([]byte, 32))
	w.must(err)
	w.db, err = database.Open(t.Context(), database.Config{Path: sqlite.Memory, Box: box, Now: w.now, Timeout: time.Minute})
	w.must(err)
	t.Cleanup(func() { w.db.Close() })
	_, err = w.db.Migrate(t.Context())
	w.must(err)
	w.alive, err = ephemeral.Open(t.Context(), sqlite.Memory, ephemeral.Options{Now: w.now, Timeout: time.Minute})
	w.must(err)
	t.Cleanup(func() { w.alive.Close() })
	w.who = w.enterprise("91220102MA0TE5T169", "jlshili01", accounts.StatusActive)
	w.addClients()
	w.clients, err = client.NewRegistry(t.Context(), w.db)
	w.must(err)
	w.ring = keyring.Ring(t, w.db, keys.Options{Now: w.now, KeepRetired: time.Hour})
	// Replicas share one issuer: the first one's address.
	for i := range w.replica {
		e := echo.New()
		w.replica[i] = httptest.NewServer(e)
		t.Cleanup(w.replica[i].Close)
		if i == 0 {
			w.issuer = w.replica[0].URL
		}
		w.mount(e, lag)
	}
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) enterprise(uscc, account string, status accounts.Status) accounts.EnterpriseID {
	w.t.Helper()
	e := &accounts.Enterprise{
		ID: accounts.EnterpriseID("ent-" + account), Account: account, USCC: uscc, Name: "吉林省示例软件有限公司",
		LegalType: "enterprise", Status: status, Phone: "+8613800000001", Proofing: 3, AsOf: "2026-03-01",
		CreatedAt: w.now(), UpdatedAt: w.now(),
	}
	w.must(w.db.CreateEnterprise(w.t.Context(), e))
	return e.ID
}

func (w *world) addClients() {
	for _, c := range []*client.Client{
		{
			ID: "hall", Scope: "openid profile phone enterprise agent offline_access", Trusted: true,
			AuthMethod: client.AuthBasic, SecretHash: client.HashSecret("hall-secret"),
		},
		{
			ID: "other", Scope: "openid profile offline_access", Trusted: true,
			AuthMethod: client.AuthBasic, SecretHash: client.HashSecret("other-secret"),
		},
		{ID: "spa", Scope: "openid profile enterprise", AuthMethod: client.AuthNone, PKCERequired: true},
		{
			ID: "jwt", Scope: "openid profile offline_access mandates", Trusted: true, AccessTokenFormat: client.FormatJWT,
			AuthMethod: client.AuthPost, SecretHash: client.HashSecret("jwt-secret"),
			GrantTypes: []string{grantCode, grantRefresh, grantService},
		},
		{
			ID: "service", Scope: "mandates reports", AuthMethod: client.AuthBasic,
			SecretHash: client.HashSecret("service-secret"), GrantTypes: []string{grantService},
		},
		{
			ID: "rs", Scope: "", AuthMethod: client.AuthBasic, SecretHash: client.HashSecret("rs-secret"),
			Introspect: true, GrantTypes: []string{grantService},
		},
		{
			ID: "persons", Scope: "openid", Trusted: true, AuthMethod: client.AuthBasic,
			SecretHash: client.HashSecret("persons-secret"), AccountTypes: []accounts.Type{accounts.TypePerson},
		},
	} {
		w.addClient(c)
	}
}

// addClient fills in what the tests do not care about.
func (w *world) addClient(c *client.Client) {
	w.t.Helper()
	if c.RedirectURIs == nil {
		c.RedirectURIs = []string{redirectURI}
	}
	if c.PostLogout == nil {
		c.PostLogout = []string{"http://127.0.0.1:9/bye"}
	}
	if c.GrantTypes == nil {
		c.GrantTypes = []string{grantCode, grantRefresh}
	}
	if c.AccountTypes == nil {
		c.AccountTypes = accounts.Types()
	}
	if c.AccessTokenFormat == "" {
		c.AccessTokenFormat = client.FormatOpaque
	}
	if c.IDTokenAlg == "" {
		c.IDTokenAlg = "ES256"
	}
	c.ResponseTypes = []string{"code"}
	w.must(w.db.CreateClient(w.t.Context(), c))
	if w.clients != nil {
		w.must(w.clients.Refresh(w.t.Context()))
	}
}

// failing answers like a store that is gone while the world has an outage.
type failing struct {
	grant.Store
	w *world
}

func (f failing) Revoke(ctx context.Context, id grant.ID, c string, now time.Time) error {
	if f.w.outage.Load() {
		return fmt.Errorf("revoke: %w", accounts.ErrUnavailable)
	}
	return f.Store.Revoke(ctx, id, c, now)
}

func (f failing) Check(ctx context.Context, id grant.ID) (*grant.Grant, *accounts.Standing, error) {
	if f.w.outage.Load() {
		return nil, nil, fmt.Errorf("check: %w", accounts.ErrUnavailable)
	}
	return f.Store.Check(ctx, id)
}

// failingConsents is failing, of consents.
type failingConsents struct {
	grant.ConsentStore
	w *world
}

func (f failingConsents) Consented(ctx context.Context, subject, clientID string) ([]string, error) {
	if f.w.outage.Load() {
		return nil, fmt.Errorf("consents: %w", accounts.ErrUnavailable)
	}
	return f.ConsentStore.Consented(ctx, subject, clientID)
}

func (w *world) mount(e *echo.Echo, lag time.Duration) {
	sessions := &session.Manager{
		Store: storagetest.SlowSessions(w.alive, lag), Grants: storagetest.SlowGrants(w.db, lag), Standings: storagetest.SlowStandings(w.db, lag),
		Jar: cookie.Jar{}, Life: session.Lifetimes{Idle: 30 * time.Minute, Absolute: 12 * time.Hour}, Now: w.now,
	}
	flow := &interaction.Flow{Store: storagetest.SlowInteractions(w.alive, lag), Now: w.now}
	server, err := New(Deps{
		Issuer: w.issuer, TokenKey: [32]byte{7}, Doors: []accounts.Type{accounts.TypeEnterprise}, Locales: []string{"zh-CN", "en"},
		Life: Lifetimes{
			Code: time.Minute, AccessToken: 10 * time.Minute, IDToken: 10 * time.Minute,
			RefreshIdle: 8 * time.Hour, RefreshAbsolute: 30 * 24 * time.Hour, RefreshGrace: w.grace,
		},
		Clients: w.clients, Keys: w.ring, Grants: failing{storagetest.SlowGrants(w.db, lag), w},
		Codes: storagetest.SlowCodes(w.alive, lag), Tokens: storagetest.SlowTokens(w.db, lag), Consents: failingConsents{w.db, w},
		Sessions: sessions, Flow: flow, Challenges: w.alive, Pages: formPage{},
		KeySets: NewFetcher([]string{"127.0.0.1"}, w.now), Now: w.now, Log: slog.New(slog.NewTextHandler(w.t.Output(), nil)),
	})
	w.must(err)
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		if p, ok := errors.AsType[*interaction.ProblemError](err); ok {
			c.String(p.Status, "problem "+p.Code) //nolint:errcheck // a test page
			return
		}
		if errors.Is(err, interaction.ErrExpired) || errors.Is(err, interaction.ErrElsewhere) || errors.Is(err, interaction.ErrCookiesOff) {
			c.String(http.StatusBadRequest, err.Error()) //nolint:errcheck // a test page
			return
		}
		if errors.Is(err, accounts.ErrUnavailable) {
			c.String(http.StatusServiceUnavailable, "unavailable") //nolint:errcheck // a test page
			return
		}
		w.t.Logf("%s: %v", c.Path(), err)
		e.DefaultHTTPErrorHandler(err, c)
	}
	server.Mount(e)
	w.playPages(e, sessions, flow)
}

func (w *world) playPages(e *echo.Echo, sessions *session.Manager, flow *interaction.Flow) {
	e.GET("/login/enterprise", func(c echo.Context) error {
		w.logins.Add(1)
		ctx := c.Request().Context()
		account, err := w.db.Enterprise(ctx, w.who)
		if err != nil {
			return err
		}
		s, err := sessions.Start(ctx, c.Response(), c.Request(), session.Authentication{
			Principal: account.Principal(), LOA: 2, AMR: []string{"pwd"},
		})
		if err != nil {
			return err
		}
		i, err := flow.Load(ctx, c.Response(), c.Request(), c.QueryParam("flow"))
		if err != nil {
			return err
		}
		if err := flow.SignedIn(ctx, i, s.ID, ""); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, interaction.ResumePath(i.ID))
	})
	e.GET(interaction.PathConsent, func(c echo.Context) error {
		w.asked.Add(1)
		ctx := c.Request().Context()
		i, err := flow.Load(ctx, c.Response(), c.Request(), c.QueryParam("flow"))
		if err != nil {
			return err
		}
		if err := flow.Decide(ctx, i, i.AskedOf, w.consent); err != nil {
			return err
		}
		return c.Redirect(http.StatusSeeOther, interaction.ResumePath(i.ID))
	})
	for _, path := range []string{interaction.PathWrongAccount, interaction.PathLogout, interaction.PathLoggedOut} {
		e.GET(path, func(c echo.Context) error { return c.String(http.StatusOK, "page "+path) })
	}
}

// formPage shows a form-post answer as JSON.
type formPage struct{}

func (formPage) FormPost(c echo.Context, a FormAnswer) error {
	return c.JSON(http.StatusOK, map[string]any{"action": a.Action, "fields": a.Fields})
}

// browse returns a browser: it keeps cookies and stops at the client's door.
func (w *world) browse() *http.Client {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &http.Client{Jar: jar, Timeout: time.Minute, CheckRedirect: func(r *http.Request, via []*http.Request) error {
		if !strings.HasPrefix(r.URL.String(), w.issuer) {
			return http.ErrUseLastResponse
		}
		if len(via) > 10 {
			return errors.New("redirect loop")
		}
		return nil
	}}
}

// ask is an authorization request of client id with PKCE; changes may alter or,
// with an empty value, take away parameters.
func (w *world) ask(id string, changes ...string) (request url.Values, verifier string) {
	verifier = oauth2.GenerateVerifier()
	request = url.Values{
		"client_id": {id}, "redirect_uri": {redirectURI}, "response_type": {"code"}, "scope": {"openid"},
		"state": {rand.Text()}, "nonce": {rand.Text()},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(changes); i += 2 {
		if changes[i+1] == "" {
			request.Del(changes[i])
		} else {
			request.Set(changes[i], changes[i+1])
		}
	}
	return request, verifier
}

// visit sends a browser to the authorization endpoint and returns what the
// client gets, or the status and text of the page it ended on.
func (w *world) visit(b *http.Client, request url.Values) (answer url.Values, status int, page string) {
	w.t.Helper()
	response, err := b.Get(w.issuer + pathAuthorize + "?" + request.Encode())
	w.must(err)
	return w.landing(response)
}

func (w *world) landing(response *http.Response) (answer url.Values, status int, page string) {
	w.t.Helper()
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	w.must(err)
	if to := response.Header.Get("Location"); to != "" {
		u, err := url.Parse(to)
		w.must(err)
		if u.Fragment != "" {
			w.t.Errorf("answer in a fragment: %s", to)
		}
		return u.Query(), response.StatusCode, to
	}
	return nil, response.StatusCode, string(body)
}

// code gets an authorization code and its verifier.
func (w *world) code(b *http.Client, id string, changes ...string) (code, verifier string) {
	w.t.Helper()
	request, verifier := w.ask(id, changes...)
	answer, status, page := w.visit(b, request)
	if answer.Get("code") == "" {
		w.t.Fatalf("no code: %d %s", status, page)
	}
	return answer.Get("code"), verifier
}

// reply is a JSON answer of an endpoint.
type reply struct {
	Status int
	Header http.Header
	Body   map[string]any
}

func (r reply) text(name string) string { s, _ := r.Body[name].(string); return s }

// post sends a form to an endpoint of a replica, as client id with its secret.
func (w *world) post(replica int, path, id string, fields ...string) reply {
	w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodPost, w.replica[replica].URL+path, strings.NewReader(form.Encode()))
	w.must(err)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	switch id {
	case "":
	case "spa":
		form.Set("client_id", id)
		request.Body = io.NopCloser(strings.NewReader(form.Encode()))
		request.ContentLength = int64(len(form.Encode()))
	default:
		request.SetBasicAuth(id, id+"-secret")
	}
	return w.do(request)
}

func (w *world) do(request *http.Request) reply {
	w.t.Helper()
	response, err := http.DefaultClient.Do(request)
	w.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	w.must(err)
	r := reply{Status: response.StatusCode, Header: response.Header}
	if len(body) > 0 && json.Unmarshal(body, &r.Body) != nil {
		w.t.Fatalf("%s answered %d %q", request.URL.Path, response.StatusCode, body)
	}
	return r
}

// redeem redeems a code.
func (w *world) redeem(replica int, id, code, verifier string) reply {
	w.t.Helper()
	fields := []string{"grant_type", grantCode, "code", code, "redirect_uri", redirectURI}
	if verifier != "" {
		fields = append(fields, "code_verifier", verifier)
	}
	return w.post(replica, pathToken, id, fields...)
}

// signIn goes through a whole flow and returns the token answer.
func (w *world) signIn(b *http.Client, id string, changes ...string) reply {
	w.t.Helper()
	code, verifier := w.code(b, id, changes...)
	r := w.redeem(0, id, code, verifier)
	if r.Status != http.StatusOK {
		w.t.Fatalf("token endpoint: %d %v", r.Status, r.Body)
	}
	return r
}

func (w *world) refresh(replica int, id, token string, more ...string) reply {
	w.t.Helper()
	return w.post(replica, pathToken, id, append([]string{"grant_type", grantRefresh, "refresh_token", token}, more...)...)
}

// active reports what introspection by the resource server says of a token.
func (w *world) active(token string) bool {
	w.t.Helper()
	r := w.post(1, pathIntrospect, "rs", "token", token)
	if r.Status != http.StatusOK {
		w.t.Fatalf("introspection: %d %v", r.Status, r.Body)
	}
	active, ok := r.Body["active"].(bool)
	if !ok || (!active && len(r.Body) != 1) {
		w.t.Fatalf("introspection says %v", r.Body)
	}
	return active
}

func (w *world) userinfo(token string) reply {
	w.t.Helper()
	request, err := http.NewRequestWithContext(w.t.Context(), http.MethodGet, w.issuer+pathUserInfo, http.NoBody)
	w.must(err)
	request.Header.Set("Authorization", "Bearer "+token)
	return w.do(request)
}
