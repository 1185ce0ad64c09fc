package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// expiryEvery is how often a replica looks for credentials that expire. The store sees to it that
// each is told of once a day, however many replicas look.
const expiryEvery = time.Hour

// expiring is what warnOfExpiry needs of a tenants.Store.
type expiring interface {
	ClaimExpiring(ctx context.Context) ([]tenants.Expiring, error)
}

// warnOfExpiry logs, until ctx ends, which credentials are about to expire or just have: a job of
// an IdP that stops some night is found out by its people otherwise.
func warnOfExpiry(ctx context.Context, store expiring, log *slog.Logger) {
	tick := time.NewTicker(expiryEvery)
	defer tick.Stop()
	for {
		logExpiring(ctx, store, log, time.Now())
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

func logExpiring(ctx context.Context, store expiring, log *slog.Logger, now time.Time) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	all, err := store.ClaimExpiring(ctx)
	if err != nil {
		log.DebugContext(ctx, "looking for credentials that expire", "error", err) // an hour later is early enough
		return
	}
	for _, x := range all {
		level := slog.LevelInfo
		if x.Credential.Urgent(now) {
			level = slog.LevelWarn
		}
		log.Log(ctx, level, "a credential needs a successor", "connector", x.Connector, "credential", x.Credential.ID, "credentialName", x.Credential.Name,
			"expires", x.Credential.ExpiresAt.UTC(), "what", x.Credential.Warning(now))
	}
}
