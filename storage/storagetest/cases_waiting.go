package storagetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// two are connectors of two tenants in one directory.
func (s *stage) two() (a, b idp) {
	s.Helper()
	return s.connector("acme", "a", tenants.Live, policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionDelete}, Safety: unlimited.Safety}),
		s.connector("globex", "b", tenants.Live, unlimited)
}

// waitingCases are about records and users in a conflict that another connector's IdP ends.
var waitingCases = map[string]func(*testing.T, *stage){
	"a name that another IdP gives up by a rename goes to who waits for it": func(_ *testing.T, s *stage) {
		a, b := s.two()
		ada, bob := a.user(somebody("ada")), b.user(somebody("bob"))
		s.ok(b.setUser(bob, "userName", "ada"))
		s.wantsConflicts(policy.ConflictUserNameTaken)
		waiting := s.userID("bob")
		s.ok(a.setUser(ada, "userName", "adele"))
		s.drain()
		s.wantsConflicts()
		if got := s.userID("ada"); got != waiting {
			s.Errorf("the user that waited for the name ada is not the one that has it")
		}
		s.again()
	},
	"a name that another IdP gives up by a deletion goes to who waits for it": func(_ *testing.T, s *stage) {
		a, b := s.two()
		ada, bob := a.user(somebody("ada")), b.user(somebody("bob"))
		s.ok(b.setUser(bob, "userName", "ada"))
		waiting := s.userID("bob")
		a.deleteUser(ada)
		s.drain()
		s.wantsConflicts()
		s.wants("ada", "active")
		if got := s.userID("ada"); got != waiting {
			s.Errorf("the user that waited for the name ada is not the one that has it")
		}
		s.again()
	},
	"a record without a user gets one when another IdP gives its name up": func(_ *testing.T, s *stage) {
		a, b := s.two()
		ada := a.user(somebody("ada"))
		b.group("Eng", b.user(somebody("ada")))
		s.drain()
		s.wantsConflicts(directory.ConflictForeignUser)
		s.ok(a.setUser(ada, "userName", "adele"))
		s.drain()
		s.wantsConflicts()
		s.wants("ada", "active, Eng idp")
		s.wants("adele", "active")
		s.again()
	},
	"a former user returns when another IdP gives its name up": func(_ *testing.T, s *stage) {
		strict := policy.Rules{RequiredGroups: policy.Text("staff"), RequiredGrace: 1, Cleanup: policy.Cleanup{Action: policy.ActionDelete}}
		a := s.connector("acme", "a", tenants.Live, strict)
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		g := a.group("Staff", ada)
		s.drain()
		former := s.userID("ada")
		s.ok(a.patch(g, "", removing(ada)))
		s.now = s.now.Add(1e12)
		s.drain()
		taker := b.user(somebody("ada"))
		s.decide(s.wantsConflicts(directory.ConflictForeignUser)[0], directory.DecisionKeepSeparate, [16]byte{})
		s.ok(a.patch(g, "", adding(ada)))
		s.drain()
		s.wantsConflicts(policy.ConflictUserNameTaken)
		s.ok(b.setUser(taker, "userName", "adele"))
		s.drain()
		s.wantsConflicts()
		if got := s.showsID(former); got != "active, Staff idp" {
			s.Errorf("the former user is %s though its name is free again", got)
		}
		s.again()
	},
	"a user of its own is refused while its name is taken, and the question stays": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		b.user(somebody("ada"))
		s.decide(s.wantsConflicts(directory.ConflictForeignUser)[0], directory.DecisionKeepSeparate, uuid.Nil)
		taken := s.wantsConflicts(policy.ConflictUserNameTaken)[0]
		s.wantsRefusal(s.d.DecideConflict(context.Background(), byAdmin, "main", taken.ID, directory.DecisionKeepSeparate, uuid.Nil), policy.ConflictUserNameTaken)
		s.wantsConflicts(policy.ConflictUserNameTaken)
		s.again()
		s.ok(a.setUser(ada, "userName", "adele"))
		s.drain()
		s.wantsConflicts()
		s.wants("ada", "active")
		s.again()
	},
	"a key that another IdP changes ends an ambiguity": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		bob := a.user(somebody("bob", "ada@x.example"))
		a.user(somebody("ada"))
		b.group("Eng", b.user(somebody("ada", "ada@x.example")))
		s.drain()
		s.wantsConflicts(directory.ConflictAmbiguous)
		s.ok(a.setUser(bob, "emails", somebody("bob", "bob@x.example")["emails"]))
		s.drain()
		s.wantsConflicts()
		s.wants("ada", "active, Eng idp")
		s.again()
	},
	"an identifier that another IdP changes ends an ambiguity": func(_ *testing.T, s *stage) {
		rules := policy.Rules{Linking: policy.Linking{Match: []string{"userName", "externalId"}}}
		a, b := s.connector("acme", "a", tenants.Live, rules), s.connector("acme", "b", tenants.Live, rules)
		first, second := somebody("bob"), somebody("ada")
		first["externalId"], second["externalId"] = "7", "7"
		bob := a.user(first)
		a.user(somebody("ada"))
		b.group("Eng", b.user(second))
		s.drain()
		s.wantsConflicts(directory.ConflictAmbiguous)
		s.ok(a.setUser(bob, "externalId", "8"))
		s.drain()
		s.wantsConflicts()
		s.wants("ada", "active, Eng idp")
		s.again()
	},
	"a record that goes makes room for a second one of its connector": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{Linking: policy.Linking{Match: []string{"email"}}})
		first := a.user(somebody("ada", "ada@x.example"))
		s.localUser(somebody("adele"))
		a.group("Eng", a.user(somebody("adele", "ada@x.example")))
		s.drain()
		s.wantsConflicts(directory.ConflictSecond)
		a.deleteUser(first)
		s.drain()
		s.wantsConflicts(policy.ConflictUserNameTaken)
		s.wants("ada", "active, Eng idp")
		s.again()
	},
	"who belongs to a tenant now is linked by its other connectors": func(_ *testing.T, s *stage) {
		a, b := s.two()
		b2 := s.connector("globex", "b2", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		b2.group("Eng", b2.user(somebody("ada")))
		s.drain()
		b.user(somebody("ada"))
		open := s.wantsConflicts(directory.ConflictForeignUser, directory.ConflictForeignUser)
		s.decide(open[1], directory.DecisionLink, s.userID("ada"))
		s.drain()
		s.wantsConflicts()
		s.wants("ada", "active, Eng idp")
		s.again()
	},
	"who is released by its tenant goes to the one that waits for it": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{Linking: policy.Linking{Domains: []string{"x.example"}}})
		ada := a.user(somebody("ada@x.example"))
		b.group("Eng", b.user(somebody("ada@x.example")))
		s.drain()
		s.wantsConflicts(directory.ConflictForeignUser)
		a.deleteUser(ada)
		s.drain()
		s.wantsConflicts(directory.ConflictForeignUser)
		s.unlink("ada@x.example", "a")
		s.wantsConflicts()
		s.wants("ada@x.example", "active, Eng idp")
		s.again()
	},
	"what an IdP frees while it is only observed is free from going live on": func(_ *testing.T, s *stage) {
		a, b := s.two()
		ada, bob := a.user(somebody("ada")), b.user(somebody("bob"))
		s.ok(b.setUser(bob, "userName", "ada"))
		a.mode(tenants.Observe)
		s.ok(a.setUser(ada, "userName", "adele"))
		s.drain()
		s.wantsConflicts(policy.ConflictUserNameTaken)
		a.mode(tenants.Live)
		s.wantsConflicts()
		s.wants("ada", "active")
		s.again()
	},
	"a record without a user gets one when another IdP changes the address they shared": func(_ *testing.T, s *stage) {
		a, b := s.two()
		ada := a.user(somebody("ada", "ada@x.example"))
		b.user(somebody("adele", "ada@x.example"))
		s.wantsConflicts(directory.ConflictForeignUser)
		s.ok(a.setUser(ada, "emails", somebody("ada", "other@x.example")["emails"]))
		s.drain()
		s.wantsConflicts()
		s.wants("adele", "active")
		s.again()
	},
	"nobody waits for a name that is given up at that moment": func(_ *testing.T, s *stage) {
		a, b := s.two()
		for i := range 25 {
			name := fmt.Sprintf("ada%d", i)
			ada, bob := a.user(somebody(name)), b.user(somebody(fmt.Sprintf("bob%d", i)))
			rivals(
				func() { a.ok(a.setUser(ada, "userName", "adele"+name)) },
				func() {
					if i%2 == 0 {
						b.ok(b.setUser(bob, "userName", name))
					} else {
						b.user(somebody(name))
					}
				},
			)
			s.drain()
			s.wantsConflicts()
			s.wants(name, "active")
		}
	},
}
