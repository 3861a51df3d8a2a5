package deploy_test

import (
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// Runs nginx as configured, before a server that stands for tongid, and lies to it.
func TestNginx(t *testing.T) {
	t.Parallel()
	nginx, ok := tool(t, "nginx")
	if !ok {
		// At least its form: what opens is closed, what is said ends.
		depth := 0
		for line := range strings.Lines(read(t, "nginx/nginx.conf")) {
			line = strings.TrimSpace(line)
			depth += strings.Count(line, "{") - strings.Count(line, "}")
			if line != "" && !strings.HasPrefix(line, "#") && !strings.ContainsAny(line[len(line)-1:], "{};'") {
				t.Errorf("does not end: %s", line)
			}
		}
		if depth != 0 {
			t.Errorf("%d braces stay open", depth)
		}
		return
	}

	seen := make(chan *http.Request, 1)
	backend := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen <- r }))
	t.Cleanup(backend.Close)
	log, address := startNginx(t, nginx, backend.Listener.Addr().String())

	client := &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // a certificate of a moment ago
	}}
	t.Cleanup(client.CloseIdleConnections)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "https://"+address+"/authorize?code=xyzzy", http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded", "X-Request-Id"} {
		req.Header.Set(name, "a lie")
	}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("nginx answers %s", resp.Status)
	}

	r := <-seen
	got := map[string]string{"Host": r.Host}
	for _, name := range []string{"X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "X-Real-IP", "Forwarded"} {
		got[name] = r.Header.Get(name)
	}
	want := map[string]string{
		"Host": address, "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": address,
		"X-Real-IP": "", "Forwarded": "",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("what tongid is told (-want +got):\n%s", diff)
	}
	if id := r.Header.Get("X-Request-Id"); len(id) != 32 {
		t.Errorf("request id %q is not nginx's", id)
	}

	old := client.Transport.(*http.Transport).Clone()
	old.TLSClientConfig.MaxVersion = tls.VersionTLS11
	old.TLSClientConfig.MinVersion = tls.VersionTLS10
	if resp, err := (&http.Client{Transport: old}).Do(req); err == nil {
		resp.Body.Close()
		t.Error("TLS 1.1 is spoken")
	}

	line := ""
	for deadline := time.Now().Add(5 * time.Second); !strings.Contains(line, "/authorize") && time.Now().Before(deadline); {
		line = read(t, log)
	}
	if !strings.Contains(line, "/authorize") || strings.Contains(line, "xyzzy") {
		t.Errorf("the log reads %q", line)
	}
	t.Log("checked with a running nginx: forwarded headers, TLS versions, log without query strings")
}

// startNginx runs nginx with our configuration, moved to this machine's addresses and folders, and
// returns its log and its address.
func startNginx(t *testing.T, nginx, backend string) (log, address string) {
	t.Helper()
	dir := t.TempDir()
	if out, err := run(t, "./make-secrets", filepath.Join(dir, "secrets")); err != nil {
		t.Fatalf("make-secrets: %v\n%s", err, out)
	}
	address = freeAddress(t)
	log = filepath.Join(dir, "access.log")
	conf := read(t, "nginx/nginx.conf")
	for _, change := range [][2]string{
		{"/run/secrets", filepath.Join(dir, "secrets")},
		{"pid /tmp/nginx.pid", "pid " + filepath.Join(dir, "nginx.pid")},
		{"access_log /dev/stdout", "access_log " + log},
		{"http {", "http {\n client_body_temp_path " + dir + "/b;\n proxy_temp_path " + dir + "/p;\n" +
			" fastcgi_temp_path " + dir + "/f;\n uwsgi_temp_path " + dir + "/u;\n scgi_temp_path " + dir + "/s;"},
		{"listen 8443", "listen " + address},
		// Docker's resolver is not here, and Debian's nginx is too old for these two.
		{"server tongid:8080 resolve", "server " + backend},
		{"http2 on;", ""},
	} {
		conf = replace(t, conf, change[0], change[1])
	}
	file := filepath.Join(dir, "nginx.conf")
	write(t, file, conf)
	if out, err := run(t, nginx, "-t", "-q", "-p", dir, "-e", "stderr", "-c", file); err != nil || out != "" {
		t.Fatalf("nginx -t: %v\n%s", err, out)
	}
	t.Log("checked with nginx -t, without `resolve` and `http2 on`, which need a newer one")

	ctx, stop := context.WithCancel(t.Context())
	cmd := exec.CommandContext(ctx, nginx, "-p", dir, "-e", "stderr", "-c", file, "-g", "daemon off;")
	cmd.Stderr = os.Stderr
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 5 * time.Second
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		_ = cmd.Wait() // it was told to end
	})
	for deadline := time.Now().Add(10 * time.Second); ; {
		conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", address)
		if err == nil {
			conn.Close()
			return log, address
		}
		if time.Now().After(deadline) {
			t.Fatal("nginx does not listen")
		}
	}
}

func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}
