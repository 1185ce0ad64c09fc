package storagetest

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// closed are rules under which every loss is held.
func closed() policy.Rules {
	return policy.Rules{Safety: policy.Safety{Window: policy.Duration(time.Hour)}}
}

func withdrawsItself(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, closed())
	ids := c.crowd(3)
	g := c.group("Eng", ids...)
	s.ok(c.patch(g, "", removing(ids[0])))
	c.deleteUser(ids[1])
	c.wantsHeld(1, 1, 0)
	s.ok(c.patch(g, "", adding(ids[0])))
	c.wantsHeld(1, 0, 0)
	s.wants("u0", "active, Eng idp")
	c.user(somebody("u1", "u1@x.example"))
	for _, h := range c.holds().Items {
		if h.Kind != directory.LossMembership {
			t.Errorf("the user is there again, and still held: %+v", h)
		}
	}
}

func staysHeld(t *testing.T, s *stage) {
	c, other := s.connector("acme", "okta", tenants.Live, closed()), s.connector("acme", "hr", tenants.Live, policy.Rules{})
	ids := c.crowd(2)
	g := c.group("Eng", ids...)
	s.ok(c.patch(g, "", removing(ids[0])))
	c.wantsHeld(0, 1, 0)
	o := other.user(somebody("u0"))
	s.ok(other.setUser(o, "title", "x"))
	s.ok(c.setUser(ids[0], "title", "y"))
	s.again()
	s.wants("u0", "active, Eng idp")
	s.ok(s.d.BlockUser(context.Background(), byAdmin, "main", s.userID("u0"), "a reason"))
	s.wants("u0", "disabled, Eng idp")
	s.ok(s.d.UnblockUser(context.Background(), byAdmin, "main", s.userID("u0")))
	s.wants("u0", "active, Eng idp")
	c.wantsHeld(0, 1, 0)
}

func applying(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{Safety: policy.Safety{Window: policy.Duration(time.Hour), Losses: 1, MembershipLosses: 1}})
	ids := c.crowd(8)
	g := c.group("Eng", ids...)
	for _, id := range ids[:3] {
		s.ok(c.patch(g, "", removing(id)))
	}
	held := c.wantsHeld(0, 2, 0)
	if n := c.decideHolds(directory.HoldDecision{Filter: directory.HoldFilter{User: "u1"}}); n != (directory.HoldsDecided{Applied: 1}) {
		t.Errorf("decided: %+v", n)
	}
	s.wants("u1", "active")
	s.wants("u2", "active, Eng idp")
	c.deleteUser(ids[4]) // the only user who may go
	c.wantsHeld(0, 1, 0)
	if n := c.decideHolds(directory.HoldDecision{Filter: directory.HoldFilter{IDs: []uuid.UUID{held[0].ID, held[1].ID}}}); n != (directory.HoldsDecided{Applied: 1}) {
		t.Errorf("decided: %+v", n)
	}
	s.wants("u2", "active")
	c.deleteUser(ids[5])
	c.wantsHeld(1, 0, 0)
	if n := s.told("directory.hold.applied"); n != 2 {
		t.Errorf("%d events of applied holds, want 2", n)
	}
	s.again()
}

func discardedMembership(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{Safety: policy.Safety{Window: policy.Duration(time.Hour), MembershipLosses: 1}})
	ids := c.crowd(8)
	g := c.group("Eng", ids...)
	s.ok(c.patch(g, "", removing(ids[:2]...)))
	c.wantsHeld(0, 1, 0)
	if n := c.decideHolds(directory.HoldDecision{Discard: true, Comment: "a mistake"}); n != (directory.HoldsDecided{Discarded: 1}) {
		t.Errorf("decided: %+v", n)
	}
	c.wantsHeld(0, 0, 0)
	kept := "u1"
	if s.shows("u0") != "active" {
		kept = "u0"
	}
	id := ids[slices.Index([]string{"u0", "u1"}, kept)]
	s.ok(c.setUser(id, "title", "Engineer"))
	s.passes(3 * time.Hour)
	s.again()
	s.wants(kept, "active, Eng idp")
	s.ok(c.patch(g, "", removing(id))) // it is not a member there, but it is named again
	s.wants(kept, "active")
	s.again()
}

func discardedInBulk(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, closed())
	ids := c.crowd(320)
	g := c.group("Eng", ids[:2]...)
	s.drain()
	s.ok(c.patch(g, "", removing(ids[0])))
	c.decideHolds(directory.HoldDecision{Discard: true})
	s.again()
	c.wantsHeld(0, 0, 0)
	s.ok(c.patch(g, "", adding(ids[2:]...)))
	s.drain()
	c.wantsHeld(0, 0, 0)
	s.ok(c.patch(g, "", removing(append(slices.Clone(ids[2:]), ids[0])...)))
	s.drain()
	c.wantsHeld(0, 319, 0)
}

func discardedUser(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{Safety: policy.Safety{Window: policy.Duration(time.Hour), Losses: 1}})
	ids := c.crowd(8)
	for _, id := range ids[:2] {
		s.ok(c.setUser(id, "active", false))
	}
	c.wantsHeld(1, 0, 0)
	c.decideHolds(directory.HoldDecision{Discard: true})
	s.passes(2 * time.Hour)
	s.again()
	s.wants("u1", "active")
	s.ok(c.setUser(ids[1], "title", "Engineer"))
	s.wants("u1", "disabled")
}

func discardWhileStill(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, closed())
	ids := c.crowd(3)
	s.ok(c.setUser(ids[0], "active", false))
	c.decideHolds(directory.HoldDecision{Discard: true})
	c.mode(tenants.Observe)
	s.ok(c.setUser(ids[0], "title", "Engineer"))
	s.again()
	s.wants("u0", "active")
	c.mode(tenants.Live)
	c.wantsHeld(1, 0, 0)
}

func announced(t *testing.T, s *stage) {
	ctx := context.Background()
	c := s.connector("acme", "okta", tenants.Live, closed())
	ids := c.crowd(6)
	c.deleteUser(ids[0])
	c.wantsHeld(1, 0, 0)
	if _, err := s.d.ExpectChange(ctx, byAdmin, c.Slug, 5*time.Hour, "too long"); err == nil {
		t.Error("a window of five hours is taken")
	}
	if _, err := s.d.ExpectChange(ctx, byAdmin, c.Slug, time.Hour, " "); err == nil {
		t.Error("a window without a reason is taken")
	}
	_, err := s.d.ExpectChange(ctx, byAdmin, c.Slug, time.Hour, "the contractors leave")
	s.ok(err)
	if e, err := s.d.ReadExpectedChange(ctx, c.Slug); err != nil || e.Reason != "the contractors leave" || e.By != byAdmin.ID {
		t.Errorf("announced: %+v, %v", e, err)
	}
	c.deleteUser(ids[1])
	s.again()
	c.wantsHeld(1, 0, 0) // what was held before waits for its decision
	s.wants("u1", "disabled")
	s.ok(s.d.EndExpectedChange(ctx, byAdmin, c.Slug))
	c.deleteUser(ids[2])
	c.wantsHeld(2, 0, 0)
	_, err = s.d.ExpectChange(ctx, byAdmin, c.Slug, time.Hour, "once more")
	s.ok(err)
	s.passes(2 * time.Hour)
	c.deleteUser(ids[3])
	c.wantsHeld(3, 0, 0)
	if s.told("connector.change.expected") != 2 || s.told("connector.change.unexpected") != 1 {
		t.Error("the audit does not tell of the windows")
	}
}

func safetyOff(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{Safety: policy.Safety{Off: true}})
	ids := c.crowd(4)
	g := c.group("Eng", ids...)
	s.ok(c.patch(g, "", removing(ids...)))
	for _, id := range ids {
		c.deleteUser(id)
	}
	c.wantsHeld(0, 0, 0)
	if n := s.active(); n != 0 {
		t.Errorf("%d users are active, want none", n)
	}
}

func heldInWords(t *testing.T, s *stage) {
	ctx := context.Background()
	c := s.connector("acme", "okta", tenants.Live, closed())
	ids := c.crowd(2)
	g := c.group("Eng", ids...)
	s.ok(c.patch(g, "", removing(ids[0])))
	detail, err := s.d.ReadUserDetail(ctx, "main", s.userID("u0"))
	s.ok(err)
	because := detail.Memberships[0].Because
	if because.Code != policy.CodeHeld || because.Connector != "okta" || !strings.Contains(because.Sentence("Eng"), "A change is held back: okta has removed 0 memberships within 1h, and its safety limit is 0") {
		t.Errorf("because %+v: %s", because, because.Sentence("Eng"))
	}
	c.decideHolds(directory.HoldDecision{Discard: true, Comment: "a mistake"})
	detail, err = s.d.ReadUserDetail(ctx, "main", s.userID("u0"))
	s.ok(err)
	if said := detail.Memberships[0].Because.Sentence("Eng"); !strings.Contains(said, "an administrator discarded it, saying: a mistake") {
		t.Errorf("because: %s", said)
	}
}

func ownChange(t *testing.T, s *stage) {
	ctx := context.Background()
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{NeverRemove: policy.Text("local-.*"), Safety: policy.Safety{Window: policy.Duration(time.Hour)}})
	c.crowd(1)
	group := s.localGroup("local-readers", s.userID("u0"))
	s.wants("u0", "active, local-readers local")
	s.ok(s.d.RemoveMember(ctx, byAdmin, "main", group, s.userID("u0")))
	s.wants("u0", "active")
	s.ok(s.d.BlockUser(ctx, byAdmin, "main", s.userID("u0"), "a reason"))
	s.wants("u0", "disabled")
	c.wantsHeld(0, 0, 0)
}

func renamedGroup(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, closed())
	ids := c.crowd(3)
	g := c.group("Eng", ids...)
	s.ok(c.patch(g, "", removing(ids[0])))
	held := c.wantsHeld(0, 1, 0)
	s.ok(c.patch(g, "Engineers"))
	s.drain()
	if now := c.wantsHeld(0, 1, 0); now[0].ID != held[0].ID || now[0].GroupName != "Engineers" {
		t.Errorf("held: %+v", now[0])
	}
	s.wants("u0", "active, Engineers idp")
	s.again()
	if n := c.decideHolds(directory.HoldDecision{Filter: directory.HoldFilter{Group: "engineers", Kind: directory.LossMembership}}); n.Applied != 1 {
		t.Errorf("decided: %+v", n)
	}
	s.wants("u0", "active")
}

func heldConnector(t *testing.T, s *stage) {
	ctx := context.Background()
	c := s.connector("acme", "okta", tenants.Live, closed())
	for _, id := range c.crowd(2) {
		c.deleteUser(id)
	}
	if err := s.DeleteConnector(ctx, c.Slug); err == nil || !strings.Contains(err.Error(), "held") {
		t.Errorf("deleting it: %v", err)
	}
	c.decideHolds(directory.HoldDecision{})
	s.ok(s.DeleteConnector(ctx, c.Slug))
}

func forgotten(t *testing.T, s *stage) {
	ctx := context.Background()
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(60)
	for _, id := range ids[:21] {
		c.deleteUser(id)
	}
	s.passes(26 * time.Hour)
	s.ok(s.d.Tend(ctx))
	c.wantsHeld(1, 0, 0)
	for _, id := range ids[21:30] {
		c.deleteUser(id)
	}
	c.wantsHeld(1, 0, 0)
	counts, err := s.d.HoldCounts(ctx)
	if err != nil || len(counts) != 1 || counts[0].Connector != "okta" || counts[0].Users != 1 {
		t.Errorf("counts: %+v, %v", counts, err)
	}
}

func limitsNow(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(50)
	for _, id := range ids[:7] {
		c.deleteUser(id)
	}
	says := func(draft *policy.Rules, want directory.SafetyCounter) {
		t.Helper()
		now, err := s.d.SafetyNow(context.Background(), c.Slug, draft)
		s.ok(err)
		if len(now.Counters) != 3 || now.Counters[0] != want {
			t.Errorf("the counters are %+v, want users first: %+v", now.Counters, want)
		}
	}
	says(nil, directory.SafetyCounter{Kind: "users", Supported: 50, Lost: 7, Limit: 20, LostInDay: 7, DayLimit: 60})
	draft := policy.DefaultRules()
	draft.Safety.Losses, draft.Safety.Share = 5, 0
	says(&draft, directory.SafetyCounter{Kind: "users", Supported: 50, Lost: 7, Limit: 5, LostInDay: 7, DayLimit: 15})
	draft.Safety.Losses, draft.NeverAssign = 90, policy.Text("jira-(") // half written elsewhere
	says(&draft, directory.SafetyCounter{Kind: "users", Supported: 50, Lost: 7, Limit: 25, LostInDay: 7, DayLimit: 75})

	for _, id := range ids[7:30] {
		c.deleteUser(id)
	}
	c.wantsHeld(10, 0, 0)
	says(nil, directory.SafetyCounter{Kind: "users", Supported: 50, Lost: 20, Limit: 20, LostInDay: 20, DayLimit: 60})
	s.passes(2 * time.Hour)
	says(nil, directory.SafetyCounter{Kind: "users", Supported: 20, Lost: 0, Limit: 10, LostInDay: 20, DayLimit: 30})

	draft.Safety.Window = policy.Duration(48 * time.Hour)
	if _, err := s.d.SafetyNow(context.Background(), c.Slug, &draft); err == nil {
		t.Error("a window of two days was judged")
	}
}
