package sql

import (
	"context"
	stdsql "database/sql"
	"fmt"
	"maps"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"

	"github.com/muster-scim/muster/migrations"
)

// How long migrations may take: statements as long as they need, a lock on a table not so long
// that everybody queues behind it, another replica's migration five minutes.
var pgMigrationParams = map[string]string{
	"statement_timeout":                   "0",
	"lock_timeout":                        "30000",
	"idle_in_transaction_session_timeout": "0",
}

const (
	migrationPollSeconds = 1
	migrationPolls       = 300
)

// Migrate brings the schema up to this program's version. Replicas that start together are
// safe: one migrates, the others wait for it. A schema newer than the program is an error.
func (s *Store) Migrate(ctx context.Context) error {
	return s.withMigrations(func(p *goose.Provider) error {
		done, err := p.Up(ctx) // first: it takes the lock before it looks
		if err != nil {
			return fmt.Errorf("migrating the database: %w", err)
		}
		for _, m := range done {
			s.log.InfoContext(ctx, "migrated the database", "version", m.Source.Version, "took", m.Duration)
		}
		current, target, err := p.GetVersions(ctx)
		if err != nil {
			return fmt.Errorf("reading the schema's version: %w", err)
		}
		if current > target {
			return fmt.Errorf("the database has schema version %d, this program knows only up to %d: start a newer Muster", current, target)
		}
		return nil
	})
}

// Version is the schema's version; 0 is an empty database.
func (s *Store) Version(ctx context.Context) (version int64, err error) {
	err = s.withMigrations(func(p *goose.Provider) error {
		version, err = p.GetDBVersion(ctx)
		return err
	})
	return version, err
}

// NeedsMigration says whether Migrate has anything to do.
func (s *Store) NeedsMigration(ctx context.Context) (pending bool, err error) {
	err = s.withMigrations(func(p *goose.Provider) error {
		pending, err = p.HasPending(ctx)
		return err
	})
	return pending, err
}

func (s *Store) withMigrations(f func(*goose.Provider) error) error {
	var provider *goose.Provider
	var err error
	switch db := s.db.(type) {
	case *postgres:
		var own *stdsql.DB // with its own patience, see pgMigrationParams
		own, provider, err = db.migrations()
		if own != nil {
			defer own.Close()
		}
	case *sqlite:
		provider, err = goose.NewProvider(goose.DialectSQLite3, db.writer, migrations.SQLite(), goose.WithDisableGlobalRegistry(true))
	}
	if err != nil {
		return fmt.Errorf("preparing the migrations: %w", err)
	}
	return f(provider)
}

func (p *postgres) migrations() (*stdsql.DB, *goose.Provider, error) {
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(migrationPollSeconds, migrationPolls))
	if err != nil {
		return nil, nil, err
	}
	config := p.pool.Config().ConnConfig.Copy()
	maps.Copy(config.RuntimeParams, pgMigrationParams)
	db := stdlib.OpenDB(*config)
	provider, err := goose.NewProvider(goose.DialectPostgres, db, migrations.Postgres(),
		goose.WithSessionLocker(locker), goose.WithDisableGlobalRegistry(true))
	return db, provider, err
}
