package mapping

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// An abuse is an expression that would take memory or time without end, and how it ends: refused
// when it is saved, or as a problem of the record. Every one allocates less than four megabytes and
// costs what one expression may, and the one call more that is noticed too late.
var abuses = []struct {
	name, expression string
	saved            string // part of the refusal; empty: it can be saved
	problem          string // part of the problem of the record
}{
	{"an expression as long as a book", strings.Repeat(`"a" + `, 1000) + `"a"`, "at most 4096", ""},
	{"parentheses without end", strings.Repeat("(", 500) + "1" + strings.Repeat(")", 500), "nested", ""},
	{"calls without end", strings.Repeat("lower(", 400) + "record.title" + strings.Repeat(")", 400), "nested", ""},
	{"sums without end", strings.Repeat("record.title + ", 200) + "record.title", "nested", ""},
	{"negations without end", strings.Repeat("!", 1000) + "true", "", ""},
	{"loops in loops in loops", `[1,2].map(a, [1,2].map(b, [1,2].map(c, a))).size()`, "inside each other", ""},
	{"a pattern out of the record", `extract(record.title, record.title)`, "has to be written here", ""},
	{"a pattern that is too large", `record.title.matches("((a{1,500}){1,500}){1,500}")`, "not valid", ""},
	{"a pattern as long as a page", `record.title.matches("` + strings.Repeat("a", 600) + `")`, "at most 512", ""},
	{"a loop over the square of a long list", `string(record.roles.map(a, record.roles.filter(b, a.value == b.value).size()).size())`, "", "too much work"},
	{"a loop over the square of a list of its own", `string(split("` + strings.Repeat("a,", 190) + `", ",").map(a, split("` + strings.Repeat("a,", 190) + `", ",").map(b, a + b)).size())`, "", "too much work"},
	{"a long text added to itself", strings.Repeat("record.title + ", 25) + "record.title", "", "too much work"},
	{"doubling by replace", strings.Repeat(`replace(`, 9) + `"aaaaaaaa"` + strings.Repeat(`, "a", "aaaaaaaa")`, 9), "", "32 KiB"},
	{"every letter replaced by a long text", `replace(record.title, "a", record.title)`, "", ""},
	{"doubling by join", `join([` + strings.Repeat("record.title,", 300) + `record.title], record.title)`, "", ""},
	{"a long text split into letters", `split(record.title, "a").map(x, split(record.title, "a"))[0]`, "", "200 entries"},
	{"upper of a long text", `upper(record.title)`, "", ""},
	{"a catastrophic pattern", `string(record.title.matches("^(a+)+$"))`, "", ""},
	{"a result without end", `record.roles`, "", "200 entries"},
	{"a deep result", `[[[[[[[[1]]]]]]]]`, "", "deep"},
	{"lists that double", `[` + strings.Repeat("record.roles,", 200) + `1].map(x, x).size() > 0 ? string(` + strings.Repeat("record.roles + ", 20) + `record.roles == record.roles) : ""`, "", ""},
}

func TestEveryAbuseEndsWithinItsLimit(t *testing.T) {
	roles := make([]any, 5000)
	for i := range roles {
		roles[i] = map[string]any{"value": fmt.Sprint("role ", i)}
	}
	doc := map[string]any{"userName": "ada", "title": strings.Repeat("a", 30<<10), "roles": roles}
	for _, c := range abuses {
		t.Run(c.name, func(t *testing.T) {
			p, err := Compile([]Step{{Target: "title", Expression: c.expression}}, "")
			if c.saved != "" {
				if err == nil || !strings.Contains(err.Error(), c.saved) {
					t.Errorf("saving gives %v, want %q", err, c.saved)
				}
				return
			}
			if err != nil {
				t.Fatalf("saving gives %v", err)
			}
			vars := Record{Document: doc}.variables()
			var before, after runtime.MemStats
			budget := uint64(costOfAll)
			runtime.ReadMemStats(&before)
			value, problem := evaluate(p.steps[0].run, vars, &budget, "steps[0]")
			runtime.ReadMemStats(&after)
			if problem == nil {
				if err := p.steps[0].check(value); err != nil {
					problem = &Problem{"steps[0]", err.Error()}
				}
			}
			if c.problem != "" && (problem == nil || !strings.Contains(problem.Text, c.problem)) {
				t.Errorf("the record gets %v, want %q", problem, c.problem)
			}
			if took := (after.TotalAlloc - before.TotalAlloc) >> 10; took > 4<<10 {
				t.Errorf("it allocated %d KiB", took)
			}
			if spent := costOfAll - budget; spent > 2*costOfOne {
				t.Errorf("it cost %d, more than one expression may", spent)
			}
			t.Logf("%d KiB, cost %d, %v", (after.TotalAlloc-before.TotalAlloc)>>10, costOfAll-budget, problem)
		})
	}
}

func TestManyDearStepsEndWithinTheMappingsLimit(t *testing.T) {
	steps := make([]Step, MaxSteps)
	for i := range steps {
		steps[i] = Step{Target: "title", Expression: `string(size(record.roles.filter(r, r.value.endsWith("9"))))`}
	}
	roles := make([]any, 400)
	for i := range roles {
		roles[i] = map[string]any{"value": fmt.Sprint("role ", i)}
	}
	got := program(t, steps, "").Run(Record{Document: map[string]any{"userName": "ada", "roles": roles}, New: true})
	if got.Problem == nil || !strings.Contains(got.Problem.Text, "together with the steps before it") {
		t.Errorf("%v", got.Problem)
	}
}

func BenchmarkOneStep(b *testing.B) {
	for _, c := range []struct{ name, expression string }{
		{"attribute", `enterprise.department`},
		{"lower", `lower(record.userName)`},
		{"email", `email(record.emails, "work")`},
		{"filter", `record.emails.filter(e, e.type == "work")[0].value`},
	} {
		b.Run(c.name, func(b *testing.B) {
			p := program(b, []Step{{Target: "title", Expression: c.expression}}, "")
			r := Record{Document: document(b, ada), New: true}
			b.ReportAllocs()
			for b.Loop() {
				if got := p.Run(r); got.Problem != nil {
					b.Fatal(got.Problem)
				}
			}
		})
	}
}
