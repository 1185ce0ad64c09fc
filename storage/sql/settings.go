package sql

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

const directoryColumns = `d.id, d.name, d.settings, d.epoch, d.version, d.created_at, coalesce(d.removed_at, 0), coalesce(d.purge_after, 0),
	(select count(distinct c.tenant_id) from connectors c where c.directory_id = d.id)`

func scanDirectory(r row) (info directory.Info, epoch int64, err error) {
	var settings json.RawMessage
	var created, removed, purge int64
	if err := r.Scan(&info.ID, &info.Name, &settings, &epoch, &info.Version, &created, &removed, &purge, &info.Tenants); err != nil {
		return info, 0, err
	}
	info.Created, info.Removed, info.PurgeAfter = fromMicros(created), fromMicros(removed), fromMicros(purge)
	info.Settings = policy.DefaultDirectorySettings()
	if err := json.Unmarshal(settings, &info.Settings); err != nil {
		return info, 0, fmt.Errorf("reading the settings of directory %s: %w", info.Name, err)
	}
	return info, epoch, nil
}

const boundColumns = `c.id, c.tenant_id, c.directory_id, t.name, d.name, c.slug, c.name, c.kind, c.mode, c.settings, c.precedence,
	c.created_at, c.updated_at, c.version, c.rules, c.rules_version, c.held_groups, case when c.retired_until is null then coalesce(c.still_since, 0) else 0 end, coalesce(c.settled_rules, c.rules)`

// scanBound reads a connector with its rules, not compiled yet.
func scanBound(r row) (*directory.Connector, error) {
	c := directory.Connector{Policy: &policy.Connector{}}
	var settings, rules, settled json.RawMessage
	var created, updated, still int64
	err := r.Scan(&c.ID, &c.TenantID, &c.DirectoryID, &c.Tenant, &c.Directory, &c.Slug, &c.Name, &c.Kind, &c.Mode, &settings, &c.Precedence,
		&created, &updated, &c.Version, &rules, &c.RulesVersion, &c.Policy.HeldGroups, &still, &settled)
	if err != nil {
		return nil, err
	}
	c.CreatedAt, c.UpdatedAt = fromMicros(created), fromMicros(updated)
	if err := json.Unmarshal(settings, &c.Settings); err != nil {
		return nil, fmt.Errorf("reading the settings of connector %s: %w", c.Slug, err)
	}
	c.Rules = policy.DefaultRules()
	if err := json.Unmarshal(rules, &c.Rules); err != nil {
		return nil, fmt.Errorf("reading the rules of connector %s: %w", c.Slug, err)
	}
	if c.Settled = c.Rules; !bytes.Equal(settled, rules) {
		c.Settled = policy.DefaultRules()
		if err := json.Unmarshal(settled, &c.Settled); err != nil {
			return nil, fmt.Errorf("reading the settled rules of connector %s: %w", c.Slug, err)
		}
	}
	if still != 0 {
		c.Policy.StillSince = fromMicros(still)
	}
	return &c, nil
}

// Settings reads and compiles what settling needs to know of a directory.
func (s *Store) Settings(ctx context.Context, id uuid.UUID) (*directory.Settings, error) {
	var settings *directory.Settings
	err := s.read(ctx, ofDirectory(id), func(t *tx) (err error) {
		settings, err = t.settings(id)
		return err
	})
	return settings, err
}

// Settings reads them inside the transaction, whose lock keeps them as they are.
func (w *work) Settings(ctx context.Context) (*directory.Settings, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return w.settings(w.scope.directory)
}

func (t *tx) settings(id uuid.UUID) (*directory.Settings, error) {
	settings := &directory.Settings{Connectors: make(map[uuid.UUID]*directory.Connector)}
	found, others := false, make(map[string]uuid.UUID)
	t.query(func(r row) (err error) {
		found = true
		settings.Info, settings.Epoch, err = scanDirectory(r)
		return err
	}, "select "+directoryColumns+" from directories d where d.id = ?", id)
	t.query(func(r row) error {
		c, err := scanBound(r)
		if err == nil {
			settings.Connectors[c.ID] = c
		}
		return err
	}, "select "+boundColumns+` from connectors c join tenants t on t.id = c.tenant_id join directories d on d.id = c.directory_id
		where c.directory_id = ?`, id)
	t.query(func(r row) error {
		name, other := "", uuid.Nil
		err := r.Scan(&other, &name)
		others[name] = other
		return err
	}, "select id, name_key from directories where removed_at is null and id <> ?", id)
	t.query(func(r row) error { return r.Scan(&settings.Job) }, "select id from jobs where directory_id = ? and state = 'running'", id)
	if err := t.flush(); err != nil {
		return nil, err
	}
	if !found {
		return nil, directory.ErrNotFound
	}
	if from := settings.Info.Settings.CopyFrom; from != "" {
		settings.CopyFrom = others[canonical.Key(from)]
	}
	var err error
	if settings.Directory, err = policy.CompileDirectory(settings.Info.Settings, settings.Info.Tenants); err != nil {
		return nil, fmt.Errorf("compiling the settings of directory %s: %w", settings.Info.Name, err)
	}
	for _, c := range settings.Connectors {
		p := c.Policy
		p.Slug, p.Tenant, p.Precedence = c.Slug, c.Tenant, c.Precedence
		if p.Rules, err = policy.Compile(c.Settled); err != nil {
			return nil, fmt.Errorf("compiling the rules of connector %s: %w", c.Slug, err)
		}
	}
	return settings, nil
}

// Connector reads a connector by its slug, or directory.ErrNotFound.
func (s *Store) Connector(ctx context.Context, slug string) (tenants.Connector, error) {
	var found *directory.Connector
	err := s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) (err error) {
			found, err = scanBound(r)
			return err
		}, "select "+boundColumns+` from connectors c join tenants t on t.id = c.tenant_id join directories d on d.id = c.directory_id
			where c.slug = ?`, slug)
		return nil
	})
	if err != nil {
		return tenants.Connector{}, err
	}
	if found == nil {
		return tenants.Connector{}, directory.ErrNotFound
	}
	return found.Connector, nil
}

// Directories reads all directories by name.
func (s *Store) Directories(ctx context.Context) ([]directory.Info, error) {
	var all []directory.Info
	err := s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			info, _, err := scanDirectory(r)
			all = append(all, info)
			return err
		}, "select "+directoryColumns+" from directories d order by d.name_key")
		return nil
	})
	return all, err
}

// Directory reads one directory by name.
func (s *Store) Directory(ctx context.Context, name string) (directory.Info, error) {
	var found *directory.Info
	err := s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			info, _, err := scanDirectory(r)
			found = &info
			return err
		}, "select "+directoryColumns+" from directories d where d.name_key = ?", canonical.Key(name))
		return nil
	})
	if err == nil && found == nil {
		err = directory.ErrNotFound
	}
	if err != nil {
		return directory.Info{}, err
	}
	return *found, nil
}

// saveSettings writes changes of what settling sees besides people. Each moves the epoch.
func (w *work) saveSettings(c *directory.Changes) {
	if d := c.NewDirectory; d != nil {
		settings, err := json.Marshal(d.Settings)
		if err != nil {
			w.fail(fmt.Errorf("encoding the settings of directory %s: %w", d.Name, err))
			return
		}
		w.exec(nil, "insert into directories (id, name, name_key, settings, created_at) values (?, ?, ?, ?, ?)",
			d.ID, d.Name, canonical.Key(d.Name), string(settings), micros(d.Created))
	}
	if c.Directory == nil && c.Connector == nil && c.Removal == nil {
		return
	}
	id := w.scope.directory
	if d := c.Directory; d != nil {
		settings, err := json.Marshal(d.Settings)
		if err != nil {
			w.fail(fmt.Errorf("encoding the settings of directory %s: %w", id, err))
			return
		}
		w.exec(nil, "update directories set settings = ?, version = version + 1 where id = ?", string(settings), id)
		if d.Retention {
			w.exec(nil, "update users set purge_after = deleted_at + ? where directory_id = ? and status = 'deleted' and deleted_at is not null",
				int64(d.Settings.RetentionDays)*dayMicros, id)
		}
	}
	if r := c.Removal; r != nil {
		w.exec(nil, "update directories set removed_at = ?, purge_after = ?, version = version + 1 where id = ?", nullTime(r.At), nullTime(r.PurgeAfter), id)
	}
	if x := c.Connector; x != nil {
		now := w.moment(x.At)
		if x.Rules != nil {
			rules, err := json.Marshal(x.Rules)
			if err != nil {
				w.fail(fmt.Errorf("encoding the rules of connector %s: %w", x.ID, err))
				return
			}
			// While a connector is not live, settling goes on by the rules it had when it was.
			w.exec(nil, `update connectors set rules = ?, rules_version = rules_version + 1, updated_at = ?, version = version + 1,
				settled_rules = case when still_since is null then null else coalesce(settled_rules, rules) end
				where id = ? and directory_id = ?`, string(rules), now, x.ID, id)
			w.addVersion(x.ID, id, x.By, x.Comment, x.Plan)
		}
		if x.Mode != "" {
			live := x.Mode == tenants.Live
			w.exec(nil, `update connectors set mode = ?, updated_at = ?, version = version + 1,
				still_since = case when ? then null else coalesce(still_since, cast(? as bigint)) end,
				settled_rules = case when ? then null else settled_rules end, retired_until = case when ? then null else retired_until end
				where id = ? and directory_id = ?`, string(x.Mode), now, live, now, live, live, x.ID, id)
		}
		if !x.RetiredUntil.IsZero() {
			w.exec(nil, "update connectors set retired_until = ? where id = ? and directory_id = ?", micros(x.RetiredUntil), x.ID, id)
		}
		if x.Settled != nil {
			settled, err := json.Marshal(x.Settled)
			if err != nil {
				w.fail(fmt.Errorf("encoding the settled rules of connector %s: %w", x.ID, err))
				return
			}
			w.exec(nil, "update connectors set settled_rules = ? where id = ? and directory_id = ?", string(settled), x.ID, id)
		}
		if x.Rules != nil || x.Mode != "" {
			w.sweepForeign(x.ID, x.Always)
		}
		if x.HeldGroups {
			w.exec(nil, "update connectors set held_groups = ? where id = ? and directory_id = ?", true, x.ID, id)
		}
	}
	w.exec(nil, "update directories set epoch = epoch + 1 where id = ?", id)
}
