package deploy_test

import (
	"crypto/tls"
	"encoding/base64"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

type compose struct {
	Services map[string]service
	Networks map[string]any
	Volumes  map[string]any
	Secrets  map[string]struct{ File string }
}

type service struct {
	Image       string
	Command     []string
	Build       struct{ Context, Dockerfile string }
	Environment map[string]string
	Secrets     []string
	Volumes     []string
	Ports       []string
	Networks    yaml.Node
	ReadOnly    bool                                  `yaml:"read_only"`
	CapDrop     []string                              `yaml:"cap_drop"`
	SecurityOpt []string                              `yaml:"security_opt"`
	DependsOn   map[string]struct{ Condition string } `yaml:"depends_on"`
	Deploy      struct{ Replicas int }
	Healthcheck struct{ Test []string }
}

func parseCompose(t *testing.T) compose {
	t.Helper()
	var c compose
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCompose(t *testing.T) {
	t.Parallel()
	c := parseCompose(t)
	want := []string{"migrate", "nginx", "postgres", "redis", "tongid"}
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(c.Services))); diff != "" {
		t.Errorf("services (-want +got):\n%s", diff)
	}
	if got := c.Services["tongid"].Deploy.Replicas; got != 2 {
		t.Errorf("%d replicas, want 2", got)
	}
	if got := c.Services["tongid"].DependsOn["migrate"].Condition; got != "service_completed_successfully" {
		t.Errorf("tongid waits for migrate until %q", got)
	}
	if diff := cmp.Diff([]string{"migrate", "up"}, c.Services["migrate"].Command); diff != "" {
		t.Errorf("migrate runs (-want +got):\n%s", diff)
	}
	for _, name := range []string{"migrate", "tongid"} {
		s := c.Services[name]
		if !s.ReadOnly || !slices.Contains(s.CapDrop, "ALL") || !slices.Contains(s.SecurityOpt, "no-new-privileges:true") {
			t.Errorf("%s is not locked down", name)
		}
		if _, err := os.Stat(filepath.Join(s.Build.Context, s.Build.Dockerfile)); err != nil {
			t.Errorf("%s is built from nothing: %v", name, err)
		}
	}
	for name, s := range c.Services {
		if len(s.Ports) > 0 != (name == "nginx") {
			t.Errorf("%s publishes %v: nginx alone faces the outside", name, s.Ports)
		}
		for _, volume := range s.Volumes {
			source, _, _ := strings.Cut(volume, ":")
			if _, named := c.Volumes[source]; named {
				continue
			}
			if _, err := os.Stat(source); err != nil {
				t.Errorf("%s mounts %s, which is not there", name, source)
			}
		}
	}
	t.Log("checked: services, replicas, order of start, what is published, mounts")
}

// No secret stands in the file, and each that is named is there once make-secrets has run.
func TestComposeSecrets(t *testing.T) {
	t.Parallel()
	c := parseCompose(t)
	folder := filepath.Join(t.TempDir(), "secrets")
	if out, err := run(t, "./make-secrets", folder); err != nil {
		t.Fatalf("make-secrets: %v\n%s", err, out)
	}
	for name, secret := range c.Secrets {
		if dir, base := filepath.Split(secret.File); dir != "./secrets/" {
			t.Errorf("secret %s lies in %s", name, dir)
		} else if info, err := os.Stat(filepath.Join(folder, base)); err != nil || info.Size() == 0 {
			t.Errorf("make-secrets does not make %s: %v", base, err)
		}
	}
	for name, s := range c.Services {
		for variable, value := range s.Environment {
			file, mounted := strings.CutPrefix(value, "/run/secrets/")
			switch {
			case strings.HasSuffix(variable, "_FILE") && (!mounted || !slices.Contains(s.Secrets, file)):
				t.Errorf("%s: %s=%s is no secret of that service", name, variable, value)
			case !strings.HasSuffix(variable, "_FILE") && (strings.Contains(variable, "PASSWORD") || strings.Contains(variable, "KEY")):
				t.Errorf("%s: %s holds a secret", name, variable)
			}
		}
		for _, secret := range s.Secrets {
			if _, ok := c.Secrets[secret]; !ok {
				t.Errorf("%s uses secret %s, which is not declared", name, secret)
			}
		}
	}

	key, err := base64.StdEncoding.DecodeString(read(t, filepath.Join(folder, "master_key")))
	if err != nil || len(key) != 32 {
		t.Errorf("the master key has %d bytes, %v", len(key), err)
	}
	if _, err := tls.LoadX509KeyPair(filepath.Join(folder, "tls_cert"), filepath.Join(folder, "tls_key")); err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(folder); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of secrets is open: %v %v", info.Mode(), err)
	}
	out, err := run(t, "./make-secrets", folder)
	if err != nil || out != "" {
		t.Errorf("a second make-secrets makes: %q %v", out, err)
	}
	t.Log("checked: secrets come as files, and make-secrets makes them once")
}

// The address that tongid trusts is nginx's.
func TestComposeProxy(t *testing.T) {
	t.Parallel()
	c := parseCompose(t)
	var networks struct {
		Edge struct {
			Address string `yaml:"ipv4_address"`
		}
	}
	nginx := c.Services["nginx"]
	if err := nginx.Networks.Decode(&networks); err != nil {
		t.Fatal(err)
	}
	want := networks.Edge.Address + "/32"
	if got := c.Services["tongid"].Environment["TONGID_TRUSTED_PROXIES"]; got != want {
		t.Errorf("tongid trusts %s, nginx is %s", got, want)
	}
}

func TestExampleConfig(t *testing.T) {
	t.Parallel()
	var c map[string]any
	if err := yaml.Unmarshal([]byte(read(t, "config.example.yaml")), &c); err != nil {
		t.Fatal(err)
	}
	if issuer, _ := c["issuer"].(string); !strings.HasPrefix(issuer, "https://") {
		t.Errorf("issuer is %q", issuer)
	}
}
