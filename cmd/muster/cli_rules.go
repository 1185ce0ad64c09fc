package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/muster-scim/muster/cmd/muster/manifest"
)

type rulesCmd struct {
	Show     rulesShowCmd     `cmd:"" default:"withargs" aliases:"get" help:"Print a connector's rules as JSON."`
	Set      rulesSetCmd      `cmd:"" help:"Replace a connector's rules and settle its users by them."`
	Plan     rulesPlanCmd     `cmd:"" help:"Say what other rules, or a former version of them, would do."`
	Apply    rulesApplyCmd    `cmd:"" help:"Apply a plan."`
	Versions rulesVersionsCmd `cmd:"" help:"List every set of rules that the connector had."`
	Edit     rulesEditCmd     `cmd:"" help:"Edit a connector's rules in your editor; says what they would do before they apply."`
	Diff     rulesDiffCmd     `cmd:"" help:"Say what differs between the rules and a file, or versions of them."`
	Judge    rulesJudgeCmd    `cmd:"" help:"Say of every group that the IdP sends what other rules would make of it."`
	Test     rulesTestCmd     `cmd:"" help:"Say what the rules would decide about somebody."`
}

type rulesShowCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	Version   int64  `help:"A former version, from muster rules versions." placeholder:"N"`
}

// Help shows how.
func (rulesShowCmd) Help() string {
	return "Example, to edit the rules in a file:\n\n" +
		"  muster rules show acme-okta -o json > rules.json\n" +
		"  muster rules set acme-okta rules.json\n\n" +
		"muster rules edit acme-okta does that in one."
}

// Run prints rules, which are JSON as a table too.
func (c *rulesShowCmd) Run(ctx context.Context, t *terminal) error {
	if c.Version != 0 {
		path := "/connectors/" + escape(c.Connector) + "/rules/versions/" + strconv.FormatInt(c.Version, 10)
		return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x struct{ Rules json.RawMessage }) error { return printJSON(t.out, x.Rules) })
	}
	return show(ctx, t, c.remote, http.MethodGet, "/connectors/"+escape(c.Connector)+"/rules", nil, func(x json.RawMessage) error { return printJSON(t.out, x) })
}

type rulesSetCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	Rules     string `arg:"" help:"A file with YAML or JSON, or JSON itself; what is left out gets its default."`
	Wait      bool   `default:"true" negatable:"" help:"Wait until the directory is settled by them."`

	ConfirmLosses int `help:"So many losses are meant; the refusal names the number." placeholder:"N"`
}

// Help shows how.
func (rulesSetCmd) Help() string {
	return "The rules are replaced as a whole: what is left out gets its default. No IdP has to resend anything.\n\nExamples:\n\n" +
		"  muster rules set acme-okta '{\"onlyAssign\":[\"jira-.*\"],\"neverAssign\":[\".*-admins\"]}'\n" +
		"  muster rules set acme-okta rules.json --no-wait\n\n" +
		"Lists: onlyAssign, neverAssign, alwaysAssign, defaultGroups, neverRemove, requiredGroups. An entry is a name, a regular " +
		"expression for the whole name, or an object such as {\"startsWith\":\"jira-\"} or {\"is\":\"Team (EU)\"}."
}

// Run replaces rules.
func (c *rulesSetCmd) Run(ctx context.Context, t *terminal) error {
	rules, err := readRules(c.Rules)
	if err != nil {
		return err
	}
	path := "/connectors/" + escape(c.Connector)
	api, err := c.connect()
	if err != nil {
		return err
	}
	query := ""
	if c.ConfirmLosses > 0 {
		query = "?confirmLosses=" + strconv.Itoa(c.ConfirmLosses)
	}
	answer, err := api.raw(ctx, http.MethodPut, path+"/rules"+query, rules)
	if err != nil {
		return err
	}
	if c.Output == asJSON && c.Wait {
		if _, err := settled(ctx, api, path); err != nil {
			return fmt.Errorf("rules of %s are saved; asking how far the directory is: %w", c.Connector, err)
		}
	}
	return printAnswer(t, c.remote, answer, func(json.RawMessage) error {
		if !c.Wait {
			return say(t, "rules of %s are saved; the directory follows", c.Connector)
		}
		switch left, err := settled(ctx, api, path); {
		case ctx.Err() != nil:
			return errors.Join(say(t, "rules of %s are saved; the directory goes on to follow them", c.Connector), ctx.Err())
		case err != nil:
			return fmt.Errorf("rules of %s are saved; asking how far the directory is: %w", c.Connector, err)
		case left > 0:
			return say(t, "rules of %s are saved; %d records still wait to be settled, or to be looked at again when a grace ends. muster connectors show %s says how many", c.Connector, left, c.Connector)
		}
		return say(t, "rules of %s are saved, and the directory follows them", c.Connector)
	})
}

// readRules reads rules that are JSON themselves or the name of a file with them; nil for "".
func readRules(text string) (json.RawMessage, error) {
	if text == "" || strings.HasPrefix(strings.TrimSpace(text), "{") {
		return readObject("the rules", `{"onlyAssign":["jira-.*"]}`, text)
	}
	data, err := os.ReadFile(text)
	if err != nil {
		return nil, fmt.Errorf("reading the rules: give a file with YAML or JSON, or JSON itself in quotes, such as '{\"onlyAssign\":[\"jira-.*\"]}': %w", err)
	}
	rules, err := manifest.ReadOnlyRules(data)
	if err != nil {
		return nil, manifest.In(text, err)
	}
	return json.Marshal(rules)
}

// readObject reads a JSON object, or the name of a file with one; nil for "". like is one, for who wrote another thing.
func readObject(what, like, text string) (json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	data := []byte(text)
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		var err error
		if data, err = os.ReadFile(text); err != nil {
			return nil, fmt.Errorf("reading %s: give a file with a JSON object, or the object itself in quotes, such as '%s': %w", what, like, err)
		}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, fmt.Errorf("%s must be a JSON object, such as '%s': %w", what, like, err)
	}
	return data, nil
}

// stillness is how long the number of waiting records may stay as it is before settled stops
// waiting: what is left may wait for the end of a grace, which can be days away.
const stillness = 5 * time.Second

// settled waits until nothing of a connector or directory waits to be settled, or the number
// that does stands still. It returns how many are left.
func settled(ctx context.Context, c *client, path string) (left int, err error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	moved := time.Now()
	for before := -1; ; before = left {
		if left, err = pending(ctx, c, path); err != nil || left == 0 {
			return left, err
		}
		if left != before {
			moved = time.Now()
		}
		if time.Since(moved) > stillness {
			return left, nil
		}
		select {
		case <-ctx.Done():
			return left, ctx.Err()
		case <-tick.C:
		}
	}
}

// pending is how many records of a connector or directory wait to be settled.
func pending(ctx context.Context, c *client, path string) (int, error) {
	var now struct{ Pending int }
	err := c.call(ctx, http.MethodGet, path+"/settling", nil, &now)
	return now.Pending, err
}

func say(t *terminal, format string, args ...any) error {
	_, err := fmt.Fprintf(t.out, format+"\n", args...)
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
