package main

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

type directoriesCmd struct {
	List   directoriesListCmd   `cmd:"" default:"withargs" help:"List directories."`
	Show   directoriesShowCmd   `cmd:"" aliases:"get" help:"Show a directory with its settings."`
	Create directoriesCreateCmd `cmd:"" help:"Make a directory."`
	Set    directoriesSetCmd    `cmd:"" help:"Change a directory's settings."`

	Remove  directoriesRemoveCmd  `cmd:"" help:"Remove a directory; it can be restored for a while."`
	Restore directoriesRestoreCmd `cmd:"" help:"Restore a removed directory."`
}

type directoriesListCmd struct{ remote }

type directoryInfo struct {
	Name          string
	Tenants       int
	ActiveWhen    string
	RetentionDays int
	CopyFrom      string
	PurgeAfter    *time.Time
}

// Run lists directories.
func (c *directoriesListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/directories", []string{"NAME", "TENANTS", "ACTIVE WHEN", "RETENTION", "COPIES FROM", "STATE"}, func(x directoryInfo) []string {
		state := "there"
		if x.PurgeAfter != nil {
			state = "removed; purged after " + x.PurgeAfter.Format(time.DateOnly)
		}
		return []string{x.Name, fmt.Sprint(x.Tenants), x.ActiveWhen, fmt.Sprintf("%d days", x.RetentionDays), orDash(x.CopyFrom), state}
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
	Wait     bool   `default:"true" negatable:"" help:"Wait until the directory is settled by them."`
}

// Help shows how.
func (directoriesSetCmd) Help() string {
	return "Settings: protectedGroups, protectedUsers, sharedGroups (lists of patterns), activeWhen (any or owner), retentionDays, copyFrom (another directory).\n\nExamples:\n\n" +
		"  muster directories set main '{\"sharedGroups\":[\"jira-users\"]}'\n" +
		"  muster directories set main '{\"protectedUsers\":[\"root@.*\"],\"protectedGroups\":[{\"is\":\"admins\",\"except\":[\"acme-okta\"]}]}'"
}

// Run changes settings.
func (c *directoriesSetCmd) Run(ctx context.Context, t *terminal) error {
	body, err := readObject("the settings", `{"sharedGroups":["jira-users"]}`, c.Settings)
	if err != nil {
		return err
	}
	path := "/directories/" + escape(c.Name)
	api, err := c.connect()
	if err != nil {
		return err
	}
	answer, err := api.raw(ctx, http.MethodPatch, path, body)
	if err != nil {
		return err
	}
	if err := printJSON(t.out, answer); err != nil || !c.Wait {
		return err
	}
	left, err := settled(ctx, api, path)
	if err == nil && left > 0 {
		_, err = fmt.Fprintf(t.err, "%d records still wait to be settled, or to be looked at again when a grace ends.\n", left)
	}
	return err
}
