package gateway

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// places bounds how many requests of each connector are in flight, so that one flooding
// connector leaves the database and the processors to the others. Who waits is served in the
// order of coming.
type places struct {
	mu    sync.Mutex
	lines map[string]*line // of connectors that have a request here
}

// line is one connector's requests.
type line struct {
	inFlight int
	waiting  []chan struct{} // closed when the place is theirs
}

var errNoPlace = errors.New("no place came free in time")

func newPlaces() *places { return &places{lines: make(map[string]*line)} }

// enter waits for one of the connector's places. It returns errNoPlace when too many wait
// already, and ctx's error when none came free before ctx ended.
func (p *places) enter(ctx context.Context, slug string, most int) (leave func(), err error) {
	p.mu.Lock()
	l := p.line(slug)
	if l.inFlight < most {
		l.inFlight++
		p.mu.Unlock()
		return func() { p.leave(slug) }, nil
	}
	if len(l.waiting) >= queueLength {
		p.mu.Unlock()
		return nil, errNoPlace
	}
	mine := make(chan struct{})
	l.waiting = append(l.waiting, mine)
	p.mu.Unlock()

	select {
	case <-mine:
		return func() { p.leave(slug) }, nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if at := slices.Index(l.waiting, mine); at >= 0 {
		l.waiting = slices.Delete(l.waiting, at, at+1)
		return nil, ctx.Err()
	}
	return func() { p.leave(slug) }, nil // it came free at the same moment
}

// count takes a place whether or not one is free; within says whether one was.
func (p *places) count(slug string, most int) (leave func(), within bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.line(slug)
	l.inFlight++
	return func() { p.leave(slug) }, l.inFlight <= most
}

// leave gives a place to whoever waits longest.
func (p *places) leave(slug string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lines[slug]
	if len(l.waiting) > 0 {
		close(l.waiting[0])
		l.waiting = l.waiting[1:]
		return
	}
	if l.inFlight--; l.inFlight == 0 {
		delete(p.lines, slug)
	}
}

// line is the line of a connector. p.mu is held.
func (p *places) line(slug string) *line {
	l, ok := p.lines[slug]
	if !ok {
		l = &line{}
		p.lines[slug] = l
	}
	return l
}
