package faults

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
)

// resync lets every IdP send all that it knows: every user, and the members of every group.
func (a *Arena) resync(ctx context.Context) (wrong []Finding, err error) {
	for _, p := range a.load.idps {
		odd, err := p.resync(ctx, a.targets())
		if err != nil {
			return nil, err
		}
		wrong = append(wrong, odd...)
	}
	return wrong, nil
}

// resync sends what the IdP knows, as its kind does. Whatever is refused is a finding.
func (p *idp) resync(ctx context.Context, targets []string) (wrong []Finding, err error) {
	var calls []call
	add := func(method, path string, body any) {
		calls = append(calls, call{method, targets[len(calls)%len(targets)] + p.path + path, p.token, body})
	}
	members := make(map[string][]string)
	for _, w := range p.workers {
		for _, a := range w.people {
			if p.parallel {
				add("PATCH", "/Users/"+a.id, entraPatch(*a))
			} else {
				add("PUT", "/Users/"+a.id, userBody(*a))
			}
			for group, is := range a.groups {
				if is {
					members[group] = append(members[group], a.id)
				}
			}
		}
	}
	for _, group := range slices.Sorted(maps.Keys(p.groups)) {
		op := "replace"
		if p.parallel {
			op = "Add"
		}
		if !p.parallel || len(members[group]) > 0 {
			add("PATCH", "/Groups/"+p.groups[group], patchBody(map[string]any{"op": op, "path": "members", "value": memberValues(members[group])}))
		}
	}
	return p.sendAll(ctx, calls)
}

// sendAll sends calls, as many at once as the IdP does.
func (p *idp) sendAll(ctx context.Context, calls []call) (wrong []Finding, err error) {
	var mu sync.Mutex
	var sending sync.WaitGroup
	next := make(chan call)
	for range len(p.workers) {
		sending.Go(func() {
			for c := range next {
				a := c.send(ctx)
				mu.Lock()
				switch {
				case a.err != nil:
					err = fmt.Errorf("resync of %s: %w", p.slug, a.err)
				case a.status/100 != 2:
					wrong = append(wrong, found(convergence, Wrong, "%s sends what it knows, and %s is answered %d %.200s", p.slug, c.method, a.status, a.body))
				}
				mu.Unlock()
			}
		})
	}
	for _, c := range calls {
		next <- c
	}
	close(next)
	sending.Wait()
	return wrong, err
}
