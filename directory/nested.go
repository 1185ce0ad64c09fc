package directory

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
)

// Groups in groups. A group record's members may be groups of its connector. Who is in the inner
// group is in the outer one too, by the path that leads there:
//
//	Engineering ⊃ Platform ⊃ SRE ∋ Ada      Ada is in SRE
//	                                         in Platform through SRE
//	                                         in Engineering through Platform › SRE
//
// The edges stay as the IdP sent them; a record's view is expanded when it is read, by
// Nesting.Expand and nowhere else, so that plan, settling and why see the same groups. What
// changes above people (an edge between groups, an outer group's name or end) holds every group
// below it against other changes, and the connector against other changes of nesting: nobody
// joins below unseen, and no two requests close a circle together.

// mostNested is how many groups a path may lead up through. What lies higher is not reached.
const mostNested = 10

// Nesting is which groups hold groups, from some groups upwards: of every group in it, it has all
// that are above. The nil Nesting has none.
type Nesting struct {
	Groups map[uuid.UUID]ViewedGroup // by group record; one that is not here has no view, and is no way up
	Above  map[uuid.UUID][]uuid.UUID // the groups that have the group as a member
}

// merge is both, the receiver changed where it is there already.
func (n *Nesting) merge(other *Nesting) *Nesting {
	if n == nil || other == nil {
		return cmp.Or(n, other)
	}
	merged := n.clone()
	maps.Copy(merged.Groups, other.Groups)
	maps.Copy(merged.Above, other.Above)
	return merged
}

func (n *Nesting) clone() *Nesting {
	if n == nil {
		return &Nesting{Groups: make(map[uuid.UUID]ViewedGroup), Above: make(map[uuid.UUID][]uuid.UUID)}
	}
	return &Nesting{Groups: maps.Clone(n.Groups), Above: maps.Clone(n.Above)}
}

// Expand adds to the groups that a record is in directly those that hold them, each once, by the
// shortest path, and of those by the first in the order of names.
func (n *Nesting) Expand(direct []ViewedGroup) []ViewedGroup {
	if n == nil || len(n.Above) == 0 {
		return direct
	}
	expanded := slices.Clip(direct)
	reached := make(map[uuid.UUID]bool, len(direct))
	for _, g := range direct {
		reached[g.Record] = true
	}
	level := direct
	for range mostNested {
		found := make(map[uuid.UUID]ViewedGroup)
		for _, inner := range level {
			path := append([]string{inner.Name}, inner.Path...)
			for _, id := range n.Above[inner.Record] {
				outer, viewed := n.Groups[id]
				if better, has := found[id]; !viewed || reached[id] || has && slices.Compare(better.Path, path) <= 0 {
					continue
				}
				outer.Path = path
				found[id] = outer
			}
		}
		level = nil
		for _, id := range sortedIDs(found) {
			reached[id] = true
			level = append(level, found[id])
		}
		expanded = append(expanded, level...)
	}
	return expanded
}

// direct are the groups of a view that its record is in itself.
func direct(groups []ViewedGroup) []ViewedGroup {
	return slices.DeleteFunc(slices.Clone(groups), func(g ViewedGroup) bool { return len(g.Path) > 0 })
}

// outer are the keys of the groups above a group.
func (n *Nesting) outer(group uuid.UUID) (keys []string) {
	for _, g := range n.Expand([]ViewedGroup{{Record: group, Name: "."}}) {
		if len(g.Path) > 0 {
			keys = append(keys, g.Key)
		}
	}
	return keys
}

// changed is the nesting as it will be after the transaction's change of a group record.
func (n *Nesting) changed(g *GroupRow, m memberChange, renamed, gone bool) *Nesting {
	after := n.clone()
	if _, known := after.Groups[g.ID]; g.ViewKey != "" && (!known || renamed) {
		after.Groups[g.ID] = ViewedGroup{Record: g.ID, Name: g.ViewName, Key: g.ViewKey, Unread: true}
	}
	if gone {
		delete(after.Groups, g.ID)
	}
	for _, r := range m.drop {
		if r.Kind == scim.GroupKind {
			after.Above[r.ID] = slices.DeleteFunc(slices.Clone(after.Above[r.ID]), func(id uuid.UUID) bool { return id == g.ID })
		}
	}
	for _, r := range m.add {
		if r.Kind == scim.GroupKind {
			after.Above[r.ID] = append(slices.Clone(after.Above[r.ID]), g.ID)
		}
	}
	if len(m.into) > 0 {
		after.Above[g.ID] = append(slices.Clone(after.Above[g.ID]), m.into...)
	}
	return after
}

// groupsOf are the group records among members.
func groupsOf(members ...Resolved) (groups []uuid.UUID) {
	for _, m := range members {
		if m.Kind == scim.GroupKind && !slices.Contains(groups, m.ID) {
			groups = append(groups, m.ID)
		}
	}
	return groups
}

// errBelow makes a transaction run again that has seen which groups come or go in a group: it locks
// the connector's nesting before the group then, so that no two of them wait for each other.
var errBelow = fmt.Errorf("the groups inside have to be locked: %w", ErrAgain)

// refuseCycles refuses a member group that is, or holds somewhere below, the group itself. The
// groups below stay as they are until the commit, so that no other request closes the circle.
// Those that were deleted since their member values were resolved are left out of what it returns.
func (w *work) refuseCycles(g *GroupRow, added []Resolved) ([]Resolved, error) {
	groups := groupsOf(added...)
	if len(groups) == 0 {
		return added, nil
	}
	scene, err := w.load(Request{Below: groups})
	if err != nil {
		return nil, err
	}
	for _, e := range w.changes.AddEdges { // a group that others waited for
		if e.Kind == scim.GroupKind {
			scene.Inside[e.Group] = append(scene.Inside[e.Group], e.Member)
		}
	}
	for _, id := range groups {
		if inside(scene.Inside, id, g.ID) {
			return nil, scim.InvalidValue("members: group %s is, or holds, the group %s that it would be put into; take one of them out of the other first", id, g.ID)
		}
	}
	return slices.DeleteFunc(slices.Clone(added), func(r Resolved) bool { return r.Kind == scim.GroupKind && !scene.Staying[r.ID] }), nil
}

// leaveOuter takes a group that goes out of the groups that list it, whose members are others then.
// They are read now that the group is locked, and nobody puts it into another.
func (w *work) leaveOuter(g *GroupRow) error {
	scene, err := w.tx.Load(w.ctx, Request{Record: g.ID, RecordGone: true})
	if err != nil {
		return err
	}
	for _, outer := range scene.RecordGroups {
		edge := EdgeKey{Group: outer, Member: g.ID}
		if w.live(g.Connector) {
			w.changes.DropEdges = append(w.changes.DropEdges, edge)
		} else {
			w.changes.SayNoMore = append(w.changes.SayNoMore, edge)
		}
	}
	w.touch(scene.RecordGroups...)
	return nil
}

// inside says whether group is outer itself, or anywhere inside it.
func inside(edges map[uuid.UUID][]uuid.UUID, outer, group uuid.UUID) bool {
	seen := map[uuid.UUID]bool{outer: true}
	for below := []uuid.UUID{outer}; len(below) > 0; {
		next := below[0]
		if below = below[1:]; next == group {
			return true
		}
		for _, id := range edges[next] {
			if !seen[id] {
				seen[id] = true
				below = append(below, id)
			}
		}
	}
	return false
}

// touchBelow adds to touched those whom a group's change concerns through groups inside it: the
// people of inner groups that come or go and, where it is renamed, of all. Of too many it adds
// none, and leaves all to the workers.
func (w *work) touchBelow(inner []uuid.UUID, touched map[uuid.UUID]bool) (left bool, err error) {
	if len(inner) == 0 {
		return false, nil
	}
	scene, err := w.load(Request{Below: inner, MostMembers: settleInline + 1})
	if err != nil {
		return false, err
	}
	if scene.BelowCount+len(touched) > settleInline {
		w.queueBelow(inner...)
		return true, nil
	}
	for _, id := range scene.BelowIDs {
		if _, named := touched[id]; !named {
			touched[id] = true
		}
	}
	return false, nil
}

// queueBelow leaves everybody in groups, directly or not, to the workers.
func (w *work) queueBelow(groups ...uuid.UUID) {
	switch all := w.changes.QueueAll; {
	case all == nil:
		w.changes.QueueAll = &QueueAll{Members: groups}
	case len(all.Members) > 0:
		all.Members = append(all.Members, groups...)
	}
}

// readAbove reads what groups are inside of, that records or groups join in this transaction.
func (w *work) readAbove(arrivals []Arrival) error {
	if len(arrivals) == 0 {
		return nil
	}
	groups := make([]uuid.UUID, len(arrivals))
	for i, a := range arrivals {
		groups[i] = a.Group
	}
	_, err := w.load(Request{Above: groups})
	return err
}
