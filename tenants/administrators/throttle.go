package administrators

import (
	"sync"
	"time"
)

// Failed sign-ins count for the address and the account together, so nobody locks out another
// person from elsewhere; and more generously for the address alone, whatever the account. Each
// replica counts for itself.
const (
	failuresOfPair    = 10
	failuresOfAddress = 100
	failureWindow     = 15 * time.Minute
	mostCounted       = 20_000 // pairs and addresses; beyond, the eldest are forgotten
)

// throttle counts attempts within a window that begins with the first one.
type throttle struct {
	now   func() time.Time
	mu    sync.Mutex
	seen  map[string]*attempts
	queue []string // in the order of their windows' beginnings
}

type attempts struct {
	since time.Time
	count int
}

func newThrottle(now func() time.Time) *throttle {
	return &throttle{now: now, seen: map[string]*attempts{}}
}

// take counts an attempt, before it is known how it ends, so that many at once are many. It
// returns how long to wait when there were too many already; then nothing is counted or kept, so
// whoever has to wait cannot push what was counted out of the memory.
func (t *throttle) take(address, account string) (wait time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	t.forget(now)
	pair := pairKey(address, account)
	switch {
	case t.full(pair, failuresOfPair):
		return t.seen[pair].since.Add(failureWindow).Sub(now)
	case t.full(address, failuresOfAddress):
		return t.seen[address].since.Add(failureWindow).Sub(now)
	}
	t.of(address, now).count++
	t.of(pair, now).count++
	return 0
}

// forgive takes back what take counted, as the attempt was right.
func (t *throttle) forgive(address, account string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if a := t.seen[pairKey(address, account)]; a != nil {
		a.count = 0
	}
	if a := t.seen[address]; a != nil && a.count > 0 {
		a.count--
	}
}

func pairKey(address, account string) string { return address + "\x00" + account }

func (t *throttle) full(key string, most int) bool {
	return t.seen[key] != nil && t.seen[key].count >= most
}

func (t *throttle) of(key string, now time.Time) *attempts {
	a := t.seen[key]
	if a == nil {
		a = &attempts{since: now}
		t.seen[key] = a
		t.queue = append(t.queue, key)
	}
	return a
}

// forget drops windows that are over, and the eldest when there are too many.
func (t *throttle) forget(now time.Time) {
	for len(t.queue) > 0 {
		eldest := t.seen[t.queue[0]]
		if now.Sub(eldest.since) < failureWindow && len(t.queue) < mostCounted {
			return
		}
		delete(t.seen, t.queue[0])
		t.queue = t.queue[1:]
	}
}
