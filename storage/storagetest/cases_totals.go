package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// totalCases are about what a plan does, counted.
var totalCases = map[string]func(*testing.T, *stage){
	"a plan is counted by group, user and reason, most losses first": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		var all []uuid.UUID
		for _, name := range numbered("u", 3) {
			all = append(all, a.user(somebody(name)))
		}
		a.group("Eng", all...)
		a.group("Ops", all[0])
		a.group("Stay", all...)
		s.drain()
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng", "ops"), AlwaysAssign: policy.Text("Everyone")}})
		for _, c := range []struct {
			by     directory.TotalsBy
			filter directory.LineFilter
			want   []string
		}{
			{directory.ByGroup, directory.LineFilter{}, []string{"Eng of 3: -3 +0 =3", "Ops of 1: -1 +0 =1", "Everyone of 0: -0 +3 =3"}},
			{directory.ByUser, directory.LineFilter{}, []string{"u000: -2 +1 =3", "u001: -1 +1 =2", "u002: -1 +1 =2"}},
			{directory.ByReason, directory.LineFilter{}, []string{"neverAssign a eng: -3 +0 =3", "neverAssign a ops: -1 +0 =1", "alwaysAssign a Everyone: -0 +3 =3"}},
			{directory.ByGroup, directory.LineFilter{User: "u000"}, []string{"Eng of 3: -1 +0 =1", "Ops of 1: -1 +0 =1", "Everyone of 0: -0 +1 =1"}},
			{directory.ByUser, directory.LineFilter{Group: "ops"}, []string{"u000: -1 +0 =1"}},
			{directory.ByReason, directory.LineFilter{Group: "nobody's"}, nil},
		} {
			if got := a.totals(p, c.by, c.filter); !slices.Equal(got, c.want) {
				s.Errorf("by %s with %+v: %q, want %q", c.by, c.filter, got, c.want)
			}
		}
	},
	"totals of a plan that is not made are refused, and a cursor is its plan's": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")), a.user(somebody("bob")))
		s.drain()
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng")}})
		other := a.plan(directory.Draft{Rules: &policy.Rules{OnlyAssign: policy.Text("ops")}})
		page, err := s.d.PlanTotals(ctx, "a", p.ID, directory.ByUser, directory.LineFilter{}, directory.Listing{Limit: 1})
		s.ok(err)
		if page.Total != 2 || page.Next == "" {
			s.Fatalf("the first page is %+v", page)
		}
		for _, of := range []struct {
			plan uuid.UUID
			by   directory.TotalsBy
		}{{other.ID, directory.ByUser}, {p.ID, directory.ByReason}} {
			if _, err := s.d.PlanTotals(ctx, "a", of.plan, of.by, directory.LineFilter{}, directory.Listing{Limit: 1, Cursor: page.Next}); err == nil {
				s.Errorf("the cursor leads on in %+v", of)
			}
		}
		if _, err := s.d.PlanTotals(ctx, "a", uuid.New(), directory.ByUser, directory.LineFilter{}, directory.Listing{Limit: 1}); err == nil {
			s.Error("a plan that is not there has totals")
		}
	},
}

// totals reads every page of a plan's totals, two at a time, in words.
func (c idp) totals(p directory.Plan, by directory.TotalsBy, f directory.LineFilter) (said []string) {
	c.Helper()
	for l := (directory.Listing{Limit: 2}); ; {
		page, err := c.d.PlanTotals(context.Background(), c.Slug, p.ID, by, f, l)
		c.ok(err)
		for _, t := range page.Items {
			about := t.UserName
			switch by {
			case directory.ByGroup:
				about = fmt.Sprintf("%s of %d", t.GroupName, t.Members)
			case directory.ByReason:
				about = fmt.Sprintf("%s %s %s", t.Because.Code, t.Because.Connector, t.Because.Pattern)
			}
			said = append(said, fmt.Sprintf("%s: -%d +%d =%d", about, t.Losses, t.Gains, t.Lines))
		}
		if l.Cursor = page.Next; l.Cursor == "" {
			return said
		}
	}
}
