package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestAShellCompletesWithTheServersNames runs the real shells with the script that they get.
func TestAShellCompletesWithTheServersNames(t *testing.T) {
	t.Parallel()
	s := startServer(t, "sqlite")
	tenant := s.tenant(t)
	c := s.connector(t, wanted{Tenant: tenant})
	bash := func(words string) string {
		t.Helper()
		return s.inShell(t, "bash", "source <(muster completion bash); COMP_WORDS=("+words+"); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _muster; printf '%s\\n' \"${COMPREPLY[@]}\"")
	}
	for words, want := range map[string]string{
		`muster connectors sh`:             "show",
		`muster connectors show ""`:        c.Slug,
		`muster tenants delete ""`:         tenant,
		`muster users list --status d`:     "disabled\ndeleted",
		`muster users list --output = yam`: "yaml",
	} {
		if got := strings.TrimSpace(bash(words)); got != want {
			t.Errorf("bash completes %s with %q, want %q", words, got, want)
		}
	}
	for _, shell := range []string{"zsh", "fish"} {
		if _, err := exec.LookPath(shell); err != nil {
			t.Logf("%s is not installed: only that there is a script is checked", shell)
			s.expectCLI(t, 0, "__complete", "completion", shell)
			continue
		}
		s.inShell(t, shell, "muster completion "+shell+" > script; "+shell+" -n script")
	}
}

// inShell runs a line in a shell that finds the program and the server.
func (s *server) inShell(t *testing.T, shell, line string) string {
	t.Helper()
	cmd := exec.Command(shell, "-c", line)
	cmd.Dir = t.TempDir()
	bin := filepath.Join(cmd.Dir, "bin")
	if err := os.Mkdir(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(program(t), filepath.Join(bin, "muster")); err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(cleanEnvironment(), "PATH="+bin+":"+os.Getenv("PATH"), "MUSTER_URL="+s.URL, "MUSTER_ADMIN_TOKEN="+s.token)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s -c %s: %v\n%s", shell, line, err, out)
	}
	return string(out)
}
