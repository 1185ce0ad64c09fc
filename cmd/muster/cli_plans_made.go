package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// plansCmd is about plans that are there; muster plan makes one.
type plansCmd struct {
	Show    plansShowCmd    `cmd:"" help:"Show a plan in numbers."`
	Changes plansChangesCmd `cmd:"" help:"List every line of a plan, losses first."`
	Totals  plansTotalsCmd  `cmd:"" help:"Count what a plan would do, by group, by user or by reason; those that lose most first."`
	Live    plansLiveCmd    `cmd:"" help:"Show what going live would do now to a connector that observes."`
}

type plansShowCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	Plan      string `arg:"" help:"The plan's id."`
}

// Help shows how.
func (plansShowCmd) Help() string {
	return "muster plan makes a plan and prints its id.\n\nExample:\n\n  muster plans show acme-okta 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b"
}

// Run shows a plan.
func (c *plansShowCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, planPath(c.Connector, c.Plan), nil, func(p plan) error {
		return say(t, "%s: %s %s", p.State, p.inNumbers(), p.Problem)
	})
}

func planPath(connector, id string) string {
	return "/connectors/" + escape(connector) + "/plans/" + escape(id)
}

type plansChangesCmd struct {
	remote
	cut
	Connector string `arg:"" help:"The connector's slug."`
	Plan      string `arg:"" help:"The plan's id."`
	User      string `help:"Only lines of this user, by userName or id." placeholder:"USER"`
	Group     string `help:"Only lines of this group, by name or id." placeholder:"GROUP"`
	Op        string `help:"Only lines of this kind, such as removeMembership or disableUser." placeholder:"OP"`
	CSV       bool   `name:"csv" help:"Print CSV."`
}

// Help shows how.
func (plansChangesCmd) Help() string {
	return "Examples:\n\n" +
		"  muster plans changes acme-okta 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b --op removeMembership\n" +
		"  muster plans changes acme-okta 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b --csv > plan.csv"
}

// Run lists a plan's lines.
func (c *plansChangesCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{}
	for name, value := range map[string]string{"user": c.User, "group": c.Group, "op": c.Op} {
		if value != "" {
			query.Set(name, value)
		}
	}
	path := planPath(c.Connector, c.Plan) + "/changes?" + query.Encode()
	if c.CSV {
		return csvOf(ctx, t, c.remote, path)
	}
	return list(ctx, t, c.upTo(c.Limit), path, []string{"WHAT", "USER", "GROUP", "BECAUSE"}, planLine.cells)
}

type plansTotalsCmd struct {
	remote
	cut
	Connector string `arg:"" help:"The connector's slug."`
	Plan      string `arg:"" help:"The plan's id."`
	By        string `help:"What is counted by: ${enum}." enum:"group,user,reason" default:"group"`
}

// Help shows how.
func (plansTotalsCmd) Help() string {
	return "Example:\n\n  muster plans totals acme-okta 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b --by reason"
}

type planTotal struct {
	Group                         *struct{ DisplayName string }
	User                          *struct{ UserName string }
	Because                       *because
	Members, Losses, Gains, Lines int
}

// about is what the total is of.
func (x planTotal) about() string {
	switch {
	case x.Group != nil:
		return x.Group.DisplayName
	case x.User != nil:
		return x.User.UserName
	case x.Because != nil && x.Because.Sentence != "":
		return x.Because.Sentence
	case x.Because != nil:
		return x.Because.Code
	}
	return "-"
}

// Run lists totals.
func (c *plansTotalsCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.upTo(c.Limit), planPath(c.Connector, c.Plan)+"/totals?by="+c.By, []string{strings.ToUpper(c.By), "LOSSES", "GAINS", "LINES"}, func(x planTotal) []string {
		return []string{x.about(), strconv.Itoa(x.Losses), strconv.Itoa(x.Gains), strconv.Itoa(x.Lines)}
	})
}

type plansLiveCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
}

// Help shows how.
func (plansLiveCmd) Help() string {
	return "This plan is always there for a connector that is not live, and made anew when its IdP has said something since. " +
		"muster plan --mode live makes one to apply.\n\nExample:\n\n  muster plans live acme-okta"
}

// Run shows the plan of going live.
func (c *plansLiveCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/connectors/"+escape(c.Connector)+"/plans/live", nil, func(p plan) error {
		if p.State == "running" {
			return say(t, "The plan is being made; ask again.")
		}
		return say(t, "Going live: %s\nEvery line: %s plans changes %s %s", p.inNumbers(), program(), c.Connector, p.ID)
	})
}

func (l planLine) cells() []string {
	group := "-"
	if l.Group != nil {
		group = l.Group.DisplayName
	}
	return []string{l.Op, l.User.UserName, group, l.Because.Sentence}
}

// shortly says how to see the rest of a plan whose first lines are shown.
func shortly(connector, plan string) string {
	return fmt.Sprintf("%s plans changes %s %s lists every line", program(), connector, plan)
}
