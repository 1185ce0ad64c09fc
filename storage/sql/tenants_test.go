package sql

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/storage/storagetest"
	"github.com/muster-scim/muster/tenants"
)

func TestTenantsOnSQLite(t *testing.T) {
	storagetest.TestTenants(t, func(t *testing.T) storagetest.Tenants { return newSQLite(t) })
}

func TestTenantsOnPostgres(t *testing.T) {
	storagetest.TestTenants(t, func(t *testing.T) storagetest.Tenants { return newPostgres(t) })
}

// newConnector makes a connector of a tenant, which it makes too where need be.
func newConnector(t *testing.T, s *Store, tenant, slug string) tenants.Connector {
	t.Helper()
	if _, err := s.CreateTenant(t.Context(), tenant); err != nil && !isProblem(err, tenants.CodeTenantTaken) {
		t.Fatal(err)
	}
	c, err := s.CreateConnector(t.Context(), tenants.NewConnector{
		Tenant: tenant, Slug: slug, Name: slug, Kind: "okta", Mode: tenants.Live, Directory: "main"})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// numbers reads one row of numbers.
func numbers(t *testing.T, s *Store, n int, sql string, args ...any) []int64 {
	t.Helper()
	out := make([]int64, n)
	dest := make([]any, n)
	for i := range out {
		dest[i] = &out[i]
	}
	if err := s.read(t.Context(), everyConnector, func(tx *tx) error {
		tx.query(func(r row) error { return r.Scan(dest...) }, sql, args...)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return out
}

func (s *Store) epoch(t *testing.T) int64 {
	t.Helper()
	return numbers(t, s, 1, "select epoch from directories where name = 'main'")[0]
}

// newRecord writes a bare user record; state "deleted" makes a tombstone.
func newRecord(t *testing.T, s *Store, c tenants.Connector, name string, user uuid.UUID, deleted bool) uuid.UUID {
	t.Helper()
	id := newID()
	var deletedAt any
	if deleted {
		deletedAt = int64(1)
	}
	mustWrite(t, s, func(tx *tx) error {
		tx.exec(nil, `insert into user_records (id, connector_id, directory_id, tenant_id, user_name_key, state, doc, search, version,
			created_at, modified_at, deleted_at, user_id) values (?, ?, ?, ?, ?, 'active', '{}', '{}', 1, 1, 1, ?, ?)`,
			id, c.ID, c.DirectoryID, c.TenantID, name, deletedAt, nullID(user))
		return nil
	})
	return id
}

func TestChangesOfConnectorsMoveTheEpochAndLeaveAnEvent(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		epoch := s.epoch(t)
		moved := func(doing string, action string) {
			t.Helper()
			if now := s.epoch(t); now <= epoch {
				t.Errorf("%s left the epoch at %d", doing, now)
			} else {
				epoch = now
			}
			if n := numbers(t, s, 1, "select count(*) from events where action = ? and connector_id is not null", action)[0]; n != 1 {
				t.Errorf("%s wrote %d events %s, want 1", doing, n, action)
			}
		}
		newConnector(t, s, "acme", "a")
		moved("creating", "connector.created")
		strict := true
		if _, err := s.UpdateConnector(t.Context(), "a", nil, tenants.ConnectorChange{Strict: &strict}); err != nil {
			t.Fatal(err)
		}
		moved("changing", "connector.changed")
		if err := s.DeleteConnector(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		moved("deleting", "connector.deleted")
	})
}

func TestEventsNameTheActor(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		ctx := tenants.WithActor(t.Context(), tenants.Actor{ID: "alice", Request: "req-1"})
		if _, err := s.CreateTenant(ctx, "acme"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.CreateTenant(t.Context(), "beta"); err != nil {
			t.Fatal(err)
		}
		var got []string
		if err := s.read(t.Context(), everyConnector, func(tx *tx) error {
			tx.query(func(r row) error {
				var kind, actor, request, action, changes string
				err := r.Scan(&kind, &actor, &request, &action, &changes)
				got = append(got, fmt.Sprint(kind, " ", actor, " ", request, " ", action, " ", changes))
				return err
			}, "select actor_type, actor, request, action, changes from events order by seq")
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		want := []string{`admin alice req-1 tenant.created {"name":"acme"}`, `system muster  tenant.created {"name":"beta"}`}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("events %v\nwant   %v", got, want)
		}
	})
}

func TestASecondTenantHasTheWholeDirectorySettledAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		queued := func() int64 { return numbers(t, s, 1, "select count(*) from settle_queue")[0] }
		first := newConnector(t, s, "acme", "a")
		newRecord(t, s, first, "alive", uuid.Nil, false)
		newRecord(t, s, first, "tombstone", newID(), true)
		newRecord(t, s, first, "tombstone without a user", uuid.Nil, true)
		newConnector(t, s, "acme", "a2")
		if n := queued(); n != 0 {
			t.Errorf("another connector of the same tenant queued %d records", n)
		}
		newConnector(t, s, "beta", "b")
		if n := queued(); n != 2 {
			t.Errorf("the second tenant queued %d records, want 2", n)
		}
		newConnector(t, s, "beta", "b2")
		if n := queued(); n != 2 {
			t.Errorf("its second connector queued %d more records", n-2)
		}
	})
}

func TestOnlyAConnectorWithoutRecordsIsDeleted(t *testing.T) {
	onBoth(t, func(t *testing.T, s *Store) {
		c, other := newConnector(t, s, "acme", "a"), newConnector(t, s, "acme", "b")
		user := newID()
		record := newRecord(t, s, c, "x", user, false)
		shared := newRecord(t, s, other, "x", user, false)
		nobodys := newRecord(t, s, c, "tombstone without a user", uuid.Nil, true)
		if err := s.DeleteConnector(t.Context(), "a"); !isProblem(err, tenants.CodeConnectorNotEmpty) {
			t.Fatalf("deleting a connector with a record: %v", err)
		}
		mustWrite(t, s, func(tx *tx) error {
			tx.exec(nil, "update user_records set deleted_at = 1 where id = ?", record)
			for kind, of := range map[string]uuid.UUID{"unlinked": record, "foreignGroup": c.ID} {
				tx.exec(nil, `insert into conflicts (id, directory_id, connector_id, record_id, kind, subject, detail, decision, created_at)
					values (?, ?, ?, ?, ?, 'x', '{}', 'refuse', 1)`, newID(), c.DirectoryID, c.ID, of, kind)
			}
			return nil
		})
		if err := s.DeleteConnector(t.Context(), "a"); err != nil {
			t.Fatal(err)
		}
		got := numbers(t, s, 5, `select (select count(*) from user_records where id = ? and user_id is not null),
			(select count(*) from user_records where id = ?),
			(select count(*) from user_records where connector_id = ?),
			(select count(*) from settle_queue where record_id = ?),
			(select count(*) from conflicts where connector_id = ?)`, record, nobodys, other.ID, shared, c.ID)
		if fmt.Sprint(got) != "[1 0 1 1 0]" {
			t.Errorf("tombstones of people, of nobody, records of others, records queued, conflicts: %v, want [1 0 1 1 0]", got)
		}
	})
}

func isProblem(err error, code string) bool {
	var p *tenants.Problem
	return errors.As(err, &p) && p.Code == code
}
