package sql

import (
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/seal"
)

// A million events are read for one verification, so each column counts. PostgreSQL gives ids in
// their binary form; SQLite gives them as text, and takes as long for an empty column as for a
// full one: there the six of them come as one.
const (
	sealedOnPostgres = `e.position, e.seq, e.id, e.time, coalesce(e.directory_id, ` + none + `), coalesce(e.connector_id, ` + none + `),
		e.actor_type, e.actor, e.action, coalesce(e.user_id, ` + none + `), coalesce(e.group_id, ` + none + `),
		coalesce(e.record_id, ` + none + `), e.request, e.changes, coalesce(e.values_hash, '')`

	sealedOnSQLite = `e.seq, e.time, e.id || ',' || coalesce(e.directory_id, '') || ',' || coalesce(e.connector_id, '') || ',' ||
		coalesce(e.user_id, '') || ',' || coalesce(e.group_id, '') || ',' || coalesce(e.record_id, ''),
		e.actor_type, e.actor, e.action, e.request, e.changes, coalesce(e.values_hash, '')`
)

// sealedColumns are those of an event that is sealed, and of its position: scanSealed reads them.
func (s *Store) sealedColumns() string {
	if s.isPostgres() {
		return sealedOnPostgres
	}
	return sealedOnSQLite
}

// scanSealed reads sealedColumns, and what follows them into more.
func (s *Store) scanSealed(r row, more ...any) (e seal.Event, at seal.Place, err error) {
	var when int64
	if s.isPostgres() {
		err = r.Scan(append([]any{&at.Position, &e.Seq, &e.ID, &when, &e.Directory, &e.Connector, &e.ActorType, &e.Actor, &e.Action,
			&e.User, &e.Group, &e.Record, &e.Request, &e.Changes, &e.ValuesHash}, more...)...)
	} else {
		var ids string
		err = r.Scan(append([]any{&e.Seq, &when, &ids, &e.ActorType, &e.Actor, &e.Action, &e.Request, &e.Changes, &e.ValuesHash}, more...)...)
		if err == nil {
			err = splitIDs(ids, &e.ID, &e.Directory, &e.Connector, &e.User, &e.Group, &e.Record)
		}
	}
	e.Time, at.Seq = fromMicros(when).UTC(), e.Seq
	return e, at, err
}

// splitIDs reads ids with commas between them; nothing between two commas is uuid.Nil.
func splitIDs(text string, ids ...*uuid.UUID) (err error) {
	for i, id := range ids {
		one, rest, more := strings.Cut(text, ",")
		if more != (i < len(ids)-1) {
			return fmt.Errorf("%q are not %d ids", text, len(ids))
		}
		if one != "" {
			if *id, err = uuid.Parse(one); err != nil {
				return err
			}
		}
		text = rest
	}
	return nil
}
