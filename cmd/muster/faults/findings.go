package faults

import "fmt"

// Invariant is what must hold when everything has healed, and some of it all the time.
type Invariant string

// The invariants; docs/faults.md says what each one means.
const (
	durability  Invariant = "durability"  // acknowledged changes are there, refused ones are not
	atomicity   Invariant = "atomicity"   // a change of members is made whole or not at all
	linearity   Invariant = "linearity"   // reads of a user fit one order of its changes
	uniqueness  Invariant = "uniqueness"  // no two live rows of one name
	derivation  Invariant = "derivation"  // the directory is what records and rules make of it
	audit       Invariant = "audit"       // one event for each acknowledged change
	convergence Invariant = "convergence" // a second full resync writes nothing
	isolation   Invariant = "isolation"   // one connector sees nothing of another
	honesty     Invariant = "honesty"     // no 500, no false 404 or 409, no 401 for a good token
	recovery    Invariant = "recovery"    // it works again soon after it can
)

// Harm is the column of the table that a finding is counted in.
type Harm string

// Harms.
const (
	Lost  Harm = "lost"         // what was acknowledged is not there
	Half  Harm = "half-applied" // what nobody asked for as a whole is there
	Wrong Harm = "wrong"
)

// Finding is one violation of an invariant.
type Finding struct {
	Invariant Invariant
	Harm      Harm
	Text      string
}

func (f Finding) String() string { return fmt.Sprintf("%s (%s): %s", f.Invariant, f.Harm, f.Text) }

func found(i Invariant, h Harm, format string, arguments ...any) Finding {
	return Finding{Invariant: i, Harm: h, Text: fmt.Sprintf(format, arguments...)}
}

// quoted is a value as findings show it.
func quoted(value string) string {
	if value == "" {
		return "its absence"
	}
	return fmt.Sprintf("%q", value)
}
