package sql

import (
	"cmp"
	"encoding/json"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// recordSet is a set of user records, as queries that find them by an index each.
type recordSet struct {
	queries []string // each ends in a condition, so that more may be added with "and"
	args    [][]any
}

func (s *recordSet) add(sql string, args ...any) {
	s.queries = append(s.queries, sql)
	s.args = append(s.args, args)
}

// having is one query over the set: select column … where condition, for each of its queries.
func (s *recordSet) having(column, condition string, more ...any) (sql string, args []any) {
	for i, query := range s.queries {
		if i > 0 {
			sql += " union "
		}
		sql += "select " + column + " from user_records r where " + query
		args = append(args, s.args[i]...)
		if condition != "" {
			sql += " and " + condition
			args = append(args, more...)
		}
	}
	return sql, args
}

// peopleSet is the set of users that a Load brings: none, one, or those that were locked.
type peopleSet struct {
	condition string // behind a column: "= ?"
	args      []any
}

// of is the condition that a column names one of the people.
func (p peopleSet) of(column string) string { return column + " " + p.condition }

// lockPeople decides whom the request brings and locks them in the order of their ids, as well
// as the named records that have no user.
func (l *load) lockPeople() error {
	l.nameRecords()
	lone := len(l.named.queries) == 0 && len(l.r.Users) == 1
	own := len(l.r.Users) == 0 && len(l.r.MemberValues) == 0 && len(l.r.Records) == 1 && l.r.Records[0] == l.r.Record
	owned, owner := l.owned("")
	switch {
	case len(l.named.queries) == 0 && len(l.r.Users) == 0:
		return nil
	case lone:
		l.people = peopleSet{"= ?", []any{l.r.Users[0]}}
	case own: // the record's row is locked, so its link stands still
		l.alone[l.r.Record] = true
		l.people = peopleSet{"= (select user_id from user_records where id = ? and " + owned + ")", []any{l.r.Record, owner}}
	default:
		return l.lockSet()
	}
	l.readUsers(l.locking("for update"))
	return nil
}

// nameRecords collects the records that bring people.
func (l *load) nameRecords() {
	owned, owner := l.owned("r.")
	if len(l.r.Records) > 0 {
		condition, ids := l.oneOf("r.id", l.r.Records)
		l.named.add(condition+" and "+owned, ids, owner)
	}
	if len(l.r.MemberValues) == 0 {
		return
	}
	v := newValues(l.r.MemberValues)
	if len(v.ids) > 0 {
		condition, ids := l.oneOf("r.id", v.ids)
		l.named.add(condition+" and r.deleted_at is null and "+owned, ids, owner)
	}
	condition, texts := l.oneOfText("r.external_id", v.texts)
	l.named.add(owned+" and "+condition+" and r.deleted_at is null", owner, texts)
	condition, keys := l.oneOfText("r.user_name_key", v.keys)
	l.named.add(owned+" and "+condition+" and r.deleted_at is null", owner, keys)
}

// lockSet locks several people at once. On PostgreSQL the ids it found stay in a setting of the
// transaction, app.people, so that the statements behind it in the same trip work on exactly
// those that are locked.
func (l *load) lockSet() error {
	l.several = true
	if len(l.named.queries) > 0 && l.locks() {
		unlinked, args := l.named.having("r.id", "r.user_id is null and r.deleted_at is null")
		l.query(func(r row) error {
			var id uuid.UUID
			err := r.Scan(&id)
			l.alone[id] = true
			return err
		}, "select id from user_records where id in ("+unlinked+") and user_id is null order by id for update", args...)
	}
	ids, args := l.named.having("r.user_id", "r.user_id is not null")
	if len(l.r.Users) > 0 {
		list, users := l.list(l.r.Users)
		if ids != "" {
			ids += " union "
		}
		ids += list
		args = append(args, users)
	}
	args = append([]any{l.scope.directory}, args...)
	if l.pg() {
		// An array is looked up in the index of ids. As a subselect it would be joined, and then
		// the whole directory read where the planner takes it for small.
		l.exec(nil, "select set_config('app.people', coalesce(array_agg(id)::text, '{}'), true) from (select id from users where directory_id = ? and id = any(array("+
			ids+")) order by id"+l.locking("for update")+") u", args...)
		// Behind a select of its own the setting is read once; bare, it would be for every row.
		l.people = peopleSet{"= any ((select current_setting('app.people')::uuid[])::uuid[])", nil}
		l.readUsers("")
		return nil
	}
	var people []string
	l.query(func(r row) error {
		var id string
		err := r.Scan(&id)
		people = append(people, id)
		return err
	}, "select id from users where directory_id = ? and id in ("+ids+") order by id", args...)
	if err := l.flush(); err != nil {
		return err
	}
	l.people = peopleSet{"in (" + fromJSON + ")", []any{l.textList(people)}}
	l.readUsers("")
	return nil
}

func (l *load) readUsers(locking string) {
	l.query(func(r row) error {
		u, err := scanUser(r)
		l.scene.People[u.ID] = &directory.Person{User: u}
		return err
	}, "select "+userColumns+" from users u where "+l.people.of("u.id")+" and u.directory_id = ?"+locking,
		append(slices.Clone(l.people.args), l.scope.directory)...)
}

// readPeople reads what the people and the named records without a user consist of.
func (l *load) readPeople() {
	if l.people.condition != "" {
		l.query(l.keepRecord, "select "+recordColumns+" from user_records r where "+l.people.of("r.user_id")+" and r.directory_id = ?",
			append(slices.Clone(l.people.args), l.scope.directory)...)
		l.readHeld()
		l.readHolds()
	}
	if l.several {
		l.readUnlinked()
	}
	records, args := l.everyRecord()
	l.readViews(records, args)
	if records == "" {
		return
	}
	l.readConflicts(records, args)
}

func (l *load) keepRecord(r row) error {
	rec, err := scanRecord(r)
	if err != nil {
		return err
	}
	if same := l.records[rec.ID]; same != nil { // the record to change is one object
		rec = same
	}
	l.records[rec.ID] = rec
	if p := l.scene.People[rec.User]; p != nil {
		p.Records = append(p.Records, rec)
	}
	return nil
}

// readUnlinked reads the named records that have no user, and finds those whose user is not
// among the locked ones, because they were linked anew in between.
func (l *load) readUnlinked() {
	named, args := l.named.having("r.id", "")
	if named == "" {
		return
	}
	l.query(func(r row) error {
		rec, err := scanRecord(r)
		if err != nil {
			return err
		}
		if rec.User != uuid.Nil || l.locks() && !l.alone[rec.ID] {
			l.moved = true
			return nil
		}
		if same := l.records[rec.ID]; same != nil {
			rec = same
		}
		l.records[rec.ID] = rec
		l.scene.Records[rec.ID] = rec
		return nil
	}, "select "+recordColumns+" from user_records r where r.id in ("+named+") and r.deleted_at is null and (r.user_id is null or not r.user_id "+
		l.people.condition+")", append(args, l.people.args...)...)
}

// everyRecord is a query for the ids of all records that this Load brings.
func (l *load) everyRecord() (sql string, args []any) {
	var parts []string
	if l.people.condition != "" {
		parts = append(parts, "select r.id from user_records r where "+l.people.of("r.user_id")+" and r.directory_id = ?")
		args = append(append(args, l.people.args...), l.scope.directory)
	}
	if len(l.named.queries) > 0 {
		unlinked, more := l.named.having("r.id", "r.user_id is null and r.deleted_at is null")
		parts = append(parts, unlinked)
		args = append(args, more...)
	} else if l.r.Record != uuid.Nil {
		owned, owner := l.owned("r.")
		parts = append(parts, "select r.id from user_records r where r.id = ? and "+owned)
		args = append(args, l.r.Record, owner)
	}
	for i, part := range parts {
		if i > 0 {
			sql += " union "
		}
		sql += part
	}
	return sql, args
}

// collect adds the groups that listed names by their ids, and leaves out those that are not there.
func collect[G any](to []G, listed string, groups map[uuid.UUID]G) ([]G, error) {
	to = slices.Grow(to, len(listed)/36)
	ids, err := parseIDs(listed)
	for _, id := range ids {
		if g, ok := groups[id]; ok {
			to = append(to, g)
		}
	}
	return to, err
}

func (l *load) readConflicts(records string, args []any) {
	l.query(func(r row) error {
		c, err := scanConflict(r)
		if err == nil {
			l.scene.Conflicts[c.Record] = append(l.scene.Conflicts[c.Record], c)
		}
		return err
	}, "select "+conflictColumns+" from ("+records+") as r join conflicts c on c.record_id = r.id order by c.id", args...)
}

// readHeld reads the memberships of the people. Each group comes once; then, for each person, come
// the ids of the groups that it has for the same reasons, which are mostly alike.
func (l *load) readHeld() {
	groups := make(map[uuid.UUID]directory.GroupFact)
	alike := make(map[string][]directory.Support) // nobody changes them in place
	l.query(func(r row) error {
		var user uuid.UUID
		var listed string
		var supports json.RawMessage
		fact, err := scanFact(r, &user, &listed, &supports)
		if err != nil {
			return err
		}
		if listed == "" {
			groups[fact.ID] = fact
			l.scene.Facts[fact.Key] = fact
			return nil
		}
		same := alike[string(supports)]
		if same == nil {
			if same, err = parseSupports(supports, user); err != nil {
				return err
			}
			alike[string(supports)] = same
		}
		p := l.scene.People[user]
		if p == nil {
			return nil
		}
		found, err := collect(nil, listed, groups)
		p.Held = slices.Grow(p.Held, len(found))
		for _, g := range found {
			p.Held = append(p.Held, directory.MembershipRow{User: user, Group: g, Supports: same})
		}
		return err
	}, `with h as materialized (
			select m.user_id, m.group_id, m.supports from memberships m where `+l.people.of("m.user_id")+` and m.directory_id = ?)
		select `+none+`, '' as listed, '', `+factColumns+` from groups d where d.id in (select h.group_id from h)
		union all
		select h.user_id, `+l.joined("h.group_id")+`, h.supports, `+none+`, '', '', `+none+`, 0, 0 from h group by h.user_id, h.supports
		order by listed`, append(slices.Clone(l.people.args), l.scope.directory)...)
}

// joined aggregates a column of ids into one text.
func (t *tx) joined(column string) string {
	if t.pg() {
		return "string_agg(" + column + "::text, ',')"
	}
	return "group_concat(" + column + ", ',')"
}

// arrange puts what the statements found where it belongs, in an order that does not depend on
// the database's.
func (l *load) arrange() {
	if rec := l.scene.Record; rec != nil && rec.User == uuid.Nil && slices.Contains(l.r.Records, rec.ID) {
		l.scene.Records[rec.ID] = rec
	}
	for _, rec := range l.records {
		rec.Groups = l.scene.Nesting.Expand(rec.Groups)
		slices.SortFunc(rec.Groups, func(a, b directory.ViewedGroup) int {
			return cmp.Or(cmp.Compare(a.Key, b.Key), compareID(a.Record, b.Record))
		})
	}
	for _, p := range l.scene.People {
		slices.SortFunc(p.Records, func(a, b *directory.RecordRow) int { return compareID(a.ID, b.ID) })
		sortHolds(p.Holds)
		slices.SortFunc(p.Held, func(a, b directory.MembershipRow) int { return cmp.Compare(a.Group.Key, b.Group.Key) })
		for _, rec := range p.Records {
			for _, c := range l.scene.Conflicts[rec.ID] {
				if c.Decision == "" {
					p.Open = append(p.Open, c)
				}
			}
		}
	}
	l.arrangeValues()
}

func compareID(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) }
