package v1

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/dialect"
)

// patched is the document that the body of a PATCH makes of another.
func patched(t *testing.T, k scim.Kind, before, body string) (string, *scim.Patch, error) {
	t.Helper()
	raw, err := scim.Decode([]byte(body), scim.GroupBodyLimits)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	plain, err := Patch(k, raw)
	if err != nil {
		return "", nil, err
	}
	p, err := scim.ParsePatch(k, dialect.Rewrite(k, "PATCH", plain), scim.Options{})
	if err != nil {
		return "", nil, err
	}
	after, _, err := p.Apply(scim.ParseDocument([]byte(before)))
	if err != nil {
		return "", nil, err
	}
	return string(after.JSON()), p, nil
}

func TestAPartOfAUserChangesWhatItNames(t *testing.T) {
	t.Parallel()
	const ada = `"userName":"ada"`
	for _, c := range []struct{ name, before, body, want string }{
		{"one value is replaced", `"title":"T","nickName":"N"`, `"title":"U"`, `"nickName":"N","title":"U"`},
		{"null and empty text remove", `"title":"T","nickName":"N"`, `"title":null,"nickName":""`, ``},
		{"a complex value is merged", `"name":{"familyName":"L","givenName":"A"}`, `"name":{"givenName":"B"}`, `"name":{"familyName":"L","givenName":"B"}`},
		{"what only the server says is ignored", `"title":"T"`, `"id":"x","meta":{"version":"1"},"groups":[{"value":"g"}],"password":"p"`, `"title":"T"`},
		{"attributes are removed by name", `"name":{"familyName":"L","givenName":"A"},"title":"T"`, `"meta":{"attributes":["TITLE","name.givenName"]}`, `"name":{"familyName":"L"}`},
		{"and before the body is applied", `"emails":[{"value":"1"}]`, `"meta":{"attributes":["emails"]},"emails":[{"value":"2"}]`, `"emails":[{"value":"2"}]`},
		{"a required one that is said anew is not removed", ``, `"meta":{"attributes":["userName"]},"userName":"ada"`, ``},
		{"several values are added", `"emails":[{"value":"1","type":"work"}]`, `"emails":[{"value":"2","type":"home"}]`, `"emails":[{"value":"1","type":"work"},{"value":"2","type":"home"}]`},
		{"one that is there changes", `"emails":[{"value":"1","type":"work"}]`, `"emails":[{"value":"1","type":"work","display":"D"}]`, `"emails":[{"value":"1","display":"D","type":"work"}]`},
		{"none are none", `"emails":[{"value":"1"}]`, `"emails":[]`, `"emails":[{"value":"1"}]`},
		{"null removes all", `"emails":[{"value":"1"}]`, `"emails":null`, ``},
		{"one without an array around it", ``, `"emails":{"value":"1"}`, `"emails":[{"value":"1"}]`},
		{"one is removed, the others stay", `"emails":[{"value":"1"},{"value":"2"}]`, `"emails":[{"value":"1","operation":"delete"},{"value":"3"}]`, `"emails":[{"value":"2"},{"value":"3"}]`},
		{"in any case of the words", `"emails":[{"value":"1"},{"value":"2"}]`, `"emails":[{"Value":"1","OPERATION":"Delete"}]`, `"emails":[{"value":"2"}]`},
		{"removed and added in one order", `"emails":[{"value":"1","type":"work"}]`, `"emails":[{"value":"1","type":"work","operation":"delete"},{"value":"1","type":"work","primary":true}]`, `"emails":[{"value":"1","type":"work","primary":true}]`},
		{"a type stands for all its values", `"emails":[{"value":"1","type":"work"},{"value":"2","type":"home"}]`, `"emails":[{"type":"work","operation":"delete"}]`, `"emails":[{"value":"2","type":"home"}]`},
		{"nothing named is nothing removed", `"emails":[{"value":"1"}]`, `"emails":[{"operation":"delete"}]`, `"emails":[{"value":"1"}]`},
		{"a new primary clears the old", `"emails":[{"value":"1","primary":true}]`, `"emails":[{"value":"2","primary":true}]`, `"emails":[{"value":"1","primary":false},{"value":"2","primary":true}]`},
		{"the enterprise attributes", ``, `"` + Enterprise + `":{"department":"R","manager":{"managerId":"m"}}`, `"` + scim.EnterpriseUser + `":{"department":"R","manager":{"value":"m"}}`},
		{"and their removal", `"` + scim.EnterpriseUser + `":{"department":"R","manager":{"value":"m"}}`, `"meta":{"attributes":["` + Enterprise + `:manager","` + Enterprise + `.department"]}`, ``},
		{"a manager who is nobody", `"` + scim.EnterpriseUser + `":{"department":"R","manager":{"value":"m"}}`, `"` + Enterprise + `":{"manager":{"managerId":""}}`, `"` + scim.EnterpriseUser + `":{"department":"R"}`},
		{"a name with the URN of its schema", `"emails":[{"value":"1"},{"value":"2"}]`, `"urn:scim:schemas:core:1.0:emails":[{"value":"1","operation":"delete"}],"URN:scim:schemas:core:1.0:title":"T"`, `"emails":[{"value":"2"}],"title":"T"`},
		{"what is under the URN of the core schema", `"emails":[{"value":"1"}]`, `"urn:scim:schemas:core:1.0":{"title":"T","emails":[{"value":"2"}]}`, `"emails":[{"value":"1"},{"value":"2"}],"title":"T"`},
		{"and what is removed by such a name", `"emails":[{"value":"1"}],"title":"T"`, `"meta":{"attributes":["urn:scim:schemas:core:1.0:emails"]},"emails":"2"`, `"emails":[{"value":"2"}],"title":"T"`},
		{"a part of a name as a path", `"name":{"familyName":"L"}`, `"urn:scim:schemas:core:1.0:name.givenName":"A"`, `"name":{"familyName":"L","givenName":"A"}`},
		{"a type with empty company", `"emails":[{"value":"1","type":"work"},{"value":"2","type":"home"}]`, `"emails":[{"type":"work","value":null,"display":"","primary":true,"operation":"delete"}]`, `"emails":[{"value":"2","type":"home"}]`},
		{"data of a client's own", ``, `"urn:okta:x:1.0":{"a":"b"}`, `"urn:okta:x:1.0":{"a":"b"}`},
		{"what nobody knows is ignored", ``, `"shoe":42,"meta":{"attributes":["hat"]}`, ``},
		{"nothing", `"title":"T"`, ``, `"title":"T"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := patched(t, scim.UserKind, document(ada, c.before), document(`"schemas":["`+Core+`"]`, c.body))
			if want := document(ada, c.want); err != nil || !sameJSON(t, got, want) {
				t.Errorf("%s on %s\ngot  %s (%v)\nwant %s", c.body, c.before, got, err, want)
			}
		})
	}
}

func document(first, rest string) string {
	if rest != "" {
		first += "," + rest
	}
	return "{" + first + "}"
}

func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var x, y any
	for text, into := range map[string]*any{a: &x, b: &y} {
		if text == "" {
			return false
		}
		if err := json.Unmarshal([]byte(text), into); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
	}
	if a == b {
		return true
	}
	return reflect.DeepEqual(x, y)
}

func TestWhatAPartOfAResourceMayNotSay(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"Operations":[]}`, `{"operations":[{"op":"add","path":"title","value":"T"}]}`,
		`{"meta":{"attributes":["userName"]}}`, `{"meta":{"attributes":["id"]}}`, `{"meta":{"attributes":[7]}}`, `{"meta":{"attributes":{}}}`, `{"meta":{"attributes":[""]}}`,
		`{"userName":null}`, `{"userName":""}`, `{"active":"perhaps"}`,
		`{"emails":[{"value":"1","operation":"destroy"}]}`, `{"emails":[{"value":"1","operation":7}]}`, `{"emails":7}`,
		`{"emails.value":"1"}`, `{"emails[type eq \"work\"].value":"1"}`, `{"urn:scim:schemas:core:1.0:emails.value":"1"}`,
	} {
		_, _, err := patched(t, scim.UserKind, `{"userName":"a","title":"T","emails":[{"value":"1"}]}`, body)
		var refused *scim.Error
		if !errors.As(err, &refused) || refused.Status != 400 {
			t.Errorf("%s: %v, want a refusal with 400", body, err)
		}
	}
	for _, body := range []string{`{"members":[{"value":"a","operation":"destroy"}]}`, `{"members":7}`, `{"members":[{"value":"a","operation":7}]}`, `{"members":[{"value":7,"operation":"delete"}]}`, `{"members":[{"operation":"delete"}]}`, `{"members":""}`, `{"members.value":"a"}`, `{"members[value eq \"a\"]":"a"}`, `{"meta":{"attributes":["members.value"]}}`,
		`{"meta":{"attributes":["urn:scim:schemas:core:1.0:members.value"]}}`} {
		_, _, err := patched(t, scim.GroupKind, `{"displayName":"g"}`, body)
		if err == nil {
			t.Errorf("%s is taken", body)
		}
	}
}

func TestMembersAreAddedRemovedAndReplaced(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]string{
		`"members":[{"value":"a","display":"A"}]`:                                     "add [a]",
		`"members":[{"value":"a","operation":"add"}]`:                                 "add [a]",
		`"members":[{"value":"a","operation":"delete"}]`:                              "remove [a]",
		`"members":[{"value":"a","Operation":"DELETE","primary":true},{"value":"b"}]`: "remove [a] add [b]",
		`"members":["a",{"value":"b","operation":"delete"}]`:                          "remove [b] add [a]",
		`"members":{"value":"a","operation":"delete"}`:                                "remove [a]",
		`"members":[{"value":"a","operation":"delete"},{"value":"a"}]`:                "add [a]",
		`"members":[{"value":"a"},{"value":"a","operation":"delete"}]`:                "remove [a]",
		`"members":[]`:                      "",
		`"members":null`:                    "",
		`"meta":{"attributes":["members"]}`: "replace []",
		`"meta":{"attributes":["Members"]},"members":[{"value":"a"},{"value":"b","operation":"delete"}]`: "replace [a]",
		`"meta":{"attributes":["members"]},"members":[]`:                                                 "replace []",
		`"meta":{"attributes":["members"]},"members":null`:                                               "replace []",
		`"displayName":"h"`: "",
		`"urn:scim:schemas:core:1.0:members":[{"value":"a","operation":"delete"}]`:                                              "remove [a]",
		`"urn:scim:schemas:core:1.0":{"members":[{"value":"a"}]}`:                                                               "add [a]",
		`"urn:scim:schemas:core:1.0:Group:members":[{"value":"a"}],"meta":{"attributes":["urn:scim:schemas:core:1.0:members"]}`: "replace [a]",
	} {
		_, p, err := patched(t, scim.GroupKind, `{"displayName":"g"}`, "{"+body+"}")
		if err != nil {
			t.Errorf("%s: %v", body, err)
			continue
		}
		var got []string
		for _, e := range p.Members() {
			got = append(got, fmt.Sprint(map[scim.MemberOp]string{scim.AddMembers: "add", scim.RemoveMembers: "remove", scim.ReplaceMembers: "replace"}[e.Op], " ", e.Values))
		}
		if got := strings.Join(got, " "); got != want {
			t.Errorf("%s: %s, want %s", body, got, want)
		}
	}
}

func TestAPatchOf11IsRecognisedWhereverItIsSent(t *testing.T) {
	t.Parallel()
	for body, want := range map[string]bool{
		`{"schemas":["urn:scim:schemas:core:1.0"]}`: true,
		`{"active":false}`:                          true,
		`{"id":"x","Active":false}`:                 true,
		`{"meta":{"attributes":["title"]}}`:         true,
		`{}`:                                        false,
		`{"id":"x"}`:                                false,
		`{"op":"replace","path":"active","value":false}`:            false,
		`{"active":false,"operations":[]}`:                          false,
		`{"schemas":["` + scim.PatchOpSchema + `"],"active":false}`: false,
		`{"schemas":["` + scim.CoreUser + `"],"active":false}`:      false,
	} {
		raw, err := scim.Decode([]byte(body), scim.BodyLimits)
		if err != nil || IsPatch(scim.UserKind, raw) != want {
			t.Errorf("%s: %v, want %v (%v)", body, !want, want, err)
		}
	}
}

// TestLawManyMembersMayHaveAnOperation shows that the members of a large change stay compact:
// a quarter of a million of them with an operation each are within the limits of a body.
func TestLawManyMembersMayHaveAnOperation(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	b.WriteString(`{"members":[`)
	const many = 250_000
	for i := range many {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"value":"%d","operation":"delete"}`, i)
	}
	b.WriteString(`]}`)
	_, p, err := patched(t, scim.GroupKind, `{"displayName":"g"}`, b.String())
	if err != nil {
		t.Fatal(err)
	}
	if edits := p.Members(); len(edits) != 1 || edits[0].Op != scim.RemoveMembers || len(edits[0].Values) != many {
		t.Errorf("%d edits", len(edits))
	}
}

func FuzzPatch(f *testing.F) {
	for _, seed := range []string{`{"emails":[{"value":"1","operation":"delete"}]}`, `{"members":["a",{"value":"b"}],"meta":{"attributes":["members","a.b"]}}`, `{"name.givenName":"x","urn:x:y":{"z":[1]}}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		for _, k := range []scim.Kind{scim.UserKind, scim.GroupKind} {
			raw, err := scim.Decode([]byte(body), scim.GroupBodyLimits)
			if err != nil {
				return
			}
			IsPatch(k, raw)
			plain, err := Patch(k, raw)
			if err == nil {
				_, err = scim.ParsePatch(k, dialect.Rewrite(k, "PATCH", plain), scim.Options{})
			}
			var refused *scim.Error
			if err != nil && (!errors.As(err, &refused) || refused.Status != 400) {
				t.Fatalf("%s: %v", body, err)
			}
		}
	})
}
