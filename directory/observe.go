package directory

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// A connector in observe mode moves nobody. What each of its requests would have done is worked
// out inside the request's transaction and stored with its event:
//
//	the request   says which of its records it touches (observe, observeGroup)
//	before        their people, settled as if the connector were live (suppose)
//	Save          the request's own changes, not yet committed
//	after         the same people once more, who are what the request makes of them
//	the event     gets the difference (compare), and travels with the commit
//
// It reads without locks, so it keeps nobody waiting; what others commit between before and after
// may show in the difference. It costs what the touched people cost, and more of them than a
// request settles inline are only counted: the plan of going live has them.

// observed are the records that a request to an observing connector touches.
type observed struct {
	records []uuid.UUID
	count   int // of them, when there are too many to list

	found map[Keys][]CandidateRow // whom their keys find, as far as it was read
	told  []EventRow              // its events, saved apart from its other changes
}

// unseenError says that the database failed while it was asked what a request would have done.
type unseenError struct{ cause error }

func (e *unseenError) Error() string {
	return fmt.Sprintf("working out what an observed request would have done: %v", e.cause)
}
func (e *unseenError) Unwrap() error { return e.cause }

// observe notes that the request touches user records, if its connector is observing.
func (w *work) observe(records ...uuid.UUID) {
	c := w.settings.Connectors[w.scope.Connector]
	if c == nil || c.Mode != tenants.Observe {
		return
	}
	if w.observed == nil {
		w.observed = &observed{found: make(map[Keys][]CandidateRow)}
	}
	for _, id := range records {
		if !slices.Contains(w.observed.records, id) {
			w.observed.records = append(w.observed.records, id)
		}
	}
}

// observeGroup notes whom a group's change touches: those whose edge comes or goes, and the people
// of inner groups that do.
func (w *work) observeGroup(m memberChange) error {
	if w.observe(); w.observed == nil {
		return nil
	}
	users, count, err := w.observeBelow(groupsOf(slices.Concat(m.add, m.drop)...))
	if err != nil {
		return err
	}
	for _, r := range slices.Concat(m.add, m.drop) {
		if r.Kind == scim.UserKind {
			users = append(users, r.ID)
		}
	}
	if count += len(users); count <= settleInline {
		w.observe(users...)
	} else {
		w.observed.count += count
	}
	return nil
}

// observeBelow finds the people in groups, directly or not, or says how many there are if there
// are too many to list.
func (w *work) observeBelow(groups []uuid.UUID) (users []uuid.UUID, more int, err error) {
	if len(groups) == 0 || w.blind {
		return nil, 0, nil
	}
	scene, err := w.tx.Load(w.ctx, Request{Below: groups, MostMembers: settleInline + 1, Looks: true})
	if err != nil {
		return nil, 0, &unseenError{err}
	}
	if scene.BelowCount > settleInline {
		return nil, scene.BelowCount, nil
	}
	return scene.BelowIDs, 0, nil
}

// observeMembers notes that a group's change touches all its members: its name changes, or it goes.
func (w *work) observeMembers(group uuid.UUID) error {
	if w.observe(); w.observed == nil || w.blind {
		return nil
	}
	scene, err := w.tx.Load(w.ctx, Request{MembersOf: group, Below: []uuid.UUID{group}, MostMembers: settleInline + 1, Looks: true})
	if err != nil {
		return &unseenError{err}
	}
	switch {
	case len(scene.MemberIDs) > settleInline && len(scene.Inside) == 0:
		w.observed.count += scene.MemberCount
	case scene.BelowCount > settleInline:
		w.observed.count += scene.BelowCount
	default:
		w.observe(scene.BelowIDs...)
	}
	return nil
}

// saveObserved saves the changes of an observed request, and with its event what it would have done.
func (w *work) saveObserved() error {
	events := w.changes.Events
	at := slices.IndexFunc(events, func(e EventRow) bool {
		return strings.HasPrefix(e.Action, "record.") && e.Action != "record.tolerated"
	})
	if at < 0 {
		w.tx.Save(w.changes)
		return nil
	}
	w.changes.Events = nil
	would, err := w.wouldHave()
	if err != nil {
		return err
	}
	if events[at].Changes == nil {
		events[at].Changes = make(map[string]any, 1)
	}
	events[at].Changes["would"] = would
	w.tx.Save(&Changes{Events: events, TouchedAt: w.now})
	w.observed.told = events
	return nil
}

// wouldHave saves the request's changes and says what they would have done.
func (w *work) wouldHave() (*Would, error) {
	o, nothing := w.observed, []WouldLine{}
	if people := max(o.count, len(o.records)); people > settleInline || w.blind {
		w.tx.Save(w.changes)
		if w.blind {
			return &Would{Lines: nothing, Undecided: undecidedFailed}, nil
		}
		return &Would{Lines: nothing, People: people}, nil
	}
	c := w.changes
	mayMark := !w.settings.Connectors[w.scope.Connector].Policy.HeldGroups &&
		(c.NewGroup != nil || c.DropGroup != uuid.Nil || c.GroupRecord != nil && !c.GroupRecord.DeletedAt.IsZero())
	if len(o.records) == 0 && !mayMark {
		w.tx.Save(w.changes)
		return &Would{Lines: nothing}, nil
	}
	for _, groups := range []bool{false, true} {
		if _, err := w.d.supposedSettings(w.settings, w.scope.Connector, groups); err != nil {
			w.d.log.Warn("the rules of an observing connector do not compile; save them anew", "connector", w.slug(w.scope.Connector), "error", err)
			w.tx.Save(w.changes)
			return &Would{Lines: nothing, Undecided: undecidedRules}, nil
		}
	}
	var before, after *supposed
	var err error
	if w.changes.NewRecord == nil {
		if before, err = w.suppose(o.records, nil); err != nil {
			return nil, &unseenError{err}
		}
	}
	w.tx.Save(w.changes)
	if after, err = w.suppose(o.records, nil); err != nil {
		return nil, &unseenError{err}
	}
	if before == nil { // a new record has touched nobody
		before = &supposed{groups: after.groups, people: make(map[uuid.UUID]*supposedPerson)}
	}
	if err := w.supposeUnlinked(before, after); err != nil {
		return nil, &unseenError{err}
	}
	return compare(before, after, w.slug), nil
}

// supposeUnlinked asks once more about users whom only one side links a record to, and who have
// another record of the connector: without the link, going live makes of them what that one says.
func (w *work) supposeUnlinked(before, after *supposed) error {
	var users []uuid.UUID
	for _, sides := range [][2]*supposed{{before, after}, {after, before}} {
		for id, x := range sides[0].people {
			if x.links && x.others && sides[1].people[id] == nil {
				users = append(users, id)
			}
		}
	}
	if len(users) == 0 {
		return nil
	}
	without, err := w.suppose(nil, users)
	if err != nil {
		return err
	}
	for id, x := range without.people {
		for _, side := range []*supposed{before, after} {
			if side.people[id] == nil {
				side.people[id] = x
			}
		}
	}
	return nil
}

// supposing are the settings of a directory with one of its connectors live, or several.
type supposing struct {
	epoch int64
	live  map[supposedKey]*Settings
}

type supposedKey struct {
	connector uuid.UUID
	groups    bool // it holds group records
}

// supposedSettings are the settings that would hold with the connector live. They are compiled
// once for each epoch.
func (d *Directory) supposedSettings(now *Settings, connector uuid.UUID, groups bool) (*Settings, error) {
	key := supposedKey{connector, groups}
	d.mu.Lock()
	known := d.supposing[now.Info.ID]
	if known != nil && known.epoch == now.Epoch && known.live[key] != nil {
		defer d.mu.Unlock()
		return known.live[key], nil
	}
	d.mu.Unlock()
	world, err := imagine(now, connector, goingLive, groups)
	if err != nil {
		return nil, err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if known = d.supposing[now.Info.ID]; known == nil || known.epoch < now.Epoch {
		known = &supposing{epoch: now.Epoch, live: make(map[supposedKey]*Settings)}
		d.supposing[now.Info.ID] = known
	}
	if known.epoch == now.Epoch {
		known.live[key] = world.settings
	}
	return world.settings, nil
}
