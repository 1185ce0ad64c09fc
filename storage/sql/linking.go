package sql

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim/canonical"
)

// Conflicts reads a page of a directory's conflicts, the oldest first.
func (s *Store) Conflicts(ctx context.Context, id uuid.UUID, q directory.ConflictQuery, l directory.Listing) (directory.Page[directory.ConflictRow], error) {
	bound, err := json.Marshal(q)
	if err != nil {
		return directory.Page[directory.ConflictRow]{}, err
	}
	list := inOrderOfIDs(ofDirectory(id), listing{space: id, table: "conflicts", filter: string(bound)}, uuid.Nil, func(c directory.ConflictRow) uuid.UUID { return c.ID })
	return readKeyset(ctx, s, list, l, func(t *tx, behind uuid.UUID, limit int64, p *directory.Page[directory.ConflictRow]) error {
		of := t.conflictsOf(id, q)
		t.query(total(p), "select count(*) from conflicts c where "+of.sql, of.args...)
		page := cat("select "+conflictColumns+" from conflicts c where ", of, " and c.id > ", argument{behind}, " order by c.id limit ", argument{limit})
		t.query(into(p, scanConflict), page.sql, page.args...)
		return nil
	})
}

// ConflictCounts counts conflicts by kind.
func (s *Store) ConflictCounts(ctx context.Context, id uuid.UUID, q directory.ConflictQuery) (counts []directory.ConflictCount, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		counts = nil
		of := t.conflictsOf(id, q)
		t.query(func(r row) error {
			var c directory.ConflictCount
			err := r.Scan(&c.Kind, &c.N)
			counts = append(counts, c)
			return err
		}, "select c.kind, count(*) from conflicts c where "+of.sql+" group by c.kind order by c.kind", of.args...)
		return nil
	})
	return counts, err
}

// Conflict reads one conflict.
func (s *Store) Conflict(ctx context.Context, directoryID, id uuid.UUID) (c directory.ConflictRow, err error) {
	found := false
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		t.query(func(r row) (err error) {
			c, err = scanConflict(r)
			found = true
			return err
		}, "select "+conflictColumns+" from conflicts c where c.id = ? and c.directory_id = ?", id, directoryID)
		return nil
	})
	if err == nil && !found {
		err = directory.ErrNotFound
	}
	return c, err
}

// conflictsOf is the condition of a query's conflicts c.
func (t *tx) conflictsOf(id uuid.UUID, q directory.ConflictQuery) fragment {
	where := cat("c.directory_id = ", argument{id})
	switch q.State {
	case directory.ConflictAny:
	case directory.ConflictDecided:
		where = cat(where, " and c.decision is not null")
	default:
		where = cat(where, " and c.decision is null")
	}
	if q.Kind != "" {
		where = cat(where, " and c.kind = ", argument{q.Kind})
	}
	if q.Connector != "" || q.ConnectorID != uuid.Nil {
		where = cat(where, " and c.connector_id = ", argument{q.ConnectorID})
	}
	if q.User != uuid.Nil { // candidates stand in the detail by their ids, which nothing else looks like
		where = cat(where, " and (c.user_id = ", argument{q.User}, " or c.decided_user = ", argument{q.User},
			" or c.detail like ", argument{`%"` + q.User.String() + `"%`}, ")")
	}
	if len(q.IDs) > 0 {
		condition, ids := t.oneOf("c.id", q.IDs)
		where = cat(where, " and ", fragment{condition, []any{ids}})
	}
	return where
}

// managedBy narrows a list of users r by who manages them.
func managedBy(of directory.Management) fragment {
	const has = "exists (select 1 from user_records x where x.user_id = r.id"
	switch of {
	case directory.Managed:
		return cat(" and " + has + " and x.deleted_at is null)")
	case directory.Unmanaged:
		return cat(" and not " + has + " and x.deleted_at is null)")
	case directory.NeverManaged:
		return cat(" and not " + has + ")")
	case directory.OnceManaged:
		return cat(" and " + has + ") and not " + has + " and x.deleted_at is null)")
	}
	return cat("")
}

// FindPeople finds users and records that a text names; see directory.LinkStore. Every look
// begins at an index.
func (s *Store) FindPeople(ctx context.Context, id uuid.UUID, text string, limit int) (found []directory.FoundRow, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		found = nil
		seen := make(map[directory.FoundRow]bool)
		look := func(by string, parts ...any) {
			sql := cat(append(parts, " limit ", argument{int64(limit)})...)
			t.query(func(r row) error {
				f := directory.FoundRow{By: by}
				if err := r.Scan(&f.User, &f.Record, &f.Connector); err != nil {
					return err
				}
				if !seen[f] && len(found) < limit {
					seen[f] = true
					found = append(found, f)
				}
				return nil
			}, sql.sql, sql.args...)
		}
		people, own := onlyOf(ctx), ofOwnTenant(ctx, "r.tenant_id")
		user := func(by, condition string, value any) {
			look(by, "select r.id, cast("+none+" as "+t.uuidType()+"), cast("+none+" as "+t.uuidType()+") from users r where r.directory_id = ",
				argument{id}, " and "+condition, argument{value}, people)
		}
		record := func(by, condition string, value any) {
			look(by, "select coalesce(r.user_id, "+none+"), r.id, r.connector_id from user_records r where r.connector_id in (select id from connectors where directory_id = ", argument{id},
				") and "+queued+" and "+condition, argument{value}, " and ", own)
		}
		if one, ok := parseID(text); ok {
			user("id", "r.id = ", one)
			look("id", "select coalesce(r.user_id, "+none+"), r.id, r.connector_id from user_records r where r.directory_id = ", argument{id},
				" and "+queued+" and r.id = ", argument{one}, " and ", own)
		}
		key := canonical.Key(text)
		user("userName", "r.status <> 'deleted' and r.user_name_key = ", key)
		user("userName", "r.status = 'deleted' and r.user_name_key = ", key)
		user("email", "r.email_key = ", key)
		record("userName", "r.deleted_at is null and r.user_name_key = ", key)
		record("externalId", "r.external_id = ", text)
		record("employeeNumber", "r.employee_number = ", text)
		look("email", "select coalesce(r.user_id, "+none+`), r.id, r.connector_id from record_emails e join user_records r on r.id = e.record_id
			where e.connector_id in (select id from connectors where directory_id = `, argument{id}, ") and r.deleted_at is null and e.email_key = ", argument{key}, " and ", own)
		return nil
	})
	return found, err
}

// RecordDomains counts a connector's records by domain.
func (s *Store) RecordDomains(ctx context.Context, directoryID, connector uuid.UUID, limit int) (counts directory.DomainCounts, err error) {
	const ours = "r.connector_id = ? and r.directory_id = ? and r.deleted_at is null"
	err = s.read(ctx, ofDirectory(directoryID), func(t *tx) error {
		counts = directory.DomainCounts{}
		domain := func(column string) string { // what stands behind the last @
			if t.pg() {
				return "substring(" + column + " from '[^@]*$')"
			}
			return "replace(" + column + ", rtrim(" + column + ", replace(" + column + ", '@', '')), '')"
		}
		t.query(func(r row) error { return r.Scan(&counts.Records, &counts.Linked) },
			"select count(*), count(r.user_id) from user_records r where "+ours, connector, directoryID)
		t.query(func(r row) error { return r.Scan(&counts.WithoutDomain) }, "select count(*) from user_records r where "+ours+
			" and r.user_name_key not like '%@%' and not exists (select 1 from record_emails e where e.record_id = r.id and e.email_key like '%@%')", connector, directoryID)
		t.query(func(r row) error {
			var d directory.DomainCount
			err := r.Scan(&d.Domain, &d.Records, &d.Linked)
			counts.Domains = append(counts.Domains, d)
			return err
		}, `select x.domain, count(*), count(x.user_id) from (
				select r.id, r.user_id, `+domain("r.user_name_key")+" as domain from user_records r where "+ours+` and r.user_name_key like '%@%'
				union select r.id, r.user_id, `+domain("e.email_key")+" from user_records r join record_emails e on e.record_id = r.id where "+ours+` and e.email_key like '%@%'
			) x group by x.domain order by 2 desc, 1 limit ?`, connector, directoryID, connector, directoryID, int64(limit)+1)
		return nil
	})
	if len(counts.Domains) > limit {
		counts.Domains, counts.More = counts.Domains[:limit], true
	}
	return counts, err
}
