package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/muster-scim/muster/tenants/administrators"
	"github.com/muster-scim/muster/tenants/administrators/oidc"
	"github.com/muster-scim/muster/web"
)

// signIn makes the two ways in for people: administrators with their passwords, and an OpenID
// provider, if the settings name one. Where there is no administrator yet, it makes the link with
// which the first one comes in.
func (srv *server) signIn(ctx context.Context) (*administrators.Registry, web.OIDC, error) {
	registry := administrators.NewRegistry(srv.store, time.Now)
	needed, err := registry.NeedsSetup(ctx)
	if err == nil && needed {
		var link administrators.Issued
		if link, err = registry.SetupLink(ctx); err == nil {
			srv.setupURL = web.SetupURL(strings.TrimRight(srv.settings.PublicURL, "/"), link.Secret)
		}
	}
	if err != nil {
		return nil, nil, fmt.Errorf("preparing the set-up link: %w", err)
	}
	s := srv.settings
	if s.OIDCIssuer == "" {
		return registry, nil, nil
	}
	key, err := srv.store.Key(ctx, "sign-in")
	if err != nil {
		return nil, nil, fmt.Errorf("preparing OpenID sign-in: %w", err)
	}
	roles, err := s.oidcRoles()
	if err != nil {
		return nil, nil, err
	}
	provider, err := oidc.New(oidc.Settings{Issuer: s.OIDCIssuer, ClientID: s.OIDCClientID, ClientSecret: string(s.OIDCClientSecret),
		Redirect: strings.TrimRight(s.PublicURL, "/") + web.OIDCCallback, RoleClaim: s.OIDCRoleClaim, Roles: roles}, key, time.Now)
	return registry, provider, err
}

// inviteFirst says how the first administrator comes in, where there is none.
func (srv *server) inviteFirst(t *terminal) error {
	if srv.setupURL == "" {
		return nil
	}
	return say(t, "There is no administrator yet. Within 30 minutes, once, this makes the first owner:\n  %s", srv.setupURL)
}
