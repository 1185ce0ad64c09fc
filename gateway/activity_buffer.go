package gateway

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/tenants"
)

// Bounds of what waits to be written. Whatever is over them is lost, and counted: a request never
// waits for its being kept.
const (
	mostNoted      = 8 << 10  // requests
	mostNotedBytes = 32 << 20 // of their bodies
	mostOfOne      = 3 * mostNoted / 4
	keptAtOnce     = 500 // rows of a transaction
	lastKeeping    = 3 * time.Second
)

// Activities takes in the requests that were answered and writes them a moment later, many at
// once, in a goroutine of its own (Run).
type Activities struct {
	keep func(context.Context, []tenants.Activity) error

	mu      sync.Mutex
	waiting []*noted
	bytes   int
	ofOne   map[uuid.UUID]int // waiting, by connector

	late   []tenants.Activity // could not be written; only Run touches it
	broken error              // why a request could not be shown; likewise

	kept, lost atomic.Int64
}

// NewActivities returns Activities that are written with keep: an ActivityStore's KeepActivity.
func NewActivities(keep func(context.Context, []tenants.Activity) error) *Activities {
	return &Activities{keep: keep, ofOne: make(map[uuid.UUID]int)}
}

// Kept and Lost count, since the start, requests that were written, and those that were not because
// more came than could be, or the database was away for long.
func (a *Activities) Kept() int64 { return a.kept.Load() }

// Lost is described at Kept.
func (a *Activities) Lost() int64 { return a.lost.Load() }

// note takes a request in, or counts it as lost. It is quick.
func (a *Activities) note(n *noted) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting) >= mostNoted || a.bytes+len(n.body) > mostNotedBytes || a.ofOne[n.connector.id] >= mostOfOne {
		a.lost.Add(1)
		return
	}
	a.waiting = append(a.waiting, n)
	a.bytes += len(n.body)
	a.ofOne[n.connector.id]++
}

// take removes and returns what waits.
func (a *Activities) take() []*noted {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := a.waiting
	a.waiting, a.bytes = make([]*noted, 0, min(len(all), mostNoted)), 0
	clear(a.ofOne)
	return all
}

// Run writes what was noted at every tick until the context ends, and then the rest. failed is told
// of each error; what could not be written is tried again with the next tick, as far as the bounds
// allow.
func (a *Activities) Run(ctx context.Context, ticks <-chan time.Time, failed func(error)) {
	for {
		select {
		case <-ticks:
			if err := a.write(ctx); err != nil {
				failed(err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastKeeping)
			defer cancel()
			if err := a.write(last); err != nil {
				a.lost.Add(int64(len(a.late)))
				failed(err)
			}
			return
		}
	}
}

// write writes everything that waits, some hundred rows at a time.
func (a *Activities) write(ctx context.Context) error {
	noted := a.take()
	for len(a.late) > 0 || len(noted) > 0 {
		for len(a.late) < keptAtOnce && len(noted) > 0 {
			if shown, ok := a.shown(noted[0]); ok {
				a.late = append(a.late, shown)
			}
			noted[0], noted = nil, noted[1:] // its body is needed no more
		}
		now := a.late[:min(len(a.late), keptAtOnce)]
		if err := a.keep(ctx, now); err != nil {
			a.putOff(noted)
			return err
		}
		a.kept.Add(int64(len(now)))
		a.late = a.late[len(now):]
	}
	broken := a.broken
	a.late, a.broken = nil, nil
	return broken
}

// shown is a request as it is kept. It may be anything that an IdP can send, and it was answered
// already: should showing it panic, then that one is lost, and nothing else.
func (a *Activities) shown(n *noted) (shown tenants.Activity, ok bool) {
	defer func() {
		if r := recover(); r != nil {
			a.lost.Add(1)
			a.broken = fmt.Errorf("request %s cannot be shown: %v\n%s", n.trace.id, r, debug.Stack())
			shown, ok = tenants.Activity{}, false
		}
	}()
	return n.shown()
}

// putOff keeps what could not be written for the next time, but for what is over the bound.
func (a *Activities) putOff(noted []*noted) {
	for _, n := range noted {
		if len(a.late) >= mostNoted {
			a.lost.Add(1)
			continue
		}
		if shown, ok := a.shown(n); ok {
			a.late = append(a.late, shown)
		}
	}
}
