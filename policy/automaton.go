package policy

import (
	"slices"

	"github.com/dlclark/regexp2/v2/syntax"
)

// automaton is the position automaton (Glushkov's) of an expression: a state per place of a
// character, an edge from each place to those that may come next. An edge is counted as often
// as the expression offers it, which is how (a+)+ gives itself away.
type automaton struct {
	chars  []letters       // by position: what it matches
	follow []map[int]uint8 // by position: the next ones, and by how many ways (1, or 2 for more)
	sample []rune          // the alphabet, by example
	atomic []bool          // by position: it is inside an atomic group, which has no way back
	first  []int
	last   []int
	empty  bool // the empty text matches
	work   int
	over   bool // a bound was hit

	inAtomic int
}

// letters is a set of the sample's letters.
type letters [4]uint64

func (l letters) meets(other letters) bool {
	return l[0]&other[0]|l[1]&other[1]|l[2]&other[2]|l[3]&other[3] != 0
}

// part is a piece of the expression in the automaton.
type part struct {
	first, last []int
	empty       bool
}

var nothing = part{empty: true}

func newAutomaton(root *syntax.RegexNode) *automaton {
	a := &automaton{sample: sampleOf(root)}
	whole := a.build(root)
	a.first, a.last, a.empty = whole.first, whole.last, whole.empty
	return a
}

// sampleOf is printable ASCII, the expression's own letters and one of each other kind.
func sampleOf(root *syntax.RegexNode) []rune {
	var sample []rune
	for c := ' '; c <= '~'; c++ {
		sample = append(sample, c)
	}
	add := func(c rune) {
		if c > '~' && len(sample) < 256 && !slices.Contains(sample, c) {
			sample = append(sample, c)
		}
	}
	for _, c := range "éßжЖ中٣\u00a0’" {
		add(c)
	}
	var walk func(n *syntax.RegexNode)
	walk = func(n *syntax.RegexNode) {
		add(n.Ch)
		for _, c := range n.Str {
			add(c)
		}
		if n.Set != nil && n.Set.IsSingleton() {
			add(n.Set.SingletonChar())
		}
		for _, child := range n.Children {
			walk(child)
		}
	}
	walk(root)
	return sample
}

func (a *automaton) build(n *syntax.RegexNode) part {
	switch n.T {
	case syntax.NtOne, syntax.NtNotone, syntax.NtSet:
		return a.place(n)
	case syntax.NtMulti:
		whole := nothing
		for _, c := range n.Str {
			whole = a.then(whole, a.place(&syntax.RegexNode{T: syntax.NtOne, Ch: c}))
		}
		return whole
	case syntax.NtConcatenate:
		whole := nothing
		for _, child := range n.Children {
			whole = a.then(whole, a.build(child))
		}
		return whole
	case syntax.NtAlternate, syntax.NtBackRefCond, syntax.NtExprCond:
		var whole part
		for _, child := range n.Children {
			branch := a.build(child)
			whole.first = append(whole.first, branch.first...)
			whole.last = append(whole.last, branch.last...)
			whole.empty = whole.empty || branch.empty
		}
		return whole
	case syntax.NtLoop, syntax.NtLazyloop:
		return a.loop(n, func() part { return a.build(n.Children[0]) })
	case syntax.NtCapture, syntax.NtGroup:
		return a.build(n.Children[0])
	case syntax.NtAtomic:
		a.inAtomic++
		inner := a.build(n.Children[0])
		a.inAtomic--
		return inner
	case syntax.NtNothing:
		return part{}
	case syntax.NtGrapheme:
		return a.place(&syntax.RegexNode{T: syntax.NtNotone, Ch: '\n'})
	}
	if isCharLoop(n) {
		return a.loop(n, func() part { return a.place(n) })
	}
	return nothing // anchors, look-around (checked apart), back-references (left to the probe)
}

// place adds a position for the character of n.
func (a *automaton) place(n *syntax.RegexNode) part {
	if len(a.chars) >= maxPositions {
		a.over = true
		return nothing
	}
	var matches letters
	for i, c := range a.sample {
		var hit bool
		switch {
		case n.Set != nil:
			hit = n.Set.CharIn(c)
		case n.T == syntax.NtNotone || n.IsNotoneFamily():
			hit = c != n.Ch
		default:
			hit = c == n.Ch
		}
		if hit {
			matches[i/64] |= 1 << (i % 64)
		}
	}
	a.chars = append(a.chars, matches)
	a.follow = append(a.follow, map[int]uint8{})
	a.atomic = append(a.atomic, a.inAtomic > 0)
	at := []int{len(a.chars) - 1}
	return part{first: at, last: at}
}

// loop repeats what body builds. Small counts are written out; larger ones are taken for
// endless, because a+ twenty times over is as bad as without end.
func (a *automaton) loop(n *syntax.RegexNode, body func() part) part {
	if n.N == 0 {
		return nothing
	}
	if n.N > writeOut {
		once := body()
		a.connect(once.last, once.first)
		once.empty = once.empty || n.M == 0
		return once
	}
	whole := nothing
	var stops []int
	for i := range n.N {
		whole = a.then(whole, body())
		if i+1 >= n.M {
			stops = append(stops, whole.last...)
		}
		if a.over {
			break
		}
	}
	slices.Sort(stops)
	whole.last = slices.Compact(stops)
	whole.empty = whole.empty || n.M == 0
	return whole
}

func (a *automaton) then(x, y part) part {
	a.connect(x.last, y.first)
	joined := part{first: x.first, last: y.last, empty: x.empty && y.empty}
	if x.empty {
		joined.first = append(slices.Clone(x.first), y.first...)
	}
	if y.empty {
		joined.last = append(slices.Clone(x.last), y.last...)
	}
	return joined
}

func (a *automaton) connect(from, to []int) {
	for _, p := range from {
		for _, q := range to {
			if a.spend(1) {
				return
			}
			if a.follow[p][q] < 2 {
				a.follow[p][q]++
			}
		}
	}
}

// spend counts steps; true says that there were too many.
func (a *automaton) spend(steps int) bool {
	a.work += steps
	a.over = a.over || a.work > maxWork
	return a.over
}
