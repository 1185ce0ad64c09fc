package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-scim/muster/cmd/muster/idp"
)

type demoCmd struct {
	URL string `help:"Play against this running server, in a directory and tenants of its own; default a server made for the demo." placeholder:"URL"`
}

// demo is a story that is being told.
type demo struct {
	t         *terminal
	api       *client
	directory string
	suffix    string // makes names unique on a server that has others
}

// Run tells the story and checks that every rule did its work.
func (c *demoCmd) Run(ctx context.Context, t *terminal) error {
	d := &demo{t: t, directory: "main"}
	if c.URL != "" {
		token, err := findToken()
		if err != nil {
			return err
		}
		d.api = newClient(c.URL, token)
		d.suffix = fmt.Sprintf("-%06x", rand.N(1<<24))
		d.directory = "demo" + d.suffix
		if err := d.api.call(ctx, http.MethodPost, "/directories", map[string]any{"name": d.directory}, nil); err != nil {
			return err
		}
		return d.tell(ctx)
	}
	stop, err := d.serve(ctx)
	if err != nil {
		return err
	}
	return errors.Join(d.tell(ctx), stop())
}

// serve starts a server of its own on a database that goes with it.
func (d *demo) serve(ctx context.Context) (stop func() error, err error) {
	folder, err := os.MkdirTemp("", "muster-demo-")
	if err != nil {
		return nil, err
	}
	s := &settings{Listen: "127.0.0.1:0", DatabaseURL: secret("sqlite://" + filepath.Join(folder, "muster.db")), RateLimit: "0", Migrate: true}
	log := slog.New(slog.NewTextHandler(d.t.err, &slog.HandlerOptions{Level: slog.LevelError}))
	if err := s.complete(); err != nil {
		return nil, err
	}
	srv, err := start(ctx, s, log)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(folder))
	}
	d.api = newClient(s.PublicURL, string(s.AdminToken))
	return func() error { return errors.Join(srv.stop(), os.RemoveAll(folder)) }, nil
}

// tell plays the story and prints what came of it.
func (d *demo) tell(ctx context.Context) error {
	story := newStory(d.suffix)
	if err := d.opening(ctx); err != nil {
		return err
	}
	for i, c := range story.cast {
		if err := say(d.t, "\n%d. %s\n   %s", i+1, c.title, c.plot); err != nil {
			return err
		}
		if err := d.play(ctx, c); err != nil {
			return fmt.Errorf("%s: %w", c.slug, err)
		}
	}
	if _, err := settled(ctx, d.api, "/directories/"+escape(d.directory)); err != nil {
		return err
	}
	people, err := d.people(ctx)
	if err != nil {
		return err
	}
	if err := d.show(people); err != nil {
		return err
	}
	failed, err := d.check(ctx, story, people)
	if err != nil {
		return err
	}
	if err := d.ask(ctx, story); err != nil {
		return err
	}
	if failed > 0 {
		return fmt.Errorf("%d of the lines above say NO: a rule did not do its work", failed)
	}
	return say(d.t, "\nEvery rule did its work, and no IdP noticed.")
}

func (d *demo) opening(ctx context.Context) error {
	err := d.api.call(ctx, http.MethodPatch, "/directories/"+escape(d.directory), map[string]any{"sharedGroups": []string{"jira-users"}}, nil)
	if err != nil {
		return err
	}
	return say(d.t, `Muster, in one story

Three tenants provision into one directory, each through a connector with rules of its own.
Records keep what each IdP said, whole; the directory gets what the rules let through.
A group belongs to the tenant that first fed it; jira-users alone is shared by all.`)
}

// play makes a connector and lets its IdP provision through it.
func (d *demo) play(ctx context.Context, c *character) error {
	rules, err := json.Marshal(c.rules)
	if err != nil {
		return err
	}
	made, err := makeConnector(ctx, d.api, c.tenant, c.slug, c.product, d.directory, "", rules)
	if err != nil {
		return err
	}
	if err := say(d.t, "   rules: %s", rules); err != nil {
		return err
	}
	run := &idp.Run{Product: c.product, Company: c.company, Day: c.day, Concurrency: 1, Progress: quiet{d.t},
		Client: &idp.Client{Base: d.api.base + "/scim/" + made.Slug + "/v2", Token: made.Token, Connector: made.Slug,
			HTTP: idpHTTP(1), Patience: 10 * time.Second}}
	c.run = run
	return run.Play(ctx)
}

// quiet is a progress that shows failures only.
type quiet struct{ t *terminal }

// Phase and Step show nothing.
func (quiet) Phase(string, int) {}
func (quiet) Step()             {}

// Failed shows what failed.
func (q quiet) Failed(err error) { fmt.Fprintln(q.t.err, "   !", printable(err.Error())) }

// people reads every user of the directory with its reasons.
func (d *demo) people(ctx context.Context) (people []user, err error) {
	base := "/directories/" + escape(d.directory) + "/users"
	listed, err := all[user](ctx, d.api, base)
	if err != nil {
		return nil, err
	}
	for _, u := range listed {
		var whole user
		if err := d.api.call(ctx, http.MethodGet, base+"/"+u.ID, nil, &whole); err != nil {
			return nil, err
		}
		people = append(people, whole)
	}
	return people, nil
}

// show prints the directory, and marks the lines that a rule made.
func (d *demo) show(people []user) error {
	var rows [][]string
	for _, u := range people {
		name, status := u.UserName, u.Status
		line := func(m membership, origin string) {
			rows = append(rows, []string{name, status, m.Group.DisplayName, origin, mark(m, origin), m.Because.Sentence})
			name, status = "", ""
		}
		for _, m := range u.Memberships {
			line(m, m.Origin)
		}
		for _, m := range u.Dropped {
			line(m, "dropped")
		}
		if name != "" {
			rows = append(rows, []string{name, status, "-", "-", "", ""})
		}
	}
	if err := say(d.t, "\nThe directory, with the reason for every line (<- marks a rule's work)\n"); err != nil {
		return err
	}
	return table(d.t.out, []string{"USER", "STATUS", "GROUP", "ORIGIN", "RULE", "BECAUSE"}, rows)
}

// mark names the rule that made a line what it is.
func mark(m membership, origin string) string {
	switch {
	case origin == "dropped" && m.Because.List != "":
		return "<- " + m.Because.List
	case origin == "always":
		return "<- alwaysAssign"
	case origin == "retained":
		return "<- neverRemove"
	}
	return ""
}

// check prints what each rule did, and that the IdPs do not notice it. It counts what is not so.
func (d *demo) check(ctx context.Context, story *story, people []user) (failed int, err error) {
	if err := say(d.t, "\nWhat each rule did\n"); err != nil {
		return 0, err
	}
	byName := map[string]user{}
	for _, u := range people {
		byName[u.UserName] = u
	}
	var rows [][]string
	verdict := func(name string, holds bool, says string) {
		text := "yes"
		if !holds {
			text = "NO"
			failed++
		}
		rows = append(rows, []string{"  " + name, text, says})
	}
	for _, claim := range story.claims {
		verdict(claim.rule, claim.holds(byName), claim.says)
	}
	unchanged := true
	for _, s := range story.sent {
		members, err := story.cast[s.by].run.MembersOf(ctx, s.group)
		if err != nil {
			return failed, err
		}
		unchanged = unchanged && members == s.members
	}
	verdict("read back", unchanged, "Over SCIM, Okta still finds everyone with three members, vpn-users with one and contoso-admins with one, as it wrote them.")
	return failed, table(d.t.out, nil, rows)
}

// ask puts the questions of the story, as muster why does.
func (d *demo) ask(ctx context.Context, story *story) error {
	for _, q := range story.questions {
		query := url.Values{"user": {q.user}, "group": {q.group}}
		if err := say(d.t, "\n$ muster why %s %s", q.user, q.group); err != nil {
			return err
		}
		var answer why
		if err := d.api.call(ctx, http.MethodGet, "/directories/"+escape(d.directory)+"/why?"+query.Encode(), nil, &answer); err != nil {
			return err
		}
		if err := answer.print(d.t); err != nil {
			return err
		}
	}
	return nil
}
