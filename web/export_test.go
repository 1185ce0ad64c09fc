package web

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"testing"

	"github.com/muster-scim/muster/directory"
)

func TestAnExportIsEveryPageOrAnError(t *testing.T) {
	t.Parallel()
	broken := errors.New("the database went away")
	pages := map[string]directory.Page[int]{"": {Items: []int{1, 2}, Next: "b"}, "b": {Items: []int{-3}, Next: "c"}, "c": {}}
	for name, c := range map[string]struct {
		breaks string // the cursor at which reading fails
		want   string
		err    error
	}{
		"whole":                 {"none", "n,square\n1,1\n2,4\n'-3,9\n", nil},
		"broken after one page": {"b", "n,square\n1,1\n2,4\n", broken},
		"broken after two":      {"c", "n,square\n1,1\n2,4\n'-3,9\n", broken},
	} {
		e := export[int]{name: "numbers", headings: []string{"n", "square"},
			cells: func(n int) []string { return []string{strconv.Itoa(n), strconv.Itoa(n * n)} },
			read: func(_ context.Context, l directory.Listing) (directory.Page[int], error) {
				if l.Cursor == c.breaks {
					return directory.Page[int]{}, broken
				}
				return pages[l.Cursor], nil
			}}
		var out bytes.Buffer
		if err := e.stream(context.Background(), &out, pages[""]); !errors.Is(err, c.err) || out.String() != c.want {
			t.Errorf("%s: %v and\n%s", name, err, out.String())
		}
	}
	var out bytes.Buffer
	if err := (export[int]{headings: []string{"n"}}).stream(context.Background(), &out, directory.Page[int]{}); err != nil || out.String() != "n\n" {
		t.Errorf("of nothing: %v and %q, want the headings", err, out.String())
	}
}

func TestCellsThatASpreadsheetWouldRunAreHarmless(t *testing.T) {
	t.Parallel()
	for _, cell := range []string{"=HYPERLINK(\"http://evil.example\")", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "|cmd", "%0", " =1", "\u00a0=1", "\ufeff=1"} {
		if got := harmless(cell); got != "'"+cell {
			t.Errorf("%q stays %q", cell, got)
		}
	}
	for _, cell := range []string{"", "Ada", "a=b", "1-2", "ada@acme.example"} {
		if got := harmless(cell); got != cell {
			t.Errorf("%q becomes %q", cell, got)
		}
	}
}
