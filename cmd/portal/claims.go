package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// claimRow is one claim as shown.
type claimRow struct {
	Name   string // with a dot for a member of an object: enterprise.uscc
	Label  string // what it is, where that is known
	Values []claimValue
}

// claimValue is a value as received and, where it is a code or a time, what that means.
type claimValue struct{ Raw, Word string }

// rows lists the members of a JSON object: those that have a label in the labels' order, then the
// others by name.
func (w words) rows(object json.RawMessage) []claimRow {
	decoder := json.NewDecoder(bytes.NewReader(object))
	decoder.UseNumber() // times and identifiers must not turn into floats
	var members map[string]any
	if decoder.Decode(&members) != nil {
		return nil
	}
	rank := map[string]int{}
	for i, c := range w.Claims {
		rank[c.Name] = i - len(w.Claims)
	}
	rows := w.flatten(nil, "", members)
	slices.SortFunc(rows, func(a, b claimRow) int {
		return cmp.Or(cmp.Compare(rank[a.Name], rank[b.Name]), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

// flatten adds a row for each member, and for each member of a member.
func (w words) flatten(rows []claimRow, prefix string, members map[string]any) []claimRow {
	for name, value := range members {
		full := prefix + name
		if inner, ok := value.(map[string]any); ok {
			rows = w.flatten(rows, full+".", inner)
			continue
		}
		list, ok := value.([]any)
		if !ok {
			list = []any{value}
		}
		row := claimRow{Name: full, Label: w.label(full)}
		for _, v := range list {
			row.Values = append(row.Values, w.claimValue(full, v))
		}
		rows = append(rows, row)
	}
	return rows
}

// claimValue turns a JSON value into text and says what it means.
func (w words) claimValue(name string, value any) claimValue {
	raw, isText := value.(string)
	if !isText {
		data, err := json.Marshal(value)
		if err != nil {
			return claimValue{}
		}
		raw = string(data)
	}
	if word, ok := w.Values[name][raw]; ok {
		return claimValue{Raw: raw, Word: word}
	}
	switch name {
	case "exp", "iat", "nbf", "auth_time", "updated_at":
		// NumericDate, RFC 7519 §2.
		if n, ok := value.(json.Number); ok {
			if seconds, err := n.Float64(); err == nil {
				return claimValue{Raw: raw, Word: beijing(time.Unix(int64(seconds), 0))}
			}
		}
	case "enterprise.as_of":
		if at, err := time.Parse(time.RFC3339, raw); err == nil {
			return claimValue{Raw: raw, Word: beijing(at)}
		}
	}
	return claimValue{Raw: raw}
}

// label returns what a claim is called.
func (w words) label(name string) string {
	for _, c := range w.Claims {
		if c.Name == name {
			return c.Label
		}
	}
	return ""
}

// value returns the word for a code, or the code where there is none.
func (w words) value(claim, code string) string {
	return cmp.Or(w.Values[claim][code], code)
}

// beijing writes a time as clocks in China show it.
func beijing(t time.Time) string {
	return t.In(time.FixedZone("CST", 8*60*60)).Format("2006-01-02 15:04:05")
}
