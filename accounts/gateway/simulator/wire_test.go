package simulator_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tongid/tongid/accounts/gateway/acs3"
	"github.com/tongid/tongid/accounts/gateway/hmacsig"
	"github.com/tongid/tongid/accounts/gateway/simulator/simulatortest"
)

func do(t *testing.T, r *http.Request) (int, map[string]any) {
	t.Helper()
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if answer.Header.Get("X-Tongid-Simulated") != "1" {
		t.Errorf("%s is not said to be simulated", body)
	}
	var got map[string]any
	if err := json.Unmarshal(body, &got); err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return answer.StatusCode, got
}

func sms() url.Values {
	return url.Values{
		"PhoneNumbers": {simulatortest.Phone}, "SignName": {simulatortest.Sign}, "TemplateCode": {"SMS_1"},
		"TemplateParam": {`{"code":"123456","purpose":"recover"}`},
	}
}

// cloud makes a signed request of Alibaba Cloud's kind.
func cloud(t *testing.T, w *simulatortest.World, action, version string, q url.Values, at time.Time, nonce string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, w.URL+"/?"+q.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	key := acs3.Key{ID: w.Options.KeyID, Secret: w.Options.Secret}
	acs3.Sign(r, nil, acs3.Call{Action: action, Version: version}, key, at, nonce)
	return r
}

func TestCloudGateway(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	now := w.Clock.Now()
	send := func(at time.Time, nonce string) *http.Request {
		return cloud(t, w, "SendSms", "2017-05-25", sms(), at, nonce)
	}
	without := func(name string) url.Values {
		q := sms()
		q.Del(name)
		return q
	}
	unsigned := send(now, "u")
	unsigned.Header.Del("Authorization")
	forged := send(now, "f")
	forged.URL.RawQuery = strings.Replace(forged.URL.RawQuery, "123456", "654321", 1)
	stranger := send(now, "s")
	stranger.Header.Set("Authorization", strings.Replace(stranger.Header.Get("Authorization"), "Credential=simulator", "Credential=x", 1))
	for _, c := range []struct {
		r      *http.Request
		status int
		code   string
	}{
		{send(now, "1"), 200, "OK"},
		{send(now, "1"), 400, "SignatureNonceUsed"},
		{send(now.Add(16*time.Minute), "2"), 400, "InvalidTimeStamp.Expired"},
		{send(now.Add(-16*time.Minute), "3"), 400, "InvalidTimeStamp.Expired"},
		{unsigned, 400, "IncompleteSignature"},
		{forged, 400, "SignatureDoesNotMatch"},
		{stranger, 404, "InvalidAccessKeyId.NotFound"},
		{cloud(t, w, "SendSms", "2019-03-07", sms(), now, "4"), 400, "InvalidVersion"},
		{cloud(t, w, "SendMail", "2017-05-25", sms(), now, "5"), 404, "InvalidAction.NotFound"},
		{cloud(t, w, "SendSms", "2017-05-25", without("PhoneNumbers"), now, "6"), 400, "MissingPhoneNumbers"},
		{cloud(t, w, "SendSms", "2017-05-25", without("SignName"), now, "7"), 400, "MissingSignName"},
		{cloud(t, w, "SendSms", "2017-05-25", without("TemplateParam"), now, "8"), 200, "isv.TEMPLATE_MISSING_PARAMETERS"},
		{cloud(t, w, "SendSms", "2017-05-25", url.Values{
			"PhoneNumbers": {"1380000000x"}, "SignName": {simulatortest.Sign}, "TemplateCode": {"SMS_1"},
		}, now, "9"), 200, "isv.MOBILE_NUMBER_ILLEGAL"},
		{cloud(t, w, "SendSms", "2017-05-25", url.Values{
			"PhoneNumbers": {simulatortest.Phone}, "SignName": {simulatortest.Sign}, "TemplateCode": {"SMS_9"},
		}, now, "10"), 200, "isv.SMS_TEMPLATE_ILLEGAL"},
		{cloud(t, w, "SendSms", "2017-05-25", url.Values{
			"PhoneNumbers": {simulatortest.Phone}, "SignName": {simulatortest.Sign}, "TemplateCode": {"SMS_1"}, "TemplateParam": {`{"code":1}`},
		}, now, "11"), 200, "isv.INVALID_JSON_PARAM"},
		{cloud(t, w, "DescribeFaceVerify", "2019-03-07", url.Values{"SceneId": {"1000000006"}}, now, "12"), 400, "MissingCertifyId"},
		{cloud(t, w, "DescribeFaceVerify", "2019-03-07", url.Values{"SceneId": {"1"}, "CertifyId": {"x"}}, now, "13"), 200, "404"},
		{cloud(t, w, "QuerySendDetails", "2017-05-25", url.Values{
			"PhoneNumber": {simulatortest.Phone}, "SendDate": {"20261123"}, "PageSize": {"51"}, "CurrentPage": {"1"},
		}, now, "14"), 200, "isv.INVALID_PARAMETERS"},
	} {
		status, got := do(t, c.r)
		if status != c.status || got["Code"] != c.code || got["Simulated"] != true || got["RequestId"] == "" {
			t.Errorf("%s: %d %v, want %d %s", c.r.Header.Get("X-Acs-Signature-Nonce"), status, got, c.status, c.code)
		}
	}
	// The nonce of one that was refused may not be used again either, but only
	// genuine requests spend one.
	if got, err := w.Messages(t.Context(), simulatortest.Phone); err != nil || len(got) != 1 || got[0].Purpose != "recover" {
		t.Errorf("%+v, %v", got, err)
	}
}

func generic(t *testing.T, w *simulatortest.World, method, path, body string, at time.Time, nonce string) *http.Request {
	t.Helper()
	r, err := http.NewRequest(method, w.URL+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	hmacsig.Sign(r, []byte(body), hmacsig.Key{ID: w.Options.KeyID, Secret: w.Options.Secret}, at, nonce)
	return r
}

func TestGenericProtocols(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	now := w.Clock.Now()
	post := func(path, body, nonce string) *http.Request {
		return generic(t, w, http.MethodPost, path, body, now, nonce)
	}
	const verify, claim = "/register/verify", `{"uscc":"` + simulatortest.USCC + `","name":"x"}`
	unsigned := post(verify, claim, "u")
	unsigned.Header.Del("X-Tongid-Nonce")
	forged := post(verify, claim, "f")
	forged.Header.Set("X-Tongid-Nonce", "g")
	stranger := post(verify, claim, "s")
	stranger.Header.Set("X-Tongid-Key", "x")
	for _, c := range []struct {
		r      *http.Request
		status int
		code   any
	}{
		{post(verify, claim, "1"), 200, nil},
		{post(verify, claim, "1"), 409, "nonce_used"},
		{generic(t, w, http.MethodPost, verify, claim, now.Add(16*time.Minute), "2"), 401, "clock_skew"},
		{unsigned, 401, "unsigned"},
		{forged, 401, "bad_signature"},
		{stranger, 401, "unknown_key"},
		{post(verify, `{"uscc":`, "3"), 400, "bad_json"},
		{post(verify, `{"uscc":"1","more":1}`, "4"), 400, "bad_json"},
		{post(verify, `{}`, "5"), 422, "missing_field"},
		{post(verify, strings.Repeat(" ", 70000), "6"), 413, "too_large"},
		{post("/face/orders", `{"id":"x"}`, "7"), 422, "missing_field"},
		{post("/sms/messages", `{"id":"x"}`, "8"), 422, "missing_field"},
		{post("/sms/messages", `{"id":"x","phone":"1","text":"【TONGID】"}`, "9"), 422, "bad_number"},
		{post("/sms/messages", `{"id":"x","phone":"13800000001","text":"hello"}`, "10"), 422, "sign_not_approved"},
		{generic(t, w, http.MethodGet, "/sms/messages/none", "", now, "11"), 404, "not_found"},
		{generic(t, w, http.MethodGet, "/face/orders/none", "", now, "12"), 404, "not_found"},
		{generic(t, w, http.MethodGet, "/register/entries/none", "", now, "13"), 404, "not_found"},
		{generic(t, w, http.MethodGet, "/register/health", "", now, "14"), 200, nil},
	} {
		status, got := do(t, c.r)
		if status != c.status || got["error"] != c.code {
			t.Errorf("%s %s: %d %v, want %d %v", c.r.URL.Path, c.r.Header.Get("X-Tongid-Nonce"), status, got, c.status, c.code)
		}
	}
}

// docs/gateways.md says how these answers look.
func TestGenericAnswers(t *testing.T) {
	t.Parallel()
	w := simulatortest.New(t)
	now := w.Clock.Now()
	status, got := do(t, generic(t, w, http.MethodPost, "/face/orders", `{"id":"0123456789abcdef0123456789abcdef","name":"n",`+
		`"doc_type":"passport","doc_number":"E12345678","return_url":"https://a/b","user_agent":""}`, now, "1"))
	certificate, _ := got["certificate"].(string)
	if status != 201 || got["url"] != w.URL+"/play/"+certificate || got["simulated"] != true {
		t.Errorf("%d %v", status, got)
	}
	if err := w.SetFace(t.Context(), certificate, "fail", "liveness"); err != nil {
		t.Fatal(err)
	}
	status, got = do(t, generic(t, w, http.MethodGet, "/face/orders/"+certificate, "", now, "2"))
	if status != 200 || got["state"] != "failed" || got["reason"] != "liveness" || got["evidence"] != certificate || got["simulated"] != true {
		t.Errorf("%d %v", status, got)
	}
	status, got = do(t, generic(t, w, http.MethodPost, "/register/verify", `{"uscc":"`+simulatortest.USCC+`","rep_name":"Zhang San"}`, now, "3"))
	if status != 200 || got["uscc"] != "match" || got["name"] != "unknown" || got["rep_name"] != "match" || got["simulated"] != true {
		t.Errorf("%d %v", status, got)
	}
}
