// Package deploy_test checks the files that put tongid on a machine, as far as this machine has the
// programs that read them. What could not be checked is said: go test -v ./deploy.
package deploy_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// tool finds a program that is welcome here but not needed, and says when it is not there.
func tool(t *testing.T, name string) (string, bool) {
	t.Helper()
	for _, candidate := range []string{name, "/usr/sbin/" + name} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, true
		}
	}
	t.Logf("NOT CHECKED with %s: it is not installed here", name)
	return "", false
}

// run returns what a program printed, and whether it succeeded.
func run(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	return string(out), err
}

func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func write(t *testing.T, name, content string) {
	t.Helper()
	if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace swaps old for new and fails where there is nothing to swap: a test that edits a copy must
// notice when the original moves on.
func replace(t *testing.T, text, old, replacement string) string {
	t.Helper()
	if !strings.Contains(text, old) {
		t.Fatalf("%q is not there any more", old)
	}
	return strings.ReplaceAll(text, old, replacement)
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	_, last, found := strings.Cut(read(t, "Dockerfile"), "\nFROM scratch\n")
	if !found {
		t.Fatal("the image is not built from scratch")
	}
	for _, line := range []string{
		"COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt",
		"USER 65532:65532",
		`ENTRYPOINT ["/tongid"]`,
		"STOPSIGNAL SIGTERM",
	} {
		if !strings.Contains(last, "\n"+line+"\n") {
			t.Errorf("the image misses: %s", line)
		}
	}
	if strings.Contains(last, "\nRUN ") {
		t.Error("scratch has no shell to RUN anything")
	}

	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	if base := fmt.Sprintf("FROM golang:%s-", version[1]); !strings.Contains(read(t, "Dockerfile"), base) {
		t.Errorf("the image is not built by the Go of go.mod: want %s", base)
	}
}

func TestScripts(t *testing.T) {
	t.Parallel()
	scripts := []string{"make-secrets", "../.ci/run"}
	dev, err := filepath.Glob("dev/*")
	if err != nil || len(dev) == 0 {
		t.Fatal("no scripts in dev/", err)
	}
	scripts = append(scripts, dev...)
	for _, script := range scripts {
		info, err := os.Stat(script)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode()&0o111 == 0 {
			t.Errorf("%s cannot be executed", script)
		}
		if out, err := run(t, "bash", "-n", script); err != nil {
			t.Errorf("bash -n %s: %v\n%s", script, err, out)
		}
	}
	t.Logf("checked with bash -n: %s", strings.Join(scripts, " "))
	if shellcheck, ok := tool(t, "shellcheck"); ok {
		if out, err := run(t, shellcheck, scripts...); err != nil {
			t.Errorf("shellcheck: %v\n%s", err, out)
		}
		t.Log("checked with shellcheck: the same")
	}
}

func TestSystemd(t *testing.T) {
	t.Parallel()
	unit := read(t, "systemd/tongid.service")
	for _, line := range []string{
		"DynamicUser=yes", "StateDirectory=tongid", "ProtectSystem=strict", "NoNewPrivileges=yes",
		"CapabilityBoundingSet=", "Environment=TONGID_MASTER_KEY_FILE=%d/master_key",
		"LoadCredential=master_key:/etc/tongid/master.key", "RestartPreventExitStatus=2",
	} {
		if !strings.Contains(unit, "\n"+line+"\n") {
			t.Errorf("the unit misses: %s", line)
		}
	}
	t.Log("checked: the lines that matter")

	analyze, ok := tool(t, "systemd-analyze")
	if !ok {
		return
	}
	// verify wants the program to be there.
	file := filepath.Join(t.TempDir(), "tongid.service")
	write(t, file, replace(t, unit, "ExecStart=/usr/local/bin/tongid ", "ExecStart=/bin/true "))
	if out, err := run(t, analyze, "verify", file); err != nil || out != "" {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out)
	}
	t.Log("checked with systemd-analyze verify")
	const exposure = "20" // tenths: of 10, all open, 2.0 is what a network server can reach with comfort
	if out, err := run(t, analyze, "security", "--offline=true", "--no-pager", "--threshold="+exposure, file); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
	t.Log("checked with systemd-analyze security: exposure at most 2.0")
}
