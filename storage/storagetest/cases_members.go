package storagetest

import (
	"context"
	"slices"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

var membershipCases = map[string]func(*testing.T, *stage){
	"one request renames a group and changes its members": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada, bob, cyd := a.user(somebody("ada")), a.user(somebody("bob")), a.user(somebody("cyd"))
		g := a.group("Eng", ada, bob)
		s.ok(a.patch(g, "Dev", adding(cyd), removing(ada)))
		s.drain()
		s.wants("ada", "active")
		s.wants("bob", "active, Dev idp")
		s.wants("cyd", "active, Dev idp")
		s.again()
	},
	"a rename is carried once only, whatever the members did meanwhile": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{NeverRemove: policy.Text("eng")})
		ada, bob := a.user(somebody("ada")), a.user(somebody("bob"))
		g := a.group("Eng", ada)
		s.ok(a.patch(g, "Dev"))
		s.ok(a.patch(g, "", adding(bob)))
		s.ok(a.patch(g, "ENG"))
		s.drain()
		s.wants("ada", "active, ENG idp")
		s.wants("bob", "active, ENG idp")
		s.ok(a.patch(g, "Eng", removing(ada)))
		s.wants("ada", "active, ENG retained")
		s.ok(a.patch(g, "Ops")) // a retained member: nothing is carried
		s.drain()
		s.wants("ada", "active, ENG retained")
		s.wants("bob", "active, ENG retained, Ops idp")
		s.again()
	},
	"a rename is not carried past a local member": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		s.localUser(somebody("loc"))
		g := a.group("Eng", a.user(somebody("ada")))
		page, err := s.d.Groups(context.Background(), "main", "", directory.Listing{Limit: 9})
		s.ok(err)
		_, err = s.d.AddLocalMember(context.Background(), byAdmin, "main", page.Items[0].ID, s.userID("loc"))
		s.ok(err)
		s.ok(a.patch(g, "Dev"))
		s.wants("loc", "active, Eng local")
		s.wants("ada", "active, Dev idp")
	},
	"a member that stopped being ambiguous is one member": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		first, second := somebody("ada"), somebody("bob")
		first["externalId"], second["externalId"] = "x5", "x5"
		ada, bob := a.user(first), a.user(second)
		g := a.group("Eng")
		s.ok(a.patch(g, "", scim.MemberEdit{Op: scim.AddMembers, Values: []string{"x5"}}))
		s.ok(a.setUser(bob, "externalId", "x6"))
		s.ok(a.patch(g, "", scim.MemberEdit{Op: scim.AddMembers, Values: []string{"x5"}}))
		if got, want := a.said(g), []string{ada.String()}; !slices.Equal(got, want) {
			s.Errorf("the IdP reads back members %v, want %v", got, want)
		}
		s.ok(a.patch(g, "", scim.MemberEdit{Op: scim.RemoveMembers, Values: []string{"x5"}}))
		if got := a.said(g); len(got) > 0 {
			s.Errorf("the IdP reads back members %v, want none", got)
		}
	},
	"what ends names the connector that gave it": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{NeverAssign: policy.Text("eng")})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		ada := b.user(somebody("ada"))
		g := b.group("Eng", ada)
		s.wants("ada", "active, Eng idp")
		s.ok(b.patch(g, "", removing(ada)))
		page, err := s.d.Events(context.Background(), directory.EventFilter{Action: "directory.membership.removed"}, directory.Listing{Limit: 1})
		s.ok(err)
		if got, want := reasonIn(s, page.Items[0].Changes), (policy.Reason{Code: policy.CodeNotSent, Connector: "b"}); got.Code != want.Code || got.Connector != want.Connector {
			s.Errorf("the membership ended because of %+v, want %+v", got, want)
		}
		answer, err := s.d.Why(context.Background(), "main", directory.Question{User: "ada", Group: "Eng"})
		s.ok(err)
		if answer.Because.Code != policy.CodeNeverAssign {
			s.Errorf("ada is not in Eng because of %s, want %s: it is sent and refused", answer.Because.Code, policy.CodeNeverAssign)
		}
	},
}

func init() {
	membershipCases["reasons follow rules and renames"] = func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{OnlyAssign: policy.Text("eng.*", "dev")})
		g := a.group("Eng", a.user(somebody("ada")))
		because := func(want policy.Reason) {
			s.Helper()
			s.drain()
			detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID("ada"))
			s.ok(err)
			if got := detail.Memberships[0].Because; got.Code != want.Code || got.Connector != want.Connector || got.List != want.List || got.Pattern != want.Pattern {
				s.Errorf("the membership is because of %+v, want %+v", got, want)
			}
		}
		because(policy.Reason{Code: policy.CodeSent, Connector: "a", List: policy.ListOnlyAssign, Pattern: "eng.*"})
		s.ok(a.patch(g, "Dev"))
		because(policy.Reason{Code: policy.CodeSent, Connector: "a", List: policy.ListOnlyAssign, Pattern: "dev"})
		a.rules(policy.Rules{OnlyAssign: policy.Text("d.*"), AlwaysAssign: policy.Text("Dev")})
		because(policy.Reason{Code: policy.CodeSent, Connector: "a", List: policy.ListOnlyAssign, Pattern: "d.*"})
		a.rules(policy.Rules{OnlyAssign: policy.Text("x"), AlwaysAssign: policy.Text("Dev")})
		because(policy.Reason{Code: policy.CodeAlwaysAssign, Connector: "a", List: policy.ListAlwaysAssign, Pattern: "Dev"})
	}
}
