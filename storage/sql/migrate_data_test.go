package sql

import (
	"bytes"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/migrations"
	"github.com/muster-scim/muster/storage/storagetest/pgtest"
	"github.com/muster-scim/muster/tenants"
)

// TestEveryMigrationKeepsWhatWasThere fills a database as every former version had it and
// migrates it to the newest: on SQLite, and on PostgreSQL as an ordinary owner, whom the row
// policies bind while migrations change rows.
func TestEveryMigrationKeepsWhatWasThere(t *testing.T) {
	t.Parallel()
	for version := int64(1); version < migrations.Newest(); version++ {
		for name, url := range map[string]string{"sqlite": "sqlite://" + t.TempDir() + "/muster.db", "postgres": ordinaryOwner(t)} {
			s := open(t, url)
			if err := s.migrateUp(t.Context(), migrationsUpTo(t, s.migrationFiles(), version)); err != nil {
				t.Fatalf("%s to version %d: %v", name, version, err)
			}
			connector, record := seedFirst(t, s)
			if err := s.Migrate(t.Context()); err != nil {
				t.Fatalf("%s from version %d: %v", name, version, err)
			}
			entry, err := s.Find(t.Context(), "t:seed")
			if err != nil || entry.Connector.ID != connector || entry.Connector.Tenant != "acme" || entry.Connector.Mode != tenants.Live {
				t.Errorf("%s from version %d: the credential finds %+v, %v", name, version, entry.Connector, err)
			}
			read, err := s.UserRecord(t.Context(), connector, record)
			if err != nil || !bytes.Contains(read.JSON, []byte("aki")) || len(read.Groups) != 1 {
				t.Errorf("%s from version %d: the record is %s with %d groups, %v", name, version, read.JSON, len(read.Groups), err)
			}
			settings, err := s.Settings(t.Context(), entry.Connector.DirectoryID)
			if err != nil || settings.Connectors[connector] == nil || len(settings.Connectors[connector].Rules.NeverAssign) != 1 {
				t.Errorf("%s from version %d: the directory's settings are %+v, %v", name, version, settings, err)
			}
			const rulesKept = 4 // the migration that keeps every set of rules begins with those it finds
			if n := numbers(t, s, 1, "select count(*) from rule_versions")[0]; version < rulesKept && n != 1 {
				t.Errorf("%s from version %d: %d versions of rules, want the connector's one", name, version, n)
			}
		}
	}
}

func ordinaryOwner(t *testing.T) string {
	t.Helper()
	admin := pgtest.New(t)
	url := pgtest.AsRole(t, admin, ownerRole)
	pgtest.Run(t, admin, "alter schema public owner to "+ownerRole)
	return url
}

// seedFirst writes one of everything that the first version knew, by the columns it had.
func seedFirst(t *testing.T, s *Store) (connector, record uuid.UUID) {
	t.Helper()
	tenant, group, user := uuid.New(), uuid.New(), uuid.New()
	connector, record = uuid.New(), uuid.New()
	main := uuid.MustParse("00000000-0000-7000-8000-000000000001")
	mustWrite(t, s, func(x *tx) error {
		x.exec(nil, "insert into tenants (id, name, name_key, created_at) values (?, 'acme', 'acme', 1)", tenant)
		x.exec(nil, `insert into connectors (id, tenant_id, directory_id, slug, name, kind, mode, precedence, rules, created_at, updated_at)
			values (?, ?, ?, 'okta', 'Okta', 'okta', 'live', 1, '{"neverAssign":["admins"]}', 1, 1)`, connector, tenant, main)
		x.exec(nil, "insert into credentials (id, connector_id, name, kind, lookup_key, hash, created_at) values (?, ?, 'one', 'token', 't:seed', ?, 1)",
			uuid.New(), connector, bytes.Repeat([]byte{7}, 32))
		x.exec(nil, `insert into user_records (id, connector_id, directory_id, tenant_id, user_name_key, state, doc, search, version, created_at, modified_at, user_id, view_state)
			values (?, ?, ?, ?, 'aki', 'active', '{"userName":"aki"}', '{"username":"aki"}', 1, 1, 1, ?, 'active')`, record, connector, main, tenant, user)
		x.exec(nil, `insert into group_records (id, connector_id, directory_id, tenant_id, display_name, name_key, doc, search, version, created_at, modified_at, view_name, view_key)
			values (?, ?, ?, ?, 'Jira', 'jira', '{"displayName":"Jira"}', '{"displayname":"jira"}', 1, 1, 1, 'Jira', 'jira')`, group, connector, main, tenant)
		x.exec(nil, "insert into members (group_record_id, member_id, connector_id, directory_id, kind, said, viewed) values (?, ?, ?, ?, 'User', true, true)", group, record, connector, main)
		x.exec(nil, `insert into users (id, directory_id, user_name, user_name_key, status, doc, search, created_at, modified_at, version)
			values (?, ?, 'aki', 'aki', 'active', '{"userName":"aki"}', '{"username":"aki"}', 1, 1, 1)`, user, main)
		return nil
	})
	return connector, record
}
