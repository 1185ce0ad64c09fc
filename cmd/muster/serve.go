package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/muster-scim/muster/storage/sql"
)

type serveCmd struct {
	settings
}

// Run serves until ctx ends or the port is lost.
func (c *serveCmd) Run(ctx context.Context, t *terminal) error {
	if err := c.complete(); err != nil {
		return err
	}
	log := c.logger(t)
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(400) // little of the heap lives long: fewer rounds save a quarter of a request's work
	}
	srv, err := start(ctx, &c.settings, log)
	if err != nil {
		return err
	}
	c.warn(log)
	log.Info("serving", "version", version, "listen", srv.listener.Addr().String(), "publicURL", c.PublicURL, "database", c.databaseName())
	if err := srv.greet(t); err != nil {
		log.Warn("greeting", "error", err) // a closed standard output is no reason not to serve
	}
	select {
	case <-ctx.Done():
		log.Info("stopping: no new requests, the running ones may end", "patience", drainTime)
		err = srv.stop()
	case err = <-srv.served:
		err = errors.Join(fmt.Errorf("serving: %w", err), srv.stop())
	}
	if err == nil {
		log.Info("stopped")
	}
	return err
}

// warn says what is allowed and should be known.
func (s *settings) warn(log *slog.Logger) {
	host, _, _ := net.SplitHostPort(s.Listen)
	switch {
	case loopback(host):
	case strings.HasPrefix(s.PublicURL, "https://"):
		log.Info("serving plain HTTP for a proxy that speaks TLS; only the proxy should reach this port", "publicURL", s.PublicURL)
	default:
		log.Warn("serving plain HTTP beyond this machine, as MUSTER_INSECURE_HTTP says: whoever can read the network can read tokens")
	}
	if len(s.AdminToken) < 16 {
		log.Warn("the admin token is short; use at least 16 random characters")
	}
	if s.RateLimit != "0" && os.Getenv("MUSTER_RATE_LIMIT") != "" {
		log.Warn("MUSTER_RATE_LIMIT is read but not enforced in this version: there is no limit")
	}
}

// greet says where to go next: at the first start in full, later in a line.
func (srv *server) greet(t *terminal) error {
	if srv.newToken == "" {
		return say(t, "Muster serves %s", srv.settings.PublicURL)
	}
	return say(t, `Muster is ready.

  Base URL     %s
  Admin API    %s/api/v1, described in /api/v1/openapi.json
  Admin token  in %s, made just now; the command line finds it there

  Next, in another terminal here:
    muster simulate --idp okta           play an Okta that provisions 200 people
    muster users list                    see what the directory made of them
    muster --help                        everything else
`, srv.settings.PublicURL, srv.settings.PublicURL, srv.newToken)
}

type migrateCmd struct {
	settings
}

// Run migrates and stops.
func (c *migrateCmd) Run(ctx context.Context, t *terminal) error {
	if err := c.complete(); err != nil {
		return err
	}
	store, err := sql.Open(ctx, string(c.DatabaseURL), sql.Options{Log: c.logger(t)})
	if err != nil {
		return err
	}
	if err := store.Migrate(ctx); err != nil {
		return errors.Join(fmt.Errorf("migrating the database: %w", err), store.Close())
	}
	if err := store.Close(); err != nil {
		return err
	}
	return say(t, "the database %s is up to date", c.databaseName())
}

type healthcheckCmd struct {
	URL string `env:"MUSTER_URL" help:"The server; default the address that MUSTER_LISTEN says." placeholder:"URL"`
}

// Run asks for readiness. It goes to the address listened on, not to the public URL: a proxy's
// health is not the server's.
func (c *healthcheckCmd) Run(ctx context.Context, t *terminal) error {
	base := c.URL
	if base == "" {
		listen := os.Getenv("MUSTER_LISTEN")
		if listen == "" {
			listen = "127.0.0.1:8080"
		}
		base = "http://" + reachable(listen)
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimRight(base, "/")+"/readyz", nil)
	if err != nil {
		return err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return fmt.Errorf("not ready: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("not ready: %s/readyz answered %d", base, response.StatusCode)
	}
	return say(t, "ready")
}
