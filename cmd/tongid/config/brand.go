package config

import (
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/knadh/koanf/v2"

	"github.com/tongid/tongid/templates"
)

// brandKey is the section of the file that holds the brand. It has no flags and
// no variables: it is text for pages, not something to change at a start.
const brandKey = "brand"

// brand reads whose service this is.
func (l *loader) brand(path string, k *koanf.Koanf) {
	if !k.Exists(brandKey) {
		return
	}
	l.branded = true
	known := yamlKeys(reflect.TypeFor[templates.Brand]())
	names := map[string]string{}
	for _, key := range known {
		names[key] = key
	}
	for _, key := range k.MapKeys(brandKey) {
		if !slices.Contains(known, key) {
			l.fault("%s: unknown key %s.%s%s", path, brandKey, key, hint(key, names))
		}
	}
	if err := k.UnmarshalWithConf(brandKey, &l.config.Brand, koanf.UnmarshalConf{Tag: "yaml"}); err != nil {
		l.fault("%s: %s: %s", path, brandKey, oneLine(err))
		return
	}
	if err := l.config.Brand.Validate(); err != nil {
		for line := range strings.Lines(err.Error()) {
			l.fault("%s: %s", path, strings.TrimSpace(line))
		}
	}
	if emblem := l.config.Brand.Emblem; emblem != "" {
		if _, err := os.Stat(emblem); err != nil {
			l.fault("%s: %s", path, fmt.Sprintf("%s.emblem: %s", brandKey, oneLine(err)))
		}
	}
}

// yamlKeys returns the keys of a struct as the file spells them.
func yamlKeys(t reflect.Type) []string {
	var keys []string
	for i := range t.NumField() {
		if name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ","); name != "" && name != "-" {
			keys = append(keys, name)
		}
	}
	return keys
}
