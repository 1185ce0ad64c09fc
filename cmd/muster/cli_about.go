package main

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/muster-scim/muster/web"
)

type aboutCmd struct{ remote }

// Help shows how.
func (aboutCmd) Help() string {
	return "`muster version` is about this program; this is about the server that it speaks with.\n\nExample:\n\n  muster about"
}

// Run says what the server is.
func (c *aboutCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/about", nil, func(x web.About) error {
		redis := "no: each replica goes by itself"
		if x.Redis {
			redis = "yes"
		}
		return table(t.out, nil, [][]string{
			{"version", x.Version}, {"public URL", x.PublicURL}, {"database", x.Database}, {"last migration", strconv.FormatInt(x.Schema, 10)}, {"Redis", redis},
		})
	})
}

// host says what this server rests on.
func (srv *server) host(ctx context.Context) (web.Host, error) {
	schema, err := srv.store.Version(ctx)
	if err != nil {
		return web.Host{}, err
	}
	h := web.Host{Database: "sqlite", Schema: schema, Redis: srv.settings.RedisURL != ""}
	if strings.HasPrefix(string(srv.settings.DatabaseURL), "postgres") {
		h.Database = "postgresql"
	}
	return h, nil
}
