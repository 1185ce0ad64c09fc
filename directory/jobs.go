package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// A job visits the people of the plan that it applies, in batches of one transaction each, with
// its place in the same transaction: killed anywhere, any process goes on behind the last batch
// that is durable. When all are visited it looks for those whom requests changed between the plan
// and its application, by planning the connector once more and settling whoever is left; what
// they would lose is confirmed by nobody. Then it is done.
const (
	jobBatch = 500
	jobSmall = 25 // when a batch fails: to keep one bad person from the others
)

// ReadJob reads a job.
func (d *Directory) ReadJob(ctx context.Context, id uuid.UUID) (Job, error) {
	return d.store.Job(ctx, id)
}

// Jobs lists jobs, the newest first.
func (d *Directory) Jobs(ctx context.Context, l Listing) (Page[Job], error) {
	return d.store.Jobs(ctx, l)
}

// work carries on jobs, beside the queue, until ctx ends, and now and then deletes old plans.
func (d *Directory) work(ctx context.Context) {
	poll, clean := time.NewTicker(pollInterval), time.NewTicker(time.Hour)
	defer poll.Stop()
	defer clean.Stop()
	for {
		if err := d.workJobs(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("carrying on jobs", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		case <-clean.C:
			if err := d.CleanPlans(ctx); err != nil && ctx.Err() == nil {
				d.log.Error("deleting old plans", "error", err)
			}
		}
	}
}

// workJobs carries on every job that is not finished.
func (d *Directory) workJobs(ctx context.Context) error {
	jobs, err := d.store.RunningJobs(ctx)
	if err != nil {
		return fmt.Errorf("looking for jobs: %w", err)
	}
	var all error
	for _, j := range jobs { // one job's trouble keeps no other from it
		if err := d.runJob(ctx, j); err != nil {
			all = errors.Join(all, fmt.Errorf("job %s: %w", j.ID, err))
		}
	}
	return all
}

// runJob carries a job on until it is finished, or another process has it.
func (d *Directory) runJob(ctx context.Context, j Job) error {
	for {
		switch ours, err := d.stepJob(ctx, &j); {
		case err != nil:
			return err
		case !ours, j.State != JobRunning:
			return nil
		}
		if j.Checking {
			return d.checkJob(ctx, j)
		}
	}
}

// finishJobs waits for a directory's running job, and works on it meanwhile.
func (d *Directory) finishJobs(ctx context.Context, directory uuid.UUID) error {
	until := time.Now().Add(helpFor)
	for {
		jobs, err := d.store.RunningJobs(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(jobs, func(j Job) bool { return j.Directory == directory })
		switch {
		case i < 0:
			return nil
		case time.Now().After(until):
			return errJobRunning
		case jobs[i].Total-jobs[i].Done > 20*jobsInline:
			return errJobRunning // it would take longer than anybody waits
		}
		before := jobs[i].At
		if err := d.runJob(ctx, jobs[i]); err != nil {
			return err
		}
		if now, err := d.store.Job(ctx, jobs[i].ID); err != nil {
			return err
		} else if now.State == JobRunning && now.At == before {
			pause(ctx, helpPause)
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// stepJob visits the next people of a job. ours is false when another process has the job, or it
// is over. A batch that fails is tried smaller; one person that fails alone is left to the queue.
func (d *Directory) stepJob(ctx context.Context, j *Job) (ours bool, err error) {
	for _, limit := range []int{jobBatch, jobSmall, 1} {
		if ours, err = d.visit(ctx, j, limit, d.settleVisited); err == nil || ctx.Err() != nil {
			return ours, err
		}
	}
	cause := err
	return d.visit(ctx, j, 1, func(w *work, j *Job, rows []PlanUser) error {
		for _, row := range rows {
			j.Failed++
			d.log.Error("a job could not settle a person; it is left to the queue", "job", j.ID, "user", row.User, "record", row.Record, "error", cause)
			j.Problem = "some people could not be settled; the server's log says more, and they are tried again"
			d.putOff(w, j, row.User, row.Record)
		}
		return nil
	})
}

// putOff leaves a person to the queue.
func (d *Directory) putOff(w *work, j *Job, user, record uuid.UUID) {
	later := func(connector, record uuid.UUID) {
		w.changes.Queue = append(w.changes.Queue, QueueRow{Connector: connector, Record: record, Due: w.now.Add(putOff)})
	}
	if record != uuid.Nil {
		later(j.Connector, record)
		return
	}
	err := d.store.Look(w.ctx, w.scope, func(tx Tx) error {
		scene, err := tx.Load(w.ctx, Request{Users: []uuid.UUID{user}})
		if err != nil {
			return err
		}
		if p := scene.People[user]; p != nil && len(p.Records) > 0 {
			later(p.Records[0].Connector, p.Records[0].ID)
		}
		return nil
	})
	if err != nil {
		d.log.Error("a person of a job could not even be read; plan the rules again", "job", j.ID, "user", user, "error", err)
	}
}

// visit takes the next people of a job and lets settle settle them, in one transaction with the
// job's progress.
func (d *Directory) visit(ctx context.Context, j *Job, limit int, settle func(*work, *Job, []PlanUser) error) (ours bool, err error) {
	var now Job
	err = d.change(ctx, Scope{Directory: j.Directory}, j.actor(), func(w *work) error {
		taken, err := w.tx.TakeJob(ctx, j.ID, false)
		if ours = err == nil && taken != nil; !ours {
			return err
		}
		now = *taken
		now.Beat = w.now
		rows, err := w.tx.JobUsers(ctx, now.Plan, now.At, limit)
		if err != nil {
			return err
		}
		if len(rows) == 0 {
			now.Checking = true
		} else {
			if err := settle(w, &now, rows); err != nil {
				return err
			}
			now.At = rows[len(rows)-1].Seq
			now.Done += int64(len(rows))
		}
		w.changes.Job = &now
		return nil
	})
	if err == nil && ours {
		*j = now
	}
	return ours, err
}

func (j *Job) actor() actor { return actor{kind: "admin", id: j.Actor, request: j.ID.String()} }

// settleVisited settles people of a job's plan. What the plan says they lose is confirmed.
func (d *Directory) settleVisited(w *work, j *Job, rows []PlanUser) error {
	users, records := visited(rows)
	return w.settleFor(j, users, records, rows)
}

// settleFor settles people of a job's connector by the rules that hold now.
func (w *work) settleFor(j *Job, users, records []uuid.UUID, rows []PlanUser) error {
	w.confirmed = make(confirmed)
	for _, row := range rows {
		if row.User == uuid.Nil || len(row.Losses) == 0 {
			continue
		}
		agreed := make(map[Loss]bool, len(row.Losses))
		for _, l := range row.Losses {
			agreed[Loss{Kind: l.Kind, Subject: l.Subject}] = true
		}
		w.confirmed[row.User] = agreed
	}
	scene, err := w.load(Request{Users: users, Records: records, GroupKeys: w.allNames()})
	if err != nil {
		return err
	}
	if action := j.Draft.Retire; action != "" {
		w.retiring = &retiring{connector: j.Connector, action: action}
		w.buryRecords(scene)
	}
	return w.settleScene(scene)
}

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
// those whom it would change to settle, batch by batch.
func (d *Directory) leftOver(ctx context.Context, j Job, settle func(users, records []uuid.UUID) error, beat func() error) error {
	roster, err := d.store.Roster(ctx, j.Directory, j.Connector)
	if err != nil {
		return err
	}
	draft := Draft{}
	if j.Draft.Retire != "" {
		draft = j.Draft
	}
	r, err := d.newPlanner(ctx, Plan{ID: newID(), Directory: j.Directory, Connector: j.Connector, Draft: draft})
	if err != nil {
		return err
	}
	look := func(users, records []uuid.UUID) error {
		found, err := r.batch(ctx, users, records)
		if errors.Is(err, errMoved) { // somebody changed settings: what they do is theirs to settle
			if r, err = d.newPlanner(ctx, r.plan); err == nil {
				found, err = r.batch(ctx, users, records)
			}
		}
		if err != nil || len(found) == 0 {
			return err
		}
		users, records = nil, nil
		for _, o := range found {
			if o.Record != uuid.Nil {
				records = append(records, o.Record)
			} else {
				users = append(users, o.User)
			}
		}
		return settle(users, records)
	}
	for batch := range slices.Chunk(roster.Newcomers, planBatch) {
		if err := look(nil, batch); err != nil {
			return err
		}
		if err := beat(); err != nil {
			return err
		}
	}
	for batch := range slices.Chunk(roster.People, planBatch) {
		if err := look(batch, nil); err != nil {
			return err
		}
		if err := beat(); err != nil {
			return err
		}
	}
	return nil
}

// touchJob changes the row of a running job. One that is over stays as it is.
func (d *Directory) touchJob(ctx context.Context, j Job, f func(*Job)) error {
	return d.change(ctx, Scope{Directory: j.Directory}, j.actor(), func(w *work) error {
		now, err := w.tx.TakeJob(ctx, j.ID, true)
		if err != nil || now == nil {
			return err
		}
		f(now)
		w.changes.Job = now
		if now.State == JobDone {
			if now.Draft.Retire != "" {
				w.changes.BuryAll = now.Connector
			}
			w.event("connector.job.done", EventRow{Connector: now.Connector, Changes: map[string]any{"job": now.ID, "plan": now.Plan, "visited": now.Done, "failed": now.Failed}})
		}
		return nil
	})
}

// CancelJob stops a running job and gives the connector the rules and the mode that it had; those
// who were visited already stay as they are. The job's way back is a plan that would settle them
// by the former rules again. A retirement cannot be taken back: it only stops.
func (d *Directory) CancelJob(ctx context.Context, by Admin, id uuid.UUID, comment string) (Job, error) {
	j, err := d.store.Job(ctx, id)
	if err != nil {
		return Job{}, err
	}
	over := func(j Job) error {
		return &RefusedError{Code: "jobOver", Detail: fmt.Sprintf("this job is %s already; plan the former rules to go back", j.State)}
	}
	err = d.change(ctx, Scope{Directory: j.Directory}, by.actor(), func(w *work) error {
		now, err := w.tx.TakeJob(ctx, id, true)
		if err != nil {
			return err
		}
		if now == nil {
			return over(j)
		}
		if _, err := w.load(Request{Exclusive: true}); err != nil {
			return err
		}
		now.State, now.Finished, now.Beat = JobCancelled, w.now, w.now
		if c := w.settings.Connectors[now.Connector]; c != nil {
			w.restore(c, now)
		}
		w.changes.Job = now
		w.event("connector.job.cancelled", EventRow{Connector: now.Connector, Changes: map[string]any{"job": now.ID, "plan": now.Plan, "visited": now.Done, "comment": comment}})
		j = *now
		return nil
	})
	if err != nil || j.Draft.Rules == nil || j.Former.Rules == nil {
		return j, err
	}
	return d.offerWayBack(ctx, by, j)
}

// restore gives a connector what a job replaced.
func (w *work) restore(c *Connector, j *Job) {
	comment := "job " + j.ID.String() + " was cancelled"
	switch {
	case j.Draft.Rules != nil && sameRules(c.Rules, *j.Draft.Rules):
		w.changes.Connector = &ConnectorChange{ID: c.ID, At: w.now, Rules: j.Former.Rules, Always: alwaysNames(*j.Former.Rules), By: w.by.id, Comment: comment}
		w.event("connector.rules.changed", EventRow{Connector: c.ID, Changes: map[string]any{"version": c.RulesVersion + 1, "before": c.Rules, "after": j.Former.Rules, "comment": comment}})
	case j.Draft.Mode == tenants.Live && c.Mode == tenants.Live:
		w.changes.Connector = &ConnectorChange{ID: c.ID, At: w.now, Mode: j.Former.Mode, Always: alwaysNames(c.Rules)}
		w.event("connector.mode.changed", EventRow{Connector: c.ID, Changes: map[string]any{"before": c.Mode, "after": j.Former.Mode, "comment": comment}})
	}
}

// offerWayBack plans the rules that a cancelled job had replaced.
func (d *Directory) offerWayBack(ctx context.Context, by Admin, j Job) (Job, error) {
	c, err := d.connector(ctx, j.Slug)
	if err != nil {
		return j, err
	}
	p := d.newPlan(by, c, Draft{Rules: j.Former.Rules}, PlanRunning)
	j.WayBack = p.ID
	err = d.store.Write(ctx, Scope{Directory: j.Directory}, func(tx Tx) error {
		tx.Save(&Changes{Job: &j, TouchedAt: d.now()})
		return nil
	})
	if err != nil {
		return j, err
	}
	_, err = d.inBackground(ctx, p, time.Second)
	return j, err
}

// RuleVersions lists every set of rules that a connector had, the newest first.
func (d *Directory) RuleVersions(ctx context.Context, connector string, l Listing) (Page[RuleVersion], error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return Page[RuleVersion]{}, err
	}
	return d.store.RuleVersions(ctx, c.DirectoryID, c.ID, l)
}

// RuleVersion reads one set of rules that a connector had. Planning them is the way back to them.
func (d *Directory) RuleVersion(ctx context.Context, connector string, version int64) (RuleVersion, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return RuleVersion{}, err
	}
	return d.store.RuleVersion(ctx, c.DirectoryID, c.ID, version)
}
