package directory

import (
	"cmp"
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// Trying is a Store on which something can be done to the end and then undone.
type Trying interface {
	// Try runs f on a Store of which everything is one transaction. It is rolled back at the end,
	// whatever f returns: a write in it is read again by what follows, and by nobody else. A
	// Write in it that fails, or runs again, takes back what it did, and nothing that was before.
	Try(ctx context.Context, f func(Store) error) error
}

// CodeNotTried is the code of a *RefusedError for a request that cannot be tried.
const CodeNotTried = "notTried"

// TrialRequest is a SCIM request to try: the path lies below the connector's base URL.
type TrialRequest struct {
	Method, Path string
	Header       http.Header
	Body         []byte
	ID           string // of the request, for the events it would make
}

// TrialResponse is what the request would be answered.
type TrialResponse struct {
	Status int
	Header http.Header
	Body   []byte
	Cut    bool // the body is longer than what is kept of it
}

// Trial is what a request would be answered and would do. Ids and times are made as for a real
// request, and will be others then.
type Trial struct {
	Response  TrialResponse
	Records   []TriedRecord
	Decisions []TriedDecision
	Events    []Event // what the audit would say, in order
	Queued    int     // records that workers would settle; -1 when all members of a group, or all of a connector's records
}

// TriedRecord is a record as it would be stored.
type TriedRecord struct {
	Kind                         scim.Kind
	ID                           uuid.UUID
	State                        policy.State // of a user's record
	Deleted                      bool
	Version                      int64           // 0 where members alone change
	JSON                         json.RawMessage // nil where members alone change
	MembersAdded, MembersRemoved []string        // record ids, and values that name nobody yet
}

// TriedDecision is what would be decided about one user.
type TriedDecision struct {
	User    User // as it is before; without an id for one that would be made
	Creates bool
	Status  policy.Status
	Because policy.Reason
	Lines   []TriedLine
}

// TriedLine is the verdict about one group.
type TriedLine struct {
	Group   string
	Member  bool // would be, after the request
	Was     bool // is, before it
	Because policy.Reason
}

// Try carries f's changes out to the end, in a transaction that is rolled back. Nothing else of
// them is there afterwards: no worker is woken, no cache has seen them.
func (d *Directory) Try(ctx context.Context, f func(Records) error) (Trial, error) {
	var t Trial
	err := d.store.Try(ctx, func(s Store) error {
		seen := &tried{Store: s}
		in := New(seen, Options{Now: d.now, Log: d.log})
		in.watch = seen.decided
		if err := f(maskedRecords{in, in}); err != nil {
			return err
		}
		t = seen.trial()
		if err := seen.maskRecords(ctx, t.Records); err != nil {
			return err
		}
		if err := in.nameWould(ctx, t.Events); err != nil {
			return err
		}
		return seen.nameConnectors(ctx, t.Events)
	})
	return t, err
}

// tried is the Store of a trial, which remembers what was written through it.
type tried struct {
	Store
	directory uuid.UUID
	connector uuid.UUID
	saved     []*Changes
	decisions []TriedDecision
}

// Write remembers nothing of a run of f that failed, or that the database had run again.
func (t *tried) Write(ctx context.Context, sc Scope, f func(Tx) error) error {
	saved, decisions := len(t.saved), len(t.decisions)
	forget := func() { t.saved, t.decisions = t.saved[:saved], t.decisions[:decisions] }
	err := t.Store.Write(ctx, sc, func(tx Tx) error {
		forget()
		t.directory, t.connector = sc.Directory, sc.Connector
		return f(triedTx{tx, t})
	})
	if err != nil {
		forget()
	}
	return err
}

type triedTx struct {
	Tx
	*tried
}

func (t triedTx) Save(c *Changes) {
	t.saved = append(t.saved, c)
	t.Tx.Save(c)
}

// decided remembers a decision about a person, before anything of it is carried out.
func (t *tried) decided(p *Person, d *policy.Decision) {
	out := TriedDecision{User: p.User.user(len(p.Records) == 0), Creates: d.Create, Status: d.Status, Because: d.StatusBecause}
	if p.User.Version == 0 {
		out.User.ID = uuid.Nil
		out.User.UserName, _ = d.Attributes["userName"].(string)
		out.User.UserName = cmp.Or(out.User.UserName, p.Records[0].document().UserName())
	}
	held := make(map[string]bool, len(p.Held))
	for _, m := range p.Held {
		held[m.Group.Key] = true
	}
	for _, v := range d.Verdicts {
		_, member := targetOf(*d, v.Key)
		out.Lines = append(out.Lines, TriedLine{Group: v.Name, Member: member, Was: held[v.Key], Because: v.Because})
	}
	t.decisions = append(t.decisions, out)
}

// trial is what was remembered, as the outside reads it.
func (t *tried) trial() Trial {
	out := Trial{Decisions: t.decisions}
	for _, c := range t.saved {
		out.Records = append(out.Records, c.triedRecords()...)
		out.Queued += len(c.Queue)
		if c.QueueAll != nil {
			out.Queued = -1
		}
		for _, e := range c.Events {
			changes := json.RawMessage("{}")
			if len(e.Changes) > 0 {
				changes = mustJSON(e.Changes)
			}
			out.Events = append(out.Events, Event{ID: e.ID, Time: e.Time, ActorType: e.ActorType, Actor: e.Actor, Action: e.Action,
				Connector: e.Connector.String(), User: e.User, Group: e.Group, Record: e.Record, Request: e.Request, Changes: changes})
		}
	}
	return out
}

// maskRecords masks what the connector calls sensitive.
func (t *tried) maskRecords(ctx context.Context, records []TriedRecord) error {
	if len(records) == 0 {
		return nil
	}
	settings, err := t.Settings(ctx, t.directory)
	if err != nil {
		return err
	}
	for i, r := range records {
		if r.Kind == scim.UserKind {
			records[i].JSON = masked(r.JSON, settings.sensitive(t.connector))
		}
	}
	return nil
}

// nameConnectors puts slugs in the place of ids.
func (t *tried) nameConnectors(ctx context.Context, events []Event) error {
	if len(events) == 0 {
		return nil
	}
	settings, err := t.Settings(ctx, t.directory)
	if err != nil {
		return err
	}
	for i := range events {
		c := settings.Connectors[idOf(events[i].Connector)]
		events[i].Connector = ""
		if c != nil {
			events[i].Connector = c.Slug
		}
	}
	return nil
}

// triedRecords are the records that changes would store.
func (c *Changes) triedRecords() []TriedRecord {
	var out []TriedRecord
	for _, r := range []*RecordRow{c.NewRecord, c.Record} {
		if r != nil {
			out = append(out, TriedRecord{Kind: scim.UserKind, ID: r.ID, State: r.State, Deleted: r.State == policy.Deleted, Version: r.Version, JSON: r.JSON})
		}
	}
	for _, g := range []*GroupRow{c.NewGroup, c.GroupRecord} {
		if g != nil {
			out = append(out, TriedRecord{Kind: scim.GroupKind, ID: g.ID, Deleted: !g.DeletedAt.IsZero(), Version: g.Version, JSON: g.JSON})
		}
	}
	group := func(id uuid.UUID) *TriedRecord {
		for i := range out {
			if out[i].ID == id {
				return &out[i]
			}
		}
		out = append(out, TriedRecord{Kind: scim.GroupKind, ID: id})
		return &out[len(out)-1]
	}
	if c.DropGroup != uuid.Nil {
		group(c.DropGroup).Deleted = true
	}
	for _, e := range c.AddEdges {
		g := group(e.Group)
		g.MembersAdded = append(g.MembersAdded, e.Member.String())
	}
	for _, a := range c.AddUnresolved {
		g := group(a.Group)
		g.MembersAdded = append(g.MembersAdded, a.Value)
	}
	for _, list := range [][]EdgeKey{c.DropEdges, c.SayNoMore} {
		for _, e := range list {
			g := group(e.Group)
			g.MembersRemoved = append(g.MembersRemoved, e.Member.String())
		}
	}
	for _, a := range c.DropUnresolved {
		g := group(a.Group)
		g.MembersRemoved = append(g.MembersRemoved, a.Value)
	}
	return out
}
