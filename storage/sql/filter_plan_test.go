package sql

import (
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
)

// TestHotFiltersUseTheirIndex reads the plans of the filters that identity providers send in
// every cycle, on a connector of 4,000 users and 400 groups: none of them may walk the table.
func TestHotFiltersUseTheirIndex(t *testing.T) {
	t.Parallel()
	onBothAsOwner(t, func(t *testing.T, store *Store) {
		w := &world{connector: uuid.New(), directory: uuid.New()}
		crowd(t, store, w) // only a table's owner may analyze it
		if p, ok := store.db.(*postgres); ok {
			store = open(t, pgtest.AsRole(t, p.pool.Config().ConnString(), appRole)) // policies may spoil plans
		}
		const id = "019a0000-0000-7000-8000-000000000042"
		for _, c := range []struct {
			s      side
			filter string
			uses   string // in the plan of PostgreSQL
		}{
			{sides[0], `userName eq "user42"`, "user_records_user_name"},
			{sides[0], `externalId eq "ext42"`, "user_records_external_id"},
			{sides[0], `id eq "` + id + `"`, "(id = '"},
			{sides[0], `emails.value eq "user42@x.example"`, "record_emails_key"},
			{sides[0], `emails eq "user42@x.example"`, "record_emails_key"},
			{sides[0], `emails[type eq "work"].value eq "user42@x.example"`, "record_emails_key"},
			{sides[0], `groups.value eq "` + id + `"`, "members_pkey"},
			{sides[1], `displayName eq "group42"`, "group_records_display_name"},
			{sides[1], `externalId eq "ext42"`, "group_records_external_id"},
			{sides[1], `members[value eq "` + id + `"]`, "members_member"},
			{sides[1], `members eq "` + id + `"`, "unresolved_members_key"},
			{sides[1], `members.value eq "ghost"`, "unresolved_members_key"},
			{sides[1], `id eq "` + id + `" and members eq "` + id + `"`, "members_member"},
			{sides[2], `userName eq "user42"`, "users_user_name"},
			{sides[2], `groups.value eq "` + id + `"`, "memberships_pkey"},
			{sides[3], `displayName eq "group42"`, "groups_display_name"},
		} {
			e, err := scim.ParseFilter(c.s.kind, c.filter)
			if err != nil {
				t.Fatal(err)
			}
			where, err := c.s.target(store.isPostgres(), w).where(e)
			if err != nil {
				t.Fatal(err)
			}
			from := c.s.from(w)
			if c.s == sides[2] {
				from = cat(from, " and r.status <> 'deleted'")
			}
			got := explained(t, store, w, cat("select r.id ", from, " and ", where))
			walks := strings.Contains(got, "SCAN r") || strings.Contains(got, "SCAN m") || strings.Contains(got, "_list (connector_id=?)") ||
				strings.Contains(got, "_list (directory_id=?)") || strings.Contains(got, "Seq Scan")
			if walks || store.isPostgres() && !strings.Contains(got, c.uses) {
				t.Errorf("%s on %s: the plan does not use %s:\n%s", c.filter, c.s, c.uses, got)
			}
		}
	})
}

// explained is the text of EXPLAIN.
func explained(t testing.TB, store *Store, w *world, f fragment) string {
	t.Helper()
	explain := "explain query plan "
	if store.isPostgres() {
		explain = "explain "
	}
	f = cat(explain, f)
	var lines strings.Builder
	err := store.read(t.Context(), scope{directory: w.directory, connector: w.connector}, func(x *tx) error {
		x.query(func(r row) error {
			var line string
			columns := []any{new(int), new(int), new(int), &line}
			if store.isPostgres() {
				columns = []any{&line}
			}
			err := r.Scan(columns...)
			lines.WriteString(line + "\n")
			return err
		}, f.sql, f.args...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return lines.String()
}

// crowd fills the tables without a detour through Go.
func crowd(t testing.TB, store *Store, w *world) {
	t.Helper()
	uid := `'019a0000-0000-7000-8000-' || substr('000000000000' || cast(n as text), -12)`
	if store.isPostgres() {
		uid = `('019a0000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid`
	}
	numbers := func(n string) string {
		return " from (with recursive s(n) as (select 1 union all select n + 1 from s where n < " + n + ") select n from s) s"
	}
	cast := "?"
	if store.isPostgres() {
		cast = "?::uuid"
	}
	fill := func(columns, values, n string) string {
		return "insert into " + columns + " select " + strings.NewReplacer("{id}", uid, "{c}", cast).Replace(values) + numbers(n)
	}
	c, d := w.connector, w.directory
	err := store.write(t.Context(), scope{directory: d, connector: c}, func(x *tx) error {
		x.exec(nil, fill("user_records (id, connector_id, directory_id, tenant_id, user_name_key, external_id, state, doc, search, version, created_at, modified_at)",
			"{id}, {c}, {c}, {c}, 'user' || n, 'ext' || n, 'active', '{}', '{}', 1, 1, 1", "4000"), c, d, c)
		x.exec(nil, fill("users (id, directory_id, user_name, user_name_key, status, doc, search, version, created_at, modified_at)",
			"{id}, {c}, 'user' || n, 'user' || n, 'active', '{}', '{}', 1, 1, 1", "4000"), d)
		x.exec(nil, fill("record_emails (record_id, connector_id, directory_id, email_key)", "{id}, {c}, {c}, 'user' || n || '@x.example'", "4000"), c, d)
		x.exec(nil, fill("group_records (id, connector_id, directory_id, tenant_id, display_name, name_key, external_id, doc, search, version, created_at, modified_at)",
			"{id}, {c}, {c}, {c}, 'group' || n, 'group' || n, 'ext' || n, '{}', '{}', 1, 1, 1", "2000"), c, d, c)
		x.exec(nil, fill("groups (id, directory_id, display_name, name_key, search, created_at, version)",
			"{id}, {c}, 'group' || n, 'group' || n, '{}', 1, 1", "2000"), d)
		x.exec(nil, fill("members (group_record_id, member_id, connector_id, directory_id, kind, said, viewed)", "{id}, {id}, {c}, {c}, 'User', true, true", "2000"), c, d)
		x.exec(nil, fill("memberships (group_id, user_id, directory_id, origin, supports, created_at)", "{id}, {id}, {c}, 'idp', '[]', 1", "2000"), d)
		x.exec(nil, fill("unresolved_members (group_record_id, value, connector_id, directory_id, value_key)", "{id}, 'ghost' || n, {c}, {c}, 'ghost' || n", "2000"), c, d)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = store.write(t.Context(), scope{directory: d, connector: c}, func(x *tx) error {
		x.exec(nil, "analyze")
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
