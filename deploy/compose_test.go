// Package deploy_test holds what this directory, docker-compose.yml and the Dockerfile promise
// against what they say. There is no engine here to run them: what they start is tried, with
// the same settings and scripts, by cmd/muster/e2e/cluster.
package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// readCompose reads a Compose file with its anchors and merges resolved.
func readCompose(t *testing.T, text []byte) compose {
	t.Helper()
	var c compose
	// To this parser, what stands beside a merge and overrides a part of it is a duplicate.
	if err := yaml.UnmarshalWithOptions(text, &c, yaml.AllowDuplicateMapKey()); err != nil {
		t.Fatalf("the Compose file is no YAML: %v", err)
	}
	return c
}

func composeText(t *testing.T) []byte {
	t.Helper()
	text, err := os.ReadFile("../docker-compose.yml")
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestComposeKeepsTheSafeDefaults(t *testing.T) {
	t.Parallel()
	c := readCompose(t, composeText(t))
	if len(c.Services) < 5 {
		t.Fatalf("only %d services were read", len(c.Services))
	}
	for _, problem := range c.problems() {
		t.Error(problem)
	}
}

func TestComposeHasEveryPartOfTheTopology(t *testing.T) {
	t.Parallel()
	c := readCompose(t, composeText(t))
	for _, name := range []string{"proxy", "muster-1", "muster-2", "migrate", "postgres", "postgres-standby", "postgres-synchronous", "redis"} {
		if _, ok := c.Services[name]; !ok {
			t.Errorf("there is no service %s", name)
		}
	}
	for _, name := range []string{"postgres-standby", "postgres-synchronous"} {
		if !slices.Equal(c.Services[name].Profiles, []string{"ha"}) {
			t.Errorf("%s has the profiles %v, want ha alone", name, c.Services[name].Profiles)
		}
	}
	for _, name := range []string{"muster-1", "muster-2"} {
		s := c.Services[name]
		if s.Environment["MUSTER_MIGRATE"] != "false" || slices.Contains(s.Secrets, "owner_database_url") {
			t.Errorf("%s may change the schema: that is for the service migrate", name)
		}
		if s.Environment["GOMEMLIMIT"] == "" {
			t.Errorf("%s has no GOMEMLIMIT: it would be killed before it collects garbage", name)
		}
	}
	if aliases := c.Services["postgres"].Networks["data"].Aliases; !slices.Contains(aliases, "database") {
		t.Errorf("postgres is not called database, as the URLs of secrets.sh have it: %v", aliases)
	}
}

// TestComposeUsesTheSecretsThatTheScriptMakes compares the names, and wants a clear word from
// Compose when the script has not been run.
func TestComposeUsesTheSecretsThatTheScriptMakes(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if out, err := exec.Command("/bin/sh", "secrets.sh", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	c := readCompose(t, composeText(t))
	for name, secret := range c.Secrets {
		where, file, _ := strings.Cut(secret.File, "}/")
		if !strings.HasPrefix(where, "${MUSTER_SECRETS:?") || !strings.Contains(where, "deploy/secrets.sh") {
			t.Errorf("secret %s is %s: without MUSTER_SECRETS Compose has to say what to run", name, secret.File)
		}
		if _, err := os.Stat(filepath.Join(dir, file)); err != nil || file != name {
			t.Errorf("secret %s: secrets.sh does not make the file %s", name, file)
		}
	}
	for name, s := range c.Services {
		for _, secret := range s.Secrets {
			if _, ok := c.Secrets[secret]; !ok {
				t.Errorf("%s uses the secret %s, which is not defined", name, secret)
			}
		}
	}
}

// mistakes are what the rules have to see: what to replace in the file, and a part of what is
// said about it.
var mistakes = []struct{ old, new, said string }{
	{"read_only: true", "read_only: false", "read_only"},
	{"cap_drop: [ALL]", "cap_drop: [NET_RAW]", "cap_drop"},
	{"  cpus: ${MUSTER_CPUS:-1}\n", "", "cpus"},
	{"pids_limit: 256", "privileged: true", "privileged"},
	{"no-new-privileges:true", "seccomp:unconfined", "no-new-privileges"},
	{"size=16m,mode=1777\"", "exec\"", "noexec"},
	{"    mem_limit: 128m\n", "", "mem_limit"},
	{"max-size: 10m, ", "", "max-size"},
	{"haproxy:3.2.24-alpine", "haproxy:latest", "haproxy:latest"},
	{"redis:7.2.16-alpine", "redis", "redis"},
	{"redis:7.2.16-alpine", "redis:7", "redis:7"},
	{"127.0.0.1:${MUSTER_PORT:-8080}:8080", "8080:8080", "8080:8080"},
	{"127.0.0.1:${MUSTER_PORT:-8080}:8080", "0.0.0.0:80:8080", "0.0.0.0"},
	{"    stop_grace_period: 10s\n", "    ports: [\"127.0.0.1:6379:6379\"]\n", "6379"},
	{"user: \"65532:65532\"", "user: root", "user"},
	{"user: \"65532:65532\"", "user: \"0:65532\"", "user"},
	{"[\"CMD\", \"redis-cli\", \"-e\", \"ping\"]", "[\"CMD-SHELL\", \"redis-cli ping\"]", "shell"},
	{"[\"CMD\", \"redis-cli\", \"-e\", \"ping\"]", "[\"CMD\", \"sh\", \"-c\", \"redis-cli ping\"]", "shell"},
	{"muster-2: {condition: service_healthy}", "muster-2: {condition: service_started}", "service_started"},
	{"muster-2: {condition: service_healthy}", "muster-3: {condition: service_healthy}", "muster-3"},
	{"  data: # replicas, PostgreSQL and Redis\n    internal: true", "  data: {}", "internal"},
	{"networks: [edge, inside]", "networks: [edge, inside, data]", "data"},
	{"MUSTER_ADMIN_TOKEN_FILE: /run/secrets/admin_token", "MUSTER_ADMIN_TOKEN: let-me-in", "MUSTER_ADMIN_TOKEN"},
	{"POSTGRES_PASSWORD_FILE: /run/secrets/postgres_password", "POSTGRES_PASSWORD: postgres", "POSTGRES_PASSWORD"},
	{"haproxy.cfg:ro", "haproxy.cfg", "haproxy.cfg"},
	{"./deploy/redis/redis.conf", "./deploy/redis/missing.conf", "missing.conf"},
	{"./deploy/redis/redis.conf", "/var/run/docker.sock", "docker.sock"},
	{"    profiles: [ha]\n", "    network_mode: host\n", "network_mode"},
}

// TestComposeMistakesAreSeen breaks the file in one way after the other.
func TestComposeMistakesAreSeen(t *testing.T) {
	t.Parallel()
	text := string(composeText(t))
	for _, m := range mistakes {
		if !strings.Contains(text, m.old) {
			t.Errorf("the file has no %q to replace by %q", m.old, m.new)
			continue
		}
		broken := readCompose(t, []byte(strings.Replace(text, m.old, m.new, 1)))
		if all := strings.Join(broken.problems(), "\n"); !strings.Contains(all, m.said) {
			t.Errorf("%q instead of %q is not seen; what is said: %q", m.new, m.old, all)
		}
	}
}
