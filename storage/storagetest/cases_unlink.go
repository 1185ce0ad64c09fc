package storagetest

import (
	"context"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

func (s *stage) unlink(user, connector string) {
	s.Helper()
	s.ok(s.d.Unlink(context.Background(), byAdmin, "main", s.userID(user), connector))
	s.drain()
}

var unlinkCases = map[string]func(*testing.T, *stage){
	"an unlinked record stays apart although it was linked by decision": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada", "ada@x.example"))
		b.user(somebody("ada2", "ada@x.example"))
		c := s.wantsConflicts(directory.ConflictForeignUser)
		s.decide(c[0], directory.DecisionLink, s.userID("ada"))
		s.wants("ada", "active")
		s.unlink("ada", "b")
		if s.userID("ada2") == s.userID("ada") {
			s.Error("the record was linked again")
		}
		s.again()
	},
	"unlinking gives back a local membership by the group's id": func(_ *testing.T, s *stage) {
		local := s.localUser(somebody("ada"))
		s.localGroup("Sales", local)
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		s.drain()
		b.user(somebody("ada"))
		s.wants("ada", "active, Eng idp")
		s.unlink("ada", "a")
		s.wants("ada", "active, Sales local")
	},
	"unlinking leaves nothing that the wrong record gave": func(_ *testing.T, s *stage) {
		s.localUser(somebody("ada"))
		a := s.connector("acme", "a", tenants.Live, policy.Rules{NeverRemove: policy.Text(".*")})
		ada := a.user(somebody("ada"))
		a.group("Keep", ada)
		g := a.group("Gone", ada)
		s.ok(a.patch(g, "", removing(ada)))
		s.wants("ada", "active, Gone retained, Keep idp")
		s.unlink("ada", "a")
		s.wants("ada", "active")
	},
	"unlinking with other records leaves nothing that the wrong one gave": func(_ *testing.T, s *stage) {
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		b.user(somebody("ada"))
		a := s.connector("acme", "a", tenants.Live, policy.Rules{NeverRemove: policy.Text(".*")})
		a.group("Keep", a.user(somebody("ada")))
		s.wants("ada", "active, Keep idp")
		s.unlink("ada", "a")
		s.wants("ada", "active")
	},
	"unlinking takes a connector's tombstones along": func(_ *testing.T, s *stage) {
		s.localUser(somebody("ada"))
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.deleteUser(a.user(somebody("ada")))
		a.user(somebody("ada"))
		s.unlink("ada", "a")
		s.wants("ada", "active")
		detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID("ada"))
		s.ok(err)
		if !detail.Local || len(detail.Records) > 0 {
			s.Errorf("after unlinking, %d records are left", len(detail.Records))
		}
		s.again()
	},
	"unlinking from a former user makes it a former user that ends": func(_ *testing.T, s *stage) {
		id := s.localUser(somebody("ada"))
		s.ok(s.d.RemoveUser(context.Background(), byAdmin, "main", id, nil))
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		s.wants("ada", "active")
		s.ok(s.d.Unlink(context.Background(), byAdmin, "main", id, "a"))
		detail, err := s.d.ReadUserDetail(context.Background(), "main", id)
		s.ok(err)
		if detail.Status != policy.UserDeleted || detail.PurgeAfter.IsZero() {
			s.Errorf("the user is %s, to be purged at %v; want it deleted again, for a while", detail.Status, detail.PurgeAfter)
		}
		s.drain()
		s.again()
	},
	"unlinking does not lift a block": func(_ *testing.T, s *stage) {
		s.localUser(somebody("ada"))
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		s.ok(s.d.BlockUser(context.Background(), byAdmin, "main", s.userID("ada"), "stolen"))
		s.unlink("ada", "a")
		s.wants("ada", "disabled")
	},
}
