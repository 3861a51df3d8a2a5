package mandateapi_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/labstack/echo/v4"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/provider/guard"
	"github.com/tongid/tongid/provider/mandateapi"
	"github.com/tongid/tongid/provider/mandateapi/openapitest"
)

const (
	firm     = "91220102MA0TE5T169"
	citizen  = "220104198511202324"
	phone    = "13800000002"
	bearer   = "Bearer "
	jsonType = "application/json"
)

// world is the API over a store that knows one mandate.
type world struct {
	t      testing.TB
	spec   *openapitest.Spec
	server http.Handler
	facts  *accounts.MandateFacts // of every question
	views  []*accounts.MandateView
	asked  []accounts.MandateQuestion
	calls  int
	after  accounts.AgentQuery
	fails  error
	due    []accounts.EventDelivery
	acked  []string
	errs   map[string]string
	now    time.Time
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 6, 1, 2, 0, 0, 0, time.UTC)}
	api := mandateapi.New(mandateapi.Deps{
		Callers: w, Clients: w, Questions: &accounts.MandateQuestions{Store: w, Now: func() time.Time { return w.now }},
		Events: w, Tokens: w, Now: func() time.Time { return w.now },
	})
	e := echo.New()
	e.HTTPErrorHandler = func(err error, c echo.Context) {
		status, wait := http.StatusInternalServerError, time.Duration(0)
		if h, ok := errors.AsType[*echo.HTTPError](err); ok {
			status = h.Code
		}
		if errors.Is(err, accounts.ErrUnavailable) {
			status, wait = http.StatusServiceUnavailable, time.Second
		}
		if err := mandateapi.WriteProblem(c, status, wait); err != nil {
			t.Error(err)
		}
	}
	e.Use(guard.BodyLimit(guard.Longer{Path: mandateapi.PathBatch, Bytes: mandateapi.MaxBatch}))
	api.Mount(e)
	w.server = e
	var err error
	if w.spec, err = openapitest.Load(w.send(http.MethodGet, "/api/v1/openapi.json", "", "", "").Body.Bytes()); err != nil {
		t.Fatal(err)
	}
	w.know(func(*accounts.MandateFacts) {})
	return w
}

// know sets the mandate that there is.
func (w *world) know(change func(*accounts.MandateFacts)) {
	w.facts = &accounts.MandateFacts{
		Mandate: accounts.Mandate{
			ID: "0198c0de-0000-7000-8000-000000000001", Enterprise: "e", Person: "p", Role: accounts.RoleAgent,
			ValidFrom: "2026-01-01", ValidUntil: "2026-12-31", State: accounts.MandateActive, CreatedAt: w.now,
		},
		EnterpriseStatus: accounts.StatusActive, PersonStatus: accounts.StatusActive,
	}
	change(w.facts)
}

func (w *world) Caller(r *http.Request, scope string) (*client.Client, *mandateapi.Denial, error) {
	switch name := strings.TrimPrefix(r.Header.Get("Authorization"), bearer); name {
	case "":
		return nil, &mandateapi.Denial{Status: 401, Challenge: "Bearer realm=x"}, nil
	case "dead":
		return nil, &mandateapi.Denial{Status: 401, Code: "invalid_token", Description: "d", Challenge: "Bearer realm=x"}, nil
	case "narrow":
		return nil, &mandateapi.Denial{Status: 403, Code: "insufficient_scope", Challenge: "Bearer realm=x, scope=" + scope}, nil
	case "fault":
		return nil, nil, errors.New("a fault")
	default:
		c, err := w.Get(name)
		return c, nil, err
	}
}

func (w *world) Get(id string) (*client.Client, error) {
	known := map[string]*client.Client{
		"hall": {ID: "hall", Scope: "mandates", EventDelivery: "poll"}, "other": {ID: "other"}, "knows": {ID: "knows", Scope: "openid profile mandates"},
	}
	if c, ok := known[id]; ok {
		return c, nil
	}
	return nil, accounts.ErrNotFound
}

func (w *world) AskMandates(_ context.Context, q []accounts.MandateQuestion) ([]*accounts.MandateFacts, error) {
	w.calls++
	w.asked = q
	return slices.Repeat([]*accounts.MandateFacts{w.facts}, len(q)), w.fails
}

func (w *world) MandatesOfUSCC(_ context.Context, _ string, after accounts.AgentQuery) ([]*accounts.MandateView, error) {
	w.after = after
	return w.views, w.fails
}

func (w *world) PollEvents(context.Context, string, time.Time, time.Duration, int) ([]accounts.EventDelivery, error) {
	return w.due, w.fails
}

func (w *world) AcknowledgeEvents(_ context.Context, _ string, ids []string, refused map[string]string, _ time.Time) error {
	w.acked, w.errs = ids, refused
	return nil
}

// one is an event that waits.
func (w *world) one() accounts.EventDelivery {
	return accounts.EventDelivery{ID: "0198c0de-0000-7000-8000-000000000001"}
}

func (w *world) Token(d *accounts.EventDelivery) (string, error) { return "a." + d.ID + ".c", nil }

func (w *world) send(method, path, token, kind, body string) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(body))
	if token != "" {
		r.Header.Set("Authorization", bearer+token)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	rec := httptest.NewRecorder()
	w.server.ServeHTTP(rec, r)
	if w.spec != nil && method != http.MethodHead {
		path, _, _ := strings.Cut(path, "?")
		err := w.spec.Answer(method, path, []byte(body), rec.Code, rec.Header(), rec.Body.Bytes())
		if rec.Code == http.StatusNotFound || rec.Code == http.StatusMethodNotAllowed { // of what is not described
			err = w.spec.Schema("Problem", rec.Body.Bytes())
		}
		if err != nil {
			w.t.Error(err)
		}
	}
	return rec
}

// post sends JSON as a client and returns the status and the answer.
func (w *world) post(path, token, body string) (int, map[string]any) {
	w.t.Helper()
	rec := w.send(http.MethodPost, path, token, jsonType, body)
	answer := map[string]any{}
	if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil {
		w.t.Fatalf("%s: %d %q", path, rec.Code, rec.Body)
	}
	return rec.Code, answer
}

const (
	pathCheck = "/api/v1/mandates/check"
	pathBatch = "/api/v1/mandates/check-batch"
	pathPoll  = "/api/v1/events/poll"
	pathList  = "/api/v1/enterprises/" + firm + "/mandates"
)

func question(agent string) string { return `{"uscc":"` + firm + `","agent":` + agent + `}` }

// Every path, member, status and code of the description is what the API does.
func TestTheDescriptionIsTrue(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.everyReason(t)
	w.everyRefusal(t)
	w.everyPage(t)
	w.everyPoll(t)
	w.spec.Answer(http.MethodGet, "/api/v1/openapi.json", nil, 200, http.Header{"Content-Type": {jsonType}}, []byte(`{"openapi":"","paths":{}}`)) //nolint:errcheck // read when the world began
	rec := httptest.NewRecorder()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/api/v1/openapi.json", http.NoBody)
	r.Header.Set("If-None-Match", w.send(http.MethodGet, "/api/v1/openapi.json", "", "", "").Header().Get("Etag"))
	w.server.ServeHTTP(rec, r)
	if err := w.spec.Answer(http.MethodGet, "/api/v1/openapi.json", nil, rec.Code, rec.Header(), rec.Body.Bytes()); err != nil || rec.Code != 304 {
		t.Errorf("as it was: %d, %v", rec.Code, err)
	}
	if unseen := w.spec.Unseen(); len(unseen) > 0 {
		t.Errorf("described, and never seen:\n%s", strings.Join(unseen, "\n"))
	}
	routes := []string{
		"GET /api/v1/enterprises/{uscc}/mandates", "GET /api/v1/openapi.json", "POST /api/v1/events/poll",
		"POST /api/v1/mandates/check", "POST /api/v1/mandates/check-batch",
	}
	if diff := cmp.Diff(routes, w.spec.Operations()); diff != "" {
		t.Errorf("operations (-want +described):\n%s", diff)
	}
}

func (w *world) everyReason(t *testing.T) {
	t.Helper()
	for reason, change := range map[accounts.Reason]func(*accounts.MandateFacts){
		accounts.ReasonOK:                  func(f *accounts.MandateFacts) { f.Role, f.ValidUntil = accounts.RoleRepresentative, "" },
		accounts.ReasonExpired:             func(f *accounts.MandateFacts) { f.ValidUntil = "2026-05-31" },
		accounts.ReasonNotYetValid:         func(f *accounts.MandateFacts) { f.ValidFrom = "2026-06-02" },
		accounts.ReasonSuspended:           func(f *accounts.MandateFacts) { f.State = accounts.MandateSuspended },
		accounts.ReasonRevoked:             func(f *accounts.MandateFacts) { f.State = accounts.MandateRevoked },
		accounts.ReasonUnconfirmed:         func(f *accounts.MandateFacts) { f.ConfirmBy = "2026-05-31" },
		accounts.ReasonServiceNotCovered:   func(f *accounts.MandateFacts) { f.Services = []string{"other"} },
		accounts.ReasonEnterpriseInactive:  func(f *accounts.MandateFacts) { f.EnterpriseStatus = accounts.StatusPendingActivation },
		accounts.ReasonEnterpriseFrozen:    func(f *accounts.MandateFacts) { f.EnterpriseStatus = accounts.StatusFrozen },
		accounts.ReasonEnterpriseCancelled: func(f *accounts.MandateFacts) { f.EnterpriseStatus = accounts.StatusCancelled },
		accounts.ReasonPersonFrozen:        func(f *accounts.MandateFacts) { f.PersonStatus = accounts.StatusFrozen },
		accounts.ReasonPersonCancelled:     func(f *accounts.MandateFacts) { f.PersonStatus = accounts.StatusCancelled },
		accounts.ReasonNoMandate:           func(f *accounts.MandateFacts) { f.State = accounts.MandateDeclined },
	} {
		w.know(change)
		status, answer := w.post(pathCheck, "hall", question(`{"phone":"`+phone+`"}`))
		if status != http.StatusOK || answer["reason"] != string(reason) || answer["allowed"] != (reason == accounts.ReasonOK) {
			t.Errorf("%s: %d %v", reason, status, answer)
		}
		hidden := reason == accounts.ReasonNoMandate || reason == accounts.ReasonServiceNotCovered
		if _, told := answer["mandate"]; told == hidden {
			t.Errorf("%s: %v", reason, answer)
		}
	}
	w.know(func(*accounts.MandateFacts) {})
	for _, kind := range []struct{ kind, number string }{
		{"resident_id", citizen},
		{"hk_macao_permit", "H12345678"},
		{"taiwan_permit", "12345678"},
		{"passport", "E12345678"},
		{"residence_permit", "810000199408230021"},
		{"permanent_resident", "911124198108030024"},
	} {
		status, answer := w.post(pathCheck, "hall", question(fmt.Sprintf(`{"doc_type":%q,"doc_number":%q}`, kind.kind, kind.number)))
		if status != http.StatusOK || w.asked[0].Agent.Document == "" {
			t.Errorf("%s: %d %v", kind.kind, status, answer)
		}
	}
	_, answer := w.post(pathBatch, "hall", `{"questions":[`+question(`{"sub":"`+uuid.NewString()+`"}`)+`,{"service":"other","uscc":"`+firm+`","agent":{"sub":"`+
		accounts.AgentSubject("e", "p")+`"},"more":1}]}`)
	if list, _ := answer["answers"].([]any); len(list) != 2 || w.asked[0].Agent.Person == "" || w.asked[1].Agent.Subject == "" {
		t.Errorf("batch: %v of %+v", answer, w.asked)
	}
}

func (w *world) everyRefusal(t *testing.T) {
	t.Helper()
	paths := map[string]string{pathCheck: http.MethodPost, pathBatch: http.MethodPost, pathPoll: http.MethodPost, pathList: http.MethodGet}
	body := map[string]string{
		pathCheck: question(`{"phone":"` + phone + `"}`), pathBatch: `{"questions":[` + question(`{"phone":"`+phone+`"}`) + `]}`,
		pathPoll: `{"returnImmediately":true}`,
	}
	want := func(rec *httptest.ResponseRecorder, what string, status int, code mandateapi.Code) {
		t.Helper()
		var p struct {
			Code   mandateapi.Code `json:"code"`
			Status int             `json:"status"`
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Code != status || p.Status != status || p.Code != code {
			t.Errorf("%s: %d %s, want %d %s", what, rec.Code, rec.Body, status, code)
		}
	}
	for path, method := range paths {
		want(w.send(method, path, "", jsonType, body[path]), path+" without a token", 401, mandateapi.CodeTokenMissing)
		want(w.send(method, path, "dead", jsonType, body[path]), path+" with a dead token", 401, mandateapi.CodeInvalidToken)
		want(w.send(method, path, "narrow", jsonType, body[path]), path+" without the scope", 403, mandateapi.CodeScope)
		want(w.send(method, path, "fault", jsonType, body[path]), path+" with a fault", 500, mandateapi.CodeInternal)
		want(w.send(http.MethodDelete, path, "hall", jsonType, ""), "DELETE "+path, 405, mandateapi.CodeMethod)
		w.fails = accounts.ErrUnavailable
		want(w.send(method, path, "hall", jsonType, body[path]), path+" without a store", 503, mandateapi.CodeUnavailable)
		w.fails = nil
		if method != http.MethodPost {
			continue
		}
		want(w.send(method, path, "hall", "text/plain", body[path]), path+" as text", 415, mandateapi.CodeMediaType)
		want(w.send(method, path, "hall", jsonType, `{"a":"`+strings.Repeat("x", mandateapi.MaxBatch)+`"}`), path+" too long", 413, mandateapi.CodeTooLarge)
		for _, text := range []string{
			"", "[]", "1", "{", "null", `{"uscc":1,"uscc":2}`, `{"a":{"b":1,"b":1}}`, "{} {}", "{\"a\":\"\xff\"}", `{"a":}`, "\ufeff{}", `{"a":1,}`,
			strings.Repeat(`{"a":`, 100) + "1" + strings.Repeat("}", 100), strings.Repeat("[", 5000),
		} {
			want(w.send(method, path, "hall", jsonType, text), path+" "+text[:min(len(text), 20)], 400, mandateapi.CodeInvalidRequest)
		}
	}
	want(w.send(http.MethodGet, "/api/v1/nothing", "hall", "", ""), "no such path", 404, mandateapi.CodeNotFound)
	want(w.send(http.MethodPost, pathPoll, "knows", jsonType, "{}"), "poll without events", 403, mandateapi.CodeNoEvents)
	many := `{"questions":[` + strings.TrimSuffix(strings.Repeat(question(`{"phone":"`+phone+`"}`)+",", 1001), ",") + `]}`
	want(w.send(http.MethodPost, pathBatch, "hall", jsonType, many), "1001 questions", 413, mandateapi.CodeTooManyQuestions)
	most := `{"questions":[` + strings.TrimSuffix(strings.Repeat(question(`{"phone":"`+phone+`"}`)+",", 1000), ",") + `]}`
	if status, answer := w.post(pathBatch, "hall", most); status != 200 || len(answer["answers"].([]any)) != 1000 {
		t.Errorf("1000 questions: %d", status)
	}
}

// A wrong field is named, and nothing of what was sent is repeated.
func TestWrongFields(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for body, want := range map[string]string{
		`{}`:                                 "#/uscc #/agent",
		`{"uscc":1,"agent":[]}`:              "#/uscc #/agent",
		`{"uscc":null,"agent":null}`:         "#/uscc #/agent",
		`{"USCC":"` + firm + `","agent":{}}`: "#/uscc #/agent",
		`{"uscc":"91220102MA0TE5T160","agent":{"phone":"` + phone + `"}}`: "#/uscc",
		question(`{}`):            "#/agent",
		question(`{"phone":"1"}`): "#/agent/phone",
		question(`{"phone":1}`):   "#/agent/phone",
		question(`{"sub":"x"}`):   "#/agent/sub",
		question(`{"sub":"0198C0DE-0000-7000-8000-000000000001"}`):                     "#/agent/sub",
		question(`{"phone":"` + phone + `","sub":"x"}`):                                "#/agent",
		question(`{"doc_type":"resident_id"}`):                                         "#/agent/doc_number",
		question(`{"doc_number":"` + citizen + `"}`):                                   "#/agent/doc_type",
		question(`{"doc_type":"x","doc_number":"` + citizen + `"}`):                    "#/agent/doc_number",
		question(`{"doc_type":"resident_id","doc_number":"220104198511202325"}`):       "#/agent/doc_number",
		`{"uscc":"` + firm + `","agent":{"phone":"` + phone + `"},"service":"none"}`:   "#/service",
		`{"uscc":"` + firm + `","agent":{"phone":"` + phone + `"},"service":["hall"]}`: "#/service",
		`{"uscc":"` + firm + `","agent":{"phone":"` + phone + `\u0000"}}`:              "#/agent/phone",
	} {
		status, answer := w.post(pathCheck, "hall", body)
		var at []string
		list, _ := answer["errors"].([]any)
		for _, f := range list {
			pointer, _ := f.(map[string]any)["pointer"].(string)
			at = append(at, pointer)
		}
		if status != 400 || answer["code"] != "invalid_field" || strings.Join(at, " ") != want {
			t.Errorf("%s: %d %v, want %s", body, status, answer, want)
		}
		if text := fmt.Sprint(answer); strings.Contains(text, citizen[:10]) || strings.Contains(text, phone) {
			t.Errorf("%s: what was sent is repeated: %s", body, text)
		}
	}
	if _, answer := w.post(pathBatch, "hall", `{"questions":[`+question(`{"phone":"`+phone+`"}`)+`,2,{}]}`); len(answer["errors"].([]any)) != 3 {
		t.Errorf("batch: %v", answer)
	}
	if w.calls != 0 {
		t.Errorf("%d of them reached the store", w.calls)
	}
}

func (w *world) everyPage(t *testing.T) {
	t.Helper()
	view := func(name string, services ...string) *accounts.MandateView {
		m := w.facts.Mandate
		m.ID, m.Services = uuid.NewString(), services
		return &accounts.MandateView{Mandate: m, Name: name, EnterpriseStatus: accounts.StatusActive, PersonStatus: accounts.StatusActive}
	}
	w.views = []*accounts.MandateView{view("Wang Wu"), view("Zhao", "other"), view("Qian", "hall", "knows")}
	list := func(token, query string) map[string]any {
		t.Helper()
		rec := w.send(http.MethodGet, pathList+query, token, "", "")
		answer := map[string]any{}
		if err := json.Unmarshal(rec.Body.Bytes(), &answer); err != nil || rec.Code != 200 {
			t.Fatalf("list: %d %s", rec.Code, rec.Body)
		}
		return answer
	}
	masked, whole := list("hall", ""), list("knows", "?limit=3")
	first := func(page map[string]any) any { return page["mandates"].([]any)[0].(map[string]any)["name"] }
	if len(masked["mandates"].([]any)) != 2 || first(masked) != "W******" || first(whole) != "Wang Wu" {
		t.Errorf("masked %v\nwhole %v", masked, whole)
	}
	if _, more := masked["next"]; more {
		t.Errorf("a short page has another behind it: %v", masked)
	}
	next, _ := whole["next"].(string)
	list("knows", "?cursor="+next)
	last := w.views[2]
	if w.after.AfterID != last.ID || !w.after.AfterCreated.Equal(last.CreatedAt) || w.after.Limit != 100 {
		t.Errorf("the next page begins at %+v", w.after)
	}
	for _, query := range []string{
		"?cursor=x", "?cursor=" + next + "A", "?cursor=" + next + "&cursor=" + next, "?limit=0", "?limit=201", "?limit=x", "?limit=1&limit=2",
		"?cursor=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
	} {
		if rec := w.send(http.MethodGet, pathList+query, "hall", "", ""); rec.Code != 400 {
			t.Errorf("%s: %d", query, rec.Code)
		}
	}
	for _, code := range []string{"x", "91220102MA0TE5T160", "%00", "%zz"} {
		if rec := w.send(http.MethodGet, "/api/v1/enterprises/"+strings.ReplaceAll(code, "%zz", "%25zz")+"/mandates", "hall", "", ""); rec.Code != 400 {
			t.Errorf("%s: %d", code, rec.Code)
		}
	}
}

func (w *world) everyPoll(t *testing.T) {
	t.Helper()
	one, two := "0198c0de-0000-7000-8000-000000000001", "0198c0de-0000-7000-8000-000000000002"
	w.due = []accounts.EventDelivery{{ID: one}}
	status, answer := w.post(pathPoll, "hall", `{"maxEvents":1,"ack":["`+two+`","unknown"],"setErrs":{"`+one+`":{"err":"invalid_key","description":"x"},"y":{"err":"z"}}}`)
	if status != 200 || answer["moreAvailable"] != true || answer["sets"].(map[string]any)[one] == nil {
		t.Errorf("poll: %d %v", status, answer)
	}
	if !slices.Equal(w.acked, []string{two}) || w.errs[one] != "invalid_key" || len(w.errs) != 1 {
		t.Errorf("acknowledged %v, refused %v", w.acked, w.errs)
	}
	w.due = nil
	if status, answer := w.post(pathPoll, "hall", `{"returnImmediately":true}`); status != 200 || len(answer["sets"].(map[string]any)) != 0 {
		t.Errorf("nothing: %d %v", status, answer)
	}
	for _, body := range []string{
		`{"maxEvents":-1}`, `{"maxEvents":"1"}`, `{"maxEvents":1.5}`, `{"maxEvents":1e400}`, `{"returnImmediately":1}`, `{"ack":{}}`, `{"ack":[1]}`,
		`{"setErrs":[]}`, `{"setErrs":{"a":1}}`, `{"setErrs":{"a":{}}}`, `{"ack":[` + strings.TrimSuffix(strings.Repeat(`"a",`, 1001), ",") + `]}`,
	} {
		if status, answer := w.post(pathPoll, "hall", body); status != 400 || answer["code"] != "invalid_field" {
			t.Errorf("%s: %d %v", body, status, answer)
		}
	}
}
