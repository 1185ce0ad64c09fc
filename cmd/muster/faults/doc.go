// Package faults breaks a running Muster on purpose and looks whether it kept its promises
// (make faults; docs/faults.md).
//
//	load      four IdPs of two tenants, each as its kind behaves, and readers on every replica
//	ledger    what they sent, written down before it was sent, and what was answered, before it counts
//	fault     one scenario: a kill, a crash, a freeze, a fail-over, a full disk, a cut wire …
//	heal      everything runs again; the load goes on for a while, then ends, and settling with it
//	check     the invariants, on every replica and in the database, against the ledger
//
// A run only counts if enough was acknowledged before the fault: breaking an idle system proves
// nothing. And the harness only counts if it sees what is there to be seen: built with the tag
// "planted" the program has five bugs to choose from, and each has to be found.
//
// Like the tests in e2e, it knows the program from outside alone: HTTP, signals, and SQL for
// what no answer shows. The checks are functions of a ledger and of what was read back, and
// have tests of their own; the scenarios are in the test files.
package faults
