package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
)

// ReverseJob plans the way back from a change that a job has applied: the rules that it replaced,
// as a plan of their own, which says who would lose again what they gained, and gain what they
// lost. Nothing is undone before that plan is applied. slug is the connector's.
func (d *Directory) ReverseJob(ctx context.Context, by Admin, id uuid.UUID, wait time.Duration) (p Plan, slug string, err error) {
	j, err := d.ReadJob(ctx, id)
	if err != nil {
		return Plan{}, "", err
	}
	switch {
	case j.State == JobRunning:
		return Plan{}, j.Slug, &RefusedError{Code: "jobRunning", Detail: "the job is still running; cancel it, and it offers the way back itself"}
	case j.Draft.Rules == nil || j.Former.Rules == nil:
		return Plan{}, j.Slug, &RefusedError{Code: "notReversible", Detail: fmt.Sprintf(
			"this job changed no rules of %s: what going live or a retirement has done is not undone by a plan. Change the connector's mode, or restore or unlink its users", j.Slug)}
	}
	p, err = d.CreatePlan(ctx, by, j.Slug, Draft{Rules: j.Former.Rules}, wait)
	return p, j.Slug, err
}
