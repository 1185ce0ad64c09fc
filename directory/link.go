package directory

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Kinds of conflicts that linking finds; those that decisions find are policy's.
const (
	ConflictAmbiguous   = "ambiguousMatch"   // keys find different users
	ConflictForeignUser = "foreignUser"      // the match belongs to another tenant
	ConflictLocalUser   = "localUser"        // the match is local and may not be adopted by itself
	ConflictGuarded     = "guardedUser"      // the match is protected or blocked
	ConflictRecycled    = "recycledUserName" // the match is a former user with other identifiers
	ConflictSecond      = "secondRecord"     // the match has a record of this connector already and the name is taken
)

// Decisions about a conflict. Unlinked is what remains of a link that was taken apart.
const (
	DecisionLink         = "link"
	DecisionKeepSeparate = "keepSeparate"
	DecisionRefuse       = "refuse"
	DecisionUnlinked     = "unlinked"
)

// settleUnlinked settles a record that has no user yet. When its view counts for the first
// time it finds its person or makes one; until then nothing happens. candidates are the users that its keys find.
//
// What this transaction has done to the people whom the record might be is not in the database
// yet. Then the record goes to the queue, and is settled on what is written.
func (w *work) settleUnlinked(r *RecordRow, candidates []CandidateRow) error {
	newcomer := &Person{Records: []*RecordRow{r}}
	in, err := w.input(newcomer)
	if err != nil {
		return err
	}
	d := policy.Decide(in)
	if err := w.settleForeign(newcomer.Records, d); err != nil {
		return err
	}
	if !d.Create {
		newcomer.Open = slices.DeleteFunc(slices.Clone(w.conflicts[r.ID]), func(c ConflictRow) bool { return c.Decision != "" })
		w.settleRecords(newcomer, d)
		w.settleConflicts(newcomer, d, anyKind) // nobody has to decide about a record that does not count
		w.keepLink(r)
		return nil
	}
	candidates = w.decidedFor(r, candidates)
	if w.meets(r, candidates) {
		w.keepLink(r)
		w.queue(r.Connector, r.ID)
		return nil
	}
	people, err := w.candidatePeople(candidates)
	if err != nil {
		return err
	}
	m := w.match(r, candidates, people)
	if w.matches != nil {
		if err := w.matches(w, r, m, people); err != nil {
			return err
		}
	}
	if m.conflict != "" {
		return w.refuseLink(r, m)
	}
	w.meet(r)
	if m.person != nil {
		return w.linkTo(r, m)
	}
	return w.createUser(r)
}

// decidedFor adds the user that an administrator linked the record to: the decision stands, whether
// or not the keys still find the user.
func (w *work) decidedFor(r *RecordRow, candidates []CandidateRow) []CandidateRow {
	for _, c := range w.conflicts[r.ID] {
		if c.Decision == DecisionLink {
			candidates = append(candidates, CandidateRow{For: r.ID, User: c.DecidedUser, By: ByDecision})
		}
	}
	return candidates
}

// keepLink writes a record's view when this transaction has moved it.
func (w *work) keepLink(r *RecordRow) {
	if w.relinked[r.ID] {
		w.saveLink(r)
	}
}

// meets says whether this transaction has settled somebody whom the record might be.
func (w *work) meets(r *RecordRow, candidates []CandidateRow) bool {
	return slices.ContainsFunc(candidates, func(c CandidateRow) bool { return w.settled[c.User] }) ||
		slices.ContainsFunc(w.matching(r), func(lock string) bool { return w.met[lock] })
}

// meet remembers that the record has found its person or made one.
func (w *work) meet(r *RecordRow) {
	for _, lock := range w.matching(r) {
		w.met[lock] = true
	}
}

// matching are the locks of the record's name and of the keys by which its connector links.
func (w *work) matching(r *RecordRow) []string {
	match := w.settings.Connectors[r.Connector].Policy.Rules.Rules().Linking.Match
	return slices.DeleteFunc(w.keys(r).locks(), func(lock string) bool {
		kind, _, _ := strings.Cut(lock, ":")
		return kind != "userName" && !slices.Contains(match, kind)
	})
}

// anyKind owns every conflict of a record (see settleConflicts).
func anyKind(string) bool { return true }

// candidatePeople locks and reads the users that the candidates name.
func (w *work) candidatePeople(candidates []CandidateRow) (map[uuid.UUID]*Person, error) {
	if len(candidates) == 0 {
		return nil, nil
	}
	var ids []uuid.UUID
	for _, c := range candidates {
		if !slices.Contains(ids, c.User) {
			ids = append(ids, c.User)
		}
	}
	scene, err := w.load(Request{Users: ids})
	if err != nil {
		return nil, err
	}
	return scene.People, nil
}

// refuseLink leaves the record without a user and shows the conflict, once, as it is now.
func (w *work) refuseLink(r *RecordRow, m matched) error {
	if slices.ContainsFunc(m.candidates, func(c Candidate) bool { return w.awaited[c.User] != nil && !w.settled[c.User] }) {
		w.queue(r.Connector, r.ID) // this transaction may yet take away what is in the way
		return nil
	}
	w.keepLink(r)
	row := ConflictRow{
		Directory: w.scope.Directory, Connector: r.Connector, Record: r.ID, Kind: m.conflict,
		Subject: w.keys(r).UserName, Detail: ConflictDetail{Sentence: m.sentence, Candidates: m.candidates},
	}
	shown := false
	for _, c := range w.conflicts[r.ID] {
		switch {
		case c.Decision == DecisionRefuse && aboutLinking(c):
			return nil
		case c.Decision != "":
		case c.Kind == row.Kind && c.Subject == row.Subject && sameCandidates(c.Detail.Candidates, row.Detail.Candidates):
			shown = true
		case c.Kind != row.Kind || c.Subject != row.Subject:
			w.changes.Withdraw = append(w.changes.Withdraw, c.ID)
		}
	}
	if !shown {
		w.conflict(row)
	}
	return nil
}

// sameCandidates says whether two conflicts offer the same users.
func sameCandidates(a, b []Candidate) bool {
	return slices.EqualFunc(a, b, func(a, b Candidate) bool { return a.User == b.User })
}

// aboutLinking says whether a conflict is about who a record belongs to: those that decisions
// find are not, unless linking found somebody there.
func aboutLinking(c ConflictRow) bool {
	return !settlingOwns(c.Kind) || len(c.Detail.Candidates) > 0
}

// linkTo links the record to the user that was chosen and settles it.
func (w *work) linkTo(r *RecordRow, m matched) error {
	p := m.person
	w.wake(&p.User, p.Records)
	r.User, r.Linked = p.User.ID, w.now
	r.Found = w.found(p)
	w.relinked[r.ID] = true
	p.Records = append(p.Records, r)
	w.event("directory.user.linked", EventRow{User: p.User.ID, Record: r.ID, Connector: r.Connector, Changes: map[string]any{"connector": w.slug(r.Connector), "by": m.by()}})
	w.closeConflicts(r)
	return w.settle(p)
}

// foundState is what a link finds and unlinking restores: profile, status and memberships.
type foundState struct {
	Profile     json.RawMessage   `json:"profile"`
	Status      policy.Status     `json:"status"`
	Memberships []foundMembership `json:"memberships"`
}

// foundMembership names a group by its id, which stays when the group is renamed.
type foundMembership struct {
	Group    uuid.UUID `json:"group"`
	Name     string    `json:"name"`
	Supports []Support `json:"supports"`
}

func (w *work) found(p *Person) json.RawMessage {
	state := foundState{p.User.JSON, p.User.Status, make([]foundMembership, 0, len(p.Held))}
	for _, m := range p.Held {
		state.Memberships = append(state.Memberships, foundMembership{m.Group.ID, m.Group.Name, m.Supports})
	}
	return mustJSON(state)
}

// createUser makes the record's own user and settles it.
func (w *work) createUser(r *RecordRow) error {
	p := &Person{User: UserRow{ID: newID(), Directory: w.scope.Directory}, Records: []*RecordRow{r}}
	r.User, r.Linked = p.User.ID, w.now
	w.relinked[r.ID] = true
	w.closeConflicts(r)
	return w.settle(p)
}

// closeConflicts withdraws what linking could not do before and has done now.
func (w *work) closeConflicts(r *RecordRow) {
	for _, c := range w.conflicts[r.ID] {
		if c.Decision == "" {
			w.changes.Withdraw = append(w.changes.Withdraw, c.ID)
		}
	}
}

func mustJSON(v any) json.RawMessage {
	data, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("encoding %T: %v", v, err)) // only our own types come here
	}
	return data
}
