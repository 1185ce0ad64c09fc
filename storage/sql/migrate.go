package sql

import (
	"context"
	stdsql "database/sql"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"

	"github.com/muster-scim/muster/migrations"
)

// pgMigrationParams are what migrations run with: statements take as long as they need, a lock on
// a table not so long that everybody queues behind it, and the row policies let everything
// through, so that a migration may change rows.
var pgMigrationParams = map[string]string{
	"statement_timeout":                   "0",
	"lock_timeout":                        "30000",
	"idle_in_transaction_session_timeout": "0",
	"app.reach":                           everythingText,
}

// Migrate brings the schema up to this program's version, or further if it is there already; see
// servable. Any number of processes may call it at once: one migrates, the others wait for it,
// up to five minutes. Each migration is one transaction: killed anywhere, it is done again.
func (s *Store) Migrate(ctx context.Context) error {
	version, err := s.Version(ctx)
	if err != nil {
		return err
	}
	if version < migrations.Newest() {
		err = s.migrateUp(ctx, s.migrationFiles())
	}
	if err == nil {
		err = s.renewPositions(ctx)
	}
	if err == nil {
		err = s.gatherUserWords(ctx)
	}
	if err != nil {
		return err
	}
	return s.servable(ctx)
}

// migrateUp runs what of files the database has not seen.
func (s *Store) migrateUp(ctx context.Context, files fs.FS) error {
	provider, done, err := s.migrator(files)
	if err != nil {
		return fmt.Errorf("preparing the migrations: %w", err)
	}
	defer done()
	ran, err := provider.Up(ctx)
	if pgCode(err) == pgInsufficientPrivilege {
		return fmt.Errorf(`this database role may not change the schema: let the tables' owner run "muster migrate" first: %w`, err)
	}
	if err != nil {
		return fmt.Errorf("migrating the database: %w", err)
	}
	for _, m := range ran {
		s.log.InfoContext(ctx, "migrated the database", "version", m.Source.Version, "took", m.Duration)
	}
	return nil
}

// migrator prepares the migrations; done gives back what it took.
func (s *Store) migrator(files fs.FS) (provider *goose.Provider, done func(), err error) {
	options := []goose.ProviderOption{goose.WithDisableGlobalRegistry(true)}
	p, ok := s.db.(*postgres)
	if !ok {
		provider, err = goose.NewProvider(goose.DialectSQLite3, s.db.(*sqlite).writer, files, options...)
		return provider, func() {}, err
	}
	if p.local != nil {
		return nil, nil, errors.New("migrations need a session of their own, which a pooler in transaction mode has not: run \"muster migrate\" with the server's own address")
	}
	config := p.pool.Config().ConnConfig.Copy()
	maps.Copy(config.RuntimeParams, pgMigrationParams)
	db := stdlib.OpenDB(*config)
	provider, err = goose.NewProvider(goose.DialectPostgres, db, files, append(options, goose.WithLocker(&migrationLock{}))...)
	if err != nil {
		db.Close()
		return nil, nil, err
	}
	return provider, func() { db.Close() }, nil
}

// migrationLock lets one process migrate at a time: an advisory lock, held by a transaction that
// does nothing else. It ends with its connection, however that ends. Those that wait ask again
// and again instead of waiting in the database, where their statement would hold up a migration
// that builds an index concurrently.
type migrationLock struct{ tx *stdsql.Tx }

const (
	lockOfMigrations  = "migrations"
	migrationPoll     = 50 * time.Millisecond
	migrationPatience = 5 * time.Minute
)

// Lock implements goose's lock.Locker.
func (l *migrationLock) Lock(ctx context.Context, db *stdsql.DB) error {
	ctx, cancel := context.WithTimeoutCause(ctx, migrationPatience, errors.New("another process has been migrating for five minutes; look what it does, then try again"))
	defer cancel()
	for {
		// Its context must not be this one, which ends before the lock does.
		tx, err := db.BeginTx(context.WithoutCancel(ctx), nil)
		if err != nil {
			return err
		}
		var got bool
		if err := tx.QueryRowContext(ctx, "select pg_try_advisory_xact_lock($1)", lockHash(lockOfMigrations)).Scan(&got); err != nil {
			return errors.Join(err, tx.Rollback())
		}
		if got {
			l.tx = tx
			return nil
		}
		if err := tx.Rollback(); err != nil {
			return err
		}
		if sleep(ctx, migrationPoll+rand.N(migrationPoll)) != nil {
			return context.Cause(ctx)
		}
	}
}

// Unlock implements goose's lock.Locker.
func (l *migrationLock) Unlock(context.Context, *stdsql.DB) error { return l.tx.Rollback() }
