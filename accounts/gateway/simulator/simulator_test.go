package simulator_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/face"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/register"
	"github.com/tongid/tongid/accounts/gateway/simulator"
	"github.com/tongid/tongid/accounts/gateway/simulator/simulatortest"
)

func code(n int) accounts.Message {
	return accounts.Message{
		ID: fmt.Sprintf("%032d", n), Phone: "+86" + simulatortest.Phone, Purpose: accounts.PurposeRegister, Kind: "code",
		Params: map[string]string{"code": fmt.Sprintf("%06d", n)}, Text: "【" + simulatortest.Sign + "】x",
	}
}

// Replicas share one store and play one world.
func TestReplicasPlayOneWorld(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	gateway := message.NewAliyun(w.Gateway.AliyunSMS, w.Host())
	defer gateway.Close()
	another := simulator.New(w.Options)
	for i := range 3 {
		if _, err := gateway.Send(t.Context(), code(i)); err != nil {
			t.Fatal(err)
		}
		w.Clock.Add(time.Second)
	}
	got, err := another.Messages(t.Context(), simulatortest.Phone)
	if err != nil || len(got) != 3 || got[0].Code != "000002" || got[2].Code != "000000" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := another.Messages(t.Context(), "13800000009"); err != nil || got == nil || len(got) != 0 {
		t.Errorf("another phone: %+v, %v", got, err)
	}
	if err := another.SetFaults(t.Context(), simulator.Faults{SMS: &simulator.Fault{ErrorRate: 1}}); err != nil {
		t.Fatal(err)
	}
	if _, err := gateway.Send(t.Context(), code(4)); err == nil {
		t.Error("the other replica's fault does not strike here")
	}
	checks := face.NewHTTP(w.Gateway.HTTPFace, w.Host())
	defer checks.Close()
	session, err := checks.Begin(t.Context(), accounts.FaceOrder{
		ID: code(1).ID, Name: "n", DocType: accounts.DocPassport, DocNumber: "E1", ReturnURL: "https://a/b",
	})
	if err != nil {
		t.Fatal(err)
	}
	check, err := another.Face(t.Context(), session.Certificate)
	if err != nil || check.Name != "n" || check.ReturnURL != "https://a/b" || check.State != accounts.FacePending {
		t.Errorf("%+v, %v", check, err)
	}
	if err := another.SetFace(t.Context(), session.Certificate, "pass", ""); err != nil {
		t.Fatal(err)
	}
	if r, err := checks.Result(t.Context(), session.Certificate); err != nil || r.State != accounts.FacePassed {
		t.Errorf("%+v, %v", r, err)
	}
}

func TestManyMessagesAtOnce(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	g, err := message.NewHTTP(w.Gateway.HTTPSMS, w.Host())
	if err != nil {
		t.Fatal(err)
	}
	defer g.Close()
	var all sync.WaitGroup
	for i := range 40 {
		all.Go(func() {
			if _, err := g.Send(context.Background(), code(i)); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	got, err := w.Messages(t.Context(), simulatortest.Phone)
	if err != nil || len(got) != 40 {
		t.Errorf("%d, %v", len(got), err)
	}
	seen := map[string]bool{}
	for _, m := range got {
		seen[m.Code] = true
	}
	if len(seen) != 40 {
		t.Errorf("%d different", len(seen))
	}
}

func TestFaults(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	sms := message.NewAliyun(w.Gateway.AliyunSMS, w.Host())
	defer sms.Close()
	described, httpErr := message.NewHTTP(w.Gateway.HTTPSMS, w.Host())
	if httpErr != nil {
		t.Fatal(httpErr)
	}
	defer described.Close()
	registry := register.NewHTTP(w.Gateway.HTTPRegister, w.Host())
	defer registry.Close()
	faults, err := simulator.ParseFaults([]byte(`{"sms":{"latency_ms":1500,"error_rate":0.5},"face":{"latency_ms":0,"error_rate":0}}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.SetFaults(t.Context(), faults); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		draws []float64
		want  error
		text  string
	}{
		{[]float64{0.5}, nil, ""},
		{[]float64{0.49, 0}, accounts.ErrUnavailable, "status-503"},
		{[]float64{0.49, 0.34}, accounts.ErrUnavailable, "connection broken"},
		{[]float64{0.49, 0.99}, accounts.ErrFlowControl, ""},
	} {
		for name, send := range map[string]func(context.Context, accounts.Message) (string, error){
			"aliyun": sms.Send, "http": described.Send,
		} {
			w.Draws(c.draws...)
			_, err := send(t.Context(), code(1))
			if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || err != nil && !strings.Contains(err.Error(), c.text) {
				t.Errorf("%s, %v: %v, want %v", name, c.draws, err, c.want)
			}
		}
	}
	w.Draws(0.49, 0.99, 0.49, 0.99)
	if _, err := sms.Delivery(t.Context(), "r", code(1).Phone, w.Clock.Now()); !errors.Is(err, accounts.ErrFlowControl) {
		t.Errorf("a question under flow control: %v", err)
	}
	if pauses := w.Pauses(); len(pauses) != 9 || pauses[0] != 1500*time.Millisecond {
		t.Errorf("waited %v", pauses)
	}
	if _, err := registry.Fetch(t.Context(), simulatortest.USCC); err != nil {
		t.Errorf("a system without fault: %v", err)
	}
	if got, err := w.Messages(t.Context(), simulatortest.Phone); err != nil || len(got) != 2 {
		t.Errorf("%d were sent, %v", len(got), err)
	}
	if err := w.SetFaults(t.Context(), simulator.Faults{}); err != nil {
		t.Fatal(err)
	}
	w.Draws()
	if _, err := sms.Send(t.Context(), code(2)); err != nil || len(w.Pauses()) != 9 {
		t.Errorf("faults taken back: %v", err)
	}
}

func TestParseFaults(t *testing.T) {
	t.Parallel()
	got, err := simulator.ParseFaults([]byte(`{"registry":{"latency_ms":60000,"error_rate":1}}`))
	if diff := cmp.Diff(simulator.Faults{Registry: &simulator.Fault{LatencyMS: 60000, ErrorRate: 1}}, got); err != nil || diff != "" {
		t.Error(err, diff)
	}
	for _, bad := range []string{
		``, `x`, `[]`, `{"mail":{}}`, `{"sms":{"latency_ms":-1}}`, `{"sms":{"latency_ms":60001}}`, `{"sms":{"error_rate":1.1}}`,
		`{"sms":{"error_rate":-0.1}}`, `{"sms":{"latency_ms":1.5}}`, `{"sms":{"rate":1}}`, `{}{}`, `{"sms":{"latency_ms":9223372036854775807}}`,
	} {
		if f, err := simulator.ParseFaults([]byte(bad)); !errors.Is(err, simulator.ErrInvalid) {
			t.Errorf("%s: %+v, %v", bad, f, err)
		}
	}
	w := simulatortest.New(t)
	if err := w.SetFaults(t.Context(), simulator.Faults{Face: &simulator.Fault{ErrorRate: math.NaN()}}); !errors.Is(err, simulator.ErrInvalid) {
		t.Error(err)
	}
}

func TestWhatMakesNoSense(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	for _, c := range [][2]string{{"", ""}, {"PASS", ""}, {"fail", "because"}} {
		if err := w.SetFace(t.Context(), "c", c[0], c[1]); !errors.Is(err, simulator.ErrInvalid) {
			t.Errorf("%v: %v", c, err)
		}
	}
	if err := w.SetFace(t.Context(), "c", "pass", ""); !errors.Is(err, accounts.ErrNotFound) {
		t.Error(err)
	}
	for name, spoil := range map[string]func(e *accounts.RegisterEntry){
		"uscc":    func(e *accounts.RegisterEntry) { e.USCC = "x" },
		"name":    func(e *accounts.RegisterEntry) { e.Name = "" },
		"type":    func(e *accounts.RegisterEntry) { e.Type = "club" },
		"status":  func(e *accounts.RegisterEntry) { e.Status = "asleep" },
		"founded": func(e *accounts.RegisterEntry) { e.Founded = "2026-02-30" },
		"length":  func(e *accounts.RegisterEntry) { e.Scope = strings.Repeat("x", 20000) },
	} {
		e := simulatortest.Entry()
		spoil(e)
		if err := w.PutEntry(t.Context(), *e); !errors.Is(err, simulator.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.Store.Fail(accounts.ErrUnavailable)
	if _, err := w.Messages(t.Context(), simulatortest.Phone); !errors.Is(err, accounts.ErrUnavailable) {
		t.Error(err)
	}
	if _, err := w.Entry(t.Context(), simulatortest.USCC); !errors.Is(err, accounts.ErrUnavailable) {
		t.Error(err)
	}
}

func FuzzParseFaults(f *testing.F) {
	f.Add([]byte(`{"sms":{"latency_ms":1,"error_rate":0.5}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := simulator.ParseFaults(data)
		if err != nil {
			return
		}
		for _, fault := range []*simulator.Fault{got.SMS, got.Face, got.Registry} {
			if fault != nil && (fault.LatencyMS < 0 || fault.LatencyMS > 60000 || fault.ErrorRate < 0 || fault.ErrorRate > 1) {
				t.Errorf("%s gives %+v", data, fault)
			}
		}
	})
}
