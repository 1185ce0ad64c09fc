package directory

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// FeedersStore is what the page of a group asks of a database. Each read follows an index.
type FeedersStore interface {
	// SentAs reads the group records of a directory whose views have a key, by connector and name.
	SentAs(ctx context.Context, directory uuid.UUID, key string) ([]SentAs, error)
	// GroupOrigins counts the memberships of a group by the strongest that each stands on.
	GroupOrigins(ctx context.Context, directory, group uuid.UUID) (map[policy.Origin]int, error)
	// Weigh counts whom a conflict about a group is about, and reads the first of them by userName.
	Weigh(ctx context.Context, directory uuid.UUID, of Weighing) (Weights, error)
}

// SentAs is a group record under a name of the directory's.
type SentAs struct {
	Connector uuid.UUID
	Name      string // as the IdP calls it
	ViewName  string // as the mapping does
	Members   int    // near enough; members that name nobody yet count
}

// GroupFeeders are a group and what connectors have to do with its name.
type GroupFeeders struct {
	Group      Group
	Origins    map[policy.Origin]int // of the memberships, each by the strongest that it stands on
	Connectors []GroupFeeder         // all of the directory, by slug
	Conflicts  []GroupConflict       // that wait for somebody
}

// GroupFeeder is what one connector has to do with a group's name, by the rules in force.
type GroupFeeder struct {
	Connector string
	Mode      tenants.Mode
	Sends     []SentGroupJudged
	IfSent    GroupVerdict  // of a group that the mapping calls so
	Always    *GroupVerdict // of everybody; nil: alwaysAssign does not name the group
	Mentions  []policy.Mention
}

// SentGroupJudged is a group that an IdP sends under the name, and what becomes of it.
type SentGroupJudged struct {
	Name    string
	Members int
	GroupVerdict
}

// GroupVerdict is what settling makes of a group for those whom it is about.
type GroupVerdict struct {
	Assigned bool
	Because  policy.Reason
}

// GroupConflict is an open conflict about a group's name.
type GroupConflict struct {
	ID        uuid.UUID
	Connector string
}

// GroupFeeders says what feeds a group: what IdPs send under its name, which rules are about it,
// and what they make of it, by the same code as settling.
func (d *Directory) GroupFeeders(ctx context.Context, directory string, id uuid.UUID) (GroupFeeders, error) {
	var out GroupFeeders
	var settings *Settings
	err := d.look(ctx, directory, func(w *work) error {
		if _, err := w.load(Request{GroupIDs: []uuid.UUID{id}}); err != nil {
			return err
		}
		for key, fact := range w.facts {
			if fact != nil && fact.ID == id {
				out, settings = GroupFeeders{Group: fact.group(w.tenantName(fact.Tenant))}, w.settings
				return w.conflictsAbout(key, &out)
			}
		}
		return ErrNotFound
	})
	if err != nil {
		return out, err
	}
	name := out.Group.DisplayName
	there := &policy.GroupFacts{Name: name, Tenant: out.Group.Tenant}
	sent, err := d.store.SentAs(ctx, settings.Info.ID, canonical.Key(name))
	if err != nil {
		return out, err
	}
	if out.Origins, err = d.store.GroupOrigins(ctx, settings.Info.ID, id); err != nil {
		return out, err
	}
	for _, c := range bySlug(settings) {
		f, err := settings.feeder(c, name, there, sent)
		if err != nil {
			return out, err
		}
		out.Connectors = append(out.Connectors, f)
	}
	return out, nil
}

// feeder judges a group's name for one connector, by the rules that its administrators see.
func (s *Settings) feeder(c *Connector, name string, there *policy.GroupFacts, sent []SentAs) (GroupFeeder, error) {
	own := *c.Policy
	if c.Mode != tenants.Live { // settling goes by other rules until then
		rules, err := policy.Compile(c.Rules)
		if err != nil {
			return GroupFeeder{}, err
		}
		own.Rules = rules
	}
	judge := func(name string) GroupVerdict {
		assigned, because := s.Directory.Judge(&own, name, there)
		return GroupVerdict{assigned, because}
	}
	f := GroupFeeder{Connector: c.Slug, Mode: c.Mode, IfSent: judge(name), Mentions: own.Rules.Mentions(name)}
	if given, because := s.Directory.JudgeAlways(&own, name, there); because.Code != "" {
		f.Always = &GroupVerdict{given, because}
	}
	for _, g := range sent {
		if g.Connector == c.ID {
			f.Sends = append(f.Sends, SentGroupJudged{g.Name, g.Members, judge(g.ViewName)})
		}
	}
	return f, nil
}

func bySlug(s *Settings) []*Connector {
	return slices.SortedFunc(maps.Values(s.Connectors), func(a, b *Connector) int { return cmp.Compare(a.Slug, b.Slug) })
}

// conflictsAbout notes the open conflicts between connectors and a group.
func (w *work) conflictsAbout(key string, out *GroupFeeders) error {
	var pairs []Pair
	for _, c := range bySlug(w.settings) {
		pairs = append(pairs, Pair{c.ID, key})
	}
	scene, err := w.tx.Load(w.ctx, Request{Foreign: pairs})
	if err != nil {
		return err
	}
	for _, p := range pairs {
		if open := scene.Foreign[p]; open != nil && !open.Decided {
			out.Conflicts = append(out.Conflicts, GroupConflict{open.ID, w.slug(p.Connector)})
		}
	}
	return nil
}
