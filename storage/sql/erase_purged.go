package sql

import (
	"context"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// Traces reads what the audit knows of a purged user; see directory.PurgeStore. The records are
// those that the user's own events link to it and do not unlink again.
func (s *Store) Traces(ctx context.Context, id, user uuid.UUID) (traces directory.Traces, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		t.query(func(r row) error {
			var action string
			var record uuid.UUID
			err := r.Scan(&action, &record)
			switch {
			case action == "directory.user.purged":
				traces.Purged = true
			case record == uuid.Nil:
			case action == "directory.user.unlinked":
				traces.Records = slices.DeleteFunc(traces.Records, func(r uuid.UUID) bool { return r == record })
			case !slices.Contains(traces.Records, record):
				traces.Records = append(traces.Records, record)
			}
			return err
		}, `select e.action, coalesce(e.record_id, `+none+`) from events e where e.user_id = ? and e.directory_id = ?
			and e.action in ('directory.user.created', 'directory.user.linked', 'directory.user.unlinked', 'directory.user.purged') order by e.seq`, user, id)
		if err := t.flush(); err != nil {
			return err
		}
		if !traces.Purged {
			traces.Records = nil
			return nil
		}
		told, records := t.in("v.record_id", traces.Records)
		t.query(func(r row) error {
			var data string
			err := r.Scan(&data)
			traces.Values = append(traces.Values, json.RawMessage(data))
			return err
		}, "select v.data from event_values v where v.directory_id = ? and (v.user_id = ? or "+told+")", id, user, records)
		held, records := t.in("r.id", traces.Records)
		t.query(func(r row) error {
			var connector uuid.UUID
			err := r.Scan(&connector)
			traces.Holders = append(traces.Holders, connector)
			return err
		}, "select r.connector_id from user_records r where r.directory_id = ? and r.deleted_at is null and "+held, id, records)
		return nil
	})
	return traces, wrap(err, "looking for what the audit knows of a purged user")
}

// eraseTold deletes the clear values of the audit that are a person's by the ids of the user and
// its records alone.
func (w *work) eraseTold(p directory.Purge) {
	w.dropWordsOf(append([]uuid.UUID{p.User}, p.Erase.Records...)) // before the values they were taken from
	w.exec(nil, "delete from event_values where directory_id = ? and user_id = ?", w.scope.directory, p.User)
	if len(p.Erase.Records) > 0 {
		condition, ids := w.oneOf("record_id", p.Erase.Records)
		w.exec(nil, "delete from event_values where "+condition+" and directory_id = ?", ids, w.scope.directory)
	}
	w.eraseActivity("", textsOfIDs(p.Erase.Records))
}
