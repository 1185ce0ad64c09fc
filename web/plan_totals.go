package web

import (
	"context"
	"net/http"

	"github.com/muster-scim/muster/directory"
)

// PlanTotal is how many lines of a plan are about one group, one user or one reason.
type PlanTotal struct {
	Group   *GroupRef `json:"group,omitempty" doc:"By group: which. Without an id it does not exist yet."`
	Members *int      `json:"members,omitempty" doc:"By group: how many members it has now. Left out for administrators who are limited to tenants." example:"12"`
	User    *PlanUser `json:"user,omitempty" doc:"By user: who. Without an id the plan creates it."`
	Because *Because  `json:"because,omitempty" doc:"By reason: which, by its code, connector, list and pattern."`
	Losses  int       `json:"losses" doc:"Lines that take something away." example:"8"`
	Gains   int       `json:"gains" doc:"Lines that give something: a membership, or a user who is created, enabled or restored." example:"2"`
	Lines   int       `json:"lines" doc:"All lines, also those that neither give nor take." example:"10"`
}

type listPlanTotals struct {
	OfPlan
	Paged
	By     string `query:"by" required:"true" enum:"group,user,reason" doc:"What is counted by." example:"group"`
	User   string `query:"user" maxLength:"1024" doc:"Only lines of this user, by userName or id."`
	Group  string `query:"group" maxLength:"256" doc:"Only lines of this group, by displayName or id."`
	Op     string `query:"op" enum:"addMembership,removeMembership,createUser,linkUser,updateUser,enableUser,disableUser,deleteUser,restoreUser,ambiguous,blocked" doc:"Only lines of this operation."`
	Reason string `query:"reason" maxLength:"64" doc:"Only lines for this reason, by its code; or only conflicts of this kind." example:"neverAssign"`
}

func (a *API) addPlanTotals() {
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/plans/{id}/totals", id: "listPlanTotals", tag: "Plans", role: reads(theConnector), missing: noPlan,
		summary:     "Count what a plan would do, by group, by user or by reason",
		description: "Those that lose most first. The lines themselves are at /changes, with the same filters.",
		errors:      map[int]string{http.StatusConflict: "The plan is still being made (`planRunning`), or failed (`planFailed`)."},
	}, func(ctx context.Context, in *listPlanTotals) (*Listed[PlanTotal], error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		by := directory.TotalsBy(in.By)
		filter := directory.LineFilter{User: in.User, Group: in.Group, Op: directory.Op(in.Op), Reason: in.Reason}
		page, err := a.effective.PlanTotals(ctx, in.Connector, id, by, filter, in.listing())
		if err != nil {
			return nil, err
		}
		return listed(page, func(t directory.PlanTotal) PlanTotal { return sayTotal(t, by) }), nil
	})
}

func sayTotal(t directory.PlanTotal, by directory.TotalsBy) PlanTotal {
	out := PlanTotal{Losses: t.Losses, Gains: t.Gains, Lines: t.Lines}
	switch by {
	case directory.ByGroup:
		out.Group, out.Members = &GroupRef{ID: some(t.Group), DisplayName: t.GroupName}, &t.Members
	case directory.ByUser:
		out.User = &PlanUser{ID: some(t.User), UserName: t.UserName}
	default:
		because := sayBecause(t.Because, "")
		out.Because = &because
	}
	return out
}
