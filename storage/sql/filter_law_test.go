package sql

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// TestAFilterSelectsWhatTheRFCSays is the differential law: whatever the users and groups and
// whatever the filter, both databases select exactly what the reference evaluator does.
func TestAFilterSelectsWhatTheRFCSays(t *testing.T) {
	t.Parallel()
	sqlite, postgres := newSQLite(t), newDictionary(t)
	rapid.Check(t, func(rt *rapid.T) {
		w := drawWorld(rt)
		w.store(t, sqlite)
		w.store(t, postgres)
		for range 12 {
			s := rapid.SampledFrom(sides).Draw(rt, "side")
			text := drawFilter(rt, s, w, 2)
			e, err := scim.ParseFilter(s.kind, text)
			if err != nil {
				rt.Fatalf("%s on %s: %v", text, s, err)
			}
			var want []string
			for _, th := range s.things(w) {
				if (reference{s.kind}).matches(e, th.resource(s.kind, s.records)) {
					want = append(want, th.id.String())
				}
			}
			for name, store := range map[string]*Store{"sqlite": sqlite, "postgres": postgres} {
				got := selected(rt, t, store, s, w, e)
				if slices.Sort(want); !slices.Equal(got, want) {
					f, _ := s.target(store.isPostgres(), w).where(e)
					rt.Fatalf("%s on %s, %s:\ngot  %v\nwant %v\nSQL %s %q\n%s", text, s, name, got, want, f.sql, f.args, show(w, s))
				}
			}
		}
	})
}

func selected(rt *rapid.T, t testing.TB, store *Store, s side, w *world, e filter.Expr) []string {
	where, err := s.target(store.isPostgres(), w).where(e)
	if err != nil {
		rt.Fatalf("%s on %s: %v", e, s, err)
	}
	found, err := positions(t, store, w, cat("select r.id, null ", s.from(w), " and ", where))
	if err != nil {
		rt.Fatalf("%s on %s: %v\n%s", e, s, err, where.sql)
	}
	var ids []string
	for _, p := range found {
		ids = append(ids, p.ID.String())
	}
	slices.Sort(ids)
	return ids
}

func show(w *world, s side) string {
	var b strings.Builder
	for _, th := range s.things(w) {
		b.WriteString(th.id.String() + " " + string(th.doc.SearchJSON()) + "\n")
	}
	return b.String()
}

// paths that text can be compared at, by kind and, inside brackets, by attribute.
var (
	textPaths = map[scim.Kind][]string{
		scim.UserKind: {"userName", "externalId", "title", "displayName", "name.familyName", "name.givenName", "emails", "emails.value",
			"emails.type", "emails.display", "groups", "groups.value", "groups.display", "groups.type", "id", "meta.resourceType", "phoneNumbers.value",
			scim.EnterpriseUser + ":department", "manager", scim.EnterpriseUser + ":manager.value", opaqueURN + ":badge", opaqueURN + ":badge.color"},
		scim.GroupKind: {"displayName", "externalId", "id", "members", "members.value", "members.type", "meta.resourceType"},
	}
	valuePaths = map[scim.Kind]map[string][]string{
		scim.UserKind: {"emails": {"value", "type", "display"}, "groups": {"value", "display", "type"}, "manager": {"value"},
			opaqueURN + ":badge": {"value", "color"}},
		scim.GroupKind: {"members": {"value", "type"}},
	}
	textOps = []string{"eq", "eq", "eq", "ne", "co", "sw", "ew", "gt", "ge", "lt", "le"}
	times   = []string{"2011-05-13T04:42:34Z", "2011-05-13T06:42:34.000001+02:00", "2011-05-13T04:42:34.1234560Z",
		"2011-05-13T04:42:34.1234564Z", "2011-05-13T04:42:34.123456", "2011-05-13T04:42:35Z", "1969-12-31T23:59:59.9999999Z"}
)

// drawFilter draws a filter that resolves.
func drawFilter(t *rapid.T, s side, w *world, depth int) string {
	shapes := []string{"text", "text", "text", "present", "time", "flag", "brackets", "schemas"}
	if depth > 0 {
		shapes = append(shapes, "and", "or", "not")
	}
	switch rapid.SampledFrom(shapes).Draw(t, "shape") {
	case "and":
		return "(" + drawFilter(t, s, w, depth-1) + ") and (" + drawFilter(t, s, w, depth-1) + ")"
	case "or":
		return "(" + drawFilter(t, s, w, depth-1) + ") or (" + drawFilter(t, s, w, depth-1) + ")"
	case "not":
		return "not (" + drawFilter(t, s, w, depth-1) + ")"
	case "present":
		more := []string{"meta", "meta.created", "schemas"}
		if s.kind == scim.UserKind {
			more = append(more, "name", "emails", "groups", "active", "emails.primary", "phoneNumbers")
		}
		return rapid.SampledFrom(append(more, textPaths[s.kind]...)).Draw(t, "path") + " pr"
	case "time":
		field := "meta.created"
		if s.records || s.kind == scim.UserKind {
			field = rapid.SampledFrom([]string{"meta.created", "meta.lastModified"}).Draw(t, "time field")
		}
		op := rapid.SampledFrom([]string{"eq", "ne", "gt", "ge", "lt", "le"}).Draw(t, "op")
		return field + " " + op + ` "` + rapid.SampledFrom(times).Draw(t, "time") + `"`
	case "flag":
		if s.kind == scim.UserKind {
			return rapid.SampledFrom([]string{"active eq true", `active eq "False"`, "active ne true", "emails.primary eq true",
				"emails[primary eq true].value pr", "emails[primary ne true and value pr]", "emails.primary eq false"}).Draw(t, "flag")
		}
	case "schemas":
		op := rapid.SampledFrom([]string{"eq", "ne"}).Draw(t, "op")
		return "schemas " + op + ` "` + rapid.SampledFrom([]string{scim.CoreUser, scim.CoreGroup, scim.EnterpriseUser, opaqueURN, "title"}).Draw(t, "urn") + `"`
	case "brackets":
		attributes := valuePaths[s.kind]
		names := make([]string, 0, len(attributes))
		for name := range attributes {
			names = append(names, name)
		}
		slices.Sort(names)
		name := rapid.SampledFrom(names).Draw(t, "attribute")
		return name + "[" + drawInner(t, attributes[name], w, 2) + "]"
	}
	return drawComparison(t, rapid.SampledFrom(textPaths[s.kind]).Draw(t, "path"), w)
}

func drawInner(t *rapid.T, subs []string, w *world, depth int) string {
	sub := rapid.SampledFrom(subs).Draw(t, "sub")
	if depth == 0 {
		return drawComparison(t, sub, w)
	}
	switch rapid.SampledFrom([]string{"term", "term", "and", "and", "or", "not", "present"}).Draw(t, "inner shape") {
	case "and":
		return drawInner(t, subs, w, depth-1) + " and " + drawInner(t, subs, w, depth-1)
	case "or":
		return "(" + drawInner(t, subs, w, depth-1) + " or " + drawInner(t, subs, w, depth-1) + ")"
	case "not":
		return "not (" + drawInner(t, subs, w, depth-1) + ")"
	case "present":
		return sub + " pr"
	}
	return drawComparison(t, sub, w)
}

func drawComparison(t *rapid.T, path string, w *world) string {
	ids := []string{"019a0000-0000-7000-8000-000000000000", "not-a-uuid", strings.ToUpper(w.users[0].id.String())}
	for _, list := range [][]*thing{w.users, w.groups} {
		for _, th := range list {
			ids = append(ids, th.id.String())
		}
	}
	values := awkward
	switch {
	case path == "id", strings.HasPrefix(path, "groups"), strings.HasPrefix(path, "members"), path == "value":
		values = append(slices.Clone(ids), awkward...)
	case strings.HasSuffix(path, "type"):
		values = append(slices.Clone(types), "User", "user", "direct")
	case strings.HasSuffix(path, "meta.resourceType"):
		values = []string{"User", "user", "Group"}
	}
	value := rapid.SampledFrom(values).Draw(t, "value")
	if rapid.IntRange(0, 9).Draw(t, "empty") == 0 {
		value = ""
	}
	quoted := filter.Compare{Path: filter.Path{Attr: "x"}, Op: filter.Eq, Value: filter.Value{Kind: filter.String, String: value}}.String()
	return path + " " + rapid.SampledFrom(textOps).Draw(t, "op") + strings.TrimPrefix(quoted, "x eq")
}
