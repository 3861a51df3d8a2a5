package face

import (
	"encoding/json"
	"testing"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

func FuzzReadAliyunResult(f *testing.F) {
	f.Add([]byte(`{"Code":"200","ResultObject":{"Passed":"T","SubCode":"200"}}`))
	f.Add([]byte(`{"Code":"406"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		result, err := readResult(&outbound.Answer{Status: 200, Body: body}, "c")
		if (result == nil) == (err == nil) {
			t.Fatalf("%+v and %v", result, err)
		}
		var said struct {
			Code         string
			ResultObject struct{ Passed, SubCode string }
		}
		if result != nil && result.State == accounts.FacePassed &&
			(json.Unmarshal(body, &said) != nil || said.Code != "200" || said.ResultObject.Passed != "T") {
			t.Errorf("%s is a pass", body)
		}
	})
}

func FuzzReadTruth(f *testing.F) {
	f.Add([]byte(`{"state":"passed","evidence":"e"}`))
	f.Add([]byte(`{"state":"failed","reason":"liveness"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		result, err := readTruth(&outbound.Answer{Status: 200, Body: body})
		if (result == nil) == (err == nil) || result != nil && (result.Reason == "") == (result.State == accounts.FaceFailed) {
			t.Errorf("%+v and %v", result, err)
		}
	})
}

func TestMetaInfoIsJSON(t *testing.T) {
	t.Parallel()
	for _, agent := range []string{"", `"}`, "\x00\xff", "<script>"} {
		if m := metaInfo(agent); !json.Valid([]byte(m)) {
			t.Errorf("%q makes %s", agent, m)
		}
	}
}
