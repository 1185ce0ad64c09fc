package directory

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"time"

	"github.com/muster-scim/muster/directory/importfile"
)

const (
	importBatch = 500 // rows that are visited in one transaction
	importSmall = 25  // when a batch fails: to keep one bad row from the others

	importSilent    = 15 * time.Minute    // without a sign of life, nobody sends rows any more
	importRowsKept  = 7 * 24 * time.Hour  // of an import that came to rest
	importTroubles  = 90 * 24 * time.Hour // its problems
	importCleanTime = 10 * time.Minute    // how often is looked for what to delete
)

// The order in which the kinds of rows are visited. Checking comes to groups last, as memberships
// bring groups of their own; applying makes them before the memberships.
var (
	checkOrder = []importfile.Kind{importfile.User, importfile.Membership, importfile.Group}
	applyOrder = []importfile.Kind{importfile.User, importfile.Group, importfile.Membership}
)

// importWorker carries on imports until ctx ends.
func (d *Directory) importWorker(ctx context.Context) {
	poll, clean := time.NewTicker(pollInterval), time.NewTicker(importCleanTime)
	defer poll.Stop()
	defer clean.Stop()
	for {
		if err := d.workImports(ctx); err != nil && ctx.Err() == nil {
			d.log.Error("carrying on imports", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-poll.C:
		case <-clean.C:
			if err := d.CleanImports(ctx); err != nil && ctx.Err() == nil {
				d.log.Error("deleting the rows of old imports", "error", err)
			}
		}
	}
}

// CleanImports deletes staged rows that have been kept long enough.
func (d *Directory) CleanImports(ctx context.Context) error {
	return d.store.ClearImports(ctx, d.now().Add(-importRowsKept), d.now().Add(-importTroubles))
}

// workImports carries on every import that is not at rest.
func (d *Directory) workImports(ctx context.Context) error {
	open, err := d.store.OpenImports(ctx)
	if err != nil {
		return fmt.Errorf("looking for imports: %w", err)
	}
	var all error
	for _, i := range open { // one import's trouble keeps no other from it
		if i.State == ImportReceiving {
			if d.now().Sub(i.Beat) > importSilent {
				d.failImport(ctx, i, nil)
			}
			continue
		}
		if err := d.runImport(ctx, i, time.Time{}); err != nil {
			all = errors.Join(all, fmt.Errorf("import %s: %w", i.ID, err))
		}
	}
	return all
}

// runImport carries an import on until it comes to rest, another process has it, its directory is
// removed, or until is past.
func (d *Directory) runImport(ctx context.Context, i Import, until time.Time) error {
	for {
		began := time.Now()
		if s, err := d.settingsNow(ctx, i.Directory); err != nil || !s.Info.Removed.IsZero() {
			return err
		}
		switch ours, err := d.stepImport(ctx, &i); {
		case err != nil:
			return err
		case !ours, i.State != ImportChecking && i.State != ImportRunning:
			return nil
		case !until.IsZero() && !time.Now().Before(until):
			return nil
		}
		if i.State == ImportRunning && i.Total > jobsInline {
			makeRoom(ctx, began, briefRest)
		}
	}
}

// stepImport visits the next rows. ours is false when another process has the import. A batch that
// fails is tried smaller; one row that fails alone becomes a problem, and the others go on. What is
// the database's trouble and not the row's is nobody's problem: the import stays where it is until
// the workers come to it again.
func (d *Directory) stepImport(ctx context.Context, i *Import) (ours bool, err error) {
	for _, limit := range []int{importBatch, importSmall, 1} {
		if ours, err = d.visitImport(ctx, i, limit, (*importing).batch); err == nil || ctx.Err() != nil || passing(err) {
			return ours, err
		}
	}
	cause := err
	return d.visitImport(ctx, i, 1, func(v *importing, rows []ImportRow) error {
		for k := range rows {
			d.log.Error("a row of an import could not be taken", "import", i.ID, "line", rows[k].Line, "error", cause)
			v.problem(&rows[k], ImportError, "internal", "", "", "The row could not be taken; the server's log says why. Import it again.")
		}
		return nil
	})
}

// passing says whether the same may succeed a little later.
func passing(err error) bool {
	var unavailable interface{ Unavailable() bool }
	return errors.As(err, &unavailable) && unavailable.Unavailable() || errors.Is(err, context.DeadlineExceeded)
}

// importing is one transaction of an import.
type importing struct {
	*work
	i     *Import
	kind  importfile.Kind
	apply bool
	added []ImportRow // groups that memberships bring
}

// visitImport takes the next rows and lets visit say what becomes of them, in one transaction
// with the import's progress.
func (d *Directory) visitImport(ctx context.Context, i *Import, limit int, visit func(*importing, []ImportRow) error) (ours bool, err error) {
	var now Import
	err = d.change(ctx, Scope{Directory: i.Directory}, i.actor(), func(w *work) error {
		taken, err := w.tx.TakeImport(ctx, i.ID, false)
		if ours = err == nil && taken != nil; !ours {
			return err
		}
		now = *taken
		if now.State != ImportChecking && now.State != ImportRunning {
			return nil
		}
		now.Beat = w.now
		v := &importing{work: w, i: &now, apply: now.State == ImportRunning}
		rows, err := v.next(limit)
		if err != nil {
			return err
		}
		w.changes.Import = &now
		if len(rows) == 0 {
			v.finish()
			return nil
		}
		if err := visit(v, rows); err != nil {
			return err
		}
		v.keep(rows)
		return nil
	})
	if err == nil && ours {
		*i = now
	}
	return ours, err
}

// next reads the next rows, of the next kind when there are no more of one; none: all are visited.
func (v *importing) next(limit int) ([]ImportRow, error) {
	order := checkOrder
	if v.apply {
		order = applyOrder
	}
	for ; v.i.Phase < len(order); v.i.Phase, v.i.At = v.i.Phase+1, 0 {
		v.kind = order[v.i.Phase]
		rows, err := v.tx.ImportRows(v.ctx, v.i.ID, v.kind, v.apply, v.i.At, limit)
		if err != nil || len(rows) > 0 {
			return rows, err
		}
	}
	return nil, nil
}

// batch checks or applies rows of one kind.
func (v *importing) batch(rows []ImportRow) error {
	switch v.kind {
	case importfile.User:
		return v.users(rows)
	case importfile.Group:
		return v.groups(rows)
	}
	return v.memberships(rows)
}

// keep writes what became of rows, and the place behind them.
func (v *importing) keep(rows []ImportRow) {
	hash := sha256.New()
	hash.Write([]byte(v.i.Hash))
	for k := range rows {
		r := &rows[k]
		if v.apply {
			v.i.Applied.count(r.Kind, r.Result, 1)
			continue
		}
		v.i.Planned.count(r.Kind, r.Planned, 1)
		fmt.Fprintln(hash, r.Kind, r.Line, r.Key, r.Planned, r.Code, r.User)
	}
	if !v.apply {
		v.i.Hash = base64.RawURLEncoding.EncodeToString(hash.Sum(nil)[:18])
	}
	v.i.At = rows[len(rows)-1].Seq
	v.i.Done += int64(len(rows))
	v.changes.ImportRows = rows
	if len(v.added) > 0 {
		v.i.Rows += int64(len(v.added))
		v.i.Total += int64(len(v.added))
		v.changes.AddImportRows = &StagedRows{Import: v.i.ID, Rows: v.added}
	}
}

// finish ends the checking, or the application.
func (v *importing) finish() {
	v.i.Phase, v.i.At = 0, 0
	if !v.apply {
		v.i.State, v.i.Done = ImportReady, v.i.Total
		if v.i.Hash == "" {
			v.i.Hash = "none" // every row is a problem
		}
		return
	}
	v.i.State, v.i.Finished = ImportDone, v.now
	v.event("directory.import.done", EventRow{Changes: map[string]any{"import": v.i.ID, "name": v.i.Name, "applied": v.i.Applied}})
}

// result sets what a row does, or did.
func (v *importing) result(r *ImportRow, result ImportResult) {
	if v.apply {
		r.Result = result
		return
	}
	r.Planned = result
}

// problem makes a problem of a row.
func (v *importing) problem(r *ImportRow, result ImportResult, code, place, value, detail string) {
	planned := r.Planned
	r.fail(result, code, place, value, detail)
	if v.apply {
		r.Planned, r.Result = planned, result
	}
}
