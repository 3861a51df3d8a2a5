package flowtest

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// startWithin bounds the start of a program on a machine that is busy with other
// tests.
const startWithin = 30 * time.Second

// Where things listen. Portals are another site than the issuer (for cookies, an
// address is a site of its own), and so is what they redirect on to.
const (
	issuerHost = "127.0.0.1"
	portalHost = "127.0.0.2"
	thirdHost  = "127.0.0.3"
)

// site is a running tongid with its stores, and perhaps two portals.
type site struct {
	issuer   string
	backend  backend
	settings []string // environment of servers and commands
	stores   *stores
	replicas []*replica
	front    *front
	hall     *portal // the human-resources hall
	medical  *portal // the medical-insurance hall
	ledger   *ledger
	tls      *certificate
	caller   *http.Client
	clients  atomic.Int32
}

// replica is one process of a site.
type replica struct {
	*process
	address string
}

// setup is how a site differs from the usual one.
type setup struct {
	settings []string
	portals  bool
	ownRedis bool
	tls      bool
	faults   bool // the test breaks something: faults in the logs are right
	replicas int  // 0: as the backend has it
}

func newSite(b backend, with setup) (*site, error) {
	if with.replicas > 0 {
		b.replicas = with.replicas
	}
	s := &site{backend: b, ledger: newLedger(with.faults)}
	dir, err := os.MkdirTemp(lab.dir, b.name+"-")
	if err != nil {
		return nil, err
	}
	s.stores = &stores{dir: dir, ownRedis: with.ownRedis}
	if err = b.open(s.stores); err == nil {
		err = s.start(with)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("site on %s: %w", b.name, err), s.close())
	}
	return s, nil
}

func (s *site) start(with setup) error {
	address, err := lab.address(issuerHost)
	if err != nil {
		return err
	}
	s.issuer = "http://" + address
	if with.tls {
		_, port, _ := net.SplitHostPort(address)
		s.issuer = "https://localhost:" + port
		if s.tls, err = newCertificate(s.stores.dir); err != nil {
			return err
		}
		s.settings = append(s.settings, "TONGID_TLS_CERT="+s.tls.cert, "TONGID_TLS_KEY="+s.tls.key)
	}
	s.caller = &http.Client{
		Transport: s.transport(nil), Timeout: 30 * time.Second,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	s.settings = append(s.settings, "TONGID_ISSUER="+s.issuer, "TONGID_DEMO=true", "TONGID_OPS_LISTEN=off")
	s.settings = append(append(s.settings, s.stores.env...), with.settings...)
	listen := address
	if s.backend.replicas > 1 {
		if s.front, err = newFront(address); err != nil {
			return err
		}
		listen = issuerHost + ":0"
		s.settings = append(s.settings, "TONGID_TRUSTED_PROXIES="+frontHop)
	}
	// All at once: each may have to migrate, make keys and plant the demo data.
	for range s.backend.replicas {
		if err := s.addReplica(listen); err != nil {
			return err
		}
	}
	for _, r := range s.replicas {
		if err := s.waitReady(r); err != nil {
			return err
		}
	}
	if with.portals {
		return s.startPortals()
	}
	return nil
}

// addReplica starts a process without waiting for it.
func (s *site) addReplica(listen string) error {
	binary, err := lab.binary("tongid")
	if err != nil {
		return err
	}
	name := fmt.Sprintf("tongid on %s #%d", s.backend.name, len(s.replicas))
	p, err := startProcess(name, binary, s.settings, "serve", "--listen", listen)
	if err != nil {
		return err
	}
	s.replicas = append(s.replicas, &replica{process: p})
	return nil
}

// waitReady waits until a replica serves and says that it is ready, and puts it
// behind the proxy.
func (s *site) waitReady(r *replica) error {
	ok := comesTrue(startWithin, func() bool {
		if r.ended() {
			return true
		}
		if r.address == "" {
			for _, line := range r.log.all() {
				var entry struct {
					Message string `json:"msg"`
					Address string `json:"address"`
				}
				if json.Unmarshal([]byte(line), &entry) == nil && entry.Message == "serving" {
					r.address = entry.Address
				}
			}
		}
		return r.address != "" && s.status(r, "/readyz") == http.StatusOK
	})
	if !ok || r.ended() {
		return fmt.Errorf("%s is not ready:\n%s", r.name, r.log.tail(10))
	}
	if s.front != nil {
		s.front.add(r.address)
	}
	return nil
}

// status asks a replica itself, 0 if it does not answer.
func (s *site) status(r *replica, path string) int {
	resp, err := s.direct(r, http.MethodGet, path, nil)
	if err != nil {
		return 0
	}
	resp.Body.Close()
	return resp.StatusCode
}

// direct calls one replica, past the proxy. It must know it under the public name.
func (s *site) direct(r *replica, method, path string, body []byte) (*http.Response, error) {
	scheme, rest, _ := strings.Cut(s.issuer, "://")
	host := r.address
	if scheme == "https" {
		host = rest
	}
	req, err := http.NewRequest(method, scheme+"://"+host+path, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Host = rest
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return s.caller.Do(req)
}

// transport is one for calls to this site, from the address, if one is named.
func (s *site) transport(from net.IP) *http.Transport {
	t := &http.Transport{MaxIdleConnsPerHost: 8, IdleConnTimeout: 30 * time.Second}
	dialer := &net.Dialer{Timeout: 5 * time.Second}
	if from != nil {
		dialer.LocalAddr = &net.TCPAddr{IP: from}
	}
	t.DialContext = dialer.DialContext
	if s.tls != nil {
		t.TLSClientConfig = s.tls.trust()
	}
	return t
}

// forward moves the clocks of all replicas to that far ahead.
func (s *site) forward(t testing.TB, ahead time.Duration) {
	t.Helper()
	body := fmt.Appendf(nil, `{"offset_seconds":%d}`, int(ahead.Seconds()))
	for _, r := range s.replicas {
		resp, err := s.direct(r, http.MethodPut, "/simulator/clock", body)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			t.Fatalf("PUT /simulator/clock: %s", resp.Status)
		}
	}
}

// command runs tongid as an operator does, beside the server, and returns what it
// printed.
func (s *site) command(t testing.TB, stdin string, args ...string) string {
	t.Helper()
	out, err := s.tryCommand(stdin, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *site) tryCommand(stdin string, args ...string) (string, error) {
	binary, err := lab.binary("tongid")
	if err != nil {
		return "", err
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.TempDir()}, s.settings...)
	cmd.Stdin = strings.NewReader(stdin)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("tongid %s: %w\n%s", strings.Join(args, " "), err, said.String())
	}
	return out.String(), nil
}

// url is an address of the issuer.
func (s *site) url(path string) string { return s.issuer + path }

func (s *site) host() string {
	u, err := url.Parse(s.issuer)
	if err != nil {
		panic(err) // made here
	}
	return u.Host
}

// close stops everything, in the order in which nobody misses anybody, and reads
// the logs.
func (s *site) close() error {
	var errs []error
	for _, p := range []*portal{s.hall, s.medical} {
		if p != nil {
			errs = append(errs, p.stop())
			errs = append(errs, s.ledger.auditPortal(p.log.all())...)
		}
	}
	for _, r := range s.replicas {
		if !r.ended() {
			errs = append(errs, r.stop())
		}
		for _, err := range s.ledger.audit(r.log.all()) {
			errs = append(errs, fmt.Errorf("log of %s: %w", r.name, err))
		}
	}
	errs = append(errs, s.ledger.untraced()...)
	if s.front != nil {
		s.front.close()
	}
	return errors.Join(append(errs, s.stores.close())...)
}
