package message

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

func FuzzReadAliyun(f *testing.F) {
	f.Add([]byte(`{"Code":"OK","BizId":"1^0","SmsSendDetailDTOs":{"SmsSendDetailDTO":[{"SendStatus":3},{"SendStatus":"2"}]}}`))
	f.Add([]byte(`{"Code":"isv.BUSINESS_LIMIT_CONTROL"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := readAliyun(&outbound.Answer{Status: 200, Body: body})
		if (got == nil) == (err == nil) {
			t.Errorf("%+v and %v", got, err)
		}
		known := errors.Is(err, accounts.ErrRejected) || errors.Is(err, accounts.ErrFlowControl) || errors.Is(err, accounts.ErrUnavailable)
		if err != nil && !known {
			t.Errorf("%v is of no kind", err)
		}
	})
}

func FuzzLookup(f *testing.F) {
	f.Add([]byte(`{"a":[{"b":1.50},true,null]}`), "a.0.b")
	f.Add([]byte(`[]`), "..")
	f.Fuzz(func(t *testing.T, body []byte, path string) {
		document, err := decodeAny(&outbound.Answer{Body: body})
		if err != nil {
			return
		}
		if value, ok := lookup(document, path); !ok && value != "" {
			t.Errorf("%q is not there", value)
		}
	})
}

func TestLookup(t *testing.T) {
	t.Parallel()
	var document any
	d := json.NewDecoder(strings.NewReader(`{"a":[{"b":1.50,"c":"x","":"e"},true,null,{}],"0":"zero"}`))
	d.UseNumber()
	if err := d.Decode(&document); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		"a.0.b": "1.50", "a.0.c": "x", "a.1": "true", "0": "zero", "a.0.": "e",
		"a": "", "a.2": "", "a.3": "", "a.9": "", "a.-1": "", "a.x": "", "": "", "a.0.b.c": "", "nothing": "",
	} {
		if got, ok := lookup(document, path); got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", path, got, ok)
		}
	}
}
