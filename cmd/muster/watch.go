package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"github.com/muster-scim/muster/cmd/muster/levels"
	"github.com/muster-scim/muster/cmd/muster/metrics"
	"github.com/muster-scim/muster/cmd/muster/tracing"
	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/gateway"
	"github.com/muster-scim/muster/storage/local"
	"github.com/muster-scim/muster/storage/redis"
)

// watch is by what one sees how the server does: metrics, traces and the log's level. It stands
// around the rooms, which know nothing of it.
type watch struct {
	levels   *levels.Levels
	metrics  *metrics.Metrics
	tracer   *tracing.Tracer // nil: off
	instance string          // names the deployment, to whoever wants to know which one answers

	activity atomic.Pointer[gateway.Activities]

	log      *slog.Logger
	listener net.Listener // of MUSTER_METRICS_LISTEN; nil without
	http     *http.Server
}

// newWatch prepares what is asked for. srv has its store; gates and replicas come later.
func newWatch(ctx context.Context, srv *server) (w *watch, err error) {
	s := srv.settings
	w = &watch{levels: s.levels, log: srv.log}
	if w.levels == nil { // whoever made the logger wanted no levels
		w.levels = levels.New(slog.LevelInfo, time.Now, gateway.ConnectorOf)
	}
	w.levels.Use(srv.store)
	if w.tracer, err = tracing.Start(ctx, os.Getenv, version, srv.log); err != nil {
		return nil, err
	}
	key, err := srv.store.Key(ctx, "instance")
	if err != nil {
		return nil, errors.Join(fmt.Errorf("reading what names this deployment: %w", err), w.tracer.Close())
	}
	w.instance = instanceOf(key)
	o := metrics.Options{Version: version, Source: srv.store, Pool: srv.store.Pool, Now: time.Now, Log: srv.log, Replicas: func() int { return srv.replicas.alive() }}
	o.Activity = func() (written, lost int64) {
		if a := w.activity.Load(); a != nil {
			return a.Kept(), a.Lost()
		}
		return 0, 0
	}
	o.Alone = func() local.Counts { return srv.alone.Counts() }
	if s.RedisURL != "" {
		o.Redis = func() redis.Counts { return srv.redis.Counts() }
	}
	w.metrics = metrics.New(o)
	if s.MetricsListen == "" {
		return w, nil
	}
	if w.listener, err = net.Listen("tcp", s.MetricsListen); err != nil {
		return nil, errors.Join(cannotListen("MUSTER_METRICS_LISTEN", s.MetricsListen, err), w.tracer.Close())
	}
	w.http = gateway.Server(s.MetricsListen, srv.openly())
	return w, nil
}

// instanceOf is what may be known of a key: nobody can tell the key from it.
func instanceOf(key []byte) string {
	sum := sha256.Sum256(append([]byte("instance "), key...))
	return hex.EncodeToString(sum[:8])
}

// keeps shows how the keeping of requests does.
func (w *watch) keeps(a *gateway.Activities) { w.activity.Store(a) }

// around is the store as the directory uses it.
func (w *watch) around(store directory.Store) directory.Store {
	return w.tracer.Store(w.metrics.Store(store))
}

// atTheDoor is who judges credentials as the gateway asks them.
func (w *watch) atTheDoor(a gateway.Authenticator) gateway.Authenticator {
	return w.tracer.Authenticator(w.metrics.Authenticator(a))
}

// inside is what answers requests.
func (w *watch) inside(next http.Handler) http.Handler {
	return w.metrics.InFlight(w.tracer.Handler(next))
}

// served is told of every request that was answered.
func (w *watch) served(s gateway.Served) {
	w.metrics.Served(s)
	w.tracer.Served(s)
}

// run keeps metrics and levels up to date until ctx ends.
func (w *watch) run(ctx context.Context, work *sync.WaitGroup) {
	work.Go(func() { w.metrics.Run(ctx) })
	work.Go(func() {
		tick := time.NewTicker(levels.Every)
		defer tick.Stop()
		w.levels.Run(ctx, tick.C, func(err error) { w.log.Debug("looking for changes of the log level", "error", err) })
	})
}

// serve answers on the metrics' own listener, if there is one.
func (w *watch) serve() {
	if w.http == nil {
		return
	}
	w.log.Info("serving metrics to everybody who reaches them", "listen", w.listener.Addr().String())
	go func() {
		if err := w.http.Serve(w.listener); !errors.Is(err, http.ErrServerClosed) {
			w.log.Error("metrics are no longer served", "error", err)
		}
	}()
}

// close ends the listener and sends the last spans.
func (w *watch) close() error {
	var err error
	if w.http != nil {
		err = errors.Join(w.http.Close(), ignoreClosed(w.listener.Close()))
	}
	return errors.Join(err, w.tracer.Close())
}

// ignoreClosed makes nothing of closing what is closed already.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
