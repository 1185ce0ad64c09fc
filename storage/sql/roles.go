package sql

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// On PostgreSQL two roles may share the work. The owner migrates: the tables are its own, and it
// can do anything with them. The application's role serves: it reads and writes rows, within the
// row policies, and cannot change or delete what the audit says. grants is all that it may.
var grants = []struct{ table, privileges string }{
	{"tenants", "select, insert, update, delete"},
	{"directories", "select, insert, update, delete"},
	{"connectors", "select, insert, update, delete"},
	{"credentials", "select, insert, update, delete"},
	{"contacts", "select, insert, update, delete"},
	{"consumers", "select, insert, update, delete"},
	{"consumer_tokens", "select, insert, update, delete"},
	{"webhooks", "select, insert, update, delete"},
	{"webhook_deliveries", "select, insert, update, delete"},
	{"activity", "select, insert, update, delete"},
	{"activity_words", "select, insert, delete"},
	{"activity_days", "select, insert, update, delete"},
	{"traffic", "select, insert, update, delete"},
	{"administrators", "select, insert, update, delete"},
	{"administrator_tenants", "select, insert, update, delete"},
	{"administrator_sessions", "select, insert, update, delete"},
	{"administrator_tokens", "select, insert, update, delete"},
	{"administrator_links", "select, insert, delete"},
	{"user_records", "select, insert, update, delete"},
	{"record_emails", "select, insert, update, delete"},
	{"unique_values", "select, insert, update, delete"},
	{"user_logins", "select, insert, update, delete"},
	{"group_records", "select, insert, update, delete"},
	{"members", "select, insert, update, delete"},
	{"unresolved_members", "select, insert, update, delete"},
	{"users", "select, insert, update, delete"},
	{"user_words", "select, insert, update, delete"},
	{"groups", "select, insert, update, delete"},
	{"memberships", "select, insert, update, delete"},
	{"settle_queue", "select, insert, update, delete"}, // update: to lock a row
	{"conflicts", "select, insert, update, delete"},
	{"plans", "select, insert, update, delete"},
	{"plan_users", "select, insert, update, delete"},
	{"plan_changes", "select, insert, update, delete"},
	{"jobs", "select, insert, update, delete"},
	{"imports", "select, insert, update, delete"},
	{"import_rows", "select, insert, update, delete"},
	{"rule_versions", "select, insert, delete"},
	{"rule_drafts", "select, insert, update, delete"},
	{"setup_links", "select, insert, update, delete"},
	{"losses", "select, insert, delete"},
	{"connector_sizes", "select, insert, delete"},
	{"holds", "select, insert, update, delete"},
	{"expected_changes", "select, insert, delete"},
	{"former_keys", "select, insert, update, delete"},
	{"replicas", "select, insert, update, delete"},
	{"events", "select, insert"},
	{"event_values", "select, insert, delete"}, // delete: one person can be erased
	{"event_words", "select, insert, delete"},
	{"event_words_state", "select, update"},
	{"event_words_waiting", "select, insert, delete"},
	{"audit_state", "select"},
	{"audit_keys", "select, insert"},
	{"audit_blocks", "select, insert"},
	{"audit_leaves", "select, insert"},
	{"deployment", "select, insert"},
	{versionTable, "select"},
}

const lockOfRoles = "roles"

// GrantTo gives a role of the server what serving needs, and takes back what it may have had
// beyond that on Muster's tables. It runs as the tables' owner, after Migrate, as often as one
// likes. The role must be there: making one takes privileges that an owner seldom has.
func (s *Store) GrantTo(ctx context.Context, role string) error {
	if !s.isPostgres() {
		return errors.New("SQLite has no roles: leave out the application's role")
	}
	err := s.write(ctx, noConnector, func(t *tx) error {
		t.exec(nil, "select pg_advisory_xact_lock(?)", lockHash(lockOfRoles)) // grants of two at once would collide
		schema, err := t.checkRole(role)
		if err != nil {
			return err
		}
		to := pgx.Identifier{role}.Sanitize()
		t.exec(nil, "grant usage on schema "+pgx.Identifier{schema}.Sanitize()+" to "+to)
		for _, g := range grants {
			t.exec(nil, "revoke all on "+g.table+" from "+to)
			t.exec(nil, "grant "+g.privileges+" on "+g.table+" to "+to)
		}
		t.exec(nil, "grant usage on sequence events_seq_seq, settle_queue_id_seq, activity_seq_seq to "+to)
		t.exec(nil, "grant execute on function analyze_grown(), drop_sealed_events(bigint) to "+to)
		return nil
	})
	return wrap(err, "granting to the role %s", role)
}

// checkRole refuses roles for which grants would mean nothing, and returns the tables' schema.
func (t *tx) checkRole(role string) (schema string, err error) {
	var found, super, owner bool
	t.query(func(r row) error {
		found = true
		return r.Scan(&schema, &super, &owner)
	}, `select current_schema()::text, r.rolsuper or r.rolbypassrls, pg_has_role(r.rolname, current_user, 'member')
		from pg_roles r where r.rolname = ?`, role)
	if err := t.flush(); err != nil {
		return "", err
	}
	switch {
	case !found:
		return "", fmt.Errorf("there is no role %q; make it first: create role %s login password '…'", role, pgx.Identifier{role}.Sanitize())
	case super:
		return "", fmt.Errorf("the role %q is a superuser or has BYPASSRLS, so nothing could be kept from it; choose an ordinary role", role)
	case owner:
		return "", fmt.Errorf("the role %q is the tables' owner, or a member of it; the application's role must be another one", role)
	}
	return schema, nil
}

// Warnings says, in sentences for the log of the server's start, what about the database's
// address and role is weaker than it could be.
func (s *Store) Warnings(ctx context.Context) ([]string, error) {
	p, ok := s.db.(*postgres)
	if !ok {
		return nil, nil
	}
	said := plainHosts(p.pool.Config().ConnConfig)
	err := s.read(ctx, noConnector, func(t *tx) error {
		t.query(func(r row) error {
			var role string
			var super, owner bool
			err := r.Scan(&role, &super, &owner)
			switch {
			case super:
				said = append(said, fmt.Sprintf("the database role %q is a superuser or has BYPASSRLS: the row policies behind the program do not bind it; serve as a role of its own (docs/postgresql.md)", role))
			case owner:
				said = append(said, fmt.Sprintf("the database role %q owns the tables: it could change the audit; serve as a role of its own (docs/postgresql.md)", role))
			}
			return err
		}, `select current_user::text, r.rolsuper or r.rolbypassrls,
				coalesce((select pg_has_role(c.relowner, 'member') from pg_class c where c.oid = to_regclass('events')), false)
			from pg_roles r where r.rolname = current_user`)
		return nil
	})
	return said, err
}

// plainHosts warns of hosts across a network whose certificate is not checked.
func plainHosts(config *pgx.ConnConfig) []string {
	hosts := map[string]bool{}
	if crossesPlainly(config.Host, config.TLSConfig) {
		hosts[config.Host] = true
	}
	for _, other := range config.Fallbacks {
		if crossesPlainly(other.Host, other.TLSConfig) {
			hosts[other.Host] = true
		}
	}
	var said []string
	for _, host := range slices.Sorted(maps.Keys(hosts)) {
		said = append(said, fmt.Sprintf("the connection to the database on %s is not protected against somebody in between: add sslmode=verify-full, and sslrootcert=FILE for a certificate of your own, to the URL", host))
	}
	return said
}
