package face_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/face"
	"github.com/tongid/tongid/accounts/gateway/simulator/simulatortest"
)

func order() accounts.FaceOrder {
	return accounts.FaceOrder{
		ID: "0123456789abcdef0123456789ABCDEF", Name: "欧阳·䶮", DocType: accounts.DocResidentID,
		DocNumber: "220102199003070013", ReturnURL: "https://id.example/face/back", UserAgent: `Mozilla/5.0 "x" <y>`,
	}
}

func gateways(t *testing.T, w *simulatortest.World) map[string]accounts.FaceGateway {
	t.Helper()
	if err := errors.Join(w.Gateway.AliyunFace.Validate(), w.Gateway.HTTPFace.Validate()); err != nil {
		t.Fatal(err)
	}
	cloud, generic := face.NewAliyun(w.Gateway.AliyunFace, w.Host()), face.NewHTTP(w.Gateway.HTTPFace, w.Host())
	t.Cleanup(cloud.Close)
	t.Cleanup(generic.Close)
	return map[string]accounts.FaceGateway{"aliyun": cloud, "http": generic}
}

func told(t *testing.T, err error) {
	t.Helper()
	for _, secret := range []string{"220102199003070013", "欧阳", "䶮", "0123456789abcdef", simulatortest.Secret, "Mozilla"} {
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%v tells %s", err, secret)
		}
	}
}

func TestSilenceIsPending(t *testing.T) {
	t.Parallel()
	for name := range gateways(t, simulatortest.New(t)) {
		w := simulatortest.New(t)
		g := gateways(t, w)[name]
		session, err := g.Begin(t.Context(), order())
		if err != nil {
			t.Fatal(err)
		}
		if session.URL != w.URL+"/play/"+session.Certificate {
			t.Errorf("%s: %+v", name, session)
		}
		w.Clock.Add(29 * time.Minute)
		result, err := g.Result(t.Context(), session.Certificate)
		if err != nil || result.State != accounts.FacePending || !result.Simulated {
			t.Errorf("%s: %+v, %v", name, result, err)
		}
		w.Clock.Add(time.Minute)
		if result, err := g.Result(t.Context(), session.Certificate); err != nil || result.State != accounts.FaceExpired {
			t.Errorf("%s: after half an hour %+v, %v", name, result, err)
		}
		if result, err := g.Result(t.Context(), "nobody"); err != nil || result.State != accounts.FaceExpired {
			t.Errorf("%s: unknown: %+v, %v", name, result, err)
		}
		if err := g.Check(t.Context()); err != nil || g.Name() == "" {
			t.Errorf("%s: %q %v", name, g.Name(), err)
		}
	}
}

func TestResults(t *testing.T) {
	t.Parallel()
	type said struct {
		State  accounts.FaceState
		Reason string
	}
	cases := map[[2]string]said{
		{"pass", ""}:     {State: accounts.FacePassed},
		{"fail", ""}:     {accounts.FaceFailed, accounts.FaceReasonOther},
		{"expire", ""}:   {State: accounts.FaceExpired},
		{"cancel", ""}:   {State: accounts.FaceCancelled},
		{"pass", "pass"}: {State: accounts.FacePassed},
	}
	for _, reason := range face.Reasons() {
		cases[[2]string{"fail", reason}] = said{accounts.FaceFailed, reason}
	}
	for _, name := range []string{"aliyun", "http"} {
		for done, want := range cases {
			w := simulatortest.New(t)
			g := gateways(t, w)[name]
			session, err := g.Begin(t.Context(), order())
			if err != nil {
				t.Fatal(err)
			}
			if err := w.SetFace(t.Context(), session.Certificate, done[0], done[1]); err != nil {
				t.Fatal(err)
			}
			if name == "aliyun" && done[0] == "cancel" { // the vendor does not tell
				want.State = accounts.FacePending
			}
			result, err := g.Result(t.Context(), session.Certificate)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, said{result.State, result.Reason}); diff != "" || !result.Simulated {
				t.Errorf("%s, %v: %+v\n%s", name, done, result, diff)
			}
			if result.State == accounts.FacePassed && result.Evidence != session.Certificate {
				t.Errorf("%s: evidence %q", name, result.Evidence)
			}
			if err := w.SetFace(t.Context(), session.Certificate, "pass", ""); !errors.Is(err, accounts.ErrConflict) {
				t.Errorf("%s, %v: decided again: %v", name, done, err)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		spoil func(o *accounts.FaceOrder, w *simulatortest.World)
		want  error
	}{
		"bad number":  {func(o *accounts.FaceOrder, _ *simulatortest.World) { o.DocNumber = "1" }, accounts.ErrRejected},
		"no name":     {func(o *accounts.FaceOrder, _ *simulatortest.World) { o.Name = "" }, accounts.ErrRejected},
		"no document": {func(o *accounts.FaceOrder, _ *simulatortest.World) { o.DocType = "" }, accounts.ErrRejected},
		"bad id":      {func(o *accounts.FaceOrder, _ *simulatortest.World) { o.ID = "x" }, accounts.ErrRejected},
		"wrong secret": {func(_ *accounts.FaceOrder, w *simulatortest.World) {
			w.Gateway.AliyunFace.AccessKeySecret, w.Gateway.HTTPFace.Secret = "x", "x"
		}, accounts.ErrUnavailable},
		"wrong scene": {func(_ *accounts.FaceOrder, w *simulatortest.World) {
			w.Gateway.AliyunFace.SceneID = 1
			w.Gateway.HTTPFace.URL += "x"
		}, accounts.ErrUnavailable},
		"store down": {func(_ *accounts.FaceOrder, w *simulatortest.World) { w.Store.Fail(errors.New("down")) }, accounts.ErrUnavailable},
	} {
		for _, provider := range []string{"aliyun", "http"} {
			w := simulatortest.New(t)
			o := order()
			c.spoil(&o, w)
			g := gateways(t, w)[provider]
			session, err := g.Begin(t.Context(), o)
			if !errors.Is(err, c.want) || session != nil {
				t.Errorf("%s by %s: %+v, %v", name, provider, session, err)
			}
			told(t, err)
			if errors.Is(c.want, accounts.ErrUnavailable) {
				if result, err := g.Result(t.Context(), "nobody"); err == nil {
					t.Errorf("%s by %s: result %+v", name, provider, result)
				}
				if err := g.Check(t.Context()); err == nil {
					t.Errorf("%s by %s: Check is content", name, provider)
				}
			}
		}
	}
}

func TestAnOrderIsBegunOnce(t *testing.T) {
	t.Parallel()
	for _, provider := range []string{"aliyun", "http"} {
		g := gateways(t, simulatortest.New(t))[provider]
		if _, err := g.Begin(t.Context(), order()); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Begin(t.Context(), order()); err == nil {
			t.Errorf("%s: begun twice", provider)
		}
	}
}

func TestAccepts(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	w.Gateway.HTTPFace.DocTypes = []accounts.DocType{accounts.DocPassport}
	all := gateways(t, w)
	for _, doc := range []accounts.DocType{accounts.DocResidentID, accounts.DocPassport, accounts.DocTaiwanPermit, ""} {
		for name, only := range map[string]accounts.DocType{"aliyun": accounts.DocResidentID, "http": accounts.DocPassport} {
			o := order()
			o.DocType = doc
			if name == "http" { // an order is begun once
				o.ID = strings.ToLower(o.ID)
			}
			_, err := all[name].Begin(t.Context(), o)
			if all[name].Accepts(doc) != (doc == only) || (err == nil) != (doc == only) {
				t.Errorf("%s, %q: %v", name, doc, err)
			}
		}
	}
}

func TestConfigs(t *testing.T) {
	t.Parallel()
	if err := (face.AliyunConfig{Model: "x"}).Validate(); err == nil || strings.Count(err.Error(), "\n") != 5 {
		t.Error(err)
	}
	if err := (face.HTTPConfig{DocTypes: []accounts.DocType{"x"}}).Validate(); err == nil || strings.Count(err.Error(), "\n") != 4 {
		t.Error(err)
	}
	if err := (face.HTTPConfig{}).Validate(); err == nil || !strings.Contains(err.Error(), "no document type") {
		t.Error(err)
	}
}

// What a provider says is believed only if it is what was agreed.
func TestLyingProviders(t *testing.T) {
	t.Parallel()
	const expired = `{"error":"not_found"}`
	for _, c := range []struct {
		provider string
		status   int
		answer   string
		begins   bool
		want     accounts.FaceState // "" is an error
	}{
		{"aliyun", 200, `{"Code":"200","ResultObject":{"CertifyId":"a","CertifyUrl":"https://a/b"}}`, true, accounts.FacePending},
		{"aliyun", 200, `{"Code":"200","ResultObject":{"CertifyId":"a","CertifyUrl":"javascript:alert(1)"}}`, false, accounts.FacePending},
		{"aliyun", 200, `{"Code":"200","ResultObject":{"CertifyId":"../a","CertifyUrl":"https://a/b","Passed":"T"}}`, false, ""},
		{"aliyun", 200, `{"Code":"200","ResultObject":{"Passed":"T","SubCode":"200"}}`, false, accounts.FacePassed},
		{"aliyun", 200, `{"Code":"200","ResultObject":{"Passed":"T","SubCode":"204"}}`, false, ""},
		{"aliyun", 200, `{"Code":"200","ResultObject":{"Passed":"F","SubCode":"200"}}`, false, ""},
		{"aliyun", 200, `{"Code":"200","ResultObject":{"Passed":"t","SubCode":"200"}}`, false, ""},
		{"aliyun", 200, `{"Code":"200","ResultObject":{"Passed":"F","SubCode":"777"}}`, false, accounts.FaceFailed},
		{"aliyun", 200, `{"Code":"200","ResultObject":null}`, false, accounts.FacePending},
		{"aliyun", 200, `{"Code":"406"}`, false, accounts.FaceExpired},
		{"aliyun", 200, `{"Code":"500","ResultObject":{"Passed":"T","SubCode":"200"}}`, false, ""},
		{"aliyun", 503, `{"Code":"200","ResultObject":{"Passed":"T","SubCode":"200"}}`, false, ""},
		{"aliyun", 200, `{"Code":"220102199003070013"}`, false, ""},
		{"aliyun", 200, `{`, false, ""},
		{"http", 201, `{"certificate":"a","url":"https://a/b"}`, true, ""},
		{"http", 201, `{"certificate":"a/b","url":"https://a/b"}`, false, ""},
		{"http", 201, `{"certificate":"a","url":"data:text/html,x"}`, false, ""},
		{"http", 200, `{"state":"passed","evidence":"e-1"}`, false, accounts.FacePassed},
		{"http", 200, `{"state":"passed","evidence":"张三"}`, false, ""},
		{"http", 200, `{"state":"Passed"}`, false, ""},
		{"http", 200, `{"passed":true}`, false, ""},
		{"http", 200, `{"state":"failed","reason":"because"}`, false, accounts.FaceFailed},
		{"http", 404, expired, false, accounts.FaceExpired},
		{"http", 404, `not here`, false, ""},
		{"http", 302, `{"state":"passed"}`, false, ""},
		{"http", 401, `{"error":"220102199003070013"}`, false, ""},
		{"http", 200, ``, false, ""},
	} {
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.answer)
		}))
		w := simulatortest.New(t)
		w.Gateway.AliyunFace.Endpoint, w.Gateway.HTTPFace.URL = s.URL, s.URL
		g := gateways(t, w)[c.provider]
		session, err := g.Begin(t.Context(), order())
		if (err == nil) != c.begins || (session != nil) != c.begins {
			t.Errorf("%s %d %s: begun %+v, %v", c.provider, c.status, c.answer, session, err)
		}
		told(t, err)
		result, err := g.Result(t.Context(), "a")
		told(t, err)
		switch {
		case c.want == "" && (err == nil || result != nil):
			t.Errorf("%s %d %s: %+v, %v, want an error", c.provider, c.status, c.answer, result, err)
		case c.want != "" && (err != nil || result.State != c.want || result.Simulated):
			t.Errorf("%s %d %s: %+v, %v, want %s", c.provider, c.status, c.answer, result, err, c.want)
		}
		s.Close()
	}
}
