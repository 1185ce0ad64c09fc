package sql

import (
	"cmp"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/scim/filter"
)

var sortPaths = map[scim.Kind][]filter.Path{
	scim.UserKind: {{}, {Attr: "id"}, {Attr: "userName"}, {Attr: "title"}, {Attr: "externalId"}, {Attr: "active"},
		{Attr: "name", Sub: "familyName"}, {Attr: "emails"}, {Attr: "emails", Sub: "type"}, {Attr: "emails", Sub: "primary"},
		{Attr: "meta", Sub: "created"}, {Attr: "meta", Sub: "lastModified"}, {Attr: "department"}, {Attr: "manager"},
		{URN: opaqueURN, Attr: "badge"}},
	scim.GroupKind: {{}, {Attr: "displayName"}, {Attr: "externalId"}, {Attr: "meta", Sub: "created"}},
}

// TestCursorsWalkTheWholeListInOrder is the law of sorting and cursor pages: whatever the list,
// the key, the direction and the size of a page, the pages together are the list in order,
// each resource once, and the last page has no cursor.
func TestCursorsWalkTheWholeListInOrder(t *testing.T) {
	t.Parallel()
	sqlite, postgres := newSQLite(t), newDictionary(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		w.store(t, sqlite)
		w.store(t, postgres)
		for range 5 {
			s := rapid.SampledFrom(sides).Draw(rt, "side")
			path := rapid.SampledFrom(sortPaths[s.kind]).Draw(rt, "sortBy")
			descending := rapid.Bool().Draw(rt, "descending")
			count := rapid.IntRange(1, 7).Draw(rt, "count")
			want := sorted(s, w, path, descending)
			for name, store := range map[string]*Store{"sqlite": sqlite, "postgres": postgres} {
				got := walkPages(rt, t, store, s, w, path, descending, count)
				if !slices.Equal(got, want) {
					rt.Fatalf("%s by %q, descending %v, %d a page, on %s:\ngot  %v\nwant %v\n%s", s, path, descending, count, name, got, want, show(w, s))
				}
			}
		}
	})
}

// walkPages reads a list page by page as the store does, each page from the cursor before.
func walkPages(rt *rapid.T, t testing.TB, store *Store, s side, w *world, path filter.Path, descending bool, count int) (ids []uuid.UUID) {
	by, _ := scim.Resolve(s.kind, path)
	o, err := s.target(store.isPostgres(), w).order(&by, descending)
	if err != nil {
		rt.Fatal(err)
	}
	l := listing{space: w.connector, table: s.String(), sort: by.String(), descending: descending}
	after := always
	for range 20 {
		q := cat("select r.id, ", o.selectKey(), " ", s.from(w), " and ", after, " order by ", o.by(), " limit ", argument{count + 1})
		found, err := positions(t, store, w, q)
		if err != nil {
			rt.Fatalf("%v\n%s", err, q.sql)
		}
		page, next := cut(found, count, func(p position) position { return p })
		for _, p := range page {
			ids = append(ids, p.ID)
		}
		if next == nil {
			return ids
		}
		place, err := l.position(cursorSecret, cursorNow, l.cursor(cursorSecret, cursorNow, *next))
		if err != nil {
			rt.Fatal(err)
		}
		if after, err = o.after(place); err != nil {
			rt.Fatal(err)
		}
	}
	rt.Fatalf("twenty pages of %d and no end", count)
	return nil
}

// sorted is the list as the RFC orders it: without case, the primary of several values or else
// the first, absent last; descending is the reverse.
func sorted(s side, w *world, path filter.Path, descending bool) []uuid.UUID {
	things := slices.Clone(s.things(w))
	slices.SortFunc(things, func(a, b *thing) int {
		x, y := sortKey(s, a, path), sortKey(s, b, path)
		switch {
		case x != "" && y != "" && x != y:
			return cmp.Compare(x, y)
		case x == "" && y != "":
			return 1
		case x != "" && y == "":
			return -1
		}
		return slices.Compare(a.id[:], b.id[:])
	})
	var ids []uuid.UUID
	for _, th := range things {
		ids = append(ids, th.id)
	}
	if descending {
		slices.Reverse(ids)
	}
	return ids
}

func sortKey(s side, th *thing, path filter.Path) string {
	by, _ := scim.Resolve(s.kind, path)
	if by.Attribute == nil || by.Attribute.Name == "id" {
		return ""
	}
	v := walk(th.resource(s.kind, s.records), by.URN, by.Attribute.Name)
	if all, ok := v.([]any); ok {
		v = all[0]
		for _, e := range all {
			if m, ok := e.(map[string]any); ok && m["primary"] == true {
				v = e
			}
		}
	}
	if _, ok := v.(map[string]any); ok {
		sub := "value"
		if by.Sub != nil {
			sub = by.Sub.Name
		}
		v = walk(v, sub)
	}
	switch v := v.(type) {
	case nil:
		return ""
	case bool:
		if by.Opaque {
			return strconv.FormatBool(v)
		}
		return map[bool]string{true: "1", false: "0"}[v]
	case string:
		if at, err := time.Parse(time.RFC3339Nano, v); err == nil && by.Attribute.Name == "meta" {
			return at.Format(scim.TimeFormat)
		}
		if leaf := by.Leaf(); leaf.CaseExact {
			return v
		}
		return canonical.Key(v)
	default:
		return "5" // the only number of the worlds
	}
}

func TestWhatCannotBeSortedByIsAnInvalidPath(t *testing.T) {
	t.Parallel()
	target := recordTarget(true, scim.UserKind, uuid.New())
	for _, path := range []filter.Path{{Attr: "password"}, {Attr: "name"}, {Attr: "groups"}, {Attr: "meta", Sub: "version"}, {Attr: "addresses"}} {
		by, ok := scim.Resolve(scim.UserKind, path)
		if !ok {
			t.Fatalf("%s does not resolve", path)
		}
		if o, err := target.order(&by, false); !isType(err, scim.TypeInvalidPath) {
			t.Errorf("order(%s) = %+v, %v; want invalidPath", path, o, err)
		}
	}
}

// TestAWalkSeesWhatStaysExactlyOnce adds and removes users between the pages (RFC 9865 2).
func TestAWalkSeesWhatStaysExactlyOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, store *Store) {
		w := &world{connector: uuid.New(), directory: uuid.New()}
		for i := range 300 {
			w.users = append(w.users, person("user"+strconv.Itoa(1000+i*7%300)))
		}
		w.store(t, store)
		byName, _ := scim.Resolve(scim.UserKind, filter.Path{Attr: "userName"})
		o, err := sides[0].target(store.isPostgres(), w).order(&byName, false)
		if err != nil {
			t.Fatal(err)
		}
		seen := make(map[uuid.UUID]int)
		gone := make(map[uuid.UUID]bool)
		after, last := always, ""
		for page := 0; ; page++ {
			found, err := positions(t, store, w, cat("select r.id, ", o.selectKey(), " ", sides[0].from(w), " and ", after, " order by ", o.by(), " limit 8"))
			if err != nil {
				t.Fatal(err)
			}
			rows, next := cut(found, 7, func(p position) position { return p })
			for _, p := range rows {
				if *p.Key <= last {
					t.Fatalf("%s comes after %s", *p.Key, last)
				}
				last = *p.Key
				seen[p.ID]++
			}
			if next == nil {
				break
			}
			if after, err = o.after(*next); err != nil {
				t.Fatal(err)
			}
			other := &world{connector: w.connector, directory: w.directory, users: []*thing{person("user" + strconv.Itoa(1000+page*11%300) + "b")}}
			other.store(t, store)
			victim := w.users[page*13%300].id
			gone[victim], gone[next.ID] = true, true
			err = store.write(t.Context(), scope{directory: w.directory, connector: w.connector}, func(x *tx) error {
				x.exec(nil, "delete from user_records where id = ? or id = ?", victim, next.ID)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		for _, u := range w.users {
			if n := seen[u.id]; n != 1 && !gone[u.id] || n > 1 {
				t.Errorf("%s was seen %d times", u.doc.UserName(), n)
			}
		}
	})
}

func person(name string) *thing {
	return &thing{id: uuid.Must(uuid.NewV7()), active: true, doc: scim.Document{"userName": name}}
}
