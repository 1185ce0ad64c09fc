package faults

import (
	"cmp"
	"slices"
	"time"
)

// Change is one change of a subject, with all the requests that tried to make it.
type Change struct {
	Number  int64
	Client  string
	Subject string
	Effect
	Sent         time.Time // when the first request was about to be sent
	Done         time.Time // when it was acknowledged; zero if it was not
	Acknowledged bool
	// Open says that the outcome of a request is unknown: it may take effect at any time after
	// Sent, even after a repetition was acknowledged.
	Open bool
}

// History is the changes of a ledger in the order in which they began. A change that was refused
// and of which nothing is open is not in it: it must not have happened.
func History(attempts []Attempt) []*Change {
	known := make(map[int64]*Change)
	var changes []*Change
	for i := range attempts {
		a := &attempts[i]
		c := known[a.Change]
		if c == nil {
			c = &Change{Number: a.Change, Client: a.Client, Subject: a.Subject, Effect: a.Effect, Sent: a.Sent}
			known[a.Change] = c
			changes = append(changes, c)
		}
		switch a.Outcome {
		case Acknowledged:
			if !c.Acknowledged {
				c.Acknowledged, c.Done = true, a.Done
			}
		case Unknown:
			c.Open = true
		}
	}
	changes = slices.DeleteFunc(changes, func(c *Change) bool { return !c.Acknowledged && !c.Open })
	slices.SortStableFunc(changes, func(a, b *Change) int { return cmp.Or(a.Sent.Compare(b.Sent), cmp.Compare(a.Number, b.Number)) })
	return changes
}

// write is what one change makes of one register.
type write struct {
	*Change
	value string
}

// register is all the writes of one value, in order, by the one client that writes it. It begins
// as absent, "".
type register []write

// now returns the values that the register may have once everything is quiet: the one that was
// acknowledged last, and those of later or still open changes.
func (r register) now() (values []string) {
	values = []string{""}
	for _, w := range r {
		if w.Acknowledged {
			values = append(r.before(w), w.value)
		} else {
			values = append(values, w.value)
		}
	}
	slices.Sort(values)
	return slices.Compact(values)
}

// before returns the values of open changes before w: they may still come.
func (r register) before(w write) (open []string) {
	for _, earlier := range r {
		if earlier.Change == w.Change {
			break
		}
		if earlier.Open {
			open = append(open, earlier.value)
		}
	}
	return open
}

// judge says what is wrong with a value that was found when everything was quiet; "" if nothing
// is.
func (r register) judge(value string) Harm {
	if slices.Contains(r.now(), value) {
		return ""
	}
	if value == "" || slices.ContainsFunc(r, func(w write) bool { return w.value == value }) {
		return Lost // it was so once, and something was acknowledged since
	}
	return Half // it never was
}

// Read is one observation of a user's register.
type Read struct {
	Client, Subject string
	Value           string // "" for absent
	Replica         int
	Sent, Done      time.Time
}

// observe checks that reads of the register fit an order of its writes in which each takes effect
// between its sending and its acknowledgement, and each read sees what is there at one moment
// between its own. It is sound, as one client alone writes the register, one change after the
// other; an open change may take effect at any later time, which it gets the benefit of.
func (r register) observe(reads []Read) (wrong []Finding) {
	slices.SortFunc(reads, func(a, b Read) int { return a.Sent.Compare(b.Sent) })
	ended := slices.Clone(reads)
	slices.SortFunc(ended, func(a, b Read) int { return a.Done.Compare(b.Done) })
	floor, next := -1, 0 // the newest write that reads which ended surely saw; -1 is the beginning
	for _, read := range reads {
		for ; next < len(ended) && ended[next].Done.Before(read.Sent); next++ {
			if seen := r.seen(ended[next]); len(seen) > 0 {
				floor = max(floor, seen[0])
			}
		}
		seen := r.seen(read)
		switch {
		case len(seen) == 0:
			wrong = append(wrong, found(linearity, r.unseen(read), "%s of %s is read as %q on replica %d, %s", read.Subject, read.Client, read.Value, read.Replica, r.story(read)))
		case seen[len(seen)-1] < floor && !r.mayReturn(seen):
			wrong = append(wrong, found(linearity, Wrong, "%s of %s is read as %q on replica %d after %q was read", read.Subject, read.Client, read.Value, read.Replica, r.at(floor)))
		}
	}
	return wrong
}

// seen returns the writes that a read may have seen, oldest first; -1 is the beginning.
func (r register) seen(read Read) (places []int) {
	for i := -1; i < len(r); i++ {
		if r.at(i) != read.Value || i >= 0 && r[i].Sent.After(read.Done) {
			continue
		}
		overwritten := slices.ContainsFunc(r[i+1:], func(w write) bool { return w.Acknowledged && w.Done.Before(read.Sent) })
		if !overwritten || i >= 0 && r[i].Open {
			places = append(places, i)
		}
	}
	return places
}

func (r register) at(i int) string {
	if i < 0 {
		return ""
	}
	return r[i].value
}

// mayReturn says whether one of the writes may have taken effect late.
func (r register) mayReturn(places []int) bool {
	return slices.ContainsFunc(places, func(i int) bool { return i >= 0 && r[i].Open })
}

// unseen says what harm a value is that no write explains at that time.
func (r register) unseen(read Read) Harm {
	if read.Value != "" && !slices.ContainsFunc(r, func(w write) bool { return w.value == read.Value }) {
		return Half
	}
	return Wrong
}

// story tells what was acknowledged last before a read.
func (r register) story(read Read) string {
	for i := len(r) - 1; i >= 0; i-- {
		if r[i].Acknowledged && r[i].Done.Before(read.Sent) {
			return "after " + quoted(r[i].value) + " was acknowledged"
		}
	}
	return "before anything was acknowledged"
}
