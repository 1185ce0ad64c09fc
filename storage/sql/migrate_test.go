package sql

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

func TestMigrateBringsAnEmptyDatabaseUpToDate(t *testing.T) {
	for name, url := range map[string]func() string{
		"sqlite":   func() string { return "sqlite://" + filepath.Join(t.TempDir(), "muster.db") },
		"postgres": func() string { return pgtest.New(t) },
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, url())
			if pending, err := s.NeedsMigration(t.Context()); err != nil || !pending {
				t.Fatalf("before: NeedsMigration = %v, %v, want true", pending, err)
			}
			if v, err := s.Version(t.Context()); err != nil || v != 0 {
				t.Fatalf("before: Version = %d, %v, want 0", v, err)
			}
			for range 2 { // the second one has nothing to do
				if err := s.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			if pending, err := s.NeedsMigration(t.Context()); err != nil || pending {
				t.Errorf("after: NeedsMigration = %v, %v, want false", pending, err)
			}
			if v, err := s.Version(t.Context()); err != nil || v < 1 {
				t.Errorf("after: Version = %d, %v, want at least 1", v, err)
			}
			var name string
			if err := s.read(t.Context(), scope{}, func(tx *tx) error {
				tx.query(func(r row) error { return r.Scan(&name) }, "select name from directories")
				return nil
			}); err != nil || name != "main" {
				t.Errorf("the directory main is not there: %q, %v", name, err)
			}
		})
	}
}

func TestReplicasMigrateTogether(t *testing.T) {
	url := pgtest.New(t)
	var wg sync.WaitGroup
	for range 4 {
		s := open(t, url)
		wg.Go(func() {
			if err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestSchemaNewerThanTheProgramIsRefused(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		if err := s.write(t.Context(), scope{}, func(tx *tx) error {
			tx.exec(nil, "insert into goose_db_version (version_id, is_applied) values (?, ?)", 99999, true)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := s.Migrate(t.Context()); err == nil || !strings.Contains(err.Error(), "newer Muster") {
			t.Errorf("Migrate = %v, want an error that asks for a newer Muster", err)
		}
	})
}
