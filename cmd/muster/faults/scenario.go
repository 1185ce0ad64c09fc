package faults

import (
	"context"
	"time"

	"github.com/muster-scim/muster/cmd/muster/e2e/cluster"
)

// Scenario is one way to break it.
type Scenario struct {
	Name    string
	Claim   string // what it shows, in a sentence
	Options cluster.Options

	// The load.
	Target  int           // users that each IdP hires before it turns to changes; 0 means 60
	Pace    time.Duration // how long a client rests between two changes; 0: not at all
	Proxied bool          // the IdPs come in through the proxy, not to the replicas themselves

	// The fault.
	SmallData bool          // PostgreSQL's data is on a small disk, and its log is not
	SmallLog  bool          // the other way round
	Kills     bool          // connections to Muster may break
	Control   bool          // it has to lose
	Within    time.Duration // how soon after the heal every tenant's changes are acknowledged again; 0: not judged

	Prepare func(ctx context.Context, a *Arena) error              // before the load; may be nil
	Break   func(ctx context.Context, a *Arena) error              // breaks and heals, while the load goes on
	Check   func(ctx context.Context, a *Arena) ([]Finding, error) // further checks, when all is quiet; may be nil
	Instead func(ctx context.Context, a *Arena) error              // of load, fault and checks; nil for most
}
