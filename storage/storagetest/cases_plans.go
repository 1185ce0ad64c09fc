package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

var planCases = map[string]func(*testing.T, *stage){
	"a plan says who gains and who loses, and changes nothing": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada, bob := a.user(somebody("ada")), a.user(somebody("bob"))
		a.group("Eng", ada, bob)
		a.group("Ops", bob)
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng"), AlwaysAssign: policy.Text("Everyone")}})
		s.wants("ada", "active, Eng idp")
		a.wantsLines(p, "removeMembership ada Eng neverAssign", "removeMembership bob Eng neverAssign", "addMembership ada Everyone alwaysAssign", "addMembership bob Everyone alwaysAssign")
		if n := p.Counts; n.MembershipsAdded != 2 || n.MembershipsRemoved != 2 || n.GroupsEmptied != 1 || n.Losses.Memberships != 2 {
			s.Errorf("the plan counts %+v", n)
		}
		a.apply(p, "Eng is over")
		s.drain()
		s.wants("ada", "active, Everyone always")
		s.wants("bob", "active, Everyone always, Ops idp")
		if p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng"), AlwaysAssign: policy.Text("Everyone")}}); p.Counts.Visited != 0 {
			s.Errorf("the plan of rules that are applied visits %d people", p.Counts.Visited)
		}
		s.again()
	},
	"a page of a plan goes on behind those who were purged": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		p := a.plan(directory.Draft{Rules: &policy.Rules{AlwaysAssign: policy.Text("Everyone")}})
		p.ID, p.State = uuid.New(), directory.PlanRunning
		if err := s.BeginPlan(context.Background(), p); err != nil {
			s.Fatal(err)
		}
		var people []directory.PlanUser
		for _, seq := range []int64{1, 2, 9, 10} {
			people = append(people, directory.PlanUser{Seq: seq, User: uuid.New(), UserName: fmt.Sprint("u", seq)})
		}
		if _, err := s.SavePlan(context.Background(), p, people, nil); err != nil {
			s.Fatal(err)
		}
		var read []string
		for after := int64(0); ; {
			page, err := s.PlanUsers(context.Background(), p.Directory, p.ID, after, 3)
			if err != nil {
				s.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, u := range page {
				read = append(read, u.UserName)
			}
			after = page[len(page)-1].Seq
		}
		if want := []string{"u1", "u2", "u9", "u10"}; !slices.Equal(read, want) {
			s.Errorf("the pages hold %v, want %v", read, want)
		}
	},
	"lines are narrowed and paged, losses first": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		var all []uuid.UUID
		for _, name := range numbered("u", 7) {
			all = append(all, a.user(somebody(name)))
		}
		a.group("Eng", all...)
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng"), AlwaysAssign: policy.Text("Everyone")}})
		for want, f := range map[int]directory.LineFilter{
			14: {}, 7: {Op: directory.OpAddMembership}, 2: {User: "U003"}, 1: {User: "u003", Group: "everyone"}, 0: {Group: "nobody"},
		} {
			var ops []directory.Op
			for l := (directory.Listing{Limit: 2}); ; {
				page, err := s.d.PlanLines(context.Background(), "a", p.ID, f, l)
				s.ok(err)
				if page.Total != want {
					s.Errorf("%+v finds %d lines, want %d", f, page.Total, want)
				}
				for _, line := range page.Items {
					ops = append(ops, line.Op)
				}
				if l.Cursor = page.Next; l.Cursor == "" {
					break
				}
			}
			if len(ops) != want || !slices.IsSortedFunc(ops, func(a, b directory.Op) int { return strings.Compare(string(b), string(a)) }) {
				s.Errorf("%+v gives %v, want %d, the losses first", f, ops, want)
			}
		}
	},
	"only the reason of a membership changes, and the plan reaches it": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{OnlyAssign: policy.Text("eng")})
		a.group("Eng", a.user(somebody("ada")))
		p := a.plan(directory.Draft{Rules: &policy.Rules{OnlyAssign: policy.Text("e.*")}})
		a.wantsLines(p)
		if p.Counts.Visited != 1 {
			s.Fatalf("the plan visits %d people, want 1", p.Counts.Visited)
		}
		a.apply(p, "")
		s.drain()
		detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID("ada"))
		s.ok(err)
		if got := detail.Memberships[0].Because.Pattern; got != "e.*" {
			s.Errorf("the membership is there because of the pattern %q, want the new one", got)
		}
	},
	"a change of rules looks at those whom it can concern": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		for _, name := range numbered("u", 5) {
			a.user(somebody(name))
		}
		a.group("Pilots", ada)
		s.drain()
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("pilots")}})
		if a.wantsLines(p, "removeMembership ada Pilots neverAssign"); p.Total != 1 {
			s.Errorf("the plan looks at %d people, want 1", p.Total)
		}
		a.apply(p, "x")
		s.drain()
		s.wants("ada", "active")
		if p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("pilots"), AlwaysAssign: policy.Text("Everyone")}}); p.Total != 6 || p.Counts.MembershipsAdded != 6 {
			s.Errorf("a plan about everybody looks at %d people, and counts %+v", p.Total, p.Counts)
		}
	},
	"a change of linking looks at those who have no user": func(_ *testing.T, s *stage) {
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a := s.connector("acme", "a", tenants.Live, policy.Rules{Linking: policy.Linking{Match: []string{"email"}}})
		for _, c := range []idp{b, a} {
			c.user(somebody("ada")) // a name that is taken, and is not looked for
		}
		a.user(somebody("bob"))
		s.drain()
		p := a.plan(directory.Draft{Rules: &policy.Rules{}})
		if a.wantsLines(p, "linkUser ada"); p.Total != 1 {
			s.Errorf("the plan looks at %d people, want 1", p.Total)
		}
	},
	"whoever waits for the name of somebody whom a plan renames is in it": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{RequiredGroups: policy.Text("eng")})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		b.user(somebody("bob", "bob@x.example"))
		cyd := a.user(somebody("cyd"))
		a.group("Eng", cyd)
		s.ok(a.setUser(cyd, "userName", "bob"))
		a.group("Ops", a.user(somebody("bobby", "bob@x.example")))
		s.drain()
		s.wants("cyd", "active, Eng idp")
		p := a.plan(directory.Draft{Rules: &policy.Rules{RequiredGroups: policy.Text("eng", "ops")}})
		a.wantsLines(p, "linkUser bobby", "updateUser bobby", "addMembership bobby Ops", "updateUser bob")
		a.apply(p, "x")
		s.drain()
		s.wants("bob", "active, Eng idp")
		s.wants("bobby", "active, Ops idp")
		s.again()
	},
	"a plan that takes something away needs a comment": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng")}})
		_, err := s.d.ApplyPlan(context.Background(), byAdmin, "a", p.ID, p.Hash, "")
		s.wantsRefusal(err, "commentRequired")
		s.wants("ada", "active, Eng idp")
	},
	"a plan whose outcome has changed is stale and is made anew": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		g := a.group("Eng", ada)
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng")}})
		s.ok(a.patch(g, "", removing(ada)))
		_, err := s.d.ApplyPlan(ctx, byAdmin, "a", p.ID, p.Hash, "x")
		var stale *directory.PlanStaleError
		if !errors.As(err, &stale) || len(stale.Users) != 1 || stale.Users[0].UserName != "ada" {
			s.Fatalf("applying gave %v, want that ada differs", err)
		}
		rules, _, err := s.d.Rules(ctx, "a")
		s.ok(err)
		if len(rules.NeverAssign) > 0 {
			s.Error("the stale plan has changed the rules")
		}
		again := s.waitPlan("a", p.ID)
		if again.Hash == p.Hash || again.Counts.MembershipsRemoved != 0 {
			s.Errorf("the plan made anew is %+v", again.Counts)
		}
		_, err = s.d.ApplyPlan(ctx, byAdmin, "a", p.ID, p.Hash, "x")
		if !errors.As(err, &stale) || stale.Hash != again.Hash {
			s.Errorf("the former hash gave %v, want the new one", err)
		}
		a.apply(again, "x")
	},
	"rules that move on meanwhile do not matter while the outcome is the same": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng")}})
		b.rules(policy.Rules{NeverAssign: policy.Text("sales")})
		if read, err := s.d.ReadPlan(context.Background(), "a", p.ID); err != nil || !read.Stale {
			s.Errorf("the plan is not called stale: %+v, %v", read.State, err)
		}
		a.apply(p, "x")
		s.drain()
		s.wants("ada", "active")
	},
	"an older plan takes newer rules back only where that was seen": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		p := a.plan(directory.Draft{Rules: &policy.Rules{AlwaysAssign: policy.Text("Everyone")}})
		a.rules(policy.Rules{NeverAssign: policy.Text("admins")}) // whom nobody is in, yet
		var stale *directory.PlanStaleError
		if _, err := s.d.ApplyPlan(ctx, byAdmin, "a", p.ID, p.Hash, "x"); !errors.As(err, &stale) || stale.RulesVersion != 2 || stale.Hash == p.Hash {
			s.Fatalf("applying gave %v, want to be told of version 2", err)
		}
		rules, version, err := s.d.Rules(ctx, "a")
		s.ok(err)
		if version != 2 || len(rules.NeverAssign) != 1 {
			s.Errorf("the rules are version %d: %+v", version, rules.NeverAssign)
		}
		a.apply(s.waitPlan("a", p.ID), "x")
		s.drain()
		s.wants("ada", "active, Eng idp, Everyone always")
	},
	"who may not change a part of the rules takes nobody's change of it back": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		barred := errors.New("the safety limits are not for you")
		limited := directory.Admin{ID: "limited", MayReplace: func(now, next policy.Rules) error {
			if now.Safety != next.Safety {
				return barred
			}
			return nil
		}}
		rules, _, err := s.d.Rules(ctx, "a")
		s.ok(err)
		rules.AlwaysAssign = policy.Text("Everyone")
		p := a.plan(directory.Draft{Rules: &rules})
		tight := rules
		tight.Safety.Losses = 1
		a.rules(tight)
		var stale *directory.PlanStaleError
		if _, err := s.d.ApplyPlan(ctx, limited, "a", p.ID, p.Hash, "x"); !errors.As(err, &stale) {
			s.Errorf("applying what was planned before gave %v", err)
		}
		p = s.waitPlan("a", p.ID)
		if _, err := s.d.ApplyPlan(ctx, limited, "a", p.ID, p.Hash, "x"); !errors.Is(err, barred) {
			s.Errorf("applying what was planned anew gave %v", err)
		}
		if _, err := s.d.SetRules(ctx, limited, "a", nil, rules, anyLosses); !errors.Is(err, barred) {
			s.Errorf("setting the rules gave %v", err)
		}
		if now, version, err := s.d.Rules(ctx, "a"); err != nil || version != 2 || now.Safety.Losses != 1 {
			s.Errorf("the rules are version %d with %+v (%v)", version, now.Safety, err)
		}
	},
	"losses above the safety limits need to be confirmed": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		for _, name := range numbered("u", 10) {
			a.user(somebody(name))
		}
		drastic := policy.Rules{RequiredGroups: policy.Text("staff")}
		_, err := s.d.SetRules(ctx, byAdmin, "a", nil, drastic, nil)
		var confirm *directory.ConfirmationError
		if !errors.As(err, &confirm) || confirm.Losses.Users != 10 {
			s.Fatalf("setting the rules gave %v, want to be asked about 10 users", err)
		}
		_, err = s.d.SetRules(ctx, byAdmin, "a", nil, drastic, func(n int) bool { return n == 10 })
		s.ok(err)
		s.drain()
		s.wants("u003", "disabled")
	},
	"users whom the plan creates meet each other in it": func(_ *testing.T, s *stage) {
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		b.user(somebody("bob", "shared@x.example"))
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		a.user(somebody("one", "shared@x.example"))
		a.user(somebody("two", "shared@x.example"))
		a.group("Eng", a.user(somebody("three")))
		p := a.plan(directory.Draft{Mode: tenants.Live})
		a.wantsLines(p, "linkUser bob", "createUser two", "createUser three", "addMembership three Eng")
		a.apply(p, "x")
		s.drain()
		s.wants("two", "active")
		s.wants("three", "active, Eng idp")
	},
	"the plan of going live is always there and follows what is received": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		ada := a.user(somebody("ada"))
		first, err := s.d.LivePlan(ctx, byAdmin, "a", waitLong)
		s.ok(err)
		a.wantsLines(first, "createUser ada")
		same, err := s.d.LivePlan(ctx, byAdmin, "a", waitLong)
		s.ok(err)
		if same.ID != first.ID || same.Hash != first.Hash || !same.Created.Equal(first.Created) {
			s.Error("the plan was made anew although nothing happened")
		}
		a.group("Eng", ada)
		next, err := s.d.LivePlan(ctx, byAdmin, "a", waitLong)
		s.ok(err)
		a.wantsLines(next, "createUser ada", "addMembership ada Eng")
		a.apply(next, "")
		s.drain()
		s.wants("ada", "active, Eng idp")
	},
	"a connector that leaves live mode moves nobody": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		p := a.plan(directory.Draft{Mode: tenants.Observe})
		a.wantsLines(p)
		if job := a.apply(p, ""); job.State != directory.JobDone {
			s.Errorf("the job is %s, want done at once", job.State)
		}
		p = a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("eng")}})
		a.wantsLines(p) // its rules count from the day it goes live again
	},
	"retiring a connector keeps, disables or deletes those whom it alone provides": func(_ *testing.T, s *stage) {
		for action, want := range map[policy.Action]string{policy.ActionKeep: "active, Eng local", policy.ActionDisable: "disabled, Eng idp", policy.ActionDelete: "deleted, Eng idp"} {
			slug := "a" + string(action)
			a, b := s.connector("acme", slug, tenants.Live, policy.Rules{}), s.connector("acme", "b"+string(action), tenants.Live, policy.Rules{})
			own, shared := slug+"own", slug+"shared"
			a.group("Eng", a.user(somebody(own)), a.user(somebody(shared)))
			b.user(somebody(shared))
			p := a.plan(directory.Draft{Retire: action})
			a.apply(p, "the contract ends")
			s.drain()
			s.wants(own, want)
			s.wants(shared, "active")
			s.ok(s.DeleteConnector(context.Background(), slug))
			s.drain()
			s.wants(own, strings.Replace(want, "Eng idp", "Eng idp", 1))
		}
	},
	"every set of rules is kept as a version": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.rules(policy.Rules{NeverAssign: policy.Text("eng")})
		a.rules(policy.Rules{NeverAssign: policy.Text("eng")}) // the same: no version
		p := a.plan(directory.Draft{Rules: &policy.Rules{NeverAssign: policy.Text("ops")}})
		a.apply(p, "a comment")
		s.drain()
		page, err := s.d.RuleVersions(ctx, "a", directory.Listing{Limit: 2})
		s.ok(err)
		if page.Total != 3 || len(page.Items) != 2 || page.Next == "" || page.Items[0].Comment != "a comment" || page.Items[0].Plan != p.ID || page.Items[0].Version != 3 {
			s.Fatalf("the versions are %+v", page)
		}
		first, err := s.d.RuleVersion(ctx, "a", 1)
		s.ok(err)
		if len(first.Rules.NeverAssign) != 0 {
			s.Errorf("version 1 is %+v", first.Rules)
		}
		a.wantsLines(a.plan(directory.Draft{Rules: &first.Rules}))
	},
}

// plan plans a draft of the connector and waits for it.
func (c idp) plan(draft directory.Draft) directory.Plan {
	c.Helper()
	p, err := c.d.CreatePlan(context.Background(), byAdmin, c.Slug, draft, 0)
	c.ok(err)
	return p
}

func (c idp) apply(p directory.Plan, comment string) directory.Job {
	c.Helper()
	job, err := c.d.ApplyPlan(context.Background(), byAdmin, c.Slug, p.ID, p.Hash, comment)
	c.ok(err)
	return job
}

// wantsLines compares a plan's lines, as "op user group reason", in any order; a want without the
// reason fits any.
func (c idp) wantsLines(p directory.Plan, want ...string) {
	c.Helper()
	page, err := c.d.PlanLines(context.Background(), c.Slug, p.ID, directory.LineFilter{}, directory.Listing{Limit: 500})
	c.ok(err)
	got := make([]string, len(page.Items))
	for i, l := range page.Items {
		got[i] = strings.TrimSpace(fmt.Sprintf("%s %s %s %s", l.Op, l.UserName, l.GroupName, l.Because.Code))
		got[i] = strings.Join(strings.Fields(got[i]), " ")
	}
	missing := slices.DeleteFunc(slices.Clone(want), func(w string) bool {
		return slices.ContainsFunc(got, func(g string) bool { return g == w || strings.HasPrefix(g, w+" ") })
	})
	if len(missing) > 0 || len(got) != len(want) {
		c.Errorf("the plan's lines are\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// waitPlan reads a plan until it is made.
func (s *stage) waitPlan(connector string, id uuid.UUID) directory.Plan {
	s.Helper()
	for { // past the Directory, whose clock moves with every look at it
		c, err := s.Connector(context.Background(), connector)
		s.ok(err)
		p, err := s.Plan(context.Background(), c.DirectoryID, id)
		s.ok(err)
		if p.State != directory.PlanRunning {
			return p
		}
	}
}

func (s *stage) wantsRefusal(err error, code string) {
	s.Helper()
	var refused *directory.RefusedError
	if !errors.As(err, &refused) || refused.Code != code {
		s.Errorf("got %v, want the refusal %s", err, code)
	}
}
