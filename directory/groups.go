package directory

import (
	"context"
	"iter"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// settleInline is how many people one request settles itself; what touches more is queued in
// the same transaction and settled by the workers.
const settleInline = 300

// CreateGroup keeps a new group record with its members and settles them.
func (d *Directory) CreateGroup(ctx context.Context, src Source, doc scim.Document, members []string, notes []scim.Note) (GroupRecord, error) {
	var created GroupRecord
	err := d.change(ctx, scopeOf(src.Connector), src.actor(), func(w *work) error {
		g := &GroupRow{
			ID: newID(), Connector: src.Connector.ID, Directory: src.Connector.DirectoryID, Tenant: src.Connector.TenantID,
			Version: 1, Created: w.now, Modified: w.now,
		}
		g.say(doc)
		edits := []scim.MemberEdit{{Op: scim.AddMembers, Values: members}}
		request := Request{Values: values(edits), Arrival: &Keys{Record: g.ID, Connector: g.Connector, ExternalID: g.ExternalID}, GroupKeys: append(w.names(g.Connector), g.NameKey), CountGroups: true}
		request.Exclusive = !w.heldGroups(g.Connector)
		if len(request.Values) <= settleInline {
			request.MemberValues = request.Values
		}
		scene, err := w.load(request)
		if err != nil {
			return err
		}
		if limit := limitOr(src.Connector.Settings.Limits.Groups, tenants.DefaultGroups); scene.GroupCount >= limit {
			return &LimitError{What: "groups", Limit: limit}
		}
		if w.live(g.Connector) {
			g.ViewName, g.ViewKey = g.DisplayName, g.NameKey
		}
		w.changes.NewGroup = g
		w.arriveGroup(g, scene.Arrivals)
		if request.Exclusive && !w.heldGroups(g.Connector) {
			w.firstGroup(g.Connector)
		}
		w.event("record.group.created", EventRow{Record: g.ID, Changes: map[string]any{"displayName": g.DisplayName}})
		w.notes(g.ID, notes)
		created = g.record()
		change := (&roster{scene: scene}).fold(edits)
		if err := w.changeMembers(src, g, change, scene); err != nil {
			return err
		}
		return w.settleGroup(g, g, change, scene)
	})
	return created, err
}

// heldGroups says whether the connector ever held a group record, as far as the settings know.
func (w *work) heldGroups(connector uuid.UUID) bool {
	c := w.settings.Connectors[connector]
	return c != nil && c.Policy.HeldGroups
}

// firstGroup marks the connector as one that sends groups: from now on what it does not send
// is not kept (docs/design.md 3.3), so all its people are settled again.
func (w *work) firstGroup(connector uuid.UUID) {
	w.changes.Connector = &ConnectorChange{ID: connector, HeldGroups: true}
	w.changes.QueueAll = &QueueAll{Connector: connector}
}

// ReadGroup reads a record of the connector, without its members.
func (d *Directory) ReadGroup(ctx context.Context, c tenants.Connector, id uuid.UUID) (GroupRecord, error) {
	return d.store.GroupRecord(ctx, c.ID, id)
}

// ListGroups answers a query over the connector's records, without members.
func (d *Directory) ListGroups(ctx context.Context, c tenants.Connector, q scim.Query) (Page[GroupRecord], error) {
	return d.store.GroupRecords(ctx, c.ID, q)
}

// Members streams a group's members as the IdP sent them.
func (d *Directory) Members(ctx context.Context, c tenants.Connector, group uuid.UUID) iter.Seq2[scim.Member, error] {
	return d.store.Members(ctx, c.ID, group)
}

// MembersOf reads the members of a page of groups.
func (d *Directory) MembersOf(ctx context.Context, c tenants.Connector, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error) {
	return d.store.MembersOf(ctx, c.ID, groups)
}

// EditGroup changes a group record's attributes and members and settles whom it touches.
func (d *Directory) EditGroup(ctx context.Context, src Source, id uuid.UUID, match IfMatch, edit GroupEdit) (GroupRecord, error) {
	var edited GroupRecord
	err := d.change(ctx, scopeOf(src.Connector), src.actor(), func(w *work) error {
		request := Request{Group: id, Values: values(edit.Members), GroupKeys: w.names(src.Connector.ID)}
		all := needsAll(edit.Members)
		if all || edit.Attributes != nil || match != nil {
			request.GroupLock = GroupExclusive
		}
		if !all && len(request.Values) <= settleInline {
			request.MemberValues = request.Values
		}
		scene, err := w.load(request)
		if err != nil {
			return err
		}
		g := scene.Group
		if g == nil || !g.DeletedAt.IsZero() {
			return ErrNotFound
		}
		if match != nil && !match(g.Version) {
			return ErrVersion
		}
		old := *g
		if err := w.editAttributes(g, edit); err != nil {
			return err
		}
		roster := &roster{scene: scene}
		if all {
			if roster.all, err = w.tx.Members(ctx, g.ID); err != nil {
				return err
			}
			scene.MemberCount = len(roster.all)
		}
		change := roster.fold(edit.Members)
		if renamed := w.changes.GroupRecord != nil; renamed || !change.empty() {
			g.Version, g.Modified = g.Version+1, w.now
			if !renamed {
				w.touch(g.ID)
			}
			w.groupChanged(g, &old, change)
		}
		edited = g.record()
		if err := w.changeMembers(src, g, change, scene); err != nil {
			return err
		}
		return w.settleGroup(g, &old, change, scene)
	})
	return edited, err
}

// editAttributes applies the edit of attributes; GroupRecord is set when it changed anything.
func (w *work) editAttributes(g *GroupRow, edit GroupEdit) error {
	if edit.Attributes == nil {
		return nil
	}
	before := scim.ParseDocument(g.JSON)
	after, notes, err := edit.Attributes(before)
	if err != nil {
		return err
	}
	w.notes(g.ID, notes)
	if scim.Equal(before, after) {
		return nil
	}
	g.say(after)
	w.changes.GroupRecord = g
	return nil
}

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
	list := func(name string, members []Resolved, unresolved int) {
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
	list("added", m.add, len(m.addUnresolved))
	list("removed", m.drop, len(m.dropUnresolved))
	w.event("record.group.changed", EventRow{Record: g.ID, Changes: changes})
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
	if err := w.refuseCycles(g, m.add); err != nil {
		return err
	}
	live := w.live(g.Connector)
	for _, r := range m.add {
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
	carried, err := w.rename(g, old, touched)
	if err != nil {
		return err
	}
	if carried || len(touched) > settleInline {
		for id := range touched {
			w.queue(g.Connector, id)
		}
		return nil
	}
	return w.settleRecordsOf(touched, scene, func(r *RecordRow) {
		for i := range r.Groups {
			if r.Groups[i].Record == g.ID {
				r.Groups[i].Name, r.Groups[i].Key = g.ViewName, g.ViewKey
			}
		}
		if there, changed := edges[r.ID]; changed {
			r.regroup(g, there)
		}
	})
}

// queue leaves a record to the workers.
func (w *work) queue(connector, record uuid.UUID) {
	w.changes.Queue = append(w.changes.Queue, QueueRow{Connector: connector, Record: record, Due: w.now})
}

// settleRecordsOf settles the people of the named records after adjust has put this
// transaction's own changes into what was read of them.
func (w *work) settleRecordsOf(records map[uuid.UUID]bool, scene *Scene, adjust func(*RecordRow)) error {
	var missing []uuid.UUID
	for id := range records {
		if _, alone := scene.Records[id]; !alone && personWith(scene, id) == nil {
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
		r.Groups = append(r.Groups, ViewedGroup{Record: g.ID, Name: g.ViewName, Key: g.ViewKey})
	}
}

// DeleteGroup removes a group record; its members lose what it gave them, as the rules say.
func (d *Directory) DeleteGroup(ctx context.Context, src Source, id uuid.UUID, match IfMatch) error {
	return d.change(ctx, scopeOf(src.Connector), src.actor(), func(w *work) error {
		scene, err := w.load(Request{Group: id, GroupLock: GroupExclusive, GroupKeys: w.names(src.Connector.ID)})
		if err != nil {
			return err
		}
		g := scene.Group
		if g == nil || !g.DeletedAt.IsZero() {
			return ErrNotFound
		}
		if match != nil && !match(g.Version) {
			return ErrVersion
		}
		w.event("record.group.deleted", EventRow{Record: g.ID, Changes: map[string]any{"displayName": g.DisplayName}})
		if !w.live(g.Connector) && g.ViewKey != "" {
			g.DeletedAt, g.Modified, g.Version = w.now, w.now, g.Version+1
			w.changes.GroupRecord = g
			w.changes.AllMembers = &AllMembers{Group: g.ID, Viewed: true}
			return nil
		}
		members, err := w.tx.Members(ctx, g.ID)
		if err != nil {
			return err
		}
		w.changes.DropGroup = g.ID
		var change memberChange
		for _, m := range members {
			if m.ID != uuid.Nil && m.Viewed {
				change.drop = append(change.drop, Resolved{ID: m.ID, Kind: m.Kind})
			}
		}
		return w.settleGroup(g, g, change, scene)
	})
}

// arriveGroup resolves the unresolved members that a new group answers to.
func (w *work) arriveGroup(g *GroupRow, arrivals []Arrival) {
	for _, a := range arrivals {
		w.changes.DropUnresolved = append(w.changes.DropUnresolved, a)
		w.changes.AddEdges = append(w.changes.AddEdges, NewEdge{EdgeKey: EdgeKey{Group: a.Group, Member: g.ID}, Connector: g.Connector, Kind: scim.GroupKind, Edge: Edge{Said: true, Viewed: w.live(g.Connector)}})
		w.touch(a.Group)
	}
}

// refuseCycles refuses a member group that is, or holds somewhere below, the group itself.
func (w *work) refuseCycles(g *GroupRow, added []Resolved) error {
	seen := make(map[uuid.UUID]bool)
	var below []uuid.UUID
	for _, r := range added {
		if r.Kind == scim.GroupKind {
			below = append(below, r.ID)
		}
	}
	for len(below) > 0 {
		next := below[0]
		below = below[1:]
		if next == g.ID {
			return scim.InvalidValue("members: the group would contain itself")
		}
		if seen[next] {
			continue
		}
		seen[next] = true
		members, err := w.tx.Members(w.ctx, next)
		if err != nil {
			return err
		}
		for _, m := range members {
			if m.Kind == scim.GroupKind && m.ID != uuid.Nil {
				below = append(below, m.ID)
			}
		}
	}
	return nil
}

func limitOr(limit, otherwise int) int {
	if limit > 0 {
		return limit
	}
	return otherwise
}

func personWith(s *Scene, record uuid.UUID) *Person {
	for _, p := range s.People {
		if recordByID(p.Records, record.String()) != nil {
			return p
		}
	}
	return nil
}
