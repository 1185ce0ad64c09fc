package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// runs runs the command line, wants an exit status and returns what was printed.
func runs(t *testing.T, want int, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	if got := run(t.Context(), args, &terminal{out: &out, err: &out}); got != want {
		t.Fatalf("muster %s: exit status %d, not %d\n%s", strings.Join(args, " "), got, want, out.String())
	}
	return out.String()
}

func TestEveryCommandAndFlagHasHelp(t *testing.T) {
	t.Parallel()
	parser, err := newParser(&terminal{out: &bytes.Buffer{}, err: &bytes.Buffer{}}, func(int) {})
	if err != nil {
		t.Fatal(err)
	}
	err = kong.Visit(parser.Model, func(n kong.Visitable, next kong.Next) error {
		switch n := n.(type) {
		case *kong.Node:
			if n.Help == "" && n.Type == kong.CommandNode {
				t.Errorf("command %s has no help", n.Path())
			}
		case *kong.Flag:
			if n.Help == "" {
				t.Errorf("flag --%s has no help", n.Name)
			}
		}
		return next(nil)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestTheEnvironmentIsWhatTheDesignNames(t *testing.T) {
	t.Parallel()
	help := runs(t, 0, "serve", "--help")
	for _, name := range []string{
		"MUSTER_LISTEN", "MUSTER_PUBLIC_URL", "MUSTER_DATABASE_URL", "MUSTER_REDIS_URL", "MUSTER_ADMIN_TOKEN", "MUSTER_SECRET_KEY",
		"MUSTER_RATE_LIMIT", "MUSTER_METRICS_LISTEN", "MUSTER_ADMIN_TOKEN_FILE", "MUSTER_SECRET_KEY_FILE", "MUSTER_DATABASE_URL_FILE", "MUSTER_REDIS_URL_FILE",
	} {
		if !strings.Contains(help, "$"+name) {
			t.Errorf("muster serve does not read %s", name)
		}
	}
}

func TestMisuseIsAnsweredWithTheWayToHelp(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"fly"}, {"simulate"}, {"simulate", "--idp", "nobody"}, {"why"}} {
		if out := runs(t, 2, args...); !strings.Contains(out, "muster ") || !strings.Contains(out, " --help") {
			t.Errorf("%v: %s", args, out)
		}
	}
	if out := runs(t, 0, "version"); !strings.HasPrefix(out, "muster ") {
		t.Errorf("version: %s", out)
	}
}

func TestCellsCannotMoveTheCursor(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := table(&out, []string{"A", "B"}, [][]string{{"x\x1b[2J", "y\nz"}, {"\u202egnp", "\t"}}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(out.String(), "\x1b\t\u202e") || strings.Count(out.String(), "\n") != 3 {
		t.Errorf("%q", out.String())
	}
}
