package faults

import (
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
)

// parallel is how many requests an IdP like Entra has under way at once.
const parallel = 8

// idp is one identity provider. Like Okta it looks, reads, edits and puts, one request at a time,
// and pushes groups whole; like Entra it sends eight requests at a time, and single edges.
type idp struct {
	door
	load    *Load
	workers []*worker

	mu     sync.Mutex
	groups map[string]string // ids by name
	next   int               // number of the next person of its own
	common int               // … of those that the tenant's other IdP knows too
}

func newIDP(l *Load, d door, random *rand.Rand) *idp {
	p := &idp{door: d, load: l, groups: make(map[string]string)}
	count := 1
	if d.parallel {
		count = parallel
	}
	for i := range count {
		p.workers = append(p.workers, &worker{idp: p, number: i, random: rand.New(rand.NewPCG(random.Uint64(), uint64(i)))})
	}
	return p
}

// start lets the first worker make the groups, and then all of them work.
func (p *idp) start() {
	p.load.work.Go(func() {
		for _, name := range p.seat.groups {
			p.workers[0].push(name)
		}
		for _, w := range p.workers {
			p.load.work.Go(func() {
				for !p.load.over() {
					w.step()
					_ = pause(p.load.grace, p.load.pace) // ends early at the end
				}
			})
		}
	})
}

// step makes one change, chosen by chance.
func (w *worker) step() {
	choice := w.random.IntN(100)
	switch {
	case len(w.people) < 3 || w.hired < w.load.target/len(w.workers) || choice < 12 && len(w.people) < 2*w.load.target/len(w.workers):
		w.hire()
	case w.parallel:
		w.stepLikeEntra(choice)
	default:
		w.stepLikeOkta(choice)
	}
}

// newcomer is somebody whom nobody of this IdP has hired yet.
func (w *worker) newcomer() account {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := account{active: true, groups: make(map[string]bool)}
	if w.random.IntN(4) == 0 {
		w.common++
		a.shared, a.name = true, fmt.Sprintf("common%d@%s.example", w.common, w.tenant)
	} else {
		w.next++
		a.name = fmt.Sprintf("%s%d@%s.example", w.slug, w.next, w.tenant)
	}
	w.hired++
	return a
}

// hire looks for a user by name, as every IdP does first, and creates it.
func (w *worker) hire() {
	fresh := w.newcomer()
	a := w.edit(&fresh)
	if id, ok := w.find(a.name); ok {
		w.load.watch.report(found(isolation, Wrong, "%s looked for %s, whom it never made, and found %s", w.slug, a.name, id))
		return
	}
	result, ok := w.try(a.name, effectOf(a), circumstance{creation: true},
		func() call { return call{"POST", w.url("/Users"), w.token, userBody(a)} },
		func() (there bool) { a.id, there = w.find(a.name); return there })
	if !ok {
		return
	}
	if a.id == "" {
		body, err := result.in()
		if err != nil || body.ID == "" {
			w.load.watch.report(found(honesty, Wrong, "a created user is answered without an id: %.200s", result.body))
			return
		}
		a.id = body.ID
	}
	w.remember(&a)
}

// find looks for a user by name.
func (w *worker) find(name string) (id string, ok bool) {
	a, answered := w.look("/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", name)), circumstance{})
	if !answered {
		return "", false
	}
	body, err := a.in()
	if err != nil || len(body.Resources) == 0 {
		return "", false
	}
	if len(body.Resources) > 1 || body.Resources[0].UserName != name {
		w.load.watch.report(found(isolation, Wrong, "%s looked for %s and found %d users: %.300s", w.slug, name, len(body.Resources), a.body))
	}
	return body.Resources[0].ID, true
}

// read reads a user by its id, and tells what it saw.
func (w *worker) read(a *account) bool {
	got, answered := w.look("/Users/"+a.id, circumstance{})
	if answered {
		w.load.watch.observed(w.door, a.name, got, 0)
	}
	return answered && got.status == 200
}

// push makes a group.
func (w *worker) push(name string) {
	a, ok := w.try(name, Effect{Group: true, Whole: true}, circumstance{creation: true},
		func() call {
			return call{"POST", w.url("/Groups"), w.token, map[string]any{"schemas": []string{groupSchema}, "displayName": name}}
		},
		func() bool { return w.groupID(name) != "" })
	if !ok || a.status == 0 {
		return
	}
	if body, err := a.in(); err == nil {
		w.keepGroup(name, body.ID)
	}
}

// groupID looks for a group by name and keeps its id.
func (w *worker) groupID(name string) string {
	w.mu.Lock()
	id := w.idp.groups[name]
	w.mu.Unlock()
	if id != "" {
		return id
	}
	a, answered := w.look("/Groups?excludedAttributes=members&filter="+url.QueryEscape(fmt.Sprintf("displayName eq %q", name)), circumstance{})
	if body, err := a.in(); answered && err == nil && len(body.Resources) > 0 {
		w.keepGroup(name, body.Resources[0].ID)
		return body.Resources[0].ID
	}
	return ""
}

func (w *worker) keepGroup(name, id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.idp.groups[name] = id
}

// change makes a change of one user, and keeps it if it was acknowledged. A user whose state is
// not known is let go: nothing may be concluded from what it becomes.
func (w *worker) change(a *account, next account, make func() call) {
	if _, ok := w.try(a.name, effectOf(next), circumstance{}, make, nil); !ok {
		w.forget(a)
		return
	}
	*a = next
}

func (w *worker) anybody() *account { return w.people[w.random.IntN(len(w.people))] }

func userBody(a account) map[string]any {
	return map[string]any{
		"schemas": []string{userSchema, enterpriseSchema}, "userName": a.name, "active": a.active, "title": a.title,
		"name":           map[string]any{"givenName": "Given", "familyName": "Family " + a.name},
		"emails":         []any{map[string]any{"value": a.name, "type": "work", "primary": true}},
		enterpriseSchema: map[string]any{"department": a.department},
	}
}

func patchBody(operations ...map[string]any) map[string]any {
	return map[string]any{"schemas": []string{patchSchema}, "Operations": operations}
}

func memberValues(ids []string) []any {
	values := make([]any, len(ids))
	for i, id := range ids {
		values[i] = map[string]any{"value": id}
	}
	return values
}
