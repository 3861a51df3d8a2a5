// Package openapitest holds an HTTP API to its OpenAPI 3.1 description, in tests:
// every answer is validated against the schema of its operation and status, and at
// the end it can be asked what of the description was never seen.
package openapitest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// resource is the name that schemas are compiled under.
const resource = "openapi.json"

// Spec is a description.
type Spec struct {
	paths    map[string]map[string]operation
	compiler *jsonschema.Compiler
	schemas  map[string]any

	mu     sync.Mutex
	seen   map[string]bool            // "POST /path 200"
	values map[string]map[string]bool // by schema member, what stood there
}

type operation struct {
	RequestBody *struct {
		Content map[string]any `json:"content"`
	} `json:"requestBody"`
	Responses map[string]struct {
		Headers map[string]struct {
			Required *bool `json:"required"`
		} `json:"headers"`
		Content map[string]any `json:"content"`
	} `json:"responses"`
}

// Load reads a description and compiles all of its schemas.
func Load(text []byte) (*Spec, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	var parts struct {
		Version    string                          `json:"openapi"`
		Paths      map[string]map[string]operation `json:"paths"`
		Components struct {
			Schemas map[string]any `json:"schemas"`
		} `json:"components"`
	}
	if err := json.Unmarshal(text, &parts); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	if !strings.HasPrefix(parts.Version, "3.1.") {
		return nil, fmt.Errorf("openapi: version %q", parts.Version)
	}
	s := &Spec{
		paths: parts.Paths, schemas: parts.Components.Schemas, compiler: jsonschema.NewCompiler(),
		seen: map[string]bool{}, values: map[string]map[string]bool{},
	}
	s.compiler.AssertFormat()
	if err := s.compiler.AddResource(resource, doc); err != nil {
		return nil, fmt.Errorf("openapi: %w", err)
	}
	for name := range s.schemas {
		if _, err := s.compiler.Compile(resource + "#/components/schemas/" + name); err != nil {
			return nil, fmt.Errorf("openapi: schema %s: %w", name, err)
		}
	}
	return s, nil
}

// Operations lists the described operations, as "POST /path".
func (s *Spec) Operations() (all []string) {
	for path, operations := range s.paths {
		for method := range operations {
			all = append(all, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(all)
	return all
}

// find returns the template of a path and its operation.
func (s *Spec) find(method, path string) (template string, op operation, found bool) {
	segments := strings.Split(path, "/")
	for template, operations := range s.paths {
		op, has := operations[strings.ToLower(method)]
		parts := strings.Split(template, "/")
		if !has || len(parts) != len(segments) {
			continue
		}
		same := true
		for i, part := range parts {
			same = same && (part == segments[i] || strings.HasPrefix(part, "{"))
		}
		if same {
			return template, op, true
		}
	}
	return "", op, false
}

// Answer validates an answer, and the request too when it was taken.
func (s *Spec) Answer(method, path string, request []byte, status int, header http.Header, body []byte) error {
	template, op, found := s.find(method, path)
	if !found {
		return fmt.Errorf("%s %s is not described", method, path)
	}
	key := strconv.Itoa(status)
	response, described := op.Responses[key]
	if !described {
		if response, described = op.Responses["default"]; !described || status < http.StatusBadRequest {
			return fmt.Errorf("%s %s: %d is not described", method, template, status)
		}
		key = "default"
	}
	s.mu.Lock()
	s.seen[method+" "+template+" "+key] = true
	s.mu.Unlock()
	for name, h := range response.Headers {
		if header.Get(name) == "" && (h.Required == nil || *h.Required) {
			return fmt.Errorf("%s %s %d: no header %s", method, template, status, name)
		}
	}
	at := []string{"paths", template, strings.ToLower(method)}
	if op.RequestBody != nil && status == http.StatusOK {
		if err := s.validate(append(slices.Clone(at), "requestBody", "content", "application/json", "schema"), request); err != nil {
			return fmt.Errorf("%s %s: the request was taken: %w", method, template, err)
		}
	}
	if len(response.Content) == 0 {
		if len(body) > 0 {
			return fmt.Errorf("%s %s %d: a body", method, template, status)
		}
		return nil
	}
	kind, _, err := mime.ParseMediaType(header.Get("Content-Type"))
	if _, ok := response.Content[kind]; err != nil || !ok {
		return fmt.Errorf("%s %s %d: content type %q", method, template, status, header.Get("Content-Type"))
	}
	if err := s.validate(append(at, "responses", key, "content", kind, "schema"), body); err != nil {
		return fmt.Errorf("%s %s %d: %w\n%s", method, template, status, err, body)
	}
	return nil
}

// Schema validates a text against a schema of the description by its name.
func (s *Spec) Schema(name string, body []byte) error {
	return s.validate([]string{"components", "schemas", name}, body)
}

func (s *Spec) validate(at []string, body []byte) error {
	escape := strings.NewReplacer("~", "~0", "/", "~1", "{", "%7B", "}", "%7D")
	parts := make([]string, len(at))
	for i, part := range at {
		parts[i] = "/" + escape.Replace(part)
	}
	pointer := strings.Join(parts, "")
	s.mu.Lock()
	defer s.mu.Unlock()
	schema, err := s.compiler.Compile(resource + "#" + pointer)
	if err != nil {
		return fmt.Errorf("schema %s: %w", pointer, err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	s.note(value)
	return schema.Validate(value)
}

// note remembers which members there were, and what short texts stood in them.
func (s *Spec) note(value any) {
	switch v := value.(type) {
	case map[string]any:
		for name, member := range v {
			if s.values[name] == nil {
				s.values[name] = map[string]bool{}
			}
			if text, ok := member.(string); ok {
				s.values[name][text] = true
			}
			s.note(member)
		}
	case []any:
		for _, item := range v {
			s.note(item)
		}
	}
}

// Unseen lists what is described and never came: operations with their statuses,
// members of schemas, values of enumerations.
func (s *Spec) Unseen() (unseen []string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for path, operations := range s.paths {
		for method, op := range operations {
			for status := range op.Responses {
				key := strings.ToUpper(method) + " " + path + " " + status
				if !s.seen[key] {
					unseen = append(unseen, key)
				}
			}
		}
	}
	for name, schema := range s.schemas {
		s.unseenIn(name, schema, &unseen)
	}
	slices.Sort(unseen)
	return slices.Compact(unseen)
}

func (s *Spec) unseenIn(at string, schema any, unseen *[]string) {
	object, ok := schema.(map[string]any)
	if !ok {
		return
	}
	properties, _ := object["properties"].(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		if s.values[name] == nil {
			*unseen = append(*unseen, at+"."+name)
		}
		s.unseenIn(at+"."+name, properties[name], unseen)
		enum, _ := s.enumOf(properties[name])
		for _, value := range enum {
			if text, ok := value.(string); ok && !s.values[name][text] {
				*unseen = append(*unseen, at+"."+name+"="+text)
			}
		}
	}
	for _, keyword := range []string{"oneOf", "anyOf", "allOf"} {
		list, _ := object[keyword].([]any)
		for _, one := range list {
			s.unseenIn(at, one, unseen)
		}
	}
	if items, ok := object["items"]; ok {
		s.unseenIn(at+"[]", items, unseen)
	}
}

// enumOf returns the values of an enumeration, its own or of the schema it refers
// to.
func (s *Spec) enumOf(schema any) ([]any, bool) {
	object, _ := schema.(map[string]any)
	if ref, ok := object["$ref"].(string); ok {
		return s.enumOf(s.schemas[strings.TrimPrefix(ref, "#/components/schemas/")])
	}
	enum, ok := object["enum"].([]any)
	return enum, ok
}
