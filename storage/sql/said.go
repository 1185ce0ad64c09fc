package sql

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// mostSaid is how many of the newest events of a record or group record are searched for one that
// names somebody.
const mostSaid = "5000"

const (
	membershipActions = "('directory.membership.added', 'directory.membership.changed', 'directory.membership.removed')"
	// What gives a user a status says it, and what an administrator's block does comes with it.
	statusTold = "('directory.user.created', 'directory.user.enabled', 'directory.user.disabled', 'directory.user.deleted', " +
		"'directory.user.restored')"
	statusActions = "('directory.user.created', 'directory.user.enabled', 'directory.user.disabled', 'directory.user.deleted', " +
		"'directory.user.restored', 'directory.user.blocked', 'directory.user.unblocked')"
)

// Said finds the newest event that fits each query; see directory.Past.
func (s *Store) Said(ctx context.Context, id uuid.UUID, queries []directory.SaidQuery) ([]directory.Said, error) {
	var said []directory.Said
	err := s.read(ctx, ofDirectory(id), func(t *tx) error {
		said = make([]directory.Said, len(queries))
		for i, q := range queries {
			from, likely := t.saidBy(q)
			sql := cat(`select e.id, e.time, e.action, e.request, e.actor_type, e.actor, e.changes,
					`+credentialName+", ",
				likely, " from ", from, " order by e.seq desc limit 1")
			t.query(func(r row) error {
				var at int64
				x := &said[i]
				var changes json.RawMessage
				if err := r.Scan(&x.Event, &at, &x.Action, &x.Request, &x.ActorType, &x.Actor, &changes, &x.Credential, &x.Likely); err != nil {
					return err
				}
				x.Time, x.Because = fromMicros(at), directory.ReasonTold(changes)
				return nil
			}, sql.sql, sql.args...)
		}
		return nil
	})
	return said, err
}

// saidBy is where the events of a query are, and whether one may be about somebody else: a change
// of over a thousand members does not name them.
func (t *tx) saidBy(q directory.SaidQuery) (from, likely fragment) {
	sure := fragment{sql: "1 = 0"}
	inside := func(text string) fragment {
		if t.pg() {
			return cat("position(", argument{text}, " in e.changes) > 0")
		}
		return cat("instr(e.changes, ", argument{text}, ") > 0")
	}
	switch {
	case q.User != uuid.Nil && q.Group != uuid.Nil:
		return cat("events e where e.user_id = ", argument{q.User}, " and e.group_id = ", argument{q.Group}, " and e.action in "+membershipActions), sure
	case q.User != uuid.Nil:
		return cat("events e where e.user_id = ", argument{q.User}, " and e.action in "+statusActions), sure
	case q.Record != uuid.Nil:
		return cat("(select * from events n where n.record_id = ", argument{q.Record}, " order by n.seq desc limit "+mostSaid+`) e
			where e.action in ('record.user.created', 'record.user.deleted') or e.action = 'record.user.changed' and `, inside(q.Mention)), sure
	}
	names := inside(q.Mention)
	many := cat("e.action in ('record.group.created', 'record.group.changed') and ", inside(`"added":{`), " and not ", inside(`"records":`))
	return cat("(select * from events n where n.record_id in (select g.id from group_records g where g.connector_id = ", argument{q.Connector},
		" and (g.view_key = ", argument{q.GroupKey}, " or g.name_key = ", argument{q.GroupKey}, ")) order by n.seq desc limit "+mostSaid+`) e
		where `, names, " or ", many), cat("not ", names)
}

// GroupNames are names of groups that a directory has or that connectors send; see directory.Past.
func (s *Store) GroupNames(ctx context.Context, id, connector uuid.UUID, limit int) (names []string, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		seen := make(map[string]bool)
		names = nil
		keep := func(r row) error {
			var name string
			err := r.Scan(&name)
			if !seen[name] {
				seen[name] = true
				names = append(names, name)
			}
			return err
		}
		sent := cat("select distinct g.view_name from group_records g where g.directory_id = ", argument{id}, " and g.view_key is not null")
		if connector != uuid.Nil {
			sent = cat(sent, " and g.connector_id = ", argument{connector})
		}
		sent = cat(sent, " limit ", argument{int64(limit)})
		t.query(keep, sent.sql, sent.args...)
		t.query(keep, "select d.display_name from groups d where d.directory_id = ? limit ?", id, limit)
		return nil
	})
	return names, err
}

// Affected are the users whom a change of rules may concern; see directory.Past.
func (s *Store) Affected(ctx context.Context, id, connector uuid.UUID, keys []string, limit int) (users []uuid.UUID, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		users = nil
		of := cat("r.directory_id = ", argument{id}, " and r.user_id is not null")
		if connector != uuid.Nil {
			of = cat(of, " and r.connector_id = ", argument{connector})
		}
		sql := cat("select distinct r.user_id from user_records r where ", of)
		if keys != nil {
			sent, sentKeys := t.oneOfText("g.view_key", keys)
			held, heldKeys := t.oneOfText("d.name_key", keys)
			sql = cat("select r.user_id from user_records r where ", of, " and r.id in (",
				fragment{peopleIn("g.directory_id = ? and "+sent, "and n.viewed", "and m.viewed"), []any{id, sentKeys}}, ")",
				" union select m.user_id from groups d join memberships m on m.group_id = d.id where d.directory_id = ", argument{id},
				" and ", fragment{held, []any{heldKeys}})
		}
		sql = cat(sql, " order by 1 limit ", argument{int64(limit)})
		t.query(func(r row) error {
			var user uuid.UUID
			err := r.Scan(&user)
			users = append(users, user)
			return err
		}, sql.sql, sql.args...)
		return nil
	})
	return users, err
}
