package directory

import (
	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
)

// rename moves the view of a group record to its new name and adds its members to touched.
// When the record alone feeds its group, the group is carried along: the same id, and nobody
// loses anything. Otherwise its members leave the one name and join the other, as the rules say.
// Members of a group that is carried are not added: all of them are settled by the workers. inner
// are the groups inside it, whose people it concerns too.
func (w *work) rename(g, old *GroupRow, touched map[uuid.UUID]bool) (carried bool, inner []uuid.UUID, err error) {
	name, key := w.groupName(g)
	if name == g.ViewName {
		return false, nil, nil
	}
	before := *old
	g.ViewName, g.ViewKey = name, key
	if before.ViewKey != "" {
		if carried, err = w.carry(g, &before); carried || err != nil {
			return carried, nil, err
		}
	}
	w.depart(g.Connector, before.ViewKey)
	members, err := w.tx.Members(w.ctx, g.ID)
	if err != nil {
		return false, nil, err
	}
	for _, m := range members {
		if _, named := touched[m.ID]; !named && m.ID != uuid.Nil && m.Viewed && m.Kind == scim.UserKind {
			touched[m.ID] = true
		}
		if m.ID != uuid.Nil && m.Viewed && m.Kind == scim.GroupKind {
			inner = append(inner, m.ID)
		}
	}
	return false, inner, nil
}

// carry renames the directory's group with its only feeder, when nothing speaks against it.
// Its memberships are right at once; the reasons behind them may name another pattern, so its
// members are settled all the same, by the workers.
//
// Somebody else may be about to feed the old name, and has seen the group under it. Only with
// the directory locked against all settling is it certain that nobody does.
func (w *work) carry(g, old *GroupRow) (bool, error) {
	if g.ViewKey == old.ViewKey || !w.mayCarry(g, old) {
		return false, nil
	}
	if !w.alone {
		return false, errNotAlone
	}
	scene, err := w.tx.Load(w.ctx, Request{Group: g.ID, GroupLock: GroupExclusive, GroupKeys: []string{old.ViewKey, g.ViewKey}, Feeders: old.ViewKey})
	if err != nil {
		return false, err
	}
	group, there := scene.Facts[old.ViewKey]
	_, taken := scene.Facts[g.ViewKey]
	c := w.settings.Connectors[g.Connector]
	if !there || taken || scene.Feeders > 0 || group.Tenant != c.TenantID {
		return false, nil
	}
	before := group.Name
	group.Name, group.Key = g.ViewName, g.ViewKey
	w.changes.RenameGroup = &group
	w.facts[old.ViewKey], w.facts[g.ViewKey] = nil, &group
	w.moved++
	w.meetRivals(group)
	w.event("directory.group.renamed", EventRow{Group: group.ID, Changes: map[string]any{"displayName": map[string]string{"before": before, "after": group.Name}}})
	return true, nil
}

// mayCarry says whether the rules let the record's group go by both names.
func (w *work) mayCarry(g, old *GroupRow) bool {
	c := w.settings.Connectors[g.Connector]
	if !c.Policy.Rules.Admits(g.ViewName) {
		return false
	}
	for _, name := range []string{old.ViewName, g.ViewName} {
		if _, protected := w.settings.Directory.ProtectedGroup(name, c.Slug); protected {
			return false
		}
	}
	return true
}
