package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type directoriesRemoveCmd struct {
	remote
	Name    string `arg:"" help:"Its name."`
	Confirm string `help:"Its name once more; left out, what would go is shown and nothing happens." placeholder:"NAME"`
}

// Help shows how.
func (directoriesRemoveCmd) Help() string {
	return "Nothing in a removed directory can be read or changed; until its retentionDays are over it can be restored, then it is purged with its connectors.\n\nExamples:\n\n" +
		"  muster directories remove staging\n" +
		"  muster directories remove staging --confirm staging\n" +
		"  muster directories restore staging"
}

// Run removes a directory, or says what would go.
func (c *directoriesRemoveCmd) Run(ctx context.Context, t *terminal) error {
	path := "/directories/" + escape(c.Name)
	if c.Confirm == "" {
		return show(ctx, t, c.remote, http.MethodGet, path+"/removal", nil, func(x removal) error { return x.print(t, c.Name) })
	}
	return show(ctx, t, c.remote, http.MethodDelete, path+"?confirm="+url.QueryEscape(c.Confirm), nil, func(x directoryInfo) error {
		until := ""
		if x.PurgeAfter != nil {
			until = x.PurgeAfter.Format(time.DateOnly)
		}
		return say(t, "directory %s is removed; until %s muster directories restore %s brings it back", x.Name, until, x.Name)
	})
}

type removal struct {
	Users, Groups, Memberships, Records int
	Connectors, InTheWay                []string
	Only                                bool
}

func (x removal) print(t *terminal, name string) error {
	err := table(t.out, nil, [][]string{{"users", fmt.Sprint(x.Users)}, {"groups", fmt.Sprint(x.Groups)}, {"memberships", fmt.Sprint(x.Memberships)},
		{"records", fmt.Sprint(x.Records)}, {"connectors", orDash(strings.Join(x.Connectors, ", "))}, {"in the way", orDash(strings.Join(x.InTheWay, ", "))}})
	switch {
	case err != nil:
		return err
	case x.Only:
		return say(t, "\n%s is the only directory, and stays. Nothing was removed.", name)
	case len(x.InTheWay) > 0:
		return say(t, "\nNothing was removed. Disable what is in the way first: muster connectors mode %s disabled", x.InTheWay[0])
	}
	return say(t, "\nNothing was removed. To remove all this: muster directories remove %s --confirm %s", name, name)
}

type directoriesRestoreCmd struct {
	remote
	Name string `arg:"" help:"Its name."`
}

// Run restores a directory.
func (c *directoriesRestoreCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPost, "/directories/"+escape(c.Name)+"/restoration", nil, func(x directoryInfo) error {
		return say(t, "directory %s is restored; its connectors stay disabled until muster connectors mode says otherwise", x.Name)
	})
}

type connectorsClearCmd struct {
	remote
	Slug    string `arg:"" help:"The connector's slug."`
	People  string `default:"keep" enum:"keep,cleanup" help:"Keep those whom it alone provides as local users, or clean them up by its rules."`
	Confirm string `required:"" help:"The slug once more." placeholder:"SLUG"`
	Comment string `help:"Why." placeholder:"TEXT"`
}

// Help shows how.
func (connectorsClearCmd) Help() string {
	return "Its users and groups go as if the IdP had deleted them, and it is disabled. When the IdP sends them again, they have other ids: let it start its provisioning over.\n\nExamples:\n\n" +
		"  muster plan acme-okta --retire keep\n" +
		"  muster connectors clear-records acme-okta --people keep --confirm acme-okta\n" +
		"  muster connectors mode acme-okta live"
}

// Run clears a connector.
func (c *connectorsClearCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{"people": {c.People}, "confirm": {c.Confirm}}
	if c.Comment != "" {
		query.Set("comment", c.Comment)
	}
	return show(ctx, t, c.remote, http.MethodDelete, "/connectors/"+escape(c.Slug)+"/records?"+query.Encode(), nil, func(x struct {
		ID, State   string
		Done, Total int64
	}) error {
		return say(t, "job %s is %s: %d of %d people. The connector is disabled; when its IdP may send everything anew, with other ids: muster connectors mode %s live", x.ID, x.State, x.Done, x.Total, c.Slug)
	})
}

type usersEraseCmd struct {
	oneUser
	Confirm string `required:"" help:"The user's userName once more: this cannot be undone." placeholder:"NAME"`
}

// Help shows how.
func (usersEraseCmd) Help() string {
	return "Erases the user, what is left of its records, and every clear value of it in the audit. That something happened, when and by whom, stays. " +
		"Whom an IdP still holds is deleted there first.\n\nExample:\n\n  muster users erase ada@acme.example --confirm ada@acme.example"
}

// Run erases a user.
func (c *usersEraseCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx, "")
	if err != nil {
		if path, err = c.find(ctx, "deleted"); err != nil {
			return err
		}
	}
	return show(ctx, t, c.remote, http.MethodPost, path+"/erasure", map[string]any{"userName": c.Confirm}, func(x struct {
		User      string
		Records   int
		StillSaid []string
	}) error {
		if len(x.StillSaid) > 0 {
			return say(t, "user %s is erased. %s still holds a record of that name: delete it at its IdP", x.User, strings.Join(x.StillSaid, ", "))
		}
		return say(t, "user %s is erased for good", x.User)
	})
}
