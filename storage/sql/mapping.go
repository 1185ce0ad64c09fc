package sql

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// GroupNames lists a connector's group records by their names; see directory.MappingTx.
func (w *work) GroupNames(ctx context.Context, connector uuid.UUID) (found []directory.NamedGroup, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.query(func(r row) error {
		var g directory.NamedGroup
		err := r.Scan(&g.Record, &g.Said, &g.ViewName)
		found = append(found, g)
		return err
	}, "select id, display_name, coalesce(view_name, '') from group_records where connector_id = ? and directory_id = ? and deleted_at is null order by id",
		connector, w.scope.directory)
	return found, w.flush()
}

// saveNewNames writes the names that renames make of what the IdP calls groups.
func (w *work) saveNewNames(names []directory.NewName) {
	const batch = 500
	for len(names) > 0 {
		n := min(batch, len(names))
		rows := make([][]any, n)
		for i, g := range names[:n] {
			rows[i] = []any{g.Name, g.Key, g.Record}
		}
		w.updateMany("group_records", []string{"view_name", "view_key"}, nil, rows, "t.directory_id = ?", w.scope.directory)
		names = names[n:]
	}
}

// MappedRecords reads a page of a connector's records with what their users hold, in the order of
// their ids; see directory.MappingStore.
func (s *Store) MappedRecords(ctx context.Context, directoryID, connector, after uuid.UUID, limit int) ([]directory.MappedRecord, error) {
	return s.mappedRecords(ctx, directoryID, "r.connector_id = ? and r.id > ? and r.deleted_at is null order by r.id limit ?", connector, after, int64(limit))
}

// MappedRecord reads one record of a connector; see directory.MappingStore.
func (s *Store) MappedRecord(ctx context.Context, directoryID, connector, id uuid.UUID) (directory.MappedRecord, error) {
	found, err := s.mappedRecords(ctx, directoryID, "r.connector_id = ? and r.id = ? and r.deleted_at is null", connector, id)
	if err == nil && len(found) == 0 {
		err = directory.ErrNotFound
	}
	if err != nil {
		return directory.MappedRecord{}, err
	}
	return found[0], nil
}

func (s *Store) mappedRecords(ctx context.Context, directoryID uuid.UUID, which string, args ...any) (found []directory.MappedRecord, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		t.query(func(r row) error {
			var m directory.MappedRecord
			var counted int64
			err := r.Scan(&m.ID, &m.State, &m.Document, &counted, &m.Revised, &m.Held)
			m.Counted = counted != 0
			found = append(found, m)
			return err
		}, `select r.id, r.state, coalesce(r.view_doc, r.doc), coalesce(r.first_counted_at, 0), r.revised,
				coalesce(u.doc, '') from user_records r left join users u on u.id = r.user_id where r.directory_id = ? and `+which,
			append([]any{directoryID}, args...)...)
		return nil
	})
	return found, err
}
