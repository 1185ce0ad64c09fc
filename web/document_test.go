package web

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
)

// document is what a client reads: the served text, not what the library holds.
func document(t *testing.T, d *desk) map[string]any {
	t.Helper()
	return d.do(http.MethodGet, openapiPath, "", "Authorization: ").wants(http.StatusOK).object()
}

func TestEveryRouteOfTheAPIIsInTheDocumentAndBack(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	var served, described []string
	parameter := regexp.MustCompile(`:([A-Za-z]+)`)
	for _, route := range d.engine.Routes() {
		path, ok := strings.CutPrefix(route.Path, Base)
		if !ok || strings.HasPrefix(path, "/openapi") {
			continue
		}
		served = append(served, route.Method+" "+parameter.ReplaceAllString(path, "{$1}"))
	}
	for path, item := range document(t, d)["paths"].(map[string]any) {
		for method := range item.(map[string]any) {
			described = append(described, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(served)
	slices.Sort(described)
	if !slices.Equal(served, described) {
		t.Errorf("served:\n%s\ndescribed:\n%s", strings.Join(served, "\n"), strings.Join(described, "\n"))
	}
}

func TestEveryOperationOfTheDocumentCanBeCalledFromIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	seen := map[string]string{}
	for path, item := range document(t, d)["paths"].(map[string]any) {
		for method, value := range item.(map[string]any) {
			text, err := json.Marshal(value)
			if err != nil {
				t.Fatal(err)
			}
			var op operationText
			if err := json.Unmarshal(text, &op); err != nil {
				t.Fatal(err)
			}
			name := strings.ToUpper(method) + " " + path
			if other := seen[op.OperationID]; other != "" {
				t.Errorf("%s and %s have one operationId, %q", name, other, op.OperationID)
			}
			seen[op.OperationID] = name
			for _, problem := range op.problems(method, path) {
				t.Errorf("%s: %s", name, problem)
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d operations were looked at", len(seen))
	}
}

// operationText is an operation as the document has it.
type operationText struct {
	OperationID, Summary string
	Reach                string `json:"x-muster-reach"`
	Role                 string `json:"x-muster-role"`
	Tags                 []string
	Security             []map[string][]string
	Parameters           []struct {
		Name, In, Description string
		Required              bool
		Schema                map[string]any
	}
	RequestBody *struct {
		Required bool
		Content  map[string]struct{ Schema map[string]any }
	}
	Responses map[string]struct {
		Description string
		Content     map[string]struct{ Schema map[string]any }
	}
}

// open says whether the operation needs no sign-in.
func (op operationText) open() bool { return op.Reach == string(everything) }

// problems is what a client that knows only the document could not do.
func (op operationText) problems(method, path string) (found []string) {
	say := func(format string, args ...any) { found = append(found, fmt.Sprintf(format, args...)) }
	if op.OperationID == "" || op.Summary == "" || len(op.Tags) != 1 || !op.open() && len(op.Security) != 2 {
		say("lacks operationId, summary, tag or security: %+v", op)
	}
	var declared []string
	for _, p := range op.Parameters {
		if p.Description == "" || p.Schema == nil {
			say("parameter %s is not described", p.Name)
		}
		if p.In == "path" {
			declared = append(declared, "{"+p.Name+"}")
			if !p.Required {
				say("path parameter %s is not required", p.Name)
			}
		}
	}
	inPath := regexp.MustCompile(`\{[A-Za-z]+\}`).FindAllString(path, -1)
	slices.Sort(declared)
	slices.Sort(inPath)
	if !slices.Equal(declared, inPath) {
		say("declares the path parameters %v, not %v", declared, inPath)
	}
	if body := op.RequestBody; body != nil && (!body.Required || body.Content["application/json"].Schema == nil && body.Content["application/octet-stream"].Schema == nil) {
		say("its body is not required JSON, or a file, with a schema")
	}
	if takes := op.RequestBody != nil; takes == (method == "get" || method == "delete" || op.OperationID == "restoreUser" || op.OperationID == "reapplyUser" || op.OperationID == "restoreDirectory" || op.OperationID == "reverseJob" || op.OperationID == "testWebhook" || op.OperationID == "redeliver" || strings.HasSuffix(path, "/links")) {
		say("takes a body: %v", takes)
	}
	successes := 0
	for status, response := range op.Responses {
		if response.Description == "" {
			say("answer %s is not described", status)
		}
		want := "application/problem+json"
		if status[0] == '3' { // for browsers, which do not read on
			successes++
			continue
		}
		if status[0] == '2' {
			successes++
			want = "application/json"
			for _, stream := range []string{linesType, streamType} {
				if len(response.Content) == 1 && response.Content[stream].Schema != nil {
					want = stream // a stream, and nothing else
				}
			}
		}
		if status == "204" {
			if len(response.Content) > 0 {
				say("204 has a body")
			}
		} else if response.Content[want].Schema == nil {
			say("answer %s has no schema of %s", status, want)
		}
	}
	needs404 := len(inPath) > 0
	if _, has := op.Responses["404"]; successes != 1 || !op.open() && (op.Responses["401"].Content == nil || op.Role == "") || op.Responses["default"].Content == nil || needs404 && !has {
		say("its answers are not complete")
	}
	return found
}

func TestEverySchemaOfTheDocumentIsUsedDescribedAndTrueOfItsExamples(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	doc := document(t, d)
	schemas := doc["components"].(map[string]any)["schemas"].(map[string]any)
	used := map[string]bool{}
	walk(doc, "", func(where string, node map[string]any) {
		if ref, ok := node["$ref"].(string); ok {
			name, local := strings.CutPrefix(ref, "#/components/schemas/")
			if used[name] = true; !local || schemas[name] == nil {
				t.Errorf("%s refers to %s, which is not there", where, ref)
			}
		}
		properties, _ := node["properties"].(map[string]any)
		for name, p := range properties {
			property, _ := p.(map[string]any)
			if property["description"] == nil && property["$ref"] == nil {
				t.Errorf("%s.%s is not described", where, name)
			}
		}
	})
	registry := d.api.Document().Components.Schemas
	for name := range schemas {
		if !used[name] {
			t.Errorf("nothing refers to schema %s", name)
		}
		checkExamples(t, registry, name, registry.Map()[name])
	}
}

// checkExamples validates the examples of a schema and of its properties against them.
func checkExamples(t *testing.T, registry huma.Registry, name string, s *huma.Schema) {
	t.Helper()
	for _, example := range s.Examples {
		result := &huma.ValidateResult{}
		huma.Validate(registry, s, huma.NewPathBuffer(nil, 0), huma.ModeWriteToServer, example, result)
		if len(result.Errors) > 0 {
			t.Errorf("the example %v of %s is not one: %v", example, name, result.Errors)
		}
	}
	for field, property := range s.Properties {
		checkExamples(t, registry, name+"."+field, property)
	}
}

// walk visits every object of a JSON value.
func walk(value any, where string, visit func(where string, node map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		visit(where, v)
		for name, child := range v {
			walk(child, where+"/"+name, visit)
		}
	case []any:
		for _, child := range v {
			walk(child, where, visit)
		}
	}
}
