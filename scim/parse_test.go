package scim

import (
	"slices"
	"strings"
	"testing"
)

func decode(t *testing.T, body string) map[string]any {
	t.Helper()
	raw, err := Decode([]byte(body), GroupBodyLimits)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return raw
}

func parseUser(t *testing.T, body string) Document {
	t.Helper()
	d, _, err := ParseUser(decode(t, body), Options{})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return d
}

const ent = EnterpriseUser

// TestUserBodiesAreNormalised names the forms of bodies that must be accepted by their number.
func TestUserBodiesAreNormalised(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, want string }{
		{"names in any case come back in schema case",
			`{"USERNAME":"x","Emails":[{"Value":"a@b","Primary":true}],"NAME":{"GivenName":"A"}}`,
			`{"userName":"x","name":{"givenName":"A"},"emails":[{"value":"a@b","primary":true}]}`},
		{"20 no schemas, or odd ones", `{"schemas":["urn:okta:x","urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],"userName":"x"}`,
			`{"userName":"x"}`},
		{"21 obsolete URNs as keys",
			`{"userName":"x","urn:scim:schemas:extension:enterprise:1.0":{"department":"R","manager":{"managerId":"7"}},"urn:scim:schemas:core:1.0":{"title":"T"}}`,
			`{"userName":"x","title":"T","` + ent + `":{"department":"R","manager":{"value":"7"}}}`},
		{"22 null is absent", `{"userName":"x","title":null,"emails":null,"name":{"givenName":null},"` + ent + `":null}`, `{"userName":"x"}`},
		{"23 empty texts and arrays are absent", `{"userName":"x","title":"","emails":[],"name":{"givenName":""},"roles":[{}],"addresses":[{"type":"work"}]}`, `{"userName":"x"}`},
		{"24 booleans as text", `{"userName":"x","active":"False","emails":[{"value":"a","primary":"TRUE"}]}`,
			`{"userName":"x","active":false,"emails":[{"value":"a","primary":true}]}`},
		{"24 a boolean in an array", `{"userName":"x","active":[true]}`, `{"userName":"x","active":true}`},
		{"25 what the server keeps is ignored",
			`{"userName":"x","id":"7","meta":{"created":1},"groups":[{"value":"g"}],"` + ent + `":{"manager":{"value":"1","displayName":"B"}}}`,
			`{"userName":"x","` + ent + `":{"manager":{"value":"1"}}}`},
		{"26 epoch times in meta", `{"userName":"x","meta":{"created":1735526400000,"lastModified":"2024-12-30 08:00:00"}}`, `{"userName":"x"}`},
		{"27 the password is dropped", `{"userName":"x","password":"Zq8pX1mvT4"}`, `{"userName":"x"}`},
		{"28 one object for an array", `{"userName":"x","emails":{"value":"a@b"}}`, `{"userName":"x","emails":[{"value":"a@b"}]}`},
		{"28 a text for an array", `{"userName":"x","emails":"a@b","phoneNumbers":["1","2"]}`,
			`{"userName":"x","emails":[{"value":"a@b"}],"phoneNumbers":[{"value":"1"},{"value":"2"}]}`},
		{"29 an e-mail without type", `{"userName":"x","emails":[{"value":"a@b","primary":true}]}`, `{"userName":"x","emails":[{"value":"a@b","primary":true}]}`},
		{"29 primary twice: the first stays", `{"userName":"x","emails":[{"value":"a","primary":true},{"value":"b","primary":true}]}`,
			`{"userName":"x","emails":[{"value":"a","primary":true},{"value":"b"}]}`},
		{"a value and type twice are one", `{"userName":"x","emails":[{"value":"a","type":"work"},{"value":"a","type":"Work","primary":true},{"value":"a","type":"home"}]}`,
			`{"userName":"x","emails":[{"value":"a","type":"work","primary":true},{"value":"a","type":"home"}]}`},
		{"30 a foreign extension is kept as it is", `{"userName":"x","urn:okta:custom:1.0":{"b":[1,null],"A":{"c":null},"d":"D","e":[]}}`,
			`{"userName":"x","urn:okta:custom:1.0":{"b":[1],"d":"D"}}`},
		{"30 unknown attributes are ignored", `{"userName":"x","isAdmin":true,"tenant_id":"B","http://x":{"a":1},"name":{"foo":"bar"}}`, `{"userName":"x"}`},
		{"31 enterprise attributes at the top", `{"userName":"x","department":"R","employeeNumber":"7","manager":"boss"}`,
			`{"userName":"x","` + ent + `":{"employeeNumber":"7","department":"R","manager":{"value":"boss"}}}`},
		{"31 the extension wins over the top", `{"userName":"x","department":"R","` + ent + `":{"department":"S"}}`,
			`{"userName":"x","` + ent + `":{"department":"S"}}`},
		{"32 manager as a text", `{"userName":"x","` + ent + `":{"manager":"7"}}`, `{"userName":"x","` + ent + `":{"manager":{"value":"7"}}}`},
		{"32 manager as an array of one", `{"userName":"x","` + ent + `":{"manager":[{"$ref":"u","value":"7"}]}}`,
			`{"userName":"x","` + ent + `":{"manager":{"value":"7","$ref":"u"}}}`},
		{"33 roles as texts and objects", `{"userName":"x","roles":["Admin",{"value":"User","primary":"True"}]}`,
			`{"userName":"x","roles":[{"value":"Admin"},{"value":"User","primary":true}]}`},
		{"34 phone numbers stay as sent", `{"userName":"x","phoneNumbers":[{"value":"tel:+1-201"},{"value":"ext. 7"}]}`,
			`{"userName":"x","phoneNumbers":[{"value":"tel:+1-201"},{"value":"ext. 7"}]}`},
		{"35 a user name with anything printable", `{"userName":"b_c.example#EXT#@Å 李"}`, `{"userName":"b_c.example#EXT#@Å 李"}`},
		{"37 active that is not said is not stored", `{"userName":"x"}`, `{"userName":"x"}`},
		{"markup and formulas are text", `{"userName":"x","displayName":"=1+1 <img> {{7*7}}","locale":"\t=1"}`,
			`{"userName":"x","displayName":"=1+1 <img> {{7*7}}","locale":"\t=1"}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := string(parseUser(t, c.body).JSON()); got != c.want {
				t.Errorf("%s\ngot  %s\nwant %s", c.body, got, c.want)
			}
		})
	}
}

func TestUserBodiesThatCannotBeMeantAreRefused(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{}`, `{"userName":""}`, `{"userName":null}`, `{"userName":"   "}`, `{"userName":["a"]}`, `{"userName":7}`,
		`{"userName":{"value":"a"}}`, `{"userName":1e30}`,
		`{"userName":"a\n2026 level=info"}`, `{"userName":"a\u001b[2Jb"}`, `{"userName":"ecila\u202e"}`, `{"userName":"ali\u200bce"}`,
		`{"userName":"` + strings.Repeat("q", 1025) + `"}`,
		`{"userName":"` + strings.Repeat("\ufdfa", 300) + `"}`, // its key form is too long for an index
		`{"userName":"x","externalId":1}`,
		`{"userName":"x","externalId":"` + strings.Repeat("q", 1025) + `"}`,
		`{"userName":"x","name":"Ada"}`, `{"userName":"x","name":[{"givenName":"A"},{"givenName":"B"}]}`,
		`{"userName":"x","emails":7}`, `{"userName":"x","emails":true}`, `{"userName":"x","emails":[7]}`, `{"userName":"x","emails":[["a"]]}`,
		`{"userName":"x","emails":[{"value":7}]}`, `{"userName":"x","emails":[{"value":"a\r\nBcc: all@b"}]}`,
		`{"userName":"x","emails":[` + strings.Repeat(`{"value":"a"},`, 100) + `{"value":"a"}]}`,
		`{"userName":"x","active":0}`, `{"userName":"x","active":"yes"}`, `{"userName":"x","title":7}`, `{"userName":"x","title":["a"]}`,
		`{"userName":"x","` + ent + `":"R"}`, `{"userName":"x","` + ent + `":{"manager":7}}`,
		`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group"],"userName":"x"}`,
	} {
		_, _, err := ParseUser(decode(t, body), Options{})
		if err == nil {
			t.Errorf("%.80s is accepted", body)
			continue
		}
		wantError(t, err, 400, TypeInvalidValue)
	}
}

func TestStrictTakesTheLetterOfTheRFC(t *testing.T) {
	t.Parallel()
	strict := Options{Strict: true}
	for _, body := range []string{
		`{"userName":"x"}`, `{"schemas":[],"userName":"x"}`, `{"schemas":"` + CoreUser + `","userName":"x"}`,
		`{"schemas":["` + CoreUser + `"],"userName":"x","isAdmin":true}`,
		`{"schemas":["` + CoreUser + `"],"userName":"x","name":{"foo":"bar"}}`,
	} {
		_, _, err := ParseUser(decode(t, body), strict)
		wantError(t, err, 400, TypeInvalidValue)
	}
	if _, _, err := ParseUser(decode(t, `{"schemas":["`+strings.ToUpper(CoreUser)+`"],"userName":"x","id":"7"}`), strict); err != nil {
		t.Error(err)
	}
}

func TestWhatIsIgnoredIsNoted(t *testing.T) {
	t.Parallel()
	_, notes, err := ParseUser(decode(t, `{"userName":"x","zeta":1,"alpha":2,"name":{"foo":1},"password":"p","id":"7"}`), Options{})
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, n := range notes {
		if n.Code != NoteUnknownAttribute {
			t.Errorf("unexpected note %v", n)
		}
		paths = append(paths, n.Path)
	}
	if want := []string{"alpha", "name.foo", "zeta"}; !slices.Equal(paths, want) {
		t.Errorf("notes on %v, want %v", paths, want)
	}
}

func TestGroupBodies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, body, want string
		members          []string
		given            bool
	}{
		{"36 no members", `{"displayName":"G","externalId":"e"}`, `{"externalId":"e","displayName":"G"}`, nil, false},
		{"36 members null", `{"displayName":"G","members":null}`, `{"displayName":"G"}`, nil, false},
		{"members empty", `{"displayName":"G","members":[]}`, `{"displayName":"G"}`, nil, true},
		{"members as objects, each once", `{"displayName":"G","members":[{"value":"a","display":"A"},{"value":"b"},{"value":"a"}]}`, `{"displayName":"G"}`, []string{"a", "b"}, true},
		{"28 one member as an object", `{"displayName":"G","members":{"value":"a"}}`, `{"displayName":"G"}`, []string{"a"}, true},
		{"28 members as texts", `{"displayName":"G","members":["a","b"]}`, `{"displayName":"G"}`, []string{"a", "b"}, true},
		{"members under the URN of the core schema", `{"` + CoreGroup + `":{"displayName":"G","members":[{"value":"a"}]}}`, `{"displayName":"G"}`, []string{"a"}, true},
		{"members at the top win", `{"displayName":"G","members":["b"],"` + CoreGroup + `":{"members":["a"]}}`, `{"displayName":"G"}`, []string{"b"}, true},
		{"20 Microsoft's schema", `{"schemas":["` + CoreGroup + `","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],"displayName":"G"}`, `{"displayName":"G"}`, nil, false},
	} {
		d, members, given, _, err := ParseGroup(decode(t, c.body), Options{})
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if string(d.JSON()) != c.want || given != c.given || !slices.Equal(members, c.members) {
			t.Errorf("%s: %s %v %v, want %s %v %v", c.name, d.JSON(), members, given, c.want, c.members, c.given)
		}
	}
	for _, body := range []string{
		`{}`, `{"displayName":" "}`, `{"displayName":"` + strings.Repeat("g", 257) + `"}`, `{"displayName":"a\u200bb"}`, `{"displayName":7}`,
		`{"displayName":"G","members":[{}]}`, `{"displayName":"G","members":[{"value":""}]}`, `{"displayName":"G","members":[{"value":7}]}`,
		`{"displayName":"G","members":[null]}`, `{"displayName":"G","members":7}`, `{"displayName":"G","members":[{"value":"` + strings.Repeat("m", 1025) + `"}]}`,
		`{"schemas":["` + CoreUser + `"],"displayName":"G"}`,
	} {
		_, _, _, _, err := ParseGroup(decode(t, body), Options{})
		wantError(t, err, 400, TypeInvalidValue)
	}
}

func TestPutOfAnotherID(t *testing.T) {
	t.Parallel()
	wantError(t, CheckID(map[string]any{"ID": "b"}, "a"), 400, TypeMutability)
	for _, raw := range []map[string]any{{}, {"id": "a"}, {"id": nil}, {"id": ""}} {
		if err := CheckID(raw, "a"); err != nil {
			t.Errorf("%v: %v", raw, err)
		}
	}
}

func TestReplacementKeepsActivityThatIsNotSaid(t *testing.T) {
	t.Parallel()
	stored := Document{"userName": "x", "active": false, "title": "T"}
	got := Replacement(stored, Document{"userName": "x"})
	if value, said := got.Active(); value || !said || got["title"] != nil {
		t.Errorf("got %s", got.JSON())
	}
	got = Replacement(stored, Document{"userName": "x", "active": true})
	if value, _ := got.Active(); !value {
		t.Errorf("got %s", got.JSON())
	}
}
