package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

type mappingCmd struct {
	Test     mappingTestCmd     `cmd:"" help:"See what a mapping makes of a record, step by step."`
	Coverage mappingCoverageCmd `cmd:"" help:"Count which attributes arrive, and how the mapping fares."`
}

type mappingTestCmd struct {
	remote
	Connector string   `arg:"" help:"The connector's slug."`
	Record    string   `help:"The SCIM id of a stored record." xor:"what"`
	Payload   string   `short:"d" help:"A user as an IdP sends it: @FILE, @- for the standard input, or the JSON itself." xor:"what"`
	Mapping   string   `short:"m" help:"A mapping to try, as JSON: @FILE, @- or the text itself. Without it, the connector's own."`
	Existing  bool     `help:"As if the record had been there before and been changed since."`
	Group     []string `short:"g" help:"A group's name as the IdP sends it, to see what the renames make of it." sep:"none"`
}

// Help shows how.
func (mappingTestCmd) Help() string {
	return "Nothing is kept: it shows what settling would do.\n\nExamples:\n\n" +
		"  muster mapping test acme-okta --record 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b\n" +
		"  muster mapping test acme-okta -d @user.json -m @mapping.json\n" +
		"  muster mapping test acme-okta -g okta-jira-users"
}

type mappingTried struct {
	Before, After map[string]any
	Steps         []struct {
		Target, Problem string
		Skipped         bool
		Before, After   any
	}
	Dropped, New, Masked bool
	Problem              string
	Groups               []struct{ Before, After string }
}

// Run tries a mapping.
func (c *mappingTestCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"existing": c.Existing}
	if c.Record != "" {
		body["record"] = c.Record
	}
	if len(c.Group) > 0 {
		body["groups"] = c.Group
	}
	for name, data := range map[string]string{"payload": c.Payload, "mapping": c.Mapping} {
		if data == "" {
			continue
		}
		text, err := readData(data)
		if err != nil {
			return err
		}
		if !json.Valid([]byte(text)) {
			return fmt.Errorf("the %s is no valid JSON", name)
		}
		body[name] = json.RawMessage(text)
	}
	if c.Record == "" && c.Payload == "" && len(c.Group) == 0 {
		return fmt.Errorf("name a --record, give a --payload, or a --group; muster mapping test --help shows how")
	}
	return show(ctx, t, c.remote, http.MethodPost, "/connectors/"+escape(c.Connector)+"/mapping/trial", body, func(x mappingTried) error { return x.print(t) })
}

func (x mappingTried) print(t *terminal) error {
	rows := make([][]string, 0, len(x.Steps))
	for i, s := range x.Steps {
		what := shownValue(s.Before) + " → " + shownValue(s.After)
		switch {
		case s.Problem != "":
			what = s.Problem
		case s.Skipped:
			what = "not now; " + shownValue(s.After) + " stays"
		}
		rows = append(rows, []string{strconv.Itoa(i), s.Target, what})
	}
	if len(rows) > 0 {
		if err := table(t.out, []string{"STEP", "TARGET", "WHAT"}, rows); err != nil {
			return err
		}
	}
	rows = nil
	for _, g := range x.Groups {
		rows = append(rows, []string{g.Before, g.After})
	}
	if len(rows) > 0 {
		if err := table(t.out, []string{"GROUP", "KNOWN AS"}, rows); err != nil {
			return err
		}
	}
	var lines []string
	if x.Problem != "" {
		lines = append(lines, "The mapping cannot be carried out: "+x.Problem+". The user keeps what it holds; a new record waits.")
	}
	if x.Dropped {
		lines = append(lines, "The record is dropped.")
	}
	if x.Masked {
		lines = append(lines, "Sensitive attributes are hidden, from the expressions too.")
	}
	if len(lines) > 0 {
		if err := say(t, "%s", printable(strings.Join(lines, "\n"))); err != nil {
			return err
		}
	}
	if x.After == nil || x.Problem != "" {
		return nil
	}
	return printValue(t, x.After)
}

// shownValue is a value in one line.
func shownValue(v any) string {
	if v == nil {
		return "-"
	}
	text, err := json.Marshal(v)
	if err != nil {
		return "?"
	}
	return string(text)
}

type mappingCoverageCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	Records   int    `help:"How many records to look at, at most." default:"10000"`
}

type mappingCoverage struct {
	Records, Dropped, Failed int
	Complete, More           bool
	Paths                    []struct {
		Path    string
		Records int
	}
	Steps []struct {
		Target, Problem                string
		Gave, Removed, Skipped, Failed int
		Examples                       []string
	}
}

// Run counts what arrives.
func (c *mappingCoverageCmd) Run(ctx context.Context, t *terminal) error {
	path := "/connectors/" + escape(c.Connector) + "/mapping/coverage?records=" + strconv.Itoa(c.Records)
	return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x mappingCoverage) error { return x.print(t) })
}

func (x mappingCoverage) print(t *terminal) error {
	all := "all that there are"
	if !x.Complete {
		all = "there are more"
	}
	if err := say(t, "%d records looked at (%s), %d dropped, %d for which the mapping cannot be carried out.", x.Records, all, x.Dropped, x.Failed); err != nil {
		return err
	}
	rows := make([][]string, 0, len(x.Paths))
	for _, p := range x.Paths {
		rows = append(rows, []string{strconv.Itoa(p.Records), p.Path})
	}
	if err := section(t, "What arrives", []string{"RECORDS", "ATTRIBUTE"}, rows); err != nil {
		return err
	}
	rows = nil
	for _, s := range x.Steps {
		problem := s.Problem
		if len(s.Examples) > 0 {
			problem += " (record " + s.Examples[0] + ")"
		}
		rows = append(rows, []string{s.Target, strconv.Itoa(s.Gave), strconv.Itoa(s.Removed), strconv.Itoa(s.Skipped), strconv.Itoa(s.Failed), orDash(problem)})
	}
	return section(t, "The steps of the mapping", []string{"TARGET", "GAVE", "REMOVED", "NOT NOW", "FAILED", "WHY"}, rows)
}
