package directory

import (
	"context"
	"fmt"

	"github.com/muster-scim/muster/policy"
)

// ClearRecords clears a connector of everything that it holds, as a job: its records go as if its
// IdP had deleted them, and it is disabled until an administrator lets it in again. What its IdP
// sends then are new records, with other ids. people says what becomes of those whom it alone
// provides: they are kept, as local users who are found again by name or address, or cleaned up by
// its rules. confirm is its slug.
//
// It is a retirement, so that it is planned, counted, settled and explained like one.
func (d *Directory) ClearRecords(ctx context.Context, by Admin, slug string, people policy.Action, confirm, comment string) (Job, error) {
	if people != policy.ActionKeep && people != RetireCleanup {
		return Job{}, &RefusedError{Code: "invalidDraft", Detail: "people must be keep or cleanup"}
	}
	if confirm != slug {
		return Job{}, &RefusedError{Code: "confirmationMismatch", Detail: fmt.Sprintf("confirm must be the connector's slug, %s; nothing was cleared. A plan with {\"retire\":%q} says what it would do", slug, people)}
	}
	var job Job
	err := inItsTurn(ctx, func() error {
		c, err := d.connector(ctx, slug)
		if err != nil {
			return err
		}
		if err := d.finishJobs(ctx, c.DirectoryID); err != nil {
			return err
		}
		p, err := d.makePlan(ctx, d.newPlan(by, c, Draft{Retire: people}, PlanMaking))
		if err != nil {
			return err
		}
		if job, err = d.begin(ctx, by, p, comment); err != nil {
			return err
		}
		if job.State == JobRunning && job.Total <= jobsInline {
			if err := d.runJob(ctx, job); err != nil {
				return err
			}
			job, err = d.store.Job(ctx, job.ID)
		}
		return err
	})
	return job, err
}
