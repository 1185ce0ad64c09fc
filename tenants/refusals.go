package tenants

import (
	"context"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Refused is a request that was answered with an error of its sender, or many that are alike.
type Refused struct {
	Side       string // "scim" or "admin"
	Slug       string // of the connector that it was for; need not exist
	Reason     string // one of a small set: a diagnosis, or what the status says
	Status     int
	Method     string
	Credential uuid.UUID // uuid.Nil: nobody is known to have sent it
	Request    string    // of a single one: its id
	Count      int64
	First      time.Time
	Last       time.Time
}

const (
	// refusedSingly is how many alike are told of one by one in a minute; more are counted.
	refusedSingly = 10
	// Kinds of refusals that are told apart in a minute: of those who have a credential or are
	// administrators, and of strangers, who can invent connectors. The others count together.
	mostKinds    = 200
	mostStrange  = 20
	mostRefused  = 2000 // that wait to be written
	reasonOthers = "others"
	reasonLost   = "notKept"
)

// Refusals gathers refused requests for the audit, so that whoever sends many cannot fill it: of
// one connector and reason ten a minute are written one by one, the others of that minute as one
// line with their number. What does not fit the bounded buffer is lost, and counted.
type Refusals struct {
	keep func(context.Context, []Refused) error
	now  func() time.Time

	mu      sync.Mutex
	minute  time.Time
	kinds   map[kindOfRefusal]*refusedKind
	strange int
	due     []Refused
	lost    int64 // not yet told
	allLost int64
}

type kindOfRefusal struct {
	side, slug, reason string
	known              bool
}

type refusedKind struct {
	n    int
	more Refused // those that are counted only
}

// NewRefusals returns Refusals that are written with keep: a Store's KeepRefused.
func NewRefusals(keep func(context.Context, []Refused) error, now func() time.Time) *Refusals {
	return &Refusals{keep: keep, now: now, kinds: map[kindOfRefusal]*refusedKind{}}
}

// Hear takes a refused request in. It is quick.
func (r *Refusals) Hear(x Refused) {
	if CheckSlug(x.Slug) != nil {
		x.Slug = ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	r.turn(now)
	x.Count, x.First, x.Last = 1, now, now
	key := kindOfRefusal{x.Side, x.Slug, x.Reason, x.Side == "admin" && x.Status != 401 || x.Credential != uuid.Nil}
	kind := r.kinds[key]
	if kind == nil && (!key.known && r.strange >= mostStrange || len(r.kinds) >= mostKinds) {
		key = kindOfRefusal{side: x.Side, reason: reasonOthers}
		x.Slug, x.Reason, x.Request = "", reasonOthers, ""
		kind = r.kinds[key]
	}
	if kind == nil {
		kind = &refusedKind{}
		r.kinds[key] = kind
		if !key.known {
			r.strange++
		}
	}
	kind.n++
	if kind.n <= refusedSingly && key.reason != reasonOthers {
		r.add(x)
		return
	}
	if kind.more.Count == 0 {
		first := x
		first.Request, first.Count = "", 0
		kind.more = first
	}
	kind.more.Count++
	kind.more.Last = now
}

// turn ends the minute, if it has ended.
func (r *Refusals) turn(now time.Time) {
	minute := now.Truncate(time.Minute)
	if minute.Equal(r.minute) {
		return
	}
	r.minute = minute
	for _, kind := range r.kinds {
		if kind.more.Count > 0 {
			r.add(kind.more)
		}
	}
	clear(r.kinds)
	r.strange = 0
}

func (r *Refusals) add(x Refused) {
	if len(r.due) >= mostRefused {
		r.lost += x.Count
		r.allLost += x.Count
		return
	}
	r.due = append(r.due, x)
}

// Lost is how many refusals found no room since the start.
func (r *Refusals) Lost() int64 {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.allLost
}

// Run writes at every tick what is due until the context ends, and then everything. failed is told
// of each error; what could not be written is tried again.
func (r *Refusals) Run(ctx context.Context, ticks <-chan time.Time, failed func(error)) {
	for {
		select {
		case <-ticks:
			if err := r.flush(ctx, false); err != nil {
				failed(err)
			}
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastFlush)
			defer cancel()
			if err := r.flush(last, true); err != nil {
				failed(err)
			}
			return
		}
	}
}

func (r *Refusals) flush(ctx context.Context, all bool) error {
	due := r.take(all)
	if len(due) == 0 {
		return nil
	}
	err := r.keep(ctx, due)
	if err == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, x := range due {
		if x.Reason == reasonLost {
			r.lost += x.Count
			continue
		}
		r.add(x)
	}
	return err
}

// take removes and returns what is due; all of it, or what its minute is over for.
func (r *Refusals) take(all bool) []Refused {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if all {
		r.minute = time.Time{}
	}
	r.turn(now)
	due := r.due
	r.due = nil
	if r.lost > 0 {
		due = append(due, Refused{Side: "scim", Reason: reasonLost, Count: r.lost, First: now, Last: now})
		r.lost = 0
	}
	return due
}
