package sql

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// village is a world one can read: ann, bob, cyd and dee in admins, Team 50% and a_b.
func village(t testing.TB) *world {
	t.Helper()
	w := &world{connector: uuid.New(), directory: uuid.New()}
	for i, raw := range []string{
		`{"userName":"Ann@X.example","externalId":"ABC","title":"Head of IT","active":true,
		  "emails":[{"type":"work","value":"Ann+1@X.example","primary":true},{"type":"home","value":"ann@home.example"}],
		  "name":{"givenName":"Ann","familyName":"Åberg"}}`,
		`{"userName":"bob","externalId":"abc","title":"50%","active":false,
		  "emails":[{"type":"home","value":"bob@x.example"},{"type":"work","value":"bob@work.example"}],
		  "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"7","manager":{"value":"M-1"}}}`,
		`{"userName":"cyd","title":"a_b\\c\"d","name":{"familyName":"Cyd"}}`,
		`{"userName":"dée","externalId":"x' OR 1=1 --"}`,
	} {
		var body map[string]any
		if err := json.Unmarshal([]byte(raw), &body); err != nil {
			t.Fatal(err)
		}
		doc, _, err := scim.ParseUser(body, scim.Options{})
		if err != nil {
			t.Fatal(err)
		}
		active, said := doc.Active()
		at := int64(1305261754123456 + 1_000_000*i) // 2011-05-13T04:42:34.123456Z and seconds after
		w.users = append(w.users, &thing{id: uuid.Must(uuid.NewV7()), doc: doc, active: active || !said, at: [2]int64{at, at}})
	}
	for _, name := range []string{"Admins", "Team 50%", "a_b"} {
		w.groups = append(w.groups, &thing{id: uuid.Must(uuid.NewV7()), doc: scim.Document{"displayName": name}})
	}
	ann, bob, admins, team := w.users[0], w.users[1], w.groups[0], w.groups[1]
	ann.in, bob.in = []*thing{admins, team}, []*thing{team}
	admins.members, team.members = []*thing{ann}, []*thing{ann, bob}
	admins.unresolved = []string{"ghost", "019a0000-0000-7000-8000-000000000009"}
	return w
}

func TestFiltersOnUserRecords(t *testing.T) {
	t.Parallel()
	w := village(t)
	ann, admins, team := w.users[0].id.String(), w.groups[0].id.String(), w.groups[1].id.String()
	onVillage(t, w, sides[0], []expected{
		// Checklist 73 to 76: operators, names, case and precedence.
		{"userName is compared without case", `USERNAME EQ "ann@x.EXAMPLE"`, "ann@x.example"},
		{"externalId with case", `externalId eq "ABC"`, "ann@x.example"},
		{"externalId with case, the other", `externalId eq "abc"`, "bob"},
		{"id", `id eq "` + ann + `"`, "ann@x.example"},
		{"id with case", `id eq "` + strings.ToUpper(ann) + `"`, ""},
		{"an id that is no UUID is nobody's", `id eq "7"`, ""},
		{"so all others have another", `not (id eq "7") and userName sw "a"`, "ann@x.example"},
		{"the start of an id", `id sw "` + ann[:36] + `"`, "ann@x.example"},
		{"co", `userName co "@x."`, "ann@x.example"},
		{"sw", `userName sw "BO"`, "bob"},
		{"ew", `userName ew "Example"`, "ann@x.example"},
		{"gt and lt", `userName gt "ann@x.example" and userName lt "cyd"`, "bob"},
		{"ge and le", `userName ge "bob" and userName le "cyd"`, "bob cyd"},
		{"bytes decide, no collation", `userName gt "d" and userName lt "dz"`, ""},
		{"letters beyond ASCII come after", `userName gt "dz"`, "dée"},
		{"without accents is another name", `userName eq "dee"`, ""},
		{"composed and decomposed are one", "userName eq \"DE\u0301E\"", "dée"},
		{"names below name", `name.familyName eq "åberg"`, "ann@x.example"},
		{"and before or", `userName eq "bob" or userName eq "cyd" and title eq "none"`, "bob"},
		{"parentheses first", `(userName eq "bob" or userName eq "cyd") and title co "b"`, "cyd"},
		// 77, 78: value paths and multi-valued attributes.
		{"one element satisfies both", `emails[type eq "work" and value co "@x"]`, "ann@x.example"},
		{"two elements may share", `emails.type eq "work" and emails.value co "@x"`, "ann@x.example bob"},
		{"the attribute stands for its value", `emails eq "BOB@x.example"`, "bob"},
		{"also with co", `emails co "home"`, "ann@x.example"},
		{"an operator after a value path", `emails[type eq "work"].value eq "bob@work.example"`, "bob"},
		{"the wrong type", `emails[type eq "home"].value eq "bob@work.example"`, ""},
		{"primary", `emails[primary eq true].value sw "ann+1"`, "ann@x.example"},
		{"a plus sign", `emails.value eq "ann+1@x.example"`, "ann@x.example"},
		{"either address", `emails[value eq "bob@x.example" or value eq "ann@home.example"]`, "ann@x.example bob"},
		{"not an address", `not (emails eq "bob@x.example")`, "ann@x.example cyd dée"},
		// 79: booleans.
		{"active", `active eq true`, "ann@x.example cyd dée"},
		{"as text", `active eq "False"`, "bob"},
		{"active ne", `active ne true`, "bob"},
		// 80: times.
		{"any offset", `meta.created eq "2011-05-13T06:42:34.123456+02:00"`, "ann@x.example"},
		{"seven decimals", `meta.created le "2011-05-13T04:42:34.1234560Z"`, "ann@x.example"},
		{"finer than a microsecond is later", `meta.created gt "2011-05-13T04:42:36.1234559Z"`, "cyd dée"},
		{"and equals nothing", `meta.created eq "2011-05-13T04:42:34.1234561Z"`, ""},
		{"no zone", `meta.lastModified ge "2011-05-13T04:42:37"`, "dée"},
		// 81: presence and absence.
		{"pr", `title pr`, "ann@x.example bob cyd"},
		{"not pr", `not (title pr)`, "dée"},
		{"ne holds for absent", `title ne "50%"`, "ann@x.example cyd dée"},
		{"eq null is absent", `title eq null`, "dée"},
		{"a complex attribute", `name pr`, "ann@x.example cyd"},
		{"a multi-valued one", `not (emails pr)`, "cyd dée"},
		// 82, 89: text is text.
		{"% is a letter", `title eq "50%"`, "bob"},
		{"% in co", `title co "%"`, "bob"},
		{"% in sw", `userName sw "%"`, ""},
		{"_ in co", `title co "_"`, "cyd"},
		{"_ in sw", `title sw "a_"`, "cyd"},
		{"\\ in co", `title co "b\\c"`, "cyd"},
		{"\\ in ew", `title ew "\\c\"d"`, "cyd"},
		{"quotes", `title eq "A_B\\C\"D"`, "cyd"},
		{"* is a letter", `title co "*"`, ""},
		{"SQL is text", `externalId eq "x' OR 1=1 --"`, "dée"},
		{"SQL in a name", `userName eq "x'; DROP TABLE users;--"`, ""},
		{"a question mark", `title co "?"`, ""},
		{"the empty text is in every text", `title co ""`, "ann@x.example bob cyd"},
		// 83: qualified names.
		{"core URN", `urn:ietf:params:scim:schemas:core:2.0:User:userName eq "bob"`, "bob"},
		{"enterprise URN", scim.EnterpriseUser + `:employeeNumber eq "7"`, "bob"},
		{"manager.value with case", scim.EnterpriseUser + `:manager.value eq "M-1"`, "bob"},
		{"manager with case", `manager eq "m-1"`, ""},
		{"a value path on a single attribute", `manager[value ne "x"]`, "bob"},
		{"schemas", `schemas eq "` + scim.EnterpriseUser + `"`, "bob"},
		{"core schema", `schemas eq "` + scim.CoreUser + `" and userName eq "bob"`, "bob"},
		{"an unknown extension is nobody's", `urn:acme:1.0:thing pr`, ""},
		{"the resource type", `meta.resourceType eq "User" and userName eq "bob"`, "bob"},
		// 86 and idp.md 14: groups.
		{"groups.value", `groups.value eq "` + team + `"`, "ann@x.example bob"},
		{"groups", `groups eq "` + admins + `"`, "ann@x.example"},
		{"groups.display", `groups.display eq "TEAM 50%"`, "ann@x.example bob"},
		{"one group", `groups[display sw "team" and value eq "` + admins + `"]`, ""},
		{"groups pr", `not (groups pr)`, "cyd dée"},
		{"no UUID", `groups.value eq "x"`, ""},
	})
}

func TestFiltersOnGroupRecords(t *testing.T) {
	t.Parallel()
	w := village(t)
	ann, bob, admins, team := w.users[0].id.String(), w.users[1].id.String(), w.groups[0].id.String(), w.groups[1].id.String()
	onVillage(t, w, sides[1], []expected{
		{"displayName is compared without case", `displayName eq "ADMINS"`, "admins"},
		{"% is a letter", `displayName co "%"`, "team 50%"},
		{"_ is a letter", `displayName sw "a_"`, "a_b"},
		{"a value path (86)", `members[value eq "` + bob + `"]`, "team 50%"},
		{"members.value", `members.value eq "` + ann + `"`, "admins team 50%"},
		{"Entra's older flow", `id eq "` + admins + `" and members eq "` + ann + `"`, "admins"},
		{"and its miss", `id eq "` + team + `" and members eq "ghost"`, ""},
		{"an unresolved member", `members eq "ghost"`, "admins"},
		{"exactly as it was sent", `members eq "Ghost"`, ""},
		{"an unresolved id", `members.value eq "019a0000-0000-7000-8000-000000000009"`, "admins"},
		{"by type", `members[type eq "user" and value eq "` + bob + `"]`, "team 50%"},
		{"groups as members", `members.type eq "Group"`, ""},
		{"no members", `not (members pr)`, "a_b"},
		{"no such member", `members.value ne "` + ann + `"`, "a_b"},
		{"the start of an id", `members.value sw "ghos"`, "admins"},
	})
}

func TestFiltersOnTheDirectory(t *testing.T) {
	t.Parallel()
	w := village(t)
	bob, admins := w.users[1].id.String(), w.groups[0].id.String()
	onVillage(t, w, sides[2], []expected{
		{"userName", `userName eq "BOB"`, "bob"},
		{"externalId", `externalId eq "abc"`, "bob"},
		{"active", `active eq false`, "bob"},
		{"emails", `emails[type eq "work"].value eq "bob@work.example"`, "bob"},
		{"groups", `groups.value eq "` + admins + `"`, "ann@x.example"},
		{"groups.display", `groups[display sw "team"]`, "ann@x.example bob"},
		{"manager", `manager eq "M-1"`, "bob"},
	})
	onVillage(t, w, sides[3], []expected{
		{"displayName", `displayName co "TEAM"`, "team 50%"},
		{"members", `members eq "` + bob + `"`, "team 50%"},
		{"unresolved members are the records'", `members eq "ghost"`, ""},
	})
}

// expected is a filter and the key forms of the names it selects, in order.
type expected struct{ claim, filter, names string }

func onVillage(t *testing.T, w *world, s side, cases []expected) {
	t.Helper()
	t.Run(s.String(), func(t *testing.T) {
		onBoth(t, func(t *testing.T, store *Store) {
			w.store(t, store)
			village(t).store(t, store) // a neighbour whose rows must never show
			names := make(map[uuid.UUID]string)
			for _, th := range s.things(w) {
				names[th.id] = strings.ToLower(th.doc.UserName() + th.doc.DisplayName())
			}
			for _, c := range cases {
				e, err := scim.ParseFilter(s.kind, c.filter)
				if err != nil {
					t.Errorf("%s: %s: %v", c.claim, c.filter, err)
					continue
				}
				where, err := s.target(store.isPostgres(), w).where(e)
				if err != nil {
					t.Errorf("%s: %s: %v", c.claim, c.filter, err)
					continue
				}
				found, err := positions(t, store, w, cat("select r.id, null ", s.from(w), " and ", where))
				if err != nil {
					t.Errorf("%s: %s: %v\n%s", c.claim, c.filter, err, where.sql)
					continue
				}
				var got []string
				for _, p := range found {
					got = append(got, names[p.ID])
				}
				slices.Sort(got)
				if all := strings.Join(got, " "); all != c.names {
					t.Errorf("%s: %s selects %q, want %q\n%s", c.claim, c.filter, all, c.names, where.sql)
				}
			}
		})
	})
}

// TestAFilterOfAnotherConnectorsIDsSelectsNothing: ids of another connector are like unknown ones.
func TestAFilterOfAnotherConnectorsIDsSelectsNothing(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, store *Store) {
		mine, theirs := village(t), village(t)
		mine.store(t, store)
		theirs.store(t, store)
		for s, text := range map[side]string{
			sides[0]: `groups.value eq "` + theirs.groups[0].id.String() + `" or id eq "` + theirs.users[0].id.String() + `"`,
			sides[1]: `members eq "` + theirs.users[0].id.String() + `" or members[value eq "` + theirs.users[1].id.String() + `" and type pr]`,
		} {
			e, err := scim.ParseFilter(s.kind, text)
			if err != nil {
				t.Fatal(err)
			}
			where, err := s.target(store.isPostgres(), mine).where(e)
			if err != nil {
				t.Fatal(err)
			}
			found, err := positions(t, store, mine, cat("select r.id, null ", s.from(mine), " and ", where))
			if err != nil || len(found) > 0 {
				t.Errorf("%s selects %v, %v", text, found, err)
			}
		}
	})
}

// TestWhatCannotBeTranslatedIsAnInvalidFilter: never a condition that selects more.
func TestWhatCannotBeTranslatedIsAnInvalidFilter(t *testing.T) {
	t.Parallel()
	text := filter.Value{Kind: filter.String, String: "x"}
	number := filter.Value{Kind: filter.Number, Number: "1"}
	flag := filter.Value{Kind: filter.Bool, Bool: true}
	path := func(attr, sub string) filter.Path { return filter.Path{Attr: attr, Sub: sub} }
	for _, e := range []filter.Expr{
		filter.Compare{Path: path("password", ""), Op: filter.Eq, Value: text},
		filter.Present{Path: path("password", "")},
		filter.Compare{Path: path("secretColumn", ""), Op: filter.Eq, Value: text},
		filter.Present{Path: path("r.doc", "")},
		filter.Compare{Path: path("active", ""), Op: filter.Gt, Value: flag},
		filter.Compare{Path: path("active", ""), Op: filter.Eq, Value: text},
		filter.Compare{Path: path("meta", "created"), Op: filter.Co, Value: text},
		filter.Compare{Path: path("meta", "created"), Op: filter.Gt, Value: text},
		filter.Compare{Path: path("meta", "version"), Op: filter.Eq, Value: text},
		filter.Compare{Path: path("meta", "location"), Op: filter.Eq, Value: text},
		filter.Compare{Path: path("name", ""), Op: filter.Eq, Value: text},
		filter.Compare{Path: path("title", ""), Op: filter.Eq, Value: number},
		filter.Compare{Path: path("title", ""), Op: filter.Eq, Value: flag},
		filter.Compare{Path: path("emails", "primary"), Op: filter.Gt, Value: flag},
		filter.Compare{Path: path("emails", "primary"), Op: filter.Eq, Value: text},
		filter.Compare{Path: path("groups", "$ref"), Op: filter.Eq, Value: text},
		filter.Compare{Path: path("schemas", ""), Op: filter.Co, Value: text},
		filter.ValuePath{Path: path("title", ""), Filter: filter.Present{Path: path("value", "")}},
		filter.ValuePath{Path: path("emails", ""), Filter: filter.Present{Path: path("nothing", "")}},
		filter.ValuePath{Path: path("emails", ""), Filter: filter.ValuePath{Path: path("value", ""), Filter: filter.Present{Path: path("value", "")}}},
		filter.And{Left: filter.Present{Path: path("title", "")}, Right: filter.And{}},
	} {
		for _, pg := range []bool{true, false} {
			for _, whole := range []filter.Expr{e, filter.Not{X: e}, filter.Or{Left: filter.Present{Path: path("title", "")}, Right: e}} {
				if f, err := recordTarget(pg, scim.UserKind, uuid.New()).where(whole); !isType(err, scim.TypeInvalidFilter) {
					t.Errorf("%#v becomes %s, %v; want invalidFilter", whole, f.sql, err)
				}
			}
		}
	}
}

// TestNothingAClientWroteIsInTheStatement: the text of a statement is of this program alone.
func TestNothingAClientWroteIsInTheStatement(t *testing.T) {
	t.Parallel()
	const mark = "zqzq"
	for _, text := range []string{
		`userName eq "zqzq"`, `title co "zqzq"`, `emails[type sw "zqzq" and value eq "zqzq"]`, `id sw "zqzq"`, `groups.display ew "zqzq"`,
		`schemas eq "urn:zqzq"`, `urn:zqzq:1.0:zqzq.zqzq eq "zqzq"`, `urn:zqzq:1.0:zqzq[zqzq eq "zqzq"]`, `urn:zqzq:1.0:zqzq pr`,
		`meta.resourceType eq "zqzq"`, `groups.value sw "zqzq"`,
	} {
		e, err := scim.ParseFilter(scim.UserKind, text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for _, pg := range []bool{true, false} {
			for _, target := range []target{recordTarget(pg, scim.UserKind, uuid.New()), directoryTarget(pg, scim.UserKind)} {
				if f, err := target.where(e); err != nil || strings.Contains(f.sql, mark) || strings.Count(f.sql, "?") != len(f.args) {
					t.Errorf("%s becomes %s with %q, %v", text, f.sql, f.args, err)
				}
			}
		}
	}
	by, _ := scim.Resolve(scim.UserKind, filter.Path{URN: "urn:zqzq:1.0", Attr: "zqzq", Sub: "zqzq"})
	if o, err := recordTarget(true, scim.UserKind, uuid.New()).order(&by, false); err != nil || strings.Contains(o.by().sql, mark) {
		t.Errorf("order %s, %v", o.by().sql, err)
	}
}
