package policy_test

import (
	"os"
	"strings"
	"testing"

	"github.com/muster-scim/muster/policy"
)

const reasonsDoc = "../docs/reasons.md"

// TestReasonsAreDocumented compares docs/reasons.md with the closed set of codes; -update writes it.
func TestReasonsAreDocumented(t *testing.T) {
	var out strings.Builder
	out.WriteString(reasonsHead)
	for _, doc := range policy.Codes {
		detail := "21 of 20 losses"
		if strings.Contains(doc.Doc, "another directory") {
			detail = "legacy" // its name
		}
		sentence := policy.Reason{Code: doc.Code, Connector: "acme-okta", List: "neverAssign", Pattern: "jira-.*", Detail: detail}.Sentence("jira-users")
		out.WriteString("| `" + string(doc.Code) + "` | " + doc.Doc + " | " + strings.ReplaceAll(sentence, "|", `\|`) + " |\n")
	}
	if *update {
		if err := os.WriteFile(reasonsDoc, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	text, err := os.ReadFile(reasonsDoc)
	if err != nil {
		t.Fatal(err)
	}
	if string(text) != out.String() {
		t.Errorf("docs/reasons.md does not list policy.Codes as they are; go test ./policy -run TestReasonsAreDocumented -update writes it")
	}
}

const reasonsHead = "# Reason codes\n\n" +
	"Everything the directory holds, and everything it keeps out, has a reason from this closed set: in `because`, in the steps of `GET " +
	"/directories/{d}/why` and `muster why`, in plans and in the events. Programs read the code; the sentence is for people, here for the group " +
	"jira-users and the connector acme-okta. What stands in a sentence for a list or a pattern is an example.\n\n" +
	"This page is written from `policy.Codes` by `go test ./policy -run TestReasonsAreDocumented -update`.\n\n" +
	"| code | when | sentence |\n|---|---|---|\n"
