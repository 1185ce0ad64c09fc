package scim

import (
	"strconv"
	"strings"
	"testing"
)

// patch applies operations, written as JSON, to a document.
func patch(t *testing.T, k Kind, o Options, document, operations string) (string, []Note, error) {
	t.Helper()
	p, err := ParsePatch(k, decode(t, `{"schemas":["`+PatchOpSchema+`"],"Operations":[`+operations+`]}`), o)
	if err != nil {
		return "", nil, err
	}
	d := ParseDocument([]byte(document))
	before := string(d.JSON())
	after, notes, err := p.Apply(d)
	if now := string(d.JSON()); now != before {
		t.Errorf("%s changed the document it was given:\nbefore %s\nafter  %s", operations, before, now)
	}
	if err != nil {
		return "", nil, err
	}
	again, _, err := p.Apply(d)
	if err != nil || string(again.JSON()) != string(after.JSON()) {
		t.Errorf("%s: the same patch gives something else the second time: %s, %v", operations, again.JSON(), err)
	}
	return string(after.JSON()), notes, nil
}

// TestPatchOfUsers names the forms that must be accepted by their number.
func TestPatchOfUsers(t *testing.T) {
	t.Parallel()
	const (
		x    = `{"userName":"x"}`
		work = `{"userName":"x","emails":[{"value":"w","type":"work","primary":true},{"value":"h","type":"home"}]}`
		name = `{"userName":"x","name":{"familyName":"F","givenName":"G"}}`
		tags = `{"userName":"x","urn:acme:1.0:User":{"tags":["x","y"]}}`
		boss = `{"userName":"x","` + ent + `":{"manager":{"value":"1","$ref":"u/1"}}}`
	)
	for _, c := range []struct{ name, document, operations, want string }{
		{"38 op in any case", x, `{"op":"ADD","path":"title","value":"T"},{"op":"Replace","path":"nickName","value":"N"},{"op":"Remove","path":"title"}`,
			`{"userName":"x","nickName":"N"}`},
		{"38 keys in any case", x, `{"OP":"add","Path":"title","VALUE":"T"}`, `{"userName":"x","title":"T"}`},
		{"41 without a path", name, `{"op":"replace","value":{"displayName":"D","name":{"givenName":"H"},"` + ent + `":{"department":"R"}}}`,
			`{"userName":"x","name":{"familyName":"F","givenName":"H"},"displayName":"D","` + ent + `":{"department":"R"}}`},
		{"42 what the server keeps is ignored without a path", x, `{"op":"replace","value":{"id":"7","schemas":[],"meta":{},"groups":[],"password":"p","externalId":"e"}}`,
			`{"externalId":"e","userName":"x"}`},
		{"43 replace merges a complex attribute", name, `{"op":"replace","path":"name","value":{"givenName":"H"}},{"op":"replace","path":"name","value":{"middleName":"M"}}`,
			`{"userName":"x","name":{"familyName":"F","givenName":"H","middleName":"M"}}`},
		{"49 a value path without a match makes the entry", x, `{"op":"replace","path":"emails[type eq \"work\"].value","value":"w"}`,
			`{"userName":"x","emails":[{"value":"w","type":"work"}]}`},
		{"49 also with and, add and an object", x, `{"op":"add","path":"addresses[type eq \"work\" and primary eq true]","value":{"locality":"Oslo"}}`,
			`{"userName":"x","addresses":[{"locality":"Oslo","type":"work","primary":true}]}`},
		{"50 remove without a match does nothing", work, `{"op":"remove","path":"emails[type eq \"other\"]"},{"op":"remove","path":"title"}`, work},
		{"51 a boolean in quotes in a value path", work, `{"op":"replace","path":"emails[primary eq \"True\"].value","value":"v"}`,
			`{"userName":"x","emails":[{"value":"v","type":"work","primary":true},{"value":"h","type":"home"}]}`},
		{"52 URN paths", x, `{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:user:Department","value":"R"},{"op":"add","path":"urn:scim:schemas:extension:enterprise:1.0:costCenter","value":"C"},{"op":"add","path":"urn:ietf:params:scim:schemas:core:2.0:User:title","value":"T"}`,
			`{"userName":"x","title":"T","` + ent + `":{"costCenter":"C","department":"R"}}`},
		{"52 a dot after the URN", x, `{"op":"Add","path":"urn:scim:schemas:extension:enterprise:2.0.department","value":"Ops"},{"op":"Add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.costCenter","value":"4130"}`,
			`{"userName":"x","` + ent + `":{"costCenter":"4130","department":"Ops"}}`},
		{"52 a whole extension", x, `{"op":"add","path":"` + ent + `","value":{"department":"R","manager":"7"}}`, `{"userName":"x","` + ent + `":{"department":"R","manager":{"value":"7"}}}`},
		{"52 a whole extension removed", boss, `{"op":"remove","path":"` + ent + `"}`, x},
		{"32 manager as a text", boss, `{"op":"Add","path":"` + ent + `:manager","value":"2"}`, `{"userName":"x","` + ent + `":{"manager":{"value":"2"}}}`},
		{"32 manager by its bare name, in an array", x, `{"op":"Add","path":"manager","value":[{"$ref":"u/2","value":"2"}]}`,
			`{"userName":"x","` + ent + `":{"manager":{"value":"2","$ref":"u/2"}}}`},
		{"manager.value drops the old $ref", boss, `{"op":"replace","path":"` + ent + `:manager.value","value":"2"}`, `{"userName":"x","` + ent + `":{"manager":{"value":"2"}}}`},
		{"44 manager removed with its value", boss, `{"op":"Remove","path":"` + ent + `:manager","value":[{"$ref":null,"value":"1"}]}`, x},
		{"53 empty text removes", boss, `{"op":"Replace","path":"` + ent + `:manager","value":""}`, x},
		{"53 an empty value removes", boss, `{"op":"replace","path":"` + ent + `:manager","value":{"value":""}}`, x},
		{"53 null removes", name, `{"op":"replace","path":"name.givenName","value":null},{"op":"add","path":"name.familyName","value":null}`, x},
		{"53 null removes without a path", name, `{"op":"replace","value":{"name":{"givenName":null},"title":null}}`, `{"userName":"x","name":{"familyName":"F"}}`},
		{"54 a text in an array", x, `{"op":"replace","path":"title","value":["T"]},{"op":"replace","path":"nickName","value":[{"value":"N"}]}`, `{"userName":"x","nickName":"N","title":"T"}`},
		{"24 active as text", x, `{"op":"Replace","path":"active","value":"False"}`, `{"userName":"x","active":false}`},
		{"24 active in an array", x, `{"op":"replace","value":{"active":[false]}}`, `{"userName":"x","active":false}`},
		{"null never changes active", `{"userName":"x","active":false}`, `{"op":"replace","path":"active","value":null},{"op":"remove","path":"active"},{"op":"replace","value":{"active":null}}`,
			`{"userName":"x","active":false}`},
		{"58 an unknown path does not stop the others", x, `{"op":"add","path":"nope.nope","value":1},{"op":"add","path":"name.nope","value":1},{"op":"add","path":"emails[nope eq 1].value","value":"v"},{"op":"add","path":"title","value":"T"}`,
			`{"userName":"x","title":"T"}`},
		{"the password is dropped", x, `{"op":"replace","path":"password","value":"p"},{"op":"replace","value":{"password":"p"}}`, x},
		{"add appends and merges twins", work, `{"op":"add","path":"emails","value":[{"value":"o","type":"other"},{"value":"w","type":"work","display":"W"}]}`,
			`{"userName":"x","emails":[{"value":"w","display":"W","type":"work","primary":true},{"value":"h","type":"home"},{"value":"o","type":"other"}]}`},
		{"adding what is there changes nothing", work, `{"op":"add","path":"emails","value":[{"value":"h","type":"home"}]},{"op":"add","path":"userName","value":"x"}`, work},
		{"replace of a list replaces it", work, `{"op":"replace","path":"emails","value":[{"value":"n"}]}`, `{"userName":"x","emails":[{"value":"n"}]}`},
		{"replace by nothing clears", work, `{"op":"replace","path":"emails","value":[]}`, x},
		{"a new primary clears the others", work, `{"op":"add","path":"emails","value":{"value":"o","primary":true}}`,
			`{"userName":"x","emails":[{"value":"w","type":"work","primary":false},{"value":"h","type":"home"},{"value":"o","primary":true}]}`},
		{"a new primary through a value path too", work, `{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`,
			`{"userName":"x","emails":[{"value":"w","type":"work","primary":false},{"value":"h","type":"home","primary":true}]}`},
		{"replace of an entry keeps what its filter says", work, `{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"n"}}`,
			`{"userName":"x","emails":[{"value":"n","type":"work"},{"value":"h","type":"home"}]}`},
		{"remove of one entry", work, `{"op":"remove","path":"emails[type eq \"WORK\"]"}`, `{"userName":"x","emails":[{"value":"h","type":"home"}]}`},
		{"remove of one sub-attribute", work, `{"op":"remove","path":"emails[type eq \"work\"].primary"}`, `{"userName":"x","emails":[{"value":"w","type":"work"},{"value":"h","type":"home"}]}`},
		{"an entry that loses its value goes", work, `{"op":"replace","path":"emails[type eq \"work\"].value","value":""}`, `{"userName":"x","emails":[{"value":"h","type":"home"}]}`},
		{"remove of all", work, `{"op":"remove","path":"emails"}`, x},
		{"remove with a value list removes just those", work, `{"op":"remove","path":"emails","value":[{"value":"h"}]}`, `{"userName":"x","emails":[{"value":"w","type":"work","primary":true}]}`},
		{"a sub-attribute of all entries", work, `{"op":"replace","path":"emails.display","value":"D"}`,
			`{"userName":"x","emails":[{"value":"w","display":"D","type":"work","primary":true},{"value":"h","display":"D","type":"home"}]}`},
		{"a foreign extension", `{"userName":"x","urn:okta:c:1.0":{"Tag":"a","list":[1]}}`, `{"op":"replace","path":"urn:okta:c:1.0:tag","value":"b"},{"op":"add","path":"urn:okta:c:1.0:list","value":[1,2]},{"op":"add","value":{"urn:new:1.0":{"a":{"b":1}}}}`,
			`{"userName":"x","urn:new:1.0":{"a":{"b":1}},"urn:okta:c:1.0":{"Tag":"b","list":[1,2]}}`},
		{"an entry made for a filter with primary is the primary one", `{"userName":"x","emails":[{"value":"h","type":"home","primary":true}]}`,
			`{"op":"replace","path":"emails[type eq \"work\" and primary eq true].value","value":"w"},{"op":"replace","path":"emails[type eq \"work\" and primary eq true].value","value":"v"}`,
			`{"userName":"x","emails":[{"value":"h","type":"home","primary":false},{"value":"v","type":"work","primary":true}]}`},
		{"an entry that would hold nothing takes no mark away", work, `{"op":"add","path":"emails[type eq \"other\"].primary","value":true}`, work},
		{"44 a list removes by what is compared, not by case", `{"userName":"x","emails":[{"value":"W@x","type":"work"},{"value":"h@x","type":"home"}]}`,
			`{"op":"remove","path":"emails","value":[{"value":"w@X","type":"Work"}]}`, `{"userName":"x","emails":[{"value":"h@x","type":"home"}]}`},
		{"an array of an extension gains one value", tags, `{"op":"add","path":"urn:acme:1.0:User:tags","value":"z"},{"op":"add","path":"urn:acme:1.0:User:tags","value":{"a":"b"}}`,
			`{"userName":"x","urn:acme:1.0:User":{"tags":["x","y","z",{"a":"b"}]}}`},
		{"an array of an extension loses just what is named", tags, `{"op":"remove","path":"urn:acme:1.0:User:tags","value":["x","q"]}`, `{"userName":"x","urn:acme:1.0:User":{"tags":["y"]}}`},
		{"an array of an extension loses all without a value", tags, `{"op":"remove","path":"urn:acme:1.0:User:tags"}`, x},
		{"operations see what came before", x, `{"op":"add","path":"emails","value":{"value":"a","type":"work"}},{"op":"replace","path":"emails[type eq \"work\"].value","value":"b"}`,
			`{"userName":"x","emails":[{"value":"b","type":"work"}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, _, err := patch(t, UserKind, Options{}, c.document, c.operations)
			if err != nil {
				t.Fatal(err)
			}
			if got != c.want {
				t.Errorf("%s\n%s\ngot  %s\nwant %s", c.document, c.operations, got, c.want)
			}
		})
	}
}

func TestPatchRefusals(t *testing.T) {
	t.Parallel()
	const document = `{"userName":"x","emails":[{"value":"w","type":"work"}]}`
	for _, c := range []struct{ operations, scimType string }{
		{`{"path":"title","value":"x"}`, TypeInvalidSyntax},
		{`{"op":"move","path":"title","value":"x"}`, TypeInvalidSyntax},
		{`{"op":1}`, TypeInvalidSyntax},
		{`7`, TypeInvalidSyntax},
		{`{"op":"add","path":7,"value":"x"}`, TypeInvalidPath},
		{`{"op":"add","path":"emails[type eq","value":"x"}`, TypeInvalidPath},
		{`{"op":"add","path":"emails[","value":"x"}`, TypeInvalidPath},
		{`{"op":"add","path":"][","value":"x"}`, TypeInvalidPath},
		{`{"op":"add","path":"title[type eq \"x\"]","value":"x"}`, TypeInvalidPath},
		{`{"op":"add","path":"emails[primary gt 1].value","value":"x"}`, TypeInvalidFilter},
		{`{"op":"remove"}`, TypeNoTarget},
		{`{"op":"add","path":"emails[type co \"q\"].value","value":"x"}`, TypeNoTarget},
		{`{"op":"replace","path":"emails[type eq \"a\" or type eq \"b\"].value","value":"x"}`, TypeNoTarget},
		{`{"op":"replace","path":"id","value":"x"}`, TypeMutability},
		{`{"op":"replace","path":"meta.created","value":"1999-01-01T00:00:00Z"}`, TypeMutability},
		{`{"op":"add","path":"groups","value":[{"value":"g"}]}`, TypeMutability},
		{`{"op":"replace","path":"groups[value eq \"g\"].display","value":"x"}`, TypeMutability},
		{`{"op":"remove","path":"schemas"}`, TypeMutability},
		{`{"op":"remove","path":"userName"}`, TypeMutability},
		{`{"op":"replace","path":"` + ent + `:manager.displayName","value":"x"}`, TypeMutability},
		{`{"op":"add","path":"title"}`, TypeInvalidValue},
		{`{"op":"replace","path":"title"}`, TypeInvalidValue},
		{`{"op":"add"}`, TypeInvalidValue},
		{`{"op":"replace","value":"x"}`, TypeInvalidValue},
		{`{"op":"replace","path":"userName","value":""}`, TypeInvalidValue},
		{`{"op":"replace","path":"userName","value":" "}`, TypeInvalidValue},
		{`{"op":"replace","value":{"userName":null}}`, TypeInvalidValue},
		{`{"op":"replace","path":"active","value":0}`, TypeInvalidValue},
		{`{"op":"replace","path":"active","value":"maybe"}`, TypeInvalidValue},
		{`{"op":"replace","path":"name","value":"Ada"}`, TypeInvalidValue},
		{`{"op":"replace","path":"title","value":["a","b"]}`, TypeInvalidValue},
		{`{"op":"add","path":"emails","value":[{"value":"a\u0001"}]}`, TypeInvalidValue},
		{`{"op":"replace","path":"title","value":"changed"},{"op":"replace","path":"][","value":"x"}`, TypeInvalidPath},
		{strings.Repeat(`{"op":"add","path":"title","value":"x"},`, 1000) + `{"op":"add","path":"title","value":"x"}`, TypeInvalidValue},
	} {
		_, _, err := patch(t, UserKind, Options{}, document, c.operations)
		if err == nil {
			t.Errorf("%.80s is accepted", c.operations)
			continue
		}
		wantError(t, err, 400, c.scimType)
	}
}

func TestPatchEnvelope(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"Operations":[]}`, `{"operations":[]}`, `{"OPERATIONS":[{"op":"add","path":"title","value":"x"}]}`,
		`{"schemas":["odd"],"Operations":{"op":"add","path":"title","value":"x"}}`,
	} {
		if _, err := ParsePatch(UserKind, decode(t, body), Options{}); err != nil {
			t.Errorf("%s: %v", body, err)
		}
		if _, err := ParsePatch(UserKind, decode(t, body), Options{Strict: true}); err == nil {
			t.Errorf("%s is accepted by a strict connector", body)
		}
	}
	for _, body := range []string{`{}`, `{"Operations":7}`, `{"Operations":"x"}`, `{"Operations":null}`} {
		_, err := ParsePatch(UserKind, decode(t, body), Options{})
		wantError(t, err, 400, TypeInvalidSyntax)
	}
}

func TestStrictPatch(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ operations, scimType string }{
		{`{"op":"add","path":"nope","value":"x"}`, TypeInvalidPath},
		{`{"op":"add","value":{"nope":"x"}}`, TypeInvalidValue},
		{`{"op":"replace","path":"emails[type eq \"work\"].value","value":"x"}`, TypeNoTarget},
		{`{"op":"remove","path":"emails[type eq \"work\"]"}`, TypeNoTarget},
	} {
		_, _, err := patch(t, UserKind, Options{Strict: true}, `{"userName":"x"}`, c.operations)
		if err == nil {
			t.Errorf("%s is accepted by a strict connector", c.operations)
			continue
		}
		wantError(t, err, 400, c.scimType)
	}
}

func TestPatchNotesWhatItIgnores(t *testing.T) {
	t.Parallel()
	_, notes, err := patch(t, UserKind, Options{}, `{"userName":"x"}`, `{"op":"add","path":"nope","value":"x"},{"op":"add","value":{"odd":1}},{"op":"remove","path":"active"}`)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, n := range notes {
		got = append(got, n.Code+" "+n.Path)
	}
	if want := "unknownPath nope,unknownAttribute odd,ignored active"; strings.Join(got, ",") != want {
		t.Errorf("notes %q, want %q", strings.Join(got, ","), want)
	}
}

// TestPatchesAreBounded: what a patch may cost does not grow with what a request may hold.
func TestPatchesAreBounded(t *testing.T) {
	t.Parallel()
	many := func(n int, one string) string { return strings.TrimSuffix(strings.Repeat(one+",", n), ",") }
	terms := `emails[` + strings.TrimSuffix(strings.Repeat(`display eq \"z\" or `, 50), " or ") + `]`
	tags := make([]string, 1001)
	for i := range tags {
		tags[i] = strconv.Quote(strconv.Itoa(i))
	}
	whole := `{"userName":"x","urn:acme:1.0:User":{"tags":[` + strings.Join(tags, ",") + `]}}`
	grown := `{"userName":"x","urn:acme:1.0:User":{"a":"` + strings.Repeat("a", maxDocument) + `"}}`
	for _, c := range []struct{ name, document, operations string }{
		{"terms over the entries", `{"userName":"x"}`, many(21, `{"op":"remove","path":"`+terms+`"}`)},
		{"values added to an array", whole, `{"op":"add","path":"urn:acme:1.0:User:tags","value":["a"]}`},
		{"values taken from an array", whole, `{"op":"remove","path":"urn:acme:1.0:User:tags","value":[` + strings.Join(tags, ",") + `]}`},
		{"what a document comes to", grown, `{"op":"add","path":"title","value":"T"}`},
	} {
		_, _, err := patch(t, UserKind, Options{}, c.document, c.operations)
		if err == nil {
			t.Errorf("%s: not bounded", c.name)
			continue
		}
		wantError(t, err, 400, TypeTooMany)
	}
	if _, _, err := patch(t, UserKind, Options{}, grown, `{"op":"remove","path":"urn:acme:1.0:User:a"}`); err != nil {
		t.Errorf("a document that is too large cannot be made smaller: %v", err)
	}
	if _, _, err := patch(t, UserKind, Options{}, `{"userName":"x"}`, many(20, `{"op":"remove","path":"`+terms+`"}`)); err != nil {
		t.Error(err)
	}
}

func TestPatchKeepsAHundredEntriesAtMost(t *testing.T) {
	t.Parallel()
	var list []string
	for i := range 100 {
		list = append(list, `{"value":"`+strings.Repeat("a", i+1)+`"}`)
	}
	document := `{"userName":"x","emails":[` + strings.Join(list, ",") + `]}`
	_, _, err := patch(t, UserKind, Options{}, document, `{"op":"add","path":"emails","value":[{"value":"b"}]}`)
	wantError(t, err, 400, TypeInvalidValue)
}
