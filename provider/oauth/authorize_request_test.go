package oauth

import "testing"

// RFC 9700 §2.1: redirect URIs are compared byte for byte, but for the port of a
// loopback address (RFC 8252 §7.3).
func TestRedirectMatchesExactly(t *testing.T) {
	const web = "https://hall.example.gov.cn/callback"
	for _, sent := range []string{
		"", web + "/", web + "?a=b", web + "#", web + "#f", web + "%00", web + "/../x",
		"https://hall.example.gov.cn/Callback", "https://HALL.example.gov.cn/callback",
		"HTTPS://hall.example.gov.cn/callback", "http://hall.example.gov.cn/callback",
		"https://hall.example.gov.cn:443/callback", "https://hall.example.gov.cn./callback",
		"https://user@hall.example.gov.cn/callback", "https://hall.example.gov.cn@evil.test/callback",
		"https://hall.example.gov.cn/%63allback", "https://hall.example.gov.cn//callback",
		`https://hall.example.gov.cn\callback`, `https://evil.test\@hall.example.gov.cn/callback`,
		"https://hall.example.gov.cn/%2e%2e/callback", "https://hall.example.gov.cn/callback ",
		"https://xn--hall-x.example/callback", "//hall.example.gov.cn/callback", "javascript:alert(1)",
	} {
		if redirectMatches(web, sent) {
			t.Errorf("accepted %q", sent)
		}
	}
	if !redirectMatches(web, web) {
		t.Error("refused the registered URI")
	}
}

func TestRedirectLoopbackPortIsFree(t *testing.T) {
	const native = "http://127.0.0.1/cb?x=1"
	for sent, want := range map[string]bool{
		native:                          true,
		"http://127.0.0.1:1/cb?x=1":     true,
		"http://127.0.0.1:65535/cb?x=1": true,
		"http://127.0.0.1:0/cb?x=1":     false,
		"http://127.0.0.1:065/cb?x=1":   false,
		"http://127.0.0.1:70000/cb?x=1": false,
		"http://127.0.0.1:/cb?x=1":      false,
		"http://127.0.0.2:80/cb?x=1":    false,
		"http://localhost:80/cb?x=1":    false,
		"https://127.0.0.1:80/cb?x=1":   false,
		"http://127.0.0.1:80/cb":        false,
		"http://127.0.0.1:80/cb?x=1#f":  false,
		"http://u@127.0.0.1:80/cb?x=1":  false,
	} {
		if got := redirectMatches(native, sent); got != want {
			t.Errorf("%q: %v, want %v", sent, got, want)
		}
	}
	if redirectMatches("http://localhost:8090/callback", "http://localhost:9999/callback") {
		t.Error("localhost is a name, not a loopback address")
	}
}

func TestWithQueryKeepsTheURIsOwnQuery(t *testing.T) {
	fields := []Field{{"state", "a b&c=d%é"}}
	for uri, want := range map[string]string{
		"https://a.test/cb":     "https://a.test/cb?state=a+b%26c%3Dd%25%C3%A9",
		"https://a.test/cb?x=1": "https://a.test/cb?x=1&state=a+b%26c%3Dd%25%C3%A9",
		"https://a.test/cb?":    "https://a.test/cb?state=a+b%26c%3Dd%25%C3%A9",
		"cn.hall.app:/cb":       "cn.hall.app:/cb?state=a+b%26c%3Dd%25%C3%A9",
	} {
		if got := withQuery(uri, fields); got != want {
			t.Errorf("withQuery(%q) = %q, want %q", uri, got, want)
		}
	}
}
