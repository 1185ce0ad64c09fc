package tenants

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Traffic is what came within some time, and what it did.
type Traffic struct {
	Reads   int64 // requests that were answered and asked for no change
	Writes  int64 // requests that asked for a change and were answered
	Refused int64 // requests that were answered with 4xx
	Failed  int64 // requests that were answered with 5xx
	Changes int64 // effective changes of users, groups and memberships
	Losses  int64 // of them: users who were disabled or deleted, memberships that ended
}

// Plus is both together.
func (t Traffic) Plus(o Traffic) Traffic {
	return Traffic{t.Reads + o.Reads, t.Writes + o.Writes, t.Refused + o.Refused, t.Failed + o.Failed, t.Changes + o.Changes, t.Losses + o.Losses}
}

// TrafficAt is the traffic of a stretch of time.
type TrafficAt struct {
	Start time.Time
	Traffic
}

// Standing is how a connector stands: what whoever looks after it should know first.
type Standing struct {
	Contacts  []Contact // summed up: what State and Good go by, and the times
	Day       Traffic   // of about the last 24 hours
	Held      int64     // changes that wait for a decision
	Since     time.Time // when the oldest of them was held
	Conflicts int64     // that wait for a decision
	Ambiguous int64     // of them: records that several users match
	Ending    []Credential
}

// Heard is when the IdP last got through; the zero time if it never did.
func (s Standing) Heard() (last time.Time) {
	for _, c := range s.Contacts {
		if c.Good() {
			last = later(last, c.Last)
		}
	}
	return last
}

// OverviewStore sums up. What it gives an administrator who is limited to tenants is of their
// connectors alone. It reads sums, never requests or events, so that it is quick however many
// there are.
type OverviewStore interface {
	// Traffic reads the traffic of a connector, or of all where it is zero, from a time on in steps
	// of a length, a multiple of a minute (of which the last hours are known) or of a quarter of an
	// hour. Steps without any are left out; the order is that of time.
	Traffic(ctx context.Context, connector uuid.UUID, since time.Time, step time.Duration) ([]TrafficAt, error)
	// Standings says how every connector stands, by slug. Connectors of which there is nothing to
	// say are left out.
	Standings(ctx context.Context) (map[string]Standing, error)
}

// silences are how long the IdPs that come by themselves may be silent before somebody should
// look. Others come when something changes, and their silence means nothing.
var silences = map[Kind]time.Duration{
	"entra":  3 * time.Hour,  // cycles, about every 40 minutes
	"google": 24 * time.Hour, // every few hours
}

// Silence says how long an IdP may be silent before that is a sign of something wrong; 0: for ever.
func Silence(kind Kind) time.Duration { return silences[kind] }
