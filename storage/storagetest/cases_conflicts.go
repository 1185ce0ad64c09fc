package storagetest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

var conflictCases = map[string]func(*testing.T, *stage){
	"a record is linked to nobody who is not there, live or not": func(t *testing.T, s *stage) {
		a, b := s.connector("acme", "a", tenants.Live, policy.Rules{}), s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		b.user(somebody("ada"))
		c := s.wantsConflicts(directory.ConflictForeignUser)[0]
		for _, mode := range []tenants.Mode{tenants.Live, tenants.Observe} {
			b.mode(mode)
			var refused *directory.RefusedError
			if err := s.d.DecideConflict(context.Background(), byAdmin, "main", c.ID, directory.DecisionLink, uuid.New()); !errors.As(err, &refused) || refused.Code != "notFound" {
				t.Errorf("%s: a link to nobody was answered %v", mode, err)
			}
			s.wantsConflicts(directory.ConflictForeignUser)
		}
	},
	"a user takes one record of a connector, whoever decides": func(t *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{Linking: policy.Linking{Match: []string{"email"}}})
		ctx := context.Background()
		first := a.user(somebody("ada", "ada@x.example"))
		s.localUser(somebody("adele"))
		a.user(somebody("adele", "ada@x.example"))
		c := s.wantsConflicts(directory.ConflictSecond)[0]
		ada := s.userID("ada")
		for _, mode := range []tenants.Mode{tenants.Live, tenants.Observe} {
			a.mode(mode)
			var refused *directory.RefusedError
			if err := s.d.DecideConflict(ctx, byAdmin, "main", c.ID, directory.DecisionLink, ada); !errors.As(err, &refused) || refused.Code != directory.ConflictSecond {
				t.Errorf("%s: a second record of the connector was answered %v", mode, err)
			}
			if _, err := s.d.PreviewDecision(ctx, byAdmin, "main", c.ID, directory.DecisionLink, ada); !errors.As(err, &refused) {
				t.Errorf("%s: the preview of a second record was answered %v", mode, err)
			}
			s.wantsConflicts(directory.ConflictSecond)
		}
		a.mode(tenants.Live)
		a.deleteUser(first)
		s.drain()
		s.wantsConflicts(policy.ConflictUserNameTaken)
		s.wants("ada", "active")
		s.again()
	},
	"a refused foreign group stays refused": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		b.group("Eng", b.user(somebody("bob")))
		c := s.wantsConflicts(policy.ConflictForeignGroup)
		s.decide(c[0], directory.DecisionRefuse, [16]byte{})
		s.again()
		s.wantsConflicts()
	},
	"a conflict goes with its record": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		ada := b.user(somebody("ada"))
		s.wantsConflicts(directory.ConflictForeignUser)
		b.deleteUser(ada)
		s.wantsConflicts()
	},
	"a conflict names whom the record finds now": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		a.user(somebody("bob"))
		r := b.user(somebody("ada"))
		s.ok(b.setUser(r, "userName", "bob"))
		open := s.wantsConflicts(directory.ConflictForeignUser)
		if got := open[0].Candidates[0].UserName; got != "bob" {
			s.Errorf("the conflict offers %s, whom the record no longer finds", got)
		}
		s.again()
	},
}
