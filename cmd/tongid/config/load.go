package config

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"
)

// Source is where settings come from.
type Source struct {
	File  string            // path of the YAML file, empty for none
	Env   []string          // as os.Environ
	Flags map[string]string // those that were given, by name
}

// layer is one source of texts; the names say where each came from.
type layer struct {
	texts map[string]string // by setting name; a secret's file by name-file
	names map[string]string
}

func newLayer() layer { return layer{texts: map[string]string{}, names: map[string]string{}} }

// loader gathers faults.
type loader struct {
	config   *Config
	settings []Setting
	branded  bool    // the file has a brand
	shown    []Given // what sections of the file hold
	// localRegister is set if the file names the local copy of the register.
	localRegister bool
	faults        []string
}

func (l *loader) fault(format string, args ...any) {
	l.faults = append(l.faults, fmt.Sprintf(format, args...))
}

// Load reads and checks the configuration. Its error is an *InvalidError that
// lists every fault.
func Load(src Source) (*Config, error) {
	c := &Config{}
	l := &loader{config: c, settings: settings(c)}
	layers := []layer{l.defaults(), l.file(src.File), l.env(src.Env), l.flags(src.Flags)}
	for i := range layers {
		l.readFiles(layers[i])
	}
	l.apply(layers)
	l.check()
	l.describe(layers)
	if len(l.faults) > 0 {
		return c, &InvalidError{Faults: l.faults}
	}
	return c, nil
}

func (l *loader) defaults() layer {
	out := newLayer()
	for _, s := range l.settings {
		if s.Default != "" {
			out.texts[s.Name], out.names[s.Name] = s.Default, "default"
		}
	}
	return out
}

// file reads the YAML file. Keys that are none of ours are faults: a misspelt
// limit would otherwise silently be no limit.
func (l *loader) file(path string) layer {
	out := newLayer()
	if path == "" {
		return out
	}
	k := koanf.New(".")
	if err := k.Load(file.Provider(path), yaml.Parser()); err != nil {
		l.fault("%s: %s", path, oneLine(err))
		return out
	}
	names := map[string]string{}
	for _, s := range l.settings {
		names[s.Key] = s.Name
		if s.Secret {
			names[s.Key+"_file"] = s.Name + fileSuffix
		}
	}
	for _, key := range k.Keys() {
		if top, _, _ := strings.Cut(key, "."); slices.Contains([]string{brandKey, smsKey, faceKey, registerKey}, top) {
			continue // they have readers of their own
		}
		name, known := names[key]
		text, plain := scalar(k.Get(key))
		switch {
		case !known && plain && text == "" && isSection(names, key):
		case !known:
			l.fault("%s: unknown key %s%s", path, key, hint(key, names))
		case !plain:
			l.fault("%s: %s: want a value", path, key)
		case text != "":
			out.texts[name], out.names[name] = text, path+": "+key
		}
	}
	l.brand(path, k)
	l.outside(path, k)
	return out
}

// isSection reports whether key is a section that stands there empty.
func isSection(names map[string]string, key string) bool {
	for known := range names {
		if strings.HasPrefix(known, key+".") {
			return true
		}
	}
	return false
}

// scalar turns what YAML made of a value back into text.
func scalar(v any) (text string, ok bool) {
	switch v := v.(type) {
	case nil:
		return "", true
	case string:
		return v, true
	case bool:
		return strconv.FormatBool(v), true
	case int:
		return strconv.Itoa(v), true
	case []any:
		var items []string
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return "", false
			}
			items = append(items, text)
		}
		return strings.Join(items, ","), true
	case map[string]any:
		return "", len(v) == 0
	}
	return "", false
}

// env reads our environment variables. An empty one is as good as absent, as
// compose files write them.
func (l *loader) env(environ []string) layer {
	out := newLayer()
	names := map[string]string{envPrefix + "CONFIG": ""}
	for _, s := range l.settings {
		names[s.Env()] = s.Name
		if s.Secret {
			names[s.Env()+"_FILE"] = s.Name + fileSuffix
		}
	}
	for _, pair := range environ {
		variable, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(variable, envPrefix) {
			continue
		}
		name, known := names[variable]
		switch {
		case !known:
			// No fault: Kubernetes sets TONGID_PORT and the like by itself for
			// a service called tongid.
			l.config.Unknown = append(l.config.Unknown, variable)
		case name != "" && text != "":
			out.texts[name], out.names[name] = text, variable
		}
	}
	slices.Sort(l.config.Unknown)
	return out
}

func (l *loader) flags(given map[string]string) layer {
	out := newLayer()
	for name, text := range given {
		out.texts[name], out.names[name] = text, "--"+name
	}
	return out
}

// readFiles replaces the file of a secret by what stands in it.
func (l *loader) readFiles(from layer) {
	for _, s := range l.settings {
		path, given := from.texts[s.Name+fileSuffix]
		if !s.Secret || !given {
			continue
		}
		origin := from.names[s.Name+fileSuffix]
		if _, both := from.texts[s.Name]; both {
			l.fault("%s: %s is given too; want one of them", origin, from.names[s.Name])
			continue
		}
		text, fault := readSecret(path)
		if fault != "" {
			l.fault("%s: %s", origin, fault)
			continue
		}
		from.texts[s.Name], from.names[s.Name] = text, origin
	}
}

// apply sets every value from the strongest layer that has it.
func (l *loader) apply(layers []layer) {
	for _, s := range l.settings {
		text, origin, ok := strongest(layers, s.Name)
		if !ok {
			continue
		}
		switch err := s.set(text); {
		case err == nil:
		case s.Secret:
			l.fault("%s: %v", origin, err)
		default:
			l.fault("%s: %q: %v", origin, text, err)
		}
	}
}

func strongest(layers []layer, name string) (text, origin string, ok bool) {
	for _, from := range slices.Backward(layers) {
		if text, ok = from.texts[name]; ok {
			return text, from.names[name], true
		}
	}
	return "", "", false
}

// describe notes every setting as it came out.
func (l *loader) describe(layers []layer) {
	for _, s := range l.settings {
		_, origin, ok := strongest(layers, s.Name)
		if !ok {
			origin = "default"
		}
		l.config.Given = append(l.config.Given, Given{Name: s.Name, Key: s.Key, Value: s.text(), From: origin})
	}
	l.config.Given = append(l.config.Given, l.shown...)
}

// hint offers the key that was probably meant.
func hint(key string, names map[string]string) string {
	best, least := "", 3
	for known := range names {
		if d := distance(key, known); d < least || d == least && best != "" && known < best {
			best, least = known, d
		}
	}
	if best == "" {
		return ""
	}
	return " (did you mean " + best + "?)"
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := diagonal
			if a[i] != b[j] {
				cost++
			}
			diagonal = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// oneLine keeps a fault on one line.
func oneLine(err error) string {
	if pathErr, ok := errors.AsType[*os.PathError](err); ok {
		return fmt.Sprintf("%s: %v", pathErr.Path, pathErr.Err)
	}
	return strings.Join(strings.Fields(err.Error()), " ")
}

func joinLines(lines []string) string { return strings.Join(lines, "; ") }
