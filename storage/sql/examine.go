package sql

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/muster-scim/muster/migrations"
)

// Finding is one thing that Examine looked at.
type Finding struct {
	Name   string // what was looked at
	State  string // ok, warn, fail
	Detail string // what was found
	Next   string // what to do about it; empty where it is ok
}

// States of a Finding.
const (
	FoundOK   = "ok"
	FoundWarn = "warn"
	FoundFail = "fail"
)

// oldestPostgres is the oldest PostgreSQL that the tests run on, as its server_version_num.
const oldestPostgres = 150000

// pgFacts is what PostgreSQL says of itself.
type pgFacts struct {
	number                         int
	version, encoding              string
	fsync, pages, commit, vacuum   string
	standby                        bool
	connections, reserved, current int
	missing                        []string // privileges that the role lacks
}

// Examine looks at the database as an administrator would who wonders what is wrong with it. It
// changes nothing, and goes on after a finding as far as it can.
func (s *Store) Examine(ctx context.Context) (found []Finding) {
	add := func(name, state, detail, next string) {
		found = append(found, Finding{Name: name, State: state, Detail: detail, Next: next})
	}
	if err := s.Ping(ctx); err != nil {
		add("database", FoundFail, err.Error(), "Check that the database runs, and that MUSTER_DATABASE_URL names its host, port, database and user.")
		return found
	}
	made := s.examineSchema(ctx, add)
	if !s.isPostgres() {
		add("database server", FoundOK, "SQLite, one file for one process", "")
		return found
	}
	f, skew, err := s.pgFacts(ctx, made)
	if err != nil {
		add("database server", FoundFail, err.Error(), "Check the role's rights: docs/postgresql.md.")
		return found
	}
	s.judgeServer(f, add)
	judgeConnections(f, s.Pool().Most, add)
	judgeSkew("database clock", skew, add)
	if !made {
		return found
	}
	if len(f.missing) > 0 {
		add("database rights", FoundFail, "the role lacks "+strings.Join(f.missing, ", "), "Grant them: muster migrate --app-role=ROLE, as the owner of the tables.")
	} else {
		add("database rights", FoundOK, "the role may do what serving needs", "")
	}
	if err := s.CheckLocks(ctx); err != nil {
		add("database locks", FoundFail, err.Error(), "Use PostgreSQL itself, not something that only speaks its protocol.")
	} else {
		add("database locks", FoundOK, "what one transaction locks another cannot have", "")
	}
	warnings, err := s.Warnings(ctx)
	for _, text := range warnings {
		add("database role", FoundWarn, text, "See docs/postgresql.md.")
	}
	if err == nil && len(warnings) == 0 {
		add("database role", FoundOK, "it neither owns the tables nor overrides the row policies, and the connection is protected", "")
	}
	return found
}

// examineSchema says how far the schema is; made says that there is one.
func (s *Store) examineSchema(ctx context.Context, add func(name, state, detail, next string)) (made bool) {
	at, err := s.Version(ctx)
	switch known := migrations.Newest(); {
	case err != nil:
		add("schema", FoundFail, err.Error(), "Check the role's rights: docs/postgresql.md.")
	case at == 0:
		add("schema", FoundWarn, "the database is empty", "Nothing, if this is the first start: it makes the schema; or run muster migrate.")
	case at < known:
		add("schema", FoundWarn, fmt.Sprintf("version %d; this program needs %d", at, known), "Make a backup, then run muster migrate, or start this program, which does.")
	case at > known:
		err := s.servable(ctx)
		if err != nil {
			add("schema", FoundFail, err.Error(), "Start a newer Muster.")
			break
		}
		add("schema", FoundWarn, fmt.Sprintf("version %d is newer than this program, which knows %d and can serve it", at, known), "Replace this program soon.")
	default:
		add("schema", FoundOK, fmt.Sprintf("version %d, which is this program's", at), "")
	}
	return at > 0
}

// pgFacts asks PostgreSQL. skew is how far its clock is ahead of this machine's.
func (s *Store) pgFacts(ctx context.Context, made bool) (f pgFacts, skew time.Duration, err error) {
	err = s.read(ctx, noConnector, func(t *tx) error {
		f = pgFacts{}
		t.query(func(r row) error {
			return r.Scan(&f.number, &f.version, &f.encoding, &f.fsync, &f.pages, &f.commit, &f.vacuum, &f.standby, &f.connections, &f.reserved, &f.current)
		}, `select current_setting('server_version_num')::int, current_setting('server_version'), current_setting('server_encoding'), current_setting('fsync'),
			current_setting('full_page_writes'), current_setting('synchronous_commit'), current_setting('autovacuum'), pg_is_in_recovery(),
			current_setting('max_connections')::int, current_setting('superuser_reserved_connections')::int, (select count(*)::int from pg_stat_activity where backend_type = 'client backend')`)
		if made {
			for _, g := range grants {
				t.query(func(r row) error {
					var may bool
					err := r.Scan(&may)
					if err == nil && !may {
						f.missing = append(f.missing, g.privileges+" on "+g.table)
					}
					return err
				}, "select coalesce((select bool_and(has_table_privilege(current_user, to_regclass(?), trim(p))) from unnest(string_to_array(?, ',')) p), false)", g.table, g.privileges)
			}
		}
		if err := t.flush(); err != nil {
			return err
		}
		before := time.Now() // the system's own clock is what is judged
		t.query(func(r row) error {
			var there int64
			err := r.Scan(&there)
			after := time.Now()
			skew = time.UnixMicro(there).Sub(before.Add(after.Sub(before) / 2))
			return err
		}, "select (extract(epoch from clock_timestamp()) * 1000000)::bigint")
		return t.flush()
	})
	return f, skew, wrap(err, "asking PostgreSQL about itself")
}

// judgeServer says what about a server loses data or is not supported.
func (s *Store) judgeServer(f pgFacts, add func(name, state, detail, next string)) {
	switch {
	case f.standby:
		add("database server", FoundFail, "this is a stand-by, which takes no changes", "Connect to the primary: list all hosts in MUSTER_DATABASE_URL, with target_session_attrs=read-write.")
	case f.number < oldestPostgres:
		add("database server", FoundWarn, "PostgreSQL "+f.version, "Use PostgreSQL 15 or newer: older ones are not tested.")
	case f.encoding != "UTF8":
		add("database server", FoundFail, "the database's encoding is "+f.encoding, "Make a database with the encoding UTF8.")
	default:
		add("database server", FoundOK, "PostgreSQL "+f.version, "")
	}
	var risky []string
	if f.fsync == "off" {
		risky = append(risky, "fsync")
	}
	if f.pages == "off" {
		risky = append(risky, "full_page_writes")
	}
	if f.commit == "off" {
		risky = append(risky, "synchronous_commit")
	}
	switch {
	case len(risky) > 0:
		add("database settings", FoundFail, strings.Join(risky, ", ")+" off: a crash loses what was acknowledged", "Switch them on in postgresql.conf, and for the role and the database.")
	case f.vacuum == "off":
		add("database settings", FoundWarn, "autovacuum is off: tables grow and plans age", "Switch it on.")
	default:
		add("database settings", FoundOK, "what was acknowledged outlives a crash", "")
	}
}

// judgeConnections says whether the pool fits.
func judgeConnections(f pgFacts, pool int, add func(name, state, detail, next string)) {
	free := f.connections - f.reserved - f.current
	detail := strconv.Itoa(f.current) + " of " + strconv.Itoa(f.connections-f.reserved) + " connections are taken; each replica opens up to " + strconv.Itoa(pool)
	if free < pool {
		add("database connections", FoundWarn, detail, "If the replicas' pools do not fit together, raise max_connections, or lower MUSTER_DATABASE_POOL.")
		return
	}
	add("database connections", FoundOK, detail, "")
}

// judgeSkew says whether two clocks agree. Times in the audit, ends of credentials and limits go by
// this machine's.
func judgeSkew(name string, skew time.Duration, add func(name, state, detail, next string)) {
	detail := fmt.Sprintf("%s apart from this machine's", skew.Abs().Round(time.Millisecond))
	const next = "Let both keep time by NTP: credentials end, and limits count, by these clocks."
	switch {
	case skew.Abs() > time.Minute:
		add(name, FoundFail, detail, next)
	case skew.Abs() > 2*time.Second:
		add(name, FoundWarn, detail, next)
	default:
		add(name, FoundOK, detail, "")
	}
}
