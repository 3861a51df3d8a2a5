package main

import (
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"math/big"
	"net/http"
	"net/url"
	"strings"
)

// question is one that outsiders may ask, with the answers that they must not be
// able to tell apart.
type question struct {
	title   string
	status  int // of every answer
	answers []answer
}

// answer is to one case of a question.
type answer struct {
	name    string
	against int // the answer beside which it is looked at, by index; its own: none
	// ready does what comes before the request.
	ready func(ctx context.Context, v *visitor) (shot, error)
}

// shot makes the request itself.
type shot func(ctx context.Context) (reply, error)

//go:embed pairs.json
var pairsData []byte

// facts are what the demo's outsiders know or guess.
type facts struct {
	Register []map[string]string          `json:"register"` // put into the simulated register
	Forms    map[string]map[string]string `json:"forms"`
}

func readFacts() (f facts, err error) {
	return f, json.Unmarshal(pairsData, &f)
}

// form returns what is typed under a name.
func (f *facts) form(name string) url.Values {
	values := url.Values{}
	for field, value := range f.Forms[name] {
		values.Set(field, value)
	}
	return values
}

// The enterprises and persons of the demo data, and such as are not there.
const (
	activeUSCC, pendingUSCC, unknownUSCC = "91220102MA0TE5T169", "92220104MA84KX2E1M", "91220106MA54728040"
	knownPhone, unknownPhone             = demoPerson, "13900000002"
	knownDocument, unknownDocument       = "220104198511202324", "220104198806150023"

	wrongPassword = "Wrong-guess-7391"
)

func (f *facts) questions() []question {
	enterprise := wizard{path: "/recover", field: "rep_name"}
	person := wizard{path: "/recover/person", field: "id_number"}
	matches, unlike := f.form("recover enterprise match"), f.form("recover enterprise wrong representative")
	owner, other := f.form("recover person match"), f.form("recover person wrong person")
	activation := wizard{path: "/activate", field: "rep_name"}
	return []question{
		{"sign-in of enterprises", http.StatusUnprocessableEntity, []answer{
			{"wrong password", 0, guess("/login/enterprise", activeUSCC)},
			{"unknown account", 0, guess("/login/enterprise", unknownUSCC)},
			{"pending activation", 0, guess("/login/enterprise", pendingUSCC)},
			{"wrong password again (control)", 0, guess("/login/enterprise", activeUSCC)},
		}},
		{"sign-in of persons", http.StatusUnprocessableEntity, []answer{
			{"wrong password, by phone", 0, guess("/login/person", knownPhone)},
			{"unknown phone", 0, guess("/login/person", unknownPhone)},
			{"wrong password, by document", 2, guess("/login/person", knownDocument)},
			{"unknown document", 2, guess("/login/person", unknownDocument)},
		}},
		{"sign-in of agents", http.StatusUnprocessableEntity, []answer{
			{"wrong password", 0, guessAgent(activeUSCC, knownPhone)},
			{"no agent of that enterprise", 0, guessAgent(pendingUSCC, knownPhone)},
			{"unknown enterprise", 0, guessAgent(unknownUSCC, knownPhone)},
			{"unknown person", 0, guessAgent(activeUSCC, unknownPhone)},
			{"both unknown", 0, guessAgent(unknownUSCC, unknownPhone)},
		}},
		{"recovery of an enterprise, facts", http.StatusSeeOther, []answer{
			{"full match", 0, enterprise.first(matches)},
			{"wrong representative", 0, enterprise.first(unlike)},
			{"unknown account", 0, enterprise.first(f.form("recover enterprise unknown"))},
		}},
		{"recovery of an enterprise, code sent", http.StatusSeeOther, pairOf(enterprise.send(matches), enterprise.send(unlike))},
		{"recovery of an enterprise, code sent and the page after", http.StatusOK, pairOf(enterprise.sendAndLook(matches), enterprise.sendAndLook(unlike))},
		{"recovery of an enterprise, wrong code", http.StatusUnprocessableEntity, pairOf(enterprise.wrongCode(matches), enterprise.wrongCode(unlike))},
		{"recovery of a person, facts", http.StatusSeeOther, []answer{
			{"full match", 0, person.first(owner)},
			{"wrong person", 0, person.first(other)},
			{"unknown account", 0, person.first(f.form("recover person unknown"))},
		}},
		{"recovery of a person, code sent", http.StatusSeeOther, pairOf(person.send(owner), person.send(other))},
		{"recovery of a person, wrong code", http.StatusUnprocessableEntity, pairOf(person.wrongCode(owner), person.wrongCode(other))},
		{"registration", http.StatusSeeOther, []answer{
			{"has an account", 0, register(f.form("register account"))},
			{"has none", 0, register(f.form("register none"))},
		}},
		{"activation, facts", http.StatusSeeOther, []answer{
			{"pending activation", 0, activation.first(f.form("activate pending"))},
			{"no account, named alike", 0, activation.first(f.form("activate pending none"))},
			{"active", 2, activation.first(f.form("activate active"))},
			{"no account, named alike", 2, activation.first(f.form("activate active none"))},
		}},
	}
}

func pairOf(match, decoy func(context.Context, *visitor) (shot, error)) []answer {
	return []answer{{"match", 0, match}, {"decoy", 0, decoy}}
}

// guess tries a wrong password.
func guess(path, account string) func(context.Context, *visitor) (shot, error) {
	return guessAs(path, url.Values{"account": {account}})
}

// guessAgent tries one at the door of agents.
func guessAgent(enterprise, agent string) func(context.Context, *visitor) (shot, error) {
	return guessAs("/login/agent", url.Values{"enterprise": {enterprise}, "agent": {agent}})
}

func guessAs(path string, who url.Values) func(context.Context, *visitor) (shot, error) {
	return func(ctx context.Context, v *visitor) (shot, error) {
		form, err := v.open(ctx, path, "password", with(who, url.Values{"password": {wrongPassword}}))
		return v.shoot(path, form), err
	}
}

// wizard is one that begins with facts on a page.
type wizard struct{ path, field string }

// first posts the facts.
func (w wizard) first(facts url.Values) func(context.Context, *visitor) (shot, error) {
	facts = with(facts, url.Values{"agree": {"1"}})
	return func(ctx context.Context, v *visitor) (shot, error) {
		form, err := v.open(ctx, w.path, w.field, facts)
		return v.shoot(w.path, form), err
	}
}

// second goes to the page that asks for a code and returns its form.
func (w wizard) second(ctx context.Context, v *visitor, facts url.Values) (url.Values, error) {
	begin, err := w.first(facts)(ctx, v)
	if err != nil {
		return nil, err
	}
	begun, err := begin(ctx)
	if err != nil {
		return nil, err
	}
	page, err := v.get(ctx, begun.location, nil)
	if err != nil {
		return nil, err
	}
	_, form, err := hiddenFields(page.body, "sms_code")
	return form, err
}

// send asks for a code.
func (w wizard) send(facts url.Values) func(context.Context, *visitor) (shot, error) {
	return func(ctx context.Context, v *visitor) (shot, error) {
		form, err := w.second(ctx, v, facts)
		return v.shoot(w.path, with(form, url.Values{"action": {"send-sms"}})), err
	}
}

// sendAndLook asks for a code and, while it is on its way, for the page after.
func (w wizard) sendAndLook(facts url.Values) func(context.Context, *visitor) (shot, error) {
	return func(ctx context.Context, v *visitor) (shot, error) {
		send, err := w.send(facts)(ctx, v)
		return func(ctx context.Context) (reply, error) {
			sent, err := send(ctx)
			if err != nil {
				return reply{}, err
			}
			return v.get(ctx, sent.location, nil)
		}, err
	}
}

// wrongCode enters a code, which one time in a million is right.
func (w wizard) wrongCode(facts url.Values) func(context.Context, *visitor) (shot, error) {
	return func(ctx context.Context, v *visitor) (shot, error) {
		form, err := w.second(ctx, v, facts)
		if err != nil {
			return nil, err
		}
		if _, err := v.shoot(w.path, with(form, url.Values{"action": {"send-sms"}}))(ctx); err != nil {
			return nil, err
		}
		return v.shoot(w.path, with(form, url.Values{"sms_code": {"000000"}})), nil
	}
}

// register fills 企业注册 in, with a phone of its own each time, and submits it.
func register(facts url.Values) func(context.Context, *visitor) (shot, error) {
	const path = "/register/enterprise"
	return func(ctx context.Context, v *visitor) (shot, error) {
		phone, err := newPhone()
		if err != nil {
			return nil, err
		}
		form, err := v.open(ctx, path, "sms_code", with(facts, url.Values{"phone": {phone}}))
		if err != nil {
			return nil, err
		}
		sent, err := v.post(ctx, path, with(form, url.Values{"action": {"send-sms"}}), nil)
		if err == nil {
			err = sent.expect("send a code", http.StatusSeeOther)
		}
		if err != nil {
			return nil, err
		}
		page, err := v.get(ctx, sent.location, nil)
		if err != nil {
			return nil, err
		}
		_, hidden, err := hiddenFields(page.body, "sms_code")
		if err != nil {
			return nil, err
		}
		code, err := v.received(ctx, phone)
		return v.shoot(path, with(with(form, hidden), url.Values{
			"account": {"bench" + phone[1:]}, "sms_code": {code}, "agree": {"1"},
			"password": {wrongPassword}, "password_confirm": {wrongPassword},
		})), err
	}
}

func newPhone() (string, error) {
	n, err := rand.Int(rand.Reader, big.NewInt(100_000_000))
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("137%08d", n), nil
}

// with is a form with more fields, or others.
func with(form, more url.Values) url.Values {
	all := maps.Clone(form)
	if all == nil {
		all = url.Values{}
	}
	maps.Copy(all, more)
	return all
}

// visitor is the outsider's browser, which is known already: one for all answers,
// so that nothing of it differs.
type visitor struct {
	*browser

	forms map[string]url.Values // hidden fields of first pages
}

// open returns the form that a first page has, filled in. The page is fetched
// once: its form may be sent again and again.
func (v *visitor) open(ctx context.Context, path, field string, typed url.Values) (url.Values, error) {
	if v.forms[path] == nil {
		page, err := v.get(ctx, path, nil)
		if err != nil {
			return nil, err
		}
		_, hidden, err := hiddenFields(page.body, field)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		v.forms[path] = hidden
	}
	return with(v.forms[path], typed), nil
}

func (v *visitor) shoot(path string, form url.Values) shot {
	return func(ctx context.Context) (reply, error) { return v.post(ctx, path, form, nil) }
}

// received returns the newest code that a phone got. What waits to be sent is
// sent before the simulator answers.
func (v *visitor) received(ctx context.Context, phone string) (string, error) {
	answer, err := v.get(ctx, "/simulator/sms?phone="+phone, nil)
	if err != nil {
		return "", err
	}
	var messages []struct{ Code string }
	if err := answer.json(&messages); err != nil || len(messages) == 0 {
		return "", fmt.Errorf("no code arrived: %d %.200s", answer.status, answer.body)
	}
	return messages[0].Code, nil
}

// drain waits until every message has gone out, so that this is nobody else's
// burden.
func (v *visitor) drain(ctx context.Context) error {
	answer, err := v.get(ctx, "/simulator/sms?phone=13700000000", nil)
	if err != nil {
		return err
	}
	return answer.expect("simulated phone", http.StatusOK)
}

// prepare puts the enterprises that are asked about into the simulated register,
// so that it takes the same for each to answer.
func (v *visitor) prepare(ctx context.Context, f *facts) error {
	for _, entry := range f.Register {
		text, err := json.Marshal(entry)
		if err != nil {
			return err
		}
		header := http.Header{"Content-Type": {"application/json"}}
		answer, err := v.do(ctx, http.MethodPut, "/simulator/registry/"+entry["uscc"], strings.NewReader(string(text)), header)
		if err != nil {
			return err
		}
		if err := answer.expect("simulated register", http.StatusNoContent); err != nil {
			return err
		}
	}
	return nil
}
