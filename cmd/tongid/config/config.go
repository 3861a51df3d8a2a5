// Package config reads what an operator decides: flags beat the environment,
// which beats the file, which beats the defaults. settings.go is the one table of
// all of it; every fault is found before anything is started.
package config

import (
	"log/slog"
	"net/netip"
	"time"

	"github.com/tongid/tongid/accounts/gateway/register"
	"github.com/tongid/tongid/provider"
	"github.com/tongid/tongid/templates"
)

// Config is the effective configuration.
type Config struct {
	Listen    string
	OpsListen string // empty: none
	Issuer    string
	Data      string // directory of the embedded stores
	Demo      bool
	Migrate   bool
	TLSCert   string
	TLSKey    string
	Drain     time.Duration
	Pprof     bool

	Simulators     bool
	Captcha        bool
	Limits         bool
	TrustedProxies []netip.Prefix
	EgressAllow    []string

	PostgresURL Secret
	RedisURL    Secret
	MasterKey   Secret
	Postgres    Postgres
	Redis       Redis

	Lifetimes   provider.Lifetimes
	KeyRotation time.Duration
	Passwords   Passwords

	LogLevel  slog.Level
	LogFormat string // json, text, auto

	Brand templates.Brand

	Wizards provider.WizardPolicy

	// The systems outside: SMS in the order in which they are tried, Register nil
	// for the local copy.
	SMS      []SMS
	Face     Face
	Register *register.HTTPConfig

	// Given lists every setting with its value and where it came from.
	Given []Given
	// Unknown are environment variables that begin like ours and mean nothing.
	Unknown []string
}

// Postgres is how the server uses its database.
type Postgres struct {
	Pool    int
	Timeout time.Duration
}

// Redis is how the server uses Redis.
type Redis struct {
	Pool int
}

// Passwords is what a password check costs (RFC 9106) and how many run at once.
type Passwords struct {
	MemoryKiB   int
	Passes      int
	Concurrency int // 0: one per processor
}

// Embedded reports whether the stores are files of this process.
func (c *Config) Embedded() bool { return c.PostgresURL == "" && c.RedisURL == "" }

// TLS reports whether the main listener speaks TLS.
func (c *Config) TLS() bool { return c.TLSCert != "" }

// Given is one setting as it came out.
type Given struct {
	Name  string
	Key   string
	Value string // a secret is redacted
	From  string // default, or the name of the flag, variable or file key
}

// InvalidError lists everything that is wrong with the configuration.
type InvalidError struct {
	Faults []string
}

func (e *InvalidError) Error() string { return "config: " + joinLines(e.Faults) }
