package sql

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// keptTables name a directory and stay when what it holds is purged: the audit, and those that go
// last.
var keptTables = []string{"events", "connectors", "directories"}

// RemovalCounts counts what a directory holds; see directory.PurgeStore.
func (s *Store) RemovalCounts(ctx context.Context, id uuid.UUID) (n directory.RemovalCounts, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&n.Users, &n.Groups, &n.Memberships, &n.Records) }, `select
			(select count(*) from users where directory_id = ? and status <> 'deleted'), (select count(*) from groups where directory_id = ?),
			(select count(*) from memberships where directory_id = ?), (select count(*) from user_records where directory_id = ? and deleted_at is null)`,
			id, id, id, id)
		return nil
	})
	return n, wrap(err, "counting what a directory holds")
}

// DueRemovals looks for removed directories whose time is over; see directory.PurgeStore.
func (s *Store) DueRemovals(ctx context.Context, now time.Time) (due []uuid.UUID, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			var id uuid.UUID
			err := r.Scan(&id)
			due = append(due, id)
			return err
		}, "select id from directories where removed_at is not null and purge_after <= ? order by id", micros(now))
		return nil
	})
	return due, wrap(err, "looking for directories to purge")
}

// PurgeDirectory deletes a part of a removed directory; see directory.PurgeStore. The tables are
// those of the schema that name a directory, so that none is forgotten.
func (s *Store) PurgeDirectory(ctx context.Context, id uuid.UUID, now time.Time, limit int) (gone bool, err error) {
	err = s.write(ctx, ofDirectory(id), func(t *tx) error {
		gone = false
		var name string
		t.query(func(r row) error { return r.Scan(&name) },
			"select name from directories where id = ? and removed_at is not null and purge_after <= ?"+t.lockingRow(), id, micros(now))
		tables, err := t.tablesOfDirectories()
		if err != nil {
			return err
		}
		if gone = name == ""; gone { // another process was faster
			return nil
		}
		left := int64(0)
		for _, table := range tables {
			n, err := t.purgeRows(table, id, limit)
			if err != nil {
				return err
			}
			left += n
		}
		if left > 0 {
			return nil
		}
		const bound = "connector_id in (select id from connectors where directory_id = ?)"
		t.exec(nil, "delete from credentials where "+bound, id)
		t.exec(nil, "delete from contacts where "+bound, id)
		t.exec(nil, "delete from setup_links where "+bound, id)
		t.exec(nil, "delete from connectors where directory_id = ?", id)
		t.exec(nil, "delete from directories where id = ?", id)
		t.adminEvent(adminEvent{action: "directory.purged", directory: id, changes: map[string]any{"name": name}})
		gone = true
		return t.flush()
	})
	return gone, wrap(err, "purging directory %s", id)
}

// purgeRows deletes rows of a directory from a table, up to a limit, with what was made of them
// elsewhere: words, by which nobody is to be found any more, and sums.
func (t *tx) purgeRows(table string, id uuid.UUID, limit int) (deleted int64, err error) {
	switch table {
	case "activity":
		return t.purgeRequests(id, limit)
	case "event_values":
		return t.purgeValues(id, limit)
	}
	t.exec(&deleted, "delete from "+table+" where "+t.rowID()+" in (select "+t.rowID()+" from "+table+" where directory_id = ? limit ?)", id, limit)
	return deleted, t.flush()
}

func (t *tx) purgeRequests(id uuid.UUID, limit int) (deleted int64, err error) {
	var numbers []int64
	t.query(func(r row) error {
		var seq int64
		err := r.Scan(&seq)
		numbers = append(numbers, seq)
		return err
	}, "select seq from activity where directory_id = ? order by seq limit ?", id, limit)
	if err := t.flush(); err != nil || len(numbers) == 0 {
		return 0, err
	}
	t.dropWords(activityWords, t.numbers(numbers))
	condition, arg := t.inNumbers("seq", numbers)
	days := map[int64]tally{}
	t.query(func(r row) error {
		var at, size int64
		err := r.Scan(&at, &size)
		days[at/dayMicros] = days[at/dayMicros].plus(-1, -size)
		deleted++
		return err
	}, "delete from activity where "+condition+" returning time, size", arg)
	if err := t.flush(); err != nil {
		return 0, err
	}
	t.tallyDays(days)
	t.exec(nil, "delete from activity_days where requests <= 0")
	return deleted, t.flush()
}

// purgeValues deletes clear values of the audit. The events stay, and get words anew.
func (t *tx) purgeValues(id uuid.UUID, limit int) (deleted int64, err error) {
	t.lockWords()
	var events []uuid.UUID
	t.query(func(r row) error {
		var event uuid.UUID
		err := r.Scan(&event)
		events = append(events, event)
		return err
	}, "select event_id from event_values where directory_id = ? limit ?", id, limit)
	if err := t.flush(); err != nil || len(events) == 0 {
		return 0, err
	}
	condition, arg := t.in("e.id", events)
	told := fragment{"select e.seq from events e where " + condition, []any{arg}}
	t.exec(nil, "insert into event_words_waiting (seq) "+told.sql+conflictFree(t.pg()), told.args...)
	t.dropWords(tableOfWords, told)
	condition, arg = t.in("event_id", events)
	t.exec(&deleted, "delete from event_values where "+condition, arg)
	return deleted, t.flush()
}

// tablesOfDirectories are the tables with rows of directories, but for those that stay.
func (t *tx) tablesOfDirectories() (tables []string, err error) {
	sql := "select m.name from sqlite_schema m join pragma_table_info(m.name) c on c.name = 'directory_id' where m.type = 'table' order by m.name"
	if t.pg() {
		sql = `select c.relname::text from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attname = 'directory_id'
			where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') order by c.relname`
	}
	t.query(func(r row) error {
		var table string
		err := r.Scan(&table)
		if !slices.Contains(keptTables, table) {
			tables = append(tables, table)
		}
		return err
	}, sql)
	return tables, t.flush()
}

// rowID is a column that tells a row from every other of its table.
func (t *tx) rowID() string {
	if t.pg() {
		return "ctid"
	}
	return "rowid"
}

// lockingRow locks the rows of a select where the database has such locks.
func (t *tx) lockingRow() string {
	if t.pg() {
		return " for update"
	}
	return ""
}
