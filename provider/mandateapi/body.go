package mandateapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"

	"github.com/labstack/echo/v4"
)

// object is a JSON object: names are compared as they are, each once.
type object map[string]any

const maxDepth = 8

// readBody reads a body that is one JSON object. Unknown members are left alone;
// a member that stands there twice, text that is no UTF-8 and anything behind the
// object are refused (RFC 8259 §4, §8.1).
func readBody(r *http.Request) (object, error) {
	kind, _, err := mime.ParseMediaType(r.Header.Get(echo.HeaderContentType))
	if err != nil || kind != echo.MIMEApplicationJSON || len(r.Header.Values(echo.HeaderContentType)) > 1 {
		return nil, newProblem(http.StatusUnsupportedMediaType, CodeMediaType, "")
	}
	body, err := io.ReadAll(r.Body)
	if _, long := errors.AsType[*http.MaxBytesError](err); long {
		return nil, newProblem(http.StatusRequestEntityTooLarge, CodeTooLarge, "")
	}
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, CodeInvalidRequest, "the body did not come whole")
	}
	if !utf8.Valid(body) {
		return nil, newProblem(http.StatusBadRequest, CodeInvalidRequest, "the body is not UTF-8")
	}
	dec := json.NewDecoder(bytes.NewReader(body))
	dec.UseNumber()
	value, err := readValue(dec, 0)
	if err == nil {
		if _, after := dec.Token(); !errors.Is(after, io.EOF) {
			err = errors.New("there is something behind the object")
		}
	}
	if err != nil {
		return nil, newProblem(http.StatusBadRequest, CodeInvalidRequest, plain(err))
	}
	o, ok := value.(object)
	if !ok {
		return nil, newProblem(http.StatusBadRequest, CodeInvalidRequest, "want one JSON object")
	}
	return o, nil
}

// syntaxError is what is wrong with the text itself.
type syntaxError string

func (f syntaxError) Error() string { return string(f) }

// plain says what is wrong without repeating what was sent.
func plain(err error) string {
	if fault, ok := errors.AsType[syntaxError](err); ok {
		return string(fault)
	}
	return "the body is not JSON"
}

func readValue(dec *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, syntaxError("the body is nested too deeply")
	}
	token, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch token {
	case json.Delim('{'):
		return readObject(dec, depth)
	case json.Delim('['):
		list := []any{}
		for dec.More() {
			v, err := readValue(dec, depth+1)
			if err != nil {
				return nil, err
			}
			list = append(list, v)
		}
		_, err := dec.Token()
		return list, err
	default:
		return token, nil
	}
}

func readObject(dec *json.Decoder, depth int) (object, error) {
	o := object{}
	for dec.More() {
		token, err := dec.Token()
		if err != nil {
			return nil, err
		}
		name, ok := token.(string)
		if !ok {
			return nil, syntaxError("the body is not JSON")
		}
		if _, twice := o[name]; twice {
			return nil, syntaxError("a member stands in an object twice")
		}
		if o[name], err = readValue(dec, depth+1); err != nil {
			return nil, err
		}
	}
	_, err := dec.Token()
	return o, err
}

// reading collects what is wrong with the fields of a body.
type reading struct{ faults []fieldFault }

const maxFaults = 100

func (r *reading) fault(pointer, detail string) {
	if len(r.faults) < maxFaults {
		r.faults = append(r.faults, fieldFault{Pointer: "#" + pointer, Detail: detail})
	}
}

func (r *reading) err() error {
	if len(r.faults) == 0 {
		return nil
	}
	p := newProblem(http.StatusBadRequest, CodeInvalidField, "")
	p.Errors = r.faults
	return p
}

// text reads a string; given is false where there is none, or it is none.
func (r *reading) text(o object, at, name string, required bool) (value string, given bool) {
	return take[string](r, o, at, name, "want a string", required)
}

func (r *reading) object(o object, at, name string, required bool) (object, bool) {
	return take[object](r, o, at, name, "want an object", required)
}

func (r *reading) list(o object, at, name string, required bool) ([]any, bool) {
	return take[[]any](r, o, at, name, "want a list", required)
}

func (r *reading) flag(o object, at, name string) bool {
	value, _ := take[bool](r, o, at, name, "want true or false", false)
	return value
}

// count reads a whole number of at least 0, otherwise the one given.
func (r *reading) count(o object, at, name string, otherwise int) int {
	number, given := take[json.Number](r, o, at, name, "want a whole number", false)
	if !given {
		return otherwise
	}
	n, err := number.Int64()
	if err != nil || n < 0 {
		r.fault(pointer(at, name), "want a whole number of at least 0")
		return otherwise
	}
	const many = 1 << 30
	return int(min(n, many))
}

func take[T any](r *reading, o object, at, name, want string, required bool) (value T, given bool) {
	member, there := o[name]
	if !there {
		if required {
			r.fault(pointer(at, name), "is missing")
		}
		return value, false
	}
	value, given = member.(T)
	if !given {
		r.fault(pointer(at, name), want)
	}
	return value, given
}

// pointer is the JSON Pointer of a member (RFC 6901 §3).
func pointer(at, name string) string {
	return at + "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(name)
}

func element(at string, i int) string { return fmt.Sprintf("%s/%d", at, i) }
