package sql

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// connectorRow is a connector as gorm writes it.
type connectorRow struct {
	ID           uuid.UUID
	TenantID     uuid.UUID
	DirectoryID  uuid.UUID
	Slug         string
	Name         string
	Kind         string
	Mode         string
	Precedence   int64
	Settings     string
	Rules        string
	RulesVersion int64
	StillSince   *int64
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	UpdatedAt    int64 `gorm:"autoUpdateTime:false"`
	Version      int64
}

func (connectorRow) TableName() string { return "connectors" }

// namedConnector is a connector as it is read, with the names of what it belongs to.
type namedConnector struct {
	Row       connectorRow `gorm:"embedded"` // gorm passes over an embedded type that is not exported
	Tenant    string
	Directory string
}

const (
	connectorColumns = "c.id, c.tenant_id, c.directory_id, c.slug, c.name, c.kind, c.mode, c.precedence, c.settings, " +
		"c.created_at, c.updated_at, c.version, t.name as tenant, d.name as directory"
	connectorNames = "join tenants t on t.id = c.tenant_id join directories d on d.id = c.directory_id"
)

func connectorsOf(db *gorm.DB) *gorm.DB {
	return db.Table("connectors c").Select(connectorColumns).Joins(connectorNames)
}

func (n namedConnector) connector() (tenants.Connector, error) {
	r := n.Row
	c := tenants.Connector{
		ID: r.ID, TenantID: r.TenantID, DirectoryID: r.DirectoryID, Tenant: n.Tenant, Directory: n.Directory,
		Slug: r.Slug, Name: r.Name, Kind: tenants.Kind(r.Kind), Mode: tenants.Mode(r.Mode), Precedence: int(r.Precedence),
		CreatedAt: fromMicros(r.CreatedAt), UpdatedAt: fromMicros(r.UpdatedAt), Version: r.Version,
	}
	if err := json.Unmarshal([]byte(r.Settings), &c.Settings); err != nil {
		return c, fmt.Errorf("reading the settings of connector %s: %w", r.Slug, err)
	}
	return c, nil
}

// ConnectorBySlug implements tenants.Store.
func (s *Store) ConnectorBySlug(ctx context.Context, slug string) (c tenants.Connector, err error) {
	err = s.look(ctx, func(db *gorm.DB) error {
		c, err = connectorBySlug(db, slug)
		return err
	})
	return c, err
}

func connectorBySlug(db *gorm.DB, slug string) (tenants.Connector, error) {
	var row namedConnector
	err := connectorsOf(db).Where("c.slug = ?", slug).Take(&row).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return tenants.Connector{}, unknownConnector(slug)
	}
	if err != nil {
		return tenants.Connector{}, fmt.Errorf("reading connector %s: %w", slug, err)
	}
	return row.connector()
}

func unknownConnector(slug string) error {
	return &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeConnectorUnknown, Detail: fmt.Sprintf("there is no connector %q", slug)}
}

// Connectors implements tenants.Store.
func (s *Store) Connectors(ctx context.Context, f tenants.ConnectorFilter) ([]tenants.Connector, error) {
	var rows []namedConnector
	err := s.look(ctx, func(db *gorm.DB) error {
		db = connectorsOf(db).Where("c.slug > ?", f.After)
		if f.Only != nil {
			db = db.Where("c.tenant_id in ?", f.Only)
		}
		if f.Tenant != "" {
			db = db.Where("t.name_key = ?", canonical.Key(f.Tenant))
		}
		if f.Directory != "" {
			db = db.Where("d.name_key = ?", canonical.Key(f.Directory))
		}
		if f.Limit > 0 {
			db = db.Limit(f.Limit)
		}
		return db.Order("c.slug").Find(&rows).Error
	})
	if err != nil {
		return nil, fmt.Errorf("listing connectors: %w", err)
	}
	all := make([]tenants.Connector, len(rows))
	for i, r := range rows {
		var err error
		if all[i], err = r.connector(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// CreateConnector implements tenants.Store.
func (s *Store) CreateConnector(ctx context.Context, n tenants.NewConnector) (tenants.Connector, error) {
	if n.By != "" {
		ctx = tenants.WithActor(ctx, tenants.Actor{ID: n.By, Request: tenants.ActorOf(ctx).Request})
	}
	row, err := s.newConnectorRow(ctx, n)
	if err != nil {
		return tenants.Connector{}, err
	}
	var made tenants.Connector
	err = s.write(ctx, ofDirectory(row.DirectoryID), func(t *tx) error {
		t.changeDirectory(row.DirectoryID)
		if err := t.placeConnector(&row, n.Precedence); err != nil {
			return err
		}
		db, err := t.gorm()
		if err != nil {
			return err
		}
		if err := db.Create(&row).Error; err != nil {
			return takenOr(err, tenants.CodeSlugTaken, "slug", fmt.Sprintf("the slug %q is taken by another connector; choose another one", n.Slug))
		}
		t.addVersion(row.ID, row.DirectoryID, tenants.ActorOf(ctx).ID, "", uuid.Nil)
		for _, c := range n.Credentials {
			t.addCredential(row.ID, c)
		}
		t.adminEvent(adminEvent{action: "connector.created", directory: row.DirectoryID, connector: row.ID,
			changes: map[string]any{"slug": n.Slug, "kind": n.Kind, "mode": n.Mode, "tenant": n.Tenant, "directory": n.Directory}})
		made, err = connectorBySlug(db, n.Slug)
		return err
	})
	if isReferenced(err) {
		return tenants.Connector{}, unknownTenant(n.Tenant) // deleted since it was looked up
	}
	if isDuplicate(err) { // the slug has said so itself
		err = usernameTaken("basicAuth.username", n.BasicUsername)
	}
	return made, wrap(err, "creating connector %s", n.Slug)
}

// newConnectorRow resolves the names of what a connector will belong to. Tenants and directories
// keep their ids, so this may happen before the transaction, which needs the directory's lock first.
func (s *Store) newConnectorRow(ctx context.Context, n tenants.NewConnector) (connectorRow, error) {
	var tenant tenantRow
	var directory struct{ ID uuid.UUID }
	err := s.look(ctx, func(db *gorm.DB) error {
		err := db.Where("name_key = ?", canonical.Key(n.Tenant)).Take(&tenant).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return unknownTenant(n.Tenant)
		}
		if err != nil {
			return fmt.Errorf("reading tenant %q: %w", n.Tenant, err)
		}
		err = db.Table("directories").Select("id").Where("name_key = ? and removed_at is null", canonical.Key(n.Directory)).Take(&directory).Error
		if errors.Is(err, gorm.ErrRecordNotFound) {
			return &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeDirectoryUnknown, Field: "directory",
				Detail: fmt.Sprintf("there is no directory called %q", n.Directory)}
		}
		if err != nil {
			return fmt.Errorf("reading directory %q: %w", n.Directory, err)
		}
		return nil
	})
	if err != nil {
		return connectorRow{}, err
	}
	settings, err := json.Marshal(n.Settings)
	if err != nil {
		return connectorRow{}, fmt.Errorf("encoding the settings of connector %s: %w", n.Slug, err)
	}
	rules, err := json.Marshal(n.Rules)
	if err != nil {
		return connectorRow{}, fmt.Errorf("encoding the rules of connector %s: %w", n.Slug, err)
	}
	now := micros(s.now())
	var still *int64
	if n.Mode != tenants.Live {
		still = &now
	}
	return connectorRow{
		StillSince: still,
		ID:         newID(), TenantID: tenant.ID, DirectoryID: directory.ID, Slug: n.Slug, Name: n.Name, Kind: string(n.Kind), Mode: string(n.Mode),
		Settings: string(settings), Rules: string(rules), RulesVersion: 1, CreatedAt: now, UpdatedAt: now, Version: 1,
	}, nil
}

// placeConnector gives a new connector its precedence, and has everyone settled again when it
// brings another tenant into the directory. The directory's lock is held.
func (t *tx) placeConnector(c *connectorRow, precedence *int) error {
	var last, ours, all int64
	t.query(func(r row) error { return r.Scan(&last, &ours, &all) },
		`select coalesce(max(precedence), 0), coalesce(sum(case when tenant_id = ? then 1 else 0 end), 0), count(*)
		from connectors where directory_id = ?`, c.TenantID, c.DirectoryID)
	if err := t.flush(); err != nil {
		return err
	}
	c.Precedence = last + 1
	if precedence != nil {
		c.Precedence = int64(*precedence)
	}
	if all > 0 && ours == 0 {
		t.queueDirectory(c.DirectoryID)
	}
	return nil
}

// queueDirectory queues every record of a directory for settling, tombstones with a user too.
func (t *tx) queueDirectory(id uuid.UUID) {
	t.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
		select directory_id, connector_id, id, ? from user_records
		where directory_id = ? and (deleted_at is null or user_id is not null)`, micros(t.store.now()), id)
}
