package policy

import (
	"strings"
	"sync/atomic"
)

// list is a compiled list of patterns.
type list []*pattern

// finding is what a list says of a name, and which of its patterns says so.
type finding struct {
	answer
	pattern string
}

func compileList(name string, entries []Entry, except bool) (list, error) {
	if err := tooMany(name, entries); err != nil {
		return nil, err
	}
	compiled := make(list, len(entries))
	for i, e := range entries {
		if len(e.Except) > 0 && !except {
			return nil, &RuleError{List: name, Index: i, Pattern: e.Text, Problem: "has an except, which only protected lists have"}
		}
		p, err := compileEntry(e)
		if err != nil {
			return nil, &RuleError{List: name, Index: i, Pattern: e.Text, Problem: err.Error(),
				Literal: (e.Form == FormAny || e.Form == FormMatches) && strings.TrimSpace(e.Text) != "" && len(e.Text) <= maxPattern}
		}
		compiled[i] = p
	}
	return compiled, nil
}

// find gives the first pattern that matches; undecided if none does and one ran out of time.
// Two that ran out of time are enough to stop trying those that can.
func (l list) find(key, raw string) finding {
	best, late := finding{}, 0
	for _, p := range l {
		if late >= 2 && p.full != nil {
			continue
		}
		switch p.match(key, raw) {
		case yes:
			return finding{yes, p.String()}
		case undecided:
			late++
			if best.answer == no {
				best = finding{undecided, p.String()}
			}
		}
	}
	return best
}

// findings are what all lists of a RuleSet say of one name.
type findings struct {
	only, never, remove, required, keep finding
}

// about says what the lists think of a name as sent.
func (rs *RuleSet) about(name, key string) *findings {
	if known, ok := rs.memo.get(name); ok {
		return known
	}
	found := &findings{
		only:     rs.only.find(key, key),
		never:    rs.never.find(key, name),
		remove:   rs.remove.find(key, key),
		required: rs.required.find(key, key),
		keep:     rs.keep.find(key, key),
	}
	if found.late() && !rs.lateAgain(name) {
		return found
	}
	return rs.memo.put(name, found)
}

// late says that a match ran out of time.
func (f *findings) late() bool {
	return f.only.answer == undecided || f.never.answer == undecided || f.remove.answer == undecided ||
		f.required.answer == undecided || f.keep.answer == undecided
}

// lateTries is how often a name is tried before running out of time is remembered.
const lateTries = 3

// lateAgain counts how often matching the name ran out of time. A busy machine does that once,
// a bad pattern always: only the latter is remembered.
func (rs *RuleSet) lateAgain(name string) bool {
	tries, known := rs.tries.get(name)
	if !known {
		tries = rs.tries.put(name, new(atomic.Int32))
	}
	return tries.Add(1) >= lateTries
}
