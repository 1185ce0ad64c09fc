package policy

import (
	"errors"
	"slices"

	"github.com/muster-scim/muster/scim/canonical"
)

// Draft is rules that somebody is writing: what of them can be used already is ready to judge
// names, and what cannot is said entry by entry, where Compile stops at the first.
type Draft struct {
	Rules    *RuleSet     // without what is refused
	Problems []*RuleError // what is refused, with its place in the rules as they were written
	places   map[string][]int
}

// CompileDraft makes rules ready as far as they can be. An entry that is refused is left out; where
// something besides the entries is refused, only the lists are left. A pattern that is slow takes a
// part of a second to be found out: once enough says so, what is left is refused unread. nil never
// does.
func CompileDraft(r Rules, enough func() bool) *Draft {
	d := &Draft{places: make(map[string][]int)}
	if enough == nil {
		enough = func() bool { return false }
	}
	for _, l := range []struct {
		name    string
		entries *[]Entry
		check   func(Entry) error
	}{
		{ListOnlyAssign, &r.OnlyAssign, pattern1}, {ListNeverAssign, &r.NeverAssign, pattern1}, {ListNeverRemove, &r.NeverRemove, pattern1},
		{ListRequiredGroups, &r.RequiredGroups, pattern1}, {ListKeepGroups, &r.Cleanup.KeepGroups, pattern1},
		{ListAlwaysAssign, &r.AlwaysAssign, name1(ListAlwaysAssign)}, {ListDefaultGroups, &r.DefaultGroups, name1(ListDefaultGroups)},
	} {
		*l.entries = d.usable(l.name, *l.entries, l.check, enough)
	}
	rs, err := compileUntil(r, enough)
	if err != nil {
		d.refuse(err, "", -1)
		lists := DefaultRules()
		lists.OnlyAssign, lists.NeverAssign, lists.NeverRemove, lists.RequiredGroups = r.OnlyAssign, r.NeverAssign, r.NeverRemove, r.RequiredGroups
		lists.AlwaysAssign, lists.DefaultGroups, lists.Cleanup.KeepGroups = r.AlwaysAssign, r.DefaultGroups, r.Cleanup.KeepGroups
		if rs, err = Compile(lists); err != nil { // an entry that was fast enough a moment ago is no more
			d.refuse(err, "", -1)
			if rs, err = Compile(DefaultRules()); err != nil {
				panic(err) // they hold no entry
			}
			clear(d.places)
		}
	}
	d.Rules = rs
	return d
}

func pattern1(e Entry) error {
	_, err := compileList("", []Entry{e}, false)
	return err
}

func name1(list string) func(Entry) error {
	return func(e Entry) error {
		_, err := compileNames(list, []Entry{e})
		return err
	}
}

// usable are the entries of a list that can be used, and notes where they stand.
func (d *Draft) usable(list string, entries []Entry, check func(Entry) error, enough func() bool) []Entry {
	if err := tooMany(list, entries); err != nil {
		d.refuse(err, list, -1)
		entries = entries[:maxEntries]
	}
	kept := make([]Entry, 0, len(entries))
	for i, e := range entries {
		if enough() {
			d.refuse(notLookedAt(list, i), list, i)
			continue
		}
		if err := check(e); err != nil {
			d.refuse(err, list, i)
			continue
		}
		kept = append(kept, e)
		d.places[list] = append(d.places[list], i)
	}
	return kept
}

func notLookedAt(list string, place int) *RuleError {
	return &RuleError{List: list, Index: place, Problem: "was not looked at: the entries before it take too long"}
}

// refuse notes why something cannot be used. An entry was looked at alone, so that its place is
// not in the error.
func (d *Draft) refuse(err error, list string, place int) {
	var refused *RuleError
	if !errors.As(err, &refused) {
		refused = &RuleError{List: "mapping", Index: -1, Problem: err.Error()}
	}
	said := *refused
	if place >= 0 {
		said.List, said.Index = list, place
	}
	d.Problems = append(d.Problems, &said)
}

// Matching gives the places, in the rules as they were written, of those entries of a list that
// match a name; see RuleSet.Matching. Of alwaysAssign and defaultGroups it is those that name it.
func (d *Draft) Matching(list, name string) []int {
	key := canonical.Key(name)
	var found []int
	switch list {
	case ListAlwaysAssign:
		found = naming(d.Rules.rules.AlwaysAssign, key)
	case ListDefaultGroups:
		found = naming(d.Rules.rules.DefaultGroups, key)
	default:
		found = d.Rules.Matching(list, name, key)
	}
	places := make([]int, len(found))
	for i, at := range found {
		places[i] = d.places[list][at]
	}
	return places
}

func naming(entries []Entry, key string) []int {
	var places []int
	for i, e := range entries {
		texts := []string{e.Text}
		if e.Form == FormSet {
			texts = e.Groups
		}
		if slices.ContainsFunc(texts, func(text string) bool { return canonical.Key(text) == key }) {
			places = append(places, i)
		}
	}
	return places
}

// Judge says what Decide makes of a group that the connector's IdP sends for somebody whose record
// counts and whom nothing protects: whether such a user is in it, and why. name is mapped already;
// there is the directory's group of that name, nil when it has none.
func (d *Directory) Judge(c *Connector, name string, there *GroupFacts) (member bool, because Reason) {
	feeds, because := d.reaches(c, name, there)
	if because.Code != "" {
		return false, because
	}
	key := canonical.Key(name)
	sent := asks{sent: true, name: name, findings: c.Rules.about(name, key)}
	member, because = new(deciding).admitSent(&party{Connector: c, known: true}, &sent, feeds)
	if always := entry(c.Rules.always, key); always != "" && feeds && !member {
		return true, Reason{Code: CodeAlwaysAssign, Connector: c.Slug, List: ListAlwaysAssign, Pattern: always}
	}
	return member, because
}
