package storagetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// owned are connectors of two tenants, of which the first has the groups Eng and Ops.
func (s *stage) owned(rules policy.Rules) (a, b idp) {
	s.Helper()
	a, b = s.connector("acme", "a", tenants.Live, policy.Rules{}), s.connector("globex", "b", tenants.Live, rules)
	ada := a.user(somebody("ada"))
	a.group("Eng", ada)
	a.group("Ops", ada)
	b.group("Own")
	s.drain()
	return a, b
}

func (c idp) users(n int) []uuid.UUID {
	c.Helper()
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = c.user(somebody(fmt.Sprintf("%s-user%d", c.Slug, i)))
	}
	return ids
}

const foreign = policy.ConflictForeignGroup

// opened is how many conflicts were ever opened.
func (s *stage) opened() int {
	s.Helper()
	page, err := s.d.Events(context.Background(), directory.EventFilter{Action: "directory.conflict.opened"}, directory.Listing{Limit: 100})
	s.ok(err)
	return len(page.Items)
}

// foreignCases are about the one conflict between a connector and a group of somebody else's.
var foreignCases = map[string]func(*testing.T, *stage){
	"a foreign group is one conflict, however many are in it": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		ids := b.users(9)
		b.group("Other")
		g := b.group("Eng", ids[:5]...)
		for _, id := range ids[5:] {
			s.ok(b.patch(g, "", adding(id)))
		}
		c := s.wantsConflicts(foreign)[0]
		if c.Connector != "b" || c.Record != uuid.Nil || c.User != uuid.Nil || c.Group == uuid.Nil || c.GroupName != "Eng" {
			s.Errorf("the conflict is %+v, want one of the connector and the group alone", c)
		}
		s.again()
		if n := s.opened(); n != 1 {
			s.Errorf("%d conflicts were opened, want one", n)
		}
	},
	"a foreign group's conflict comes with the first member and goes with the last": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		ids := b.users(2)
		g := b.group("Eng")
		s.wantsConflicts()
		s.ok(b.patch(g, "", adding(ids[0])))
		s.ok(b.patch(g, "", adding(ids[1])))
		s.wantsConflicts(foreign)
		s.ok(b.patch(g, "", removing(ids[0])))
		s.wantsConflicts(foreign)
		s.ok(b.patch(g, "", removing(ids[1])))
		s.wantsConflicts()
		s.again()
	},
	"a foreign group's conflict goes with the last user": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		ids := b.users(2)
		b.group("Eng", ids...)
		b.deleteUser(ids[0])
		s.wantsConflicts(foreign)
		b.deleteUser(ids[1])
		s.wantsConflicts()
		s.again()
	},
	"a foreign group's conflict goes with the group record": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		g := b.group("Eng", b.users(2)...)
		s.wantsConflicts(foreign)
		s.ok(b.d.DeleteGroup(s.Context(), b.source(), g, nil))
		s.wantsConflicts()
		s.again()
	},
	"a foreign group's conflict goes and comes with the name": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		g := b.group("Mine", b.users(2)...)
		s.ok(b.patch(g, "Eng"))
		s.drain()
		s.wantsConflicts(foreign)
		s.ok(b.patch(g, "ops"))
		s.drain()
		if c := s.wantsConflicts(foreign)[0]; c.GroupName != "ops" {
			s.Errorf("the conflict is about %s", c.GroupName)
		}
		s.ok(b.patch(g, "Free"))
		s.drain()
		s.wantsConflicts()
		s.wants("b-user0", "active, Free idp")
		s.again()
	},
	"a foreign group's conflict comes and goes with big requests": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		ids := b.users(310)
		g := b.group("Eng", ids...)
		s.drain()
		s.wantsConflicts(foreign)
		if n := s.opened(); n != 1 {
			s.Errorf("%d conflicts were opened, want one", n)
		}
		s.ok(b.patch(g, "", scim.MemberEdit{Op: scim.ReplaceMembers, Values: texts(ids[:1])}))
		s.drain()
		s.wantsConflicts(foreign)
		s.ok(b.patch(g, "", scim.MemberEdit{Op: scim.ReplaceMembers}))
		s.drain()
		s.wantsConflicts()
	},
	"sharing a group ends its conflict, and no more brings it back": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		b.group("Eng", b.users(2)...)
		s.settings(func(d *policy.DirectorySettings) { d.SharedGroups = policy.Text("eng") })
		s.wantsConflicts()
		s.wants("b-user0", "active, Eng idp")
		s.settings(func(*policy.DirectorySettings) {})
		s.wantsConflicts(foreign)
		s.wants("b-user0", "active")
		s.again()
	},
	"a foreign group that the rules hold back is no conflict": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		b.group("Eng", b.users(2)...)
		b.rules(policy.Rules{NeverAssign: policy.Text("eng")})
		s.drain()
		s.wantsConflicts()
		b.rules(policy.Rules{OnlyAssign: policy.Text("e.*")})
		s.drain()
		s.wantsConflicts(foreign)
		s.again()
	},
	"a foreign group that alwaysAssign names is a conflict while anybody is there": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{AlwaysAssign: policy.Text("ENG")})
		ids := b.users(2)
		s.wantsConflicts(foreign)
		b.deleteUser(ids[0])
		s.wantsConflicts(foreign)
		b.deleteUser(ids[1])
		s.wantsConflicts()
		b.users(1)
		s.wantsConflicts(foreign)
		b.rules(policy.Rules{})
		s.drain()
		s.wantsConflicts()
		b.rules(policy.Rules{AlwaysAssign: policy.Text("Eng", "Ops")})
		s.drain()
		s.wantsConflicts(foreign, foreign)
		s.again()
	},
	"a refused foreign group is not asked about for others": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		ids := b.users(3)
		g := b.group("Eng", ids[0])
		s.decide(s.wantsConflicts(foreign)[0], directory.DecisionRefuse, uuid.Nil)
		s.ok(b.patch(g, "", adding(ids[1])))
		s.ok(b.patch(g, "", removing(ids[0], ids[1])))
		s.ok(b.patch(g, "", adding(ids[2])))
		s.again()
		s.wantsConflicts()
	},
	"a group is foreign to those who were in it before it came into being": func(_ *testing.T, s *stage) {
		a, b := s.owned(policy.Rules{})
		speaks := s.connector("globex", "c", tenants.Live, policy.Rules{})
		always := s.connector("globex", "d", tenants.Live, policy.Rules{AlwaysAssign: policy.Text("Newer")})
		idle := somebody("idle")
		idle["active"] = false
		speaks.user(somebody("idle")) // so that the inactive ones have no say
		b.group("New", b.user(idle))
		always.user(idle)
		s.drain()
		s.wantsConflicts()
		ada := s.recordOf("ada", a)
		a.group("New", ada)
		s.drain()
		if c := s.wantsConflicts(foreign)[0]; c.Connector != "b" {
			s.Errorf("the conflict is one of %s", c.Connector)
		}
		g := a.group("Newest", ada)
		s.ok(a.patch(g, "Newer"))
		s.drain()
		if c := s.wantsConflicts(foreign, foreign)[1]; c.Connector != "d" {
			s.Errorf("the conflict is one of %s", c.Connector)
		}
		b.group("Local", s.recordOf("idle", b))
		s.drain()
		s.localGroup("local")
		s.drain()
		s.wantsConflicts(foreign, foreign, foreign)
		s.again()
	},
	"what an IdP does while it is observed is no conflict until it is live": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		ids := b.users(2)
		g := b.group("Eng", ids[0])
		b.mode(tenants.Observe)
		s.ok(b.patch(g, "", removing(ids[0])))
		b.group("Ops", ids[1])
		if c := s.wantsConflicts(foreign)[0]; c.GroupName != "Eng" {
			s.Errorf("the conflict is about %s", c.GroupName)
		}
		b.mode(tenants.Live)
		if c := s.wantsConflicts(foreign)[0]; c.GroupName != "Ops" {
			s.Errorf("the conflict is about %s", c.GroupName)
		}
		s.again()
	},
	"a record that waits to be linked shows its foreign group all the same": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		ids := []uuid.UUID{b.user(somebody("ada")), b.user(somebody("bob"))}
		g := b.group("Eng", ids...)
		s.drain()
		s.ok(b.patch(g, "", removing(ids[1])))
		s.wantsConflicts(directory.ConflictForeignUser, foreign)
		s.ok(b.patch(g, "", removing(ids[0])))
		s.wantsConflicts(directory.ConflictForeignUser)
	},
	"a conflict per member, from a time when there were such, goes": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		r := b.users(1)[0]
		b.group("Eng", r)
		old := directory.ConflictRow{ID: newID(), Connector: b.ID, Record: r, Kind: foreign, Subject: "eng", Created: s.now}
		s.ok(s.Write(context.Background(), directory.Scope{Directory: b.DirectoryID}, func(tx directory.Tx) error {
			tx.Save(&directory.Changes{Conflicts: []directory.ConflictRow{old}})
			return nil
		}))
		s.wantsConflicts(foreign, foreign)
		s.settings(func(*policy.DirectorySettings) {})
		s.wantsConflicts(foreign)
		s.again()
	},
	"a foreign group whose last member goes while the first comes": func(_ *testing.T, s *stage) {
		_, b := s.owned(policy.Rules{})
		ids := b.users(3)
		g := b.group("Eng", ids[0], ids[1])
		s.drain()
		for i := range 30 {
			rivals(
				func() { b.ok(b.patch(g, "", removing(ids[0]))) },
				func() { b.ok(b.patch(g, "", removing(ids[1]))) },
				func() {
					if i%2 == 0 {
						b.ok(b.patch(g, "", adding(ids[2])))
					}
				},
			)
			want := []string{}
			if i%2 == 0 {
				want = append(want, foreign)
			}
			s.wantsConflicts(want...)
			s.ok(b.patch(g, "", removing(ids[2]), adding(ids[0], ids[1])))
			s.wantsConflicts(foreign)
		}
	},
}
