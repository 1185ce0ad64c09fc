package policy

import (
	"encoding/binary"
	"maps"
	"slices"
)

// check refuses an expression that can backtrack exponentially, see backtrack.go.
func (a *automaton) check() error {
	if a.over {
		return errComplicated
	}
	looping := a.ambiguous()
	maps.DeleteFunc(looping, func(p int, _ bool) bool { return a.atomic[p] })
	if a.over {
		return errComplicated
	}
	if len(looping) > 0 && a.canFailAfter(looping) {
		return errBacktracks
	}
	return nil
}

// ambiguous gives the positions that come back to themselves over one word in two ways.
func (a *automaton) ambiguous() map[int]bool {
	found := map[int]bool{}
	component := a.components()
	for p, next := range a.follow {
		for q, ways := range next {
			if ways > 1 && component[p] == component[q] {
				found[p] = true
			}
		}
	}
	// Two runs at once over the same word: a pair of equal positions that can part and meet
	// again lies in one component with a pair of different ones.
	size := len(a.chars)
	pairs := &walk{next: func(at int, visit func(int)) {
		p, q := at/size, at%size
		for p2 := range a.follow[p] {
			if component[p2] != component[p] {
				continue
			}
			for q2 := range a.follow[q] {
				if a.spend(1) {
					return
				}
				if component[q2] == component[p] && a.chars[p2].meets(a.chars[q2]) {
					visit(p2*size + q2)
				}
			}
		}
	}}
	for p := range size {
		pairs.from(p*size + p)
		if a.over {
			return nil
		}
	}
	for _, members := range pairs.found {
		equal, parted := -1, false
		for _, at := range members {
			if at/size == at%size {
				equal = at / size
			} else {
				parted = true
			}
		}
		if equal >= 0 && parted {
			found[equal] = true
		}
	}
	return found
}

// components numbers the strongly connected components of the positions.
func (a *automaton) components() []int {
	w := &walk{next: func(p int, visit func(int)) {
		for q := range a.follow[p] {
			visit(q)
		}
	}}
	for p := range a.chars {
		w.from(p)
	}
	component := make([]int, len(a.chars))
	for number, members := range w.found {
		for _, p := range members {
			component[p] = number
		}
	}
	return component
}

// walk finds strongly connected components by Tarjan's algorithm.
type walk struct {
	next  func(at int, visit func(int))
	index map[int]int
	low   map[int]int
	open  map[int]bool
	stack []int
	found [][]int
}

func (w *walk) from(at int) {
	if w.index == nil {
		w.index, w.low, w.open = map[int]int{}, map[int]int{}, map[int]bool{}
	}
	if _, seen := w.index[at]; seen {
		return
	}
	w.index[at], w.low[at], w.open[at] = len(w.index), len(w.index), true
	w.low[at] = w.index[at]
	w.stack = append(w.stack, at)
	w.next(at, func(to int) {
		if _, seen := w.index[to]; !seen {
			w.from(to)
			w.low[at] = min(w.low[at], w.low[to])
		} else if w.open[to] {
			w.low[at] = min(w.low[at], w.index[to])
		}
	})
	if w.low[at] != w.index[at] {
		return
	}
	var members []int
	for {
		top := w.stack[len(w.stack)-1]
		w.stack = w.stack[:len(w.stack)-1]
		w.open[top] = false
		members = append(members, top)
		if top == at {
			break
		}
	}
	w.found = append(w.found, members)
}

// canFailAfter says whether some text that passes through one of the positions can go on in
// a way that nothing matches. It makes the automaton deterministic as far as the bounds let
// it, and believes the worst beyond.
func (a *automaton) canFailAfter(positions map[int]bool) bool {
	subsets := [][]int{nil} // of positions reached; the first is before any letter
	known := map[string]int{}
	var successors [][]int
	accepting := []bool{a.empty}
	ends := make([]bool, len(a.chars))
	for _, p := range a.last {
		ends[p] = true
	}
	for at := 0; at < len(subsets); at++ {
		reach := a.reach(subsets[at], at == 0)
		successors = append(successors, nil)
		for letter := range a.sample {
			var to []int
			ok := false
			for _, q := range reach {
				if a.chars[q][letter/64]>>(letter%64)&1 == 1 {
					to = append(to, q)
					ok = ok || ends[q]
				}
			}
			id := subsetKey(to)
			number, seen := known[id]
			if !seen {
				number = len(subsets)
				if number > maxSubsets || a.spend(len(reach)) {
					return true
				}
				known[id] = number
				subsets, accepting = append(subsets, to), append(accepting, ok)
			}
			successors[at] = append(successors[at], number)
		}
	}
	canFail := make([]bool, len(subsets))
	for changed := true; changed; {
		changed = false
		for at := range subsets {
			if canFail[at] {
				continue
			}
			fails := !accepting[at]
			for _, to := range successors[at] {
				fails = fails || canFail[to]
			}
			canFail[at], changed = fails, changed || fails
		}
	}
	// Going round and round over one word ends in subsets that come back to themselves.
	rounds := &walk{next: func(at int, visit func(int)) {
		for _, to := range successors[at] {
			visit(to)
		}
	}}
	rounds.from(0)
	for _, members := range rounds.found {
		for _, at := range members {
			if !canFail[at] || len(members) == 1 && !slices.Contains(successors[at], at) {
				continue
			}
			for _, p := range subsets[at] {
				if positions[p] {
					return true
				}
			}
		}
	}
	return false
}

// reach is where the next letter may be, sorted: after the positions, or at the start.
func (a *automaton) reach(from []int, start bool) []int {
	on := make([]bool, len(a.chars))
	if start {
		for _, q := range a.first {
			on[q] = true
		}
	}
	for _, p := range from {
		for q := range a.follow[p] {
			on[q] = true
		}
	}
	var reached []int
	for q, is := range on {
		if is {
			reached = append(reached, q)
		}
	}
	return reached
}

func subsetKey(positions []int) string {
	key := make([]byte, 0, 2*len(positions))
	for _, p := range positions {
		key = binary.BigEndian.AppendUint16(key, uint16(p))
	}
	return string(key)
}
