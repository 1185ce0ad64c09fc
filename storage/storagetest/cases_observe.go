package storagetest

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// observeCases are about what a request to an observing connector would have done.
var observeCases = map[string]func(*testing.T, *stage){
	"each observed request says what it would have done, and nothing is done": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{NeverAssign: policy.Text(".*-admins"), AlwaysAssign: policy.Text("Everyone")})
		ada := a.user(somebody("Ada"))
		a.wouldHave("createUser Ada active", "addMembership Ada Everyone alwaysAssign")
		eng := a.group("Eng")
		a.wouldHave()
		s.ok(a.patch(eng, "", adding(ada)))
		a.wouldHave("addMembership Ada Eng sent")
		admins := a.group("Eng-Admins", ada)
		a.wouldHave("keepOut Ada Eng-Admins neverAssign")
		s.ok(a.patch(eng, "Dev"))
		a.wouldHave("addMembership Ada Dev sent", "removeMembership Ada Eng notSent")
		s.ok(a.patch(eng, "", removing(ada)))
		a.wouldHave("removeMembership Ada Dev notSent")
		s.ok(a.patch(eng, "", adding(ada)))
		s.ok(a.setUser(ada, "active", false))
		a.wouldHave("disableUser Ada inactive", "updateUser Ada active")
		s.ok(a.setUser(ada, "active", true))
		a.wouldHave("enableUser Ada active", "updateUser Ada active")
		s.ok(a.setUser(ada, "userName", "Countess"))
		a.wouldHave("updateUser Countess userName")
		s.ok(a.d.DeleteGroup(context.Background(), a.source(), eng, nil))
		a.wouldHave("removeMembership Countess Dev notSent")
		s.ok(a.d.DeleteGroup(context.Background(), a.source(), admins, nil))
		a.wouldHave()
		a.deleteUser(ada)
		a.wouldHave("forgetUser Countess")
		s.drain()
		page, err := s.d.Users(context.Background(), "main", "", "", directory.Listing{Limit: 10})
		s.ok(err)
		if len(page.Items) > 0 || len(s.conflicts()) > 0 {
			s.Errorf("observing has made the users %+v and conflicts %+v", page.Items, s.conflicts())
		}
	},
	"a connector that was live says what it no longer does": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{Cleanup: policy.Cleanup{Action: policy.ActionDelete}})
		ada, bob := a.user(somebody("ada")), a.user(somebody("bob"))
		eng := a.group("Eng", ada, bob)
		a.mode(tenants.Observe)
		s.ok(a.patch(eng, "", removing(ada)))
		a.wouldHave("removeMembership ada Eng notSent")
		s.ok(a.setUser(bob, "active", false))
		a.wouldHave("disableUser bob inactive", "updateUser bob active")
		a.deleteUser(bob)
		a.wouldHave("deleteUser bob cleanupDelete")
		again := a.user(somebody("bob"))
		a.wouldHave("linkUser bob", "restoreUser bob active active", "removeMembership bob Eng notSent")
		s.wants("ada", "active, Eng idp")
		s.wants("bob", "active, Eng idp")
		a.wantsLines(a.plan(directory.Draft{Mode: tenants.Live}), "removeMembership ada Eng", "linkUser bob", "removeMembership bob Eng")
		a.deleteUser(again)
		s.wants("bob", "active, Eng idp")
	},
	"a record that would link says so, and says when it no longer would": func(_ *testing.T, s *stage) {
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		b.group("Ops", b.user(somebody("ada", "ada@x.example")))
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{AlwaysAssign: policy.Text("Everyone")})
		id := a.user(somebody("countess", "ada@x.example"))
		a.wouldHave("linkUser countess", "addMembership countess Everyone alwaysAssign")
		a.wantsLines(a.plan(directory.Draft{Mode: tenants.Live}), "linkUser ada", "addMembership ada Everyone")
		a.group("Eng", id)
		a.wouldHave("addMembership countess Eng sent")
		s.ok(a.setUser(id, "emails", nil))
		a.wouldHave("createUser countess active", "addMembership countess Everyone alwaysAssign", "addMembership countess Eng sent",
			"unlinkUser countess", "removeMembership countess Everyone", "removeMembership countess Eng")
		s.wants("ada", "active, Ops idp")
	},
	"a record that would wait for an administrator says so": func(_ *testing.T, s *stage) {
		s.settings(func(d *policy.DirectorySettings) { d.ProtectedUsers = policy.Text("root.*") })
		b := s.connector("other", "b", tenants.Live, policy.Rules{})
		b.group("Ops", b.user(somebody("ada", "ada@x.example")))
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		a.user(somebody("ada", "ada@x.example"))
		a.wouldHave("conflict ada foreignUser")
		bob := a.user(somebody("bob"))
		a.group("Ops", bob)
		a.wouldHave("keepOut bob Ops foreignGroup")
		a.user(somebody("root"))
		a.wouldHave("conflict root protectedUser")
		s.wantsConflicts()
	},
	"a record that would not count says so": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{RequiredGroups: policy.Text("staff")})
		ada := a.user(somebody("ada"))
		a.wouldHave("leaveOut ada requiredGroups")
		g := a.group("Staff", ada)
		a.wouldHave("createUser ada active", "addMembership ada Staff sent")
		s.ok(a.patch(g, "", removing(ada)))
		a.wouldHave("forgetUser ada", "leaveOut ada requiredGroups")
	},
	"the first group concerns everybody": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		s.localGroup("Sales", s.userID("ada"))
		a.mode(tenants.Observe)
		a.group("Eng", ada)
		if w := a.wouldHave("addMembership ada Eng sent", "removeMembership ada Sales localTaken"); !w.Everybody {
			s.Error("the first group is not said to concern everybody")
		}
		a.group("Ops", ada)
		if w := a.wouldHave("addMembership ada Ops sent"); w.Everybody {
			s.Error("the second group is said to concern everybody")
		}
	},
	"a request that touches many people only counts them": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		var all []uuid.UUID
		for _, name := range numbered("u", 301) {
			all = append(all, a.user(somebody(name)))
		}
		g := a.group("Eng", all...)
		if w := a.wouldHave(); w.People != 301 {
			s.Errorf("301 members are said to be %d people", w.People)
		}
		s.ok(a.patch(g, "Dev"))
		if w := a.wouldHave(); w.People != 301 {
			s.Errorf("the group of 301 that is renamed is said to concern %d people", w.People)
		}
		s.ok(a.patch(g, "", removing(all[0])))
		a.wouldHave("removeMembership u000 Dev notSent")
		s.ok(a.patch(g, "Eng"))
		lines := 0
		for _, l := range a.would().Lines {
			if l.Op == directory.OpAddMembership || l.Op == directory.OpRemoveMembership {
				lines++
			}
		}
		if lines != 600 {
			s.Errorf("300 people who change the group are %d lines, want 600", lines)
		}
	},
	"newcomers that meet in one request are decided one after the other": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{RequiredGroups: policy.Text("staff")})
		one, two := a.user(somebody("one", "shared@x.example")), a.user(somebody("two", "shared@x.example"))
		a.group("Staff", one, two)
		a.wouldHave("createUser one active", "addMembership one Staff sent", "createUser two active", "addMembership two Staff sent")
		a.wantsLines(a.plan(directory.Draft{Mode: tenants.Live}), "createUser one", "addMembership one Staff", "createUser two", "addMembership two Staff")
	},
	"newcomers that would link in one request link to one user each": func(_ *testing.T, s *stage) {
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{RequiredGroups: policy.Text("staff")})
		var all []uuid.UUID
		for _, name := range []string{"ada", "bob", "cyd"} {
			b.user(somebody(name, name+"@x.example"))
			all = append(all, a.user(somebody(name, name+"@x.example")))
		}
		all = append(all, a.user(somebody("other", "ada@x.example")))
		a.group("Staff", all...)
		a.wouldHave("linkUser ada", "addMembership ada Staff sent", "linkUser bob", "addMembership bob Staff sent",
			"linkUser cyd", "addMembership cyd Staff sent", "createUser other active", "addMembership other Staff sent")
		a.wantsLines(a.plan(directory.Draft{Mode: tenants.Live}), "linkUser ada", "addMembership ada Staff", "linkUser bob", "addMembership bob Staff",
			"linkUser cyd", "addMembership cyd Staff", "createUser other", "addMembership other Staff")
	},
	"rules that do not compile fail no observed request": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		a.stage = &stage{T: s.T, Backend: s.Backend, d: directory.New(&spoiled{s.Backend, a.ID}, directory.Options{Now: s.tick})}
		ada := a.user(somebody("ada"))
		if w := a.wouldHave(); w.Undecided != "rules" {
			s.Errorf("the event says %+v, want that the rules do not compile", w)
		}
		g := a.group("Eng", ada)
		s.ok(a.patch(g, "", removing(ada)))
		if w := a.wouldHave(); w.Undecided != "rules" {
			s.Errorf("the event says %+v, want that the rules do not compile", w)
		}
	},
	"a database that fails to look fails no observed request": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		ada := a.user(somebody("ada"))
		a.stage = &stage{T: s.T, Backend: s.Backend, d: directory.New(&blinding{s.Backend}, directory.Options{Now: s.tick})}
		g := a.group("Eng", ada)
		if w := a.wouldHave(); w.Undecided != "failed" {
			s.Errorf("the event says %+v, want that it failed", w)
		}
		s.ok(a.patch(g, "Dev"))
		if w := a.wouldHave(); w.Undecided != "failed" {
			s.Errorf("the event of the renamed group says %+v, want that it failed", w)
		}
		if said := a.said(g); len(said) != 1 {
			s.Errorf("the group has %v, want ada", said)
		}
		if _, err := a.d.CreateUser(context.Background(), a.source(), somebody("ada"), nil); err == nil {
			s.Error("a userName that is taken was taken again")
		}
	},
	"a userName that is taken is refused while observing": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		a.user(somebody("ada"))
		var taken *directory.DuplicateError
		_, err := a.d.CreateUser(context.Background(), a.source(), somebody("ADA"), nil)
		if !errors.As(err, &taken) || taken.Attribute != "userName" {
			s.Errorf("creating ada again gave %v", err)
		}
		a.group("Eng")
		_, err = a.d.CreateGroup(context.Background(), a.source(), scim.Document{"displayName": "ENG"}, nil, nil)
		if !errors.As(err, &taken) || taken.Attribute != "displayName" {
			s.Errorf("creating Eng again gave %v", err)
		}
	},
	"a trial on an observing connector says what going live would do": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		trial, err := s.d.Try(context.Background(), func(r directory.Records) error {
			_, err := r.CreateUser(context.Background(), a.source(), somebody("ada"), nil)
			return err
		})
		s.ok(err)
		if len(trial.Events) != 1 {
			s.Fatalf("the trial tells of %+v, want one event", trial.Events)
		}
		if w := wouldOf(s.T, trial.Events[0]); len(w.Lines) != 1 || w.Lines[0].Op != directory.OpCreateUser || w.Lines[0].UserName != "ada" {
			s.Errorf("the trial says %+v, want that it would create ada", w)
		}
	},
	"a live connector's events say nothing of what would have been": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		page, err := s.d.Events(context.Background(), directory.EventFilter{}, directory.Listing{Limit: 50})
		s.ok(err)
		for _, e := range page.Items {
			if strings.Contains(string(e.Changes), "would") {
				s.Errorf("%s: %s", e.Action, e.Changes)
			}
		}
	},
}

// would is what the connector's newest request would have done. No name of a person is stored.
func (c idp) would() directory.Would {
	c.Helper()
	ctx := context.Background()
	page, err := c.d.Events(ctx, directory.EventFilter{Connector: c.Slug, Action: "record."}, directory.Listing{Limit: 1})
	c.ok(err)
	stored, err := c.Events(ctx, directory.EventQuery{ConnectorID: c.ID, EventFilter: directory.EventFilter{Action: "record."}}, directory.Listing{Limit: 1})
	c.ok(err)
	if strings.Contains(string(stored.Items[0].Changes), "userName\":") {
		c.Errorf("a name is stored in %s", stored.Items[0].Changes)
	}
	return wouldOf(c.T, page.Items[0])
}

func wouldOf(t interface {
	Helper()
	Fatalf(string, ...any)
}, e directory.Event) directory.Would {
	t.Helper()
	var told struct{ Would *directory.Would }
	if err := json.Unmarshal(e.Changes, &told); err != nil || told.Would == nil {
		t.Fatalf("the event %s does not say what would have been done: %s", e.Action, e.Changes)
	}
	return *told.Would
}

// wouldHave compares what the connector's newest request would have done, in any order, as
// "op user group-or-else reason".
func (c idp) wouldHave(want ...string) directory.Would {
	c.Helper()
	w := c.would()
	got := make([]string, len(w.Lines))
	for i, l := range w.Lines {
		words := []string{string(l.Op), l.UserName, l.Group, string(l.Status), l.Conflict, strings.Join(l.Attributes, " ")}
		if l.Because != nil && l.Op != directory.OpCreateUser {
			words = append(words, string(l.Because.Code))
		}
		got[i] = strings.Join(strings.Fields(strings.Join(words, " ")), " ")
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		c.Errorf("the request would have done\n\t%s\nwant\n\t%s", strings.Join(got, "\n\t"), strings.Join(want, "\n\t"))
	}
	return w
}

// spoiled is a database that holds rules of a connector which this version does not compile.
type spoiled struct {
	Backend
	connector uuid.UUID
}

func (b *spoiled) Settings(ctx context.Context, id uuid.UUID) (*directory.Settings, error) {
	s, err := b.Backend.Settings(ctx, id)
	if err == nil && s.Connectors[b.connector] != nil {
		s.Connectors[b.connector].Rules = policy.Rules{NeverAssign: policy.Text("(")}
	}
	return s, err
}

// blinding is a database that fails a transaction which only wants to look.
type blinding struct{ Backend }

func (b *blinding) Write(ctx context.Context, sc directory.Scope, f func(directory.Tx) error) error {
	return b.Backend.Write(ctx, sc, func(tx directory.Tx) error { return f(blindTx{tx}) })
}

type blindTx struct{ directory.Tx }

func (t blindTx) Load(ctx context.Context, r directory.Request) (*directory.Scene, error) {
	if r.Looks {
		return nil, context.DeadlineExceeded
	}
	return t.Tx.Load(ctx, r)
}
