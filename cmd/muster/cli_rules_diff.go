package main

import (
	"context"
	"fmt"
	"net/http"
	"strconv"

	"github.com/muster-scim/muster/cmd/muster/manifest"
	"github.com/muster-scim/muster/policy"
)

type rulesDiffCmd struct {
	remote
	Connector string  `arg:"" help:"The connector's slug."`
	File      string  `arg:"" optional:"" help:"A file with rules, or a whole one as muster export writes it."`
	Version   []int64 `help:"A version of the rules; given twice, from the first to the second." placeholder:"N"`
}

// Help shows how.
func (rulesDiffCmd) Help() string {
	return "Says what differs, a line each: + what comes to a list, - what goes, ~ a setting that changes.\n\nExamples:\n\n" +
		"  muster rules diff acme-okta muster.yaml              # what the file would change on the server\n" +
		"  muster rules diff acme-okta --version 3              # what has changed since version 3\n" +
		"  muster rules diff acme-okta --version 3 --version 5  # what changed from 3 to 5\n\n" +
		"muster plan says what that does to people."
}

// Validate wants a file, or one or two versions.
func (c *rulesDiffCmd) Validate() error {
	if (c.File == "") == (len(c.Version) == 0) || len(c.Version) > 2 {
		return fmt.Errorf("say what to compare: a file, or --version once or twice")
	}
	return nil
}

// Run compares.
func (c *rulesDiffCmd) Run(ctx context.Context, t *terminal) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	was, is, err := c.both(ctx, api)
	if err != nil {
		return err
	}
	lines, err := manifest.Differ(was, is)
	if err != nil {
		return err
	}
	if c.Output == "json" {
		return printValue(t, append([]string{}, lines...))
	}
	if len(lines) == 0 {
		return say(t, "They are the same.")
	}
	for _, line := range lines {
		if err := say(t, "%s", printable(line)); err != nil {
			return err
		}
	}
	return nil
}

// both are the rules before and after.
func (c *rulesDiffCmd) both(ctx context.Context, api *client) (was, is policy.Rules, err error) {
	version := func(n int64) (policy.Rules, error) {
		var v struct{ Rules policy.Rules }
		err := api.call(ctx, http.MethodGet, "/connectors/"+escape(c.Connector)+"/rules/versions/"+strconv.FormatInt(n, 10), nil, &v)
		return v.Rules, err
	}
	if len(c.Version) == 2 {
		if was, err = version(c.Version[0]); err == nil {
			is, err = version(c.Version[1])
		}
		return was, is, err
	}
	now, err := serverRules(ctx, api, c.Connector)
	if err != nil {
		return was, is, err
	}
	if len(c.Version) == 1 {
		was, err = version(c.Version[0])
		return was, now, err
	}
	is, _, err = rulesOf(c.File, c.Connector)
	return now, is, err
}

func serverRules(ctx context.Context, api *client, connector string) (r policy.Rules, err error) {
	err = api.call(ctx, http.MethodGet, "/connectors/"+escape(connector)+"/rules", nil, &r)
	return r, err
}

// rulesOf reads rules from a file: alone, or a connector's in a whole file.
func rulesOf(file, connector string) (policy.Rules, policy.DirectorySettings, error) {
	data, err := readText(file)
	if err != nil {
		return policy.Rules{}, policy.DirectorySettings{}, err
	}
	rules, settings, err := manifest.ReadRules(data, connector)
	if err != nil {
		err = manifest.In(file, err)
	}
	return rules, settings, err
}
