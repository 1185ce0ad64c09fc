// Package sql keeps everything Muster must not lose, in PostgreSQL or in one SQLite file. It
// implements tenants.Store, tenants.Lookup and directory.Store, and nobody outside sees which
// database, driver or ORM is behind them.
//
// Laws: one public method is one transaction. The unique index decides, nothing asks first.
// Every statement of a connector's space names the connector. Nothing is acknowledged before
// the database has said that it is durable. Decisions never rest on a replica's answer.
package sql

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"gorm.io/gorm"
)

// Options are what a Store needs besides its database. Zero values mean the defaults.
type Options struct {
	Log *slog.Logger     // default: slog.Default()
	Now func() time.Time // default: time.Now
	// SecretKey is what keys are derived from. Default: keys are made and kept in the database.
	SecretKey []byte
	// Connections is how many PostgreSQL connections may be open at once. Default: what the URL's
	// pool_max_conns says, else 20.
	Connections int
	// StatementTimeout ends a statement on PostgreSQL. Default: what the URL's statement_timeout
	// says, else 5 s.
	StatementTimeout time.Duration
	// ForceRetries, for tests, is the share of transactions, from 0 up to below 1, that fail as if
	// the database had asked for another try. See forced.go.
	ForceRetries float64
}

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db backend
	opened

	indexes sync.Map // SQLite's "table.column, table.column" → index name
	keys    sync.Map // name in table deployment → value
	types   columnTypes
}

// opened is what a Store has from its opening, and the Store of a trial from its own.
type opened struct {
	orm    *gorm.DB // for transactions, see tx.gorm
	log    *slog.Logger
	now    func() time.Time
	secret []byte

	forceRetries float64
	rest         func(context.Context, time.Duration) error // between two tries; sleep, but in tests
}

// backend is one of the two databases.
type backend interface {
	// session takes a connection for one transaction. It makes no round trip to a database
	// whose connection is already open.
	session(ctx context.Context, readOnly bool) (session, error)
	// duplicate and again classify an error of a statement.
	duplicate(err error) (index string, ok bool)
	referenced(err error) bool
	again(err error) bool
	// lost says that the connection failed and the server is known to have committed nothing
	// of a transaction whose commit had not been sent.
	lost(err error) bool
	// crowded says that a lock was not to be had in time.
	crowded(err error) bool
	// exhausted says that the database lacks time, connections or space for the statement.
	exhausted(err error) bool
	ping(ctx context.Context) error
	close() error
}

// Open opens the database that url names: sqlite://path (relative to the working directory, or
// absolute with a third slash) or postgres://…. It does not migrate; call Migrate before use.
// A SQLite file belongs to one process at a time: a second Open fails and says so.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	s := newStore(o)
	var err error
	switch {
	case strings.HasPrefix(url, sqliteScheme):
		err = s.openSQLite(ctx, url)
	case strings.HasPrefix(url, "postgres://"), strings.HasPrefix(url, "postgresql://"):
		err = s.openPostgres(ctx, url, o)
	default:
		err = errors.New("the database URL must begin with sqlite:// or postgres://")
	}
	if err != nil {
		return nil, fmt.Errorf("opening the database: %w", err)
	}
	return s, nil
}

func newStore(o Options) *Store {
	s := &Store{opened: opened{log: o.Log, now: o.Now, secret: o.SecretKey, forceRetries: o.ForceRetries, rest: sleep}}
	if s.log == nil {
		s.log = slog.Default()
	}
	if s.now == nil {
		s.now = time.Now
	}
	return s
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error { return s.db.ping(ctx) }

// Close waits for running transactions and gives the database back.
func (s *Store) Close() error { return s.db.close() }

// isPostgres says which of the two databases is behind s.
func (s *Store) isPostgres() bool {
	db := s.db
	if trial, ok := db.(trialBackend); ok {
		db = trial.backend
	}
	_, ok := db.(*postgres)
	return ok
}

// micros and fromMicros are how times are stored: microseconds since 1970, 0 for the zero time.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func fromMicros(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMicro(n).UTC()
}
