package web

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// Hold is one change that stays undone until an administrator decides.
type Hold struct {
	ID        uuid.UUID `json:"id" format:"uuid" doc:"The hold's id."`
	Op        string    `json:"op" enum:"removeMembership,disableUser,deleteUser,updateUser" doc:"What would be done."`
	User      PlanUser  `json:"user" doc:"To whom."`
	Group     *GroupRef `json:"group,omitempty" doc:"The group of a membership."`
	Attribute string    `json:"attribute,omitempty" doc:"Of updateUser: what would be rewritten." example:"userName"`
	Before    string    `json:"before,omitempty" doc:"The status or value that the directory keeps."`
	After     string    `json:"after,omitempty" doc:"The status or value that would take its place."`
	Because   Because   `json:"because" doc:"Why it would be done."`
	Why       string    `json:"why" doc:"Why it is held: the limit and its figures." example:"acme-okta has disabled or deleted 100 users within 1h, and its safety limit is 100 then, as it supported 1000 users"`
	Since     time.Time `json:"since" doc:"When it was held."`
}

// Holds is a page of held changes.
type Holds struct {
	Items  []Hold  `json:"items" nullable:"false" doc:"The items of this page, the oldest first."`
	Counts Losses  `json:"counts" doc:"How many changes match, on every page."`
	Next   *string `json:"next" doc:"Cursor of the next page; null on the last one."`
}

// HoldFilter narrows held changes.
type HoldFilter struct {
	User  string `json:"user,omitempty" query:"user" maxLength:"1024" doc:"Only those of this user, by userName or id."`
	Group string `json:"group,omitempty" query:"group" maxLength:"256" doc:"Only those of this group, by displayName or id."`
	Kind  string `json:"kind,omitempty" query:"kind" enum:"membership,disable,delete,key" doc:"Only this kind of loss."`
}

func (f HoldFilter) plain() directory.HoldFilter {
	return directory.HoldFilter{User: f.User, Group: f.Group, Kind: directory.LossKind(f.Kind)}
}

// HoldDecision decides about held changes.
type HoldDecision struct {
	Decision string      `json:"decision" enum:"apply,discard" doc:"Let them happen now, as the records then say; or leave them undone until the record or the membership behind them changes, or a request names it again."`
	All      bool        `json:"all,omitempty" doc:"Every held change of the connector."`
	IDs      []uuid.UUID `json:"ids,omitempty" maxItems:"5000" doc:"These held changes."`
	Filter   *HoldFilter `json:"filter,omitempty" doc:"Those that match."`
	Comment  string      `json:"comment,omitempty" maxLength:"1024" doc:"Why; the audit keeps it."`
}

// HoldsDecided says what became of held changes.
type HoldsDecided struct {
	Applied   int `json:"applied" doc:"How many took effect."`
	Discarded int `json:"discarded" doc:"How many stay undone."`
	Withdrawn int `json:"withdrawn" doc:"How many had nothing left to hold."`
	Left      int `json:"left" doc:"How many still wait: one answer decides as much as fits into 20 seconds. Send the same again until it is 0."`
}

// ConnectorHolds is how much of a connector is held.
type ConnectorHolds struct {
	Connector string    `json:"connector" doc:"The connector, by slug." example:"acme-okta"`
	Counts    Losses    `json:"counts" doc:"How many changes are held."`
	Since     time.Time `json:"since" doc:"When the oldest of them was held."`
}

// ExpectedChange is a window in which a connector's losses take effect whatever the limits say.
type ExpectedChange struct {
	Until  *time.Time `json:"until" doc:"When it ends; null when none is announced."`
	Since  *time.Time `json:"since" doc:"When it was announced."`
	Reason string     `json:"reason" doc:"What is expected."`
	By     string     `json:"by" doc:"Who announced it."`
}

type listHolds struct {
	OfConnector
	Paged
	HoldFilter
}

type holdsOut struct{ Body Holds }

type decideHolds struct {
	OfConnector
	Body HoldDecision
}

type decidedOut struct{ Body HoldsDecided }

type expectChange struct {
	OfConnector
	Body struct {
		For    string `json:"for" maxLength:"16" doc:"How long, at most 4h." example:"2h"`
		Reason string `json:"reason" minLength:"1" maxLength:"1024" doc:"What is expected; the audit keeps it." example:"the contractors leave today"`
	}
}

type expectedOut struct{ Body ExpectedChange }

func (a *API) addHolds() {
	route(a, operation{method: http.MethodGet, path: "/holds", id: "countHolds", tag: "Holds", role: reads(narrowed), summary: "Count what is held, connector by connector"},
		func(ctx context.Context, in *Paged) (*Listed[ConnectorHolds], error) {
			counts, err := a.effective.HoldCounts(ctx)
			if err != nil {
				return nil, err
			}
			return paged(ctx, counts, func(c directory.HoldCount) ConnectorHolds {
				return ConnectorHolds{Connector: c.Connector, Counts: sayLosses(c.Sizes), Since: c.Since.UTC()}
			}, func(h ConnectorHolds) string { return h.Connector }, *in)
		})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/holds", id: "listHolds", tag: "Holds", role: reads(theConnector), missing: noConnector,
		summary:     "List what of a connector is held",
		description: "Changes that its safety limits keep from happening. The IdP got its 2xx and reads back what it wrote; the directory stays as it is until somebody decides. A change that the records no longer ask for leaves the list by itself.",
	}, func(ctx context.Context, in *listHolds) (*holdsOut, error) {
		page, err := a.effective.Holds(ctx, in.Connector, in.plain(), in.listing())
		if err != nil {
			return nil, err
		}
		list := listed(page.Page, sayHold).Body
		return &holdsOut{Body: Holds{Items: list.Items, Counts: sayLosses(page.Counts), Next: list.Next}}, nil
	})
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/holds/decisions", id: "decideHolds", tag: "Holds", role: edits(theConnector), missing: noConnector,
		summary:     "Apply or discard held changes",
		description: "Exactly one of all, ids and filter says which. Each is decided afresh by the records of that moment, and what is applied does not count against the limits.",
	}, func(ctx context.Context, in *decideHolds) (*decidedOut, error) {
		decision, err := in.Body.plain()
		if err != nil {
			return nil, err
		}
		n, err := a.effective.DecideHolds(ctx, admin(ctx), in.Connector, decision)
		if err != nil {
			return nil, err
		}
		return &decidedOut{Body: HoldsDecided{n.Applied, n.Discarded, n.Withdrawn, n.Left}}, nil
	})
	a.addExpected()
	a.addSafety()
}

func (a *API) addExpected() {
	const path = "/connectors/{c}/expected-change"
	route(a, operation{method: http.MethodPut, path: path, id: "expectChange", tag: "Holds", role: edits(deployment), missing: noConnector, summary: "Announce a large change",
		description: "Until the window ends everything that the connector takes away takes effect, and none of it counts. What is held already waits for its decision.",
	}, func(ctx context.Context, in *expectChange) (*expectedOut, error) {
		length, err := time.ParseDuration(in.Body.For)
		if err != nil || length <= 0 || length > 4*time.Hour {
			return nil, invalid("body.for", `is not a window of at most 4h; write "2h" or "30m"`)
		}
		if strings.TrimSpace(in.Body.Reason) == "" {
			return nil, invalid("body.reason", "is needed: say what is expected")
		}
		e, err := a.effective.ExpectChange(ctx, admin(ctx), in.Connector, length, in.Body.Reason)
		return answerExpected(e, err)
	})
	route(a, operation{method: http.MethodGet, path: path, id: "readExpectedChange", tag: "Holds", role: reads(theConnector), missing: noConnector, summary: "Read the announced window of a connector"},
		func(ctx context.Context, in *OfConnector) (*expectedOut, error) {
			e, err := a.effective.ReadExpectedChange(ctx, in.Connector)
			return answerExpected(e, err)
		})
	route(a, operation{method: http.MethodDelete, path: path, id: "endExpectedChange", tag: "Holds", role: edits(deployment), missing: noConnector, status: http.StatusNoContent,
		summary: "End the announced window of a connector"},
		func(ctx context.Context, in *OfConnector) (*struct{}, error) {
			return nil, a.effective.EndExpectedChange(ctx, admin(ctx), in.Connector)
		})
}

func answerExpected(e directory.ExpectedChange, err error) (*expectedOut, error) {
	if err != nil {
		return nil, err
	}
	return &expectedOut{Body: ExpectedChange{Until: when(e.Until), Since: when(e.Created), Reason: e.Reason, By: e.By}}, nil
}

// plain is a decision for the directory. That nothing says which changes are meant is refused:
// it could be read as all of them.
func (d HoldDecision) plain() (directory.HoldDecision, error) {
	given := 0
	for _, is := range []bool{d.All, d.IDs != nil, d.Filter != nil} {
		if is {
			given++
		}
	}
	if given != 1 {
		return directory.HoldDecision{}, invalid("body", `needs one of "all": true, "ids" and "filter"`)
	}
	out := directory.HoldDecision{Discard: d.Decision == "discard", Comment: d.Comment}
	switch {
	case d.IDs != nil:
		out.Filter.IDs = d.IDs
	case d.Filter != nil:
		out.Filter = d.Filter.plain()
		if *d.Filter == (HoldFilter{}) {
			return out, invalid("body.filter", `is empty; "all": true means every held change`)
		}
	}
	return out, nil
}

var holdOps = map[directory.LossKind]string{
	directory.LossMembership: "removeMembership", directory.LossDisable: "disableUser",
	directory.LossDelete: "deleteUser", directory.LossKey: "updateUser",
}

func sayHold(h directory.HoldRow) Hold {
	out := Hold{ID: h.ID, Op: holdOps[h.Kind], User: PlanUser{ID: &h.User, UserName: h.UserName}, Before: h.Detail.Before, After: h.Detail.After,
		Because: sayBecause(h.Detail.Because, h.GroupName), Why: h.Detail.Why, Since: h.Created.UTC()}
	switch h.Kind {
	case directory.LossMembership:
		out.Group = &GroupRef{ID: some(h.Group), DisplayName: h.GroupName}
	case directory.LossKey:
		out.Attribute = h.Subject
	}
	return out
}
