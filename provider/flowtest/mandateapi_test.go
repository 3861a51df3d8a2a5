package flowtest

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongid/tongid/provider/mandateapi/openapitest"
)

// service is a portal that calls the mandate API with a token of its own.
type service struct {
	*relyingParty

	spec  *openapitest.Spec
	token string
}

// newService registers a portal that people sign in to and that asks.
func (s *site) newService(t testing.TB, more map[string]any) *service {
	t.Helper()
	record := map[string]any{
		"grant_types": []string{"authorization_code", "refresh_token", "client_credentials"},
		"scope":       "openid profile phone enterprise agent offline_access mandates", "id_token_signed_response_alg": "ES256",
	}
	for name, value := range more {
		record[name] = value
	}
	v := &service{relyingParty: s.newClient(t, record)}
	v.scope = "openid profile phone enterprise agent offline_access"
	v.signedIn(t)
	status, _, body := s.api(t, v.request(t, http.MethodGet, "/api/v1/openapi.json", ""))
	var err error
	if v.spec, err = openapitest.Load(body); err != nil || status != http.StatusOK {
		t.Fatalf("openapi: %d, %v", status, err)
	}
	return v
}

// signedIn gets the service a token.
func (v *service) signedIn(t testing.TB) {
	t.Helper()
	status, answer := v.post(t, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}, "scope": {"mandates"}})
	v.token, _ = answer["access_token"].(string)
	v.site.ledger.keep("token", v.token)
	if status != http.StatusOK || v.token == "" {
		t.Fatalf("client_credentials: %d %v", status, answer)
	}
}

func (v *service) request(t testing.TB, method, path, body string) *http.Request {
	t.Helper()
	req, err := http.NewRequest(method, v.site.url(path), strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+v.token)
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	return req
}

// call asks the API; whatever it answers must be as it is described.
func (v *service) call(t testing.TB, method, path, body string) (int, map[string]any) {
	t.Helper()
	status, header, text := v.site.api(t, v.request(t, method, path, body))
	bare, _, _ := strings.Cut(path, "?")
	if err := v.spec.Answer(method, bare, []byte(body), status, header, text); err != nil {
		t.Error(err)
	}
	answer := map[string]any{}
	if err := json.Unmarshal(text, &answer); err != nil {
		t.Fatalf("%s: %d %q: %v", path, status, text, err)
	}
	return status, answer
}

// check asks one question.
func (v *service) check(t testing.TB, uscc string, agent any, more ...string) map[string]any {
	t.Helper()
	question := map[string]any{"uscc": uscc, "agent": agent}
	if len(more) > 0 {
		question["service"] = more[0]
	}
	body, err := json.Marshal(question)
	if err != nil {
		t.Fatal(err)
	}
	status, answer := v.call(t, http.MethodPost, "/api/v1/mandates/check", string(body))
	if status != http.StatusOK {
		t.Fatalf("check: %d %v", status, answer)
	}
	return answer
}

func (v *service) wantReason(t testing.TB, want, uscc string, agent any, more ...string) map[string]any {
	t.Helper()
	answer := v.check(t, uscc, agent, more...)
	if answer["reason"] != want || answer["allowed"] != (want == "ok") {
		t.Errorf("%v, want %s", answer, want)
	}
	return answer
}

func byPhone(p human) map[string]string { return map[string]string{"phone": p.phone} }

func byDocument(p human) map[string]string {
	return map[string]string{"doc_type": "resident_id", "doc_number": p.number}
}

// A portal asks who may act for whom, and is told what every door does.
func TestPortalAsksAboutMandates(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		v, medical := s.newService(t, nil), "medical-hall"
		st := &stand{t: t, s: s, rp: v.relyingParty, account: "agent", owner: s.browser(t)}
		st.firm = st.owner.ownFirm()
		st.li = s.browser(t).registerPerson(s.person())
		li, uscc := st.li, st.firm.uscc
		nothing := v.wantReason(t, "no_mandate", uscc, byPhone(li))
		for _, agent := range []any{byDocument(li), byPhone(s.person()), byDocument(s.person())} {
			v.wantReason(t, "no_mandate", uscc, agent)
		}
		unknown := v.wantReason(t, "no_mandate", trading.uscc, byPhone(li))
		if len(nothing) != 3 || len(unknown) != 3 {
			t.Errorf("nothing is told as %v and %v", nothing, unknown)
		}

		st.mandate = st.owner.appoint(li, fields{"manager": "1"})
		told := v.wantReason(t, "ok", uscc, byPhone(li))
		if told["mandate"] != st.mandate || told["manager"] != true || told["valid_until"] != today(30) || told["valid_from"] != today(0) || told["role"] != "agent" {
			t.Errorf("told %v", told)
		}
		token := v.agent(t, s.browser(t), st.firm.account, li.phone, goodPassword)
		claims := v.acts(t, token, st.firm, li)
		if claims["sub"] != told["sub"] {
			t.Errorf("sub %v, the token says %v", told["sub"], claims["sub"])
		}
		for _, agent := range []any{byDocument(li), map[string]any{"sub": claims["sub"]}, map[string]any{"sub": st.person()}} {
			v.wantReason(t, "ok", uscc, agent)
		}
		v.wantReason(t, "no_mandate", builder.uscc, map[string]any{"sub": claims["sub"]})
		for _, value := range []string{li.number, li.phone, li.name, st.firm.name} {
			if strings.Contains(strings.Join(flat(told), " "), value) {
				t.Error("personal data stand in an answer")
			}
		}

		st.keep("suspend", nil)
		v.wantReason(t, "suspended", uscc, byPhone(li))
		st.keep("resume", nil)
		st.keep("save", fields{"valid_from": today(1)})
		v.wantReason(t, "not_yet_valid", uscc, byPhone(li))
		st.keep("save", fields{"valid_from": today(0)}, medical)
		v.wantReason(t, "service_not_covered", uscc, byPhone(li))
		v.wantReason(t, "ok", uscc, byPhone(li), medical)
		st.sql("UPDATE mandates SET services = '', confirm_by = '%s' WHERE id = '%s'", today(-1), st.mandate)
		v.wantReason(t, "unconfirmed", uscc, byPhone(li))
		st.sql("UPDATE mandates SET confirm_by = '', valid_from = '2020-01-01', valid_until = '%s' WHERE id = '%s'", today(-1), st.mandate)
		v.wantReason(t, "expired", uscc, byPhone(li))
		st.sql("UPDATE mandates SET valid_until = '%s' WHERE id = '%s'", today(9), st.mandate)
		v.askMany(t, st)
		v.listAll(t, st)
		for _, status := range []string{"frozen", "cancelled"} {
			st.sql("UPDATE persons SET status = '%s' WHERE id = '%s'", status, st.holder())
			v.wantReason(t, "person_"+status, uscc, map[string]any{"sub": claims["sub"]})
		}
		for _, status := range []string{"frozen", "cancelled"} {
			st.sql("UPDATE enterprises SET status = '%s' WHERE uscc = '%s'", status, uscc)
			v.wantReason(t, "enterprise_"+status, uscc, map[string]any{"sub": claims["sub"]})
		}
	})
}

// holder is a sub-select for the person of the mandate, to stand between quotes.
func (st *stand) holder() string {
	return "' || (SELECT person_id FROM mandates WHERE id = '" + st.mandate + "') || '"
}

// askMany asks a thousand questions at once.
func (v *service) askMany(t *testing.T, st *stand) {
	t.Helper()
	yes := fmt.Sprintf(`{"uscc":%q,"agent":{"phone":%q}}`, st.firm.uscc, st.li.phone)
	no := fmt.Sprintf(`{"uscc":%q,"agent":{"phone":%q}}`, builder.uscc, st.li.phone)
	body := `{"questions":[` + strings.TrimSuffix(strings.Repeat(yes+","+no+",", 500), ",") + `]}`
	status, answer := v.call(t, http.MethodPost, "/api/v1/mandates/check-batch", body)
	answers, _ := answer["answers"].([]any)
	if status != http.StatusOK || len(answers) != 1000 {
		t.Fatalf("batch: %d, %d answers", status, len(answers))
	}
	for i, want := range []string{"ok", "no_mandate", "ok"} {
		if one, _ := answers[len(answers)/2+i].(map[string]any); one["reason"] != want {
			t.Errorf("answer %d: %v", i, one)
		}
	}
}

// listAll goes through the pages of an enterprise.
func (v *service) listAll(t *testing.T, st *stand) {
	t.Helper()
	second := st.s.browser(t).registerPerson(st.s.person())
	st.owner.appoint(second, nil)
	seen, path := map[string]bool{}, "/api/v1/enterprises/"+st.firm.uscc+"/mandates?limit=1"
	for next := "start"; next != ""; {
		status, page := v.call(t, http.MethodGet, path, "")
		if status != http.StatusOK {
			t.Fatalf("list: %d %v", status, page)
		}
		for _, entry := range page["mandates"].([]any) {
			m := entry.(map[string]any)
			seen[fmt.Sprint(m["name"], " ", m["reason"])] = true
		}
		next, _ = page["next"].(string)
		path = "/api/v1/enterprises/" + st.firm.uscc + "/mandates?limit=1&cursor=" + next
	}
	if !seen[st.li.name+" ok"] || !seen[second.name+" ok"] || len(seen) != 2 {
		t.Errorf("listed %v", seen)
	}
	masked := &service{relyingParty: &relyingParty{site: st.s, id: "demo-service", secret: "demo-service-demo-secret"}, spec: v.spec}
	masked.signedIn(t)
	_, page := masked.call(t, http.MethodGet, "/api/v1/enterprises/"+st.firm.uscc+"/mandates", "")
	if text := strings.Join(flat(page), " "); strings.Contains(text, st.li.name) || len(page["mandates"].([]any)) != 2 {
		t.Errorf("a client without profile is told %s", text)
	}
	if _, page := v.call(t, http.MethodGet, "/api/v1/enterprises/"+trading.uscc+"/mandates", ""); len(page["mandates"].([]any)) != 0 {
		t.Errorf("an unknown enterprise has %v", page)
	}
}

// Whatever is sent, the answer is a problem that says what is wrong.
func TestMandateAPIRefuses(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		v := s.newService(t, nil)
		const check, batch, poll = "/api/v1/mandates/check", "/api/v1/mandates/check-batch", "/api/v1/events/poll"
		good := fmt.Sprintf(`{"uscc":%q,"agent":{"phone":"13800000002"}}`, software.uscc)
		want := func(what string, req *http.Request, status int, code string) http.Header {
			t.Helper()
			got, header, body := s.api(t, req)
			var p map[string]any
			if err := json.Unmarshal(body, &p); err != nil || got != status || p["code"] != code || header.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %s, want %d %s", what, got, body, status, code)
			}
			if err := v.spec.Schema("Problem", body); err != nil {
				t.Errorf("%s: %v", what, err)
			}
			return header
		}
		challenge := func(what string, h http.Header, text string) {
			t.Helper()
			if got := h.Get("WWW-Authenticate"); !strings.HasPrefix(got, "Bearer realm=") || !strings.Contains(got, text) {
				t.Errorf("%s: challenge %q", what, got)
			}
		}
		with := func(req *http.Request, name string, values ...string) *http.Request {
			req.Header.Del(name)
			for _, value := range values {
				req.Header.Add(name, value)
			}
			return req
		}
		// Tokens.
		challenge("none", want("no token", with(v.request(t, http.MethodPost, check, good), "Authorization"), 401, "token_missing"), "")
		challenge("none", want("basic", with(v.request(t, http.MethodPost, check, good), "Authorization", "Basic eDp5"), 401, "token_missing"), "")
		challenge("forged", want("forged", with(v.request(t, http.MethodPost, check, good), "Authorization", "Bearer "+v.token+"x"), 401, "invalid_token"), "invalid_token")
		challenge("two", want("two tokens", with(v.request(t, http.MethodPost, check, good), "Authorization", "Bearer a", "Bearer b"), 400, "invalid_request"), "invalid_request")
		b := s.browser(t)
		people, _ := v.signIn(t, b, software)
		challenge("an account's", want("an account's", with(v.request(t, http.MethodPost, check, good), "Authorization", "Bearer "+people.AccessToken), 403, "insufficient_scope"), `scope="mandates"`)
		other := s.newClient(t, map[string]any{"grant_types": []string{"authorization_code", "client_credentials"}, "scope": "openid reports"})
		_, answer := other.post(t, "/oauth2/token", url.Values{"grant_type": {"client_credentials"}})
		narrow, _ := answer["access_token"].(string)
		s.ledger.keep("token", narrow)
		challenge("narrow", want("another scope", with(v.request(t, http.MethodPost, check, good), "Authorization", "Bearer "+narrow), 403, "insufficient_scope"), `scope="mandates"`)
		// Methods, paths, types, sizes.
		for _, path := range []string{check, batch, poll} {
			for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete} {
				if h := want(method+" "+path, v.request(t, method, path, ""), 405, "method_not_allowed"); !strings.Contains(h.Get("Allow"), "POST") {
					t.Errorf("%s %s: Allow %q", method, path, h.Get("Allow"))
				}
			}
			if path == poll {
				continue // it is not registered for events
			}
			want("a form", with(v.request(t, http.MethodPost, path, "a=b"), "Content-Type", "application/x-www-form-urlencoded"), 415, "unsupported_media_type")
			want("no type", with(v.request(t, http.MethodPost, path, good), "Content-Type"), 415, "unsupported_media_type")
			limit := 64 << 10
			if path == batch {
				limit = 1 << 20
			}
			v.wantTooLarge(t, path, limit+1)
			fits := `{"x":"` + strings.Repeat("x", limit-8) + `"}`
			want("as long as may be", v.request(t, http.MethodPost, path, fits), 400, "invalid_field")
			for _, body := range []string{`{"uscc":"a","uscc":"b"}`, "{\"uscc\":\"\xff\"}", `[]`, `{`, strings.Repeat("[", 60_000)} {
				want(body[:min(len(body), 9)], v.request(t, http.MethodPost, path, body), 400, "invalid_request")
			}
		}
		want("events", v.request(t, http.MethodPost, poll, "{}"), 403, "events_not_registered")
		want("no such path", v.request(t, http.MethodGet, "/api/v1/nothing", ""), 404, "not_found")
		want("no such version", v.request(t, http.MethodGet, "/api/v2/mandates/check", ""), 404, "not_found")
		want("a code that is none", v.request(t, http.MethodGet, "/api/v1/enterprises/%00/mandates", ""), 400, "invalid_field")
		want("a code with a slash", v.request(t, http.MethodGet, "/api/v1/enterprises/a%2Fb/mandates", ""), 400, "invalid_field")
		many := `{"questions":[` + strings.TrimSuffix(strings.Repeat(good+",", 1001), ",") + `]}`
		want("1001", v.request(t, http.MethodPost, batch, many), 413, "too_many_questions")
		// A token that was taken back is dead.
		v.post(t, "/oauth2/revoke", url.Values{"token": {v.token}})
		waitUntil(t, commandWithin, "the token is dead", func() bool {
			status, _, _ := s.api(t, v.request(t, http.MethodPost, check, good))
			return status == http.StatusUnauthorized
		})
	})
}

// wantTooLarge announces a body and waits for the word whether to send it (RFC 9110
// §10.1.1), of a replica itself: a proxy between sends on what nobody reads.
func (v *service) wantTooLarge(t *testing.T, path string, size int) {
	t.Helper()
	req := v.request(t, http.MethodPost, path, strings.Repeat(" ", size))
	req.URL.Host, req.Host = v.site.replicas[0].address, v.site.host()
	req.Header.Set("Expect", "100-continue")
	transport := &http.Transport{ExpectContinueTimeout: startWithin}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusRequestEntityTooLarge || v.spec.Schema("Problem", body) != nil {
		t.Errorf("%s with %d bytes: %d %s, %v", path, size, resp.StatusCode, body, err)
	}
}

// What demo-service may do is what contract.md says of it.
func TestDemoServiceAsks(t *testing.T) {
	onTwo(t, func(t *testing.T, s *site) {
		v := s.newService(t, nil)
		v.relyingParty = &relyingParty{site: s, id: "demo-service", secret: "demo-service-demo-secret"}
		v.signedIn(t)
		v.wantReason(t, "ok", software.uscc, byPhone(sunQi))
		v.wantReason(t, "expired", software.uscc, byPhone(zhouBa))
		v.wantReason(t, "no_mandate", builder.uscc, byPhone(sunQi))
		took := elapsed(func() { v.wantReason(t, "ok", software.uscc, byDocument(sunQi), "hrss-hall") })
		if took > 2*time.Second {
			t.Errorf("a question took %s", took)
		}
	})
}
