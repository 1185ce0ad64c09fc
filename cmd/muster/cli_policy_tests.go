package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"

	"github.com/muster-scim/muster/cmd/muster/manifest"
	"github.com/muster-scim/muster/policy"
)

type testCmd struct {
	printing
	File string `short:"f" default:"muster.yaml" help:"The file; default ${default}, - is the standard input." placeholder:"FILE"`
	Only string `help:"Only the tests of this connector." placeholder:"SLUG"`
}

// Help shows how.
func (testCmd) Help() string {
	return "Examples:\n\n  muster test -f muster.yaml\n  muster test -f muster.yaml --only acme-okta\n\nA test stands below its connector in the file:\n\n" +
		"  tests:\n" +
		"    - name: contractors stay out\n" +
		"      given:\n" +
		"        groups: [jira-users, corp-admins]\n" +
		"      expect:\n" +
		"        groups: [jira-users, all-staff]\n" +
		"        not: [corp-admins]\n" +
		"        status: active\n\n" +
		"given describes a person as this IdP alone does: userName, groups, active (default true), deleted, known (the directory " +
		"has it already) and holds (the groups that the connector gave it). The rules are those of the file, the connector is " +
		"taken as live, and graces as over. expect: groups and not need not be complete; status is active, disabled, deleted or none."
}

// Run runs the tests.
func (c *testCmd) Run(t *terminal) error {
	file, err := readManifest(c.File)
	if err != nil {
		return err
	}
	if c.Only != "" && file.Connector(c.Only) == nil {
		return fmt.Errorf("%s has no connector %s", c.File, c.Only)
	}
	type failure struct {
		Connector string   `json:"connector"`
		Test      string   `json:"test"`
		Wrong     []string `json:"wrong"`
	}
	passed, failed := 0, []failure{}
	for i := range file.Connectors {
		connector := &file.Connectors[i]
		if c.Only != "" && connector.Slug != c.Only {
			continue
		}
		for _, test := range connector.Tests {
			wrong, err := test.Run(connector, file.SettingsFor(connector))
			if err != nil {
				return err
			}
			if len(wrong) == 0 {
				passed++
				continue
			}
			failed = append(failed, failure{connector.Slug, test.Name, wrong})
		}
	}
	if c.Output == asJSON {
		if err := printValue(t, map[string]any{"passed": passed, "failed": failed}); err != nil {
			return err
		}
		return failedTests(len(failed))
	}
	for _, f := range failed {
		if err := say(t, "FAILED %s: %s\n  %s", f.Connector, printable(f.Test), strings.Join(printableAll(f.Wrong), "\n  ")); err != nil {
			return err
		}
	}
	if passed+len(failed) == 0 {
		return say(t, "There are no tests in it: 0 passed, 0 failed. muster test --help shows how to write one.")
	}
	if err := say(t, "%d passed, %d failed", passed, len(failed)); err != nil {
		return err
	}
	return failedTests(len(failed))
}

// failedTests ends the program with 1 when tests have failed.
func failedTests(n int) error {
	if n > 0 {
		return exitStatus(1)
	}
	return nil
}

func printableAll(lines []string) []string {
	out := make([]string, len(lines))
	for i, line := range lines {
		out[i] = printable(line)
	}
	return out
}

type rulesTestCmd struct {
	remote
	Connector string   `arg:"" help:"The connector's slug."`
	Given     []string `help:"The groups that its IdP sends for the person." placeholder:"GROUP,…"`
	User      string   `help:"The person's userName." placeholder:"NAME"`
	Inactive  bool     `help:"The IdP says that the person is not active."`
	Holds     []string `help:"The groups that this connector gave the person already." placeholder:"GROUP,…"`
	File      string   `short:"f" help:"Ask these rules instead of the server's: a file with rules, or a whole one as muster export writes it." placeholder:"FILE"`
}

// Help shows how.
func (rulesTestCmd) Help() string {
	return "Says what the rules would decide about somebody whom this connector alone describes. Nobody has to exist, and nothing is changed.\n\nExamples:\n\n" +
		"  muster rules test acme-okta --given jira-users,corp-admins\n" +
		"  muster rules test acme-okta --given jira-users --user ada@acme.example -f muster.yaml\n\n" +
		"muster try asks about a real request, muster why about a real user."
}

// ruleVerdict is what rules test answers as JSON.
type ruleVerdict struct {
	Status  string             `json:"status"`
	Because string             `json:"because"`
	Groups  []manifest.Verdict `json:"groups"`
}

// Run asks the rules.
func (c *rulesTestCmd) Run(ctx context.Context, t *terminal) error {
	about, settings, err := c.connector(ctx)
	if err != nil {
		return err
	}
	given := manifest.Given{UserName: c.User, Groups: c.Given, Holds: c.Holds}
	if c.Inactive {
		given.Active = new(bool)
	}
	outcome, err := about.Decide(settings, given)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return printValue(t, ruleVerdict{outcome.Status, outcome.Because, append([]manifest.Verdict{}, outcome.Groups...)})
	}
	status := "The user would be " + outcome.Status
	if outcome.Status == "none" {
		status = "No user would be made"
	}
	if err := say(t, "%s. %s", status, printable(outcome.Because)); err != nil {
		return err
	}
	rows := make([][]string, len(outcome.Groups))
	for i, v := range outcome.Groups {
		verdict := "out"
		if v.Member {
			verdict = "in"
		}
		rows[i] = []string{v.Name, verdict, v.Because}
	}
	if len(rows) == 0 {
		return nil
	}
	return table(t.out, []string{"GROUP", "VERDICT", "BECAUSE"}, rows)
}

// connector is the one that is asked about: the file's, or the server's with its directory.
func (c *rulesTestCmd) connector(ctx context.Context) (*manifest.Connector, policy.DirectorySettings, error) {
	about := &manifest.Connector{Slug: c.Connector, Tenant: "tenant"}
	if c.File != "" {
		rules, settings, err := rulesOf(c.File, c.Connector)
		about.Rules = rules
		return about, settings, err
	}
	var settings policy.DirectorySettings
	api, err := c.connect()
	if err != nil {
		return nil, settings, err
	}
	if err := api.call(ctx, http.MethodGet, "/connectors/"+escape(c.Connector), nil, about); err != nil {
		return nil, settings, err
	}
	var data []byte
	if err := api.call(ctx, http.MethodGet, "/directories/"+escape(about.Directory), nil, &data); err != nil {
		return nil, settings, err
	}
	d, err := serverDirectory(data)
	return about, d.Settings, err
}
