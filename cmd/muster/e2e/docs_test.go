package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/muster-scim/muster/cmd/muster/e2e/page"
)

// repository is the folder with README.md, from here.
const repository = "../../.."

// mostNotRun is how many blocks of all pages may be left out. Each says why; a new one has to be
// worth raising this.
const mostNotRun = 50

// notRun are the blocks that were looked at only, for the list at the end.
var notRun struct {
	sync.Mutex
	lines []string
}

// TestDocs plays the pages: each gets a server of its own, its commands are run in their order,
// its samples are used or compared with what was printed. What pages can say is in package page.
//
//	go test ./cmd/muster/e2e -run TestDocs/tour
func TestDocs(t *testing.T) {
	if slices.Contains(databases, given) {
		t.Skip("each page needs a server of its own")
	}
	t.Cleanup(func() {
		notRun.Lock()
		defer notRun.Unlock()
		slices.Sort(notRun.lines)
		t.Logf("%d blocks are looked at and not run:\n\t%s", len(notRun.lines), strings.Join(notRun.lines, "\n\t"))
		if len(notRun.lines) > mostNotRun {
			t.Errorf("that are more than %d: let commands run where they can", mostNotRun)
		}
	})
	for _, name := range docPages(t) {
		t.Run(called(name), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join(repository, name))
			if err != nil {
				t.Fatal(err)
			}
			parsed, err := page.Parse(string(text))
			if err != nil {
				t.Fatalf("%s:\n%v", name, err)
			}
			r := &reader{T: t, name: name, read: []string{}}
			for _, m := range parsed.Mentions {
				r.line = m.Line
				r.expect(lookUpCommand(r.T, m.Command))
			}
			r.world(parsed)
			for _, step := range parsed.Steps {
				r.step(step)
			}
		})
	}
}

// called is a page's name for -run.
func called(name string) string {
	if name == "docs/README.md" {
		return "index"
	}
	return strings.TrimSuffix(strings.TrimPrefix(name, "docs/"), ".md")
}

// docPages are the pages, by their paths in the repository.
func docPages(t *testing.T) []string {
	t.Helper()
	names := []string{"README.md", "CONTRIBUTING.md"}
	err := filepath.WalkDir(filepath.Join(repository, "docs"), func(path string, d fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".md") {
			path, err = filepath.Rel(repository, path)
			names = append(names, filepath.ToSlash(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// step does what one step of the page says.
func (r *reader) step(s page.Step) {
	r.Helper()
	r.line = s.Line
	switch {
	case s.Read != "":
		r.replace(s.Read, strings.TrimSpace(r.must(`printf '%s' "`+s.As+`"`)))
	case s.Script != "":
		r.must(s.Script)
	case s.Block != nil:
		r.block(*s.Block)
	}
}

// block runs a block, or holds it against what was printed.
func (r *reader) block(b page.Block) {
	r.Helper()
	switch {
	case b.NotRun != "":
		r.lookAt(b)
	case b.Picture || b.Language == page.Mermaid:
	case b.File != "":
		r.write(b.File, r.said(b.Text))
	case b.Prints != "" && b.Language == "json":
		r.expect(page.JSON(r.said(b.Text), r.must(b.Prints)))
	case b.Shaped != "":
		r.expect(page.Shape(r.said(b.Text), r.must(b.Shaped)))
	case b.Prints != "":
		r.expect(page.Lines(r.said(b.Text), r.must(b.Prints)))
	case b.Language == page.Text:
		r.expect(page.Lines(r.said(b.Text), r.printed))
	case b.Language == page.Shell:
		r.printed = r.run(b.Text, b.Fails)
	case b.Language == page.Console:
		for _, c := range conversation(b.Text) {
			r.expect(page.Lines(r.said(c.printed), r.run(c.command, b.Fails)))
		}
	case b.Language == page.HTTP:
		r.http(r.said(b.Text))
	}
}

// run runs commands of which the last one fails, or none does.
func (r *reader) run(script string, fails bool) string {
	r.Helper()
	printed, err := r.shell(script)
	if (err != nil) != fails {
		r.Fatalf("%s:%d: the commands end with %v, want an error: %t\n%s\nprinted\n%s", r.name, r.line, err, fails, r.said(script), printed)
	}
	return printed
}

func (r *reader) must(script string) string {
	r.Helper()
	return r.run(script, false)
}

func (r *reader) expect(err error) {
	r.Helper()
	if err != nil {
		r.Errorf("%s:%d: %v", r.name, r.line, err)
	}
}

// lookAt checks what can be seen of a block without running it: that a shell reads it, that
// targets of make, tests, and commands of the program with their flags are there.
func (r *reader) lookAt(b page.Block) {
	r.Helper()
	notRun.Lock()
	notRun.lines = append(notRun.lines, fmt.Sprintf("%s:%d: %s", r.name, r.line, b.NotRun))
	notRun.Unlock()
	if b.Language != page.Shell {
		return
	}
	r.shellReads(b.Text)
	for line := range strings.SplitSeq(strings.ReplaceAll(b.Text, "\\\n", " "), "\n") {
		r.expect(page.LookUp(repository, line))
		r.expect(lookUpCommand(r.T, line))
	}
}

// typed is a command of a console and what it prints.
type typed struct{ command, printed string }

func conversation(text string) (all []typed) {
	for line := range strings.SplitSeq(text, "\n") {
		if command, ok := strings.CutPrefix(line, "$ "); ok {
			all = append(all, typed{command: command})
		} else if len(all) > 0 {
			all[len(all)-1].printed += line + "\n"
		}
	}
	return all
}
