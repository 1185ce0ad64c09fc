package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/muster-scim/muster/web/guides"
)

type guideCmd struct {
	remote
	Name      string `arg:"" optional:"" help:"The guide, or a kind of connector; without one, what there is."`
	Connector string `short:"c" help:"Fill in this connector's addresses, and say which credential it needs." placeholder:"SLUG"`
}

// Help shows how.
func (guideCmd) Help() string {
	return "Examples:\n\n" +
		"  muster guide\n" +
		"  muster guide okta\n" +
		"  muster guide entra --connector acme-entra\n" +
		"  muster guide health --connector acme-entra\n\n" +
		"Without --connector no server is needed."
}

// Run prints a guide, or the list of them.
func (c *guideCmd) Run(ctx context.Context, t *terminal) error {
	found := guides.All()
	if c.Name != "" {
		found = guides.Find(c.Name)
	}
	switch {
	case len(found) == 0:
		return fmt.Errorf("there is no guide %q; there are %s", c.Name, strings.Join(guides.IDs(), ", "))
	case len(found) > 1:
		return c.list(t, found)
	case c.Connector != "":
		path := "/guides/" + escape(found[0].ID) + "?connector=" + url.QueryEscape(c.Connector)
		return show(ctx, t, c.remote, http.MethodGet, path, nil, func(g filledGuide) error { return g.print(t) })
	case c.Output == "json":
		return printValue(t, found[0])
	}
	return filledGuide{Guide: found[0], Make: fmt.Sprintf("A connector of kind %s with %s: muster connectors create SLUG --tenant NAME --kind %s",
		found[0].Kind, found[0].CredentialWords(), found[0].Kind)}.print(t)
}

func (c *guideCmd) list(t *terminal, found []guides.Guide) error {
	if c.Output == "json" {
		return printValue(t, found)
	}
	rows := make([][]string, len(found))
	for i, g := range found {
		rows[i] = []string{g.ID, g.SCIM, g.Credential, g.Checked, g.Title}
	}
	return table(t.out, []string{"GUIDE", "SCIM", "CREDENTIAL", "CHECKED", "FOR"}, rows)
}

// filledGuide is a guide as the API answers it.
type filledGuide struct {
	guides.Guide
	Make string `json:"make"`
}

// print writes the guide for people.
func (g filledGuide) print(t *terminal) error {
	p := &page{t: t}
	p.say("%s\n\n%s\n", g.Title, g.Summary)
	p.list("Before", append([]string{g.Make}, g.Before...))
	for i, s := range g.Steps {
		p.say("\n%d. %s", i+1, s.Title)
		if s.Where != "" {
			p.say("   %s", s.Where)
		}
		if s.Text != "" {
			p.say("   %s", s.Text)
		}
		var rows [][]string
		for _, f := range s.Fields {
			rows = append(rows, []string{"   " + f.Name, f.Value, f.Note})
		}
		p.rows(rows)
		if s.Code != "" {
			p.say("\n   %s", strings.ReplaceAll(s.Code, "\n", "\n   "))
		}
	}
	p.say("")
	p.list("What works", g.Works)
	p.list("What does not", g.Limits)
	var tests, errors [][]string
	for _, c := range g.Test {
		tests = append(tests, []string{"  " + c.Do, c.See})
	}
	for _, e := range g.Errors {
		errors = append(errors, []string{"  " + e.Seen, e.Why + " " + e.Do})
	}
	p.say("Try first, and what one sees:")
	p.rows(tests)
	p.say("\nWhen it does not work:")
	p.rows(errors)
	p.say("\nChecked on %s, from %s.", g.Checked, g.Confidence)
	if g.Doubts != "" {
		p.say("Not certain: %s", g.Doubts)
	}
	for _, s := range g.Sources {
		p.say("  %s", s.URL)
	}
	return p.err
}

// page writes until something goes wrong.
type page struct {
	t   *terminal
	err error
}

func (p *page) say(format string, args ...any) {
	if p.err == nil {
		p.err = say(p.t, format, args...)
	}
}

func (p *page) rows(rows [][]string) {
	if p.err == nil {
		p.err = table(p.t.out, nil, rows)
	}
}

func (p *page) list(title string, items []string) {
	if len(items) == 0 {
		return
	}
	p.say("%s:", title)
	rows := make([][]string, len(items))
	for i, item := range items {
		rows[i] = []string{"  -", item}
	}
	p.rows(rows)
}
