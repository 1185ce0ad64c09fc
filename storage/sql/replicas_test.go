package sql

import (
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/migrations"
	"github.com/muster-scim/muster/storage/storagetest"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
	"github.com/muster-scim/muster/tenants"
)

func TestPresenceOnSQLite(t *testing.T) {
	t.Parallel()
	storagetest.TestPresence(t, newSQLite(t), nil)
}

func TestPresenceOnPostgres(t *testing.T) {
	t.Parallel()
	s := newPostgres(t)
	storagetest.TestPresence(t, s, func(d time.Duration) {
		mustWrite(t, s, func(tx *tx) error {
			tx.exec(nil, "update replicas set seen_at = seen_at - ?::bigint", d.Microseconds())
			return nil
		})
	})
}

func TestRowsOfReplicasThatAreGoneAreDeleted(t *testing.T) {
	t.Parallel()
	s := newPostgres(t)
	for range 5 {
		if _, err := s.Present(t.Context(), uuid.New()); err != nil {
			t.Fatal(err)
		}
	}
	mustWrite(t, s, func(tx *tx) error { tx.exec(nil, "update replicas set seen_at = 1"); return nil })
	if _, err := s.Present(t.Context(), uuid.New()); err != nil {
		t.Fatal(err)
	}
	if n := numbers(t, s, 1, "select count(*) from replicas")[0]; n != 1 {
		t.Errorf("%d rows are left, want that of the one that is alive", n)
	}
}

// TestReplicasStartTogetherOnAnEmptyDatabase does what the start of a server does, eight times
// at once: open, migrate, agree on keys, be counted, set up a tenant with a connector.
func TestReplicasStartTogetherOnAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	const replicas = 8
	keys := make([]string, replicas)
	var all sync.WaitGroup
	for i := range replicas {
		all.Go(func() {
			s, err := Open(t.Context(), url, Options{Log: slog.New(slog.DiscardHandler)})
			if err != nil {
				t.Error(err)
				return
			}
			defer s.Close()
			if err := s.Migrate(t.Context()); err != nil {
				t.Error(err)
			}
			key, err := s.cursorKey(t.Context())
			if err != nil {
				t.Error(err)
			}
			keys[i] = string(key)
			if _, err := s.Present(t.Context(), uuid.New()); err != nil {
				t.Error(err)
			}
			if _, err := s.CreateTenant(t.Context(), "acme"); err != nil && !isProblem(err, tenants.CodeTenantTaken) {
				t.Error(err)
			}
			if err := s.analyzeGrown(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for _, key := range keys {
		if key == "" || key != keys[0] {
			t.Errorf("the replicas have different keys: a page of one could not be continued at another")
			break
		}
	}
	s := open(t, url)
	if got := numbers(t, s, 3, "select (select count(*) from tenants), (select count(*) from replicas), (select max(version_id) from goose_db_version)"); got[0] != 1 || got[1] != replicas || got[2] != migrations.Newest() {
		t.Errorf("%d tenants, %d replicas, schema version %d; want 1, %d, %d", got[0], got[1], got[2], replicas, migrations.Newest())
	}
}
