package outbound

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestCheckURL(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"https://dysmsapi.aliyuncs.com":  "",
		"https://10.0.0.1:8443/gateway":  "",
		"http://127.0.0.1:9081/face":     "",
		"http://[::1]:9081":              "",
		"http://localhost:1":             "",
		"http://dysmsapi.aliyuncs.com":   "is not https",
		"http://10.0.0.1":                "is not https",
		"http://localhost.example.com":   "is not https",
		"http://127.0.0.1.example.com":   "is not https",
		"ftp://127.0.0.1":                "is not https",
		"":                               "is not absolute",
		"/relative":                      "is not absolute",
		"https:opaque":                   "is not absolute",
		"https://:443":                   "is not absolute",
		"https://user:password@host":     "carries a password",
		"https://host/#fragment":         "has a fragment",
		"https://host/%zz":               "is no address",
		"javascript:alert(1)":            "is not absolute",
		"https://host\r\nX-Injected: 1/": "is no address",
	} {
		got := ""
		if err := CheckURL(raw); err != nil {
			got = err.Error()
		}
		if got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}

func TestCheckPage(t *testing.T) {
	t.Parallel()
	const vendor, local = "https://cloudauth.aliyuncs.com", "http://127.0.0.1:9081"
	for _, c := range []struct {
		page, endpoint string
		ok             bool
	}{
		{"https://face.example/x?y=z", vendor, true},
		{"http://face.example/x", vendor, false},
		{"http://192.168.1.9:8080/simulator/face", local, true},
		{"javascript:alert(1)", local, false},
		{"//face.example", vendor, false},
		{"https://u:p@face.example", vendor, false},
		{"data:text/html,x", local, false},
		{"", local, false},
	} {
		if err := CheckPage(c.page, c.endpoint); (err == nil) != c.ok {
			t.Errorf("%s from %s: %v", c.page, c.endpoint, err)
		}
	}
}

func TestCode(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"isv.BUSINESS_LIMIT_CONTROL": "isv.BUSINESS_LIMIT_CONTROL",
		"401":                        "401",
		"status-503":                 "status-503",
		"":                           "code withheld",
		"13800000001":                "code withheld",
		"a13800000001":               "code withheld",
		"code 123456":                "code withheld",
		"张三":                         "code withheld",
		"a\nb":                       "code withheld",
		strings.Repeat("a", 65):      "code withheld",
	} {
		if got := Code(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestSecretIsNeverPrinted(t *testing.T) {
	t.Parallel()
	config := JSONConfig{Settings: Settings{Name: "a"}, URL: "https://a", KeyID: "k", Secret: "hidden"}
	data, err := json.Marshal(config)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(config), fmt.Sprintf("%v", config), fmt.Sprintf("%+v", config), fmt.Sprintf("%#v", config),
		config.Secret.String(), config.Secret.LogValue().String(), string(data),
	} {
		if strings.Contains(text, "hidden") {
			t.Errorf("shown in %s", text)
		}
	}
}

func TestFaultsListsAll(t *testing.T) {
	t.Parallel()
	if faults := (JSONConfig{}).Faults(); len(faults) != 4 {
		t.Errorf("%v", faults)
	}
	bad := JSONConfig{Settings: Settings{Name: "a b", Timeout: -1, Connect: time.Hour}, URL: "https://a?b", KeyID: "k", Secret: "s"}
	if faults := bad.Faults(); len(faults) != 3 {
		t.Errorf("%v", faults)
	}
}
