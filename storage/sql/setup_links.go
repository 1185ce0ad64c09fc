package sql

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

const setupLinkColumns = "x.id, c.slug, x.name, x.actor, x.created_at, x.expires_at, coalesce(x.used_at, 0), coalesce(x.credential_id, " + none + ")"

const setupLinkTables = "setup_links x join connectors c on c.id = x.connector_id"

func scanSetupLink(r row) (l tenants.SetupLink, err error) {
	var created, expires, used int64
	err = r.Scan(&l.ID, &l.Connector, &l.Name, &l.By, &created, &expires, &used, &l.Credential)
	l.CreatedAt, l.ExpiresAt, l.UsedAt = fromMicros(created), fromMicros(expires), orNever(used)
	return l, err
}

// setupLinks queues reading links into found.
func (t *tx) setupLinks(found *[]tenants.SetupLink, condition string, args ...any) {
	t.query(func(r row) error {
		l, err := scanSetupLink(r)
		*found = append(*found, l)
		return err
	}, "select "+setupLinkColumns+" from "+setupLinkTables+" where "+condition+" order by x.created_at desc, x.id", args...)
}

// AddSetupLink implements tenants.Store. Links of the connector that are over are swept away on
// the way.
func (s *Store) AddSetupLink(ctx context.Context, n tenants.NewSetupLink) (made tenants.SetupLink, err error) {
	err = s.changeCredentials(ctx, n.Connector, func(t *tx, connector tenants.Connector) error {
		now := s.now()
		made = n.SetupLink
		made.ID, made.CreatedAt, made.ExpiresAt = newID(), fromMicros(micros(now)), fromMicros(micros(n.ExpiresAt))
		t.exec(nil, "delete from setup_links where connector_id = ? and expires_at <= ?", connector.ID, micros(now))
		t.exec(nil, "insert into setup_links (id, connector_id, name, hash, actor, created_at, expires_at) values (?, ?, ?, ?, ?, ?, ?)",
			made.ID, connector.ID, n.Name, n.Hash[:], n.By, micros(now), micros(n.ExpiresAt))
		t.adminEvent(adminEvent{action: "connector.setupLink.created", directory: connector.DirectoryID, connector: connector.ID,
			changes: map[string]any{"id": made.ID, "name": n.Name, "expiresAt": made.ExpiresAt.UTC()}})
		return nil
	})
	if isReferenced(err) {
		err = unknownConnector(n.Connector) // deleted since it was looked up
	}
	return made, wrap(err, "making a set-up link of connector %s", n.Connector)
}

// SetupLinks implements tenants.Store.
func (s *Store) SetupLinks(ctx context.Context, slug string, now time.Time) ([]tenants.SetupLink, error) {
	connector, err := s.ConnectorBySlug(ctx, slug)
	if err != nil {
		return nil, err
	}
	all := []tenants.SetupLink{}
	err = s.read(ctx, ofConnector(connector.ID), func(t *tx) error {
		t.setupLinks(&all, "x.connector_id = ? and x.expires_at > ?", connector.ID, micros(now))
		return nil
	})
	return all, wrap(err, "listing the set-up links of connector %s", slug)
}

// SetupLink implements tenants.Store.
func (s *Store) SetupLink(ctx context.Context, hash [32]byte, now time.Time) (tenants.SetupLink, error) {
	var found []tenants.SetupLink
	err := s.read(ctx, everyConnector, func(t *tx) error { // which connector's it is is what it finds out
		t.setupLinks(&found, "x.hash = ? and x.expires_at > ?", hash[:], micros(now))
		return nil
	})
	if err == nil && len(found) == 0 {
		err = tenants.UnknownSetupLink()
	}
	if err != nil {
		return tenants.SetupLink{}, wrap(err, "reading a set-up link")
	}
	return found[0], nil
}

// EndSetupLink implements tenants.Store.
func (s *Store) EndSetupLink(ctx context.Context, slug string, id uuid.UUID) error {
	err := s.changeCredentials(ctx, slug, func(t *tx, connector tenants.Connector) error {
		name := ""
		t.query(func(r row) error { return r.Scan(&name) }, "delete from setup_links where id = ? and connector_id = ? returning name", id, connector.ID)
		if err := t.flush(); err != nil {
			return err
		}
		if name == "" {
			return tenants.UnknownSetupLink()
		}
		t.adminEvent(adminEvent{action: "connector.setupLink.ended", directory: connector.DirectoryID, connector: connector.ID, changes: map[string]any{"id": id, "name": name}})
		return nil
	})
	return wrap(err, "ending a set-up link of connector %s", slug)
}

// UseSetupLink implements tenants.Store. The update decides who of several was first.
func (s *Store) UseSetupLink(ctx context.Context, hash [32]byte, now time.Time, n tenants.NewCredential) (added tenants.Credential, err error) {
	link, err := s.SetupLink(ctx, hash, now)
	if err != nil {
		return added, err
	}
	err = s.changeCredentials(ctx, link.Connector, func(t *tx, connector tenants.Connector) error {
		var used int64
		t.exec(&used, "update setup_links set used_at = ? where id = ? and connector_id = ? and used_at is null", micros(now), link.ID, connector.ID)
		var left []tenants.SetupLink
		t.setupLinks(&left, "x.id = ? and x.connector_id = ? and x.expires_at > ?", link.ID, connector.ID, micros(now))
		if err := t.flush(); err != nil {
			return err
		}
		switch {
		case len(left) == 0: // ended since it was looked up
			return tenants.UnknownSetupLink()
		case used == 0:
			return tenants.UsedSetupLink()
		}
		added = t.addCredential(connector.ID, n)
		t.exec(nil, "update setup_links set credential_id = ? where id = ? and connector_id = ?", added.ID, link.ID, connector.ID)
		t.adminEvent(adminEvent{action: "connector.setupLink.used", directory: connector.DirectoryID, connector: connector.ID,
			changes: map[string]any{"id": link.ID, "name": link.Name, "credential": added.ID}})
		t.adminEvent(adminEvent{action: "credential.created", directory: connector.DirectoryID, connector: connector.ID,
			changes: map[string]any{"id": added.ID, "name": n.Name, "kind": n.Kind, "readOnly": n.ReadOnly}})
		return nil
	})
	return added, wrap(credentialTaken(err, n), "making the credential of a set-up link of connector %s", link.Connector)
}
