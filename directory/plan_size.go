package directory

import (
	"context"
	"math"
	"slices"

	"github.com/muster-scim/muster/policy"
)

// weigh counts what the connector supports of a person as it is now.
func (r *planner) weigh(p *Person) {
	if r.plan.Draft.Rules != nil {
		return // a change of rules does not visit everybody, see size
	}
	if p.User.Status == policy.UserActive && slices.ContainsFunc(p.Records, func(rec *RecordRow) bool { return rec.Connector == r.plan.Connector }) {
		r.plan.Counts.Holds.Users++
	}
	for _, m := range p.Held {
		if slices.ContainsFunc(m.Supports, func(s Support) bool { return s.Connector == r.plan.Connector }) {
			r.plan.Counts.Holds.Memberships++
		}
	}
}

// size counts what the connector supports, as far as it has to be known to say whether the plan's
// losses are above the safety limits: a small plan does not count a large connector.
func (r *planner) size(ctx context.Context) error {
	if r.plan.Draft.Rules == nil {
		return nil
	}
	most := r.plan.Counts.Losses.asks(r.settled.Safety)
	if most == (Sizes{}) {
		return nil
	}
	var err error
	r.plan.Counts.Holds, err = r.d.store.Supported(ctx, r.plan.Directory, r.plan.Connector, most)
	return err
}

// asks is how much a connector has to support for the limits to let such losses through; zero
// where they do in any case, or in none.
func (s Sizes) asks(limits policy.Safety) Sizes {
	if limits.Off {
		return Sizes{}
	}
	return Sizes{
		Users:       enough(max(s.Users, s.Keys), limits.Losses, limits.Share),
		Memberships: enough(s.Memberships, limits.MembershipLosses, limits.Share),
	}
}

// enough is the least that a connector has to support for its limit to be that many losses, or a
// little more than that (see safetyLimit).
func enough(losses, limit int, share float64) int {
	switch {
	case losses <= min(limit, neverUnder):
		return 0
	case losses <= limit:
		return 2 * losses
	case share == 0:
		return 0
	}
	return max(2*losses, int(math.Ceil(float64(losses)/share))+1)
}
