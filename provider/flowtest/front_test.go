package flowtest

import (
	"crypto/tls"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"slices"
	"sync"
	"sync/atomic"
)

// frontHop is the address that the proxy calls replicas from, and the one they
// trust.
const frontHop = "127.0.0.9"

// front is the proxy before the replicas of a site. It hands requests to them in
// turn, so that no two steps of a flow meet the same one.
type front struct {
	address string
	server  *http.Server
	turn    atomic.Uint64

	mu       sync.Mutex
	replicas []*url.URL
}

func newFront(address string) (*front, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	f := &front{address: listener.Addr().String()}
	dialer := &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(frontHop)}}
	proxy := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.SetURL(f.next())
			r.Out.Host = r.In.Host
			r.SetXForwarded()
		},
		Transport: &http.Transport{DialContext: dialer.DialContext, MaxIdleConnsPerHost: 20},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			w.WriteHeader(http.StatusBadGateway)
		},
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Else net/http closes the body of a request that is answered while the
		// proxy still looks for its end, and the answer is cut off.
		_ = http.NewResponseController(w).EnableFullDuplex() // HTTP/1.1 has it
		proxy.ServeHTTP(w, r)
	})
	f.server = &http.Server{Handler: handler, TLSNextProto: map[string]func(*http.Server, *tls.Conn, http.Handler){}}
	go func() { _ = f.server.Serve(listener) }() // ends with close
	return f, nil
}

func (f *front) next() *url.URL {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.replicas) == 0 {
		return &url.URL{Scheme: "http", Host: "127.0.0.1:1"}
	}
	return f.replicas[f.turn.Add(1)%uint64(len(f.replicas))]
}

func (f *front) add(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas = append(f.replicas, &url.URL{Scheme: "http", Host: address})
}

func (f *front) remove(address string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.replicas = slices.DeleteFunc(f.replicas, func(u *url.URL) bool { return u.Host == address })
}

func (f *front) close() { f.server.Close() }
