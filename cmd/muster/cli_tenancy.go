package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"time"
)

type tenantsCmd struct {
	List   tenantsListCmd   `cmd:"" default:"withargs" help:"List tenants."`
	Create tenantsCreateCmd `cmd:"" help:"Make a tenant."`
	Delete tenantsDeleteCmd `cmd:"" help:"Delete a tenant without connectors."`
}

type tenant struct{ ID, Name, Created string }

type tenantsListCmd struct{ remote }

// Run lists tenants.
func (c *tenantsListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/tenants", []string{"NAME", "CREATED"}, func(x tenant) []string { return []string{x.Name, x.Created} })
}

type tenantsCreateCmd struct {
	remote
	Name string `arg:"" help:"Its name."`
}

// Run makes a tenant.
func (c *tenantsCreateCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPost, "/tenants", map[string]any{"name": c.Name}, func(x tenant) error {
		return say(t, "tenant %s is made; muster connectors create adds its first connector", x.Name)
	})
}

type tenantsDeleteCmd struct {
	remote
	Name string `arg:"" help:"Its name."`
}

// Run deletes a tenant.
func (c *tenantsDeleteCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodDelete, "/tenants/"+escape(c.Name), nil, func(struct{}) error { return say(t, "tenant %s is deleted", c.Name) })
}

type connectorsCmd struct {
	List   connectorsListCmd   `cmd:"" default:"withargs" help:"List connectors."`
	Show   connectorsShowCmd   `cmd:"" help:"Show a connector."`
	Create connectorsCreateCmd `cmd:"" help:"Make a connector; prints its base URL and, once, its token."`
	Set    connectorsSetCmd    `cmd:"" help:"Change name, precedence or strictness."`
	Mode   connectorsModeCmd   `cmd:"" help:"Change what its requests do: live, observe or disabled."`
	Delete connectorsDeleteCmd `cmd:"" help:"Delete a connector that holds no record."`
}

type connector struct {
	ID, Slug, Name, Tenant, Kind, Mode, Directory string
	SCIM                                          struct{ V2 string } `json:"scim"`
	Precedence                                    int
	Token                                         string
	Basic                                         *struct{ Username, Password string }
}

type connectorsListCmd struct{ remote }

// Run lists connectors.
func (c *connectorsListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/connectors", []string{"SLUG", "TENANT", "KIND", "MODE", "DIRECTORY", "NAME"},
		func(x connector) []string { return []string{x.Slug, x.Tenant, x.Kind, x.Mode, x.Directory, x.Name} })
}

type connectorsShowCmd struct {
	remote
	Slug string `arg:"" help:"The connector's slug."`
}

// Run shows a connector.
func (c *connectorsShowCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/connectors/"+escape(c.Slug), nil, func(x connector) error { return table(t.out, nil, x.rows()) })
}

func (x connector) rows() [][]string {
	return [][]string{{"slug", x.Slug}, {"name", x.Name}, {"tenant", x.Tenant}, {"kind", x.Kind}, {"mode", x.Mode},
		{"directory", x.Directory}, {"precedence", fmt.Sprint(x.Precedence)}, {"base URL", x.SCIM.V2}}
}

type connectorsCreateCmd struct {
	remote
	Slug      string `arg:"" help:"Unique in the deployment; part of the base URL."`
	Tenant    string `required:"" help:"The tenant it belongs to."`
	Name      string `help:"A name for people; default the slug."`
	Kind      string `default:"generic" help:"okta, entra, onelogin, google, ping, jumpcloud, oneaccess, keycloak, authentik or generic."`
	Mode      string `default:"observe" enum:"live,observe,disabled" help:"${enum}."`
	Directory string `default:"main" help:"The directory it provisions into."`
	Rules     string `help:"Its rules: a file with JSON, or the JSON itself." placeholder:"FILE|JSON"`
	Basic     string `help:"Make a Basic pair with this user name besides the token." placeholder:"USER"`
}

// Run makes a connector.
func (c *connectorsCreateCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"slug": c.Slug, "tenant": c.Tenant, "kind": c.Kind, "mode": c.Mode, "directory": c.Directory}
	if c.Name != "" {
		body["name"] = c.Name
	}
	if c.Basic != "" {
		body["basicAuth"] = map[string]any{"username": c.Basic}
	}
	rules, err := readRules(c.Rules)
	if err != nil {
		return err
	}
	if rules != nil {
		body["rules"] = rules
	}
	return show(ctx, t, c.remote, http.MethodPost, "/connectors", body, func(x connector) error {
		rows := append(x.rows(), []string{"token", x.Token})
		if x.Basic != nil {
			rows = append(rows, []string{"user name", x.Basic.Username}, []string{"password", x.Basic.Password})
		}
		if err := table(t.out, nil, rows); err != nil {
			return err
		}
		return say(t, "Secrets are shown this once. Give base URL and token to the IdP.")
	})
}

// readRules reads rules that are JSON themselves or the name of a file with it; nil for "".
func readRules(text string) (json.RawMessage, error) {
	if text == "" {
		return nil, nil
	}
	data := []byte(text)
	if !strings.HasPrefix(strings.TrimSpace(text), "{") {
		var err error
		if data, err = os.ReadFile(text); err != nil {
			return nil, fmt.Errorf("reading the rules: %w", err)
		}
	}
	if !json.Valid(data) {
		return nil, errors.New("the rules are not valid JSON; they look like {\"onlyAssign\":[\"jira-.*\"]}")
	}
	return data, nil
}

type connectorsSetCmd struct {
	remote
	Slug       string  `arg:"" help:"The connector's slug."`
	Name       *string `help:"A name for people."`
	Precedence *int    `help:"Lower goes first where several connectors know a user."`
	Strict     *bool   `negatable:"" help:"Take the RFC's reading where clients disagree."`
}

// Run changes settings.
func (c *connectorsSetCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{}
	if c.Name != nil {
		body["name"] = *c.Name
	}
	if c.Precedence != nil {
		body["precedence"] = *c.Precedence
	}
	if c.Strict != nil {
		body["strict"] = *c.Strict
	}
	return show(ctx, t, c.remote, http.MethodPatch, "/connectors/"+escape(c.Slug), body, func(x connector) error { return table(t.out, nil, x.rows()) })
}

type connectorsModeCmd struct {
	remote
	Slug string `arg:"" help:"The connector's slug."`
	Mode string `arg:"" enum:"live,observe,disabled" help:"${enum}."`
}

// Run changes the mode.
func (c *connectorsModeCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPut, "/connectors/"+escape(c.Slug)+"/mode", map[string]any{"mode": c.Mode}, func(struct{}) error {
		return say(t, "connector %s is %s", c.Slug, c.Mode)
	})
}

type connectorsDeleteCmd struct {
	remote
	Slug string `arg:"" help:"The connector's slug."`
}

// Run deletes a connector.
func (c *connectorsDeleteCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodDelete, "/connectors/"+escape(c.Slug), nil, func(struct{}) error { return say(t, "connector %s is deleted", c.Slug) })
}

type credentialsCmd struct {
	List   credentialsListCmd   `cmd:"" default:"withargs" help:"List a connector's credentials."`
	Create credentialsCreateCmd `cmd:"" help:"Mint a token; prints it once."`
	Delete credentialsDeleteCmd `cmd:"" help:"End a credential."`
}

type credential struct {
	ID, Name, Kind, Hint, ExpiresAt, LastUsedAt, Token string
	ReadOnly                                           bool
}

type credentialsListCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
}

// Run lists credentials.
func (c *credentialsListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/connectors/"+escape(c.Connector)+"/credentials", []string{"ID", "NAME", "KIND", "ENDS IN", "EXPIRES", "LAST USED"},
		func(x credential) []string {
			return []string{x.ID, x.Name, x.Kind, x.Hint, orDash(x.ExpiresAt), orDash(x.LastUsedAt)}
		})
}

type credentialsCreateCmd struct {
	remote
	Connector string        `arg:"" help:"The connector's slug."`
	Name      string        `arg:"" help:"What it is for."`
	ReadOnly  bool          `help:"May read, never write."`
	Expires   time.Duration `help:"Stops working after this time, such as 2160h; default never." placeholder:"DURATION"`
}

// Run mints a token.
func (c *credentialsCreateCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"name": c.Name, "readOnly": c.ReadOnly}
	if c.Expires > 0 {
		body["expiresAt"] = time.Now().Add(c.Expires).UTC().Format(time.RFC3339)
	}
	return show(ctx, t, c.remote, http.MethodPost, "/connectors/"+escape(c.Connector)+"/credentials", body, func(x credential) error {
		return table(t.out, nil, [][]string{{"id", x.ID}, {"name", x.Name}, {"token", x.Token}, {"", "The token is shown this once."}})
	})
}

type credentialsDeleteCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	ID        string `arg:"" help:"The credential's id, from the list."`
}

// Run ends a credential.
func (c *credentialsDeleteCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodDelete, "/connectors/"+escape(c.Connector)+"/credentials/"+escape(c.ID), nil, func(struct{}) error {
		return say(t, "credential %s is ended", c.ID)
	})
}

type rulesCmd struct {
	Show rulesShowCmd `cmd:"" default:"withargs" help:"Print a connector's rules as JSON."`
	Set  rulesSetCmd  `cmd:"" help:"Replace a connector's rules and settle its users by them."`
}

type rulesShowCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
}

// Run prints rules, which are JSON in every form of output.
func (c *rulesShowCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/connectors/"+escape(c.Connector)+"/rules", nil, func(x json.RawMessage) error { return printJSON(t.out, x) })
}

type rulesSetCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	Rules     string `arg:"" help:"A file with JSON, or the JSON itself; what is left out gets its default."`
	Wait      bool   `default:"true" negatable:"" help:"Wait until the directory is settled by them."`
}

// Run replaces rules.
func (c *rulesSetCmd) Run(ctx context.Context, t *terminal) error {
	rules, err := readRules(c.Rules)
	if err != nil {
		return err
	}
	path := "/connectors/" + escape(c.Connector)
	return show(ctx, t, c.remote, http.MethodPut, path+"/rules", rules, func(json.RawMessage) error {
		if !c.Wait {
			return say(t, "rules of %s are saved; the directory follows", c.Connector)
		}
		api, err := c.connect()
		if err != nil {
			return err
		}
		if err := settled(ctx, api, path); err != nil {
			return err
		}
		return say(t, "rules of %s are saved, and the directory follows them", c.Connector)
	})
}

// settled waits until nothing of a connector or directory waits to be settled.
func settled(ctx context.Context, c *client, path string) error {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		var now struct{ Pending int }
		if err := c.call(ctx, http.MethodGet, path+"/settling", nil, &now); err != nil {
			return err
		}
		if now.Pending == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}

func say(t *terminal, format string, args ...any) error {
	_, err := fmt.Fprintf(t.out, format+"\n", args...)
	return err
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}
