package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm/clause"

	"github.com/muster-scim/muster/tenants"
)

// UpdateConnector implements tenants.Store.
func (s *Store) UpdateConnector(ctx context.Context, slug string, match func(int64) bool, change tenants.ConnectorChange) (tenants.Connector, error) {
	before, err := s.ConnectorBySlug(ctx, slug)
	if err != nil {
		return tenants.Connector{}, err
	}
	var after tenants.Connector
	err = s.write(ctx, inDirectory(before.DirectoryID, before.ID), func(t *tx) error {
		t.lockDirectory(before.DirectoryID, true)
		db, err := t.gorm()
		if err != nil {
			return err
		}
		now, err := connectorBySlug(db.Clauses(clause.Locking{Strength: "UPDATE", Table: clause.Table{Name: "c"}}), slug)
		if err != nil {
			return err
		}
		if match != nil && !match(now.Version) {
			return &tenants.Problem{Kind: tenants.ErrVersion, Code: tenants.CodeVersionMismatch,
				Detail: fmt.Sprintf("connector %q was changed meanwhile; read it again and repeat the change", slug)}
		}
		columns, names, err := changedColumns(now, change)
		if err != nil || len(columns) == 0 {
			after = now
			return err
		}
		if change.Unique != nil {
			if err := t.changeUnique(now, change.Demanded(now.Settings.Demands)); err != nil {
				return err
			}
		}
		columns["version"], columns["updated_at"] = now.Version+1, micros(s.now())
		if err := db.Table("connectors").Where("id = ?", now.ID).Updates(columns).Error; err != nil {
			return err
		}
		t.changeDirectory(now.DirectoryID)
		if _, ok := columns["precedence"]; ok { // whose attributes win may change
			t.queueConnector(now.ID)
		}
		t.adminEvent(adminEvent{action: "connector.changed", directory: now.DirectoryID, connector: now.ID, changes: names})
		after, err = connectorBySlug(db, slug)
		return err
	})
	return after, wrap(err, "changing connector %s", slug)
}

// changedColumns is what a change does to a connector: the columns to write and, for the event,
// the names of what changed. Both are empty when nothing does.
func changedColumns(c tenants.Connector, change tenants.ConnectorChange) (columns, names map[string]any, err error) {
	columns, names = map[string]any{}, map[string]any{}
	if change.Name != nil && *change.Name != c.Name {
		columns["name"] = *change.Name
		names["name"] = map[string]any{"before": c.Name, "after": *change.Name}
	}
	if change.Precedence != nil && *change.Precedence != c.Precedence {
		columns["precedence"] = *change.Precedence
		names["precedence"] = map[string]any{"before": c.Precedence, "after": *change.Precedence}
	}
	settings := c.Settings
	if change.Strict != nil {
		settings.Strict = *change.Strict
	}
	if change.Limits != nil {
		settings.Limits = *change.Limits
	}
	if change.Paths != nil {
		settings.Paths = *change.Paths
	}
	if change.Networks != nil {
		settings.Networks = *change.Networks
	}
	settings.Demands = change.Demanded(settings.Demands)
	if change.LastLogin != nil {
		settings.LastLogin = *change.LastLogin
	}
	if change.Activity != nil {
		settings.Activity = *change.Activity
	}
	if change.RulesFile != nil {
		settings.RulesFile = *change.RulesFile
	}
	before, err := json.Marshal(c.Settings)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding the settings of connector %s: %w", c.Slug, err)
	}
	after, err := json.Marshal(settings)
	if err != nil {
		return nil, nil, fmt.Errorf("encoding the settings of connector %s: %w", c.Slug, err)
	}
	if string(before) != string(after) {
		columns["settings"] = string(after)
		names["settings"] = map[string]any{"before": json.RawMessage(before), "after": json.RawMessage(after)}
	}
	return columns, names, nil
}

// queueConnector queues every record of a connector for settling, tombstones with a user too.
func (t *tx) queueConnector(id uuid.UUID) {
	t.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
		select directory_id, connector_id, id, ? from user_records
		where connector_id = ? and (deleted_at is null or user_id is not null)`, micros(t.store.now()), id)
}

// DeleteConnector implements tenants.Store. Tombstones that have a user stay: it belongs to the
// tenant until it is purged or released, and nobody else's connector may take it over. Users that
// other connectors hold too are settled again, as nothing of this one speaks any more.
func (s *Store) DeleteConnector(ctx context.Context, slug string) error {
	c, err := s.ConnectorBySlug(ctx, slug)
	if err != nil {
		return err
	}
	err = s.write(ctx, ofDirectory(c.DirectoryID), func(t *tx) error {
		t.lockDirectory(c.DirectoryID, true)
		var holds bool
		var held int
		var waits int64
		t.query(func(r row) error { return r.Scan(&holds) },
			`select exists (select 1 from user_records where connector_id = ? and deleted_at is null)
			or exists (select 1 from group_records where connector_id = ? and deleted_at is null)`, c.ID, c.ID)
		t.query(func(r row) error { return r.Scan(&held) }, "select count(*) from holds where connector_id = ? and state = 'held'", c.ID)
		t.query(func(r row) error { return r.Scan(&waits) }, `select coalesce(retired_until, 0) from connectors c where c.id = ? and exists (
			select 1 from user_records r join users u on u.id = r.user_id where r.connector_id = c.id and u.status = 'disabled' and u.cleaned_up)`, c.ID)
		if err := t.flush(); err != nil {
			return err
		}
		if waits > micros(s.now()) { // without its rules nobody would know what they wait for
			return &tenants.Problem{Kind: tenants.ErrNotEmpty, Code: tenants.CodeGraceRuns,
				Detail: fmt.Sprintf("the people of connector %q wait until %s to be deleted; delete the connector after that", slug, fromMicros(waits).Format(time.RFC3339))}
		}
		if holds {
			return &tenants.Problem{Kind: tenants.ErrNotEmpty, Code: tenants.CodeConnectorNotEmpty,
				Detail: fmt.Sprintf("connector %q still holds records; retire it first", slug)}
		}
		if held > 0 {
			return &tenants.Problem{Kind: tenants.ErrNotEmpty, Code: tenants.CodeHoldsOpen,
				Detail: fmt.Sprintf("%d changes of connector %q are held: apply or discard them first", held, slug)}
		}
		var deleted int64
		t.dropConnector(c.ID, &deleted)
		t.changeDirectory(c.DirectoryID)
		t.adminEvent(adminEvent{action: "connector.deleted", directory: c.DirectoryID, connector: c.ID,
			changes: map[string]any{"slug": slug, "tenant": c.Tenant}})
		if err := t.flush(); err != nil {
			return err
		}
		if deleted == 0 { // by another transaction, since it was looked up
			return unknownConnector(slug)
		}
		return nil
	})
	return wrap(err, "deleting connector %s", slug)
}

// dropConnector queues the deletion of a connector and of everything that names it, in the order
// of what points to what.
func (t *tx) dropConnector(id uuid.UUID, deleted *int64) {
	t.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
		select directory_id, connector_id, id, ? from user_records
		where connector_id <> ? and user_id in (select user_id from user_records where connector_id = ? and user_id is not null)`,
		micros(t.store.now()), id, id)
	for _, statement := range []string{
		"delete from members where group_record_id in (select id from group_records where connector_id = ?)",
		"delete from unresolved_members where connector_id = ?",
		"delete from group_records where connector_id = ?",
		"delete from conflicts where connector_id = ?",
		"delete from record_emails where connector_id = ?",
		"delete from unique_values where connector_id = ?",
		"delete from user_records where connector_id = ? and user_id is null",
		"delete from settle_queue where connector_id = ?",
		"delete from credentials where connector_id = ?",
		"delete from plan_changes where connector_id = ?",
		"delete from plan_users where connector_id = ?",
		"delete from holds where connector_id = ?",
		"delete from losses where connector_id = ?",
		"delete from connector_sizes where connector_id = ?",
		"delete from expected_changes where connector_id = ?",
		"delete from plans where connector_id = ?",
		"delete from rule_versions where connector_id = ?",
	} {
		t.exec(nil, statement, id)
	}
	t.exec(deleted, "delete from connectors where id = ?", id)
}
