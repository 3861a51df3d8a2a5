package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/html"
)

const (
	callTimeout  = 10 * time.Second
	largestReply = 1 << 20
)

// browser is one worker's side of the conversation: a connection that is kept
// alive, and cookies.
type browser struct {
	side    *side
	client  *http.Client
	mu      sync.Mutex // of cookies
	cookies map[string]string
	address string // of the person, as a proxy would name it
	signIns int

	account, accountType string // who signs in, and what the portal asks for, if it does
}

func newBrowser(s *side, n int) *browser {
	return &browser{
		side: s, account: demoAccount, cookies: map[string]string{}, address: fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255),
		client: &http.Client{
			Timeout: callTimeout,
			Transport: &http.Transport{
				DialContext:         (&net.Dialer{Timeout: time.Second}).DialContext,
				MaxIdleConnsPerHost: 2, DisableCompression: true,
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}
}

// reply is a response that was read to its end.
type reply struct {
	status   int
	location string
	body     []byte
}

func readAll(to io.Writer, from io.Reader) (int64, error) {
	return io.Copy(to, io.LimitReader(from, largestReply))
}

func (b *browser) get(ctx context.Context, path string, header http.Header) (reply, error) {
	return b.do(ctx, http.MethodGet, path, nil, header)
}

func (b *browser) post(ctx context.Context, path string, form url.Values, header http.Header) (reply, error) {
	if header == nil {
		header = http.Header{}
	}
	header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(ctx, http.MethodPost, path, strings.NewReader(form.Encode()), header)
}

// do sends a request. A path may also be a whole address on the same server.
func (b *browser) do(ctx context.Context, method, path string, body io.Reader, header http.Header) (reply, error) {
	address := path
	if strings.HasPrefix(path, "/") {
		address = b.side.base + path
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return reply{}, err
	}
	if header != nil {
		r.Header = header
	}
	r.Header.Set("X-Forwarded-For", b.address)
	b.mu.Lock()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value}) //nolint:gosec // a request has no attributes
	}
	b.mu.Unlock()
	response, err := b.client.Do(r)
	if err != nil {
		return reply{}, err
	}
	defer response.Body.Close()
	var text bytes.Buffer
	if _, err := readAll(&text, response.Body); err != nil {
		return reply{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, c := range response.Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
			continue
		}
		b.cookies[c.Name] = c.Value
	}
	return reply{response.StatusCode, response.Header.Get("Location"), text.Bytes()}, nil
}

// expect is an error unless the reply has that status.
func (r reply) expect(what string, status int) error {
	if r.status == status {
		return nil
	}
	return fmt.Errorf("%s: status %d, want %d: %.300s", what, r.status, status, r.body)
}

func (r reply) json(to any) error { return json.Unmarshal(r.body, to) }

// basic is HTTP Basic client authentication (RFC 6749 §2.3.1).
func basic(id, secret string) http.Header {
	r := http.Request{Header: http.Header{}}
	r.SetBasicAuth(url.QueryEscape(id), url.QueryEscape(secret))
	return r.Header
}

// hiddenFields are those of the page's form that has a field, and where that form
// goes.
func hiddenFields(page []byte, field string) (action string, fields url.Values, err error) {
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		return "", nil, err
	}
	for node := range doc.Descendants() {
		if node.Data != "form" {
			continue
		}
		fields, asks := url.Values{}, false
		for input := range node.Descendants() {
			if input.Data != "input" {
				continue
			}
			asks = asks || attribute(input, "name") == field
			if attribute(input, "type") == "hidden" {
				fields.Add(attribute(input, "name"), attribute(input, "value"))
			}
		}
		if asks {
			return attribute(node, "action"), fields, nil
		}
	}
	return "", nil, fmt.Errorf("the page has no form with %s: %.300s", field, page)
}

func attribute(node *html.Node, name string) string {
	for _, a := range node.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}
