package directory

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// CreateUser keeps a new user record and settles its person.
func (d *Directory) CreateUser(ctx context.Context, src Source, doc scim.Document, notes []scim.Note) (UserRecord, error) {
	var created UserRecord
	err := d.change(ctx, scopeOf(src.Connector), src.actor(), func(w *work) error {
		r := newRecord(src, doc, w.now)
		said, keys := r.keys(), w.keys(r)
		request := Request{Arrival: &said}
		if w.live(r.Connector) {
			request.Keys, request.Candidates, request.GroupKeys = keys.locks(), []Keys{keys}, w.names(r.Connector)
		}
		scene, err := w.load(request)
		if err != nil {
			return err
		}
		if err := w.demand(r, nil, ""); err != nil {
			return err
		}
		w.changes.NewRecord = r
		if err := w.arrive(r, scene.Arrivals); err != nil {
			return err
		}
		w.event("record.user.created", EventRow{Record: r.ID, Values: map[string]any{"attributes": masked(r.JSON, w.settings.sensitive(r.Connector))}})
		w.notes(r.ID, notes)
		created = r.record()
		created.Groups = references(scene.Arrivals)
		switch {
		case !w.live(r.Connector):
			w.observe(r.ID)
			return nil
		case request.Candidates == nil || w.keys(r) != keys: // it went live a moment ago, or its mapping was changed
			return w.advance(r, scene)
		}
		r.advance()
		w.relinked[r.ID] = true
		return w.settleUnlinked(r, scene.Candidates)
	})
	if err == nil && d.addLogins(ctx, src.Connector, &created) != nil {
		created.LastLogin = time.Time{} // the record is made; its answer can do without
	}
	return created, err
}

// ReadUser reads a record of the connector.
func (d *Directory) ReadUser(ctx context.Context, c tenants.Connector, id uuid.UUID) (UserRecord, error) {
	r, err := d.store.UserRecord(ctx, c.ID, id)
	if err != nil {
		return r, err
	}
	return r, d.addLogins(ctx, c, &r)
}

// ListUsers answers a query over the connector's records.
func (d *Directory) ListUsers(ctx context.Context, c tenants.Connector, q scim.Query, withGroups bool) (Page[UserRecord], error) {
	page, err := d.store.UserRecords(ctx, c.ID, q, withGroups)
	if err != nil {
		return page, err
	}
	all := make([]*UserRecord, len(page.Items))
	for i := range page.Items {
		all[i] = &page.Items[i]
	}
	return page, d.addLogins(ctx, c, all...)
}

// EditUser changes a record and settles its person.
func (d *Directory) EditUser(ctx context.Context, src Source, id uuid.UUID, match IfMatch, edit UserEdit) (UserRecord, error) {
	var edited UserRecord
	changed := false
	err := d.change(ctx, scopeOf(src.Connector), src.actor(), func(w *work) error {
		changed = false
		scene, err := w.load(Request{Record: id, Records: []uuid.UUID{id}, GroupKeys: w.names(src.Connector.ID)})
		if err != nil {
			return err
		}
		r, err := recordIn(scene, id, match)
		if err != nil {
			return err
		}
		before := scim.ParseDocument(r.JSON)
		after, notes, err := edit(before)
		if err != nil {
			return err
		}
		edited = r.record()
		w.notes(r.ID, notes)
		if scim.Equal(before, after) {
			return nil
		}
		changed = true
		old := *r
		r.say(after)
		if err := w.demand(r, before, old.State); err != nil {
			return err
		}
		r.Version, r.Modified = r.Version+1, w.now
		edited = r.record()
		w.changes.Record = r
		names, values := maskedDifference(old.JSON, r.JSON, w.settings.sensitive(r.Connector))
		w.event("record.user.changed", EventRow{Record: r.ID, User: r.User, Changes: map[string]any{"attributes": names, "state": r.State}, Values: values})
		w.wakeEdited(r, &old)
		if err := w.arrivals(r, &old); err != nil {
			return err
		}
		if !w.live(r.Connector) {
			r.standStill(old.JSON)
			w.saveLink(r)
			w.observe(r.ID)
			return nil
		}
		r.standStill(old.JSON)
		return w.advance(r, scene)
	})
	if err != nil {
		return UserRecord{}, err
	}
	if !changed {
		return d.ReadUser(ctx, src.Connector, id)
	}
	return d.withGroups(ctx, src.Connector, edited)
}

// advance moves the record's view to what the record says and settles its person.
func (w *work) advance(r *RecordRow, scene *Scene) error {
	r.advance()
	w.relinked[r.ID] = true
	if p := scene.People[r.User]; p != nil {
		p.use(r)
		return w.settle(p)
	}
	return w.settleAlone(r)
}

// settleAlone settles a record without a user when its candidates are still to be read.
func (w *work) settleAlone(r *RecordRow) error {
	keys := w.keys(r)
	scene, err := w.load(Request{Keys: keys.locks(), Candidates: []Keys{keys}})
	if err != nil {
		return err
	}
	return w.settleUnlinked(r, scene.Candidates)
}

// DeleteUser turns a record into a tombstone; its groups no longer list it.
func (d *Directory) DeleteUser(ctx context.Context, src Source, id uuid.UUID, match IfMatch) error {
	return d.change(ctx, scopeOf(src.Connector), src.actor(), func(w *work) error {
		scene, err := w.load(Request{Record: id, RecordGone: true, Records: []uuid.UUID{id}, GroupKeys: w.names(src.Connector.ID)})
		if err != nil {
			return err
		}
		r, err := recordIn(scene, id, match)
		if err != nil {
			return err
		}
		// A request that had one of the record's people locked may have put the record into a group
		// since its groups were read; now that both are locked here, nobody does.
		groups, err := w.tx.Load(ctx, Request{Record: id, RecordGone: true})
		if err != nil {
			return err
		}
		old := *r
		r.LastInactive = r.State == policy.Inactive
		r.State, r.DeletedAt, r.Modified, r.Version = policy.Deleted, w.now, w.now, r.Version+1
		w.changes.Record = r
		w.releaseUnique(r)
		for _, group := range groups.RecordGroups {
			edge := EdgeKey{Group: group, Member: r.ID}
			if w.live(r.Connector) {
				w.changes.DropEdges = append(w.changes.DropEdges, edge)
			} else {
				w.changes.SayNoMore = append(w.changes.SayNoMore, edge)
			}
		}
		w.touch(groups.RecordGroups...)
		w.event("record.user.deleted", EventRow{Record: r.ID, User: r.User})
		if !w.live(r.Connector) {
			r.standStill(old.JSON)
			w.saveLink(r)
			w.observe(r.ID)
			return nil
		}
		w.departAll(r)
		r.Groups = nil
		if p := scene.People[r.User]; p != nil {
			w.wake(&p.User, p.Records)
		}
		return w.advance(r, scene)
	})
}

// recordIn takes the record to change out of the scene.
func recordIn(scene *Scene, id uuid.UUID, match IfMatch) (*RecordRow, error) {
	r := scene.Record
	if r == nil || r.ID != id || r.State == policy.Deleted {
		return nil, ErrNotFound
	}
	if match != nil && !match(r.Version) {
		return nil, ErrVersion
	}
	return r, nil
}

// use puts the record that the transaction changes in the place of its copy among the person's.
func (p *Person) use(r *RecordRow) {
	for i, other := range p.Records {
		if other.ID == r.ID {
			r.Groups = firstOf(r.Groups, other.Groups, r.State == policy.Deleted)
			p.Records[i] = r
			return
		}
	}
	p.Records = append(p.Records, r)
}

func firstOf(own, others []ViewedGroup, gone bool) []ViewedGroup {
	if gone || len(own) > 0 {
		return own
	}
	return others
}

// arrive resolves the unresolved members that a new record answers to.
func (w *work) arrive(r *RecordRow, arrivals []Arrival) error {
	for _, a := range arrivals {
		w.changes.DropUnresolved = append(w.changes.DropUnresolved, a)
		edge := NewEdge{EdgeKey: EdgeKey{Group: a.Group, Member: r.ID}, Connector: r.Connector, Kind: scim.UserKind, Edge: Edge{Said: true, Viewed: w.live(r.Connector)}}
		w.changes.AddEdges = append(w.changes.AddEdges, edge)
		w.touch(a.Group)
		if a.Key != "" && edge.Viewed {
			r.Groups = append(r.Groups, ViewedGroup{Record: a.Group, Name: a.Name, Key: a.Key, Unread: true})
		}
	}
	if len(arrivals) == 0 || !w.live(r.Connector) {
		return nil
	}
	if err := w.readAbove(arrivals); err != nil {
		return err
	}
	r.Groups = w.nesting.Expand(direct(r.Groups))
	return nil
}

// arrivals looks for unresolved members that a changed externalId or userName resolves.
func (w *work) arrivals(r, old *RecordRow) error {
	if r.ExternalID == old.ExternalID && r.UserNameKey == old.UserNameKey {
		return nil
	}
	keys := Keys{Record: r.ID, Connector: r.Connector, UserName: r.UserNameKey, ExternalID: r.ExternalID}
	scene, err := w.load(Request{Arrival: &keys})
	if err != nil {
		return err
	}
	return w.arrive(r, scene.Arrivals)
}

// touch moves the version and time of group records, once each.
func (w *work) touch(groups ...uuid.UUID) {
	w.changes.Touch = append(w.changes.Touch, groups...)
}

// names are the keys of the groups that a connector's rules name.
func (w *work) names(connector uuid.UUID) []string {
	if c := w.settings.Connectors[connector]; c != nil {
		return c.Policy.Rules.Names()
	}
	return nil
}

func (w *work) live(connector uuid.UUID) bool {
	c := w.settings.Connectors[connector]
	return c != nil && c.Mode == tenants.Live
}

func (d *Directory) withGroups(ctx context.Context, c tenants.Connector, r UserRecord) (UserRecord, error) {
	read, err := d.ReadUser(ctx, c, r.ID)
	if err != nil {
		return UserRecord{}, fmt.Errorf("reading back record %s: %w", r.ID, err)
	}
	return read, nil
}

func references(arrivals []Arrival) []scim.Reference {
	refs := make([]scim.Reference, 0, len(arrivals))
	for _, a := range arrivals {
		refs = append(refs, scim.Reference{Value: a.Group.String(), Display: a.Name, Type: "direct"})
	}
	return refs
}
