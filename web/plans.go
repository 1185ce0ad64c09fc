package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

const noPlan = "There is no plan {id} of connector {c}. Plans are kept for a week; POST /api/v1/connectors/{c}/plans makes one."

// planWait is how long an answer waits for a plan; what takes longer answers 202.
const planWait = 5 * time.Second

// Draft is a change to plan: rules, mode or retire.
type Draft struct {
	Rules  *Rules        `json:"rules,omitempty" doc:"Rules that the connector would get; what is left out has the default."`
	Mode   tenants.Mode  `json:"mode,omitempty" enum:"live,observe,disabled" doc:"A mode that it would get."`
	Retire policy.Action `json:"retire,omitempty" enum:"keep,disable,delete,cleanup" doc:"Retire the connector: those whom it alone provides are kept as local users, disabled, deleted, or cleaned up by its rules; its records become tombstones, and it can be deleted."`

	GraceDays int `json:"graceDays,omitempty" minimum:"0" maximum:"3650" doc:"With retire delete: they are disabled at once, and deleted after so many days."`
}

func (d Draft) plain() directory.Draft {
	out := directory.Draft{Mode: d.Mode, Retire: d.Retire, GraceDays: d.GraceDays}
	if d.Rules != nil {
		out.Rules = &d.Rules.Rules
	}
	return out
}

func sayDraft(d directory.Draft) Draft {
	out := Draft{Mode: d.Mode, Retire: d.Retire, GraceDays: d.GraceDays}
	if d.Rules != nil {
		out.Rules = &Rules{*d.Rules}
	}
	return out
}

// Plan is what a draft would do.
type Plan struct {
	ID        uuid.UUID  `json:"id" format:"uuid" doc:"The plan's id."`
	Hash      string     `json:"hash,omitempty" doc:"Names what the plan says; applying it takes the hash of what was read. Empty until it is ready." example:"b2O7Uo0m9TnZ0kQm1y8JpQxw"`
	State     string     `json:"state" enum:"running,ready,failed,applied,stale" doc:"running: being made; ready; stale: rules, modes or settings changed since, applying it looks again first; applied; failed: problem says why."`
	Draft     Draft      `json:"draft" doc:"What was planned."`
	Counts    PlanCounts `json:"counts" doc:"The plan in numbers."`
	Losses    Losses     `json:"losses" doc:"What safety counts of it; a cleanup is one user, whatever it strips."`
	Above     bool       `json:"aboveLimits" doc:"Whether that is more than the connector's safety limits let through unasked."`
	Done      int64      `json:"done" doc:"Records looked at."`
	Total     int64      `json:"total" doc:"Records to look at."`
	CreatedBy string     `json:"createdBy,omitempty" doc:"Who asked for it."`
	Problem   string     `json:"problem,omitempty" doc:"Why it failed."`
	CreatedAt time.Time  `json:"createdAt" doc:"When it was begun."`
}

// PlanCounts are a plan in numbers.
type PlanCounts struct {
	MembershipsAdded   int `json:"membershipsAdded" doc:"Memberships that people gain."`
	MembershipsRemoved int `json:"membershipsRemoved" doc:"Memberships that people lose."`
	UsersCreated       int `json:"usersCreated" doc:"Users that come into being."`
	UsersLinked        int `json:"usersLinked" doc:"Records that are linked to users there are."`
	UsersUpdated       int `json:"usersUpdated" doc:"Users whose attributes change."`
	UsersEnabled       int `json:"usersEnabled" doc:"Users that become active."`
	UsersDisabled      int `json:"usersDisabled" doc:"Users that are disabled."`
	UsersDeleted       int `json:"usersDeleted" doc:"Users that are deleted; they can be restored."`
	UsersRestored      int `json:"usersRestored" doc:"Deleted users that come back."`
	GroupsEmptied      int `json:"groupsEmptied" doc:"Groups that are left without a member."`
	Ambiguous          int `json:"ambiguous" doc:"Records whose keys find several users: an administrator would be asked."`
	Blocked            int `json:"blocked" doc:"Records that may not link, or not have their name, by themselves: an administrator would be asked."`
	ForeignGroups      int `json:"foreignGroups" doc:"Groups of another tenant, or local ones, that the connector would come upon and not feed."`
}

// Losses are numbers of what safety counts.
type Losses struct {
	Users       int `json:"users" doc:"Users disabled or deleted."`
	Memberships int `json:"memberships" doc:"Memberships removed."`
	Keys        int `json:"keys" doc:"UserNames and e-mails rewritten."`
}

func sayLosses(s directory.Sizes) Losses { return Losses{s.Users, s.Memberships, s.Keys} }

// PlanChange is one line of a plan.
type PlanChange struct {
	Op         directory.Op `json:"op" enum:"addMembership,removeMembership,createUser,linkUser,unlinkUser,updateUser,enableUser,disableUser,deleteUser,restoreUser,ambiguous,blocked" doc:"What is done; ambiguous: the record's keys find several users; blocked: it may not link, or not have its name, by itself. Of both an administrator is asked. unlinkUser: in previews alone."`
	User       PlanUser     `json:"user" doc:"To whom."`
	Group      *GroupRef    `json:"group,omitempty" doc:"The group of a membership."`
	Attributes []string     `json:"attributes,omitempty" doc:"Of updateUser: what changes."`
	Loss       bool         `json:"loss" doc:"Whether it takes something away. Losses come first."`
	Because    Because      `json:"because" doc:"Why."`
	Record     *uuid.UUID   `json:"record,omitempty" format:"uuid" doc:"Of createUser, linkUser, ambiguous and blocked: the record's SCIM id in the connector's own space."`
	Linked     *Linked      `json:"linked,omitempty" doc:"Of linkUser, ambiguous and blocked: the record and the users in question side by side."`
}

// PlanUser names a user that may not exist yet.
type PlanUser struct {
	ID       *uuid.UUID `json:"id,omitempty" format:"uuid" doc:"The user's id; left out for one that the plan creates."`
	UserName string     `json:"userName" doc:"The user's name." example:"ada@acme.example"`
}

type planOut struct {
	Status int
	Body   Plan
}

type createPlan struct {
	OfConnector
	Body Draft
}

// OfPlan is the path of a plan.
type OfPlan struct {
	OfConnector
	ByID
}

type listChanges struct {
	OfPlan
	Paged
	User   string `query:"user" maxLength:"1024" doc:"Only those of this user, by userName or id."`
	Group  string `query:"group" maxLength:"256" doc:"Only those of this group, by displayName or id."`
	Op     string `query:"op" enum:"addMembership,removeMembership,createUser,linkUser,updateUser,enableUser,disableUser,deleteUser,restoreUser,ambiguous,blocked" doc:"Only this operation."`
	Reason string `query:"reason" maxLength:"64" doc:"Only those for this reason, by its code; or only conflicts of this kind." example:"neverAssign"`
	Accept string `header:"Accept" doc:"text/csv streams every change that fits the filter."`
}

func (in *listChanges) filter() directory.LineFilter {
	return directory.LineFilter{User: in.User, Group: in.Group, Op: directory.Op(in.Op), Reason: in.Reason}
}

type applyPlan struct {
	OfPlan
	Body struct {
		Hash    string `json:"hash" minLength:"1" maxLength:"128" doc:"The plan's hash as it was read."`
		Comment string `json:"comment,omitempty" maxLength:"1024" doc:"Why; needed when anything is lost. The audit and the version of the rules keep it."`
	}
}

func (a *API) addPlans() {
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/plans", id: "createPlan", tag: "Plans", role: edits(theConnector), missing: noConnector, status: http.StatusCreated,
		summary: "Plan a change of rules or mode, or a retirement",
		description: "Says who would gain and lose what, and why, without doing it: settling runs for everybody whom the connector's records concern, and nothing of it is kept but the plan. " +
			"A plan that takes longer than a few seconds is answered with 202 and state `running`. A newer plan of a connector takes a running one's place.",
		errors: map[int]string{http.StatusConflict: "Somebody made a newer plan meanwhile (`planSuperseded`)."},
	}, func(ctx context.Context, in *createPlan) (*planOut, error) {
		if in.Body.Rules != nil {
			if err := a.mayGive(ctx, in.Connector, in.Body.Rules.Rules); err != nil {
				return nil, err
			}
		}
		p, err := a.effective.CreatePlan(ctx, admin(ctx), in.Connector, in.Body.plain(), planWait)
		return answerPlan(p, http.StatusCreated, err)
	})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/plans/live", id: "readLivePlan", tag: "Plans", role: reads(theConnector), missing: noConnector,
		summary:     "Read the plan of going live",
		description: "What going live would do now to a connector that is not. It is made anew when its IdP has said something since, or rules have changed; while that takes longer its state is `running`.",
		errors:      map[int]string{http.StatusConflict: "The connector is live (`alreadyLive`)."},
	}, func(ctx context.Context, in *OfConnector) (*planOut, error) {
		p, err := a.effective.LivePlan(ctx, admin(ctx), in.Connector, planWait)
		return answerPlan(p, http.StatusOK, err)
	})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/plans/{id}", id: "readPlan", tag: "Plans", role: reads(theConnector), missing: noPlan, summary: "Read a plan"},
		func(ctx context.Context, in *OfPlan) (*planOut, error) {
			id, err := parseID(in.ID)
			if err != nil {
				return nil, err
			}
			p, err := a.effective.ReadPlan(ctx, in.Connector, id)
			return answerPlan(p, http.StatusOK, err)
		})
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/plans/{id}/application", id: "applyPlan", tag: "Plans", role: edits(theConnector), missing: noPlan, status: http.StatusAccepted,
		summary: "Apply a plan",
		description: "Looks at the plan's people once more. If the outcome is what the plan says, rules or mode change and a job settles them; " +
			"from then on everybody whom a request settles follows the new rules, and the others keep what they hold until the job comes to them.",
		errors: map[int]string{
			http.StatusConflict:            "The outcome is another one by now, or somebody gave the connector other rules since, which would be taken back (`planStale`; `changes` are what some of those who differ would get now, and the plan is made anew), or another job runs in the directory (`jobRunning`).",
			http.StatusUnprocessableEntity: "The plan takes something away and says not why (`commentRequired`).",
		},
	}, func(ctx context.Context, in *applyPlan) (*jobOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		job, err := a.effective.ApplyPlan(ctx, admin(ctx), in.Connector, id, in.Body.Hash, in.Body.Comment)
		a.tenants.Forget(in.Connector) // even after an error: its outcome may be unknown
		if err != nil {
			return nil, commentProblem(err)
		}
		return &jobOut{Body: sayJob(job)}, nil
	})
	a.addPlanChanges()
}

// commentProblem answers a missing comment as what it is: a value that lacks.
func commentProblem(err error) error {
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Code != "commentRequired" {
		return err
	}
	p := newProblem(http.StatusUnprocessableEntity, refused.Code, sentence(refused))
	p.Errors = []Place{{Location: "body.comment", Message: "is needed when anything is lost"}}
	return p
}

func answerPlan(p directory.Plan, status int, err error) (*planOut, error) {
	if err != nil {
		return nil, err
	}
	out := &planOut{Status: status, Body: sayPlan(p)}
	if out.Body.State == string(directory.PlanRunning) && status == http.StatusCreated {
		out.Status = http.StatusAccepted
	}
	return out, nil
}

func sayPlan(p directory.Plan) Plan {
	state := string(p.State)
	switch {
	case p.State == directory.PlanMaking:
		state = string(directory.PlanRunning)
	case p.Stale:
		state = "stale"
	}
	n := p.Counts
	return Plan{ID: p.ID, Hash: p.Hash, State: state, Draft: sayDraft(p.Draft), Losses: sayLosses(n.Losses), Above: p.Exceeds, Done: p.Done, Total: p.Total,
		CreatedBy: p.Actor, Problem: p.Problem, CreatedAt: p.Created.UTC(),
		Counts: PlanCounts{n.MembershipsAdded, n.MembershipsRemoved, n.UsersCreated, n.UsersLinked, n.UsersUpdated, n.UsersEnabled, n.UsersDisabled,
			n.UsersDeleted, n.UsersRestored, n.GroupsEmptied, n.Ambiguous, n.Blocked, n.ForeignGroups}}
}

func sayLine(l directory.PlanLine) PlanChange {
	out := PlanChange{Op: l.Op, User: PlanUser{ID: some(l.User), UserName: l.UserName}, Attributes: l.Detail.Attributes, Loss: l.Detail.Loss,
		Because: sayBecause(l.Because, l.GroupName), Record: some(l.Detail.Record), Linked: sayLinked(l.Detail.Linked)}
	if x := l.Detail.Linked; x != nil && x.Conflict != "" {
		out.Because = Because{Code: policy.Code(x.Conflict), Sentence: x.Sentence}
	}
	if l.GroupName != "" {
		out.Group = &GroupRef{ID: some(l.Group), DisplayName: l.GroupName}
	}
	return out
}

// addPlanChanges adds the list of a plan's lines, which is CSV too.
func (a *API) addPlanChanges() {
	op := huma.Operation{
		OperationID: "listPlanChanges", Method: http.MethodGet, Path: "/connectors/{c}/plans/{id}/changes", Tags: []string{"Plans"},
		Summary:     "List what a plan would do, or export it as CSV",
		Description: "Losses first, then as the people come. With `Accept: text/csv` everything that fits the filter is streamed; cells that a spreadsheet would take for a formula start with an apostrophe.",
		Responses:   a.responses(operation{method: http.MethodGet, missing: noPlan, errors: map[int]string{http.StatusConflict: "The plan is still being made (`planRunning`), or failed (`planFailed`)."}}),
	}
	op.Responses["200"] = exportResponse[PlanChange](a, "ListPlanChange", "change")
	a.guard(&op, reads(theConnector))
	huma.Register(a.huma, op, a.planChanges)
}

func (a *API) planChanges(ctx context.Context, in *listChanges) (*huma.StreamResponse, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, a.problemOf(ctx, err, fill(ctx, noPlan))
	}
	answer, err := answerExport(ctx, a, export[directory.PlanLine]{
		name: "plan", headings: changeHeadings, cells: changeCells,
		read: func(ctx context.Context, l directory.Listing) (directory.Page[directory.PlanLine], error) {
			return a.effective.PlanLines(ctx, in.Connector, id, in.filter(), l)
		},
	}, in.Accept, in.listing(), sayLine)
	if err != nil {
		return nil, a.problemOf(ctx, err, fill(ctx, noPlan))
	}
	return answer, nil
}

var changeHeadings = []string{"op", "loss", "userName", "user", "group", "attributes", "code", "connector", "pattern", "because", "record", "candidates"}

func changeCells(l directory.PlanLine) []string {
	loss := ""
	if l.Detail.Loss {
		loss = "loss"
	}
	code, because := string(l.Because.Code), l.Because.Sentence(l.GroupName)
	var candidates []string
	if x := l.Detail.Linked; x != nil {
		if x.Conflict != "" {
			code, because = x.Conflict, x.Sentence
		}
		for _, c := range x.Candidates {
			candidates = append(candidates, candidateText(c))
		}
	}
	return []string{string(l.Op), loss, l.UserName, idText(l.User), l.GroupName, strings.Join(l.Detail.Attributes, " "),
		code, l.Because.Connector, l.Because.Pattern, because, idText(l.Detail.Record), strings.Join(candidates, "; ")}
}

// candidateText says a candidate in a cell: who it is, what found it, and what a link overwrites.
func candidateText(s directory.Side) string {
	text := s.UserName
	if s.Email != "" && s.Email != s.UserName {
		text += " <" + s.Email + ">"
	}
	of := "local"
	switch {
	case len(s.Connectors) > 0:
		of = strings.Join(s.Connectors, " ")
	case len(s.Former) > 0:
		of = "former of " + strings.Join(s.Former, " ")
	}
	text += " (" + strings.Join(s.By, " ") + "; " + of + ")"
	if len(s.Overwritten) > 0 {
		text += " overwrites " + strings.Join(s.Overwritten, " ")
	}
	return text
}
