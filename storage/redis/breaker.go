package redis

import (
	"context"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	goredis "github.com/redis/go-redis/v9"
)

const (
	tolerated  = 5 // failures in a row, one after the other; the last of them opens the breaker
	recoveries = 2 // probes in a row that must succeed before it closes
)

// node is one server of Redis, or all of it where there is but one, with a circuit breaker before
// it. While the breaker is open nobody asks the node but a probe, once in a while.
//
//	           5 failures in a row
//	closed  ------------------------->  open
//	        <-------------------------
//	          2 good probes in a row
type node struct {
	name string
	open atomic.Bool

	mu       sync.Mutex
	failures int       // in a row
	failed   time.Time // the last of them
}

// fails counts a failure and says whether it is one too many. Calls that were under way together
// fail together, of one pause as short as their time: only who began after the last failure
// counts anew.
func (n *node) fails(began, now time.Time) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.failures > 0 && began.Before(n.failed) {
		return false
	}
	n.failures++
	n.failed = now
	return n.failures >= tolerated
}

// serves ends the row of failures.
func (n *node) serves() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.failures = 0
}

// nodeOf returns the node that a place lies on, as far as that is known without asking: a
// cluster's nodes fail one by one.
func (g *Gate) nodeOf(p place) *node {
	cluster, ok := g.client.(*goredis.ClusterClient)
	if !ok || !g.met.Load() { // before the first answer nobody knows who is who
		return g.only
	}
	master, err := cluster.MasterForKey(context.Background(), p.epoch())
	if err != nil {
		return g.only
	}
	name := master.Options().Addr
	if known, ok := g.nodes.Load(name); ok {
		return known.(*node)
	}
	known, _ := g.nodes.LoadOrStore(name, &node{name: name})
	return known.(*node)
}

// report tells the breaker how a call ended that wrote something, and returns err. p is a place
// that can be probed later.
func (g *Gate) report(n *node, p place, began time.Time, err error) error {
	if err == nil {
		n.serves()
	} else if n.fails(began, time.Now()) {
		g.trip(n, p, err)
	}
	return err
}

// trip opens the breaker, unless it is open, and sees to it that it closes again.
func (g *Gate) trip(n *node, p place, err error) {
	if g.life.Err() != nil || !n.open.CompareAndSwap(false, true) {
		return
	}
	g.counts.opened.Add(1)
	g.log.Warn("Redis does not serve: until it does, credentials come from the database, and each replica keeps its part of the limits by itself",
		"redis", n.name, "error", err)
	g.work.Go(func() { g.heal(n, p, time.Now()) })
}

// heal probes the node until it is well, and closes the breaker.
func (g *Gate) heal(n *node, p place, since time.Time) {
	tick := time.NewTicker(g.probeEvery)
	defer tick.Stop()
	for good, try := 0, 0; good < recoveries; try++ {
		select {
		case <-g.life.Done():
			return
		case <-tick.C:
		}
		if n == g.only { // where that is a cluster, any of its nodes will do
			p = g.keys.place("-" + strconv.Itoa(try))
		}
		if g.probe(p, g.timeout) == nil {
			good++
		} else {
			good = 0
		}
	}
	n.serves()
	n.open.Store(false)
	g.log.Info("Redis serves again", "redis", n.name, "after", time.Since(since).Round(time.Millisecond))
}

// probe does all that a request does, writing too, with keys of its own beside those of the
// place: a server that only reads, or has no memory left, is not well.
func (g *Gate) probe(p place, patience time.Duration) error {
	ctx, cancel := context.WithTimeout(g.life, patience)
	defer cancel()
	own := p + "probe:"
	epoch := g.epochs.next()
	if err := g.client.Set(ctx, own.epoch(), epoch, valueTTL).Err(); err != nil {
		return err
	}
	value := "- " + noProof + " " + epoch + " 1 1 0 0\n"
	err := fillScript.Run(ctx, g.client, []string{string(own) + format, own.epoch(), own.turns()},
		noProof, epoch, value, valueTTL.Milliseconds(), valueTTL.Milliseconds()).Err()
	if err == nil {
		g.met.Store(true)
	}
	return err
}
