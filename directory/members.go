package directory

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/filter"
)

// A roster works out, from a group's edits in their order, which edges come and which go. A
// member that an edit names is known by the record it resolves to, else by its value.
type roster struct {
	scene *Scene
	all   []MemberRow // every member, when an edit needs to know them; else nil
	wants map[string]bool
	order []string // keys of wants, in the order in which they were first named
	keys  filter.Keys
}

// memberChange is what edits come to.
type memberChange struct {
	add, drop                     []Resolved // edges
	addUnresolved, dropUnresolved []string
	into                          []uuid.UUID // groups that waited for this one, and have it as a member from now on
	again                         []uuid.UUID // user records that are named though nothing of them changes
}

func (m memberChange) empty() bool {
	return len(m.add)+len(m.drop)+len(m.addUnresolved)+len(m.dropUnresolved) == 0
}

// growth is by how many members the group grows.
func (m memberChange) growth() int {
	return len(m.add) + len(m.addUnresolved) - len(m.drop) - len(m.dropUnresolved)
}

// values are the member values that edits name, each once.
func values(edits []scim.MemberEdit) []string {
	n := 0
	for _, e := range edits {
		n += len(e.Values)
	}
	out := make([]string, 0, n)
	seen := make(map[string]bool, n)
	for _, e := range edits {
		for _, v := range e.Values {
			if !seen[v] {
				seen[v] = true
				out = append(out, v)
			}
		}
	}
	return out
}

// needsAll says whether working the edits out takes every member of the group.
func needsAll(edits []scim.MemberEdit) bool {
	return slices.ContainsFunc(edits, func(e scim.MemberEdit) bool {
		return e.Op == scim.ReplaceMembers || e.Op == scim.RemoveMatching
	})
}

// fold applies the edits in order and returns the difference to what the group says now.
func (r *roster) fold(edits []scim.MemberEdit) memberChange {
	r.wants, r.keys = make(map[string]bool), make(filter.Keys)
	for _, e := range edits {
		switch e.Op {
		case scim.ReplaceMembers:
			for _, m := range r.all {
				r.want(m.key(), false)
			}
			for _, key := range r.order {
				r.wants[key] = false
			}
			fallthrough
		case scim.AddMembers:
			for _, v := range e.Values {
				r.name(v, true)
			}
		case scim.RemoveMembers:
			for _, v := range e.Values {
				r.name(v, false)
			}
		case scim.RemoveMatching:
			for _, m := range r.all {
				if matches(e.Filter, m, r.keys) {
					r.want(m.key(), false)
				}
			}
		}
	}
	return r.difference()
}

// name wants a member by the value that names it. A value that the group holds unresolved, from
// a time when it named nothing, or several records, goes when it names one now.
func (r *roster) name(value string, there bool) {
	key := r.key(value)
	if key != value && r.scene.Unresolved[value] {
		r.want(value, false)
	}
	r.want(key, there)
}

// want notes whether a member is to be there; the last edit that names it decides.
func (r *roster) want(key string, there bool) {
	if _, named := r.wants[key]; !named {
		r.order = append(r.order, key)
	}
	r.wants[key] = there
}

// needless are the user records that the edits want out and that the group's IdP has out already.
func (r *roster) needless() (records []Resolved) {
	for _, res := range r.scene.Resolved {
		if there, named := r.wants[res.ID.String()]; named && !there && res.Kind == scim.UserKind && !r.scene.Edges[res.ID].Said {
			records = append(records, res)
		}
	}
	return records
}

// difference compares what the edits want with the edges and unresolved values there are.
func (r *roster) difference() memberChange {
	now := make(map[string]MemberRow, len(r.all))
	for _, m := range r.all {
		now[m.key()] = m
	}
	resolved := make(map[string]Resolved, len(r.scene.Resolved))
	for _, res := range r.scene.Resolved {
		resolved[res.ID.String()] = res
	}
	var change memberChange
	for _, key := range r.order {
		there := r.wants[key]
		id := idOf(key)
		res, known := resolved[key]
		if m, has := now[key]; has && m.ID != uuid.Nil {
			res, known = Resolved{ID: m.ID, Kind: m.Kind}, true
		}
		switch {
		case known:
			said := r.scene.Edges[id].Said || now[key].Said
			if there && !said {
				change.add = append(change.add, res)
			}
			if !there && said {
				change.drop = append(change.drop, res)
			}
		default:
			_, held := now[key]
			held = held || r.scene.Unresolved[key]
			if there && !held {
				change.addUnresolved = append(change.addUnresolved, key)
			}
			if !there && held {
				change.dropUnresolved = append(change.dropUnresolved, key)
			}
		}
	}
	return change
}

// key is how the roster knows the member that a value names.
func (r *roster) key(value string) string {
	if res, ok := r.scene.Resolved[value]; ok {
		return res.ID.String()
	}
	return value
}

// key is how the roster knows a member: by its record, else by the value that names none.
func (m MemberRow) key() string {
	if m.ID != uuid.Nil {
		return m.ID.String()
	}
	return m.Value
}

// saidOf counts the members that the IdP reads back.
func saidOf(all []MemberRow) (n int) {
	for _, m := range all {
		if m.Said {
			n++
		}
	}
	return n
}

// matches evaluates a value filter such as members[type eq "User"] on one member.
func matches(f filter.Expr, m MemberRow, keys filter.Keys) bool {
	element := map[string]any{"value": m.key(), "type": string(cmp.Or(m.Kind, scim.UserKind))}
	return keys.Matches(f, element, func(sub string) bool { return sub == "value" })
}
