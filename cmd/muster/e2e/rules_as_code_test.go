package e2e

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const company = `directories:
  - name: main
    sharedGroups: [all-staff]
    protectedGroups: [{is: wheel, except: [acme-okta]}]
  - name: staging
tenants: [acme, globex]
connectors:
  - slug: acme-okta
    name: 'Okta: production'
    tenant: acme
    kind: okta
    mode: live
    limits: {rate: 0, members: 500}
    rules:
      onlyAssign: ['jira-.*', {startsWith: team-}]
      alwaysAssign: [all-staff]
      defaultGroups: [{set: Newcomers, groups: [welcome, 'it''s new']}]
      cleanup: {action: delete, graceDays: 3}
    tests:
      - name: contractors stay out
        given: {groups: [jira-users, corp-admins]}
        expect: {groups: [jira-users, all-staff], not: [corp-admins], status: active}
  - slug: globex-oneaccess
    tenant: globex
    kind: oneaccess
    directory: staging
    paths: {users: [Accounts]}
`

// TestRulesAreKeptInAFile: an administrator keeps what a server should have in a file, sees what
// it would change before it does, and loses nobody by an oversight.
func TestRulesAreKeptInAFile(t *testing.T) {
	t.Parallel()
	s, fresh := startServer(t, "sqlite"), startServer(t, "sqlite")
	dir := t.TempDir()
	file := filepath.Join(dir, "muster.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(company)

	s.expectCLI(t, 0, "1 passed, 0 failed", "test", "-f", file)
	s.expectCLI(t, 2, "+ a new connector of tenant acme, okta, into directory main, live", "plan", "-f", file)
	if list := s.items(t, "/tenants"); len(list) != 0 {
		t.Errorf("a plan has made tenants: %v", list)
	}
	if made := s.expectCLI(t, 0, "Secrets are shown this once", "apply", "-f", file); strings.Count(made, "mst_") != 2 {
		t.Errorf("there are two new connectors, and this was printed:\n%s", made)
	}
	s.expectCLI(t, 0, "Nothing is pending", "plan", "-f", file)
	if again := s.expectCLI(t, 0, "Nothing to do", "apply", "-f", file); strings.Contains(again, "from now on") {
		t.Errorf("it says anew where the rules are kept:\n%s", again)
	}
	s.expectCLI(t, 0, "muster.yaml", "connectors", "show", "acme-okta")

	// Out, into another server, and out again: the same bytes.
	s.expectCLI(t, 0, "", "export", "-o", file)
	exported := readFile(t, file)
	if strings.Contains(exported, "mst_") || !strings.Contains(exported, "contractors stay out") {
		t.Errorf("the export has a secret, or has lost the tests of the file that it replaced:\n%s", exported)
	}
	fresh.expectCLI(t, 0, "", "apply", "-f", file)
	second := filepath.Join(dir, "second.yaml")
	fresh.expectCLI(t, 0, "", "export", "-o", second, "--keep-tests", file)
	if got := readFile(t, second); got != exported {
		t.Errorf("exported from the other server:\n%s\nnot:\n%s", got, exported)
	}

	// A rule that takes something away is seen, agreed to and explained first.
	c := s.existing(t, "acme-okta")
	c.group(t, "jira-users", c.user(t, "ada@acme.example"), c.user(t, "bob@acme.example"))
	s.settled(t, "main")
	changed := strings.Replace(exported, "      alwaysAssign:", "      neverAssign:\n        - jira-users\n      alwaysAssign:", 1)
	write(changed)
	s.expectCLI(t, 1, "expected to be in jira-users, and is not: acme-okta sends this group, but neverAssign", "test", "-f", file)
	s.expectCLI(t, 2, "2 memberships removed", "plan", "-f", file)
	s.expectCLI(t, 1, "add --yes and --comment", "apply", "-f", file)
	s.expectCLI(t, 1, "say why in --comment", "apply", "-f", file, "--yes")
	if got := groupsOf(findUser(t, s, "main", "ada@acme.example")); !slices.Contains(got, "jira-users") {
		t.Errorf("what nobody agreed to is done: ada is in %v", got)
	}
	s.expectCLI(t, 0, "connector acme-okta: rules: done", "apply", "-f", file, "--yes", "--comment", "jira is over")
	if got := groupsOf(findUser(t, s, "main", "ada@acme.example")); slices.Contains(got, "jira-users") {
		t.Errorf("the rules are applied, and ada is in %v", got)
	}
	s.expectCLI(t, 0, "Nothing is pending", "plan", "-f", file)
	s.expectCLI(t, 0, "- neverAssign: jira-users", "rules", "diff", "acme-okta", second)
	s.expectCLI(t, 0, "+ neverAssign: jira-users", "rules", "diff", "acme-okta", "--version", "1")
	s.expectCLI(t, 0, "neverAssign pattern", "rules", "test", "acme-okta", "--given", "jira-users")

	// A file with a mistake at its end changes nothing at all.
	write(changed + "\n  - slug: late\n    tenant: acme\n    rules:\n      neverAsign: [a]\n")
	s.expectCLI(t, 1, `connector late: rules: unknown field "neverAsign"`, "apply", "-f", file, "--yes")
	write(strings.Replace(changed, "tenants:\n", "tenants:\n  - third\n", 1) + "\n  - slug: late\n    tenant: nobody\n")
	s.expectCLI(t, 1, "there is no tenant nobody; write it below tenants: to make it", "apply", "-f", file, "--yes")
	write(changed)
	s.expectCLI(t, 0, "", "export", "-o", file)
	if got := readFile(t, file); got != changed {
		t.Errorf("after the bad files the server has\n%s\nnot\n%s", got, changed)
	}

	// What the file does not name stays as it is.
	write("connectors: []\n")
	s.expectCLI(t, 0, "Left alone, as the file does not name them: acme-okta, globex-oneaccess", "apply", "-f", file, "--yes")
	if n := len(s.items(t, "/connectors")); n != 2 {
		t.Errorf("%d connectors are left", n)
	}
}

// TestGoingLiveThroughAFileNeedsItsOwnYes: a file brings new rules and the live mode at once. What
// going live takes away can be seen only when the rules are there, and is not done unseen.
func TestGoingLiveThroughAFileNeedsItsOwnYes(t *testing.T) {
	t.Parallel()
	s := startServer(t, "sqlite")
	file := filepath.Join(t.TempDir(), "muster.yaml")
	c := s.connector(t, wanted{Tenant: s.tenant(t), Directory: s.directory(t)})
	id := c.user(t, "ada@acme.example")
	c.group(t, "jira-users", id)
	s.adminOK(t, "PUT", "/connectors/"+c.Slug+"/mode", map[string]any{"mode": "observe"})
	s.expectCLI(t, 0, "", "export", "-o", file)
	text := readFile(t, file)
	text = strings.Replace(text, "    mode: observe\n", "    mode: live\n    rules:\n      neverAssign: [jira-users]\n", 1)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s.expectCLI(t, 2, "can be said when the step above is done", "plan", "-f", file)
	out := s.expectCLI(t, 1, "nobody has agreed to that", "apply", "-f", file, "--yes", "--comment", "going live")
	if !strings.Contains(out, "1 membership removed") || !strings.Contains(out, "Of 2 steps 1 are done") {
		t.Errorf("it does not say what it would take, and how far it came:\n%s", out)
	}
	s.expectCLI(t, 2, "1 membership removed", "plan", "-f", file)
	s.expectCLI(t, 0, "mode: done", "apply", "-f", file, "--yes", "--comment", "going live")
	s.expectCLI(t, 0, "Nothing is pending", "plan", "-f", file)
}

// expectCLI runs the command line, expects its exit status and a part of what it prints, and
// returns all of that.
func (s *server) expectCLI(t *testing.T, status int, part string, args ...string) string {
	t.Helper()
	out, err := s.muster(t, args...)
	got := 0
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		got = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if got != status || !strings.Contains(out, part) {
		t.Errorf("muster %s\nended with %d, expected was %d and %q:\n%s", strings.Join(args, " "), got, status, part, out)
	}
	return out
}

func readFile(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
