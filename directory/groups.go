package directory

import (
	"context"
	"errors"
	"iter"
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
		_, viewKey := w.groupName(g)
		edits := []scim.MemberEdit{{Op: scim.AddMembers, Values: members}}
		request := Request{Values: values(edits), Arrival: &Keys{Record: g.ID, Connector: g.Connector, ExternalID: g.ExternalID}, GroupKeys: append(w.names(g.Connector), viewKey), CountGroups: true}
		request.Exclusive = w.live(g.Connector) && !w.heldGroups(g.Connector)
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
			g.ViewName, g.ViewKey = w.groupName(g)
		}
		w.changes.NewGroup = g
		w.arriveGroup(g, scene.Arrivals)
		if err := w.readAbove(scene.Arrivals); err != nil {
			return err
		}
		if w.live(g.Connector) && !w.heldGroups(g.Connector) {
			if !w.alone { // it went live a moment ago
				return errNotAlone
			}
			w.firstGroup(g.Connector)
		}
		change := (&roster{scene: scene}).fold(edits)
		for _, a := range scene.Arrivals {
			change.into = append(change.into, a.Group)
		}
		said := map[string]any{"displayName": g.DisplayName}
		tellMembers(said, "added", change.add, len(change.addUnresolved))
		w.event("record.group.created", EventRow{Record: g.ID, Changes: said})
		w.notes(g.ID, notes)
		created = g.record()
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

// firstGroup marks a live connector as one that sends groups: from now on what it does not send
// is not kept (docs/design.md 3.3), so all its people are settled again. What a connector that is
// not live sends moves nothing; going live marks it (see SetMode).
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

// MembersOf reads the members of a page of groups. Those that are left out have too many to be held
// at once: Members streams them.
func (d *Directory) MembersOf(ctx context.Context, c tenants.Connector, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error) {
	return d.store.MembersOf(ctx, c.ID, groups)
}

// EditGroup changes a group record's attributes and members and settles whom it touches.
func (d *Directory) EditGroup(ctx context.Context, src Source, id uuid.UUID, match IfMatch, edit GroupEdit) (GroupRecord, error) {
	var edited GroupRecord
	alone := false
	var below []uuid.UUID // groups that come or go, once a run has seen them
	var arrival *Keys     // who waited for the group's new externalId, likewise
	err := d.change(ctx, scopeOf(src.Connector), src.actor(), func(w *work) error {
		request := Request{Exclusive: alone, Group: id, Below: below, Arrival: arrival, Values: values(edit.Members), GroupKeys: w.names(src.Connector.ID)}
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
			scene.MemberCount = saidOf(roster.all)
		}
		change := roster.fold(edit.Members)
		if isAwaited := g.ExternalID != "" && g.ExternalID != old.ExternalID; isAwaited && (arrival == nil || arrival.ExternalID != g.ExternalID) {
			arrival = &Keys{Record: g.ID, Connector: g.Connector, ExternalID: g.ExternalID}
			below = append(groupsOf(slices.Concat(change.add, change.drop)...), g.ID)
			return errBelow
		} else if !isAwaited {
			scene.Arrivals = nil
		}
		if groups := groupsOf(slices.Concat(change.add, change.drop)...); below == nil && len(groups) > 0 {
			below = groups
			return errBelow
		}
		if err := w.answers(g, &change, scene.Arrivals); err != nil {
			return err
		}
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
		if change.again, err = w.nameAgain(g, roster.needless()); err != nil {
			return err
		}
		err = w.settleGroup(g, &old, change, scene)
		alone = alone || errors.Is(err, errNotAlone)
		return err
	})
	return edited, err
}

// editAttributes applies the edit of attributes; GroupRecord is set when it changed anything.
func (w *work) editAttributes(g *GroupRow, edit GroupEdit) error {
	if edit.Attributes == nil {
		w.notes(g.ID, edit.Notes)
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

// DeleteGroup removes a group record; its members lose what it gave them, as the rules say.
func (d *Directory) DeleteGroup(ctx context.Context, src Source, id uuid.UUID, match IfMatch) error {
	return d.change(ctx, scopeOf(src.Connector), src.actor(), func(w *work) error {
		// Outer groups are locked before inner ones, as by those who change their members.
		if _, err := w.tx.Load(ctx, Request{Record: id, RecordGone: true}); err != nil {
			return err
		}
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
		if err := w.observeMembers(g.ID); err != nil {
			return err
		}
		if err := w.leaveOuter(g); err != nil {
			return err
		}
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
		w.depart(g.Connector, append(w.nesting.outer(g.ID), g.ViewKey)...)
		var change memberChange
		for _, m := range members {
			if m.ID != uuid.Nil && m.Viewed {
				change.drop = append(change.drop, Resolved{ID: m.ID, Kind: m.Kind})
			}
		}
		return w.settleGroup(g, g, change, scene)
	})
}
