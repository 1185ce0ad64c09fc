package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// The name of a group record's view is the one that renames make of what the IdP calls it. It is
// kept with the record, because people, conflicts and other connectors' groups are found by it,
// and it is made anew in the transaction in which other rules come into force. A plan, which writes
// nothing, puts the names of its draft over those that it reads; so does a job that goes live.

// MappingTx is what mapping needs of a transaction.
type MappingTx interface {
	// GroupNames lists the group records of a connector that are not deleted.
	GroupNames(ctx context.Context, connector uuid.UUID) ([]NamedGroup, error)
}

// NamedGroup is a group record by its names.
type NamedGroup struct {
	Record   uuid.UUID
	Said     string // what the IdP calls it
	ViewName string // what it is known as; empty when it has no view
}

// NewName is the name that a group record's view gets.
type NewName struct {
	Record    uuid.UUID
	Name, Key string
}

// renameFor gives the groups of a live connector the names that new rules make of theirs. Those of
// another one stand still until it goes live.
func (w *work) renameFor(c *Connector, r policy.Rules) error {
	next, err := policy.Compile(r)
	if err != nil || c.Mode != tenants.Live || !next.RenamesGroups() && !c.Policy.Rules.RenamesGroups() {
		return err
	}
	return w.renameAll(c.ID, next)
}

// renameAll gives the groups of a connector the names that other rules make of theirs.
func (w *work) renameAll(connector uuid.UUID, rules *policy.RuleSet) error {
	w.changes.AdvanceNames = connector
	if !rules.RenamesGroups() {
		return nil
	}
	groups, err := w.tx.GroupNames(w.ctx, connector)
	if err != nil {
		return err
	}
	for _, g := range groups {
		if name := rules.GroupName(g.Said); name != g.Said {
			w.changes.NewNames = append(w.changes.NewNames, NewName{g.Record, name, canonical.Key(name)})
		}
	}
	return nil
}

// naming is how a draft calls groups that are read under other names.
type naming struct {
	rules *policy.RuleSet
	said  map[uuid.UUID]string // what the IdP calls each group, where what is read is not that
	views map[string]string    // the same by the name that it is known as, for the names on a path
}

// namingOf says how the rules call the groups of a connector; nil when that is how they are read.
// advanced says that what is read is what the IdP calls them.
func namingOf(ctx context.Context, tx Tx, connector uuid.UUID, former, next *policy.RuleSet, advanced bool) (*naming, error) {
	renamed := next.RenamesGroups() || !advanced && former != nil && former.RenamesGroups()
	if !renamed {
		return nil, nil
	}
	n := &naming{rules: next}
	if advanced {
		return n, nil
	}
	groups, err := tx.GroupNames(ctx, connector)
	if err != nil {
		return nil, err
	}
	n.said, n.views = make(map[uuid.UUID]string, len(groups)), make(map[string]string, len(groups))
	for _, g := range groups {
		n.said[g.Record], n.views[g.ViewName] = g.Said, g.Said
	}
	return n, nil
}

func (n *naming) of(g ViewedGroup) string {
	said, known := n.said[g.Record]
	if !known {
		said = g.Name
	}
	return n.rules.GroupName(said)
}

func (n *naming) onPath(name string) string {
	if said, known := n.views[name]; known {
		name = said
	}
	return n.rules.GroupName(name)
}

// apply puts the draft's names over those of the connector's groups in a scene, and reads what the
// directory has under them.
func (n *naming) apply(ctx context.Context, tx Tx, connector uuid.UUID, scene *Scene) error {
	var records []*RecordRow
	for _, r := range scene.Records {
		records = append(records, r)
	}
	for _, p := range scene.People {
		records = append(records, p.Records...)
	}
	var moved []*ViewedGroup
	var look Request
	for _, r := range records {
		if r.Connector != connector {
			continue
		}
		for i := range r.Groups {
			g := &r.Groups[i]
			for j, name := range g.Path {
				if other := n.onPath(name); other != name {
					g.Path = slices.Clone(g.Path)
					g.Path[j] = other
				}
			}
			name := n.of(*g)
			if name == g.Name {
				continue
			}
			g.Name, g.Key, g.Foreign, g.Unread = name, canonical.Key(name), nil, false
			moved = append(moved, g)
			if pair := (Pair{connector, g.Key}); !slices.Contains(look.Foreign, pair) {
				look.Foreign, look.GroupKeys = append(look.Foreign, pair), append(look.GroupKeys, g.Key)
			}
		}
	}
	if len(moved) == 0 {
		return nil
	}
	found, err := tx.Load(ctx, look)
	if err != nil {
		return err
	}
	if scene.Facts == nil {
		scene.Facts = make(map[string]GroupFact, len(found.Facts))
	}
	for key, fact := range found.Facts {
		scene.Facts[key] = fact
	}
	for _, g := range moved {
		g.Foreign = found.Foreign[Pair{connector, g.Key}]
	}
	return nil
}
