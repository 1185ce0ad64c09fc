package directory

import (
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// settleMemberships writes the difference between what the user holds and the target.
func (w *work) settleMemberships(p *Person, d policy.Decision) {
	held := make(map[string]MembershipRow, len(p.Held))
	for _, m := range p.Held {
		held[m.Group.Key] = m
	}
	for _, target := range d.Memberships {
		supports := w.supports(target)
		old, has := held[target.Key]
		delete(held, target.Key)
		if has && slices.EqualFunc(old.Supports, supports, sameSupport) {
			continue
		}
		group := w.group(target)
		w.changes.Hold = append(w.changes.Hold, MembershipRow{Group: *group, User: p.User.ID, Supports: supports})
		told := map[string]any{"group": group.Name, "origin": supports[0].Origin, "because": target.Because}
		switch e := (EventRow{User: p.User.ID, Group: group.ID, Connector: supports[0].Connector, Changes: told}); {
		case !has:
			w.event("directory.membership.added", e)
		case !sameShown(old.Supports[0], supports[0]):
			told["was"] = old.Supports[0].Origin
			w.event("directory.membership.changed", e)
		}
	}
	for _, m := range p.Held {
		if _, ends := held[m.Group.Key]; !ends {
			continue
		}
		w.changes.Drop = append(w.changes.Drop, MembershipRow{Group: m.Group, User: p.User.ID})
		w.event("directory.membership.removed", EventRow{
			User: p.User.ID, Group: m.Group.ID, Connector: m.Supports[0].Connector,
			Changes: map[string]any{"group": m.Group.Name, "origin": m.Supports[0].Origin, "because": endOf(m, d, w.slug)},
		})
	}
	p.Held = nil
}

// supports are a target's supports as they are stored, each with its reason.
func (w *work) supports(t policy.TargetMembership) []Support {
	out := make([]Support, len(t.Supports))
	for i, s := range t.Supports {
		because := t.Reasons[i]
		out[i] = Support{Origin: s.Origin, Connector: w.connectorID(s.Connector), Code: because.Code, List: because.List, Pattern: because.Pattern, Path: because.Path, Detail: because.Detail}
		if because.Connector != s.Connector {
			out[i].Behind = w.connectorID(because.Connector)
		}
	}
	return out
}

// sameShown says whether a membership looks the same from outside: its origin, and whose it is.
// That another pattern admits it now is no event.
func sameShown(a, b Support) bool {
	return a.Origin == b.Origin && a.Connector == b.Connector
}

func sameSupport(a, b Support) bool {
	return a.Origin == b.Origin && a.Connector == b.Connector && a.Behind == b.Behind && a.Code == b.Code && a.List == b.List && a.Pattern == b.Pattern && a.Detail == b.Detail && slices.Equal(a.Path, b.Path)
}

// endOf is why a held membership ends: the verdict of a connector that supported it, strongest
// first, before those of others.
func endOf(m MembershipRow, d policy.Decision, slug func(uuid.UUID) string) policy.Reason {
	for _, s := range m.Supports {
		if s.Connector == uuid.Nil {
			continue
		}
		for _, v := range d.Verdicts {
			if v.Key == m.Group.Key && !v.Admitted && v.Connector == slug(s.Connector) {
				return v.Because
			}
		}
	}
	return refusal(m.Group.Key, d)
}

// refusal is why a group is not among the target: what refuses a group that is sent says more
// than that another connector does not send it.
func refusal(key string, d policy.Decision) policy.Reason {
	var first policy.Reason
	for _, v := range d.Verdicts {
		if v.Key != key || v.Admitted {
			continue
		}
		switch v.Because.Code {
		case policy.CodeNotSent, policy.CodeNoRecord, policy.CodeDefaultSpent:
			if first.Code == "" {
				first = v.Because
			}
		default:
			return v.Because
		}
	}
	return first
}

// group is the target's group, made when it does not exist yet.
func (w *work) group(t policy.TargetMembership) *GroupFact {
	if fact := w.facts[t.Key]; fact != nil {
		return fact
	}
	fact := &GroupFact{ID: newID(), Name: t.Name, Key: t.Key, Tenant: w.tenantID(t.Creates), Created: w.now, Version: 1}
	w.facts[t.Key] = fact
	w.moved++
	w.changes.NewGroups = append(w.changes.NewGroups, *fact)
	w.meetRivals(*fact)
	w.event("directory.group.created", EventRow{Group: fact.ID, Changes: map[string]any{"displayName": fact.Name, "tenant": t.Creates}})
	return fact
}
