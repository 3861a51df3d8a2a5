package message_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/simulator/simulatortest"
)

func described(url string) message.HTTPConfig {
	return message.HTTPConfig{
		Settings: outbound.Settings{Name: "carrier"}, URL: url, Signing: "none",
		Body: `{"to":{{json .Phone}},"text":{{json .Text}}}`,
	}
}

func TestHTTPConfig(t *testing.T) {
	t.Parallel()
	good := described("https://sms.example/send")
	if err := good.Validate(); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		spoil func(c *message.HTTPConfig)
		want  string
	}{
		"plain http":         {func(c *message.HTTPConfig) { c.URL = "http://sms.example" }, "url is not https"},
		"check address":      {func(c *message.HTTPConfig) { c.CheckURL = "sms" }, "check url is not absolute"},
		"method":             {func(c *message.HTTPConfig) { c.Method = "DELETE" }, "method must be"},
		"signing":            {func(c *message.HTTPConfig) { c.Signing = "" }, "signing must be"},
		"signing, no key":    {func(c *message.HTTPConfig) { c.Signing = "hmac-sha256" }, "signing needs"},
		"success, no value":  {func(c *message.HTTPConfig) { c.Success.Path = "a" }, "success rule"},
		"header":             {func(c *message.HTTPConfig) { c.Headers = map[string]outbound.Secret{"A": "b\r\nc"} }, "header cannot"},
		"body":               {func(c *message.HTTPConfig) { c.Body = "{{" }, "body: "},
		"body, no field":     {func(c *message.HTTPConfig) { c.Body = "{{.Name}}" }, "body: "},
		"body, no parameter": {func(c *message.HTTPConfig) { c.Body = `{{json .Params.other}}` }, "body: "},
		"body, not escaped":  {func(c *message.HTTPConfig) { c.Body = `{"text":"{{.Text}}"}` }, "is not JSON when"},
		"receipts, no mark": {func(c *message.HTTPConfig) {
			c.Receipts = message.ReceiptRule{URL: "https://a/b", Path: "a", Delivered: []string{"x"}}
		}, "lacks {receipt}"},
		"receipts, no rule": {func(c *message.HTTPConfig) { c.Receipts.URL = "https://a/{receipt}" }, "receipts need"},
	} {
		bad := described("https://sms.example/send")
		c.spoil(&bad)
		err := bad.Validate()
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Count(err.Error(), "\n") != 0 {
			t.Errorf("%s: %v, want %s", name, err, c.want)
		}
		if _, err := message.NewHTTP(bad, outbound.Host{}); err == nil {
			t.Errorf("%s: made", name)
		}
	}
}

func TestHTTPRequest(t *testing.T) {
	t.Parallel()
	var got *http.Request
	var body []byte
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer s.Close()
	w := simulatortest.New(t)
	c := described(s.URL + "/send")
	c.Method, c.Headers = "PUT", map[string]outbound.Secret{"content-type": "application/x-www-form-urlencoded", "X-Tenant": "jl"}
	c.Body = `to={{urlquery .E164}}&text={{urlquery .Text}}&code={{index .Params "code"}}&none={{index .Params "none"}}`
	g, err := message.NewHTTP(c, w.Host())
	if err != nil {
		t.Fatal(err)
	}
	m := code(accounts.PurposeRecover)
	receipt, err := g.Send(t.Context(), m)
	if err != nil || receipt != m.ID {
		t.Fatalf("%q, %v", receipt, err)
	}
	const want = "to=%2B8613800000001&text=%E3%80%90TONGID%E3%80%91%22246813%22+%E9%AA%8C%E8%AF%81%E7%A0%81&code=246813&none="
	if string(body) != want || got.Method != http.MethodPut || got.Header.Get("X-Tenant") != "jl" ||
		got.Header.Get("Content-Type") != "application/x-www-form-urlencoded" || got.Header.Get("X-Tongid-Signature") != "" {
		t.Errorf("%s %v\n%s", got.Method, got.Header, body)
	}
	if d, err := g.Delivery(t.Context(), receipt, m.Phone, w.Clock.Now()); err != nil || d != accounts.DeliveryUnknown {
		t.Errorf("%s, %v", d, err)
	}
	if err := g.Check(t.Context()); err != nil || got.Method != http.MethodHead {
		t.Errorf("%s: %v", got.Method, err)
	}
	c.Body = `{{index .Params "code" | len | slice "ab"}}`
	if _, err := message.NewHTTP(c, w.Host()); err == nil {
		t.Error("a body that fails is taken")
	}
	c.Body = `{{.Params.code}}`
	if g, err = message.NewHTTP(c, w.Host()); err != nil {
		t.Fatal(err)
	}
	m.Params = nil
	if _, err := g.Send(t.Context(), m); !errors.Is(err, accounts.ErrRejected) {
		t.Errorf("a message without what the body needs: %v", err)
	}
}

func TestHTTPAnswers(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		status  int
		answer  string
		want    error
		receipt string
	}{
		{200, `{"r":[{"code":0,"id":"a1"}]}`, nil, "a1"},
		{200, `{"r":[{"code":0,"id":12}]}`, nil, "12"},
		{200, `{"r":[{"code":0,"id":"<b>"}]}`, nil, "0123456789abcdef0123456789abcdef"},
		{200, `{"r":[{"code":0}]}`, nil, "0123456789abcdef0123456789abcdef"},
		{201, `{"r":[{"code":0}]}`, nil, "0123456789abcdef0123456789abcdef"},
		{400, `{"r":[{"code":0}]}`, accounts.ErrUnavailable, ""},
		{302, `{"r":[{"code":0}]}`, accounts.ErrUnavailable, ""},
		{200, `{"r":[{"code":4}]}`, accounts.ErrUnavailable, ""},
		{200, `{"r":[{"code":1}]}`, accounts.ErrRejected, ""},
		{400, `{"r":[{"code":1}]}`, accounts.ErrRejected, ""},
		{200, `{"r":[{"code":2}]}`, accounts.ErrFlowControl, ""},
		{429, `slow down`, accounts.ErrFlowControl, ""},
		{200, `{"r":[{"code":3}]}`, message.ErrNumber, ""},
		{200, `{"r":[]}`, accounts.ErrUnavailable, ""},
		{200, `{"r":{"0":{"code":"13800000001"}}}`, accounts.ErrUnavailable, ""},
		{200, `13800000001`, accounts.ErrUnavailable, ""},
		{200, ``, accounts.ErrUnavailable, ""},
		{200, `{`, accounts.ErrUnavailable, ""},
		{200, strings.Repeat("[", 100000), accounts.ErrUnavailable, ""},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.answer)
		}))
		w := simulatortest.New(t)
		config := described(s.URL)
		config.Success = message.SuccessRule{Path: "r.0.code", Equals: "0"}
		config.Failure = message.FailureRule{Rejected: []string{"1"}, Limited: []string{"2"}, Number: []string{"3"}}
		config.ReceiptPath = "r.0.id"
		g, err := message.NewHTTP(config, w.Host())
		if err != nil {
			t.Fatal(err)
		}
		receipt, err := g.Send(t.Context(), code(accounts.PurposeRegister))
		if !errors.Is(err, c.want) || (err == nil) != (c.want == nil) || receipt != c.receipt {
			t.Errorf("%d %.80s: %q, %v, want %q, %v", c.status, c.answer, receipt, err, c.receipt, c.want)
		}
		told(t, err)
		s.Close()
	}
}

// Whatever a message holds, its body stays JSON and says the same.
func FuzzBody(f *testing.F) {
	f.Add(`"}{{.Secret}}`, "\u2028</script>")
	f.Fuzz(func(t *testing.T, text, value string) {
		var body []byte
		s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { body, _ = io.ReadAll(r.Body) }))
		defer s.Close()
		w := simulatortest.New(t)
		c := described(s.URL)
		c.Body = `{"text":{{json .Text}},"params":{{json .Params}}}`
		g, err := message.NewHTTP(c, w.Host())
		if err != nil {
			t.Fatal(err)
		}
		defer g.Close()
		m := code(accounts.PurposeRegister)
		m.Text, m.Params = text, map[string]string{"code": value}
		if _, err := g.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Text   string
			Params map[string]string
		}
		if err := json.Unmarshal(body, &got); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		if valid := strings.ToValidUTF8(text, "\ufffd"); valid == text && got.Text != text {
			t.Errorf("%q became %q", text, got.Text)
		}
	})
}
