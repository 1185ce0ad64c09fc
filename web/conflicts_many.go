package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// ConflictCount is how many conflicts of a kind there are.
type ConflictCount struct {
	Kind  string `json:"kind" doc:"The kind." example:"foreignUser"`
	Count int    `json:"count" doc:"How many conflicts of it match."`
}

// ConflictCounts are conflicts by kind.
type ConflictCounts struct {
	Kinds []ConflictCount `json:"kinds" nullable:"false" doc:"Kinds without a conflict are left out."`
	Total int             `json:"total" doc:"All of them together."`
}

// ConflictDecisions decides many conflicts.
type ConflictDecisions struct {
	Decision string          `json:"decision" enum:"link,keepSeparate,refuse" doc:"What becomes of each; link those that have exactly one candidate."`
	All      bool            `json:"all,omitempty" doc:"Every open conflict of the directory."`
	IDs      []uuid.UUID     `json:"ids,omitempty" maxItems:"5000" doc:"These."`
	Filter   *ConflictFilter `json:"filter,omitempty" doc:"Those that match."`
}

// ConflictsDecided says what became of many conflicts.
type ConflictsDecided struct {
	Decided int `json:"decided" doc:"How many were decided."`
	Skipped int `json:"skipped" doc:"How many the decision does not fit: link without exactly one candidate, or a conflict that is not about whom a record belongs to."`
	Gone    int `json:"gone" doc:"How many somebody else decided, or that went away, meanwhile."`
	Left    int `json:"left" doc:"How many still wait: one answer decides as much as fits into 20 seconds. Send the same again until it is 0."`
}

type conflictCountsOut struct{ Body ConflictCounts }

type decideConflicts struct {
	OfDirectory
	Body ConflictDecisions
}

type conflictsDecidedOut struct{ Body ConflictsDecided }

// addConflictList adds the work list, which is CSV too.
func (a *API) addConflictList() {
	op := huma.Operation{
		OperationID: "listConflicts", Method: http.MethodGet, Path: "/directories/{d}/conflicts", Tags: []string{"Conflicts"},
		Summary:     "List conflicts, or export them as CSV",
		Description: "What linking or settling could not do by itself, the oldest first. The IdPs got their 2xx; the directory stays as it is until somebody decides.",
		Responses:   a.responses(operation{method: http.MethodGet, missing: noDirectory}),
	}
	op.Responses["200"] = exportResponse[Conflict](a, "ListConflict", "conflict")
	a.guard(&op, reads(deployment))
	huma.Register(a.huma, op, a.listConflicts)
}

func (a *API) listConflicts(ctx context.Context, in *listConflicts) (*huma.StreamResponse, error) {
	filter, err := in.plain(in.State)
	if err != nil {
		return nil, a.problemOf(ctx, err, fill(ctx, noDirectory))
	}
	answer, err := answerExport(ctx, a, export[directory.Conflict]{
		name: "conflicts", headings: conflictHeadings, cells: conflictCells,
		read: func(ctx context.Context, l directory.Listing) (directory.Page[directory.Conflict], error) {
			return a.effective.Conflicts(ctx, in.Directory, filter, l)
		},
	}, in.Accept, in.listing(), sayConflict)
	if err != nil {
		return nil, a.problemOf(ctx, err, fill(ctx, noDirectory))
	}
	return answer, nil
}

var conflictHeadings = []string{"id", "kind", "connector", "record", "user", "group", "candidates", "created", "decision", "decidedUser", "detail"}

func conflictCells(c directory.Conflict) []string {
	candidates := make([]string, len(c.Candidates))
	for i, x := range c.Candidates {
		candidates[i] = x.UserName + " (" + strings.Join(x.By, " ") + ")"
	}
	return []string{c.ID.String(), c.Kind, c.Connector, idText(c.Record), idText(c.User), c.GroupName, strings.Join(candidates, "; "),
		c.Created.UTC().Format(time.RFC3339), c.Decision, idText(c.DecidedUser), c.Detail}
}

// addManyConflicts registers what counts and decides many at once.
func (a *API) addManyConflicts() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/conflicts/counts", id: "countConflicts", tag: "Conflicts", role: reads(deployment), missing: noDirectory,
		summary: "Count conflicts by kind"},
		func(ctx context.Context, in *ConflictsAsked) (*conflictCountsOut, error) {
			filter, err := in.plain(in.State)
			if err != nil {
				return nil, err
			}
			counts, err := a.effective.ConflictCounts(ctx, in.Directory, filter)
			if err != nil {
				return nil, err
			}
			out := &conflictCountsOut{Body: ConflictCounts{Kinds: []ConflictCount{}}}
			for _, c := range counts {
				out.Body.Kinds = append(out.Body.Kinds, ConflictCount{Kind: c.Kind, Count: c.N})
				out.Body.Total += c.N
			}
			return out, nil
		})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/conflicts/decisions", id: "decideConflicts", tag: "Conflicts", role: edits(deployment), missing: noDirectory,
		status: http.StatusOK, summary: "Decide many conflicts",
		description: "Exactly one of all, ids and filter says which. Each is decided by itself, as if it were the only one.",
	}, func(ctx context.Context, in *decideConflicts) (*conflictsDecidedOut, error) {
		decision, err := in.Body.plain()
		if err != nil {
			return nil, err
		}
		n, err := a.effective.DecideConflicts(ctx, admin(ctx), in.Directory, decision)
		if err != nil {
			return nil, err
		}
		return &conflictsDecidedOut{Body: ConflictsDecided{n.Decided, n.Skipped, n.Gone, n.Left}}, nil
	})
}

// plain is a decision for the directory. That nothing says which conflicts are meant is refused:
// it could be read as all of them.
func (d ConflictDecisions) plain() (directory.ConflictsDecision, error) {
	out := directory.ConflictsDecision{Decision: d.Decision, IDs: d.IDs}
	given := 0
	for _, is := range []bool{d.All, len(d.IDs) > 0, d.Filter != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return out, invalid("body", `needs one of "all": true, "ids" and "filter"`)
	}
	if d.Filter == nil {
		return out, nil
	}
	if *d.Filter == (ConflictFilter{}) {
		return out, invalid("body.filter", `is empty; "all": true means every open conflict`)
	}
	var err error
	out.Filter, err = d.Filter.plain("open")
	return out, err
}
