package sql

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"
)

// Statements below leave out the clause that names the connector on purpose. What they may reach
// is then the row policies' to say.

// recordTables hold what one connector's IdP said; directoryTables what a directory made of it.
var (
	recordTables    = []string{"user_records", "record_emails", "group_records", "members", "unresolved_members", "unique_values", "credentials"}
	directoryTables = []string{"users", "groups", "memberships", "settle_queue", "conflicts", "events", "event_values", "user_logins", "imports", "import_rows", "former_keys", "consumers", "consumer_tokens", "webhooks", "webhook_deliveries", "activity", "rule_drafts", "user_words"}
)

// spaces are two connectors in one directory and one in another, with a row each in every table
// of records, and one row of each directory in every table of directories.
type spaces struct {
	a, b, far  uuid.UUID // connectors
	here, away uuid.UUID // directories
}

func newSpaces(t *testing.T, s *Store) spaces {
	t.Helper()
	w := spaces{a: uuid.New(), b: uuid.New(), far: uuid.New(), here: uuid.New(), away: uuid.New()}
	mustWrite(t, s, func(x *tx) error {
		tenant := uuid.New()
		x.exec(nil, "insert into tenants (id, name, name_key, created_at) values (?, 'acme', 'acme', 1)", tenant)
		for i, d := range []uuid.UUID{w.here, w.away} {
			name := fmt.Sprint("d", i)
			x.exec(nil, "insert into directories (id, name, name_key, created_at) values (?, ?, ?, 1)", d, name, name)
			x.exec(nil, "insert into users (id, directory_id, user_name, user_name_key, status, doc, search, created_at, modified_at, version) values (?, ?, 'u', 'u', 'active', '{}', '{}', 1, 1, 1)", uuid.New(), d)
			x.exec(nil, "insert into user_words (user_id, word, directory_id) values (?, 'u', ?)", uuid.New(), d)
			x.exec(nil, "insert into groups (id, directory_id, display_name, name_key, search, created_at, version) values (?, ?, 'g', 'g', '{}', 1, 1)", uuid.New(), d)
			x.exec(nil, "insert into memberships (group_id, user_id, directory_id, origin, supports, created_at) values (?, ?, ?, 'idp', '[]', 1)", uuid.New(), uuid.New(), d)
			x.exec(nil, "insert into settle_queue (directory_id, connector_id, record_id, due_at) values (?, ?, ?, 1)", d, uuid.New(), uuid.New())
			x.exec(nil, "insert into conflicts (id, directory_id, connector_id, record_id, kind, subject, detail, created_at) values (?, ?, ?, ?, 'k', 's', '{}', 1)", uuid.New(), d, uuid.New(), uuid.New())
			x.exec(nil, "insert into events (id, time, directory_id, actor_type, actor, action) values (?, 1, ?, 'a', 'a', 'a')", uuid.New(), d)
			x.exec(nil, "insert into event_values (event_id, directory_id, data) values (?, ?, '{}')", uuid.New(), d)
			x.exec(nil, "insert into imports (id, directory_id, state, source, actor, created_at, beat_at) values (?, ?, 'ready', 'file', 'a', 1, 1)", uuid.New(), d)
			x.exec(nil, "insert into import_rows (id, import_id, seq, directory_id, line, kind) values (?, ?, 1, ?, 1, 'user')", uuid.New(), uuid.New(), d)
			x.exec(nil, "insert into user_logins (user_id, directory_id, at) values (?, ?, 1)", uuid.New(), d)
			consumer := uuid.New()
			x.exec(nil, "insert into consumers (id, directory_id, name, name_key, handle, shown_attributes, shown_groups, created_at, updated_at) values (?, ?, 'c', 'c', ?, '[]', '[]', 1, 1)", consumer, d, name)
			x.exec(nil, "insert into consumer_tokens (id, consumer_id, directory_id, lookup_key, hash, hint, created_at) values (?, ?, ?, ?, '', '', 1)", uuid.New(), consumer, d, name)
			x.exec(nil, "insert into activity (id, time, took, connector_id, directory_id, slug, credential_id, credential, address, agent, version, method, path, route, operation, status, effect, detail, resources, body, bytes, flags, size) values (?, 1, 1, ?, ?, '', ?, '', '', '', '', '', '', '', '', 200, '', '', '', '', 0, 0, 1)", uuid.New(), uuid.New(), d, uuid.Nil)
			hook := uuid.New()
			x.exec(nil, "insert into webhooks (id, directory_id, url, description, types, state, reason, secret, cursor_seq, created_at, updated_at) values (?, ?, 'u', '', '[]', 'enabled', '', '', 0, 1, 1)", hook, d)
			x.exec(nil, "insert into webhook_deliveries (id, webhook_id, directory_id, seq, event_id, type, ordered, state, next_at, created_at) values (?, ?, ?, 1, ?, 't', ?, 'pending', 1, 1)", uuid.New(), hook, d, uuid.New(), uuid.New())
			x.exec(nil, "insert into former_keys (directory_id, kind, hash, purged_at) values (?, 'userName', 'h', 1)", d)
		}
		for i, c := range []uuid.UUID{w.a, w.b, w.far} {
			d, slug := w.here, fmt.Sprint("c", i)
			if c == w.far {
				d = w.away
			}
			x.exec(nil, "insert into connectors (id, tenant_id, directory_id, slug, name, kind, mode, precedence, created_at, updated_at) values (?, ?, ?, ?, '', '', '', 1, 1, 1)", c, tenant, d, slug)
			x.exec(nil, "insert into credentials (id, connector_id, name, kind, lookup_key, hash, created_at) values (?, ?, '', '', ?, '', 1)", uuid.New(), c, slug)
			x.exec(nil, "insert into contacts (connector_id, diagnosis, version, method, route, status, credential_id, hint, last_agent, count, first_at, last_at) values (?, '', '', '', '', 200, ?, '', '', 1, 1, 1)", c, uuid.Nil)
			x.exec(nil, "insert into setup_links (id, connector_id, name, hash, actor, created_at, expires_at) values (?, ?, '', ?, '', 1, 1)", uuid.New(), c, []byte(slug))
			if c != w.b {
				x.exec(nil, "insert into rule_drafts (connector_id, directory_id, rules, based_on, version, actor, updated_at) values (?, ?, '{}', 1, 1, '', 1)", c, d)
			}
			addRecords(x, c, d)
		}
		return nil
	})
	return w
}

// addRecords adds a row of a connector to every table of records but credentials.
func addRecords(x *tx, c, d uuid.UUID) {
	x.exec(nil, "insert into user_records (id, connector_id, directory_id, tenant_id, user_name_key, state, doc, search, version, created_at, modified_at) values (?, ?, ?, ?, 'u', 'active', '{}', '{}', 1, 1, 1)", uuid.New(), c, d, uuid.New())
	x.exec(nil, "insert into record_emails (record_id, connector_id, directory_id, email_key) values (?, ?, ?, 'e')", uuid.New(), c, d)
	x.exec(nil, "insert into group_records (id, connector_id, directory_id, tenant_id, display_name, name_key, doc, search, version, created_at, modified_at) values (?, ?, ?, ?, 'g', 'g', '{}', '{}', 1, 1, 1)", uuid.New(), c, d, uuid.New())
	x.exec(nil, "insert into members (group_record_id, member_id, connector_id, directory_id, kind, said, viewed) values (?, ?, ?, ?, 'User', true, true)", uuid.New(), uuid.New(), c, d)
	x.exec(nil, "insert into unresolved_members (group_record_id, value, connector_id, directory_id, value_key) values (?, 'v', ?, ?, 'v')", uuid.New(), c, d)
	x.exec(nil, "insert into unique_values (connector_id, attribute, value_key, directory_id, record_id) values (?, 'a', ?, ?, ?)", c, uuid.NewString(), d, uuid.New())
}

// seen counts the rows of tables that a statement without a clause finds in a scope.
func seen(t *testing.T, s *Store, sc scope, tables []string) map[string]int64 {
	t.Helper()
	found := map[string]int64{}
	err := s.read(t.Context(), sc, func(x *tx) error {
		for _, table := range tables {
			x.query(func(r row) error {
				var n int64
				err := r.Scan(&n)
				found[table] = n
				return err
			}, "select count(*) from "+table)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}

func TestAForgottenClauseShowsNothingOfOthers(t *testing.T) {
	t.Parallel()
	for role, s := range boundRoles(t) {
		w := newSpaces(t, s)
		for _, c := range []struct {
			name                           string
			scope                          scope
			records, directory, connectors int64
		}{
			{"a connector's reads", ofConnector(w.a), 1, 0, 1},
			{"a connector's changes", inDirectory(w.here, w.a), 1, 1, 2},
			{"a directory's workers", ofDirectory(w.here), 2, 1, 2},
			{"another directory's", ofDirectory(w.away), 1, 1, 1},
			{"a connector that is not there", inDirectory(uuid.New(), uuid.New()), 0, 0, 0},
			{"the deployment itself", noConnector, 0, 0, 0},
			{"everything", everyConnector, 3, 2, 3},
		} {
			for table, n := range seen(t, s, c.scope, recordTables) {
				if n != c.records {
					t.Errorf("as %s, %s: %d rows of %s, want %d", role, c.name, n, table, c.records)
				}
			}
			for table, n := range seen(t, s, c.scope, directoryTables) {
				if n != c.directory {
					t.Errorf("as %s, %s: %d rows of %s, want %d", role, c.name, n, table, c.directory)
				}
			}
			contacts := c.records
			if c.scope.reach == wholeDirectory {
				contacts = 0 // nothing of a directory rests on how requests come
			}
			for table, n := range seen(t, s, c.scope, []string{"contacts", "setup_links"}) {
				if n != contacts {
					t.Errorf("as %s, %s: %d rows of %s, want %d", role, c.name, n, table, contacts)
				}
			}
			if n := seen(t, s, c.scope, []string{"connectors"})["connectors"]; n != c.connectors {
				t.Errorf("as %s, %s: %d connectors, want %d", role, c.name, n, c.connectors)
			}
		}
		for _, table := range slices.Concat(recordTables, directoryTables, []string{"contacts", "setup_links"}) { // outside any transaction of ours
			var n int64
			if err := s.orm.WithContext(t.Context()).Raw("select count(*) from " + table).Scan(&n).Error; err != nil || n != 0 {
				t.Errorf("as %s, without a scope: %d rows of %s (%v), want none", role, n, table, err)
			}
		}
	}
}

func TestAForgottenClauseChangesNothingOfOthers(t *testing.T) {
	t.Parallel()
	for role, s := range boundRoles(t) {
		w := newSpaces(t, s)
		undo := errors.New("undo")
		for _, table := range recordTables {
			for _, statement := range []string{"update " + table + " set connector_id = connector_id", "delete from " + table} {
				var n int64
				err := s.write(t.Context(), inDirectory(w.here, w.a), func(x *tx) error {
					x.exec(&n, statement)
					return errors.Join(x.flush(), undo)
				})
				if !errors.Is(err, undo) || n != 1 {
					t.Errorf("as %s: %s reached %d rows (%v), want the connector's own one", role, statement, n, err)
				}
			}
		}
		for name, change := range map[string]func(*tx){
			"rows given to another connector": func(x *tx) { x.exec(nil, "update members set connector_id = ?", w.b) },
			"rows made for another connector": func(x *tx) { addRecords(x, w.b, w.here) },
			"an event of another directory": func(x *tx) {
				x.exec(nil, "insert into events (id, time, directory_id, actor_type, actor, action) values (?, 1, ?, 'a', 'a', 'a')", uuid.New(), w.away)
			},
		} {
			err := s.write(t.Context(), inDirectory(w.here, w.a), func(x *tx) error { change(x); return nil })
			if pgCode(err) != pgInsufficientPrivilege {
				t.Errorf("as %s, %s: %v, want it refused", role, name, err)
			}
		}
	}
}

func TestEventsCannotBeChanged(t *testing.T) {
	t.Parallel()
	roles := boundRoles(t)
	for role, s := range roles {
		newSpaces(t, s)
		for _, statement := range []string{"update events set actor = 'nobody'", "delete from events"} {
			var n int64
			err := s.write(t.Context(), everyConnector, func(x *tx) error { x.exec(&n, statement); return nil })
			if n != 0 || role == appRole && pgCode(err) != pgInsufficientPrivilege {
				t.Errorf("as %s: %s changed %d rows (%v)", role, statement, n, err)
			}
		}
	}
	for _, statement := range []string{"truncate events", "update event_values set data = ''", "update deployment set value = ''",
		"delete from goose_db_version", "drop table events", "create table mine (n int)", "alter table events disable row level security"} {
		err := roles[appRole].write(t.Context(), everyConnector, func(x *tx) error { x.exec(nil, statement); return nil })
		if pgCode(err) != pgInsufficientPrivilege {
			t.Errorf("%s: %v, want it refused", statement, err)
		}
	}
}

// boundRoles are databases opened as roles that the policies bind: the application's, and an
// ordinary one that owns the tables.
func boundRoles(t *testing.T) map[string]*Store {
	t.Helper()
	return map[string]*Store{appRole: newPostgres(t), ownerRole: open(t, ownedURL(t))}
}

const ownerRole = "muster_test_owner"

// ownedURL names a fresh database that an ordinary role owns and has migrated.
func ownedURL(t *testing.T) string {
	t.Helper()
	url := ordinaryOwner(t)
	if err := open(t, url).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return url
}

// TestNoTableIsForgotten looks at the schema: whoever adds a table decides who may do what with
// it (grants, in roles.go), and what a scope sees of it (a policy, in the migration).
func TestNoTableIsForgotten(t *testing.T) {
	t.Parallel()
	s := newOwner(t)
	granted := map[string]bool{}
	for _, g := range grants {
		granted[g.table] = true
	}
	mustWrite(t, s, func(x *tx) error {
		x.query(func(r row) error {
			var table string
			var scoped, guarded bool
			if err := r.Scan(&table, &scoped, &guarded); err != nil {
				return err
			}
			if !granted[table] {
				t.Errorf("table %s is not among the grants of the application's role", table)
			}
			if scoped && !guarded {
				t.Errorf("table %s names a connector or a directory and has no row policy, or does not force it on its owner", table)
			}
			return nil
		}, `select c.relname::text,
				exists (select 1 from pg_attribute a where a.attrelid = c.oid and a.attname in ('connector_id', 'directory_id')),
				c.relrowsecurity and c.relforcerowsecurity and exists (select 1 from pg_policy p where p.polrelid = c.oid)
			from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')`)
		return nil
	})
}
