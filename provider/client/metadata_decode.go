package client

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
)

// decoded is a record being read.
type decoded struct {
	client *Client
	secret string
	given  map[string]bool // members that the record has, null ones apart
	faults []Fault
	notes  []string
}

// decode reads the record member by member, so that one fault does not hide the
// others. The error is about what is no record at all.
func decode(data []byte) (*decoded, error) {
	members, err := object(data)
	if err != nil {
		return nil, &InvalidError{Faults: []Fault{{Problem: err.Error()}}}
	}
	d := &decoded{client: &Client{}, given: map[string]bool{}}
	fields := d.fields()
	for _, m := range members {
		switch {
		case d.given[m.name]:
			d.fault(m.name, "stands there twice")
			continue
		case bytes.Equal(m.value, []byte("null")):
			continue // RFC 7591 §2: treated as if it were left out
		}
		field, known := fields[m.name]
		if !known {
			if !answered(m.name) {
				d.note("%s: unknown member, ignored", m.name)
			}
			continue
		}
		d.given[m.name] = true
		if err := json.Unmarshal(m.value, field); err != nil {
			d.fault(m.name, "want %s", wanted(field))
		}
	}
	return d, nil
}

// answered reports members that a server puts into its answer to a registration
// (RFC 7591 §3.2.1): a record that was printed can be read back.
func answered(name string) bool {
	return name == "client_id_issued_at" || name == "client_secret_expires_at"
}

// fields maps member names to where their values go. The names are the JSON
// names of Client, so that a new member is written once.
func (d *decoded) fields() map[string]any {
	fields := map[string]any{"client_secret": &d.secret}
	v := reflect.ValueOf(d.client).Elem()
	for i := range v.NumField() {
		name, _, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
		if name != "-" && !answered(name) {
			fields[name] = v.Field(i).Addr().Interface()
		}
	}
	return fields
}

func wanted(field any) string {
	switch field.(type) {
	case *string:
		return "a string"
	case *bool:
		return "true or false"
	case **int64:
		return "a whole number"
	}
	return "a list of strings"
}

type member struct {
	name  string
	value json.RawMessage
}

// object splits one JSON object into its members, in order and twice given ones
// twice.
func object(data []byte) ([]member, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	if first, err := dec.Token(); err != nil || first != json.Delim('{') {
		return nil, errors.New("want one JSON object")
	}
	var members []member
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
		m := member{name: fmt.Sprint(name)}
		if err := dec.Decode(&m.value); err != nil {
			return nil, fmt.Errorf("not JSON: %w", err)
		}
		members = append(members, m)
	}
	if _, err := dec.Token(); err != nil {
		return nil, fmt.Errorf("not JSON: %w", err)
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("want one JSON object and nothing after it")
	}
	return members, nil
}
