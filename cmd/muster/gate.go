package main

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/storage/local"
	"github.com/muster-scim/muster/storage/redis"
	"github.com/muster-scim/muster/storage/sql"
	"github.com/muster-scim/muster/tenants"
)

// gate makes what stands before the connectors' work: this process's own gate and, if there is
// a Redis, the one that shares what it knows with the other replicas.
func (srv *server) gate(ctx context.Context) (tenants.Gate, error) {
	srv.replicas = newReplicas(srv.store, srv.log)
	srv.alone = local.NewGate(srv.store, local.Options{Quota: srv.settings.quota, Now: time.Now, Replicas: srv.replicas.alive})
	if srv.settings.RedisURL == "" {
		return srv.alone, nil
	}
	key, err := srv.store.Key(ctx, "redis")
	if err != nil {
		return nil, fmt.Errorf("preparing for Redis: %w", err)
	}
	srv.redis = redis.New(redis.Options{
		Server: srv.settings.redis, Key: key, Lookup: srv.store, Alone: srv.alone,
		Quota: srv.settings.quota, Now: time.Now, Log: srv.log,
	})
	return srv.redis, nil
}

// closeRedis ends the connections, if there are any.
func (srv *server) closeRedis() error {
	if srv.redis == nil {
		return nil
	}
	return srv.redis.Close()
}

const (
	presentEvery   = 5 * time.Second
	presentTimeout = 3 * time.Second
)

// replicas knows how many replicas there are, and lets them know of this one.
type replicas struct {
	store *sql.Store
	log   *slog.Logger
	id    uuid.UUID
	count atomic.Int32
}

func newReplicas(store *sql.Store, log *slog.Logger) *replicas {
	r := &replicas{store: store, log: log, id: uuid.New()}
	r.count.Store(1)
	return r
}

// alive is how many there were a moment ago, this one included.
func (r *replicas) alive() int { return int(r.count.Load()) }

// keep says every few seconds that this replica is there, until ctx ends. While the database is
// away the last number counts.
func (r *replicas) keep(ctx context.Context) {
	tick := time.NewTicker(presentEvery)
	defer tick.Stop()
	for {
		r.say(ctx)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func (r *replicas) say(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, presentTimeout)
	defer cancel()
	alive, err := r.store.Present(ctx, r.id)
	if err != nil {
		r.log.Debug("counting the replicas", "error", err)
		return
	}
	r.count.Store(int32(max(1, alive)))
}
