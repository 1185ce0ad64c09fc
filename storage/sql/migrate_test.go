package sql

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/migrations"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

func TestMigrateBringsAnEmptyDatabaseUpToDate(t *testing.T) {
	for name, url := range emptyDatabases(t) {
		t.Run(name, func(t *testing.T) {
			s := open(t, url)
			if v, err := s.Version(t.Context()); err != nil || v != 0 {
				t.Fatalf("before: Version = %d, %v, want 0", v, err)
			}
			for range 2 { // the second one has nothing to do
				if err := s.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if v, err := s.Version(t.Context()); err != nil || v != migrations.Newest() {
				t.Errorf("after: Version = %d, %v, want %d", v, err, migrations.Newest())
			}
			var name string
			if err := s.read(t.Context(), everyConnector, func(tx *tx) error {
				tx.query(func(r row) error { return r.Scan(&name) }, "select name from directories")
				return nil
			}); err != nil || name != "main" {
				t.Errorf("the directory main is not there: %q, %v", name, err)
			}
		})
	}
}

func TestAProgramServesANewerSchemaUntilAMigrationSaysOtherwise(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		mustWrite(t, s, func(tx *tx) error {
			tx.exec(nil, "insert into goose_db_version (version_id, is_applied) values (?, ?)", 99999, true)
			return nil
		})
		for min, want := range map[string]string{fmt.Sprint(migrations.Newest()): "", "99998": "start a newer Muster"} {
			mustWrite(t, s, func(tx *tx) error {
				tx.exec(nil, "update deployment set value = ? where name = ?", []byte(min), nameOfMin)
				return nil
			})
			for name, err := range map[string]error{"Migrate": s.Migrate(t.Context()), "AwaitSchema": s.AwaitSchema(t.Context(), 0)} {
				if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
					t.Errorf("%s with min_schema %s = %v, want %q", name, min, err, want)
				}
			}
		}
	})
}

func TestAProgramWaitsForItsSchema(t *testing.T) {
	t.Parallel()
	for name, url := range emptyDatabases(t) {
		s := open(t, url)
		if err := s.AwaitSchema(t.Context(), 0); err == nil || !strings.Contains(err.Error(), `run "muster migrate"`) {
			t.Errorf("%s: on an empty database without patience: %v, want what to do", name, err)
		}
		waited := make(chan error)
		go func() { waited <- s.AwaitSchema(t.Context(), time.Minute) }()
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := <-waited; err != nil {
			t.Errorf("%s: after the migration: %v", name, err)
		}
	}
}

func TestARoleThatMayNotMigrateSaysSo(t *testing.T) {
	t.Parallel()
	s := open(t, pgtest.AsRole(t, pgtest.New(t), appRole))
	if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), `let the tables' owner run "muster migrate"`) {
		t.Errorf("Migrate = %v, want a sentence that names the owner", err)
	}
}

func emptyDatabases(t *testing.T) map[string]string {
	return map[string]string{"sqlite": "sqlite://" + filepath.Join(t.TempDir(), "muster.db"), "postgres": pgtest.New(t)}
}
