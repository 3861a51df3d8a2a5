package config

import (
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tongid/tongid/accounts/gateway/outbound"
)

// section is a mapping of the file whose keys are asked for one by one: those
// that nobody asked for are unknown. Nothing of it is repeated in a fault, since
// a secret may stand where none belongs.
type section struct {
	l      *loader
	file   string // its path
	name   string // sms[0]
	values map[string]any
	known  map[string]string
}

func (l *loader) section(file, name string, v any) *section {
	s := &section{l: l, file: file, name: name, known: map[string]string{}}
	values, ok := v.(map[string]any)
	if !ok && v != nil {
		s.fault("", "want keys with values")
	}
	s.values = values
	return s
}

// fault is about one key, or the section itself.
func (s *section) fault(key, text string) {
	s.l.fault("%s: %s: %s", s.file, s.path(key), text)
}

func (s *section) path(key string) string {
	if key == "" {
		return s.name
	}
	return s.name + "." + key
}

// show notes a value for who prints the configuration.
func (s *section) show(key, value string) {
	if value != "" {
		s.l.shown = append(s.l.shown, Given{Name: s.path(key), Key: s.path(key), Value: value, From: s.file})
	}
}

// end finds the keys that nobody asked for.
func (s *section) end() {
	for _, key := range sortedKeys(s.values) {
		if _, ok := s.known[key]; !ok {
			s.l.fault("%s: unknown key %s%s", s.file, s.path(key), hint(key, s.known))
		}
	}
}

func sortedKeys(values map[string]any) []string {
	keys := make([]string, 0, len(values))
	for key := range values {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// hidden reads a text without showing it.
func (s *section) hidden(key string) string {
	s.known[key] = key
	v := s.values[key]
	_, list := v.([]any)
	text, ok := scalar(v)
	if !ok || list {
		s.fault(key, "want a text")
		return ""
	}
	return text
}

func (s *section) text(key string) string {
	text := s.hidden(key)
	s.show(key, text)
	return text
}

// address reads one that may carry a key in its query, which is not shown.
func (s *section) address(key string) string {
	text := s.hidden(key)
	shown, query, found := strings.Cut(text, "?")
	if found && query != "" {
		shown += "?" + redacted
	}
	s.show(key, shown)
	return text
}

// secret reads what stands at key, or in the file that <key>_file names.
func (s *section) secret(key string) outbound.Secret {
	text, path := s.hidden(key), s.hidden(key+"_file")
	if path == "" {
		if text != "" {
			s.show(key, redacted)
		}
		return outbound.Secret(text)
	}
	if text != "" {
		s.fault(key+"_file", key+" is given too; want one of them")
		return unread
	}
	text, fault := readSecret(path)
	if fault != "" {
		s.fault(key+"_file", fault)
		return unread
	}
	s.show(key+"_file", redacted)
	return outbound.Secret(text)
}

// unread stands for a secret that has a fault of its own, so that it is not also
// said to be missing.
const unread = "-"

// readSecret reads the file of a secret, or says what is wrong with it.
func readSecret(path string) (text, fault string) {
	data, err := os.ReadFile(path)
	if err != nil {
		return "", oneLine(err)
	}
	if text = strings.TrimSpace(string(data)); text == "" {
		return "", path + " is empty"
	}
	return text, ""
}

func (s *section) texts(key string) []string {
	s.known[key] = key
	v := s.values[key]
	if _, list := v.([]any); !list && v != nil {
		v = []any{v}
	}
	items, _ := v.([]any)
	out := make([]string, 0, len(items))
	for _, item := range items {
		text, ok := scalar(item)
		if !ok || text == "" {
			s.fault(key, "want a list of texts")
			return nil
		}
		out = append(out, text)
	}
	s.show(key, strings.Join(out, ","))
	return out
}

// under opens the section at key.
func (s *section) under(key string) *section {
	s.known[key] = key
	return s.l.section(s.file, s.path(key), s.values[key])
}

func (s *section) number(key string) int64 {
	text := s.text(key)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		s.fault(key, "want a number")
	}
	return n
}

// duration reads a time within a minute; 0 if none is given.
func (s *section) duration(key string) time.Duration {
	text := s.text(key)
	if text == "" {
		return 0
	}
	d, err := parseDuration(text)
	if err != nil || d < 10*time.Millisecond || d > time.Minute {
		s.fault(key, "want a time from 10ms to 1m")
		return 0
	}
	return d
}
