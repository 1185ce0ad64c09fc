package policy

import (
	"slices"
	"strings"

	"github.com/muster-scim/muster/scim/canonical"
)

// Matching gives the places of those entries of one of the pattern lists that match a name as the
// list judges it: a name that two patterns deny is admitted only without both. A match that runs
// out of time counts.
func (rs *RuleSet) Matching(listName, name, key string) []int {
	lists := map[string]list{
		ListOnlyAssign: rs.only, ListNeverAssign: rs.never, ListNeverRemove: rs.remove, ListRequiredGroups: rs.required, ListKeepGroups: rs.keep,
	}
	raw := key
	if listName == ListNeverAssign {
		raw = name
	}
	return lists[listName].matching(key, raw)
}

// MatchingUsers gives the places of the entries of protectedUsers that match one of the values.
func (d *Directory) MatchingUsers(values ...string) []int {
	var places []int
	for _, value := range values {
		if value != "" {
			places = append(places, d.users.matching(canonical.Key(value), value)...)
		}
	}
	slices.Sort(places)
	return slices.Compact(places)
}

// MatchingGroups gives the places of the entries of protectedGroups that match a name.
func (d *Directory) MatchingGroups(name, key string) []int { return d.groups.matching(key, name) }

func (l list) matching(key, raw string) []int {
	var places []int
	for i, p := range l {
		if p.match(key, raw) != no {
			places = append(places, i)
		}
	}
	return places
}

// JudgesAlike says whether two sets of rules say the same of a group's name, whichever of their
// patterns says it. Rules that judge every name alike may still differ in what is no list.
func (rs *RuleSet) JudgesAlike(other *RuleSet, name, key string) bool {
	a, b := rs.about(name, key), other.about(name, key)
	admits := func(rs *RuleSet, f *findings) answer {
		if len(rs.only) == 0 {
			return yes
		}
		return f.only.answer
	}
	names := func(list []named) bool {
		_, found := slices.BinarySearchFunc(list, key, func(n named, key string) int { return strings.Compare(n.key, key) })
		return found
	}
	return admits(rs, a) == admits(other, b) && a.never.answer == b.never.answer && a.remove.answer == b.remove.answer &&
		a.required.answer == b.required.answer && a.keep.answer == b.keep.answer &&
		names(rs.always) == names(other.always) && names(rs.defaults) == names(other.defaults)
}

// JudgesAlike says whether two settings of a directory say the same of a group's name to a
// connector.
func (d *Directory) JudgesAlike(other *Directory, name, connector string) bool {
	_, a := d.ProtectedGroup(name, connector)
	_, b := other.ProtectedGroup(name, connector)
	return a == b && d.Shared(name) == other.Shared(name)
}
