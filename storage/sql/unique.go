package sql

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Values that a connector says are unique among its users lie in a table whose primary key keeps
// them so. A record's change releases and claims what it changes, in its own transaction; a
// connector without unique attributes has no rows, and its changes no statement here.

const indexUniqueValues = "unique_values_pkey"

// saveUnique writes what a record's change does to unique values. Claims are in the order of their
// keys, so that two transactions meet at the same one first.
func (w *work) saveUnique(u *directory.UniqueChange) {
	if u == nil {
		return
	}
	w.claims = u
	if u.All {
		w.exec(nil, "delete from unique_values where record_id = ? and connector_id = ?", u.Record, u.Connector)
	}
	for _, v := range u.Release {
		w.exec(nil, "delete from unique_values where connector_id = ? and attribute = ? and value_key = ? and record_id = ?",
			u.Connector, v.Attribute, v.Key, u.Record)
	}
	rows := make([][]any, len(u.Claim))
	for i, v := range u.Claim {
		rows[i] = uniqueRow(u.Connector, w.scope.directory, u.Record, v)
	}
	w.insert("unique_values", uniqueColumns, rows, "")
}

var uniqueColumns = []string{"connector_id", "attribute", "value_key", "directory_id", "record_id"}

func uniqueRow(connector, directory, record uuid.UUID, v directory.UniqueValue) []any {
	return []any{connector, v.Attribute, v.Key, directory, record}
}

// taken says which of the values that a record claimed another one has. Should that one have let
// go of it since, the first claim is named: sent again, it may be had.
func (s *Store) taken(ctx context.Context, u *directory.UniqueChange) error {
	held := u.Claim[0]
	if len(u.Claim) > 1 {
		err := s.read(ctx, ofConnector(u.Connector), func(t *tx) error {
			for i := len(u.Claim) - 1; i >= 0; i-- {
				v := u.Claim[i]
				t.query(func(row) error { held = v; return nil },
					"select 1 from unique_values where connector_id = ? and attribute = ? and value_key = ?", u.Connector, v.Attribute, v.Key)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return &directory.DuplicateError{Attribute: held.Attribute, Value: held.Text}
}

// changeUnique makes the table agree with a change of what is unique. The directory's lock is held
// alone, so no record changes meanwhile.
func (t *tx) changeUnique(c tenants.Connector, after tenants.Demands) error {
	_, had, _ := c.Settings.Places()
	_, has, sensitive := after.Places()
	for _, p := range missing(had, has) {
		t.exec(nil, "delete from unique_values where connector_id = ? and attribute = ?", c.ID, p.String())
	}
	added := missing(has, had)
	if len(added) == 0 {
		return nil
	}
	if t.pg() {
		t.exec(nil, patience)
	}
	f := filling{holder: make(map[directory.UniqueValue]uuid.UUID), sensitive: sensitive}
	t.query(func(r row) error {
		var id uuid.UUID
		var doc json.RawMessage
		if err := r.Scan(&id, &doc); err != nil {
			return err
		}
		f.add(id, scim.ParseDocument(doc), added)
		return nil
	}, "select id, doc from user_records where connector_id = ? and deleted_at is null order by id", c.ID)
	if err := t.flush(); err != nil {
		return err
	}
	if f.twice > 0 {
		return f.refusal(c.Slug)
	}
	rows := make([][]any, 0, len(f.holder))
	for v, record := range f.holder {
		rows = append(rows, uniqueRow(c.ID, c.DirectoryID, record, v))
	}
	slices.SortFunc(rows, func(a, b []any) int {
		return cmp.Or(strings.Compare(a[1].(string), b[1].(string)), strings.Compare(a[2].(string), b[2].(string)))
	})
	for bunch := range slices.Chunk(rows, fillAtOnce) {
		t.insert("unique_values", uniqueColumns, bunch, "")
	}
	return nil
}

// fillAtOnce is how many values one statement writes.
const fillAtOnce = 10_000

// missing are those places of a list that others do not have.
func missing(list, others []scim.Place) []scim.Place {
	return slices.DeleteFunc(slices.Clone(list), func(p scim.Place) bool {
		return p.Is("userName") || slices.ContainsFunc(others, func(o scim.Place) bool { return o.String() == p.String() })
	})
}

// filling is what is found of a connector's values before they are unique.
type filling struct {
	holder    map[directory.UniqueValue]uuid.UUID // without the text
	sensitive []scim.Place
	twice     int      // values that a record has which another one had before
	told      []string // of the first of them, in words
}

const duplicatesTold = 3

func (f *filling) add(id uuid.UUID, doc scim.Document, places []scim.Place) {
	for _, p := range places {
		for i, v := range directory.UniqueValuesOf(doc, []scim.Place{p}) {
			key := directory.UniqueValue{Attribute: v.Attribute, Key: v.Key}
			other, has := f.holder[key]
			if !has {
				f.holder[key] = id
				continue
			}
			if f.twice++; len(f.told) == duplicatesTold {
				continue
			}
			text := scim.Masked
			if seen := directory.UniqueValuesOf(scim.Mask(doc, f.sensitive), []scim.Place{p}); i < len(seen) && seen[i] == v {
				text = v.Text
			}
			f.told = append(f.told, fmt.Sprintf("%s %q of %s (record %s) is also that of record %s", v.Attribute, text, doc.UserName(), id, other))
		}
	}
}

func (f *filling) refusal(slug string) error {
	return &tenants.Problem{Kind: tenants.ErrTaken, Code: tenants.CodeNotUnique, Field: "unique",
		Detail: fmt.Sprintf("users of connector %q share values, %d times: %s. Give them different ones at the IdP, and ask again", slug, f.twice, strings.Join(f.told, "; "))}
}

// Holders are the connectors that hold a record of users; see directory.Store.
func (s *Store) Holders(ctx context.Context, id uuid.UUID, users []uuid.UUID) (map[uuid.UUID][]uuid.UUID, error) {
	holders := make(map[uuid.UUID][]uuid.UUID, len(users))
	err := s.read(ctx, ofDirectory(id), func(t *tx) error {
		clear(holders)
		condition, ids := t.oneOf("user_id", users)
		t.query(func(r row) error {
			var user, connector uuid.UUID
			err := r.Scan(&user, &connector)
			holders[user] = append(holders[user], connector)
			return err
		}, "select user_id, connector_id from user_records where directory_id = ? and "+condition, id, ids)
		return nil
	})
	return holders, err
}
