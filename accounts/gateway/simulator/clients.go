package simulator

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/aliyunrpc"
	"github.com/tongid/tongid/accounts/gateway/face"
	wire "github.com/tongid/tongid/accounts/gateway/message"
	"github.com/tongid/tongid/accounts/gateway/outbound"
	"github.com/tongid/tongid/accounts/gateway/register"
)

// Clients are the configurations of the real gateways under which they talk to a
// simulator.
type Clients struct {
	AliyunSMS    wire.AliyunConfig
	HTTPSMS      wire.HTTPConfig
	AliyunFace   face.AliyunConfig
	HTTPFace     face.HTTPConfig
	HTTPRegister register.HTTPConfig
}

// Clients returns the configurations for a Handler that is served at base, as
// "http://127.0.0.1:9081". After faults are taken back, they work again within a
// second.
func (s *Simulator) Clients(base string) Clients {
	base = strings.TrimSuffix(base, "/")
	settings := func(name string) outbound.Settings { return outbound.Settings{Name: name, Rest: time.Second} }
	secret := outbound.Secret(s.options.Secret)
	cloud := func(name string) aliyunrpc.Config {
		return aliyunrpc.Config{
			Settings: settings(name), Endpoint: base, AccessKeyID: s.options.KeyID, AccessKeySecret: secret,
		}
	}
	plain := func(name, path string) outbound.JSONConfig {
		return outbound.JSONConfig{Settings: settings(name), URL: base + path, KeyID: s.options.KeyID, Secret: secret}
	}
	templates := map[string]string{}
	for _, code := range slices.Sorted(maps.Keys(s.options.Templates)) {
		templates[s.options.Templates[code]] = code
	}
	return Clients{
		AliyunSMS: wire.AliyunConfig{Config: cloud("simulated-aliyun-sms"), SignName: s.options.SignName, Templates: templates},
		HTTPSMS: wire.HTTPConfig{
			Settings: settings("simulated-http-sms"),
			URL:      base + "/sms/messages",
			Body: `{"id":{{json .ID}},"phone":{{json .Phone}},"purpose":{{json .Purpose}},"kind":{{json .Kind}},` +
				`"params":{{json .Params}},"text":{{json .Text}}}`,
			Signing: "hmac-sha256", KeyID: s.options.KeyID, Secret: secret,
			Success: wire.SuccessRule{Path: "code", Equals: "ok"},
			Failure: wire.FailureRule{
				Path:     "error",
				Rejected: []string{"missing_field", "sign_not_approved", "bad_json"},
				Number:   []string{"bad_number"},
				Limited:  []string{"flow_control"},
			},
			ReceiptPath: "receipt",
			Receipts: wire.ReceiptRule{
				URL: base + "/sms/messages/{receipt}", Path: "state",
				Delivered: []string{string(accounts.DeliveryDelivered)}, Failed: []string{string(accounts.DeliveryFailed)},
			},
			CheckURL: base + "/sms/health",
		},
		AliyunFace: face.AliyunConfig{Config: cloud("simulated-aliyun-face"), SceneID: s.options.SceneID, Model: "LIVENESS"},
		HTTPFace: face.HTTPConfig{
			JSONConfig: plain("simulated-face", "/face"),
			DocTypes: []accounts.DocType{
				accounts.DocResidentID, accounts.DocHKMacaoPermit, accounts.DocTaiwanPermit, accounts.DocResidencePermit,
				accounts.DocPermanentResident, accounts.DocPassport,
			},
		},
		HTTPRegister: register.HTTPConfig{JSONConfig: plain("simulated-registry", "/register")},
	}
}
