package dialect

import (
	"errors"
	"testing"

	"github.com/muster-scim/muster/scim"
)

// Must-accept 41. The first case is Entra's "filter path plus path-less dotted and URN keys"
// with the flag aadOptscim062020, the third SailPoint's several replaces on parts of a name.
func TestPathsAsKeysBecomeOperations(t *testing.T) {
	t.Parallel()
	run(t, []rewriteCase{
		{"Entra with its flag", scim.UserKind, "PATCH",
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
				{"op":"replace","path":"emails[type eq \"work\"].value","value":"carl.new@contoso.example"},
				{"op":"replace","value":{"displayName":"Carl Berg","name.givenName":"Karl","name.familyName":"Berg",
					"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"E-88","addresses[type eq \"work\"].locality":"Oslo"}}]}`,
			`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
				{"op":"replace","path":"emails[type eq \"work\"].value","value":"carl.new@contoso.example"},
				{"op":"replace","value":{"displayName":"Carl Berg"}},
				{"op":"replace","path":"addresses[type eq \"work\"].locality","value":"Oslo"},
				{"op":"replace","path":"name.familyName","value":"Berg"},
				{"op":"replace","path":"name.givenName","value":"Karl"},
				{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber","value":"E-88"}]}`},
		{"nothing but paths, an object under one", scim.UserKind, "PATCH",
			`{"operations":[{"op":"add","value":{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager":{"value":"7"}}}]}`,
			`{"operations":[{"op":"add","path":"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager","value":{"value":"7"}}]}`},
		{"in a resource", scim.UserKind, "POST",
			`{"userName":"x","name.givenName":"A","NAME":{"familyName":"F"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"R","urn:okta:c:1.0:tag":"T"}`,
			`{"userName":"x","NAME":{"familyName":"F","givenName":"A"},"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"R"},"urn:okta:c:1.0":{"tag":"T"}}`},
	})
}

func TestEntraFlagUpdateIsApplied(t *testing.T) {
	t.Parallel()
	got := patched(t, `{"userName":"carl","name":{"familyName":"Wilber","givenName":"Carl"}}`,
		`{"Operations":[{"op":"replace","value":{"name.givenName":"Karl","active":"True","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:employeeNumber":"E-88","addresses[type eq \"work\"].locality":"Oslo"}}]}`)
	want := `{"userName":"carl","name":{"familyName":"Wilber","givenName":"Karl"},"active":true,"addresses":[{"locality":"Oslo","type":"work"}],"` + enterprise + `":{"employeeNumber":"E-88"}}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

// A dotted key must not be a way around the rules of a path.
func TestPathsAsKeysObeyMutability(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"meta.created", "groups.value", "urn:ietf:params:scim:schemas:core:2.0:User:id", enterprise + ":manager.displayName"} {
		raw := Rewrite(scim.UserKind, "PATCH", decode(t, `{"Operations":[{"op":"replace","value":{"`+key+`":"x"}}]}`))
		_, err := scim.ParsePatch(scim.UserKind, raw, scim.Options{})
		var e *scim.Error
		if !errors.As(err, &e) || e.Type != scim.TypeMutability {
			t.Errorf("%s: %v, want mutability", key, err)
		}
	}
}
