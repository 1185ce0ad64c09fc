package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

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
			if err := w.restore(by, c, now); err != nil {
				return err
			}
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
func (w *work) restore(by Admin, c *Connector, j *Job) error {
	comment := "job " + j.ID.String() + " was cancelled"
	switch {
	case j.Draft.Rules != nil && sameRules(c.Rules, *j.Draft.Rules):
		if err := by.mayReplace(c.Rules, j.Former.Rules); err != nil {
			return err
		}
		w.changes.Connector = &ConnectorChange{ID: c.ID, At: w.now, Rules: j.Former.Rules, Always: alwaysNames(*j.Former.Rules), By: w.by.id, Comment: comment}
		w.event("connector.rules.changed", EventRow{Connector: c.ID, Changes: map[string]any{"version": c.RulesVersion + 1, "before": c.Rules, "after": j.Former.Rules, "comment": comment}})
	case j.Draft.Mode == tenants.Live && c.Mode == tenants.Live:
		w.changes.Connector = &ConnectorChange{ID: c.ID, At: w.now, Mode: j.Former.Mode, Always: alwaysNames(c.Rules)}
		w.event("connector.mode.changed", EventRow{Connector: c.ID, Changes: map[string]any{"before": c.Mode, "after": j.Former.Mode, "comment": comment}})
	}
	return nil
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
