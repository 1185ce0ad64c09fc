package directory

import (
	"slices"

	"github.com/google/uuid"
)

// outcome is what a plan does to one person.
type outcome struct {
	PlanUser
	lines   []PlanLine
	touched bool // something would be written, be it only a reason
	before  UserRow
	person  *Person
	linked  []uuid.UUID
	open    []uuid.UUID // conflicts
}

// sort shares what a batch would write among the people it is about.
func (r *planner) sort(w *work, scene *Scene, seen map[uuid.UUID]*outcome, told map[uuid.UUID]*Linked) []*outcome {
	var order []*outcome
	byRecord := make(map[uuid.UUID]*outcome)
	for _, id := range sortedIDs(scene.Records) {
		rec := scene.Records[id]
		o := seen[rec.User]
		if o == nil {
			o = &outcome{PlanUser: PlanUser{UserName: w.gives(rec, nil).UserName()}}
		}
		o.Record = id
		for _, c := range w.conflicts[id] {
			o.open = append(o.open, c.ID)
		}
		byRecord[id] = o
		if !slices.Contains(order, o) {
			order = append(order, o)
		}
	}
	for _, id := range sortedIDs(scene.People) {
		if o := seen[id]; o != nil && o.Record == uuid.Nil {
			order = append(order, o)
		}
	}
	for _, g := range w.changes.NewGroups {
		r.made[g.ID] = true
	}
	r.share(w.changes, seen, byRecord, told)
	for _, o := range order {
		o.touched = o.touched || slices.ContainsFunc(o.open, func(id uuid.UUID) bool { return slices.Contains(w.changes.Withdraw, id) })
	}
	kept := order[:0]
	for _, o := range order {
		if o.person == nil && slices.Contains(r.again, o.Record) {
			continue
		}
		r.finish(o)
		if o.touched {
			kept = append(kept, o)
		}
	}
	return kept
}

// share gives each change to the person it is about.
func (r *planner) share(c *Changes, seen, byRecord map[uuid.UUID]*outcome, told map[uuid.UUID]*Linked) {
	of := func(user, record uuid.UUID) *outcome {
		if o := seen[user]; o != nil {
			return o
		}
		if o := byRecord[record]; o != nil {
			return o
		}
		return &outcome{} // somebody whom a withdrawn conflict only names
	}
	for _, u := range c.NewUsers {
		of(u.ID, uuid.Nil).touched = true
	}
	for _, u := range c.Users {
		of(u.ID, uuid.Nil).touched = true
	}
	for _, rec := range c.Links {
		of(rec.User, rec.ID).touched = true
	}
	for _, m := range c.Hold {
		of(m.User, uuid.Nil).touched = true
	}
	for _, m := range c.Drop {
		of(m.User, uuid.Nil).touched = true
	}
	for _, x := range c.Conflicts {
		of(x.User, x.Record).touched = true
	}
	for _, q := range c.Queue {
		o := byRecord[q.Record]
		if o != nil && o.person == nil && !q.Due.After(c.TouchedAt) {
			r.again = append(r.again, q.Record)
			continue
		}
		if !r.times {
			continue // it is queued for that time already
		}
		if o != nil {
			o.touched = true
			continue
		}
		for _, o := range seen {
			if slices.ContainsFunc(o.person.Records, func(rec *RecordRow) bool { return rec.ID == q.Record }) {
				o.touched = true
			}
		}
	}
	asked := make(map[string]string) // what administrators would be, by record and kind
	for _, x := range c.Conflicts {
		asked[x.Record.String()+x.Kind] = x.Detail.Sentence
	}
	for _, e := range c.Events {
		o := of(e.User, e.Record)
		if e.Action == "directory.conflict.opened" && e.Record == uuid.Nil {
			r.plan.Counts.ForeignGroups++
		}
		if e.Action == "directory.user.linked" {
			o.linked = append(o.linked, e.Record)
		}
		for _, l := range r.linesOf(e, told) {
			if x := l.Detail.Linked; x != nil && x.Conflict != "" && x.Sentence == "" {
				x.Sentence = asked[e.Record.String()+x.Conflict]
			}
			o.lines = append(o.lines, l)
		}
	}
}

// finish puts an outcome's words in order, counts it, and lets the world remember it.
func (r *planner) finish(o *outcome) {
	if o.person != nil {
		o.UserName = o.person.User.UserName
		if o.before.Version == 0 {
			o.User = uuid.Nil
			if o.Record != uuid.Nil {
				o.linked = append(o.linked, o.Record)
			}
		}
		r.world.note(o.before, o.person, o.linked)
	}
	for i := range o.lines {
		l := &o.lines[i]
		l.User, l.UserName = o.User, o.UserName
		if l.Op == OpUpdateUser {
			overwritten(o.lines, l.Detail.Attributes)
			l.Detail.Loss = slices.ContainsFunc(o.Losses, func(l Loss) bool { return l.Kind == LossKey })
		}
		r.count(l)
	}
	for _, l := range o.Losses {
		switch l.Kind {
		case LossMembership:
			r.plan.Counts.Losses.Memberships++
		case LossKey:
			r.plan.Counts.Losses.Keys++
		default:
			r.plan.Counts.Losses.Users++
		}
	}
	o.Hash = hashOf(o.lines)
	o.person = nil // its documents are not needed any more
}

// overwritten tells a link which attributes of its user it changes.
func overwritten(lines []PlanLine, attributes []string) {
	for _, l := range lines {
		if l.Op == OpLinkUser && l.Detail.Linked != nil && len(l.Detail.Linked.Candidates) == 1 {
			l.Detail.Linked.Candidates[0].Overwritten = attributes
		}
	}
}
