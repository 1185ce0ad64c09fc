package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

type consumersCmd struct {
	List   consumersListCmd   `cmd:"" default:"withargs" help:"List the applications that read a directory."`
	Create consumersCreateCmd `cmd:"" help:"Let an application read a directory; prints its token once."`
	Set    consumersSetCmd    `cmd:"" help:"Change what an application may see."`
	Tokens consumersTokensCmd `cmd:"" help:"List the tokens of an application, and when they were last used."`
	Rotate consumersRotateCmd `cmd:"" help:"Make a further token for an application; prints it once."`
	Revoke consumersRevokeCmd `cmd:"" help:"End one token of an application."`
	Delete consumersDeleteCmd `cmd:"" help:"End an application's access, with all its tokens."`
}

type consumer struct {
	ID, Name, Directory, BaseURL, Token string
	Attributes                          []string
	Groups                              []any
	Tokens                              []consumerToken
}

type consumerToken struct{ ID, Hint, State, ExpiresAt, LastUsedAt, Token string }

// ofConsumers says which directory is read, and where the API is.
type ofConsumers struct {
	remote
	Directory string `default:"main" help:"The directory that it reads."`
}

func (c ofConsumers) consumers() string {
	return "/directories/" + escape(c.Directory) + "/consumers"
}

// find returns the consumer of a name or an id.
func (c ofConsumers) find(ctx context.Context, name string) (consumer, error) {
	api, err := c.connect()
	if err != nil {
		return consumer{}, err
	}
	items, err := all[consumer](ctx, api, c.consumers())
	if err != nil {
		return consumer{}, err
	}
	for _, x := range items {
		if x.ID == name || strings.EqualFold(x.Name, name) {
			return x, nil
		}
	}
	return consumer{}, fmt.Errorf("directory %s has no consumer %q; muster consumers list shows them", c.Directory, name)
}

// patterns are the groups as they are given.
func (x consumer) patterns() string {
	var said []string
	for _, g := range x.Groups {
		if text, ok := g.(string); ok {
			said = append(said, text)
			continue
		}
		text, err := json.Marshal(g)
		if err == nil {
			said = append(said, string(text))
		}
	}
	return orAll(said)
}

func orAll(list []string) string {
	if len(list) == 0 {
		return "all"
	}
	return strings.Join(list, ", ")
}

type consumersListCmd struct{ ofConsumers }

// Run lists consumers.
func (c *consumersListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, c.consumers(), []string{"NAME", "TOKENS", "LAST USED", "GROUPS", "ATTRIBUTES"}, func(x consumer) []string {
		last := ""
		for _, k := range x.Tokens {
			last = max(last, k.LastUsedAt)
		}
		return []string{x.Name, fmt.Sprint(len(x.Tokens)), orDash(last), x.patterns(), orAll(x.Attributes)}
	})
}

type consumersTokensCmd struct {
	ofConsumers
	Name string `arg:"" help:"Its name or id."`
}

// Run lists the tokens of a consumer.
func (c *consumersTokensCmd) Run(ctx context.Context, t *terminal) error {
	x, err := c.find(ctx, c.Name)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodGet, c.consumers()+"/"+escape(x.ID), nil, func(x consumer) error {
		var rows [][]string
		for _, k := range x.Tokens {
			rows = append(rows, []string{k.ID, "…" + k.Hint, k.State, orDash(k.ExpiresAt), orDash(k.LastUsedAt)})
		}
		return table(t.out, []string{"ID", "SHOWS", "STATE", "EXPIRES", "LAST USED"}, rows)
	})
}

type consumersCreateCmd struct {
	ofConsumers
	Name       string   `arg:"" help:"What reads."`
	Attributes []string `help:"Attributes of users that it may see; several are separated by commas; default all but what is sensitive." placeholder:"NAME"`
	Groups     []string `help:"Names or patterns of the groups that it may see, and of whose members; several are separated by commas; default all." placeholder:"PATTERN"`
	Expires    span     `help:"The token stops working after this time, such as 90d; default never." placeholder:"DURATION"`
}

// Help shows how.
func (consumersCreateCmd) Help() string {
	return "The application reads SCIM 2.0 at the printed base URL. Examples:\n\n" +
		"  muster consumers create Jira --groups 'jira-.*' --attributes userName,active,displayName,emails,groups\n" +
		"  muster consumers rotate Jira --expires 90d\n" +
		"  muster consumers revoke Jira ID-OF-THE-OLD-TOKEN"
}

// Run makes a consumer.
func (c *consumersCreateCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"name": c.Name}
	if len(c.Attributes) > 0 {
		body["attributes"] = c.Attributes
	}
	if len(c.Groups) > 0 {
		body["groups"] = c.Groups
	}
	expiry(body, c.Expires)
	return show(ctx, t, c.remote, http.MethodPost, c.consumers(), body, func(x consumer) error {
		return table(t.out, nil, [][]string{{"name", x.Name}, {"base URL", x.BaseURL}, {"token", x.Token}, {"", "It is shown this once."},
			{"groups", x.patterns()}, {"attributes", orAll(x.Attributes)}})
	})
}

func expiry(body map[string]any, after span) {
	if after > 0 {
		body["expiresAt"] = time.Now().Add(after.duration()).UTC().Format(time.RFC3339)
	}
}

type consumersSetCmd struct {
	ofConsumers
	Name          string   `arg:"" help:"Its name or id."`
	Attributes    []string `help:"The attributes of users that it may see from now on." placeholder:"NAME" xor:"attributes"`
	AllAttributes bool     `help:"It may see all attributes but what is sensitive." xor:"attributes"`
	Groups        []string `help:"The groups that it may see from now on." placeholder:"PATTERN" xor:"groups"`
	AllGroups     bool     `help:"It may see all groups and users." xor:"groups"`
}

// Run changes what a consumer may see.
func (c *consumersSetCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{}
	if len(c.Attributes) > 0 || c.AllAttributes {
		body["attributes"] = append([]string{}, c.Attributes...)
	}
	if len(c.Groups) > 0 || c.AllGroups {
		body["groups"] = append([]string{}, c.Groups...)
	}
	if len(body) == 0 {
		return errors.New("say what to change: --attributes, --all-attributes, --groups or --all-groups")
	}
	x, err := c.find(ctx, c.Name)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPatch, c.consumers()+"/"+escape(x.ID), body, func(x consumer) error {
		return table(t.out, nil, [][]string{{"name", x.Name}, {"groups", x.patterns()}, {"attributes", orAll(x.Attributes)}})
	})
}

type consumersRotateCmd struct {
	ofConsumers
	Name    string `arg:"" help:"Its name or id."`
	Expires span   `help:"The token stops working after this time, such as 90d; default never." placeholder:"DURATION"`
}

// Run makes a further token.
func (c *consumersRotateCmd) Run(ctx context.Context, t *terminal) error {
	x, err := c.find(ctx, c.Name)
	if err != nil {
		return err
	}
	body := map[string]any{}
	expiry(body, c.Expires)
	return show(ctx, t, c.remote, http.MethodPost, c.consumers()+"/"+escape(x.ID)+"/tokens", body, func(k consumerToken) error {
		return table(t.out, nil, [][]string{{"id", k.ID}, {"token", k.Token}, {"", "It is shown this once. The others stay valid until they are revoked: muster consumers revoke " + x.Name + " ID"}})
	})
}

type consumersRevokeCmd struct {
	ofConsumers
	Name  string `arg:"" help:"Its name or id."`
	Token string `arg:"" help:"The token's id, from the list."`
}

// Run ends a token.
func (c *consumersRevokeCmd) Run(ctx context.Context, t *terminal) error {
	x, err := c.find(ctx, c.Name)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodDelete, c.consumers()+"/"+escape(x.ID)+"/tokens/"+escape(c.Token), nil, func(struct{}) error {
		return say(t, "token %s of %s is ended", c.Token, x.Name)
	})
}

type consumersDeleteCmd struct {
	ofConsumers
	Name string `arg:"" help:"Its name or id."`
}

// Run ends a consumer.
func (c *consumersDeleteCmd) Run(ctx context.Context, t *terminal) error {
	x, err := c.find(ctx, c.Name)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodDelete, c.consumers()+"/"+escape(x.ID), nil, func(struct{}) error {
		return say(t, "%s reads directory %s no longer", x.Name, c.Directory)
	})
}
