package storagetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// later moves the stage's clock by days and does what falls due.
func (s *stage) later(days int) {
	s.Helper()
	s.mu.Lock()
	s.now = s.now.AddDate(0, 0, days)
	s.mu.Unlock()
	s.drain()
	s.ok(s.d.Purge(context.Background()))
	s.drain()
}

// refuses expects an administrator's change to be refused with a code.
func (s *stage) refuses(code string, err error) {
	s.Helper()
	refused, problem := (*directory.RefusedError)(nil), (*tenants.Problem)(nil)
	switch {
	case errors.As(err, &refused) && refused.Code == code:
	case errors.As(err, &problem) && problem.Code == code:
	default:
		s.Errorf("the answer is %v, want it refused with %s", err, code)
	}
}

// isGone expects that the directory knows no user of an id.
func (s *stage) isGone(id uuid.UUID) {
	s.Helper()
	if _, err := s.d.ReadUserDetail(context.Background(), "main", id); !errors.Is(err, directory.ErrNotFound) {
		s.Errorf("user %s is still there (%v)", id, err)
	}
}

var deletes = policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionDelete}, Safety: policy.Safety{Off: true}}

var leavingCases = map[string]func(*testing.T, *stage){
	"a deleted user is purged after retentionDays, and its name is known when it comes again": func(t *testing.T, s *stage) {
		ctx := context.Background()
		s.settings(func(d *policy.DirectorySettings) { d.RetentionDays = 7 })
		a := s.connector("acme", "a", tenants.Live, deletes)
		old := a.user(somebody("ada", "ada@acme.example"))
		a.group("Eng", old)
		ada := s.userID("ada")
		a.deleteUser(old)
		s.later(6)
		s.wants("ada", "deleted, Eng idp")
		s.later(2)
		s.isGone(ada)
		s.ok(s.d.Purge(ctx)) // nothing is left to do
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		b.user(somebody("ADA")) // what acme had to do with the name has ended
		detail, err := s.d.ReadUserDetail(ctx, "main", s.userID("ADA"))
		s.ok(err)
		if detail.NameFormer.IsZero() || detail.ID == ada || len(detail.Memberships) != 0 {
			t.Errorf("the newcomer is %+v, want a new user whose name is known to be a former one's", detail)
		}
		s.wantsConflicts()
		b.user(somebody("bob"))
		if detail, err = s.d.ReadUserDetail(ctx, "main", s.userID("bob")); err != nil || !detail.NameFormer.IsZero() {
			t.Errorf("bob's name is said to be a former one's (%v)", err)
		}
	},
	"a user deleted by hand is purged, a restored one stays": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		ada, bob := s.localUser(somebody("ada")), s.localUser(somebody("bob"))
		s.ok(s.d.RemoveUser(ctx, byAdmin, "main", ada, nil))
		s.ok(s.d.RemoveUser(ctx, byAdmin, "main", bob, nil))
		_, err := s.d.RestoreUser(ctx, byAdmin, "main", bob)
		s.ok(err)
		s.settings(func(d *policy.DirectorySettings) { d.RetentionDays = 2 }) // for those who are deleted already, too
		s.later(3)
		s.isGone(ada)
		s.wants("bob", "active")
	},
	"a record that lives on after its user was purged makes a new one": func(_ *testing.T, s *stage) {
		rules := deletes
		rules.RequiredGroups, rules.RequiredGrace = policy.Text("Staff"), 0
		a := s.connector("acme", "a", tenants.Live, rules)
		record := a.user(somebody("ada"))
		staff := a.group("Staff", record)
		ada := s.userID("ada")
		s.ok(a.patch(staff, "", removing(record)))
		s.drain()
		s.wants("ada", "deleted, Staff idp")
		s.later(31)
		s.isGone(ada)
		s.ok(a.patch(staff, "", adding(record)))
		s.drain()
		s.wants("ada", "active, Staff idp")
		if s.userID("ada") == ada {
			s.Error("the purged user is back")
		}
	},
	"cleanup disables at once, and strips and deletes when graceDays are over": func(_ *testing.T, s *stage) {
		rules := deletes
		rules.Cleanup = policy.Cleanup{Action: policy.ActionDelete, GraceDays: 30, StripGroups: true, KeepGroups: policy.Text("Archive")}
		a := s.connector("acme", "a", tenants.Live, rules)
		ada := a.user(somebody("ada"))
		a.group("Eng", ada)
		a.group("Archive", ada)
		a.deleteUser(ada)
		s.drain()
		s.wants("ada", "disabled, Archive idp, Eng idp")
		s.later(29)
		s.wants("ada", "disabled, Archive idp, Eng idp")
		s.later(2)
		s.wants("ada", "deleted, Archive idp")
	},
	"a connector that retires deletes its people when the grace is over, and not before": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a, b := s.connector("acme", "a", tenants.Live, unlimited), s.connector("acme", "b", tenants.Live, unlimited)
		a.group("Eng", a.user(somebody("ada")), a.user(somebody("both")))
		b.user(somebody("both"))
		p := a.plan(directory.Draft{Retire: policy.ActionDelete, GraceDays: 30})
		a.wantsLines(p, "disableUser ada cleanupWaits", "removeMembership both Eng recordDeleted")
		a.apply(p, "the contract ends")
		s.drain()
		s.wants("ada", "disabled, Eng idp")
		s.wants("both", "active")
		s.refuses(tenants.CodeGraceRuns, s.DeleteConnector(ctx, "a"))
		s.later(29)
		s.wants("ada", "disabled, Eng idp")
		s.later(2)
		s.wants("ada", "deleted, Eng idp")
		s.ok(s.DeleteConnector(ctx, "a"))
		s.again()
	},
	"clearing a connector's records keeps its people or cleans them up, and ids change": func(t *testing.T, s *stage) {
		ctx := context.Background()
		for _, people := range []policy.Action{policy.ActionKeep, directory.RetireCleanup} {
			slug := string(people)
			a := s.connector("acme", slug, tenants.Live, unlimited)
			name := "ada-" + slug
			old := a.user(somebody(name))
			team := a.group("Eng-"+slug, old)
			user := s.userID(name)
			_, err := s.d.ClearRecords(ctx, byAdmin, slug, people, "something else", "")
			s.refuses("confirmationMismatch", err)
			job, err := s.d.ClearRecords(ctx, byAdmin, slug, people, slug, "a new start")
			s.ok(err)
			s.drain()
			if job.State != directory.JobDone {
				t.Errorf("the job is %s", job.State)
			}
			want := map[policy.Action]string{policy.ActionKeep: "active, Eng-keep local", directory.RetireCleanup: "disabled, Eng-cleanup idp"}[people]
			s.wants(name, want)
			for _, id := range []uuid.UUID{old, team} {
				if _, err := s.d.ReadUser(ctx, a.Connector, id); !errors.Is(err, directory.ErrNotFound) {
					t.Errorf("record %s is still there: %v", id, err)
				}
			}
			a.mode(tenants.Live)
			a.Connector.Mode = tenants.Live
			fresh := a.user(somebody(name))
			a.group("Eng-"+slug, fresh)
			s.drain()
			s.wants(name, "active, Eng-"+slug+" idp")
			if fresh == old || s.userID(name) != user {
				t.Errorf("the record is %s after %s, the user %s after %s: want another record of the same user", fresh, old, s.userID(name), user)
			}
		}
	},
	"a directory is removed with its confirmation, restored, and at last purged": func(t *testing.T, s *stage) {
		ctx := context.Background()
		_, err := s.d.RemoveDirectory(ctx, byAdmin, "main", "main")
		s.refuses("onlyDirectory", err)
		_, err = s.d.CreateDirectory(ctx, byAdmin, "staging")
		s.ok(err)
		_, err = s.CreateTenant(ctx, "acme")
		s.ok(err)
		c, err := s.CreateConnector(ctx, tenants.NewConnector{Tenant: "acme", Name: "b", Slug: "b", Kind: "generic", Mode: tenants.Live, Directory: "staging", Rules: unlimited})
		s.ok(err)
		b := idp{c, s}
		b.group("Eng", b.user(somebody("ada")), b.user(somebody("bob")))
		planned, err := s.d.PlanRemoval(ctx, "staging")
		s.ok(err)
		if n := planned.RemovalCounts; n != (directory.RemovalCounts{Users: 2, Groups: 1, Memberships: 2, Records: 2}) || len(planned.InTheWay) != 1 {
			t.Errorf("removing it would take %+v, in the way are %v", n, planned.InTheWay)
		}
		_, err = s.d.RemoveDirectory(ctx, byAdmin, "staging", "staging")
		s.refuses("connectorsInTheWay", err)
		b.mode(tenants.Disabled)
		_, err = s.d.RemoveDirectory(ctx, byAdmin, "staging", "main")
		s.refuses("confirmationMismatch", err)
		remove := func() {
			removed, err := s.d.RemoveDirectory(ctx, byAdmin, "staging", "Staging")
			s.ok(err)
			if removed.Removed.IsZero() || removed.PurgeAfter.Sub(removed.Removed) != 30*24*time.Hour {
				t.Errorf("removed at %s, to be purged after %s", removed.Removed, removed.PurgeAfter)
			}
		}
		remove()
		_, err = s.d.Users(ctx, "staging", "", "", directory.Listing{Limit: 10})
		s.refuses("directoryRemoved", err)
		s.refuses("directoryRemoved", s.d.SetMode(ctx, byAdmin, "b", tenants.Live, anyLosses))
		s.later(29)
		_, err = s.d.RestoreDirectory(ctx, byAdmin, "staging")
		s.ok(err)
		b.mode(tenants.Live)
		page, err := s.d.Users(ctx, "staging", "", "", directory.Listing{Limit: 10})
		if s.ok(err); len(page.Items) != 2 {
			t.Errorf("after restoring there are %d users", len(page.Items))
		}
		b.mode(tenants.Disabled)
		remove()
		s.later(31)
		if _, err := s.d.FindDirectory(ctx, "staging"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("the directory is still there: %v", err)
		}
		if _, err := s.Connector(ctx, "b"); !errors.Is(err, directory.ErrNotFound) {
			t.Errorf("its connector is still there: %v", err)
		}
		_, err = s.d.CreateDirectory(ctx, byAdmin, "staging")
		s.ok(err)
	},
	"what waits for the new owner of an erased person's address stays": func(t *testing.T, s *stage) {
		ctx := context.Background()
		a, b := s.connector("acme", "a", tenants.Live, deletes), s.connector("acme", "b", tenants.Live, policy.Rules{})
		smith := a.user(somebody("j.smith", "office@acme.example"))
		user := s.userID("j.smith")
		desk := a.user(somebody("desk"))
		a.deleteUser(smith)
		s.ok(a.setUser(desk, "emails", []any{map[string]any{"value": "office@acme.example", "primary": true}}))
		g, err := b.d.CreateGroup(ctx, b.source(), scim.Document{"displayName": "Eng"}, []string{"j.smith", "office@acme.example", smith.String()}, nil)
		s.ok(err)
		_, err = s.d.EraseUser(ctx, byAdmin, "main", user, "j.smith")
		s.ok(err)
		s.isGone(user)
		if said := b.said(g.ID); !slices.Equal(said, []string{"office@acme.example"}) {
			t.Errorf("the group waits for %v", said)
		}
	},
	"a person is erased only when no IdP holds it, and by its name": func(t *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, deletes)
		ada := a.user(scim.Document{"userName": "ada", "active": true, "name": map[string]any{"familyName": "Lovelace"}})
		user := s.userID("ada")
		_, err := s.d.EraseUser(ctx, byAdmin, "main", user, "bob")
		s.refuses("confirmationMismatch", err)
		_, err = s.d.EraseUser(ctx, byAdmin, "main", user, "ada")
		s.refuses("stillHeld", err)
		a.deleteUser(ada)
		erased, err := s.d.EraseUser(ctx, byAdmin, "main", user, "ADA")
		s.ok(err)
		if erased.Records != 1 || len(erased.StillSaid) != 0 {
			t.Errorf("erased %+v", erased)
		}
		s.isGone(user)
		page, err := s.d.Events(ctx, directory.EventFilter{User: user.String()}, directory.Listing{Limit: 50})
		s.ok(err)
		if len(page.Items) < 3 || page.Items[0].Action != "directory.user.erased" {
			t.Errorf("the audit tells %+v", page.Items)
		}
	},
}
