package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

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
		w.meetRivals(fact)
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
		if !kept || !slices.ContainsFunc(target.Supports, func(s policy.Support) bool { return s.Origin == policy.OriginLocal }) {
			because := refusal(fact.Key, decision)
			if kept {
				because = target.Because // the user is in it anyway, for another reason
			}
			return &RefusedError{Code: "rulesWouldUndo", Detail: fmt.Sprintf("the rules would take a local membership away at once: %s Add %q to neverRemove of that connector to keep local members.", because.Sentence(fact.Name), fact.Name)}
		}
		member = GroupMember{User: p.User.user(len(p.Records) == 0), Origin: target.Supports[0].Origin, Because: target.Because}
		return w.settle(p)
	})
	return member, err
}

// targetOf finds the membership that a decision gives in a group.
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

// personAndGroup locks and reads a user and reads a group; ErrNotFound when one is not there.
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
