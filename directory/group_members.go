package directory

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// groupChanged tells of a changed group record. Member ids are listed up to a thousand; the
// directory's own events tell of each one that had an effect.
func (w *work) groupChanged(g, old *GroupRow, m memberChange) {
	changes := map[string]any{}
	if g.DisplayName != old.DisplayName {
		changes["displayName"] = map[string]string{"before": old.DisplayName, "after": g.DisplayName}
	}
	if !sameJSON(g.JSON, old.JSON) {
		names, _ := difference(old.JSON, g.JSON)
		changes["attributes"] = names
	}
	tellMembers(changes, "added", m.add, len(m.addUnresolved))
	tellMembers(changes, "removed", m.drop, len(m.dropUnresolved))
	w.event("record.group.changed", EventRow{Record: g.ID, Changes: changes})
}

// tellMembers puts members into an event's changes: how many, and which of them there are.
func tellMembers(changes map[string]any, name string, members []Resolved, unresolved int) {
	if len(members)+unresolved == 0 {
		return
	}
	entry := map[string]any{"count": len(members) + unresolved}
	if len(members) <= 1000 {
		ids := make([]string, len(members))
		for i, m := range members {
			ids[i] = m.ID.String()
		}
		entry["records"] = ids
	}
	changes[name] = entry
}

// changeMembers writes the edges.
func (w *work) changeMembers(src Source, g *GroupRow, m memberChange, scene *Scene) error {
	if m.empty() {
		return nil
	}
	limit := limitOr(src.Connector.Settings.Limits.Members, tenants.DefaultMembers)
	if m.growth() > 0 && scene.MemberCount+m.growth() > limit {
		return &LimitError{What: "members of a group", Limit: limit}
	}
	if src.Connector.Settings.Strict && len(m.addUnresolved) > 0 {
		return scim.InvalidValue("members: %q names no user or group of this connector", m.addUnresolved[0])
	}
	added, err := w.refuseCycles(g, m.add)
	if err != nil {
		return err
	}
	live := w.live(g.Connector)
	if live && len(added) > 0 {
		w.feeds(g)
	}
	if live && len(m.drop) > 0 {
		w.depart(g.Connector, append(w.nesting.outer(g.ID), g.ViewKey)...)
	}
	for _, r := range added {
		w.changes.AddEdges = append(w.changes.AddEdges, NewEdge{EdgeKey: EdgeKey{g.ID, r.ID}, Connector: g.Connector, Kind: r.Kind, Edge: Edge{Said: true, Viewed: live}})
	}
	for _, r := range m.drop {
		if live {
			w.changes.DropEdges = append(w.changes.DropEdges, EdgeKey{g.ID, r.ID})
		} else {
			w.changes.SayNoMore = append(w.changes.SayNoMore, EdgeKey{g.ID, r.ID})
		}
	}
	for _, v := range m.addUnresolved {
		w.changes.AddUnresolved = append(w.changes.AddUnresolved, Arrival{Group: g.ID, Value: v})
	}
	for _, v := range m.dropUnresolved {
		w.changes.DropUnresolved = append(w.changes.DropUnresolved, Arrival{Group: g.ID, Value: v})
	}
	return nil
}

// settleGroup settles the people whom a group's change touches: those whose edge came or went
// and, when its name changed, all its members.
func (w *work) settleGroup(g, old *GroupRow, m memberChange, scene *Scene) error {
	if !w.live(g.Connector) {
		if err := w.forgetGone(m.add); err != nil {
			return err
		}
		if err := w.observeGroup(m); err != nil {
			return err
		}
		if g.DisplayName != old.DisplayName {
			return w.observeMembers(g.ID)
		}
		return nil
	}
	edges := make(map[uuid.UUID]bool, len(m.add)+len(m.drop)) // by user record: is it a member now
	for _, r := range m.drop {
		if r.Kind == scim.UserKind {
			edges[r.ID] = false
		}
	}
	for _, r := range m.add {
		if r.Kind == scim.UserKind {
			edges[r.ID] = true
		}
	}
	touched := maps.Clone(edges)
	for _, id := range m.again {
		touched[id] = false
	}
	carried, inner, err := w.rename(g, old, touched)
	if err != nil {
		return err
	}
	renamed := g.ViewName != old.ViewName
	if carried || renamed && len(touched) > settleInline {
		w.queueBelow(append(groupsOf(slices.Concat(m.add, m.drop)...), g.ID)...)
		return nil
	}
	inner = append(inner, groupsOf(slices.Concat(m.add, m.drop)...)...)
	left, err := w.touchBelow(inner, touched)
	if err != nil {
		return err
	}
	if left || len(touched) > settleInline {
		for id := range touched {
			w.queue(g.Connector, id)
		}
		return nil
	}
	if err := w.forgetGone(unlinked(m.add, scene)); err != nil {
		return err
	}
	var nested *Nesting // as it will be, once everybody is read
	flat := w.nesting == nil && len(inner)+len(m.into) == 0
	return w.settleRecordsOf(touched, scene, func(r *RecordRow) {
		if flat = flat && w.nesting == nil; !flat {
			r.Groups = direct(r.Groups)
		}
		for i := range r.Groups {
			if r.Groups[i].Record == g.ID && renamed {
				r.Groups[i] = ViewedGroup{Record: g.ID, Name: g.ViewName, Key: g.ViewKey, Unread: true}
			}
		}
		if there, changed := edges[r.ID]; changed {
			r.regroup(g, there)
		}
		if flat {
			return
		}
		if nested == nil {
			nested = w.nesting.changed(g, m, renamed, w.changes.DropGroup == g.ID)
		}
		r.Groups = nested.Expand(r.Groups)
	})
}

// queue leaves a record to the workers.
func (w *work) queue(connector, record uuid.UUID) {
	w.changes.Queue = append(w.changes.Queue, QueueRow{Connector: connector, Record: record, Due: w.now})
}

// forgetDeleted takes back the edges to records that were deleted between the moment their member
// values were resolved and the moment they were locked.
func (w *work) forgetDeleted(records []uuid.UUID, locked *Scene) {
	alive := make(map[uuid.UUID]bool, len(records))
	for id := range locked.Records {
		alive[id] = true
	}
	for _, p := range locked.People {
		for _, r := range p.Records {
			alive[r.ID] = r.State != policy.Deleted
		}
	}
	w.changes.AddEdges = slices.DeleteFunc(w.changes.AddEdges, func(e NewEdge) bool {
		return e.Kind == scim.UserKind && slices.Contains(records, e.Member) && !alive[e.Member]
	})
}

// forgetGone is forgetDeleted where nobody is settled now, and so nobody is locked yet: it holds
// the records themselves until the commit, and takes back the edges to those that are gone. Of a
// large change nobody is held: so many locks, of many groups at once, cost more than they are worth.
func (w *work) forgetGone(added []Resolved) error {
	var records []uuid.UUID
	asked := make(map[uuid.UUID]bool, len(added))
	for _, r := range added {
		if r.Kind == scim.UserKind {
			records, asked[r.ID] = append(records, r.ID), true
		}
	}
	if len(records) == 0 || len(records) > settleInline {
		return nil
	}
	scene, err := w.load(Request{Staying: records})
	if err != nil {
		return err
	}
	w.changes.AddEdges = slices.DeleteFunc(w.changes.AddEdges, func(e NewEdge) bool {
		return e.Kind == scim.UserKind && asked[e.Member] && !scene.Staying[e.Member]
	})
	return nil
}

// unlinked are those that no user stands behind, whose lock would hold them.
func unlinked(added []Resolved, scene *Scene) []Resolved {
	return slices.DeleteFunc(slices.Clone(added), func(r Resolved) bool { return scene.Records[r.ID] == nil })
}

// settleRecordsOf settles the people of the named records after adjust has put this
// transaction's own changes into what was read of them.
func (w *work) settleRecordsOf(records map[uuid.UUID]bool, scene *Scene, adjust func(*RecordRow)) error {
	there := make(map[uuid.UUID]bool, len(records))
	for id := range scene.Records {
		there[id] = true
	}
	for _, p := range scene.People {
		for _, r := range p.Records {
			there[r.ID] = true
		}
	}
	var missing []uuid.UUID
	for id := range records {
		if !there[id] {
			missing = append(missing, id)
		}
	}
	people, alone := scene.People, scene.Records
	if len(missing) > 0 {
		more, err := w.load(Request{Records: missing})
		if err != nil {
			return err
		}
		people, alone = merge(people, more.People), merge(alone, more.Records)
		w.forgetDeleted(missing, more)
	}
	for _, id := range sortedIDs(people) {
		p := people[id]
		touched := false
		for _, r := range p.Records {
			adjust(r)
			_, named := records[r.ID]
			touched = touched || named
		}
		if !touched {
			continue
		}
		if err := w.settle(p); err != nil {
			return err
		}
	}
	for _, id := range sortedIDs(alone) {
		r := alone[id]
		if _, named := records[id]; !named || r.ViewState == NoView {
			continue
		}
		adjust(r)
		if err := w.settleAlone(r); err != nil {
			return err
		}
	}
	return nil
}

// regroup puts a changed edge into the record's view, as it will be after the commit.
func (r *RecordRow) regroup(g *GroupRow, there bool) {
	r.Groups = slices.DeleteFunc(r.Groups, func(v ViewedGroup) bool { return v.Record == g.ID })
	if there {
		r.Groups = append(r.Groups, ViewedGroup{Record: g.ID, Name: g.ViewName, Key: g.ViewKey, Unread: true})
	}
}

// arriveGroup resolves the unresolved members that a new group answers to.
func (w *work) arriveGroup(g *GroupRow, arrivals []Arrival) {
	for _, a := range arrivals {
		w.changes.DropUnresolved = append(w.changes.DropUnresolved, a)
		w.changes.AddEdges = append(w.changes.AddEdges, NewEdge{EdgeKey: EdgeKey{Group: a.Group, Member: g.ID}, Connector: g.Connector, Kind: scim.GroupKind, Edge: Edge{Said: true, Viewed: w.live(g.Connector)}})
		w.touch(a.Group)
	}
}

// answers lets a group whose externalId has changed into the groups that waited for that value, and
// leaves its people to the workers. A group inside this one goes on waiting: the two would hold each
// other.
func (w *work) answers(g *GroupRow, change *memberChange, arrivals []Arrival) error {
	if len(arrivals) == 0 {
		return nil
	}
	below, err := w.load(Request{Below: append(groupsOf(change.add...), g.ID)})
	if err != nil {
		return err
	}
	within := maps.Clone(below.Inside)
	if within == nil {
		within = make(map[uuid.UUID][]uuid.UUID)
	}
	within[g.ID] = append(slices.Clone(within[g.ID]), groupsOf(change.add...)...)
	arrivals = slices.DeleteFunc(slices.Clone(arrivals), func(a Arrival) bool { return inside(within, g.ID, a.Group) })
	if len(arrivals) == 0 {
		return nil
	}
	if err := w.readAbove(arrivals); err != nil {
		return err
	}
	w.arriveGroup(g, arrivals)
	for _, a := range arrivals {
		change.into = append(change.into, a.Group)
	}
	if !w.live(g.Connector) {
		return w.observeMembers(g.ID)
	}
	w.queueBelow(g.ID)
	return nil
}

func limitOr(limit, otherwise int) int {
	if limit > 0 {
		return limit
	}
	return otherwise
}
