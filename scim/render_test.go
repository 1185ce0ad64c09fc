package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var testRenderer = Renderer{Base: "https://h/scim/c/v2"}

func testUser(document string) Resource {
	return Resource{Kind: UserKind, ID: "7", JSON: []byte(document), Version: 3,
		Created: time.Date(2026, 1, 2, 3, 4, 5, 6_700_000, time.UTC), Modified: time.Date(2026, 1, 2, 4, 4, 5, 0, time.FixedZone("", 3600))}
}

func members(list ...Member) func(func(Member, error) bool) {
	return func(yield func(Member, error) bool) {
		for _, m := range list {
			if !yield(m, nil) {
				return
			}
		}
	}
}

const userMeta = `"meta":{"resourceType":"User","created":"2026-01-02T03:04:05.006Z","lastModified":"2026-01-02T03:04:05.000Z","location":"https://h/scim/c/v2/Users/7","version":"W/\"3\""}`

func TestUsersAreShownWhole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, document, want string }{
		{"as stored", `{"externalId":"e","userName":"x","displayName":"D","active":false,"emails":[{"value":"a"}]}`,
			`{"schemas":["` + CoreUser + `"],"id":"7","externalId":"e","userName":"x","displayName":"D","active":false,"emails":[{"value":"a"}],"groups":[],` + userMeta + `}`},
		{"active and displayName are always there", `{"userName":"x","name":{"familyName":"F","givenName":"G"}}`,
			`{"schemas":["` + CoreUser + `"],"id":"7","userName":"x","name":{"familyName":"F","givenName":"G"},"displayName":"G F","active":true,"groups":[],` + userMeta + `}`},
		{"extensions are named in schemas", `{"userName":"x","displayName":"D","active":true,"urn:okta:c:1.0":{"a":1},"` + ent + `":{"department":"R"}}`,
			`{"schemas":["` + CoreUser + `","urn:okta:c:1.0","` + ent + `"],"id":"7","userName":"x","displayName":"D","active":true,"urn:okta:c:1.0":{"a":1},"` + ent + `":{"department":"R"},"groups":[],` + userMeta + `}`},
	} {
		got, err := testRenderer.Append(nil, testUser(c.document), Projection{})
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %v\ngot  %s\nwant %s", c.name, err, got, c.want)
		}
	}
}

func TestGroupsOfAUserAreShown(t *testing.T) {
	t.Parallel()
	res := testUser(`{"userName":"x","displayName":"D","active":true}`)
	res.Groups = []Reference{{Value: "g", Display: "G", Type: "direct"}}
	p, _ := ParseProjection(UserKind, []string{"groups"}, nil)
	got, err := testRenderer.Append(nil, res, p)
	want := `{"schemas":["` + CoreUser + `"],"id":"7","groups":[{"value":"g","$ref":"https://h/scim/c/v2/Groups/g","display":"G","type":"direct"}]}`
	if err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
}

func TestProjections(t *testing.T) {
	t.Parallel()
	document := `{"userName":"x","name":{"familyName":"F","givenName":"G"},"displayName":"D","active":true,"emails":[{"value":"a","type":"work"},{"value":"b"}],"` + ent + `":{"department":"R","manager":{"value":"1"}}}`
	head := `{"schemas":["` + CoreUser + `"],"id":"7"`
	withEnt := `{"schemas":["` + CoreUser + `","` + ent + `"],"id":"7"`
	for _, c := range []struct {
		attributes, excluded []string
		want                 string
	}{
		{[]string{"USERNAME"}, nil, head + `,"userName":"x"}`},
		{[]string{"userName,nope", "id"}, nil, head + `,"userName":"x"}`},
		{[]string{"nope"}, nil, head + `}`},
		{[]string{"password"}, nil, head + `}`},
		{[]string{"name.givenName", "emails.type"}, nil, head + `,"name":{"givenName":"G"},"emails":[{"type":"work"}]}`},
		{[]string{"name.givenName", "name"}, nil, head + `,"name":{"familyName":"F","givenName":"G"}}`},
		{[]string{CoreUser + ":userName"}, nil, head + `,"userName":"x"}`},
		{[]string{ent + ":department"}, nil, withEnt + `,"` + ent + `":{"department":"R"}}`},
		{[]string{ent + ":manager.value"}, nil, withEnt + `,"` + ent + `":{"manager":{"value":"1"}}}`},
		{[]string{ent}, nil, withEnt + `,"` + ent + `":{"department":"R","manager":{"value":"1"}}}`},
		{[]string{"meta.version", "active"}, nil, head + `,"active":true,"meta":{"version":"W/\"3\""}}`},
		{nil, []string{"id,schemas", "name", "emails", "groups", "displayName", ent}, head + `,"userName":"x","active":true,` + userMeta + `}`},
		{nil, []string{"emails.type", "name.familyName", "groups", "meta", ent + ":manager", "active"},
			withEnt + `,"userName":"x","name":{"givenName":"G"},"displayName":"D","emails":[{"value":"a"},{"value":"b"}],"` + ent + `":{"department":"R"}}`},
	} {
		p, err := ParseProjection(UserKind, c.attributes, c.excluded)
		if err != nil {
			t.Fatal(err)
		}
		got, err := testRenderer.Append(nil, testUser(document), p)
		if err != nil || string(got) != c.want {
			t.Errorf("attributes %v, excluded %v: %v\ngot  %s\nwant %s", c.attributes, c.excluded, err, got, c.want)
		}
	}
}

func TestProjectionSaysWhatNeedNotBeLoaded(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		attributes, excluded []string
		members              bool
	}{
		{nil, nil, true}, {[]string{"displayName"}, nil, false}, {[]string{"members.value"}, nil, true},
		{nil, []string{"Members"}, false}, {nil, []string{"members.display"}, true},
	} {
		p, err := ParseProjection(GroupKind, c.attributes, c.excluded)
		if err != nil || p.Wants("members") != c.members {
			t.Errorf("%v %v: wants members %v, %v", c.attributes, c.excluded, p.Wants("members"), err)
		}
	}
}

func TestProjectionOfAReadComesFromItsQuery(t *testing.T) {
	t.Parallel()
	p, err := ParseReadProjection(UserKind, "aadOptscim062020&excludedAttributes=id%2Cgroups")
	if err != nil || p.Wants("groups") || !p.Wants("id") || !p.Wants("emails") || p.Asked() {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err = ParseReadProjection(UserKind, "attributes=userName"); err != nil || !p.Asked() {
		t.Errorf("%+v, %v", p, err)
	}
	if p, err = ParseReadProjection(UserKind, "attributes="); err != nil || p.Asked() {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = ParseReadProjection(UserKind, "attributes=a&attributes=b")
	wantError(t, err, 400, TypeInvalidValue)
}

func TestGroupsStreamTheirMembers(t *testing.T) {
	t.Parallel()
	res := Resource{Kind: GroupKind, ID: "g", JSON: []byte(`{"displayName":"G"}`), Version: 1,
		Members: members(Member{Value: "u", Kind: UserKind, Display: "U"}, Member{Value: `odd"`}, Member{Value: "h", Kind: GroupKind})}
	meta := `"meta":{"resourceType":"Group","created":"0001-01-01T00:00:00.000Z","lastModified":"0001-01-01T00:00:00.000Z","location":"https://h/scim/c/v2/Groups/g","version":"W/\"1\""}`
	want := `{"schemas":["` + CoreGroup + `"],"id":"g","displayName":"G","members":[{"value":"u","$ref":"https://h/scim/c/v2/Users/u","type":"User","display":"U"},{"value":"odd\""},{"value":"h","$ref":"https://h/scim/c/v2/Groups/h","type":"Group"}],` + meta + `}`
	var out bytes.Buffer
	if err := testRenderer.Write(&out, res, Projection{}); err != nil || out.String() != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, out.String(), want)
	}
	only, _ := ParseProjection(GroupKind, []string{"members.value"}, nil)
	got, err := testRenderer.Append(nil, res, only)
	if want := `{"schemas":["` + CoreGroup + `"],"id":"g","members":[{"value":"u"},{"value":"odd\""},{"value":"h"}]}`; err != nil || string(got) != want {
		t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
	}
	res.Members = members()
	if got, _ := testRenderer.Append(nil, res, only); !bytes.Contains(got, []byte(`"members":[]`)) {
		t.Errorf("an empty group has no members array: %s", got)
	}
}

func TestAnErrorOfTheMembersEndsTheAnswer(t *testing.T) {
	t.Parallel()
	lost := errors.New("the database is gone")
	res := Resource{Kind: GroupKind, JSON: []byte(`{}`), Members: func(yield func(Member, error) bool) { yield(Member{}, lost) }}
	if err := testRenderer.Write(&bytes.Buffer{}, res, Projection{}); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
}

func TestLists(t *testing.T) {
	t.Parallel()
	p, _ := ParseProjection(UserKind, []string{"id"}, nil)
	user := `{"schemas":["` + CoreUser + `"],"id":"7"}`
	for _, c := range []struct {
		list List
		page []Resource
		want string
	}{
		{List{Total: 0, StartIndex: 1}, nil, `"totalResults":0,"startIndex":1,"itemsPerPage":0,"Resources":[]}`},
		{List{Total: 9, StartIndex: 3}, []Resource{testUser("{}"), testUser("{}")}, `"totalResults":9,"startIndex":3,"itemsPerPage":2,"Resources":[` + user + `,` + user + `]}`},
		{List{Total: -1, NextCursor: "n", PreviousCursor: "p"}, []Resource{testUser("{}")}, `"itemsPerPage":1,"nextCursor":"n","previousCursor":"p","Resources":[` + user + `]}`},
	} {
		want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],` + c.want
		got, err := testRenderer.AppendList(nil, c.list, c.page, p)
		if err != nil || string(got) != want {
			t.Errorf("%v\ngot  %s\nwant %s", err, got, want)
		}
		var out bytes.Buffer
		if err := testRenderer.WriteList(&out, c.list, c.page, p); err != nil || out.String() != want {
			t.Errorf("written: %v\ngot  %s\nwant %s", err, out.String(), want)
		}
	}
}

// TestLawAnswersAreJSON: whatever is stored and whatever is asked, the answer is JSON with id
// and schemas, no null and nothing twice.
func TestLawAnswersAreJSON(t *testing.T) {
	t.Parallel()
	var paths []string
	for _, a := range userSchema.Attributes {
		paths = append(paths, a.Name)
		for _, sub := range a.Sub {
			paths = append(paths, a.Name+"."+sub.Name)
		}
	}
	paths = append(paths, ent, ent+":manager", ent+":manager.value", "urn:okta:custom:1.0", "meta.created")
	rapid.Check(t, func(t *rapid.T) {
		d := anyDocument().Draw(t, "d")
		list := rapid.SliceOfN(rapid.SampledFrom(paths), 0, 4).Draw(t, "paths")
		var p Projection
		var err error
		if rapid.Bool().Draw(t, "only") {
			p, err = ParseProjection(UserKind, list, nil)
		} else {
			p, err = ParseProjection(UserKind, nil, list)
		}
		if err != nil {
			t.Fatal(err)
		}
		got, err := testRenderer.Append(nil, testUser(string(d.JSON())), p)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := Decode(got, BodyLimits)
		if err != nil || raw["id"] != "7" || raw["schemas"] == nil || bytes.Contains(got, []byte("null")) {
			t.Fatalf("%v: %s", err, got)
		}
		if _, there := raw["name"]; slices.Contains(list, "name") && p.mode == hideOnly && there || !json.Valid(got) {
			t.Fatalf("name is hidden and shown: %s", got)
		}
	})
}
