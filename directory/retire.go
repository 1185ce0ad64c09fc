package directory

import (
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// RetireCleanup retires a connector by the cleanup of its own rules, as if its IdP had deleted
// everybody.
const RetireCleanup policy.Action = "cleanup"

// mostGraceDays is what rules allow too.
const mostGraceDays = 3650

// retired are the rules by which the people of a connector that retires are settled.
func retired(r policy.Rules, draft Draft) policy.Rules {
	if draft.Retire != RetireCleanup {
		r.Cleanup = policy.Cleanup{Action: draft.Retire, GraceDays: draft.GraceDays}
	}
	return r
}

// retiring is a connector that lets its people go, and what becomes of those whom it alone
// provides. Its records are tombstones by then, so everybody is settled as if its IdP had deleted
// them all, by a cleanup of that action: people whom other connectors provide too lose what it
// alone gave. Those who are kept become local, and keep what they have.
type retiring struct {
	connector uuid.UUID
	action    policy.Action
}

// keeps says whether a person becomes local.
func (r *retiring) keeps(p *Person) bool {
	if r == nil || r.action != policy.ActionKeep || p.User.Status == policy.UserDeleted {
		return false
	}
	own := false
	for _, rec := range p.Records {
		if rec.Connector != r.connector && rec.ViewState != NoView {
			return false // another connector has a word, be it its last
		}
		own = own || rec.Connector == r.connector
	}
	return own
}

// letGo makes a person local with everything it holds.
func (w *work) letGo(p *Person) {
	w.settled[p.User.ID] = true
	if w.watch != nil {
		w.watch(p, nil)
	}
	w.wake(&p.User, p.Records)
	w.withdrawAll(p)
	for _, r := range p.Records {
		w.event("directory.user.unlinked", EventRow{User: p.User.ID, Record: r.ID, Connector: r.Connector, Changes: map[string]any{"connector": w.slug(r.Connector)}})
		r.User, r.Linked, r.Found = uuid.Nil, time.Time{}, nil
		w.saveLink(r)
	}
	p.Records = nil
	for _, m := range p.Held {
		w.holdLocally(p, m, true)
	}
	p.Held = nil
	for _, c := range p.Open {
		w.changes.Withdraw = append(w.changes.Withdraw, c.ID)
	}
	p.Open = nil
}

// buryRecords makes tombstones of the records of the connector that retires.
func (w *work) buryRecords(scene *Scene) {
	bury := func(r *RecordRow) {
		if r.Connector != w.retiring.connector || r.State == policy.Deleted {
			return
		}
		r.bury(w.now)
		w.changes.Bury = append(w.changes.Bury, r.ID)
		w.relinked[r.ID] = true
	}
	for _, id := range sortedIDs(scene.Records) {
		bury(scene.Records[id])
	}
	for _, id := range sortedIDs(scene.People) {
		for _, r := range scene.People[id].Records {
			bury(r)
		}
	}
}
