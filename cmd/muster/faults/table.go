package faults

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Row is one run of a scenario: a row of the table.
type Row struct {
	Scenario     string
	Seed         uint64
	Faults       int           // kills, cuts, rounds: whatever the scenario repeats
	Load         float64       // acknowledged changes a second before the first fault
	Floor        float64       // what it had to be
	Acknowledged int           // changes
	Unknown      int           // requests whose outcome nobody was told
	Recovery     time.Duration // from the heal to the first acknowledged change of each tenant; negative: not measured
	Findings     []Finding
	Err          error    // the run could not be made
	Skipped      string   // why this machine cannot make it
	Control      bool     // it has to lose: it shows that the harness sees a loss
	Notes        []string // what was measured besides
	Dir          string   // the ledger and the logs, if something was found
}

// Count returns the number of findings of a harm.
func (r Row) Count(h Harm) (n int) {
	for _, f := range r.Findings {
		if f.Harm == h {
			n++
		}
	}
	return n
}

// Void says that too little was going on when the fault came: the run proves nothing.
func (r Row) Void() bool { return r.Err == nil && r.Skipped == "" && r.Load < r.Floor }

// OK says whether the run counts and showed what it has to show.
func (r Row) OK() bool {
	switch {
	case r.Skipped != "":
		return true
	case r.Err != nil, r.Void():
		return false
	case r.Control:
		return r.Count(Lost) > 0
	}
	return len(r.Findings) == 0
}

// Verdict is OK in a word.
func (r Row) Verdict() string {
	switch {
	case r.Skipped != "":
		return "skipped: " + r.Skipped
	case r.Err != nil:
		return "NO RUN"
	case r.Void():
		return fmt.Sprintf("VOID (under %.0f/s)", r.Floor)
	case r.Control && r.OK():
		return "ok (loses, as it must)"
	case r.Control:
		return "FAIL (the control lost nothing)"
	case r.OK():
		return "ok"
	}
	var broken []string
	for _, f := range r.Findings {
		if name := string(f.Invariant); !slices.Contains(broken, name) {
			broken = append(broken, name)
		}
	}
	slices.Sort(broken)
	return "FAIL (" + strings.Join(broken, ", ") + ")"
}

// PrintTable writes the rows.
func PrintTable(out io.Writer, rows []Row) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "scenario\tseed\tfaults\tload/s\tacknowledged\tunknown\tlost\thalf-applied\twrong\trecovers in\tverdict")
	for _, r := range rows {
		recovery := "-"
		if r.Recovery > 0 {
			recovery = fmt.Sprintf("%.2f s", r.Recovery.Seconds())
		}
		fmt.Fprintf(w, "%s\t%d\t%d\t%.0f\t%d\t%d\t%d\t%d\t%d\t%s\t%s\n", r.Scenario, r.Seed, r.Faults, r.Load,
			r.Acknowledged, r.Unknown, r.Count(Lost), r.Count(Half), r.Count(Wrong), recovery, r.Verdict())
	}
	return w.Flush()
}

// Story tells a run in lines: what was measured besides, and what is wrong.
func (r Row) Story() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s, seed %d: %s\n", r.Scenario, r.Seed, r.Verdict())
	for _, note := range r.Notes {
		fmt.Fprintf(&b, "    %s\n", note)
	}
	if r.Dir != "" {
		fmt.Fprintf(&b, "    the ledger and the logs are in %s\n", r.Dir)
	}
	if r.Err != nil {
		fmt.Fprintf(&b, "    %v\n", r.Err)
	}
	told := make(map[Invariant]int)
	for _, f := range r.Findings {
		if told[f.Invariant]++; told[f.Invariant] <= toldAtMost {
			fmt.Fprintf(&b, "    %.400s\n", f.String())
		}
	}
	for invariant, n := range told {
		if n > toldAtMost {
			fmt.Fprintf(&b, "    … and %d more of %s\n", n-toldAtMost, invariant)
		}
	}
	return b.String()
}

// toldAtMost is how many findings of one invariant a story tells.
const toldAtMost = 5
