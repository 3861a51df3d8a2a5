package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.yaml.in/yaml/v3"

	"github.com/tongid/tongid/provider"
)

const masterKey = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func load(t *testing.T, src Source) *Config {
	t.Helper()
	c, err := Load(src)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func faultsOf(t *testing.T, src Source) []string {
	t.Helper()
	_, err := Load(src)
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*InvalidError](err)
	if !ok {
		t.Fatalf("%v is no InvalidError", err)
	}
	for _, f := range invalid.Faults {
		if strings.Contains(f, "\n") {
			t.Errorf("%q is more than a line", f)
		}
	}
	return invalid.Faults
}

func TestDefaults(t *testing.T) {
	c := load(t, Source{})
	if c.Listen != "localhost:8080" || c.Issuer != "http://localhost:8080" || c.OpsListen != "127.0.0.1:9080" || c.Data != "./data" {
		t.Errorf("addresses: %+v", c)
	}
	if diff := cmp.Diff(provider.DefaultLifetimes(), c.Lifetimes); diff != "" {
		t.Error(diff)
	}
	if !c.Embedded() || !c.Captcha || !c.Limits || c.Simulators || c.Demo || c.TLS() || c.KeyRotation != 90*24*time.Hour || c.LogLevel != slog.LevelInfo {
		t.Errorf("defaults: %+v", c)
	}
}

func TestFlagsBeatEnvironmentBeatsFileBeatsDefaults(t *testing.T) {
	path := write(t, "c.yaml", "lifetimes:\n  code: 1m\n  access_token: 2m\n  id_token: 2m\n  refresh_grace: 0\ntrusted_proxies: [10.0.0.0/8, 127.0.0.1]\nsimulators: true\nlimits: off\n")
	c := load(t, Source{
		File:  path,
		Env:   []string{"TONGID_ACCESS_TOKEN_LIFETIME=3m", "TONGID_ID_TOKEN_LIFETIME=3m", "TONGID_LISTEN=", "TONGID_PORT=tcp://10.0.0.1:80", "HOME=/"},
		Flags: map[string]string{"id-token-lifetime": "4m"},
	})
	got := []time.Duration{c.Lifetimes.RefreshIdle, c.Lifetimes.Code, c.Lifetimes.AccessToken, c.Lifetimes.IDToken, c.Lifetimes.RefreshGrace}
	if diff := cmp.Diff([]time.Duration{8 * time.Hour, time.Minute, 3 * time.Minute, 4 * time.Minute, 0}, got); diff != "" {
		t.Error(diff)
	}
	if c.Listen != "localhost:8080" {
		t.Errorf("an empty variable is not absent: %q", c.Listen)
	}
	want := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("127.0.0.1/32")}
	if diff := cmp.Diff(want, c.TrustedProxies, cmp.Comparer(func(a, b netip.Prefix) bool { return a == b })); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"TONGID_PORT"}, c.Unknown); diff != "" {
		t.Error(diff)
	}
	origins := map[string]string{}
	for _, g := range c.Given {
		origins[g.Name] = g.Value + " from " + g.From
	}
	for name, want := range map[string]string{
		"refresh-idle": "8h from default", "code-lifetime": "1m from " + path + ": lifetimes.code",
		"access-token-lifetime": "3m from TONGID_ACCESS_TOKEN_LIFETIME", "id-token-lifetime": "4m from --id-token-lifetime",
		"trusted-proxies": "10.0.0.0/8,127.0.0.1/32 from " + path + ": trusted_proxies", "limits": "off from " + path + ": limits",
		"issuer": "http://localhost:8080 from default",
	} {
		if origins[name] != want {
			t.Errorf("%s: %q, want %q", name, origins[name], want)
		}
	}
}

func TestEveryFaultAtOnce(t *testing.T) {
	path := write(t, "c.yaml", "lissten: x\nlifetimes:\n  cod: 1m\n  code: 1h\ntrusted_proxies: [[1]]\nnothing_like_it: 1\nbrand:\n  nam: x\n  icp_url: 'javascript:x'\n")
	got := faultsOf(t, Source{
		File: path,
		Env: []string{
			"TONGID_CAPTCHA=none", "TONGID_LIMITS=off", "TONGID_REDIS_URL=http://user:hunter2@x", "TONGID_MASTER_KEY=hunter3",
			"TONGID_ISSUER=http://id.example.cn", "TONGID_DEMO=1", "TONGID_TLS_CERT=/nowhere.pem",
		},
		Flags: map[string]string{"ops-listen": "nine", "session-idle": "13h", "log-level": "loud"},
	})
	for i := range got {
		got[i] = strings.ReplaceAll(got[i], path, "FILE")
	}
	want := []string{
		"FILE: unknown key lifetimes.cod (did you mean lifetimes.code?)",
		"FILE: unknown key lissten (did you mean listen?)",
		"FILE: unknown key nothing_like_it",
		"FILE: trusted_proxies: want a value",
		"FILE: unknown key brand.nam (did you mean name?)",
		`FILE: brand: icp_url: "javascript:x" is neither an http(s) address nor a path`,
		`--ops-listen: "nine": want host:port, or off`,
		`TONGID_CAPTCHA: "none": want image or off`,
		`FILE: lifetimes.code: "1h": want a time from 5s to 10m`,
		`--session-idle: "13h": want a time from 10s to 12h`,
		`--log-level: "loud": want one of debug, info, warn, error`,
		`issuer: "http://id.example.cn": want https; http is for localhost, *.localhost, *.test or a loopback or private address`,
		"demo: only with an issuer on localhost, *.localhost, *.test or a loopback or private address, not id.example.cn",
		"master-key: the master key is not base64",
		"postgres-url: missing; it goes with redis-url (TONGID_POSTGRES_URL or TONGID_POSTGRES_URL_FILE)",
		"redis-url: unknown scheme; known are redis, redis+cluster, redis+sentinel and the same with rediss",
		"tls-key: needed with tls-cert",
	}
	if diff := cmp.Diff(want, got, cmpopts.SortSlices(strings.Compare)); diff != "" {
		t.Error(diff)
	}
	if all := strings.Join(got, "\n"); strings.Contains(all, "hunter") {
		t.Errorf("a secret stands in a fault:\n%s", all)
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	for text, want := range map[string]string{
		"a: [":             "did not find",
		"data: x\ndata: y": "already defined",
	} {
		path := write(t, "c.yaml", text)
		got := faultsOf(t, Source{File: path})
		if len(got) != 1 || !strings.HasPrefix(got[0], path+": ") || !strings.Contains(got[0], want) {
			t.Errorf("%q: %q", text, got)
		}
	}
	if got := faultsOf(t, Source{File: "/nowhere/c.yaml"}); len(got) != 1 || !strings.Contains(got[0], "no such file") {
		t.Errorf("%q", got)
	}
	if got := faultsOf(t, Source{File: write(t, "c.yaml", "")}); got != nil {
		t.Errorf("an empty file: %q", got)
	}
	if got := faultsOf(t, Source{File: write(t, "c.yaml", "lifetimes:\ntls: {}\nissuer:\n")}); got != nil {
		t.Errorf("empty sections: %q", got)
	}
}

func TestSecretsByFile(t *testing.T) {
	key := write(t, "key", masterKey+"\n")
	for name, src := range map[string]Source{
		"environment": {Env: []string{"TONGID_MASTER_KEY_FILE=" + key}},
		"file":        {File: write(t, "c.yaml", "master_key_file: "+key)},
		"environment over file": {
			File: write(t, "c.yaml", "master_key: nonsense"), Env: []string{"TONGID_MASTER_KEY_FILE=" + key},
		},
	} {
		if c := load(t, src); c.MasterKey.Reveal() != masterKey {
			t.Errorf("%s: %q", name, c.MasterKey.Reveal())
		}
	}
	for want, src := range map[string]Source{
		"TONGID_MASTER_KEY_FILE: TONGID_MASTER_KEY is given too; want one of them": {Env: []string{"TONGID_MASTER_KEY_FILE=" + key, "TONGID_MASTER_KEY=" + masterKey}},
		"TONGID_MASTER_KEY_FILE: /nowhere: no such file or directory":              {Env: []string{"TONGID_MASTER_KEY_FILE=/nowhere"}},
		"TONGID_MASTER_KEY_FILE: /dev/null is empty":                               {Env: []string{"TONGID_MASTER_KEY_FILE=/dev/null"}},
	} {
		if diff := cmp.Diff([]string{want}, faultsOf(t, src)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestPostgresRedisAndMasterKeyGoTogether(t *testing.T) {
	all := map[string]string{
		"postgres-url": "TONGID_POSTGRES_URL=postgres://u:p@h/d", "redis-url": "TONGID_REDIS_URL=redis+cluster://a:1,b:2",
		"master-key": "TONGID_MASTER_KEY=" + masterKey,
	}
	for given := range 8 {
		var env, want []string
		for i, name := range []string{"postgres-url", "redis-url", "master-key"} {
			if given>>i&1 == 1 {
				env = append(env, all[name])
			} else if given&3 != 0 {
				want = append(want, name)
			}
		}
		var got []string
		for _, f := range faultsOf(t, Source{Env: env}) {
			name, rest, _ := strings.Cut(f, ":")
			if !strings.HasPrefix(rest, " missing") {
				t.Errorf("%q", f)
			}
			got = append(got, name)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", env, diff)
		}
	}
}

func TestIssuer(t *testing.T) {
	for issuer, want := range map[string]string{
		"https://id.example.cn": "", "https://id.example.cn:8443": "", "https://203.0.113.1": "",
		"http://localhost:8080": "", "http://a.localhost": "", "http://idp.test": "", "http://127.0.0.2:1": "", "http://[::1]:8080": "", "http://10.1.2.3": "",
		"http://id.example.cn":       "want https; http is for localhost, *.localhost, *.test or a loopback or private address",
		"http://203.0.113.1":         "want https; http is for localhost, *.localhost, *.test or a loopback or private address",
		"https://id.example.cn/":     "write it without the slash at its end",
		"https://id.example.cn/a":    "want https://host, without a path",
		"https://id.example.cn?a":    "want https://host, without user, query or fragment",
		"https://u@id.example.cn":    "want https://host, without user, query or fragment",
		"https://ID.example.cn":      "write it in lower case",
		"https://id.example.cn:443":  "write it without the port, which is the standard one",
		"https://id.example.cn.":     "write it without the dot at the host's end",
		"https://id_.-example.cn":    "want a host name or an address",
		"ftp://id.example.cn":        "want https://host",
		"id.example.cn":              "want https://host",
		"https://":                   "want https://host",
		"https://id.example.cn:port": "want https://host",
	} {
		var lines []string
		if want != "" {
			lines = []string{fmt.Sprintf("issuer: %q: %s", issuer, want)}
		}
		if diff := cmp.Diff(lines, faultsOf(t, Source{Flags: map[string]string{"issuer": issuer}})); diff != "" {
			t.Errorf("%s: %s", issuer, diff)
		}
	}
}

func TestIssuerFollowsListen(t *testing.T) {
	for listen, want := range map[string]string{
		"localhost:9000": "http://localhost:9000", "127.0.0.1:9000": "http://127.0.0.1:9000", ":9000": "http://localhost:9000",
		"0.0.0.0:9000": "http://localhost:9000", "[::]:80": "http://localhost", "[::1]:9000": "http://[::1]:9000", "127.0.0.1:80": "http://127.0.0.1",
		"203.0.113.1:9000": "fault: issuer: needed when listen is not on this machine",
		"127.0.0.1:0":      "fault: issuer: needed when the system chooses the port of listen",
	} {
		c, err := Load(Source{Flags: map[string]string{"listen": listen}})
		got := c.Issuer
		if err != nil {
			got = "fault: " + strings.TrimPrefix(err.Error(), "config: ")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", listen, got, want)
		}
	}
}

func TestSimulatorsOnLocalHostsOnly(t *testing.T) {
	for _, tt := range []struct {
		env  []string
		want int
	}{
		{[]string{"TONGID_ISSUER=https://idp.test", "TONGID_DEMO=true"}, 0},
		{[]string{"TONGID_ISSUER=https://idp.test", "TONGID_SIMULATORS=true", "TONGID_CAPTCHA=off", "TONGID_LIMITS=off"}, 0},
		{[]string{"TONGID_DEMO=true", "TONGID_CAPTCHA=off"}, 0},
		{[]string{"TONGID_ISSUER=https://id.example.cn", "TONGID_DEMO=true"}, 1},
		{[]string{"TONGID_ISSUER=https://id.example.cn", "TONGID_SIMULATORS=true"}, 1},
		{[]string{"TONGID_CAPTCHA=off"}, 1},
		{[]string{"TONGID_LIMITS=off"}, 1},
	} {
		if got := faultsOf(t, Source{Env: tt.env}); len(got) != tt.want {
			t.Errorf("%q: %q", tt.env, got)
		}
	}
}

func TestSecretsDoNotPrint(t *testing.T) {
	c := load(t, Source{Env: []string{"TONGID_MASTER_KEY=" + masterKey}})
	asJSON, err := json.Marshal(any(c))
	if err != nil {
		t.Fatal(err)
	}
	asYAML, err := yaml.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).InfoContext(t.Context(), "x", "config", c, "key", c.MasterKey)
	slog.New(slog.NewTextHandler(&logged, nil)).InfoContext(t.Context(), "x", "config", c, "key", c.MasterKey)
	for name, out := range map[string]string{
		"%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", c), "%#v": fmt.Sprintf("%#v", *c), "%s": fmt.Sprintf("%s", c.MasterKey),
		"%q": fmt.Sprintf("%q", c.MasterKey), "%x": fmt.Sprintf("%x", c.MasterKey), "json": string(asJSON), "yaml": string(asYAML), "log": logged.String(),
	} {
		if strings.Contains(out, masterKey) || strings.Contains(out, fmt.Sprintf("%x", masterKey)) {
			t.Errorf("%s shows the master key", name)
		}
		if !strings.Contains(out, "[redacted]") {
			t.Errorf("%s does not say that there is one", name)
		}
	}
	if Secret("").String() != "" {
		t.Error("no secret prints as one")
	}
}

// The table is read by people and by other tables: names are unique and every
// default is a value that the setting takes.
func TestTheTable(t *testing.T) {
	names, keys := map[string]bool{}, map[string]bool{}
	for _, s := range Settings() {
		if names[s.Name] || keys[s.Key] {
			t.Errorf("%s stands there twice", s.Name)
		}
		names[s.Name], keys[s.Key] = true, true
		if s.Help == "" || s.Takes() == "" {
			t.Errorf("%s is not described", s.Name)
		}
		if s.Secret != (s.Where == NoFlag) {
			t.Errorf("%s: a secret has no flag, and nothing else lacks one", s.Name)
		}
		if s.Default == "" {
			continue
		}
		if err := s.set(s.Default); err != nil {
			t.Errorf("%s: default %q: %v", s.Name, s.Default, err)
		}
		if got := s.text(); got != s.Default {
			t.Errorf("%s: default %q prints as %q", s.Name, s.Default, got)
		}
	}
}

func TestValues(t *testing.T) {
	for _, tt := range []struct{ name, good, bad string }{
		{"listen", "[::1]:0 :80 host:8080", "8080 host host:x host:-1 host:70000"},
		{"ops-listen", "off 127.0.0.1:1", "on"},
		{"demo", "true false 1 0", "yes on"},
		{"key-rotation", "0 0d 1d 24h 365d", "1h 366d -1d d x"},
		{"refresh-grace", "0 0s 1m", "-1s 61s 5"},
		{"postgres-pool", "2 500", "1 501 x 2.5"},
		{"trusted-proxies", "10.0.0.1 ::1 10.0.0.0/8,fd00::/8", "10.0.0.0/33 host fe80::1%eth0"},
		{"egress-allow", "a.example 10.0.0.1 ::1 a.example,b", "https://a.example a..b -a a/b"},
		{"log-format", "auto json text", "JSON"},
		{"log-level", "debug info warn error", "INFO info+1 trace"},
	} {
		for _, s := range Settings() {
			if s.Name != tt.name {
				continue
			}
			for text := range strings.FieldsSeq(tt.good) {
				if err := s.set(text); err != nil {
					t.Errorf("%s: %q: %v", s.Name, text, err)
				}
			}
			for text := range strings.FieldsSeq(tt.bad) {
				if s.set(text) == nil {
					t.Errorf("%s takes %q", s.Name, text)
				}
			}
		}
	}
}
