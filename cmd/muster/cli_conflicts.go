package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

type conflictsCmd struct {
	List   conflictsListCmd   `cmd:"" default:"withargs" help:"List what linking or settling could not do by itself."`
	Decide conflictsDecideCmd `cmd:"" help:"Decide a conflict: link, keepSeparate or refuse."`
}

type conflict struct {
	ID, Kind, Detail string
	Candidates       []struct {
		ID, UserName string
		By           []string
	}
}

type conflictsListCmd struct {
	inDirectory
	Each bool `help:"List every one, also those that say the same."`
}

// Run lists conflicts. Those that say the same, of several records, are counted in one line.
func (c *conflictsListCmd) Run(ctx context.Context, t *terminal) error {
	headings := []string{"ID", "KIND", "CANDIDATES", "WHAT"}
	row := func(x conflict) []string { return []string{x.ID, x.Kind, orDash(x.candidates()), x.Detail} }
	if c.Each || c.Output == "json" {
		return list(ctx, t, c.remote, c.path("/conflicts"), headings, row)
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	var first []conflict
	times := map[string]int{}
	err = each(ctx, api, c.path("/conflicts"), func(x conflict) error {
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

type conflictsDecideCmd struct {
	inDirectory
	ID       string `arg:"" help:"The conflict's id, from the list."`
	Decision string `arg:"" enum:"link,keepSeparate,refuse" help:"${enum}."`
	User     string `help:"For link: the user's userName or id, one of the candidates." placeholder:"USER"`
}

// Help shows how.
func (conflictsDecideCmd) Help() string {
	return "link makes the record one of the user's, keepSeparate gives it a user of its own, refuse leaves it without one. The decision stands.\n\nExamples:\n\n" +
		"  muster conflicts decide ID link --user ada@acme.example\n" +
		"  muster conflicts decide ID keepSeparate"
}

// Run decides a conflict.
func (c *conflictsDecideCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"decision": c.Decision}
	if c.User != "" {
		path, err := oneUser{inDirectory: c.inDirectory, User: c.User}.find(ctx, "")
		if err != nil {
			return err
		}
		body["user"] = path[strings.LastIndexByte(path, '/')+1:]
	}
	return show(ctx, t, c.remote, http.MethodPost, c.path("/conflicts/"+escape(c.ID)+"/decision"), body, func(json.RawMessage) error {
		return say(t, "conflict %s is decided: %s", c.ID, c.Decision)
	})
}
