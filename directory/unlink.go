package directory

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// Unlink takes the records of a connector, tombstones included, from a user again. Each pair is
// pinned apart, what the first link found is restored, and a living record finds or makes
// another user. A connector that is deleted is named by its id.
func (d *Directory) Unlink(ctx context.Context, by Admin, directory string, user uuid.UUID, connector string) error {
	return d.inDirectory(ctx, by, directory, func(w *work) error {
		p, err := w.person(user, Request{GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		var taken, left []*RecordRow
		for _, r := range p.Records {
			if w.called(r.Connector) == connector {
				taken = append(taken, r)
			} else {
				left = append(left, r)
			}
		}
		if len(taken) == 0 {
			return ErrNotFound
		}
		slices.SortStableFunc(taken, func(a, b *RecordRow) int { return a.Linked.Compare(b.Linked) })
		w.wake(&p.User, p.Records)
		p.Records = left
		found := taken[0].Found
		for _, r := range taken {
			w.unlink(r, user)
		}
		return w.restoreFound(p, found, taken[0].Connector)
	})
}

// unlink takes one record from its user and pins the two apart.
func (w *work) unlink(r *RecordRow, user uuid.UUID) {
	w.redecide(r, user, DecisionLink, DecisionUnlinked)
	w.changes.Conflicts = append(w.changes.Conflicts, ConflictRow{
		ID: newID(), Directory: w.scope.Directory, Connector: r.Connector, Record: r.ID, Kind: "unlinked", Subject: user.String(),
		User: user, Decision: DecisionUnlinked, DecidedUser: user, Created: w.now,
	})
	w.loosen(r, user)
}

// loosen takes one record from its user. A living one is settled again, and finds or makes another.
func (w *work) loosen(r *RecordRow, user uuid.UUID) {
	r.User, r.Linked, r.Found = uuid.Nil, time.Time{}, nil
	r.FirstCounted, r.LeftAt, r.DefaultsGranted, r.Revised = time.Time{}, time.Time{}, false, false
	w.relinked[r.ID] = true
	w.saveLink(r)
	w.event("directory.user.unlinked", EventRow{User: user, Record: r.ID, Connector: r.Connector, Changes: map[string]any{"connector": w.slug(r.Connector)}})
	if r.State != policy.Deleted && w.live(r.Connector) {
		w.queue(r.Connector, r.ID)
	}
}

// restoreFound gives a user back what a link found: everything when no record is left, and the
// memberships that no IdP had given when others remain.
func (w *work) restoreFound(p *Person, found json.RawMessage, connector uuid.UUID) error {
	var state foundState
	if len(found) > 0 {
		if err := json.Unmarshal(found, &state); err != nil {
			return fmt.Errorf("reading what the link of user %s found: %w", p.User.ID, err)
		}
	}
	groups, err := w.groupsFound(state)
	if err != nil {
		return err
	}
	if len(p.Records) > 0 {
		return w.restoreManaged(p, state, groups, connector)
	}
	return w.restoreLocal(p, state, groups)
}

// groupsFound reads the groups of a found state as they are now: they may have other names.
func (w *work) groupsFound(state foundState) (map[uuid.UUID]GroupFact, error) {
	if len(state.Memberships) == 0 {
		return nil, nil
	}
	ids := make([]uuid.UUID, len(state.Memberships))
	for i, m := range state.Memberships {
		ids[i] = m.Group
	}
	scene, err := w.load(Request{GroupIDs: ids})
	if err != nil {
		return nil, err
	}
	groups := make(map[uuid.UUID]GroupFact, len(ids))
	for _, fact := range scene.Facts {
		groups[fact.ID] = fact
	}
	return groups, nil
}

// restoreManaged settles a user whom other records still manage, as if the connector had never
// given it anything.
func (w *work) restoreManaged(p *Person, state foundState, groups map[uuid.UUID]GroupFact, connector uuid.UUID) error {
	p.claims = make([]MembershipRow, 0, len(p.Held))
	for _, m := range p.Held {
		m.Supports = slices.DeleteFunc(slices.Clone(m.Supports), func(s Support) bool { return s.Connector == connector })
		if len(m.Supports) > 0 {
			p.claims = append(p.claims, m)
		}
	}
	for _, m := range state.Memberships {
		fact, there := groups[m.Group]
		own := slices.DeleteFunc(m.Supports, func(s Support) bool { return s.Origin == policy.OriginIDP || s.Origin == policy.OriginAlways })
		has := slices.ContainsFunc(p.claims, func(h MembershipRow) bool { return h.Group.ID == m.Group })
		if there && len(own) > 0 && !has {
			p.claims = append(p.claims, MembershipRow{Group: fact, User: p.User.ID, Supports: own})
		}
	}
	return w.settle(p)
}

// restoreLocal makes a user what the link found. What an administrator gave it since stays.
func (w *work) restoreLocal(p *Person, state foundState, groups map[uuid.UUID]GroupFact) error {
	before := p.User
	w.withdrawAll(p)
	had := make(map[uuid.UUID]bool)
	for _, m := range state.Memberships {
		had[m.Group] = true
	}
	for _, m := range p.Held {
		given := slices.ContainsFunc(m.Supports, func(s Support) bool { return s.Origin == policy.OriginLocal })
		w.holdLocally(p, m, given || had[m.Group.ID])
		delete(had, m.Group.ID)
	}
	for _, m := range state.Memberships {
		fact, there := groups[m.Group]
		if !there || !had[m.Group] {
			continue
		}
		w.holdLocally(p, MembershipRow{Group: fact}, true)
		w.event("directory.membership.added", EventRow{User: p.User.ID, Group: fact.ID, Changes: map[string]any{
			"group": fact.Name, "origin": policy.OriginLocal, "because": policy.Reason{Code: policy.CodeLocal},
		}})
	}
	u := &p.User
	if state.Profile != nil {
		profile := scim.ParseDocument(state.Profile)
		u.hold(profile, state.Profile, profile.SearchJSON())
		if u.UserNameKey != before.UserNameKey && state.Status != policy.UserDeleted {
			if err := w.nameFree(u); err != nil {
				return err
			}
		}
		u.Status = state.Status
	}
	u.CleanedUp = false
	switch {
	case u.Status == policy.UserDeleted && before.Status != policy.UserDeleted:
		w.deleted(u)
	case u.Status != policy.UserDeleted:
		u.DeletedAt, u.PurgeAfter = time.Time{}, time.Time{}
		if u.Block != "" {
			u.Status = policy.UserDisabled
		}
	}
	w.saveUser(p, before, policy.Reason{})
	return nil
}
