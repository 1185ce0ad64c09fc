package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/muster-scim/muster/cmd/muster/idp"
)

type simulateCmd struct {
	remote
	IDP         string        `name:"idp" required:"" enum:"okta,entra" placeholder:"okta|entra" help:"Which IdP to play: ${enum}."`
	Users       int           `default:"200" help:"How many people the company has."`
	Groups      int           `default:"10" help:"How many groups."`
	Connector   string        `help:"The connector's slug; default sim-okta or sim-entra. Made if missing; used again if there." placeholder:"SLUG"`
	Tenant      string        `help:"The tenant of a connector that is made; default its slug." placeholder:"NAME"`
	Directory   string        `default:"main" help:"The directory of a connector that is made."`
	Rules       string        `help:"Rules to give the connector first: a file with JSON, or the JSON itself." placeholder:"FILE|JSON"`
	Concurrency int           `default:"4" help:"Requests at once."`
	Seed        uint64        `default:"1" help:"The same seed makes the same company and the same day."`
	Ledger      string        `help:"Append every acknowledged change to this file, one JSON line each." placeholder:"FILE"`
	Day         bool          `default:"true" negatable:"" help:"After provisioning, play a day: changes, leavers, renames."`
	Patience    time.Duration `default:"30s" help:"How long a request is tried again while the server does not answer."`
}

// Help shows how.
func (simulateCmd) Help() string {
	return "Examples:\n\n" +
		"  muster simulate --idp okta\n" +
		"  muster simulate --idp entra --users 2000 --groups 40 --connector big-entra\n" +
		"  muster simulate --idp okta --rules '{\"neverAssign\":[\".*-admins\"]}'"
}

// Run provisions a company and says what the directory made of it.
func (c *simulateCmd) Run(ctx context.Context, t *terminal) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	return c.play(ctx, t, api)
}

// play is Run against a server that is known.
func (c *simulateCmd) play(ctx context.Context, t *terminal, api *client) error {
	if c.Users < 1 || c.Groups < 0 || c.Concurrency < 1 {
		return errors.New("--users and --concurrency must be at least 1, --groups at least 0")
	}
	if c.Connector == "" {
		c.Connector = "sim-" + c.IDP
	}
	target, err := c.prepare(ctx, t, api)
	if err != nil {
		return err
	}
	company := idp.NewCompany(target.Tenant+".example", c.Users, c.Groups, c.Seed)
	run := &idp.Run{Product: c.IDP, Company: company, Concurrency: c.Concurrency,
		Client: &idp.Client{Base: api.base + "/scim/" + target.Slug + "/v2", Token: target.Token, Connector: target.Slug,
			HTTP: idpHTTP(c.Concurrency), Patience: c.Patience}}
	if c.Day {
		run.Day = idp.NewDay(company, c.Seed)
	}
	if c.Ledger != "" {
		file, err := os.OpenFile(c.Ledger, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
		if err != nil {
			return fmt.Errorf("opening the ledger: %w", err)
		}
		defer file.Close()
		run.Client.Ledger = idp.NewLedger(file)
	}
	progress := newProgress(t)
	run.Progress = progress
	err = run.Play(ctx)
	progress.finish()
	if ctx.Err() != nil {
		return errors.Join(say(t, "What was provisioned stays. The same command goes on with connector %s.", target.Slug), ctx.Err())
	}
	if err != nil {
		return err
	}
	left, err := settled(ctx, api, "/connectors/"+escape(target.Slug))
	if err != nil {
		return err
	}
	if left > 0 {
		if err := say(t, "%d records still wait to be settled, or for the end of a grace; what follows is what is so now.", left); err != nil {
			return err
		}
	}
	summary, err := summarise(ctx, api, target.Directory, target.Slug, c.Concurrency)
	if err != nil {
		return err
	}
	return summary.print(t, target)
}

// prepare makes the connector, or takes the one that is there and mints a token for this run.
func (c *simulateCmd) prepare(ctx context.Context, t *terminal, api *client) (connector, error) {
	rules, err := readRules(c.Rules)
	if err != nil {
		return connector{}, err
	}
	path := "/connectors/" + escape(c.Connector)
	var found connector
	err = api.call(ctx, http.MethodGet, path, nil, &found)
	if isProblem(err, http.StatusNotFound) {
		if c.Tenant == "" {
			c.Tenant = c.Connector
		}
		made, err := makeConnector(ctx, api, c.Tenant, c.Connector, c.IDP, c.Directory, rules)
		if err != nil {
			return connector{}, err
		}
		return made, say(t, "Made connector %s of tenant %s, live, in directory %s.", made.Slug, made.Tenant, made.Directory)
	}
	if err != nil {
		return connector{}, err
	}
	if rules != nil {
		if err := api.call(ctx, http.MethodPut, path+"/rules", rules, nil); err != nil {
			return connector{}, err
		}
	}
	var minted credential
	err = api.call(ctx, http.MethodPost, path+"/credentials", map[string]any{
		"name": "muster simulate", "expiresAt": time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339),
	}, &minted)
	if err != nil {
		return connector{}, err
	}
	found.Token = minted.Token
	return found, say(t, "Using connector %s of tenant %s (%s), in directory %s, with a token of its own for a day.", found.Slug, found.Tenant, found.Mode, found.Directory)
}

// makeConnector makes a live connector, and its tenant and directory if they are missing. It has
// no limits of rate: the IdP behind it is played here, as fast as the server goes.
func makeConnector(ctx context.Context, api *client, tenantName, slug, kind, directory string, rules json.RawMessage) (made connector, err error) {
	err = api.call(ctx, http.MethodPost, "/tenants", map[string]any{"name": tenantName}, nil)
	if err != nil && !isProblem(err, http.StatusConflict) { // a tenant that is there is what we want
		return made, err
	}
	err = api.call(ctx, http.MethodGet, "/directories/"+escape(directory), nil, nil)
	if isProblem(err, http.StatusNotFound) {
		err = api.call(ctx, http.MethodPost, "/directories", map[string]any{"name": directory}, nil)
	}
	if err != nil {
		return made, err
	}
	body := map[string]any{"tenant": tenantName, "slug": slug, "name": "Simulated " + kind, "kind": kind, "mode": "live", "directory": directory}
	if rules != nil {
		body["rules"] = rules
	}
	if err = api.call(ctx, http.MethodPost, "/connectors", body, &made); err != nil {
		return made, err
	}
	unlimited := map[string]any{"limits": map[string]any{"rate": 0, "concurrency": 0}}
	return made, api.call(ctx, http.MethodPatch, "/connectors/"+escape(made.Slug), unlimited, nil)
}

// idpHTTP is a client that keeps as many connections as it uses.
func idpHTTP(concurrency int) *http.Client {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = concurrency
	return &http.Client{Transport: transport, Timeout: time.Minute}
}
