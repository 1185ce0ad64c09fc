package web

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// What administrators who are limited to tenants do not see of each part of an answer: the reasons
// of other tenants stand there as another tenant's, and what is only theirs is left out.

// anotherTenant takes the place of a reason's code, and of a connector in lists of who gave what.
const anotherTenant = "anotherTenant"

const anotherTenantSentence = "Another tenant decides this."

func (b *Because) conceal(v *view) bool {
	if !v.connector(b.Connector) || !v.own(b.Sentence) || !v.own(b.Detail) {
		*b = Because{Code: anotherTenant, Sentence: anotherTenantSentence}
	}
	return true
}

func (t *Tenant) conceal(v *view) bool         { return v.tenants[t.Name] }
func (c *Connector) conceal(v *view) bool      { return v.connectors[c.Slug] }
func (h *ConnectorHolds) conceal(v *view) bool { return v.connectors[h.Connector] }
func (j *Job) conceal(v *view) bool            { return v.connectors[j.Connector] }
func (r *Record) conceal(v *view) bool         { return v.tenants[r.Tenant] }
func (r *FoundRecord) conceal(v *view) bool    { return v.tenants[r.Tenant] }
func (b *FoundBy) conceal(v *view) bool        { return v.connector(b.Connector) }
func (g *Group) conceal(v *view) bool          { return g.Tenant == "" || v.tenants[g.Tenant] }

// conceal of an event leaves out the reasons of other tenants in what changed: what an own
// connector gave may end by another's rules.
func (e *Event) conceal(v *view) bool {
	if e.Connector == "" || !v.connectors[e.Connector] {
		return false
	}
	var changes any
	read := json.NewDecoder(bytes.NewReader(e.Changes))
	read.UseNumber()
	if len(e.Changes) > 0 && read.Decode(&changes) == nil && v.concealReasons(changes) {
		e.Changes, _ = json.Marshal(changes) // what was JSON is
	}
	return true
}

// concealReasons puts another tenant in the place of every reason in value that names a foreign
// connector, in its detail perhaps, and says whether there was one.
func (v *view) concealReasons(value any) (found bool) {
	switch value := value.(type) {
	case []any:
		for _, item := range value {
			found = v.concealReasons(item) || found
		}
	case map[string]any:
		slug, _ := value["connector"].(string)
		detail, _ := value["detail"].(string)
		if value["code"] != nil && (!v.connector(slug) || !v.own(detail)) {
			clear(value)
			value["code"] = anotherTenant
			return true
		}
		for _, item := range value {
			found = v.concealReasons(item) || found
		}
	}
	return found
}

// conceal of a directory leaves its name and what holds for everybody in it.
func (d *Directory) conceal(v *view) bool {
	d.Tenants = 0
	d.Settings = policy.DirectorySettings{ActiveWhen: d.Settings.ActiveWhen, RetentionDays: d.Settings.RetentionDays}
	return v.directories[d.Name]
}

// conceal of a user leaves out what other tenants' IdPs send of it and the rules hold back.
func (d *UserDetail) conceal(v *view) bool {
	if !slices.ContainsFunc(d.Records, func(r Record) bool { return v.tenants[r.Tenant] }) {
		return false
	}
	d.Dropped = slices.DeleteFunc(d.Dropped, func(m Membership) bool { return !v.connector(m.Because.Connector) })
	for attribute, slug := range d.GivenBy {
		if !v.connector(slug) {
			d.GivenBy[attribute] = anotherTenant
		}
	}
	return true
}

// conceal of a user as it is or was goes into the one that there is.
func (u *UserAnswer) conceal(v *view) bool {
	return v.narrow(reflect.ValueOf(u.now)) && v.narrow(reflect.ValueOf(u.past))
}

// conceal of somebody who was found leaves out whom only another tenant's record led to.
func (p *FoundPerson) conceal(v *view) bool {
	return slices.ContainsFunc(p.Records, func(r FoundRecord) bool { return v.tenants[r.Tenant] }) &&
		slices.ContainsFunc(p.Matched, func(b FoundBy) bool { return v.connector(b.Connector) })
}

// conceal of a plan's line leaves out users of whom no own connector has a record.
func (l *Linked) conceal(v *view) bool {
	l.Candidates = slices.DeleteFunc(l.Candidates, func(s Side) bool {
		return !slices.ContainsFunc(slices.Concat(s.Connectors, s.Former), func(slug string) bool { return v.connectors[slug] })
	})
	return true
}

func (s *Side) conceal(v *view) bool {
	foreign := func(slug string) bool { return !v.connector(slug) }
	s.Connectors, s.Former = slices.DeleteFunc(s.Connectors, foreign), slices.DeleteFunc(s.Former, foreign)
	return true
}

// conceal of a plan's total leaves out how many members a group has: those of other tenants count.
func (t *PlanTotal) conceal(*view) bool {
	t.Members = nil
	return true
}

// conceal of a way in which requests come wrong leaves out where else a credential is used.
func (p *ContactProblem) conceal(v *view) bool {
	if p.Diagnosis == tenants.UsedElsewhere && !v.connector(p.Hint) {
		p.Hint = ""
	}
	return true
}

// conceal of an answer to why: where another tenant decides, only what own connectors said is told
// of the way there.
func (w *Why) conceal(v *view) bool {
	w.Because.conceal(v) // its sentence may become the answer's
	if w.Because.Code == anotherTenant {
		w.Code, w.Sentence = anotherTenant, anotherTenantSentence
		w.Steps = slices.DeleteFunc(w.Steps, func(s WhyStep) bool { return s.Connector == "" })
	}
	if !v.own(w.Sentence) { // it tells of several connectors
		w.Sentence = w.Because.Sentence
	}
	return true
}

// conceal of a step that is no connector's leaves out who said it: another tenant's credential, in
// a request of theirs, perhaps by their rules.
func (s *WhyStep) conceal(v *view) bool {
	if s.Connector == "" {
		s.Said, s.Detail = nil, s.untold
	}
	return v.connector(s.Connector) && v.own(s.Detail)
}

// conceal of what would change an answer leaves the edits that the caller may make.
func (o *WhyOtherwise) conceal(v *view) bool {
	return v.connectors[o.Connector] && o.By != "directory" && v.own(o.Sentence)
}
