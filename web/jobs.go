package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

const noJob = "There is no job {id}. GET /api/v1/jobs lists them."

// Job is the application of a plan.
type Job struct {
	ID         uuid.UUID          `json:"id" format:"uuid" doc:"The job's id."`
	State      directory.JobState `json:"state" enum:"running,done,failed,cancelled" doc:"How far it is."`
	Checking   bool               `json:"checking,omitempty" doc:"Everybody whom the plan names was visited; it looks for those whom requests changed meanwhile."`
	Done       int64              `json:"done" doc:"People visited."`
	Total      int64              `json:"total" doc:"People to visit."`
	Failed     int64              `json:"failed" doc:"People who could not be settled yet; they are tried again."`
	Connector  string             `json:"connector,omitempty" doc:"The connector, by slug." example:"acme-okta"`
	Plan       uuid.UUID          `json:"plan" format:"uuid" doc:"The plan that it applies."`
	CreatedBy  string             `json:"createdBy,omitempty" doc:"Who applied it."`
	Comment    string             `json:"comment,omitempty" doc:"Why."`
	Problem    string             `json:"problem,omitempty" doc:"What went wrong."`
	WayBack    *uuid.UUID         `json:"wayBack,omitempty" format:"uuid" doc:"Of a cancelled job: the plan that would undo what it has done."`
	CreatedAt  time.Time          `json:"createdAt" doc:"When it began."`
	FinishedAt *time.Time         `json:"finishedAt,omitempty" doc:"When it ended."`
}

type cancelJob struct {
	ByID
	Body struct {
		Comment string `json:"comment,omitempty" maxLength:"1024" doc:"Why; the audit keeps it."`
	}
}

type jobOut struct {
	Body Job
}

func sayJob(j directory.Job) Job {
	return Job{ID: j.ID, State: j.State, Checking: j.Checking && j.State == directory.JobRunning, Done: j.Done, Total: j.Total, Failed: j.Failed, Connector: j.Slug,
		Plan: j.Plan, CreatedBy: j.Actor, Comment: j.Comment, Problem: j.Problem, WayBack: some(j.WayBack), CreatedAt: j.Created.UTC(), FinishedAt: when(j.Finished)}
}

func (a *API) addJobs() {
	route(a, operation{method: http.MethodGet, path: "/jobs", id: "listJobs", tag: "Jobs", role: reads(narrowed), summary: "List jobs", description: "The newest first."},
		func(ctx context.Context, in *Paged) (*Listed[Job], error) {
			page, err := a.effective.Jobs(ctx, in.listing())
			if err != nil {
				return nil, err
			}
			return listed(page, sayJob), nil
		})
	route(a, operation{method: http.MethodGet, path: "/jobs/{id}", id: "readJob", tag: "Jobs", role: reads(theJob), missing: noJob, summary: "Read a job and its progress"},
		func(ctx context.Context, in *ByID) (*jobOut, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			j, err := a.effective.ReadJob(ctx, id)
			if err != nil {
				return nil, err
			}
			return &jobOut{Body: sayJob(j)}, nil
		})
	route(a, operation{method: http.MethodPost, path: "/jobs/{id}/cancellation", id: "cancelJob", tag: "Jobs", role: edits(theJob), missing: noJob, status: http.StatusOK,
		summary: "Cancel a running job",
		description: "Stops it and gives the connector back the rules or the mode it had. Those who were visited already stay as they are until the plan that `wayBack` names is applied. " +
			"A retirement only stops.",
		errors: map[int]string{http.StatusConflict: "The job is over (`jobOver`)."},
	}, func(ctx context.Context, in *cancelJob) (*jobOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		j, err := a.effective.CancelJob(ctx, admin(ctx), id, in.Body.Comment)
		if j.Slug != "" {
			a.tenants.Forget(j.Slug) // even after an error: its outcome may be unknown
		}
		if err != nil {
			return nil, err
		}
		return &jobOut{Body: sayJob(j)}, nil
	})
	route(a, operation{method: http.MethodPost, path: "/jobs/{id}/reversal", id: "reverseJob", tag: "Jobs", role: edits(theJob), missing: noJob, status: http.StatusCreated,
		summary: "Plan the way back from a job",
		description: "Plans the rules that the job has replaced. Nothing is undone before that plan is applied; rules that came after the job's would be replaced by it too, " +
			"which the plan shows.",
		errors: map[int]string{http.StatusConflict: "The job is still running (`jobRunning`), or changed no rules (`notReversible`)."},
	}, func(ctx context.Context, in *ByID) (*planOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		p, _, err := a.effective.ReverseJob(ctx, admin(ctx), id, planWait)
		return answerPlan(p, http.StatusCreated, err)
	})
}
