package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// access is what an IdP presents: a token, or a user name with its password.
type access struct{ Token, Username, Password string }

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
		username := ""
		if c.product.Basic {
			username = c.Connector
		}
		made, err := makeConnector(ctx, api, c.Tenant, c.Connector, c.product.Kind, c.Directory, username, rules)
		if err != nil {
			return connector{}, err
		}
		c.made, c.secret = true, access{Token: made.Token}
		if made.Basic != nil {
			c.secret = access{Username: made.Basic.Username, Password: made.Basic.Password}
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
	return found, errors.Join(c.mint(ctx, api, path), say(t, "Using connector %s of tenant %s (%s), in directory %s, with a credential of its own for a day.",
		found.Slug, found.Tenant, found.Mode, found.Directory))
}

// mint gives this run a credential of its own, of the kind that its IdP presents.
func (c *simulateCmd) mint(ctx context.Context, api *client, path string) error {
	body := map[string]any{"name": "muster simulate", "expiresAt": time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)}
	if c.product.Basic {
		body["kind"], body["username"] = "basic", fmt.Sprintf("%s-%d", c.Connector, time.Now().UnixNano())
	}
	var minted struct {
		Token string
		Basic *struct{ Username, Password string }
	}
	if err := api.call(ctx, http.MethodPost, path+"/credentials", body, &minted); err != nil {
		return err
	}
	c.secret = access{Token: minted.Token}
	if minted.Basic != nil {
		c.secret = access{Username: minted.Basic.Username, Password: minted.Basic.Password}
	}
	return nil
}

// makeConnector makes a live connector, and its tenant and directory if they are missing; with a
// user name it gets a Basic pair beside the token. It has
// no limits of rate: the IdP behind it is played here, as fast as the server goes.
func makeConnector(ctx context.Context, api *client, tenantName, slug, kind, directory, username string, rules json.RawMessage) (made connector, err error) {
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
	if username != "" {
		body["basicAuth"] = map[string]any{"username": username}
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
