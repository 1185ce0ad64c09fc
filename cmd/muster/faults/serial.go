package faults

import (
	"maps"
	"slices"
	"strings"
)

// explain looks for an order of changes of one group's members that makes the members found of
// those before. Everything that was sent at once must have happened in some order, each change
// whole.
func explain(before []string, changes []Effect, found []string) bool {
	members := make(map[string]bool)
	for _, name := range before {
		members[name] = true
	}
	want := slices.Sorted(slices.Values(found))
	return anyOrder(members, changes, func(end map[string]bool) bool { return slices.Equal(slices.Sorted(maps.Keys(end)), want) })
}

// anyOrder says whether one order of the changes ends as fits.
func anyOrder(members map[string]bool, changes []Effect, fits func(map[string]bool) bool) bool {
	if len(changes) == 0 {
		return fits(members)
	}
	for i, c := range changes {
		rest := slices.Delete(slices.Clone(changes), i, i+1)
		if anyOrder(c.apply(members), rest, fits) {
			return true
		}
	}
	return false
}

// apply returns the members after the change.
func (e Effect) apply(members map[string]bool) map[string]bool {
	after := make(map[string]bool)
	if !e.Whole {
		maps.Copy(after, members)
	}
	for _, name := range e.Add {
		after[name] = true
	}
	for _, name := range e.Remove {
		delete(after, name)
	}
	return after
}

func (e Effect) String() string {
	var parts []string
	if e.Whole {
		parts = append(parts, "replace by "+strings.Join(e.Add, " "))
	} else if len(e.Add) > 0 {
		parts = append(parts, "add "+strings.Join(e.Add, " "))
	}
	if len(e.Remove) > 0 {
		parts = append(parts, "remove "+strings.Join(e.Remove, " "))
	}
	return strings.Join(parts, ", ")
}
