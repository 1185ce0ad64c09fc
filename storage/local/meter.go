package local

import (
	"sync"
	"time"

	"github.com/muster-scim/muster/tenants"
)

const maxMeters = 100_000

// meter counts turns by key. A key whose turns are all paid for is as good as one that was
// never seen, so what is kept is bounded by what was taken a moment ago.
type meter struct {
	mu  sync.Mutex
	due map[string]time.Time
}

func newMeter() *meter { return &meter{due: make(map[string]time.Time)} }

// take takes one turn of a key's.
func (m *meter) take(key string, r tenants.Rate, now time.Time, patience time.Duration) tenants.Allowance {
	if r.None() {
		return tenants.Allowance{}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	before, known := m.due[key]
	next, a := r.Take(before, now, patience)
	if !known && len(m.due) >= maxMeters {
		m.makeRoom(now)
	}
	m.due[key] = next
	return a
}

// makeRoom drops a paid-up key out of a few, else any: whoever invents keys without end finds
// that some of them are forgotten, and nobody else's memory grows for it.
func (m *meter) makeRoom(now time.Time) {
	tries := 0
	for key, due := range m.due { // in random order
		tries++
		if due.Before(now) || tries == evictionTries {
			delete(m.due, key)
			return
		}
	}
}
