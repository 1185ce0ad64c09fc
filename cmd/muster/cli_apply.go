package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// exitStatus ends the program with a status other than 0 and 1, after everything was said.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// changesPending is the exit status of a plan of a file that differs from the server.
const changesPending exitStatus = 2

// planFile says what a file would change, and changes nothing.
func planFile(ctx context.Context, t *terminal, r remote, name string) error {
	p, err := compareFile(ctx, r, name)
	if err != nil {
		return err
	}
	if err := p.makePlans(ctx); err != nil {
		return err
	}
	if r.Output == "json" {
		err := printValue(t, map[string]any{"pending": append([]*step{}, p.steps...), "leftAlone": append([]string{}, p.left...)})
		return cmp.Or(err, p.status())
	}
	if err := p.print(t); err != nil {
		return err
	}
	if len(p.steps) == 0 {
		return say(t, "Nothing is pending: the server has what %s says.", name)
	}
	if err := say(t, "Steps pending: %d. Do them with: %s apply -f %s", len(p.steps), program(), name); err != nil {
		return err
	}
	return p.status()
}

func (p *comparison) status() error {
	if len(p.steps) > 0 {
		return changesPending
	}
	return nil
}

func compareFile(ctx context.Context, r remote, name string) (*comparison, error) {
	file, err := readManifest(name)
	if err != nil {
		return nil, err
	}
	api, err := r.connect()
	if err != nil {
		return nil, err
	}
	return compare(ctx, api, name, file)
}

type applyCmd struct {
	URL     string `env:"MUSTER_URL" help:"The server; default MUSTER_PUBLIC_URL, else MUSTER_LISTEN." placeholder:"URL"`
	File    string `short:"f" required:"" help:"The file, as muster export writes it; - is the standard input." placeholder:"FILE"`
	Comment string `help:"Why; needed when anything is lost. The audit keeps it." placeholder:"TEXT"`
	Yes     bool   `short:"y" help:"Do not ask."`
}

// Help shows how.
func (applyCmd) Help() string {
	return "Makes the server have what the file says, and says before what that does to people. Connectors, tenants and directories " +
		"that the file does not name are left alone; nothing is deleted. On a terminal it asks; elsewhere it needs --yes when " +
		"something is lost, or may be. New connectors' secrets are printed, once.\n\nExamples:\n\n" +
		"  muster apply -f muster.yaml\n" +
		"  muster apply -f muster.yaml --yes --comment 'contractors left, see ticket 4711'"
}

// Run applies a file.
func (c *applyCmd) Run(ctx context.Context, t *terminal) error {
	p, err := compareFile(ctx, remote{URL: c.URL}, c.File)
	if err != nil {
		return err
	}
	if err := p.makePlans(ctx); err != nil {
		return err
	}
	if err := p.print(t); err != nil {
		return err
	}
	if len(p.steps) == 0 {
		if err := say(t, "Nothing to do: the server has what %s says.", c.File); err != nil {
			return err
		}
		return p.keepIn(ctx, t, c.File)
	}
	a := &applying{t: t, api: p.api, ask: newAsking(t), comment: c.Comment, yes: c.Yes}
	var loses, unknown bool
	for _, s := range p.steps {
		loses, unknown = loses || s.Plan.loses(), unknown || s.Unknown
	}
	if err := a.agree(loses, unknown); err != nil {
		return fmt.Errorf("%w. Nothing was changed", err)
	}
	for i, s := range p.steps {
		if err := a.do(ctx, s); err != nil {
			return fmt.Errorf("%w\nOf %d steps %d are done. What is left: %s plan -f %s", err, len(p.steps), i, program(), c.File)
		}
	}
	if err := say(t, "The server has what %s says.", c.File); err != nil {
		return err
	}
	return p.keepIn(ctx, t, c.File)
}

// keepIn has the server say of each connector of the file that its rules are kept there, for who
// would change them elsewhere. What came from the standard input has no name that they would know.
func (p *comparison) keepIn(ctx context.Context, t *terminal, file string) error {
	if file == "-" {
		return nil
	}
	name := filepath.Base(file)
	for _, c := range p.file.Connectors {
		var now connector
		path := "/connectors/" + escape(c.Slug)
		if err := p.api.call(ctx, http.MethodGet, path, nil, &now); err != nil {
			return err
		}
		if now.RulesFile == name {
			continue
		}
		if err := p.api.call(ctx, http.MethodPatch, path, map[string]any{"rulesFile": name}, nil); err != nil {
			return err
		}
		if err := say(t, "%s: its pages say from now on that its rules are kept in %s", c.Slug, name); err != nil {
			return err
		}
	}
	return nil
}

// applying carries out steps that somebody has seen and agreed to.
type applying struct {
	t       *terminal
	api     *client
	ask     *asking
	comment string
	yes     bool
}

var errDeclined = errors.New("the answer was no")

// agree asks where somebody can answer, and otherwise needs --yes and a comment for what is lost.
func (a *applying) agree(loses, unknown bool) error {
	switch {
	case !a.yes && a.ask == nil && loses:
		return errors.New("something would be lost, and nobody can be asked here: read the above, and add --yes and --comment")
	case !a.yes && a.ask == nil && unknown:
		return errors.New("something may be lost that cannot be counted beforehand, and nobody can be asked here: read the above, and add --yes")
	case !a.yes && a.ask != nil:
		if yes, err := a.ask.whether("Do this?", false); err != nil || !yes {
			return cmp.Or(err, errDeclined)
		}
	}
	if loses && a.comment == "" && a.ask != nil {
		var err error
		if a.comment, err = a.ask.text("Something is lost. Why? The audit keeps it:"); err != nil {
			return err
		}
	}
	if loses && a.comment == "" {
		return errors.New("something is lost: say why in --comment, for whoever reads the audit later")
	}
	return nil
}

// do carries out a step. What came out of an earlier step is never a loss that nobody has seen.
func (a *applying) do(ctx context.Context, s *step) error {
	if s.draft == nil {
		if err := s.do(ctx, a.t); err != nil {
			return fmt.Errorf("%s: %w", s.About, err)
		}
		return say(a.t, "%s: done", s.About)
	}
	if s.Later {
		if err := a.again(ctx, s); err != nil {
			return err
		}
	}
	j, err := a.begin(ctx, s)
	if isCode(err, "planStale") {
		if err = a.again(ctx, s); err == nil {
			j, err = a.begin(ctx, s)
		}
	}
	if err != nil {
		return fmt.Errorf("%s: %w", s.About, err)
	}
	return a.follow(ctx, s.About, j)
}

func (a *applying) begin(ctx context.Context, s *step) (j job, err error) {
	path := "/connectors/" + escape(s.connector) + "/plans/" + escape(s.Plan.ID) + "/application"
	err = a.api.call(ctx, http.MethodPost, path, map[string]any{"hash": s.Plan.Hash, "comment": a.comment}, &j)
	return j, err
}

// again makes a step's plan anew. What it takes has to be agreed to by somebody who sees it.
func (a *applying) again(ctx context.Context, s *step) error {
	if err := s.makePlan(ctx, a.api); err != nil || !s.Plan.loses() {
		return err
	}
	s.Later = false
	if err := s.print(a.t); err != nil {
		return err
	}
	if a.ask == nil {
		return fmt.Errorf("%s: as things are now this takes away what is listed above, and nobody has agreed to that. Run it again", s.About)
	}
	yes := a.yes
	a.yes = false
	defer func() { a.yes = yes }()
	return a.agree(true, false)
}

// follow waits for a job.
func (a *applying) follow(ctx context.Context, about string, j job) error {
	shown := newProgress(a.t)
	if shown.moving && j.State == "running" {
		shown.Phase(about, int(j.Total))
	}
	for j.State == "running" {
		if err := sleepFor(ctx, 200*time.Millisecond); err != nil {
			return errors.Join(say(a.t, "the job goes on by itself: %s jobs show %s says how far it is", program(), j.ID), err)
		}
		before := j.Done
		if err := a.api.call(ctx, http.MethodGet, "/jobs/"+escape(j.ID), nil, &j); err != nil {
			return err
		}
		for range j.Done - before {
			shown.Step()
		}
	}
	shown.clear()
	switch {
	case j.State != "done":
		return fmt.Errorf("%s: the job is %s after %d of %d people. %s", about, j.State, j.Done, j.Total, j.Problem)
	case j.Failed > 0:
		return say(a.t, "%s: done, but %d of %d people could not be settled yet; they are tried again", about, j.Failed, j.Total)
	}
	return say(a.t, "%s: done, %d people visited", about, j.Done)
}

// isCode says whether err is an answer of the API with that code.
func isCode(err error, code string) bool {
	var p *problem
	return errors.As(err, &p) && p.Code == code
}
