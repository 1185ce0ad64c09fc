package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"hash"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

const (
	planBatch   = 500
	planTries   = 5                // a plan begins anew when the settings move under it
	planSilence = time.Minute      // after that long without a sign of life its maker is taken for dead
	planAtMost  = 30 * time.Minute // of making one
	planKept    = 7 * 24 * time.Hour
)

// planner makes one plan: it settles everybody whom the draft can concern in the world of the
// draft, batch by batch, and turns what would be written into lines. It saves nothing but the
// plan. What it keeps from batch to batch is the world's few words about newcomers, the facts of
// groups and a number for each group, so its memory does not follow the directory's size.
type planner struct {
	d       *Directory
	scope   Scope
	plan    Plan
	world   *world
	settled policy.Rules // those that the connector's people follow now
	facts   map[string]*GroupFact
	pairs   map[Pair]*ForeignRow // conflicts with groups
	seq     int64
	all     hash.Hash         // of every person's outcome, in order
	moves   bool              // the draft can move somebody
	times   bool              // it can change when somebody is looked at again
	gains   map[uuid.UUID]int // by group that exists: members it gains
	lost    map[uuid.UUID]bool
	made    map[uuid.UUID]bool // groups that the plan makes
	again   []uuid.UUID        // newcomers that met somebody of their own batch
	ahead   int                // batches that are read while one is settled
}

// newPlanner begins a plan of a draft on the settings that hold now.
func (d *Directory) newPlanner(ctx context.Context, p Plan) (*planner, error) {
	scope := Scope{Directory: p.Directory}
	settings, err := d.store.Settings(ctx, p.Directory)
	if err != nil {
		return nil, err
	}
	c := settings.Connectors[p.Connector]
	if c == nil {
		return nil, ErrNotFound
	}
	groups, err := d.holdsGroups(ctx, p)
	if err != nil {
		return nil, err
	}
	if p.Heard, err = d.store.Heard(ctx, p.Directory, p.Connector); err != nil {
		return nil, err
	}
	p.Epoch, p.RulesVersion, p.Mode = settings.Epoch, c.RulesVersion, c.Mode
	p.Counts, p.Done, p.Total, p.Hash, p.Outcome = Counts{}, 0, 0, "", ""
	w, err := imagine(settings, p.Connector, p.Draft, groups)
	if err != nil {
		return nil, err
	}
	times := p.Draft.Rules != nil && !sameRules(c.Settled, *p.Draft.Rules) || p.Draft.Mode != "" && p.Draft.Mode != c.Mode || p.Draft.Retire != ""
	return &planner{d: d, ahead: 1, times: times, scope: scope, plan: p, world: w, settled: c.Settled, facts: make(map[string]*GroupFact), pairs: make(map[Pair]*ForeignRow), all: sha256.New(), moves: p.Draft.moves(c),
		gains: make(map[uuid.UUID]int), lost: make(map[uuid.UUID]bool), made: make(map[uuid.UUID]bool)}, nil
}

// holdsGroups says whether a connector that would go live holds group records.
func (d *Directory) holdsGroups(ctx context.Context, p Plan) (holds bool, err error) {
	if p.Draft.Mode != tenants.Live {
		return false, nil
	}
	err = d.store.Look(ctx, Scope{Directory: p.Directory, Connector: p.Connector}, func(tx Tx) error {
		scene, err := tx.Load(ctx, Request{CountGroups: true})
		if err == nil {
			holds = scene.GroupCount > 0
		}
		return err
	})
	return holds, err
}

// run makes the whole plan and saves it as it goes.
func (r *planner) run(ctx context.Context) error {
	if err := r.d.store.BeginPlan(ctx, r.plan); err != nil {
		return err
	}
	if r.moves {
		roster, err := r.roster(ctx)
		if err != nil {
			return err
		}
		r.plan.Total = int64(len(roster.Newcomers) + len(roster.People))
		if err := r.newcomers(ctx, roster.Newcomers); err != nil {
			return err
		}
		keep := func(_ []uuid.UUID, found []*outcome) error { return r.save(ctx, found) }
		if _, err := r.people(ctx, roster.People, keep); err != nil {
			return err
		}
	}
	if err := r.emptied(ctx); err != nil {
		return err
	}
	if err := r.size(ctx); err != nil {
		return err
	}
	r.plan.Outcome = base64.RawURLEncoding.EncodeToString(r.all.Sum(nil)[:18])
	r.plan.seal()
	r.plan.State = PlanReady
	return r.save(ctx, nil)
}

// newcomers plans the records that have no user yet. Those that meet somebody of their own batch
// come again, as the queue would bring them.
func (r *planner) newcomers(ctx context.Context, records []uuid.UUID) error {
	for rounds := 0; len(records) > 0; rounds++ {
		for batch := range slices.Chunk(records, planBatch) {
			found, err := r.batch(ctx, nil, batch)
			if err != nil {
				return err
			}
			r.plan.Done += int64(len(batch))
			if err := r.save(ctx, found); err != nil {
				return err
			}
		}
		if len(r.again) == len(records) && rounds > 0 {
			return nil // they wait for each other
		}
		records, r.again = r.again, nil
		r.plan.Done -= int64(len(records))
	}
	return nil
}

// batch settles some people in the world of the draft and returns what that would do to each, in
// order: newcomers by their records, then users by their ids.
func (r *planner) batch(ctx context.Context, users, records []uuid.UUID) (found []*outcome, err error) {
	err = r.d.store.Look(ctx, r.scope, func(tx Tx) error {
		found, err = r.settle(ctx, imaginedTx{tx, r.world, new(*Scene)}, Request{Users: users, Records: records})
		return err
	})
	return found, err
}

// settle is batch inside its look at the database.
func (r *planner) settle(ctx context.Context, tx imaginedTx, whom Request) ([]*outcome, error) {
	w := newWork(r.d, ctx, tx, r.scope, worker)
	w.settings, w.facts, w.foreign = r.world.settings, r.facts, r.pairs
	if action := r.plan.Draft.Retire; action != "" {
		w.retiring = &retiring{connector: r.plan.Connector, action: action}
	}
	seen := make(map[uuid.UUID]*outcome)
	// A conflict with a group is nobody's own: whoever opens or withdraws it has to be visited.
	var last *outcome
	foreign, withdrawn := 0, 0
	claim := func(next *outcome) {
		if last != nil && (len(w.changes.Foreign) > foreign || len(w.changes.Withdraw) > withdrawn) {
			last.touched = true
		}
		last, foreign, withdrawn = next, len(w.changes.Foreign), len(w.changes.Withdraw)
	}
	w.watch = func(p *Person, d *policy.Decision) {
		r.weigh(p)
		o := &outcome{before: p.User, person: p, PlanUser: PlanUser{User: p.User.ID}}
		if d != nil {
			o.Losses = w.losses(p, *d)
		}
		for _, c := range p.Open {
			o.open = append(o.open, c.ID)
		}
		seen[p.User.ID] = o
		claim(o)
	}
	told := make(map[uuid.UUID]*Linked)
	w.matches = r.tellsLinks(told)
	scene, err := w.load(whom)
	if err != nil {
		return nil, err
	}
	if err := w.settleScene(scene); err != nil {
		return nil, err
	}
	claim(nil)
	return r.sort(w, scene, seen, told), nil
}

// save writes a batch of the plan.
func (r *planner) save(ctx context.Context, found []*outcome) error {
	users := make([]PlanUser, len(found))
	var lines []PlanLine
	for i, o := range found {
		r.seq++
		r.plan.Counts.Visited++
		o.Seq = r.seq
		users[i] = o.PlanUser
		fmt.Fprintf(r.all, "%s %s %s\n", o.User, o.Record, o.Hash)
		for n, l := range o.lines {
			l.Place = placeOf(l.Detail.Loss, r.seq, n)
			lines = append(lines, l)
		}
	}
	r.plan.Beat = r.d.now()
	ours, err := r.d.store.SavePlan(ctx, r.plan, users, lines)
	if err == nil && !ours {
		return errSuperseded
	}
	return err
}

// emptied counts the groups that the plan leaves without a member.
func (r *planner) emptied(ctx context.Context) error {
	var groups []uuid.UUID
	for id := range r.lost {
		groups = append(groups, id)
	}
	for some := range slices.Chunk(groups, 1000) {
		sizes, err := r.d.store.GroupSizes(ctx, r.plan.Directory, some)
		if err != nil {
			return err
		}
		for _, id := range some {
			if n := sizes[id]; n > 0 && n+r.gains[id] <= 0 {
				r.plan.Counts.GroupsEmptied++
			}
		}
	}
	return nil
}
