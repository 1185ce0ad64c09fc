package sql

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// SentGroups reads the groups that a connector's IdP sends; see directory.JudgeStore.
func (s *Store) SentGroups(ctx context.Context, directoryID, connector uuid.UUID, limit int) (found []directory.SentGroup, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		t.query(func(r row) error {
			var g directory.SentGroup
			err := r.Scan(&g.Name, &g.Members)
			found = append(found, g)
			return err
		}, "select display_name, member_count from group_records where connector_id = ? and directory_id = ? and deleted_at is null order by name_key limit ?",
			connector, directoryID, int64(limit))
		return nil
	})
	return found, err
}
