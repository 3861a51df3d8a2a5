package flowtest

import (
	"bufio"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// SIGTERM: not ready at once, what is under way is finished, nothing is refused
// while it drains, and the process ends well within 15 s.
func TestStop(t *testing.T) {
	onOwn(t, []string{onSQLite, onRedis}, setup{replicas: 1, settings: []string{"TONGID_LIMITS=off"}}, func(t *testing.T, s *site) {
		r := s.replicas[0]
		b := s.browser(t)
		b.signInDirectly(software)

		// One request is under way: its body is slow.
		f := s.browser(t).open(s.url("/login/enterprise")).credentials(software.account, demoPassword)
		slow := s.beginPost(t, r, f)

		// Many others come all the time.
		var answered, lost atomic.Int32
		stop := make(chan struct{})
		var callers sync.WaitGroup
		for range 4 {
			callers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					if s.status(r, "/oauth2/jwks") == http.StatusOK {
						answered.Add(1)
					} else {
						lost.Add(1)
					}
				}
			})
		}
		waitUntil(t, startWithin, "there is traffic", func() bool { return answered.Load() > 20 })

		asked := time.Now()
		if err := r.signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		waitUntil(t, time.Second, "it is not ready", func() bool { return s.status(r, "/readyz") == http.StatusServiceUnavailable })
		// Until the proxy before it has seen that, it serves as ever.
		b.open(s.url("/")).want(http.StatusOK, "home")
		if n := lost.Load(); n > 0 {
			t.Errorf("%d requests were lost while it drained", n)
		}
		close(stop)
		callers.Wait()
		if answer := slow.finish(t); !strings.HasPrefix(answer, "HTTP/1.1 303") {
			t.Errorf("the request under way was answered %q", answer)
		}
		<-r.done
		if took := time.Since(asked); r.err != nil || took > stopWithin {
			t.Errorf("ended with %v after %s", r.err, took)
		}
	})
}

// slowPost is a form of which half is sent.
type slowPost struct {
	conn net.Conn
	rest string
}

func (s *site) beginPost(t *testing.T, r *replica, f *form) slowPost {
	t.Helper()
	conn, err := net.Dial("tcp", r.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	body := f.values.Encode()
	var cookies []string
	for _, c := range f.page.browser.jar.Cookies(f.page.browser.parse(s.issuer)) {
		cookies = append(cookies, c.Name+"="+c.Value)
	}
	head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: %s\r\nCookie: %s\r\nContent-Type: application/x-www-form-urlencoded\r\n"+
		"Content-Length: %d\r\nConnection: close\r\n\r\n", f.action.Path, s.host(), strings.Join(cookies, "; "), len(body))
	if _, err := conn.Write([]byte(head + body[:len(body)/2])); err != nil {
		t.Fatal(err)
	}
	return slowPost{conn, body[len(body)/2:]}
}

// finish sends the rest and returns the first line of the answer.
func (p slowPost) finish(t *testing.T) string {
	t.Helper()
	if _, err := p.conn.Write([]byte(p.rest)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(p.conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}
