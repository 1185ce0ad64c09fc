package policy_test

import (
	"fmt"
	"testing"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// typical is one view with 20 groups, all held, under 20 patterns.
func typical(b testing.TB, views int) policy.Input {
	rules := policy.DefaultRules()
	for i := range 10 {
		rules.OnlyAssign = append(rules.OnlyAssign, policy.Entry{Text: fmt.Sprintf("team-%d-.*", i)})
		rules.NeverAssign = append(rules.NeverAssign, policy.Entry{Text: fmt.Sprintf(".*-admin%d", i)})
	}
	compiled, err := policy.Compile(rules)
	if err != nil {
		b.Fatal(err)
	}
	directory, err := policy.CompileDirectory(policy.DefaultDirectorySettings(), 1)
	if err != nil {
		b.Fatal(err)
	}
	in := policy.Input{Directory: directory, Connectors: map[string]*policy.Connector{}, Groups: map[string]policy.GroupFacts{}, Now: noon,
		User: policy.User{Exists: true, Status: policy.UserActive, UserNameKey: "ada"}}
	for n := range views {
		slug := fmt.Sprintf("okta%d", n)
		in.Connectors[slug] = &policy.Connector{Slug: slug, Tenant: "acme", Precedence: n, Rules: compiled, HeldGroups: true}
		v := policy.View{Connector: slug, Record: slug + "-1", State: policy.Active, EverCounted: true, DefaultsGranted: true,
			Attributes: map[string]any{"userName": "ada", "displayName": "Ada", "title": "Engineer"}}
		for i := range 20 {
			name := fmt.Sprintf("Team-%d-group%d", i%10, i)
			v.Groups = append(v.Groups, policy.SentGroup{Name: name, Key: canonical.Key(name)})
		}
		in.Views = append(in.Views, v)
	}
	in = apply(in, policy.Decide(in))
	return in
}

func BenchmarkDecideOneView(b *testing.B)    { benchmark(b, 1) }
func BenchmarkDecideThreeViews(b *testing.B) { benchmark(b, 3) }

func benchmark(b *testing.B, views int) {
	in := typical(b, views)
	b.ReportAllocs()
	for b.Loop() {
		policy.Decide(in)
	}
}

func BenchmarkCompileTwentyPatterns(b *testing.B) {
	rules := typical(b, 1).Connectors["okta0"].Rules.Rules()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := policy.Compile(rules); err != nil {
			b.Fatal(err)
		}
	}
}

func TestOneContributingViewIsPassedOnWithoutCopying(t *testing.T) {
	t.Parallel()
	in := typical(t, 1)
	d := policy.Decide(in)
	d.Attributes["mark"] = true
	defer delete(d.Attributes, "mark")
	if in.Views[0].Attributes["mark"] != true || d.AttributeBecause != nil {
		t.Error("the attributes of the only view were copied")
	}
}
