package deploy_test

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestTheProgramTakesTheEnvironmentOfItsServices runs the program with what the image and the
// Compose file give it, as far as that goes without their networks: every name is a setting, and
// nothing contradicts anything else.
func TestTheProgramTakesTheEnvironmentOfItsServices(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "muster")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "github.com/muster-scim/muster/cmd/muster")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("building the program: %v\n%s", err, out)
	}
	secrets := secretsWithoutNetwork(t)
	c := readCompose(t, composeText(t))

	for _, name := range []string{"muster-1", "muster-2"} {
		cmd := exec.Command(program, "config", "check")
		cmd.Env = environmentOf(t, c.Services[name], secrets)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Errorf("%s would not start: %v\n%s", name, err, out)
		}
	}
	command, _ := c.Services["migrate"].Command.([]any)
	var arguments []string
	for _, argument := range command {
		arguments = append(arguments, argument.(string))
	}
	cmd := exec.Command(program, arguments...)
	cmd.Env = environmentOf(t, c.Services["migrate"], secrets)
	out, err := cmd.CombinedOutput()
	if err == nil || !strings.Contains(string(out), "Check that PostgreSQL runs") {
		t.Errorf("migrate should only miss the database, and says %v\n%s", err, out)
	}
}

// secretsWithoutNetwork are the secrets with a database that is nowhere.
func secretsWithoutNetwork(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("/bin/sh", "secrets.sh", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"owner_database_url", "app_database_url"} {
		file := filepath.Join(dir, name)
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Remove(file); err != nil {
			t.Fatal(err)
		}
		nowhere := strings.Replace(string(text), "@database:5432", "@127.0.0.1:1", 1)
		if err := os.WriteFile(file, []byte(nowhere), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// environmentOf is the environment of a service: the image's, and over it the Compose file's with
// the defaults of its variables.
func environmentOf(t *testing.T, s service, secrets string) (all []string) {
	t.Helper()
	variables := map[string]string{}
	for _, i := range readDockerfile(t) {
		if i.name == "ENV" {
			for assignment := range strings.FieldsSeq(i.rest) {
				name, value, _ := strings.Cut(assignment, "=")
				variables[name] = value
			}
		}
	}
	maps.Copy(variables, s.Environment)
	inner := regexp.MustCompile(`\$\{[A-Z_]+:-([^${}]*)\}`)
	for name, value := range variables {
		for inner.MatchString(value) {
			value = inner.ReplaceAllString(value, "$1")
		}
		all = append(all, name+"="+strings.ReplaceAll(value, "/run/secrets", secrets))
	}
	return all
}
