package main

import (
	"context"
	"fmt"
	"net/http"
	"strings"
)

type groupsFeedersCmd struct{ oneGroup }

// verdict is what settling makes of a group.
type verdict struct {
	Assigned bool
	Because  because
}

type feeder struct {
	Connector, Mode string
	Sends           []struct {
		verdict
		Name    string
		Members int
	}
	IfSent verdict
	Always *verdict
	Rules  []struct {
		List, Form, Text string
		Place            int
	}
}

// Run says what feeds a group.
func (c *groupsFeedersCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx)
	if err != nil {
		return err
	}
	type answer struct{ Connectors []feeder }
	return show(ctx, t, c.remote, http.MethodGet, path+"/feeders", nil, func(x answer) error {
		var rows [][]string
		for _, f := range x.Connectors {
			rows = append(rows, f.rows()...)
		}
		return table(t.out, []string{"CONNECTOR", "MODE", "SENT AS", "MEMBERS", "RULES", "VERDICT"}, rows)
	})
}

// rows are a connector's lines: one for each group that it sends, else one that says what became of one.
func (f feeder) rows() (rows [][]string) {
	var rules []string
	for _, r := range f.Rules {
		rules = append(rules, fmt.Sprintf("%s[%d] %s", r.List, r.Place, r.Text))
	}
	line := func(name, members, says string) {
		rows = append(rows, []string{f.Connector, f.Mode, name, members, orDash(strings.Join(rules, ", ")), says})
	}
	for _, s := range f.Sends {
		line(s.Name, fmt.Sprint(s.Members), s.Because.Sentence)
	}
	switch {
	case len(f.Sends) > 0:
	case f.Always != nil:
		line("-", "-", f.Always.Because.Sentence)
	case f.IfSent.Assigned:
		line("-", "-", "not sent; it would be let in")
	default:
		line("-", "-", "not sent; it would be held back: "+strings.TrimSpace(f.IfSent.Because.Code+" "+f.IfSent.Because.Pattern))
	}
	return rows
}

type conflictsWeighCmd struct {
	inDirectory
	ID    string `arg:"" help:"The conflict's id, from the list."`
	Shown int    `default:"10" help:"How many users of each kind are listed, at most 100."`
}

// Run lays the members on both sides of a conflict about a group beside each other.
func (c *conflictsWeighCmd) Run(ctx context.Context, t *terminal) error {
	type weighed struct {
		Sent, There, Both, Leaving int
		Joining, Staying           []struct{ UserName string }
	}
	return show(ctx, t, c.remote, http.MethodGet, c.path(fmt.Sprintf("/conflicts/%s/members?shown=%d", escape(c.ID), c.Shown)), nil, func(x weighed) error {
		names := func(users []struct{ UserName string }, all int) string {
			var said []string
			for _, u := range users {
				said = append(said, u.UserName)
			}
			if more := all - len(users); more > 0 {
				said = append(said, fmt.Sprintf("and %d more", more))
			}
			return orDash(strings.Join(said, ", "))
		}
		return table(t.out, []string{"", "USERS", "WHO"}, [][]string{
			{"sent", fmt.Sprint(x.Sent), "-"}, {"in the group", fmt.Sprint(x.There), "-"},
			{"both", fmt.Sprint(x.Both), names(x.Staying, x.Both)}, {"would join if it were shared", fmt.Sprint(x.Sent - x.Both), names(x.Joining, x.Sent-x.Both)},
			{"would leave then, at most", fmt.Sprint(x.Leaving), "-"},
		})
	})
}
