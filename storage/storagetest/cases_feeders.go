package storagetest

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// feeders are those of a group of a name.
func (s *stage) feeders(group string) directory.GroupFeeders {
	s.Helper()
	page, err := s.d.Groups(context.Background(), "main", `displayName eq "`+group+`"`, directory.Listing{Limit: 1})
	s.ok(err)
	f, err := s.d.GroupFeeders(context.Background(), "main", page.Items[0].ID)
	s.ok(err)
	return f
}

// feedersCases are about what the pages of groups and of conflicts about them tell.
var feedersCases = map[string]func(*testing.T, *stage){
	"a group's feeders are told by the names of their IdPs, and judged by the rules": func(_ *testing.T, s *stage) {
		rename := policy.Mapping{Renames: []policy.Rename{{From: policy.Entry{Form: policy.FormMatches, Text: "okta-(.+)"}, To: "$1"}}}
		a := s.connector("acme", "a", tenants.Live, policy.Rules{Mapping: rename, OnlyAssign: policy.Text("jira", "x"), NeverRemove: policy.Text("j.*")})
		s.connector("acme", "b", tenants.Live, policy.Rules{NeverAssign: policy.Text("vpn", "ji.*")})
		c := s.connector("globex", "c", tenants.Live, policy.Rules{AlwaysAssign: policy.Text("jira")})
		a.group("okta-jira", a.users(2)...)
		s.drain()
		c.group("Jira", c.users(3)...)
		s.drain()
		f := s.feeders("jira")
		got := []string{}
		for _, c := range f.Connectors {
			line := fmt.Sprintf("%s: %v %s", c.Connector, c.IfSent.Assigned, c.IfSent.Because.Code)
			for _, sent := range c.Sends {
				line += fmt.Sprintf(", %s %d %v %s", sent.Name, sent.Members, sent.Assigned, sent.Because.Code)
			}
			if c.Always != nil {
				line += fmt.Sprintf(", always %v %s", c.Always.Assigned, c.Always.Because.Code)
			}
			for _, m := range c.Mentions {
				line += fmt.Sprintf(", %s[%d]", m.List, m.Place)
			}
			got = append(got, line)
		}
		want := []string{"a: true sent, okta-jira 2 true sent, onlyAssign[0], neverRemove[0]", "b: false neverAssign, neverAssign[1]",
			"c: false foreignGroup, Jira 3 false foreignGroup, always false foreignGroup, alwaysAssign[0]"}
		if !slices.Equal(got, want) {
			s.Errorf("the feeders are\n%q, want\n%q", got, want)
		}
		if f.Origins[policy.OriginIDP] != 2 || len(f.Origins) != 1 {
			s.Errorf("the members are %v", f.Origins)
		}
		if len(f.Conflicts) != 1 || f.Conflicts[0].Connector != "c" {
			s.Fatalf("the conflicts are %+v", f.Conflicts)
		}
		w, err := s.d.WeighConflict(context.Background(), "main", f.Conflicts[0].ID, 2)
		s.ok(err)
		if w.Sent != 3 || w.There != 2 || w.Both != 0 || len(w.Joining) != 2 || len(w.Staying) != 0 || !w.Always {
			s.Errorf("the conflict weighs %+v", w)
		}
	},
	"who joins and leaves a shared group is who was weighed": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.group("jira", a.users(2)...)
		s.drain()
		ids := b.users(3)
		inner := b.group("inner", ids[2])
		b.group("JIRA", ids[0], inner)
		s.drain()
		f := s.feeders("jira")
		for _, name := range []string{"b-user0", "b-user1"} { // the one is sent, the other is not
			_, err := s.d.AddLocalMember(context.Background(), byAdmin, "main", f.Group.ID, s.userID(name))
			s.ok(err)
		}
		w, err := s.d.WeighConflict(context.Background(), "main", f.Conflicts[0].ID, 9)
		s.ok(err)
		if w.Sent != 2 || w.There != 4 || w.Both != 1 || w.Leaving != 1 || len(w.Joining) != 1 || w.Joining[0].UserName != "b-user2" || w.Staying[0].UserName != "b-user0" {
			s.Fatalf("the conflict weighs %+v", w)
		}
		s.settings(func(d *policy.DirectorySettings) { d.SharedGroups = policy.Text("jira") })
		s.drain()
		f = s.feeders("jira")
		if f.Origins[policy.OriginIDP] != w.There+len(w.Joining)-w.Leaving || len(f.Origins) != 1 || len(f.Conflicts) != 0 {
			s.Errorf("once it is shared %v are in it, and the conflicts are %+v", f.Origins, f.Conflicts)
		}
	},
	"empty groups are those that nobody is in": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("full", a.users(1)...)
		s.drain()
		for _, name := range []string{"bare", "void"} {
			s.localGroup(name)
		}
		page, err := s.d.EmptyGroups(context.Background(), "main", "", directory.Listing{Limit: 1})
		s.ok(err)
		rest, err := s.d.EmptyGroups(context.Background(), "main", "", directory.Listing{Limit: 1, Cursor: page.Next})
		s.ok(err)
		if page.Total != 2 || len(page.Items) != 1 || len(rest.Items) != 1 || page.Items[0].DisplayName == rest.Items[0].DisplayName || rest.Next != "" {
			s.Errorf("the empty groups are %+v and %+v", page, rest)
		}
		if _, err := s.d.Groups(context.Background(), "main", "", directory.Listing{Limit: 1, Cursor: page.Next}); err == nil {
			s.Error("a cursor of the empty groups leads on through all of them")
		}
	},
}
