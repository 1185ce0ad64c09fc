package faults

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// door is a connector as its IdP knows it.
type door struct {
	seat
	token string
	path  string // of its SCIM base URL
}

// Load is the IdPs at work. Every request that changes something goes through the ledger.
type Load struct {
	doors   []door
	targets func() []string // base URLs to choose from: the replicas, or a proxy
	ledger  *Ledger
	watch   *Watch
	target  int           // how many users each IdP hires before it turns to changes
	pace    time.Duration // how long a worker rests after each change

	killed atomic.Bool // a process was or is being killed: connections may break
	ending chan struct{}
	grace  context.Context // ends when the last changes have to be given up
	work   sync.WaitGroup
	idps   []*idp

	mu     sync.Mutex
	failed error // the harness's own failure
}

// newLoad prepares the IdPs of the doors; nothing is sent before start.
func newLoad(doors []door, targets func() []string, ledger *Ledger, watch *Watch, seed uint64) *Load {
	l := &Load{doors: doors, targets: targets, ledger: ledger, watch: watch, ending: make(chan struct{})}
	for i, d := range doors {
		l.idps = append(l.idps, newIDP(l, d, rand.New(rand.NewPCG(seed, uint64(i)))))
	}
	return l
}

// start sets the IdPs to work. They work until stop; whatever they have begun they repeat until
// it is acknowledged or refused, as real ones do, at the latest until ctx ends.
func (l *Load) start(ctx context.Context) {
	l.grace = ctx
	for _, p := range l.idps {
		p.start()
	}
}

// stop lets the IdPs finish what they have begun and waits for them.
func (l *Load) stop() error {
	close(l.ending)
	l.work.Wait()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.failed
}

// over says whether the IdPs are to begin nothing new.
func (l *Load) over() bool {
	select {
	case <-l.ending:
		return true
	default:
		return l.grace.Err() != nil
	}
}

func (l *Load) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.failed == nil {
		l.failed = err
	}
}

// worker is one client of an IdP: it makes one change after the other, and alone changes the
// users it has hired, and their memberships.
type worker struct {
	*idp
	number int
	random *rand.Rand
	people []*account
	hired  int
}

// account is what a worker knows of a user it hired.
type account struct {
	name, id   string
	shared     bool // the tenant's other IdP may know the person too
	title      string
	department string
	active     bool
	groups     map[string]bool // where the worker put it
}

func (a *account) value() string { return userValue(a.title, a.department, a.active) }

// url is where a request of the worker goes now.
func (w *worker) url(path string) string {
	targets := w.load.targets()
	return targets[w.random.IntN(len(targets))] + w.path + path
}

// look sends a request that changes nothing, until it is answered or everything is over.
func (w *worker) look(path string, c circumstance) (answer, bool) {
	c.read = true
	for pause := firstPause; ; pause = w.rest(pause) {
		a := call{method: "GET", url: w.url(path), token: w.token}.send(w.load.grace)
		w.judge("GET "+path, a, c)
		if a.status/100 == 2 || a.status == 404 {
			return a, true
		}
		if w.load.grace.Err() != nil {
			return a, false
		}
	}
}

const firstPause, longestPause = 20 * time.Millisecond, 400 * time.Millisecond

// rest waits before a repetition, and returns how long to wait before the next one. It is
// shorter than Retry-After says, to see more.
func (w *worker) rest(pause time.Duration) time.Duration {
	timer := time.NewTimer(pause/2 + time.Duration(w.random.Int64N(int64(pause))))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-w.load.grace.Done():
	}
	return min(2*pause, longestPause)
}

// judge notes an answer, and what is dishonest about it.
func (w *worker) judge(what string, a answer, c circumstance) {
	c.killed = c.killed || w.load.killed.Load()
	w.load.watch.saw(w.door, what, a, c)
}

// try makes one change: it sends the request, over and over while its outcome is unknown, and
// writes everything down. It reports whether the change was acknowledged, with the answer; a
// change that is neither acknowledged nor refused when everything is over stays unknown. check,
// if not nil, is asked before each repetition whether the change is there by now.
func (w *worker) try(subject string, e Effect, c circumstance, make func() call, check func() bool) (answer, bool) {
	change := w.load.ledger.Number()
	for pause := firstPause; ; pause = w.rest(pause) {
		if c.repeated && check != nil && check() {
			w.note(Intent{Change: change, Client: w.slug, Method: "seen", Subject: subject, Effect: e})
			return answer{}, true
		}
		if w.load.grace.Err() != nil {
			return answer{}, false
		}
		request := make()
		attempt, err := w.load.ledger.Intend(Intent{Change: change, Client: w.slug, Method: request.method, Subject: subject, Effect: e})
		if err != nil {
			w.load.fail(err)
			return answer{}, false
		}
		a := request.send(w.load.grace)
		outcome := a.outcome()
		result := Result{Attempt: attempt, Outcome: outcome, Status: a.status}
		if a.status != 0 {
			result.Request, result.RetryAfter = a.header.Get("X-Request-Id"), a.header.Get("Retry-After")
		}
		if err := w.load.ledger.Conclude(result); err != nil {
			w.load.fail(err)
			return answer{}, false
		}
		w.judge(request.method+" "+subject, a, c)
		switch {
		case outcome == Acknowledged:
			return a, true
		case a.status == 429 || a.neverSent: // come back later
		case a.status == 409 && c.creation && c.repeated, a.status == 404 && c.removal && c.repeated:
			c.repeated = true // the earlier attempt did it: check will find it, or it is gone
			if c.removal {
				return a, true
			}
		case outcome == Refused:
			return a, false
		default:
			c.repeated = true
		}
	}
}

// note writes down that a change was seen to be made, which is as good as its acknowledgement.
func (w *worker) note(i Intent) {
	attempt, err := w.load.ledger.Intend(i)
	if err == nil {
		err = w.load.ledger.Conclude(Result{Attempt: attempt, Outcome: Acknowledged})
	}
	if err != nil {
		w.load.fail(err)
	}
}

// effectOf is the change of a user to what the account says after it.
func effectOf(a account) Effect { return Effect{Value: a.value()} }

// edit gives the account a new title and department, which no other change has.
func (w *worker) edit(a *account) account {
	next := *a
	token := fmt.Sprintf("%d-%d-%d", w.number, w.hired, w.load.ledger.Number())
	next.title, next.department = "T"+token, "D"+token
	return next
}

// remember tells the readers of a user.
func (w *worker) remember(a *account) {
	w.people = append(w.people, a)
	w.load.watch.meet(w.door, a)
}

// forget drops a user of whom no more is known.
func (w *worker) forget(a *account) {
	w.people = slices.DeleteFunc(w.people, func(other *account) bool { return other == a })
}
