package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// lookingTx reads what its transaction has written so far, for one supposition, and neither locks
// nor writes. What linking asks for newcomer by newcomer it reads for all of them at once:
//
//	candidates   once for a request: it moves no user, nor another record of one
//	their people once for a supposition; whoever asks gets them as they were read, and first
type lookingTx struct {
	Tx
	epoch int64
	found map[Keys][]CandidateRow // whom keys find

	wanted []uuid.UUID           // users that candidates name, and that nobody has read yet
	ahead  *Scene                // what was read of them at once
	people map[uuid.UUID]*Person // those of ahead whom nobody has asked for yet
}

// Load reads without a lock.
func (t *lookingTx) Load(ctx context.Context, r Request) (*Scene, error) {
	r.Looks, r.Exclusive = true, false
	if scene := t.candidates(r); scene != nil {
		t.want(scene.Candidates)
		return scene, nil
	}
	if onlyPeople(r) && len(t.wanted) > 1 {
		if err := t.readAhead(ctx, r.Advanced); err != nil {
			return nil, err
		}
	}
	if scene := t.peopleAhead(r); scene != nil {
		return scene, nil
	}
	scene, err := t.Tx.Load(ctx, r)
	if err != nil {
		return nil, err
	}
	for _, k := range r.Candidates {
		t.found[k] = nil
		for _, c := range scene.Candidates {
			if c.For == k.Record {
				t.found[k] = append(t.found[k], c)
			}
		}
	}
	t.want(scene.Candidates)
	return scene, nil
}

// candidates answers a request for nothing but candidates that are known; nil for any other.
func (t *lookingTx) candidates(r Request) *Scene {
	if len(r.Candidates) == 0 || len(r.Users)+len(r.Records)+len(r.MemberValues)+len(r.GroupKeys)+len(r.GroupIDs)+len(r.Foreign) > 0 {
		return nil
	}
	scene := &Scene{Epoch: t.epoch}
	for _, k := range r.Candidates {
		found, known := t.found[k]
		if !known {
			return nil
		}
		scene.Candidates = append(scene.Candidates, found...)
	}
	return scene
}

func (t *lookingTx) want(candidates []CandidateRow) {
	for _, c := range candidates {
		t.wanted = append(t.wanted, c.User)
	}
}

// onlyPeople says whether users are all that a request asks for.
func onlyPeople(r Request) bool {
	return len(r.Users) > 0 && len(r.Records)+len(r.MemberValues)+len(r.Candidates)+len(r.GroupKeys)+len(r.GroupIDs)+len(r.Foreign) == 0
}

// readAhead reads the people whom candidates name. Of those who were read before, what was not
// asked for yet is read again.
func (t *lookingTx) readAhead(ctx context.Context, advanced uuid.UUID) (err error) {
	slices.SortFunc(t.wanted, func(a, b uuid.UUID) int { return slices.Compare(a[:], b[:]) })
	users := slices.Compact(t.wanted)
	t.wanted = nil
	if t.ahead, err = t.Tx.Load(ctx, Request{Users: users, Advanced: advanced, Looks: true}); err != nil {
		return err
	}
	t.people = make(map[uuid.UUID]*Person, len(t.ahead.People))
	for id, p := range t.ahead.People {
		t.people[id] = p
	}
	return nil
}

// peopleAhead answers a request for people who were read ahead, once each: settling changes what
// it gets. Nil when one of them has to be read.
func (t *lookingTx) peopleAhead(r Request) *Scene {
	if !onlyPeople(r) {
		return nil
	}
	scene := &Scene{Epoch: t.epoch, People: make(map[uuid.UUID]*Person, len(r.Users))}
	for _, id := range r.Users {
		p := t.people[id]
		if p == nil {
			return nil
		}
		scene.People[id] = p
	}
	scene.Conflicts = make(map[uuid.UUID][]ConflictRow)
	for id, p := range scene.People {
		delete(t.people, id)
		for _, rec := range p.Records {
			scene.Conflicts[rec.ID] = t.ahead.Conflicts[rec.ID]
		}
	}
	scene.Facts, t.ahead.Facts = t.ahead.Facts, nil // told once, they are known
	return scene
}

// Save saves nothing.
func (*lookingTx) Save(*Changes) {}
