package sql

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// Roster names everybody whom a connector's records concern, or a change of its rules; see
// directory.PlanStore.
func (s *Store) Roster(ctx context.Context, directoryID, connector uuid.UUID, whom *directory.Concern, besides map[uuid.UUID]bool) (directory.Roster, error) {
	var found directory.Roster
	left := make(map[uuid.UUID]bool)
	err := s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		keep := func(r row) error {
			var id, user uuid.UUID
			err := r.Scan(&id, &user)
			switch {
			case besides[id] || besides[user]:
				left[user] = true
			case user == uuid.Nil:
				found.Newcomers = append(found.Newcomers, id)
			default:
				found.People = append(found.People, user)
			}
			return err
		}
		if whom == nil {
			t.query(keep, "select r.id, coalesce(r.user_id, "+none+") from user_records r where r.connector_id = ? and r.directory_id = ? and "+queued, connector, directoryID)
			return nil
		}
		return t.concerned(keep, directoryID, connector, whom)
	})
	slices.SortFunc(found.Newcomers, compareID)
	slices.SortFunc(found.People, compareID)
	found.Newcomers = slices.Compact(found.Newcomers)
	found.People = slices.Compact(slices.DeleteFunc(found.People, func(id uuid.UUID) bool { return left[id] }))
	return found, err
}

// concerned reads the records of a connector that a change of its rules concerns. Every part of
// the set begins at an index: the queue, the groups, the conflicts.
func (t *tx) concerned(keep func(row) error, directoryID, connector uuid.UUID, whom *directory.Concern) error {
	sent, members, err := t.concernedGroups(directoryID, connector, whom)
	if err != nil {
		return err
	}
	set := cat("select x.id, x.user_id from settle_queue q join user_records x on x.id = q.record_id where q.directory_id = ", argument{directoryID})
	if len(sent) > 0 {
		condition, keys := t.oneOfText("g.view_key", sent)
		set = cat(set, ` union select x.id, x.user_id from user_records x where x.id in (`,
			fragment{peopleIn("g.directory_id = ? and "+condition, "and n.viewed", "and m.viewed"), []any{directoryID, keys}}, ")")
	}
	if len(members) > 0 {
		condition, keys := t.oneOfText("d.name_key", members)
		set = cat(set, " union select cast(null as "+t.uuidType()+"), m.user_id from groups d join memberships m on m.group_id = d.id where d.directory_id = ",
			argument{directoryID}, " and ", fragment{condition, []any{keys}})
	}
	newcomers := "r.id in (select s.id from s where s.user_id is null)"
	if whom.People {
		set = cat(set, " union select x.id, x.user_id from conflicts c join user_records x on x.id = c.record_id where c.decision is null and c.directory_id = ", argument{directoryID})
		newcomers = "r.user_id is null"
	}
	ours := cat("r.connector_id = ", argument{connector}, " and r.directory_id = ", argument{directoryID})
	sql := cat("with s as materialized (", set, ") select r.id, r.user_id from user_records r where r.user_id in (select s.user_id from s) and ", ours,
		" union all select r.id, "+none+" from user_records r where "+newcomers+" and r.user_id is null and r.deleted_at is null and ", ours)
	t.query(keep, sql.sql, sql.args...)
	return nil
}

// concernedGroups are the keys of the groups that the change is about: as records name them, and
// of the directory's.
func (t *tx) concernedGroups(directoryID, connector uuid.UUID, whom *directory.Concern) (sent, members []string, err error) {
	if whom.Sent != nil {
		t.query(func(r row) error {
			var name, key string
			err := r.Scan(&name, &key)
			if err == nil && whom.Sent(name, key) {
				sent = append(sent, key)
			}
			return err
		}, "select g.view_name, g.view_key from group_records g where g.directory_id = ? and g.connector_id = ? and g.view_key is not null", directoryID, connector)
	}
	if whom.Members != nil {
		t.query(func(r row) error {
			var key string
			err := r.Scan(&key)
			if err == nil && whom.Members(key) {
				members = append(members, key)
			}
			return err
		}, "select d.name_key from groups d where d.directory_id = ?", directoryID)
	}
	return sent, members, t.flush()
}

// afterwards is by how much a job has to have begun after another one stopped half-way to be taken
// for a later one, as the clocks of replicas differ. The way back needs no clock.
const afterwards = int64(10 * time.Minute / time.Microsecond)

// HalfDone looks for jobs that leave some people to other rules; see directory.PlanStore.
func (s *Store) HalfDone(ctx context.Context, directoryID, besides uuid.UUID) (half bool, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		// A change of rules that waits for its connector to go live is done as soon as it begins.
		t.query(func(r row) error { return r.Scan(&half) }, `select exists (select 1 from jobs j where j.directory_id = ? and j.id <> ? and (j.state = 'running'
			or j.state in ('cancelled', 'failed') and j.draft like '{"rules"%' and exists (select 1 from connectors c where c.id = j.connector_id)
				and not exists (select 1 from jobs l where l.directory_id = j.directory_id and l.connector_id = j.connector_id
					and l.state = 'done' and l.finished_at > l.created_at
					and (l.plan_id = j.way_back or l.created_at > coalesce(j.finished_at, j.beat_at) + cast(? as bigint)))))`,
			directoryID, besides, afterwards)
		return nil
	})
	return half, err
}

// Supported counts what a connector supports, no further than to most.
func (s *Store) Supported(ctx context.Context, directoryID, connector uuid.UUID, most directory.Sizes) (sizes directory.Sizes, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		count := func(into *int, limit int, sql string, args ...any) {
			if limit > 0 {
				t.query(func(r row) error { return r.Scan(into) }, "select count(*) from ("+sql+" limit ?) n", append(args, int64(limit))...)
			}
		}
		count(&sizes.Users, most.Users, "select 1 from user_records r where "+supported, connector, directoryID)
		count(&sizes.Memberships, most.Memberships, "select 1 from user_records r join memberships m on m.user_id = r.user_id where "+provided+
			" and m.directory_id = ? and m.supports like ?", connector, directoryID, directoryID, supportedBy(connector))
		return nil
	})
	return sizes, err
}
