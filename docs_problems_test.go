package muster_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Where problems are made: rooms that answer the admin API, or whose refusals it passes on.
var (
	problemRooms = []string{"web", "directory", "tenants", "gateway", "storage/sql"}

	problemCodes = []*regexp.Regexp{
		regexp.MustCompile(`newProblem\([^,"]+, "(\w+)"`),
		regexp.MustCompile(`(?:RefusedError|tenants\.Problem|&Problem)\{[^}"]*Code: +"(\w+)"`),
		regexp.MustCompile(`(?m)^\s+http\.Status\w+: +"([a-z]\w+)",$`),
		regexp.MustCompile(`p\.Code = "(\w+)"`),
		regexp.MustCompile(`code = "(\w+)"`),
	}
	problemConstants = regexp.MustCompile(`(?m)^\s*(?:const )?(?:Code|Conflict)(\w+) += "(\w+)"`)
	documentedCode   = regexp.MustCompile("(?m)^\\| `(\\w+)` \\|")
)

// ofSCIM are the codes of filters and edited attributes, by SCIM's own names.
var ofSCIM = []string{"invalidFilter", "invalidPath", "invalidSyntax", "invalidValue", "mutability", "noTarget", "tooMany"}

// inOtherWords are codes between rooms, which the API says as others.
var inOtherWords = map[string]string{"versionMismatch": "changedMeanwhile", "notTried": "notInThisVersion"}

// TestProblemsAreDocumented compares docs/problems.md with the codes that the sources hold.
func TestProblemsAreDocumented(t *testing.T) {
	page, err := os.ReadFile("docs/problems.md")
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, found := range documentedCode.FindAllStringSubmatch(string(page), -1) {
		if told[found[1]] {
			t.Errorf("docs/problems.md tells of %s twice", found[1])
		}
		told[found[1]] = true
	}
	made := codesMade(t)
	for _, code := range slices.Sorted(maps.Keys(made)) {
		if !told[code] {
			t.Errorf("docs/problems.md does not say what to do about %s, which %s answers", code, made[code])
		}
	}
	for _, code := range slices.Sorted(maps.Keys(told)) {
		if made[code] == "" {
			t.Errorf("docs/problems.md tells of %s, which nothing answers", code)
		}
	}
}

// codesMade are the codes in the sources, each with a file that holds it.
func codesMade(t *testing.T) map[string]string {
	t.Helper()
	made, constants := map[string]string{}, map[string]string{}
	var texts []string
	for _, code := range ofSCIM {
		made[code] = "scim"
	}
	for _, room := range problemRooms {
		err := filepath.WalkDir(room, func(path string, d fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case d.IsDir() && slices.Contains([]string{"importfile", "importpull", "ui"}, d.Name()):
				return filepath.SkipDir // problems of rows, which have codes of their own
			case d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go"):
				return nil
			}
			text, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			texts = append(texts, string(text))
			for _, pattern := range problemCodes {
				for _, found := range pattern.FindAllStringSubmatch(string(text), -1) {
					made[found[1]] = path
				}
			}
			for _, found := range problemConstants.FindAllStringSubmatch(string(text), -1) {
				constants[found[1]] = found[2]
				if strings.Contains(path, "tenants") || strings.Contains(path, "webhook") {
					made[found[2]] = path // every Code of these is a problem's
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	all := strings.Join(texts, "\n")
	for _, found := range regexp.MustCompile(`RefusedError\{Code: (?:directory\.)?(?:Code|Conflict)(\w+)`).FindAllStringSubmatch(all, -1) {
		made[constants[found[1]]] = "directory"
	}
	for code := range inOtherWords {
		delete(made, code)
	}
	return made
}
