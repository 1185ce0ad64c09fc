package policy_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/policy"
)

func TestSettlingTwiceChangesNothing(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		once := apply(in, policy.Decide(in))
		twice := apply(once, policy.Decide(once))
		if diff := cmp.Diff(stateOf(once), stateOf(twice)); diff != "" {
			t.Fatalf("the second settling changes:\n%s", diff)
		}
	})
}

func TestOrderOfRecordsConnectorsAndGroupsDoesNotMatter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		shuffled := in
		shuffled.Views = slices.Clone(rapid.Permutation(in.Views).Draw(t, "views"))
		for i := range shuffled.Views {
			shuffled.Views[i].Groups = rapid.Permutation(shuffled.Views[i].Groups).Draw(t, "groups")
		}
		shuffled.Held = rapid.Permutation(in.Held).Draw(t, "held")
		if diff := cmp.Diff(policy.Decide(in), policy.Decide(shuffled)); diff != "" {
			t.Fatalf("another order decides otherwise:\n%s", diff)
		}
	})
}

// Without what remembers by design, the way does not matter, only where it ends: the user is
// managed there, so that every line is the views' business.
func TestSettlingAfterEveryStepEqualsOnceAtTheEnd(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, features{tenants: true, existing: true})
		in.NamesTaken = nil
		for i := range in.Held { // which connector may take a local one depends on who counts meanwhile
			in.Held[i].Supports = slices.DeleteFunc(in.Held[i].Supports, func(s policy.Support) bool { return s.Origin == policy.OriginLocal })
		}
		in.Held = slices.DeleteFunc(in.Held, func(m policy.Membership) bool { return len(m.Supports) == 0 })
		for i := range in.Views {
			in.Views[i].EverCounted = true // who owns the user is history too
		}
		stepwise, once := in, in
		for range rapid.IntRange(1, 6).Draw(t, "steps") {
			once = step(t, once)
			stepwise.Views = mergeViews(stepwise.Views, once.Views)
			stepwise = apply(stepwise, policy.Decide(stepwise))
		}
		last := policy.Decide(once)
		if len(last.Counting) == 0 {
			return // a cleanup keeps what the way left: the model below covers it
		}
		once = apply(once, last)
		if diff := cmp.Diff(stateOf(once), stateOf(stepwise)); diff != "" {
			t.Fatalf("settling after every step differs (-once +stepwise):\n%s", diff)
		}
	})
}

// mergeViews takes what the IdPs say from said and what settling remembers from kept.
func mergeViews(kept, said []policy.View) []policy.View {
	merged := slices.Clone(said)
	for i := range merged {
		merged[i].EverCounted = kept[i].EverCounted
		merged[i].FirstCounted = kept[i].FirstCounted
		merged[i].LeftAt = kept[i].LeftAt
		merged[i].DefaultsGranted = kept[i].DefaultsGranted
	}
	return merged
}

func TestNeverAssignBindsItsOwnConnectorOnly(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		in.User.Exists, in.User.Status = true, policy.UserActive
		in.Held = nil
		slug := slugs[0]
		changed := withRules(in, slug, func(r *policy.Rules) { r.NeverAssign = policy.Text(".*") })
		before, after := policy.Decide(in), policy.Decide(changed)
		for _, m := range after.Memberships {
			for _, s := range m.Supports {
				if s.Connector == slug && s.Origin == policy.OriginIDP {
					t.Fatalf("%s still gives %s although neverAssign matches everything", slug, m.Name)
				}
			}
		}
		if in.Directory.Settings().SharedGroups == nil || len(in.Groups) < len(groupNames) {
			return // a group that okta no longer makes may become another tenant's
		}
		if diff := cmp.Diff(supportsWithout(before, slug), supportsWithout(after, slug)); diff != "" {
			t.Fatalf("neverAssign of %s changes what others give:\n%s", slug, diff)
		}
	})
}

// supportsWithout lists the memberships with the supports of every connector but one.
func supportsWithout(d policy.Decision, slug string) map[string]string {
	others := map[string]string{}
	for _, m := range d.Memberships {
		var left []policy.Support
		for _, s := range m.Supports {
			if s.Connector != slug {
				left = append(left, s)
			}
		}
		if len(left) > 0 {
			others[m.Key] = supportsText(left)
		}
	}
	return others
}

func withRules(in policy.Input, slug string, change func(*policy.Rules)) policy.Input {
	next := in
	next.Connectors = map[string]*policy.Connector{}
	for name, c := range in.Connectors {
		next.Connectors[name] = c
	}
	c := *in.Connectors[slug]
	rules := c.Rules.Rules()
	change(&rules)
	c.Rules = compileRules(rules)
	next.Connectors[slug] = &c
	return next
}

func TestNeverRemoveProtectsLocalMembershipsWhicheverConnectorAsks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		slug := rapid.SampledFrom(slugs[:len(in.Connectors)]).Draw(t, "protector")
		in = withRules(in, slug, func(r *policy.Rules) { r.NeverRemove = policy.Text(".*") })
		d := policy.Decide(in)
		if !countsFor(in, d, slug) {
			return
		}
		for _, m := range in.Held {
			if held(m, "local") && !member(d, m.Key, "local") {
				t.Fatalf("the local membership in %s is taken away against neverRemove of %s", m.Key, slug)
			}
		}
	})
}

func TestNeverRemoveProtectsSupportedMembershipsAgainstTheirOwnSupporters(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		f := everything
		f.tenants = false // what another tenant owns is beyond neverRemove
		in := drawWorld(t, f)
		slug := rapid.SampledFrom(slugs[:len(in.Connectors)]).Draw(t, "protector")
		in = withRules(in, slug, func(r *policy.Rules) { r.NeverRemove = policy.Text(".*") })
		d := policy.Decide(in)
		for _, m := range in.Held {
			for _, s := range m.Supports {
				if s.Connector == slug && !memberBy(d, m.Key, slug) {
					t.Fatalf("%s lost its support by %s against its own neverRemove", m.Key, slug)
				}
			}
		}
	})
}

func countsFor(in policy.Input, d policy.Decision, slug string) bool {
	return slices.ContainsFunc(in.Views, func(v policy.View) bool {
		return v.Connector == slug && slices.Contains(d.Counting, v.Record)
	})
}

func held(m policy.Membership, origin policy.Origin) bool {
	return slices.ContainsFunc(m.Supports, func(s policy.Support) bool { return s.Origin == origin })
}

func member(d policy.Decision, key string, origin policy.Origin) bool {
	return slices.ContainsFunc(d.Memberships, func(m policy.TargetMembership) bool {
		return m.Key == key && slices.ContainsFunc(m.Supports, func(s policy.Support) bool { return s.Origin == origin })
	})
}

func memberBy(d policy.Decision, key, slug string) bool {
	return slices.ContainsFunc(d.Memberships, func(m policy.TargetMembership) bool {
		return m.Key == key && slices.ContainsFunc(m.Supports, func(s policy.Support) bool { return s.Connector == slug })
	})
}

func TestEveryGroupGetsExactlyOneVerdictPerConnectorWithAReason(t *testing.T) {
	t.Parallel()
	known := map[policy.Code]bool{}
	for _, doc := range policy.Codes {
		known[doc.Code] = true
	}
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		d := policy.Decide(in)
		count, any := map[string]int{}, map[string]bool{}
		for _, v := range d.Verdicts {
			count[v.Connector+" "+v.Key]++
			any[v.Key] = true
			if !known[v.Because.Code] || v.Because.Sentence(v.Name) == "" {
				t.Fatalf("the verdict of %q on %q has no reason of the closed set: %+v", v.Connector, v.Key, v.Because)
			}
			if v.Admitted && !member(d, v.Key, policy.OriginLocal) && !memberBy(d, v.Key, v.Connector) {
				t.Fatalf("%s admits %s, and the target has nothing of it", v.Connector, v.Key)
			}
		}
		for pair, n := range count {
			if n != 1 {
				t.Fatalf("%d verdicts for %q", n, pair)
			}
		}
		for _, v := range in.Views {
			for _, g := range v.Groups {
				if count[v.Connector+" "+g.Key] != 1 {
					t.Fatalf("no verdict of %s on %s, which it sends", v.Connector, g.Key)
				}
			}
			for _, key := range in.Connectors[v.Connector].Rules.Names() {
				if count[v.Connector+" "+key] != 1 {
					t.Fatalf("no verdict of %s on %s, which its rules name", v.Connector, key)
				}
			}
		}
		for _, m := range in.Held {
			if !any[m.Key] {
				t.Fatalf("no verdict on %s, which is held", m.Key)
			}
		}
		for _, m := range d.Memberships {
			if !known[m.Because.Code] || len(m.Supports) == 0 {
				t.Fatalf("membership of %s without a reason: %+v", m.Key, m)
			}
		}
		if !known[d.StatusBecause.Code] || d.StatusBecause.Sentence("") == "" {
			t.Fatalf("status %s without a reason", d.Status)
		}
	})
}

func TestNoRecordsNoChange(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		in.Views, in.User.Blocked = nil, false
		d := policy.Decide(in)
		if !d.Untouched || d.Create {
			t.Fatalf("a user without records is touched: %+v", d)
		}
		if diff := cmp.Diff(stateOf(in), stateOf(apply(in, d))); diff != "" {
			t.Fatalf("a user without records changes:\n%s", diff)
		}
		if diff := cmp.Diff(stateOf(in).Memberships, membershipsOf(d)); diff != "" {
			t.Fatalf("the decision does not repeat what the user holds:\n%s", diff)
		}
	})
}

func membershipsOf(d policy.Decision) map[string]string {
	m := map[string]string{}
	for _, t := range d.Memberships {
		m[t.Key] = supportsText(t.Supports)
	}
	return m
}

// Turning any active record inactive never deletes anybody who was not deleted before.
func TestInactiveIsNeverDeletion(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		inactive := in
		inactive.Views = slices.Clone(in.Views)
		for i := range inactive.Views {
			if v := &inactive.Views[i]; v.State == policy.Active {
				v.State = policy.Inactive
			}
		}
		before, after := policy.Decide(in), policy.Decide(inactive)
		if after.Status == policy.UserDeleted && before.Status != policy.UserDeleted {
			t.Fatalf("inactive records delete: %s", after.StatusBecause.Sentence(""))
		}
		if len(after.Counting) > 0 && after.Status == policy.UserDeleted && in.Exceptions.KeepActive == "" {
			t.Fatalf("a user with counting records is deleted: %s", after.StatusBecause.Sentence(""))
		}
	})
}

// A connector that is not live hands in the views it had when it stopped, whatever its IdP
// says since. Then neither that nor the time moves anything.
func TestNothingOfAConnectorThatIsNotLiveMovesAnything(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		for slug, c := range in.Connectors {
			still := *c
			still.StillSince = noon
			in.Connectors[slug] = &still
		}
		settled := apply(in, policy.Decide(in))
		later := settled
		later.Now = noon.Add(time.Duration(rapid.IntRange(1, 1000).Draw(t, "hours")) * time.Hour)
		d := policy.Decide(later)
		if diff := cmp.Diff(stateOf(settled), stateOf(apply(later, d))); diff != "" {
			t.Fatalf("time moves what stands still:\n%s", diff)
		}
		if !d.LookAgain.IsZero() {
			t.Fatalf("asks to look again at %v", d.LookAgain)
		}
	})
}

// Time acts only when LookAgain says so.
func TestTimeAloneChangesNothingBeforeLookAgain(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		first := policy.Decide(in)
		settled := apply(in, first)
		later := settled
		later.Now = noon.Add(time.Duration(rapid.IntRange(1, 48).Draw(t, "hours")) * time.Hour)
		if !first.LookAgain.IsZero() && !later.Now.Before(first.LookAgain) {
			later.Now = first.LookAgain.Add(-time.Second)
		}
		if diff := cmp.Diff(stateOf(settled), stateOf(apply(later, policy.Decide(later)))); diff != "" {
			t.Fatalf("time changes something before %v:\n%s", first.LookAgain, diff)
		}
	})
}

// Exceptions are part of the state: what they name stays, whatever else happens.
func TestExceptionsHoldInEveryPath(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		d := policy.Decide(in)
		for key := range in.Exceptions.KeepMemberships {
			if slices.ContainsFunc(in.Held, func(m policy.Membership) bool { return m.Key == key }) && membershipsOf(d)[key] == "" {
				t.Fatalf("the removal of %s was to stay undone", key)
			}
		}
		for key := range in.Exceptions.SkipMemberships {
			if !slices.ContainsFunc(in.Held, func(m policy.Membership) bool { return m.Key == key }) && membershipsOf(d)[key] != "" {
				t.Fatalf("the addition of %s was to stay undone", key)
			}
		}
		if in.Exceptions.KeepActive != "" && in.User.Status == policy.UserActive && d.Status != policy.UserActive && !in.User.Blocked {
			t.Fatalf("the loss of status was to stay undone: %s", d.StatusBecause.Sentence(""))
		}
	})
}

// The input is read, never written: maps and slices of the caller stay as they were.
func TestDecideDoesNotChangeItsInput(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		before := strings.Builder{}
		dump(&before, in)
		policy.Decide(in)
		after := strings.Builder{}
		dump(&after, in)
		if before.String() != after.String() {
			t.Fatalf("the input changed:\n%s", cmp.Diff(before.String(), after.String()))
		}
	})
}
