package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
)

// handMade are the flags of what is done to members by hand.
type handMade struct {
	oneGroup
	Users   []string `arg:"" help:"The users' userNames or ids."`
	Preview bool     `help:"Only say what would come of it."`
	Comment string   `help:"Why, for the audit."`
}

type groupsAddCmd struct{ handMade }

// Help shows how.
func (groupsAddCmd) Help() string {
	return "Examples:\n\n" +
		"  muster groups add vpn-users ada@acme.example\n" +
		"  muster groups add vpn-users ada@acme.example bob@acme.example --preview\n\n" +
		"What the rules of a connector would take away again is refused for that user, with the rule to change."
}

// Run gives local memberships.
func (c *groupsAddCmd) Run(ctx context.Context, t *terminal) error { return c.change(ctx, t, "add") }

type groupsRemoveCmd struct{ handMade }

// Run takes memberships away.
func (c *groupsRemoveCmd) Run(ctx context.Context, t *terminal) error {
	return c.change(ctx, t, "remove")
}

type memberResults struct {
	Preview bool
	Done    int
	Results []struct {
		User, UserName, Op, Origin string
		Done                       bool
		Because                    *because
		Refused                    *struct {
			Code, Detail string
			WouldChange  []struct{ Sentence string }
		}
	}
}

// change adds users to the group or takes them out. It fails when one of them was refused.
func (c *handMade) change(ctx context.Context, t *terminal, op string) error {
	path, err := c.find(ctx)
	if err != nil {
		return err
	}
	ids := make([]string, len(c.Users))
	for i, user := range c.Users {
		found, err := oneUser{inDirectory: c.inDirectory, User: user}.find(ctx, "")
		if err != nil {
			return err
		}
		ids[i] = found[strings.LastIndexByte(found, '/')+1:]
	}
	api, err := c.connect()
	if err != nil {
		return err
	}
	body := map[string]any{op: ids, "preview": c.Preview, "comment": c.Comment}
	answer, err := api.raw(ctx, http.MethodPost, path+"/member-changes", body)
	if err != nil {
		return err
	}
	refused := 0
	var results memberResults
	if err := json.Unmarshal(answer, &results); err != nil {
		return fmt.Errorf("the answer is not what this version expects: %w", err)
	}
	for _, r := range results.Results {
		if r.Refused != nil {
			refused++
		}
	}
	err = printAnswer(t, c.remote, answer, func(x memberResults) error {
		relation := map[string]string{"addtrue": "would be in", "addfalse": "is in", "removetrue": "would no longer be in", "removefalse": "is no longer in"}[op+fmt.Sprint(x.Preview)]
		for _, r := range x.Results {
			line := fmt.Sprintf("%s %s %s", r.UserName, relation, c.Group)
			if r.Refused != nil {
				line = fmt.Sprintf("%s: %s", orDash(r.UserName), r.Refused.Detail)
			}
			if err := say(t, "%s", line); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil && refused > 0 {
		return fmt.Errorf("%d of %d users were refused", refused, len(ids))
	}
	return err
}
