package main

import (
	"context"
	"net/http"
	"time"
)

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
	Connector string `arg:"" help:"The connector's slug."`
	Name      string `arg:"" help:"What it is for."`
	ReadOnly  bool   `help:"May read, never write."`
	Expires   span   `help:"Stops working after this time, such as 90d; default never." placeholder:"DURATION"`
}

// Help shows how.
func (credentialsCreateCmd) Help() string {
	return "Several tokens are valid at once, so one can be exchanged without an outage:\n\n" +
		"  muster credentials create acme-okta \"Okta, since March\" --expires 90d\n" +
		"  muster credentials list acme-okta\n" +
		"  muster credentials delete acme-okta ID-OF-THE-OLD-ONE"
}

// Run mints a token.
func (c *credentialsCreateCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"name": c.Name, "readOnly": c.ReadOnly}
	if c.Expires > 0 {
		body["expiresAt"] = time.Now().Add(c.Expires.duration()).UTC().Format(time.RFC3339)
	}
	return show(ctx, t, c.remote, http.MethodPost, "/connectors/"+escape(c.Connector)+"/credentials", body, func(x credential) error {
		return table(t.out, nil, [][]string{{"id", x.ID}, {"name", x.Name}, {"token", x.Token}, {"", "It is shown this once."}})
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
