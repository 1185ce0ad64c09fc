package policy_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/policy"
)

// Whoever is settled, and whom a change of rules does not concern, is decided about as before in
// everything that is stored or shown.
func TestAChangeOfRulesMovesOnlyWhomItConcerns(t *testing.T) {
	t.Parallel()
	spared, moved := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, everything)
		in = apply(in, policy.Decide(in))
		slug := slugs[rapid.IntRange(0, len(in.Connectors)-1).Draw(t, "whose rules")]
		if !slices.ContainsFunc(in.Views, func(v policy.View) bool { return v.Connector == slug }) {
			return
		}
		changed := withRules(in, slug, func(r *policy.Rules) {
			drawn := drawRules(t, everything)
			for _, change := range rapid.SliceOfN(rapid.IntRange(0, 8), 1, 2).Draw(t, "changes") {
				redraw(r, drawn, change)
			}
		})
		d := policy.Differ(in.Connectors[slug].Rules, changed.Connectors[slug].Rules)
		was, is := told(policy.Decide(in)), told(policy.Decide(changed))
		diff := cmp.Diff(was, is)
		switch {
		case diff != "":
			moved++
		case !concerns(&d, in, slug):
			spared++
		}
		if diff != "" && !concerns(&d, in, slug) {
			t.Fatalf("the change from %+v to %+v is said not to concern the user, and decides otherwise:\n%s",
				in.Connectors[slug].Rules.Rules(), changed.Connectors[slug].Rules.Rules(), diff)
		}
	})
	if spared == 0 || moved == 0 {
		t.Errorf("of all changes %d moved somebody and %d concerned nobody: the law was not put to the test", moved, spared)
	}
}

// redraw takes one part of the rules from others.
func redraw(r *policy.Rules, from policy.Rules, part int) {
	switch part {
	case 0:
		r.OnlyAssign = from.OnlyAssign
	case 1:
		r.NeverAssign = from.NeverAssign
	case 2:
		r.NeverRemove = from.NeverRemove
	case 3:
		r.RequiredGroups = from.RequiredGroups
	case 4:
		r.DefaultGroups = from.DefaultGroups
	case 5:
		r.Cleanup.KeepGroups = from.Cleanup.KeepGroups
	case 6:
		r.AlwaysAssign = from.AlwaysAssign
	case 7:
		r.Cleanup = from.Cleanup
	case 8:
		r.RequiredGrace = from.RequiredGrace
	}
}

// concerns says whether a difference concerns a user.
func concerns(d *policy.Difference, in policy.Input, slug string) bool {
	if d.Everybody || d.People && !in.User.Exists {
		return true
	}
	for _, v := range in.Views {
		if v.Connector == slug && slices.ContainsFunc(v.Groups, func(g policy.SentGroup) bool { return d.OfSent() && d.Sent(g.Name, g.Key) }) {
			return true
		}
	}
	return slices.ContainsFunc(in.Held, func(m policy.Membership) bool { return d.OfMembers() && d.Members(m.Key) })
}

// told is what is stored or shown of a decision: a group that is not given leaves no trace.
func told(d policy.Decision) policy.Decision {
	d.Verdicts, d.Silent = nil, nil
	return d
}

func TestADifferenceIsOfNamesOrOfEverybody(t *testing.T) {
	t.Parallel()
	type about struct {
		everybody, people bool
		sent, members     string // names that it concerns, of a, b and jira-x
	}
	for name, c := range map[string]struct {
		before, after policy.Rules
		want          about
	}{
		"nothing":                           {policy.Rules{NeverAssign: policy.Text("a")}, policy.Rules{NeverAssign: policy.Text("a")}, about{}},
		"safety is nobody's":                {policy.Rules{}, policy.Rules{Safety: policy.Safety{Off: true}}, about{}},
		"one group more is never assigned":  {policy.Rules{NeverAssign: policy.Text("a")}, policy.Rules{NeverAssign: policy.Text("a", "b")}, about{sent: "b"}},
		"another pattern denies the same":   {policy.Rules{NeverAssign: policy.Text("a")}, policy.Rules{NeverAssign: policy.Text("[a]")}, about{}},
		"another pattern admits the same":   {policy.Rules{OnlyAssign: policy.Text("a")}, policy.Rules{OnlyAssign: policy.Text("[a]")}, about{sent: "a"}},
		"the first of onlyAssign":           {policy.Rules{}, policy.Rules{OnlyAssign: policy.Text("a")}, about{sent: "a b jira-x"}},
		"another group is required":         {policy.Rules{RequiredGroups: policy.Text("a")}, policy.Rules{RequiredGroups: policy.Text("a", "b")}, about{people: true, sent: "b"}},
		"the first that is required":        {policy.Rules{}, policy.Rules{RequiredGroups: policy.Text("a")}, about{everybody: true, people: true, sent: "a"}},
		"neverRemove":                       {policy.Rules{}, policy.Rules{NeverRemove: policy.Text("jira-.*")}, about{members: "jira-x"}},
		"keepGroups":                        {policy.Rules{}, policy.Rules{Cleanup: policy.Cleanup{KeepGroups: policy.Text("b")}}, about{members: "b"}},
		"defaultGroups":                     {policy.Rules{DefaultGroups: policy.Text("a")}, policy.Rules{DefaultGroups: policy.Text("b")}, about{members: "a b"}},
		"alwaysAssign":                      {policy.Rules{}, policy.Rules{AlwaysAssign: policy.Text("a")}, about{everybody: true, people: true}},
		"cleanup":                           {policy.Rules{}, policy.Rules{Cleanup: policy.Cleanup{StripGroups: true}}, about{everybody: true, people: true}},
		"mapping":                           {policy.Rules{}, policy.Rules{Mapping: policy.Mapping{DropWhen: "true"}}, about{everybody: true, people: true}},
		"linking concerns who has no user":  {policy.Rules{}, policy.Rules{Linking: policy.Linking{AcrossTenants: true}}, about{people: true}},
		"the same, written as its defaults": {policy.Rules{}, policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionDisable}, OnlyAssign: []policy.Entry{}}, about{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := policy.Differ(compileRules(c.before), compileRules(c.after))
			got := about{everybody: d.Everybody, people: d.People}
			for _, name := range []string{"a", "b", "jira-x"} {
				if d.OfSent() && d.Sent(name, name) {
					got.sent += " " + name
				}
				if d.OfMembers() && d.Members(name) {
					got.members += " " + name
				}
			}
			if len(got.sent) > 0 {
				got.sent = got.sent[1:]
			}
			if len(got.members) > 0 {
				got.members = got.members[1:]
			}
			if got != c.want {
				t.Errorf("the difference is %+v, want %+v", got, c.want)
			}
		})
	}
}
