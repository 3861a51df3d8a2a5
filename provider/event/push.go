package event

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts"
)

// MediaType is that of a token (RFC 8417 §7.2).
const MediaType = "application/secevent+jwt"

// PushTimeout bounds one push, connecting included.
const PushTimeout = 5 * time.Second

// ErrorCodes are what a receiver may say is wrong with a token (RFC 8935 §2.4).
func ErrorCodes() []string {
	return []string{
		"invalid_request", "invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed", "access_denied",
	}
}

// Pusher pushes tokens to the endpoints that clients are registered with.
type Pusher struct {
	Tokens *Tokens
	// HTTP reaches only where addresses that clients gave may lead (egress).
	HTTP *http.Client
}

// Push hands a token over (RFC 8935 §2). Anything but 202 is a failure, and its
// outcome names it for the log: a code of the receiver's, http_503, unreachable.
func (p *Pusher) Push(ctx context.Context, d *accounts.EventDelivery) (outcome string, err error) {
	c, err := p.Tokens.Clients.Get(d.Client)
	if err != nil {
		return "unregistered", fmt.Errorf("event: push: %w", err)
	}
	token, err := p.Tokens.Token(d)
	if err != nil {
		return "unsigned", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.EventURI, strings.NewReader(token))
	if err != nil {
		return "unreachable", errors.New("event: push: no address")
	}
	request.Header.Set("Content-Type", MediaType)
	request.Header.Set("Accept", "application/json")
	response, err := p.HTTP.Do(request)
	if err != nil {
		return "unreachable", fmt.Errorf("event: push: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusAccepted {
		return "", nil
	}
	outcome = "http_" + strconv.Itoa(response.StatusCode)
	if code := errorCode(response); code != "" {
		outcome = code
	}
	return outcome, fmt.Errorf("event: push: status %d", response.StatusCode)
}

// errorCode reads the registered code of an error answer (RFC 8935 §2.3), if there
// is one. What else it says is not repeated.
func errorCode(response *http.Response) string {
	const longest = 4 << 10
	kind, _, err := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" || response.StatusCode != http.StatusBadRequest {
		return ""
	}
	var said struct {
		Code string `json:"err"`
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, longest))
	if err != nil || json.Unmarshal(body, &said) != nil || !slices.Contains(ErrorCodes(), said.Code) {
		return ""
	}
	return said.Code
}
