package sql

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/muster-scim/muster/tenants"
)

var _ tenants.Lookup = (*Store)(nil)

// credentialRow is a credential as gorm reads and writes it.
type credentialRow struct {
	ID          uuid.UUID
	ConnectorID uuid.UUID
	Name        string
	Kind        string
	LookupKey   string
	Hash        []byte
	Username    string
	Hint        string
	ReadOnly    bool
	ExpiresAt   *int64
	LastUsedAt  *int64
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
}

func (credentialRow) TableName() string { return "credentials" }

func (r credentialRow) credential() tenants.Credential {
	return tenants.Credential{
		ID: r.ID, ConnectorID: r.ConnectorID, Name: r.Name, Kind: tenants.CredentialKind(r.Kind), Username: r.Username, Hint: r.Hint,
		ReadOnly: r.ReadOnly, ExpiresAt: maybeTime(r.ExpiresAt), LastUsedAt: maybeTime(r.LastUsedAt), CreatedAt: fromMicros(r.CreatedAt),
	}
}

func maybeTime(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return fromMicros(*n)
}

// Find implements tenants.Lookup: by the unique index over look-up keys, in one round trip.
func (s *Store) Find(ctx context.Context, key string) (tenants.Entry, error) {
	var k credentialRow
	var c namedConnector
	err := s.read(ctx, everyConnector, func(t *tx) error { // who calls is what it finds out
		t.query(func(r row) error {
			return r.Scan(&k.ID, &k.ConnectorID, &k.Name, &k.Kind, &k.Hash, &k.Username, &k.Hint, &k.ReadOnly, &k.ExpiresAt, &k.LastUsedAt, &k.CreatedAt,
				&c.Row.ID, &c.Row.TenantID, &c.Row.DirectoryID, &c.Row.Slug, &c.Row.Name, &c.Row.Kind, &c.Row.Mode, &c.Row.Precedence, &c.Row.Settings,
				&c.Row.CreatedAt, &c.Row.UpdatedAt, &c.Row.Version, &c.Tenant, &c.Directory)
		}, `select k.id, k.connector_id, k.name, k.kind, k.hash, k.username, k.hint, k.read_only, k.expires_at, k.last_used_at, k.created_at,
			`+connectorColumns+" from credentials k join connectors c on c.id = k.connector_id "+connectorNames+" where k.lookup_key = ?", key)
		return nil
	})
	if err != nil {
		return tenants.Entry{}, fmt.Errorf("reading a credential: %w", err)
	}
	if k.ID == uuid.Nil {
		return tenants.Entry{}, tenants.ErrUnknown
	}
	entry := tenants.Entry{Credential: k.credential()}
	if copy(entry.Hash[:], k.Hash) != len(entry.Hash) || bytes.Equal(entry.Hash[:], make([]byte, len(entry.Hash))) {
		return tenants.Entry{}, fmt.Errorf("credential %s has a broken hash", k.ID)
	}
	entry.Connector, err = c.connector()
	return entry, err
}

// AddCredential implements tenants.Store.
func (s *Store) AddCredential(ctx context.Context, slug string, c tenants.Credential, lookupKey string, hash [32]byte) (tenants.Credential, error) {
	var added tenants.Credential
	err := s.changeCredentials(ctx, slug, func(t *tx, db *gorm.DB, connector tenants.Connector) error {
		row, err := t.addCredential(db, connector.ID, tenants.NewCredential{Credential: c, LookupKey: lookupKey, Hash: hash})
		if err != nil {
			return err
		}
		added = row.credential()
		t.adminEvent(adminEvent{action: "credential.created", directory: connector.DirectoryID, connector: connector.ID,
			changes: map[string]any{"id": added.ID, "name": c.Name, "kind": c.Kind, "readOnly": c.ReadOnly}})
		return nil
	})
	if isReferenced(err) {
		err = unknownConnector(slug) // deleted since it was looked up
	}
	return added, wrap(err, "adding a credential to connector %s", slug)
}

func (t *tx) addCredential(db *gorm.DB, connector uuid.UUID, n tenants.NewCredential) (credentialRow, error) {
	row := credentialRow{
		ID: newID(), ConnectorID: connector, Name: n.Name, Kind: string(n.Kind), LookupKey: n.LookupKey, Hash: n.Hash[:],
		Username: n.Username, Hint: n.Hint, ReadOnly: n.ReadOnly, CreatedAt: micros(t.store.now()),
	}
	if !n.ExpiresAt.IsZero() {
		at := micros(n.ExpiresAt)
		row.ExpiresAt = &at
	}
	return row, takenOr(db.Create(&row).Error, tenants.CodeUsernameTaken, "basicAuth.username",
		fmt.Sprintf("the user name %q is taken by another credential of this connector; choose another one", n.Username))
}

// Credentials implements tenants.Store.
func (s *Store) Credentials(ctx context.Context, slug string) ([]tenants.Credential, error) {
	connector, err := s.ConnectorBySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	var rows []credentialRow
	err = s.look(ctx, func(db *gorm.DB) error {
		return db.Where("connector_id = ?", connector.ID).Order("id").Find(&rows).Error
	})
	if err != nil {
		return nil, fmt.Errorf("listing the credentials of connector %s: %w", slug, err)
	}
	all := make([]tenants.Credential, len(rows))
	for i, r := range rows {
		all[i] = r.credential()
	}
	return all, nil
}

// DeleteCredential implements tenants.Store.
func (s *Store) DeleteCredential(ctx context.Context, slug string, id uuid.UUID) error {
	err := s.changeCredentials(ctx, slug, func(t *tx, db *gorm.DB, connector tenants.Connector) error {
		result := db.Where("id = ?", id).Where("connector_id = ?", connector.ID).Delete(&credentialRow{})
		if result.Error != nil {
			return result.Error
		}
		if result.RowsAffected == 0 {
			return &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeCredentialUnknown,
				Detail: fmt.Sprintf("connector %q has no credential %s", slug, id)}
		}
		t.adminEvent(adminEvent{action: "credential.deleted", directory: connector.DirectoryID, connector: connector.ID,
			changes: map[string]any{"id": id}})
		return nil
	})
	return wrap(err, "deleting a credential of connector %s", slug)
}

// changeCredentials runs f in one transaction of the connector. Settling does not look at
// credentials, so the directory is not locked.
func (s *Store) changeCredentials(ctx context.Context, slug string, f func(*tx, *gorm.DB, tenants.Connector) error) error {
	connector, err := s.ConnectorBySlug(ctx, slug)
	if err != nil {
		return err
	}
	return s.write(ctx, inDirectory(connector.DirectoryID, connector.ID), func(t *tx) error {
		db, err := t.gorm()
		if err != nil {
			return err
		}
		return f(t, db, connector)
	})
}

// TouchCredentials implements tenants.Store: one round trip, in the order of ids, so that
// replicas that write the same ones never wait for each other in a circle.
func (s *Store) TouchCredentials(ctx context.Context, used map[uuid.UUID]time.Time) error {
	ids := make([]uuid.UUID, 0, len(used))
	for id := range used {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b uuid.UUID) int { return bytes.Compare(a[:], b[:]) })
	err := s.write(ctx, everyConnector, func(t *tx) error {
		for _, id := range ids {
			at := micros(used[id])
			t.exec(nil, "update credentials set last_used_at = ? where id = ? and (last_used_at is null or last_used_at < ?)", at, id, at)
		}
		return nil
	})
	return wrap(err, "writing when credentials were used")
}

// takenOr turns a refusal by a unique index into a problem.
func takenOr(err error, code, field, detail string) error {
	if !isTaken(err) {
		return err
	}
	return &tenants.Problem{Kind: tenants.ErrTaken, Code: code, Field: field, Detail: detail}
}
