package storagetest

import (
	"context"
	"encoding/json"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// reasonIn takes the reason out of an event's changes.
func reasonIn(s *stage, changes json.RawMessage) policy.Reason {
	s.Helper()
	var c struct{ Because policy.Reason }
	s.ok(json.Unmarshal(changes, &c))
	return c.Because
}

var personCases = map[string]func(*testing.T, *stage){
	"lifting a block does not bring a deleted user back": func(_ *testing.T, s *stage) {
		ctx, id := context.Background(), s.localUser(somebody("ada"))
		s.ok(s.d.BlockUser(ctx, byAdmin, "main", id, "stolen"))
		s.ok(s.d.RemoveUser(ctx, byAdmin, "main", id, nil))
		s.ok(s.d.UnblockUser(ctx, byAdmin, "main", id))
		s.wants("ada", "deleted")
	},
	"restoring does not lift a block": func(_ *testing.T, s *stage) {
		ctx, id := context.Background(), s.localUser(somebody("ada"))
		s.ok(s.d.BlockUser(ctx, byAdmin, "main", id, "stolen"))
		s.ok(s.d.RemoveUser(ctx, byAdmin, "main", id, nil))
		_, err := s.d.RestoreUser(ctx, byAdmin, "main", id)
		s.ok(err)
		s.wants("ada", "disabled")
		s.ok(s.d.UnblockUser(ctx, byAdmin, "main", id))
		s.wants("ada", "active")
	},
	"editing a leaver does not let it in again": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.deleteUser(a.user(somebody("ada")))
		s.wants("ada", "disabled")
		_, err := s.d.EditLocalUser(context.Background(), byAdmin, "main", s.userID("ada"), nil, func(d scim.Document) (scim.Document, []scim.Note, error) {
			d = d.Clone()
			d["displayName"] = "Ada"
			return d, nil, nil
		})
		s.ok(err)
		s.wants("ada", "disabled")
	},
	"lifting a block gives back what the protected user was": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		s.settings(func(d *policy.DirectorySettings) { d.ProtectedUsers = policy.Text("ada") })
		s.ok(s.d.BlockUser(ctx, byAdmin, "main", s.userID("ada"), "stolen"))
		s.wants("ada", "disabled")
		s.ok(s.d.UnblockUser(ctx, byAdmin, "main", s.userID("ada")))
		s.wants("ada", "active")
	},
	"a removed default group stays away": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{DefaultGroups: policy.Text("Starter")})
		r := a.user(somebody("ada"))
		s.wants("ada", "active, Starter default")
		page, err := s.d.Groups(ctx, "main", "", directory.Listing{Limit: 9})
		s.ok(err)
		s.ok(s.d.RemoveMember(ctx, byAdmin, "main", page.Items[0].ID, s.userID("ada")))
		s.ok(a.setUser(r, "displayName", "Ada"))
		s.wants("ada", "active")
		a.deleteUser(r)
		a.user(somebody("ada"))
		s.wants("ada", "active")
		s.again()
	},
	"lifting a block links who waited for it": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		s.ok(s.d.BlockUser(ctx, byAdmin, "main", s.userID("ada"), "stolen"))
		b.group("Eng", b.user(somebody("ada")))
		s.wantsConflicts(directory.ConflictGuarded)
		s.ok(s.d.UnblockUser(ctx, byAdmin, "main", s.userID("ada")))
		s.drain()
		s.wantsConflicts()
		s.wants("ada", "active, Eng idp")
		s.again()
	},
}
