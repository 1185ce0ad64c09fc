package sql

import (
	"encoding/json"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"
)

// Values go in and come out alike on both databases: uuid.UUID (uuid, or TEXT), string and named
// strings, []byte, int64 and int, bool, json.RawMessage (jsonb or text; nil is NULL), pointers
// and sql.Null… where a column may be NULL. JSON never travels as []byte: SQLite would take it
// for a BLOB. Times travel as micros.

// pgArguments makes ids native. A google/uuid value would otherwise travel as text.
func pgArguments(args []any) []any {
	out := args
	for i, arg := range args {
		native, changed := pgArgument(arg)
		if !changed {
			continue
		}
		if &out[0] == &args[0] { // the caller's slice stays as it is: the function may run again
			out = append([]any(nil), args...)
		}
		out[i] = native
	}
	return out
}

func pgArgument(arg any) (native any, changed bool) {
	switch v := arg.(type) {
	case uuid.UUID:
		return [16]byte(v), true
	case *uuid.UUID:
		if v == nil {
			return nil, true
		}
		return [16]byte(*v), true
	case uuid.NullUUID:
		if !v.Valid {
			return nil, true
		}
		return [16]byte(v.UUID), true
	case []uuid.UUID:
		native := make([][16]byte, len(v))
		for i, id := range v {
			native[i] = id
		}
		return native, true
	case json.RawMessage:
		return jsonText(v), true
	}
	return arg, false
}

// pgRow scans ids without the detour through text.
type pgRow struct{ rows pgx.Rows }

func (r pgRow) Scan(dest ...any) error {
	native := make([]any, len(dest))
	for i, d := range dest {
		switch v := d.(type) {
		case *uuid.UUID:
			native[i] = (*[16]byte)(v)
		case *json.RawMessage:
			native[i] = (*[]byte)(v)
		default:
			native[i] = d
		}
	}
	return r.rows.Scan(native...)
}

// sqliteArguments makes ids and JSON text.
func sqliteArguments(args []any) []any {
	out := make([]any, len(args))
	for i, arg := range args {
		switch v := arg.(type) {
		case uuid.UUID:
			out[i] = v.String()
		case *uuid.UUID:
			if v != nil {
				out[i] = v.String()
			}
		case uuid.NullUUID:
			if v.Valid {
				out[i] = v.UUID.String()
			}
		case json.RawMessage:
			out[i] = jsonText(v)
		default:
			out[i] = arg
		}
	}
	return out
}

// sqliteRow scans JSON, which is TEXT there.
type sqliteRow struct{ row row }

func (r sqliteRow) Scan(dest ...any) error {
	native := make([]any, len(dest))
	for i, d := range dest {
		if v, ok := d.(*json.RawMessage); ok {
			d = (*[]byte)(v)
		}
		native[i] = d
	}
	return r.row.Scan(native...)
}

func jsonText(v json.RawMessage) any {
	if v == nil {
		return nil
	}
	return string(v)
}

// nullID, nullText and nullTime are what is stored for a value whose zero means "none".
func nullID(id uuid.UUID) any {
	if id == uuid.Nil {
		return nil
	}
	return id
}

func nullText(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func nullTime(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return micros(t)
}

// in is the condition that a column of ids is one of ids, and its argument.
func (t *tx) in(column string, ids []uuid.UUID) (condition string, arg any) {
	if t.pg() {
		return column + " = any(?)", ids
	}
	list, arg := t.list(ids)
	return column + " in (" + list + ")", arg
}

// inText is in for a column of text.
func (t *tx) inText(column string, values []string) (condition string, arg any) {
	if t.pg() {
		if values == nil {
			values = []string{} // a nil slice would be NULL, and so the whole condition
		}
		return column + " = any(?)", values
	}
	return column + " in (" + fromJSON + ")", t.textList(values)
}

// list is a query for the ids themselves, and its argument.
func (t *tx) list(ids []uuid.UUID) (query string, arg any) {
	if t.pg() {
		return "select unnest(?::uuid[])", ids
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = id.String()
	}
	return fromJSON, t.textList(texts)
}

const fromJSON = "select value from json_each(?)"

// textList is values as the argument of fromJSON.
func (t *tx) textList(values []string) string {
	if values == nil {
		return "[]"
	}
	list, err := json.Marshal(values)
	if err != nil {
		t.fail(err)
	}
	return string(list)
}
