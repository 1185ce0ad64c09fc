package faults

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

// Bug is a bug that is put in on purpose, and the invariants of which one has to notice it. A
// harness that does not find what is there cannot say that nothing is there.
type Bug struct {
	Name     string // for the program's MUSTER_PLANTED; it must be built with the tag planted
	Means    string
	scenario Scenario
	noticed  []Invariant
}

// Bugs are the planted bugs.
func Bugs() []Bug {
	unguarded := races()
	unguarded.Prepare = func(ctx context.Context, a *Arena) error {
		_, err := a.Query(ctx, a.DatabaseURL(), "drop index user_records_user_name")
		return err
	}
	return []Bug{
		{"noLock", "groups are changed whole without a lock on them", races(), []Invariant{atomicity}},
		{"noUnique", "the unique index of user names is dropped", unguarded, []Invariant{uniqueness}},
		{"earlyAnswer", "changes are answered before they are committed", killReplica("kill-replica", 3), []Invariant{durability, linearity, honesty}},
		{"noEvent", "the audit is not told of removed members", calm(), []Invariant{audit}},
		{"noTenant", "a user is read whosever it is", calm(), []Invariant{isolation}},
	}
}

// Catch is what became of a planted bug.
type Catch struct {
	Bug    Bug
	Runs   int  // that were made
	Caught bool // the last of them noticed it
	Last   Row
}

// catchRuns is how many runs a bug has to be noticed within.
const catchRuns = 3

// Catch runs a bug's scenario until it is noticed, a few times at most.
func (b Bench) Catch(ctx context.Context, bug Bug, seed uint64) Catch {
	c := Catch{Bug: bug}
	s := bug.scenario
	s.Options.Env = append(slices.Clone(s.Options.Env), "MUSTER_PLANTED="+bug.Name)
	for !c.Caught && c.Runs < catchRuns {
		c.Last = b.Run(ctx, s, seed+uint64(c.Runs))
		c.Runs++
		c.Caught = c.Last.Err == nil && !c.Last.Void() && slices.ContainsFunc(c.Last.Findings, func(f Finding) bool {
			return slices.Contains(bug.noticed, f.Invariant)
		})
		if c.Caught || c.Runs < catchRuns {
			os.RemoveAll(c.Last.Dir) // nobody has to look into it
			c.Last.Dir = ""
		}
	}
	return c
}

// PrintCatches writes a line for each bug, and how many were caught.
func PrintCatches(out io.Writer, catches []Catch) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "planted bug\tmeans\tscenario\tseed\truns\tnoticed")
	caught := 0
	for _, c := range catches {
		noticed := "NO"
		if c.Caught {
			caught++
			noticed = c.Last.Verdict()
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\n", c.Bug.Name, c.Bug.Means, c.Bug.scenario.Name, c.Last.Seed, c.Runs, noticed)
	}
	fmt.Fprintf(w, "%d of %d planted bugs caught\n", caught, len(catches))
	return w.Flush()
}
