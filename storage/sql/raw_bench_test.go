package sql

import (
	stdsql "database/sql"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/muster-scim/muster/scim"
)

// BenchmarkCreateOverRawSQLite holds what Muster does to create a user on SQLite, by eight
// callers at once, against the bare minimum: one prepared transaction with the same rows, into
// the same tables and indexes, flushed to disk as durably. The ratio of the two in one run is
// what docs/performance.md tells.
func BenchmarkCreateOverRawSQLite(b *testing.B) {
	b.Run("muster", func(b *testing.B) {
		w := newBenchWorld(b, newSQLite(b), &batches{})
		if _, err := w.CreateUser(b.Context(), w.src, fullUser(-1), nil); err != nil {
			b.Fatal(err)
		}
		var next atomic.Int64
		b.ResetTimer()
		var wg sync.WaitGroup
		for range 8 {
			wg.Go(func() {
				for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
					if _, err := w.CreateUser(b.Context(), w.src, fullUser(int(i)), nil); err != nil {
						b.Error(err)
						return
					}
				}
			})
		}
		wg.Wait()
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
	})
	b.Run("raw", func(b *testing.B) {
		raw := newRawSQLite(b)
		b.ResetTimer()
		for i := range b.N {
			if err := raw.create(i); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
	})
}

// rawSQLite writes the rows of one create with statements prepared once.
type rawSQLite struct {
	conn  *stdsql.Conn
	b     *testing.B
	begin *stdsql.Stmt
	rows  []*stdsql.Stmt
	end   *stdsql.Stmt
}

func newRawSQLite(b *testing.B) *rawSQLite {
	path := filepath.Join(b.TempDir(), "raw.db")
	s, err := Open(b.Context(), "sqlite://"+path, Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(s.Migrate(b.Context()), s.Close()); err != nil {
		b.Fatal(err)
	}
	db, err := stdsql.Open("sqlite", "file:"+path+"?"+sqlitePragmas)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	db.SetMaxOpenConns(1)
	conn, err := db.Conn(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { conn.Close() })
	r := &rawSQLite{conn: conn, b: b}
	prepare := func(text string) *stdsql.Stmt {
		st, err := conn.PrepareContext(b.Context(), text)
		if err != nil {
			b.Fatal(err)
		}
		return st
	}
	r.begin, r.end = prepare("begin immediate"), prepare("commit")
	for _, text := range []string{
		`insert into user_records (id, connector_id, directory_id, tenant_id, created_at, user_name_key, external_id, employee_number, state, doc, search, version, modified_at, view_state, user_id, linked_at, first_counted_at)
			values (?, 'c', 'd', 't', 1, ?, ?, '100001', 'active', ?, ?, 1, 1, 'active', ?, 1, 1)`,
		"insert into record_emails (record_id, connector_id, directory_id, email_key) values (?, 'c', 'd', ?), (?, 'c', 'd', ?)",
		`insert into users (id, directory_id, created_at, user_name, user_name_key, email_key, status, doc, search, cleaned_up, modified_at, version)
			values (?, 'd', 1, ?, ?, ?, 'active', ?, ?, false, 1, 1)`,
		`insert into events (id, time, directory_id, connector_id, actor_type, actor, action, user_id, record_id, request, changes)
			values (?, 1, 'd', 'c', 'credential', 'k', 'record.user.created', null, ?, 'r', '{}'), (?, 1, 'd', 'c', 'credential', 'k', 'directory.user.created', ?, ?, 'r', '{"status":"active"}')`,
		"insert into event_values (event_id, directory_id, record_id, data) values (?, 'd', ?, ?)",
	} {
		r.rows = append(r.rows, prepare(text))
	}
	return r
}

func (r *rawSQLite) create(i int) error {
	doc := fullUser(i)
	stored, search := string(doc.JSON()), string(doc.SearchJSON())
	record, user, said, made := newID().String(), newID().String(), newID().String(), newID().String()
	name := doc.UserName()
	args := [][]any{
		{record, name, doc.ExternalID(), stored, search, user},
		{record, name, record, "p" + name},
		{user, name, name, name, stored, search},
		{said, record, made, user, record},
		{said, record, stored},
	}
	if _, err := r.begin.ExecContext(r.b.Context()); err != nil {
		return err
	}
	for n, st := range r.rows {
		if _, err := st.ExecContext(r.b.Context(), args[n]...); err != nil {
			return fmt.Errorf("row %d: %w", n, err)
		}
	}
	_, err := r.end.ExecContext(r.b.Context())
	return err
}

// fullUser has everything that Okta sends of a person, about 1.2 KB.
func fullUser(i int) scim.Document {
	name := fmt.Sprintf("full%d@acme.example", i)
	return scim.Document{
		"userName": name, "externalId": fmt.Sprint("00u", i), "active": true, "displayName": "Ada Abara", "nickName": "Ada",
		"title": "Engineer", "userType": "Employee", "locale": "en-US", "timezone": "Europe/Amsterdam",
		"name": map[string]any{"givenName": "Ada", "familyName": "Abara", "middleName": "M", "honorificPrefix": "Dr."},
		"emails": []any{
			map[string]any{"value": name, "type": "work", "primary": true},
			map[string]any{"value": "p" + name, "type": "home", "primary": false},
		},
		"phoneNumbers": []any{map[string]any{"value": "+1-555-0000001", "type": "work", "primary": true}},
		"addresses": []any{map[string]any{"type": "work", "streetAddress": "1 Harbour Road", "locality": "Utrecht", "region": "UT", "postalCode": "3511 AB",
			"country": "NL", "formatted": "1 Harbour Road, 3511 AB Utrecht, NL", "primary": true}},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": map[string]any{
			"employeeNumber": fmt.Sprint(100000 + i), "costCenter": "CC-4711", "organization": "Bench", "division": "R&D", "department": "Dept 1"},
	}
}
