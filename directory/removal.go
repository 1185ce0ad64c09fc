package directory

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// RemovalCounts are the numbers of what a directory holds.
type RemovalCounts struct {
	Users, Groups, Memberships, Records int
}

// Removal is what removing a directory would take away, and what is in its way.
type Removal struct {
	Info
	RemovalCounts
	Connectors []string // bound to it: they are removed with it
	InTheWay   []string // those of them that are not disabled
	Only       bool     // it is the only directory, and stays
	Job        bool     // a change of rules is being carried out in it
}

// refused is why the directory cannot be removed; nil when it can.
func (r *Removal) refused() error {
	switch {
	case r.Only:
		return &RefusedError{Code: "onlyDirectory", Detail: r.Name + " is the only directory there is; make another one first"}
	case len(r.InTheWay) > 0:
		return &RefusedError{Code: "connectorsInTheWay", Detail: fmt.Sprintf("%s still provision into %s. Disable them first (PUT /api/v1/connectors/{c}/mode), so that their IdPs are told", strings.Join(r.InTheWay, ", "), r.Name)}
	case r.Job:
		return errJobRunning
	}
	return nil
}

// removedError is the answer for everything in a directory that is removed.
func removedError(i Info) error {
	return &RefusedError{Code: "directoryRemoved", Detail: fmt.Sprintf("directory %s was removed and is kept until %s; restore it first (POST /api/v1/directories/%s/restoration)", i.Name, i.PurgeAfter.UTC().Format(time.RFC3339), i.Name)}
}

// FindDirectory finds a directory by name, also one that is removed.
func (d *Directory) FindDirectory(ctx context.Context, name string) (Info, error) {
	return d.store.Directory(ctx, name)
}

// PlanRemoval says what removing a directory would take away, and what is in its way.
func (d *Directory) PlanRemoval(ctx context.Context, name string) (Removal, error) {
	info, err := d.ReadDirectory(ctx, name)
	if err != nil {
		return Removal{}, err
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return Removal{}, err
	}
	r, err := d.removal(ctx, info, settings)
	if err != nil {
		return Removal{}, err
	}
	r.RemovalCounts, err = d.store.RemovalCounts(ctx, info.ID)
	return r, err
}

// removal is a Removal without its numbers.
func (d *Directory) removal(ctx context.Context, info Info, settings *Settings) (Removal, error) {
	r := Removal{Info: info, Only: true}
	all, err := d.store.Directories(ctx)
	if err != nil {
		return r, err
	}
	for _, other := range all {
		r.Only = r.Only && (other.ID == info.ID || !other.Removed.IsZero())
	}
	for _, c := range settings.Connectors {
		r.Connectors = append(r.Connectors, c.Slug)
		if c.Mode != tenants.Disabled {
			r.InTheWay = append(r.InTheWay, c.Slug)
		}
	}
	slices.Sort(r.Connectors)
	slices.Sort(r.InTheWay)
	jobs, err := d.store.RunningJobs(ctx)
	r.Job = slices.ContainsFunc(jobs, func(j Job) bool { return j.Directory == info.ID })
	return r, err
}

// RemoveDirectory removes a directory softly: nothing in it can be read or changed any more, and
// for its retentionDays it can be restored. Then it is purged. confirm is its name.
func (d *Directory) RemoveDirectory(ctx context.Context, by Admin, name, confirm string) (Info, error) {
	info, err := d.ReadDirectory(ctx, name)
	if err != nil {
		return Info{}, err
	}
	if canonical.Key(confirm) != canonical.Key(info.Name) {
		return Info{}, &RefusedError{Code: "confirmationMismatch", Detail: fmt.Sprintf("confirm must be the directory's name, %s; nothing was removed. GET /api/v1/directories/%s/removal says what it would take away", info.Name, info.Name)}
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return Info{}, err
	}
	planned, err := d.removal(ctx, info, settings)
	if err != nil {
		return Info{}, err
	}
	if err := planned.refused(); err != nil {
		return Info{}, err
	}
	err = d.change(ctx, Scope{Directory: info.ID}, by.actor(), func(w *work) error {
		if _, err := w.load(Request{Exclusive: true}); err != nil {
			return err
		}
		if w.settings.Info.Version != info.Version || w.settings.Epoch != settings.Epoch {
			return ErrVersion // somebody changed it, or a connector of it, a moment ago
		}
		until := w.now.AddDate(0, 0, w.settings.Directory.Settings().RetentionDays)
		w.changes.Removal = &DirectoryRemoval{At: w.now, PurgeAfter: until}
		w.event("directory.removed", EventRow{Changes: map[string]any{"name": info.Name, "purgeAfter": until}})
		return nil
	})
	if err != nil {
		return Info{}, err
	}
	return d.FindDirectory(ctx, name)
}

// RestoreDirectory brings a removed directory back as it was. Its connectors stay disabled.
func (d *Directory) RestoreDirectory(ctx context.Context, by Admin, name string) (Info, error) {
	info, err := d.FindDirectory(ctx, name)
	if err != nil {
		return Info{}, err
	}
	err = d.change(ctx, Scope{Directory: info.ID}, by.actor(), func(w *work) error {
		if _, err := w.load(Request{Exclusive: true}); err != nil {
			return err
		}
		switch now := w.settings.Info; {
		case now.Removed.IsZero():
			return &RefusedError{Code: "notRemoved", Detail: info.Name + " is not removed"}
		case !now.PurgeAfter.After(w.now):
			return &RefusedError{Code: "purging", Detail: info.Name + " is being purged; it cannot be restored any more"}
		}
		w.changes.Removal = &DirectoryRemoval{}
		w.event("directory.restored", EventRow{Changes: map[string]any{"name": info.Name}})
		return nil
	})
	if err != nil {
		return Info{}, err
	}
	return d.ReadDirectory(ctx, name)
}
