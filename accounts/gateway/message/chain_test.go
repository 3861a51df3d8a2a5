package message_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/simulator"
	"github.com/tongid/tongid/accounts/gateway/simulator/simulatortest"
)

func chain(t *testing.T, providers ...message.Provider) *message.Chain {
	t.Helper()
	c, err := message.NewChain(providers...)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The first is down, so the second takes the message: once, with the same code.
func TestChainOverRealGateways(t *testing.T) {
	t.Parallel()
	down, up := simulatortest.New(t), simulatortest.New(t)
	c := chain(t, message.Provider{Name: "first", Gateway: gateways(t, down)["aliyun"]}, message.Provider{Name: "second", Gateway: gateways(t, up)["http"]})
	if err := down.SetFaults(t.Context(), simulator.Faults{SMS: &simulator.Fault{ErrorRate: 1}}); err != nil {
		t.Fatal(err)
	}
	for i, draw := range []float64{0, 0.4, 0.9} { // 503, connection closed, flow control
		down.Draws(0, draw)
		m := code(accounts.PurposeRegister)
		receipt, err := c.Send(t.Context(), m)
		if err != nil || !strings.HasPrefix(receipt, "second/") {
			t.Fatalf("%q, %v", receipt, err)
		}
		got, err := up.Messages(t.Context(), simulatortest.Phone)
		if err != nil || len(got) != i+1 || got[0].Code != m.Params["code"] || got[0].Text != m.Text {
			t.Errorf("%+v, %v", got, err)
		}
		up.Clock.Add(3 * time.Second)
		if d, err := c.Delivery(t.Context(), receipt, m.Phone, up.Clock.Now()); err != nil || d != accounts.DeliveryDelivered {
			t.Errorf("%s, %v", d, err)
		}
	}
	if got, err := down.Messages(t.Context(), simulatortest.Phone); err != nil || len(got) != 0 {
		t.Errorf("the first sent %+v, %v", got, err)
	}
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if err := down.SetFaults(t.Context(), simulator.Faults{}); err != nil {
		t.Fatal(err)
	}
	if receipt, err := c.Send(t.Context(), code(accounts.PurposeRegister)); err != nil || !strings.HasPrefix(receipt, "first/") {
		t.Errorf("%q, %v", receipt, err)
	}
}

// scripted answers as it is told and remembers what it was sent.
type scripted struct {
	err  error
	sent []accounts.Message
}

func (s *scripted) Send(_ context.Context, m accounts.Message) (string, error) {
	s.sent = append(s.sent, m)
	return "r", s.err
}

func (s *scripted) Delivery(context.Context, string, string, time.Time) (accounts.Delivery, error) {
	return accounts.DeliveryDelivered, nil
}

func (s *scripted) Check(context.Context) error { return s.err }

func TestChain(t *testing.T) {
	t.Parallel()
	down := errors.New("down")
	for name, c := range map[string]struct {
		first, second error
		tried         bool // the second
		want          error
		not           error
	}{
		"well":                 {},
		"down":                 {first: down, tried: true},
		"template refused":     {first: accounts.ErrRejected, tried: true},
		"limited":              {first: accounts.ErrFlowControl, tried: true},
		"number refused":       {first: message.ErrNumber, want: message.ErrNumber},
		"down, number refused": {first: down, second: message.ErrNumber, tried: true, want: message.ErrNumber},
		"both down":            {first: down, second: down, tried: true, want: down},
		"down, refused":        {first: down, second: accounts.ErrRejected, tried: true, want: down, not: accounts.ErrRejected},
		"refused, down":        {first: accounts.ErrRejected, second: down, tried: true, want: down, not: accounts.ErrRejected},
		"limited, refused":     {first: accounts.ErrFlowControl, second: accounts.ErrRejected, tried: true, want: accounts.ErrFlowControl, not: accounts.ErrRejected},
		"both refused":         {first: accounts.ErrRejected, second: accounts.ErrRejected, tried: true, want: accounts.ErrRejected},
	} {
		first, second := &scripted{err: c.first}, &scripted{err: c.second}
		ch := chain(t, message.Provider{Name: "a", Gateway: first}, message.Provider{Name: "b", Gateway: second})
		m := code(accounts.PurposeRegister)
		receipt, err := ch.Send(t.Context(), m)
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || c.not != nil && errors.Is(err, c.not) || (err == nil) != (receipt != "") {
			t.Errorf("%s: %q, %v, want %v", name, receipt, err, c.want)
		}
		want := []accounts.Message{m}
		if !c.tried {
			want = nil
		}
		if diff := cmp.Diff(want, second.sent); diff != "" || len(first.sent) != 1 {
			t.Errorf("%s: the second was sent:\n%s", name, diff)
		}
		if (ch.Check(t.Context()) == nil) != (c.first == nil || c.second == nil) {
			t.Errorf("%s: Check", name)
		}
	}
}

func TestChainStopsWhenNobodyWaits(t *testing.T) {
	t.Parallel()
	ctx, leave := context.WithCancel(t.Context())
	leave()
	second := &scripted{}
	ch := chain(t, message.Provider{Name: "a", Gateway: &scripted{err: context.Canceled}}, message.Provider{Name: "b", Gateway: second})
	if _, err := ch.Send(ctx, code(accounts.PurposeRegister)); !errors.Is(err, context.Canceled) || len(second.sent) != 0 {
		t.Errorf("%v, sent %d", err, len(second.sent))
	}
	if d, err := ch.Delivery(t.Context(), "gone/x", e164, time.Time{}); err != nil || d != accounts.DeliveryUnknown {
		t.Errorf("of a provider that is gone: %s, %v", d, err)
	}
}

func TestNewChain(t *testing.T) {
	t.Parallel()
	g := &scripted{}
	for _, bad := range [][]message.Provider{{}, {{"", g}}, {{"a/b", g}}, {{"a", g}, {"a", g}}} {
		if _, err := message.NewChain(bad...); err == nil {
			t.Errorf("%v is taken", bad)
		}
	}
}
