package storagetest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

var localCases = map[string]func(*testing.T, *stage){
	"a member that the rules would take away is refused with the edit that keeps it": func(t *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		s.localUser(somebody("loc"))
		vpn := s.localGroup("vpn")
		users := []uuid.UUID{s.userID("ada"), s.userID("loc"), uuid.New()}
		for _, preview := range []bool{true, false} {
			got, err := s.d.ChangeMembers(context.Background(), byAdmin, "main", vpn, directory.MembersChange{Users: users, Comment: "on call", Preview: preview})
			s.ok(err)
			refused := got[0].Refused
			if refused == nil || refused.Code != "rulesWouldUndo" || len(refused.WouldChange) != 1 || !strings.Contains(refused.Detail, `Add "vpn" to neverRemove of a`) {
				t.Fatalf("ada's membership came to %+v", got[0])
			}
			if rules := refused.WouldChange[0].Rules; rules == nil || len(rules.NeverRemove) != 1 || rules.NeverRemove[0].Text != "vpn" {
				t.Errorf("the edit makes the rules %+v", rules)
			}
			if got[1].Refused != nil || got[1].Member.Origin != policy.OriginLocal {
				t.Errorf("a local user's membership came to %+v", got[1])
			}
			if got[2].Refused == nil || got[2].Refused.Code != "notFound" {
				t.Errorf("nobody's membership came to %+v", got[2])
			}
			s.wants("ada", "active, Eng idp")
			if want := "active, vpn local"; preview {
				s.wants("loc", "active")
			} else {
				s.wants("loc", want)
			}
		}
		a.rules(policy.Rules{NeverRemove: policy.Text("vpn")})
		_, err := s.d.AddLocalMember(context.Background(), byAdmin, "main", vpn, users[0])
		s.ok(err)
		s.wants("ada", "active, Eng idp, vpn local")
		s.again()
	},
	"a comment stands at the change of somebody of whom something is held": func(t *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{NeverRemove: policy.Text("vpn")})
		users := a.crowd(30)
		s.ok(a.patch(a.group("Eng", users...), "", removing(users[:25]...)))
		held := a.holds().Items
		if len(held) == 0 {
			t.Fatal("nothing is held")
		}
		_, err := s.d.ChangeMembers(context.Background(), byAdmin, "main", s.localGroup("vpn"), directory.MembersChange{Users: []uuid.UUID{held[0].User}, Comment: "on call"})
		s.ok(err)
		page, err := s.d.Events(context.Background(), directory.EventFilter{}, directory.Listing{Limit: 1})
		s.ok(err)
		if e := page.Items[0]; e.Action != "directory.membership.added" || !strings.Contains(string(e.Changes), `"comment":"on call"`) {
			t.Errorf("the change is told as %s %s", e.Action, e.Changes)
		}
	},
	"a member that the rules would give again is not taken out, and the edit that ends it is named": func(t *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{AlwaysAssign: policy.Text("all")})
		a.user(somebody("ada"))
		ada := s.userID("ada")
		detail, err := s.d.ReadUserDetail(context.Background(), "main", ada)
		s.ok(err)
		err = s.d.RemoveMember(context.Background(), byAdmin, "main", detail.Memberships[0].Group.ID, ada)
		var refused *directory.RefusedError
		if !errors.As(err, &refused) || len(refused.WouldChange) != 1 || refused.WouldChange[0].Rules == nil || len(refused.WouldChange[0].Rules.AlwaysAssign) != 0 {
			t.Errorf("taking ada out was answered %+v", err)
		}
		s.wants("ada", "active, all always")
	},
	"a local group is renamed with its members, and deleted when it is empty": func(t *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{NeverRemove: policy.Text("vpn"), Safety: unlimited.Safety})
		a.group("Eng", a.user(somebody("ada")))
		loc := s.localUser(somebody("loc"))
		vpn := s.localGroup("vpn", loc, s.userID("ada"))
		s.wants("ada", "active, Eng idp, vpn local")
		refused := func(code string, err error) {
			t.Helper()
			var r *directory.RefusedError
			if !errors.As(err, &r) || r.Code != code {
				t.Errorf("answered %v, want %s", err, code)
			}
		}
		_, err := s.d.RenameLocalGroup(ctx, byAdmin, "main", vpn, nil, "ENG")
		refused("displayNameTaken", err)
		_, err = s.d.RenameLocalGroup(ctx, byAdmin, "main", vpn, nil, "remote")
		s.ok(err)
		s.drain()
		s.wants("loc", "active, remote local")
		s.wants("ada", "active, Eng idp") // neverRemove goes by the name
		refused("notEmpty", s.d.DeleteLocalGroup(ctx, byAdmin, "main", vpn, nil))
		s.ok(s.d.RemoveMember(ctx, byAdmin, "main", vpn, loc))
		s.ok(s.d.DeleteLocalGroup(ctx, byAdmin, "main", vpn, nil))
		if _, err := s.d.ReadDirectoryGroup(ctx, "main", vpn); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the deleted group reads as %v", err)
		}
		page, err := s.d.Groups(ctx, "main", `displayName eq "Eng"`, directory.Listing{Limit: 1})
		s.ok(err)
		refused("fedGroup", s.d.DeleteLocalGroup(ctx, byAdmin, "main", page.Items[0].ID, nil))
		s.again()
	},
}
