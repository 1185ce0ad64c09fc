package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
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
	Show   connectorsShowCmd   `cmd:"" aliases:"get" help:"Show a connector."`
	Create connectorsCreateCmd `cmd:"" help:"Make a connector; prints its base URL and, once, its token."`
	Set    connectorsSetCmd    `cmd:"" help:"Change name, precedence, strictness, the networks it is called from, and what it demands of attributes."`
	Mode   connectorsModeCmd   `cmd:"" help:"Change what its requests do: live, observe or disabled."`
	Delete connectorsDeleteCmd `cmd:"" help:"Delete a connector that holds no record."`

	ClearRecords connectorsClearCmd `cmd:"" help:"Clear a connector of everything that its IdP said."`

	Domains domainsCmd           `cmd:"" help:"Count its users by domain, to choose linking.domains by."`
	Contact connectorsContactCmd `cmd:"" help:"Show whether its IdP gets through, or why not."`

	ExpectChange connectorsExpectCmd `cmd:"" help:"Announce a window in which its safety limits hold nothing back."`
}

type connector struct {
	ID, Slug, Name, Tenant, Kind, Mode, Directory string
	SCIM                                          struct{ V2, V1 string } `json:"scim"`
	Precedence                                    int
	Required, Unique, Sensitive                   []string
	LastLogin                                     bool
	Activity, RulesFile                           string
	AllowedNetworks                               []string
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
	path := "/connectors/" + escape(c.Slug)
	return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x connector) error {
		api, err := c.connect()
		if err != nil {
			return err
		}
		left, err := pending(ctx, api, path)
		if err != nil {
			return err
		}
		return table(t.out, nil, append(x.rows(), []string{"settling", fmt.Sprintf("%d records wait", left)}))
	})
}

func (x connector) rows() [][]string {
	return x.accepted(x.demanded([][]string{{"slug", x.Slug}, {"name", x.Name}, {"tenant", x.Tenant}, {"kind", x.Kind}, {"mode", x.Mode},
		{"directory", x.Directory}, {"precedence", fmt.Sprint(x.Precedence)}, {"base URL", x.SCIM.V2}, {"base URL 1.1", x.SCIM.V1}}))
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

// Help shows how.
func (connectorsCreateCmd) Help() string {
	return "Examples:\n\n" +
		"  muster connectors create acme-okta --tenant acme --kind okta\n" +
		"  muster connectors create acme-oneaccess --tenant acme --kind oneaccess --basic oneaccess --rules rules.json\n\n" +
		"It starts in observe: everything is received and answered, and the directory stands still. " +
		"muster connectors mode acme-okta live lets it settle."
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
	return show(ctx, t, c.remote, http.MethodPost, "/connectors", body, func(x connector) error { return x.printSecrets(t) })
}

// printSecrets prints a connector that was made just now, with what is shown this once.
func (x connector) printSecrets(t *terminal) error {
	rows := append(x.rows(), []string{"token", x.Token})
	if x.Basic != nil {
		rows = append(rows, []string{"user name", x.Basic.Username}, []string{"password", x.Basic.Password})
	}
	if err := table(t.out, nil, rows); err != nil {
		return err
	}
	next := ""
	if x.Mode == "observe" {
		next = fmt.Sprintf(" When its records look right, muster connectors mode %s live lets the directory follow.", x.Slug)
	}
	return say(t, "\nSecrets are shown this once. Give base URL and token to the IdP.%s", next)
}

type connectorsSetCmd struct {
	remote
	Slug       string  `arg:"" help:"The connector's slug."`
	Name       *string `help:"A name for people."`
	Precedence *int    `help:"Lower goes first where several connectors know a user."`
	Strict     *bool   `negatable:"" help:"Take the RFC's reading where clients disagree."`

	From         []string `help:"Accept its credentials from these networks only; several are separated by commas." placeholder:"CIDR" xor:"from"`
	FromAnywhere bool     `help:"Accept its credentials from everywhere again." xor:"from"`

	RulesFile *string `help:"The file that its rules are kept in, for people to know; an empty text: they are kept on the server." placeholder:"NAME"`

	Settings string `help:"Further settings by the API's names: a file with JSON, or the JSON itself." placeholder:"FILE|JSON"`

	demandFlags
}

// Help shows how.
func (connectorsSetCmd) Help() string {
	return "What is left out stays.\n\nExamples:\n\n" +
		"  muster connectors set acme-okta --name \"Okta production\" --precedence 10\n" +
		"  muster connectors set acme-okta --from 203.0.113.0/24\n" +
		"  muster connectors set acme-okta --settings '{\"limits\":{\"rate\":20,\"burst\":80}}'"
}

// Run changes settings.
func (c *connectorsSetCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{}
	more, err := readObject("the settings", `{"limits":{"rate":20}}`, c.Settings)
	if err != nil {
		return err
	}
	if more != nil {
		if err := json.Unmarshal(more, &body); err != nil {
			return err
		}
	}
	if len(body) == 0 && c.Name == nil && c.Precedence == nil && c.Strict == nil && c.From == nil && !c.FromAnywhere && c.RulesFile == nil && !c.given() {
		return fmt.Errorf("say what to change: --name, --precedence, --strict, --no-strict, --from, --from-anywhere, --require, --unique, --sensitive, --last-login, --no-last-login, --rules-file or --settings. muster connectors mode %s and muster rules set %s change the rest", c.Slug, c.Slug)
	}
	if c.Name != nil {
		body["name"] = *c.Name
	}
	if c.Precedence != nil {
		body["precedence"] = *c.Precedence
	}
	if c.Strict != nil {
		body["strict"] = *c.Strict
	}
	if c.From != nil || c.FromAnywhere {
		body["allowedNetworks"] = append([]string{}, c.From...)
	}
	if c.RulesFile != nil {
		body["rulesFile"] = *c.RulesFile
	}
	c.fill(body)
	return show(ctx, t, c.remote, http.MethodPatch, "/connectors/"+escape(c.Slug), body, func(x connector) error { return table(t.out, nil, x.rows()) })
}

type connectorsModeCmd struct {
	remote
	Slug string `arg:"" help:"The connector's slug."`
	Mode string `arg:"" optional:"" enum:"live,observe,disabled," default:"" help:"live, observe or disabled; left out: what it is."`

	ConfirmLosses int `help:"So many losses are meant; the refusal names the number." placeholder:"N"`
}

// Help shows how.
func (connectorsModeCmd) Help() string {
	return "live: the directory follows its records. observe: its requests are recorded and answered, and the directory stands still. " +
		"disabled: they are refused.\n\nExamples:\n\n" +
		"  muster connectors mode acme-okta\n" +
		"  muster plan acme-okta --mode live\n" +
		"  muster connectors mode acme-okta live"
}

// Run changes the mode, or says it.
func (c *connectorsModeCmd) Run(ctx context.Context, t *terminal) error {
	path := "/connectors/" + escape(c.Slug) + "/mode"
	if c.Mode == "" {
		return show(ctx, t, c.remote, http.MethodGet, path, nil, func(x struct{ Mode string }) error {
			return say(t, "connector %s is %s: %s", c.Slug, x.Mode, modeMeans[x.Mode])
		})
	}
	query := ""
	if c.ConfirmLosses > 0 {
		query = "?confirmLosses=" + strconv.Itoa(c.ConfirmLosses)
	}
	return show(ctx, t, c.remote, http.MethodPut, path+query, map[string]any{"mode": c.Mode}, func(struct{}) error {
		return say(t, "connector %s is %s: %s", c.Slug, c.Mode, modeMeans[c.Mode])
	})
}

var modeMeans = map[string]string{
	"live":     "the directory follows its records",
	"observe":  "its requests are recorded and answered, and the directory stands still",
	"disabled": "its requests are refused with 403",
}

type connectorsDeleteCmd struct {
	remote
	Slug string `arg:"" help:"The connector's slug."`
}

// Run deletes a connector.
func (c *connectorsDeleteCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodDelete, "/connectors/"+escape(c.Slug), nil, func(struct{}) error { return say(t, "connector %s is deleted", c.Slug) })
}
