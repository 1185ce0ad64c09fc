package faults

import (
	"maps"
	"slices"
)

// stepLikeOkta reads a user, edits it and puts it whole; or pushes a group with all its members.
func (w *worker) stepLikeOkta(choice int) {
	if choice >= 60 {
		w.pushMembers(w.seat.groups[w.random.IntN(len(w.seat.groups))])
		return
	}
	a := w.anybody()
	if !w.read(a) {
		return
	}
	next := w.edit(a)
	if choice >= 45 {
		next.active = !a.active
	}
	w.change(a, next, func() call { return call{"PUT", w.url("/Users/" + a.id), w.token, userBody(next)} })
}

// pushMembers lets a few people into a group and a few out, and sends the list whole.
func (w *worker) pushMembers(group string) {
	id := w.groupID(group)
	if id == "" {
		return
	}
	members := make(map[string]*account)
	for _, a := range w.people {
		if a.groups[group] {
			members[a.name] = a
		}
	}
	before := len(members)
	for range 1 + w.random.IntN(3) {
		a := w.anybody()
		if members[a.name] != nil {
			delete(members, a.name)
		} else if before < 60 {
			members[a.name] = a
		}
	}
	names := slices.Sorted(maps.Keys(members))
	var ids []string
	same := len(members) == before
	for _, name := range names {
		ids = append(ids, members[name].id)
		same = same && members[name].groups[group]
	}
	if same {
		return
	}
	body := patchBody(map[string]any{"op": "replace", "path": "members", "value": memberValues(ids)})
	_, ok := w.try(group, Effect{Group: true, Whole: true, Add: names}, circumstance{},
		func() call { return call{"PATCH", w.url("/Groups/" + id), w.token, body} }, nil)
	if !ok {
		return
	}
	for _, a := range w.people {
		a.groups[group] = members[a.name] != nil
	}
}
