package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/url"
	"time"
)

// readers read users on every replica while the IdPs work, as IdPs and as administrators, and try
// each connector's token on what is another's.
type readers struct {
	doors    []door
	admin    string // the administrators' token
	replicas []string
	watch    *Watch
	killed   func() bool
}

// betweenReads keeps the readers from taking the machine from the IdPs.
const betweenReads = 15 * time.Millisecond

// run reads on one replica until ctx ends.
func (r readers) run(ctx context.Context, replica int, random *rand.Rand) {
	tick := time.NewTicker(betweenReads)
	defer tick.Stop()
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		known, ok := r.watch.somebody(random)
		switch {
		case !ok:
		case n%5 == 0:
			r.peek(ctx, replica, r.doors[random.IntN(len(r.doors))], known)
		case n%5 == 1:
			r.administer(ctx, replica, known)
		default:
			a := r.get(ctx, replica, known.door, "/Users/"+known.id)
			r.watch.observed(known.door, known.name, a, replica)
		}
	}
}

// peek looks for another connector's user, by id and by name: there is none to be seen.
func (r readers) peek(ctx context.Context, replica int, own door, known acquaintance) {
	if own.slug == known.slug {
		return
	}
	if a := r.get(ctx, replica, own, "/Users/"+known.id); a.status/100 == 2 {
		r.watch.report(found(isolation, Wrong, "%s reads %s of %s by its id: %.200s", own.slug, known.name, known.slug, a.body))
	}
	if known.shared {
		return // it may have that person itself
	}
	a := r.get(ctx, replica, own, "/Users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", known.name)))
	if body, err := a.in(); err == nil && (body.TotalResults > 0 || len(body.Resources) > 0) {
		r.watch.report(found(isolation, Wrong, "%s finds %s of %s by its name: %.200s", own.slug, known.name, known.slug, a.body))
	}
}

// administer looks for a user in the directory. What it finds is checked when all is quiet.
func (r readers) administer(ctx context.Context, replica int, known acquaintance) {
	path := "/api/v1/directories/" + directoryName + "/users?filter=" + url.QueryEscape(fmt.Sprintf("userName eq %q", known.name))
	a := call{method: "GET", url: r.replicas[replica] + path, token: r.admin}.send(ctx)
	if ctx.Err() == nil {
		r.watch.saw(known.door, "an administrator's GET", a, circumstance{read: true, killed: r.killed()})
	}
}

// get reads; the user may have been deleted a moment ago.
func (r readers) get(ctx context.Context, replica int, d door, path string) answer {
	a := call{method: "GET", url: r.replicas[replica] + d.path + path, token: d.token}.send(ctx)
	if ctx.Err() == nil {
		r.watch.saw(d, "GET "+path, a, circumstance{read: true, absent: true, killed: r.killed()})
	}
	return a
}
