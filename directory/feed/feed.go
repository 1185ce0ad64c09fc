// Package feed says how far the events of the audit can be read in their order without missing
// one. Transactions commit in another order than their events take numbers:
//
//	number   41   42   43   44   45
//	         done done open done done        a reader that went on to 45 would never see 43
//	               ▲ through
//
// Through is a number up to which nothing can come any more. Numbers of one person's events are in
// the order in which they happened, as whoever changes a person holds a lock on it.
//
// What it knows it finds out by looking, and keeps in memory: every process may have its own Feed
// of one database, and none is ever further than what is so.
package feed

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Log is what a Feed looks at; storage/sql has it.
type Log interface {
	// FeedNewest returns the number of the newest event that is there, and the horizon: every
	// transaction whose position is below it has ended.
	FeedNewest(ctx context.Context) (seq, horizon int64, err error)
	// FeedPosition returns a position that is above those of all transactions that have taken a
	// number for an event before the call.
	FeedPosition(ctx context.Context) (int64, error)
}

// Feed follows a Log. Its methods may be called at the same time.
type Feed struct {
	log Log

	looking sync.Mutex // one Look at a time
	asked   question

	mu      sync.Mutex
	through int64
	known   bool          // Look has found out something
	moved   chan struct{} // closed when through moves
}

// question is a number whose certainty waits for transactions to end.
type question struct {
	open          bool
	seq, position int64
}

// New makes a Feed that knows nothing before its first Look.
func New(log Log) *Feed { return &Feed{log: log, moved: make(chan struct{})} }

// Look finds out whether more is certain now.
func (f *Feed) Look(ctx context.Context) error {
	f.looking.Lock()
	defer f.looking.Unlock()
	seq, horizon, err := f.log.FeedNewest(ctx)
	if err != nil {
		return fmt.Errorf("looking for new events: %w", err)
	}
	f.settle(horizon)
	if through, known := f.Through(); f.asked.open || known && seq <= through {
		return nil
	}
	position, err := f.log.FeedPosition(ctx) // after the number was read: whoever took one below it is below this
	if err != nil {
		return fmt.Errorf("asking until when events may come: %w", err)
	}
	f.asked = question{open: true, seq: seq, position: position}
	if _, horizon, err = f.log.FeedNewest(ctx); err != nil {
		return fmt.Errorf("looking for new events: %w", err)
	}
	f.settle(horizon)
	return nil
}

// settle answers the open question, if everything that was under way has ended.
func (f *Feed) settle(horizon int64) {
	if !f.asked.open || horizon < f.asked.position {
		return
	}
	f.asked.open = false
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.known && f.asked.seq <= f.through {
		return
	}
	f.through, f.known = f.asked.seq, true
	close(f.moved)
	f.moved = make(chan struct{})
}

// Through is the number up to which events can be read; false before anything is known.
func (f *Feed) Through() (seq int64, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.through, f.known
}

// Wait waits until there is something behind a number, or ctx ends, and returns Through.
func (f *Feed) Wait(ctx context.Context, after int64) (seq int64, known bool) {
	for {
		f.mu.Lock()
		seq, known, moved := f.through, f.known, f.moved
		f.mu.Unlock()
		if known && seq > after {
			return seq, known
		}
		select {
		case <-moved:
		case <-ctx.Done():
			return seq, known
		}
	}
}

// Run looks at every tick until ctx ends. What goes wrong is told, and tried again.
func (f *Feed) Run(ctx context.Context, ticks <-chan time.Time, tell func(error)) {
	for {
		if err := f.Look(ctx); err != nil && ctx.Err() == nil {
			tell(err)
		}
		select {
		case <-ticks:
		case <-ctx.Done():
			return
		}
	}
}
