package register

import (
	"testing"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

func FuzzReadVerdict(f *testing.F) {
	f.Add([]byte(`{"uscc":"match","name":"match","rep_name":"mismatch","status":"operating","as_of":"2026-11-01"}`))
	f.Add([]byte(`{"uscc":"unknown","name":"match"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		v, err := readVerdict(&outbound.Answer{Status: 200, Body: body}, accounts.RegisterClaim{USCC: "x", Name: "n"})
		if (v == nil) == (err == nil) {
			t.Fatalf("%+v and %v", v, err)
		}
		if v != nil && (v.RepName != accounts.VerdictUnknown || v.RepDocument != accounts.VerdictUnknown ||
			v.USCC == accounts.VerdictUnknown && (v.Name != accounts.VerdictUnknown || v.Status != "")) {
			t.Errorf("%s gives %+v", body, v)
		}
	})
}

func FuzzEqualNames(f *testing.F) {
	f.Add("吉林（长春）", "吉林(长春)")
	f.Fuzz(func(t *testing.T, a, b string) {
		if !EqualNames(a, a) || EqualNames(a, b) != EqualNames(b, a) {
			t.Errorf("%q, %q", a, b)
		}
	})
}
