package sql

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// foreignKind narrows conflicts to those between a connector, which stands in the place of the
// record, and a group, whose key is the subject.
const foreignKind = "kind = '" + policy.ConflictForeignGroup + "'"

// readForeign reads the conflicts of the pairs that are asked for.
func (l *load) readForeign() {
	if len(l.r.Foreign) == 0 {
		return
	}
	var connectors []uuid.UUID
	var keys []string
	l.scene.Foreign = make(map[directory.Pair]*directory.ForeignRow)
	for _, p := range l.r.Foreign {
		connectors, keys = append(connectors, p.Connector), append(keys, p.Key)
	}
	slices.SortFunc(connectors, compareID)
	slices.Sort(keys)
	of, ids := l.oneOf("record_id", slices.Compact(connectors))
	named, texts := l.oneOfText("subject", slices.Compact(keys))
	l.query(func(r row) error {
		var p directory.Pair
		var f directory.ForeignRow
		err := r.Scan(&p.Connector, &p.Key, &f.ID, &f.Decided)
		l.scene.Foreign[p] = &f
		return err
	}, "select record_id, subject, id, decision is not null from conflicts where "+of+" and "+foreignKind+" and "+named+" and directory_id = ?",
		ids, texts, l.scope.directory)
}

// saveForeign writes the conflicts between connectors and groups. One that is there already is
// only locked, and stays as it is: whoever is about to take it away looks again afterwards.
func (w *work) saveForeign(c *directory.Changes) {
	rows := slices.Clone(c.Foreign)
	pairs := func(a, b directory.ConflictRow) int {
		return cmp.Or(compareID(a.Record, b.Record), cmp.Compare(a.Subject, b.Subject))
	}
	slices.SortStableFunc(rows, pairs)
	rows = slices.CompactFunc(rows, func(a, b directory.ConflictRow) bool { return pairs(a, b) == 0 })
	w.insertConflicts(rows, "on conflict (record_id, kind, subject) do update set subject = excluded.subject where conflicts.directory_id = excluded.directory_id")
	for _, a := range c.Apart {
		w.saveApart(a)
	}
}

// inIt says whether a user of the connector c.record_id is in the group c.subject.
var inIt = "exists (" + peopleIn("g.directory_id = c.directory_id and g.view_key = c.subject and g.connector_id = c.record_id", "and n.viewed", "and m.viewed") + ")"

// saveApart takes a conflict away when nobody is in the group any more. Its row is locked before
// that is looked at, so that of two who take the last members the second sees what the first did.
func (w *work) saveApart(a directory.Apart) {
	const of = "record_id = ? and " + foreignKind + " and subject = ? and directory_id = ? and decision is null"
	args := []any{a.Connector, a.Key, w.scope.directory}
	if w.pg() {
		w.exec(nil, "select 1 from conflicts where "+of+" for update", args...)
	}
	still := inIt
	if a.Always {
		still = "(" + inIt + " or exists (select 1 from user_records r where r.connector_id = c.record_id and r.deleted_at is null and r.view_state not in ('none', 'deleted')))"
	}
	w.exec(nil, "delete from conflicts as c where "+of+" and not "+still, args...)
}

// sweepForeign takes away the conflicts of a live connector with groups that nobody is in. Those
// that alwaysAssign names stay: everybody whom the connector provisions is in them.
func (w *work) sweepForeign(connector uuid.UUID, always []string) {
	args := []any{connector, w.scope.directory}
	spared := ""
	if len(always) > 0 {
		named, keys := w.oneOfText("subject", always)
		spared, args = " and not "+named, append(args, keys)
	}
	w.exec(nil, "delete from conflicts as c where record_id = ? and "+foreignKind+` and directory_id = ? and decision is null and not `+inIt+`
		and exists (select 1 from connectors l where l.id = c.record_id and l.still_since is null)`+spared, args...)
}

// saveRivals queues one member of every other tenant's group record that has the name of a group
// which came into being, and one record of each connector whose alwaysAssign names it.
func (w *work) saveRivals(c *directory.Changes) {
	if len(c.Rivals) == 0 {
		return
	}
	due := w.moment(c.TouchedAt)
	const queue = "insert into settle_queue (directory_id, connector_id, record_id, due_at) "
	member := peopleIn("g.id = o.id", "and n.viewed", "and m.viewed") + " limit 1"
	const record = "select r.id from user_records r where r.connector_id = c.id and r.deleted_at is null limit 1"
	w.settling(func() {
		for _, x := range c.Rivals {
			w.exec(nil, queue+"select o.directory_id, o.connector_id, ("+member+`), cast(? as bigint) from group_records o
				where o.directory_id = ? and o.view_key = ? and o.tenant_id <> ? and exists (`+member+")", due, w.scope.directory, x.Key, x.Tenant)
			if len(x.Connectors) > 0 {
				condition, ids := w.oneOf("c.id", x.Connectors)
				w.exec(nil, queue+"select c.directory_id, c.id, ("+record+`), cast(? as bigint) from connectors c
					where c.directory_id = ? and `+condition+" and exists ("+record+")", due, w.scope.directory, ids)
			}
		}
	})
}
