package storagetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// reapplyCases are about settling one user again at an administrator's word. What is out of step
// in them waits in the queue, or for the clock: nothing else ever is.
var reapplyCases = map[string]func(*testing.T, *stage){
	"re-applying settles one user at once, says what changed, and then nothing more": func(_ *testing.T, s *stage) {
		s.outOfStep(unlimited)
		u0 := s.userID("u0")
		s.wantsReapplied(s.previewed(u0), nil, nil, "removeMembership Eng")
		s.wants("u0", "active, Eng idp")
		s.wantsReapplied(s.reapplied(u0), nil, nil, "removeMembership Eng")
		s.wants("u0", "active")
		s.wants("u1", "active, Eng idp")
		s.wantsReapplied(s.reapplied(u0), nil, nil)
		s.drain()
		s.again()
	},
	"re-applying leaves one event of the act, and a preview none": func(_ *testing.T, s *stage) {
		s.outOfStep(unlimited)
		u0 := s.userID("u0")
		before := s.told("")
		s.previewed(u0)
		if n := s.told("") - before; n != 0 {
			s.Errorf("a preview left %d events", n)
		}
		s.reapplied(u0)
		s.reapplied(u0)
		if n := s.told("directory.user.reapplied"); n != 2 {
			s.Errorf("%d events of two re-applications", n)
		}
		if n := s.told("") - before; n != 4 { // and of the membership's end, and the conflict with the group
			s.Errorf("%d events in all, want 4", n)
		}
		page, err := s.d.Events(context.Background(), directory.EventFilter{User: u0.String(), Action: "directory.membership.removed"}, directory.Listing{Limit: 5})
		s.ok(err)
		if len(page.Items) != 1 || page.Items[0].ActorType != "admin" || page.Items[0].Actor != byAdmin.ID {
			s.Errorf("the membership's end is told as %+v", page.Items)
		}
	},
	"re-applying keeps what is held, and says so": func(_ *testing.T, s *stage) {
		c := s.connector("acme", "okta", tenants.Live, closed())
		ids := c.crowd(2)
		g := c.group("Eng", ids...)
		s.ok(c.patch(g, "", removing(ids[0])))
		c.wantsHeld(0, 1, 0)
		for _, f := range []func(uuid.UUID) directory.Reapplied{s.previewed, s.reapplied, s.reapplied} {
			s.wantsReapplied(f(s.userID("u0")), []string{"membership Eng"}, []string{"u0"})
		}
		s.wants("u0", "active, Eng idp")
		c.wantsHeld(0, 1, 0)
		s.wantsReapplied(s.reapplied(s.userID("u1")), nil, nil)
	},
	"what re-applying takes away is held above the safety limits": func(_ *testing.T, s *stage) {
		c, _ := s.outOfStep(closed())
		u0 := s.userID("u0")
		s.wantsReapplied(s.previewed(u0), []string{"membership Eng"}, []string{"u0"})
		c.wantsHeld(0, 0, 0)
		s.wantsReapplied(s.reapplied(u0), []string{"membership Eng"}, []string{"u0"})
		s.wants("u0", "active, Eng idp")
		c.wantsHeld(0, 1, 0)
	},
	"re-applying while a plan is applied lets go what the plan confirms": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "okta", tenants.Live, closed())
		a.group("Eng", a.crowd(2)...)
		rules := closed()
		rules.NeverAssign = policy.Text("eng")
		a.apply(a.plan(directory.Draft{Rules: &rules}), "x")
		s.wantsReapplied(s.reapplied(s.userID("u0")), nil, nil, "removeMembership Eng")
		s.wants("u0", "active")
		s.wants("u1", "active, Eng idp") // the job has not come to it
		s.drain()
		a.wantsHeld(0, 0, 0)
		s.wants("u1", "active")
		s.again()
	},
	"re-applying looks at the clock: a grace that is over acts at once": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{RequiredGroups: policy.Text("staff"), RequiredGrace: policy.Duration(time.Hour), Safety: policy.Safety{Off: true}})
		ada := a.user(somebody("ada"))
		g := a.group("Staff", ada)
		s.drain()
		s.ok(a.patch(g, "", removing(ada)))
		s.wants("ada", "active")
		s.passes(2 * time.Hour)
		s.wantsReapplied(s.reapplied(s.userID("ada")), nil, nil, "disableUser")
		s.wants("ada", "disabled")
		s.drain()
		s.again()
	},
	"re-applying leaves an observing connector's records where they stand": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		a.mode(tenants.Observe)
		a.group("Eng", ada)
		s.ok(a.setUser(ada, "active", false))
		s.wantsReapplied(s.reapplied(s.userID("ada")), nil, nil)
		s.wants("ada", "active")
	},
	"re-applying a local, a blocked and a deleted user changes nothing": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		local := s.localUser(somebody("carl"))
		s.localGroup("Sales", local)
		s.wantsReapplied(s.reapplied(local), nil, nil)
		s.wants("carl", "active, Sales local")
		s.ok(s.d.BlockUser(ctx, byAdmin, "main", local, "stolen"))
		s.wantsReapplied(s.reapplied(local), nil, nil)
		s.wants("carl", "disabled, Sales local")
		a := s.connector("acme", "a", tenants.Live, policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionDelete}})
		a.deleteUser(a.user(somebody("ada")))
		s.wantsReapplied(s.reapplied(s.userID("ada")), nil, nil)
		s.wants("ada", "deleted")
	},
	"nobody of another directory, and nobody unknown, is re-applied": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		_, err := s.d.CreateDirectory(ctx, byAdmin, "other")
		s.ok(err)
		ada := s.localUser(somebody("ada"))
		before := s.told("")
		for name, id := range map[string]uuid.UUID{"other": ada, "main": uuid.New()} {
			for _, f := range []func(context.Context, directory.Admin, string, uuid.UUID) (directory.Reapplied, error){s.d.ReapplyUser, s.d.PreviewReapply} {
				if _, err := f(ctx, byAdmin, name, id); !isNotFound(err) {
					s.Errorf("user %s in %s: %v", id, name, err)
				}
			}
		}
		if n := s.told("") - before; n != 0 {
			s.Errorf("%d events of what was not done", n)
		}
	},
	"two who re-apply one user at once, and its IdP, leave what one would": func(_ *testing.T, s *stage) {
		a, ids := s.outOfStep(unlimited)
		u0 := s.userID("u0")
		again := func() error {
			_, err := s.d.ReapplyUser(context.Background(), byAdmin, "main", u0)
			return err
		}
		for _, err := range s.together(again, again, func() error { return a.setUser(ids[0], "title", "Countess") }) {
			s.ok(err)
		}
		s.wants("u0", "active")
		if n := s.told("directory.membership.removed"); n != 1 {
			s.Errorf("the membership ended %d times", n)
		}
		s.drain()
		s.again()
	},
}

// outOfStep makes a connector of globex whose users u0 and u1 are in acme's group Eng as long as that
// is shared, and takes the sharing back. Nobody is settled by that yet.
func (s *stage) outOfStep(rules policy.Rules) (idp, []uuid.UUID) {
	s.Helper()
	hr := s.connector("acme", "hr", tenants.Live, policy.Rules{})
	hr.group("Eng", hr.user(somebody("boss")))
	s.settings(func(d *policy.DirectorySettings) { d.SharedGroups = policy.Text("eng") })
	c := s.connector("globex", "okta", tenants.Live, rules)
	ids := c.crowd(2)
	c.group("Eng", ids...)
	s.drain()
	s.wants("u0", "active, Eng idp")
	_, err := s.d.SetDirectory(context.Background(), byAdmin, "main", nil, policy.DefaultDirectorySettings())
	s.ok(err)
	return c, ids
}

func (s *stage) reapplied(user uuid.UUID) directory.Reapplied {
	s.Helper()
	r, err := s.d.ReapplyUser(context.Background(), byAdmin, "main", user)
	s.ok(err)
	return r
}

func (s *stage) previewed(user uuid.UUID) directory.Reapplied {
	s.Helper()
	r, err := s.d.PreviewReapply(context.Background(), byAdmin, "main", user)
	s.ok(err)
	return r
}

// wantsReapplied expects held lines as "kind group", the names of whom they are, and changes as
// "op group".
func (s *stage) wantsReapplied(r directory.Reapplied, held, of []string, lines ...string) {
	s.Helper()
	var gotHeld, gotOf, gotLines []string
	for _, h := range r.Held {
		gotHeld, gotOf = append(gotHeld, string(h.Kind)+" "+h.GroupName), append(gotOf, h.UserName)
	}
	for _, l := range r.Lines {
		text := string(l.Op)
		if l.GroupName != "" {
			text += " " + l.GroupName
		}
		gotLines = append(gotLines, text)
	}
	if !slices.Equal(gotHeld, held) || !slices.Equal(gotOf, of) || !slices.Equal(gotLines, lines) {
		s.Errorf("re-applied: changes %q, held %q of %q; want %q, %q of %q", gotLines, gotHeld, gotOf, lines, held, of)
	}
}
