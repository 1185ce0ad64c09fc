package sql

import (
	"context"
	"iter"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// membersAtOnce is how many members one read of a stream takes.
const membersAtOnce = 5000

// Members streams a group's members, the resolved ones first. Each page of rows is a read of its
// own, so that no transaction stays open while a client reads slowly; members that come and go
// meanwhile may be in the stream or not, all others are in it once.
func (s *Store) Members(ctx context.Context, connector, group uuid.UUID) iter.Seq2[scim.Member, error] {
	return func(yield func(scim.Member, error) bool) {
		after := uuid.Nil
		for {
			page, last, err := s.membersAfter(ctx, connector, group, after)
			if err != nil {
				yield(scim.Member{}, err)
				return
			}
			for _, m := range page {
				if !yield(m, nil) {
					return
				}
			}
			if len(page) < membersAtOnce {
				break
			}
			after = last
		}
		for after, more := "", true; more; {
			page, err := s.unresolvedAfter(ctx, connector, group, after)
			if err != nil {
				yield(scim.Member{}, err)
				return
			}
			for _, m := range page {
				if !yield(m, nil) {
					return
				}
			}
			if more = len(page) == membersAtOnce; more {
				after = page[len(page)-1].Value
			}
		}
	}
}

func (s *Store) membersAfter(ctx context.Context, connector, group, after uuid.UUID) (page []scim.Member, last uuid.UUID, err error) {
	err = s.read(ctx, ofConnector(connector), func(t *tx) error {
		t.query(func(r row) error {
			var m scim.Member
			err := r.Scan(&last, &m.Kind, &m.Display)
			m.Value = last.String()
			page = append(page, m)
			return err
		}, "select m.member_id, m.kind, "+memberNames+`
			where m.group_record_id = ? and m.member_id > ? and m.connector_id = ? and m.said order by m.member_id limit ?`,
			group, after, connector, membersAtOnce)
		return nil
	})
	return page, last, err
}

func (s *Store) unresolvedAfter(ctx context.Context, connector, group uuid.UUID, after string) (page []scim.Member, err error) {
	err = s.read(ctx, ofConnector(connector), func(t *tx) error {
		t.query(func(r row) error {
			var m scim.Member
			err := r.Scan(&m.Value)
			page = append(page, m)
			return err
		}, `select value from unresolved_members
			where group_record_id = ? and value > ? and connector_id = ? order by value limit ?`, group, after, connector, membersAtOnce)
		return nil
	})
	return page, err
}

// membersTogether is how many members of several groups are held at once.
const membersTogether = 10_000

// MembersOf reads the members of several groups together, each group's as Members streams them.
// Groups with too many are left out, those of another connector too.
func (s *Store) MembersOf(ctx context.Context, connector uuid.UUID, groups []uuid.UUID) (map[uuid.UUID][]scim.Member, error) {
	members := make(map[uuid.UUID][]scim.Member, len(groups))
	if len(groups) == 0 {
		return members, nil
	}
	err := s.read(ctx, ofConnector(connector), func(t *tx) error {
		few, err := t.withFewMembers(connector, groups)
		if err != nil || len(few) == 0 {
			return err
		}
		for _, group := range few {
			members[group] = nil
		}
		condition, ids := t.oneOf("group_record_id", few)
		t.query(func(r row) error {
			var group, id uuid.UUID
			var m scim.Member
			if err := r.Scan(&group, &id, &m.Kind, &m.Display); err != nil {
				return err
			}
			m.Value = id.String()
			members[group] = append(members[group], m)
			return nil
		}, "select m.group_record_id, m.member_id, m.kind, "+memberNames+" where m."+condition+" and m.connector_id = ? and m.said order by m.group_record_id, m.member_id", ids, connector)
		t.query(func(r row) error {
			var group uuid.UUID
			var m scim.Member
			err := r.Scan(&group, &m.Value)
			members[group] = append(members[group], m)
			return err
		}, "select group_record_id, value from unresolved_members where "+condition+" and connector_id = ? order by group_record_id, value", ids, connector)
		return nil
	})
	return members, err
}

// withFewMembers are the smallest of some groups, as many as have few members together.
func (t *tx) withFewMembers(connector uuid.UUID, groups []uuid.UUID) (few []uuid.UUID, err error) {
	together := 0
	condition, ids := t.oneOf("id", groups)
	t.query(func(r row) error {
		var group uuid.UUID
		var count int
		err := r.Scan(&group, &count)
		if together += count; together <= membersTogether {
			few = append(few, group)
		}
		return err
	}, "select id, member_count from group_records where "+condition+" and connector_id = ? order by member_count, id", ids, connector)
	return few, t.flush()
}

// Members reads every member of a group record with its edge, the resolved ones first.
func (w *work) Members(ctx context.Context, group uuid.UUID) ([]directory.MemberRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var members []directory.MemberRow
	owned, owner := w.ownedEdge("")
	w.query(func(r row) error {
		var m directory.MemberRow
		err := r.Scan(&m.ID, &m.Kind, &m.Said, &m.Viewed)
		m.Value = m.ID.String()
		members = append(members, m)
		return err
	}, "select member_id, kind, said, viewed from members where group_record_id = ? and "+owned+" order by member_id", group, owner)
	w.query(func(r row) error {
		m := directory.MemberRow{Edge: directory.Edge{Said: true}}
		err := r.Scan(&m.Value)
		members = append(members, m)
		return err
	}, "select value from unresolved_members where group_record_id = ? and "+owned+" order by value", group, owner)
	return members, w.flush()
}

// memberNames joins to members m the names by which answers call them: those of the records now.
const memberNames = `coalesce(u.shown_name, g.display_name, '') from members m
	left join user_records u on u.id = m.member_id and u.connector_id = m.connector_id
	left join group_records g on g.id = m.member_id and g.connector_id = m.connector_id`
