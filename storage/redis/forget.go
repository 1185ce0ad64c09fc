package redis

import (
	"context"
	"crypto/rand"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// epochs makes names that nobody ever made before, in no process: a connector that is forgotten
// begins a new epoch, and a value of another one does not count.
type epochs struct {
	process string
	last    atomic.Uint64
}

func newEpochs() *epochs { return &epochs{process: rand.Text()} }

func (e *epochs) next() string { return e.process + "-" + strconv.FormatUint(e.last.Add(1), 36) }

const (
	tellTries = 3
	tellEvery = 250 * time.Millisecond
	tellTime  = oldest - youngest // after which no value from before is believed anywhere
)

// Forget implements tenants.Gate. When it returns the connector's next request on every replica
// asks the database, if Redis could be told: all leases from before are over then. Only whoever
// is passed over by a Redis that fails at that very moment may be answered by what the database
// said up to 100 ms ago. If Redis could not be told, that is tried until no value from before can
// count any more, and this replica believes none at once.
func (g *Gate) Forget(ctx context.Context, slug string) {
	g.options.Alone.Forget(ctx, slug)
	token := g.epochs.next()
	g.untold.add(slug, token, g.options.Now())
	at := g.keys.place(slug)
	node := g.nodeOf(at)
	for range tellTries {
		if node.open.Load() {
			break
		}
		err := g.within(ctx, node, at, func(ctx context.Context) error { return g.tell(ctx, at) })
		if err == nil {
			g.untold.remove(slug, token)
			time.Sleep(leaseTime)
			return
		}
	}
	if g.life.Err() == nil {
		g.work.Go(func() { g.keepTelling(slug, token, at) })
	}
}

// tell begins an epoch of a place, a new one each time: one that came back would bring with it
// what was read before somebody else's.
func (g *Gate) tell(ctx context.Context, p place) error {
	return forgetScript.Run(ctx, g.client, []string{p.epoch()}, g.epochs.next(), epochTTL.Milliseconds()).Err()
}

// keepTelling tells Redis as soon as it can be told.
func (g *Gate) keepTelling(slug, token string, p place) {
	tick := time.NewTicker(tellEvery)
	defer tick.Stop()
	for deadline := time.Now().Add(tellTime); time.Now().Before(deadline); {
		select {
		case <-g.life.Done():
			return
		case <-tick.C:
		}
		ctx, cancel := context.WithTimeout(g.life, g.timeout)
		err := g.tell(ctx, p)
		cancel()
		if err == nil {
			break
		}
	}
	g.untold.remove(slug, token)
}

// untold are the connectors that were forgotten here, while Redis does not know yet.
type untold struct {
	count atomic.Int32 // so that a request need not lock when there is none
	mu    sync.Mutex
	news  map[string]news
}

// news is that a connector was forgotten.
type news struct {
	token string    // of this news alone; "" if there is none
	since time.Time // what was read before does not count
}

// add notes that what was read of a connector before now does not count, nor what was read by a
// clock that is ahead.
func (u *untold) add(slug, token string, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.news == nil {
		u.news = make(map[string]news)
	}
	u.news[slug] = news{token, now.Add(-youngest)}
	u.count.Store(int32(len(u.news)))
}

// remove ends what add began, unless there is later news.
func (u *untold) remove(slug, token string) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.news[slug].token == token {
		delete(u.news, slug)
	}
	u.count.Store(int32(len(u.news)))
}

// of is the news of a connector.
func (u *untold) of(slug string) news {
	if u.count.Load() == 0 {
		return news{}
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	return u.news[slug]
}
