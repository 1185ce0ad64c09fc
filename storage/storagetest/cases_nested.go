package storagetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

var nestedCases = map[string]func(*testing.T, *stage){
	"who is in an inner group is in the outer ones, by the path": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		sre := a.group("SRE", a.user(somebody("ada")))
		platform := a.group("Platform", sre)
		s.wants("ada", "active, Platform idp, SRE idp")
		a.group("Engineering", platform)
		s.wants("ada", "active, Engineering idp, Platform idp, SRE idp")
		s.wantsPath("ada", "Engineering", "Platform", "SRE")
		s.wantsPath("ada", "Platform", "SRE")
		s.wantsPath("ada", "SRE")
		bob := a.user(somebody("bob"))
		s.ok(a.patch(sre, "", adding(bob)))
		s.wants("bob", "active, Engineering idp, Platform idp, SRE idp")
		s.ok(a.patch(sre, "", removing(bob)))
		s.wants("bob", "active")
		s.again()
	},
	"an inner group that leaves takes its people along, and only what no other way gives": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, unlimited)
		ada, bob := a.user(somebody("ada")), a.user(somebody("bob"))
		x, y := a.group("X", ada, bob), a.group("Y", ada)
		outer := a.group("Outer", x, y)
		s.wantsPath("ada", "Outer", "X") // of two ways as long, the first by name
		s.ok(a.patch(outer, "", removing(x)))
		s.wants("ada", "active, Outer idp, X idp, Y idp")
		s.wants("bob", "active, X idp")
		s.wantsPath("ada", "Outer", "Y")
		s.ok(a.patch(outer, "", adding(ada)))
		s.wantsPath("ada", "Outer")
		s.ok(s.d.DeleteGroup(context.Background(), a.source(), outer, nil))
		s.wants("ada", "active, X idp, Y idp")
		s.again()
	},
	"an outer group that is renamed or deleted concerns the people below": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{OnlyAssign: policy.Text("eng", "dev", "sre"), Safety: unlimited.Safety})
		sre := a.group("SRE", a.user(somebody("ada")))
		eng := a.group("Eng", sre)
		s.ok(a.patch(eng, "Dev")) // carried
		s.drain()
		s.wants("ada", "active, Dev idp, SRE idp")
		s.ok(a.patch(eng, "Other")) // not admitted: removal
		s.drain()
		s.wants("ada", "active, SRE idp")
		s.ok(a.patch(eng, "Dev", removing(sre)))
		s.wants("ada", "active, SRE idp")
		s.ok(a.patch(eng, "Eng", adding(sre)))
		s.drain()
		s.wants("ada", "active, Eng idp, SRE idp")
		s.ok(a.patch(sre, "sre-team")) // the inner name is judged for itself, and is only the path of the outer
		s.drain()
		s.wants("ada", "active, Eng idp")
		s.wantsPath("ada", "Eng", "sre-team")
		s.ok(s.d.DeleteGroup(context.Background(), a.source(), sre, nil))
		s.wants("ada", "active")
		s.again()
	},
	"the lists and requiredGroups judge outer groups as direct ones": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{RequiredGroups: policy.Text("staff"), NeverAssign: policy.Text("inner.*")})
		inner := a.group("inner-1", a.user(somebody("ada")))
		a.group("Staff", inner)
		s.wants("ada", "active, Staff idp")
		s.again()
	},
	"a group whose externalId is what others waited for brings its people into them": func(_ *testing.T, s *stage) {
		ctx, a := context.Background(), s.connector("acme", "a", tenants.Live, unlimited)
		ada, bob := a.user(somebody("ada")), a.user(somebody("bob"))
		inner := a.group("Inner", ada)
		deeper := a.group("Deeper", bob)
		s.ok(a.patch(inner, "", adding(deeper)))
		named := func(group uuid.UUID, value string) error {
			_, err := s.d.EditGroup(ctx, a.source(), group, nil, directory.GroupEdit{Members: []scim.MemberEdit{{Op: scim.AddMembers, Values: []string{value}}}})
			return err
		}
		outer := a.group("Outer")
		s.ok(named(outer, "ext-1"))
		s.ok(named(deeper, "ext-1")) // would hold what it is in
		s.wants("ada", "active, Inner idp")
		external := func(value string) error {
			_, err := s.d.EditGroup(ctx, a.source(), inner, nil, directory.GroupEdit{Attributes: func(d scim.Document) (scim.Document, []scim.Note, error) {
				d = d.Clone()
				d["externalId"] = value
				return d, nil, nil
			}})
			return err
		}
		s.ok(external("ext-0"))
		s.drain()
		s.wants("ada", "active, Inner idp")
		s.ok(external("ext-1"))
		s.drain()
		s.wants("ada", "active, Inner idp, Outer idp")
		s.wants("bob", "active, Deeper idp, Inner idp, Outer idp")
		s.wantsPath("ada", "Outer", "Inner")
		s.ok(external("ext-2")) // who is in stays in, as with people
		s.drain()
		s.wants("ada", "active, Inner idp, Outer idp")
		s.again()
	},
	"a group that others waited for brings its people into them": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		outer, err := s.d.CreateGroup(context.Background(), a.source(), scim.Document{"displayName": "Outer"}, []string{"ext-1"}, nil)
		s.ok(err)
		a.group("Top", outer.ID)
		ada := a.user(somebody("ada"))
		inner, err := s.d.CreateGroup(context.Background(), a.source(), scim.Document{"displayName": "Inner", "externalId": "ext-1"}, []string{ada.String(), "bob"}, nil)
		s.ok(err)
		s.wants("ada", "active, Inner idp, Outer idp, Top idp")
		a.user(somebody("bob"))
		s.wants("bob", "active, Inner idp, Outer idp, Top idp")
		_, err = s.d.CreateGroup(context.Background(), a.source(), scim.Document{"displayName": "Late"}, []string{"ext-2", inner.ID.String()}, nil)
		s.ok(err)
		s.again()
	},
	"a group is never put into itself, directly or not": func(t *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		x := a.group("X", a.user(somebody("ada")))
		y := a.group("Y", x)
		z := a.group("Z", y)
		for _, bad := range []struct{ into, group uuid.UUID }{{x, x}, {x, y}, {x, z}, {y, z}} {
			var refused *scim.Error
			if err := a.patch(bad.into, "", adding(bad.group)); !errors.As(err, &refused) || refused.Status != 400 || !strings.Contains(refused.Detail, "would be put into") {
				t.Errorf("a circle was answered with %v, want a 400 that says so", err)
			}
		}
		s.wants("ada", "active, X idp, Y idp, Z idp")
	},
	"two requests never close a circle together": func(t *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		for round := range 5 {
			x, y := a.group(fmt.Sprint("X", round)), a.group(fmt.Sprint("Y", round))
			errs := s.together(func() error { return a.patch(x, "", adding(y)) }, func() error { return a.patch(y, "", adding(x)) })
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("of two requests that close a circle one has to be refused: %v", errs)
			}
		}
	},
	"who joins below while a group is put above is in both": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		for round := range 5 {
			name := fmt.Sprint("u", round)
			user, inner, outer := a.user(somebody(name)), a.group(fmt.Sprint("Inner", round)), a.group(fmt.Sprint("Outer", round))
			for _, err := range s.together(func() error { return a.patch(inner, "", adding(user)) }, func() error { return a.patch(outer, "", adding(inner)) }) {
				s.ok(err)
			}
			s.drain()
			s.wants(name, fmt.Sprintf("active, Inner%d idp, Outer%d idp", round, round))
		}
		s.again()
	},
	"a chain that is built at once has everybody at its bottom in all of it": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		for round := range 5 {
			name := fmt.Sprint("u", round)
			bottom := a.group(fmt.Sprint("C", round), a.user(somebody(name)))
			middle, top := a.group(fmt.Sprint("B", round)), a.group(fmt.Sprint("A", round))
			for _, err := range s.together(func() error { return a.patch(top, "", adding(middle)) }, func() error { return a.patch(middle, "", adding(bottom)) }) {
				s.ok(err)
			}
			s.drain()
			s.wants(name, fmt.Sprintf("active, A%d idp, B%d idp, C%d idp", round, round, round))
		}
		s.again()
	},
	"a deleted group is in no group, whoever adds it at that moment": func(t *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		outer := a.group("Outer")
		for round := range 20 {
			inner := a.group(fmt.Sprint("Inner", round))
			for _, err := range s.together(func() error { return a.patch(outer, "", adding(inner)) },
				func() error { return s.d.DeleteGroup(context.Background(), a.source(), inner, nil) }) {
				s.ok(err)
			}
			if slices.Contains(a.resolved(outer), inner.String()) {
				t.Fatalf("round %d: the group lists a deleted group", round)
			}
		}
	},
	"a group that is deleted moves the version of those that list it": func(t *testing.T, s *stage) {
		for _, mode := range []tenants.Mode{tenants.Live, tenants.Observe} {
			a := s.connector("acme", string(mode), mode, policy.Rules{})
			inner := a.group("Inner")
			outer := a.group("Outer", inner)
			before, err := s.d.ReadGroup(context.Background(), a.Connector, outer)
			s.ok(err)
			s.ok(s.d.DeleteGroup(context.Background(), a.source(), inner, nil))
			after, err := s.d.ReadGroup(context.Background(), a.Connector, outer)
			s.ok(err)
			if members := a.said(outer); len(members) != 0 || after.Version != before.Version+1 {
				t.Errorf("%s: the outer group has the members %v and version %d, was %d", mode, members, after.Version, before.Version)
			}
		}
	},
	"more people below than a request settles are queued": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, unlimited)
		var ids []uuid.UUID
		for i := range 310 {
			ids = append(ids, a.user(somebody(fmt.Sprintf("u%03d", i))))
		}
		inner := a.group("Inner", ids...)
		s.drain()
		outer := a.group("Outer", inner)
		s.drain()
		s.wants("u000", "active, Inner idp, Outer idp")
		s.wants("u309", "active, Inner idp, Outer idp")
		s.ok(a.patch(outer, "", removing(inner)))
		s.drain()
		s.wants("u000", "active, Inner idp")
		s.wants("u309", "active, Inner idp")
		s.again()
	},
	"groups of a connector that observes move nobody, and going live brings them": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, unlimited)
		inner := a.group("Inner", a.user(somebody("ada")))
		was := a.group("Was", inner)
		a.mode(tenants.Observe)
		s.ok(a.patch(was, "", removing(inner)))
		a.group("Outer", inner)
		s.wants("ada", "active, Inner idp, Was idp")
		a.mode(tenants.Live)
		s.drain()
		s.wants("ada", "active, Inner idp, Outer idp")
		s.again()
	},
	"a path leads up through ten groups at most": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		group := a.group("g00", a.user(somebody("ada")))
		for i := range 12 {
			group = a.group(fmt.Sprintf("g%02d", i+1), group)
		}
		want := "active"
		for i := range 11 {
			want += fmt.Sprintf(", g%02d idp", i)
		}
		s.wants("ada", want)
		s.again()
	},
	"a change of rules reaches people through nested groups, as its plan says": func(t *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, unlimited)
		a.group("Outer", a.group("Inner", a.user(somebody("ada"))))
		rules := unlimited
		rules.NeverAssign = policy.Text("outer")
		a.rules(rules)
		s.wants("ada", "active, Inner idp")
		s.again()
	},
}

// wantsPath checks by which groups a user came into a group.
func (s *stage) wantsPath(name, group string, path ...string) {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID(name))
	s.ok(err)
	i := slices.IndexFunc(detail.Memberships, func(m directory.Membership) bool { return m.Group.DisplayName == group })
	if i < 0 || !slices.Equal(detail.Memberships[i].Because.Path, path) {
		s.Errorf("%s is in %s by %+v, want the path %q", name, group, detail.Memberships, path)
	}
}

// together runs requests at the same time.
func (s *stage) together(requests ...func() error) []error {
	errs := make([]error, len(requests))
	var all sync.WaitGroup
	for i, request := range requests {
		all.Go(func() { errs[i] = request() })
	}
	all.Wait()
	return errs
}
