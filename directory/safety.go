package directory

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Safety limits what a connector may take from people within a window of time. What goes over is
// held: it stays undone until an administrator decides (see holds.go). People who lose something,
// or of whom something is held already, are settled last in their transaction:
//
//	settle     decides; nothing is lost and nothing is held: it is written at once
//	settleLast weighs the others: which losses are new, which holds are no more
//	           reads the ledgers of the connectors behind the losses, in one trip, under their locks
//	           lets losses through or holds them, decides again with what is held, and writes
//
// The counters lie in the database and are read under a lock, so replicas count together and a
// restart forgets nothing.

const (
	sizeAge    = 15 * time.Minute // how long a measurement is good for, whatever the window
	smallSize  = 5_000            // people, and memberships, of a connector that is measured in milliseconds
	sizeAgain  = time.Minute      // a limit that is about to be passed is not judged by an older one
	day        = 24 * time.Hour
	fullGroup  = 5 // a group of so many members is not emptied without a word
	neverUnder = 3 // half of what a connector supports is never less than this
)

// safety is what a transaction knows of losses. Nil in one that only looks: what it decides about
// is not written, so nothing is let through or held; what is held already stays undone there too.
type safety struct {
	last    []*weighed
	lifted  map[uuid.UUID]bool // discarded lines that this transaction's request names again
	ledgers map[uuid.UUID]*ledger
	peaks   map[uuid.UUID]Peak
	gone    map[uuid.UUID]int // members that groups lose in this transaction
	applied int               // confirmed lines that are done now
	comment string            // what the administrator who confirmed them said
}

// counts says whether losses are limited: those that an administrator's own change of one user
// brings are meant. A job's and a decision's are, but for those that were confirmed.
func (w *work) counts() bool { return w.by.kind != "admin" || w.confirmed != nil }

// loses says whether a person has to be weighed: something is lost, or held.
func (w *work) loses(p *Person, d policy.Decision) bool {
	return w.safety != nil && (len(p.Holds) > 0 || w.counts() && len(w.losses(p, d)) > 0)
}

// weighed is a person on the scales.
type weighed struct {
	*Person
	decided
	held  []HoldRow // confirmed ones, which are applied if the loss still comes
	fresh []Loss    // losses that nothing holds yet
	raw   policy.Decision
}

// decided is what was decided about a person.
type decided struct {
	in       policy.Input
	decision policy.Decision
	moved    int // what work.moved was then
	holds    int // how many lines were held of the person
}

const unmade = -1 // as decided.holds

// decide decides about a person, unless the last decision holds: nothing that it rests on has
// changed since. One that asked which names are taken is made anew each time, as whoever is settled
// in between may have taken one.
func (w *work) decide(x *weighed) error {
	if x.holds == len(x.Holds) && x.moved == w.moved && x.in.NamesTaken == nil {
		return nil
	}
	in, err := w.input(x.Person)
	if err != nil {
		return err
	}
	x.decided = decided{in: in, decision: policy.Decide(in), moved: w.moved, holds: len(x.Holds)}
	return nil
}

// settleLast settles the people who lose something.
func (w *work) settleLast() error {
	if w.safety == nil {
		return nil
	}
	all := w.safety.last
	w.safety.last = nil
	for _, x := range all {
		if err := w.weigh(x); err != nil {
			return fmt.Errorf("weighing what user %s loses: %w", x.User.ID, err)
		}
	}
	if err := w.readLedgers(all); err != nil {
		return err
	}
	for _, x := range all {
		if err := w.judge(x); err != nil {
			return err
		}
		if err := w.decide(x); err != nil {
			return err
		}
		if err := w.effect(x.Person, x.decision); err != nil {
			return fmt.Errorf("settling user %s: %w", x.User.ID, err)
		}
	}
	w.keepLedgers()
	return nil
}

// weigh finds what a person loses that nothing holds yet. Holds that have nothing to hold any
// more are withdrawn.
func (w *work) weigh(x *weighed) error {
	p := x.Person
	p.Holds = slices.DeleteFunc(p.Holds, func(h HoldRow) bool {
		switch {
		case w.safety.lifted[h.ID]:
			return true // its row is gone already
		case h.State == Held && w.agreed(h):
			x.held = append(x.held, h)
			return true
		case h.State == Discarded && w.live(h.Connector) && h.Detail.Basis != w.basis(p, h):
			w.withdraw(h)
			return true
		}
		return false
	})
	if err := w.decide(x); err != nil {
		return err
	}
	d := x.decision
	p.Holds = slices.DeleteFunc(p.Holds, func(h HoldRow) bool {
		if h.inForce(d) {
			return false
		}
		w.withdraw(h)
		return true
	})
	if len(p.Holds) != x.holds {
		x.holds = unmade // also when as many are held anew
	}
	fresh := w.losses(p, d)
	w.applyHolds(x, d, fresh)
	if w.counts() {
		for _, l := range fresh {
			if !w.confirms(p.User.ID, l) && w.limits(l.Connector) {
				x.fresh = append(x.fresh, l)
			}
		}
	}
	if len(p.Holds)+len(x.fresh) == 0 {
		return nil
	}
	in := x.in
	in.Exceptions = policy.Exceptions{}
	x.raw = policy.Decide(in)
	w.freshen(x)
	return nil
}

// limits says whether a connector's losses are limited at all.
func (w *work) limits(connector uuid.UUID) bool {
	c := w.settings.Connectors[connector]
	return c != nil && !c.Policy.Rules.Rules().Safety.Off
}

// confirms says whether an administrator agreed to a loss of a user. Who agreed to a deletion
// agreed to being disabled.
func (w *work) confirms(user uuid.UUID, l Loss) bool {
	l.Connector = uuid.Nil
	agreed := w.confirmed[user]
	return agreed[l] || l.Kind == LossDisable && agreed[Loss{Kind: LossDelete}]
}

// judge lets new losses of a person through, or holds them.
func (w *work) judge(x *weighed) error {
	for _, l := range x.fresh {
		why, err := w.refuses(x.Person, l)
		if err != nil {
			return err
		}
		if why != "" {
			w.hold(x, l, why)
		}
	}
	return nil
}

// refuses counts a loss that may take effect, or says why it may not.
func (w *work) refuses(p *Person, l Loss) (string, error) {
	book := w.safety.ledgers[l.Connector]
	if book.Until.After(w.now) {
		return "", nil // announced
	}
	group := groupHeld(p, l)
	if group != uuid.Nil {
		if why := w.empties(book, group); why != "" {
			return why, nil
		}
	}
	kind := l.Kind.Counted()
	if book.over(kind) != "" && book.stale(w.now) {
		if err := w.measure(book); err != nil {
			return "", err
		}
	}
	if why := book.over(kind); why != "" {
		return why, nil
	}
	for _, n := range []*int{of(&book.Window, kind), of(&book.Day, kind), of(&book.passed, kind)} {
		*n++
	}
	if group != uuid.Nil {
		w.safety.gone[group]++
	}
	return "", nil
}

// empties says why a membership is not to end: it is the last of a group that was full.
func (w *work) empties(book *ledger, group uuid.UUID) string {
	peak := w.safety.peaks[group]
	if most := peak.Members + peak.Left; most >= fullGroup && peak.Members-w.safety.gone[group]+w.joined(group) <= 1 {
		return fmt.Sprintf("this would empty a group that had %d members within %s", most, book.rules.Window)
	}
	return ""
}

// joined counts who joins a group in this transaction.
func (w *work) joined(group uuid.UUID) (n int) {
	for _, e := range w.changes.Events {
		if e.Group == group && e.Action == "directory.membership.added" {
			n++
		}
	}
	return n
}

// groupHeld is the group of a membership that is lost; zero for other losses.
func groupHeld(p *Person, l Loss) uuid.UUID {
	if l.Kind != LossMembership {
		return uuid.Nil
	}
	for _, m := range p.Held {
		if m.Group.Key == l.Subject {
			return m.Group.ID
		}
	}
	return uuid.Nil
}

// ledger is a connector's counters in this transaction.
type ledger struct {
	Ledger
	connector *Connector
	rules     policy.Safety
	passed    Sizes // by this transaction
	sizes     *SizeRow
}

// stale says whether a limit that is about to be passed asks for another measurement. A small
// connector is measured in no time, so it is judged by what it is at that moment.
func (b *ledger) stale(now time.Time) bool {
	small := max(b.Most.Users, b.Most.Memberships) <= smallSize
	return now.Sub(b.Measured) > sizeAgain || small && b.sizes == nil
}

// over says why one more loss of a kind would be too much; "" if it is not.
func (b *ledger) over(kind string) string {
	limit, most := b.limit(kind)
	c := b.connector.Slug
	if n := *of(&b.Window, kind); n+1 > limit {
		return fmt.Sprintf("%s has %s within %s, and its safety limit is %d then, as it supported %s", c, said(kind, n), b.rules.Window, limit, most)
	}
	if n := *of(&b.Day, kind); n+1 > 3*limit {
		return fmt.Sprintf("%s has %s within 24h, and its safety limit is %d in that time, three times the %d of one window, as it supported %s", c, said(kind, n), 3*limit, limit, most)
	}
	return ""
}

// limit is how many losses of a kind a window lets through, and what that is a share of.
func (b *ledger) limit(kind string) (limit int, most string) {
	if kind == countedMemberships {
		return safetyLimit(b.rules.MembershipLosses, b.rules.Share, b.Most.Memberships), counted(b.Most.Memberships, "membership", "memberships")
	}
	return safetyLimit(b.rules.Losses, b.rules.Share, b.Most.Users), counted(b.Most.Users, "user", "users")
}

// safetyLimit is the larger of a number and a share of the most a connector supported, but never
// more than half of that.
func safetyLimit(losses int, share float64, most int) int {
	part := int(math.Floor(share*float64(most) + 1e-9))
	return min(max(losses, part), max(neverUnder, most/2))
}

// Kinds of losses as they are counted.
const (
	countedUsers       = "users"
	countedMemberships = "memberships"
	countedKeys        = "keys"
)

// Counted is the counter of a kind of losses: users, memberships or keys.
func (k LossKind) Counted() string {
	switch k {
	case LossMembership:
		return countedMemberships
	case LossKey:
		return countedKeys
	}
	return countedUsers
}

func of(s *Sizes, kind string) *int {
	switch kind {
	case countedUsers:
		return &s.Users
	case countedMemberships:
		return &s.Memberships
	}
	return &s.Keys
}

func said(kind string, n int) string {
	switch kind {
	case countedUsers:
		return "disabled or deleted " + counted(n, "user", "users")
	case countedMemberships:
		return "removed " + counted(n, "membership", "memberships")
	}
	return "rewritten " + counted(n, "userName or e-mail address", "userNames and e-mail addresses")
}
