package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

const importColumns = `i.id, i.directory_id, i.state, i.source, i.name, i.format, i.hash, i.phase, i.at_seq, i.next_seq, i.rows_staged, i.done, i.total,
	i.planned, i.applied, i.actor, i.comment, i.problem, i.cleared, i.created_at, i.beat_at, coalesce(i.started_at, 0), coalesce(i.finished_at, 0)`

func scanImport(r row) (directory.Import, error) {
	var i directory.Import
	var planned, applied json.RawMessage
	var created, beat, started, finished int64
	err := r.Scan(&i.ID, &i.Directory, &i.State, &i.Source, &i.Name, &i.Format, &i.Hash, &i.Phase, &i.At, &i.Next, &i.Rows, &i.Done, &i.Total,
		&planned, &applied, &i.Actor, &i.Comment, &i.Problem, &i.Cleared, &created, &beat, &started, &finished)
	if err != nil {
		return i, err
	}
	i.Created, i.Beat, i.Started, i.Finished = fromMicros(created), fromMicros(beat), fromMicros(started), fromMicros(finished)
	if err := json.Unmarshal(planned, &i.Planned); err != nil {
		return i, fmt.Errorf("reading the counts of import %s: %w", i.ID, err)
	}
	if err := json.Unmarshal(applied, &i.Applied); err != nil {
		return i, fmt.Errorf("reading the counts of import %s: %w", i.ID, err)
	}
	return i, nil
}

// Import reads an import of a directory.
func (s *Store) Import(ctx context.Context, id, of uuid.UUID) (found directory.Import, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		t.query(func(r row) error {
			var err error
			found, err = scanImport(r)
			return err
		}, "select "+importColumns+" from imports i where i.id = ? and i.directory_id = ?", of, id)
		return nil
	})
	if err == nil && found.ID == uuid.Nil {
		err = directory.ErrNotFound
	}
	return found, err
}

// Imports lists the imports of a directory, the newest first.
func (s *Store) Imports(ctx context.Context, id uuid.UUID, l directory.Listing) (directory.Page[directory.Import], error) {
	list := inOrderOfIDs(ofDirectory(id), listing{space: id, table: "imports", descending: true}, uuid.Max, func(i directory.Import) uuid.UUID { return i.ID })
	return readKeyset(ctx, s, list, l, func(t *tx, behind uuid.UUID, limit int64, p *directory.Page[directory.Import]) error {
		t.query(total(p), "select count(*) from imports where directory_id = ?", id)
		t.query(into(p, scanImport), "select "+importColumns+" from imports i where i.directory_id = ? and i.id < ? order by i.id desc limit ?", id, behind, limit)
		return nil
	})
}

// OpenImports are the imports of every directory that are not at rest, but of removed ones.
func (s *Store) OpenImports(ctx context.Context) (found []directory.Import, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) error {
		t.query(func(r row) error {
			i, err := scanImport(r)
			found = append(found, i)
			return err
		}, "select "+importColumns+` from imports i join directories d on d.id = i.directory_id
			where i.state in ('receiving', 'checking', 'running') and d.removed_at is null order by i.id`)
		return nil
	})
	return found, err
}

// TakeImport locks an import for this transaction.
func (w *work) TakeImport(ctx context.Context, id uuid.UUID, wait bool) (*directory.Import, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	words := "for update of i skip locked"
	if wait {
		words = "for update of i"
	}
	var found *directory.Import
	w.query(func(r row) error {
		i, err := scanImport(r)
		found = &i
		return err
	}, "select "+importColumns+" from imports i where i.id = ? and i.directory_id = ?"+w.locking(words), id, w.scope.directory)
	return found, w.flush()
}

// saveImports writes a new import, the progress of one, new rows, and what became of rows.
func (w *work) saveImports(c *directory.Changes) {
	if i := c.NewImport; i != nil {
		w.exec(nil, "insert into imports (id, directory_id, state, source, name, format, actor, created_at, beat_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
			i.ID, w.scope.directory, string(i.State), i.Source, i.Name, i.Format, i.Actor, micros(i.Created), micros(i.Created))
	}
	if i := c.Import; i != nil {
		planned, err := json.Marshal(i.Planned)
		if err != nil {
			w.fail(fmt.Errorf("encoding the counts of import %s: %w", i.ID, err))
			return
		}
		applied, err := json.Marshal(i.Applied)
		if err != nil {
			w.fail(fmt.Errorf("encoding the counts of import %s: %w", i.ID, err))
			return
		}
		w.exec(nil, `update imports set state = ?, hash = ?, phase = ?, at_seq = ?, next_seq = ?, rows_staged = ?, done = ?, total = ?, planned = ?, applied = ?,
			comment = ?, problem = ?, beat_at = ?, started_at = ?, finished_at = ? where id = ? and directory_id = ?`,
			string(i.State), i.Hash, i.Phase, i.At, i.Next, i.Rows, i.Done, i.Total, string(planned), string(applied),
			i.Comment, i.Problem, micros(i.Beat), nullTime(i.Started), nullTime(i.Finished), i.ID, w.scope.directory)
	}
	w.stageRows(c.AddImportRows)
	w.saveImportRows(c.ImportRows)
}

var stagedColumns = []string{"id", "import_id", "seq", "directory_id", "line", "kind", "key", "email_key", "ref", "group_name", "member", "doc", "said",
	"planned", "code", "place", "value", "detail"}

func (w *work) stageRows(add *directory.StagedRows) {
	if add == nil || len(add.Rows) == 0 {
		return
	}
	rows := make([][]any, len(add.Rows))
	for k, r := range add.Rows {
		rows[k] = []any{r.ID, add.Import, r.Seq, w.scope.directory, r.Line, string(r.Kind), r.Key, r.Email, storable(r.Ref), storable(r.Group), storable(r.Member),
			string(r.Doc), storable(r.Text), string(r.Planned), r.Code, storable(r.Place), storable(r.Value), storable(r.Detail)}
	}
	w.insert("import_rows", stagedColumns, rows, "")
}

var outcomeColumns = []string{"planned", "result", "code", "place", "value", "detail", "matched_by", "pair", "user_id"}

func (w *work) saveImportRows(changed []directory.ImportRow) {
	rows := make([][]any, len(changed))
	for k, r := range changed {
		rows[k] = []any{string(r.Planned), string(r.Result), r.Code, storable(r.Place), storable(r.Value), storable(r.Detail), r.By, r.Pair, nullID(r.User), r.ID}
	}
	w.updateMany("import_rows", outcomeColumns, nil, rows, "t.directory_id = ?", w.scope.directory)
}

// cleared is how much of an import's rows ClearImports has deleted.
const (
	clearedGood = 1
	clearedAll  = 2
)

// clearedAtOnce is how many rows one statement of ClearImports deletes.
const clearedAtOnce = 5000

// ClearImports deletes staged rows of imports that came to rest; see directory.ImportStore.
func (s *Store) ClearImports(ctx context.Context, rows, problems time.Time) error {
	for _, what := range []struct {
		before    time.Time
		cleared   int
		condition string
	}{{problems, clearedAll, ""}, {rows, clearedGood, " and code = ''"}} {
		var due []directory.Import
		err := s.read(ctx, everyConnector, func(t *tx) error {
			t.query(func(r row) error {
				i, err := scanImport(r)
				due = append(due, i)
				return err
			}, "select "+importColumns+" from imports i where i.state in ('ready', 'done', 'failed', 'cancelled') and i.cleared < ? and coalesce(i.finished_at, i.beat_at) < ?",
				what.cleared, micros(what.before))
			return nil
		})
		if err != nil {
			return fmt.Errorf("looking for imports whose rows have been kept long enough: %w", err)
		}
		for _, i := range due {
			if err := s.clearImport(ctx, i, what.cleared, what.condition); err != nil {
				return fmt.Errorf("deleting the rows of import %s: %w", i.ID, err)
			}
		}
	}
	return nil
}

func (s *Store) clearImport(ctx context.Context, i directory.Import, cleared int, condition string) error {
	over := false
	err := s.write(ctx, ofDirectory(i.Directory), func(t *tx) error { // what nobody applied can be applied no more
		over = false
		t.exec(nil, "update imports set state = 'cancelled', finished_at = beat_at, problem = 'nobody applied it in time' where id = ? and directory_id = ? and state = 'ready'", i.ID, i.Directory)
		t.query(func(r row) error { return r.Scan(&over) }, "select true from imports where id = ? and directory_id = ? and state in ('done', 'failed', 'cancelled')", i.ID, i.Directory)
		return nil
	})
	if err != nil || !over { // somebody applied it a moment ago
		return err
	}
	for n := int64(clearedAtOnce); n == clearedAtOnce; {
		err := s.write(ctx, ofDirectory(i.Directory), func(t *tx) error {
			t.exec(&n, "delete from import_rows where directory_id = ? and id in (select id from import_rows where import_id = ?"+condition+" limit ?)", i.Directory, i.ID, clearedAtOnce)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return s.write(ctx, ofDirectory(i.Directory), func(t *tx) error {
		t.exec(nil, "update imports set cleared = ? where id = ? and directory_id = ?", cleared, i.ID, i.Directory)
		return nil
	})
}
