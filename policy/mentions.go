package policy

import "github.com/muster-scim/muster/scim/canonical"

// Mention is an entry of a list that is about a group.
type Mention struct {
	List  string
	Place int // in the list, from 0
	Entry Entry
}

// Mentions are the entries that match a group's name, or name it, list by list in the order in
// which they are asked. The name is mapped already.
func (rs *RuleSet) Mentions(name string) []Mention {
	key := canonical.Key(name)
	var all []Mention
	for _, l := range []struct {
		name    string
		entries []Entry
		literal bool
	}{
		{ListRequiredGroups, rs.rules.RequiredGroups, false}, {ListOnlyAssign, rs.rules.OnlyAssign, false}, {ListNeverAssign, rs.rules.NeverAssign, false},
		{ListAlwaysAssign, rs.rules.AlwaysAssign, true}, {ListDefaultGroups, rs.rules.DefaultGroups, true},
		{ListNeverRemove, rs.rules.NeverRemove, false}, {ListKeepGroups, rs.rules.Cleanup.KeepGroups, false},
	} {
		var places []int
		if l.literal {
			places = naming(l.entries, key)
		} else {
			places = rs.Matching(l.name, name, key)
		}
		for _, at := range places {
			all = append(all, Mention{List: l.name, Place: at, Entry: l.entries[at]})
		}
	}
	return all
}

// JudgeAlways says whether alwaysAssign of the connector gives a group to everybody whom it
// provisions and whom nothing protects, and why. No code: the list does not name the group. name
// and there are those of Judge.
func (d *Directory) JudgeAlways(c *Connector, name string, there *GroupFacts) (given bool, because Reason) {
	always := entry(c.Rules.always, canonical.Key(name))
	if always == "" {
		return false, Reason{}
	}
	feeds, because := d.reaches(c, name, there)
	switch {
	case because.Code != "":
		return false, because
	case !feeds:
		return false, Reason{Code: CodeForeignGroup, Connector: c.Slug}
	}
	return true, Reason{Code: CodeAlwaysAssign, Connector: c.Slug, List: ListAlwaysAssign, Pattern: always}
}

// reaches says whether the connector may feed a group; a reason is why it has no say about it.
func (d *Directory) reaches(c *Connector, name string, there *GroupFacts) (feeds bool, because Reason) {
	owner, spellings := "", []string{name}
	if there != nil {
		owner, spellings = there.Tenant, append(spellings, there.Name)
	}
	for _, spelling := range spellings {
		if pattern, ok := d.ProtectedGroup(spelling, c.Slug); ok {
			return false, Reason{Code: CodeProtectedGroup, Connector: c.Slug, List: ListProtectedGroups, Pattern: pattern}
		}
	}
	return d.mayFeed(c.Tenant, owner, there != nil, name), Reason{}
}
