package faults

import (
	"maps"
	"slices"
)

// record is what a connector's IdP reads back of a user.
type record struct {
	ID         string
	Version    string
	UserName   string
	Title      string
	Department string
	Active     bool
}

// value is the record as a register's value: whatever a change sets, so that a part of one shows.
func (r record) value() string { return userValue(r.Title, r.Department, r.Active) }

// userValue is the value of a user's register.
func userValue(title, department string, active bool) string {
	state := "inactive"
	if active {
		state = "active"
	}
	return title + ", " + department + ", " + state
}

// space is all that one connector's IdP reads back.
type space struct {
	seat
	Users  map[string]record   // by userName
	Groups map[string][]string // the members of each group, by userName; an id that is nobody's as "?"+id
	IDs    map[string]string   // of the groups
	Tags   map[string]string   // the version of every resource, by its id
}

// person is a user of the directory.
type person struct {
	ID         string
	Status     string
	Title      string
	Department string
	Groups     map[string]string // origin by group
}

// expectation is what a person should be. What the history leaves open is in perhaps: a group
// there may be held with that origin or not at all.
type expectation struct {
	person
	perhaps map[string]string
	gone    bool // no record is left: only the status, and which groups, are known
}

// derive computes the directory from what the IdPs read back, and from the history where the
// rules look at the past. It knows the rules from docs/design.md alone, goes straight through them
// and shares no line with what it checks.
func derive(spaces []space, history []*Change) map[string]expectation {
	people := make(map[string]expectation)
	kept := keptBy(spaces, history)
	for _, name := range namesOf(spaces) {
		people[name] = deriveOne(name, spaces, kept)
	}
	for _, s := range spaces {
		for _, c := range history {
			if _, there := people[c.Subject]; !there && !c.Group && c.Client == s.slug && c.Value == "" {
				people[c.Subject] = deriveGone(c.Subject, s.rules, kept[s.slug])
			}
		}
	}
	return people
}

// keptBy are the rosters of the groups that a connector's neverRemove keeps, by its slug.
func keptBy(spaces []space, history []*Change) map[string][]*roster {
	kept := make(map[string][]*roster)
	for _, s := range spaces {
		for _, group := range s.groups {
			if fits(s.rules.keep, group) {
				kept[s.slug] = append(kept[s.slug], rosterOf(history, s.slug, group))
			}
		}
	}
	return kept
}

func namesOf(spaces []space) []string {
	names := make(map[string]bool)
	for _, s := range spaces {
		for name := range s.Users {
			names[name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}

// deriveOne is for a user that has a record: the records that contribute are the active ones or,
// when there are none, all; the first of them gives the attributes.
func deriveOne(name string, spaces []space, kept map[string][]*roster) expectation {
	e := expectation{person: person{Status: "disabled", Groups: make(map[string]string)}, perhaps: make(map[string]string)}
	for _, s := range spaces {
		if r, ok := s.Users[name]; ok && r.Active {
			e.Status = "active"
		}
	}
	first := true
	for _, s := range spaces {
		r, ok := s.Users[name]
		if !ok {
			continue
		}
		for _, group := range s.rules.defaults { // granted with the first record, whatever its state
			e.give(group, "default")
		}
		if !r.Active && e.Status == "active" {
			continue
		}
		if first {
			e.Title, e.Department, first = r.Title, r.Department, false
		}
		for group, members := range s.Groups {
			if slices.Contains(members, name) && s.rules.admits(group) {
				e.give(group, "idp")
			}
		}
		for _, group := range s.rules.always {
			e.give(group, "always")
		}
	}
	for _, s := range spaces {
		e.retain(name, kept[s.slug])
	}
	return e
}

// deriveGone is for a user whose only record was deleted: disabled or deleted, and stripped of all
// but what neverRemove keeps.
func deriveGone(name string, r rules, kept []*roster) expectation {
	e := expectation{gone: true, person: person{Status: "disabled", Groups: make(map[string]string)}, perhaps: make(map[string]string)}
	if r.cleanup == "delete" {
		e.Status = "deleted"
	}
	e.retain(name, kept)
	return e
}

// retain adds the groups that neverRemove keeps: those that the user was in at any time.
func (e *expectation) retain(name string, kept []*roster) {
	for _, r := range kept {
		switch surely, perhaps := r.ever(name); {
		case surely:
			e.give(r.group, "retained")
		case perhaps && e.Groups[r.group] == "":
			e.perhaps[r.group] = "retained"
		}
	}
}

// give adds an origin of a membership; the strongest is shown.
func (e *expectation) give(group, origin string) {
	strength := []string{"idp", "always", "default", "retained"}
	if held, ok := e.Groups[group]; !ok || slices.Index(strength, origin) < slices.Index(strength, held) {
		e.Groups[group] = origin
	}
}

// compareDirectory says where the directory is not what was derived.
func compareDirectory(want map[string]expectation, got map[string]person) (wrong []Finding) {
	names := make(map[string]bool)
	for name := range want {
		names[name] = true
	}
	for name := range got {
		names[name] = true
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		e, expected := want[name]
		p, there := got[name]
		switch {
		case !expected:
			wrong = append(wrong, found(derivation, Wrong, "the directory has %s, whom no record made", name))
		case !there:
			wrong = append(wrong, found(derivation, Wrong, "the directory has no %s", name))
		default:
			for _, text := range e.differs(p) {
				wrong = append(wrong, found(derivation, Wrong, "%s: %s", name, text))
			}
		}
	}
	return wrong
}

// differs lists what a person is otherwise than expected.
func (e expectation) differs(p person) (texts []string) {
	differ := func(what, got, want string) {
		if got != want {
			texts = append(texts, "the directory has "+what+" "+quoted(got)+", records and rules make "+quoted(want))
		}
	}
	differ("the status", p.Status, e.Status)
	if !e.gone {
		differ("the title", p.Title, e.Title)
		differ("the department", p.Department, e.Department)
	}
	all := maps.Clone(e.Groups)
	maps.Copy(all, p.Groups)
	for _, group := range slices.Sorted(maps.Keys(all)) {
		got, want := p.Groups[group], e.Groups[group]
		if may, open := e.perhaps[group]; open && got == may || e.gone && (got == "") == (want == "") {
			continue
		}
		differ("in the group "+group+" the origin", got, want)
	}
	return texts
}
