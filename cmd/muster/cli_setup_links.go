package main

import (
	"context"
	"net/http"
	"time"
)

type setupLinksCmd struct {
	List   setupLinksListCmd   `cmd:"" default:"withargs" help:"List a connector's set-up links that have not ended."`
	Create setupLinksCreateCmd `cmd:"" aliases:"share" help:"Make a link with which the IdP's administrator connects it without signing in; prints it once."`
	Delete setupLinksDeleteCmd `cmd:"" aliases:"revoke" help:"End a set-up link."`
}

type setupLink struct {
	ID, Name, CreatedBy, CreatedAt, ExpiresAt, UsedAt, URL string
}

type setupLinksListCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
}

// Help shows how.
func (setupLinksListCmd) Help() string {
	return "Their secrets were shown when they were made.\n\nExample:\n\n  muster setup-links list acme-okta"
}

// Run lists set-up links.
func (c *setupLinksListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/connectors/"+escape(c.Connector)+"/setup-links", []string{"ID", "FOR", "BY", "EXPIRES", "CREDENTIAL MADE"},
		func(x setupLink) []string {
			return []string{x.ID, x.Name, orDash(x.CreatedBy), x.ExpiresAt, orDash(x.UsedAt)}
		})
}

type setupLinksCreateCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	Name      string `arg:"" help:"For whom it is; the audit names it, and the credential is called after it."`
	Expires   span   `help:"Ends after this time, 30d at most; default 3d." placeholder:"DURATION"`
}

// Help shows how.
func (setupLinksCreateCmd) Help() string {
	return "Whoever has the link sees the guide with this connector's addresses, makes one credential, once, and sees whether requests come; " +
		"nothing of the directory or of other connectors.\n\nExample:\n\n  muster setup-links create acme-okta \"Contoso IT\" --expires 7d"
}

// Run makes a set-up link.
func (c *setupLinksCreateCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"name": c.Name}
	if c.Expires > 0 {
		body["expiresAt"] = time.Now().Add(c.Expires.duration()).UTC().Format(time.RFC3339)
	}
	return show(ctx, t, c.remote, http.MethodPost, "/connectors/"+escape(c.Connector)+"/setup-links", body, func(x setupLink) error {
		return table(t.out, nil, [][]string{{"id", x.ID}, {"for", x.Name}, {"link", x.URL}, {"expires", x.ExpiresAt}})
	})
}

type setupLinksDeleteCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
	ID        string `arg:"" help:"The link's id, as muster setup-links list shows it."`
}

// Help says what stays.
func (setupLinksDeleteCmd) Help() string {
	return "The link opens nothing from now on. A credential that it made stays; muster credentials delete ends that.\n\n" +
		"Example:\n\n  muster setup-links delete acme-okta 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b"
}

// Run ends a set-up link.
func (c *setupLinksDeleteCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodDelete, "/connectors/"+escape(c.Connector)+"/setup-links/"+escape(c.ID), nil, func(struct{}) error {
		return say(t, "set-up link %s is ended", c.ID)
	})
}
