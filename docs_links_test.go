package muster_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

var (
	markdownLink = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	codeBlock    = regexp.MustCompile("(?ms)^ *```.*?^ *```")
	codeSpan     = regexp.MustCompile("`[^`\n]*`")
	heading      = regexp.MustCompile(`(?m)^#+ (.*)$`)
)

// TestLinksOfThePagesLead follows every relative link of the pages, to its heading too.
func TestLinksOfThePagesLead(t *testing.T) {
	for _, page := range pages(t) {
		text := codeSpan.ReplaceAllString(codeBlock.ReplaceAllString(readDoc(t, page), ""), "")
		for _, found := range markdownLink.FindAllStringSubmatch(text, -1) {
			target, anchor, _ := strings.Cut(found[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			path := page
			if target != "" {
				path = filepath.Join(filepath.Dir(page), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s links to %s, which is not there", page, found[1])
				continue
			}
			if anchor != "" && strings.HasSuffix(path, ".md") && !anchors(readDoc(t, path))[anchor] {
				t.Errorf("%s links to %s, and that page has no such heading", page, found[1])
			}
		}
	}
}

// TestTheIndexHasEveryPage: what docs/README.md does not name is not found.
func TestTheIndexHasEveryPage(t *testing.T) {
	index := readDoc(t, "docs/README.md")
	for _, page := range pages(t) {
		name, ours := strings.CutPrefix(page, "docs/")
		if ours && name != "README.md" && !strings.HasPrefix(name, "guides/") && !strings.Contains(index, "]("+name+")") {
			t.Errorf("docs/README.md does not name %s", name)
		}
	}
}

func pages(t *testing.T) []string {
	t.Helper()
	all := []string{"README.md", "CONTRIBUTING.md"}
	err := filepath.WalkDir("docs", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			all = append(all, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// anchors are the names of a page's headings, as GitHub makes them.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, found := range heading.FindAllStringSubmatch(codeBlock.ReplaceAllString(text, ""), -1) {
		names[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, found[1])] = true
	}
	return names
}
