package config

import (
	"strconv"
	"strings"
	"time"

	"github.com/tongid/tongid/provider"
	"github.com/tongid/tongid/provider/grant"
)

// Where a setting has a flag.
type Where int

// Settings that several replicas and commands share have a flag on every
// command; what only a server has, on those that look at a server; secrets have
// none, since a command line is seen by all (ps).
const (
	Everywhere Where = iota
	Server
	NoFlag
)

// Setting is one row of the table.
type Setting struct {
	Name    string // flag --name, environment TONGID_NAME
	Key     string // in the file, dots between sections
	Default string
	Where   Where
	Secret  bool // may also be given as the name of a file: TONGID_NAME_FILE, key_file
	Help    string
	value
}

// Env returns the environment variable of the setting.
func (s Setting) Env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.Name, "-", "_"))
}

// Takes says what values the setting takes, bounds included.
func (s Setting) Takes() string { return s.takes }

// IsSwitch reports whether the flag alone means true.
func (s Setting) IsSwitch() bool { return s.flag }

const (
	envPrefix  = "TONGID_"
	fileSuffix = "-file"
)

// Settings returns the table, for flags and documents.
func Settings() []Setting { return settings(&Config{}) }

// settings is the one place where a setting's name, default and bounds stand.
func settings(c *Config) []Setting {
	life, wizards := provider.DefaultLifetimes(), provider.DefaultWizardPolicy()
	d := formatDuration
	const (
		hour = time.Hour
		day  = 24 * hour
	)
	return []Setting{
		{"listen", "listen", "localhost:8080", Server, false, "where browsers and portals are served", addressValue(&c.Listen, false)},
		{"ops-listen", "ops_listen", "127.0.0.1:9080", Server, false, "where /metrics is served", addressValue(&c.OpsListen, true)},
		{"issuer", "issuer", "", Everywhere, false, "public address of this server; when absent, that of listen on this machine", textValue(&c.Issuer, "https://host")},
		{"data", "data", "./data", Everywhere, false, "folder of the embedded stores and their master key", textValue(&c.Data, "a folder")},
		{"demo", "demo", "false", Server, false, "demo accounts and portals; turns the simulators on", boolValue(&c.Demo)},
		{"migrate", "migrate", "false", Server, false, "bring the Postgres schema up to date first", boolValue(&c.Migrate)},
		{"tls-cert", "tls.cert", "", Server, false, "certificate chain in PEM; with tls-key the main listener speaks TLS", textValue(&c.TLSCert, "a file")},
		{"tls-key", "tls.key", "", Server, false, "its private key in PEM", textValue(&c.TLSKey, "a file")},
		{"drain", "drain", "2s", Server, false, "after SIGTERM, how long it still serves while already not ready", durationValue(&c.Drain, 0, 5*time.Second)},
		{"pprof", "pprof", "false", Server, false, "Go profiles on the ops listener", boolValue(&c.Pprof)},

		{"trusted-proxies", "trusted_proxies", "", Server, false, "proxies whose X-Forwarded-For is believed", prefixesValue(&c.TrustedProxies)},
		{"egress-allow", "egress_allow", "", Server, false, "hosts that client-given URLs may reach although special-use", hostsValue(&c.EgressAllow)},
		{"simulators", "simulators", "false", Server, false, "simulated outside systems, on local hosts only", boolValue(&c.Simulators)},
		{"captcha", "captcha", "image", Server, false, "picture codes; off only with simulators", switchValue(&c.Captcha, "image")},
		{"limits", "limits", "strict", Server, false, "rate limits and lockouts; off only with simulators", switchValue(&c.Limits, "strict")},

		{"postgres-url", "postgres.url", "", NoFlag, true, "PostgreSQL instead of the embedded store; goes with redis-url and master-key", secretValue(&c.PostgresURL, "postgres://user:password@host:port/database")},
		{"postgres-pool", "postgres.pool", "16", Server, false, "connections at most, per process", intValue(&c.Postgres.Pool, 2, 500)},
		{"postgres-timeout", "postgres.timeout", "800ms", Server, false, "a statement that takes longer counts as a store that is away", durationValue(&c.Postgres.Timeout, 100*time.Millisecond, 10*time.Second)},
		{"redis-url", "redis.url", "", NoFlag, true, "Redis for what is alive and may be lost; goes with postgres-url and master-key", secretValue(&c.RedisURL, "redis://, rediss://, redis+cluster:// or redis+sentinel://")},
		{"redis-pool", "redis.pool", "32", Server, false, "connections at most, per process and node", intValue(&c.Redis.Pool, 2, 1000)},
		{"master-key", "master_key", "", NoFlag, true, "seals personal data and keys; embedded makes DATA/master.key", secretValue(&c.MasterKey, "32 bytes in base64")},

		{"code-lifetime", "lifetimes.code", d(life.Code), Server, false, "authorization code", durationValue(&c.Lifetimes.Code, 5*time.Second, grant.MaxCodeLife)},
		{"access-token-lifetime", "lifetimes.access_token", d(life.AccessToken), Server, false, "access token", durationValue(&c.Lifetimes.AccessToken, 5*time.Second, hour)},
		{"id-token-lifetime", "lifetimes.id_token", d(life.IDToken), Server, false, "ID token", durationValue(&c.Lifetimes.IDToken, 5*time.Second, hour)},
		{"refresh-idle", "lifetimes.refresh_idle", d(life.RefreshIdle), Server, false, "refresh token that is not used", durationValue(&c.Lifetimes.RefreshIdle, 10*time.Second, 90*day)},
		{"refresh-absolute", "lifetimes.refresh_absolute", d(life.RefreshAbsolute), Server, false, "refresh token in all", durationValue(&c.Lifetimes.RefreshAbsolute, 10*time.Second, 365*day)},
		{"refresh-grace", "lifetimes.refresh_grace", d(life.RefreshGrace), Server, false, "how long a superseded refresh token returns its successor", durationValue(&c.Lifetimes.RefreshGrace, 0, time.Minute)},
		{"session-idle", "lifetimes.session_idle", d(life.Session.Idle), Server, false, "sign-in of a browser that is not used", durationValue(&c.Lifetimes.Session.Idle, 10*time.Second, 12*hour)},
		{"session-absolute", "lifetimes.session_absolute", d(life.Session.Absolute), Server, false, "sign-in of a browser in all", durationValue(&c.Lifetimes.Session.Absolute, 10*time.Second, day)},
		{"key-rotation", "key_rotation", "90d", Server, false, "age at which signing keys are replaced; 0: by command only", durationOrNone(&c.KeyRotation, day, 365*day)},

		{"password-memory", "password.memory", "19456", Everywhere, false, "argon2id memory of one password check, KiB", intValue(&c.Passwords.MemoryKiB, 19456, 1<<20)},
		{"password-passes", "password.passes", "2", Everywhere, false, "argon2id passes", intValue(&c.Passwords.Passes, 2, 16)},
		{"password-concurrency", "password.concurrency", "0", Server, false, "password checks at once; 0: one per processor, 2 at least", intValue(&c.Passwords.Concurrency, 0, 256)},

		{"persons-per-phone", "persons_per_phone", strconv.Itoa(wizards.PersonsPerPhone), Server, false, "accounts of persons that one phone serves", intValue(&c.Wizards.PersonsPerPhone, 1, 10)},
		{"enterprises-per-phone", "enterprises_per_phone", strconv.Itoa(wizards.EnterprisesPerPhone), Server, false, "accounts of enterprises that one phone serves", intValue(&c.Wizards.EnterprisesPerPhone, 1, 1000)},
		{"recovery-tells-unknown", "recovery_tells_unknown", strconv.FormatBool(wizards.TellUnknown), Server, false, "recovery says when there is no such enterprise account; outsiders then learn which enterprises have one", boolValue(&c.Wizards.TellUnknown)},

		{"log-level", "log.level", "info", Everywhere, false, "least level that is logged", levelValue(&c.LogLevel)},
		{"log-format", "log.format", "auto", Everywhere, false, "auto: text on a terminal, else JSON", choiceValue(&c.LogFormat, "auto", "json", "text")},
	}
}
