package directory

import (
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// settle makes the directory agree with the decision about one person. A transaction settles a
// person once: what it writes is not to be read back before the commit (see settleUnlinked). Who
// loses something comes last (see safety.go).
func (w *work) settle(p *Person) error {
	if w.settled[p.User.ID] {
		w.moved++ // what was decided then knew less of the person
	}
	x := &weighed{Person: p, decided: decided{holds: unmade}}
	if err := w.decide(x); err != nil {
		return err
	}
	w.settled[p.User.ID] = true
	if w.loses(p, x.decision) {
		w.safety.last = append(w.safety.last, x)
		return nil
	}
	return w.effect(p, x.decision)
}

// effect writes what a decision makes of a person.
func (w *work) effect(p *Person, decision policy.Decision) error {
	stays, err := w.stayGone(p, &decision)
	if err != nil {
		return err
	}
	if w.watch != nil {
		w.watch(p, &decision)
	}
	w.noteDropped(&decision)
	w.settleRecords(p, decision)
	if p.User.Version > 0 || decision.Create {
		w.settleUser(p, decision)
		if !stays {
			w.settleMemberships(p, decision)
		}
	}
	w.settleConflicts(p, decision, settlingOwns)
	return w.settleForeign(p.Records, decision)
}

// stayGone changes a decision that would bring a former user back under a name that somebody
// else holds by now: the user stays as it is, and a conflict is shown.
func (w *work) stayGone(p *Person, d *policy.Decision) (bool, error) {
	if p.User.Version == 0 || p.User.Status != policy.UserDeleted || d.Status == policy.UserDeleted || len(d.Contributing) == 0 {
		return false, nil
	}
	r := recordByID(p.Records, d.Contributing[0])
	name, key := nameIn(d.Attributes, p.User)
	taken, err := w.namesHeld(p.User.ID, []Keys{{Record: r.ID, Tenant: r.Tenant, Connector: r.Connector, UserName: key}})
	if err != nil || !taken[key] {
		return false, err
	}
	d.Status, d.CleanedUp, d.PurgeAfter = p.User.Status, p.User.CleanedUp, p.User.PurgeAfter
	d.Contributing, d.Granted = nil, nil
	d.Conflicts = append(d.Conflicts, policy.Conflict{
		Kind: policy.ConflictUserNameTaken, Connector: w.slug(r.Connector), Record: r.ID.String(), Attribute: "userName", Value: name,
	})
	return true, nil
}

// settleRecords writes what the decision says of the records themselves: that they counted,
// left, or had their default groups granted.
func (w *work) settleRecords(p *Person, d policy.Decision) {
	moved := w.scope.Connector == uuid.Nil
	for _, r := range p.Records {
		if r.ViewState == NoView {
			continue
		}
		w.noteMapping(r, p) // by what it was decided on, before it counts
		id := r.ID.String()
		counts := slices.Contains(d.Counting, id)
		changed := w.relinked[r.ID]
		if counts && r.FirstCounted.IsZero() {
			r.FirstCounted, changed = w.now, true
		}
		if left := d.LeftAt[id]; !left.Equal(r.LeftAt) {
			r.LeftAt, changed, moved = left, true, true
		}
		if slices.Contains(d.Granted, id) && !r.DefaultsGranted {
			r.DefaultsGranted, changed = true, true
		}
		if changed {
			w.saveLink(r)
		}
		w.leaveGroups(r)
	}
	// An IdP's request that moves no record's LeftAt moves no deadline either: whoever set it
	// has queued this already, and after a change of rules the workers come by.
	if !d.LookAgain.IsZero() && len(p.Records) > 0 && moved {
		r := p.Records[0]
		w.changes.Queue = append(w.changes.Queue, QueueRow{Connector: r.Connector, Record: r.ID, Due: d.LookAgain})
	}
}

// leaveGroups drops the edges of a tombstone. It has some when a request that added more members
// than it settles itself passed the deletion; what it added comes by here from the queue.
func (w *work) leaveGroups(r *RecordRow) {
	if r.ViewState != ViewState(policy.Deleted) || w.scope.Connector != uuid.Nil {
		return
	}
	w.depart(r.Connector, viewedKeys([]*RecordRow{r})...)
	for _, g := range direct(r.Groups) {
		w.changes.DropEdges = append(w.changes.DropEdges, EdgeKey{Group: g.Record, Member: r.ID})
		w.touch(g.Record)
	}
}

// saveLink writes a record's view and link columns, with the record itself when it is written anyway.
func (w *work) saveLink(r *RecordRow) {
	if w.changes.NewRecord == r || slices.Contains(w.changes.Links, r) {
		return
	}
	w.changes.Links = append(w.changes.Links, r)
}
