package faults

import (
	"fmt"
	"slices"
	"strings"
)

// stepLikeEntra patches single attributes and single edges, and sometimes deletes a user.
func (w *worker) stepLikeEntra(choice int) {
	a := w.anybody()
	switch {
	case choice < 35:
		next := w.edit(a)
		if choice < 10 {
			next.active = !a.active
		}
		w.change(a, next, func() call { return call{"PATCH", w.url("/Users/" + a.id), w.token, entraPatch(next)} })
	case choice < 42:
		w.read(a)
	case choice < 47 && !a.shared && len(w.people) > 6:
		w.remove(a)
	default:
		w.changeMembers(w.seat.groups[w.random.IntN(len(w.seat.groups))])
	}
}

// entraPatch is a PATCH as Entra writes it: operations with capitals, booleans as text.
func entraPatch(a account) map[string]any {
	active := strings.ToUpper(fmt.Sprint(a.active)[:1]) + fmt.Sprint(a.active)[1:]
	return patchBody(
		map[string]any{"op": "Replace", "path": "title", "value": a.title},
		map[string]any{"op": "Replace", "path": "active", "value": active},
		map[string]any{"op": "Replace", "path": enterpriseSchema + ":department", "value": a.department},
	)
}

// remove deletes a user.
func (w *worker) remove(a *account) {
	w.forget(a)
	w.load.watch.part(w.door, a)
	w.try(a.name, Effect{}, circumstance{removal: true}, func() call { return call{"DELETE", w.url("/Users/" + a.id), w.token, nil} }, nil)
}

// changeMembers adds up to three of the worker's users to a group, or takes up to two out.
func (w *worker) changeMembers(group string) {
	id := w.groupID(group)
	if id == "" {
		return
	}
	join := w.random.IntN(5) < 3
	count := 1 + w.random.IntN(2)
	if join {
		count = 1 + w.random.IntN(3)
	}
	var chosen []*account
	for range 3 * count {
		a := w.anybody()
		kept := a.shared && fits(w.rules.keep, group) // whom another IdP knows too is kept by what it says, and when
		if a.groups[group] != join && !kept && !slices.Contains(chosen, a) && len(chosen) < count {
			chosen = append(chosen, a)
		}
	}
	if len(chosen) == 0 {
		return
	}
	var names, ids []string
	for _, a := range chosen {
		names, ids = append(names, a.name), append(ids, a.id)
	}
	e, op := Effect{Group: true, Add: names}, "Add"
	if !join {
		e, op = Effect{Group: true, Remove: names}, "Remove"
	}
	body := patchBody(map[string]any{"op": op, "path": "members", "value": memberValues(ids)})
	if _, ok := w.try(group, e, circumstance{}, func() call { return call{"PATCH", w.url("/Groups/" + id), w.token, body} }, nil); ok {
		for _, a := range chosen {
			a.groups[group] = join
		}
	}
}
