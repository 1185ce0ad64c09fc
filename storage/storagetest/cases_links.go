package storagetest

import (
	"context"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

var linkCases = map[string]func(*testing.T, *stage){
	"two records of one request that find one user do not both take it": func(_ *testing.T, s *stage) {
		b := s.connector("acme", "b", tenants.Live, policy.Rules{RequiredGroups: policy.Text("staff")})
		local := s.localUser(somebody("ada", "ada@x.example"))
		one, two := b.user(somebody("ada1", "ada@x.example")), b.user(somebody("ada2", "ada@x.example"))
		b.group("Staff", one, two)
		s.drain()
		detail, err := s.d.ReadUserDetail(context.Background(), "main", local)
		s.ok(err)
		if len(detail.Records) != 1 {
			s.Errorf("the user has %d records, want one of a connector", len(detail.Records))
		}
		page, err := s.d.Users(context.Background(), "main", "", "", directory.Listing{Limit: 9})
		s.ok(err)
		if page.Total != 2 {
			s.Errorf("there are %d users, want the second record to have one of its own", page.Total)
		}
		s.again()
	},
	"a newcomer is linked to somebody whom the same batch settles": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Observe, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		b.group("Sales", b.user(somebody("ada")))
		a.rules(policy.Rules{AlwaysAssign: policy.Text("Everyone"), NeverAssign: policy.Text("eng")})
		s.ok(s.d.SetMode(context.Background(), byAdmin, "b", tenants.Live, anyLosses))
		s.drain()
		s.wants("ada", "active, Everyone always, Sales idp")
		s.again()
	},
	"a former person stays its tenant's when the connector is deleted, until it is released": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada", "ada@globex.example"))
		s.ok(s.d.DeleteUser(ctx, a.source(), ada, nil))
		s.ok(s.DeleteConnector(ctx, "a"))
		s.drain()
		s.wants("ada", "disabled")
		g := s.connector("globex", "g", tenants.Live, policy.Rules{Linking: policy.Linking{Match: []string{"userName"}, Domains: []string{"globex.example"}}})
		g.user(somebody("ada", "ada@globex.example"))
		s.wantsConflicts(directory.ConflictForeignUser)
		s.wants("ada", "disabled")
		s.again()
		detail, err := s.d.ReadUserDetail(ctx, "main", s.userID("ada"))
		s.ok(err)
		if len(detail.Records) != 1 || detail.Records[0].Connector != a.Connector.ID.String() {
			s.Fatalf("its records are %+v", detail.Records)
		}
		s.ok(s.d.Unlink(ctx, byAdmin, "main", s.userID("ada"), detail.Records[0].Connector))
		if detail, err = s.d.ReadUserDetail(ctx, "main", s.userID("ada")); err != nil || len(detail.Records) > 0 {
			s.Errorf("its records are %+v, %v", detail.Records, err)
		}
	},
	"a protected name is never taken, and the conflict is shown": func(_ *testing.T, s *stage) {
		s.settings(func(d *policy.DirectorySettings) { d.ProtectedUsers = policy.Text("root.*") })
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.user(somebody("root"))
		s.wantsConflicts(policy.ConflictProtectedUser)
		bob := a.user(somebody("bob", "bob@x.example"))
		s.ok(a.setUser(bob, "emails", somebody("bob", "root@x.example")["emails"]))
		s.ok(a.setUser(bob, "displayName", "Root"))
		page, err := s.d.Users(context.Background(), "main", `userName eq "bob"`, "", directory.Listing{Limit: 9})
		s.ok(err)
		if doc := string(page.Items[0].JSON); doc != string(somebody("bob", "bob@x.example").JSON()) {
			s.Errorf("bob took over protected values: %s", doc)
		}
		s.again()
	},
	"a former user's name can be given again": func(_ *testing.T, s *stage) {
		id := s.localUser(somebody("ada"))
		s.ok(s.d.RemoveUser(context.Background(), byAdmin, "main", id, nil))
		second := s.localUser(somebody("ada"))
		s.ok(s.d.RemoveUser(context.Background(), byAdmin, "main", second, nil))
		if _, err := s.d.RestoreUser(context.Background(), byAdmin, "main", id); err != nil {
			s.Errorf("restoring one of two former users: %v", err)
		}
		if _, err := s.d.RestoreUser(context.Background(), byAdmin, "main", second); err == nil {
			s.Error("two users of one name were restored")
		}
	},
	"a former user whose name is taken does not return by itself": func(_ *testing.T, s *stage) {
		strict := policy.Rules{RequiredGroups: policy.Text("staff"), RequiredGrace: 1, Cleanup: policy.Cleanup{Action: policy.ActionDelete}}
		a := s.connector("acme", "a", tenants.Live, strict)
		ada := a.user(somebody("ada"))
		g := a.group("Staff", ada)
		former := s.userID("ada")
		s.ok(a.patch(g, "", removing(ada)))
		s.now = s.now.Add(1e12)
		s.drain()
		s.wants("ada", "deleted")
		s.localUser(somebody("ada"))
		s.ok(a.patch(g, "", adding(ada)))
		s.drain()
		if got := s.showsID(former); got != "deleted" {
			s.Errorf("the former user is %s", got)
		}
		s.wantsConflicts(policy.ConflictUserNameTaken)
		s.wants("ada", "active")
		s.again()
		s.ok(s.d.RemoveUser(context.Background(), byAdmin, "main", s.userID("ada"), nil))
		s.settings(func(*policy.DirectorySettings) {})
		if got := s.showsID(former); got != "active, Staff idp" {
			s.Errorf("the former user is %s though its name is free again", got)
		}
	},
}
