package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/tongid/tongid/cmd/tongid/config"
	"github.com/tongid/tongid/cmd/tongid/importer"
	"github.com/tongid/tongid/provider/client"
	"github.com/tongid/tongid/storage/database"
)

// Exit codes (contract).
const (
	exitOK      = 0
	exitFailure = 1 // it was tried and did not work
	exitUsage   = 2 // the command, the configuration or a file given to it is wrong; nothing was done
)

// terminal is what a command reads, writes and knows of its surroundings.
type terminal struct {
	in       io.Reader
	out, err io.Writer
	env      []string
}

// failure marks an error of a command that had begun, apart from those of its
// arguments.
type failure struct{ error }

func (f failure) Unwrap() error { return f.error }

// execute runs one command line.
func (t *terminal) execute(ctx context.Context, args []string) int {
	root := t.root() //nolint:contextcheck // cobra hands the context to the commands
	root.SetArgs(keyIDLast(args))
	root.SetIn(t.in)
	root.SetOut(t.out)
	root.SetErr(t.err)
	err := root.ExecuteContext(ctx)
	code := exitCode(err)
	if err != nil {
		t.report(err)
	}
	return code
}

// keyIDLast moves a key id to where it is not taken for flags: one in 64 begins
// with a dash.
func keyIDLast(args []string) []string {
	if len(args) < 2 || args[0] != "key" || args[1] != "revoke" {
		return args
	}
	i := slices.IndexFunc(args, func(arg string) bool {
		return strings.HasPrefix(arg, "-") && len(arg) == keyIDLength && !strings.Contains(arg, "=")
	})
	if i < 0 || slices.Contains(args, "--") {
		return args
	}
	return append(slices.Delete(slices.Clone(args), i, i+1), "--", args[i])
}

// keyIDLength is that of an RFC 7638 thumbprint in base64url.
const keyIDLength = 43

func exitCode(err error) int {
	if err == nil {
		return exitOK
	}
	if _, begun := errors.AsType[failure](err); !begun {
		return exitUsage
	}
	if _, ok := errors.AsType[*config.InvalidError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*client.InvalidError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*database.SchemaError](err); ok {
		return exitUsage
	}
	if _, ok := errors.AsType[*importer.FileError](err); ok {
		return exitUsage
	}
	return exitFailure
}

// report prints an error, one line for each thing that is wrong.
func (t *terminal) report(err error) {
	if invalid, ok := errors.AsType[*config.InvalidError](err); ok {
		for _, fault := range invalid.Faults {
			fmt.Fprintln(t.err, "tongid: "+fault)
		}
		return
	}
	if invalid, ok := errors.AsType[*client.InvalidError](err); ok {
		for _, fault := range invalid.Faults {
			fmt.Fprintln(t.err, "tongid: "+fault.String())
		}
		return
	}
	fmt.Fprintf(t.err, "tongid: %v\n", err)
	if exitCode(err) == exitUsage {
		_, schema := errors.AsType[*database.SchemaError](err)
		_, file := errors.AsType[*importer.FileError](err)
		if !schema && !file {
			fmt.Fprintln(t.err, `tongid: "tongid help" lists the commands`)
		}
	}
}

func (t *terminal) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "tongid",
		Short: "An OpenID Connect identity provider for enterprises and those who act for them",
		Long: "tongid is an OpenID Connect identity provider for enterprises and those who act for them.\n\n" +
			"Every flag has an environment variable: --ops-listen is TONGID_OPS_LISTEN. Flags beat the environment, which\n" +
			"beats the file named by --config, which beats the defaults. Secrets have no flag: TONGID_POSTGRES_URL,\n" +
			"TONGID_REDIS_URL, TONGID_MASTER_KEY, each also with _FILE.",
		Version:       version(),
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.PersistentFlags().String("config", "", "YAML file with settings")
	addSettings(root.PersistentFlags(), config.Everywhere)
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(t.serveCommand(), t.migrateCommand(), t.doctorCommand(), t.clientCommand(), t.keyCommand(),
		t.sealCommand(), t.importCommand())
	return root
}

// group is a command that only has subcommands.
func group(use, short string, commands ...*cobra.Command) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		var names []string
		for _, sub := range cmd.Commands() {
			names = append(names, sub.Name())
		}
		return fmt.Errorf("%s: want one of %s", cmd.CommandPath(), strings.Join(names, ", "))
	}}
	c.AddCommand(commands...)
	return c
}

// begun wraps what a command does, so that its errors are told from those of its
// arguments.
func begun(do func(cmd *cobra.Command, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		if err := do(cmd, args); err != nil {
			return failure{err}
		}
		return nil
	}
}

// flag is a setting on the command line. What it is given is read with the other
// sources, so that all faults come out together.
type flag struct {
	setting config.Setting
	text    string
}

func (f *flag) String() string        { return f.text }
func (f *flag) Set(text string) error { f.text = text; return nil }
func (f *flag) Type() string {
	return map[bool]string{true: "bool", false: "value"}[f.setting.IsSwitch()]
}

func addSettings(to *pflag.FlagSet, where config.Where) {
	for _, s := range config.Settings() {
		if s.Where != where {
			continue
		}
		usage := s.Help
		if !s.IsSwitch() {
			usage += " (" + s.Takes() + ")"
		}
		added := to.VarPF(&flag{setting: s, text: s.Default}, s.Name, "", usage)
		if s.IsSwitch() {
			added.NoOptDefVal = "true"
		}
	}
}

// load reads the configuration for a command.
func (t *terminal) load(cmd *cobra.Command) (*config.Config, error) {
	src := config.Source{Env: t.env, Flags: map[string]string{}}
	for _, pair := range t.env {
		if path, ok := strings.CutPrefix(pair, "TONGID_CONFIG="); ok {
			src.File = path
		}
	}
	names := config.Settings()
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if f.Name == "config" {
			src.File = f.Value.String()
		} else if slices.ContainsFunc(names, func(s config.Setting) bool { return s.Name == f.Name }) {
			src.Flags[f.Name] = f.Value.String()
		}
	})
	return config.Load(src)
}

// version is the module's version and the commit it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	out := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && !strings.Contains(out, s.Value[:min(12, len(s.Value))]) {
			out += " " + s.Value[:min(12, len(s.Value))]
		}
	}
	return out
}
