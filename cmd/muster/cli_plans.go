package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// planCmd plans a change of a connector, of whatever kind.
type planCmd struct {
	remote
	Connector string `arg:"" optional:"" help:"The connector's slug."`
	File      string `short:"f" help:"Plan all that this file sets, as muster export writes it; - is the standard input." placeholder:"FILE"`
	Rules     string `help:"Plan these rules: a file with YAML or JSON, or JSON itself." placeholder:"FILE"`
	Mode      string `help:"Plan this mode: live, observe or disabled." placeholder:"MODE"`
	Retire    string `help:"Plan to retire the connector: keep, disable or delete those whom it alone provides, or cleanup by its rules." placeholder:"ACTION"`
	Grace     int    `help:"With --retire delete: delete after so many days, disable until then." placeholder:"DAYS"`
}

// Help shows how.
func (planCmd) Help() string {
	return "Says what a change would do, and changes nothing. With -f the exit status is 0 when nothing is pending, 2 when something " +
		"is, 1 when that cannot be said; a misused command ends with 2 as well, and says so.\n\nExamples:\n\n" +
		"  muster plan -f muster.yaml\n" +
		"  muster plan acme-okta --rules rules.yaml\n" +
		"  muster plan acme-okta --mode live\n" +
		"  muster plan acme-okta --retire keep\n" +
		"  muster plan acme-okta --retire delete --grace 30\n" +
		"  muster rules apply acme-okta PLAN --comment 'why'"
}

// Validate wants a connector or a file.
func (c *planCmd) Validate() error {
	switch alone := c.Connector == "" && c.Rules+c.Mode+c.Retire == ""; {
	case c.File == "" && c.Connector == "":
		return errors.New("say what to plan: a connector and what it gets, or -f and a file")
	case c.File != "" && !alone:
		return errors.New("-f plans all that the file sets; leave connector, --rules, --mode and --retire out")
	}
	return nil
}

// Run plans.
func (c *planCmd) Run(ctx context.Context, t *terminal) error {
	if c.File != "" {
		return planFile(ctx, t, c.remote, c.File)
	}
	draft := map[string]any{}
	rules, err := readRules(c.Rules)
	if err != nil {
		return err
	}
	if rules != nil {
		draft["rules"] = rules
	}
	if c.Mode != "" {
		draft["mode"] = c.Mode
	}
	if c.Retire != "" {
		draft["retire"] = c.Retire
	}
	if len(draft) != 1 {
		return fmt.Errorf("say what to plan: one of --rules, --mode and --retire")
	}
	if c.Grace != 0 {
		draft["graceDays"] = c.Grace
	}
	return makePlan(ctx, t, c.remote, c.Connector, draft)
}

type rulesPlanCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	Rules     string `arg:"" optional:"" help:"A file with YAML or JSON, or JSON itself."`
	Version   int64  `help:"Plan to go back to this version of the rules." placeholder:"N"`
}

// Run plans rules, or a former version of them.
func (c *rulesPlanCmd) Run(ctx context.Context, t *terminal) error {
	rules, err := readRules(c.Rules)
	if err != nil {
		return err
	}
	if (rules == nil) == (c.Version == 0) {
		return fmt.Errorf("say what to plan: rules, or --version")
	}
	if rules == nil {
		api, err := c.connect()
		if err != nil {
			return err
		}
		var former struct{ Rules json.RawMessage }
		if err := api.call(ctx, http.MethodGet, "/connectors/"+escape(c.Connector)+"/rules/versions/"+strconv.FormatInt(c.Version, 10), nil, &former); err != nil {
			return err
		}
		rules = former.Rules
	}
	return makePlan(ctx, t, c.remote, c.Connector, map[string]any{"rules": rules})
}

type rulesApplyCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	Plan      string `arg:"" help:"The plan's id."`
	Hash      string `help:"The plan's hash as you have seen it; left out, the plan as it is now." placeholder:"HASH"`
	Comment   string `help:"Why; needed when anything is lost." placeholder:"TEXT"`
}

// Run applies a plan.
func (c *rulesApplyCmd) Run(ctx context.Context, t *terminal) error {
	path := "/connectors/" + escape(c.Connector) + "/plans/" + escape(c.Plan)
	if c.Hash == "" {
		api, err := c.connect()
		if err != nil {
			return err
		}
		var p plan
		if err := api.call(ctx, http.MethodGet, path, nil, &p); err != nil {
			return err
		}
		c.Hash = p.Hash
	}
	return show(ctx, t, c.remote, http.MethodPost, path+"/application", map[string]any{"hash": c.Hash, "comment": c.Comment}, func(j job) error {
		return say(t, "the plan is being applied to %d people: %s jobs show %s says how far it is", j.Total, program(), j.ID)
	})
}

type rulesVersionsCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
}

type ruleVersion struct {
	Version            int64
	CreatedBy, Comment string
	CreatedAt          time.Time
}

// Run lists the versions of a connector's rules.
func (c *rulesVersionsCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/connectors/"+escape(c.Connector)+"/rules/versions", []string{"VERSION", "SINCE", "BY", "COMMENT"}, func(v ruleVersion) []string {
		return []string{strconv.FormatInt(v.Version, 10), v.CreatedAt.Format(time.RFC3339), orDash(v.CreatedBy), orDash(v.Comment)}
	})
}

type jobsCmd struct {
	List   jobsListCmd   `cmd:"" default:"withargs" help:"List jobs, the newest first."`
	Show   jobsShowCmd   `cmd:"" help:"Say how far a job is."`
	Cancel jobsCancelCmd `cmd:"" help:"Cancel a running job and give the connector its former rules."`
	Revert jobsRevertCmd `cmd:"" help:"Plan the way back from a job that is done."`
}

type job struct {
	ID, State, Connector, Comment, Problem, WayBack string
	Done, Total, Failed                             int64
	CreatedAt                                       time.Time
}

type jobsListCmd struct{ remote }

// Run lists jobs.
func (c *jobsListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/jobs", []string{"ID", "STATE", "CONNECTOR", "DONE", "BEGUN", "COMMENT"}, func(j job) []string {
		return []string{j.ID, j.State, orDash(j.Connector), fmt.Sprintf("%d of %d", j.Done, j.Total), j.CreatedAt.Format(time.RFC3339), orDash(j.Comment)}
	})
}

type jobsShowCmd struct {
	remote
	ID string `arg:"" help:"The job's id."`
}

// Run says how far a job is.
func (c *jobsShowCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/jobs/"+escape(c.ID), nil, func(j job) error {
		return say(t, "%s: %d of %d people visited, %d failed. %s", j.State, j.Done, j.Total, j.Failed, j.Problem)
	})
}

type jobsCancelCmd struct {
	remote
	ID      string `arg:"" help:"The job's id."`
	Comment string `help:"Why." placeholder:"TEXT"`
}

// Run cancels a job.
func (c *jobsCancelCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPost, "/jobs/"+escape(c.ID)+"/cancellation", map[string]any{"comment": c.Comment}, func(j job) error {
		if j.WayBack == "" {
			return say(t, "the job is cancelled at %d of %d people", j.Done, j.Total)
		}
		return say(t, "the job is cancelled at %d of %d people, and %s has its former rules. What was done is undone with: %s rules apply %s %s", j.Done, j.Total, j.Connector, program(), j.Connector, j.WayBack)
	})
}

type jobsRevertCmd struct {
	remote
	ID string `arg:"" help:"The job's id."`
}

// Run plans the rules that a job has replaced.
func (c *jobsRevertCmd) Run(ctx context.Context, t *terminal) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	var j job
	if err := api.call(ctx, http.MethodGet, "/jobs/"+escape(c.ID), nil, &j); err != nil {
		return err
	}
	var p plan
	if err := api.call(ctx, http.MethodPost, "/jobs/"+escape(c.ID)+"/reversal", nil, &p); err != nil {
		return err
	}
	if err := waitPlanned(ctx, api, j.Connector, &p); err != nil {
		return err
	}
	return printPlan(ctx, t, c.remote, api, j.Connector, p)
}
