package directory

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/google/uuid"
)

// checkJob settles whom the plan does not name and the new rules concern all the same, and
// finishes the job.
func (d *Directory) checkJob(ctx context.Context, j Job) error {
	beat := d.now()
	err := d.leftOver(ctx, j, func(users, records []uuid.UUID) error { return d.settleLeft(ctx, j, users, records) }, func() error {
		if d.now().Sub(beat) < planSilence/4 {
			return nil
		}
		beat = d.now()
		return d.touchJob(ctx, j, func(now *Job) { now.Beat = beat })
	})
	if err != nil {
		return err
	}
	return d.touchJob(ctx, j, func(now *Job) { now.State, now.Finished = JobDone, d.now() })
}

// settleLeft settles people of a job's connector whom its plan does not name: all at once, and
// when that fails one by one. Who fails alone is in the queue already, or comes to it.
func (d *Directory) settleLeft(ctx context.Context, j Job, users, records []uuid.UUID) error {
	settle := func(users, records []uuid.UUID) error {
		return d.change(ctx, Scope{Directory: j.Directory}, j.actor(), func(w *work) error {
			return w.settleFor(&j, users, records, nil)
		})
	}
	err := settle(users, records)
	if err == nil || ctx.Err() != nil {
		return err
	}
	one := func(user, record uuid.UUID, users, records []uuid.UUID) error {
		if err := settle(users, records); err == nil || ctx.Err() != nil {
			return err
		}
		d.log.Error("a job could not settle a person; it is left to the queue", "job", j.ID, "user", user, "record", record, "error", err)
		return d.change(ctx, Scope{Directory: j.Directory}, j.actor(), func(w *work) error {
			d.putOff(w, &j, user, record)
			return nil
		})
	}
	for _, id := range records {
		if err := one(uuid.Nil, id, nil, []uuid.UUID{id}); err != nil {
			return err
		}
	}
	for _, id := range users {
		if err := one(id, uuid.Nil, []uuid.UUID{id}, nil); err != nil {
			return err
		}
	}
	return nil
}

// leftOver plans what the connector's draft still would do, now that it is applied, and gives
// those whom it would change to settle, batch by batch. beat hears of every batch.
func (d *Directory) leftOver(ctx context.Context, j Job, settle func(users, records []uuid.UUID) error, beat func() error) error {
	roster, err := d.leftRoster(ctx, j)
	if err != nil {
		return err
	}
	draft := Draft{}
	if j.Draft.Retire != "" {
		draft = j.Draft
	}
	plan := Plan{ID: newID(), Directory: j.Directory, Connector: j.Connector, Draft: draft}
	awaited := j.Total <= jobsInline // whoever changed the rules may be waiting
	begin := func() (*planner, error) {
		r, err := d.newPlanner(ctx, plan)
		if err == nil && !awaited {
			r.ahead = 0
		}
		return r, err
	}
	r, err := begin()
	if err != nil {
		return err
	}
	began := time.Now()
	then := func(_ []uuid.UUID, found []*outcome) error {
		var users, records []uuid.UUID
		for _, o := range found {
			if o.Record != uuid.Nil {
				records = append(records, o.Record)
			} else {
				users = append(users, o.User)
			}
		}
		if len(found) > 0 {
			if err := settle(users, records); err != nil {
				return err
			}
		}
		if !awaited {
			makeRoom(ctx, began, briefRest)
		}
		began = time.Now()
		return beat()
	}
	for batch := range slices.Chunk(roster.Newcomers, planBatch) {
		found, err := r.batch(ctx, nil, batch)
		if errors.Is(err, errMoved) { // somebody changed settings: what they do is theirs to settle
			if r, err = begin(); err == nil {
				found, err = r.batch(ctx, nil, batch)
			}
		}
		if err == nil {
			err = then(batch, found)
		}
		if err != nil {
			return err
		}
	}
	for people := roster.People; ; {
		done, err := r.people(ctx, people, then)
		if !errors.Is(err, errMoved) {
			return err
		}
		people = people[done:]
		if r, err = begin(); err != nil {
			return err
		}
	}
}

// seen are the users and records whom the job has visited. They follow the draft since then,
// whatever requests do.
func (d *Directory) seen(ctx context.Context, j Job) (map[uuid.UUID]bool, error) {
	seen := make(map[uuid.UUID]bool, j.Total)
	for after := int64(0); ; {
		rows, err := d.store.PlanUsers(ctx, j.Directory, j.Plan, after, 10*planBatch)
		if err != nil || len(rows) == 0 {
			return seen, err
		}
		for _, row := range rows {
			seen[row.key()] = true
		}
		after = rows[len(rows)-1].Seq
	}
}
