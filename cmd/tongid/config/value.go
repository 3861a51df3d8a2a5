package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"
)

// value is one setting's place in a Config: how its text is read and how it
// prints.
type value struct {
	takes string // what it takes, with its bounds
	set   func(text string) error
	text  func() string
	flag  bool // true or false: a flag without an argument means true
}

// wrong is the error of a value: what was wanted instead.
func wrong(takes string) error { return errors.New("want " + takes) }

func textValue(to *string, takes string) value {
	return value{takes: takes, set: func(s string) error { *to = s; return nil }, text: func() string { return *to }}
}

func secretValue(to *Secret, takes string) value {
	return value{takes: takes, set: func(s string) error { *to = Secret(s); return nil }, text: func() string { return to.String() }}
}

func boolValue(to *bool) value {
	const takes = "true or false"
	return value{takes: takes, flag: true, text: func() string { return strconv.FormatBool(*to) }, set: func(s string) error {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return wrong(takes)
		}
		*to = b
		return nil
	}}
}

// switchValue is on under one name and off under "off".
func switchValue(to *bool, on string) value {
	takes := on + " or off"
	return value{takes: takes, text: func() string {
		if *to {
			return on
		}
		return "off"
	}, set: func(s string) error {
		if s != on && s != "off" {
			return wrong(takes)
		}
		*to = s == on
		return nil
	}}
}

func choiceValue(to *string, choices ...string) value {
	takes := strings.Join(choices, ", ")
	return value{takes: takes, text: func() string { return *to }, set: func(s string) error {
		if !slices.Contains(choices, s) {
			return wrong("one of " + takes)
		}
		*to = s
		return nil
	}}
}

func intValue(to *int, low, high int) value {
	takes := fmt.Sprintf("%d to %d", low, high)
	return value{takes: takes, text: func() string { return strconv.Itoa(*to) }, set: func(s string) error {
		n, err := strconv.Atoi(s)
		if err != nil || n < low || n > high {
			return wrong("a number from " + takes)
		}
		*to = n
		return nil
	}}
}

func durationValue(to *time.Duration, low, high time.Duration) value {
	return durationOr(to, "", low, high)
}

// durationOrNone takes 0, for never, beside its bounds.
func durationOrNone(to *time.Duration, low, high time.Duration) value {
	return durationOr(to, "0, or ", low, high)
}

func durationOr(to *time.Duration, zero string, low, high time.Duration) value {
	takes := zero + formatDuration(low) + " to " + formatDuration(high)
	return value{takes: takes, text: func() string { return formatDuration(*to) }, set: func(s string) error {
		d, err := parseDuration(s)
		if err != nil || (d < low || d > high) && (zero == "" || d != 0) {
			return wrong("a time from " + takes)
		}
		*to = d
		return nil
	}}
}

func levelValue(to *slog.Level) value {
	const takes = "debug, info, warn, error"
	return value{takes: takes, text: func() string { return strings.ToLower(to.String()) }, set: func(s string) error {
		if !slices.Contains(strings.Split(takes, ", "), s) || to.UnmarshalText([]byte(s)) != nil {
			return wrong("one of " + takes)
		}
		return nil
	}}
}

// parseDuration reads Go's durations, and whole days.
func parseDuration(s string) (time.Duration, error) {
	if days, ok := strings.CutSuffix(s, "d"); ok {
		n, err := strconv.Atoi(days)
		if err != nil || n < 0 || n > 10000 {
			return 0, errors.New("no number of days")
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	return time.ParseDuration(s)
}

// formatDuration writes 10m, not 10m0s, and 30d, not 720h0m0s.
func formatDuration(d time.Duration) string {
	const day = 24 * time.Hour
	if d == 0 {
		return "0"
	}
	if d >= 2*day && d%day == 0 {
		return strconv.Itoa(int(d/day)) + "d"
	}
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// addressValue is where to listen. With off, "off" means nowhere.
func addressValue(to *string, off bool) value {
	takes := "host:port"
	if off {
		takes += ", or off"
	}
	return value{takes: takes, text: func() string {
		if *to == "" {
			return "off"
		}
		return *to
	}, set: func(s string) error {
		if off && s == "off" {
			*to = ""
			return nil
		}
		_, port, err := net.SplitHostPort(s)
		if err != nil {
			return wrong(takes)
		}
		if n, err := strconv.Atoi(port); err != nil || n < 0 || n > 65535 {
			return wrong(takes)
		}
		*to = s
		return nil
	}}
}

// list splits what is separated by commas or space.
func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\t' })
}

func prefixesValue(to *[]netip.Prefix) value {
	const takes = "addresses or networks (10.0.0.0/8), separated by commas"
	return value{takes: takes, text: func() string {
		out := make([]string, len(*to))
		for i, p := range *to {
			out[i] = p.String()
		}
		return strings.Join(out, ",")
	}, set: func(s string) error {
		*to = nil
		for _, item := range list(s) {
			p, err := netip.ParsePrefix(item)
			if addr, addrErr := netip.ParseAddr(item); err != nil && addrErr == nil && addr.Zone() == "" {
				p, err = addr.Prefix(addr.BitLen())
			}
			if err != nil {
				return wrong(takes)
			}
			*to = append(*to, p.Masked())
		}
		return nil
	}}
}

func hostsValue(to *[]string) value {
	const takes = "host names or addresses, separated by commas"
	return value{takes: takes, text: func() string { return strings.Join(*to, ",") }, set: func(s string) error {
		*to = nil
		for _, item := range list(s) {
			if !isHost(item) {
				return wrong(takes)
			}
			*to = append(*to, strings.ToLower(item))
		}
		return nil
	}}
}

// isHost reports whether s is an address or a host name (RFC 1123 §2.1).
func isHost(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool {
				return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
			}) {
			return false
		}
	}
	return true
}
