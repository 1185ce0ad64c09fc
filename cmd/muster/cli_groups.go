package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
)

type groupsCmd struct {
	List    groupsListCmd    `cmd:"" default:"withargs" help:"List groups."`
	Show    groupsShowCmd    `cmd:"" aliases:"get" help:"Show a group."`
	Create  groupsCreateCmd  `cmd:"" help:"Make a local group."`
	Members groupsMembersCmd `cmd:"" help:"List a group's members, and why each is one."`
	Feeders groupsFeedersCmd `cmd:"" help:"Say what feeds a group, and which rules are about it."`
	Add     groupsAddCmd     `cmd:"" aliases:"add-member" help:"Add users to a group by hand; --preview says what would come of it."`
	Remove  groupsRemoveCmd  `cmd:"" aliases:"remove-member" help:"Take users out of a group by hand; --preview says what would come of it."`
	Rename  groupsRenameCmd  `cmd:"" help:"Rename a local group."`
	Delete  groupsDeleteCmd  `cmd:"" help:"Delete an empty local group."`
}

type group struct{ ID, DisplayName, Tenant string }

type groupsListCmd struct {
	inDirectory
	cut
	Filter string `short:"f" help:"A SCIM filter, such as 'displayName sw \"jira-\"'."`
	Empty  bool   `help:"Only groups that nobody is in."`
}

// Run lists groups.
func (c *groupsListCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{}
	if c.Filter != "" {
		query.Set("filter", c.Filter)
	}
	if c.Empty {
		query.Set("empty", "true")
	}
	return list(ctx, t, c.upTo(c.Limit), c.path("/groups?"+query.Encode()), []string{"GROUP", "TENANT", "ID"},
		func(x group) []string { return []string{x.DisplayName, orDash(x.Tenant), x.ID} })
}

type groupsCreateCmd struct {
	inDirectory
	DisplayName string `arg:"" help:"The group's name."`
}

// Run makes a local group.
func (c *groupsCreateCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPost, c.path("/groups"), map[string]any{"displayName": c.DisplayName}, func(x group) error {
		return say(t, "group %s is made: %s; muster groups add puts users into it", x.DisplayName, x.ID)
	})
}

// oneGroup names a group.
type oneGroup struct {
	inDirectory
	Group string `arg:"" help:"The group's name."`
}

// find returns the group's path below /api/v1.
func (c oneGroup) find(ctx context.Context) (string, error) {
	api, err := c.connect()
	if err != nil {
		return "", err
	}
	quoted, err := json.Marshal(c.Group)
	if err != nil {
		return "", err
	}
	found, err := all[group](ctx, api, c.path("/groups?"+url.Values{"filter": {"displayName eq " + string(quoted)}}.Encode()))
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("there is no group %s in directory %s; muster groups list -d %s lists them", c.Group, c.Directory, c.Directory)
	}
	return c.path("/groups/" + found[0].ID), nil
}

type groupsMembersCmd struct {
	oneGroup
	cut
	At string `help:"Who was in it at a time, such as 2026-05-03T12:00:00Z, or 2026-05-03 for its end." placeholder:"TIME"`
}

// Help shows how.
func (groupsMembersCmd) Help() string {
	return "Examples:\n\n" +
		"  muster groups members jira-users\n" +
		"  muster groups members jira-users --at 2026-05-03"
}

type member struct {
	User struct {
		ID, UserName string
		Active       bool
	}
	Origin  string
	Because because
}

// Run lists a group's members.
func (c *groupsMembersCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx)
	if err != nil {
		return err
	}
	if c.At != "" {
		return c.showPast(ctx, t, path)
	}
	return list(ctx, t, c.upTo(c.Limit), path+"/members", []string{"USER NAME", "ACTIVE", "ORIGIN", "BECAUSE"},
		func(x member) []string {
			return []string{x.User.UserName, fmt.Sprint(x.User.Active), x.Origin, x.Because.Sentence}
		})
}

type groupsRenameCmd struct {
	oneGroup
	To string `arg:"" help:"The new name."`
}

// Run renames a local group.
func (c *groupsRenameCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPatch, path, map[string]any{"displayName": c.To}, func(x group) error {
		return say(t, "group %s is called %s now", c.Group, x.DisplayName)
	})
}

type groupsDeleteCmd struct{ oneGroup }

// Run deletes an empty local group.
func (c *groupsDeleteCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodDelete, path, nil, func(json.RawMessage) error {
		return say(t, "group %s is deleted", c.Group)
	})
}
