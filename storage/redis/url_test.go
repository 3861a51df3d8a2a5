package redis

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseURL(t *testing.T) {
	for address, want := range map[string]target{
		"redis://localhost":         {form: single, hosts: []string{"localhost:6379"}},
		"redis://localhost:1234/":   {form: single, hosts: []string{"localhost:1234"}},
		"redis://localhost:1234/15": {form: single, hosts: []string{"localhost:1234"}, database: 15},
		"REDISS://h":                {form: single, tls: true, hosts: []string{"h:6379"}},
		"redis://:s3cret@h":         {form: single, hosts: []string{"h:6379"}, password: "s3cret"},
		"redis://s3cret@h":          {form: single, hosts: []string{"h:6379"}, password: "s3cret"},
		"redis://u:p%40%2F%3F%23%25@h:1/2": {
			form: single, hosts: []string{"h:1"}, username: "u", password: "p@/?#%", database: 2,
		},
		"redis://u:a@b:c@h:1": {form: single, hosts: []string{"h:1"}, username: "u", password: "a@b:c"},
		"redis://[::1]":       {form: single, hosts: []string{"[::1]:6379"}},
		"redis://[::1]:7/1":   {form: single, hosts: []string{"[::1]:7"}, database: 1},
		"redis+cluster://h1:7000,h2:7001,[fe80::1]:7002": {
			form: cluster, hosts: []string{"h1:7000", "h2:7001", "[fe80::1]:7002"},
		},
		"rediss+cluster://u:p@h1,h2:7001/0": {
			form: cluster, tls: true, hosts: []string{"h1:6379", "h2:7001"}, username: "u", password: "p",
		},
		"redis+sentinel://h1,h2:5/mymaster": {form: sentinel, hosts: []string{"h1:26379", "h2:5"}, master: "mymaster"},
		"redis+sentinel://u:p@h1:1/my%20master/3?sentinel_username=su&sentinel_password=s%26p": {
			form: sentinel, hosts: []string{"h1:1"}, username: "u", password: "p", master: "my master", database: 3,
			sentinelUsername: "su", sentinelPassword: "s&p",
		},
		"rediss+sentinel://h/m": {form: sentinel, tls: true, hosts: []string{"h:26379"}, master: "m"},
	} {
		got, err := parseURL(address)
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(target{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", address, diff)
		}
	}
}

func TestParseURLRefuses(t *testing.T) {
	for _, address := range []string{
		"", "localhost:6379", "://", "redis://", "redis:///0", "redis://:secret@", "http://h", "postgres://u:secret@h",
		"redis://u:secret@h:port", "redis://u:secret@h:0", "redis://u:secret@h:65536", "redis://u:secret@h:1:2",
		"redis://u:secret@::1", "redis://u:secret@h/one", "redis://u:secret@h/-1", "redis://u:secret@h/1/2",
		"redis://u:secret@h1,h2", "redis://u:secret@h?secret=1&secret_option=2", "redis://u:secret%@h", "redis://u:secret@h#f",
		"redis+cluster://u:secret@h/1", "redis+cluster://u:secret@h,,i", "redis+cluster://u:secret@h?sentinel_password=secret",
		"redis+sentinel://u:secret@h", "redis+sentinel://u:secret@h/", "redis+sentinel://u:secret@h//0",
		"redis+sentinel://u:secret@h/m/x", "redis+sentinel://u:secret@h/m%2", "redis://u:secret@h?%zz",
	} {
		got, err := parseURL(address)
		if err == nil {
			t.Errorf("%s: taken as %+v", address, got)
			continue
		}
		// "secret_option" and "secret" are names of options above, which may be
		// said; what stands before the @ may not.
		if strings.Contains(err.Error(), "u:secret") || strings.Contains(err.Error(), "secret@") {
			t.Errorf("%s: the error gives away a part of it: %v", address, err)
		}
	}
}

func FuzzParseURL(f *testing.F) {
	f.Add("redis+sentinel://u:p@h1:1,h2/m/3?sentinel_password=x")
	f.Fuzz(func(t *testing.T, address string) {
		got, err := parseURL(address)
		if err == nil && len(got.hosts) == 0 {
			t.Errorf("%q: no host", address)
		}
	})
}
