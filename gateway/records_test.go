package gateway_test

import (
	"context"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// records is a directory.Records that keeps everything in a map and evaluates no filter: enough
// to see what the gateway makes of HTTP, and nothing else.
type records struct {
	mu          sync.Mutex
	now         time.Time
	users       map[uuid.UUID]*kept
	groups      map[uuid.UUID]*kept
	sources     []directory.Source
	memberReads int             // calls of Members and MembersOf
	fail        error           // what every method answers
	endless     int             // members that Members makes up
	breakAt     int             // after so many members Members fails
	seen        []scim.Query    // of the lists
	ctx         context.Context // of the last call
	hold        chan struct{}   // if set, every call waits for one of these
}

// kept is one record.
type kept struct {
	connector uuid.UUID
	doc       scim.Document
	members   []string
	created   time.Time
	modified  time.Time
	version   int64
}

func newRecords() *records {
	return &records{
		now:   time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		users: map[uuid.UUID]*kept{}, groups: map[uuid.UUID]*kept{},
	}
}

var _ directory.Records = (*records)(nil)

func (r *records) begin(ctx context.Context, src *directory.Source) (func(), error) {
	if r.hold != nil {
		<-r.hold
	}
	r.mu.Lock()
	r.ctx = ctx
	if src != nil {
		r.sources = append(r.sources, *src)
	}
	if err := ctx.Err(); err != nil {
		return r.mu.Unlock, err
	}
	return r.mu.Unlock, r.fail
}

func (r *records) CreateUser(ctx context.Context, src directory.Source, doc scim.Document, _ []scim.Note) (directory.UserRecord, error) {
	end, err := r.begin(ctx, &src)
	defer end()
	if err != nil {
		return directory.UserRecord{}, err
	}
	for _, u := range r.users {
		if u.connector == src.Connector.ID && u.doc.UserName() == doc.UserName() {
			return directory.UserRecord{}, &directory.DuplicateError{Attribute: "userName", Value: doc.UserName()}
		}
	}
	id := uuid.Must(uuid.NewV7())
	r.users[id] = &kept{connector: src.Connector.ID, doc: doc, created: r.now, modified: r.now, version: 1}
	return user(id, r.users[id]), nil
}

func (r *records) ReadUser(ctx context.Context, c tenants.Connector, id uuid.UUID) (directory.UserRecord, error) {
	end, err := r.begin(ctx, nil)
	defer end()
	if err != nil {
		return directory.UserRecord{}, err
	}
	k, err := find(r.users, c, id, nil)
	if err != nil {
		return directory.UserRecord{}, err
	}
	return user(id, k), nil
}

func (r *records) EditUser(ctx context.Context, src directory.Source, id uuid.UUID, match directory.IfMatch, edit directory.UserEdit) (directory.UserRecord, error) {
	end, err := r.begin(ctx, &src)
	defer end()
	if err != nil {
		return directory.UserRecord{}, err
	}
	k, err := find(r.users, src.Connector, id, match)
	if err != nil {
		return directory.UserRecord{}, err
	}
	if err := k.edit(edit); err != nil {
		return directory.UserRecord{}, err
	}
	return user(id, k), nil
}

func (r *records) DeleteUser(ctx context.Context, src directory.Source, id uuid.UUID, match directory.IfMatch) error {
	return r.remove(ctx, src, r.users, id, match)
}

func (r *records) remove(ctx context.Context, src directory.Source, from map[uuid.UUID]*kept, id uuid.UUID, match directory.IfMatch) error {
	end, err := r.begin(ctx, &src)
	defer end()
	if err != nil {
		return err
	}
	if _, err := find(from, src.Connector, id, match); err != nil {
		return err
	}
	delete(from, id)
	return nil
}

func (r *records) ListUsers(ctx context.Context, c tenants.Connector, q scim.Query, _ bool) (directory.Page[directory.UserRecord], error) {
	end, err := r.begin(ctx, nil)
	defer end()
	r.seen = append(r.seen, q)
	page := directory.Page[directory.UserRecord]{}
	for id, k := range r.users {
		if k.connector == c.ID {
			page.Items = append(page.Items, user(id, k))
		}
	}
	slices.SortFunc(page.Items, func(a, b directory.UserRecord) int { return slices.Compare(a.ID[:], b.ID[:]) })
	page.Total = len(page.Items)
	return page, err
}

func (r *records) CreateGroup(ctx context.Context, src directory.Source, doc scim.Document, members []string, _ []scim.Note) (directory.GroupRecord, error) {
	end, err := r.begin(ctx, &src)
	defer end()
	if err != nil {
		return directory.GroupRecord{}, err
	}
	id := uuid.Must(uuid.NewV7())
	r.groups[id] = &kept{connector: src.Connector.ID, doc: doc, members: members, created: r.now, modified: r.now, version: 1}
	return group(id, r.groups[id]), nil
}

func (r *records) ReadGroup(ctx context.Context, c tenants.Connector, id uuid.UUID) (directory.GroupRecord, error) {
	end, err := r.begin(ctx, nil)
	defer end()
	if err != nil {
		return directory.GroupRecord{}, err
	}
	k, err := find(r.groups, c, id, nil)
	if err != nil {
		return directory.GroupRecord{}, err
	}
	return group(id, k), nil
}

func (r *records) EditGroup(ctx context.Context, src directory.Source, id uuid.UUID, match directory.IfMatch, edit directory.GroupEdit) (directory.GroupRecord, error) {
	end, err := r.begin(ctx, &src)
	defer end()
	if err != nil {
		return directory.GroupRecord{}, err
	}
	k, err := find(r.groups, src.Connector, id, match)
	if err != nil {
		return directory.GroupRecord{}, err
	}
	if edit.Attributes != nil {
		if err := k.edit(edit.Attributes); err != nil {
			return directory.GroupRecord{}, err
		}
	}
	for _, e := range edit.Members {
		switch e.Op {
		case scim.AddMembers:
			k.members = append(k.members, e.Values...)
		case scim.ReplaceMembers:
			k.members = e.Values
		case scim.RemoveMembers:
			k.members = slices.DeleteFunc(k.members, func(m string) bool { return slices.Contains(e.Values, m) })
		}
		k.version++
	}
	return group(id, k), nil
}

func (r *records) DeleteGroup(ctx context.Context, src directory.Source, id uuid.UUID, match directory.IfMatch) error {
	return r.remove(ctx, src, r.groups, id, match)
}

func (r *records) ListGroups(ctx context.Context, c tenants.Connector, q scim.Query) (directory.Page[directory.GroupRecord], error) {
	end, err := r.begin(ctx, nil)
	defer end()
	r.seen = append(r.seen, q)
	page := directory.Page[directory.GroupRecord]{}
	for id, k := range r.groups {
		if k.connector == c.ID {
			page.Items = append(page.Items, group(id, k))
		}
	}
	page.Total = len(page.Items)
	return page, err
}

func (r *records) Members(_ context.Context, c tenants.Connector, id uuid.UUID) iter.Seq2[scim.Member, error] {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memberReads++
	var members []string
	if k, err := find(r.groups, c, id, nil); err == nil {
		members = slices.Clone(k.members)
	}
	for range r.endless {
		members = append(members, uuid.Must(uuid.NewV7()).String())
	}
	return func(yield func(scim.Member, error) bool) {
		for i, m := range members {
			if r.breakAt > 0 && i == r.breakAt {
				yield(scim.Member{}, errBroken)
				return
			}
			if !yield(scim.Member{Value: m, Kind: scim.UserKind}, nil) {
				return
			}
		}
	}
}

func (r *records) MembersOf(_ context.Context, c tenants.Connector, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memberReads++
	members := map[uuid.UUID][]scim.Member{}
	for _, id := range groups {
		k, err := find(r.groups, c, id, nil)
		if err != nil {
			return nil, err
		}
		if r.endless > 0 {
			continue // too many to be held at once
		}
		members[id] = nil
		for _, m := range k.members {
			members[id] = append(members[id], scim.Member{Value: m, Kind: scim.UserKind})
		}
	}
	return members, nil
}

func find(in map[uuid.UUID]*kept, c tenants.Connector, id uuid.UUID, match directory.IfMatch) (*kept, error) {
	k, ok := in[id]
	if !ok || k.connector != c.ID {
		return nil, directory.ErrNotFound
	}
	if match != nil && !match(k.version) {
		return nil, directory.ErrVersion
	}
	return k, nil
}

func (k *kept) edit(edit func(scim.Document) (scim.Document, []scim.Note, error)) error {
	doc, _, err := edit(k.doc)
	if err != nil {
		return err
	}
	if !scim.Equal(k.doc, doc) {
		k.doc = doc
		k.version++
	}
	return nil
}

func user(id uuid.UUID, k *kept) directory.UserRecord {
	return directory.UserRecord{ID: id, JSON: k.doc.JSON(), Created: k.created, Modified: k.modified, Version: k.version}
}

func group(id uuid.UUID, k *kept) directory.GroupRecord {
	return directory.GroupRecord{ID: id, JSON: k.doc.JSON(), Created: k.created, Modified: k.modified, Version: k.version}
}
