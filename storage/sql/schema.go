package sql

import (
	"context"
	"fmt"
	"io/fs"
	"strconv"
	"time"

	"github.com/muster-scim/muster/migrations"
)

// Which schema a program can serve. A new version's migrations come in two steps: one release adds
// what the next one needs, a later one takes away what nobody uses any more. So a program also
// serves a schema that is newer than itself, and replicas are replaced one by one, until a
// migration says otherwise: in table deployment, min_schema is the oldest program, by the number
// of the newest migration it knows, that the schema still suits.

const (
	versionTable = "goose_db_version"
	nameOfMin    = "min_schema"
	schemaPoll   = 250 * time.Millisecond
)

// migrationFiles are the migrations of this database.
func (s *Store) migrationFiles() fs.FS {
	if s.isPostgres() {
		return migrations.Postgres()
	}
	return migrations.SQLite()
}

// Version is the schema's version, the number of its last migration; 0 is an empty database.
func (s *Store) Version(ctx context.Context) (version int64, err error) {
	there := "select exists (select 1 from sqlite_schema where name = ?)"
	if s.isPostgres() {
		there = "select to_regclass(?) is not null"
	}
	err = s.read(ctx, noConnector, func(t *tx) error {
		var found bool
		t.query(func(r row) error { return r.Scan(&found) }, there, versionTable)
		if err := t.flush(); err != nil || !found {
			return err
		}
		t.query(func(r row) error { return r.Scan(&version) }, "select coalesce(max(version_id), 0) from "+versionTable+" where is_applied")
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("reading the schema's version: %w", err)
	}
	return version, nil
}

// AwaitSchema waits until somebody else has migrated the database to a version that this program
// can serve, and refuses to go on when that takes longer than patience.
func (s *Store) AwaitSchema(ctx context.Context, patience time.Duration) error {
	impatient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for told := false; ; told = true {
		version, err := s.Version(ctx)
		if err != nil {
			return err
		}
		if version >= migrations.Newest() {
			return s.servable(ctx)
		}
		if !told {
			s.log.InfoContext(ctx, "waiting for the database to be migrated", "version", version, "needed", migrations.Newest(), "patience", patience)
		}
		if sleep(impatient, schemaPoll) == nil {
			continue
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		return fmt.Errorf("the database has schema version %d, this program needs %d: run \"muster migrate\" of this version, then start it again", version, migrations.Newest())
	}
}

// servable refuses a schema that has moved on too far for this program.
func (s *Store) servable(ctx context.Context) error {
	version, err := s.Version(ctx)
	known := migrations.Newest()
	if err != nil || version <= known {
		return err
	}
	oldest := []byte("0")
	err = s.read(ctx, noConnector, func(t *tx) error {
		t.query(func(r row) error { return r.Scan(&oldest) }, "select value from deployment where name = ?", nameOfMin)
		return nil
	})
	if err != nil {
		return fmt.Errorf("reading which programs the schema suits: %w", err)
	}
	least, err := strconv.ParseInt(string(oldest), 10, 64)
	if err != nil {
		return fmt.Errorf("reading which programs the schema suits: %s in table deployment is %q, not a number", nameOfMin, oldest)
	}
	if least > known {
		return fmt.Errorf("the database has schema version %d, which programs serve that know version %d or a later one; this one knows %d: start a newer Muster", version, least, known)
	}
	s.log.WarnContext(ctx, "the database's schema is newer than this program, which can serve it still; replace it soon", "version", version, "known", known)
	return nil
}
