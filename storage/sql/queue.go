package sql

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// queued are the records that settling has to do with: living ones, and tombstones of a user.
const queued = "(r.deleted_at is null or r.user_id is not null)"

// patience is how long a statement over all records of a connector may take on PostgreSQL.
const patience = "set local statement_timeout = '10min'"

// saveQueue queues records for settling.
func (w *work) saveQueue(c *directory.Changes) {
	rows := make([][]any, 0, len(c.Queue))
	for _, q := range c.Queue {
		if !c.TouchedAt.IsZero() && q.Due.Sub(c.TouchedAt) > soon {
			w.queueLater(q)
			continue
		}
		rows = append(rows, []any{w.scope.directory, q.Connector, q.Record, w.moment(q.Due)})
	}
	w.insert("settle_queue", []string{"directory_id", "connector_id", "record_id", "due_at"}, rows, "")
	w.wake(c)
	w.saveRivals(c)
	all := c.QueueAll
	if all == nil {
		return
	}
	due := w.moment(c.TouchedAt)
	switch {
	case all.Connector != uuid.Nil:
		if w.pg() {
			w.exec(nil, patience)
		}
		w.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
			select r.directory_id, r.connector_id, r.id, cast(? as bigint) from user_records r
			where r.connector_id = ? and r.directory_id = ? and `+queued, due, all.Connector, w.scope.directory)
	case len(all.Members) > 0:
		if len(c.AddEdges) > 0 {
			w.queueMembers(c)
		}
	case all.Group != uuid.Nil:
		w.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
			select r.directory_id, r.connector_id, r.id, cast(? as bigint) from memberships m join user_records r on r.user_id = m.user_id
			where m.group_id = ? and m.directory_id = ? and r.directory_id = ?`, due, all.Group, w.scope.directory, w.scope.directory)
	case all.Directory:
		if w.pg() {
			w.exec(nil, patience)
		}
		w.settling(func() {
			w.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
				select r.directory_id, r.connector_id, r.id, cast(? as bigint) from user_records r
				where r.directory_id = ? and `+queued, due, w.scope.directory)
		})
	}
}

// queueMembers queues everybody in group records, directly or not, as the rows are at this place.
func (w *work) queueMembers(c *directory.Changes) {
	if w.pg() {
		w.exec(nil, patience)
	}
	condition, ids := w.oneOf("g.id", c.QueueAll.Members)
	owned, owner := w.owned("r.")
	w.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
		select r.directory_id, r.connector_id, r.id, cast(? as bigint)
		from user_records r
		where r.id in (`+peopleIn("g.directory_id = ? and "+condition, "", "")+") and "+owned+" and "+queued,
		w.moment(c.TouchedAt), w.scope.directory, ids, owner)
}

// soon is how near a time must be for a worker, by whatever clock, to be settling it already:
// then a row is added in any case.
const soon = time.Minute

// queueLater queues a record for a time to come, once: settling asks for it again each time.
func (w *work) queueLater(q directory.QueueRow) {
	due := w.moment(q.Due)
	w.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
		select d.id, c.id, cast(? as `+w.uuidType()+`), cast(? as bigint) from directories d, connectors c
		where d.id = ? and c.id = ? and not exists (select 1 from settle_queue q where q.directory_id = d.id and q.due_at = ? and q.record_id = ?)`,
		q.Record, due, w.scope.directory, q.Connector, due, q.Record)
}

func (t *tx) uuidType() string {
	if t.pg() {
		return "uuid"
	}
	return "text"
}

// DueRecords takes records from the queue, each with all its rows that are due: twenty groups that
// are filled one after the other queue a person twenty times, who is settled once for all of them.
// Rows that another transaction took are passed over. What is queued after this statement is a row
// of its own and stays.
func (w *work) DueRecords(ctx context.Context, now time.Time, limit int) ([]uuid.UUID, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var due []uuid.UUID
	each := func(r row) error {
		var id uuid.UUID
		err := r.Scan(&id)
		due = append(due, id)
		return err
	}
	const (
		first = "select q.record_id from settle_queue q where q.directory_id = ? and q.due_at <= ? order by q.due_at, q.id limit ?"
		whole = "q.directory_id = ? and q.due_at <= ? and q.record_id "
	)
	directory, at := w.scope.directory, micros(now)
	if w.pg() {
		w.query(each, "with due as materialized ("+first+` for update skip locked),
				taken as materialized (select q.id from settle_queue q where `+whole+`= any (array(select record_id from due)) for update skip locked)
			delete from settle_queue q using taken where q.id = taken.id returning q.record_id`, directory, at, limit, directory, at)
	} else {
		w.query(each, "delete from settle_queue as q where "+whole+"in ("+first+") returning record_id", directory, at, directory, at, limit)
	}
	if err := w.flush(); err != nil {
		return nil, err
	}
	slices.SortFunc(due, compareID)
	return slices.Compact(due), nil
}

// DueDirectories looks into the queue of every directory, in the order of their names.
func (s *Store) DueDirectories(ctx context.Context, now time.Time) ([]uuid.UUID, error) {
	var due []uuid.UUID
	err := s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			var id uuid.UUID
			err := r.Scan(&id)
			due = append(due, id)
			return err
		}, `select d.id from directories d
			where d.removed_at is null and exists (select 1 from settle_queue q where q.directory_id = d.id and q.due_at <= ?) order by d.name_key`, micros(now))
		return nil
	})
	return due, err
}

// Pending counts the records that are due and wait to be settled.
func (s *Store) Pending(ctx context.Context, directory, connector uuid.UUID, now time.Time) (int, error) {
	n := 0
	err := s.read(ctx, inDirectory(directory, connector), func(t *tx) error {
		count := cat("select count(distinct record_id) from settle_queue where directory_id = ", argument{directory}, " and due_at <= ", argument{micros(now)},
			" and ", ofOwnConnector(ctx, "connector_id"))
		if connector != uuid.Nil {
			count = cat(count, " and connector_id = ", argument{connector})
		}
		t.query(func(r row) error { return r.Scan(&n) }, count.sql, count.args...)
		return nil
	})
	return n, err
}
