// Package local is the tenants.Gate of a single process: it remembers the credentials that were
// looked up a moment ago and counts every connector's requests by itself. It is never the truth:
// what it holds of a credential is at most ten seconds old, and what it does not know it asks
// for.
package local

import (
	"context"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// Options are what a Gate works with.
type Options struct {
	Quota tenants.Quota
	Now   func() time.Time
	// Replicas, if set, says among how many processes the limits are shared; each gives out its
	// part. Without it this process is the only one.
	Replicas func() int
}

// Gate is a tenants.Gate in one process.
type Gate struct {
	credentials *Credentials
	options     Options
	turns       *meter // by slug
	failures    *meter // by slug and address
}

var _ tenants.Gate = (*Gate)(nil)

// NewGate returns a Gate in front of a look-up.
func NewGate(next tenants.Lookup, o Options) *Gate {
	return &Gate{credentials: NewCredentials(next, o.Now), options: o, turns: newMeter(), failures: newMeter()}
}

// Enter implements tenants.Gate.
func (g *Gate) Enter(ctx context.Context, p tenants.Presented) (tenants.Entry, tenants.Allowance, error) {
	entry, err := g.credentials.Find(ctx, p.Key)
	if err != nil || !entry.Opens(p) {
		return entry, tenants.Allowance{}, err
	}
	return entry, g.Take(entry.Connector), nil
}

// Take takes one turn of a connector's without looking at a credential.
func (g *Gate) Take(c tenants.Connector) tenants.Allowance {
	rate := g.options.Quota.RateOf(c.Settings.Limits)
	return g.turns.take(c.Slug, g.shared(rate), g.options.Now(), g.options.Quota.Patience)
}

// Fail implements tenants.Gate.
func (g *Gate) Fail(_ context.Context, slug, address string) tenants.Allowance {
	return g.failures.take(slug+" "+address, g.shared(g.options.Quota.Failures), g.options.Now(), 0)
}

// Forget implements tenants.Gate, for this process.
func (g *Gate) Forget(_ context.Context, slug string) { g.credentials.ForgetConnector(slug) }

// Counts are what a Gate has done since it was made.
type Counts struct {
	Hits   uint64 // credentials that it remembered
	Misses uint64 // and those for which somebody else was asked
}

// Counts returns the numbers of this moment.
func (g *Gate) Counts() Counts {
	return Counts{Hits: g.credentials.hits.Load(), Misses: g.credentials.misses.Load()}
}

// shared is this process's part of a rate.
func (g *Gate) shared(r tenants.Rate) tenants.Rate {
	if g.options.Replicas == nil {
		return r
	}
	return r.Shared(g.options.Replicas())
}
