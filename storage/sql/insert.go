package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"

	"github.com/google/uuid"
)

// sqliteRowsPerInsert keeps a statement's text, which SQLite parses each time, small.
const sqliteRowsPerInsert = 100

// insert queues the rows of one table, each with the values of columns in order. suffix follows
// the values ("on conflict … do nothing"). On PostgreSQL every number of rows is one statement
// with one array a column, so its text stays the same and its plan cached.
func (t *tx) insert(table string, columns []string, rows [][]any, suffix string) {
	t.insertRows(statement{}, table, columns, rows, suffix)
}

// insertCount is insert that also counts the rows that were inserted or changed.
func (t *tx) insertCount(affected *int64, table string, columns []string, rows [][]any, suffix string) {
	*affected = 0
	t.insertRows(statement{affected: affected}, table, columns, rows, suffix)
}

// insertReturning is insert with a "returning …" in its suffix; each gets its rows.
func (t *tx) insertReturning(each func(row) error, table string, columns []string, rows [][]any, suffix string) {
	t.insertRows(statement{each: each}, table, columns, rows, suffix)
}

func (t *tx) insertRows(st statement, table string, columns []string, rows [][]any, suffix string) {
	for _, r := range rows {
		if len(r) != len(columns) {
			t.fail(fmt.Errorf("inserting into %s: %d values for %d columns", table, len(r), len(columns)))
			return
		}
	}
	if t.pg() && len(rows) > 1 {
		t.insertArrays(st, table, columns, rows, suffix)
		return
	}
	for len(rows) > 0 {
		n := min(len(rows), sqliteRowsPerInsert)
		t.insertValues(st, table, columns, rows[:n], suffix)
		rows = rows[n:]
	}
}

// insertValues queues: insert into t (a, b) values (?, ?), (?, ?) suffix.
func (t *tx) insertValues(st statement, table string, columns []string, rows [][]any, suffix string) {
	one := "(?" + strings.Repeat(", ?", len(columns)-1) + ")"
	st.sql = "insert into " + table + " (" + strings.Join(columns, ", ") + ") values " + one +
		strings.Repeat(", "+one, len(rows)-1) + " " + suffix
	st.args = make([]any, 0, len(rows)*len(columns))
	for _, r := range rows {
		st.args = append(st.args, r...)
	}
	t.queue = append(t.queue, st)
}

// insertArrays queues: insert into t (a, b) select * from unnest(?::uuid[], ?::text[]) suffix.
func (t *tx) insertArrays(st statement, table string, columns []string, rows [][]any, suffix string) {
	types, err := t.typesOf(table, columns)
	if err != nil {
		t.fail(err)
		return
	}
	var sql strings.Builder
	sql.WriteString("insert into " + table + " (" + strings.Join(columns, ", ") + ") select * from unnest(")
	for i, typ := range types {
		if i > 0 {
			sql.WriteString(", ")
		}
		sql.WriteString("?::" + typ + "[]")
		st.args = append(st.args, pgArray(rows, i))
	}
	sql.WriteString(") " + suffix)
	st.sql = sql.String()
	t.queue = append(t.queue, st)
}

// pgArray is column i of the rows as one array: of the column's own type when every value has
// it, which is several times faster than []any.
func pgArray(rows [][]any, i int) any {
	switch rows[0][i].(type) {
	case uuid.UUID:
		if ids, ok := columnOf[uuid.UUID](rows, i); ok {
			return ids
		}
	case string:
		if texts, ok := columnOf[string](rows, i); ok {
			return texts
		}
	case int64:
		if numbers, ok := columnOf[int64](rows, i); ok {
			return numbers
		}
	case bool:
		if bools, ok := columnOf[bool](rows, i); ok {
			return bools
		}
	case json.RawMessage:
		if texts, ok := jsonColumn(rows, i); ok {
			return texts
		}
	}
	mixed := make([]any, len(rows))
	for j, r := range rows {
		mixed[j], _ = pgArgument(r[i])
	}
	return mixed
}

func columnOf[T any](rows [][]any, i int) ([]T, bool) {
	column := make([]T, len(rows))
	for j, r := range rows {
		v, ok := r[i].(T)
		if !ok {
			return nil, false
		}
		column[j] = v
	}
	return column, true
}

func jsonColumn(rows [][]any, i int) ([]string, bool) {
	column := make([]string, len(rows))
	for j, r := range rows {
		v, ok := r[i].(json.RawMessage)
		if !ok || v == nil {
			return nil, false
		}
		column[j] = string(v)
	}
	return column, true
}

// columnTypes knows the types of PostgreSQL's columns: table.column → type, as they were when
// they were last read.
type columnTypes struct {
	types atomic.Pointer[map[string]string]
}

// typesOf returns the types of columns. It reads the catalog when it misses one: once in a
// process, and again when a migration has added some.
func (t *tx) typesOf(table string, columns []string) ([]string, error) {
	known := &t.store.types
	found, ok := known.find(table, columns)
	if ok {
		return found, nil
	}
	types, err := t.readTypes()
	if err != nil {
		return nil, fmt.Errorf("reading the columns of %s: %w", table, err)
	}
	known.types.Store(&types)
	if found, ok = known.find(table, columns); !ok {
		return nil, fmt.Errorf("table %s lacks one of the columns %v", table, columns)
	}
	return found, nil
}

// of is typesOf for a caller without a transaction at hand.
func (c *columnTypes) of(ctx context.Context, s *Store, table string, columns []string) ([]string, error) {
	return (&tx{ctx: ctx, store: s}).typesOf(table, columns)
}

func (c *columnTypes) find(table string, columns []string) ([]string, bool) {
	types := c.types.Load()
	if types == nil {
		return nil, false
	}
	found := make([]string, len(columns))
	for i, column := range columns {
		typ, ok := (*types)[table+"."+column]
		if !ok {
			return nil, false
		}
		found[i] = typ
	}
	return found, true
}

// readTypes reads the catalog at once: on the transaction's own connection, if it has one, past
// its queue, because waiting for another one while holding this one could be for ever.
func (t *tx) readTypes() (map[string]string, error) {
	types := make(map[string]string)
	read := statement{
		sql: `select c.relname || '.' || a.attname, format_type(a.atttypid, null)
			from pg_attribute a join pg_class c on c.oid = a.attrelid
			where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
			  and a.attnum > 0 and not a.attisdropped`,
		each: func(r row) error {
			var name, typ string
			err := r.Scan(&name, &typ)
			types[name] = typ
			return err
		},
	}
	if t.session != nil {
		return types, t.session.run(t.ctx, t.scope, []statement{read}, false, false)
	}
	return types, t.store.read(t.ctx, noConnector, func(own *tx) error {
		own.queue = append(own.queue, read)
		return nil
	})
}
