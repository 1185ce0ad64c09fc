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
// and its application, by planning once more whom it has not visited and settling whoever is left;
// what they would lose is confirmed by nobody. Then it is done.
const (
	jobBatch = 200 // its people are locked, and the database busy, while it is settled
	jobSmall = 25  // when a batch fails: to keep one bad person from the others

	// Rests after a batch, as shares of the time that it took.
	jobRest   = 0.5
	briefRest = 0.25 // where less is locked
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
	d.clean(ctx)
	for {
		if err := d.workJobs(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("carrying on jobs", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		case <-clean.C:
			d.clean(ctx)
		}
	}
}

// clean deletes whatever's time is over: old plans, deleted users, removed directories.
func (d *Directory) clean(ctx context.Context) {
	if err := d.CleanPlans(ctx); err != nil && ctx.Err() == nil {
		d.log.Error("deleting old plans", "error", err)
	}
	if err := d.Purge(ctx); err != nil && ctx.Err() == nil {
		d.log.Error("purging what was deleted long enough ago", "error", err)
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
		began := time.Now()
		switch ours, err := d.stepJob(ctx, &j); {
		case err != nil:
			return err
		case !ours, j.State != JobRunning:
			return nil
		}
		if j.Total > jobsInline {
			makeRoom(ctx, began, jobRest)
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

// makeRoom rests after a batch, for a share of the time that it took, so that requests have theirs.
func makeRoom(ctx context.Context, began time.Time, share float64) {
	pause(ctx, time.Duration(share*float64(time.Since(began))))
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
			if c := w.settings.Connectors[now.Connector]; c != nil && now.Draft.Mode == tenants.Live {
				w.changes.AdvanceRest = &AdvanceRest{Connector: c.ID, Always: alwaysNames(c.Rules), Renames: c.Policy.Rules.RenamesGroups()}
			}
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
	if j.Draft.Mode == tenants.Live && !j.Checking {
		w.tx = advancingTx{w.tx, w, j.Connector}
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

// advancingTx is the transaction of a job that lets a connector go live: whatever it reads of the
// connector's records becomes what their IdP says, there and in the database. Those whom the job
// has not visited yet keep the views that they had.
type advancingTx struct {
	Tx
	work      *work
	connector uuid.UUID
}

func (t advancingTx) Load(ctx context.Context, r Request) (*Scene, error) {
	r.Advanced = t.connector
	scene, err := t.Tx.Load(ctx, r)
	if err != nil {
		return nil, err
	}
	advance := func(r *RecordRow) {
		if r.Connector == t.connector {
			r.advance()
			t.work.changes.AdvanceViews = append(t.work.changes.AdvanceViews, r.ID)
		}
	}
	for _, id := range sortedIDs(scene.Records) {
		advance(scene.Records[id])
	}
	for _, id := range sortedIDs(scene.People) {
		for _, r := range scene.People[id].Records {
			advance(r)
		}
	}
	if c := t.work.settings.Connectors[t.connector]; c != nil {
		naming, err := namingOf(ctx, t.Tx, t.connector, nil, c.Policy.Rules, true)
		if err == nil && naming != nil {
			err = naming.apply(ctx, t.Tx, t.connector, scene)
		}
		if err != nil {
			return nil, err
		}
	}
	return scene, nil
}
