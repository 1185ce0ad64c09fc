package directory

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// CreatePlan plans a draft of a connector. It returns when the plan is made, or after wait with a
// plan that is still running; a wait of zero is as long as it takes. A newer plan of a connector
// takes a running one's place.
func (d *Directory) CreatePlan(ctx context.Context, by Admin, connector string, draft Draft, wait time.Duration) (Plan, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return Plan{}, err
	}
	return d.plan(ctx, by, c, draft, wait)
}

func (d *Directory) plan(ctx context.Context, by Admin, c *Connector, draft Draft, wait time.Duration) (Plan, error) {
	if err := draft.check(c); err != nil {
		return Plan{}, err
	}
	p, err := d.inBackground(ctx, d.newPlan(by, c, draft, PlanRunning), wait)
	return p.measured(c), err
}

// newPlan is the row of a plan that is about to be made.
func (d *Directory) newPlan(by Admin, c *Connector, draft Draft, state PlanState) Plan {
	now := d.now()
	return Plan{ID: newID(), Directory: c.DirectoryID, Connector: c.ID, Draft: draft, State: state, Mode: c.Mode,
		RulesVersion: c.RulesVersion, Actor: by.ID, Created: now, Beat: now}
}

// inBackground makes a plan and waits for it, at most so long. The making goes on when the
// caller's context ends, unless it was to wait for the end.
func (d *Directory) inBackground(ctx context.Context, p Plan, wait time.Duration) (Plan, error) {
	if wait == 0 {
		return d.made(d.makePlan(ctx, p))
	}
	if err := d.store.BeginPlan(ctx, p); err != nil { // whoever asks for it finds it from now on
		return Plan{}, err
	}
	type result struct {
		plan Plan
		err  error
	}
	done := make(chan result, 1)
	go func() {
		made, err := d.makePlan(context.WithoutCancel(ctx), p)
		if err != nil && !errors.Is(err, errSuperseded) {
			d.log.Error("making a plan", "plan", p.ID, "error", err)
		}
		done <- result{made, err}
	}()
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case r := <-done:
		return d.made(r.plan, r.err)
	case <-timer.C:
		return d.store.Plan(ctx, p.Directory, p.ID)
	case <-ctx.Done():
		return Plan{}, ctx.Err()
	}
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

// made turns the errors that an administrator can do something about into words.
func (d *Directory) made(p Plan, err error) (Plan, error) {
	switch {
	case errors.Is(err, errSuperseded):
		return p, &RefusedError{Code: "planSuperseded", Detail: "somebody made a newer plan of this connector meanwhile; look at that one, or make yours again"}
	case errors.Is(err, errMoved):
		return p, &RefusedError{Code: "planUnsettled", Detail: planProblem(err)}
	}
	return p, err
}

// LivePlan is the plan of going live of a connector that is not. It is made anew when something
// that it was made on has changed since, or somebody's request came after it.
func (d *Directory) LivePlan(ctx context.Context, by Admin, connector string, wait time.Duration) (Plan, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return Plan{}, err
	}
	if c.Mode == tenants.Live {
		return Plan{}, &RefusedError{Code: "alreadyLive", Detail: fmt.Sprintf("%s is live already; there is nothing to plan", c.Slug)}
	}
	plans, err := d.store.Plans(ctx, c.DirectoryID, c.ID)
	if err != nil {
		return Plan{}, err
	}
	for _, p := range plans {
		if p.Draft.Mode != tenants.Live || p.State == PlanApplied || p.State == PlanFailed {
			continue
		}
		if p, err = d.planOf(ctx, c, p.ID); err != nil {
			return Plan{}, err
		}
		old, err := d.outdated(ctx, c, p)
		switch {
		case err != nil:
			return Plan{}, err
		case p.State == PlanRunning, p.State == PlanReady && !old:
			return p, nil
		case p.State == PlanReady:
			p, err = d.again(ctx, p, wait)
			return p.measured(c), err
		}
	}
	return d.plan(ctx, by, c, Draft{Mode: tenants.Live}, wait)
}

// outdated says whether the connector's IdP has said something since a plan was begun, or the
// rules moved.
func (d *Directory) outdated(ctx context.Context, c *Connector, p Plan) (bool, error) {
	if p.Stale {
		return true, nil
	}
	newest, err := d.store.Heard(ctx, c.DirectoryID, c.ID)
	return newest > p.Heard, err
}

// again makes a plan anew under its id.
func (d *Directory) again(ctx context.Context, p Plan, wait time.Duration) (Plan, error) {
	p.State, p.Stale, p.Created, p.Beat = PlanRunning, false, d.now(), d.now()
	return d.inBackground(ctx, p, wait)
}

// CleanPlans deletes the plans that have been kept long enough.
func (d *Directory) CleanPlans(ctx context.Context) error {
	return d.store.DropPlans(ctx, d.now().Add(-planKept))
}

// verify runs a plan's people through the planner again and returns those whose outcome is
// another one than the plan says. The settings are those that hold now; their epoch is returned.
func (d *Directory) verify(ctx context.Context, p Plan) (stale PlanStaleError, epoch int64, err error) {
	for range planTries {
		if stale, epoch, err = d.verifyOnce(ctx, p); !errors.Is(err, errMoved) {
			return stale, epoch, err
		}
	}
	return stale, epoch, &RefusedError{Code: "planUnsettled", Detail: planProblem(err)}
}

const staleShown = 50 // of those whose outcome differs

func (d *Directory) verifyOnce(ctx context.Context, p Plan) (stale PlanStaleError, epoch int64, err error) {
	r, err := d.newPlanner(ctx, p)
	if err != nil {
		return stale, 0, err
	}
	compare := func(row PlanUser, o *outcome) {
		if o == nil {
			o = &outcome{}
		}
		if o.Hash != row.Hash && len(stale.Users) < staleShown {
			stale.Users = append(stale.Users, row)
			stale.Lines = append(stale.Lines, o.lines...)
		}
	}
	rows := make(map[uuid.UUID]PlanUser) // of those who have a user: they come behind all newcomers
	var users []uuid.UUID
	for after := int64(0); ; {
		some, err := d.store.PlanUsers(ctx, p.Directory, p.ID, after, planBatch)
		if err != nil {
			return stale, 0, err
		}
		if len(some) == 0 {
			break
		}
		after = some[len(some)-1].Seq
		have, records := visited(some)
		users = append(users, have...)
		now, err := r.newcomersNow(ctx, records)
		if err != nil {
			return stale, 0, err
		}
		for _, row := range some {
			if row.Record != uuid.Nil {
				compare(row, now[row.Record])
				continue
			}
			row.Losses = nil // there can be very many
			rows[row.User] = row
		}
	}
	_, err = r.people(ctx, users, func(batch []uuid.UUID, found []*outcome) error {
		now := byKey(found)
		for _, id := range batch {
			compare(rows[id], now[id])
		}
		return nil
	})
	return stale, r.world.settings.Epoch, err
}

// newcomersNow are the outcomes of some newcomers, each by its record.
func (r *planner) newcomersNow(ctx context.Context, records []uuid.UUID) (map[uuid.UUID]*outcome, error) {
	if len(records) == 0 {
		return nil, nil
	}
	found, err := r.batch(ctx, nil, records)
	for err == nil && len(r.again) > 0 && len(r.again) < len(records) { // as newcomers brings them
		var more []*outcome
		records, r.again = r.again, nil
		more, err = r.batch(ctx, nil, records)
		found = append(found, more...)
	}
	r.again = nil
	return byKey(found), err
}

func byKey(found []*outcome) map[uuid.UUID]*outcome {
	m := make(map[uuid.UUID]*outcome, len(found))
	for _, o := range found {
		m[o.key()] = o
	}
	return m
}

// key is what a person of a plan is known by: the record while it is a newcomer's.
func (u PlanUser) key() uuid.UUID {
	if u.Record != uuid.Nil {
		return u.Record
	}
	return u.User
}

// visited are the users and the newcomers' records among a plan's people.
func visited(rows []PlanUser) (users, records []uuid.UUID) {
	for _, row := range rows {
		if row.Record != uuid.Nil {
			records = append(records, row.Record)
		} else {
			users = append(users, row.User)
		}
	}
	return users, records
}
