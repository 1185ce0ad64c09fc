package storagetest

import (
	"context"
	"testing"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// ofDomain are rules without limits by which a connector speaks for a domain.
func ofDomain(domain string) policy.Rules {
	r := unlimited
	r.Linking.Domains = []string{domain}
	return r
}

// legacy makes the directory legacy, with a local user in Wiki and Admins, and lets main copy from
// it.
func (s *stage) legacy(userName string) {
	s.Helper()
	ctx := context.Background()
	_, err := s.d.CreateDirectory(ctx, byAdmin, "legacy")
	s.ok(err)
	ada, err := s.d.CreateLocalUser(ctx, byAdmin, "legacy", scim.Document{"userName": userName, "nickName": "Countess", "title": "Lady",
		"emails": []any{map[string]any{"value": "ada@legacy.example", "primary": true}}})
	s.ok(err)
	for _, name := range []string{"Wiki", "Admins"} {
		g, err := s.d.CreateLocalGroup(ctx, byAdmin, "legacy", name)
		s.ok(err)
		_, err = s.d.AddLocalMember(ctx, byAdmin, "legacy", g.ID, ada.ID)
		s.ok(err)
	}
	_, err = s.d.TellLogins(ctx, "legacy", []directory.Login{{User: userName, At: s.now.Add(-time.Hour)}})
	s.ok(err)
	s.settings(func(d *policy.DirectorySettings) { d.CopyFrom = "Legacy" })
}

var copyCases = map[string]func(*testing.T, *stage){
	"whoever comes is given once what the user of the same name has in the other directory": func(t *testing.T, s *stage) {
		ctx := context.Background()
		s.legacy("Ada")
		a := s.connector("acme", "a", tenants.Live, policy.Rules{NeverAssign: policy.Text("admins"), Safety: policy.Safety{Off: true}})
		ada := a.user(scim.Document{"userName": "ada", "active": true, "title": "Analyst"})
		s.wants("ada", "active, Wiki default")
		detail, err := s.d.ReadUserDetail(ctx, "main", s.userID("ada"))
		s.ok(err)
		doc := scim.ParseDocument(detail.JSON)
		if doc["nickName"] != "Countess" || doc["title"] != "Analyst" || len(doc.Emails()) != 0 || detail.LastLogin.IsZero() {
			t.Errorf("the user is %s, last login %s: want what the record says, the nickName and the login of the other directory, no address", detail.JSON, detail.LastLogin)
		}
		if because := detail.Memberships[0].Because; because.Code != policy.CodeCopied || because.Detail != "Legacy" {
			t.Errorf("the membership is because of %+v", because)
		}
		s.again()
		s.ok(a.setUser(ada, "nickName", "Ace")) // a record goes first
		s.ok(a.setUser(ada, "title", "Engineer"))
		detail, err = s.d.ReadUserDetail(ctx, "main", detail.ID)
		s.ok(err)
		if doc := scim.ParseDocument(detail.JSON); doc["nickName"] != "Ace" || doc["title"] != "Engineer" {
			t.Errorf("after the record spoke the user is %s", detail.JSON)
		}
		s.ok(s.d.RemoveMember(ctx, byAdmin, "main", detail.Memberships[0].Group.ID, detail.ID))
		s.ok(a.setUser(ada, "title", "Manager"))
		s.again()
		s.wants("ada", "active") // the removal is final
		a.user(somebody("bob"))
		s.wants("bob", "active")
	},
	"a plan of going live says what would be copied, and why says so after": func(t *testing.T, s *stage) {
		ctx := context.Background()
		s.legacy("Ada")
		a := s.connector("acme", "a", tenants.Observe, unlimited)
		ada := a.user(somebody("ada"))
		p, err := s.d.LivePlan(ctx, byAdmin, "a", waitLong)
		s.ok(err)
		a.wantsLines(p, "createUser ada", "addMembership ada Wiki copied", "addMembership ada Admins copied")
		a.apply(p, "")
		s.drain()
		s.wants("ada", "active, Admins default, Wiki default")
		answer, err := s.d.Why(ctx, "main", directory.Question{User: "ada", Group: "Wiki"})
		s.ok(err)
		if answer.Because.Code != policy.CodeCopied {
			t.Errorf("why says %+v", answer.Because)
		}
		answer, err = s.d.Why(ctx, "main", directory.Question{User: "ada", Attribute: "nickName"})
		s.ok(err)
		if answer.Because.Code != policy.CodeCopiedValue {
			t.Errorf("why of the attribute says %+v", answer.Because)
		}
		s.again()
		a.Connector.Mode = tenants.Live
		a.deleteUser(ada)
		s.drain()
		s.wants("ada", "disabled, Admins default, Wiki default")
	},
	"copies end with their connector's last record, and reach no group of another tenant": func(_ *testing.T, s *stage) {
		s.legacy("Ada@acme.example")
		b := s.connector("globex", "b", tenants.Live, unlimited)
		b.group("Wiki", b.user(somebody("bob")))
		a, c := s.connector("acme", "a", tenants.Live, ofDomain("acme.example")), s.connector("acme", "c", tenants.Live, ofDomain("acme.example"))
		ada := a.user(somebody("ada@acme.example"))
		s.wants("ada@acme.example", "active, Admins default")
		c.user(somebody("ada@acme.example"))
		s.wants("ada@acme.example", "active, Admins default")
		a.deleteUser(ada)
		s.drain()
		s.wants("ada@acme.example", "active")
	},
	"a name is not enough to be given what somebody else has, where several tenants could claim it": func(_ *testing.T, s *stage) {
		s.legacy("Ada@acme.example")
		s.connector("acme", "a", tenants.Live, ofDomain("acme.example"))
		thief := s.connector("globex", "b", tenants.Live, unlimited)
		elsewhere := s.connector("globex", "c", tenants.Live, ofDomain("globex.example"))
		stolen := thief.user(somebody("ADA@acme.example"))
		s.wants("ADA@acme.example", "active")
		thief.deleteUser(stolen)
		s.drain()
		elsewhere.user(somebody("ada@acme.example"))
		s.wants("ADA@acme.example", "active")
		s.again()
	},
	"one tenant with linking.domains gives copies to people of these alone": func(_ *testing.T, s *stage) {
		s.legacy("ada")
		s.connector("acme", "a", tenants.Live, ofDomain("acme.example")).user(somebody("ada"))
		s.wants("ada", "active")
	},
	"what a connector of the other directory calls sensitive is not copied": func(t *testing.T, s *stage) {
		ctx := context.Background()
		s.legacy("Ada")
		_, err := s.CreateTenant(ctx, "old")
		s.ok(err)
		_, err = s.CreateConnector(ctx, tenants.NewConnector{Tenant: "old", Name: "old", Slug: "old", Kind: "generic", Mode: tenants.Live, Directory: "legacy", Rules: unlimited})
		s.ok(err)
		_, err = s.UpdateConnector(ctx, "old", nil, tenants.ConnectorChange{Sensitive: &[]string{"nickName"}})
		s.ok(err)
		s.connector("acme", "a", tenants.Live, unlimited).user(somebody("ada"))
		detail, err := s.d.ReadUserDetail(ctx, "main", s.userID("ada"))
		s.ok(err)
		if doc := scim.ParseDocument(detail.JSON); doc["nickName"] != nil || doc["title"] != "Lady" {
			t.Errorf("the user is %s, want the title of the other directory and no nickName", detail.JSON)
		}
	},
	"a directory copies from another one that is there": func(_ *testing.T, s *stage) {
		for _, name := range []string{"main", "nowhere"} {
			settings := policy.DefaultDirectorySettings()
			settings.CopyFrom = name
			if _, err := s.d.SetDirectory(context.Background(), byAdmin, "main", nil, settings); err == nil {
				s.Errorf("main copies from %s", name)
			}
		}
	},
}
