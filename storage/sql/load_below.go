package sql

import (
	"fmt"
	"strings"

	"github.com/google/uuid"
)

const lockOfNesting = "nesting"

// lockBelow locks groups and all that are inside them against every change, and reads who and
// what is in them. Whoever adds to one of them holds its row too, so either that is seen here, or
// what happens here is seen there. The connector's lock of nesting (see lockNames) keeps the edges
// between groups as they are read: two requests that would close a circle together come one after
// the other.
func (l *load) lockBelow() {
	if len(l.r.Below) == 0 {
		return
	}
	owned, owner := l.owned("g.")
	condition, ids := l.oneOf("g.id", l.r.Below)
	below, args := groupsIn(owned+" and "+condition, ""), []any{owner, ids}
	if l.locks() {
		l.exec(nil, "select g.id from group_records g where g.id in ("+below+") order by g.id"+l.locking("for update of g"), args...)
	}
	l.query(func(r row) error {
		var id uuid.UUID
		err := r.Scan(&id)
		l.scene.Staying[id] = true
		return err
	}, "select g.id from group_records g where "+owned+" and "+condition+" and g.deleted_at is null", args...)
	l.scene.Inside = make(map[uuid.UUID][]uuid.UUID)
	l.query(func(r row) error {
		var outer, inner uuid.UUID
		err := r.Scan(&outer, &inner)
		l.scene.Inside[outer] = append(l.scene.Inside[outer], inner)
		return err
	}, "select n.group_record_id, n.member_id from members n where n.kind = 'Group' and n.said and n.group_record_id in ("+below+") order by 1, 2", args...)
	people := "select distinct p.member_id from (" + peopleIn(owned+" and "+condition, "", "") + ") p"
	if l.r.MostMembers > 0 {
		l.query(func(r row) error { return r.Scan(&l.scene.BelowCount) }, "select count(*) from ("+people+") x", args...)
		l.query(func(r row) error {
			var id uuid.UUID
			err := r.Scan(&id)
			l.scene.BelowIDs = append(l.scene.BelowIDs, id)
			return err
		}, people+" order by 1 limit ?", append(args, l.r.MostMembers)...)
	}
}

// groupsIn is a query for the ids of the group records g that fit roots, and of all groups inside
// them; edge is a further condition on the edges n between groups. They have an index of their
// own, members_inner.
func groupsIn(roots, edge string) string {
	return "with recursive b (id) as (select g.id from group_records g where " + roots + `
		union select n.member_id from b join members n on n.group_record_id = b.id and n.kind = 'Group' ` + edge + ") select b.id from b"
}

// peopleIn is a query for the user records in those groups; member is a further condition on
// their edges m. A record may come several times.
func peopleIn(roots, edge, member string) string {
	return "select m.member_id from (" + groupsIn(roots, edge) + ") b join members m on m.group_record_id = b.id and m.kind = 'User' " + member
}

// parseIDs reads ids that were joined into one text.
func parseIDs(listed string) (ids []uuid.UUID, err error) {
	for text := range strings.SplitSeq(listed, ",") {
		id, err := uuid.Parse(text)
		if err != nil {
			return nil, fmt.Errorf("reading the id of a group: %w", err)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
