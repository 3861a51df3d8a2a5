package flowtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// The simulated outside world, by the calls of the contract.

// message is one that a phone received.
type message struct {
	Phone, Text, Code, Purpose string
	At                         time.Time
}

// call makes a call to the simulators.
func (b *browser) call(method, path string, body any) *page {
	b.t.Helper()
	r := request{method: method, url: b.parse(b.site.url(path))}
	switch body := body.(type) {
	case nil:
	case url.Values:
		r.body, r.kind = body.Encode(), "application/x-www-form-urlencoded"
	default:
		data, err := json.Marshal(body)
		if err != nil {
			b.t.Fatal(err)
		}
		r.body, r.kind = string(data), "application/json"
	}
	return b.send(r)
}

func (p *page) wantStatus(status int) *page {
	p.browser.t.Helper()
	if p.status != status {
		p.browser.t.Fatalf("%s: %d %.300s, want %d", p.url.Path, p.status, p.body, status)
	}
	return p
}

// messages are what a phone received, newest first.
func (b *browser) messages(phone string) []message {
	b.t.Helper()
	var list []message
	b.call(http.MethodGet, "/simulator/sms?phone="+phone, nil).wantStatus(http.StatusOK).json(&list)
	for i, m := range list {
		if m.Phone != phone || m.Text == "" || m.At.IsZero() {
			b.t.Errorf("message %+v to %s", m, phone)
		}
		if i > 0 && m.At.After(list[i-1].At) {
			b.t.Errorf("messages to %s are not newest first", phone)
		}
		b.site.ledger.keep(secretCode, m.Code)
	}
	return list
}

// code is the one that a phone got last.
func (b *browser) code(phone string) string {
	b.t.Helper()
	list := b.codes(phone) // a notice may come at the same moment
	if len(list) == 0 || len(list[0].Code) != 6 {
		b.t.Fatalf("%s got no code: %+v", phone, b.messages(phone))
	}
	return list[0].Code
}

// notice waits for a message without a code that nobody asked for.
func (b *browser) notice(phone string, before int) message {
	b.t.Helper()
	var last message
	waitUntil(b.t, startWithin, "a notice to a phone", func() bool {
		list := b.messages(phone)
		if len(list) > before {
			last = list[0]
		}
		return len(list) > before && last.Purpose == "notice"
	})
	return last
}

// face plays the phone: it matches the number and shows a face, or does not.
func (b *browser) face(ticket, result string) *page {
	b.t.Helper()
	return b.call(http.MethodPost, "/simulator/face/"+ticket, url.Values{"result": {result}})
}

// entry is a register entry of a firm.
func (f firm) entry() map[string]string {
	return map[string]string{
		"name": f.name, "type": f.legalType, "status": "operating", "rep_name": f.rep.name, "rep_id_type": "resident_id",
		"rep_id_number": f.rep.number, "address": "长春市", "capital": "100万元", "founded": "2020-01-02", "scope": "试验",
		"industry": "F5199", "authority": "长春市市场监督管理局", "approved": "2020-01-02",
	}
}

// putEntry puts a firm into the simulated register; more replaces fields of it.
func (b *browser) putEntry(f firm, more map[string]string) {
	b.t.Helper()
	entry := f.entry()
	for name, value := range more {
		entry[name] = value
	}
	b.call(http.MethodPut, "/simulator/registry/"+f.uscc, entry).wantStatus(http.StatusNoContent)
}

// faults sets how the simulated systems misbehave.
func (b *browser) faultsOf(systems map[string][2]float64) {
	b.t.Helper()
	body := map[string]map[string]any{}
	for system, fault := range systems {
		body[system] = map[string]any{"latency_ms": int(fault[0]), "error_rate": fault[1]}
	}
	b.call(http.MethodPut, "/simulator/faults", body).wantStatus(http.StatusNoContent)
}

// The calls of the contract, one after the other.
func TestSimulatorCalls(t *testing.T) {
	onEach(t, func(t *testing.T, s *site) {
		b := s.browser(t)
		f := s.unregistered()
		path := "/simulator/registry/" + f.uscc
		b.call(http.MethodGet, path, nil).wantStatus(http.StatusNotFound)
		b.putEntry(f, nil)
		for range 2 { // of two replicas, both
			var got map[string]string
			b.call(http.MethodGet, path, nil).wantStatus(http.StatusOK).json(&got)
			for name, want := range f.entry() {
				if got[name] != want {
					t.Errorf("entry: %s is %q, want %q", name, got[name], want)
				}
			}
		}
		for named, want := range map[string]string{"active": "operating", "": "operating", "cancelled": "deregistered"} {
			b.putEntry(f, map[string]string{"status": named})
			var got map[string]string
			b.call(http.MethodGet, path, nil).json(&got)
			if got["status"] != want {
				t.Errorf("status %q is %q, want %q", named, got["status"], want)
			}
		}
		b.call(http.MethodPut, path, map[string]string{"name": f.name, "type": "nonsense"}).wantStatus(http.StatusUnprocessableEntity)
		b.call(http.MethodPut, "/simulator/registry/123", f.entry()).wantStatus(http.StatusUnprocessableEntity)
		b.call(http.MethodDelete, path, nil).wantStatus(http.StatusNoContent)
		b.call(http.MethodGet, path, nil).wantStatus(http.StatusNotFound)
		// One of those that were there at first can be taken out, and put back.
		old := "/simulator/registry/" + builder.uscc
		var entry map[string]string
		b.call(http.MethodGet, old, nil).wantStatus(http.StatusOK).json(&entry)
		if entry["name"] != builder.name || entry["rep_name"] != zhaoLiu.name || entry["rep_id_number"] != zhaoLiu.number {
			t.Errorf("the register says of %s: %v", builder.name, entry)
		}
		var none []message
		b.call(http.MethodGet, "/simulator/sms?phone=13911112222", nil).wantStatus(http.StatusOK).json(&none)
		if none == nil || len(none) != 0 {
			t.Errorf("a phone that got nothing: %v", none)
		}
		b.call(http.MethodGet, "/simulator/sms?phone=12345", nil).wantStatus(http.StatusUnprocessableEntity)
		b.face("none", "pass").wantStatus(http.StatusNotFound)
		b.call(http.MethodPut, "/simulator/faults", map[string]any{"sms": map[string]any{"error_rate": 2}}).wantStatus(http.StatusUnprocessableEntity)
		b.call(http.MethodPut, "/simulator/faults", map[string]any{"post": map[string]any{}}).wantStatus(http.StatusUnprocessableEntity)
		b.call(http.MethodPut, "/simulator/faults", map[string]any{}).wantStatus(http.StatusNoContent)
	})
}

// Simulators talk to whoever calls them by their own name, and to nobody's page.
func TestSimulatorsAreAtHome(t *testing.T) {
	t.Parallel()
	s := lab.site(t, backendNamed(onSQLite))
	calls := []struct{ method, path, body string }{
		{http.MethodGet, "/simulator/", ""},
		{http.MethodGet, "/simulator/sms?phone=13800000001", ""},
		{http.MethodGet, "/simulator/captcha/x", ""},
		{http.MethodGet, "/simulator/registry/" + software.uscc, ""},
		{http.MethodPut, "/simulator/registry/" + software.uscc, "{}"},
		{http.MethodDelete, "/simulator/registry/" + software.uscc, ""},
		{http.MethodPost, "/simulator/face/x", "result=pass"},
		{http.MethodGet, "/simulator/face/page/x", ""},
		{http.MethodPut, "/simulator/clock", `{"offset_seconds":0}`},
		{http.MethodPut, "/simulator/faults", "{}"},
	}
	for _, c := range calls {
		for name, change := range map[string]func(*http.Request){
			"a foreign host": func(r *http.Request) { r.Host = "simulator.example" },
			"a page elsewhere": func(r *http.Request) {
				r.Header.Set("Origin", "https://evil.example")
				r.Header.Set("Sec-Fetch-Site", "cross-site")
			},
		} {
			if name == "a page elsewhere" && c.method == http.MethodGet {
				continue // it cannot read the answer
			}
			req, err := http.NewRequest(c.method, s.url(c.path), nil)
			if err != nil {
				t.Fatal(err)
			}
			if c.body != "" {
				req, err = http.NewRequest(c.method, s.url(c.path), strings.NewReader(c.body))
				if err != nil {
					t.Fatal(err)
				}
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			}
			change(req)
			if status, _, body := s.api(t, req); status != http.StatusForbidden {
				t.Errorf("%s: %s %s: %d %.200s", name, c.method, c.path, status, body)
			}
		}
	}
	var entry map[string]string
	s.browser(t).call(http.MethodGet, "/simulator/registry/"+software.uscc, nil).json(&entry)
	if entry["name"] != software.name {
		t.Errorf("the register was changed: %v", fmt.Sprint(entry))
	}
}
