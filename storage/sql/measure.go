package sql

import (
	"context"
	"time"

	"github.com/google/uuid"
)

// Measures are what the database says of the whole deployment at one moment: numbers, and the
// names of connectors and directories, but of no person and no group.
type Measures struct {
	Schema      int64 // number of the newest migration that was applied
	Connectors  []ConnectorMeasure
	Holds       []CountOf // changes that wait for an administrator, of a connector, by kind
	Conflicts   []CountOf // open ones, of a directory, by kind
	RunningJobs []JobMeasure
	Webhooks    []WebhookMeasure
}

// ConnectorMeasure is one connector as it is now.
type ConnectorMeasure struct {
	ID         uuid.UUID
	Slug       string
	Kind, Mode string        // tenants.Kind and tenants.Mode
	Waiting    int64         // records that are due to be settled
	Lag        time.Duration // for how long the first of them has been due
	Heard      time.Time     // when its last request came; zero: none is known
	Expires    time.Time     // the first end of a credential that was used of late; zero: none ends
}

// CountOf is how many of a kind somebody has.
type CountOf struct {
	Name, Kind string // of a connector or a directory, and of what is counted
	Count      int64
}

// JobMeasure is a job that runs.
type JobMeasure struct {
	Slug  string
	Since time.Time
}

// WebhookMeasure is a webhook that is not switched off.
type WebhookMeasure struct {
	ID      uuid.UUID
	Lag     time.Duration // for how long the first delivery that is not taken yet has waited
	GivenUp bool          // it was disabled because its receiver took nothing for too long, or is gone
}

// usedOfLate is how long ago the last use of a credential may be for its end to matter: what
// nobody uses any more may end.
const usedOfLate = 7 * 24 * time.Hour

// Measure reads the deployment's state in one round trip. Its cost is that of the connectors, and of
// what waits: queued records, holds and conflicts; not of the people.
func (s *Store) Measure(ctx context.Context) (m Measures, err error) {
	now := s.now()
	err = s.read(ctx, everyConnector, func(t *tx) error {
		m = Measures{}
		t.query(func(r row) error { return r.Scan(&m.Schema) }, "select coalesce(max(version_id), 0) from "+versionTable+" where is_applied")
		t.query(func(r row) error {
			var c ConnectorMeasure
			var due, heard, expires int64
			err := r.Scan(&c.ID, &c.Slug, &c.Kind, &c.Mode, &c.Waiting, &due, &heard, &expires)
			c.Heard, c.Expires = fromMicros(heard), fromMicros(expires)
			if due != 0 {
				c.Lag = max(0, now.Sub(fromMicros(due)))
			}
			m.Connectors = append(m.Connectors, c)
			return err
		}, `select c.id, c.slug, c.kind, c.mode, coalesce(q.n, 0), coalesce(q.due, 0), coalesce(h.last, 0), coalesce(k.ends, 0)
			from connectors c
			left join (select connector_id, count(*) as n, min(due_at) as due from settle_queue where due_at <= ? group by connector_id) q on q.connector_id = c.id
			left join (select connector_id, max(last_at) as last from contacts group by connector_id) h on h.connector_id = c.id
			left join (select connector_id, min(expires_at) as ends from credentials
				where ended_at is null and expires_at is not null and last_used_at > ? group by connector_id) k on k.connector_id = c.id
			order by c.precedence, c.id`, micros(now), micros(now.Add(-usedOfLate)))
		t.query(counted(&m.Holds), `select c.slug, h.kind, count(*) from holds h join connectors c on c.id = h.connector_id
			where h.state = 'held' group by c.slug, h.kind`)
		t.query(counted(&m.Conflicts), `select d.name, f.kind, count(*) from conflicts f join directories d on d.id = f.directory_id
			where f.decision is null group by d.name, f.kind`)
		t.query(func(r row) error {
			var j JobMeasure
			var since int64
			err := r.Scan(&j.Slug, &since)
			j.Since = fromMicros(since)
			m.RunningJobs = append(m.RunningJobs, j)
			return err
		}, "select c.slug, j.created_at from jobs j join connectors c on c.id = j.connector_id where j.state = 'running'")
		t.query(func(r row) error {
			var w WebhookMeasure
			var since int64
			err := r.Scan(&w.ID, &w.GivenUp, &since)
			if since != 0 {
				w.Lag = max(0, now.Sub(fromMicros(since)))
			}
			m.Webhooks = append(m.Webhooks, w)
			return err
		}, `select h.id, h.state = 'disabled', case when h.state = 'disabled' then 0 else
				coalesce((select v.created_at from webhook_deliveries v where v.webhook_id = h.id and v.state = 'pending' order by v.seq limit 1), 0) end
			from webhooks h where h.state = 'enabled' or h.reason <> '' order by h.id`)
		return nil
	})
	return m, wrap(err, "measuring the deployment")
}

// counted collects rows of a name, a kind and a number.
func counted(into *[]CountOf) func(row) error {
	return func(r row) error {
		var c CountOf
		err := r.Scan(&c.Name, &c.Kind, &c.Count)
		*into = append(*into, c)
		return err
	}
}

// Sizes are how much the deployment holds.
type Sizes struct {
	Records     []CountOf // of a connector: users (those that are not deleted), groups, members
	Users       []CountOf // of a directory, by status
	Groups      []CountOf // of a directory; the kind is empty
	Memberships []CountOf // of a directory, by the strongest origin
}

// MeasureSizes counts rows, which takes as long as there are many: on PostgreSQL up to the
// statement's time-out, and far less than a second for a hundred thousand people. It is meant to be
// called every few minutes.
func (s *Store) MeasureSizes(ctx context.Context) (z Sizes, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		z = Sizes{}
		t.query(counted(&z.Records), `select c.slug, 'users', n.n from connectors c
			join (select connector_id, count(*) as n from user_records where deleted_at is null group by connector_id) n on n.connector_id = c.id`)
		t.query(counted(&z.Records), `select c.slug, 'groups', n.n from connectors c
			join (select connector_id, count(*) as n from group_records where deleted_at is null group by connector_id) n on n.connector_id = c.id`)
		t.query(counted(&z.Records), `select c.slug, 'members', n.n from connectors c
			join (select connector_id, cast(sum(member_count) as bigint) as n from group_records where deleted_at is null group by connector_id) n on n.connector_id = c.id`)
		t.query(counted(&z.Users), `select d.name, n.status, n.n from directories d
			join (select directory_id, status, count(*) as n from users group by directory_id, status) n on n.directory_id = d.id`)
		t.query(counted(&z.Groups), `select d.name, '', n.n from directories d
			join (select directory_id, count(*) as n from groups group by directory_id) n on n.directory_id = d.id`)
		t.query(counted(&z.Memberships), `select d.name, n.origin, n.n from directories d
			join (select directory_id, origin, count(*) as n from memberships group by directory_id, origin) n on n.directory_id = d.id`)
		return nil
	})
	return z, wrap(err, "counting what the deployment holds")
}

// Pool is what the connections of this process to its database do.
type Pool struct {
	Most, Open, InUse, Idle int
	Waited                  time.Duration // that transactions have spent waiting for one, since the start
	Waits                   int64         // how many of them had to
}

// Pool returns the numbers of this moment. SQLite's are of the connections that read and the one
// that writes together.
func (s *Store) Pool() Pool {
	switch db := s.db.(type) {
	case *postgres:
		p := db.pool.Stat()
		return Pool{Most: int(p.MaxConns()), Open: int(p.TotalConns()), InUse: int(p.AcquiredConns()), Idle: int(p.IdleConns()),
			Waited: p.EmptyAcquireWaitTime(), Waits: p.EmptyAcquireCount()}
	case *sqlite:
		w, r := db.writer.Stats(), db.reader.Stats()
		return Pool{Most: w.MaxOpenConnections + r.MaxOpenConnections, Open: w.OpenConnections + r.OpenConnections, InUse: w.InUse + r.InUse,
			Idle: w.Idle + r.Idle, Waited: w.WaitDuration + r.WaitDuration, Waits: w.WaitCount + r.WaitCount}
	}
	return Pool{}
}
