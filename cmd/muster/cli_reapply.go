package main

import (
	"context"
	"net/http"
)

type usersReapplyCmd struct {
	oneUser
	Preview bool `help:"Say what it would do, and do nothing."`
}

// reapplied is what came of settling a user again, or would.
type reapplied struct {
	previewed
	Preview bool
	Held    []struct {
		Op        string
		Group     *struct{ DisplayName string }
		Attribute string
		Why       string
	}
}

// Run settles a user again.
func (c *usersReapplyCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx, "")
	if err != nil {
		return err
	}
	path += "/reapplication"
	if c.Preview {
		path += "?preview=true"
	}
	return show(ctx, t, c.remote, http.MethodPost, path, nil, func(x reapplied) error { return x.print(t, c.User) })
}

func (x reapplied) print(t *terminal, user string) error {
	changed := "nothing changed"
	if x.Preview {
		changed = "nothing would change"
	}
	if len(x.Changes) == 0 {
		if err := say(t, "%s is as its records and the rules make it; %s", user, changed); err != nil {
			return err
		}
	} else if err := x.previewed.print(t); err != nil {
		return err
	}
	if len(x.Held) == 0 {
		return nil
	}
	rows := make([][]string, len(x.Held))
	for i, h := range x.Held {
		of := h.Attribute
		if h.Group != nil {
			of = h.Group.DisplayName
		}
		rows[i] = []string{h.Op, orDash(of), h.Why}
	}
	if err := say(t, "\nHeld until somebody decides (muster holds):"); err != nil {
		return err
	}
	return table(t.out, []string{"WHAT", "OF", "WHY"}, rows)
}
