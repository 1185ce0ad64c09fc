package main

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"
)

type credentialsCmd struct {
	List   credentialsListCmd   `cmd:"" default:"withargs" help:"List a connector's credentials, and what to do about those that expire."`
	Create credentialsCreateCmd `cmd:"" help:"Make a credential: a token, a Basic pair, an OAuth client, or trust in Entra's tokens; prints its secret once."`
	Delete credentialsDeleteCmd `cmd:"" aliases:"revoke" help:"End a credential."`
}

type credential struct {
	ID, Name, Kind, Username, ClientID, Hint, State, Warning, ExpiresAt, LastUsedAt, Token string
	ReadOnly                                                                               bool
	AllowedNetworks                                                                        []string
	Entra                                                                                  *struct{ Tenant, Audience string }
	Basic                                                                                  *struct{ Username, Password string }
	OAuth                                                                                  *struct{ ClientID, ClientSecret, TokenURL string }
}

// who is the public part of what an IdP is configured with.
func (x credential) who() string {
	switch {
	case x.Entra != nil:
		return "Entra tenant " + x.Entra.Tenant
	case x.ClientID != "":
		return "client " + x.ClientID
	case x.Username != "":
		return "user " + x.Username + ", …" + x.Hint
	}
	return "…" + x.Hint
}

// remarks are what else is to be said about it.
func (x credential) remarks() string {
	var said []string
	if x.ReadOnly {
		said = append(said, "Reads only.")
	}
	if len(x.AllowedNetworks) > 0 {
		said = append(said, "From "+strings.Join(x.AllowedNetworks, ", ")+".")
	}
	return strings.Join(slices.DeleteFunc(append(said, x.Warning), func(s string) bool { return s == "" }), " ")
}

// accepted adds the networks from which a connector accepts credentials to its rows, if it has any.
func (x connector) accepted(rows [][]string) [][]string {
	if len(x.AllowedNetworks) == 0 {
		return rows
	}
	return append(rows, []string{"accepts from", strings.Join(x.AllowedNetworks, ", ")})
}

type credentialsListCmd struct {
	remote
	Connector string `arg:"" help:"The connector's slug."`
}

// Run lists credentials.
func (c *credentialsListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, "/connectors/"+escape(c.Connector)+"/credentials", []string{"ID", "NAME", "KIND", "SHOWS", "STATE", "EXPIRES", "LAST USED", ""},
		func(x credential) []string {
			return []string{x.ID, x.Name, x.Kind, x.who(), x.State, orDash(x.ExpiresAt), orDash(x.LastUsedAt), x.remarks()}
		})
}

type credentialsCreateCmd struct {
	remote
	Connector string   `arg:"" help:"The connector's slug."`
	Name      string   `arg:"" help:"What it is for; events name it so."`
	Basic     string   `help:"A Basic pair with this user name instead of a token; the password is made." placeholder:"USER" xor:"kind"`
	OAuth     bool     `name:"oauth" help:"An OAuth client, which gets short-lived access tokens, instead of a token." xor:"kind"`
	Entra     string   `help:"Accept the tokens that this Entra tenant signs when its field for a secret is empty." placeholder:"TENANT-ID" xor:"kind"`
	Audience  string   `help:"The aud of Entra's tokens; default that of applications which are in no gallery." placeholder:"ID"`
	ReadOnly  bool     `help:"May read, never write."`
	Expires   span     `help:"Stops working after this time, such as 90d; default never." placeholder:"DURATION"`
	From      []string `help:"Accepted from this network only; several are separated by commas." placeholder:"CIDR"`
}

// Help shows how.
func (credentialsCreateCmd) Help() string {
	return "Several credentials are valid at once, so one can be exchanged without an outage:\n\n" +
		"  muster credentials create acme-okta \"Okta, since March\" --expires 90d\n" +
		"  muster credentials list acme-okta\n" +
		"  muster credentials delete acme-okta ID-OF-THE-OLD-ONE\n\n" +
		"Other kinds:\n\n" +
		"  muster credentials create acme-oneaccess OneAccess --basic oneaccess --from 203.0.113.0/24\n" +
		"  muster credentials create acme-ping PingFederate --oauth\n" +
		"  muster credentials create acme-entra Entra --entra cbb1a5ac-f33b-45fa-9bf5-f37db0fed422"
}

// body is the request for it.
func (c *credentialsCreateCmd) body(now time.Time) map[string]any {
	body := map[string]any{"name": c.Name, "readOnly": c.ReadOnly}
	switch {
	case c.Basic != "":
		body["kind"], body["username"] = "basic", c.Basic
	case c.OAuth:
		body["kind"] = "oauth"
	case c.Entra != "":
		entra := map[string]any{"tenant": c.Entra}
		if c.Audience != "" {
			entra["audience"] = c.Audience
		}
		body["kind"], body["entra"] = "entra", entra
	}
	if c.Expires > 0 {
		body["expiresAt"] = now.Add(c.Expires.duration()).UTC().Format(time.RFC3339)
	}
	if len(c.From) > 0 {
		body["allowedNetworks"] = c.From
	}
	return body
}

// Run makes a credential.
func (c *credentialsCreateCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPost, "/connectors/"+escape(c.Connector)+"/credentials", c.body(time.Now()), func(x credential) error {
		return table(t.out, nil, x.made())
	})
}

// made is a new credential with what only this answer holds.
func (x credential) made() [][]string {
	rows := [][]string{{"id", x.ID}, {"name", x.Name}}
	once := []string{"", "It is shown this once."}
	switch {
	case x.Basic != nil:
		return append(rows, []string{"user name", x.Basic.Username}, []string{"password", x.Basic.Password}, once)
	case x.OAuth != nil:
		return append(rows, []string{"client id", x.OAuth.ClientID}, []string{"client secret", x.OAuth.ClientSecret}, once, []string{"token URL", x.OAuth.TokenURL})
	case x.Entra != nil:
		return append(rows, []string{"Entra tenant", x.Entra.Tenant}, []string{"audience", x.Entra.Audience},
			[]string{"", "Leave the field for the secret token empty in Entra."})
	}
	return append(rows, []string{"token", x.Token}, once)
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
