package sql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"gorm.io/gorm"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

var _ tenants.Lookup = (*Store)(nil)

// credentialRow is a credential as gorm reads and writes it.
type credentialRow struct {
	ID          uuid.UUID
	ConnectorID uuid.UUID
	Name        string
	Kind        string
	Hash        []byte
	Username    string
	Hint        string
	ReadOnly    bool
	Settings    string
	ExpiresAt   *int64
	LastUsedAt  *int64
	CreatedAt   int64 `gorm:"autoCreateTime:false"`
}

func (credentialRow) TableName() string { return "credentials" }

func (r credentialRow) credential() (tenants.Credential, error) {
	c := tenants.Credential{
		ID: r.ID, ConnectorID: r.ConnectorID, Name: r.Name, Kind: tenants.CredentialKind(r.Kind), Username: r.Username, Hint: r.Hint,
		ReadOnly: r.ReadOnly, ExpiresAt: maybeTime(r.ExpiresAt), LastUsedAt: maybeTime(r.LastUsedAt), CreatedAt: fromMicros(r.CreatedAt),
	}
	if err := json.Unmarshal([]byte(r.Settings), &c.Settings); err != nil {
		return c, fmt.Errorf("reading the settings of credential %s: %w", r.ID, err)
	}
	return c, nil
}

func maybeTime(n *int64) time.Time {
	if n == nil {
		return time.Time{}
	}
	return fromMicros(*n)
}

// Find implements tenants.Lookup: by the unique index over look-up keys, in one round trip.
func (s *Store) Find(ctx context.Context, key string) (tenants.Entry, error) {
	if strings.HasPrefix(key, tenants.ConsumerKey("")) {
		return s.findConsumer(ctx, key)
	}
	var k credentialRow
	var c namedConnector
	err := s.read(ctx, everyConnector, func(t *tx) error { // who calls is what it finds out
		t.query(func(r row) error {
			return r.Scan(&k.ID, &k.ConnectorID, &k.Name, &k.Kind, &k.Hash, &k.Username, &k.Hint, &k.ReadOnly, &k.Settings, &k.ExpiresAt, &k.LastUsedAt, &k.CreatedAt,
				&c.Row.ID, &c.Row.TenantID, &c.Row.DirectoryID, &c.Row.Slug, &c.Row.Name, &c.Row.Kind, &c.Row.Mode, &c.Row.Precedence, &c.Row.Settings,
				&c.Row.CreatedAt, &c.Row.UpdatedAt, &c.Row.Version, &c.Tenant, &c.Directory)
		}, `select k.id, k.connector_id, k.name, k.kind, k.hash, k.username, k.hint, k.read_only, k.settings, k.expires_at, k.last_used_at, k.created_at,
			`+connectorColumns+" from credentials k join connectors c on c.id = k.connector_id "+connectorNames+" where k.lookup_key = ?", key)
		return nil
	})
	if err != nil {
		return tenants.Entry{}, fmt.Errorf("reading a credential: %w", err)
	}
	if k.ID == uuid.Nil {
		return tenants.Entry{}, tenants.ErrUnknown
	}
	var entry tenants.Entry
	if entry.Credential, err = k.credential(); err != nil {
		return tenants.Entry{}, err
	}
	if copy(entry.Hash[:], k.Hash) != len(entry.Hash) || bytes.Equal(entry.Hash[:], make([]byte, len(entry.Hash))) {
		return tenants.Entry{}, fmt.Errorf("credential %s has a broken hash", k.ID)
	}
	entry.Connector, err = c.connector()
	return entry, err
}

// AddCredential implements tenants.Store.
func (s *Store) AddCredential(ctx context.Context, slug string, n tenants.NewCredential) (tenants.Credential, error) {
	var added tenants.Credential
	err := s.changeCredentials(ctx, slug, func(t *tx, connector tenants.Connector) error {
		added = t.addCredential(connector.ID, n)
		t.adminEvent(adminEvent{action: "credential.created", directory: connector.DirectoryID, connector: connector.ID,
			changes: map[string]any{"id": added.ID, "name": n.Name, "kind": n.Kind, "readOnly": n.ReadOnly}})
		return nil
	})
	if isReferenced(err) {
		err = unknownConnector(slug) // deleted since it was looked up
	}
	return added, wrap(credentialTaken(err, n), "adding a credential to connector %s", slug)
}

// addCredential queues the insert of a credential, and returns it as it will be.
func (t *tx) addCredential(connector uuid.UUID, n tenants.NewCredential) tenants.Credential {
	n.ID, n.ConnectorID, n.CreatedAt = newID(), connector, t.store.now()
	settings, err := json.Marshal(n.Settings)
	if err != nil {
		t.fail(fmt.Errorf("encoding the settings of credential %q: %w", n.Name, err))
	}
	var expires any
	if !n.ExpiresAt.IsZero() {
		expires = micros(n.ExpiresAt)
	}
	t.exec(nil, `insert into credentials (id, connector_id, name, name_key, kind, lookup_key, hash, username, hint, read_only, settings, expires_at, created_at)
		values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		n.ID, connector, n.Name, canonical.Key(n.Name), string(n.Kind), n.LookupKey, n.Hash[:], n.Username, n.Hint, n.ReadOnly, string(settings), expires, micros(n.CreatedAt))
	n.Credential.CreatedAt = fromMicros(micros(n.CreatedAt))
	return n.Credential
}

// indexCredentialName keeps the names of a connector's credentials apart.
const indexCredentialName = "credentials_name"

// credentialTaken says which part of a new credential is taken, if that is what err is about.
func credentialTaken(err error, n tenants.NewCredential) error {
	taken := &tenants.Problem{Kind: tenants.ErrTaken}
	switch {
	case !isDuplicate(err):
		return err
	case isDuplicate(err, indexCredentialName):
		taken.Code, taken.Field = tenants.CodeCredentialTaken, "name"
		taken.Detail = fmt.Sprintf("this connector has a credential named %q already; choose another name, by which requests can be told apart", n.Name)
	case n.Kind == tenants.Entra:
		taken.Code, taken.Field = tenants.CodeCredentialTaken, "entra.tenant"
		taken.Detail = fmt.Sprintf("this connector has a credential for the Entra tenant %s already", n.Settings.Entra.Tenant)
	default:
		return usernameTaken("username", n.Username)
	}
	return taken
}

func usernameTaken(field, username string) error {
	return &tenants.Problem{Kind: tenants.ErrTaken, Code: tenants.CodeUsernameTaken, Field: field,
		Detail: fmt.Sprintf("the user name %q is taken by another credential of this connector; choose another one", username)}
}

// Credentials implements tenants.Store.
func (s *Store) Credentials(ctx context.Context, slug string) ([]tenants.Credential, error) {
	connector, err := s.ConnectorBySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	var rows []credentialRow
	err = s.look(ctx, func(db *gorm.DB) error {
		return db.Where("connector_id = ?", connector.ID).Where("ended_at is null").Order("id").Find(&rows).Error
	})
	if err != nil {
		return nil, fmt.Errorf("listing the credentials of connector %s: %w", slug, err)
	}
	all := make([]tenants.Credential, len(rows))
	for i, r := range rows {
		if all[i], err = r.credential(); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// DeleteCredential implements tenants.Store. The row stays, by a look-up key that nothing presents
// and without a hash: events name their credential by it.
func (s *Store) DeleteCredential(ctx context.Context, slug string, id uuid.UUID) error {
	err := s.changeCredentials(ctx, slug, func(t *tx, connector tenants.Connector) error {
		name := ""
		t.query(func(r row) error { return r.Scan(&name) },
			"update credentials set ended_at = ?, lookup_key = ?, hash = ? where id = ? and connector_id = ? and ended_at is null returning name",
			micros(s.now()), "ended:"+id.String(), []byte{}, id, connector.ID)
		if err := t.flush(); err != nil {
			return err
		}
		if name == "" {
			return &tenants.Problem{Kind: tenants.ErrUnknown, Code: tenants.CodeCredentialUnknown,
				Detail: fmt.Sprintf("connector %q has no credential %s", slug, id)}
		}
		t.adminEvent(adminEvent{action: "credential.deleted", directory: connector.DirectoryID, connector: connector.ID,
			changes: map[string]any{"id": id, "name": name}})
		return nil
	})
	return wrap(err, "deleting a credential of connector %s", slug)
}

// changeCredentials runs f in one transaction of the connector. Settling does not look at
// credentials, so the directory is not locked.
func (s *Store) changeCredentials(ctx context.Context, slug string, f func(*tx, tenants.Connector) error) error {
	connector, err := s.ConnectorBySlug(ctx, slug)
	if err != nil {
		return err
	}
	return s.write(ctx, inDirectory(connector.DirectoryID, connector.ID), func(t *tx) error { return f(t, connector) })
}

// ClaimExpiring implements tenants.Store: who writes that it told of a credential tells of it.
func (s *Store) ClaimExpiring(ctx context.Context) ([]tenants.Expiring, error) {
	var all []tenants.Expiring
	err := s.write(ctx, everyConnector, func(t *tx) error {
		all = nil
		now := s.now()
		t.query(func(r row) error {
			x := tenants.Expiring{}
			var kind string
			var expires int64
			err := r.Scan(&x.Credential.ID, &x.Credential.Name, &kind, &expires, &x.Connector)
			x.Credential.Kind, x.Credential.ExpiresAt = tenants.CredentialKind(kind), fromMicros(expires)
			all = append(all, x)
			return err
		}, `update credentials set warned_at = ?
			where ended_at is null and expires_at <= ? and expires_at > ? and (warned_at is null or warned_at <= ?)
			returning id, name, kind, expires_at, (select c.slug from connectors c where c.id = connector_id)`,
			micros(now), micros(now.Add(tenants.WarnAhead)), micros(now.Add(-tenants.WarnPast)), micros(now.Add(-tenants.WarnEvery)))
		return nil
	})
	return all, wrap(err, "looking for credentials that expire")
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
		if err := t.noteFirstUses(ids, used); err != nil {
			return err
		}
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
