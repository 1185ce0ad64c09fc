package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type holdsCmd struct {
	List    holdsListCmd    `cmd:"" default:"withargs" help:"List what safety limits hold."`
	Apply   holdsApplyCmd   `cmd:"" help:"Let held changes happen."`
	Discard holdsDiscardCmd `cmd:"" help:"Leave held changes undone."`
	Limits  holdsLimitsCmd  `cmd:"" help:"Say what a connector's limits let through now."`
}

type losses struct{ Users, Memberships, Keys int }

func (l losses) String() string {
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{l.Users, "users"}, {l.Memberships, "memberships"}, {l.Keys, "names or addresses"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	if len(parts) == 0 {
		return "nothing"
	}
	return strings.Join(parts, ", ")
}

type heldChange struct {
	ID, Op, Attribute, Before, After, Why string
	User                                  struct{ ID, UserName string }
	Group                                 *struct{ ID, DisplayName string }
	Because                               struct{ Sentence string }
	Since                                 time.Time
}

// what says a held change in a few words.
func (h heldChange) what() string {
	switch {
	case h.Group != nil:
		return "leaves " + h.Group.DisplayName
	case h.Attribute != "":
		return fmt.Sprintf("%s becomes %s", h.Before, orDash(h.After))
	}
	return "is " + h.After
}

// whichHolds narrows held changes.
type whichHolds struct {
	User  string `help:"Only those of this user, by userName or id." placeholder:"USER"`
	Group string `help:"Only those of this group, by name or id." placeholder:"GROUP"`
	Kind  string `help:"Only this kind: membership, disable, delete or key." placeholder:"KIND"`
}

func (w whichHolds) given() map[string]string {
	out := map[string]string{}
	for name, value := range map[string]string{"user": w.User, "group": w.Group, "kind": w.Kind} {
		if value != "" {
			out[name] = value
		}
	}
	return out
}

type holdsListCmd struct {
	remote
	cut
	Slug string `arg:"" optional:"" help:"The connector's slug; left out: how much of each is held."`
	whichHolds
}

// Run lists what is held.
func (c *holdsListCmd) Run(ctx context.Context, t *terminal) error {
	if c.Slug == "" {
		return list(ctx, t, c.remote, "/holds", []string{"CONNECTOR", "HELD", "SINCE"}, func(x struct {
			Connector string
			Counts    losses
			Since     time.Time
		}) []string {
			return []string{x.Connector, x.Counts.String(), x.Since.Local().Format(time.DateTime)}
		})
	}
	query := url.Values{}
	for name, value := range c.given() {
		query.Set(name, value)
	}
	return list(ctx, t, c.upTo(c.Limit), "/connectors/"+escape(c.Slug)+"/holds?"+query.Encode(), []string{"ID", "USER", "WHAT", "BECAUSE", "HELD SINCE", "WHY HELD"},
		func(h heldChange) []string {
			return []string{h.ID, h.User.UserName, h.what(), h.Because.Sentence, h.Since.Local().Format(time.DateTime), h.Why}
		})
}

// decideHolds decides about held changes of a connector.
type decideHolds struct {
	remote
	Slug string   `arg:"" help:"The connector's slug."`
	IDs  []string `arg:"" optional:"" name:"id" help:"Ids of held changes, from the list."`
	All  bool     `help:"Every held change of the connector."`
	whichHolds
	Comment string `help:"Why; the audit keeps it." placeholder:"TEXT"`
}

type holdsApplyCmd struct{ decideHolds }

// Help shows how.
func (holdsApplyCmd) Help() string {
	return "Each change is decided afresh by the records of this moment, and counts against no limit.\n\nExamples:\n\n" +
		"  muster holds apply acme-okta --all --comment \"the contractors have left\"\n" +
		"  muster holds apply acme-okta --user ada@acme.example"
}

// Run applies held changes.
func (c *holdsApplyCmd) Run(ctx context.Context, t *terminal) error { return c.decide(ctx, t, "apply") }

type holdsDiscardCmd struct{ decideHolds }

// Help shows how.
func (holdsDiscardCmd) Help() string {
	return "A discarded change stays undone until the record or the membership behind it changes, or a request names it again.\n\nExamples:\n\n" +
		"  muster holds discard acme-okta --all --comment \"the group was unassigned by mistake\"\n" +
		"  muster holds discard acme-okta --group jira-users"
}

// Run discards held changes.
func (c *holdsDiscardCmd) Run(ctx context.Context, t *terminal) error {
	return c.decide(ctx, t, "discard")
}

// decide sends the decision until nothing of what it is about is left: one answer of the server
// decides as much as fits into some seconds.
func (c *decideHolds) decide(ctx context.Context, t *terminal, decision string) error {
	body := map[string]any{"decision": decision}
	if c.Comment != "" {
		body["comment"] = c.Comment
	}
	given := 0
	if c.All {
		body["all"] = true
		given++
	}
	if len(c.IDs) > 0 {
		body["ids"] = c.IDs
		given++
	}
	if filter := c.given(); len(filter) > 0 {
		body["filter"] = filter
		given++
	}
	if given != 1 {
		return fmt.Errorf("say which: ids from muster holds list %s, or --user, --group, --kind, or --all", c.Slug)
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	var sum struct {
		Applied   int `json:"applied"`
		Discarded int `json:"discarded"`
		Withdrawn int `json:"withdrawn"`
		Left      int `json:"left"`
	}
	for {
		var n struct{ Applied, Discarded, Withdrawn, Left int }
		if err := api.call(ctx, http.MethodPost, "/connectors/"+escape(c.Slug)+"/holds/decisions", body, &n); err != nil {
			return err
		}
		sum.Applied, sum.Discarded, sum.Withdrawn, sum.Left = sum.Applied+n.Applied, sum.Discarded+n.Discarded, sum.Withdrawn+n.Withdrawn, n.Left
		if n.Left == 0 || n.Applied+n.Discarded+n.Withdrawn == 0 {
			break
		}
		fmt.Fprintf(t.err, "%d are done, %d still wait\n", sum.Applied+sum.Discarded+sum.Withdrawn, n.Left)
	}
	if c.Output == asJSON {
		return printValue(t, sum)
	}
	text := fmt.Sprintf("%d held changes are applied", sum.Applied)
	if decision == "discard" {
		text = fmt.Sprintf("%d held changes are discarded", sum.Discarded)
	}
	if sum.Withdrawn > 0 {
		text += fmt.Sprintf("; %d had nothing left to hold", sum.Withdrawn)
	}
	return say(t, "%s", text)
}

type connectorsExpectCmd struct {
	remote
	Slug   string `arg:"" help:"The connector's slug."`
	For    string `help:"How long, at most 4h." placeholder:"2h"`
	Reason string `help:"What is expected; the audit keeps it." placeholder:"TEXT"`
	End    bool   `help:"End the window that is announced."`
}

// Help shows how.
func (connectorsExpectCmd) Help() string {
	return "While the window lasts, everything that the connector takes away takes effect, and none of it counts. What is held already waits for its decision.\n\nExamples:\n\n" +
		"  muster connectors expect-change acme-okta --for 2h --reason \"the contractors leave today\"\n" +
		"  muster connectors expect-change acme-okta --end\n" +
		"  muster connectors expect-change acme-okta"
}

// Run announces a large change, ends the announcement, or shows it.
func (c *connectorsExpectCmd) Run(ctx context.Context, t *terminal) error {
	type window struct {
		Until      *time.Time
		Reason, By string
	}
	path := "/connectors/" + escape(c.Slug) + "/expected-change"
	shown := func(w window) error {
		if w.Until == nil {
			return say(t, "no change of %s is expected: its safety limits hold back what goes over them", c.Slug)
		}
		return say(t, "until %s what %s takes away is let through: %s (%s)", w.Until.Local().Format(time.DateTime), c.Slug, w.Reason, w.By)
	}
	switch {
	case c.End && (c.For != "" || c.Reason != ""):
		return fmt.Errorf("--end goes without --for and --reason")
	case c.End:
		return show(ctx, t, c.remote, http.MethodDelete, path, nil, func(window) error { return shown(window{}) })
	case c.For == "" && c.Reason == "":
		return show(ctx, t, c.remote, http.MethodGet, path, nil, shown)
	case c.For == "" || c.Reason == "":
		return fmt.Errorf("say both --for and --reason")
	}
	return show(ctx, t, c.remote, http.MethodPut, path, map[string]any{"for": c.For, "reason": c.Reason}, shown)
}
