package message

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"slices"
	"strings"
	"text/template"

	"github.com/tongid/tongid/accounts"
	"github.com/tongid/tongid/accounts/gateway/outbound"
)

// HTTPConfig configures a provider that takes an HTTP request of a shape that
// the operator describes (docs/gateways.md).
type HTTPConfig struct {
	outbound.Settings

	URL    string
	Method string // POST if empty; PUT
	// Headers are sent as they are, and never shown: some vendors want a password
	// there. Content-Type is application/json if none is given.
	Headers map[string]outbound.Secret
	// Body is a text/template over ID, Phone (eleven digits), E164, Purpose, Kind,
	// Params and Text, with the functions json (a JSON value) and urlquery. What is
	// missing from Params is an error; write index .Params "x" for what may be.
	Body string
	// Signing is "none" or "hmac-sha256" (package hmacsig, with KeyID and Secret).
	Signing string
	KeyID   string
	Secret  outbound.Secret
	Success SuccessRule
	Failure FailureRule
	// ReceiptPath is where the answer names the message; empty: the ID is its name.
	ReceiptPath string
	Receipts    ReceiptRule
	// CheckURL is read to find out whether the provider is there. If it is empty,
	// a connection that answers anything at all is enough.
	CheckURL string
}

// SuccessRule says which answer means that the message was taken: a 2xx, and if
// there is a path, a value at it.
type SuccessRule struct {
	Path   string // "Response.SendStatusSet.0.Code"
	Equals string
}

// FailureRule says what the value at a path of every other answer means; without
// a path it is that of the success rule. What it does not name is a failure that
// says nothing, but the status 429, which always means too many.
type FailureRule struct {
	Path     string
	Limited  []string // too many messages
	Rejected []string // this message will never be taken
	Number   []string // this number will never be taken
}

// ReceiptRule says how to ask what became of a message. Without an address,
// nothing is ever known.
type ReceiptRule struct {
	URL       string // with {receipt} in its path or query
	Path      string
	Delivered []string
	Failed    []string
}

const (
	signingNone = "none"
	signingHMAC = "hmac-sha256"
)

// Validate lists what is wrong with the configuration. The body is tried on a
// sample with characters that break JSON.
func (c HTTPConfig) Validate() error {
	faults := c.Faults()
	address := func(name, raw string) {
		if err := outbound.CheckURL(raw); err != nil {
			faults = append(faults, errors.New(name+" "+err.Error()))
		}
	}
	address("url", c.URL)
	if c.CheckURL != "" {
		address("check url", c.CheckURL)
	}
	if c.Receipts.URL != "" {
		address("receipts url", strings.ReplaceAll(c.Receipts.URL, receiptMark, "r"))
		if !strings.Contains(c.Receipts.URL, receiptMark) {
			faults = append(faults, errors.New("receipts url lacks "+receiptMark))
		}
		if c.Receipts.Path == "" || len(c.Receipts.Delivered) == 0 {
			faults = append(faults, errors.New("receipts need a path and what means delivered"))
		}
	}
	if !slices.Contains([]string{"", http.MethodPost, http.MethodPut}, c.Method) {
		faults = append(faults, errors.New("method must be POST or PUT"))
	}
	switch {
	case c.Signing != signingNone && c.Signing != signingHMAC:
		faults = append(faults, errors.New("signing must be none or hmac-sha256"))
	case c.Signing == signingHMAC && (c.KeyID == "" || c.Secret == ""):
		faults = append(faults, errors.New("signing needs a key id and a secret"))
	}
	if (c.Success.Path == "") != (c.Success.Equals == "") {
		faults = append(faults, errors.New("the success rule needs both its path and its value"))
	}
	for name, value := range c.Headers {
		if name == "" || strings.ContainsAny(name+string(value), "\r\n\x00") || strings.ContainsAny(name, " :") {
			faults = append(faults, errors.New("a header cannot be sent"))
		}
	}
	if err := c.tryBody(); err != nil {
		faults = append(faults, err)
	}
	return faulty("http sms", faults)
}

func (c HTTPConfig) tryBody() error {
	parsed, err := parseBody(c.Body)
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	hard := "\"quoted\\\n<&>{{"
	body, err := render(parsed, accounts.Message{
		ID: "0", Phone: "+8613900000000", Purpose: accounts.PurposeNotice, Kind: hard, Text: hard,
		Params: map[string]string{"purpose": hard, "code": hard, "minutes": hard},
	}, "13900000000")
	if err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if c.contentType() == jsonType && !json.Valid(body) {
		return errors.New("body: is not JSON when a value holds quotes: write {{json .Text}}")
	}
	return nil
}

const jsonType = "application/json"

func (c HTTPConfig) contentType() string {
	for name, value := range c.Headers {
		if http.CanonicalHeaderKey(name) == "Content-Type" {
			if kind, _, err := mime.ParseMediaType(string(value)); err == nil {
				return kind
			}
			return string(value)
		}
	}
	return jsonType
}

func parseBody(text string) (*template.Template, error) {
	return template.New("body").Option("missingkey=error").Funcs(template.FuncMap{"json": jsonValue}).Parse(text)
}

func jsonValue(v any) (string, error) {
	data, err := json.Marshal(v)
	return string(data), err
}

// fields are what a body may speak of.
type fields struct {
	ID, Phone, E164, Purpose, Kind, Text string
	Params                               map[string]string
}

func render(t *template.Template, m accounts.Message, phone string) ([]byte, error) {
	var b bytes.Buffer
	err := t.Execute(&b, fields{
		ID: m.ID, Phone: phone, E164: m.Phone, Purpose: string(m.Purpose), Kind: m.Kind, Text: m.Text, Params: m.Params,
	})
	return b.Bytes(), err
}
