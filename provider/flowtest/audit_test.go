package flowtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
)

// ledger remembers what went over the wire and must stand in no log.
type ledger struct {
	faults bool // faults are right, the test provokes them

	mu      sync.Mutex
	secrets map[string]string // value → what it is
	traces  map[string]int    // of error pages → their status, until found in a log
}

func newLedger(faults bool) *ledger {
	l := &ledger{faults: faults, secrets: map[string]string{}, traces: map[string]int{}}
	for what, values := range map[string][]string{
		"password":    {demoPassword},
		"credit code": {software.uscc, builder.uscc, noodles.uscc, trading.uscc},
	} {
		for _, value := range values {
			l.secrets[value] = what
		}
	}
	for _, p := range []human{zhang, zhaoLiu, noodleShop.rep, trading.rep, liSi, sunQi, zhouBa} {
		l.person(p)
	}
	return l
}

// keep adds a secret.
func (l *ledger) keep(what, value string) {
	if value == "" {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.secrets[value] = what
}

// What a person is known by. It must stand in no log, address or cookie, and in no
// file of ours as it is.
const (
	secretName     = "name"
	secretDocument = "document number"
	secretPhone    = "phone"
	secretCode     = "sms code"
)

// person adds what a person is known by.
func (l *ledger) person(p human) {
	l.keep(secretName, p.name)
	l.keep(secretDocument, p.number)
	l.keep(secretPhone, p.phone)
}

// personal looks for what a person is known by.
func (l *ledger) personal(text string) (what string, found bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for secret, what := range l.secrets {
		switch what {
		case secretName, secretDocument, secretPhone, secretCode, "password":
			if stands(text, secret, what) {
				return what, true
			}
		}
	}
	return "", false
}

// stands reports whether a secret stands in a text. The six digits of a code may
// be part of some longer number by chance.
func stands(text, secret, what string) bool {
	for rest := text; ; {
		at := strings.Index(rest, secret)
		if at < 0 {
			return false
		}
		before, after := rest[:at], rest[at+len(secret):]
		if what != secretCode || !endsInWord(before) && !beginsWithWord(after) {
			return true
		}
		rest = rest[at+1:]
	}
}

func endsInWord(s string) bool     { return s != "" && isWord(s[len(s)-1]) }
func beginsWithWord(s string) bool { return s != "" && isWord(s[0]) }
func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '.' || c == '-' || c == '_'
}

// expect notes the trace that an error page showed: it must lead to a line of the
// log that tells the same status.
func (l *ledger) expect(trace string, status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.traces[trace] = status
}

// untraced are the traces that no log holds.
func (l *ledger) untraced() []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for trace, status := range l.traces {
		errs = append(errs, fmt.Errorf("an error page showed trace %q, which no request of status %d has in the logs", trace, status))
	}
	return firstFew(errs)
}

// audit reads the log of a server: every line is JSON, none holds a secret, none
// tells of an error that nobody provoked.
func (l *ledger) audit(lines []string) []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, line := range lines {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			errs = append(errs, fmt.Errorf("no JSON: %s", line))
			continue
		}
		status, _ := entry["status"].(float64)
		trace, _ := entry["trace_id"].(string)
		if want, ok := l.traces[trace]; ok && want == int(status) {
			delete(l.traces, trace)
		}
		if !l.faults && (entry["level"] == "ERROR" || status >= http.StatusInternalServerError) {
			errs = append(errs, fmt.Errorf("a fault that no test provoked: %s", line))
		}
		for _, text := range textsOf(entry) {
			if what, ok := l.secretIn(text); ok {
				errs = append(errs, fmt.Errorf("a %s stands in: %s", what, line))
			}
		}
	}
	return firstFew(errs)
}

// textsOf collects what an entry says, without what a short secret may equal by
// chance.
func textsOf(value any) []string {
	var texts []string
	switch v := value.(type) {
	case string:
		texts = append(texts, v)
	case []any:
		for _, inner := range v {
			texts = append(texts, textsOf(inner)...)
		}
	case map[string]any:
		for name, inner := range v {
			if name != "time" && name != "trace_id" && name != "client_ip" {
				texts = append(texts, textsOf(inner)...)
			}
		}
	}
	return texts
}

// secretIn looks for secrets in a text. A short one, a captcha's answer, may
// stand in a longer word by chance.
func (l *ledger) secretIn(text string) (what string, found bool) {
	const short = 6
	for secret, what := range l.secrets {
		if text == secret || len(secret) >= short && stands(text, secret, what) {
			return what, true
		}
	}
	return "", false
}

// auditPortal reads the log of a portal, which is text.
func (l *ledger) auditPortal(lines []string) []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	var errs []error
	for _, line := range lines {
		_, text, _ := strings.Cut(line, "msg=") // not the time
		if what, ok := l.secretIn(text); ok {
			errs = append(errs, fmt.Errorf("log of a portal: a %s stands in: %s", what, line))
		}
	}
	return firstFew(errs)
}

func firstFew(errs []error) []error {
	const few = 5
	if len(errs) > few {
		return append(errs[:few], fmt.Errorf("and %d more", len(errs)-few))
	}
	return errs
}

// The audit itself must be able to fail.
func TestAuditFindsWhatItLooksFor(t *testing.T) {
	t.Parallel()
	l := newLedger(false)
	l.keep("code", "one-time-code")
	l.keep(secretCode, "123456")
	for line, want := range map[string]string{
		`{"level":"INFO","msg":"request","status":200}`:               "",
		`{"level":"INFO","msg":"request","status":503}`:               "a fault",
		`{"level":"ERROR","msg":"request failed"}`:                    "a fault",
		`{"level":"INFO","msg":"x","form":{"a":["one-time-code"]}}`:   "a code",
		`{"level":"INFO","msg":"x","to":"+8613800000001"}`:            "a phone",
		`{"level":"INFO","msg":"x","trace_id":"one-time-code"}`:       "",
		`{"level":"INFO","msg":"x","took":"0.123456s, code 123456"}`:  "a sms code",
		`{"level":"INFO","msg":"x","took":"0.123456s"}`:               "",
		`panic: runtime error`:                                        "no JSON",
		`{"level":"INFO","msg":"x","query":"p=` + demoPassword + `"}`: "a password",
	} {
		err := errors.Join(l.audit([]string{line})...)
		if (want == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", line, err, want)
		}
	}
	if errs := l.auditPortal([]string{`time=x msg="y" code=one-time-code`}); len(errs) != 1 {
		t.Errorf("portal: %v", errs)
	}
	if errs := newLedger(true).audit([]string{`{"level":"ERROR","status":503}`}); len(errs) != 0 {
		t.Errorf("provoked: %v", errs)
	}
	l.expect("trace-1", 404)
	l.expect("trace-2", 404)
	l.audit([]string{`{"msg":"request","status":404,"trace_id":"trace-1"}`, `{"msg":"request","status":200,"trace_id":"trace-2"}`})
	if errs := l.untraced(); len(errs) != 1 || !strings.Contains(errs[0].Error(), "trace-2") {
		t.Errorf("untraced: %v", errs)
	}
	if !slices.Contains(textsOf(map[string]any{"a": []any{"b"}}), "b") {
		t.Error("lists are not read")
	}
}
