package dialect

import (
	"testing"

	"github.com/muster-scim/muster/scim"
)

// Must-accept 47, the form of Salesforce's published example.
func TestMembersInsideMembersAreLifted(t *testing.T) {
	t.Parallel()
	run(t, []rewriteCase{
		{"Salesforce", scim.GroupKind, "PATCH",
			`{"Operations":[{"op":"add","path":"members","value":{"members":[{"value":"005x"}]}}]}`,
			`{"Operations":[{"op":"add","path":"members","value":[{"value":"005x"}]}]}`},
		{"in any case", scim.GroupKind, "PATCH",
			`{"Operations":[{"OP":"remove","Path":"Members","Value":{"Members":[{"value":"a"}]}}]}`,
			`{"Operations":[{"OP":"remove","Path":"Members","Value":[{"value":"a"}]}]}`},
		{"a member alone stays", scim.GroupKind, "PATCH",
			`{"Operations":[{"op":"add","path":"members","value":{"value":"a"}}]}`,
			`{"Operations":[{"op":"add","path":"members","value":{"value":"a"}}]}`},
	})
}
