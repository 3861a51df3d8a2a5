package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// secret is a value that must not reach a log or a page.
type secret string

// LogValue hides the secret from structured logs.
func (secret) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// String hides the secret from formatted text.
func (secret) String() string { return "[redacted]" }

// config is what an operator may set. Flags beat the environment, which beats the defaults.
type config struct {
	Listen       string
	BaseURL      string // origin of this portal as browsers see it; empty: made from Listen
	Issuer       string
	ClientID     string
	ClientSecret secret // empty: a public client
	Theme        string
	PeerURL      string // origin of the other portal; empty: not shown
	CallbackThen string // where the callback sends the browser instead of its own pages
	Scope        string
}

// redirectURI is the one callback address registered with the provider.
func (c config) redirectURI() string { return c.BaseURL + "/callback" }

// postLogoutURI is the one address registered for coming back after a logout.
func (c config) postLogoutURI() string { return c.BaseURL + "/" }

// demo is how one hall is set up in the demonstration.
type demo struct {
	Listen, ClientID, PeerURL string
	Secret                    secret
}

// demos lists the defaults of each theme; they match the provider's demonstration clients.
func demos() map[string]demo {
	// The published secrets of the demonstration clients.
	return map[string]demo{
		"hrss": {
			Listen: "localhost:8090", ClientID: "hrss-hall",
			Secret: "hrss-hall-demo-secret", PeerURL: "http://localhost:8092",
		},
		"medical": {
			Listen: "localhost:8092", ClientID: "medical-hall",
			Secret: "medical-hall-demo-secret", PeerURL: "http://localhost:8090",
		},
	}
}

const (
	defaultIssuer = "http://localhost:8080"
	defaultScope  = "openid profile phone enterprise agent offline_access"
	envPrefix     = "PORTAL_"
	secretFileEnv = "PORTAL_CLIENT_SECRET_FILE"
)

// readConfig reads flags and environment and reports every fault at once.
func readConfig(args []string, lookup func(string) (string, bool), stderr io.Writer) (config, error) {
	var cfg config
	var given string
	flags := flag.NewFlagSet("portal", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.StringVar(&cfg.Theme, "theme", "hrss", "which hall to play: hrss or medical")
	flags.StringVar(&cfg.Listen, "listen", "", "address to listen on (default localhost:8090; medical: localhost:8092)")
	flags.StringVar(&cfg.BaseURL, "base-url", "", "origin of this portal in browsers (default http://<listen>)")
	flags.StringVar(&cfg.Issuer, "issuer", defaultIssuer, "issuer of the OpenID Connect provider")
	flags.StringVar(&cfg.ClientID, "client-id", "", "client identifier (default hrss-hall; medical: medical-hall)")
	flags.StringVar(&given, "client-secret", "", "client secret; prefer "+envPrefix+"CLIENT_SECRET or "+secretFileEnv)
	flags.StringVar(&cfg.PeerURL, "peer-url", "", "origin of the other portal (default the other demonstration portal)")
	flags.StringVar(&cfg.CallbackThen, "callback-then", "", "where to send the browser after a sign-in instead of this portal's page")
	flags.StringVar(&cfg.Scope, "scope", defaultScope, "scopes to ask for")
	if err := flags.Parse(args); err != nil {
		return config{}, fmt.Errorf("flags: %w", err)
	}
	var faults []error
	if flags.NArg() > 0 {
		faults = append(faults, fmt.Errorf("unexpected argument %q", flags.Arg(0)))
	}
	set, err := applyEnvironment(flags, lookup)
	faults = append(faults, err)
	cfg.ClientSecret = secret(given)
	faults = append(faults, readSecretFile(&cfg, set, lookup))
	applyDemo(&cfg, set)
	faults = append(faults, cfg.validate()...)
	return cfg, errors.Join(faults...)
}

// applyEnvironment fills flags that were not given from PORTAL_* and returns the names of all
// that have a value from either place.
func applyEnvironment(flags *flag.FlagSet, lookup func(string) (string, bool)) (map[string]bool, error) {
	set := map[string]bool{}
	flags.Visit(func(f *flag.Flag) { set[f.Name] = true })
	var faults []error
	flags.VisitAll(func(f *flag.Flag) {
		name := envPrefix + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, ok := lookup(name)
		if !ok || set[f.Name] {
			return
		}
		set[f.Name] = true
		if err := flags.Set(f.Name, value); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", name, err))
		}
	})
	return set, errors.Join(faults...)
}

// readSecretFile reads the client secret from the file the environment names, unless the secret
// itself was given.
func readSecretFile(cfg *config, set map[string]bool, lookup func(string) (string, bool)) error {
	path, ok := lookup(secretFileEnv)
	if !ok || path == "" || set["client-secret"] {
		return nil
	}
	set["client-secret"] = true
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("%s: %w", secretFileEnv, err)
	}
	cfg.ClientSecret = secret(strings.TrimSpace(string(data)))
	return nil
}

// applyDemo fills what was not set from the theme's demonstration defaults. The demonstration
// secret goes only with the demonstration client.
func applyDemo(cfg *config, set map[string]bool) {
	d, ok := demos()[cfg.Theme]
	if !ok {
		return
	}
	if !set["listen"] {
		cfg.Listen = d.Listen
	}
	if !set["client-id"] {
		cfg.ClientID = d.ClientID
	}
	if !set["client-secret"] && cfg.ClientID == d.ClientID {
		cfg.ClientSecret = d.Secret
	}
	if !set["peer-url"] {
		cfg.PeerURL = d.PeerURL
	}
	cfg.BaseURL = strings.TrimSuffix(cfg.BaseURL, "/")
	cfg.PeerURL = strings.TrimSuffix(cfg.PeerURL, "/")
	if cfg.BaseURL == "" && !strings.HasSuffix(cfg.Listen, ":0") {
		cfg.BaseURL = baseURLOf(cfg.Listen, nil)
	}
}

// baseURLOf is the address browsers reach a listener at: the host as configured, or localhost
// when it listens everywhere, with the port really taken.
func baseURLOf(listen string, taken net.Addr) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return ""
	}
	if tcp, ok := taken.(*net.TCPAddr); ok {
		port = strconv.Itoa(tcp.Port)
	}
	if ip, err := netip.ParseAddr(host); host == "" || (err == nil && ip.IsUnspecified()) {
		host = "localhost"
	}
	return "http://" + net.JoinHostPort(host, port)
}
