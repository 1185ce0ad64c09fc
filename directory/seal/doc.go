// Package seal makes the audit tamper-evident, and finds out where it was tampered with. It is
// arithmetic: events in their order become the leaves of a tree, the tree's root goes into a
// block, each block names the hash of the one before it, and the deployment signs that hash.
//
//	block 7 ──────────┐      block 8 ──────────┐
//	previous: hash 6  │ ◄──  previous: hash 7  │ ◄── …
//	root of its events│      root of its events│
//	hash, signature   │      hash, signature   │
//	└───────┬─────────┘      └───────┬─────────┘
//	 leaf leaf leaf …          leaf leaf …
//
// Laws it keeps: the same event always has the same leaf, whatever database or file it comes from;
// a clear value of a person is in no leaf, only its keyed hash, so that a person can be erased and
// everything still verifies; whoever holds the newest head, which the log tells, needs to trust
// nothing else; the newest block by the deployment's own key vouches for every block before it, so
// that a key may be replaced.
//
// It knows no database, no clock and no HTTP.
package seal
