package muster_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// What the pages of docs say is shown by a test has to be: a row that names a test which was
// renamed or deleted fails here, and so does a row that was lost.

func TestConformanceNamesTestsThatExist(t *testing.T) {
	protocol, forms, ok := strings.Cut(readDoc(t, "docs/conformance.md"), "\n## What must be accepted")
	if !ok {
		t.Fatal("docs/conformance.md has lost its second table")
	}
	forms, old, ok := strings.Cut(forms, "\n## SCIM 1.1")
	if !ok {
		t.Fatal("docs/conformance.md has lost its third table")
	}
	t.Run("the protocol", func(t *testing.T) { checkRows(t, protocol, numbered("", 147)) })
	t.Run("what must be accepted", func(t *testing.T) { checkRows(t, forms, numbered("", 58)) })
	t.Run("SCIM 1.1", func(t *testing.T) { checkRows(t, old, numbered("", 46)) })
}

func TestSeedsNameTestsThatExist(t *testing.T) {
	checkRows(t, readDoc(t, "docs/seeds.md"), slices.Concat(numbered("A", 10), numbered("B", 23), numbered("C", 17), numbered("D", 4), numbered("E", 5)))
}

func readDoc(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func numbered(prefix string, last int) (names []string) {
	for i := range last {
		names = append(names, fmt.Sprint(prefix, i+1))
	}
	return names
}

var (
	tableRow = regexp.MustCompile(`(?m)^\| ([A-E]?[0-9]+) \|.*$`)
	testName = regexp.MustCompile("`([a-z0-9]+)\\.(Test[A-Za-z0-9]+)(?:/([^`]+))?`")
)

// checkRows expects a page's rows to be these, in this order, each with a test that exists or
// the words that there is none yet.
func checkRows(t *testing.T, page string, want []string) {
	t.Helper()
	var got []string
	packages := testPackages(t)
	for _, row := range tableRow.FindAllStringSubmatch(page, -1) {
		got = append(got, row[1])
		tests := testName.FindAllStringSubmatch(row[0], -1)
		if len(tests) == 0 && !strings.Contains(strings.ToLower(row[0]), "not yet") {
			t.Errorf("row %s names no test, and does not say \"not yet\"", row[1])
		}
		for _, test := range tests {
			if problem := packages[test[1]].lacks(test[2], test[3]); problem != "" {
				t.Errorf("row %s names %s, but %s", row[1], test[0], problem)
			}
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("the rows are\n\t%v, want\n\t%v", got, want)
	}
}

// testPackage is the text of a folder's tests and of their data.
type testPackage struct {
	tests, data string
	files       []string
}

// lacks says why a test is not there, or "". A subtest is there when a test file or the data
// holds its name, or the start of it, as a text or a title, or as the name of a file.
func (p *testPackage) lacks(test, sub string) string {
	switch {
	case p == nil:
		return "there is no folder of that name with tests"
	case !strings.Contains(p.tests, "\nfunc "+test+"(t *testing.T) {"):
		return "there is no such function"
	case sub == "" || slices.Contains(p.files, sub+".json"):
		return ""
	}
	if file, title, ok := strings.Cut(sub, "/"); ok && slices.Contains(p.files, file) {
		sub = title
	}
	name := regexp.MustCompile(`(?m)(?:["` + "`" + `]` + regexp.QuoteMeta(sub) + `[ "` + "`" + `]|^== ` + regexp.QuoteMeta(sub) + `$)`)
	if !name.MatchString(p.tests) && !name.MatchString(p.data) {
		return "that test has no such subtest"
	}
	return ""
}

// testPackages are the folders with tests, by their last name.
func testPackages(t *testing.T) map[string]*testPackage {
	t.Helper()
	packages := map[string]*testPackage{}
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if name := entry.Name(); path != "." && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		folder, _, isData := strings.Cut(path, "/testdata/")
		if !isData {
			folder = filepath.Dir(path)
		}
		if !isData && !strings.HasSuffix(path, "_test.go") || folder == "." {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		p := packages[filepath.Base(folder)]
		if p == nil {
			p = &testPackage{}
			packages[filepath.Base(folder)] = p
		}
		p.files = append(p.files, filepath.Base(path))
		if isData {
			p.data += "\n" + string(text)
		} else {
			p.tests += "\n" + string(text)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return packages
}
