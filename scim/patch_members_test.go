package scim

import (
	"fmt"
	"strings"
	"testing"
)

func (e MemberEdit) String() string {
	word := map[MemberOp]string{AddMembers: "+", RemoveMembers: "-", ReplaceMembers: "=", RemoveMatching: "~"}[e.Op]
	if e.Filter != nil {
		return word + e.Filter.String()
	}
	return word + strings.Join(e.Values, ",")
}

// TestMemberEdits names the forms that must be accepted by their number. + adds, - removes,
// = replaces, ~ removes what matches.
func TestMemberEdits(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, operations, want string }{
		{"add", `{"op":"Add","path":"members","value":[{"$ref":null,"value":"a"},{"value":"b","display":"B"}]}`, "[+a,b]"},
		{"46 duplicates in one operation", `{"op":"add","path":"members","value":[{"value":"a"},{"value":"a"}]}`, "[+a]"},
		{"28 one object, a bare id, ids", `{"op":"add","path":"members","value":{"value":"a"}},{"op":"add","path":"members","value":"b"},{"op":"add","path":"members","value":["c","d"]}`, "[+a +b +c,d]"},
		{"44 remove with a list removes just those", `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"a"}]}`, "[-a]"},
		{"44 remove with an object or a bare id", `{"op":"remove","path":"members","value":{"value":"a"}},{"op":"remove","path":"members","value":"b"}`, "[-a -b]"},
		{"44 remove with an empty list removes nobody", `{"op":"remove","path":"members","value":[]}`, "[]"},
		{"44 only without a value it empties", `{"op":"remove","path":"members"}`, "[=]"},
		{"45 remove by value path", `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"remove","path":"Members[ value  EQ \"b\" ]"},{"op":"remove","path":"members[value eq \"c\"].value"}`, "[-a -b -c]"},
		{"45 without quotes", `{"op":"remove","path":"members[value eq 42]"}`, "[-42]"},
		{"several by or", `{"op":"remove","path":"members[value eq \"a\" or value eq \"b\"]"}`, "[-a,b]"},
		{"anything else keeps its whole meaning", `{"op":"remove","path":"members[value eq \"x\" or value pr]"},{"op":"remove","path":"members[type eq \"User\" and value ne \"a\"]"}`,
			`[~value eq "x" or value pr ~type eq "user" and value ne "a"]`},
		{"47 add without a path", `{"op":"add","value":{"members":[{"value":"a"}]}}`, "[+a]"},
		{"48 replace by an empty list empties", `{"op":"replace","path":"members","value":[]}`, "[=]"},
		{"48 replace without a path", `{"op":"replace","value":{"members":[],"id":"g","displayName":"G"}}`, "[=]"},
		{"48 replace that does not name members leaves them alone", `{"op":"replace","value":{"id":"g","displayName":"N","schemas":["` + CoreGroup + `"],"externalId":"e"}}`, "[]"},
		{"null without a path says nothing of members", `{"op":"replace","value":{"members":null,"displayName":"G"}}`, "[]"},
		{"replace", `{"op":"replace","path":"` + CoreGroup + `:members","value":[{"value":"a"},{"value":"b"}]}`, "[=a,b]"},
		{"49 add by value path", `{"op":"add","path":"members[value eq \"a\"]","value":{"display":"A"}}`, "[+a]"},
		{"replace of one member by another", `{"op":"replace","path":"members[value eq \"a\"]","value":{"value":"b"}}`, "[-a +b]"},
		{"56 mixed in the order of the request", `{"op":"remove","path":"members[value eq \"a\"]"},{"op":"add","path":"members","value":[{"value":"b"}]},{"op":"remove","path":"members","value":[{"value":"c"}]}`, "[-a +b -c]"},
		{"what a member shows is not for the client", `{"op":"replace","path":"members[value eq \"a\"].display","value":"A"}`, "[]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, err := ParsePatch(GroupKind, decode(t, `{"Operations":[`+c.operations+`]}`), Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(p.Members()); got != c.want {
				t.Errorf("%s\ngot  %s\nwant %s", c.operations, got, c.want)
			}
		})
	}
}

func TestMemberOperationsThatCannotBeMeantAreRefused(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ operation, scimType string }{
		{`{"op":"replace","path":"members","value":null}`, TypeInvalidValue},
		{`{"op":"replace","path":"members","value":""}`, TypeInvalidValue},
		{`{"op":"replace","path":"members"}`, TypeInvalidValue},
		{`{"op":"add","path":"members","value":null}`, TypeInvalidValue},
		{`{"op":"add","path":"members","value":[{}]}`, TypeInvalidValue},
		{`{"op":"add","path":"members","value":[{"value":""}]}`, TypeInvalidValue},
		{`{"op":"add","path":"members","value":[{"value":7}]}`, TypeInvalidValue},
		{`{"op":"remove","path":"members","value":[{"display":"A"}]}`, TypeInvalidValue},
		{`{"op":"add","path":"members","value":[{"value":"a\u0007"}]}`, TypeInvalidValue},
		{`{"op":"add","path":"members[type eq \"User\"]","value":{"value":"a"}}`, TypeNoTarget},
		{`{"op":"remove","path":"members[` + strings.Repeat("(", 100) + `value eq 1]"}`, TypeInvalidPath},
		{`{"op":"remove","path":"members[nope eq 1]"}`, TypeInvalidPath},
		{`{"op":"remove","path":"members[display ne \"A\"]"}`, TypeInvalidPath}, // taken for absent, it would remove everybody
		{`{"op":"remove","path":"members[type eq \"User\" and not (display eq \"A\")]"}`, TypeInvalidPath},
		{`{"op":"remove","path":"members[$ref ew \"a\"]"}`, TypeInvalidPath},
		{`{"op":"remove","path":"members[type eq \"User\"]"}` + strings.Repeat(`,{"op":"remove","path":"members[value pr]"}`, 50), TypeTooMany},
		{`{"op":"remove","path":"displayName"}`, TypeMutability},
		{`{"op":"replace","path":"id","value":"x"}`, TypeMutability},
	} {
		_, err := ParsePatch(GroupKind, decode(t, `{"Operations":[`+c.operation+`]}`), Options{})
		if err == nil {
			t.Errorf("%s is accepted", c.operation)
			continue
		}
		wantError(t, err, 400, c.scimType)
	}
}

func TestPatchSaysWhatItTouches(t *testing.T) {
	t.Parallel()
	for operations, renames := range map[string]bool{
		`{"op":"add","path":"members","value":[{"value":"a"}]}`:                        false,
		`{"op":"replace","value":{"id":"g"}}`:                                          false,
		`{"op":"replace","value":{"id":"g","displayName":"N"}}`:                        true,
		`{"op":"replace","value":{"members":[{"value":"a"}],"displayName":"N"}}`:       true,
		`{"op":"replace","path":"displayName","value":"N"},{"op":"remove","path":"x"}`: true,
	} {
		p, err := ParsePatch(GroupKind, decode(t, `{"Operations":[`+operations+`]}`), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if p.Renames() != renames {
			t.Errorf("%s: Renames is %v", operations, p.Renames())
		}
	}
}

func TestGroupPatchKeepsTheNameRules(t *testing.T) {
	t.Parallel()
	got, _, err := patch(t, GroupKind, Options{}, `{"displayName":"G"}`, `{"op":"Replace","value":{"displayName":"Newer name","externalId":"e"}}`)
	if err != nil || got != `{"externalId":"e","displayName":"Newer name"}` {
		t.Errorf("%s, %v", got, err)
	}
	for _, name := range []string{`""`, `" "`, `null`, `"` + strings.Repeat("g", 257) + `"`, `"a\u202eb"`} {
		_, _, err := patch(t, GroupKind, Options{}, `{"displayName":"G"}`, `{"op":"replace","path":"displayName","value":`+name+`}`)
		wantError(t, err, 400, TypeInvalidValue)
	}
}
