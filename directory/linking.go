package directory

import (
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// A plan says of every record that it would give a user how linking comes to that: its lines carry
// the record and the users in question side by side. Linking itself makes them (onMatch), so what
// is shown is what was decided on; a conflict that somebody has been shown already is no line.

// Side is a record, or a user that it might be, as it is laid beside the others. What the
// connectors concerned call sensitive is masked.
type Side struct {
	ID             uuid.UUID     `json:"id"` // of the record in its connector's space, or of the user; zero: one that the plan itself would make
	UserName       string        `json:"userName"`
	Email          string        `json:"email,omitempty"` // the primary one
	DisplayName    string        `json:"displayName,omitempty"`
	ExternalID     string        `json:"externalId,omitempty"`
	EmployeeNumber string        `json:"employeeNumber,omitempty"`
	Status         policy.Status `json:"status"`

	// Of users alone.
	By          []string `json:"by,omitempty"`          // keys that found it
	Connectors  []string `json:"connectors,omitempty"`  // whose records it has, tombstones left out
	Former      []string `json:"former,omitempty"`      // whose tombstones alone are left of it
	Memberships int      `json:"memberships,omitempty"` // that it holds
	Overwritten []string `json:"overwritten,omitempty"` // attributes that a link would change
}

// Linked is how linking came to what a plan's line says.
type Linked struct {
	Conflict   string `json:"conflict,omitempty"` // its kind, where the record may not link by itself
	Sentence   string `json:"sentence,omitempty"` // what an administrator would be asked
	Record     Side   `json:"record"`
	Candidates []Side `json:"candidates,omitempty"` // the user it would be linked to, or those in question
}

// mostSides is how many candidates a line shows: an address may be that of a whole team.
const mostSides = 20

// linked lays a record beside the users that linking chose from.
func (w *work) linked(r *RecordRow, m matched, people map[uuid.UUID]*Person) (*Linked, error) {
	out := &Linked{Conflict: m.conflict, Sentence: m.sentence, Record: w.recordSide(r)}
	for _, c := range m.candidates[:min(len(m.candidates), mostSides)] {
		p := people[c.User]
		if p == nil {
			continue
		}
		side := w.userSide(p, c.By)
		if m.conflict != "" { // what a link really changes is an outcome of its own
			names, _, err := w.overwrites(r, p)
			if err != nil {
				return nil, err
			}
			side.Overwritten = names
		}
		out.Candidates = append(out.Candidates, side)
	}
	return out, nil
}

// recordSide is the side of a record, by its view.
func (w *work) recordSide(r *RecordRow) Side {
	s := sideOf(w.maskedView(r))
	s.ID, s.Status = r.ID, policy.UserActive
	if r.ViewState != ViewState(policy.Active) {
		s.Status = policy.UserDisabled
	}
	return s
}

// userSide is the side of a user that keys have found.
func (w *work) userSide(p *Person, by []string) Side {
	s := Side{}
	if len(p.User.JSON) > 0 { // else the plan itself would make it: only the name is known
		s = sideOf(scim.ParseDocument(masked(p.User.JSON, w.settings.sensitiveOf(p.holders()))))
	}
	s.ID, s.UserName, s.Status, s.By, s.Memberships = p.User.ID, p.User.UserName, p.User.Status, by, len(p.Held)
	for _, r := range p.Records {
		if name := w.called(r.Connector); r.State != policy.Deleted && !slices.Contains(s.Connectors, name) {
			s.Connectors = append(s.Connectors, name)
		}
	}
	for _, r := range p.Records {
		if name := w.called(r.Connector); !slices.Contains(s.Connectors, name) && !slices.Contains(s.Former, name) {
			s.Former = append(s.Former, name)
		}
	}
	slices.Sort(s.Connectors)
	slices.Sort(s.Former)
	// Ids of the administrators' side beside those that IdPs gave: what tells namesakes apart.
	for _, r := range p.Records {
		doc := w.maskedView(r)
		if s.ExternalID == "" {
			s.ExternalID = doc.ExternalID()
		}
		if s.EmployeeNumber == "" {
			s.EmployeeNumber = doc.Enterprise("employeeNumber")
		}
	}
	return s
}

// maskedView is a record's view as administrators see it.
func (w *work) maskedView(r *RecordRow) scim.Document {
	if places := w.settings.sensitive(r.Connector); len(places) > 0 {
		return scim.ParseDocument(masked(r.view(), places))
	}
	return r.document()
}

func sideOf(doc scim.Document) Side {
	return Side{UserName: doc.UserName(), Email: doc.PrimaryEmail(), DisplayName: doc.DisplayName(),
		ExternalID: doc.ExternalID(), EmployeeNumber: doc.Enterprise("employeeNumber")}
}

// overwrites are the attributes of a user that a record would change if it were linked to it, with
// their values before and after: what policy.Decide makes of the user with the record and without.
func (w *work) overwrites(r *RecordRow, p *Person) ([]string, map[string]any, error) {
	if len(p.User.JSON) == 0 {
		return nil, nil, nil
	}
	with := *p
	joined := *r
	joined.User = p.User.ID
	with.Records = append(slices.Clone(p.Records), &joined)
	in, err := w.input(&with)
	if err != nil {
		return nil, nil, err
	}
	d := policy.Decide(in)
	if len(d.Contributing) == 0 {
		return nil, nil, nil
	}
	w.giveAttributes(&with, d)
	names, values := maskedDifference(p.User.JSON, with.User.JSON, append(w.settings.sensitive(r.Connector), w.settings.sensitiveOf(p.holders())...))
	return names, values, nil
}

// tellsLinks notes how linking came to what it did with each record of a batch.
func (r *planner) tellsLinks(told map[uuid.UUID]*Linked) onMatch {
	return func(w *work, rec *RecordRow, m matched, people map[uuid.UUID]*Person) error {
		if m.person == nil && m.conflict == "" {
			return nil // a user of its own
		}
		x, err := w.linked(rec, m, people)
		if err != nil {
			return err
		}
		for i := range x.Candidates {
			if known := r.world.people[x.Candidates[i].ID]; known != nil && known.fresh {
				x.Candidates[i].ID = uuid.Nil // its id will be another one
			}
		}
		told[rec.ID] = x
		return nil
	}
}

// linkOp is what a plan's line says of a conflict.
func linkOp(conflict string) Op {
	if conflict == ConflictAmbiguous {
		return OpAmbiguous
	}
	return OpBlocked
}
