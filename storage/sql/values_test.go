package sql

import (
	stdsql "database/sql"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"
)

// scratch makes a table of every type this package stores.
func scratch(t *testing.T, s *Store) {
	t.Helper()
	ddl := `create table scratch (id uuid primary key, name text not null, doc jsonb, raw bytea,
		number bigint, flag boolean, other uuid, plain text)`
	if !s.isPostgres() {
		ddl = strings.NewReplacer("uuid", "text", "jsonb", "text", "bytea", "blob", "bigint", "integer").Replace(ddl)
	}
	mustWrite(t, s, func(tx *tx) error {
		tx.exec(nil, ddl)
		tx.exec(nil, "create unique index scratch_name on scratch (name) where flag is null or not flag")
		return nil
	})
}

func mustWrite(t *testing.T, s *Store, f func(*tx) error) {
	t.Helper()
	if err := s.write(t.Context(), everyConnector, f); err != nil {
		t.Fatal(err)
	}
}

var scratchColumns = []string{"id", "name", "doc", "raw", "number", "flag", "other", "plain"}

type word string

func TestValuesComeBackAsTheyWentIn(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		id, other := uuid.New(), uuid.New()
		doc := json.RawMessage(`{"a": "é"}`)
		mustWrite(t, s, func(tx *tx) error {
			tx.exec(nil, `insert into scratch (id, name, doc, raw, number, flag, other, plain) values (?, ?, ?, ?, ?, ?, ?, ?)`,
				id, word("what? 'x'"), doc, []byte{0, 1, 255}, int64(1)<<60, true, &other, json.RawMessage(`{"b":1}`))
			tx.exec(nil, `insert into scratch (id, name, doc, raw, number, flag, other, plain) values (?, 'none', ?, ?, ?, ?, ?, ?)`,
				uuid.New(), json.RawMessage(nil), nil, (*int64)(nil), nil, nullID(uuid.Nil), nullText(""))
			return nil
		})
		var (
			gotID, gotOther uuid.UUID
			name            word
			gotDoc, plain   json.RawMessage
			raw             []byte
			number          int64
			flag            bool
		)
		var (
			noOther  uuid.NullUUID
			noOther2 *uuid.UUID
			noDoc    json.RawMessage
			noNumber stdsql.NullInt64
			noFlag   *bool
			noPlain  *string
			exists   bool
		)
		if err := s.read(t.Context(), everyConnector, func(tx *tx) error {
			tx.query(func(r row) error {
				return r.Scan(&gotID, &name, &gotDoc, &raw, &number, &flag, &gotOther, &plain)
			}, "select id, name, doc, raw, number, flag, other, plain from scratch where id = ? /* why? */", id)
			tx.query(func(r row) error {
				return r.Scan(&noDoc, &noNumber, &noFlag, &noOther, &noOther2, &noPlain)
			}, "select doc, number, flag, other, other, plain from scratch where name = ?", "none")
			tx.query(func(r row) error { return r.Scan(&exists) }, "select exists (select 1 from scratch where other = ?)", other)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		got := fmt.Sprint(gotID, name, string(gotDoc), raw, number, flag, gotOther, string(plain), exists)
		want := fmt.Sprint(id, "what? 'x'", `{"a": "é"}`, []byte{0, 1, 255}, int64(1)<<60, true, other, `{"b":1}`, true)
		if got != want {
			t.Errorf("read  %s\nwrote %s", got, want)
		}
		if noOther.Valid || noOther2 != nil || noDoc != nil || noNumber.Valid || noFlag != nil || noPlain != nil {
			t.Errorf("nulls came back as %v %v %s %v %v %v", noOther, noOther2, noDoc, noNumber, noFlag, noPlain)
		}
	})
}

func TestInsertManyRows(t *testing.T) {
	onBothAsOwner(t, func(t *testing.T, s *Store) {
		scratch(t, s)
		for _, n := range []int{0, 1, 2, 100, 101, 2500} {
			var rows [][]any
			var ids []uuid.UUID
			var names []string
			for i := range n {
				id := uuid.New()
				ids, names = append(ids, id), append(names, fmt.Sprintf("n%d-%d", n, i))
				var doc json.RawMessage
				if i%2 == 0 {
					doc = json.RawMessage(fmt.Sprintf(`{"i": %d}`, i))
				}
				rows = append(rows, []any{id, names[i], doc, []byte{byte(i)}, int64(i), i%2 == 0, nullID(uuid.Nil), nullText("")})
			}
			var inserted, again, byID, byName int64
			var returned []uuid.UUID
			mustWrite(t, s, func(tx *tx) error {
				tx.insertCount(&inserted, "scratch", scratchColumns, rows, "")
				tx.insertCount(&again, "scratch", scratchColumns, rows, "on conflict do nothing")
				returned = nil
				tx.insertReturning(func(r row) error {
					var id uuid.UUID
					err := r.Scan(&id)
					returned = append(returned, id)
					return err
				}, "scratch", scratchColumns, rows, "on conflict (id) do update set number = excluded.number + 1 returning id")
				where, arg := tx.in("id", ids)
				tx.query(func(r row) error { return r.Scan(&byID) }, "select count(*) from scratch where "+where, arg)
				where, arg = tx.inText("name", names)
				tx.query(func(r row) error { return r.Scan(&byName) }, "select count(*) from scratch where "+where, arg)
				return tx.flush()
			})
			want := int64(n)
			if inserted != want || again != 0 || byID != want || byName != want || !reflect.DeepEqual(returned, ids) {
				t.Errorf("%d rows: inserted %d, again %d, returned %d, found by id %d, by name %d", n, inserted, again, len(returned), byID, byName)
			}
		}
	})
}

func TestQuestionMarksBecomeNumbers(t *testing.T) {
	for sql, want := range map[string]string{
		"select 1":                              "select 1",
		"a = ? and b = ?":                       "a = $1 and b = $2",
		`a = '?' and b = ? and c = 'it''s ?'`:   `a = '?' and b = $1 and c = 'it''s ?'`,
		`"odd?" = ?`:                            `"odd?" = $1`,
		"a = ? -- really?\nand b = ?":           "a = $1 -- really?\nand b = $2",
		"a /* ? */ = ?":                         "a /* ? */ = $1",
		"doc ?? 'x' and a = ?":                  "doc ? 'x' and a = $1",
		"a = 'open ?":                           "a = 'open ?",
		"insert into t values (?,?,?), (?,?,?)": "insert into t values ($1,$2,$3), ($4,$5,$6)",
	} {
		for range 2 { // the second time from the cache
			if got := toNumbered(sql); got != want {
				t.Errorf("toNumbered(%q) = %q, want %q", sql, got, want)
			}
		}
	}
}
