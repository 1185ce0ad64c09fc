package directory

import (
	"cmp"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// A connector that comes upon a group of somebody else's shows one conflict, however many of its
// people are in it. Whether there is one does not depend on the person (policy.ConflictForeignGroup),
// so whoever is settled may open it, or withdraw it when it is so no more:
//
//	a member comes, or is settled again    what its decision says, for every group of its views
//	members go                             the conflict goes with the last: one look at the index
//	the group comes into being             one member of each such group record is settled
//	rules, modes, sharedGroups change      everybody is settled; groups without members are swept

// Pair is a connector and a group of the directory, by its key.
type Pair struct {
	Connector uuid.UUID
	Key       string
}

// ForeignRow is the conflict between a connector and a group that it may not feed. In the table of
// conflicts the connector itself stands in the place of the record.
type ForeignRow struct {
	ID      uuid.UUID
	Decided bool // an administrator refused it: it stays, and is not shown
}

// Apart names pairs that members have left. The conflict goes unless others are still there;
// where alwaysAssign names the group, unless the connector has any record left.
type Apart struct {
	Pair
	Always bool
}

// Rivals are what else may ask for a group that came into being, or came to a name.
type Rivals struct {
	Tenant     uuid.UUID // whose the group is; zero: nobody's
	Key        string
	Connectors []uuid.UUID // of others, whose alwaysAssign names it
}

// settleForeign opens and withdraws the conflicts between the connectors of records and groups.
func (w *work) settleForeign(records []*RecordRow, d policy.Decision) error {
	met := make(map[Pair]policy.Conflict)
	for _, c := range d.Conflicts {
		if c.Kind == policy.ConflictForeignGroup {
			met[Pair{w.connectorID(c.Connector), canonical.Key(c.Group)}] = c
		}
	}
	pairs, unread := w.pairs(records, met)
	if len(unread) > 0 {
		scene, err := w.tx.Load(w.ctx, Request{Foreign: unread})
		if err != nil {
			return err
		}
		for _, p := range unread {
			w.foreign[p] = scene.Foreign[p]
			pairs[p] = w.foreign[p]
		}
	}
	order := make([]Pair, 0, len(pairs))
	for p := range pairs {
		order = append(order, p)
	}
	slices.SortFunc(order, func(a, b Pair) int {
		return cmp.Or(slices.Compare(a.Connector[:], b.Connector[:]), cmp.Compare(a.Key, b.Key))
	})
	for _, p := range order {
		c, is := met[p]
		switch row := pairs[p]; {
		case is && row == nil:
			w.openForeign(p, c)
		case is && !row.Decided && len(w.changes.AddEdges) > 0:
			// Whoever takes the last member away at this moment does not see the one that comes.
			w.changes.Foreign = append(w.changes.Foreign, w.foreignConflict(p, row.ID, c))
		case !is && row != nil && !row.Decided:
			w.changes.Withdraw = append(w.changes.Withdraw, row.ID)
			w.foreign[p] = nil
		}
	}
	return nil
}

// pairs are the pairs that the records are about, with the conflicts that there are, and those of
// them that were not read yet. alwaysAssign is looked at where it matters: where it is foreign,
// and where the workers come by after a change of rules or settings.
func (w *work) pairs(records []*RecordRow, met map[Pair]policy.Conflict) (pairs map[Pair]*ForeignRow, unread []Pair) {
	pairs = make(map[Pair]*ForeignRow)
	note := func(p Pair, row *ForeignRow, read bool) {
		if _, twice := pairs[p]; twice {
			return
		}
		if known, there := w.foreign[p]; there {
			row, read = known, true
		}
		if read {
			if _, is := met[p]; is || row != nil {
				pairs[p] = row
			}
		} else if !slices.Contains(unread, p) {
			unread = append(unread, p)
		}
	}
	for _, r := range records {
		if r.ViewState == NoView || r.ViewState == ViewState(policy.Deleted) {
			continue
		}
		for _, g := range r.Groups {
			p := Pair{r.Connector, g.Key}
			if _, is := met[p]; is || !g.Unread {
				note(p, g.Foreign, !g.Unread)
			}
		}
		if c := w.settings.Connectors[r.Connector]; c != nil && w.scope.Connector == uuid.Nil {
			for _, key := range c.Policy.Rules.AlwaysNames() {
				note(Pair{r.Connector, key}, nil, false)
			}
		}
	}
	for p := range met {
		note(p, nil, false)
	}
	return pairs, unread
}

func (w *work) foreignConflict(p Pair, id uuid.UUID, c policy.Conflict) ConflictRow {
	row := ConflictRow{
		ID: id, Directory: w.scope.Directory, Connector: p.Connector, Record: p.Connector, Kind: c.Kind, Subject: p.Key,
		Detail: ConflictDetail{GroupName: c.Group, Sentence: w.conflictSentence(c)}, Created: w.now,
	}
	if fact := w.facts[p.Key]; fact != nil {
		row.Group = fact.ID
	}
	return row
}

func (w *work) openForeign(p Pair, c policy.Conflict) {
	row := w.foreignConflict(p, newID(), c)
	w.foreign[p] = &ForeignRow{ID: row.ID}
	w.changes.Foreign = append(w.changes.Foreign, row)
	w.event("directory.conflict.opened", EventRow{Connector: p.Connector, Group: row.Group, Changes: map[string]any{"kind": c.Kind, "group": c.Group}})
}

// depart notes that members of a connector left groups. Only where a group is foreign to it, which
// is known without a look, there may be a conflict that goes with them.
func (w *work) depart(connector uuid.UUID, keys ...string) {
	c := w.settings.Connectors[connector]
	if c == nil {
		return
	}
	always := c.Policy.Rules.AlwaysNames()
	for _, key := range keys {
		fact, known := w.facts[key]
		if key == "" || known && (fact == nil || w.settings.Directory.MayFeed(c.Tenant, policy.GroupFacts{Name: fact.Name, Tenant: w.tenantName(fact.Tenant)})) {
			continue
		}
		apart := Apart{Pair{connector, key}, slices.Contains(always, key)}
		if !slices.Contains(w.changes.Apart, apart) {
			w.changes.Apart = append(w.changes.Apart, apart)
		}
	}
}

// departAll does so for a record that goes: its groups, and those that alwaysAssign names.
func (w *work) departAll(r *RecordRow) {
	w.depart(r.Connector, viewedKeys([]*RecordRow{r})...)
	if c := w.settings.Connectors[r.Connector]; c != nil {
		w.depart(r.Connector, c.Policy.Rules.AlwaysNames()...)
	}
}

// meetRivals has others settled to whom a group is foreign from now on.
func (w *work) meetRivals(g GroupFact) {
	if w.settings.Info.Tenants <= 1 {
		return
	}
	r := Rivals{Tenant: g.Tenant, Key: g.Key}
	for _, id := range sortedIDs(w.settings.Connectors) {
		if c := w.settings.Connectors[id]; c.TenantID != g.Tenant && slices.Contains(c.Policy.Rules.AlwaysNames(), g.Key) {
			r.Connectors = append(r.Connectors, id)
		}
	}
	w.changes.Rivals = append(w.changes.Rivals, r)
}
