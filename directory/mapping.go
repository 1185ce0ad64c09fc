package directory

import (
	"encoding/json"
	"slices"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/policy/mapping"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// The mapping of a connector's rules (docs/mapping.md) is part of the decision and is not stored:
// what a record's view gives is computed from the view's document whenever it is asked for, so a
// draft, a plan, a job, an explanation and a version that is restored all see what its rules say.
//
//	what is asked for            goes by
//	attributes, names, status    the document that the mapping makes
//	linking by name and e-mail   the same; externalId and employeeNumber are the IdP's own
//	members of groups            what the IdP calls its people: it knows no mapping
//
// A mapping that cannot be carried out decides nothing: the user keeps what it holds, and a record
// that never counted waits. The IdP's requests never hear of it; the record shows why.

// mappedView is what the mapping makes of a record's view, and of what it was made.
type mappedView struct {
	of, held     json.RawMessage
	rules        *policy.RuleSet
	new, revised bool

	doc     scim.Document // not to be changed
	dropped bool
	problem string
}

// program is the mapping of attributes by which a record is settled; nil when there is none.
func (w *work) program(r *RecordRow) (*mapping.Program, *Connector) {
	c := w.settings.Connectors[r.Connector]
	if c == nil || r.ViewState == ViewState(policy.Deleted) {
		return nil, c
	}
	return c.Policy.Rules.Attributes(), c
}

// mapped is what the mapping makes of a record of a person, who may not be there yet; nil when
// there is no mapping.
func (w *work) mapped(r *RecordRow, p *Person) *mappedView {
	program, c := w.program(r)
	if program == nil {
		return nil
	}
	var held json.RawMessage
	if p != nil && p.User.Version > 0 {
		held = p.User.JSON
	}
	first := r.FirstCounted.IsZero()
	if m := r.mapped; m != nil && m.rules == c.Policy.Rules && m.new == first && m.revised == r.Revised && sameSlice(m.of, r.view()) && sameSlice(m.held, held) {
		return m
	}
	m := &mappedView{of: r.view(), held: held, rules: c.Policy.Rules, new: first, revised: r.Revised}
	given := mapping.Record{Document: r.document(), Connector: c.Slug, New: first, Revised: r.Revised}
	if held != nil && program.Recalls() {
		given.Current = scim.ParseDocument(held)
	}
	result := program.Run(given)
	m.doc, m.dropped, m.problem = result.Document, result.Dropped, result.Problem.String()
	if m.problem != "" {
		m.doc = keptDocument(held, r.document())
	}
	r.mapped = m
	return m
}

// keptDocument is what a user holds, with what its record says about being active: that never
// depends on a mapping.
func keptDocument(held json.RawMessage, said scim.Document) scim.Document {
	if held == nil {
		return said
	}
	doc := scim.ParseDocument(held)
	if active, told := said["active"]; told {
		doc["active"] = active
	}
	return doc
}

// gives is the document that a record's view gives its person: mapped, where there is a mapping.
// It is not to be changed.
func (w *work) gives(r *RecordRow, p *Person) scim.Document {
	if m := w.mapped(r, p); m != nil {
		return m.doc
	}
	return r.document()
}

// maps says whether a mapping has a say in what a person's records give.
func (w *work) maps(p *Person) bool {
	return slices.ContainsFunc(p.Records, func(r *RecordRow) bool {
		program, _ := w.program(r)
		return program != nil && r.ViewState != NoView
	})
}

// keys are the values by which linking looks for the record's person.
func (w *work) keys(r *RecordRow) Keys {
	k := r.keys()
	if m := w.mapped(r, nil); m != nil {
		k.UserName, k.Email = canonical.Key(m.doc.UserName()), canonical.Key(m.doc.PrimaryEmail())
	}
	return k
}

// noteMapping shows on a record that its mapping cannot be carried out, or that it can again; an
// event says so once.
func (w *work) noteMapping(r *RecordRow, p *Person) {
	problem := ""
	if m := w.mapped(r, p); m != nil {
		problem = m.problem
	}
	if problem == r.Problem {
		return
	}
	action, changes := "record.mapping.failed", map[string]any{"problem": problem}
	if problem == "" {
		action, changes = "record.mapping.recovered", nil
	}
	r.Problem = problem
	w.saveLink(r)
	w.event(action, EventRow{Record: r.ID, User: r.User, Connector: r.Connector, Changes: changes})
}

// groupName is the name under which a connector's group is known in the directory.
func (w *work) groupName(g *GroupRow) (name, key string) {
	c := w.settings.Connectors[g.Connector]
	if c == nil || !c.Policy.Rules.RenamesGroups() {
		return g.DisplayName, g.NameKey
	}
	name = c.Policy.Rules.GroupName(g.DisplayName)
	return name, canonical.Key(name)
}
