package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
)

type whyCmd struct {
	inDirectory
	User      string `arg:"" help:"The user's userName or id."`
	Group     string `arg:"" optional:"" help:"The group's name; without one the question is about the user's status."`
	Attribute string `short:"a" help:"Ask why this attribute has its value, instead."`
}

// why is the answer to a question.
type why struct {
	Answer, Code, Sentence string
	Steps                  []struct{ Step, Detail string }
	WouldChange            []struct {
		By, Sentence string
		Consequences *struct{ AtLeast bool }
	}
}

// Help shows how.
func (whyCmd) Help() string {
	return "Examples:\n\n" +
		"  muster why ada@acme.example jira-admins\n" +
		"  muster why ada@acme.example\n" +
		"  muster why ada@acme.example -a title\n\n" +
		"Below the answer: the steps that led there, and what would change it. Nothing is changed by asking."
}

// Run answers the question.
func (c *whyCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{"user": {c.User}}
	if c.Group != "" {
		query.Set("group", c.Group)
	}
	if c.Attribute != "" {
		query.Set("attribute", c.Attribute)
	}
	return show(ctx, t, c.remote, http.MethodGet, c.path("/why?"+query.Encode()), nil, func(x why) error { return x.print(t) })
}

func (x why) print(t *terminal) error {
	if err := say(t, "%s", printable(x.Sentence)); err != nil {
		return err
	}
	rows := make([][]string, len(x.Steps))
	for i, s := range x.Steps {
		rows[i] = []string{fmt.Sprintf("  %d.", i+1), s.Step, s.Detail}
	}
	if err := table(t.out, nil, rows); err != nil || len(x.WouldChange) == 0 {
		return err
	}
	if err := say(t, "\nWhat would change it:"); err != nil {
		return err
	}
	rows = nil
	for _, c := range x.WouldChange {
		rows = append(rows, []string{"  -", c.By, c.Sentence})
	}
	return table(t.out, nil, rows)
}
