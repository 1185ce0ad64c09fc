package sql

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// A world is a small connector and a small directory, of random users and groups, that the laws
// of filters and sorting are tried on. It is kept twice: in the databases, and as resources as
// a client sees them, which the reference evaluator reads.
type world struct {
	connector, directory uuid.UUID
	users, groups        []*thing
}

// thing is one user or group; on the records' side and in the directory it has the same id.
type thing struct {
	id         uuid.UUID
	doc        scim.Document
	active     bool
	at         [2]int64 // created, modified
	in         []*thing // groups of a user
	members    []*thing
	unresolved []string
}

// awkward are texts that break what is careless about quotes, patterns, case or encodings.
var awkward = []string{
	"a", "A", "b", "ab", "Ab-c", "%", "a%b", "_", "a_b", `\`, `a\b`, `"`, `a"b`, "'", "x' OR 1=1 --", "é", "É", "e\u0301",
	"ß", "ss", "İ", "😀", "😀a", "\uffee", "5", "true", "null", "z?", "$1", "urn:a:b",
}

var (
	types     = []string{"work", "Work", "home", "other"}
	createds  = []int64{1305261754000000, 1305261754000001, 1305261754123456, 1305261755000000}
	opaqueURN = "urn:acme:params:1.0:Badge"
)

func drawWorld(t *rapid.T) *world {
	w := &world{connector: uuid.New(), directory: uuid.New()}
	text := rapid.SampledFrom(awkward)
	names := rapid.SliceOfNDistinct(text, 1, 6, canonical.Key)
	for _, name := range names.Draw(t, "groups") {
		raw := map[string]any{"displayName": name}
		maybe(t, raw, "externalId", text)
		g := w.add(t, &w.groups)
		g.doc, _, _, _, _ = scim.ParseGroup(raw, scim.Options{})
		if rapid.Bool().Draw(t, "has unresolved") {
			g.unresolved = rapid.SliceOfNDistinct(text, 0, 2, rapid.ID[string]).Draw(t, "unresolved")
		}
	}
	for _, name := range names.Draw(t, "users") {
		u := w.add(t, &w.users)
		u.doc, _, _ = scim.ParseUser(drawUser(t, name), scim.Options{})
		if u.doc == nil {
			t.Fatalf("user %q is refused", name)
		}
		value, said := u.doc.Active()
		u.active = value || !said
		for _, g := range w.groups {
			if rapid.IntRange(0, 2).Draw(t, "member") == 0 {
				u.in = append(u.in, g)
				g.members = append(g.members, u)
			}
		}
	}
	return w
}

func (w *world) add(t *rapid.T, list *[]*thing) *thing {
	at := rapid.SampledFrom(createds)
	id := uuid.Must(uuid.NewV7())
	th := &thing{id: id, active: true, at: [2]int64{at.Draw(t, "created"), at.Draw(t, "modified")}}
	*list = append(*list, th)
	return th
}

func drawUser(t *rapid.T, name string) map[string]any {
	text := rapid.SampledFrom(awkward)
	raw := map[string]any{"userName": name}
	maybe(t, raw, "title", text)
	maybe(t, raw, "displayName", text)
	maybe(t, raw, "externalId", text)
	maybe(t, raw, "active", rapid.Bool())
	inner := map[string]any{}
	maybe(t, inner, "familyName", text)
	maybe(t, inner, "givenName", text)
	raw["name"] = inner
	var emails []any
	for i := range rapid.IntRange(0, 3).Draw(t, "emails") {
		e := map[string]any{"value": text.Draw(t, "address")}
		maybe(t, e, "type", rapid.SampledFrom(types))
		if i == 1 {
			maybe(t, e, "primary", rapid.Bool())
		}
		maybe(t, e, "display", text)
		emails = append(emails, e)
	}
	raw["emails"] = emails
	enterprise := map[string]any{}
	maybe(t, enterprise, "department", text)
	maybe(t, enterprise, "manager", rapid.Map(text, func(s string) any { return map[string]any{"value": s} }))
	raw[scim.EnterpriseUser] = enterprise
	if rapid.Bool().Draw(t, "opaque") {
		plain := rapid.OneOf(rapid.Map(text, func(s string) any { return s }),
			rapid.Just[any](true), rapid.Just[any](json.Number("5")))
		object := rapid.Map(text, func(s string) any { return map[string]any{"value": s, "Color": "Red"} })
		element := rapid.OneOf(plain, object)
		raw[opaqueURN] = map[string]any{"Badge": rapid.OneOf(element,
			rapid.Map(rapid.SliceOfN(element, 1, 3), func(s []any) any { return s })).Draw(t, "badge")}
	}
	return raw
}

// maybe sets a key, or leaves it out.
func maybe[T any](t *rapid.T, m map[string]any, key string, value *rapid.Generator[T]) {
	if rapid.Bool().Draw(t, "has "+key) {
		m[key] = value.Draw(t, key)
	}
}

// resource is the thing as its connector reads it (or, without, an administrator): the document
// and what the server adds.
func (th *thing) resource(kind scim.Kind, records bool) map[string]any {
	r := map[string]any{"id": th.id.String(), "meta": map[string]any{
		"resourceType": string(kind),
		"created":      time.UnixMicro(th.at[0]).UTC().Format(time.RFC3339Nano),
		"lastModified": time.UnixMicro(th.at[1]).UTC().Format(time.RFC3339Nano),
	}}
	for k, v := range th.doc {
		r[k] = v
	}
	schemas := []any{scim.CoreUser}
	if kind == scim.UserKind {
		r["active"] = th.active
		r["groups"] = listOf(th.in, func(g *thing) any {
			return map[string]any{"value": g.id.String(), "display": g.doc["displayName"], "type": "direct"}
		})
	} else {
		schemas[0] = scim.CoreGroup
		members := listOf(th.members, func(u *thing) any { return map[string]any{"value": u.id.String(), "type": "User"} })
		if records {
			members = append(members, listOf(th.unresolved, func(v string) any { return map[string]any{"value": v} })...)
		}
		r["members"] = members
	}
	for _, urn := range []string{scim.EnterpriseUser, opaqueURN} {
		if th.doc[urn] != nil {
			schemas = append(schemas, urn)
		}
	}
	r["schemas"] = schemas
	return r
}

func listOf[T any](from []T, to func(T) any) []any {
	var out []any
	for _, v := range from {
		out = append(out, to(v))
	}
	return out
}

// store writes the world into a database.
func (w *world) store(t testing.TB, s *Store) {
	t.Helper()
	err := s.write(t.Context(), scope{directory: w.directory, connector: w.connector}, func(x *tx) error {
		for _, u := range w.users {
			w.storeUser(x, u)
		}
		for _, g := range w.groups {
			w.storeGroup(x, g)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) storeUser(x *tx, u *thing) {
	state, status := "active", "active"
	if !u.active {
		state, status = "inactive", "disabled"
	}
	search := json.RawMessage(u.doc.SearchJSON())
	key := canonical.Key(u.doc.UserName())
	x.exec(nil, `insert into user_records (id, connector_id, directory_id, tenant_id, user_name_key, external_id, state, doc, search,
		version, created_at, modified_at) values (?, ?, ?, ?, ?, ?, ?, '{}', ?, 1, ?, ?)`,
		u.id, w.connector, w.directory, w.connector, key, nullText(u.doc.ExternalID()), state, search, u.at[0], u.at[1])
	x.exec(nil, `insert into users (id, directory_id, user_name, user_name_key, status, doc, search,
		version, created_at, modified_at) values (?, ?, ?, ?, ?, '{}', ?, 1, ?, ?)`,
		u.id, w.directory, u.doc.UserName(), key, status, search, u.at[0], u.at[1])
	var keys []string
	for _, e := range u.doc.Emails() {
		if k := canonical.Key(e); !slices.Contains(keys, k) {
			keys = append(keys, k)
			x.exec(nil, `insert into record_emails (record_id, connector_id, directory_id, email_key) values (?, ?, ?, ?)`, u.id, w.connector, w.directory, k)
		}
	}
}

func (w *world) storeGroup(x *tx, g *thing) {
	name := g.doc.DisplayName()
	search := json.RawMessage(g.doc.SearchJSON())
	x.exec(nil, `insert into group_records (id, connector_id, directory_id, tenant_id, display_name, name_key, external_id, doc, search,
		version, created_at, modified_at) values (?, ?, ?, ?, ?, ?, ?, '{}', ?, 1, ?, ?)`,
		g.id, w.connector, w.directory, w.connector, name, canonical.Key(name), nullText(g.doc.ExternalID()), search, g.at[0], g.at[1])
	x.exec(nil, `insert into groups (id, directory_id, display_name, name_key, search, created_at, version) values (?, ?, ?, ?, ?, ?, 1)`,
		g.id, w.directory, name, canonical.Key(name), search, g.at[0])
	for _, u := range g.members {
		x.exec(nil, `insert into members (group_record_id, member_id, connector_id, directory_id, kind, said, viewed) values (?, ?, ?, ?, 'User', ?, ?)`,
			g.id, u.id, w.connector, w.directory, true, true)
		x.exec(nil, `insert into memberships (group_id, user_id, directory_id, origin, supports, created_at) values (?, ?, ?, 'idp', '[]', 1)`,
			g.id, u.id, w.directory)
	}
	for _, u := range w.users { // edges that the identity provider no longer says
		if !slices.Contains(g.members, u) {
			x.exec(nil, `insert into members (group_record_id, member_id, connector_id, directory_id, kind, said, viewed) values (?, ?, ?, ?, 'User', ?, ?)`,
				g.id, u.id, w.connector, w.directory, false, true)
		}
	}
	for _, v := range g.unresolved {
		x.exec(nil, `insert into unresolved_members (group_record_id, value, connector_id, directory_id, value_key) values (?, ?, ?, ?, ?)`,
			g.id, v, w.connector, w.directory, canonical.Key(v))
	}
}

// side is one of the four tables a filter runs on.
type side struct {
	kind    scim.Kind
	records bool
}

var sides = []side{{scim.UserKind, true}, {scim.GroupKind, true}, {scim.UserKind, false}, {scim.GroupKind, false}}

func (s side) String() string { return fmt.Sprintf("%s (records: %v)", s.kind, s.records) }

func (s side) things(w *world) []*thing {
	if s.kind == scim.UserKind {
		return w.users
	}
	return w.groups
}

func (s side) target(pg bool, w *world) target {
	if s.records {
		return recordTarget(pg, s.kind, w.connector)
	}
	return directoryTarget(pg, s.kind)
}

// from is the table and the condition that bounds it to the world.
func (s side) from(w *world) fragment {
	switch {
	case s.records && s.kind == scim.UserKind:
		return cat("from user_records r where r.connector_id = ", argument{w.connector}, " and r.deleted_at is null")
	case s.records:
		return cat("from group_records r where r.connector_id = ", argument{w.connector}, " and r.deleted_at is null")
	case s.kind == scim.UserKind:
		return cat("from users r where r.directory_id = ", argument{w.directory})
	}
	return cat("from groups r where r.directory_id = ", argument{w.directory})
}

// positions runs a query that selects id and key.
func positions(t testing.TB, s *Store, w *world, f fragment) (found []position, err error) {
	t.Helper()
	err = s.read(t.Context(), scope{directory: w.directory, connector: w.connector}, func(x *tx) error {
		x.query(func(r row) error {
			var p position
			err := r.Scan(&p.ID, &p.Key)
			found = append(found, p)
			return err
		}, f.sql, f.args...)
		return nil
	})
	return found, err
}
