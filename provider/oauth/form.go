package oauth

import (
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// maxParameter bounds one parameter's value, in bytes.
const maxParameter = 8 << 10

// params are the parameters of one request, each at most once.
type params struct {
	values   url.Values
	repeated []string // names sent more than once, RFC 6749 §3.1 forbids it
}

// get returns a parameter; sent without a value it counts as left out (RFC 6749
// §3.1).
func (p params) get(name string) string { return p.values.Get(name) }

func (p params) words(name string) []string { return strings.Fields(p.get(name)) }

func newParams(v url.Values) params {
	p := params{values: v}
	for name, values := range v {
		// resource may be repeated (RFC 8707 §2); we take no notice of it.
		if len(values) > 1 && name != "resource" {
			p.repeated = append(p.repeated, name)
		}
	}
	slices.Sort(p.repeated)
	return p
}

// check refuses repeated, overlong and undecodable parameters.
func (p params) check() error {
	if len(p.repeated) > 0 {
		return refuse(codeInvalidRequest, "a parameter was sent more than once")
	}
	for _, values := range p.values {
		for _, v := range values {
			if len(v) > maxParameter {
				return refuse(codeInvalidRequest, "a parameter is too long")
			}
			if !utf8.ValidString(v) || strings.ContainsRune(v, 0) {
				return refuse(codeInvalidRequest, "a parameter is not UTF-8 text")
			}
		}
	}
	return nil
}

// bodyParams reads the form body of a POST, and nothing from the query.
func bodyParams(r *http.Request) (params, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/x-www-form-urlencoded" {
		return params{}, refuse(codeInvalidRequest, "the body must be application/x-www-form-urlencoded")
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return params{}, refuse(codeInvalidRequest, "the body could not be read")
	}
	values, err := parseForm(string(body))
	if err != nil {
		return params{}, refuse(codeInvalidRequest, "the body is not a well-formed form")
	}
	p := newParams(values)
	return p, p.check()
}

// parseForm reads parameters as browsers write them: a semicolon is a character
// like any other (URL Standard §5.1), and net/url refuses it.
func parseForm(raw string) (url.Values, error) {
	return url.ParseQuery(plain(raw))
}

func plain(raw string) string { return strings.ReplaceAll(raw, ";", "%3B") }
