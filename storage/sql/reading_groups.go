package sql

import (
	"context"
	"hash/fnv"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// memberSum is a text that changes when a member of group r comes, goes or changes. Deleted users
// are no members.
const memberSum = `(select count(*) || ' ' || coalesce(sum(m.created_at % 1000003), 0) || ' ' || coalesce(sum(u.version), 0)
	from memberships m join users u on u.id = m.user_id where m.group_id = r.id and u.status <> 'deleted')`

// ReadGroups implements directory.ReadStore.
func (s *Store) ReadGroups(ctx context.Context, of directory.Sight, q scim.Query, counted bool) (directory.Page[directory.GroupRecord], error) {
	l := s.readerList(of, scim.GroupKind, "groups", q)
	l.columns, l.within = s.readGroupColumns(counted), s.groupsSeen(of)
	p, err := s.scimPage(ctx, l.listing, q)
	if err != nil {
		return directory.Page[directory.GroupRecord]{}, err
	}
	return readList(ctx, s, l, p, scanReadGroup, nil)
}

// ReadGroupByID implements directory.ReadStore.
func (s *Store) ReadGroupByID(ctx context.Context, of directory.Sight, id uuid.UUID, counted bool) (directory.GroupRecord, error) {
	var found []directory.GroupRecord
	err := s.read(ctx, ofReaders(of.Directory), func(t *tx) error {
		one := cat("select "+s.readGroupColumns(counted)+" from groups r where r.id = ", argument{id}, " and ", s.groupsSeen(of))
		t.query(func(r row) error {
			g, _, err := scanReadGroup(r)
			found = append(found, g)
			return err
		}, one.sql, one.args...)
		return nil
	})
	switch {
	case err != nil:
		return directory.GroupRecord{}, err
	case len(found) == 0:
		return directory.GroupRecord{}, directory.ErrNotFound
	}
	return found[0], nil
}

func (s *Store) readGroupColumns(counted bool) string {
	sum := "''"
	if counted {
		sum = memberSum
	}
	return "r.id, r.display_name, r.created_at, " + later(s.isPostgres(), "r.created_at", groupMoved) + ", r.version, " + sum
}

func scanReadGroup(r row, before ...any) (directory.GroupRecord, uuid.UUID, error) {
	var g directory.GroupRecord
	var name, sum string
	var created, modified int64
	err := r.Scan(append(before, &g.ID, &name, &created, &modified, &g.Version, &sum)...)
	g.JSON = scim.Document{"displayName": name}.JSON()
	g.Created, g.Modified = fromMicros(created), fromMicros(modified)
	if sum != "" {
		h := fnv.New32a()
		h.Write([]byte(sum))
		g.Version = g.Version<<32 | int64(h.Sum32())
	}
	return g, g.ID, err
}

// groupsSeen is the condition of the groups r that are seen.
func (s *Store) groupsSeen(of directory.Sight) fragment {
	return cat("r.directory_id = ", argument{of.Directory}, " and ", s.sees("r.id", of))
}

const memberOrder = " order by m.group_id, m.user_id"

// membersSeen is the query of the members of groups; what follows is a condition.
func (s *Store) membersSeen(of directory.Sight, condition fragment, rest ...any) fragment {
	return cat(append([]any{"select m.group_id, m.user_id, u.user_name from memberships m join users u on u.id = m.user_id where m.directory_id = ",
		argument{of.Directory}, " and u.status <> 'deleted' and ", s.sees("m.group_id", of), " and ", condition, memberOrder}, rest...)...)
}

func scanMemberSeen(r row) (group uuid.UUID, m scim.Member, err error) {
	var user uuid.UUID
	err = r.Scan(&group, &user, &m.Display)
	m.Value, m.Kind = user.String(), scim.UserKind
	return group, m, err
}

// ReadMembers implements directory.ReadStore.
func (s *Store) ReadMembers(ctx context.Context, of directory.Sight, group, after uuid.UUID, limit int) ([]scim.Member, error) {
	var page []scim.Member
	q := s.membersSeen(of, cat("m.group_id = ", argument{group}, " and m.user_id > ", argument{after}), " limit ", argument{limit})
	err := s.read(ctx, ofReaders(of.Directory), func(t *tx) error {
		t.query(func(r row) error {
			_, m, err := scanMemberSeen(r)
			page = append(page, m)
			return err
		}, q.sql, q.args...)
		return nil
	})
	return page, err
}

// ReadMembersOf implements directory.ReadStore.
func (s *Store) ReadMembersOf(ctx context.Context, of directory.Sight, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error) {
	members := make(map[uuid.UUID][]scim.Member, len(groups))
	q := s.membersSeen(of, idsIn(s.isPostgres(), "m.group_id", groups))
	err := s.read(ctx, ofReaders(of.Directory), func(t *tx) error {
		t.query(func(r row) error {
			group, m, err := scanMemberSeen(r)
			members[group] = append(members[group], m)
			return err
		}, q.sql, q.args...)
		return nil
	})
	return members, err
}

// movedColumn is when a user or group that is read last changed, its memberships included. What
// is later than a time is found from the events behind it, and not by asking every user for its
// last one.
type movedColumn struct {
	t         target
	at, maybe string // the row's own time, and the events' part of it
	ofID      string // the column of events that names the row
	actions   string
}

func (t target) moved() movedColumn {
	if t.kind == scim.UserKind {
		return movedColumn{t, "r.modified_at", userMoved, "e.user_id", membershipsMoved}
	}
	return movedColumn{t, "r.created_at", groupMoved, "e.group_id", "('directory.membership.added', 'directory.membership.removed', 'directory.group.renamed')"}
}

func (c movedColumn) present() (fragment, error) { return always, nil }

func (c movedColumn) compare(op filter.Op, v filter.Value) (fragment, error) {
	switch op {
	case filter.Gt, filter.Ge:
		own, err := timeColumn(c.at).compare(op, v)
		if err != nil {
			return own, err
		}
		events, err := timeColumn("e.time").compare(op, v)
		told := cat("r.id in (select "+c.ofID+" from events e where ", events, " and e.directory_id = ", argument{c.t.sight.Directory},
			" and "+c.ofID+" is not null and e.action in "+c.actions+")")
		return cat("(", own, " or ", told, ")"), err
	case filter.Le:
		return not(c.compare(filter.Gt, v))
	case filter.Lt:
		return not(c.compare(filter.Ge, v))
	}
	return timeColumn(later(c.t.pg, c.at, c.maybe)).compare(op, v)
}
