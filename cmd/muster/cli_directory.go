package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"
)

type directoriesShowCmd struct {
	remote
	Name string `arg:"" help:"Its name."`
}

// Help shows how.
func (directoriesShowCmd) Help() string {
	return "Its settings in full, to change with muster directories set:\n\n  muster directories show main\n  muster directories show main -o yaml"
}

// Run shows a directory.
func (c *directoriesShowCmd) Run(ctx context.Context, t *terminal) error {
	path := "/directories/" + escape(c.Name)
	type settings struct {
		directoryInfo
		ProtectedGroups, ProtectedUsers, SharedGroups []any
	}
	return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x settings) error {
		api, err := c.connect()
		if err != nil {
			return err
		}
		left, err := pending(ctx, api, path)
		if err != nil {
			return err
		}
		rows := [][]string{{"name", x.Name}, {"tenants", fmt.Sprint(x.Tenants)}, {"active when", x.ActiveWhen}, {"retention", fmt.Sprintf("%d days", x.RetentionDays)},
			{"copies from", orDash(x.CopyFrom)}}
		for _, list := range []struct {
			name     string
			patterns []any
		}{{"protected groups", x.ProtectedGroups}, {"protected users", x.ProtectedUsers}, {"shared groups", x.SharedGroups}} {
			rows = append(rows, []string{list.name, orDash(strings.Join(patternTexts(list.patterns), ", "))})
		}
		if x.PurgeAfter != nil {
			rows = append(rows, []string{"removed", "purged after " + x.PurgeAfter.Format(time.DateOnly)})
		}
		return table(t.out, nil, append(rows, []string{"settling", fmt.Sprintf("%d records wait", left)}))
	})
}

// patternTexts are patterns as they are given: a text, or an object.
func patternTexts(patterns []any) (texts []string) {
	for _, p := range patterns {
		if text, ok := p.(string); ok {
			texts = append(texts, text)
		} else if text, err := json.Marshal(p); err == nil {
			texts = append(texts, string(text))
		}
	}
	return texts
}

type usersSetCmd struct {
	oneUser
	Attributes  string  `arg:"" optional:"" help:"Attributes by SCIM's names: a file with JSON, or the JSON itself; null takes one away." placeholder:"FILE|JSON"`
	DisplayName *string `help:"The name people see."`
	Email       *string `help:"The primary e-mail address."`
}

// Help shows how.
func (usersSetCmd) Help() string {
	return "What is left out stays. Users that an IdP manages are changed at the IdP.\n\nExamples:\n\n" +
		"  muster users set ada@acme.example --display-name \"Ada Byron\"\n" +
		"  muster users set ada@acme.example '{\"title\":\"Countess\",\"nickName\":null}'"
}

// Run changes attributes.
func (c *usersSetCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{}
	given, err := readObject("the attributes", `{"title":"Countess"}`, c.Attributes)
	if err != nil {
		return err
	}
	if given != nil {
		if err := json.Unmarshal(given, &body); err != nil {
			return err
		}
	}
	if c.DisplayName != nil {
		body["displayName"] = *c.DisplayName
	}
	if c.Email != nil {
		body["emails"] = []any{map[string]any{"value": *c.Email, "type": "work", "primary": true}}
	}
	if len(body) == 0 {
		return errors.New("say what to change: --display-name, --email, or a JSON object of attributes")
	}
	path, err := c.find(ctx, "")
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPatch, path, body, func(x user) error { return say(t, "user %s is changed", x.UserName) })
}

type groupsShowCmd struct{ oneGroup }

// Help shows how.
func (groupsShowCmd) Help() string {
	return "Example:\n\n  muster groups show jira-users\n\nmuster groups members lists who is in it, and why."
}

// Run shows a group.
func (c *groupsShowCmd) Run(ctx context.Context, t *terminal) error {
	path, err := c.find(ctx)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x group) error {
		return table(t.out, nil, [][]string{{"group", x.DisplayName}, {"tenant", orDash(x.Tenant)}, {"id", x.ID}})
	})
}

// showPast lists who was in the group at a time.
func (c *groupsMembersCmd) showPast(ctx context.Context, t *terminal, path string) error {
	at, err := pastTime(c.At, time.Now())
	if err != nil {
		return err
	}
	query := url.Values{"at": {at.UTC().Format(time.RFC3339Nano)}}
	return list(ctx, t, c.upTo(c.Limit), path+"/members?"+query.Encode(), []string{"USER NAME", "ORIGIN", "BECAUSE"}, func(x member) []string {
		return []string{x.User.UserName, x.Origin, x.Because.Sentence}
	})
}

type conflictsCompareCmd struct {
	inDirectory
	Connector string `arg:"" help:"The connector's slug."`
	Record    string `arg:"" help:"The SCIM id of its record."`
	User      string `help:"A user to lay beside it besides those that its keys find, by userName or id." placeholder:"USER"`
}

// Help shows how.
func (conflictsCompareCmd) Help() string {
	return "What linking does with the record, and the users that it might be.\n\nExample:\n\n" +
		"  muster conflicts compare acme-okta 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b --user ada@acme.example"
}

// Run compares a record with a user.
func (c *conflictsCompareCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{}
	if c.User != "" {
		found, err := oneUser{inDirectory: c.inDirectory, User: c.User}.find(ctx, "")
		if err != nil {
			return err
		}
		query.Set("user", found[strings.LastIndexByte(found, '/')+1:])
	}
	path := "/connectors/" + escape(c.Connector) + "/records/" + escape(c.Record) + "/comparison?" + query.Encode()
	return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x struct {
		Outcome, Detail string
		Record          compared
		Candidates      []compared
	}) error {
		if err := say(t, "linking would: %s %s", x.Outcome, x.Detail); err != nil {
			return err
		}
		return sideBySide(t, x.Record, x.Candidates)
	})
}
