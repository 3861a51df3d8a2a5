package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tongid": main})
}

// The scripts are what an operator types. Beside testscript's own commands:
//
//	ports NAME…                 sets each NAME to a free port
//	exits CODE program args…    runs a program that must end with CODE, and soon
//	start NAME args…            starts `tongid args…` and goes on at once
//	stop NAME                   sends SIGTERM; it must end with 0 within 15 s; its log is stderr
//	term NAME                   sends SIGTERM only
//	until STATUS URL [text]     asks URL until it answers so, 20 s at most; the body is stdout
//	without URL text            asks URL until text is not in it, 2 s at most
//	ask STATUS METHOD URL       asks once; headers and body are stdout
//	token STATUS URL ID SECRET  asks a client_credentials token until it answers so, 2 s at most
//	certificate                 makes cert.pem and key.pem, for localhost
//	handshake OK URL MAX        whether TLS comes about with at most that version
//	field NAME PATTERN          sets NAME to the first group of PATTERN in stdout
//	proxy NAME VARIABLE         replaces the host in a store's URL by a proxy's
//	cut NAME, mend NAME         breaks the proxy's connections, lets them through again
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/script/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	testscript.Run(t, testscript.Params{
		Files: files,
		Setup: func(env *testscript.Env) error {
			env.Values[worldKey{}] = &world{processes: map[string]*process{}, proxies: map[string]*proxy{}}
			env.Defer(func() { env.Values[worldKey{}].(*world).end() })
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"ports": ports, "exits": exits, "start": start, "stop": stop, "term": term, "until": until, "ask": ask,
			"without": without, "certificate": certificateFiles, "handshake": handshake,
			"token": token, "field": field, "proxy": newProxy, "cut": cut, "mend": mend, "postgres": postgres, "redis": redisURL,
		},
		RequireExplicitExec: true,
	})
}

// world is what one script started.
type world struct {
	processes map[string]*process
	proxies   map[string]*proxy
}

type worldKey struct{}

func worldOf(ts *testscript.TestScript) *world { return ts.Value(worldKey{}).(*world) }

type process struct {
	cmd    *exec.Cmd
	stderr string // file
	ended  chan struct{}
	err    error
}

func (w *world) end() {
	for _, p := range w.processes {
		_ = p.cmd.Process.Kill() // it may have ended
		<-p.ended
	}
	for _, p := range w.proxies {
		p.cut()
	}
}

func (w *world) process(ts *testscript.TestScript, name string) *process {
	p, ok := w.processes[name]
	if !ok {
		ts.Fatalf("%s was not started", name)
	}
	return p
}

func ports(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		// Kept until all have one, or two could get the same.
		l, err := freePort()
		ts.Check(err)
		defer l.Close()
		ts.Setenv(name, strconv.Itoa(l.Addr().(*net.TCPAddr).Port))
	}
}

// freePort listens on a port below those from which outgoing connections take
// theirs: once it is let go, nobody is given it in the meantime. The flow tests
// have a range of their own.
func freePort() (l net.Listener, err error) {
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(12000+rand.IntN(10000)))
		if l, err = (&net.ListenConfig{}).Listen(context.Background(), "tcp", address); err == nil {
			return l, nil
		}
	}
	return nil, err
}

// command runs a program as `exec` would.
func command(ts *testscript.TestScript, name string, args ...string) *exec.Cmd {
	for dir := range strings.SplitSeq(ts.Getenv("PATH"), string(filepath.ListSeparator)) {
		if path := filepath.Join(dir, name); exists(path) {
			name = path
			break
		}
	}
	cmd := exec.CommandContext(context.Background(), name, args...)
	cmd.Dir = ts.MkAbs(".")
	for _, key := range environment {
		if value := ts.Getenv(key); value != "" {
			cmd.Env = append(cmd.Env, key+"="+value)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// environment is what the scripts set for a program.
var environment = []string{
	"PATH", "HOME", "TMPDIR", "GOCOVERDIR", "TONGID_DATA", "TONGID_CONFIG", "TONGID_LIMITS", "TONGID_CAPTCHA", "TONGID_LOG_FORMAT",
	"TONGID_POSTGRES_URL", "TONGID_REDIS_URL", "TONGID_MASTER_KEY", "TONGID_POSTGRES_URL_FILE", "TONGID_REDIS_URL_FILE",
	"TONGID_MASTER_KEY_FILE", "TONGID_ISSUER", "TONGID_LISTEN", "TONGID_OPS_LISTEN", "TONGID_NONSENSE",
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	cmd := command(ts, args[1], args[2:]...)
	var stdout, stderr strings.Builder
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	began := time.Now()
	err = cmd.Run()
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		ts.Fatalf("%v", err)
	}
	_, _ = ts.Stdout().Write([]byte(stdout.String()))
	_, _ = ts.Stderr().Write([]byte(stderr.String()))
	if got := cmd.ProcessState.ExitCode(); got != want {
		ts.Fatalf("ended with %d, want %d", got, want)
	}
	// 3 s on a machine of its own (contract); tests share theirs.
	busy := cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	if took := time.Since(began); took > 10*time.Second || busy > 3*time.Second {
		ts.Fatalf("took %s, %s of them busy", took, busy)
	}
}

func start(ts *testscript.TestScript, _ bool, args []string) {
	name := args[0]
	cmd := command(ts, "tongid", args[1:]...)
	log := ts.MkAbs(name + ".log")
	file, err := os.Create(log)
	ts.Check(err)
	defer file.Close()
	cmd.Stderr = file
	ts.Check(cmd.Start())
	p := &process{cmd: cmd, stderr: log, ended: make(chan struct{})}
	go func() { p.err = cmd.Wait(); close(p.ended) }()
	worldOf(ts).processes[name] = p
}

func term(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(worldOf(ts).process(ts, args[0]).cmd.Process.Signal(syscall.SIGTERM))
}

func stop(ts *testscript.TestScript, _ bool, args []string) {
	p := worldOf(ts).process(ts, args[0])
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have had one
	select {
	case <-p.ended:
	case <-time.After(15 * time.Second):
		ts.Fatalf("%s did not end within 15 s", args[0])
	}
	log, err := os.ReadFile(p.stderr)
	ts.Check(err)
	_, _ = ts.Stderr().Write(log)
	ts.Logf("[%s]\n%s", args[0], log)
	if p.err != nil {
		ts.Fatalf("%s ended with %v", args[0], p.err)
	}
	delete(worldOf(ts).processes, args[0])
}

// request asks a server of the test.
func request(method, address string, edit func(*http.Request)) (status int, header http.Header, body string, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return 0, nil, "", err
	}
	if edit != nil {
		edit(r)
	}
	transport := &http.Transport{
		DisableKeepAlives: true, ForceAttemptHTTP2: true,
		TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, // the test's own certificate
	}
	client := &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(r)
	if err != nil {
		return 0, nil, "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, string(text), err
}

// patiently asks until the answer is as wanted.
func patiently(ts *testscript.TestScript, want string, patience time.Duration, text string, askOnce func() (int, string, error)) {
	var status int
	var body string
	var err error
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		status, body, err = askOnce()
		if err == nil && strconv.Itoa(status) == want && strings.Contains(body, text) {
			_, _ = io.WriteString(ts.Stdout(), body)
			return
		}
	}
	for name, p := range worldOf(ts).processes {
		log, _ := os.ReadFile(p.stderr)
		ts.Logf("[%s]\n%s", name, log)
	}
	ts.Fatalf("within %s it answers %d %q, %v; want %s %q", patience, status, body, err, want, text)
}

func until(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.Join(args[2:], " ")
	patiently(ts, args[0], 20*time.Second, text, func() (int, string, error) {
		status, _, body, err := request(http.MethodGet, args[1], nil)
		return status, body, err
	})
}

// seen is how long a command's effect may take: a second (contract), and the
// tests' machine may be slow.
const seen = 2 * time.Second

func without(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(seen); ; time.Sleep(20 * time.Millisecond) {
		_, _, body, err := request(http.MethodGet, args[0], nil)
		if err == nil && !strings.Contains(body, args[1]) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%s still has %s: %s, %v", args[0], args[1], body, err)
		}
	}
}

func ask(ts *testscript.TestScript, _ bool, args []string) {
	status, header, body, err := request(args[1], args[2], nil)
	ts.Check(err)
	if strconv.Itoa(status) != args[0] {
		ts.Fatalf("%s %s answers %d, want %s", args[1], args[2], status, args[0])
	}
	_ = header.Write(ts.Stdout())
	fmt.Fprintf(ts.Stdout(), "\n%s", body)
}

func token(ts *testscript.TestScript, _ bool, args []string) {
	patiently(ts, args[0], seen, "", func() (int, string, error) {
		status, _, body, err := request(http.MethodPost, args[1], func(r *http.Request) {
			r.SetBasicAuth(url.QueryEscape(args[2]), url.QueryEscape(args[3]))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			form := "grant_type=client_credentials"
			r.Body, r.ContentLength = io.NopCloser(strings.NewReader(form)), int64(len(form))
		})
		return status, body, err
	})
}
