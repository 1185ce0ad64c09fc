package tenants

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

func TestEveryDiagnosisHasAdviceAndIsDocumented(t *testing.T) {
	source, err := os.ReadFile("contact.go")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../docs/contact.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`Diagnosis = "(\w+)"`).FindAllStringSubmatch(string(source), -1)
	for _, name := range found {
		said := Diagnosis(name[1]).Advice()
		if !strings.HasSuffix(said.What, ".") || !strings.HasSuffix(said.Next, ".") {
			t.Errorf("%s: %+v is no advice", name[1], said)
		}
		if !strings.Contains(string(page), "| `"+name[1]+"` | "+said.What+" | "+said.Next+" |") {
			t.Errorf("docs/contact.md does not say of %s what the API says: %s %s", name[1], said.What, said.Next)
		}
	}
	if len(found) != len(advice) {
		t.Errorf("%d diagnoses and %d pieces of advice", len(found), len(advice))
	}
}
