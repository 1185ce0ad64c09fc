package directory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
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
		if err := w.settings.unmasked(doc); err != nil {
			return err
		}
		u := &UserRow{ID: newID(), Directory: w.scope.Directory, Status: policy.UserActive, Version: 1, Created: w.now, Modified: w.now}
		u.hold(doc, doc.JSON(), doc.SearchJSON())
		u.Status = statusOf(doc)
		if err := w.nameFree(u); err != nil {
			return err
		}
		w.changes.NewUsers = append(w.changes.NewUsers, u)
		w.event("directory.user.created", EventRow{User: u.ID, Changes: map[string]any{"status": u.Status}, Values: map[string]any{"attributes": masked(u.JSON, w.settings.sensitiveAnywhere())}})
		created = w.settings.shown(u.user(true), nil)
		return nil
	})
	return created, err
}

// nameFree refuses a userName that another user of the directory holds; deleted ones hold none.
func (w *work) nameFree(u *UserRow) error {
	keys := Keys{Record: u.ID, UserName: u.UserNameKey, Email: u.EmailKey}
	if _, err := w.load(Request{Keys: keys.locks()}); err != nil {
		return err
	}
	held, err := w.namesHeld(u.ID, []Keys{{Record: u.ID, UserName: u.UserNameKey}})
	if err != nil {
		return err
	}
	if held[u.UserNameKey] {
		return &RefusedError{Code: "userNameTaken", Detail: fmt.Sprintf("userName %q is held by another user of this directory; rename or delete that one first", u.UserName)}
	}
	return nil
}

// statusOf is the status that a document asks for.
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
		if err := w.settings.unmasked(after); err != nil {
			return err
		}
		u := &p.User
		u.hold(after, after.JSON(), after.SearchJSON())
		if asks := statusOf(after); u.Block == "" && asks != statusOf(scim.ParseDocument(before.JSON)) {
			u.Status = asks // an edit of something else brings back nobody whom a cleanup disabled
		}
		if u.UserNameKey != before.UserNameKey {
			if err := w.nameFree(u); err != nil {
				return err
			}
		}
		w.saveUser(p, before, policy.Reason{})
		edited = w.settings.shown(u.user(true), nil)
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
	w.wakeChanged(&before, p)
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
		w.deleted(&p.User)
		w.saveUser(p, before, policy.Reason{})
		return nil
	})
}

// deleted marks a user as deleted from now on.
func (w *work) deleted(u *UserRow) {
	u.Status, u.DeletedAt = policy.UserDeleted, w.now
	u.PurgeAfter = w.now.AddDate(0, 0, w.settings.Directory.Settings().RetentionDays)
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
		if u.Block != "" {
			u.Status = policy.UserDisabled
		}
		w.saveUser(p, before, policy.Reason{})
		restored = w.settings.shown(u.user(true), nil)
		return nil
	})
	return restored, err
}

// release makes a user local: its records no longer name it, and what they gave it ends.
func (w *work) release(p *Person) {
	w.wake(&p.User, p.Records)
	w.withdrawAll(p)
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
		was := m.Supports
		m.Supports = []Support{{Origin: policy.OriginLocal, Code: policy.CodeLocal}}
		w.changes.Hold = append(w.changes.Hold, m)
		if len(was) > 0 && !sameShown(was[0], m.Supports[0]) {
			w.event("directory.membership.changed", EventRow{User: p.User.ID, Group: m.Group.ID, Changes: map[string]any{
				"group": m.Group.Name, "origin": policy.OriginLocal, "was": was[0].Origin, "because": policy.Reason{Code: policy.CodeLocal},
			}})
		}
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

// setBlock blocks a user for a reason, or lifts the block when there is none.
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
		p.blockChanged, p.unblocked = true, reason == ""
		return w.settle(p)
	})
}
