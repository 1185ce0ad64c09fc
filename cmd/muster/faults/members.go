package faults

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// in is the value of an edge whose user is a member; the others are absent, "".
const in = "member"

// roster is what a client's changes make of the members of one group: a register for each user
// that was ever named. The client writes each of them one change after the other.
type roster struct {
	client, group string
	changes       []*Change
	edges         map[string]register
}

// rosterOf gathers the changes that touch the members of a group: those of the group, and the
// deletions of users.
func rosterOf(changes []*Change, client, group string) *roster {
	r := &roster{client: client, group: group, edges: make(map[string]register)}
	gone := make(map[string][]*Change)
	for _, c := range changes {
		switch {
		case c.Client != client:
		case c.Group && c.Subject == group:
			r.changes = append(r.changes, c)
			for _, name := range slices.Concat(c.Add, c.Remove) {
				r.edges[name] = nil
			}
		case !c.Group && c.Value == "":
			gone[c.Subject] = append(gone[c.Subject], c)
		}
	}
	for _, c := range r.changes {
		for name := range r.edges {
			if value, touched := c.edge(name); touched {
				r.edges[name] = append(r.edges[name], write{c, value})
			}
		}
	}
	for name := range r.edges {
		for _, c := range gone[name] {
			r.edges[name] = append(r.edges[name], write{c, ""})
		}
		slices.SortStableFunc(r.edges[name], func(a, b write) int { return a.Sent.Compare(b.Sent) })
	}
	return r
}

// edge says what the change makes of one user's membership, and whether it touches it at all.
func (c *Change) edge(name string) (value string, touched bool) {
	switch {
	case slices.Contains(c.Add, name):
		return in, true
	case c.Whole, slices.Contains(c.Remove, name):
		return "", true
	}
	return "", false
}

// judge compares the members that were found when everything was quiet with the changes: each
// edge is as its last change left it, and a change of unknown outcome was made for all whom it
// names, or for nobody.
func (r *roster) judge(members []string) (wrong []Finding) {
	is := make(map[string]string, len(members))
	for _, name := range members {
		is[name] = in
	}
	var lost, stranger []string
	for name := range r.edges {
		if harm := r.edges[name].judge(is[name]); harm != "" {
			lost = append(lost, fmt.Sprintf("%s %s", name, map[bool]string{true: "(is there)", false: "(is missing)"}[is[name] == in]))
		}
	}
	for name := range is {
		if _, named := r.edges[name]; !named {
			stranger = append(stranger, name)
		}
	}
	if len(lost) > 0 {
		wrong = append(wrong, found(durability, Lost, "group %s of %s does not have the members that were acknowledged: %s", r.group, r.client, some(lost)))
	}
	if len(stranger) > 0 {
		wrong = append(wrong, found(durability, Wrong, "group %s of %s has members that nobody sent: %s", r.group, r.client, some(stranger)))
	}
	for _, c := range r.changes {
		if c.Acknowledged {
			continue
		}
		made, not := r.traces(c, is)
		if len(made) > 0 && len(not) > 0 {
			wrong = append(wrong, found(atomicity, Half, "a change of group %s of %s was made for %s and not for %s", r.group, r.client, some(made), some(not)))
		}
	}
	return wrong
}

// traces says for whom a change of unknown outcome was surely made, and for whom surely not:
// those whose last change it is, and who were otherwise before.
func (r *roster) traces(c *Change, is map[string]string) (made, not []string) {
	for name, edge := range r.edges {
		value, touched := c.edge(name)
		if !touched || edge[len(edge)-1].Change != c {
			continue
		}
		before := edge[:len(edge)-1].now()
		switch {
		case slices.Contains(before, value):
		case is[name] == value:
			made = append(made, name)
		default:
			not = append(not, name)
		}
	}
	return made, not
}

// ever says whether a user was certainly, and whether perhaps, a member at any time.
func (r *roster) ever(name string) (surely, perhaps bool) {
	for _, w := range r.edges[name] {
		if w.value == in {
			surely, perhaps = surely || w.Acknowledged, true
		}
	}
	return surely, perhaps
}

// some lists names, the first few of many.
func some(names []string) string {
	slices.Sort(names)
	names = slices.Compact(names)
	if more := len(names) - 8; more > 0 {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:8], ", "), more)
	}
	return strings.Join(names, ", ")
}

// groupsOf lists the groups that a client's changes name.
func groupsOf(changes []*Change, client string) []string {
	names := make(map[string]bool)
	for _, c := range changes {
		if c.Group && c.Client == client {
			names[c.Subject] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
