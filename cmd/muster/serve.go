package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"
)

type serveCmd struct {
	settings
}

// Run serves until ctx ends or the port is lost.
func (c *serveCmd) Run(ctx context.Context, t *terminal) error {
	if err := c.complete(); err != nil {
		return err
	}
	if _, ok := besideDatabase(string(c.DatabaseURL), tokenFile); !ok && c.AdminToken == "" {
		return errNoAdminToken // before anything waits for a database
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
	if err := errors.Join(srv.greet(t), srv.inviteFirst(t)); err != nil {
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
	for _, typo := range misspelt(os.Environ()) {
		log.Warn(typo)
	}
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
}

// greet says where to go next: at the first start in full, later in a line.
func (srv *server) greet(t *terminal) error {
	if srv.newToken == "" {
		token := ""
		if file, ok := besideDatabase(string(srv.settings.DatabaseURL), tokenFile); ok && srv.keptToken {
			token = "; the admin token is in " + file
		}
		return say(t, "Muster serves %s%s", srv.settings.PublicURL, token)
	}
	return say(t, `Muster is ready.

  Base URL     %[1]s
  Admin API    %[1]s/api/v1, described in /api/v1/openapi.json
  Admin token  in %[2]s, made just now; the command line finds it there

  Next, in another terminal here:
    %[3]s simulate --idp okta    play an Okta that provisions 200 people
    %[3]s users list             see what the directory made of them
    %[3]s --help                 everything else
`, srv.settings.PublicURL, srv.newToken, program())
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
		return fmt.Errorf("not ready: %w", unreachable(strings.TrimRight(base, "/"), err))
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		why, _ := io.ReadAll(io.LimitReader(response.Body, 200)) // the status says enough without it
		return fmt.Errorf("not ready: %s/readyz answered %d: %s", base, response.StatusCode, printable(strings.TrimSpace(string(why))))
	}
	return say(t, "ready")
}
