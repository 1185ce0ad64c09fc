package sql

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// load is one Load under way.
type load struct {
	*work
	r     directory.Request
	scene *directory.Scene

	named   recordSet // the records that bring people
	people  peopleSet
	several bool               // people were locked as a set
	alone   map[uuid.UUID]bool // named records that were locked because they have no user

	records map[uuid.UUID]*directory.RecordRow
	resolve resolution
	moved   bool // a named record got another user while its former one was being locked
}

// Load locks and reads what r asks for. On PostgreSQL all of it is one round trip: first the
// statements that take locks, in the order in which every transaction takes them, then the
// reads, which see what those who held the locks before have committed, since each statement
// has a snapshot of its own.
func (w *work) Load(ctx context.Context, r directory.Request) (*directory.Scene, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	l := &load{
		work: w, r: r,
		scene: &directory.Scene{
			People:     make(map[uuid.UUID]*directory.Person),
			Records:    make(map[uuid.UUID]*directory.RecordRow),
			Conflicts:  make(map[uuid.UUID][]directory.ConflictRow),
			Resolved:   make(map[string]directory.Resolved),
			Edges:      make(map[uuid.UUID]directory.Edge),
			Unresolved: make(map[string]bool),
			Facts:      make(map[string]directory.GroupFact),
			Staying:    make(map[uuid.UUID]bool),
		},
		alone:   make(map[uuid.UUID]bool),
		records: make(map[uuid.UUID]*directory.RecordRow),
	}
	if err := l.run(); err != nil {
		return nil, err
	}
	return l.scene, nil
}

func (l *load) run() error {
	l.lockNames()
	l.lockGroup()
	l.lockBelow()
	l.lockArrivals()
	l.lockRecord()
	l.lockStaying()
	if err := l.lockPeople(); err != nil {
		return err
	}
	l.readValues()
	l.settling(func() {
		l.readEpoch()
		l.readPeople()
		l.readCandidates()
		l.readFacts()
		l.readForeign()
		l.readCounts()
	})
	if err := l.flush(); err != nil {
		return err
	}
	if l.moved {
		return directory.ErrAgain
	}
	l.arrange()
	l.scene.Epoch = l.epoch
	return nil
}

// lockNames takes the advisory locks in one statement: the directory's, the connector's lock of
// arrivals (see work.waits), and those of the keys. Who holds arrivals may ask for keys later,
// hardly anybody the other way round. It also tells the planner that a Load reads few rows of big
// tables: while a first import fills them, their statistics say otherwise.
func (l *load) lockNames() {
	if !l.pg() {
		return
	}
	if l.readOnly {
		l.preferIndexes()
	}
	if !l.locks() {
		return
	}
	var hashes []int64
	var shared []bool
	add := func(hash int64, share bool) { hashes, shared = append(hashes, hash), append(shared, share) }
	if !l.locked || l.r.Exclusive && !l.exclusive {
		add(lockHash(lockOfDirectory, l.scope.directory.String()), !l.r.Exclusive)
		l.locked, l.exclusive = true, l.r.Exclusive
	}
	switch {
	case l.waits && len(l.r.Values) > 0:
		add(lockHash(lockOfArrivals, l.scope.connector.String()), false)
	case l.r.Arrival != nil:
		add(lockHash(lockOfArrivals, l.scope.connector.String()), true)
	}
	keys := make([]int64, len(l.r.Keys))
	for i, key := range l.r.Keys {
		keys[i] = lockHash(lockOfKey, l.scope.directory.String(), key)
	}
	slices.Sort(keys)
	for _, key := range slices.Compact(keys) {
		add(key, false)
	}
	if len(l.r.Below) > 0 {
		add(lockHash(lockOfNesting, l.scope.connector.String()), false)
	}
	if len(hashes) == 0 {
		return
	}
	// unnest gives the elements in their order, and the locks are taken row by row.
	l.exec(nil, `select case when shared then pg_advisory_xact_lock_shared(hash)::text else pg_advisory_xact_lock(hash)::text end,
			set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)
		from unnest(?::bigint[], ?::boolean[]) as l (hash, shared)`, hashes, shared)
}

const lockOfArrivals = "arrivals"

// locks says whether this Load takes locks.
func (l *load) locks() bool { return l.pg() && !l.readOnly && !l.r.Looks }

// locking is a row lock's words, if this Load takes locks.
func (l *load) locking(words string) string {
	if !l.locks() {
		return ""
	}
	return l.tx.locking(words)
}

// preferIndexes tells PostgreSQL's planner, for this transaction, to leave whole tables unread
// where an index will do. What has no index then looks so dear that it would be compiled, which
// takes a hundred times as long as running it: that is turned off too.
func (t *tx) preferIndexes() {
	if t.pg() {
		t.exec(nil, "select set_config('enable_seqscan', 'off', true), set_config('jit', 'off', true)")
	}
}

// readEpoch reads the directory's epoch, once: its lock keeps it.
func (l *load) readEpoch() {
	if l.epoch != 0 {
		return
	}
	l.query(func(r row) error { return r.Scan(&l.work.epoch) },
		"select epoch from directories where id = ?", l.scope.directory)
}

func (l *load) lockGroup() {
	if l.r.Group == uuid.Nil {
		return
	}
	words := "for key share"
	if l.r.GroupLock == directory.GroupExclusive && !plantedNoLock {
		words = "for update"
	}
	owned, owner := l.owned("g.")
	l.query(func(r row) (err error) {
		l.scene.Group, err = scanGroupRecord(r)
		return err
	}, "select "+groupRecordColumns+" from group_records g where g.id = ? and "+owned+" and g.deleted_at is null"+l.locking(words),
		l.r.Group, owner)
}

// lockArrivals finds the unresolved members that a record resolves, and holds them and their
// groups until it is written.
func (l *load) lockArrivals() {
	k := l.r.Arrival
	if k == nil {
		return
	}
	matches := arrivalKeys(k)
	condition, keys := l.inText("v.value_key", matches)
	l.query(func(r row) error {
		var a directory.Arrival
		var key string
		if err := r.Scan(&a.Group, &a.Value, &key, &a.Name, &a.Key); err != nil {
			return err
		}
		if answers(k, a.Value, key) {
			l.scene.Arrivals = append(l.scene.Arrivals, a)
		}
		return nil
	}, `select v.group_record_id, v.value, v.value_key, coalesce(g.view_name, ''), coalesce(g.view_key, '')
		from unresolved_members v join group_records g on g.id = v.group_record_id
		where v.connector_id = ? and `+condition+` and g.deleted_at is null
		order by g.id, v.value`+l.locking("for key share of g for update of v"), k.Connector, keys)
}

// lockRecord locks the record to change and, when it will go, the groups that list it: before it,
// as those do who change the members of a group, and again those that list it only since then.
func (l *load) lockRecord() {
	if l.r.Record == uuid.Nil {
		return
	}
	if l.r.RecordGone && l.locks() {
		l.lockListing(func(uuid.UUID) {})
	}
	owned, owner := l.owned("r.")
	l.query(func(r row) error {
		rec, err := scanRecord(r)
		if err == nil && rec.DeletedAt.IsZero() {
			l.scene.Record = rec
			l.records[rec.ID] = rec
		}
		return err
	}, "select "+recordColumns+" from user_records r where r.id = ? and "+owned+l.locking("for update"), l.r.Record, owner)
	if l.r.RecordGone {
		l.lockListing(func(group uuid.UUID) { l.scene.RecordGroups = append(l.scene.RecordGroups, group) })
	}
}

// lockListing locks the groups that list the record to change, and says which they are.
func (l *load) lockListing(each func(group uuid.UUID)) {
	owned, owner := l.owned("g.")
	l.query(func(r row) error {
		var id uuid.UUID
		err := r.Scan(&id)
		each(id)
		return err
	}, `select g.id from group_records g
		where g.id in (select m.group_record_id from members m where m.member_id = ? and m.said) and `+owned+`
		order by g.id`+l.locking("for key share"), l.r.Record, owner)
}

// lockStaying holds records against whoever would delete them.
func (l *load) lockStaying() {
	if len(l.r.Staying) == 0 {
		return
	}
	condition, ids := l.oneOf("r.id", l.r.Staying)
	owned, owner := l.owned("r.")
	l.query(func(r row) error {
		var id uuid.UUID
		err := r.Scan(&id)
		l.scene.Staying[id] = true
		return err
	}, "select r.id from user_records r where "+condition+" and "+owned+" and r.deleted_at is null order by r.id"+l.locking("for key share"), ids, owner)
}

// readCounts reads what a rename and a limit ask for.
func (l *load) readCounts() {
	if l.r.Feeders != "" {
		// A membership's supports are JSON of ours: its first is {"o":origin,"c":connector,…},
		// and },{"o": begins another, as no text inside can hold a bare quote.
		only := `[{"o":"idp","c":"` + l.scope.connector.String() + `"%`
		l.query(func(r row) error { return r.Scan(&l.scene.Feeders) },
			`select (select count(*) from group_records g where g.directory_id = ? and g.view_key = ? and g.id <> ?)
			  + (select count(*) from (select 1 from memberships m join groups d on d.id = m.group_id
				where d.directory_id = ? and d.name_key = ? and (m.supports not like ? or m.supports like ?) limit 1) x)`,
			l.scope.directory, l.r.Feeders, l.r.Group, l.scope.directory, l.r.Feeders, only, `%},{"o":%`)
	}
	if l.r.MembersOf != uuid.Nil {
		owned, owner := l.ownedEdge("")
		l.query(func(r row) error {
			var id uuid.UUID
			err := r.Scan(&id)
			l.scene.MemberIDs = append(l.scene.MemberIDs, id)
			return err
		}, "select member_id from members where group_record_id = ? and said and kind = 'User' and "+owned+" order by member_id limit ?",
			l.r.MembersOf, owner, l.r.MostMembers)
		owned, owner = l.owned("")
		l.query(func(r row) error { return r.Scan(&l.scene.MemberCount) },
			"select member_count from group_records where id = ? and "+owned, l.r.MembersOf, owner)
	}
	if l.r.GroupUse != uuid.Nil {
		l.readGroupUse()
	}
	if l.r.CountGroups {
		counted := "group_records where connector_id = ? and deleted_at is null"
		if l.r.Looks { // none, or some
			counted = "(select 1 from " + counted + " limit 1) x"
		}
		l.query(func(r row) error { return r.Scan(&l.scene.GroupCount) }, "select count(*) from "+counted, l.scope.connector)
	}
}

// readGroupUse reads who has to do with a directory group.
func (l *load) readGroupUse() {
	keys, texts := l.inText("g.view_key", l.r.GroupKeys)
	l.query(func(r row) error {
		var id uuid.UUID
		err := r.Scan(&id)
		l.scene.GroupFeeders = append(l.scene.GroupFeeders, id)
		return err
	}, "select distinct g.connector_id from group_records g where g.directory_id = ? and (g.view_key = (select d.name_key from groups d where d.id = ? and d.directory_id = ?) or "+keys+") order by 1",
		l.scope.directory, l.r.GroupUse, l.scope.directory, texts)
	l.query(func(r row) error { return r.Scan(&l.scene.GroupMembers) },
		"select count(*) from memberships m where m.group_id = ? and m.directory_id = ?", l.r.GroupUse, l.scope.directory)
}
