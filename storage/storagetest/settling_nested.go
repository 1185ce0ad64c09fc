package storagetest

import (
	"context"
	"errors"
	"maps"
	"slices"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// nest puts one of the party's groups into another, or takes it out. Whether it would close a
// circle is known from the model: then, and only then, the request is refused.
func (h *history) nest(src directory.Source, c *party, act string, outer uuid.UUID) (told string, err error) {
	name := rapid.SampledFrom(slices.Sorted(maps.Keys(c.groups))).Draw(h.t, "inner")
	inner := c.groups[name]
	op := scim.AddMembers
	if act == "unnest" {
		op = scim.RemoveMembers
	}
	closes := op == scim.AddMembers && c.holds(inner, outer)
	err = h.editMembers(src, outer, scim.MemberEdit{Op: op, Values: []string{inner.String()}})
	told = act + " " + name
	var refused *scim.Error
	switch {
	case closes && errors.As(err, &refused):
		return told + ", which would close a circle", nil
	case closes && err == nil:
		return told, errors.New("a circle was closed")
	case err != nil:
		return told, err
	case op == scim.AddMembers:
		c.nested[nestedEdge{outer, inner}] = true
	default:
		delete(c.nested, nestedEdge{outer, inner})
	}
	return told, nil
}

// nestedEdge is a group in a group of a party.
type nestedEdge struct{ outer, inner uuid.UUID }

// holds says whether a group is another one, or holds it anywhere below.
func (c *party) holds(outer, group uuid.UUID) bool {
	if outer == group {
		return true
	}
	for e := range c.nested {
		if e.outer == outer && c.holds(e.inner, group) {
			return true
		}
	}
	return false
}

// unnest forgets the edges of a group that is gone, or only those downwards.
func (c *party) unnest(group uuid.UUID, gone bool) {
	maps.DeleteFunc(c.nested, func(e nestedEdge, _ bool) bool { return e.outer == group || gone && e.inner == group })
}

// replayNesting puts the groups of one party into each other as those of another are.
func (h *history) replayNesting(src directory.Source, c, other *party) error {
	byID := make(map[uuid.UUID]uuid.UUID)
	for name, id := range other.groups {
		byID[id] = c.groups[name]
	}
	for _, outer := range slices.Sorted(maps.Keys(other.groups)) {
		for e := range other.nested {
			if e.outer != other.groups[outer] {
				continue
			}
			_, err := h.d.EditGroup(context.Background(), src, byID[e.outer], nil,
				directory.GroupEdit{Members: []scim.MemberEdit{{Op: scim.AddMembers, Values: []string{byID[e.inner].String()}}}})
			if err != nil {
				return err
			}
		}
	}
	return nil
}
