package redis

import (
	"sync"
	"time"
)

const (
	// leaseTime is how long an answer of Redis serves the requests that come right behind it.
	// Forget waits for as long, so that nobody is answered by what was so before it.
	leaseTime = 20 * time.Millisecond

	// maxLease is how many turns of a rate one call asks for. Redis gives no more than a small
	// part of those that are free (common.lua), and what nobody came for is given back.
	maxLease = 64
)

// lease is what one call to Redis allows beyond its own request: for leaseTime the finding counts
// as it is, and the turns that were taken along go to whoever comes next. A busy connector makes
// few calls that way; one that comes near its limit makes one for each request again, because
// Redis then gives single turns only. A flood beyond it makes one whenever a turn may be free.
type lease struct {
	mu    sync.Mutex
	began time.Time // before the call
	next  turn      // the first of the turns that are left, as it was then; or the one that was refused
	over  bool      // it was refused: no turn is left, and whoever comes before one is free hears the same
	left  int
	given int       // by the last call, with the turn of whoever called
	asked time.Time // when somebody went to ask for more, if he is not back
}

// asked is what a request asks Redis for: how many turns, one at least for itself, and how many
// it gives back. Zero asks nothing.
type asked struct{ turns, back int }

// take returns a turn that is there, or says what to ask Redis for. Only one caller at a time
// asks for more than its own.
func (f *finding) take(now time.Time) (t turn, ask asked) {
	l := &f.lease
	l.mu.Lock()
	defer l.mu.Unlock()
	valid := recent(l.began, now)
	switch {
	case valid && f.rate.None():
		return turn{}, asked{}
	case valid && l.left > 0:
		t = turn{due: l.next.due, now: l.next.now.Add(now.Sub(l.began)), taken: true}
		l.left--
		l.next.due = l.next.due.Add(f.rate.Interval())
		return t, asked{}
	case valid && l.over:
		t = turn{due: l.next.due, now: l.next.now.Add(now.Sub(l.began)), taken: true}
		if t.of(f.rate, f.patience).Refused {
			return t, asked{}
		}
		l.over = false
		return turn{}, asked{turns: 1}
	case recent(l.asked, now):
		return turn{}, asked{turns: 1}
	}
	l.asked = now
	if valid { // they were not enough
		return turn{}, asked{turns: min(maxLease, 2*l.given)}
	}
	ask = asked{turns: max(1, l.given-l.left), back: l.left}
	l.left = 0
	return turn{}, ask
}

// renew begins a lease with what a call brought that began at a moment: so many turns, the first
// of which is t and the caller's own.
func (f *finding) renew(began time.Time, t turn, given int) {
	l := &f.lease
	l.mu.Lock()
	defer l.mu.Unlock()
	if given <= l.left && recent(l.began, began) {
		return // somebody else brought more
	}
	l.began, l.given, l.left, l.asked = began, given, max(0, given-1), time.Time{}
	l.next = turn{due: t.due.Add(f.rate.Interval()), now: t.now}
	if l.over = t.of(f.rate, f.patience).Refused; l.over {
		l.next = t
	}
}

// recent says whether a moment is less than a lease's time ago.
func recent(then, now time.Time) bool {
	age := now.Sub(then)
	return age >= 0 && age < leaseTime
}
