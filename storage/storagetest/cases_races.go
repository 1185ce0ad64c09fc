package storagetest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// rivals runs functions side by side.
func rivals(all ...func()) {
	var wait sync.WaitGroup
	for _, f := range all {
		wait.Go(f)
	}
	wait.Wait()
}

var raceCases = map[string]func(*testing.T, *stage){
	"a deleted user is in no group, whoever adds it at that moment": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		g := a.group("Eng")
		for i := range 40 {
			r := a.user(somebody(fmt.Sprintf("user%d", i)))
			rivals(
				func() { a.ok(a.patch(g, "", adding(r))) },
				func() { a.ok(a.d.DeleteUser(s.Context(), a.source(), r, nil)) },
			)
			if slices.Contains(a.resolved(g), r.String()) {
				s.Fatalf("round %d: the group lists a deleted user", i)
			}
		}
	},
	"a deleted user leaves a group to which a big request adds it": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		g := a.group("Eng")
		var ids []uuid.UUID
		for _, name := range numbered("user", 310) {
			ids = append(ids, a.user(somebody(name)))
		}
		deleteSome := func(from int) {
			for i := from; i < 60; i += 3 {
				if err := a.d.DeleteUser(s.Context(), a.source(), ids[i], nil); err != nil {
					a.Error(err)
				}
			}
		}
		rivals(
			func() {
				if err := a.patch(g, "", adding(ids...)); err != nil {
					a.Error(err)
				}
			},
			func() { deleteSome(0) }, func() { deleteSome(1) }, func() { deleteSome(2) },
		)
		s.drain()
		for _, member := range a.resolved(g) {
			if slices.Contains(texts(ids[:60]), member) {
				s.Fatalf("the group lists %s, which was deleted", member)
			}
		}
	},
	"a carried rename and another feeder of the old name do not mix": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, unlimited)
		b := s.connector("acme", "b", tenants.Live, unlimited)
		ada, bob := a.user(somebody("ada")), b.user(somebody("bob"))
		b.group("Other")
		for i := range 25 {
			name := fmt.Sprintf("Eng%d", i)
			g := a.group(name, ada)
			var other uuid.UUID
			rivals(
				func() { a.ok(a.patch(g, "New"+name)) },
				func() {
					r, err := b.d.CreateGroup(s.Context(), b.source(), scim.Document{"displayName": name}, []string{bob.String()}, nil)
					b.ok(err)
					other = r.ID
				},
			)
			s.drain()
			s.wants("ada", "active, New"+name+" idp")
			s.wants("bob", "active, "+name+" idp")
			s.ok(a.d.DeleteGroup(s.Context(), a.source(), g, nil))
			s.ok(b.d.DeleteGroup(s.Context(), b.source(), other, nil))
		}
	},
}
