package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

type adminCmd struct {
	List          adminListCmd     `cmd:"" default:"withargs" help:"List administrators."`
	Create        adminCreateCmd   `cmd:"" help:"Invite an administrator; prints a link to choose a password, once."`
	Set           adminSetCmd      `cmd:"" help:"Change an administrator's name, role or tenants."`
	Disable       adminDisableCmd  `cmd:"" help:"Lock an administrator out; sessions and API tokens stop at once."`
	Enable        adminEnableCmd   `cmd:"" help:"Let a disabled administrator in again."`
	Delete        adminDeleteCmd   `cmd:"" help:"Remove an administrator."`
	ResetPassword adminResetCmd    `cmd:"" help:"Print a link with which an administrator chooses a new password."`
	SetupLink     adminSetupCmd    `cmd:"" help:"Print a link that makes the first owner, while there is no administrator."`
	Sessions      adminSessionsCmd `cmd:"" help:"List who is signed in, or end a session."`
	Tokens        adminTokensCmd   `cmd:"" help:"List API tokens, or end one."`
}

type administrator struct {
	ID, Email, Name, Role string
	Limited               bool
	Tenants               []string
	LastSignIn, Disabled  string
	Link                  issuedLink
}

type issuedLink struct{ URL, ExpiresAt string }

// scope is what an administrator sees, in words.
func (x administrator) scope() string {
	switch {
	case !x.Limited:
		return "everything"
	case len(x.Tenants) == 0:
		return "nothing: its tenants are gone"
	}
	return strings.Join(x.Tenants, ", ")
}

const administratorsPath = "/administrators"

// administratorNamed returns the administrator of an e-mail or an id.
func (r remote) administratorNamed(ctx context.Context, name string) (administrator, error) {
	api, err := r.connect()
	if err != nil {
		return administrator{}, err
	}
	items, err := all[administrator](ctx, api, administratorsPath)
	if err != nil {
		return administrator{}, err
	}
	for _, x := range items {
		if x.ID == name || strings.EqualFold(x.Email, name) {
			return x, nil
		}
	}
	return administrator{}, fmt.Errorf("there is no administrator %q; muster admin list shows them", name)
}

type adminListCmd struct{ remote }

// Run lists administrators.
func (c *adminListCmd) Run(ctx context.Context, t *terminal) error {
	return list(ctx, t, c.remote, administratorsPath, []string{"EMAIL", "NAME", "ROLE", "SEES", "LAST SIGN-IN", "STATE"}, func(x administrator) []string {
		state := "active"
		if x.Disabled != "" {
			state = "disabled"
		}
		return []string{x.Email, x.Name, x.Role, x.scope(), orDash(x.LastSignIn), state}
	})
}

type adminCreateCmd struct {
	remote
	Email  string   `arg:"" help:"What they sign in with."`
	Name   string   `help:"Their name; default the e-mail."`
	Role   string   `default:"viewer" enum:"viewer,operator,ruleEditor,owner" help:"What they may do: ${enum}."`
	Tenant []string `help:"Limit them to this tenant; several are separated by commas; default: they see everything." placeholder:"NAME"`
}

// Run invites an administrator.
func (c *adminCreateCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{"email": c.Email, "name": c.Name, "role": c.Role, "tenants": append([]string{}, c.Tenant...)}
	return show(ctx, t, c.remote, http.MethodPost, administratorsPath, body, func(x administrator) error {
		return say(t, "%s is invited as %s and sees %s. Until %s, once, this link lets them choose a password:\n  %s", x.Email, x.Role, x.scope(), x.Link.ExpiresAt, x.Link.URL)
	})
}

type adminSetCmd struct {
	remote
	Email      string   `arg:"" help:"The administrator, by e-mail or id."`
	Name       *string  `help:"Another name."`
	Role       *string  `help:"Another role: viewer, operator, ruleEditor, owner."`
	Tenant     []string `help:"Limit them to these tenants and no other." placeholder:"NAME"`
	Everything bool     `help:"Let them see the whole deployment."`
}

// Run changes an administrator.
func (c *adminSetCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]any{}
	if c.Name != nil {
		body["name"] = *c.Name
	}
	if c.Role != nil {
		body["role"] = *c.Role
	}
	switch {
	case c.Everything && len(c.Tenant) > 0:
		return errors.New("--everything and --tenant are the opposite of each other; give one")
	case c.Everything:
		body["tenants"] = []string{}
	case len(c.Tenant) > 0:
		body["tenants"] = c.Tenant
	}
	if len(body) == 0 {
		return errors.New("nothing to change: give --name, --role, --tenant or --everything")
	}
	return c.change(ctx, t, c.Email, body, func(x administrator) error {
		return say(t, "%s is %s and sees %s", x.Email, x.Role, x.scope())
	})
}

// change sends a change of the administrator of an e-mail or an id.
func (r remote) change(ctx context.Context, t *terminal, name string, body any, then func(administrator) error) error {
	x, err := r.administratorNamed(ctx, name)
	if err != nil {
		return err
	}
	return show(ctx, t, r, http.MethodPatch, administratorsPath+"/"+escape(x.ID), body, then)
}

// ofAdministrator names one administrator.
type ofAdministrator struct {
	remote
	Email string `arg:"" help:"The administrator, by e-mail or id."`
}

type adminDisableCmd struct{ ofAdministrator }

// Run locks an administrator out.
func (c *adminDisableCmd) Run(ctx context.Context, t *terminal) error {
	return c.change(ctx, t, c.Email, map[string]any{"disabled": true}, func(x administrator) error { return say(t, "%s is disabled", x.Email) })
}

type adminEnableCmd struct{ ofAdministrator }

// Run lets an administrator in again.
func (c *adminEnableCmd) Run(ctx context.Context, t *terminal) error {
	return c.change(ctx, t, c.Email, map[string]any{"disabled": false}, func(x administrator) error { return say(t, "%s may sign in again", x.Email) })
}

type adminDeleteCmd struct{ ofAdministrator }

// Run removes an administrator.
func (c *adminDeleteCmd) Run(ctx context.Context, t *terminal) error {
	x, err := c.administratorNamed(ctx, c.Email)
	if err != nil {
		return err
	}
	return c.end(ctx, t, administratorsPath+"/"+escape(x.ID), x.Email+" is removed")
}

// end deletes what a path names, and says so.
func (r remote) end(ctx context.Context, t *terminal, path, said string) error {
	api, err := r.connect()
	if err != nil {
		return err
	}
	if err := api.call(ctx, http.MethodDelete, path, nil, nil); err != nil {
		return err
	}
	return say(t, "%s", said)
}

type adminResetCmd struct{ ofAdministrator }

// Run prints a link to choose a new password.
func (c *adminResetCmd) Run(ctx context.Context, t *terminal) error {
	x, err := c.administratorNamed(ctx, c.Email)
	if err != nil {
		return err
	}
	return show(ctx, t, c.remote, http.MethodPost, administratorsPath+"/"+escape(x.ID)+"/links", nil, func(l issuedLink) error {
		return say(t, "Until %s, once, this link lets %s choose a new password; the old one holds until then:\n  %s", l.ExpiresAt, x.Email, l.URL)
	})
}

type adminSetupCmd struct{ remote }

// Run prints a link for the first owner.
func (c *adminSetupCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPost, "/setup/links", nil, func(l issuedLink) error {
		return say(t, "Until %s, once, this makes the first owner:\n  %s", l.ExpiresAt, l.URL)
	})
}

type adminSessionsCmd struct {
	remote
	End string `help:"End the session of this id." placeholder:"ID"`
}

// Run lists everybody's sessions, or ends one.
func (c *adminSessionsCmd) Run(ctx context.Context, t *terminal) error {
	if c.End != "" {
		return c.end(ctx, t, "/sessions/"+escape(c.End), "the session is ended")
	}
	type session struct{ ID, Email, Method, Address, Agent, Seen, Ends string }
	return list(ctx, t, c.remote, "/sessions?all=true", []string{"ID", "EMAIL", "BY", "FROM", "LAST USED", "ENDS", "BROWSER"}, func(x session) []string {
		return []string{x.ID, x.Email, x.Method, x.Address, x.Seen, x.Ends, x.Agent}
	})
}

type adminTokensCmd struct {
	remote
	End string `help:"End the API token of this id." placeholder:"ID"`
}

// Run lists everybody's API tokens, or ends one.
func (c *adminTokensCmd) Run(ctx context.Context, t *terminal) error {
	if c.End != "" {
		return c.end(ctx, t, "/api-tokens/"+escape(c.End), "the API token is ended")
	}
	type apiToken struct{ ID, Email, Name, Role, Hint, ExpiresAt, LastUsedAt string }
	return list(ctx, t, c.remote, "/api-tokens?all=true", []string{"ID", "EMAIL", "NAME", "ROLE", "SHOWS", "EXPIRES", "LAST USED"}, func(x apiToken) []string {
		return []string{x.ID, x.Email, x.Name, x.Role, "…" + x.Hint, x.ExpiresAt, orDash(x.LastUsedAt)}
	})
}
