package directory

import (
	"github.com/google/uuid"
)

// rename moves the view of a group record to its new name and adds its members to touched.
// When the record alone feeds its group, the group is carried along: the same id, and nobody
// loses anything. Otherwise its members leave the one name and join the other, as the rules say.
func (w *work) rename(g, old *GroupRow, touched map[uuid.UUID]bool) (carried bool, err error) {
	if g.DisplayName == g.ViewName {
		return false, nil
	}
	before := *old
	g.ViewName, g.ViewKey = g.DisplayName, g.NameKey
	if before.ViewKey != "" {
		if carried, err = w.carry(g, &before); err != nil {
			return false, err
		}
	}
	members, err := w.tx.Members(w.ctx, g.ID)
	if err != nil {
		return false, err
	}
	for _, m := range members {
		if _, named := touched[m.ID]; !named && m.ID != uuid.Nil && m.Viewed {
			touched[m.ID] = true
		}
	}
	return carried, nil
}

// carry renames the directory's group with its only feeder, when nothing speaks against it.
// Its memberships are right at once; the reasons behind them may name another pattern, so its
// members are settled all the same, by the workers.
func (w *work) carry(g, old *GroupRow) (bool, error) {
	if g.ViewKey == old.ViewKey {
		return false, nil
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
	if !c.Policy.Rules.Admits(g.ViewName) {
		return false, nil
	}
	for _, name := range []string{old.ViewName, g.ViewName} {
		if _, protected := w.settings.Directory.ProtectedGroup(name, c.Slug); protected {
			return false, nil
		}
	}
	before := group.Name
	group.Name, group.Key = g.ViewName, g.ViewKey
	w.changes.RenameGroup = &group
	w.facts[old.ViewKey], w.facts[g.ViewKey] = nil, &group
	w.event("directory.group.renamed", EventRow{Group: group.ID, Changes: map[string]any{"displayName": map[string]string{"before": before, "after": group.Name}}})
	return true, nil
}
