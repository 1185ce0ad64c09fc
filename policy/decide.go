package policy

import (
	"cmp"
	"slices"
	"strings"
	"time"
)

// Decide answers what the directory does about one user, and why. It is pure: the same Input
// gives the same Decision, whatever the order of what is in it.
func Decide(in Input) Decision {
	d := &deciding{in: &in}
	d.gather()
	d.count()
	d.choose()
	d.decideStatus()
	d.decideAttributes()
	d.decideMemberships()
	d.finish()
	return d.out
}

// mode is which of the three courses a decision takes.
type mode int8

const (
	untouched mode = iota // no view ever counted, or none that may reach the user
	managed               // views count
	cleanup               // views counted once, none does now
)

// deciding is one run of Decide.
type deciding struct {
	in      *Input
	out     Decision
	mode    mode
	parties []*party // connectors with views or held supports, in the order of precedence
	seen    []seen   // views, in the order of precedence
	held    []Membership
	lines   []line
	slab    []Support // of the target's memberships, one behind the other,
	reasons []Reason  // and the reasons of each
	stays   bool      // an exception keeps the whole cleanup from happening
	strips  bool      // the cleanup takes memberships away
}

// party is a connector that has to do with the user.
type party struct {
	*Connector
	known       bool      // it is in Input.Connectors
	outOfReach  string    // the pattern of protectedUsers that keeps it away, "" if none
	counts      bool      // one of its views counts
	contributes bool      // one of its views contributes
	hasRecord   bool      // one of its records is not deleted
	everCounted bool      // one of its views counts or once counted
	wasInactive bool      // one of those is or was last inactive
	granted     bool      // its defaultGroups were granted before
	grants      string    // the record for which they are granted now
	absence     Reason    // why it does not contribute
	leftAt      time.Time // when the last of its views stopped counting
	clock       time.Time // its time, which stands still while it is not live
}

// seen is a view and what became of it.
type seen struct {
	*View
	party       *party
	counts      bool
	contributes bool
	because     Code // why it does not contribute
}

var emptyRules, _ = Compile(DefaultRules())

// gather sorts the connectors and views by precedence.
func (d *deciding) gather() {
	slugs := make([]string, 0, 4)
	note := func(slug string) {
		if slug != "" && !slices.Contains(slugs, slug) {
			slugs = append(slugs, slug)
		}
	}
	for i := range d.in.Views {
		note(d.in.Views[i].Connector)
	}
	for i := range d.in.Held {
		for _, s := range d.in.Held[i].Supports {
			note(s.Connector)
		}
	}
	all := make([]party, len(slugs))
	d.parties = make([]*party, len(slugs))
	for i, slug := range slugs {
		p := &all[i]
		p.Connector, p.known = d.in.Connectors[slug]
		if !p.known {
			p.Connector = &Connector{Slug: slug, Precedence: 1<<31 - 1, Rules: emptyRules}
		}
		p.clock = d.in.Now
		if still := p.StillSince; !still.IsZero() && still.Before(d.in.Now) {
			p.clock = still
		}
		if d.in.User.Protected != "" && !slices.Contains(d.in.User.Excepted, slug) {
			p.outOfReach = d.in.User.Protected
		}
		p.absence = Reason{Code: CodeNoRecord, Connector: slug}
		d.parties[i] = p
	}
	slices.SortFunc(d.parties, func(a, b *party) int {
		return cmp.Or(cmp.Compare(a.Precedence, b.Precedence), strings.Compare(a.Slug, b.Slug))
	})
	d.seen = make([]seen, 0, len(d.in.Views))
	for _, p := range d.parties {
		first := len(d.seen)
		for i := range d.in.Views {
			if v := &d.in.Views[i]; v.Connector == p.Slug && p.known {
				d.seen = append(d.seen, seen{View: v, party: p})
			}
		}
		if mine := d.seen[first:]; len(mine) > 1 {
			slices.SortFunc(mine, func(a, b seen) int { return strings.Compare(a.Record, b.Record) })
		}
	}
	d.held = d.in.Held
	if !slices.IsSortedFunc(d.held, byKey) {
		d.held = slices.Clone(d.held)
		slices.SortStableFunc(d.held, byKey)
	}
}

func byKey(a, b Membership) int { return strings.Compare(a.Key, b.Key) }

// choose takes the course of the decision.
func (d *deciding) choose() {
	ever, counting := false, false
	for _, p := range d.parties {
		ever = ever || p.everCounted
		counting = counting || p.counts
		if p.outOfReach != "" && p.known && p.hasRecord {
			d.conflict(Conflict{Kind: ConflictProtectedUser, Connector: p.Slug, Record: d.recordOf(p)})
		}
	}
	switch {
	case counting:
		d.mode = managed
	case ever && d.in.User.Exists:
		d.mode = cleanup
	default:
		d.mode = untouched
	}
	d.out.Create = d.mode == managed && !d.in.User.Exists
}

func (d *deciding) recordOf(p *party) string {
	for i := range d.seen {
		if d.seen[i].party == p && d.seen[i].State != Deleted {
			return d.seen[i].Record
		}
	}
	return ""
}

func (d *deciding) conflict(c Conflict) {
	if !slices.Contains(d.out.Conflicts, c) {
		d.out.Conflicts = append(d.out.Conflicts, c)
	}
}

// lookAgain notes a time at which the answer changes by itself.
func (d *deciding) lookAgain(p *party, at time.Time) {
	if !p.StillSince.IsZero() {
		return // its clock stands still
	}
	if d.out.LookAgain.IsZero() || at.Before(d.out.LookAgain) {
		d.out.LookAgain = at
	}
}

// finish lists what the caller stores about the records.
func (d *deciding) finish() {
	d.out.Untouched = d.mode == untouched && d.out.Status == d.in.User.Status
	for i := range d.seen {
		v := &d.seen[i]
		if v.counts {
			d.out.Counting = append(d.out.Counting, v.Record)
		}
		if v.contributes {
			d.out.Contributing = append(d.out.Contributing, v.Record)
			continue
		}
		if d.out.Silent == nil {
			d.out.Silent = make(map[string]Reason, 1)
		}
		d.out.Silent[v.Record] = d.absenceOf(v)
	}
	for _, p := range d.parties {
		if p.grants != "" && d.mode == managed {
			d.out.Granted = append(d.out.Granted, p.grants)
			d.out.Copied = d.in.Copy != nil
		}
	}
}
