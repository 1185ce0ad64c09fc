package sql

import (
	"context"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// SentAs reads the group records under a name of a directory's; see directory.FeedersStore.
func (s *Store) SentAs(ctx context.Context, directoryID uuid.UUID, key string) (found []directory.SentAs, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		found = nil
		t.query(func(r row) error {
			var g directory.SentAs
			err := r.Scan(&g.Connector, &g.Name, &g.ViewName, &g.Members)
			found = append(found, g)
			return err
		}, "select g.connector_id, g.display_name, g.view_name, g.member_count from group_records g where g.directory_id = ? and g.view_key = ? order by g.connector_id, g.name_key, g.id",
			directoryID, key)
		return nil
	})
	return found, wrap(err, "reading what feeds group %q", key)
}

// GroupOrigins counts the memberships of a group by origin; see directory.FeedersStore.
func (s *Store) GroupOrigins(ctx context.Context, directoryID, group uuid.UUID) (counts map[policy.Origin]int, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		counts = make(map[policy.Origin]int)
		t.query(func(r row) error {
			var origin policy.Origin
			var n int
			err := r.Scan(&origin, &n)
			counts[origin] = n
			return err
		}, "select m.origin, count(*) from memberships m where m.group_id = ? and m.directory_id = ? group by m.origin", group, directoryID)
		return nil
	})
	return counts, wrap(err, "counting the members of group %s", group)
}

// Weigh counts whom a conflict about a group is about; see directory.FeedersStore.
func (s *Store) Weigh(ctx context.Context, directoryID uuid.UUID, of directory.Weighing) (w directory.Weights, err error) {
	const counting = "r.user_id is not null and r.view_state not in ('none', 'deleted')"
	ours := cat("r.connector_id = ", argument{of.Connector}, " and r.directory_id = ", argument{directoryID}, " and "+counting)
	if !of.Always {
		ours = cat(ours, " and r.id in (", fragment{peopleIn("g.directory_id = ? and g.view_key = ? and g.connector_id = ?", "and n.viewed", "and m.viewed"),
			[]any{directoryID, of.Key, of.Connector}}, ")")
	}
	group := cat("(select d.id from groups d where d.directory_id = ", argument{directoryID}, " and d.name_key = ", argument{of.Key}, ")")
	sides := cat("with s as materialized (select r.user_id as id, max(case when r.view_state = 'active' then 1 else 0 end) as active from user_records r where ", ours, ` group by r.user_id), x as materialized (
		select u.id, u.user_name, u.user_name_key, s.active, m.user_id is not null as there from s join users u on u.id = s.id and u.status <> 'deleted'
		left join memberships m on m.user_id = s.id and m.group_id = `, group, ") ")
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		w = directory.Weights{}
		count := cat(sides, "select count(*), coalesce(sum(case when x.there then 1 else 0 end), 0) from x")
		t.query(func(r row) error { return r.Scan(&w.Sent, &w.Both) }, count.sql, count.args...)
		there := cat("select count(*) from memberships m join users u on u.id = m.user_id where u.status <> 'deleted' and m.group_id = ", group)
		t.query(func(r row) error { return r.Scan(&w.There) }, there.sql, there.args...)
		leaving := leavingShared(sides, group, !of.Required)
		t.query(func(r row) error { return r.Scan(&w.Leaving) }, leaving.sql, leaving.args...)
		for condition, into := range map[string]*[]directory.UserShort{"not x.there": &w.Joining, "x.there": &w.Staying} {
			first := cat(sides, "select x.id, x.user_name from x where "+condition+" order by x.user_name_key, x.id limit ", argument{int64(of.Shown)})
			t.query(func(r row) error {
				var u directory.UserShort
				err := r.Scan(&u.ID, &u.UserName)
				*into = append(*into, u)
				return err
			}, first.sql, first.args...)
		}
		return nil
	})
	return w, wrap(err, "weighing a conflict about group %q", of.Key)
}

// leavingShared counts who may leave a group if it were shared: those who are in it by hand alone
// and have a record of another tenant than the group's, but for those who are sent for sure.
func leavingShared(sides, group fragment, sure bool) fragment {
	q := cat(sides, "select count(*) from memberships m join users u on u.id = m.user_id where u.status <> 'deleted' and m.origin = 'local' and m.group_id = ", group,
		` and exists (select 1 from user_records r where r.user_id = m.user_id and r.view_state not in ('none', 'deleted')
		and r.tenant_id <> (select d.tenant_id from groups d where d.id = m.group_id))`)
	if sure {
		q = cat(q, " and m.user_id not in (select x.id from x where x.active = 1)")
	}
	return q
}
