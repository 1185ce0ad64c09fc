package directory

import (
	"bytes"
	"context"
	"errors"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// errJobRunning says that another job of the directory is not finished. storage answers it when
// two begin at once.
var errJobRunning = &RefusedError{Code: "jobRunning", Detail: "another change of rules is still being carried out in this directory; wait until its job is done (GET /api/v1/jobs), or cancel it"}

// ErrJobRunning is what Write returns when a directory would get a second running job.
var ErrJobRunning error = errJobRunning

const (
	helpFor    = 10 * time.Second      // how long a change waits for the job before it
	helpPause  = 20 * time.Millisecond // between looks at a job that another process works on
	jobsInline = 500                   // people: so few are visited before the answer
)

// ApplyPlan carries out a plan as a job. hash is the plan's as whoever decided has seen it. When
// the plan's outcome is another one by now, nothing happens: the answer is a *PlanStaleError and
// the plan is made anew.
func (d *Directory) ApplyPlan(ctx context.Context, by Admin, connector string, id uuid.UUID, hash, comment string) (Job, error) {
	c, err := d.connector(ctx, connector)
	if err != nil {
		return Job{}, err
	}
	p, err := d.planOf(ctx, c, id)
	if err != nil {
		return Job{}, err
	}
	switch {
	case p.State == PlanApplied:
		return Job{}, &RefusedError{Code: "planApplied", Detail: "this plan is applied already; make a new one"}
	case p.State == PlanFailed:
		return Job{}, &RefusedError{Code: "planFailed", Detail: p.Problem}
	case p.State != PlanReady:
		return Job{}, &RefusedError{Code: "planRunning", Detail: "the plan is still being made; wait until its state is ready"}
	case p.Hash != hash:
		return Job{}, &PlanStaleError{Hash: p.Hash}
	case p.Counts.loses() && comment == "":
		return Job{}, &RefusedError{Code: "commentRequired", Detail: "this plan takes something from people: say in comment why, for whoever reads the audit later"}
	}
	return d.apply(ctx, by, p, comment)
}

// loses says whether the plan has a line that takes something away.
func (c Counts) loses() bool {
	return c.MembershipsRemoved+c.UsersDisabled+c.UsersDeleted+c.Losses.Sum() > 0
}

// apply checks that a plan's outcome still is what it says, and makes it a job.
func (d *Directory) apply(ctx context.Context, by Admin, p Plan, comment string) (Job, error) {
	var job Job
	err := inItsTurn(ctx, func() error {
		if err := d.finishJobs(ctx, p.Directory); err != nil {
			return err
		}
		stale, epoch, err := d.verify(ctx, p)
		if err != nil {
			return err
		}
		if len(stale.Users) > 0 {
			if _, err := d.again(ctx, p, time.Nanosecond); err != nil {
				return err
			}
			return &stale
		}
		if epoch != p.Epoch {
			if p, err = d.agree(ctx, p); err != nil {
				return err
			}
		}
		job, err = d.begin(ctx, by, p, comment)
		return err
	})
	return job, err
}

// inItsTurn runs f again while another change of rules or settings came before it, as long as
// anybody waits.
func inItsTurn(ctx context.Context, f func() error) error {
	for until := time.Now().Add(helpFor); ; pause(ctx, helpPause) {
		err := f()
		switch {
		case !errors.Is(err, errMoved):
			return err
		case ctx.Err() != nil:
			return ctx.Err()
		case time.Now().After(until):
			return errJobRunning
		}
	}
}

// agree makes a plan anew because the settings have moved, and returns it when it still comes to
// the same for everybody, and takes back no change of the rules that came between.
func (d *Directory) agree(ctx context.Context, p Plan) (Plan, error) {
	outcome, version := p.Outcome, p.RulesVersion
	now, err := d.again(ctx, p, 0)
	switch {
	case err != nil:
		return p, err
	case p.Draft.Rules != nil && now.RulesVersion != version:
		return p, &PlanStaleError{Hash: now.Hash, RulesVersion: now.RulesVersion}
	case now.Outcome != outcome:
		return p, &PlanStaleError{Hash: now.Hash}
	}
	return now, nil
}

// begin writes the change of rules or mode and the job that settles the plan's people by it. When
// somebody else's change came first it does nothing and returns errMoved.
func (d *Directory) begin(ctx context.Context, by Admin, p Plan, comment string) (Job, error) {
	var job Job
	err := d.change(ctx, Scope{Directory: p.Directory, Connector: p.Connector}, by.actor(), func(w *work) error {
		scene, err := w.load(Request{Exclusive: true, CountGroups: p.Draft.Mode == tenants.Live})
		if err != nil {
			return err
		}
		now := w.settings.Connectors[p.Connector]
		if now == nil {
			return ErrNotFound
		}
		if !p.madeOn(w.settings) {
			return errMoved
		}
		if err := by.mayReplace(now.Rules, p.Draft.Rules); err != nil {
			return err
		}
		job = Job{ID: newID(), Directory: p.Directory, Connector: p.Connector, Plan: p.ID, Slug: now.Slug, State: JobRunning, Draft: p.Draft,
			Former: Former{Rules: &now.Rules, Mode: now.Mode}, Total: int64(p.Counts.Visited), Actor: by.ID, Comment: comment, Created: w.now, Beat: w.now}
		if !p.Draft.moves(now) {
			job.State, job.Finished = JobDone, w.now
		}
		w.changes.NewJob = &job
		return w.replace(now, p, job, scene.GroupCount > 0)
	})
	switch {
	case errors.Is(err, errJobRunning):
		err = errMoved
	case err == nil && job.State == JobRunning:
		d.nudge()
	}
	return job, err
}

// alwaysNames are the keys of the groups that alwaysAssign of rules names.
func alwaysNames(r policy.Rules) []string {
	set, err := policy.Compile(r)
	if err != nil {
		return nil // rules that do not compile assign nothing
	}
	return set.AlwaysNames()
}

// replace writes what a draft changes of its connector.
func (w *work) replace(c *Connector, p Plan, job Job, groups bool) error {
	x := &ConnectorChange{ID: c.ID, At: w.now, By: w.by.id, Comment: job.Comment, Plan: p.ID}
	w.changes.Connector = x
	told := map[string]any{"plan": p.ID, "job": job.ID}
	if job.Comment != "" {
		told["comment"] = job.Comment
	}
	action := "connector.mode.changed"
	switch {
	case p.Draft.Rules != nil:
		action = "connector.rules.changed"
		x.Rules, x.Always = p.Draft.Rules, alwaysNames(*p.Draft.Rules)
		told["version"], told["before"], told["after"] = c.RulesVersion+1, c.Rules, p.Draft.Rules
		if err := w.renameFor(c, *p.Draft.Rules); err != nil {
			return err
		}
	case p.Draft.Mode != "":
		x.Mode, x.Always = p.Draft.Mode, alwaysNames(c.Rules)
		told["before"], told["after"] = c.Mode, x.Mode
		if x.Mode == tenants.Live && c.Mode != tenants.Live {
			x.HeldGroups = groups
			rules, err := policy.Compile(c.Rules)
			if err == nil {
				err = w.renameAll(c.ID, rules)
			}
			if err != nil {
				return err
			}
		}
	default:
		action = "connector.retired"
		rules := retired(c.Settled, p.Draft)
		x.Mode, x.Settled = tenants.Disabled, &rules
		x.RetiredUntil = w.now.AddDate(0, 0, rules.Cleanup.GraceDays)
		told["people"], told["graceDays"] = p.Draft.Retire, rules.Cleanup.GraceDays
	}
	w.event(action, EventRow{Connector: c.ID, Changes: told})
	return nil
}

// SetRules gives a connector new rules: plan and apply in one. Losses above the safety limits
// need confirm; without it the answer is a *ConfirmationError and nothing happens. While the
// connector is not live its people are settled when it goes live.
func (d *Directory) SetRules(ctx context.Context, by Admin, slug string, match IfMatch, r policy.Rules, confirm Confirm) (version int64, err error) {
	err = inItsTurn(ctx, func() error {
		c, err := d.connector(ctx, slug)
		if err != nil {
			return err
		}
		if match != nil && !match(c.RulesVersion) {
			return ErrVersion
		}
		if err := by.mayReplace(c.Rules, &r); err != nil {
			return err
		}
		if _, err := policy.Compile(r); err != nil {
			return err
		}
		if version = c.RulesVersion; sameRules(c.Rules, r) {
			return nil
		}
		p, err := d.planAndApply(ctx, by, c, Draft{Rules: &r}, confirm)
		version = p.RulesVersion + 1
		return err
	})
	return version, err
}

func sameRules(a, b policy.Rules) bool { return bytes.Equal(mustJSON(a), mustJSON(b)) }

// SetMode changes a connector's mode. Going live is plan and apply in one, see SetRules: its views
// become what its IdP said meanwhile. Leaving live, everything of it stands still.
func (d *Directory) SetMode(ctx context.Context, by Admin, slug string, m tenants.Mode, confirm Confirm) error {
	return inItsTurn(ctx, func() error {
		c, err := d.connector(ctx, slug)
		if err != nil || c.Mode == m {
			return err
		}
		if m != tenants.Live {
			return d.standStill(ctx, by, c, m)
		}
		_, err = d.planAndApply(ctx, by, c, Draft{Mode: m}, confirm)
		return err
	})
}

// standStill takes a connector out of live mode, or from one such mode into another. It moves
// nobody, so that it needs neither a plan nor the end of a job.
func (d *Directory) standStill(ctx context.Context, by Admin, c *Connector, m tenants.Mode) error {
	return d.change(ctx, Scope{Directory: c.DirectoryID, Connector: c.ID}, by.actor(), func(w *work) error {
		if _, err := w.load(Request{Exclusive: true}); err != nil {
			return err
		}
		now := w.settings.Connectors[c.ID]
		if now == nil {
			return ErrNotFound
		}
		if now.Mode == m {
			return nil
		}
		w.changes.Connector = &ConnectorChange{ID: c.ID, At: w.now, Mode: m, Always: alwaysNames(c.Rules)}
		w.event("connector.mode.changed", EventRow{Connector: c.ID, Changes: map[string]any{"before": now.Mode, "after": m}})
		return nil
	})
}

// planAndApply makes a plan and applies it at once. A plan that somebody's change has made stale
// before it could begin gives errMoved.
func (d *Directory) planAndApply(ctx context.Context, by Admin, c *Connector, draft Draft, confirm Confirm) (Plan, error) {
	if err := d.finishJobs(ctx, c.DirectoryID); err != nil {
		return Plan{}, err
	}
	p, err := d.makePlan(ctx, d.newPlan(by, c, draft, PlanMaking))
	if err != nil {
		return Plan{}, err
	}
	if p.RulesVersion != c.RulesVersion || p.Mode != c.Mode {
		return Plan{}, errMoved // whoever asked has seen other rules
	}
	if p.Counts.exceeds(c.Rules.Safety) && (confirm == nil || !confirm(p.Counts.Losses.Sum())) {
		return p, &ConfirmationError{Plan: p.ID, Losses: p.Counts.Losses}
	}
	job, err := d.begin(ctx, by, p, "")
	if err == nil && job.State == JobRunning && job.Total <= jobsInline {
		err = d.runJob(ctx, job)
	}
	return p, err
}
