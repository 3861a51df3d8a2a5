package config

import (
	"crypto/x509"
	"encoding/pem"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/aliyunrpc"
	"github.com/tongid/tongid/accounts/gateway/face"
	"github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/register"
)

const aliyunTemplates = `
    templates:
      code: {register: SMS_1, activate: SMS_2, recover: SMS_3, phone: SMS_4}
      password_reset: SMS_5
      phone_changed: SMS_6
      account_closing: SMS_7
      registered: SMS_8
      mandate_granted: SMS_11
      mandate_invited: SMS_12
      mandate_ended: SMS_13
      mandate_ending: SMS_15
      register_match: SMS_9
      register_mismatch: SMS_10
      enterprise_changed: SMS_14
`

func TestOutsideSystems(t *testing.T) {
	secret := write(t, "secret", "from a file\n")
	path := write(t, "c.yaml", `
brand: {sms_sign: 某某平台}
sms:
  - kind: aliyun
    access_key_id: LTAI
    access_key_secret_file: `+secret+aliyunTemplates+`
  - kind: http
    name: carrier
    url: https://sms.example.gov.cn/send?app=hunter1
    method: PUT
    headers: {X-App: tongid, X-Password_file: `+secret+`}
    body: '{"mobile": {{json .Phone}}, "text": {{json .Text}}, "password": "hunter2"}'
    signing: hmac-sha256
    key_id: 1
    secret: hunter3
    success: {path: code, equals: 0}
    failure: {path: code, limited: [31, "32"], rejected: 12, number: ["11"]}
    receipt_path: id
    receipts: {url: "https://sms.example.gov.cn/state/{receipt}", path: state, delivered: [DELIVRD], failed: [UNDELIV]}
    check_url: https://sms.example.gov.cn/health
    timeout: 5s
    connect: 500ms
    rest: 30s
face:
  kind: aliyun
  access_key_id: LTAI
  access_key_secret: hunter4
  scene_id: 1000000006
register:
  kind: http
  url: https://register.example.gov.cn/v1
  key_id: tongid
  secret_file: `+secret+`
`)
	c := load(t, Source{File: path, Flags: map[string]string{"persons-per-phone": "2"}})
	file := outbound.Secret("from a file")
	sms := []SMS{{Aliyun: &message.AliyunConfig{
		Config: aliyunrpc.Config{
			Settings: outbound.Settings{Name: "aliyun-sms"}, Endpoint: aliyunSMSEndpoint, AccessKeyID: "LTAI", AccessKeySecret: file,
		},
		SignName: "某某平台",
		Templates: map[string]string{
			"code.register": "SMS_1", "code.activate": "SMS_2", "code.recover": "SMS_3", "code.phone": "SMS_4", "password_reset": "SMS_5",
			"phone_changed": "SMS_6", "account_closing": "SMS_7", "registered": "SMS_8", "register_match": "SMS_9", "register_mismatch": "SMS_10",
			"mandate_granted": "SMS_11", "mandate_invited": "SMS_12", "mandate_ended": "SMS_13", "mandate_ending": "SMS_15",
			"enterprise_changed": "SMS_14",
		},
	}}, {HTTP: &message.HTTPConfig{
		Settings: outbound.Settings{Name: "carrier", Timeout: 5 * time.Second, Connect: 500 * time.Millisecond, Rest: 30 * time.Second},
		URL:      "https://sms.example.gov.cn/send?app=hunter1", Method: "PUT",
		Headers: map[string]outbound.Secret{"X-App": "tongid", "X-Password": file},
		Body:    `{"mobile": {{json .Phone}}, "text": {{json .Text}}, "password": "hunter2"}`,
		Signing: "hmac-sha256", KeyID: "1", Secret: "hunter3", Success: message.SuccessRule{Path: "code", Equals: "0"},
		Failure:     message.FailureRule{Path: "code", Limited: []string{"31", "32"}, Rejected: []string{"12"}, Number: []string{"11"}},
		ReceiptPath: "id", CheckURL: "https://sms.example.gov.cn/health",
		Receipts: message.ReceiptRule{
			URL: "https://sms.example.gov.cn/state/{receipt}", Path: "state", Delivered: []string{"DELIVRD"}, Failed: []string{"UNDELIV"},
		},
	}}}
	if diff := cmp.Diff(sms, c.SMS, cmpopts.IgnoreTypes(&x509.CertPool{})); diff != "" {
		t.Error(diff)
	}
	wantFace := Face{Aliyun: &face.AliyunConfig{Config: aliyunrpc.Config{
		Settings: outbound.Settings{Name: "aliyun"}, Endpoint: aliyunFaceEndpoint, AccessKeyID: "LTAI", AccessKeySecret: "hunter4",
	}, SceneID: 1000000006, Model: "LIVENESS"}}
	if diff := cmp.Diff(wantFace, c.Face, cmpopts.IgnoreTypes(&x509.CertPool{})); diff != "" {
		t.Error(diff)
	}
	wantRegister := &register.HTTPConfig{JSONConfig: outbound.JSONConfig{
		Settings: outbound.Settings{Name: "register"}, URL: "https://register.example.gov.cn/v1", KeyID: "tongid", Secret: file,
	}}
	if diff := cmp.Diff(wantRegister, c.Register, cmpopts.IgnoreTypes(&x509.CertPool{})); diff != "" {
		t.Error(diff)
	}
	if c.Wizards.PersonsPerPhone != 2 || c.Wizards.EnterprisesPerPhone != 20 || c.Wizards.TellUnknown {
		t.Errorf("%+v", c.Wizards)
	}
	wantGiven(t, c, path)
}

// wantGiven checks what is printed of the sections: each value once, no secret.
func wantGiven(t *testing.T, c *Config, path string) {
	t.Helper()
	got := map[string]string{}
	for _, g := range c.Given {
		if strings.Contains(g.Value, "hunter") || strings.Contains(g.Value, "from a file") {
			t.Errorf("%s shows its secret", g.Name)
		}
		if _, twice := got[g.Name]; twice {
			t.Errorf("%s stands there twice", g.Name)
		}
		got[g.Name] = g.Value + " from " + strings.ReplaceAll(g.From, path, "FILE")
	}
	for name, want := range map[string]string{
		"sms[0].kind": "aliyun from FILE", "sms[0].access_key_secret_file": "[redacted] from FILE",
		"sms[0].templates.code.phone": "SMS_4 from FILE", "sms[1].url": "https://sms.example.gov.cn/send?[redacted] from FILE",
		"sms[1].body": "[redacted] from FILE", "sms[1].secret": "[redacted] from FILE", "sms[1].headers.X-App": "[redacted] from FILE",
		"sms[1].failure.limited": "31,32 from FILE", "face.scene_id": "1000000006 from FILE", "register.kind": "http from FILE",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}

func TestNoOutsideSystems(t *testing.T) {
	for _, text := range []string{"", "sms:\nface:\nregister:\n", "sms: []\n", "register: {kind: table}\n"} {
		c := load(t, Source{File: write(t, "c.yaml", text)})
		if len(c.SMS) != 0 || c.Face.Given() || c.Register != nil {
			t.Errorf("%q: %+v %+v %+v", text, c.SMS, c.Face, c.Register)
		}
	}
	c := load(t, Source{File: write(t, "c.yaml", "face: {kind: http, url: 'http://127.0.0.1:1', key_id: a, secret: b, doc_types: [passport]}\n")})
	if !c.Face.Given() || c.Face.HTTP.DocTypes[0] != accounts.DocPassport {
		t.Errorf("%+v", c.Face)
	}
}

func TestEveryFaultOfOutsideSystems(t *testing.T) {
	empty, noCA := write(t, "empty", " \n"), write(t, "ca.pem", "hunter")
	path := write(t, "c.yaml", `
sms:
  - kind: aliyun
    acess_key_id: hunter1
    access_key_secret: hunter2
    access_key_secret_file: /nowhere
    timeout: 2m
    templates: {code: {register: SMS_1, login: hunter3}, phone_change: hunter4}
  - kind: http
    url: http://sms.example.gov.cn/send
    body: '{"text": "{{.Text}}"}'
    signing: md5
    secret_file: `+empty+`
    success: {path: code}
    failure: code
    ca_file: `+noCA+`
  - kind: smoke
  - hunter5
face:
  kind: http
  name: hunter 6
  url: [hunter7]
  key_id: {a: hunter8}
  secret: b
  doc_types: [library_card]
register: {kind: http, name: http-sms, url: https://r.example.cn, key_id: k, secret_file: /nowhere, secrett: hunter9}
`)
	got := faultsOf(t, Source{File: path})
	for i := range got {
		got[i] = strings.NewReplacer(path+": ", "", empty, "EMPTY", noCA, "CA").Replace(got[i])
	}
	want := []string{
		"sms[0].timeout: want a time from 10ms to 1m",
		"sms[0].access_key_secret_file: access_key_secret is given too; want one of them",
		"unknown key sms[0].acess_key_id (did you mean access_key_id?)",
		"unknown key sms[0].templates.code.login",
		"unknown key sms[0].templates.phone_change (did you mean phone_changed?)",
		"sms[0]: access key id is missing", "sms[0]: sign name is missing",
		"sms[0]: template of account_closing has no code", "sms[0]: template of code.activate has no code",
		"sms[0]: template of code.phone has no code", "sms[0]: template of code.recover has no code",
		"sms[0]: template of enterprise_changed has no code",
		"sms[0]: template of password_reset has no code", "sms[0]: template of phone_changed has no code",
		"sms[0]: template of register_match has no code", "sms[0]: template of register_mismatch has no code",
		"sms[0]: template of registered has no code",
		"sms[0]: template of mandate_granted has no code",
		"sms[0]: template of mandate_invited has no code",
		"sms[0]: template of mandate_ended has no code",
		"sms[0]: template of mandate_ending has no code",
		"sms[1].secret_file: EMPTY is empty", "sms[1].failure: want keys with values", "sms[1].ca_file: CA: no certificate in PEM",
		"sms[1]: url is not https", "sms[1]: signing must be none or hmac-sha256",
		"sms[1]: the success rule needs both its path and its value",
		"sms[1]: body: is not JSON when a value holds quotes: write {{json .Text}}",
		"sms[2].kind: want one of aliyun, http",
		"sms[3]: want keys with values", "sms[3].kind: want one of aliyun, http",
		"face.url: want a text", "face.key_id: want a text",
		"face: name must be letters, digits, - and _", "face: url is not absolute", "face: key id is missing", "face: a document type is unknown",
		"register.secret_file: /nowhere: no such file or directory", "unknown key register.secrett (did you mean secret?)",
		"name: two outside systems are called http-sms; give one of them another name",
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Error(diff)
	}
	if strings.Contains(strings.Join(got, "\n"), "hunter") {
		t.Error("a fault repeats what may be a secret")
	}
	if got := faultsOf(t, Source{File: write(t, "c.yaml", "sms: {kind: aliyun}\nface: x\n")}); len(got) != 3 ||
		!strings.HasSuffix(got[0], "sms: want a list of providers, each beginning with a dash") {
		t.Errorf("%q", got)
	}
}

func TestOutsideSystemsBesideSimulators(t *testing.T) {
	for text, want := range map[string]int{
		"simulators: true\n":                          0,
		"simulators: true\nregister: {kind: table}\n": 1,
		"demo: true\nface: {kind: http, url: 'http://127.0.0.1:1', key_id: a, secret: b, doc_types: [passport]}\n": 1,
	} {
		got := faultsOf(t, Source{File: write(t, "c.yaml", text)})
		if len(got) != want || want == 1 && got[0] != "simulators: not together with the sections sms, face and register" {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestPrivateAuthority(t *testing.T) {
	server := httptest.NewTLSServer(nil)
	t.Cleanup(server.Close)
	authority := write(t, "ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})))
	c := load(t, Source{File: write(t, "c.yaml",
		"register: {kind: http, url: 'https://r.example.cn', key_id: a, secret: b, ca_file: "+authority+"}\n")})
	want := x509.NewCertPool()
	want.AddCert(server.Certificate())
	if !c.Register.RootCAs.Equal(want) {
		t.Error("not the authority of the file")
	}
}
