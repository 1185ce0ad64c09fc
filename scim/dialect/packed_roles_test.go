package dialect

import (
	"testing"

	"github.com/muster-scim/muster/scim"
)

// Must-accept 33, from Entra's "add with JSON packed in a string".
func TestPackedRolesAreUnpacked(t *testing.T) {
	t.Parallel()
	const packed = `{\"id\":\"3f0c2d9e-1a44-4c0b-9f10-7d2b5e6a8c01\",\"value\":\"25\",\"displayName\":\"Operator\"}`
	run(t, []rewriteCase{
		{"patch with a path", scim.UserKind, "PATCH",
			`{"Operations":[{"op":"Add","path":"roles","value":[{"value":"` + packed + `"}]}]}`,
			`{"Operations":[{"op":"Add","path":"roles","value":[{"value":"25","display":"Operator"}]}]}`},
		{"patch with a value path", scim.UserKind, "PATCH",
			`{"Operations":[{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"` + packed + `"}]}`,
			`{"Operations":[{"op":"Replace","path":"roles[primary eq \"True\"].value","value":{"value":"25","display":"Operator"}}]}`},
		{"patch without a path", scim.UserKind, "PATCH",
			`{"Operations":[{"op":"Add","value":{"roles":["` + packed + `"]}}]}`,
			`{"Operations":[{"op":"Add","value":{"roles":[{"value":"25","display":"Operator"}]}}]}`},
		{"create", scim.UserKind, "POST",
			`{"userName":"x","Roles":[{"value":"` + packed + `","primary":true},{"value":"User"}]}`,
			`{"userName":"x","Roles":[{"value":"25","display":"Operator","primary":true},{"value":"User"}]}`},
		{"what only looks packed stays", scim.UserKind, "POST",
			`{"userName":"x","roles":[{"value":"{not json"},{"value":"{\"id\":\"1\"}"},{"value":"{\"value\":7}"}]}`,
			`{"userName":"x","roles":[{"value":"{not json"},{"value":"{\"id\":\"1\"}"},{"value":"{\"value\":7}"}]}`},
	})
}

func TestEntraRolesEndAsOneRole(t *testing.T) {
	t.Parallel()
	got := patched(t, `{"userName":"r","roles":[{"value":"Admin","type":"WindowsAzureActiveDirectoryRole","primary":true}]}`, `{"Operations":[
		{"op":"Add","path":"roles","value":[{"value":"{\"id\":\"3f0c\",\"value\":\"25\",\"displayName\":\"Operator\"}"}]},
		{"op":"Replace","path":"roles[primary eq \"True\"].value","value":"Reader"},
		{"op":"replace","path":"roles","value":[{"primary":false,"type":"WindowsAzureActiveDirectoryRole","display":"User","value":"User"}]}]}`)
	want := `{"userName":"r","roles":[{"value":"User","display":"User","type":"WindowsAzureActiveDirectoryRole","primary":false}]}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
