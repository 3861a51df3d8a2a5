package message_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/simulator"
	"github.com/tongid/tongid/accounts/gateway/simulator/simulatortest"
)

const e164 = "+86" + simulatortest.Phone

func code(purpose accounts.Purpose) accounts.Message {
	return accounts.Message{
		ID: "0123456789abcdef0123456789abcdef", Phone: e164, Purpose: purpose, Kind: "code",
		Params: map[string]string{"purpose": "登录", "code": "246813", "minutes": "5"},
		Text:   "【" + simulatortest.Sign + `】"246813" 验证码`,
	}
}

// gateways are both kinds of provider, before one simulator.
func gateways(t *testing.T, w *simulatortest.World) map[string]accounts.MessageGateway {
	t.Helper()
	if err := w.Gateway.AliyunSMS.Validate(); err != nil {
		t.Fatal(err)
	}
	described, err := message.NewHTTP(w.Gateway.HTTPSMS, w.Host())
	if err != nil {
		t.Fatal(err)
	}
	cloud := message.NewAliyun(w.Gateway.AliyunSMS, w.Host())
	t.Cleanup(cloud.Close)
	t.Cleanup(described.Close)
	return map[string]accounts.MessageGateway{"aliyun": cloud, "http": described}
}

func TestSendAndReceipt(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"aliyun", "http"} {
		w := simulatortest.New(t)
		g := gateways(t, w)[name]
		m := code(accounts.PurposeSecondFactor)
		sent := w.Clock.Now()
		receipt, err := g.Send(t.Context(), m)
		if err != nil || receipt == "" || receipt == m.ID {
			t.Fatalf("%s: %q, %v", name, receipt, err)
		}
		got, err := w.Messages(t.Context(), simulatortest.Phone)
		if err != nil || len(got) != 1 || got[0].Code != "246813" || got[0].Purpose != accounts.PurposeSecondFactor ||
			got[0].Phone != simulatortest.Phone || !got[0].At.Equal(sent) || !strings.HasPrefix(got[0].Text, "【"+simulatortest.Sign) {
			t.Errorf("%s: received %+v, %v", name, got, err)
		}
		for _, want := range []accounts.Delivery{accounts.DeliveryUnknown, accounts.DeliveryDelivered} {
			if d, err := g.Delivery(t.Context(), receipt, m.Phone, sent); err != nil || d != want {
				t.Errorf("%s: %s, %v, want %s", name, d, err, want)
			}
			w.Clock.Add(3 * time.Second)
		}
		if d, err := g.Delivery(t.Context(), "nothing", m.Phone, sent); err != nil || d != accounts.DeliveryUnknown {
			t.Errorf("%s: of nothing: %s, %v", name, d, err)
		}
		if err := g.Check(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestDeadPhone(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"aliyun", "http"} {
		w := simulatortest.New(t)
		g := gateways(t, w)[name]
		m := code(accounts.PurposeRegister)
		m.Phone = "+86" + simulatortest.DeadPhone
		receipt, err := g.Send(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		w.Clock.Add(3 * time.Second)
		if d, err := g.Delivery(t.Context(), receipt, m.Phone, w.Clock.Now()); err != nil || d != accounts.DeliveryFailed {
			t.Errorf("%s: %s, %v", name, d, err)
		}
		if got, err := w.Messages(t.Context(), simulatortest.DeadPhone); err != nil || len(got) != 0 {
			t.Errorf("%s: received %v, %v", name, got, err)
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(m *accounts.Message, c *simulator.Clients)
		want  error
		skip  string
	}{
		"foreign number": {spoil: func(m *accounts.Message, _ *simulator.Clients) { m.Phone = "+4915112345678" }, want: message.ErrNumber},
		"no number":      {spoil: func(m *accounts.Message, _ *simulator.Clients) { m.Phone = "" }, want: message.ErrNumber},
		"vendor refuses the number": {
			spoil: func(m *accounts.Message, _ *simulator.Clients) { m.Phone = "+8612345678901" }, want: message.ErrNumber,
		},
		"kind without template": {
			spoil: func(m *accounts.Message, _ *simulator.Clients) { m.Kind = "other" }, want: accounts.ErrRejected, skip: "http",
		},
		"unknown template": {
			spoil: func(_ *accounts.Message, c *simulator.Clients) {
				c.AliyunSMS.Templates = map[string]string{"code": "SMS_9"}
			},
			want: accounts.ErrRejected, skip: "http",
		},
		"missing variable": {
			spoil: func(m *accounts.Message, _ *simulator.Clients) { m.Params = nil }, want: accounts.ErrRejected, skip: "http",
		},
		"unknown sign": {
			spoil: func(m *accounts.Message, c *simulator.Clients) {
				c.AliyunSMS.SignName, m.Text = "other", "【other】x"
			},
			want: accounts.ErrRejected,
		},
		"wrong secret": {
			spoil: func(_ *accounts.Message, c *simulator.Clients) {
				c.AliyunSMS.AccessKeySecret, c.HTTPSMS.Secret = "x", "x"
			},
			want: accounts.ErrUnavailable,
		},
		"unknown key": {
			spoil: func(_ *accounts.Message, c *simulator.Clients) { c.AliyunSMS.AccessKeyID, c.HTTPSMS.KeyID = "x", "x" },
			want:  accounts.ErrUnavailable,
		},
	} {
		for _, provider := range []string{"aliyun", "http"} {
			if provider == c.skip {
				continue
			}
			w := simulatortest.New(t)
			m := code(accounts.PurposeRegister)
			c.spoil(&m, &w.Gateway)
			g := gateways(t, w)[provider]
			_, err := g.Send(t.Context(), m)
			if !errors.Is(err, c.want) {
				t.Errorf("%s by %s: %v, want %v", name, provider, err, c.want)
			}
			told(t, err)
			if errors.Is(c.want, accounts.ErrUnavailable) {
				if err := g.Check(t.Context()); err == nil {
					t.Errorf("%s by %s: Check is content", name, provider)
				}
			}
		}
	}
}

// told checks that an error tells nothing of the message.
func told(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{simulatortest.Phone, "246813", "0123456789abcdef", simulatortest.Secret, "12345678901"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%v tells %s", err, secret)
		}
	}
}

func TestFlowControl(t *testing.T) {
	t.Parallel()
	for _, provider := range []string{"aliyun", "http"} {
		w := simulatortest.New(t)
		w.Options.Limits = true
		limited := simulator.New(w.Options)
		s := httptest.NewServer(limited.Handler())
		t.Cleanup(s.Close)
		w.Gateway = limited.Clients(s.URL)
		g := gateways(t, w)[provider]
		send := func() error {
			_, err := g.Send(t.Context(), code(accounts.PurposeRegister))
			told(t, err)
			return err
		}
		if err := send(); err != nil {
			t.Fatalf("%s: %v", provider, err)
		}
		if err := send(); !errors.Is(err, accounts.ErrFlowControl) {
			t.Errorf("%s, within a minute: %v", provider, err)
		}
		for range 4 {
			w.Clock.Add(time.Minute)
			if err := send(); err != nil {
				t.Fatalf("%s: %v", provider, err)
			}
		}
		w.Clock.Add(2 * time.Minute)
		if err := send(); !errors.Is(err, accounts.ErrFlowControl) {
			t.Errorf("%s, within an hour: %v", provider, err)
		}
		w.Clock.Add(time.Hour)
		if err := send(); err != nil {
			t.Errorf("%s: %v", provider, err)
		}
	}
}

func TestAliyunAnswers(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]error{
		`{"Code":"OK","BizId":"9006197469364984400^0"}`: nil,
		`{"Code":"OK"}`:                    accounts.ErrUnavailable,
		`{"Code":"OK","BizId":"<script>"}`: accounts.ErrUnavailable,
		`{"Code":"isv.BUSINESS_LIMIT_CONTROL","Message":"13800000001"}`: accounts.ErrFlowControl,
		`{"Code":"Throttling.User"}`:                                    accounts.ErrFlowControl,
		`{"Code":"isv.MOBILE_NUMBER_ILLEGAL"}`:                          message.ErrNumber,
		`{"Code":"isv.SMS_SIGNATURE_ILLEGAL"}`:                          accounts.ErrRejected,
		`{"Code":"isv.AMOUNT_NOT_ENOUGH"}`:                              accounts.ErrUnavailable,
		`{"Code":"13800000001"}`:                                        accounts.ErrUnavailable,
		`{"Code":"13800000001","Message":"Zhang San"}`:                  accounts.ErrUnavailable,
		`{}`: accounts.ErrUnavailable,
		``:   accounts.ErrUnavailable,
		`[]`: accounts.ErrUnavailable,
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, answer) }))
		w := simulatortest.New(t)
		w.Gateway.AliyunSMS.Endpoint = s.URL
		_, err := message.NewAliyun(w.Gateway.AliyunSMS, w.Host()).Send(t.Context(), code(accounts.PurposeRegister))
		if !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%s: %v, want %v", answer, err, want)
		}
		told(t, err)
		s.Close()
	}
}

func TestObserved(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	g := gateways(t, w)["aliyun"]
	m := code(accounts.PurposeNotice)
	m.Params = nil
	if _, err := g.Send(t.Context(), m); err == nil {
		t.Error("sent without a code")
	}
	if err := g.Check(t.Context()); err != nil {
		t.Error(err)
	}
	want := []simulatortest.Exchange{
		{System: "simulated-aliyun-sms", Operation: "SendSms", Failed: true},
		{System: "simulated-aliyun-sms", Operation: "QuerySendDetails"},
	}
	if diff := cmp.Diff(want, w.Observed()); diff != "" {
		t.Error(diff)
	}
}

func TestAliyunConfigListsAllFaults(t *testing.T) {
	t.Parallel()
	err := message.AliyunConfig{Templates: map[string]string{"code": ""}}.Validate()
	if err == nil {
		t.Fatal("valid")
	}
	lines := strings.Split(err.Error(), "\n")
	want := []string{
		"aliyun sms: name must be letters, digits, - and _", "aliyun sms: endpoint is not absolute",
		"aliyun sms: access key id is missing", "aliyun sms: access key secret is missing",
		"aliyun sms: sign name is missing", "aliyun sms: template of code has no code",
	}
	if !slices.Equal(lines, want) {
		t.Error(cmp.Diff(want, lines))
	}
}

// A template for codes of one purpose gets the code alone: it has no other
// variable.
func TestTemplateForOnePurpose(t *testing.T) {
	t.Parallel()
	var asked []string
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Query().Get("TemplateCode")+" "+r.URL.Query().Get("TemplateParam"))
		fmt.Fprint(w, `{"Code":"OK","BizId":"1"}`)
	}))
	t.Cleanup(s.Close)
	w := simulatortest.New(t)
	w.Gateway.AliyunSMS.Endpoint = s.URL
	w.Gateway.AliyunSMS.Templates = map[string]string{
		message.ForPurpose(accounts.PurposeRegister): "SMS_1", "code": "SMS_2", "registered": "SMS_3",
	}
	g := message.NewAliyun(w.Gateway.AliyunSMS, w.Host())
	t.Cleanup(g.Close)
	notice := code(accounts.PurposeRegister)
	notice.Kind, notice.Params = "registered", map[string]string{}
	for _, m := range []accounts.Message{code(accounts.PurposeRegister), code(accounts.PurposeRecover), notice} {
		if _, err := g.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
	}
	want := []string{`SMS_1 {"code":"246813"}`, `SMS_2 {"code":"246813","minutes":"5","purpose":"登录"}`, `SMS_3 {}`}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Error(diff)
	}
}
