package directory

import (
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// linesOf turns an event that settling would write into a plan's lines. The audit and the plan
// thereby tell the same. told is how linking came to it, by record.
func (r *planner) linesOf(e EventRow, told map[uuid.UUID]*Linked) []PlanLine {
	because, _ := e.Changes["because"].(policy.Reason)
	line := PlanLine{Because: because}
	switch e.Action {
	case "directory.membership.added", "directory.membership.removed":
		line.Op, line.Group = OpAddMembership, e.Group
		line.GroupName, _ = e.Changes["group"].(string)
		line.GroupKey = canonical.Key(line.GroupName)
		if e.Action == "directory.membership.removed" {
			line.Op, line.Detail.Loss = OpRemoveMembership, true
		}
		if r.made[e.Group] {
			line.Group = uuid.Nil
		}
		return []PlanLine{line}
	case "directory.user.created":
		line.Op, line.Detail.Record = OpCreateUser, e.Record
		return []PlanLine{line}
	case "directory.user.linked":
		line.Op, line.Detail.Record, line.Detail.Linked = OpLinkUser, e.Record, told[e.Record]
		return []PlanLine{line}
	case "directory.conflict.opened":
		if e.Record == uuid.Nil {
			return nil // with a group: nobody's own
		}
		kind, _ := e.Changes["kind"].(string)
		line.Op, line.Detail.Record, line.Detail.Linked = linkOp(kind), e.Record, told[e.Record]
		if x := line.Detail.Linked; x == nil || x.Conflict != kind { // of somebody who is linked: a name
			line.Detail.Linked = &Linked{Conflict: kind, Record: Side{ID: e.Record}}
		}
		return []PlanLine{line}
	case "directory.user.enabled":
		line.Op = OpEnableUser
	case "directory.user.disabled":
		line.Op, line.Detail.Loss = OpDisableUser, true
	case "directory.user.deleted":
		line.Op, line.Detail.Loss = OpDeleteUser, true
	case "directory.user.restored":
		line.Op = OpRestoreUser
	}
	var lines []PlanLine
	if line.Op != "" {
		lines = append(lines, line)
	}
	if names, _ := e.Changes["attributes"].([]string); len(names) > 0 && isUserEvent(e.Action) {
		lines = append(lines, PlanLine{Op: OpUpdateUser, Because: because, Detail: LineDetail{Attributes: names}})
	}
	return lines
}

func isUserEvent(action string) bool {
	return slices.Contains([]string{"directory.user.updated", "directory.user.enabled", "directory.user.disabled", "directory.user.deleted", "directory.user.restored"}, action)
}

// count adds a line to the plan's numbers.
func (r *planner) count(l *PlanLine) {
	n := &r.plan.Counts
	switch l.Op {
	case OpAddMembership:
		n.MembershipsAdded++
		r.gains[l.Group]++
	case OpRemoveMembership:
		n.MembershipsRemoved++
		r.gains[l.Group]--
		r.lost[l.Group] = true
	case OpCreateUser:
		n.UsersCreated++
	case OpLinkUser:
		n.UsersLinked++
	case OpUpdateUser:
		n.UsersUpdated++
	case OpEnableUser:
		n.UsersEnabled++
	case OpDisableUser:
		n.UsersDisabled++
	case OpDeleteUser:
		n.UsersDeleted++
	case OpRestoreUser:
		n.UsersRestored++
	case OpAmbiguous:
		n.Ambiguous++
	case OpBlocked:
		n.Blocked++
	}
}
