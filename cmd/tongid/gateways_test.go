package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/simulator"
	"github.com/tongid/tongid/accounts/gateway/simulator/simulatortest"
	"github.com/tongid/tongid/cmd/tongid/config"
)

// outsideFile configures every kind of gateway for a simulated world.
func outsideFile(t *testing.T, w *simulatortest.World, secret string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "c.yaml")
	text := fmt.Sprintf(`
sms:
  - kind: aliyun
    endpoint: %[1]s
    access_key_id: simulator
    access_key_secret: %[2]s
    sign_name: %[3]s
    templates:
      code: {register: SMS_1, activate: SMS_1, recover: SMS_1, phone: SMS_1}
      password_reset: SMS_2
      phone_changed: SMS_2
      account_closing: SMS_2
      registered: SMS_2
      register_match: SMS_2
      register_mismatch: SMS_2
      mandate_granted: SMS_2
      mandate_invited: SMS_2
      mandate_ended: SMS_2
      mandate_ending: SMS_2
      enterprise_changed: SMS_2
  - kind: http
    url: %[1]s/sms/messages
    body: '{"id":{{json .ID}},"phone":{{json .Phone}},"purpose":{{json .Purpose}},"kind":{{json .Kind}},"params":{{json .Params}},"text":{{json .Text}}}'
    signing: hmac-sha256
    key_id: simulator
    secret: %[2]s
    success: {path: code, equals: ok}
    receipt_path: receipt
    receipts: {url: "%[1]s/sms/messages/{receipt}", path: state, delivered: [delivered], failed: [failed]}
    check_url: %[1]s/sms/health
face:
  kind: aliyun
  endpoint: %[1]s
  access_key_id: simulator
  access_key_secret: %[2]s
  scene_id: %[4]d
register:
  kind: http
  url: %[1]s/register
  key_id: simulator
  secret: %[2]s
`, w.URL, secret, simulatortest.Sign, w.Options.SceneID)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func opened(t *testing.T, path string, host outbound.Host) gateways {
	t.Helper()
	c, err := config.Load(config.Source{File: path})
	if err != nil {
		t.Fatal(err)
	}
	g, err := newGateways(c, nil, host)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.close)
	return g
}

// What an operator writes into the file is what calls the vendors.
func TestGatewaysOfTheFile(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	g := opened(t, outsideFile(t, w, simulatortest.Secret), w.Host())
	var names []string
	for _, o := range g.systems {
		names = append(names, o.name)
		if err := o.check(t.Context()); err != nil {
			t.Errorf("%s: %v", o.name, err)
		}
	}
	if diff := cmp.Diff([]string{"sms", "sms/aliyun-sms", "sms/http-sms", "face", "register"}, names); diff != "" {
		t.Error(diff)
	}
	m := accounts.Message{
		ID: strings.Repeat("0", 32), Phone: "+86" + simulatortest.Phone, Purpose: accounts.PurposeRecover, Kind: accounts.KindCode,
		Params: map[string]string{"purpose": "recover", "code": "246813", "minutes": "5"},
	}
	receipt, err := g.messages.Send(t.Context(), m)
	if err != nil || !strings.HasPrefix(receipt, "aliyun-sms/") {
		t.Errorf("%q, %v", receipt, err)
	}
	got, err := w.Messages(t.Context(), simulatortest.Phone)
	if err != nil || len(got) != 1 || got[0].Code != "246813" {
		t.Errorf("%+v, %v", got, err)
	}
	if !g.face.Accepts(accounts.DocResidentID) || g.face.Name() != "aliyun" {
		t.Error("not the provider of the file")
	}
	entry, err := g.register.Fetch(t.Context(), simulatortest.USCC)
	want := simulatortest.Entry()
	want.Source, want.Simulated = "register", true
	if diff := cmp.Diff(want, entry); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// The doctor finds credentials that are refused, and says so without them.
func TestDoctorAsksOutsideSystems(t *testing.T) {
	t.Parallel()
	for secret, code := range map[string]int{simulatortest.Secret: exitOK, "hunter2": exitFailure} {
		w := simulatortest.New(t)
		w.Clock.Add(time.Since(w.Clock.Now())) // signatures hold for minutes
		var out, errs bytes.Buffer
		term := &terminal{out: &out, err: &errs, env: []string{"TONGID_DATA=" + filepath.Join(t.TempDir(), "data")}}
		if got := term.execute(t.Context(), []string{"doctor", "--config", outsideFile(t, w, secret)}); got != code {
			t.Errorf("ended with %d, want %d\n%s%s", got, code, &out, &errs)
		}
		for _, name := range []string{"sms", "sms/aliyun-sms", "sms/http-sms", "face", "register"} {
			found := ""
			for line := range strings.Lines(out.String()) {
				if fields := strings.Fields(line); len(fields) > 2 && fields[0] == name {
					found = strings.Join(fields[1:], " ")
				}
			}
			good := strings.HasPrefix(found, "ok answers and takes our credentials, in ")
			bad := strings.HasPrefix(found, "WRONG ") && !strings.Contains(found, "store unavailable")
			if code == exitOK && !good || code != exitOK && !bad {
				t.Errorf("%s: %q", name, found)
			}
		}
		if strings.Contains(out.String()+errs.String(), secret) {
			t.Error("the doctor tells a secret")
		}
	}
}

// A system that fails is told of once, and again when it works; a provider behind
// a chain that works is told of by itself.
func TestOutsideSystemsAreWatched(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	var log bytes.Buffer
	s := &server{
		log: slog.New(slog.NewJSONHandler(&log, nil)), metrics: newMetrics(), health: newHealth(time.Now, nil), clock: &clock{},
	}
	s.outside.gateways = opened(t, outsideFile(t, w, simulatortest.Secret), w.Host())
	look := func() {
		w.Clock.Add(30 * time.Second)
		for _, o := range s.outside.systems {
			s.noteOutside(t.Context(), o.name, o.check(t.Context()))
		}
	}
	up := func(name string) int {
		answer := httptest.NewRecorder()
		opsHandler(s.metrics, false).ServeHTTP(answer, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
		for n := range 2 {
			if strings.Contains(answer.Body.String(), fmt.Sprintf("tongid_outside_up{system=%q} %d\n", name, n)) {
				return n
			}
		}
		return -1
	}
	look()
	if up("face") != 1 || up("sms") != 1 || log.Len() > 0 {
		t.Errorf("at first: %v %v %s", up("face"), up("sms"), &log)
	}
	if err := w.SetFaults(t.Context(), simulator.Faults{Face: &simulator.Fault{ErrorRate: 1}}); err != nil {
		t.Fatal(err)
	}
	look()
	look()
	if up("face") != 0 || up("register") != 1 || strings.Count(log.String(), "outside system failed") != 1 {
		t.Errorf("failing: %v %v %s", up("face"), up("register"), &log)
	}
	if err := w.SetFaults(t.Context(), simulator.Faults{}); err != nil {
		t.Fatal(err)
	}
	look()
	if up("face") != 1 || strings.Count(log.String(), "outside system works again") != 1 {
		t.Errorf("again: %v %s", up("face"), &log)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	s.noteOutside(ended, "face", context.Canceled)
	if up("face") != 1 {
		t.Error("a check that was called off counts")
	}
}

// Each is asked every half minute, and one that hangs keeps no other waiting.
func TestOutsideSystemsAreAskedInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{log: slog.New(slog.DiscardHandler), metrics: newMetrics(), health: newHealth(time.Now, nil)}
		var quick, hangs atomic.Int64
		s.outside.systems = []system{
			{"quick", func(context.Context) error { quick.Add(1); return nil }},
			{"hangs", func(ctx context.Context) error { hangs.Add(1); <-ctx.Done(); return ctx.Err() }},
		}
		ctx, cancel := context.WithCancel(t.Context())
		s.watchOutside(ctx)
		time.Sleep(10*time.Minute + time.Second)
		if n := quick.Load(); n < 20 || n > 23 {
			t.Errorf("asked %d times in ten minutes", n)
		}
		if n := hangs.Load(); n < 15 || n > 17 {
			t.Errorf("the one that hangs was asked %d times in ten minutes", n)
		}
		cancel()
		s.workers.Wait()
		if got := s.health.detail(); got != "hangs failed: context deadline exceeded\nquick ok\n" {
			t.Errorf("%q", got)
		}
	})
}
