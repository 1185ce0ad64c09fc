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

// sinceCases are about what administrators read of memberships besides their reason.
var sinceCases = map[string]func(*testing.T, *stage){
	"a membership is as old as the user's joining, whoever supports it since": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		ada := s.userID("ada")
		joined := s.member(ada, "Eng").Since
		if joined.IsZero() {
			s.Fatal("nobody knows since when the user is in the group")
		}
		g := b.group("Eng", b.user(somebody("ada")))
		s.drain()
		now := s.member(ada, "Eng")
		if !now.Since.Equal(joined) || len(now.Supports) != 2 {
			s.Errorf("supported twice, the membership is of %v with %d supports; want %v with 2", now.Since, len(now.Supports), joined)
		}
		page, err := s.d.GroupMembers(ctx, "main", now.Group.ID, directory.Listing{Limit: 5})
		s.ok(err)
		var by []string
		for _, m := range page.Items[0].Supports {
			by = append(by, m.Because.Connector)
		}
		slices.Sort(by)
		if !page.Items[0].Since.Equal(joined) || !slices.Equal(by, []string{"a", "b"}) {
			s.Errorf("the group says %v, of %v; want %v, of a and b", page.Items[0].Since, by, joined)
		}
		s.ok(b.patch(g, "", removing(s.recordOf("ada", b))))
		if left := s.member(ada, "Eng"); !left.Since.Equal(joined) || len(left.Supports) != 1 {
			s.Errorf("supported once more, it is of %v with %d supports", left.Since, len(left.Supports))
		}
	},
	"who leaves and joins again is in the group since then": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		record := a.user(somebody("ada"))
		g := a.group("Eng", record)
		before := s.member(s.userID("ada"), "Eng").Since
		s.ok(a.patch(g, "", removing(record)))
		s.ok(a.patch(g, "", adding(record)))
		if now := s.member(s.userID("ada"), "Eng").Since; !now.After(before) {
			s.Errorf("joined again, the membership is of %v, and was of %v", now.Format(time.RFC3339Nano), before.Format(time.RFC3339Nano))
		}
	},
}

// member is a user's membership of a group.
func (s *stage) member(user uuid.UUID, group string) directory.Membership {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", user)
	s.ok(err)
	for _, m := range detail.Memberships {
		if m.Group.DisplayName == group {
			return m
		}
	}
	s.Fatalf("user %s is not in %s", user, group)
	return directory.Membership{}
}
