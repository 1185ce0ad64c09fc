package muster_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	flowRow   = regexp.MustCompile(`(?m)^\| ([FR][0-9]+) \|.*$`)
	inBrowser = regexp.MustCompile("`([a-z_]+)` “([^”]+)”")
)

// TestFlowsNameTestsThatExist expects a row for each flow through the interface and each reason to
// open it, with a test of the browser's or of Go's that exists, or the words that there is none yet.
func TestFlowsNameTestsThatExist(t *testing.T) {
	const folder = "web/ui/tests/"
	packages := testPackages(t)
	var got []string
	for _, row := range flowRow.FindAllStringSubmatch(readDoc(t, folder+"README.md"), -1) {
		got = append(got, row[1])
		walks, tests := inBrowser.FindAllStringSubmatch(row[0], -1), testName.FindAllStringSubmatch(row[0], -1)
		if len(walks)+len(tests) == 0 && !strings.Contains(strings.ToLower(row[0]), "not yet") {
			t.Errorf("row %s names no test, and does not say \"not yet\"", row[1])
		}
		for _, walk := range walks {
			text, err := os.ReadFile(folder + walk[1] + ".test.mjs")
			if err != nil {
				t.Errorf("row %s: %v", row[1], err)
			} else if !regexp.MustCompile("test\\(['`]" + regexp.QuoteMeta(walk[2])).Match(text) {
				t.Errorf("row %s names %s, but no test of that file begins so", row[1], walk[0])
			}
		}
		for _, test := range tests {
			if problem := packages[test[1]].lacks(test[2], test[3]); problem != "" {
				t.Errorf("row %s names %s, but %s", row[1], test[0], problem)
			}
		}
	}
	if want := slices.Concat(numbered("F", 26), numbered("R", 31)); !slices.Equal(got, want) {
		t.Errorf("the rows are\n\t%v, want\n\t%v", got, want)
	}
}
