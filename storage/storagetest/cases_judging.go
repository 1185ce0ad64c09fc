package storagetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// judgingCases are about what the editor of rules is told while somebody writes.
var judgingCases = map[string]func(*testing.T, *stage){
	"a draft is judged by the names that its IdP sends, and by nobody else's": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("beta", "b", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		a.group("jira-users", ada)
		a.group("jira-admins", ada)
		b.group("secret", b.user(somebody("bob")))
		b.group("shared name", b.user(somebody("eve")))
		s.drain()
		a.group("shared name", ada)
		gone := a.group("gone")
		s.ok(s.d.DeleteGroup(context.Background(), a.source(), gone, nil))
		s.drain()
		j, err := s.d.JudgeRules(context.Background(), "a", directory.Judging{Names: []string{"jira-new", "other"}, Limit: 10, Rules: policy.Rules{
			OnlyAssign:  []policy.Entry{{Form: policy.FormStartsWith, Text: "jira-"}, {Text: "("}, {Form: policy.FormContains, Text: "name"}},
			NeverAssign: policy.Text(".*-admins"), AlwaysAssign: policy.Text("staff")}})
		s.ok(err)
		got := []string{}
		for _, g := range slices.Concat(j.Groups, j.Names) {
			got = append(got, fmt.Sprintf("%s %d %v %v %s", g.Name, g.Members, g.Was, g.Assigned, g.Because.Code))
		}
		want := []string{"jira-admins 1 true false neverAssign", "jira-users 1 true true sent", "shared name 1 false false foreignGroup",
			"jira-new 0 true true sent", "other 0 true false onlyAssign"}
		if !slices.Equal(got, want) {
			s.Errorf("the verdicts are %q, want %q", got, want)
		}
		n := j.Counts
		if n.Sent != 3 || n.Assigned != 1 || n.Changed != 1 || n.Given != 1 || n.Codes[policy.CodeNeverAssign] != 1 || !j.Complete || j.Found != 3 {
			s.Errorf("counted %+v, complete %v, found %d", n, j.Complete, j.Found)
		}
		if only := j.Entries[policy.ListOnlyAssign]; !slices.Equal(only, []directory.JudgedEntry{{Matches: 2, Assigned: 1}, {}, {Matches: 1}}) {
			s.Errorf("the entries of onlyAssign do %+v", only)
		}
		if len(j.Problems) != 1 || j.Problems[0].List != policy.ListOnlyAssign || j.Problems[0].Index != 1 {
			s.Errorf("the problems are %+v", j.Problems)
		}
		few, err := s.d.JudgeRules(context.Background(), "a", directory.Judging{Find: "JIRA", Only: "assigned", Limit: 1})
		s.ok(err)
		if few.Found != 2 || len(few.Groups) != 1 || few.Counts.Sent != 3 {
			s.Errorf("found %d, listed %d of %d", few.Found, len(few.Groups), few.Counts.Sent)
		}
	},
	"renames come before the lists when a draft is judged": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		a.group("okta-jira", a.user(somebody("ada")))
		rename := policy.Mapping{Renames: []policy.Rename{{From: policy.Entry{Text: "okta-(.*)"}, To: "$1"}}}
		j, err := s.d.JudgeRules(context.Background(), "a", directory.Judging{Limit: 10, Rules: policy.Rules{Mapping: rename, OnlyAssign: policy.Text("jira")}})
		s.ok(err)
		if g := j.Groups[0]; g.Sent != "okta-jira" || g.Name != "jira" || !g.Assigned || j.Counts.Renamed != 1 {
			s.Errorf("judged %+v, renamed %d", g, j.Counts.Renamed)
		}
	},
	"of many groups each is judged and counted once": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		for i := range 60 {
			a.group(fmt.Sprintf("team-%02d-%s", i, []string{"users", "admins", "guests"}[i%3]))
		}
		rules := policy.Rules{OnlyAssign: policy.Text("team-.*"), NeverAssign: policy.Text(".*-admins", `team-\d7-.*`, "x.*y")}
		j, err := s.d.JudgeRules(context.Background(), "a", directory.Judging{Rules: rules, Limit: 10})
		s.ok(err)
		n := j.Counts
		if n.Sent != 60 || n.Codes[policy.CodeNeverAssign] != 24 || n.Assigned != 36 || n.Changed != 24 || len(j.Groups) != 10 || j.Found != 60 {
			s.Errorf("counted %+v, listed %d of %d", n, len(j.Groups), j.Found)
		}
		want := []directory.JudgedEntry{{Matches: 20}, {Matches: 6}, {}}
		if got := j.Entries[policy.ListNeverAssign]; !slices.Equal(got, want) {
			s.Errorf("the entries of neverAssign do %+v, want %+v", got, want)
		}
	},
	"a draft of patterns that take long is answered soon": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		a.group("jira-users")
		var slow []string
		for i := range 1000 {
			slow = append(slow, fmt.Sprintf(`.*q.*q.*q.*q%d(?=z)z`, i))
		}
		began := time.Now()
		j, err := s.d.JudgeRules(context.Background(), "a", directory.Judging{Limit: 10, Rules: policy.Rules{OnlyAssign: policy.Text("jira-.*"), NeverAssign: policy.Text(slow...), NeverRemove: policy.Text(slow...)}})
		s.ok(err)
		if took := time.Since(began); took > 15*time.Second { // each takes a fifth of a second
			s.Errorf("it took %v", took)
		}
		if len(j.Problems) != 2000 || !strings.Contains(j.Problems[1999].Problem, "not looked at") || len(j.Groups) != 1 || !j.Groups[0].Assigned {
			s.Errorf("there are %d problems, and the groups are %+v", len(j.Problems), j.Groups)
		}
	},
}
