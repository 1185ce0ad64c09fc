package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"

	"github.com/muster-scim/muster/cmd/muster/manifest"
	"github.com/muster-scim/muster/policy"
)

type rulesEditCmd struct {
	URL       string `env:"MUSTER_URL" help:"The server; default MUSTER_PUBLIC_URL, else MUSTER_LISTEN." placeholder:"URL"`
	Connector string `arg:"" help:"The connector's slug."`
	Comment   string `help:"Why; asked for when anything is lost." placeholder:"TEXT"`
}

// Help shows how.
func (rulesEditCmd) Help() string {
	return "Opens the rules in $VISUAL or $EDITOR, checks them when it is closed, says what they would do, asks, and applies them.\n\n" +
		"  EDITOR=nano muster rules edit acme-okta"
}

// Run edits rules.
func (c *rulesEditCmd) Run(ctx context.Context, t *terminal) error {
	instead := fmt.Sprintf("use %[1]s rules show %[2]s > rules.json, change it, and %[1]s rules plan %[2]s rules.json", program(), c.Connector)
	editor := cmp.Or(os.Getenv("VISUAL"), os.Getenv("EDITOR"))
	ask := newAsking(t)
	switch {
	case ask == nil:
		return fmt.Errorf("editing needs a terminal; without one %s", instead)
	case editor == "":
		return fmt.Errorf("no editor is set: set EDITOR, such as EDITOR=nano; without one %s", instead)
	}
	api, err := remote{URL: c.URL}.connect()
	if err != nil {
		return err
	}
	now, err := serverRules(ctx, api, c.Connector)
	if err != nil {
		return err
	}
	e := &editing{t: t, ask: ask, open: func(path string) error { return openEditor(ctx, editor, path) }}
	rules, keep, err := e.edit(c.Connector, now)
	if errors.Is(err, errUnedited) {
		return say(t, "Nothing was edited, and nothing was changed.")
	}
	if err != nil {
		return err
	}
	err = c.apply(ctx, t, &applying{t: t, api: api, ask: ask, comment: c.Comment}, now, rules)
	if err != nil {
		return fmt.Errorf("%w\nYour text is kept in %s", err, keep)
	}
	return os.Remove(keep)
}

// apply plans edited rules, shows the plan, asks and applies it.
func (c *rulesEditCmd) apply(ctx context.Context, t *terminal, a *applying, now, rules policy.Rules) error {
	lines, err := manifest.Differ(now, rules)
	if err != nil {
		return err
	}
	if len(lines) == 0 {
		return say(t, "The rules are the same as before; nothing to do.")
	}
	s := &step{About: "connector " + c.Connector + ": rules", Lines: lines, connector: c.Connector, draft: map[string]any{"rules": rules}}
	if err := s.makePlan(ctx, a.api); err != nil {
		return err
	}
	if err := s.print(t); err != nil {
		return err
	}
	if err := a.agree(s.Plan.loses(), false); err != nil {
		return fmt.Errorf("%w. Nothing was changed", err)
	}
	return a.do(ctx, s)
}

// openEditor runs the editor, which may have arguments of its own.
func openEditor(ctx context.Context, editor, path string) error {
	cmd := exec.CommandContext(ctx, "sh", "-c", editor+` "$1"`, "sh", path)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

var errUnedited = errors.New("the text is as it was")

// editing is a conversation about a text: edit, check, edit again.
type editing struct {
	t    *terminal
	ask  *asking
	open func(path string) error
}

// edit returns the edited rules and the file that keeps their text.
func (e *editing) edit(connector string, now policy.Rules) (r policy.Rules, keep string, err error) {
	text, err := manifest.WriteRules(now)
	if err != nil {
		return r, "", err
	}
	f, err := os.CreateTemp("", "muster-"+connector+"-*.yaml")
	if err != nil {
		return r, "", err
	}
	keep = f.Name()
	text = append([]byte(editHead(connector)), text...)
	if _, err = f.Write(text); err == nil {
		err = f.Close()
	}
	for err == nil {
		if err = e.open(keep); err != nil {
			err = fmt.Errorf("the editor failed: %w", err)
			break
		}
		var edited []byte
		if edited, err = os.ReadFile(keep); err != nil {
			break
		}
		if bytes.Equal(edited, text) {
			return r, "", cmp.Or(os.Remove(keep), errUnedited)
		}
		var problem error
		if r, _, problem = manifest.ReadRules(edited, connector); problem == nil {
			return r, keep, nil
		}
		fmt.Fprintf(e.t.err, "%s\n", printable(problem.Error()))
		var again bool
		if again, err = e.ask.whether("Edit again?", true); err == nil && !again {
			err = errDeclined
		}
	}
	return r, keep, fmt.Errorf("%w\nYour text is kept in %s", err, keep)
}

func editHead(connector string) string {
	return strings.Join([]string{
		"# The rules of " + connector + ". Save and close to see what they would do; nothing is changed before you agree.",
		"# What is left out has its default. An entry is a name, a regular expression for the whole name in quotes,",
		"# or a form of it such as  startsWith: jira-   Others are is, endsWith, contains and matches.",
		"#",
		"# onlyAssign:      # if not empty: of the groups the IdP sends, only these",
		"# neverAssign:     # of the groups the IdP sends, never these",
		"# alwaysAssign:    # names: everyone is in them",
		"# defaultGroups:   # names: granted once",
		"# neverRemove:     # memberships that are not taken away",
		"# requiredGroups:  # without one of these a person does not count",
		"# requiredGrace: 1h",
		"# cleanup: {action: disable, stripGroups: false, keepGroups: [], graceDays: 0}",
		"# linking: {match: [userName, email], acrossTenants: false, domains: []}",
		"# safety: {window: 1h, losses: 20, membershipLosses: 100, share: 0.1, off: false}",
		"", "",
	}, "\n")
}
