package web

import (
	"flag"
	"net/http"
	"os"
	"sort"
	"strings"
	"testing"
)

var updateReference = flag.Bool("update", false, "write docs/api-reference.md")

const reference = "../docs/api-reference.md"

// TestOperationsAreDocumented compares docs/api-reference.md with the API's document; -update
// writes it.
func TestOperationsAreDocumented(t *testing.T) {
	var out strings.Builder
	out.WriteString("# The admin API, operation by operation\n\n" +
		"Written from the API's document by `go test ./web -run TestOperationsAreDocumented -update`; [how it works](api.md) comes first. " +
		"`GET /api/v1/openapi.json` has the parameters, bodies and answers of each.\n")
	var document struct {
		Tags  []struct{ Name, Description string }
		Paths map[string]map[string]struct {
			Tags    []string
			Summary string
			Role    string `json:"x-muster-role"`
		}
	}
	newDesk(t).do(http.MethodGet, openapiPath, "", "Authorization: ").wants(http.StatusOK).into(&document)
	listed := 0
	for _, tag := range document.Tags {
		var rows []string
		for path, item := range document.Paths {
			for method, operation := range item {
				if len(operation.Tags) > 0 && operation.Tags[0] == tag.Name {
					rows = append(rows, "| `"+strings.ToUpper(method)+" "+path+"` | "+operation.Summary+" | "+operation.Role+" |\n")
				}
			}
		}
		listed += len(rows)
		sort.Slice(rows, func(i, j int) bool { return afterMethod(rows[i]) < afterMethod(rows[j]) })
		out.WriteString("\n## " + tag.Name + "\n\n" + tag.Description + "\n\n| operation | does | least role |\n|---|---|---|\n" + strings.Join(rows, ""))
	}
	all := 0
	for _, item := range document.Paths {
		all += len(item)
	}
	if listed != all {
		t.Errorf("%d of %d operations have a tag that the document describes", listed, all)
	}
	if *updateReference {
		if err := os.WriteFile(reference, []byte(out.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	written, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if string(written) != out.String() {
		t.Error("docs/api-reference.md does not list the operations as they are; go test ./web -run TestOperationsAreDocumented -update writes it")
	}
}

// afterMethod sorts rows by their path, then by their method.
func afterMethod(row string) string {
	method, path, _ := strings.Cut(row, " /")
	path, _, _ = strings.Cut(path, "`")
	return path + " " + method
}
