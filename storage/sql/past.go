package sql

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// MembersAt lists who was a member of a group at a time; see directory.Past. It reads the group's
// events backwards from there: one that gives a membership counts when none behind it is about
// the same user. So a page costs what it shows, and the events of those it shows.
func (s *Store) MembersAt(ctx context.Context, id, group uuid.UUID, at time.Time, l directory.Listing) (directory.Page[directory.PastMember], error) {
	of := listing{space: id, table: "events", filter: "members of " + group.String() + " at " + strconv.FormatInt(micros(at), 10), descending: true}
	list := inOrderOfNumbers(ofDirectory(id), of, newest, func(m directory.PastMember) int64 { return m.Told.Seq })
	return readKeyset(ctx, s, list, l, func(t *tx, behind, limit int64, p *directory.Page[directory.PastMember]) error {
		before := fragment{}
		if behind < newest {
			before = cat(" and e.seq < ", argument{behind})
		}
		until := argument{micros(at)}
		sql := cat("select e.seq, e.id, e.time, e.action, e.changes, coalesce(s.action, ''), coalesce(s.changes, '{}'), "+shownColumns+`
			from events e join users r on r.id = e.user_id
				left join events s on s.seq = (select max(n.seq) from events n
					where n.user_id = e.user_id and n.time <= `, until, " and n.action in "+statusTold+`)
			where e.group_id = `, argument{group}, " and r.directory_id = ", argument{id}, " and e.time <= ", until, before,
			` and e.action in ('directory.membership.added', 'directory.membership.changed')
				and not exists (select 1 from events l where l.user_id = e.user_id and l.group_id = e.group_id and l.seq > e.seq
					and l.time <= `, until, " and l.action in "+membershipActions+") order by e.seq desc limit ", argument{limit})
		t.preferIndexes()
		t.query(into(p, func(r row) (directory.PastMember, error) {
			var m directory.PastMember
			var told int64
			u, _, err := scanShown(r, &m.Told.Seq, &m.Told.ID, &told, &m.Told.Action, &m.Told.Changes, &m.StatusTold.Action, &m.StatusTold.Changes)
			m.User, m.Told.Time, m.Told.User, m.Told.Group = u, fromMicros(told), u.ID, group
			return m, err
		}), sql.sql, sql.args...)
		return nil
	})
}

// GroupNamesAt are the names that groups had, for those that were renamed since; see directory.Past.
func (s *Store) GroupNamesAt(ctx context.Context, id uuid.UUID, groups []uuid.UUID, at time.Time) (map[uuid.UUID]string, error) {
	names := make(map[uuid.UUID]string)
	if len(groups) == 0 {
		return names, nil
	}
	err := s.read(ctx, ofDirectory(id), func(t *tx) error {
		condition, ids := t.oneOf("e.group_id", groups)
		t.query(func(r row) error {
			var group uuid.UUID
			var changes []byte
			if err := r.Scan(&group, &changes); err != nil {
				return err
			}
			if _, earlier := names[group]; !earlier { // the first rename after that time says what it was before
				names[group] = directory.NameBefore(changes)
			}
			return nil
		}, "select e.group_id, e.changes from events e where "+condition+` and e.action = 'directory.group.renamed'
			and e.time > ? and e.directory_id = ? order by e.seq`, ids, micros(at), id)
		return nil
	})
	return names, err
}

// RecordNames are the userNames of user records; see directory.Past.
func (s *Store) RecordNames(ctx context.Context, records []uuid.UUID) (map[uuid.UUID]string, error) {
	names := make(map[uuid.UUID]string, len(records))
	if len(records) == 0 {
		return names, nil
	}
	err := s.read(ctx, everyConnector, func(t *tx) error {
		condition, ids := t.oneOf("r.id", records)
		t.query(func(r row) error {
			var id uuid.UUID
			var doc json.RawMessage
			err := r.Scan(&id, &doc)
			names[id] = scim.ParseDocument(doc).UserName()
			return err
		}, "select r.id, r.doc from user_records r where "+condition, ids)
		return nil
	})
	return names, err
}
