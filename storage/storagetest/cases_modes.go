package storagetest

import (
	"testing"
	"time"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

var modeCases = map[string]func(*testing.T, *stage){
	"a first group that is only observed takes no local membership": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		s.localGroup("Sales", s.userID("ada"))
		s.wants("ada", "active, Sales local")
		a.mode(tenants.Observe)
		a.group("Eng", ada)
		s.drain()
		s.wants("ada", "active, Sales local")
		a.mode(tenants.Live)
		s.wants("ada", "active, Eng idp")
	},
	"everything that happened while observed counts from going live on": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada, bob, cyd := a.user(somebody("ada")), a.user(somebody("bob")), a.user(somebody("cyd"))
		eng, ops, hr := a.group("Eng", ada, bob), a.group("Ops", ada, bob), a.group("HR", cyd)
		a.mode(tenants.Observe)
		s.ok(a.patch(eng, "Dev", removing(ada), adding(cyd)))
		s.ok(a.d.DeleteGroup(s.Context(), a.source(), ops, nil))
		a.group("Ops", cyd)
		s.ok(a.patch(hr, "", removing(cyd)))
		s.ok(a.patch(hr, "", adding(cyd)))
		a.deleteUser(bob)
		a.user(somebody("bob"))
		s.ok(a.setUser(ada, "active", false))
		late := a.user(somebody("dee"))
		s.ok(a.patch(eng, "", scim.MemberEdit{Op: scim.AddMembers, Values: []string{"eve", late.String()}}))
		a.user(somebody("eve"))
		s.drain()
		s.wants("ada", "active, Eng idp, Ops idp")
		s.wants("bob", "active, Eng idp, Ops idp")
		s.wants("cyd", "active, HR idp")
		a.mode(tenants.Live)
		s.wants("ada", "disabled")
		s.wants("bob", "active")
		s.wants("cyd", "active, Dev idp, HR idp, Ops idp")
		s.wants("dee", "active, Dev idp")
		s.wants("eve", "active, Dev idp")
		s.again()
	},
	"a user re-created while observed is not cleaned up in between": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionDelete, StripGroups: true}, DefaultGroups: policy.Text("Starter")})
		ada := a.user(somebody("ada"))
		s.wants("ada", "active, Starter default")
		a.mode(tenants.Observe)
		a.deleteUser(ada)
		a.user(somebody("ada"))
		a.mode(tenants.Live)
		s.wants("ada", "active, Starter default")
		s.again()
	},
	"grace stands still while a connector does": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{RequiredGroups: policy.Text("staff"), RequiredGrace: policy.Duration(time.Hour)})
		ada := a.user(somebody("ada"))
		g := a.group("Staff", ada)
		s.ok(a.patch(g, "", removing(ada)))
		a.mode(tenants.Observe)
		s.now = s.now.Add(3 * time.Hour)
		s.drain()
		s.wants("ada", "active")
		a.mode(tenants.Live)
		s.drain()
		s.wants("ada", "disabled")
	},
}
