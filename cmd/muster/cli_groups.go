package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

type groupsCmd struct {
	List    groupsListCmd    `cmd:"" default:"withargs" help:"List groups."`
	Create  groupsCreateCmd  `cmd:"" help:"Make a local group."`
	Members groupsMembersCmd `cmd:"" help:"List a group's members, and why each is one."`
	Add     groupsAddCmd     `cmd:"" help:"Add a user to a group by hand."`
	Remove  groupsRemoveCmd  `cmd:"" help:"Take a user out of a group by hand."`
}

type group struct{ ID, DisplayName, Tenant string }

type groupsListCmd struct {
	inDirectory
	Filter string `short:"f" help:"A SCIM filter, such as 'displayName sw \"jira-\"'."`
}

// Run lists groups.
func (c *groupsListCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{}
	if c.Filter != "" {
		query.Set("filter", c.Filter)
	}
	return list(ctx, t, c.remote, c.path("/groups?"+query.Encode()), []string{"GROUP", "TENANT", "ID"},
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

type groupsMembersCmd struct{ oneGroup }

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
	return list(ctx, t, c.remote, path+"/members", []string{"USER NAME", "ACTIVE", "ORIGIN", "BECAUSE"},
		func(x member) []string {
			return []string{x.User.UserName, fmt.Sprint(x.User.Active), x.Origin, x.Because.Sentence}
		})
}

type groupsAddCmd struct {
	oneGroup
	User string `arg:"" help:"The user's userName or id."`
}

// Run gives a local membership.
func (c *groupsAddCmd) Run(ctx context.Context, t *terminal) error {
	path, user, err := c.with(ctx, c.User)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPost, path+"/members", map[string]any{"user": user}, func(member) error {
		return say(t, "%s is in %s", c.User, c.Group)
	})
}

type groupsRemoveCmd struct {
	oneGroup
	User string `arg:"" help:"The user's userName or id."`
}

// Run takes a membership away.
func (c *groupsRemoveCmd) Run(ctx context.Context, t *terminal) error {
	path, user, err := c.with(ctx, c.User)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodDelete, path+"/members/"+user, nil, func(json.RawMessage) error {
		return say(t, "%s is no longer in %s", c.User, c.Group)
	})
}

// with finds the group's path and the id of a user.
func (c oneGroup) with(ctx context.Context, userName string) (path, user string, err error) {
	if path, err = c.find(ctx); err != nil {
		return "", "", err
	}
	userPath, err := oneUser{inDirectory: c.inDirectory, User: userName}.find(ctx, "")
	return path, userPath[strings.LastIndexByte(userPath, '/')+1:], err
}
