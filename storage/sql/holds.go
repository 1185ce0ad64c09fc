package sql

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim/canonical"
)

// holdColumns are a hold with the group's key as it is now; d is the group.
const holdColumns = `h.id, h.connector_id, h.user_id, coalesce(h.group_id, ` + none + `), h.kind, coalesce(d.name_key, h.subject),
	h.state, h.detail, h.created_at, coalesce(h.decided_at, 0)`

func scanHold(r row, more ...any) (directory.HoldRow, error) {
	var h directory.HoldRow
	var detail json.RawMessage
	var created, decided int64
	err := r.Scan(append([]any{&h.ID, &h.Connector, &h.User, &h.Group, &h.Kind, &h.Subject, &h.State, &detail, &created, &decided}, more...)...)
	if err != nil {
		return h, err
	}
	h.Created, h.Decided = fromMicros(created), fromMicros(decided)
	if err := json.Unmarshal(detail, &h.Detail); err != nil {
		return h, fmt.Errorf("reading the detail of hold %s: %w", h.ID, err)
	}
	return h, nil
}

// readHolds reads what stays undone of the people. It comes behind their locks, so nothing of it
// changes meanwhile.
func (l *load) readHolds() {
	l.query(func(r row) error {
		h, err := scanHold(r)
		if p := l.scene.People[h.User]; err == nil && p != nil {
			p.Holds = append(p.Holds, h)
		}
		return err
	}, "select "+holdColumns+" from holds h left join groups d on d.id = h.group_id where "+l.people.of("h.user_id")+" and h.directory_id = ?",
		append(slices.Clone(l.people.args), l.scope.directory)...)
}

// sortHolds makes the order of a person's holds the same on every database.
func sortHolds(holds []directory.HoldRow) {
	slices.SortFunc(holds, func(a, b directory.HoldRow) int { return cmp.Compare(a.Subject, b.Subject) })
}

// saveHolds writes lines that stay undone, and deletes those that no longer do.
func (w *work) saveHolds(c *directory.Changes) {
	rows := make([][]any, len(c.Holds))
	for i, h := range c.Holds {
		detail, err := json.Marshal(h.Detail)
		if err != nil {
			w.fail(fmt.Errorf("encoding the detail of hold %s: %w", h.ID, err))
			return
		}
		subject := h.Subject
		if h.Group != uuid.Nil {
			subject = h.Group.String()
		}
		rows[i] = []any{h.ID, w.scope.directory, h.Connector, h.User, string(h.Kind), subject, nullID(h.Group), string(h.State), string(detail),
			micros(h.Created), nullTime(h.Decided)}
	}
	if len(c.HoldsGone) > 0 {
		condition, ids := w.oneOf("id", c.HoldsGone)
		w.exec(nil, "delete from holds where "+condition+" and directory_id = ?", ids, w.scope.directory)
	}
	w.insert("holds", []string{"id", "directory_id", "connector_id", "user_id", "kind", "subject", "group_id", "state", "detail", "created_at", "decided_at"}, rows,
		`on conflict (id) do update set kind = excluded.kind, state = excluded.state, detail = excluded.detail, decided_at = excluded.decided_at
		where holds.directory_id = excluded.directory_id`)
}

// Discarded finds the users of records for whom the loss of a group was discarded.
func (w *work) Discarded(ctx context.Context, key string, records []uuid.UUID) (found []directory.DiscardedLine, err error) {
	if err := ctx.Err(); err != nil || len(records) == 0 {
		return nil, err
	}
	condition, ids := w.oneOf("r.id", records)
	owned, owner := w.owned("r.")
	w.query(func(r row) error {
		var line directory.DiscardedLine
		err := r.Scan(&line.Hold, &line.Record, &line.User)
		found = append(found, line)
		return err
	}, `select h.id, r.id, r.user_id from groups d join holds h on h.group_id = d.id and h.state = 'discarded' and h.directory_id = d.directory_id
		join user_records r on r.user_id = h.user_id and r.connector_id = h.connector_id
		where d.directory_id = ? and d.name_key = ? and `+condition+" and "+owned+" order by r.id", w.scope.directory, key, ids, owner)
	return found, w.flush()
}

// heldWhere is the condition of a connector's held lines that match a filter.
func (t *tx) heldWhere(directoryID, connector uuid.UUID, f directory.HoldFilter) fragment {
	where := cat("h.connector_id = ", argument{connector}, " and h.directory_id = ", argument{directoryID}, " and h.state = 'held'")
	if user, ok := parseID(f.User); ok {
		where = cat(where, " and h.user_id = ", argument{user})
	} else if f.User != "" {
		where = cat(where, " and u.user_name_key = ", argument{canonical.Key(f.User)})
	}
	if group, ok := parseID(f.Group); ok {
		where = cat(where, " and h.group_id = ", argument{group})
	} else if f.Group != "" {
		where = cat(where, " and d.name_key = ", argument{canonical.Key(f.Group)})
	}
	if f.IDs != nil {
		condition, ids := t.oneOf("h.id", f.IDs)
		where = cat(where, " and ", fragment{condition, []any{ids}})
	}
	if f.Kind != "" {
		where = cat(where, " and h.kind = ", argument{string(f.Kind)})
	}
	return where
}

const heldFrom = " from holds h join users u on u.id = h.user_id left join groups d on d.id = h.group_id where "

// Holds reads a page of a connector's held lines, the oldest first.
func (s *Store) Holds(ctx context.Context, directoryID, connector uuid.UUID, f directory.HoldFilter, l directory.Listing) (directory.Page[directory.HoldRow], error) {
	bound, err := json.Marshal(f)
	if err != nil {
		return directory.Page[directory.HoldRow]{}, err
	}
	list := inOrderOfIDs(ofDirectory(directoryID), listing{space: connector, table: "holds", filter: string(bound)}, uuid.Nil,
		func(h directory.HoldRow) uuid.UUID { return h.ID })
	return readKeyset(ctx, s, list, l, func(t *tx, behind uuid.UUID, limit int64, p *directory.Page[directory.HoldRow]) error {
		where := t.heldWhere(directoryID, connector, f)
		count := cat("select count(*)"+heldFrom, where)
		t.query(total(p), count.sql, count.args...)
		rows := cat("select "+holdColumns+", u.user_name, coalesce(d.display_name, '')"+heldFrom, where,
			" and h.id > ", argument{behind}, " order by h.id limit ", argument{limit})
		t.query(into(p, scanNamedHold), rows.sql, rows.args...)
		return nil
	})
}

// scanNamedHold reads a hold with the names of its user and group behind it.
func scanNamedHold(r row) (directory.HoldRow, error) {
	var user, group string
	h, err := scanHold(r, &user, &group)
	h.UserName, h.GroupName = user, group
	return h, err
}

// HeldOf counts the held lines of a connector that match.
func (s *Store) HeldOf(ctx context.Context, directoryID, connector uuid.UUID, f directory.HoldFilter) (n directory.Sizes, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		count := cat("select h.kind, count(*)"+heldFrom, t.heldWhere(directoryID, connector, f), " group by h.kind")
		t.query(func(r row) error { return addHeld(r, &n) }, count.sql, count.args...)
		return nil
	})
	return n, err
}

// addHeld adds a kind's number, behind other columns, to a connector's.
func addHeld(r row, n *directory.Sizes, before ...any) error {
	var kind directory.LossKind
	var count int
	err := r.Scan(append(before, &kind, &count)...)
	*kindOf(n, kind.Counted()) += count
	return err
}

// HoldCounts counts the held lines of every connector that has any.
func (s *Store) HoldCounts(ctx context.Context) (counts []directory.HoldCount, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			var c directory.HoldCount
			var since int64
			if err := addHeld(r, &c.Sizes, &c.Connector, &since); err != nil {
				return err
			}
			c.Since = fromMicros(since)
			if last := len(counts) - 1; last >= 0 && counts[last].Connector == c.Connector {
				counts[last].Add(c)
				return nil
			}
			counts = append(counts, c)
			return nil
		}, `select c.slug, min(h.created_at), h.kind, count(*) from holds h join connectors c on c.id = h.connector_id
			where h.state = 'held' group by c.slug, h.kind order by c.slug, h.kind`)
		return nil
	})
	return counts, err
}
