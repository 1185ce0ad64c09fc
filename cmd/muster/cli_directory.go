package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// inDirectory is the directory that a command looks at.
type inDirectory struct {
	remote
	Directory string `short:"d" default:"main" help:"The directory."`
}

func (c inDirectory) path(rest string) string { return "/directories/" + escape(c.Directory) + rest }

type usersCmd struct {
	List    usersListCmd    `cmd:"" default:"withargs" help:"List users."`
	Show    usersShowCmd    `cmd:"" help:"Show a user: memberships with their reasons, what was dropped, records."`
	Create  usersCreateCmd  `cmd:"" help:"Make a local user."`
	Block   usersBlockCmd   `cmd:"" help:"Disable a user until the block is lifted."`
	Unblock usersUnblockCmd `cmd:"" help:"Lift a block."`
	Restore usersRestoreCmd `cmd:"" help:"Restore a deleted user."`
	Delete  usersDeleteCmd  `cmd:"" help:"Delete a user; it can be restored for a while."`
}

type because struct{ Code, Connector, List, Pattern, Sentence string }

type membership struct {
	Group   struct{ ID, DisplayName string }
	Origin  string
	Because because
}

type user struct {
	ID, UserName, DisplayName, Status, Block string
	Local                                    bool
	Memberships, Dropped                     []membership
	Records                                  []struct{ Connector, Tenant, ID, State, UserName string }
}

type usersListCmd struct {
	inDirectory
	Filter string `short:"f" help:"A SCIM filter, such as 'userName sw \"ada\"'."`
	Status string `enum:"active,disabled,deleted," default:"" help:"Only users of this status; deleted ones are listed only then."`
}

// Run lists users.
func (c *usersListCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{}
	if c.Filter != "" {
		query.Set("filter", c.Filter)
	}
	if c.Status != "" {
		query.Set("status", c.Status)
	}
	return list(ctx, t, c.remote, c.path("/users?"+query.Encode()), []string{"USER NAME", "STATUS", "NAME", "ID"},
		func(x user) []string { return []string{x.UserName, x.Status, orDash(x.DisplayName), x.ID} })
}

// oneUser names a user by userName or id.
type oneUser struct {
	inDirectory
	User string `arg:"" help:"The user's userName or id."`
}

// find returns the user's path below /api/v1.
func (c oneUser) find(ctx context.Context, status string) (string, error) {
	if len(c.User) == 36 && strings.Count(c.User, "-") == 4 {
		return c.path("/users/" + c.User), nil
	}
	api, err := c.connect()
	if err != nil {
		return "", err
	}
	quoted, err := json.Marshal(c.User)
	if err != nil {
		return "", err
	}
	query := url.Values{"filter": {"userName eq " + string(quoted)}}
	if status != "" {
		query.Set("status", status)
	}
	found, err := all[user](ctx, api, c.path("/users?"+query.Encode()))
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", fmt.Errorf("there is no user %s in directory %s; muster users list -f 'userName sw \"…\"' finds users by name", c.User, c.Directory)
	}
	return c.path("/users/" + found[0].ID), nil
}

func (c oneUser) do(ctx context.Context, t *terminal, method, rest, status string, body any, done string) error {
	path, err := c.find(ctx, status)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, method, path+rest, body, func(json.RawMessage) error { return say(t, done, c.User) })
}

type usersShowCmd struct{ oneUser }

// Run shows a user with its reasons.
func (c *usersShowCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx, "")
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x user) error { return x.print(t) })
}

func (x user) print(t *terminal) error {
	rows := [][]string{{"user name", x.UserName}, {"name", orDash(x.DisplayName)}, {"status", x.Status}, {"id", x.ID}}
	if x.Block != "" {
		rows = append(rows, []string{"blocked", x.Block})
	}
	for _, r := range x.Records {
		rows = append(rows, []string{"record", fmt.Sprintf("%s of %s, %s", r.Connector, r.Tenant, r.State)})
	}
	if err := table(t.out, nil, rows); err != nil {
		return err
	}
	var groups [][]string
	for _, m := range x.Memberships {
		groups = append(groups, []string{m.Group.DisplayName, m.Origin, m.Because.Sentence})
	}
	for _, m := range x.Dropped {
		groups = append(groups, []string{m.Group.DisplayName, "dropped", m.Because.Sentence})
	}
	if len(groups) == 0 {
		return say(t, "\nIn no group, and no IdP sends one.")
	}
	if err := say(t, ""); err != nil {
		return err
	}
	return table(t.out, []string{"GROUP", "ORIGIN", "BECAUSE"}, groups)
}

type usersCreateCmd struct {
	inDirectory
	UserName    string `arg:"" help:"Unique in the directory."`
	DisplayName string `help:"The name people see."`
	Email       string `help:"The primary e-mail address."`
}

// Run makes a local user.
func (c *usersCreateCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"userName": c.UserName}
	if c.DisplayName != "" {
		body["displayName"] = c.DisplayName
	}
	if c.Email != "" {
		body["emails"] = []any{map[string]any{"value": c.Email, "type": "work", "primary": true}}
	}
	return show(ctx, t, c.remote, http.MethodPost, c.path("/users"), body, func(x user) error { return x.print(t) })
}

type usersBlockCmd struct {
	oneUser
	Reason string `arg:"" help:"Why, for the next administrator."`
}

// Run blocks a user.
func (c *usersBlockCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, http.MethodPut, "/block", "", map[string]any{"reason": c.Reason}, "user %s is blocked")
}

type usersUnblockCmd struct{ oneUser }

// Run lifts a block.
func (c *usersUnblockCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, http.MethodDelete, "/block", "", nil, "the block of user %s is lifted")
}

type usersRestoreCmd struct{ oneUser }

// Run restores a deleted user.
func (c *usersRestoreCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, http.MethodPost, "/restoration", "deleted", nil, "user %s is restored")
}

type usersDeleteCmd struct{ oneUser }

// Run deletes a user.
func (c *usersDeleteCmd) Run(ctx context.Context, t *terminal) error {
	return c.do(ctx, t, http.MethodDelete, "", "", nil, "user %s is deleted; muster users restore brings it back")
}

type groupsCmd struct {
	List    groupsListCmd    `cmd:"" default:"withargs" help:"List groups."`
	Create  groupsCreateCmd  `cmd:"" help:"Make a local group."`
	Members groupsMembersCmd `cmd:"" help:"List a group's members, and why each is one."`
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
		return say(t, "group %s is made: %s", x.DisplayName, x.ID)
	})
}

type groupsMembersCmd struct {
	inDirectory
	Group string `arg:"" help:"The group's name."`
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
	api, err := c.connect()
	if err != nil {
		return err
	}
	quoted, err := json.Marshal(c.Group)
	if err != nil {
		return err
	}
	found, err := all[group](ctx, api, c.path("/groups?"+url.Values{"filter": {"displayName eq " + string(quoted)}}.Encode()))
	if err != nil {
		return err
	}
	if len(found) == 0 {
		return fmt.Errorf("there is no group %s in directory %s; muster groups list lists them", c.Group, c.Directory)
	}
	return list(ctx, t, c.remote, c.path("/groups/"+found[0].ID+"/members"), []string{"USER NAME", "ACTIVE", "ORIGIN", "BECAUSE"},
		func(x member) []string {
			return []string{x.User.UserName, fmt.Sprint(x.User.Active), x.Origin, x.Because.Sentence}
		})
}

type directoriesCmd struct {
	List   directoriesListCmd   `cmd:"" default:"withargs" help:"List directories."`
	Create directoriesCreateCmd `cmd:"" help:"Make a directory."`
	Set    directoriesSetCmd    `cmd:"" help:"Change a directory's settings."`
}

type directoriesListCmd struct{ remote }

type directoryInfo struct {
	Name          string
	Tenants       int
	ActiveWhen    string
	RetentionDays int
}

// Run lists directories.
func (c *directoriesListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/directories", []string{"NAME", "TENANTS", "ACTIVE WHEN", "RETENTION"}, func(x directoryInfo) []string {
		return []string{x.Name, fmt.Sprint(x.Tenants), x.ActiveWhen, fmt.Sprintf("%d days", x.RetentionDays)}
	})
}

type directoriesCreateCmd struct {
	remote
	Name string `arg:"" help:"Its name."`
}

// Run makes a directory.
func (c *directoriesCreateCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPost, "/directories", map[string]any{"name": c.Name}, func(x directoryInfo) error { return say(t, "directory %s is made", x.Name) })
}

type directoriesSetCmd struct {
	remote
	Name     string `arg:"" help:"Its name."`
	Settings string `arg:"" help:"A file with JSON, or the JSON itself, such as '{\"sharedGroups\":[\"jira-users\"]}'; what is left out stays."`
}

// Run changes settings.
func (c *directoriesSetCmd) Run(ctx context.Context, t *terminal) error {
	body, err := readRules(c.Settings)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPatch, "/directories/"+escape(c.Name), body, func(x json.RawMessage) error { return printJSON(t.out, x) })
}

type eventsCmd struct {
	remote
	Connector string        `help:"Only events of this connector."`
	User      string        `help:"Only events of this directory user."`
	Group     string        `help:"Only events of this directory group."`
	Action    string        `help:"Only events of this action."`
	Text      string        `short:"q" help:"Only events that contain this text."`
	Since     time.Duration `help:"Only events of the last while, such as 24h." placeholder:"DURATION"`
	CSV       bool          `name:"csv" help:"Write CSV."`
}

type event struct {
	Time, Action, Actor, Connector, User, Group, Record string
	Changes                                             json.RawMessage
}

// Run lists events, or streams them as CSV.
func (c *eventsCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{}
	for name, value := range map[string]string{"connector": c.Connector, "user": c.User, "group": c.Group, "action": c.Action, "q": c.Text} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if c.Since > 0 {
		query.Set("since", time.Now().Add(-c.Since).UTC().Format(time.RFC3339))
	}
	if c.CSV {
		api, err := c.connect()
		if err != nil {
			return err
		}
		api.http.Timeout = 0
		response, err := api.send(ctx, http.MethodGet, "/events?"+query.Encode(), "text/csv", nil)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(t.out, response.Body)
		return err
	}
	return list(ctx, t, c.remote, "/events?"+query.Encode(), []string{"TIME", "ACTION", "ACTOR", "CONNECTOR", "CHANGES"}, func(x event) []string {
		return []string{x.Time, x.Action, orDash(x.Actor), orDash(x.Connector), orDash(string(x.Changes))}
	})
}

type whyCmd struct {
	inDirectory
	User  string `arg:"" help:"The user's userName or id."`
	Group string `arg:"" help:"The group's name."`
}

type why struct {
	Answer, Code, Sentence string
	Steps                  []struct{ Step, Detail string }
}

// Run answers the question.
func (c *whyCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{"user": {c.User}, "group": {c.Group}}
	return show(ctx, t, c.remote, http.MethodGet, c.path("/why?"+query.Encode()), nil, func(x why) error { return x.print(t) })
}

func (x why) print(t *terminal) error {
	if err := say(t, "%s", printable(x.Sentence)); err != nil {
		return err
	}
	rows := make([][]string, len(x.Steps))
	for i, s := range x.Steps {
		rows[i] = []string{fmt.Sprintf("  %d.", i+1), s.Step, s.Detail}
	}
	return table(t.out, nil, rows)
}
