package scim

import (
	"strings"
	"testing"

	"github.com/muster-scim/muster/scim/filter"
)

// TestFiltersAreResolved names the forms that must be accepted by their number.
func TestFiltersAreResolved(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name       string
		kind       Kind
		text, want string
	}{
		{"11 names and operators in any case", UserKind, `USERNAME EQ "X@Y"`, `userName eq "x@y"`},
		{"12 without quotes", UserKind, `userName eq aki`, `userName eq "aki"`},
		{"12 digits without quotes are text", UserKind, `externalId eq 11`, `externalId eq "11"`},
		{"13 an operator after a value path", UserKind, `emails[type eq "Work"].value eq "A@b"`, `emails[type eq "work" and value eq "a@b"]`},
		{"13 primary", UserKind, `emails[primary eq "True"].value eq "a"`, `emails[primary eq true and value eq "a"]`},
		{"13 the whole attribute is its value", UserKind, `emails co "B"`, `emails.value co "b"`},
		{"14 manager by its bare name", UserKind, `id eq "7" and manager eq "Boss"`, `id eq "7" and ` + ent + `:manager.value eq "Boss"`},
		{"14 members", GroupKind, `members eq "U1" and members.value eq "u2"`, `members.value eq "U1" and members.value eq "u2"`},
		{"14 groups", UserKind, `groups.value eq "g" or groups eq "h"`, `groups.value eq "g" or groups.value eq "h"`},
		{"15 a time with an offset", UserKind, `meta.lastModified gt "2011-05-13T06:42:34.1234567+02:00"`, `meta.lastModified gt "2011-05-13T04:42:34.1234567Z"`},
		{"15 a time without a zone", UserKind, `meta.created ge "2011-05-13T04:42:34"`, `meta.created ge "2011-05-13T04:42:34Z"`},
		{"26 a time as OneAccess writes it", UserKind, `meta.created ge "2024-12-30 08:00:00" or meta.created lt 1735526400000`, `meta.created ge "2024-12-30T08:00:00Z" or meta.created lt "2024-12-30T02:40:00Z"`},
		{"16 case counts where the table says so", UserKind, `userName eq "ÅSA" and externalId eq "ABC" and id eq "X"`, `userName eq "åsa" and externalId eq "ABC" and id eq "X"`},
		{"21 obsolete URNs", UserKind, `urn:scim:schemas:extension:enterprise:1.0:employeeNumber eq "7" and urn:scim:schemas:core:2.0:userName eq "x"`,
			ent + `:employeeNumber eq "7" and userName eq "x"`},
		{"24 booleans in quotes", UserKind, `active eq "False"`, `active eq false`},
		{"null", UserKind, `title eq null or emails ne null`, `not (title pr) or emails pr`},
		{"presence of a complex attribute", UserKind, `name pr and emails pr and emails.type pr`, `name pr and emails pr and emails.type pr`},
		{"a foreign extension", UserKind, `urn:okta:c:1.0:Tag eq "A" and urn:okta:c:1.0:n eq 7`, `urn:okta:c:1.0:Tag eq "a" and urn:okta:c:1.0:n eq 7`},
		{"not and or keep their places", UserKind, `not (title pr) and (active eq true or nickName sw "N")`, `not (title pr) and (active eq true or nickName sw "n")`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			e, err := ParseFilter(c.kind, c.text)
			if err != nil {
				t.Fatal(err)
			}
			if e.String() != c.want {
				t.Errorf("%s\ngot  %s\nwant %s", c.text, e, c.want)
			}
		})
	}
}

func TestFiltersThatCannotBeMeantAreRefused(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		`secretColumn pr`, `name.nope eq "x"`, `emails[nope eq "x"]`, `userName.x eq "y"`, `members eq "u"`,
		`password eq "x"`, `password pr`, `active gt 5`, `active gt true`, `active eq 5`, `active eq "yes"`, `active co "t"`,
		`meta.lastModified gt "yesterday"`, `meta.created co "2011"`, `name eq "x"`, `meta eq "x"`, `title[type eq "x"]`,
		`x509Certificates.value gt "a"`, `userName gt null`, `userName eq`, `userName`, ``, `userName eq "a" garbage`, `userName like "a"`,
	} {
		_, err := ParseFilter(UserKind, text)
		if err == nil {
			t.Errorf("%s is accepted", text)
			continue
		}
		wantError(t, err, 400, TypeInvalidFilter)
	}
}

func TestResolvedPathsLeadIntoTheSearchForm(t *testing.T) {
	t.Parallel()
	d := parseUser(t, `{"userName":"X","emails":[{"value":"A@B"}],"manager":"Boss","urn:Okta:c:1.0":{"Tag":"T"},"title":"ÅSA"}`)
	for _, c := range []struct{ path, steps, want string }{
		{"userName", "username", "x"},
		{"title", "title", "åsa"},
		{"emails", "emails value", "a@b"},
		{"manager", lower(ent) + " manager value", "Boss"},
		{"urn:okta:c:1.0:tag", "urn:okta:c:1.0 tag", "t"},
	} {
		parsed, err := filter.ParsePath(c.path)
		if err != nil {
			t.Fatal(err)
		}
		path, ok := Resolve(UserKind, parsed.Path)
		if !ok {
			t.Fatalf("%s is not resolved", c.path)
		}
		if got := strings.Join(path.Steps(), " "); got != c.steps {
			t.Errorf("%s: steps %s, want %s", c.path, got, c.steps)
		}
		var v any = d.Search()
		for _, step := range path.Steps() {
			if list, ok := v.([]any); ok {
				v = list[0]
			}
			v = v.(map[string]any)[step]
		}
		if v != c.want {
			t.Errorf("%s: the search form has %v, want %s", c.path, v, c.want)
		}
	}
}

func TestTimesSortAsText(t *testing.T) {
	t.Parallel()
	created := metaAttribute.sub("created")
	for in, want := range map[string]string{
		"2024-12-30T08:00:00+02:00":     "2024-12-30T06:00:00.000000000Z",
		"2024-12-30T08:00:00.1234567Z":  "2024-12-30T08:00:00.123456700Z",
		"2024-12-30 08:00:00":           "2024-12-30T08:00:00.000000000Z",
		"1735526400000":                 "2024-12-30T02:40:00.000000000Z",
		"2024-12-30":                    "2024-12-30T00:00:00.000000000Z",
		"2024-12-30T08:00:00.5":         "2024-12-30T08:00:00.500000000Z",
		"no time, which stays as it is": "no time, which stays as it is",
	} {
		if got := created.comparable(in); got != want {
			t.Errorf("%s gives %s, want %s", in, got, want)
		}
	}
}
