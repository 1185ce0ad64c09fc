package tenants

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/uuid"
)

const (
	heardEvery = 30 * time.Second // how often contacts that are alike are written
	maxHeard   = 5_000            // contacts that are remembered at once of strangers, and as many of others
	maxOfOne   = 100              // of them of one connector

	maxAgent = 100 // bytes of a User-Agent that are kept
	maxHint  = 64
)

// Contacts gathers how requests came to connectors, and writes it now and then: what is new at
// once, and more of the same every half a minute. However many come, and whoever sends them, a
// bounded number of lines is kept: beyond it, requests count together without what tells them
// apart.
type Contacts struct {
	keep func(context.Context, []Contact) error
	now  func() time.Time

	mu      sync.Mutex
	pending map[alike]*Contact
	written map[alike]time.Time
	ofOne   map[string]int // pending, by slug
}

// alike are requests that count together.
type alike struct {
	slug       string
	diagnosis  Diagnosis
	version    string
	method     string
	route      string
	status     int
	credential uuid.UUID
	hint       string
}

// NewContacts returns Contacts that are written with keep: a Store's KeepContacts.
func NewContacts(keep func(context.Context, []Contact) error, now func() time.Time) *Contacts {
	return &Contacts{keep: keep, now: now, pending: map[alike]*Contact{}, written: map[alike]time.Time{}, ofOne: map[string]int{}}
}

// Hear takes a request in. It is quick.
func (c *Contacts) Hear(h Heard) {
	if CheckSlug(h.Slug) != nil {
		return
	}
	h.Hint, h.Agent = printable(h.Hint, maxHint), printable(h.Agent, maxAgent)
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	key := h.alike()
	found := c.pending[key]
	if found == nil && c.ofOne[h.Slug] >= maxOfOne {
		h.Hint, h.Route, h.Method = "", "", ""
		key = h.alike()
		found = c.pending[key]
	}
	if found == nil {
		most := maxHeard
		if h.Credential != uuid.Nil { // strangers, who may invent connectors too, leave room for those who are known
			most *= 2
		}
		if len(c.pending) >= most {
			return
		}
		found = &Contact{Heard: h, First: now}
		c.pending[key] = found
		c.ofOne[h.Slug]++
	}
	found.Count++
	found.Last, found.Agent = now, h.Agent
}

func (h Heard) alike() alike {
	return alike{h.Slug, h.Diagnosis, h.Version, h.Method, h.Route, h.Status, h.Credential, h.Hint}
}

// Run writes what is due every second until the context ends, and then everything. failed is told
// of each error; contacts that could not be written are tried again.
func (c *Contacts) Run(ctx context.Context, ticks <-chan time.Time, failed func(error)) {
	for {
		select {
		case <-ticks:
			if err := c.flush(ctx, heardEvery); err != nil {
				failed(err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			if err := c.flush(last, 0); err != nil {
				failed(err)
			}
			return
		}
	}
}

func (c *Contacts) flush(ctx context.Context, every time.Duration) error {
	due := c.take(every)
	if len(due) == 0 {
		return nil
	}
	err := c.keep(ctx, due)
	if err == nil {
		return nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, lost := range due {
		key := lost.alike()
		delete(c.written, key)
		if newer := c.pending[key]; newer != nil {
			newer.Count, newer.First = newer.Count+lost.Count, lost.First
		} else if len(c.pending) < 2*maxHeard {
			c.pending[key] = &lost
			c.ofOne[lost.Slug]++
		}
	}
	return err
}

// take removes and returns what is due, in an order that is the same on every replica.
func (c *Contacts) take(every time.Duration) []Contact {
	now := c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	maps.DeleteFunc(c.written, func(_ alike, at time.Time) bool { return now.Sub(at) >= every })
	var due []Contact
	for key, contact := range c.pending {
		if _, lately := c.written[key]; lately {
			continue
		}
		due = append(due, *contact)
		delete(c.pending, key)
		if c.ofOne[key.slug]--; c.ofOne[key.slug] == 0 {
			delete(c.ofOne, key.slug)
		}
		c.written[key] = now
	}
	slices.SortFunc(due, func(a, b Contact) int { return compareAlike(a.Heard, b.Heard) })
	return due
}

func compareAlike(a, b Heard) int {
	return cmp.Or(
		cmp.Compare(a.Slug, b.Slug), cmp.Compare(a.Diagnosis, b.Diagnosis), cmp.Compare(a.Version, b.Version), cmp.Compare(a.Method, b.Method),
		cmp.Compare(a.Route, b.Route), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Credential.String(), b.Credential.String()), cmp.Compare(a.Hint, b.Hint))
}

// printable is the beginning of a text that came from outside, without what no line should hold.
func printable(s string, most int) string {
	for len(s) > most || !utf8.ValidString(s) {
		s = strings.ToValidUTF8(s[:min(len(s), most)], "")
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, s)
}
