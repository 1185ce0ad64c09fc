package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// pastCases are about looking back, explaining and trying.
var pastCases = map[string]func(*testing.T, *stage){
	"a restored user holds again what no IdP gave": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{DefaultGroups: policy.Text("Starter"), Cleanup: policy.Cleanup{Action: policy.ActionDelete}})
		id := a.user(somebody("ada"))
		a.group("Eng", id)
		s.wants("ada", "active, Eng idp, Starter default")
		a.deleteUser(id)
		s.drain()
		ada, before := s.userID("ada"), s.tick()
		_, err := s.d.RestoreUser(context.Background(), byAdmin, "main", ada)
		s.ok(err)
		s.wants("ada", "active, Starter local")
		past, err := s.d.ReadUserAt(context.Background(), "main", ada, before)
		s.ok(err)
		if past.Status != policy.UserDeleted || len(past.Memberships) != 2 {
			s.Errorf("before, ada was %s in %+v, want deleted in Eng and Starter", past.Status, past.Memberships)
		}
	},
	"before its first event there is nothing to tell": func(_ *testing.T, s *stage) {
		before := s.tick()
		ada := s.localUser(somebody("ada"))
		var early *directory.NotYetError
		if _, err := s.d.ReadUserAt(context.Background(), "main", ada, before); !errors.As(err, &early) {
			s.Errorf("a user before it came into being: %v", err)
		}
		var refused *directory.RefusedError
		if _, err := s.d.ReadUserAt(context.Background(), "main", ada, before.Add(time.Hour)); !errors.As(err, &refused) {
			s.Errorf("a user in an hour: %v", err)
		}
	},
	"a trial sees what it wrote, and nobody else does": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		g := a.group("Eng", ada)
		trial, err := s.d.Try(ctx, func(in directory.Records) error {
			made, err := in.CreateUser(ctx, a.source(), somebody("bob"), nil)
			s.ok(err)
			if _, err := in.CreateUser(ctx, a.source(), somebody("bob"), nil); err == nil {
				s.Error("a trial takes a name twice")
			}
			if _, err := in.ReadUser(ctx, a.Connector, made.ID); err != nil {
				s.Errorf("what was before a failure should still be there: %v", err)
			}
			_, err = in.EditGroup(ctx, a.source(), g, nil, directory.GroupEdit{Members: []scim.MemberEdit{removing(ada)}})
			s.ok(err)
			for m, err := range in.Members(ctx, a.Connector, g) {
				s.ok(err)
				s.Errorf("the trial still has the member %v", m)
			}
			if said := a.said(g); len(said) != 1 {
				s.Errorf("the trial shows outside: %v", said)
			}
			return nil
		})
		s.ok(err)
		var about []string
		for _, d := range trial.Decisions {
			about = append(about, d.User.UserName)
		}
		if !slices.Equal(about, []string{"bob", "ada"}) || len(trial.Records) != 2 {
			s.Errorf("the trial decides about %v and tells of %+v", about, trial)
		}
		s.wants("ada", "active, Eng idp")
		if said := a.said(g); len(said) != 1 {
			s.Errorf("after the trial the group has the members %v", said)
		}
	},
}
