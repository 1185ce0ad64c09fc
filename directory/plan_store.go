package directory

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// PlanStore is what plans, jobs and rule versions need of a database.
type PlanStore interface {
	// Roster names everybody whom a connector's records concern, or those of them whom a change
	// of its rules does: its records without a user, tombstones left out, and the users of the
	// others, each in the order of their ids, all as of one moment. Those whose user or record is
	// among besides are left out.
	Roster(ctx context.Context, directory, connector uuid.UUID, whom *Concern, besides map[uuid.UUID]bool) (Roster, error)
	// HalfDone says whether some of a directory's people may follow other rules than its
	// connectors have: a job other than besides is running, or a change of rules stopped half-way
	// and no job of that connector has come to its end since.
	HalfDone(ctx context.Context, directory, besides uuid.UUID) (bool, error)
	// Supported counts the active users and the memberships that a connector supports, each no
	// further than to most.
	Supported(ctx context.Context, directory, connector uuid.UUID, most Sizes) (Sizes, error)
	// Heard is the number of a connector's newest event.
	Heard(ctx context.Context, directory, connector uuid.UUID) (int64, error)
	// GroupSizes counts the members of directory groups; those without one are left out.
	GroupSizes(ctx context.Context, directory uuid.UUID, groups []uuid.UUID) (map[uuid.UUID]int, error)

	// BeginPlan writes a plan's row, or begins it anew: its people and lines are dropped. A
	// running plan takes the place of another running one of its connector, which fails.
	BeginPlan(ctx context.Context, p Plan) error
	// SavePlan writes a plan's state and appends people and lines. It returns false, and writes
	// nothing, when the plan is no longer running, nor being made.
	SavePlan(ctx context.Context, p Plan, users []PlanUser, lines []PlanLine) (bool, error)
	Plan(ctx context.Context, directory, id uuid.UUID) (Plan, error)
	// Plans lists a connector's plans that are kept, the newest first.
	Plans(ctx context.Context, directory, connector uuid.UUID) ([]Plan, error)
	PlanLines(ctx context.Context, directory, id uuid.UUID, f LineFilter, l Listing) (Page[PlanLine], error)
	// PlanTotals counts a plan's lines; see TotalsBy.
	PlanTotals(ctx context.Context, directory uuid.UUID, p Plan, by TotalsBy, f LineFilter, l Listing) (Page[PlanTotal], error)
	// PlanUsers reads up to limit people of a plan behind seq after, in order.
	PlanUsers(ctx context.Context, directory, id uuid.UUID, after int64, limit int) ([]PlanUser, error)
	// DropPlans deletes plans that were made before a time, but for those of running jobs.
	DropPlans(ctx context.Context, before time.Time) error

	Job(ctx context.Context, id uuid.UUID) (Job, error)
	// Jobs lists jobs of every directory, the newest first.
	Jobs(ctx context.Context, l Listing) (Page[Job], error)
	// RunningJobs are the jobs of every directory that are not finished.
	RunningJobs(ctx context.Context) ([]Job, error)

	RuleVersions(ctx context.Context, directory, connector uuid.UUID, l Listing) (Page[RuleVersion], error)
	RuleVersion(ctx context.Context, directory, connector uuid.UUID, version int64) (RuleVersion, error)
}

// PlanTx is what a transaction needs for jobs.
type PlanTx interface {
	// TakeJob locks a running job for this transaction; nil when it is over, or, unless wait is
	// set, when another transaction has it.
	TakeJob(ctx context.Context, id uuid.UUID, wait bool) (*Job, error)
	// JobUsers reads up to limit people of a plan behind seq after, in order.
	JobUsers(ctx context.Context, plan uuid.UUID, after int64, limit int) ([]PlanUser, error)
	// Confirmed reads the losses of users that the plan of the directory's running job confirms.
	Confirmed(ctx context.Context, users []uuid.UUID) (map[uuid.UUID][]Loss, error)
}

// Roster is everybody whom a connector's records concern.
type Roster struct {
	Newcomers []uuid.UUID // records without a user
	People    []uuid.UUID // users
}

// JobState is how far a job is.
type JobState string

// The states of a job.
const (
	JobRunning   JobState = "running"
	JobDone      JobState = "done"
	JobFailed    JobState = "failed"
	JobCancelled JobState = "cancelled"
)

// Job is the application of a plan: it visits the plan's people, batch after batch.
type Job struct {
	ID, Directory, Connector, Plan uuid.UUID
	Slug                           string // the connector's; read only
	State                          JobState
	Draft                          Draft
	Former                         Former
	At                             int64 // the last of the plan's people that was visited
	Checking                       bool  // all were visited; those whom requests changed meanwhile are looked for
	Done, Total, Failed            int64
	Actor, Comment, Problem        string
	WayBack                        uuid.UUID // the plan that undoes what a cancelled job has done
	Created, Beat, Finished        time.Time
}

// Former is what a job replaced.
type Former struct {
	Rules *policy.Rules `json:"rules,omitempty"`
	Mode  tenants.Mode  `json:"mode,omitempty"`
}

// RuleVersion is one set of rules that a connector has, or had.
type RuleVersion struct {
	Version int64
	Rules   policy.Rules
	Actor   string
	Comment string
	Plan    uuid.UUID // zero: not made by a plan
	Created time.Time
}
