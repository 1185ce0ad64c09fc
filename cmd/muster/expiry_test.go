package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// ending is a store with credentials that end in so much time.
type ending struct {
	now  time.Time
	left []time.Duration
	err  error
}

func (e ending) ClaimExpiring(context.Context) (all []tenants.Expiring, err error) {
	for _, left := range e.left {
		all = append(all, tenants.Expiring{Connector: "acme-okta", Credential: tenants.Credential{Name: "Okta, since March", ExpiresAt: e.now.Add(left)}})
	}
	return all, e.err
}

func TestTheLogWarnsOfCredentialsThatExpire(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for left, want := range map[time.Duration]string{
		20 * day: "level=INFO", 3 * day: "level=WARN", time.Hour: "within a day", -time.Hour: "has expired",
	} {
		var out bytes.Buffer
		logExpiring(t.Context(), ending{now: now, left: []time.Duration{left}}, slog.New(slog.NewTextHandler(&out, nil)), now)
		if line := out.String(); !strings.Contains(line, want) || !strings.Contains(line, "connector=acme-okta") || !strings.Contains(line, `credentialName="Okta, since March"`) {
			t.Errorf("%v before its end the log says: %s", left, line)
		}
	}
	var out bytes.Buffer
	logExpiring(t.Context(), ending{err: errors.New("away")}, slog.New(slog.NewTextHandler(&out, nil)), now)
	if out.Len() != 0 {
		t.Errorf("a database that is away for a moment makes the log say: %s", out.String())
	}
}
