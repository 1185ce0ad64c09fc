package policy_test

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// What an editor shows for a name is what settling decides for everybody who is in that group.
func TestADraftJudgesANameAsDecideDoes(t *testing.T) {
	t.Parallel()
	judged := map[policy.Code]int{}
	rapid.Check(t, func(t *rapid.T) {
		in := drawWorld(t, features{tenants: true, protected: true})
		in.Views = slices.DeleteFunc(in.Views, func(v policy.View) bool { return v.Connector != "okta" })
		in.Views[0].State, in.Views[0].Dropped, in.Views[0].Failed = policy.Active, false, false
		in = withRules(in, "okta", func(r *policy.Rules) { r.RequiredGroups, r.DefaultGroups = nil, nil })
		name := rapid.SampledFrom(append([]string{"nobody-has-it"}, groupNames...)).Draw(t, "name")
		in.Views[0].Groups = []policy.SentGroup{{Name: name, Key: canonical.Key(name)}}

		draft := *in.Connectors["okta"]
		draft.Rules = policy.CompileDraft(draft.Rules.Rules(), nil).Rules
		var there *policy.GroupFacts
		if fact, ok := in.Groups[canonical.Key(name)]; ok {
			there = &fact
		}
		member, because := in.Directory.Judge(&draft, name, there)
		for _, v := range policy.Decide(in).Verdicts {
			if v.Connector != "okta" || v.Key != canonical.Key(name) || v.Because.Code == policy.CodeProtectedUser {
				continue
			}
			judged[because.Code]++
			if v.Admitted != member || v.Because.Code != because.Code || v.Because.List != because.List || v.Because.Pattern != because.Pattern {
				t.Fatalf("%q with %+v: Decide says %v because of %+v, the draft %v because of %+v", name, draft.Rules.Rules(), v.Admitted, v.Because, member, because)
			}
		}
	})
	for _, code := range []policy.Code{policy.CodeSent, policy.CodeNeverAssign, policy.CodeOnlyAssign, policy.CodeAlwaysAssign, policy.CodeForeignGroup, policy.CodeProtectedGroup} {
		if judged[code] == 0 {
			t.Errorf("nothing was judged %s: the law was not put to the test (%v)", code, judged)
		}
	}
}

func TestADraftNamesEveryEntryThatCannotBeUsedAndJudgesByTheOthers(t *testing.T) {
	t.Parallel()
	d := policy.CompileDraft(policy.Rules{
		NeverAssign:  []policy.Entry{{Text: "jira-("}, {Form: policy.FormEndsWith, Text: "-admins"}, {Text: "("}, {Form: policy.FormStartsWith, Text: "jira-"}},
		AlwaysAssign: policy.Text("staff", "staff-.*"),
	}, nil)
	var said []string
	for _, p := range d.Problems {
		said = append(said, p.Error())
	}
	if len(d.Problems) != 3 || d.Problems[0].Index != 0 || d.Problems[1].Index != 2 || d.Problems[2].Index != 1 || d.Problems[2].List != policy.ListAlwaysAssign {
		t.Errorf("the problems are:\n%s", strings.Join(said, "\n"))
	}
	if got := d.Matching(policy.ListNeverAssign, "jira-admins"); !slices.Equal(got, []int{1, 3}) {
		t.Errorf("jira-admins is matched by the entries %v, want 1 and 3 as they were written", got)
	}
	if got := d.Matching(policy.ListAlwaysAssign, "Staff"); !slices.Equal(got, []int{0}) {
		t.Errorf("Staff is named by %v, want 0", got)
	}
	if d.Rules.Admits("jira-admins") || !d.Rules.Admits("sales") {
		t.Error("the entries that can be used do not count")
	}
}

func TestADraftWithAMappingThatCannotBeUsedKeepsItsLists(t *testing.T) {
	t.Parallel()
	d := policy.CompileDraft(policy.Rules{NeverAssign: policy.Text("sales"), Mapping: policy.Mapping{Steps: []policy.MappingStep{{Target: "title", Expression: "("}}}}, nil)
	if len(d.Problems) != 1 || d.Problems[0].Index >= 0 && d.Problems[0].List == policy.ListNeverAssign {
		t.Errorf("the problems are %+v", d.Problems)
	}
	if d.Rules.Admits("sales") {
		t.Error("neverAssign does not count")
	}
}

func TestADraftOfTooManyEntriesSaysSo(t *testing.T) {
	t.Parallel()
	d := policy.CompileDraft(policy.Rules{OnlyAssign: policy.Text(slices.Repeat([]string{"a"}, 1001)...)}, nil)
	if len(d.Problems) != 1 || d.Problems[0].Index != -1 || !strings.Contains(d.Problems[0].Problem, "at most 1000") {
		t.Errorf("the problems are %+v", d.Problems)
	}
}

func TestADraftIsReadAsLongAsThereIsTime(t *testing.T) {
	t.Parallel()
	looked := 0
	d := policy.CompileDraft(policy.Rules{OnlyAssign: policy.Text("jira-.*", "sales"), NeverAssign: policy.Text("jira-admins", "jira-.*")}, func() bool {
		looked++
		return looked > 3
	})
	if len(d.Problems) != 1 || d.Problems[0].List != policy.ListNeverAssign || d.Problems[0].Index != 1 || !strings.Contains(d.Problems[0].Problem, "not looked at") {
		t.Errorf("the problems are %+v", d.Problems)
	}
	if !d.Rules.Admits("jira-users") || d.Rules.Admits("jira-admins") {
		t.Error("the entries that were looked at do not count, or the other one does")
	}
}

func TestOnceThereIsEnoughExpressionsAreLeftUntried(t *testing.T) {
	t.Parallel()
	rename := policy.Mapping{Renames: []policy.Rename{{From: policy.Entry{Text: "okta-(.*)"}, To: "$1"}}}
	entries := policy.Text(`jira-\d+`, `jira-\w+`, "jira-.*", "jira-1")
	d := policy.CompileDraft(policy.Rules{OnlyAssign: entries, Mapping: rename}, nil)
	tried := 0
	d.Rules.Until(func() bool {
		tried++
		return tried > 2
	})
	// Two are tried and do not match; a name that is compared as a text is never what takes long.
	if got := d.Matching(policy.ListOnlyAssign, "sales"); !slices.Equal(got, []int{2}) {
		t.Errorf("of the expressions %v count as matches, want the third, which came too late", got)
	}
	if got := d.Rules.GroupName("okta-jira"); got != "okta-jira" {
		t.Errorf("the name is mapped to %s all the same", got)
	}
	if d.Rules.Admits("sales") || d.Rules.Admits("jira-2") {
		t.Error("what was not tried admits a name")
	}
}

func TestRenamesOfADraftAreReadAsLongAsThereIsTime(t *testing.T) {
	t.Parallel()
	renames := make([]policy.Rename, 3)
	for i := range renames {
		renames[i] = policy.Rename{From: policy.Entry{Text: "okta-(.*)"}, To: "$1"}
	}
	looked := 0
	d := policy.CompileDraft(policy.Rules{NeverAssign: policy.Text("sales"), Mapping: policy.Mapping{Renames: renames}}, func() bool {
		looked++
		return looked > 2 // the entry, and a rename
	})
	if len(d.Problems) != 1 || d.Problems[0].List != "mapping.renames" || d.Problems[0].Index != 1 || !strings.Contains(d.Problems[0].Problem, "not looked at") {
		t.Errorf("the problems are %+v", d.Problems)
	}
	if d.Rules.Admits("sales") {
		t.Error("neverAssign does not count")
	}
}
