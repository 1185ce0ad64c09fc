package e2e

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTranscriptsAreWellFormed looks at the files alone: a wrong path, a matcher that does not
// exist or a placeholder that nothing fills would otherwise show only where the step runs.
func TestTranscriptsAreWellFormed(t *testing.T) {
	t.Parallel()
	files, _ := filepath.Glob(filepath.Join("testdata", "idp", "*.json"))
	for _, file := range files {
		script := readTranscript(t, file)
		if want := script.IDP + "-" + script.Scenario + ".json"; filepath.Base(file) != want {
			t.Errorf("%s should be named %s, after its idp and scenario", file, want)
		}
		known := map[string]bool{}
		for name := range script.Inputs {
			known[name] = true
		}
		for _, e := range script.Steps {
			e.checkForm(t, file, known)
			for name := range e.Capture {
				known[name] = true
			}
		}
	}
}

func (e exchange) checkForm(t *testing.T, file string, known map[string]bool) {
	t.Helper()
	where := filepath.Base(file) + ", step " + e.Name
	texts := []string{e.Path, string(e.Body), string(e.Expect.Body), string(e.Expect.Headers)}
	if e.Query != nil {
		texts = append(texts, *e.Query)
	}
	for _, value := range e.Headers {
		texts = append(texts, value)
	}
	for _, found := range placeholder.FindAllString(strings.Join(texts, " "), -1) {
		if !known[strings.Trim(found, "{}")] {
			t.Errorf("%s: nothing fills %s", where, found)
		}
	}
	if len(e.Expect.Status) == 0 {
		t.Errorf("%s: no status is expected", where)
	}
	for name, path := range e.Capture {
		if _, err := parsePath(path); err != nil {
			t.Errorf("%s: keeping %s: %v", where, name, err)
		}
	}
	values := map[string]string{}
	for name := range known {
		values[name] = "x"
	}
	for path, want := range expectations(t, e.Expect.Body, values) {
		if _, err := parsePath(path); err != nil {
			t.Errorf("%s: %v", where, err)
		}
		object, _ := want.(map[string]any)
		for matcher := range object {
			if isMatcher(object) && !slices.Contains(matcherNames, matcher) {
				t.Errorf("%s: %s: there is no matcher %s", where, path, matcher)
			}
		}
	}
}

var matcherNames = []string{
	"$exists", "$type", "$contains", "$len", "$lenOrAbsent", "$set", "$superset", "$disjoint",
	"$in", "$notIn", "$regex", "$ne", "$gte", "$lte",
}
