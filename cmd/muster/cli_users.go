package main

import (
	"context"
	"encoding/json"
	"fmt"
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
	Show    usersShowCmd    `cmd:"" aliases:"get" help:"Show a user: memberships with their reasons, what was dropped, records."`
	Create  usersCreateCmd  `cmd:"" help:"Make a local user."`
	Set     usersSetCmd     `cmd:"" help:"Change attributes of a local user."`
	Block   usersBlockCmd   `cmd:"" help:"Disable a user until the block is lifted."`
	Unblock usersUnblockCmd `cmd:"" help:"Lift a block."`
	Reapply usersReapplyCmd `cmd:"" help:"Settle a user again by its records and the rules of now; --preview says what that does."`
	Unlink  usersUnlinkCmd  `cmd:"" help:"Take a connector's record from a user again; --preview says what that does."`
	Restore usersRestoreCmd `cmd:"" help:"Restore a deleted user."`
	Delete  usersDeleteCmd  `cmd:"" help:"Delete a user; it can be restored for a while."`
	Erase   usersEraseCmd   `cmd:"" help:"Erase one person for good."`
}

type because struct{ Code, Connector, List, Pattern, Sentence string }

type membership struct {
	Group   struct{ ID, DisplayName string }
	Origin  string
	Because because
}

type user struct {
	ID, UserName, DisplayName, Status, Block string
	LastLogin                                *time.Time
	Local                                    bool
	Memberships, Dropped                     []membership
	Records                                  []struct{ Connector, Tenant, ID, State, UserName string }
}

type usersListCmd struct {
	inDirectory
	cut
	Filter string `short:"f" help:"A SCIM filter, such as 'userName sw \"ada\"'."`
	Named  string `short:"q" name:"search" help:"Words of names and e-mail addresses, each at least begun, such as 'ada love'."`
	Status string `enum:"active,disabled,deleted," default:"" help:"Only users of this status; deleted ones are listed only then."`

	Managed string `enum:"true,false,local,former," default:"" help:"Only users whom an IdP manages (true), or none does (false): local, whom none ever did, or former."`
	CSV     bool   `name:"csv" help:"Print CSV."`
}

// Help shows how.
func (usersListCmd) Help() string {
	return "Examples:\n\n" +
		"  muster users list -q 'ada love'\n" +
		"  muster users list -f 'userName sw \"ada\"'\n" +
		"  muster users list -f 'emails.value ew \"@acme.example\" and active eq false'\n" +
		"  muster users list --managed false --csv > unmanaged.csv\n" +
		"  muster users list --status deleted"
}

// Run lists users.
func (c *usersListCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{}
	if c.Filter != "" {
		query.Set("filter", c.Filter)
	}
	if c.Named != "" {
		query.Set("q", c.Named)
	}
	if c.Status != "" {
		query.Set("status", c.Status)
	}
	if c.Managed != "" {
		query.Set("managed", c.Managed)
	}
	if c.CSV {
		return csvOf(ctx, t, c.remote, c.path("/users?"+query.Encode()))
	}
	return list(ctx, t, c.upTo(c.Limit), c.path("/users?"+query.Encode()), []string{"USER NAME", "STATUS", "NAME", "ID"},
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
		return "", fmt.Errorf("there is no user %s in directory %s; muster users list -d %s -f 'userName sw \"…\"' finds users by name", c.User, c.Directory, c.Directory)
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

type usersShowCmd struct {
	oneUser
	At string `help:"What the user was and held at a time, such as 2026-05-03T12:00:00Z, or 2026-05-03 for its end." placeholder:"TIME"`
}

// Run shows a user with its reasons.
func (c *usersShowCmd) Run(ctx context.Context, t *terminal) error {
	if c.At != "" {
		return c.showPast(ctx, t)
	}
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
	if x.LastLogin != nil {
		rows = append(rows, []string{"last login", x.LastLogin.UTC().Format(time.DateTime) + " UTC"})
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

type usersUnlinkCmd struct {
	oneUser
	Connector string `arg:"" help:"The connector whose record is taken from the user."`
	Preview   bool   `help:"Say what it would do, and do nothing."`
}

// Run unlinks.
func (c *usersUnlinkCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx, "")
	if err != nil {
		return err
	}
	path += "/records/" + escape(c.Connector)
	if c.Preview {
		return show(ctx, t, c.remote, http.MethodGet, path+"/unlinking", nil, func(x previewed) error { return x.print(t) })
	}
	return show(ctx, t, c.remote, http.MethodDelete, path, nil, func(json.RawMessage) error {
		return say(t, "user %s has no record of %s any more; muster conflicts list --state decided shows the way back", c.User, c.Connector)
	})
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
