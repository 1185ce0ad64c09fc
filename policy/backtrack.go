package policy

import (
	"errors"
	"fmt"
	"strings"

	"github.com/dlclark/regexp2/v2/syntax"
)

// What makes a regular expression run for ever, and how it is refused when it is saved.
//
//	(((a{1000}){1000}){1000})  a product of repeats     counted        tooHeavy, weigh
//	^(a+)+$                    aaa can be split in many  proved from    backtracks
//	(a|aa)+x                   ways, and x fails them    the automaton
//	(.*)(.*)(.*)(.*)\1\2\3     back-references and such  tried out      probe
//
// The proof: an expression backtracks exponentially if a state of its automaton comes back
// to itself over one word by two different ways, and if some text makes all of them fail.
// (jira-.*)+ has the two ways but no such text, because everything after the first jira-
// matches: it is harmless and taken.

// Bounds of the proof. Beyond them a pattern is too complicated to be sure of.
const (
	maxDepth     = 100        // nested groups
	maxRepeats   = 1000       // product of counted repeats, as in Go's regexp
	maxPositions = 1000       // places of characters, counted repeats written out
	maxWork      = 20_000_000 // steps
	maxSubsets   = 400        // states of the deterministic automaton
	writeOut     = 8          // repeats counted up to here are written out, beyond they are loops
)

var (
	errTooNested   = fmt.Errorf("has more than %d groups inside each other", maxDepth)
	errTooRepeated = fmt.Errorf("repeats something more than %d times", maxRepeats)
	errComplicated = errors.New("is too complicated to be sure that it ends in time")
	errBacktracks  = errors.New("has a repeat inside a repeat that can match the same text in many ways, " +
		"as (a+)+ does, and would run without end on some names")
)

// tooHeavy refuses deep nesting before any parser recurses into it.
func tooHeavy(text string) error {
	depth, escaped := 0, false
	for _, c := range text {
		switch {
		case escaped:
			escaped = false
		case c == '\\':
			escaped = true
		case c == '(':
			if depth++; depth > maxDepth {
				return errTooNested
			}
		case c == ')':
			depth--
		}
	}
	return nil
}

// backtracks says why an expression that compiles is refused nevertheless, nil if it is not.
func backtracks(text string) error {
	options := syntax.ParseOptions{RegexOptions: syntax.IgnoreCase}
	tree, err := syntax.Parse(text, options)
	if err != nil {
		return fmt.Errorf("is not a valid regular expression")
	}
	if weigh(tree.Root) > maxRepeats {
		return errTooRepeated
	}
	for _, root := range separate(tree.Root) {
		if err := newAutomaton(root).check(); err != nil {
			return err
		}
	}
	return nil
}

// weigh is the largest product of counted repeats inside each other.
func weigh(n *syntax.RegexNode) int {
	heaviest := 1
	for _, child := range n.Children {
		heaviest = max(heaviest, weigh(child))
	}
	if isLoop(n) {
		if times := counted(n); times > 1 {
			heaviest = min(heaviest*times, maxRepeats+1)
		}
	}
	return heaviest
}

// counted is how often a loop must or may repeat by number; 1 for * and +.
func counted(n *syntax.RegexNode) int {
	if n.N < unbounded {
		return n.N
	}
	return max(n.M, 1)
}

const unbounded = 1<<31 - 1 // how regexp2 writes "no upper limit"

func isLoop(n *syntax.RegexNode) bool {
	return n.T == syntax.NtLoop || n.T == syntax.NtLazyloop || isCharLoop(n)
}

func isCharLoop(n *syntax.RegexNode) bool {
	switch n.T {
	case syntax.NtOneloop, syntax.NtNotoneloop, syntax.NtSetloop,
		syntax.NtOnelazy, syntax.NtNotonelazy, syntax.NtSetlazy,
		syntax.NtOneloopatomic, syntax.NtNotoneloopatomic, syntax.NtSetloopatomic:
		return true
	}
	return false
}

// separate gives the expression and every look-around and atomic group inside it: each is
// matched by itself and left without a way back, so each is checked alone.
func separate(root *syntax.RegexNode) []*syntax.RegexNode {
	roots := []*syntax.RegexNode{root}
	var walk func(n *syntax.RegexNode)
	walk = func(n *syntax.RegexNode) {
		for _, child := range n.Children {
			if n.T == syntax.NtPosLook || n.T == syntax.NtNegLook || n.T == syntax.NtAtomic {
				roots = append(roots, child)
			}
			walk(child)
		}
	}
	walk(root)
	return roots
}

// probe runs the expression over names made to annoy it: long ones of its own letters with
// an end that fits nothing.
func (p *pattern) probe() error {
	for _, text := range annoying(p.entry.Text) {
		if p.expression(text) == undecided {
			return fmt.Errorf("takes too long: it was stopped after %v on a name of %d characters", secondTry, len(text))
		}
	}
	return nil
}

// annoying makes the names of a probe from the letters and words of the pattern.
func annoying(text string) []string {
	const length = 256
	var seeds []string
	seen := map[string]bool{}
	add := func(seed string) {
		if seed != "" && !seen[seed] && len(seeds) < 24 {
			seen[seed] = true
			seeds = append(seeds, seed)
		}
	}
	for _, seed := range []string{"a", "a-", "a ", "1", " "} {
		add(seed)
	}
	for _, word := range strings.FieldsFunc(text, func(c rune) bool { return strings.ContainsRune(`\^$.|?*+()[]{}`, c) }) {
		add(strings.ToLower(word))
		for _, c := range strings.ToLower(word) {
			add(string(c))
		}
	}
	names := make([]string, 0, 2*len(seeds))
	for _, seed := range seeds {
		long := strings.Repeat(seed, length/len(seed))
		names = append(names, long+"!", long)
	}
	return names
}
