package sql

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim/canonical"
)

// Save queues changes in the order of their fields. Touched group records are kept back until
// everything else is queued: their rows are what concurrent changes of one group meet at, so
// they are locked last and let go with the commit.
func (w *work) Save(c *directory.Changes) {
	if c.QueueAll != nil && len(c.QueueAll.Members) > 0 {
		// Members that this transaction drops are queued as well as those it adds.
		w.queueMembers(c)
	}
	w.advance(c)
	w.bury(c)
	w.saveRecords(c)
	w.saveUnique(c.Unique)
	w.saveGroupRecords(c)
	w.saveEdges(c)
	w.saveGroups(c)
	w.saveUsers(c)
	w.saveMemberships(c)
	w.saveConflicts(c)
	w.saveHolds(c)
	w.saveSafety(c)
	w.saveLogins(c.Logins)
	w.savePurges(c.Purge)
	if !plantedNoEvent || len(c.DropEdges) == 0 {
		w.saveEvents(c.Events)
	}
	w.saveQueue(c)
	w.saveSettings(c)
	w.saveJobs(c)
	w.saveImports(c)
	for _, id := range c.Touch {
		if w.touched == nil {
			w.touched = make(map[uuid.UUID]bool)
		}
		w.touched[id] = true
		w.touch = max(w.touch, micros(c.TouchedAt))
	}
}

// grow notes that a group record got more members or lost some.
func (w *work) grow(group uuid.UUID, by int) {
	if w.growth == nil {
		w.growth = make(map[uuid.UUID]int64)
	}
	w.growth[group] += int64(by)
}

// saveTouches moves version, time and member count of group records, in the order of their ids.
func (w *work) saveTouches() {
	var rows [][]any
	for id := range w.touched {
		rows = append(rows, []any{id, int64(1), w.touch, w.growth[id]})
		delete(w.growth, id)
	}
	for id, by := range w.growth {
		if by != 0 {
			rows = append(rows, []any{id, int64(0), int64(0), by})
		}
	}
	slices.SortFunc(rows, func(a, b []any) int { return compareID(a[0].(uuid.UUID), b[0].(uuid.UUID)) })
	owned, owner := w.owned("")
	if len(rows) <= 1 || !w.pg() {
		for _, r := range rows {
			id, moved, at, by := r[0], r[1] == int64(1), r[2], r[3].(int64)
			const grown = "member_count = case when member_count < ? then 0 else member_count + ? end"
			if moved {
				w.exec(nil, "update group_records set version = version + 1, modified_at = ?, "+grown+" where id = ? and "+owned, at, -by, by, id, owner)
			} else {
				w.exec(nil, "update group_records set "+grown+" where id = ? and "+owned, -by, by, id, owner)
			}
		}
		return
	}
	w.exec(nil, `with n as materialized (
			select g.id, n.moved, n.at, n.grown from group_records g
			join unnest(?::uuid[], ?::bigint[], ?::bigint[], ?::bigint[]) as n (id, moved, at, grown) on n.id = g.id
			where g.`+owned+` order by g.id for no key update of g)
		update group_records g set version = g.version + n.moved,
			modified_at = case when n.at = 0 then g.modified_at else n.at end, member_count = greatest(0, g.member_count + n.grown)
		from n where g.id = n.id`, pgArray(rows, 0), pgArray(rows, 1), pgArray(rows, 2), pgArray(rows, 3), owner)
}

// updateMany queues the update of several rows of a table, each with the values of columns in
// order, the id last. A nil in a column of keep leaves what is there. more is a further condition
// on the table's row, t.
func (t *tx) updateMany(table string, columns, keep []string, rows [][]any, more string, args ...any) {
	if len(rows) == 0 {
		return
	}
	if t.pg() && len(rows) > 1 {
		t.updateArrays(table, columns, keep, rows, more, args)
		return
	}
	for _, r := range rows {
		var set []string
		var values []any
		for i, column := range columns {
			if r[i] == nil && slices.Contains(keep, column) {
				continue
			}
			set = append(set, column+" = ?")
			values = append(values, r[i])
		}
		values = append(append(values, r[len(columns)]), args...)
		t.exec(nil, "update "+table+" as t set "+strings.Join(set, ", ")+" where t.id = ? and "+more, values...)
	}
}

func (t *tx) updateArrays(table string, columns, keep []string, rows [][]any, more string, args []any) {
	all := append(slices.Clone(columns), "id")
	types, err := t.store.types.of(t.ctx, t.store, table, all)
	if err != nil {
		t.fail(err)
		return
	}
	slices.SortFunc(rows, func(a, b []any) int {
		return compareID(a[len(columns)].(uuid.UUID), b[len(columns)].(uuid.UUID))
	})
	set, arrays, values := make([]string, len(columns)), make([]string, len(all)), make([]any, len(all))
	for i, column := range all {
		arrays[i] = "?::" + types[i] + "[]"
		values[i] = pgArray(rows, i)
		switch {
		case column == "id":
		case slices.Contains(keep, column):
			set[i] = column + " = coalesce(n." + column + ", t." + column + ")"
		default:
			set[i] = column + " = n." + column
		}
	}
	t.exec(nil, "update "+table+" as t set "+strings.Join(set, ", ")+" from unnest("+strings.Join(arrays, ", ")+") as n ("+
		strings.Join(all, ", ")+") where t.id = n.id and "+more, append(values, args...)...)
}

// moment is t or, when nobody said, now.
func (w *work) moment(t time.Time) int64 {
	if t.IsZero() {
		return micros(w.store.now())
	}
	return micros(t)
}

// saveEdges writes the members of group records.
func (w *work) saveEdges(c *directory.Changes) {
	edges := slices.Clone(c.AddEdges)
	slices.SortFunc(edges, func(a, b directory.NewEdge) int {
		return cmp.Or(compareID(a.Group, b.Group), compareID(a.Member, b.Member))
	})
	rows := make([][]any, len(edges))
	for i, e := range edges {
		rows[i] = []any{e.Group, e.Member, e.Connector, w.scope.directory, string(e.Kind), e.Said, e.Viewed}
		if e.Said {
			w.grow(e.Group, 1)
		}
	}
	w.insert("members", []string{"group_record_id", "member_id", "connector_id", "directory_id", "kind", "said", "viewed"}, rows,
		`on conflict (group_record_id, member_id) do update
		set said = members.said or excluded.said, viewed = members.viewed or excluded.viewed
		where (excluded.said and not members.said) or (excluded.viewed and not members.viewed)`)
	owned, owner := w.ownedEdge("")
	w.eachBunch(c.DropEdges, func(condition string, args []any) {
		w.exec(nil, "delete from members where "+condition+" and "+owned, append(args, owner)...)
	})
	if len(c.Leave) > 0 {
		condition, ids := w.oneOf("member_id", c.Leave)
		w.exec(nil, "delete from members where "+condition+" and "+owned, ids, owner)
	}
	w.eachBunch(c.SayNoMore, func(condition string, args []any) {
		args = append(args, owner)
		w.exec(nil, "delete from members where "+condition+" and "+owned+" and not viewed", args...)
		w.exec(nil, "update members set said = false where "+condition+" and "+owned+" and said", args...)
	})
	for _, e := range slices.Concat(c.DropEdges, c.SayNoMore) {
		w.grow(e.Group, -1)
	}
	w.saveUnresolved(c)
	w.saveAllMembers(c.AllMembers)
}

// eachBunch calls f once for a condition that names all edges when they share their group or
// their member, and otherwise once for every group.
func (w *work) eachBunch(edges []directory.EdgeKey, f func(condition string, args []any)) {
	groups := make(map[uuid.UUID][]uuid.UUID)
	members := make(map[uuid.UUID][]uuid.UUID)
	for _, e := range edges {
		groups[e.Group] = append(groups[e.Group], e.Member)
		members[e.Member] = append(members[e.Member], e.Group)
	}
	one, many, column, others := groups, groups, "group_record_id", "member_id"
	if len(members) == 1 {
		one, many, column, others = members, members, "member_id", "group_record_id"
	}
	order := make([]uuid.UUID, 0, len(one))
	for id := range one {
		order = append(order, id)
	}
	slices.SortFunc(order, compareID)
	for _, id := range order {
		slices.SortFunc(many[id], compareID)
		condition, ids := w.oneOf(others, many[id])
		f(column+" = ? and "+condition, []any{id, ids})
	}
}

// saveUnresolved writes members that name nothing yet. The connector is the scope's: only an
// IdP's own request brings them.
func (w *work) saveUnresolved(c *directory.Changes) {
	rows := make([][]any, len(c.AddUnresolved))
	for i, a := range c.AddUnresolved {
		rows[i] = []any{a.Group, a.Value, w.scope.connector, w.scope.directory, canonical.Key(a.Value)}
		w.grow(a.Group, 1)
	}
	if len(rows) > 0 && !w.waits {
		w.keepsWaiting = true
	}
	w.insert("unresolved_members", []string{"group_record_id", "value", "connector_id", "directory_id", "value_key"}, rows,
		"on conflict (group_record_id, value) do nothing")
	gone := make(map[uuid.UUID][]string)
	for _, a := range c.DropUnresolved {
		gone[a.Group] = append(gone[a.Group], a.Value)
		w.grow(a.Group, -1)
	}
	owned, owner := w.ownedEdge("")
	for group, values := range gone {
		condition, texts := w.oneOfText("value", values)
		w.exec(nil, "delete from unresolved_members where group_record_id = ? and "+condition+" and "+owned, group, texts, owner)
	}
}

// saveAllMembers drops every member of a group record, or leaves only what its view says.
func (w *work) saveAllMembers(all *directory.AllMembers) {
	if all == nil {
		return
	}
	owned, owner := w.ownedEdge("")
	if all.Viewed {
		w.exec(nil, "delete from members where group_record_id = ? and "+owned+" and not viewed", all.Group, owner)
		w.exec(nil, "update members set said = false where group_record_id = ? and "+owned+" and said", all.Group, owner)
	} else {
		w.exec(nil, "delete from members where group_record_id = ? and "+owned, all.Group, owner)
	}
	w.exec(nil, "delete from unresolved_members where group_record_id = ? and "+owned, all.Group, owner)
	// The group is a member no more either.
	w.exec(nil, "delete from members where member_id = ? and "+owned+" and (not viewed or not ?)", all.Group, owner, all.Viewed)
	w.exec(nil, "update members set said = false where member_id = ? and "+owned+" and said", all.Group, owner)
	owned, owner = w.owned("")
	w.exec(nil, "update group_records set member_count = 0 where id = ? and "+owned, all.Group, owner)
	delete(w.growth, all.Group)
}
