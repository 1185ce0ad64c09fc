package local

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/muster-scim/muster/tenants"
)

const (
	credentialTTL = 9 * time.Second // from before the look-up: a revocation elsewhere is noticed within ten seconds
	maxEntries    = 50_000
	evictionTries = 16
	lookupTimeout = 5 * time.Second
)

// Credentials is a tenants.Lookup that remembers the answers of another one, also that there is
// nothing under a key, for less than ten seconds. Callers that ask for the same key at the same time share
// one look-up. Failed look-ups are not remembered.
type Credentials struct {
	next tenants.Lookup
	now  func() time.Time

	mu      sync.RWMutex
	entries map[string]answer
	running map[string]*lookup

	hits, misses atomic.Uint64
}

// answer is what a key was last answered with.
type answer struct {
	entry   tenants.Entry
	err     error // nil or tenants.ErrUnknown
	expires time.Time
}

// lookup is one that is under way. Its answer may be read once done is closed.
type lookup struct {
	done   chan struct{}
	answer answer
}

// NewCredentials returns a cache in front of next.
func NewCredentials(next tenants.Lookup, now func() time.Time) *Credentials {
	return &Credentials{next: next, now: now, entries: make(map[string]answer), running: make(map[string]*lookup)}
}

// Find implements tenants.Lookup.
func (c *Credentials) Find(ctx context.Context, key string) (tenants.Entry, error) {
	c.mu.RLock()
	known, ok := c.entries[key]
	c.mu.RUnlock()
	if ok && c.now().Before(known.expires) {
		c.hits.Add(1)
		return known.entry, known.err
	}
	c.misses.Add(1)
	l := c.join(ctx, key)
	select {
	case <-l.done:
		return l.answer.entry, l.answer.err
	case <-ctx.Done():
		return tenants.Entry{}, ctx.Err()
	}
}

// join returns the look-up of a key that is under way, or starts it. It runs on its own time:
// the caller that started it may leave, the others still want the answer.
func (c *Credentials) join(ctx context.Context, key string) *lookup {
	c.mu.Lock()
	defer c.mu.Unlock()
	if l, ok := c.running[key]; ok {
		return l
	}
	l := &lookup{done: make(chan struct{})}
	if known, ok := c.entries[key]; ok && c.now().Before(known.expires) { // it has just come
		l.answer = known
		close(l.done)
		return l
	}
	c.running[key] = l
	go c.look(context.WithoutCancel(ctx), key, l)
	return l
}

func (c *Credentials) look(ctx context.Context, key string, l *lookup) {
	ctx, cancel := context.WithTimeout(ctx, lookupTimeout)
	defer cancel()
	expires := c.now().Add(credentialTTL)
	entry, err := c.next.Find(ctx, key)

	c.mu.Lock()
	defer c.mu.Unlock()
	l.answer = answer{entry: entry, err: err, expires: expires}
	defer close(l.done)
	if c.running[key] != l {
		return // forgotten meanwhile: what was read may be from before the change
	}
	delete(c.running, key)
	if err == nil || errors.Is(err, tenants.ErrUnknown) {
		c.makeRoom(key)
		c.entries[key] = l.answer
	}
}

// Forget drops what is known of a key. A look-up that began before does not count any more.
func (c *Credentials) Forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.entries, key)
	delete(c.running, key)
}

// ForgetConnector drops what is known of a connector's credentials, and every key that had no
// answer, for it may have one now.
func (c *Credentials) ForgetConnector(slug string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for key, known := range c.entries {
		if known.err != nil || known.entry.Connector.Slug == slug {
			delete(c.entries, key)
		}
	}
	clear(c.running)
}

// makeRoom keeps the cache bounded: whoever invents keys pushes out invented keys first. c.mu
// is held.
func (c *Credentials) makeRoom(key string) {
	if _, ok := c.entries[key]; ok || len(c.entries) < maxEntries {
		return
	}
	victim, best, tries := "", 0, 0
	for candidate, known := range c.entries { // in random order
		worth := 1
		switch {
		case !c.now().Before(known.expires):
			worth = 3
		case known.err != nil:
			worth = 2
		}
		if worth > best {
			victim, best = candidate, worth
		}
		if tries++; tries == evictionTries || best == 3 {
			break
		}
	}
	delete(c.entries, victim)
}
