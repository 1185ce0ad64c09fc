package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

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

// RenameLocalGroup gives a local group another name. Its members stay; those whom an IdP manages
// are settled again, as rules go by names. A group that a connector feeds, or would, is refused.
func (d *Directory) RenameLocalGroup(ctx context.Context, by Admin, directory string, id uuid.UUID, match IfMatch, displayName string) (Group, error) {
	if err := canonical.Check(displayName, 256); err != nil {
		return Group{}, scim.InvalidValue("displayName %s", err)
	}
	var renamed Group
	key := canonical.Key(displayName)
	err := d.inDirectory(ctx, by, directory, func(w *work) error {
		fact, _, err := w.unfed(id, key, match)
		if err != nil {
			return err
		}
		renamed = fact.group("")
		if fact.Name == displayName {
			return nil
		}
		after := *fact
		after.Name, after.Key, after.Version = displayName, key, fact.Version+1
		w.changes.RenameGroup = &after
		w.changes.QueueAll = &QueueAll{Group: id}
		w.meetRivals(after)
		w.event("directory.group.renamed", EventRow{Group: id, Changes: map[string]any{"displayName": map[string]string{"before": fact.Name, "after": displayName}}})
		renamed = after.group("")
		return nil
	})
	return renamed, err
}

// DeleteLocalGroup deletes an empty local group that no connector feeds, or would.
func (d *Directory) DeleteLocalGroup(ctx context.Context, by Admin, directory string, id uuid.UUID, match IfMatch) error {
	return d.inDirectory(ctx, by, directory, func(w *work) error {
		fact, members, err := w.unfed(id, "", match)
		if err != nil {
			return err
		}
		if members > 0 {
			return &RefusedError{Code: "notEmpty", Detail: fmt.Sprintf("%s still has %s; take them out first", fact.Name, counted(members, "member", "members"))}
		}
		w.changes.DeleteGroup = id
		w.event("directory.group.deleted", EventRow{Group: id, Changes: map[string]any{"displayName": fact.Name}})
		return nil
	})
}

// unfed finds a local group with which no connector has to do, nor with the name it is to get, and
// how many members it has. The directory is locked, so that none begins to meanwhile.
func (w *work) unfed(id uuid.UUID, newKey string, match IfMatch) (*GroupFact, int, error) {
	r := Request{Exclusive: true, GroupIDs: []uuid.UUID{id}, GroupUse: id}
	if newKey != "" {
		r.Keys, r.GroupKeys = []string{"group:" + newKey}, []string{newKey}
	}
	scene, err := w.load(r)
	if err != nil {
		return nil, 0, err
	}
	fact, held := w.factOf(id), w.facts[newKey]
	switch {
	case fact == nil:
		return nil, 0, ErrNotFound
	case match != nil && !match(fact.Version):
		return nil, 0, ErrVersion
	case fact.Tenant != uuid.Nil:
		return nil, 0, &RefusedError{Code: "fedGroup", Detail: fmt.Sprintf("%s belongs to tenant %s, whose IdP names it; rename or delete it there", fact.Name, w.tenantName(fact.Tenant))}
	case newKey != "" && held != nil && held.ID != id:
		return nil, 0, &RefusedError{Code: "displayNameTaken", Detail: fmt.Sprintf("the group %q is there already, with id %s", held.Name, held.ID)}
	}
	for _, connector := range sortedIDs(w.settings.Connectors) {
		c := w.settings.Connectors[connector]
		names := c.Policy.Rules.Names()
		if slices.Contains(names, fact.Key) || newKey != "" && slices.Contains(names, newKey) {
			return nil, 0, &RefusedError{Code: "fedGroup", Detail: fmt.Sprintf("the rules of %s assign this name (alwaysAssign or defaultGroups); take it out of them first", c.Slug)}
		}
	}
	if len(scene.GroupFeeders) > 0 {
		return nil, 0, &RefusedError{Code: "fedGroup", Detail: fmt.Sprintf("%s has a group of this name, which would make it again; rename or delete it at the IdP first", w.called(scene.GroupFeeders[0]))}
	}
	return fact, scene.GroupMembers, nil
}

// factOf is a group that was read, by its id; nil if it was not there.
func (w *work) factOf(id uuid.UUID) *GroupFact {
	for _, fact := range w.facts {
		if fact != nil && fact.ID == id {
			return fact
		}
	}
	return nil
}

// personAndGroup locks and reads a user and reads a group; ErrNotFound when one is not there.
func (w *work) personAndGroup(user, group uuid.UUID) (*Person, *GroupFact, error) {
	p, err := w.person(user, Request{GroupIDs: []uuid.UUID{group}, GroupKeys: w.allNames()})
	if err != nil {
		return nil, nil, err
	}
	fact := w.factOf(group)
	if fact == nil {
		return nil, nil, ErrNotFound
	}
	return p, fact, nil
}
