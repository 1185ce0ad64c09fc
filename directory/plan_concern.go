package directory

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// A change of rules costs what it concerns, not what the connector holds. Whoever is settled by
// the former rules, and has to do with no group of which the new ones say something else, is
// settled by the new ones too, so plans and sweeps leave such people out (policy.Difference). What
// has to hold for that:
//
//	people are settled by the former rules     those who are not are in the queue, and come along;
//	                                           after a job that stopped half-way everybody does
//	they are looked at as they are now         a roster is one moment of the database; whoever
//	                                           changes later is found by the sweep's
//	no group counts but by its name            what differs otherwise concerns everybody

// Concern tells a roster whom of a connector's people a change of its rules can concern: those
// for whom one of its parts says so, and whoever waits in the queue. None of it is everybody.
type Concern struct {
	Sent    func(name, key string) bool // groups as the connector's views name them: who is in one, through whichever connector; nil: none is meant
	Members func(key string) bool       // groups of the directory: who is a member; nil: none is meant
	People  bool                        // records without a user, and those that wait in a conflict
}

// concern compares the rules that a connector's people are settled by with others. Nil means that
// anybody may be concerned. job is a running one that does not count as one.
func (d *Directory) concern(ctx context.Context, s *Settings, before, after policy.Rules, job uuid.UUID) (*Concern, error) {
	if sameRules(before, after) {
		return nil, nil // whoever asks for it wants to see whether all is as it should be
	}
	former, err := policy.Compile(before)
	if err != nil {
		return nil, fmt.Errorf("compiling the former rules: %w", err)
	}
	next, err := policy.Compile(after)
	if err != nil {
		return nil, err
	}
	diff := policy.Differ(former, next)
	// Whoever comes may bring groups that are foreign to others of the connector's people.
	if diff.Everybody || diff.People && s.Info.Tenants > 1 {
		return nil, nil
	}
	if half, err := d.store.HalfDone(ctx, s.Info.ID, job); err != nil || half {
		return nil, err
	}
	c := &Concern{People: diff.People}
	if diff.OfSent() {
		c.Sent = diff.Sent
	}
	if diff.OfMembers() {
		c.Members = diff.Members
	}
	return c, nil
}

// roster is whom the plan has to look at.
func (r *planner) roster(ctx context.Context) (Roster, error) {
	var whom *Concern
	if rules := r.plan.Draft.Rules; rules != nil {
		var err error
		if whom, err = r.d.concern(ctx, r.world.settings, r.settled, *rules, uuid.Nil); err != nil {
			return Roster{}, err
		}
	}
	return r.d.store.Roster(ctx, r.plan.Directory, r.plan.Connector, whom, nil)
}

// leftRoster is whom a job that has visited everybody of its plan has yet to look at.
func (d *Directory) leftRoster(ctx context.Context, j Job) (Roster, error) {
	seen, err := d.seen(ctx, j)
	if err != nil {
		return Roster{}, err
	}
	var whom *Concern
	if j.Draft.Rules != nil && j.Former.Rules != nil {
		settings, err := d.store.Settings(ctx, j.Directory)
		if err != nil {
			return Roster{}, err
		}
		if whom, err = d.concern(ctx, settings, *j.Former.Rules, *j.Draft.Rules, j.ID); err != nil {
			return Roster{}, err
		}
	}
	return d.store.Roster(ctx, j.Directory, j.Connector, whom, seen)
}
