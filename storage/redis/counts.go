package redis

import "sync/atomic"

// Counts are what a Gate has done since it was made.
type Counts struct {
	Hits      uint64 // credentials that Redis knew
	Leased    uint64 // requests that came so close behind such a call that its answer served them too
	Misses    uint64 // and those that were looked up in the database
	Rejected  uint64 // values of credentials that were too old, or that nobody here had sealed
	Fallbacks uint64 // requests that were answered without Redis
	Opened    uint64 // how often a breaker opened
	Open      bool   // whether one is open now
}

type counts struct{ hits, leased, misses, rejected, fallbacks, opened atomic.Uint64 }

// Counts returns the numbers of this moment.
func (g *Gate) Counts() Counts {
	open := g.only.open.Load()
	g.nodes.Range(func(_, n any) bool {
		open = open || n.(*node).open.Load()
		return !open
	})
	return Counts{
		Hits: g.counts.hits.Load(), Leased: g.counts.leased.Load(), Misses: g.counts.misses.Load(), Rejected: g.counts.rejected.Load(),
		Fallbacks: g.counts.fallbacks.Load(), Opened: g.counts.opened.Load(), Open: open,
	}
}
