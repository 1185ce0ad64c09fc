package tenants

import (
	"context"
	"math"
	"strings"
	"time"
)

// Presented is what a request shows of itself.
type Presented struct {
	Slug  string   // of the connector in its path; a valid slug
	Key   string   // the credential's public part: TokenKey, BasicKey, ClientKey or EntraKey
	Proof [32]byte // the hash of its secret, or what stands for it
	Hint  string   // what may be shown of it to administrators
}

// basic says whether a user name was presented.
func (p Presented) basic() bool { return strings.HasPrefix(p.Key, BasicKey(p.Slug, "")) }

// Opens says whether the entry is what was presented: the same secret, of that connector. Time
// does not depend on how much of the secret is right.
func (e Entry) Opens(p Presented) bool {
	return sameHash(p.Proof, e.Hash) && e.Connector.Slug == p.Slug
}

// Gate is what stands before a connector's work: it knows the credentials that were looked up a
// moment ago and how many requests each connector had. It is never the truth: whatever it has
// lost or cannot reach, it looks up in the database, and a limit that cannot be counted in
// common is counted alone.
//
// A credential that changed or went is forgotten within 1 s on every replica while what they
// share can be reached, and within 10 s whatever happens.
type Gate interface {
	// Enter finds the entry behind p.Key and, if it opens for p, takes one turn from its
	// connector's rate. Without an entry it is ErrUnknown; any other error means that it could
	// not look. An entry that does not open is returned without taking anything: whoever holds
	// no secret uses up nobody's turns. A limit never makes an error.
	Enter(ctx context.Context, p Presented) (Entry, Allowance, error)
	// Fail counts one failed authentication of an address at a connector.
	Fail(ctx context.Context, slug, address string) Allowance
	// Forget drops what is known of a connector and its credentials, on every replica.
	Forget(ctx context.Context, slug string)
}

// Quota is what a deployment allows each of its connectors, where the connector's own limits
// say nothing else.
type Quota struct {
	Rate        Rate
	Concurrency int           // requests in flight on one replica; 0: any number
	Patience    time.Duration // for which a request over its limit is queued before it is refused
	Failures    Rate          // failed authentications of one address at one connector
	Shadow      bool          // limits only report what they would have refused
}

// DefaultQuota lies above what IdPs need: Entra asks for 25 requests a second
// (https://learn.microsoft.com/entra/identity/app-provisioning/use-scim-to-provision-users-and-groups).
func DefaultQuota() Quota {
	return Quota{
		Rate:        Rate{PerSecond: 50, Burst: 200},
		Concurrency: 8,
		Patience:    2 * time.Second,
		Failures:    Rate{PerSecond: 10.0 / 60, Burst: 10},
	}
}

// RateOf is the rate of a connector: its own numbers, and the quota's for those it does not
// have. A 0 of its own lifts the limit.
func (q Quota) RateOf(l Limits) Rate {
	r := q.Rate
	if l.Rate != nil {
		r.PerSecond = *l.Rate
		if r.Burst == 0 { // the deployment sets no limit and so no burst: four seconds' worth
			r.Burst = int(min(max(1, 4*r.PerSecond), math.MaxInt32))
		}
	}
	if l.Burst != nil {
		r.Burst = *l.Burst
	}
	if r.None() {
		return Rate{}
	}
	return r
}

// ConcurrencyOf is how many requests of a connector may be in flight on one replica; 0: any
// number.
func (q Quota) ConcurrencyOf(l Limits) int {
	if l.Concurrency != nil {
		return *l.Concurrency
	}
	return q.Concurrency
}

// Shadows says whether the connector's limits only report.
func (q Quota) Shadows(l Limits) bool { return q.Shadow || l.Shadow }
