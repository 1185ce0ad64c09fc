package directory

import (
	"context"
	"fmt"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// Directories lists the directories of the deployment.
func (d *Directory) Directories(ctx context.Context) ([]Info, error) {
	return d.store.Directories(ctx)
}

// ReadDirectory finds a directory by name. One that is removed is refused.
func (d *Directory) ReadDirectory(ctx context.Context, name string) (Info, error) {
	info, err := d.store.Directory(ctx, name)
	if err == nil && !info.Removed.IsZero() {
		return Info{}, removedError(info)
	}
	return info, err
}

// CreateDirectory makes an empty directory with default settings.
func (d *Directory) CreateDirectory(ctx context.Context, by Admin, name string) (Info, error) {
	if err := canonical.Check(name, 64); err != nil {
		return Info{}, &RefusedError{Code: "invalidName", Detail: "name " + err.Error()}
	}
	info := Info{ID: newID(), Name: name, Settings: policy.DefaultDirectorySettings(), Version: 1, Created: d.now()}
	err := d.store.Write(ctx, Scope{Directory: info.ID}, func(tx Tx) error {
		w := newWork(d, ctx, tx, Scope{Directory: info.ID}, by.actor())
		w.changes.NewDirectory = &info
		w.event("directory.created", EventRow{Changes: map[string]any{"name": name}})
		tx.Save(w.changes)
		return nil
	})
	return info, err
}

// SetDirectory changes a directory's settings and settles everybody in it through the queue.
func (d *Directory) SetDirectory(ctx context.Context, by Admin, name string, match IfMatch, s policy.DirectorySettings) (Info, error) {
	info, err := d.ReadDirectory(ctx, name)
	if err != nil {
		return Info{}, err
	}
	if _, err := policy.CompileDirectory(s, info.Tenants); err != nil {
		return Info{}, err
	}
	if err := d.copiesFrom(ctx, info, s.CopyFrom); err != nil {
		return Info{}, err
	}
	err = d.change(ctx, Scope{Directory: info.ID}, by.actor(), func(w *work) error {
		if _, err := w.load(Request{Exclusive: true}); err != nil {
			return err
		}
		if match != nil && !match(w.settings.Info.Version) {
			return ErrVersion
		}
		w.changes.Directory = &DirectoryChange{Settings: s, Retention: s.RetentionDays != w.settings.Info.Settings.RetentionDays}
		w.changes.QueueAll = &QueueAll{Directory: true}
		w.event("directory.changed", EventRow{Changes: map[string]any{"before": w.settings.Info.Settings, "after": s}})
		return nil
	})
	if err != nil {
		return Info{}, err
	}
	return d.ReadDirectory(ctx, name)
}

// connector finds a connector as settling sees it.
func (d *Directory) connector(ctx context.Context, slug string) (*Connector, error) {
	c, err := d.store.Connector(ctx, slug)
	if err != nil {
		return nil, err
	}
	settings, err := d.store.Settings(ctx, c.DirectoryID)
	if err != nil {
		return nil, fmt.Errorf("reading the settings of directory %s: %w", c.Directory, err)
	}
	if !settings.Info.Removed.IsZero() {
		return nil, removedError(settings.Info)
	}
	found := settings.Connectors[c.ID]
	if found == nil {
		return nil, ErrNotFound
	}
	return found, nil
}

// Rules of a connector, and their version.
func (d *Directory) Rules(ctx context.Context, slug string) (policy.Rules, int64, error) {
	c, err := d.connector(ctx, slug)
	if err != nil {
		return policy.Rules{}, 0, err
	}
	return c.Rules, c.RulesVersion, nil
}

// Pending is how many records are due and wait to be settled; those that only time will bring
// up again are not among them.
func (d *Directory) Pending(ctx context.Context, directory, slug string) (int, error) {
	if slug != "" {
		c, err := d.store.Connector(ctx, slug)
		if err != nil {
			return 0, err
		}
		return d.store.Pending(ctx, c.DirectoryID, c.ID, d.now())
	}
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return 0, err
	}
	return d.store.Pending(ctx, info.ID, uuid.Nil, d.now())
}
