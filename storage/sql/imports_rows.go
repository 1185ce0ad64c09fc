package sql

import (
	"context"
	"fmt"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/importfile"
)

const importRowColumns = `r.id, r.seq, r.line, r.kind, r.key, r.email_key, r.ref, r.pair, r.group_name, r.member, r.doc,
	r.planned, r.result, r.code, r.place, r.value, r.detail, r.matched_by, coalesce(r.user_id, ` + none + `)`

func scanImportRow(r row, more ...any) (directory.ImportRow, error) {
	var x directory.ImportRow
	var doc string
	err := r.Scan(append([]any{&x.ID, &x.Seq, &x.Line, &x.Kind, &x.Key, &x.Email, &x.Ref, &x.Pair, &x.Group, &x.Member, &doc,
		&x.Planned, &x.Result, &x.Code, &x.Place, &x.Value, &x.Detail, &x.By, &x.User}, more...)...)
	x.Doc = []byte(doc)
	return x, err
}

// storable is text without NUL, which PostgreSQL does not hold, and without broken UTF-8. Only
// what is shown may be changed so; keys and documents were checked before.
func storable(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\x00", "\uFFFD")
}

// ImportRows reads rows to check or to apply; see directory.ImportTx.
func (w *work) ImportRows(ctx context.Context, id uuid.UUID, kind importfile.Kind, apply bool, after int64, limit int) ([]directory.ImportRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	pending := "r.planned = ''"
	if apply {
		pending = "r.planned in ('create', 'fill', 'add') and r.result = ''"
	}
	var found []directory.ImportRow
	w.query(func(r row) error {
		x, err := scanImportRow(r)
		found = append(found, x)
		return err
	}, "select "+importRowColumns+" from import_rows r where r.import_id = ? and r.kind = ? and r.seq > ? and r.directory_id = ? and "+pending+" order by r.seq limit ?",
		id, string(kind), after, w.scope.directory, limit)
	return found, w.flush()
}

// StagedUsers reads the rows of users that texts name; see directory.ImportTx.
func (w *work) StagedUsers(ctx context.Context, id uuid.UUID, refs, keys []string) ([]directory.ImportRow, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	w.preferIndexes()
	seen := make(map[uuid.UUID]bool)
	var found []directory.ImportRow
	read := func(column, more string, values []string) {
		if len(values) == 0 {
			return
		}
		condition, arg := w.oneOfText("r."+column, values)
		w.query(func(r row) error {
			x, err := scanImportRow(r)
			if err == nil && !seen[x.ID] {
				seen[x.ID] = true
				found = append(found, x)
			}
			return err
		}, "select "+importRowColumns+" from import_rows r where r.import_id = ? and r.directory_id = ? and r.kind = 'user' and r.key <> ''"+more+" and "+condition+" order by r.seq",
			id, w.scope.directory, arg)
	}
	read("ref", " and r.ref <> ''", refs)
	read("key", " and r.kind <> 'membership'", keys)
	read("email_key", " and r.email_key <> ''", keys)
	return found, w.flush()
}

// StagedGroups reads the first rows of groups; see directory.ImportTx.
func (w *work) StagedGroups(ctx context.Context, id uuid.UUID, keys []string) (map[string]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	first := make(map[string]int64)
	if len(keys) == 0 {
		return first, nil
	}
	w.preferIndexes()
	condition, arg := w.oneOfText("key", keys)
	w.query(func(r row) error {
		var key string
		var seq int64
		err := r.Scan(&key, &seq)
		first[key] = seq
		return err
	}, "select key, min(seq) from import_rows where import_id = ? and directory_id = ? and kind = 'group' and key <> '' and "+condition+" group by key",
		id, w.scope.directory, arg)
	return first, w.flush()
}

// StagedPairs reads the first rows of memberships that are checked; see directory.ImportTx.
func (w *work) StagedPairs(ctx context.Context, id uuid.UUID, pairs []string) (map[string][2]int64, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	first := make(map[string][2]int64)
	if len(pairs) == 0 {
		return first, nil
	}
	w.preferIndexes()
	condition, arg := w.oneOfText("pair", pairs)
	w.query(func(r row) error {
		var pair string
		var seq, line int64
		err := r.Scan(&pair, &seq, &line)
		first[pair] = [2]int64{seq, line}
		return err
	}, "select pair, min(seq), min(line) from import_rows where import_id = ? and directory_id = ? and pair <> '' and "+condition+" group by pair",
		id, w.scope.directory, arg)
	return first, w.flush()
}

// ImportLines lists the rows of an import in the file's order.
func (s *Store) ImportLines(ctx context.Context, id, of uuid.UUID, f directory.ImportFilter, l directory.Listing) (directory.Page[directory.ImportRow], error) {
	condition, args := "r.import_id = ? and r.directory_id = ?", []any{of, id}
	if f.Problems {
		condition += " and r.code <> ''"
	}
	if f.Kind != "" {
		condition, args = condition+" and r.kind = ?", append(args, string(f.Kind))
	}
	if f.Result != "" {
		condition, args = condition+" and (case when r.result = '' then r.planned else r.result end) = ?", append(args, string(f.Result))
	}
	list := inOrderOfNumbers(ofDirectory(id), listing{space: of, table: "import_rows", filter: condition + fmt.Sprint(f)}, 0, func(r directory.ImportRow) int64 { return r.Seq })
	return readKeyset(ctx, s, list, l, func(t *tx, behind, limit int64, p *directory.Page[directory.ImportRow]) error {
		if f.Problems { // all of them are as many as the import says; counting a million for each page is slow
			t.query(total(p), "select count(*) from import_rows r where "+condition, args...)
		}
		t.query(into(p, func(r row) (directory.ImportRow, error) {
			var text string
			x, err := scanImportRow(r, &text)
			x.Text = text
			return x, err
		}), "select "+importRowColumns+", r.said from import_rows r where "+condition+" and r.seq > ? order by r.seq limit ?", append(args, behind, limit)...)
		return nil
	})
}
