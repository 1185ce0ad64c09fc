package policy

import (
	"reflect"
	"slices"
)

// Difference tells whom a change of a connector's rules can concern among people who are settled
// by the former ones. It is asked of names, not of people, and it errs towards concerning somebody:
//
//	what differs                                        concerns
//	alwaysAssign, mapping, requiredGrace, cleanup       everybody
//	requiredGroups that come, or that end               everybody
//	onlyAssign, neverAssign, requiredGroups             whose record is in a group of which they say something else
//	neverRemove, defaultGroups, cleanup.keepGroups      who is a member of such a group
//	linking, requiredGroups                             records that have no user, and who waits for a name
//	safety                                              nobody
//
// A reason that is stored with a membership names its pattern, so another pattern that says the
// same is a difference where it admits something or keeps it.
type Difference struct {
	Everybody bool // what differs is no matter of single groups
	People    bool // people may come, go, or get other names: that concerns whoever waits for one

	before, after                       *RuleSet
	only, never, required, remove, keep bool     // these lists differ
	defaults                            []string // keys of groups that defaultGroups names otherwise
}

// Differ compares the rules that a connector's people are settled by with those that are to come.
func Differ(before, after *RuleSet) Difference {
	a, b := before.rules, after.rules
	other := func(a, b []Entry) bool { return !slices.EqualFunc(a, b, sameEntry) }
	d := Difference{
		before: before, after: after,
		only: other(a.OnlyAssign, b.OnlyAssign), never: other(a.NeverAssign, b.NeverAssign), required: other(a.RequiredGroups, b.RequiredGroups),
		remove: other(a.NeverRemove, b.NeverRemove), keep: other(a.Cleanup.KeepGroups, b.Cleanup.KeepGroups),
		defaults: otherwise(before.defaults, after.defaults),
	}
	d.Everybody = !slices.Equal(before.always, after.always) || !reflect.DeepEqual(a.Mapping, b.Mapping) || a.RequiredGrace != b.RequiredGrace ||
		a.Cleanup.Action != b.Cleanup.Action || a.Cleanup.StripGroups != b.Cleanup.StripGroups || a.Cleanup.GraceDays != b.Cleanup.GraceDays ||
		(len(a.RequiredGroups) == 0) != (len(b.RequiredGroups) == 0)
	d.People = d.Everybody || d.required || !reflect.DeepEqual(a.Linking, b.Linking)
	return d
}

func sameEntry(a, b Entry) bool { return reflect.DeepEqual(a, b) }

// otherwise are the keys that one list names and the other does not, or names otherwise.
func otherwise(a, b []named) (keys []string) {
	one := func(list, other []named) {
		for _, n := range list {
			if !slices.Contains(other, n) && !slices.Contains(keys, n.key) {
				keys = append(keys, n.key)
			}
		}
	}
	one(a, b)
	one(b, a)
	return keys
}

// OfSent says whether there may be a name for which Sent is true.
func (d *Difference) OfSent() bool { return d.only || d.never || d.required }

// OfMembers says whether there may be a key for which Members is true.
func (d *Difference) OfMembers() bool { return d.remove || d.keep || len(d.defaults) > 0 }

// Sent says whether the change can concern people because a record of theirs is in a group that
// the connector sends under that name.
func (d *Difference) Sent(name, key string) bool {
	return d.only && differs(d.before.admits(key), d.after.admits(key)) ||
		d.never && answersDiffer(d.before.never.find(key, name), d.after.never.find(key, name)) ||
		d.required && answersDiffer(d.before.required.find(key, key), d.after.required.find(key, key))
}

// Members says whether the change can concern the members of the directory's group of that key.
func (d *Difference) Members(key string) bool {
	return d.remove && differs(d.before.remove.find(key, key), d.after.remove.find(key, key)) ||
		d.keep && differs(d.before.keep.find(key, key), d.after.keep.find(key, key)) ||
		slices.Contains(d.defaults, key)
}

// admits is what onlyAssign says of a group; without any entry it admits all.
func (rs *RuleSet) admits(key string) finding {
	if len(rs.only) == 0 {
		return finding{answer: yes}
	}
	return rs.only.find(key, key)
}

// differs compares what is stored as a reason too. What ran out of time may say anything.
func differs(a, b finding) bool { return a != b || a.answer == undecided }

// answersDiffer is differs where nobody remembers which pattern it was.
func answersDiffer(a, b finding) bool { return a.answer != b.answer || a.answer == undecided }
