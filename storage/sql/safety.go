package sql

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

const lockOfLedger = "ledger"

// Ledgers locks and reads the counters of connectors, and how full groups are, in one trip.
func (w *work) Ledgers(ctx context.Context, asked []directory.LedgerRequest, leaving map[uuid.UUID]int, since time.Time) (map[uuid.UUID]directory.Ledger, map[uuid.UUID]directory.Peak, error) {
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	asked = slices.Clone(asked)
	slices.SortFunc(asked, func(a, b directory.LedgerRequest) int { return compareID(a.Connector, b.Connector) })
	if w.pg() && !w.readOnly {
		hashes := make([]int64, len(asked))
		for i, a := range asked {
			hashes[i] = lockHash(lockOfLedger, a.Connector.String())
		}
		w.exec(nil, "select pg_advisory_xact_lock(h) from unnest(?::bigint[]) h", hashes)
	}
	ledgers := make(map[uuid.UUID]*directory.Ledger, len(asked))
	for _, a := range asked {
		l := &directory.Ledger{}
		ledgers[a.Connector] = l
		w.readLosses(a, l)
		w.readSizes(a, l)
		w.query(func(r row) error {
			var until int64
			err := r.Scan(&until)
			l.Until = fromMicros(until)
			return err
		}, "select until_at from expected_changes where connector_id = ? and directory_id = ?", a.Connector, w.scope.directory)
	}
	peaks := w.readPeaks(leaving, since)
	if err := w.flush(); err != nil {
		return nil, nil, err
	}
	read := make(map[uuid.UUID]directory.Ledger, len(ledgers))
	for id, l := range ledgers {
		read[id] = *l
	}
	return read, peaks, nil
}

// readLosses reads, of each kind, the newest row and the first of each window: totals run on, so
// their difference is what the window holds.
func (w *work) readLosses(a directory.LedgerRequest, l *directory.Ledger) {
	const of = "from losses x where x.connector_id = ? and x.kind = k.kind "
	const newest = of + "order by x.total desc limit 1"
	const before = "coalesce((select x.total - x.n " + of + "and x.counted_at > ? order by x.counted_at, x.total limit 1), -1)"
	w.query(func(r row) error {
		var kind string
		var total, window, day int
		var last int64
		if err := r.Scan(&kind, &total, &last, &window, &day); err != nil {
			return err
		}
		if at := fromMicros(last); at.After(l.Last) {
			l.Last = at
		}
		*kindOf(&l.Total, kind) = total
		if window >= 0 {
			*kindOf(&l.Window, kind) = total - window
		}
		if day >= 0 {
			*kindOf(&l.Day, kind) = total - day
		}
		return nil
	}, "select k.kind, coalesce((select x.total "+newest+"), 0), coalesce((select x.counted_at "+newest+"), 0), "+before+", "+before+`
		from (select 'users' as kind union all select 'memberships' union all select 'keys') k`,
		a.Connector, a.Connector, a.Connector, micros(a.Window), a.Connector, micros(a.Day))
}

func (w *work) readSizes(a directory.LedgerRequest, l *directory.Ledger) {
	w.query(func(r row) error {
		var measured int64
		err := r.Scan(&l.Most.Users, &l.Most.Memberships, &measured)
		l.Measured = fromMicros(measured)
		return err
	}, `select coalesce(max(users), 0), coalesce(max(memberships), 0), coalesce(max(measured_at), 0)
		from connector_sizes where connector_id = ? and measured_at > ?`, a.Connector, micros(a.Sized))
}

// peakEvents is how many of a group's newest events tell who left it.
const peakEvents = 1000

// readPeaks counts the members of groups up to one more than would leave, and of those that would
// be empty then, who left them since.
func (w *work) readPeaks(leaving map[uuid.UUID]int, since time.Time) map[uuid.UUID]directory.Peak {
	peaks := make(map[uuid.UUID]directory.Peak, len(leaving))
	for id, n := range leaving {
		w.query(func(r row) error {
			var p directory.Peak
			err := r.Scan(&p.Members, &p.Left)
			peaks[id] = p
			return err
		}, `select m.n, case when m.n > ? then 0 else (
				select count(distinct e.user_id) from (select x.user_id, x.time, x.action from events x
					where x.group_id = ? and x.directory_id = ? order by x.seq desc limit ?) e
				where e.time > ? and e.action = 'directory.membership.removed') end
			from (select count(*) as n from (select 1 from memberships m where m.group_id = ? and m.directory_id = ? limit ?) a) m`,
			int64(n), id, w.scope.directory, int64(peakEvents), micros(since), id, w.scope.directory, int64(n+1))
	}
	return peaks
}

func kindOf(s *directory.Sizes, kind string) *int {
	switch kind {
	case "users":
		return &s.Users
	case "memberships":
		return &s.Memberships
	}
	return &s.Keys
}

// provided are the records of a connector and a directory that have a user, and supported those of
// them that count and are active.
const (
	provided  = "r.connector_id = ? and r.directory_id = ? and r.deleted_at is null and r.user_id is not null"
	supported = provided + " and r.view_state = 'active' and r.first_counted_at is not null and r.left_at is null"
)

// supportedBy is what the supports of a membership are like that a connector supports.
func supportedBy(connector uuid.UUID) string { return `%"c":"` + connector.String() + `"%` }

// Measure counts the users whose active record of a connector counts, and the memberships of its
// records' users that it supports. It reads what those users hold, whatever else the directory has.
func (w *work) Measure(ctx context.Context, connectors []uuid.UUID) (map[uuid.UUID]directory.Sizes, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	sizes := make(map[uuid.UUID]directory.Sizes, len(connectors))
	if len(connectors) == 0 {
		return sizes, nil
	}
	w.settling(func() {
		if w.pg() {
			w.exec(nil, "set local statement_timeout = '1min'")
			w.exec(nil, "select set_config('enable_seqscan', 'on', true)")
		}
		for _, id := range connectors {
			count := func(into func(*directory.Sizes) *int, sql string, args ...any) {
				w.query(func(r row) error {
					s := sizes[id]
					err := r.Scan(into(&s))
					sizes[id] = s
					return err
				}, sql, args...)
			}
			count(func(s *directory.Sizes) *int { return &s.Users }, "select count(*) from user_records r where "+supported, id, w.scope.directory)
			count(func(s *directory.Sizes) *int { return &s.Memberships }, `select count(*) from memberships m
				where m.directory_id = ? and m.supports like ? and m.user_id in (select r.user_id from user_records r where `+provided+")",
				w.scope.directory, supportedBy(id), id, w.scope.directory)
		}
		w.preferIndexes()
	})
	return sizes, w.flush()
}

// saveSafety writes what was counted, measured and announced.
func (w *work) saveSafety(c *directory.Changes) {
	rows := make([][]any, len(c.Losses))
	for i, l := range c.Losses {
		rows[i] = []any{l.Connector, l.Kind, int64(l.Total), w.scope.directory, int64(l.N), micros(l.At)}
	}
	w.insert("losses", []string{"connector_id", "kind", "total", "directory_id", "n", "counted_at"}, rows, "")
	rows = make([][]any, len(c.Sizes))
	for i, s := range c.Sizes {
		rows[i] = []any{s.Connector, micros(s.At), w.scope.directory, int64(s.Users), int64(s.Memberships)}
	}
	w.insert("connector_sizes", []string{"connector_id", "measured_at", "directory_id", "users", "memberships"}, rows,
		"on conflict (connector_id, measured_at) do nothing")
	if e := c.Expected; e != nil {
		w.exec(nil, "delete from expected_changes where connector_id = ? and directory_id = ?", e.Connector, w.scope.directory)
		if !e.Until.IsZero() {
			w.insert("expected_changes", []string{"connector_id", "directory_id", "until_at", "reason", "actor", "created_at"},
				[][]any{{e.Connector, w.scope.directory, micros(e.Until), e.Reason, e.By, micros(e.Created)}}, "")
		}
	}
}

// ExpectedChange reads a connector's announced window.
func (s *Store) ExpectedChange(ctx context.Context, directoryID, connector uuid.UUID) (found directory.ExpectedChange, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		t.query(func(r row) error {
			var until, created int64
			err := r.Scan(&until, &found.Reason, &found.By, &created)
			found.Until, found.Created = fromMicros(until), fromMicros(created)
			return err
		}, "select until_at, reason, actor, created_at from expected_changes where connector_id = ? and directory_id = ?", connector, directoryID)
		return nil
	})
	return found, err
}

// Measured is when a connector was last measured.
func (s *Store) Measured(ctx context.Context, directoryID, connector uuid.UUID) (at time.Time, err error) {
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		t.query(func(r row) error {
			var measured int64
			err := r.Scan(&measured)
			at = fromMicros(measured)
			return err
		}, "select coalesce(max(measured_at), 0) from connector_sizes where connector_id = ? and directory_id = ?", connector, directoryID)
		return nil
	})
	return at, err
}

// ForgetLosses deletes what no window looks at any more.
func (s *Store) ForgetLosses(ctx context.Context, before time.Time) error {
	return s.write(ctx, everyConnector, func(t *tx) error {
		t.exec(nil, "delete from losses where counted_at < ?", micros(before))
		t.exec(nil, "delete from connector_sizes where measured_at < ?", micros(before))
		t.exec(nil, "delete from expected_changes where until_at < ?", micros(before))
		return nil
	})
}
