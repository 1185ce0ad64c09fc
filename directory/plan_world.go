package directory

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// world is the directory as a draft would have it, batch after batch: the settings with the draft
// compiled in, and the people whom the batches so far would have made, linked, renamed or
// deleted. It keeps only those whom a later newcomer could meet, as a few words each.
type world struct {
	settings *Settings
	draft    Draft
	of       uuid.UUID // the connector
	people   map[uuid.UUID]*imagined
	byKey    map[string][]uuid.UUID // kind:value of those in people

	former *policy.RuleSet // by which the groups have the names that they are read by
	naming *naming         // how the draft calls them; nil: as they are read
	named  bool            // naming was asked for
}

// imagined is a person as the plan would have it.
type imagined struct {
	user   UserRow     // without documents
	fresh  bool        // the plan makes it
	linked []uuid.UUID // records that the plan links to it
}

// imagine makes the world of a draft from what holds now. groups says whether the connector
// holds group records.
func imagine(now *Settings, connector uuid.UUID, draft Draft, groups bool) (*world, error) {
	settings := *now
	settings.Connectors = make(map[uuid.UUID]*Connector, len(now.Connectors))
	for id, c := range now.Connectors {
		settings.Connectors[id] = c
	}
	c := *now.Connectors[connector]
	compiled := *c.Policy
	rules := c.Settled
	switch {
	case draft.Rules != nil:
		c.Rules = *draft.Rules
		if c.Mode == tenants.Live {
			rules = c.Rules
		}
	case draft.Mode == tenants.Live:
		c.Mode, rules = tenants.Live, c.Rules
		compiled.HeldGroups = compiled.HeldGroups || groups
	case draft.Retire != "":
		rules = retired(c.Settled, draft)
	}
	if c.Mode == tenants.Live || draft.Retire != "" {
		compiled.StillSince = time.Time{}
	}
	var err error
	if compiled.Rules, err = policy.Compile(rules); err != nil {
		return nil, err
	}
	c.Settled, c.Policy = rules, &compiled
	settings.Connectors[connector] = &c
	return &world{settings: &settings, draft: draft, of: connector, former: now.Connectors[connector].Policy.Rules,
		people: make(map[uuid.UUID]*imagined), byKey: make(map[string][]uuid.UUID)}, nil
}

// moves says whether the draft moves anybody: while a connector is not live, its rules wait.
func (r Draft) moves(c *Connector) bool {
	switch {
	case r.Rules != nil:
		return c.Mode == tenants.Live
	case r.Mode != "":
		return r.Mode == tenants.Live && c.Mode != tenants.Live
	}
	return true
}

// imaginedTx is a transaction that reads the world of a draft: views are advanced as it reads
// them, and what former batches would have written is put over what the database has.
type imaginedTx struct {
	Tx
	*world
	read **Scene // what the first Load finds, when it was read ahead
}

// Settings come with the world. Asked for means that those of the database have moved.
func (t imaginedTx) Settings(context.Context) (*Settings, error) { return nil, errMoved }

// Load reads what r asks for as the draft would have it.
func (t imaginedTx) Load(ctx context.Context, r Request) (*Scene, error) {
	if t.draft.Mode == tenants.Live {
		r.Advanced = t.of
	}
	var fresh []uuid.UUID
	r.Users = slices.DeleteFunc(slices.Clone(r.Users), func(id uuid.UUID) bool {
		made := t.people[id] != nil && t.people[id].fresh
		if made {
			fresh = append(fresh, id)
		}
		return made
	})
	scene := *t.read
	if *t.read = nil; scene == nil {
		var err error
		if scene, err = t.Tx.Load(ctx, r); err != nil {
			return nil, err
		}
	}
	if err := t.name(ctx, scene); err != nil {
		return nil, err
	}
	for _, rec := range scene.Records {
		t.move(rec)
	}
	for _, p := range scene.People {
		for _, rec := range p.Records {
			t.move(rec)
		}
		if err := t.recall(ctx, p); err != nil {
			return nil, err
		}
	}
	for _, id := range fresh {
		p := &Person{User: t.people[id].user}
		if err := t.recall(ctx, p); err != nil {
			return nil, err
		}
		scene.People[id] = p
	}
	t.meet(scene, r.Candidates)
	return scene, nil
}

// name gives the groups of a scene the names of the draft.
func (t imaginedTx) name(ctx context.Context, scene *Scene) error {
	if !t.named {
		naming, err := namingOf(ctx, t.Tx, t.of, t.former, t.settings.Connectors[t.of].Policy.Rules, t.draft.Mode == tenants.Live)
		if err != nil {
			return err
		}
		t.world.naming, t.named = naming, true
	}
	if t.naming == nil {
		return nil
	}
	return t.naming.apply(ctx, t.Tx, t.of, scene)
}

// move advances the view of a record as the draft does.
func (t imaginedTx) move(r *RecordRow) {
	if r.Connector != t.of {
		return
	}
	switch {
	case t.draft.Mode == tenants.Live:
		r.advance()
	case t.draft.Retire != "":
		r.bury(time.Time{})
	}
}

// recall puts what the plan has done to a person over what was read.
func (t imaginedTx) recall(ctx context.Context, p *Person) error {
	known := t.people[p.User.ID]
	if known == nil {
		return nil
	}
	u := known.user
	p.User.UserName, p.User.UserNameKey, p.User.EmailKey, p.User.Status = u.UserName, u.UserNameKey, u.EmailKey, u.Status
	if len(known.linked) == 0 {
		return nil
	}
	r := Request{Records: known.linked}
	if t.draft.Mode == tenants.Live {
		r.Advanced = t.of
	}
	scene, err := t.Tx.Load(ctx, r)
	if err == nil {
		err = t.name(ctx, scene)
	}
	if err != nil {
		return err
	}
	for _, id := range sortedIDs(scene.Records) {
		r := scene.Records[id]
		t.move(r)
		r.User = p.User.ID
		p.Records = append(p.Records, r)
	}
	return nil
}

// meet adds the people whom the plan has brought under a key to the candidates that the database
// found, and takes away those who have left it.
func (t imaginedTx) meet(scene *Scene, keys []Keys) {
	if len(t.people) == 0 {
		return
	}
	of := make(map[uuid.UUID]Keys, len(keys))
	for _, k := range keys {
		of[k.Record] = k
	}
	scene.Candidates = slices.DeleteFunc(scene.Candidates, func(c CandidateRow) bool {
		known, k := t.people[c.User], of[c.For]
		return known != nil && (c.By == "userName" && known.user.UserNameKey != k.UserName || c.By == "email" && known.user.EmailKey != k.Email)
	})
	for _, k := range keys {
		for by, value := range map[string]string{"userName": k.UserName, "email": k.Email} {
			for _, id := range t.byKey[by+":"+value] {
				row := CandidateRow{For: k.Record, User: id, By: by}
				if !slices.Contains(scene.Candidates, row) {
					scene.Candidates = append(scene.Candidates, row)
				}
			}
		}
	}
}

// note remembers a person whom the plan makes, links, renames or deletes.
func (wd *world) note(before UserRow, p *Person, linked []uuid.UUID) {
	after := p.User
	known := wd.people[after.ID]
	same := before.UserNameKey == after.UserNameKey && before.EmailKey == after.EmailKey &&
		(before.Status == policy.UserDeleted) == (after.Status == policy.UserDeleted)
	if before.Version > 0 && same && len(linked) == 0 && known == nil {
		return
	}
	if known == nil {
		known = &imagined{fresh: before.Version == 0}
		wd.people[after.ID] = known
	} else {
		wd.forget(known)
	}
	known.user = UserRow{ID: after.ID, Directory: after.Directory, UserName: after.UserName, UserNameKey: after.UserNameKey,
		EmailKey: after.EmailKey, Status: after.Status, Version: max(1, after.Version)}
	known.linked = append(known.linked, linked...)
	for _, key := range known.keys() {
		wd.byKey[key] = append(wd.byKey[key], after.ID)
	}
}

func (wd *world) forget(p *imagined) {
	for _, key := range p.keys() {
		wd.byKey[key] = slices.DeleteFunc(wd.byKey[key], func(id uuid.UUID) bool { return id == p.user.ID })
	}
}

func (p *imagined) keys() []string {
	keys := []string{"userName:" + p.user.UserNameKey}
	if p.user.EmailKey != "" {
		keys = append(keys, "email:"+p.user.EmailKey)
	}
	return keys
}

// bury makes a tombstone of a record as a retirement does: nobody's request deleted it.
func (r *RecordRow) bury(at time.Time) {
	if r.State == policy.Deleted {
		return
	}
	r.LastInactive = r.State == policy.Inactive
	r.State, r.DeletedAt = policy.Deleted, at
	if r.ViewState != NoView {
		r.ViewState = ViewState(policy.Deleted)
	}
	r.Groups = nil
}
