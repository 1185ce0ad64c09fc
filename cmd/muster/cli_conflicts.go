package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

type conflictsCmd struct {
	List   conflictsListCmd   `cmd:"" default:"withargs" help:"List what linking or settling could not do by itself."`
	Counts conflictsCountsCmd `cmd:"" help:"Count conflicts by kind."`
	Show   conflictsShowCmd   `cmd:"" aliases:"get" help:"Show a conflict with its candidates side by side."`

	Weigh   conflictsWeighCmd   `cmd:"" help:"Lay the members on both sides of a conflict about a group beside each other."`
	Compare conflictsCompareCmd `cmd:"" help:"Lay a connector's record beside the users that it might be."`

	Decide conflictsDecideCmd `cmd:"" help:"Decide a conflict: link, keepSeparate or refuse."`
	Undo   conflictsUndoCmd   `cmd:"" help:"Take a decision back, or the undoing of a link."`
}

type conflict struct {
	ID, Kind, Detail, Decision string
	Candidates                 []struct {
		ID, UserName string
		By           []string
	}
}

// whichConflicts narrows conflicts.
type whichConflicts struct {
	Kind      string `help:"Only this kind, such as ambiguousMatch or foreignUser." placeholder:"KIND"`
	Connector string `help:"Only those of this connector's records." placeholder:"SLUG"`
	State     string `enum:"open,decided,all" default:"open" help:"${enum}."`
}

func (c whichConflicts) query() string {
	query := url.Values{"state": {c.State}}
	if c.Kind != "" {
		query.Set("kind", c.Kind)
	}
	if c.Connector != "" {
		query.Set("connector", c.Connector)
	}
	return query.Encode()
}

type conflictsListCmd struct {
	inDirectory
	whichConflicts
	cut
	Each bool `help:"List every one, also those that say the same."`
	CSV  bool `name:"csv" help:"Print CSV."`
}

// Run lists conflicts. Those that say the same, of several records, are counted in one line.
func (c *conflictsListCmd) Run(ctx context.Context, t *terminal) error {
	headings := []string{"ID", "KIND", "CANDIDATES", "WHAT"}
	row := func(x conflict) []string {
		return []string{x.ID, x.Kind, orDash(x.candidates()), x.what()}
	}
	path := c.path("/conflicts?" + c.query())
	if c.CSV {
		return csvOf(ctx, t, c.remote, path)
	}
	if c.Each || c.Limit > 0 || c.Output == asJSON {
		return list(ctx, t, c.upTo(c.Limit), path, headings, row)
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	var first []conflict
	times := map[string]int{}
	err = each(ctx, api, path, func(x conflict) error {
		if times[x.Detail]++; times[x.Detail] == 1 || x.Kind != "foreignGroup" {
			first = append(first, x)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if len(first) == 0 {
		_, err := fmt.Fprintln(t.err, "There are none.")
		return err
	}
	rows := make([][]string, len(first))
	for i, x := range first {
		rows[i] = row(x)
		if n := times[x.Detail]; n > 1 && x.Kind == "foreignGroup" {
			rows[i][0] = fmt.Sprintf("%d of them; see --each", n)
		}
	}
	return table(t.out, headings, rows)
}

func (x conflict) candidates() string {
	names := make([]string, len(x.Candidates))
	for i, candidate := range x.Candidates {
		names[i] = candidate.UserName
	}
	return strings.Join(names, " ")
}

// what says what it is about, and what was decided.
func (x conflict) what() string {
	if x.Decision == "" {
		return x.Detail
	}
	return "[" + x.Decision + "] " + x.Detail
}

type conflictsCountsCmd struct {
	inDirectory
	whichConflicts
}

// Run counts conflicts.
func (c *conflictsCountsCmd) Run(ctx context.Context, t *terminal) error {
	type counts struct {
		Kinds []struct {
			Kind  string
			Count int
		}
		Total int
	}
	return show(ctx, t, c.remote, http.MethodGet, c.path("/conflicts/counts?"+c.query()), nil, func(x counts) error {
		rows := make([][]string, 0, len(x.Kinds)+1)
		for _, k := range x.Kinds {
			rows = append(rows, []string{k.Kind, fmt.Sprint(k.Count)})
		}
		return table(t.out, []string{"KIND", "CONFLICTS"}, append(rows, []string{"all", fmt.Sprint(x.Total)}))
	})
}

type conflictsShowCmd struct {
	inDirectory
	ID string `arg:"" help:"The conflict's id, from the list."`
}

// compared is a record or a user beside the others.
type compared struct {
	ID, UserName, Email, DisplayName, ExternalID, EmployeeNumber, Status string
	By, Connectors, Former, Overwritten                                  []string
	Memberships                                                          int
}

// Run shows a conflict.
func (c *conflictsShowCmd) Run(ctx context.Context, t *terminal) error {
	type answer struct {
		conflict
		Comparison *struct {
			Outcome    string
			Record     compared
			Candidates []compared
		}
	}
	return show(ctx, t, c.remote, http.MethodGet, c.path("/conflicts/"+escape(c.ID)), nil, func(x answer) error {
		if err := say(t, "%s: %s", x.Kind, x.what()); err != nil || x.Comparison == nil {
			return err
		}
		return sideBySide(t, x.Comparison.Record, x.Comparison.Candidates)
	})
}

// sideBySide prints a record and users as columns.
func sideBySide(t *terminal, record compared, users []compared) error {
	headings := []string{"", "RECORD"}
	for i := range users {
		headings = append(headings, fmt.Sprintf("CANDIDATE %d", i+1))
	}
	var rows [][]string
	for _, line := range []struct {
		name string
		of   func(compared) string
	}{
		{"user name", func(x compared) string { return x.UserName }},
		{"e-mail", func(x compared) string { return x.Email }},
		{"name", func(x compared) string { return x.DisplayName }},
		{"external id", func(x compared) string { return x.ExternalID }},
		{"employee number", func(x compared) string { return x.EmployeeNumber }},
		{"status", func(x compared) string { return x.Status }},
		{"found by", func(x compared) string { return strings.Join(x.By, " ") }},
		{"records of", func(x compared) string { return strings.Join(x.Connectors, " ") }},
		{"formerly of", func(x compared) string { return strings.Join(x.Former, " ") }},
		{"overwritten", func(x compared) string { return strings.Join(x.Overwritten, " ") }},
		{"id", func(x compared) string { return x.ID }},
	} {
		row := []string{line.name, orDash(line.of(record))}
		for _, user := range users {
			row = append(row, orDash(line.of(user)))
		}
		rows = append(rows, row)
	}
	return table(t.out, headings, rows)
}

type conflictsDecideCmd struct {
	inDirectory
	ID        string `arg:"" optional:"" help:"The conflict's id, from the list."`
	Decision  string `arg:"" optional:"" help:"link, keepSeparate or refuse."`
	User      string `help:"For link: the user's userName or id, one of the candidates." placeholder:"USER"`
	Preview   bool   `help:"Say what it would do, and do nothing."`
	All       string `help:"Decide all open conflicts that --kind and --connector leave: link (those with one candidate), keepSeparate or refuse." placeholder:"DECISION"`
	Kind      string `help:"With --all: only this kind." placeholder:"KIND"`
	Connector string `help:"With --all: only those of this connector's records." placeholder:"SLUG"`
}

// Help shows how.
func (conflictsDecideCmd) Help() string {
	return "link makes the record one of the user's, keepSeparate gives it a user of its own, refuse leaves it without one. The decision stands, until it is taken back.\n\nExamples:\n\n" +
		"  muster conflicts decide ID link --user ada@acme.example\n" +
		"  muster conflicts decide ID keepSeparate --preview\n" +
		"  muster conflicts decide --all link --kind localUser --connector acme-okta"
}

// Validate wants one conflict or all of them.
func (c *conflictsDecideCmd) Validate() error {
	decision := c.Decision
	switch {
	case c.All == "" && (c.ID == "" || c.Decision == ""):
		return errors.New("name a conflict and a decision, or say --all and a decision")
	case c.All != "" && (c.ID != "" || c.Preview || c.User != ""):
		return errors.New("--all decides all that --kind and --connector leave; leave id, --user and --preview out")
	case c.All == "" && c.Kind+c.Connector != "":
		return errors.New("--kind and --connector narrow --all; without it leave them out")
	case c.All != "":
		decision = c.All
	}
	if decision != "link" && decision != "keepSeparate" && decision != "refuse" {
		return fmt.Errorf("%q is no decision; say link, keepSeparate or refuse", decision)
	}
	return nil
}

// Run decides a conflict, or many.
func (c *conflictsDecideCmd) Run(ctx context.Context, t *terminal) error {
	if c.All != "" {
		return c.decideAll(ctx, t)
	}
	body := map[string]any{"decision": c.Decision}
	if c.User != "" {
		path, err := oneUser{inDirectory: c.inDirectory, User: c.User}.find(ctx, "")
		if err != nil {
			return err
		}
		body["user"] = path[strings.LastIndexByte(path, '/')+1:]
	}
	path := c.path("/conflicts/" + escape(c.ID) + "/decision")
	if c.Preview {
		return show(ctx, t, c.remote, http.MethodPost, path+"/preview", body, func(x previewed) error { return x.print(t) })
	}
	return show(ctx, t, c.remote, http.MethodPost, path, body, func(json.RawMessage) error {
		return say(t, "conflict %s is decided: %s", c.ID, c.Decision)
	})
}

// decideAll decides until nothing is left.
func (c *conflictsDecideCmd) decideAll(ctx context.Context, t *terminal) error {
	body := map[string]any{"decision": c.All}
	if c.Kind+c.Connector == "" {
		body["all"] = true
	} else {
		body["filter"] = map[string]string{"kind": c.Kind, "connector": c.Connector}
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	var all struct {
		Decided int `json:"decided"`
		Skipped int `json:"skipped"`
		Gone    int `json:"gone"`
	}
	for left := 1; left > 0; {
		var n struct{ Decided, Skipped, Gone, Left int }
		if err := api.call(ctx, http.MethodPost, c.path("/conflicts/decisions"), body, &n); err != nil {
			return err
		}
		all.Decided, all.Skipped, all.Gone = all.Decided+n.Decided, n.Skipped, all.Gone+n.Gone
		left = n.Left
		if n.Decided == 0 { // else it would go on for ever over those that it skips
			left = 0
		}
	}
	if c.Output == asJSON {
		return printValue(t, all)
	}
	return say(t, "%d conflicts are decided: %s; %d are left that it does not fit", all.Decided, c.All, all.Skipped)
}

// previewed is what a decision would do.
type previewed struct{ Changes []planLine }

func (x previewed) print(t *terminal) error {
	if len(x.Changes) == 0 {
		return say(t, "Nothing in the directory would change.")
	}
	return printLines(t, x.Changes)
}

type conflictsUndoCmd struct {
	inDirectory
	ID      string `arg:"" help:"The conflict's id; muster conflicts list --state decided has it."`
	Preview bool   `help:"Say what it would do, and do nothing."`
}

// Run takes a decision back.
func (c *conflictsUndoCmd) Run(ctx context.Context, t *terminal) error {
	path := c.path("/conflicts/" + escape(c.ID) + "/decision")
	if c.Preview {
		return show(ctx, t, c.remote, http.MethodGet, path+"/undoing", nil, func(x previewed) error { return x.print(t) })
	}
	return show(ctx, t, c.remote, http.MethodDelete, path, nil, func(json.RawMessage) error {
		return say(t, "the decision of conflict %s is taken back", c.ID)
	})
}
