package main

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/muster-scim/muster/policy"
)

// editsWith is a conversation in which the editor writes these texts, one after the other, and
// questions get these answers.
func editsWith(t *testing.T, answers string, texts ...string) (*editing, *bytes.Buffer) {
	t.Helper()
	t.Setenv("TMPDIR", t.TempDir())
	var out bytes.Buffer
	return &editing{
		t: &terminal{out: &out, err: &out}, ask: &asking{out: &out, in: bufio.NewReader(strings.NewReader(answers))},
		open: func(path string) error {
			if texts == nil {
				return nil // closed without a change
			}
			text := texts[0]
			texts = texts[1:]
			return os.WriteFile(path, []byte(text), 0o600)
		},
	}, &out
}

func TestAMistakeIsEditedAgainAndTheTextStays(t *testing.T) {
	e, out := editsWith(t, "\n", "neverAsign: [a]", "neverAssign: [a]")
	rules, keep, err := e.edit("acme-okta", policy.DefaultRules())
	if err != nil || len(rules.NeverAssign) != 1 {
		t.Errorf("%+v %v", rules, err)
	}
	if !strings.Contains(out.String(), `line 1: unknown field "neverAsign"`) {
		t.Errorf("the mistake is not named: %s", out)
	}
	if text, err := os.ReadFile(keep); err != nil || string(text) != "neverAssign: [a]" {
		t.Errorf("the text is %q %v", text, err)
	}
}

func TestWhoGivesUpKeepsTheText(t *testing.T) {
	for _, answers := range []string{"n\n", ""} {
		e, _ := editsWith(t, answers, "neverAsign: [a]")
		_, keep, err := e.edit("acme-okta", policy.DefaultRules())
		if err == nil || !strings.Contains(err.Error(), keep) {
			t.Fatalf("%v does not name %s", err, keep)
		}
		if text, err := os.ReadFile(keep); err != nil || string(text) != "neverAsign: [a]" {
			t.Errorf("the text is %q %v", text, err)
		}
	}
}

func TestAnUneditedTextChangesNothing(t *testing.T) {
	e, _ := editsWith(t, "")
	if _, _, err := e.edit("acme-okta", policy.DefaultRules()); !errors.Is(err, errUnedited) {
		t.Error(err)
	}
	left, err := os.ReadDir(os.Getenv("TMPDIR"))
	if err != nil || len(left) != 0 {
		t.Errorf("files are left: %v %v", left, err)
	}
}

func TestAQuestionIsAskedUntilItIsAnswered(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		answers   string
		otherwise bool
		want      bool
	}{{"perhaps\nYES\n", false, true}, {"\n", false, false}, {"\n", true, true}, {"n\n", true, false}} {
		a := &asking{out: &bytes.Buffer{}, in: bufio.NewReader(strings.NewReader(c.answers))}
		if got, err := a.whether("Do this?", c.otherwise); err != nil || got != c.want {
			t.Errorf("%q: %v %v", c.answers, got, err)
		}
	}
	a := &asking{out: &bytes.Buffer{}, in: bufio.NewReader(strings.NewReader(""))}
	if yes, err := a.whether("Do this?", true); err == nil || yes {
		t.Error("nobody answered, and that is a yes")
	}
}

func TestAPlanIsOfAConnectorOrOfAFile(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"plan"}, {"plan", "-f", "x.yaml", "acme-okta"}, {"plan", "-f", "x.yaml", "--mode", "live"}, {"rules", "diff", "acme-okta"}, {"apply"}} {
		if out := runs(t, 2, args...); !strings.Contains(out, " --help") {
			t.Errorf("%v: %s", args, out)
		}
	}
}

func TestTheTestsOfAFileNeedNoServer(t *testing.T) {
	t.Parallel()
	file := t.TempDir() + "/muster.yaml"
	write := func(tests string) {
		t.Helper()
		text := "connectors:\n  - slug: acme-okta\n    tenant: acme\n    rules: {neverAssign: ['.*-admins']}\n" + tests
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	if out := runs(t, 0, "test", "-f", file); !strings.Contains(out, "There are no tests in it") {
		t.Error(out)
	}
	write("    tests:\n      - {name: no admins, given: {groups: [a-admins, users]}, expect: {groups: [users], not: [a-admins]}}\n" +
		"      - {name: admins, given: {groups: [a-admins]}, expect: {groups: [a-admins]}}\n")
	out := runs(t, 1, "test", "-f", file)
	want := "FAILED acme-okta: admins\n  expected to be in a-admins, and is not: acme-okta sends this group, but neverAssign pattern \".*-admins\" matches it.\n1 passed, 1 failed\n"
	if out != want {
		t.Errorf("%s\nnot\n%s", out, want)
	}
}
