package main

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// lastUsed remembers which credentials were used and writes it down once a minute: a request
// must not cost a write. What a crash loses is at most a minute of it.
type lastUsed struct {
	store interface {
		TouchCredentials(ctx context.Context, used map[uuid.UUID]time.Time) error
	}
	log *slog.Logger

	mu   sync.Mutex
	used map[uuid.UUID]time.Time
}

func newLastUsed(store tenants.Store, log *slog.Logger) *lastUsed {
	return &lastUsed{store: store, log: log, used: map[uuid.UUID]time.Time{}}
}

// saw is told of every accepted credential.
func (l *lastUsed) saw(credential uuid.UUID) {
	now := time.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.used[credential] = now
}

// keep writes once a minute until ctx ends, and then once more.
func (l *lastUsed) keep(ctx context.Context) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			l.write(context.WithoutCancel(ctx))
			return
		case <-tick.C:
			l.write(ctx)
		}
	}
}

func (l *lastUsed) write(ctx context.Context) {
	l.mu.Lock()
	used := l.used
	l.used = map[uuid.UUID]time.Time{}
	l.mu.Unlock()
	if len(used) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	if err := l.store.TouchCredentials(ctx, used); err != nil {
		l.log.Warn("writing when credentials were last used", "error", err)
	}
}
