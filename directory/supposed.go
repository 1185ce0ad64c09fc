package directory

import (
	"encoding/json"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// supposed is what going live would make of the people of some of an observing connector's
// records, as the transaction sees them at one moment. It comes about as a line of the plan of
// going live does: the same world, settled by the same steps, and nothing of it is written.
type supposed struct {
	people    map[uuid.UUID]*supposedPerson // by user; by record where going live would make the user
	left      map[uuid.UUID]policy.Reason   // records that would have no say, and no user
	conflicts map[uuid.UUID][]string        // kinds of those that would open, by record
	groups    bool                          // the connector would count as one that sends groups
}

// supposedPerson is one person as the directory has it, and as going live would have it.
type supposedPerson struct {
	user      uuid.UUID // zero: going live would make it
	record    uuid.UUID // of the connector
	links     bool      // going live would link the record to it
	others    bool      // it has another record of the connector, be it a tombstone
	now, then standing
}

// standing is what a directory holds of a person.
type standing struct {
	exists   bool
	status   policy.Status
	because  policy.Reason
	profile  json.RawMessage
	groups   map[string]place   // by key
	kept     map[string]keptOut // by key: groups that the IdP sends and that are not given
	decision *policy.Decision   // nil: as it is now
}

// place is a membership.
type place struct {
	name     string
	because  policy.Reason
	supports []Support
}

// keptOut is a group that a verdict keeps a person out of.
type keptOut struct {
	name    string
	because policy.Reason
}

// goingLive is the draft that observing supposes.
var goingLive = Draft{Mode: tenants.Live}

// suppose settles the people of the connector's records, and users besides, in the world in which
// the connector is live.
func (w *work) suppose(records, users []uuid.UUID) (*supposed, error) {
	connector := w.settings.Connectors[w.scope.Connector]
	tx := &lookingTx{Tx: w.tx, epoch: w.settings.Epoch, found: w.observed.found}
	settings, err := w.d.supposedSettings(w.settings, connector.ID, true)
	if err != nil {
		return nil, err
	}
	names := settings.Connectors[connector.ID].Policy.Rules.Names()
	whom := Request{Records: records, Users: users, GroupKeys: names, Advanced: connector.ID, CountGroups: !connector.Policy.HeldGroups}
	for _, r := range []*RecordRow{w.changes.NewRecord, w.changes.Record} { // whom it finds comes along
		if r != nil && r.User == uuid.Nil && len(records) > 0 {
			said := *r
			said.advance()
			whom.Candidates = []Keys{said.keys()}
		}
	}
	scene, err := tx.Load(w.ctx, whom)
	if err != nil {
		return nil, err
	}
	s := &supposed{people: make(map[uuid.UUID]*supposedPerson), left: make(map[uuid.UUID]policy.Reason), conflicts: make(map[uuid.UUID][]string),
		groups: connector.Policy.HeldGroups || scene.GroupCount > 0}
	if settings, err = w.d.supposedSettings(w.settings, connector.ID, s.groups); err != nil {
		return nil, err
	}
	world := &world{settings: settings, draft: goingLive, of: connector.ID, people: make(map[uuid.UUID]*imagined), byKey: make(map[string][]uuid.UUID)}
	facts, pairs := make(map[string]*GroupFact), make(map[Pair]*ForeignRow)
	for len(records)+len(users) > 0 {
		in := newWork(w.d, w.ctx, imaginedTx{tx, world, &scene}, Scope{Directory: w.scope.Directory}, worker)
		in.now, in.settings, in.facts, in.foreign = w.now, world.settings, facts, pairs
		in.changes.TouchedAt = w.now
		again, err := s.settle(in, world, Request{Records: records, Users: users, GroupKeys: names})
		if err != nil {
			return nil, err
		}
		if len(again) == len(records) && len(users) == 0 {
			break // they wait for each other
		}
		records, users = again, nil
	}
	return s, nil
}

// settle settles some people, and returns the records that have to come again: newcomers that met
// somebody of their own round.
func (s *supposed) settle(w *work, world *world, whom Request) (again []uuid.UUID, err error) {
	type met struct {
		*supposedPerson
		person *Person
		before UserRow
	}
	seen := make(map[uuid.UUID]met)
	w.watch = func(p *Person, d *policy.Decision) {
		seen[p.User.ID] = met{s.meet(w, world, p, d, whom.Records), p, p.User}
	}
	scene, err := w.load(whom)
	if err != nil {
		return nil, err
	}
	if err := w.settleScene(scene); err != nil {
		return nil, err
	}
	linked := make(map[uuid.UUID][]uuid.UUID)
	for _, id := range sortedIDs(scene.Records) {
		if r := scene.Records[id]; r.User != uuid.Nil {
			linked[r.User] = append(linked[r.User], id)
		}
	}
	for _, id := range sortedIDs(seen) {
		x := seen[id]
		x.links = x.links || x.user != uuid.Nil && len(linked[id]) > 0
		x.others = slices.ContainsFunc(x.person.Records, func(r *RecordRow) bool { return r.Connector == world.of && !slices.Contains(linked[id], r.ID) })
		x.conclude(w, x.person)
		world.note(x.before, x.person, linked[id])
	}
	for _, c := range w.changes.Conflicts {
		if slices.Contains(whom.Records, c.Record) && c.Decision == "" {
			s.conflicts[c.Record] = append(s.conflicts[c.Record], c.Kind)
		}
	}
	for _, q := range w.changes.Queue {
		if r := scene.Records[q.Record]; r != nil && r.User == uuid.Nil && !q.Due.After(w.now) {
			again = append(again, q.Record)
		}
	}
	return again, s.leaveOut(w, scene)
}

// leaveOut notes the records that have no user because they have no say.
func (s *supposed) leaveOut(w *work, scene *Scene) error {
	for _, id := range sortedIDs(scene.Records) {
		r := scene.Records[id]
		if r.User != uuid.Nil {
			continue
		}
		in, err := w.input(&Person{Records: []*RecordRow{r}})
		if err != nil {
			return err
		}
		if because, silent := policy.Decide(in).Silent[id.String()]; silent {
			s.left[id] = because
		}
	}
	return nil
}

// meet notes a person as it is before its decision is carried out.
func (s *supposed) meet(w *work, world *world, p *Person, d *policy.Decision, records []uuid.UUID) *supposedPerson {
	x := &supposedPerson{user: p.User.ID}
	if known := world.people[p.User.ID]; p.User.Version == 0 || known != nil && known.fresh {
		x.user = uuid.Nil
	}
	x.now = standing{exists: x.user != uuid.Nil, status: p.User.Status, profile: p.User.JSON, groups: make(map[string]place, len(p.Held))}
	for _, m := range p.Held {
		x.now.groups[m.Group.Key] = place{m.Group.Name, w.reasonOf(m.Supports[0]), m.Supports}
	}
	x.then = standing{because: d.StatusBecause, decision: d, kept: make(map[string]keptOut)}
	sent := make(map[string]bool)
	for _, r := range p.Records {
		if r.Connector != world.of {
			continue
		}
		if x.record == uuid.Nil || slices.Contains(records, r.ID) && r.State != policy.Deleted {
			x.record = r.ID
		}
		for _, key := range viewedKeys([]*RecordRow{r}) {
			sent[key] = true
		}
	}
	slug := w.slug(world.of)
	for _, v := range d.Verdicts {
		if !v.Admitted && v.Connector == slug && sent[v.Key] {
			x.then.kept[v.Key] = keptOut{v.Name, v.Because}
		}
	}
	if former := s.people[x.key()]; former != nil { // from an earlier round
		x.now, x.links = former.now, former.links
	}
	s.people[x.key()] = x
	return x
}

// key is what tells the person from others: a user that would be made has no id that lasts.
func (x *supposedPerson) key() uuid.UUID {
	if x.user == uuid.Nil {
		return x.record
	}
	return x.user
}

// conclude notes the person as its decision, carried out, has left it.
func (x *supposedPerson) conclude(w *work, p *Person) {
	x.then.exists = p.User.Version > 0
	x.then.status, x.then.profile = p.User.Status, p.User.JSON
	x.then.groups = maps.Clone(x.now.groups)
	for _, m := range w.changes.Hold {
		if m.User == p.User.ID {
			x.then.groups[m.Group.Key] = place{m.Group.Name, w.reasonOf(m.Supports[0]), m.Supports}
		}
	}
	for _, m := range w.changes.Drop {
		if m.User == p.User.ID {
			delete(x.then.groups, m.Group.Key)
		}
	}
}
