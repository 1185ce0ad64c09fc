package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
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

// planner makes one plan: it settles everybody whom the connector's records concern in the world
// of the draft, batch by batch, and turns what would be written into lines. It saves nothing but
// the plan. What it keeps from batch to batch is the world's few words about newcomers, the facts
// of groups and a number for each group, so its memory does not follow the directory's size.
type planner struct {
	d     *Directory
	scope Scope
	plan  Plan
	world *world
	facts map[string]*GroupFact
	pairs map[Pair]*ForeignRow // conflicts with groups
	seq   int64
	all   hash.Hash         // of every person's outcome, in order
	moves bool              // the draft can move somebody
	times bool              // it can change when somebody is looked at again
	gains map[uuid.UUID]int // by group that exists: members it gains
	lost  map[uuid.UUID]bool
	made  map[uuid.UUID]bool // groups that the plan makes
	again []uuid.UUID        // newcomers that met somebody of their own batch
}

// outcome is what a plan does to one person.
type outcome struct {
	PlanUser
	lines   []PlanLine
	touched bool // something would be written, be it only a reason
	before  UserRow
	person  *Person
	linked  []uuid.UUID
	open    []uuid.UUID // conflicts
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
	return &planner{d: d, times: times, scope: scope, plan: p, world: w, facts: make(map[string]*GroupFact), pairs: make(map[Pair]*ForeignRow), all: sha256.New(), moves: p.Draft.moves(c),
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
		roster, err := r.d.store.Roster(ctx, r.plan.Directory, r.plan.Connector)
		if err != nil {
			return err
		}
		r.plan.Total = int64(len(roster.Newcomers) + len(roster.People))
		if err := r.newcomers(ctx, roster.Newcomers); err != nil {
			return err
		}
		if err := r.people(ctx, roster.People); err != nil {
			return err
		}
	}
	if err := r.emptied(ctx); err != nil {
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

// people plans the users of the connector's records, but for those whom newcomers led to. While
// one batch is settled the next is read.
func (r *planner) people(ctx context.Context, users []uuid.UUID) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	turn := make(chan struct{}) // closed when it is the next batch's
	close(turn)
	var results []chan error
	finish := func(keep int) (err error) {
		for len(results) > keep && err == nil {
			err = <-results[0]
			results = results[1:]
		}
		return err
	}
	for batch := range slices.Chunk(users, planBatch) {
		if err := finish(1); err != nil {
			return err
		}
		mine, next, result := turn, make(chan struct{}), make(chan error, 1)
		turn, results = next, append(results, result)
		go func() {
			result <- r.inTurn(ctx, batch, mine, next)
		}()
	}
	return finish(0)
}

// inTurn reads a batch of people at once, and plans it when its turn comes. The next one's comes
// only when this went well.
func (r *planner) inTurn(ctx context.Context, batch []uuid.UUID, mine <-chan struct{}, next chan<- struct{}) error {
	var found []*outcome
	err := r.d.store.Look(ctx, r.scope, func(tx Tx) error {
		whole := Request{Users: batch}
		if r.plan.Draft.Mode == tenants.Live {
			whole.Advanced = r.world.of
		}
		scene, err := tx.Load(ctx, whole)
		if err != nil {
			return err
		}
		select {
		case <-mine:
		case <-ctx.Done():
			return ctx.Err()
		}
		r.plan.Done += int64(len(batch))
		for _, id := range batch {
			if known := r.world.people[id]; known != nil && len(known.linked) > 0 {
				delete(scene.People, id)
			}
		}
		if len(scene.People) == 0 {
			return nil
		}
		found, err = r.settle(ctx, imaginedTx{tx, r.world, &scene}, Request{Users: batch})
		return err
	})
	if err == nil && len(found) > 0 {
		err = r.save(ctx, found)
	}
	if err == nil {
		close(next)
	}
	return err
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
	scene, err := w.load(whom)
	if err != nil {
		return nil, err
	}
	if err := w.settleScene(scene); err != nil {
		return nil, err
	}
	claim(nil)
	return r.sort(w, scene, seen), nil
}

// weigh counts what the connector supports of a person as it is now.
func (r *planner) weigh(p *Person) {
	if p.User.Status == policy.UserActive && slices.ContainsFunc(p.Records, func(rec *RecordRow) bool { return rec.Connector == r.plan.Connector }) {
		r.plan.Counts.Holds.Users++
	}
	for _, m := range p.Held {
		if slices.ContainsFunc(m.Supports, func(s Support) bool { return s.Connector == r.plan.Connector }) {
			r.plan.Counts.Holds.Memberships++
		}
	}
}

// sort shares what a batch would write among the people it is about.
func (r *planner) sort(w *work, scene *Scene, seen map[uuid.UUID]*outcome) []*outcome {
	var order []*outcome
	byRecord := make(map[uuid.UUID]*outcome)
	for _, id := range sortedIDs(scene.Records) {
		rec := scene.Records[id]
		o := seen[rec.User]
		if o == nil {
			o = &outcome{PlanUser: PlanUser{UserName: rec.document().UserName()}}
		}
		o.Record = id
		for _, c := range w.conflicts[id] {
			o.open = append(o.open, c.ID)
		}
		byRecord[id] = o
		if !slices.Contains(order, o) {
			order = append(order, o)
		}
	}
	for _, id := range sortedIDs(scene.People) {
		if o := seen[id]; o != nil && o.Record == uuid.Nil {
			order = append(order, o)
		}
	}
	for _, g := range w.changes.NewGroups {
		r.made[g.ID] = true
	}
	r.share(w.changes, seen, byRecord)
	for _, o := range order {
		o.touched = o.touched || slices.ContainsFunc(o.open, func(id uuid.UUID) bool { return slices.Contains(w.changes.Withdraw, id) })
	}
	kept := order[:0]
	for _, o := range order {
		if o.person == nil && slices.Contains(r.again, o.Record) {
			continue
		}
		r.finish(o)
		if o.touched {
			kept = append(kept, o)
		}
	}
	return kept
}

// share gives each change to the person it is about.
func (r *planner) share(c *Changes, seen, byRecord map[uuid.UUID]*outcome) {
	of := func(user, record uuid.UUID) *outcome {
		if o := seen[user]; o != nil {
			return o
		}
		if o := byRecord[record]; o != nil {
			return o
		}
		return &outcome{} // somebody whom a withdrawn conflict only names
	}
	for _, u := range c.NewUsers {
		of(u.ID, uuid.Nil).touched = true
	}
	for _, u := range c.Users {
		of(u.ID, uuid.Nil).touched = true
	}
	for _, rec := range c.Links {
		of(rec.User, rec.ID).touched = true
	}
	for _, m := range c.Hold {
		of(m.User, uuid.Nil).touched = true
	}
	for _, m := range c.Drop {
		of(m.User, uuid.Nil).touched = true
	}
	for _, x := range c.Conflicts {
		of(x.User, x.Record).touched = true
	}
	for _, q := range c.Queue {
		o := byRecord[q.Record]
		if o != nil && o.person == nil && !q.Due.After(c.TouchedAt) {
			r.again = append(r.again, q.Record)
			continue
		}
		if !r.times {
			continue // it is queued for that time already
		}
		if o != nil {
			o.touched = true
			continue
		}
		for _, o := range seen {
			if slices.ContainsFunc(o.person.Records, func(rec *RecordRow) bool { return rec.ID == q.Record }) {
				o.touched = true
			}
		}
	}
	for _, e := range c.Events {
		o := of(e.User, e.Record)
		if e.Action == "directory.conflict.opened" {
			r.plan.Counts.Ambiguous++
		}
		if e.Action == "directory.user.linked" {
			o.linked = append(o.linked, e.Record)
		}
		o.lines = append(o.lines, r.linesOf(e)...)
	}
}

// finish puts an outcome's words in order, counts it, and lets the world remember it.
func (r *planner) finish(o *outcome) {
	if o.person != nil {
		o.UserName = o.person.User.UserName
		if o.before.Version == 0 {
			o.User = uuid.Nil
			if o.Record != uuid.Nil {
				o.linked = append(o.linked, o.Record)
			}
		}
		r.world.note(o.before, o.person, o.linked)
	}
	for i := range o.lines {
		l := &o.lines[i]
		l.User, l.UserName = o.User, o.UserName
		if l.Op == OpUpdateUser {
			l.Detail.Loss = slices.ContainsFunc(o.Losses, func(l Loss) bool { return l.Kind == LossKey })
		}
		r.count(l)
	}
	for _, l := range o.Losses {
		switch l.Kind {
		case LossMembership:
			r.plan.Counts.Losses.Memberships++
		case LossKey:
			r.plan.Counts.Losses.Keys++
		default:
			r.plan.Counts.Losses.Users++
		}
	}
	o.Hash = hashOf(o.lines)
	o.person = nil // its documents are not needed any more
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

// makePlan makes a plan from its row, anew when the settings move under it, and says how it ended.
func (d *Directory) makePlan(ctx context.Context, p Plan) (Plan, error) {
	ctx, cancel := context.WithTimeout(ctx, planAtMost)
	defer cancel()
	var err error
	for range planTries {
		var r *planner
		if r, err = d.newPlanner(ctx, p); err != nil {
			break
		}
		if err = r.run(ctx); err == nil {
			return r.plan, nil
		}
		if !errors.Is(err, errMoved) {
			break
		}
	}
	failed := p
	failed.State, failed.Problem, failed.Beat = PlanFailed, planProblem(err), d.now()
	if _, saving := d.store.SavePlan(context.WithoutCancel(ctx), failed, nil, nil); saving != nil {
		err = errors.Join(err, saving)
	}
	return failed, err
}

// planProblem is what an administrator reads about a plan that could not be made.
func planProblem(err error) string {
	switch {
	case errors.Is(err, errMoved):
		return "rules, modes or settings of the directory kept changing while it was made; make it again"
	case errors.Is(err, errSuperseded):
		return "a newer plan of the connector took its place"
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return "the server stopped, or it took too long; make it again"
	}
	return "something went wrong on our side; the server's log says more. Make it again"
}
