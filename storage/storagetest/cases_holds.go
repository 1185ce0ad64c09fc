package storagetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// holdCases are about what connectors may take away, and what becomes of the rest.
var holdCases = map[string]func(*testing.T, *stage){
	"WhatGoesOverTheLimitIsHeldAndTheIdPReadsWhatItWrote": heldOverTheLimit,
	"TheFirstTenRemovalsOfASmallConnectorAreNotHeld":      smallConnector,
	"NeverMoreThanHalfOfWhatIsSupportedGoes":              halfStays,
	"ReplicasCountTogether":                               replicasCount,
	"ARestartForgetsNothing":                              restartCounts,
	"AWindowThatPassesLetsNewLossesGoAndReleasesNothing":  windowPasses,
	"ADayLetsThreeWindowsGo":                              dayCounts,
	"ReenablingGivesNothingBack":                          noRefund,
	"AdditionsOfARequestFlowWhileItsRemovalsAreHeld":      additionsFlow,
	"TheLastMemberOfAFullGroupIsHeld":                     lastMember,
	"ExchangingEveryMemberOfAGroupEmptiesNothing":         exchange,
	"AWholeCleanupCountsAsOneUser":                        cleanupIsOne,
	"ACleanupThatOnlyStripsIsHeldToo":                     strippingIsHeld,
	"RewrittenNamesAreHeldAndLinkingCountsNone":           keysAreHeld,
	"AHeldUserWhoWouldNowBeDeletedSaysSo":                 heldKindFollows,
	"AHoldWithdrawsItselfWhenNothingIsLostAnyMore":        withdrawsItself,
	"AHeldLineStaysWhoeverSettlesTheUser":                 staysHeld,
	"ApplyingDecidesAfreshAndCountsNothing":               applying,
	"ADiscardedMembershipStaysUntilItIsNamedAgain":        discardedMembership,
	"ADiscardedMembershipNamedInALargeRequestIsLifted":    discardedInBulk,
	"ADiscardedDisablingStaysUntilTheRecordChanges":       discardedUser,
	"ADiscardOfAStillConnectorStays":                      discardWhileStill,
	"AnAnnouncedWindowLetsEverythingGo":                   announced,
	"SafetyOffHoldsNothing":                               safetyOff,
	"TheLimitsOfAMomentAreSaidAsTheyAreJudged":            limitsNow,
	"WhyAndBecauseSayThatALineIsHeld":                     heldInWords,
	"AnAdministratorsOwnChangeIsNotHeld":                  ownChange,
	"AHoldFollowsItsGroupsNewName":                        renamedGroup,
	"AConnectorWithHeldLinesIsNotDeleted":                 heldConnector,
	"WhatIsLongPastIsForgotten":                           forgotten,
}

// crowd makes users u0, u1, … of a connector.
func (c idp) crowd(n int) []uuid.UUID {
	c.Helper()
	ids := make([]uuid.UUID, n)
	for i := range ids {
		ids[i] = c.user(somebody(fmt.Sprintf("u%d", i), fmt.Sprintf("u%d@x.example", i)))
	}
	return ids
}

// active counts the directory's active users.
func (s *stage) active() (n int) {
	s.Helper()
	page, err := s.d.Users(context.Background(), "main", "active eq true", policy.UserActive, directory.Listing{Limit: 500})
	s.ok(err)
	return page.Total
}

// holds are the held lines of a connector.
func (c idp) holds() directory.HoldPage {
	c.Helper()
	page, err := c.d.Holds(context.Background(), c.Slug, directory.HoldFilter{}, directory.Listing{Limit: 500})
	c.ok(err)
	return page
}

func (c idp) wantsHeld(users, memberships, keys int) []directory.HoldRow {
	c.Helper()
	page := c.holds()
	if want := (directory.Sizes{Users: users, Memberships: memberships, Keys: keys}); page.Counts != want || len(page.Items) != want.Sum() {
		c.Fatalf("%d lines are held: %+v, want %+v", len(page.Items), page.Counts, want)
	}
	return page.Items
}

func (c idp) decideHolds(d directory.HoldDecision) directory.HoldsDecided {
	c.Helper()
	n, err := c.d.DecideHolds(context.Background(), byAdmin, c.Slug, d)
	c.ok(err)
	return n
}

// members counts the members of a directory group.
func (s *stage) members(group string) int {
	s.Helper()
	ctx := context.Background()
	groups, err := s.d.Groups(ctx, "main", `displayName eq "`+group+`"`, directory.Listing{Limit: 1})
	s.ok(err)
	if len(groups.Items) == 0 {
		return 0
	}
	page, err := s.d.GroupMembers(ctx, "main", groups.Items[0].ID, directory.Listing{Limit: 1})
	s.ok(err)
	return page.Total
}

// told counts the events of an action.
func (s *stage) told(action string) (n int) {
	s.Helper()
	l := directory.Listing{Limit: 500}
	for {
		page, err := s.d.Events(context.Background(), directory.EventFilter{Action: action}, l)
		s.ok(err)
		n += len(page.Items)
		if page.Next == "" {
			return n
		}
		l.Cursor = page.Next
	}
}

// passes moves the clock.
func (s *stage) passes(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = s.now.Add(d)
}

func heldOverTheLimit(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(50)
	for _, id := range ids[:30] {
		c.deleteUser(id)
		if _, err := c.d.ReadUser(context.Background(), c.Connector, id); !isNotFound(err) {
			t.Fatalf("the IdP reads back what it deleted: %v", err)
		}
	}
	if n := s.active(); n != 30 {
		t.Errorf("%d users are active, want 30: 20 are lost, and 10 held", n)
	}
	for _, h := range c.wantsHeld(10, 0, 0) {
		if h.Kind != directory.LossDisable || h.Detail.Because.Code != policy.CodeCleanupDisable || h.Detail.Before != "active" || h.Detail.After != "disabled" ||
			!strings.Contains(h.Detail.Why, "okta has disabled or deleted 20 users within 1h, and its safety limit is 20") {
			t.Errorf("held: %+v", h)
		}
	}
	if disabled, held := s.told("directory.user.disabled"), s.told("directory.hold.created"); disabled != 20 || held != 10 {
		t.Errorf("%d events of disabled users and %d of held lines", disabled, held)
	}
	s.again()
}

func smallConnector(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(25)
	g := c.group("Eng", ids...)
	s.ok(c.patch(g, "", removing(ids[:10]...)))
	for _, id := range ids[:10] {
		c.deleteUser(id)
	}
	c.wantsHeld(0, 0, 0)
	if n := s.active(); n != 15 {
		t.Errorf("%d users are active, want 15", n)
	}
}

func halfStays(t *testing.T, s *stage) {
	few, ten := s.connector("acme", "few", tenants.Live, policy.Rules{}), s.connector("acme", "ten", tenants.Live, policy.Rules{})
	for i := range 4 {
		few.user(somebody(fmt.Sprintf("few%d", i)))
	}
	for _, id := range ten.crowd(10) {
		ten.deleteUser(id)
	}
	ten.wantsHeld(5, 0, 0)
	page, err := s.d.ListUsers(context.Background(), few.Connector, query(t, scim.UserKind, ""), false)
	s.ok(err)
	for _, r := range page.Items {
		few.deleteUser(r.ID)
	}
	few.wantsHeld(1, 0, 0)
}

func replicasCount(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(80)
	replicas := []*directory.Directory{s.d, directory.New(s.Backend, directory.Options{Now: s.tick})}
	var wg sync.WaitGroup
	for i, r := range replicas {
		for half := range 2 {
			wg.Go(func() {
				for n := i*20 + half*10; n < i*20+half*10+10; n++ {
					if err := r.DeleteUser(context.Background(), c.source(), ids[n], nil); err != nil {
						t.Error(err)
					}
				}
			})
		}
	}
	wg.Wait()
	c.wantsHeld(20, 0, 0)
	if n := s.active(); n != 60 {
		t.Errorf("%d users are active, want 60", n)
	}
}

func restartCounts(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(60)
	for _, id := range ids[:25] {
		c.deleteUser(id)
	}
	held := c.wantsHeld(5, 0, 0)
	s.d = directory.New(s.Backend, directory.Options{Now: s.tick})
	for _, id := range ids[25:30] {
		c.deleteUser(id)
	}
	if now := c.wantsHeld(10, 0, 0); now[0].ID != held[0].ID || now[4].ID != held[4].ID {
		t.Error("what was held before the restart is not held any more")
	}
	s.again()
}

func windowPasses(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(60)
	for _, id := range ids[:22] {
		c.deleteUser(id)
	}
	c.wantsHeld(2, 0, 0)
	s.passes(time.Hour)
	s.again()
	c.wantsHeld(2, 0, 0)
	c.deleteUser(ids[22])
	c.wantsHeld(2, 0, 0)
	if n := s.active(); n != 39 {
		t.Errorf("%d users are active, want 39", n)
	}
}

func dayCounts(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(150)
	for i, id := range ids[:70] {
		if i > 0 && i%20 == 0 {
			s.passes(time.Hour)
		}
		c.deleteUser(id)
	}
	held := c.wantsHeld(10, 0, 0)
	if !strings.Contains(held[0].Detail.Why, "within 24h") {
		t.Errorf("why: %s", held[0].Detail.Why)
	}
}

func noRefund(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(60)
	for _, id := range ids[:20] {
		s.ok(c.setUser(id, "active", false))
		s.ok(c.setUser(id, "active", true))
	}
	s.ok(c.setUser(ids[20], "active", false))
	c.wantsHeld(1, 0, 0)
	s.wants("u20", "active")
	s.ok(c.setUser(ids[20], "active", true))
	c.wantsHeld(0, 0, 0)
	if n := s.told("directory.hold.withdrawn"); n != 1 {
		t.Errorf("%d holds were withdrawn, want 1", n)
	}
}

func additionsFlow(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(210)
	g := c.group("Eng", ids[:200]...)
	s.ok(c.patch(g, "", removing(ids[:150]...), adding(ids[200:]...)))
	c.wantsHeld(0, 50, 0)
	if n := s.members("Eng"); n != 110 {
		t.Errorf("the directory's group has %d members, want 110", n)
	}
	if n := len(c.said(g)); n != 60 {
		t.Errorf("the IdP reads back %d members, want 60", n)
	}
	s.wants("u205", "active, Eng idp")
	s.again()
}

func lastMember(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(30)
	c.group("Others", ids...)
	full, few := c.group("Full", ids[:5]...), c.group("Few", ids[:4]...)
	s.ok(c.patch(few, "", removing(ids[:4]...)))
	c.wantsHeld(0, 0, 0)
	s.ok(c.patch(full, "", removing(ids[:2]...)))
	s.ok(c.patch(full, "", removing(ids[2:5]...)))
	held := c.wantsHeld(0, 1, 0)
	if why := held[0].Detail.Why; !strings.Contains(why, "5 members within 1h") {
		t.Errorf("why: %s", why)
	}
	if s.members("Full") != 1 || s.members("Few") != 0 {
		t.Errorf("Full has %d members and Few %d", s.members("Full"), s.members("Few"))
	}
}

func exchange(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{})
	ids := c.crowd(30)
	c.group("Others", ids...)
	g := c.group("Full", ids[:6]...)
	s.ok(c.patch(g, "", scim.MemberEdit{Op: scim.ReplaceMembers, Values: texts(ids[10:16])}))
	c.wantsHeld(0, 0, 0)
	if n := s.members("Full"); n != 6 {
		t.Errorf("%d members, want 6", n)
	}
}

func cleanupIsOne(t *testing.T, s *stage) {
	rules := policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionDelete, StripGroups: true}, Safety: policy.Safety{Window: policy.Duration(time.Hour), Losses: 5, MembershipLosses: 3, Share: 0}}
	c := s.connector("acme", "okta", tenants.Live, rules)
	ids := c.crowd(20)
	for _, name := range []string{"A", "B", "C"} {
		c.group(name, ids...)
	}
	for _, id := range ids[:7] {
		c.deleteUser(id)
	}
	c.wantsHeld(2, 0, 0)
	s.wants("u4", "deleted")
	s.wants("u6", "active, A idp, B idp, C idp")
	if n := c.decideHolds(directory.HoldDecision{}); n.Applied != 2 {
		t.Errorf("decided: %+v", n)
	}
	s.wants("u6", "deleted")
}

func strippingIsHeld(t *testing.T, s *stage) {
	rules := policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionKeep, StripGroups: true}, Safety: policy.Safety{Window: policy.Duration(time.Hour), MembershipLosses: 4}}
	c := s.connector("acme", "okta", tenants.Live, rules)
	ids := c.crowd(20)
	c.group("A", ids...)
	for _, id := range ids[:6] {
		c.deleteUser(id)
	}
	c.wantsHeld(0, 2, 0)
	s.wants("u3", "active")
	s.wants("u5", "active, A idp")
	s.again()
	c.wantsHeld(0, 2, 0)
}

func keysAreHeld(t *testing.T, s *stage) {
	s.localUser(somebody("local0"))
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{Safety: policy.Safety{Window: policy.Duration(time.Hour), Losses: 3}})
	c.user(somebody("local0", "first@x.example")) // linked: the e-mail comes with it
	ids := c.crowd(20)
	for i, id := range ids[:5] {
		s.ok(c.setUser(id, "userName", fmt.Sprintf("renamed%d", i)))
	}
	held := c.wantsHeld(0, 0, 2)
	if h := held[0]; h.Kind != directory.LossKey || h.Subject != "userName" || h.Detail.Before != "u3" || h.Detail.After != "renamed3" {
		t.Errorf("held: %+v", h)
	}
	s.wants("renamed2", "active")
	s.wants("u3", "active")
	s.ok(c.setUser(ids[3], "title", "Engineer"))
	s.wants("u3", "active")
	if got, err := s.d.ReadUserDetail(context.Background(), "main", s.userID("u3")); err != nil || scim.ParseDocument(got.JSON)["title"] != "Engineer" {
		t.Errorf("what is no key does not flow: %s, %v", got.JSON, err)
	}
	s.ok(c.setUser(ids[4], "emails", []any{map[string]any{"value": "new@x.example", "primary": true}}))
	c.wantsHeld(0, 0, 3)
	s.again()
	if n := c.decideHolds(directory.HoldDecision{}); n.Applied != 3 {
		t.Errorf("decided: %+v", n)
	}
	s.wants("renamed3", "active")
	s.again()
}

func heldKindFollows(t *testing.T, s *stage) {
	c := s.connector("acme", "okta", tenants.Live, policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionDelete}, Safety: policy.Safety{Window: policy.Duration(time.Hour)}})
	ids := c.crowd(3)
	s.ok(c.setUser(ids[0], "active", false))
	if h := c.wantsHeld(1, 0, 0); h[0].Kind != directory.LossDisable || h[0].Detail.Because.Code != policy.CodeInactive {
		t.Errorf("held: %+v", h[0])
	}
	c.deleteUser(ids[0])
	if h := c.wantsHeld(1, 0, 0); h[0].Kind != directory.LossDelete || h[0].Detail.After != "deleted" || h[0].Detail.Because.Code != policy.CodeCleanupDelete {
		t.Errorf("held: %+v", h[0])
	}
}
