package directory

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/scim/canonical"
)

const (
	importChunk      = 500     // rows that are staged in one transaction
	importChunkBytes = 4 << 20 // … or as many as have this much text
	mostImportRows   = 10_000_000
	mostOpenImports  = 20 // of a directory: staged rows take room
	importsAtOnce    = 500
)

// CreateImport stages rows and checks them; see Importing.
func (d *Directory) CreateImport(ctx context.Context, by Admin, directory string, n NewImport, rows iter.Seq2[importfile.Row, error], wait time.Duration) (Import, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Import{}, err
	}
	if err := d.roomForImports(ctx, info.ID); err != nil {
		return Import{}, err
	}
	now := d.now()
	i := Import{ID: newID(), Directory: info.ID, State: ImportReceiving, Source: n.Source, Name: n.Name, Format: n.Format, Next: 1, Actor: by.ID, Created: now, Beat: now}
	err = d.change(ctx, Scope{Directory: info.ID}, by.actor(), func(w *work) error {
		w.changes.NewImport = &i
		return nil
	})
	if err != nil {
		return Import{}, err
	}
	if err := d.stage(ctx, by.actor(), &i, rows); err != nil {
		d.failImport(context.WithoutCancel(ctx), i, err)
		return Import{}, err
	}
	return d.awaitImport(ctx, i, wait)
}

// roomForImports refuses another import while too many wait to be applied or cancelled.
func (d *Directory) roomForImports(ctx context.Context, directory uuid.UUID) error {
	open := 0
	for l := (Listing{Limit: importsAtOnce}); ; {
		page, err := d.store.Imports(ctx, directory, l)
		if err != nil {
			return err
		}
		for _, i := range page.Items {
			if !i.State.over() {
				open++
			}
		}
		last := len(page.Items) - 1
		if page.Next == "" || open >= mostOpenImports || d.now().Sub(page.Items[last].Created) > 2*importRowsKept {
			break // older ones do not wait any more
		}
		l.Cursor = page.Next
	}
	if open >= mostOpenImports {
		return &RefusedError{Code: "tooManyImports", Detail: fmt.Sprintf("%d imports of this directory wait; apply or cancel some of them first", open)}
	}
	return nil
}

// stage writes the rows of an import, chunk after chunk, and hands it on to be checked.
func (d *Directory) stage(ctx context.Context, by actor, i *Import, rows iter.Seq2[importfile.Row, error]) error {
	var chunk []ImportRow
	size := 0
	for row, err := range rows {
		if err != nil {
			return err
		}
		chunk = append(chunk, staged(row))
		size += len(row.Text) + len(chunk[len(chunk)-1].Doc)
		if len(chunk) < importChunk && size < importChunkBytes {
			continue
		}
		if err := d.saveChunk(ctx, by, i, chunk, ImportReceiving); err != nil {
			return err
		}
		chunk, size = chunk[:0], 0
	}
	return d.saveChunk(ctx, by, i, chunk, ImportChecking)
}

// staged is a row as it is kept.
func staged(r importfile.Row) ImportRow {
	row := ImportRow{ID: newID(), Line: r.Line, Kind: r.Kind, Ref: r.Source, Group: r.Group, Member: r.Member, Text: r.Text}
	switch {
	case r.Problem != nil:
		row.fail(ImportError, r.Problem.Code, r.Problem.Column, r.Problem.Value, r.Problem.Detail)
	case r.Kind == importfile.User:
		row.Doc = r.User.JSON()
		row.Key, row.Email = canonical.Key(r.User.UserName()), canonical.Key(r.User.PrimaryEmail())
	default:
		row.Key = canonical.Key(r.Group)
	}
	return row
}

// saveChunk writes a chunk and the state behind it.
func (d *Directory) saveChunk(ctx context.Context, by actor, i *Import, chunk []ImportRow, state ImportState) error {
	if i.Rows+int64(len(chunk)) > mostImportRows {
		return &importfile.FileError{Line: chunk[0].Line, Detail: fmt.Sprintf("an import takes up to %d rows; split the file here", mostImportRows)}
	}
	var now Import
	err := d.change(ctx, Scope{Directory: i.Directory}, by, func(w *work) error {
		taken, err := w.tx.TakeImport(ctx, i.ID, true)
		if err != nil {
			return err
		}
		if taken == nil || taken.State != ImportReceiving {
			return &RefusedError{Code: "importOver", Detail: "the import was cancelled while its rows came in; start it again"}
		}
		now = *taken
		for k := range chunk {
			chunk[k].Seq = now.Next + int64(k)
			if chunk[k].Planned != "" {
				now.Planned.count(chunk[k].Kind, chunk[k].Planned, 1)
			}
		}
		now.Next += int64(len(chunk))
		now.Rows += int64(len(chunk))
		now.State, now.Total, now.Beat = state, now.Rows, w.now
		now.Done = now.Planned.Errors
		w.changes.AddImportRows = &StagedRows{Import: now.ID, Rows: chunk}
		w.changes.Import = &now
		if state == ImportChecking {
			w.event("directory.import.received", EventRow{Changes: map[string]any{"import": now.ID, "source": now.Source, "name": now.Name, "rows": now.Rows}})
		}
		return nil
	})
	if err == nil {
		*i = now
	}
	return err
}

// failImport ends an import whose rows did not all come in.
func (d *Directory) failImport(ctx context.Context, i Import, cause error) {
	why := "the connection broke off, or the server was stopped, before all rows were there; import the file again"
	var file *importfile.FileError
	if errors.As(cause, &file) {
		why = file.Error()
	}
	err := d.touchImport(ctx, i.Directory, i.ID, i.actor(), func(w *work, now *Import) error {
		if now.State == ImportReceiving {
			now.State, now.Problem, now.Finished = ImportFailed, why, w.now
		}
		return nil
	})
	if err != nil {
		d.log.Warn("an import that broke off is still listed as being received", "import", i.ID, "error", err)
	}
}

// touchImport changes the row of an import, whatever its state.
func (d *Directory) touchImport(ctx context.Context, directory, id uuid.UUID, by actor, f func(*work, *Import) error) error {
	return d.change(ctx, Scope{Directory: directory}, by, func(w *work) error {
		now, err := w.tx.TakeImport(ctx, id, true)
		if err != nil {
			return err
		}
		if now == nil {
			return ErrNotFound
		}
		if err := f(w, now); err != nil {
			return err
		}
		now.Beat = w.now
		w.changes.Import = now
		return nil
	})
}

// awaitImport works on an import until it comes to rest, or wait is over.
func (d *Directory) awaitImport(ctx context.Context, i Import, wait time.Duration) (Import, error) {
	until := time.Now().Add(wait)
	for {
		if err := d.runImport(ctx, i, until); err != nil {
			return i, err
		}
		now, err := d.store.Import(ctx, i.Directory, i.ID)
		if err != nil {
			return i, err
		}
		if now.State != ImportChecking && now.State != ImportRunning || !time.Now().Before(until) {
			return now, nil
		}
		pause(ctx, helpPause) // another process has it
		if err := ctx.Err(); err != nil {
			return now, err
		}
	}
}

// Imports lists the imports of a directory, the newest first.
func (d *Directory) Imports(ctx context.Context, directory string, l Listing) (Page[Import], error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Page[Import]{}, err
	}
	return d.store.Imports(ctx, info.ID, l)
}

// ReadImport reads an import with its statistics.
func (d *Directory) ReadImport(ctx context.Context, directory string, id uuid.UUID) (Import, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Import{}, err
	}
	return d.store.Import(ctx, info.ID, id)
}

// ImportLines lists the rows of an import.
func (d *Directory) ImportLines(ctx context.Context, directory string, id uuid.UUID, f ImportFilter, l Listing) (Page[ImportRow], error) {
	i, err := d.ReadImport(ctx, directory, id)
	if err != nil {
		return Page[ImportRow]{}, err
	}
	return d.store.ImportLines(ctx, i.Directory, i.ID, f, l)
}

// ApplyImport begins to apply an import; see Importing.
func (d *Directory) ApplyImport(ctx context.Context, by Admin, directory string, id uuid.UUID, hash, comment string) (Import, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Import{}, err
	}
	var applied Import
	err = d.touchImport(ctx, info.ID, id, by.actor(), func(w *work, i *Import) error {
		switch {
		case i.State == ImportReceiving || i.State == ImportChecking:
			return &RefusedError{Code: "importChecking", Detail: "the import's rows are still being read or checked; read it again until it is ready"}
		case i.State != ImportReady:
			return &RefusedError{Code: "importOver", Detail: fmt.Sprintf("the import is %s already; import the file again", i.State)}
		case i.Hash != hash:
			return &RefusedError{Code: "importStale", Detail: "this is not the hash of the import; read it again, and apply what it says"}
		}
		i.State, i.Comment, i.Started = ImportRunning, comment, w.now
		i.Phase, i.At, i.Done, i.Total = 0, 0, 0, i.Planned.Effects()
		w.event("directory.import.applied", EventRow{Changes: map[string]any{"import": i.ID, "name": i.Name, "comment": comment, "planned": i.Planned}})
		applied = *i
		return nil
	})
	return applied, err
}

// CancelImport stops an import. What it has done already stays.
func (d *Directory) CancelImport(ctx context.Context, by Admin, directory string, id uuid.UUID, comment string) (Import, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Import{}, err
	}
	var cancelled Import
	err = d.touchImport(ctx, info.ID, id, by.actor(), func(w *work, i *Import) error {
		if i.State.over() {
			return &RefusedError{Code: "importOver", Detail: fmt.Sprintf("the import is %s already", i.State)}
		}
		w.event("directory.import.cancelled", EventRow{Changes: map[string]any{"import": i.ID, "name": i.Name, "comment": comment, "was": i.State, "applied": i.Applied}})
		i.State, i.Finished = ImportCancelled, w.now
		cancelled = *i
		return nil
	})
	return cancelled, err
}
