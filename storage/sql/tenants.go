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

var _ tenants.Store = (*Store)(nil)

// tenantRow is a tenant as gorm reads and writes it.
type tenantRow struct {
	ID        uuid.UUID
	Name      string
	NameKey   string
	CreatedAt int64 `gorm:"autoCreateTime:false"`
}

func (tenantRow) TableName() string { return "tenants" }

func (r tenantRow) tenant() tenants.Tenant {
	return tenants.Tenant{ID: r.ID, Name: r.Name, CreatedAt: fromMicros(r.CreatedAt)}
}

// CreateTenant implements tenants.Store.
func (s *Store) CreateTenant(ctx context.Context, name string) (tenants.Tenant, error) {
	row := tenantRow{ID: newID(), Name: name, NameKey: canonical.Key(name), CreatedAt: micros(s.now())}
	err := s.write(ctx, everyConnector, func(t *tx) error {
		db, err := t.gorm()
		if err != nil {
			return err
		}
		if err := db.Create(&row).Error; err != nil {
			return err
		}
		t.adminEvent(adminEvent{action: "tenant.created", changes: map[string]any{"name": name}})
		return nil
	})
	if isTaken(err) {
		return tenants.Tenant{}, &tenants.Problem{Kind: tenants.ErrTaken, Code: tenants.CodeTenantTaken, Field: "name",
			Detail: fmt.Sprintf("a tenant called %q exists already; choose another name", name)}
	}
	if err != nil {
		return tenants.Tenant{}, fmt.Errorf("creating tenant %q: %w", name, err)
	}
	return row.tenant(), nil
}

// Tenants implements tenants.Store.
func (s *Store) Tenants(ctx context.Context) ([]tenants.Tenant, error) {
	var rows []tenantRow
	err := s.look(ctx, func(db *gorm.DB) error { return db.Order("name_key").Find(&rows).Error })
	if err != nil {
		return nil, fmt.Errorf("listing tenants: %w", err)
	}
	all := make([]tenants.Tenant, len(rows))
	for i, r := range rows {
		all[i] = r.tenant()
	}
	return all, nil
}

// DeleteTenant implements tenants.Store. Its connectors' foreign key says whether it is empty.
func (s *Store) DeleteTenant(ctx context.Context, name string) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		db, err := t.gorm()
		if err != nil {
			return err
		}
		result := db.Where("name_key = ?", canonical.Key(name)).Delete(&tenantRow{})
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected == 0 {
			return unknownTenant(name)
		}
		t.adminEvent(adminEvent{action: "tenant.deleted", changes: map[string]any{"name": name}})
		return nil
	})
	if isReferenced(err) {
		return &tenants.Problem{Kind: tenants.ErrNotEmpty, Code: tenants.CodeTenantNotEmpty,
			Detail: fmt.Sprintf("tenant %q still has connectors; delete them first", name)}
	}
	return wrap(err, "deleting tenant %q", name)
}

func unknownTenant(name string) *tenants.Problem {
	return &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeTenantUnknown, Field: "tenant",
		Detail: fmt.Sprintf("there is no tenant called %q; create it first", name)}
}

// isTaken and isReferenced know both what gorm makes of a refusal and what write does.
func isTaken(err error) bool {
	return errors.Is(err, gorm.ErrDuplicatedKey) || isDuplicate(err)
}

func isReferenced(err error) bool {
	return errors.Is(err, gorm.ErrForeignKeyViolated) || errors.Is(err, errReferenced)
}

// wrap says what was being done when err happened. What the caller can act on stays as it is.
func wrap(err error, doing string, args ...any) error {
	var problem *tenants.Problem
	if err == nil || errors.As(err, &problem) {
		return err
	}
	return fmt.Errorf(doing+": %w", append(args, err)...)
}

// newID is a new, time-ordered id.
func newID() uuid.UUID { return uuid.Must(uuid.NewV7()) }

// adminEvent is an event of the administrators' rooms.
type adminEvent struct {
	action    string
	directory uuid.UUID
	connector uuid.UUID
	changes   map[string]any
}

// adminEvent queues an event of the context's actor.
func (t *tx) adminEvent(e adminEvent) {
	who := tenants.ActorOf(t.ctx)
	kind := "admin"
	if who.ID == "" {
		kind, who.ID = "system", "muster"
	}
	changes, err := json.Marshal(e.changes)
	if err != nil {
		t.fail(fmt.Errorf("writing the event %s: %w", e.action, err))
		return
	}
	t.exec(nil, `insert into events (id, time, directory_id, connector_id, actor_type, actor, action, request, changes)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		newID(), micros(t.store.now()), nullID(e.directory), nullID(e.connector), kind, who.ID, e.action, who.Request, string(changes))
}
