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
	"github.com/muster-scim/muster/scim/canonical"
)

// inDirectory runs f as an administrator's change of one directory.
func (d *Directory) inDirectory(ctx context.Context, by Admin, name string, f func(*work) error) error {
	info, err := d.ReadDirectory(ctx, name)
	if err != nil {
		return err
	}
	return d.change(ctx, Scope{Directory: info.ID}, by.actor(), f)
}

// person locks and reads one user.
func (w *work) person(id uuid.UUID, r Request) (*Person, error) {
	r.Users = []uuid.UUID{id}
	scene, err := w.load(r)
	if err != nil {
		return nil, err
	}
	p := scene.People[id]
	if p == nil {
		return nil, ErrNotFound
	}
	return p, nil
}

// managed refuses an administrator's change of what an IdP says.
func (w *work) managed(p *Person, what string) error {
	for _, r := range p.Records {
		if r.State != policy.Deleted {
			return &RefusedError{Code: "managedUser", Detail: fmt.Sprintf("%s is managed by %s, which would undo this: %s. Change it at the IdP, unlink the record, or block the user.", p.User.UserName, w.slug(r.Connector), what)}
		}
	}
	return nil
}

// CreateLocalUser makes a user that no IdP manages.
func (d *Directory) CreateLocalUser(ctx context.Context, by Admin, directory string, doc scim.Document) (User, error) {
	var created User
	err := d.inDirectory(ctx, by, directory, func(w *work) error {
		u := &UserRow{ID: newID(), Directory: w.scope.Directory, Status: policy.UserActive, Version: 1, Created: w.now, Modified: w.now}
		u.hold(doc, doc.JSON(), doc.SearchJSON())
		u.Status = statusOf(doc)
		if err := w.nameFree(u); err != nil {
			return err
		}
		w.changes.NewUsers = append(w.changes.NewUsers, u)
		w.event("directory.user.created", EventRow{User: u.ID, Changes: map[string]any{"status": u.Status}, Values: map[string]any{"attributes": u.JSON}})
		created = u.user(true)
		return nil
	})
	return created, err
}

// nameFree refuses a userName that another user of the directory holds.
func (w *work) nameFree(u *UserRow) error {
	keys := Keys{Record: u.ID, UserName: u.UserNameKey, Email: u.EmailKey}
	scene, err := w.load(Request{Keys: keys.locks(), Candidates: []Keys{{Record: u.ID, UserName: u.UserNameKey}}})
	if err != nil {
		return err
	}
	for _, c := range scene.Candidates {
		if c.By == "userName" && c.User != u.ID {
			return &RefusedError{Code: "userNameTaken", Detail: fmt.Sprintf("userName %q is held by user %s of this directory", u.UserName, c.User)}
		}
	}
	return nil
}

func statusOf(doc scim.Document) policy.Status {
	if active, said := doc.Active(); said && !active {
		return policy.UserDisabled
	}
	return policy.UserActive
}

// EditLocalUser changes a user that no IdP manages.
func (d *Directory) EditLocalUser(ctx context.Context, by Admin, directory string, id uuid.UUID, match IfMatch, edit UserEdit) (User, error) {
	var edited User
	err := d.inDirectory(ctx, by, directory, func(w *work) error {
		p, err := w.person(id, Request{})
		if err != nil {
			return err
		}
		if p.User.Status == policy.UserDeleted {
			return &RefusedError{Code: "deletedUser", Detail: p.User.UserName + " is deleted; restore the user first"}
		}
		if match != nil && !match(p.User.Version) {
			return ErrVersion
		}
		if err := w.managed(p, "attributes come from its record"); err != nil {
			return err
		}
		before := p.User
		after, _, err := edit(scim.ParseDocument(before.JSON))
		if err != nil {
			return err
		}
		u := &p.User
		u.hold(after, after.JSON(), after.SearchJSON())
		if u.Block == "" {
			u.Status = statusOf(after)
		}
		if u.UserNameKey != before.UserNameKey {
			if err := w.nameFree(u); err != nil {
				return err
			}
		}
		w.saveUser(p, before, policy.Reason{})
		edited = u.user(true)
		return nil
	})
	return edited, err
}

// saveUser writes a changed user with its event.
func (w *work) saveUser(p *Person, before UserRow, because policy.Reason) {
	if before.Status == p.User.Status && before.Block == p.User.Block && before.CleanedUp == p.User.CleanedUp && sameJSON(before.JSON, p.User.JSON) {
		return
	}
	p.User.Version, p.User.Modified = before.Version+1, w.now
	w.changes.Users = append(w.changes.Users, &p.User)
	w.userChanged(before, p, policy.Decision{StatusBecause: because})
}

// RemoveUser deletes a user that no IdP manages, softly: it can be restored until it is purged.
func (d *Directory) RemoveUser(ctx context.Context, by Admin, directory string, id uuid.UUID, match IfMatch) error {
	return d.inDirectory(ctx, by, directory, func(w *work) error {
		p, err := w.person(id, Request{})
		if err != nil {
			return err
		}
		if p.User.Status == policy.UserDeleted {
			return ErrNotFound
		}
		if match != nil && !match(p.User.Version) {
			return ErrVersion
		}
		if err := w.managed(p, "its record is still there"); err != nil {
			return err
		}
		before := p.User
		p.User.Status, p.User.DeletedAt = policy.UserDeleted, w.now
		p.User.PurgeAfter = w.now.AddDate(0, 0, w.settings.Directory.Settings().RetentionDays)
		w.saveUser(p, before, policy.Reason{})
		return nil
	})
}

// RestoreUser brings a deleted user back. The tombstones of the records that once managed it
// are released from it, so that it is local until an IdP sends it again; of its memberships
// those that no IdP gave stay.
func (d *Directory) RestoreUser(ctx context.Context, by Admin, directory string, id uuid.UUID) (User, error) {
	var restored User
	err := d.inDirectory(ctx, by, directory, func(w *work) error {
		p, err := w.person(id, Request{})
		if err != nil {
			return err
		}
		if p.User.Status != policy.UserDeleted {
			return &RefusedError{Code: "notDeleted", Detail: p.User.UserName + " is not deleted"}
		}
		if err := w.nameFree(&p.User); err != nil {
			return err
		}
		w.release(p)
		before := p.User
		u := &p.User
		u.Status, u.CleanedUp, u.DeletedAt, u.PurgeAfter = policy.UserActive, false, time.Time{}, time.Time{}
		w.saveUser(p, before, policy.Reason{})
		restored = u.user(true)
		return nil
	})
	return restored, err
}

// release makes a user local: its records no longer name it, and what they gave it ends.
func (w *work) release(p *Person) {
	for _, r := range p.Records {
		r.User, r.Linked, r.Found = uuid.Nil, time.Time{}, nil
		w.saveLink(r)
	}
	p.Records = nil
	for _, m := range p.Held {
		own := slices.DeleteFunc(slices.Clone(m.Supports), func(s Support) bool {
			return s.Origin == policy.OriginIDP || s.Origin == policy.OriginAlways
		})
		w.holdLocally(p, m, len(own) > 0)
	}
}

// holdLocally turns a membership into a local one, or ends it.
func (w *work) holdLocally(p *Person, m MembershipRow, keep bool) {
	m.User = p.User.ID
	if keep {
		m.Supports = []Support{{Origin: policy.OriginLocal, Code: policy.CodeLocal}}
		w.changes.Hold = append(w.changes.Hold, m)
		return
	}
	w.changes.Drop = append(w.changes.Drop, m)
	w.event("directory.membership.removed", EventRow{User: p.User.ID, Group: m.Group.ID, Changes: map[string]any{"group": m.Group.Name, "origin": m.Supports[0].Origin}})
}

// BlockUser disables a user until the block is lifted, whatever its records say.
func (d *Directory) BlockUser(ctx context.Context, by Admin, directory string, id uuid.UUID, reason string) error {
	return d.setBlock(ctx, by, directory, id, reason)
}

// UnblockUser lifts a block; the user is then what its records make of it.
func (d *Directory) UnblockUser(ctx context.Context, by Admin, directory string, id uuid.UUID) error {
	return d.setBlock(ctx, by, directory, id, "")
}

func (d *Directory) setBlock(ctx context.Context, by Admin, directory string, id uuid.UUID, reason string) error {
	return d.inDirectory(ctx, by, directory, func(w *work) error {
		p, err := w.person(id, Request{GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		if p.User.Block == reason {
			return nil
		}
		action := "directory.user.blocked"
		if reason == "" {
			action = "directory.user.unblocked"
		}
		w.event(action, EventRow{User: id, Changes: map[string]any{"reason": reason}})
		p.User.Block = reason
		if len(p.Records) == 0 && reason == "" {
			before := p.User
			before.Block = "lifted"
			p.User.Status = statusOf(scim.ParseDocument(p.User.JSON))
			w.saveUser(p, before, policy.Reason{})
			return nil
		}
		p.blockChanged = true
		return w.settle(p)
	})
}

// Unlink takes a record of a connector from a user again. The pair is pinned apart, what the
// link found is restored, and the record finds or makes another user.
func (d *Directory) Unlink(ctx context.Context, by Admin, directory string, user uuid.UUID, connector string) error {
	return d.inDirectory(ctx, by, directory, func(w *work) error {
		p, err := w.person(user, Request{GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		i := slices.IndexFunc(p.Records, func(r *RecordRow) bool { return w.slug(r.Connector) == connector })
		if i < 0 {
			return ErrNotFound
		}
		r := p.Records[i]
		p.Records = slices.Delete(p.Records, i, i+1)
		found := r.Found
		r.User, r.Linked, r.Found = uuid.Nil, time.Time{}, nil
		r.FirstCounted, r.LeftAt, r.DefaultsGranted = time.Time{}, time.Time{}, false
		w.relinked[r.ID] = true
		w.saveLink(r)
		pin := ConflictRow{ID: newID(), Directory: w.scope.Directory, Connector: r.Connector, Record: r.ID, Kind: "unlinked", Subject: user.String(), User: user, Decision: DecisionUnlinked, DecidedUser: user, Created: w.now}
		w.changes.Conflicts = append(w.changes.Conflicts, pin)
		w.conflicts[r.ID] = append(w.conflicts[r.ID], pin)
		w.event("directory.user.unlinked", EventRow{User: user, Record: r.ID, Connector: r.Connector, Changes: map[string]any{"connector": connector}})
		if err := w.restoreFound(p, found); err != nil {
			return err
		}
		if r.State != policy.Deleted && w.live(r.Connector) {
			w.queue(r.Connector, r.ID)
		}
		return nil
	})
}

// restoreFound gives a user back what a link found: everything when no record is left, and the
// memberships that no IdP had given when others remain.
func (w *work) restoreFound(p *Person, found json.RawMessage) error {
	var state foundState
	if len(found) > 0 {
		if err := json.Unmarshal(found, &state); err != nil {
			return fmt.Errorf("reading what the link of user %s found: %w", p.User.ID, err)
		}
	}
	if len(p.Records) > 0 {
		p.claims = slices.Clone(p.Held)
		for _, m := range state.Memberships {
			own := slices.DeleteFunc(m.Supports, func(s Support) bool { return s.Origin == policy.OriginIDP || s.Origin == policy.OriginAlways })
			has := slices.ContainsFunc(p.claims, func(h MembershipRow) bool { return h.Group.ID == m.Group })
			if len(own) > 0 && !has {
				p.claims = append(p.claims, MembershipRow{Group: GroupFact{ID: m.Group, Name: m.Name, Key: canonical.Key(m.Name)}, User: p.User.ID, Supports: own})
			}
		}
		return w.settle(p)
	}
	before := p.User
	had := make(map[uuid.UUID]bool)
	for _, m := range state.Memberships {
		had[m.Group] = true
	}
	for _, m := range p.Held {
		local := slices.ContainsFunc(m.Supports, func(s Support) bool { return s.Origin == policy.OriginLocal || s.Origin == policy.OriginRetained })
		w.holdLocally(p, m, local || had[m.Group.ID])
		delete(had, m.Group.ID)
	}
	for _, m := range state.Memberships {
		if had[m.Group] {
			w.changes.Hold = append(w.changes.Hold, MembershipRow{Group: GroupFact{ID: m.Group, Name: m.Name}, User: p.User.ID, Supports: []Support{{Origin: policy.OriginLocal, Code: policy.CodeLocal}}})
		}
	}
	if state.Profile != nil {
		profile := scim.ParseDocument(state.Profile)
		p.User.hold(profile, state.Profile, profile.SearchJSON())
		p.User.Status = state.Status
	}
	p.User.CleanedUp = false
	w.saveUser(p, before, policy.Reason{})
	return nil
}

// CreateLocalGroup makes a group that no connector feeds yet.
func (d *Directory) CreateLocalGroup(ctx context.Context, by Admin, directory, displayName string) (Group, error) {
	if err := canonical.Check(displayName, 256); err != nil {
		return Group{}, scim.InvalidValue("displayName %s", err)
	}
	var created Group
	err := d.inDirectory(ctx, by, directory, func(w *work) error {
		key := canonical.Key(displayName)
		if _, err := w.load(Request{Keys: []string{"group:" + key}, GroupKeys: []string{key}}); err != nil {
			return err
		}
		if held := w.facts[key]; held != nil {
			return &RefusedError{Code: "displayNameTaken", Detail: fmt.Sprintf("the group %q is there already, with id %s", held.Name, held.ID)}
		}
		fact := GroupFact{ID: newID(), Name: displayName, Key: key, Created: w.now, Version: 1}
		w.changes.NewGroups = append(w.changes.NewGroups, fact)
		w.event("directory.group.created", EventRow{Group: fact.ID, Changes: map[string]any{"displayName": displayName}})
		created = fact.group("")
		return nil
	})
	return created, err
}

// AddLocalMember gives a user a local membership, unless the rules would take it away at once.
func (d *Directory) AddLocalMember(ctx context.Context, by Admin, directory string, group, user uuid.UUID) (GroupMember, error) {
	var member GroupMember
	err := d.inDirectory(ctx, by, directory, func(w *work) error {
		p, fact, err := w.personAndGroup(user, group)
		if err != nil {
			return err
		}
		p.claims = slices.Clone(p.Held)
		local := Support{Origin: policy.OriginLocal, Code: policy.CodeLocal}
		i := slices.IndexFunc(p.claims, func(m MembershipRow) bool { return m.Group.ID == group })
		if i < 0 {
			p.claims = append(p.claims, MembershipRow{Group: *fact, User: user, Supports: []Support{local}})
		} else if !slices.ContainsFunc(p.claims[i].Supports, func(s Support) bool { return s.Origin == policy.OriginLocal }) {
			p.claims[i].Supports = append(slices.Clone(p.claims[i].Supports), local)
		}
		in, err := w.input(p)
		if err != nil {
			return err
		}
		decision := policy.Decide(in)
		target, kept := targetOf(decision, fact.Key)
		if !kept || !slices.ContainsFunc(target.Supports, func(s policy.Support) bool { return s.Origin == policy.OriginLocal }) && i < 0 {
			because := endOf(fact.Key, decision)
			return &RefusedError{Code: "rulesWouldUndo", Detail: fmt.Sprintf("the rules would take this membership away at once: %s Add %q to neverRemove of that connector to keep local members.", because.Sentence(fact.Name), fact.Name)}
		}
		member = GroupMember{User: p.User.user(len(p.Records) == 0), Origin: target.Supports[0].Origin, Because: target.Because}
		return w.settle(p)
	})
	return member, err
}

func targetOf(d policy.Decision, key string) (policy.TargetMembership, bool) {
	i := slices.IndexFunc(d.Memberships, func(t policy.TargetMembership) bool { return t.Key == key })
	if i < 0 {
		return policy.TargetMembership{}, false
	}
	return d.Memberships[i], true
}

// RemoveMember takes a membership that no IdP and no alwaysAssign gives.
func (d *Directory) RemoveMember(ctx context.Context, by Admin, directory string, group, user uuid.UUID) error {
	return d.inDirectory(ctx, by, directory, func(w *work) error {
		p, fact, err := w.personAndGroup(user, group)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(p.Held, func(m MembershipRow) bool { return m.Group.ID == group })
		if i < 0 {
			return ErrNotFound
		}
		for _, s := range p.Held[i].Supports {
			if s.Origin == policy.OriginIDP || s.Origin == policy.OriginAlways {
				return &RefusedError{Code: "rulesWouldUndo", Detail: fmt.Sprintf("%s would give this membership again at once: %s", w.slug(s.Connector), w.reasonOf(s).Sentence(fact.Name))}
			}
		}
		p.claims = slices.Delete(slices.Clone(p.Held), i, i+1)
		if p.claims == nil {
			p.claims = []MembershipRow{}
		}
		return w.settle(p)
	})
}

func (w *work) personAndGroup(user, group uuid.UUID) (*Person, *GroupFact, error) {
	p, err := w.person(user, Request{GroupIDs: []uuid.UUID{group}, GroupKeys: w.allNames()})
	if err != nil {
		return nil, nil, err
	}
	for _, fact := range w.facts {
		if fact != nil && fact.ID == group {
			return p, fact, nil
		}
	}
	return nil, nil, ErrNotFound
}
