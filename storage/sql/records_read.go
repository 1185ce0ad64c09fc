package sql

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// readColumns are what an IdP reads back of a record of either kind.
const readColumns = "r.id, r.doc, r.created_at, r.modified_at, r.version"

func scanUserRecord(r row, before ...any) (directory.UserRecord, uuid.UUID, error) {
	var u directory.UserRecord
	var created, modified int64
	err := r.Scan(append(before, &u.ID, &u.JSON, &created, &modified, &u.Version)...)
	u.Created, u.Modified = fromMicros(created), fromMicros(modified)
	return u, u.ID, err
}

func scanGroup(r row, before ...any) (directory.GroupRecord, uuid.UUID, error) {
	var g directory.GroupRecord
	var created, modified int64
	err := r.Scan(append(before, &g.ID, &g.JSON, &created, &modified, &g.Version)...)
	g.Created, g.Modified = fromMicros(created), fromMicros(modified)
	return g, g.ID, err
}

// UserRecord reads one user record with the groups that list it, or directory.ErrNotFound.
func (s *Store) UserRecord(ctx context.Context, connector, id uuid.UUID) (directory.UserRecord, error) {
	var found *directory.UserRecord
	var groups []scim.Reference
	within, owned := ofConnector(connector), "r.connector_id = ?"
	if plantedNoTenant {
		within, owned = everyConnector, "cast(? as uuid) is not null"
	}
	err := s.read(ctx, within, func(t *tx) error {
		t.query(func(r row) error {
			u, _, err := scanUserRecord(r)
			found = &u
			return err
		}, "select "+readColumns+" from user_records r where r.id = ? and "+owned+" and r.deleted_at is null", id, connector)
		t.queryGroups(connector, []uuid.UUID{id}, func(_ uuid.UUID, g scim.Reference) { groups = append(groups, g) })
		return nil
	})
	if err != nil {
		return directory.UserRecord{}, err
	}
	if found == nil {
		return directory.UserRecord{}, directory.ErrNotFound
	}
	found.Groups = groups
	return *found, nil
}

// queryGroups queues the read of the group records that list user records, by display name.
func (t *tx) queryGroups(connector uuid.UUID, records []uuid.UUID, each func(record uuid.UUID, g scim.Reference)) {
	condition, ids := t.oneOf("m.member_id", records)
	t.query(func(r row) error {
		var record, group uuid.UUID
		g := scim.Reference{Type: "direct"}
		if err := r.Scan(&record, &group, &g.Display); err != nil {
			return err
		}
		g.Value = group.String()
		each(record, g)
		return nil
	}, `select m.member_id, g.id, g.display_name from members m join group_records g on g.id = m.group_record_id
		where `+condition+` and m.connector_id = ? and m.said and g.connector_id = ? and g.deleted_at is null
		order by g.name_key, g.id`, ids, connector, connector)
}

// UserRecords reads a page of user records.
func (s *Store) UserRecords(ctx context.Context, connector uuid.UUID, q scim.Query, withGroups bool) (directory.Page[directory.UserRecord], error) {
	l := s.recordList(connector, scim.UserKind, "user_records", q)
	p, err := s.scimPage(ctx, l.listing, q)
	if err != nil {
		return directory.Page[directory.UserRecord]{}, err
	}
	if !withGroups {
		return readList(ctx, s, l, p, scanUserRecord, nil)
	}
	return readList(ctx, s, l, p, scanUserRecord, func(t *tx, users []directory.UserRecord) {
		ids, place := make([]uuid.UUID, len(users)), make(map[uuid.UUID]int, len(users))
		for i, u := range users {
			ids[i], place[u.ID] = u.ID, i
		}
		t.queryGroups(connector, ids, func(record uuid.UUID, g scim.Reference) {
			u := &users[place[record]]
			u.Groups = append(u.Groups, g)
		})
	})
}

// recordList is a list of a connector's own records.
func (s *Store) recordList(connector uuid.UUID, kind scim.Kind, table string, q scim.Query) listQuery {
	return listQuery{
		scope:   ofConnector(connector),
		listing: listingOf(connector, table, q),
		target:  recordTarget(s.isPostgres(), kind, connector),
		columns: readColumns,
		within:  cat("r.connector_id = ", argument{connector}, " and r.deleted_at is null"),
		query:   q,
	}
}

// GroupRecord reads one group record without its members, or directory.ErrNotFound.
func (s *Store) GroupRecord(ctx context.Context, connector, id uuid.UUID) (directory.GroupRecord, error) {
	var found *directory.GroupRecord
	err := s.read(ctx, ofConnector(connector), func(t *tx) error {
		t.query(func(r row) error {
			g, _, err := scanGroup(r)
			found = &g
			return err
		}, "select "+readColumns+" from group_records r where r.id = ? and r.connector_id = ? and r.deleted_at is null", id, connector)
		return nil
	})
	if err != nil {
		return directory.GroupRecord{}, err
	}
	if found == nil {
		return directory.GroupRecord{}, directory.ErrNotFound
	}
	return *found, nil
}

// GroupRecords reads a page of group records without their members.
func (s *Store) GroupRecords(ctx context.Context, connector uuid.UUID, q scim.Query) (directory.Page[directory.GroupRecord], error) {
	l := s.recordList(connector, scim.GroupKind, "group_records", q)
	p, err := s.scimPage(ctx, l.listing, q)
	if err != nil {
		return directory.Page[directory.GroupRecord]{}, err
	}
	return readList(ctx, s, l, p, scanGroup, nil)
}
