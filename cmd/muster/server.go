package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/storage/local"
	"github.com/muster-scim/muster/storage/redis"
	"github.com/muster-scim/muster/storage/sql"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/entra"
	"github.com/muster-scim/muster/web"
)

// drainTime is how long a stopping server waits for the requests it has.
const drainTime = 25 * time.Second

// server is a running Muster: the database, the workers and one port for everything.
type server struct {
	settings  *settings
	log       *slog.Logger
	store     *sql.Store
	redis     *redis.Gate // nil without MUSTER_REDIS_URL
	alone     *local.Gate
	replicas  *replicas
	watch     *watch
	api       *web.API
	listener  net.Listener
	http      *http.Server
	newToken  string // the file with a token that this start made; "" if it made none
	keptToken bool   // the token is in a file beside the database, made now or earlier
	setupURL  string // makes the first administrator; "" where there is one
	draining  atomic.Bool

	stopWork context.CancelFunc
	work     sync.WaitGroup
	served   chan error
}

// start opens the database, migrates it, wires the rooms together and listens. When it returns
// nil the server answers.
func start(ctx context.Context, s *settings, log *slog.Logger) (_ *server, err error) {
	srv := &server{settings: s, log: log, served: make(chan error, 1)}
	if srv.store, err = openStore(ctx, s, log); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, srv.closeRedis(), srv.store.Close())
		}
	}()
	if err := prepareSchema(ctx, s, srv.store, log); err != nil {
		return nil, err
	}
	if srv.watch, err = newWatch(ctx, srv); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, srv.watch.close())
		}
	}()
	if srv.listener, err = net.Listen("tcp", s.Listen); err != nil {
		return nil, cannotListen("MUSTER_LISTEN", s.Listen, err)
	}
	srv.keptToken = s.AdminToken == ""
	if srv.newToken, err = ensureAdminToken(s); err != nil { // after the port: a start that fails makes no token
		srv.listener.Close()
		return nil, err
	}
	if s.PublicURL == "http://"+s.Listen { // port 0 is known only now
		s.PublicURL = "http://" + srv.listener.Addr().String()
	}
	handler, err := srv.handler(ctx)
	if err != nil {
		srv.listener.Close()
		return nil, err
	}
	srv.http = gateway.Server(s.Listen, handler)
	srv.http.RegisterOnShutdown(srv.api.Close)
	srv.http.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelDebug)
	go func() { srv.served <- srv.http.Serve(srv.listener) }()
	srv.watch.serve()
	return srv, nil
}

// cannotListen says what to do when an address, which a variable names, cannot be had.
func cannotListen(variable, address string, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("another program listens on %s, perhaps another Muster. Stop it, or listen elsewhere: %s=127.0.0.1:8081", address, variable)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("this machine has no address %s. Set %s to one it has, such as 127.0.0.1:8080", address, variable)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("this user may not listen on %s. Ports below 1024 need a privilege; choose a higher one with %s", address, variable)
	}
	return fmt.Errorf("listening on %s: %w", variable, err)
}

// handler wires the rooms: requests come in through gateway and web, meet in directory and end
// in the store.
func (srv *server) handler(ctx context.Context) (http.Handler, error) {
	registry := tenants.NewRegistry(srv.store, time.Now, rand.Reader)
	gate, err := srv.gate(ctx)
	if err != nil {
		return nil, err
	}
	registry.Changed = func(slug string) { gate.Forget(context.WithoutCancel(ctx), slug) }
	people := directory.New(srv.watch.around(srv.store), directory.Options{Now: time.Now, Log: srv.log})
	authenticator := tenants.NewAuthenticator(gate, time.Now)
	used := tenants.NewUsage(srv.store.TouchCredentials, time.Now)
	authenticator.Used = used.Seen
	refusals := tenants.NewRefusals(srv.store.KeepRefused, time.Now)
	auditor, err := newAuditKeeper(ctx, srv.store, srv.settings.AuditRetention.duration(), srv.log)
	if err != nil {
		return nil, err
	}
	out, err := srv.newOutgoing(ctx)
	if err != nil {
		return nil, err
	}
	consumersUsed := tenants.NewUsage(srv.store.TouchConsumerTokens, time.Now)
	authenticator.ConsumerUsed = consumersUsed.Seen
	contacts := tenants.NewContacts(srv.store.KeepContacts, time.Now)
	activity := gateway.NewActivities(srv.store.KeepActivity)
	srv.watch.keeps(activity)
	authenticator.Entra = entra.New(nil, time.Now)
	key, err := srv.store.Key(ctx, "access tokens")
	if err != nil {
		return nil, fmt.Errorf("preparing access tokens: %w", err)
	}
	if authenticator.Access, err = tenants.NewAccess(key); err != nil {
		return nil, err
	}

	engine := gateway.NewEngine(srv.log, srv.settings.proxies...)
	engine.Told = srv.watch.served
	scim := gateway.New(gateway.Options{
		Records:   people,
		Trials:    people,
		Auth:      srv.watch.atTheDoor(authenticator),
		Clients:   authenticator,
		Consumers: authenticator,
		Reading:   people,
		Quota:     srv.settings.quota,
		PublicURL: srv.settings.PublicURL,
		Activity:  activity,
		Heard: func(h tenants.Heard) {
			contacts.Hear(h)
			if r, ok := refusedOf(h); ok {
				refusals.Hear(r)
			}
		},
		Log: srv.log,
	})
	scim.Mount(engine)
	administrators, provider, err := srv.signIn(ctx)
	if err != nil {
		return nil, err
	}
	api, err := web.New(web.Options{
		Effective:  people,
		Tenants:    registry,
		Trials:     scim,
		Levels:     srv.watch.levels,
		Host:       srv.host,
		Degraded:   srv.degraded,
		Requests:   people,
		Sums:       srv.store,
		Keeper:     activity,
		Kept:       srv.settings.activityLimits(),
		Audit:      srv.store,
		AuditKey:   auditor.signer.Public(),
		Refused:    refusals.Hear,
		AdminToken: string(srv.settings.AdminToken),
		PublicURL:  srv.settings.PublicURL,
		Version:    version,
		Log:        srv.log,

		Administrators: administrators,
		OIDC:           provider,

		Feed:     out.feed,
		Webhooks: out.registry,

		Failures: gate,

		ImportPrivate: srv.settings.ImportPrivate,
		Environment:   srv.settings.environment,
	})
	if err != nil {
		return nil, err
	}
	api.Mount(engine.Engine)
	srv.api = api

	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	srv.stopWork = stop
	srv.work.Go(func() { people.Work(work) })
	srv.work.Go(func() { srv.store.Tend(work) })
	srv.keepNotes(work, 10*time.Second, "when credentials were last used", used.Run)
	srv.keepNotes(work, 10*time.Second, "when the tokens of consumers were last used", consumersUsed.Run)
	srv.keepNotes(work, time.Second, "how requests came to connectors", contacts.Run)
	srv.keepNotes(work, time.Second, "which requests were refused", refusals.Run)
	srv.keepNotes(work, keepEvery, "what connectors asked", activity.Run)
	srv.work.Go(func() { pruneActivity(work, srv.store, srv.settings.activityLimits(), srv.log) })
	srv.work.Go(func() { auditor.run(work) })
	out.run(work, srv)
	srv.work.Go(func() { warnOfExpiry(work, srv.store, srv.log) })
	srv.work.Go(func() { srv.replicas.keep(work) })
	srv.watch.run(work, &srv.work)
	return srv.withHealth(srv.watch.inside(engine)), nil
}

// keepNotes lets something that is worth a line in the log, and no more, be written now and then.
func (srv *server) keepNotes(ctx context.Context, every time.Duration, what string, run func(context.Context, <-chan time.Time, func(error))) {
	srv.work.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		run(ctx, tick.C, func(err error) { srv.log.Warn("cannot write "+what, "error", err) })
	})
}

// stop takes the server out of service: it is unready at once, goes on as before until a load
// balancer has seen that, finishes the requests it has, lets the workers end their batch and
// closes the database.
func (srv *server) stop() error {
	srv.draining.Store(true)
	time.Sleep(srv.settings.ShutdownDelay)
	ctx, cancel := context.WithTimeout(context.Background(), drainTime)
	defer cancel()
	err := srv.http.Shutdown(ctx)
	if err != nil {
		srv.log.Warn("some requests did not end in time and are cut off", "error", err)
		err = srv.http.Close()
	}
	srv.stopWork()
	srv.work.Wait()
	return errors.Join(err, srv.watch.close(), srv.closeRedis(), srv.store.Close())
}

// ensureAdminToken makes sure that the settings hold an admin token: the one given, the one that
// an earlier start wrote beside the SQLite database, or a new one. It returns the file of a new
// one.
func ensureAdminToken(s *settings) (made string, err error) {
	if s.AdminToken != "" {
		return "", nil
	}
	file, ok := besideDatabase(string(s.DatabaseURL), tokenFile)
	if !ok {
		return "", errNoAdminToken
	}
	text, err := os.ReadFile(file)
	if err == nil {
		s.AdminToken = secret(strings.TrimSpace(string(text)))
		if s.AdminToken == "" {
			return "", fmt.Errorf("the file %s with the admin token is empty; delete it, and the next start makes a new one", file)
		}
		return "", nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the admin token: %w", err)
	}
	token := rand.Text() + rand.Text()
	if err := writeNew(file, token+"\n"); err != nil {
		return "", fmt.Errorf("writing the admin token: %w", err)
	}
	s.AdminToken = secret(token)
	return file, nil
}

// writeNew writes a file that only its owner can read and that was not there before. A crash
// leaves it whole or not at all.
func writeNew(file, text string) error {
	f, err := os.CreateTemp(filepath.Dir(file), ".admin.token-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.WriteString(text); err != nil {
		f.Close()
		return err
	}
	if err := f.Sync(); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Link(f.Name(), file) // fails if somebody else was first
}
