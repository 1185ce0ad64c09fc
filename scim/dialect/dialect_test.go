package dialect

import (
	"encoding/json"
	"reflect"
	"testing"

	"github.com/muster-scim/muster/scim"
)

const enterprise = scim.EnterpriseUser

// rewriteCase is a body as it was recorded, and the plain SCIM it means.
type rewriteCase struct {
	name       string
	kind       scim.Kind
	method     string
	body, want string
}

func run(t *testing.T, cases []rewriteCase) {
	t.Helper()
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got := Rewrite(c.kind, c.method, decode(t, c.body))
			if want := decode(t, c.want); !reflect.DeepEqual(got, want) {
				t.Errorf("%s\ngot  %s\nwant %s", c.body, encode(t, got), encode(t, want))
			}
			once := encode(t, got)
			if twice := encode(t, Rewrite(c.kind, c.method, got)); twice != once {
				t.Errorf("rewritten twice it is something else:\n%s\n%s", once, twice)
			}
		})
	}
}

func decode(t *testing.T, body string) map[string]any {
	t.Helper()
	raw, err := scim.Decode([]byte(body), scim.BodyLimits)
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return raw
}

func encode(t *testing.T, v any) string {
	t.Helper()
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// patched gives the user that a recorded PATCH makes of another.
func patched(t *testing.T, user, body string) string {
	t.Helper()
	p, err := scim.ParsePatch(scim.UserKind, Rewrite(scim.UserKind, "PATCH", decode(t, body)), scim.Options{})
	if err != nil {
		t.Fatal(err)
	}
	d, _, err := p.Apply(scim.ParseDocument([]byte(user)))
	if err != nil {
		t.Fatal(err)
	}
	return string(d.JSON())
}

func TestPlainSCIMIsLeftAsItIs(t *testing.T) {
	t.Parallel()
	for _, c := range []rewriteCase{
		{kind: scim.UserKind, method: "POST", body: `{"schemas":["` + scim.CoreUser + `"],"userName":"x","emails":[{"value":"a"}],"roles":["a",{"value":"b"}],"urn:okta:custom:user:1.0":{"a":1},"urn:my:ext:2.0:User":{"b":2},"` + enterprise + `":{"manager":{"value":"1"}}}`},
		{kind: scim.UserKind, method: "PATCH", body: `{"Operations":[{"op":"add","path":"name.givenName","value":"A"},{"op":"replace","value":{"active":false,"` + enterprise + `":{"department":"R"}}},{"op":"remove","path":"roles"}]}`},
		{kind: scim.GroupKind, method: "PATCH", body: `{"Operations":[{"op":"add","path":"members","value":[{"value":"a"}]},{"op":"replace","value":{"members":[]}}]}`},
		{kind: scim.GroupKind, method: "PATCH", body: `{"Operations":7}`},
		{kind: scim.GroupKind, method: "PATCH", body: `{"Operations":[7]}`},
		{kind: scim.UserKind, method: "PUT", body: `{}`},
	} {
		if got := encode(t, Rewrite(c.kind, c.method, decode(t, c.body))); got != encode(t, decode(t, c.body)) {
			t.Errorf("%s became %s", c.body, got)
		}
	}
}

// FuzzRewrite: whatever decodes can be rewritten and parsed without a panic.
func FuzzRewrite(f *testing.F) {
	f.Add(`{"Operations":[{"op":"replace","value":{"name.givenName":"A","emails[type eq \"work\"].value":"b"}}]}`)
	f.Add(`{"roles":[{"value":"{\"value\":\"1\"}"}],"name.givenName":"x","name":7}`)
	f.Fuzz(func(t *testing.T, body string) {
		for _, kind := range []scim.Kind{scim.UserKind, scim.GroupKind} {
			for _, method := range []string{"POST", "PATCH"} {
				raw, err := scim.Decode([]byte(body), scim.GroupBodyLimits)
				if err != nil {
					return
				}
				raw = Rewrite(kind, method, raw)
				if method == "PATCH" {
					_, _ = scim.ParsePatch(kind, raw, scim.Options{})
				} else {
					_, _, _ = scim.ParseUser(raw, scim.Options{})
				}
			}
		}
	})
}
