package storagetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// because is what the directory shows of everything a user's membership stands on, strongest
// first: origin, code, connector, list and entry.
func (s *stage) because(user, group string) string {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID(user))
	s.ok(err)
	var lines []string
	for _, m := range detail.Memberships {
		if m.Group.DisplayName != group {
			continue
		}
		if m.Because.Code != m.Supports[0].Because.Code || m.Origin != m.Supports[0].Origin {
			s.Errorf("%s is shown as %s because of %+v, and stands first on %+v", group, m.Origin, m.Because, m.Supports[0])
		}
		for _, x := range m.Supports {
			lines = append(lines, fmt.Sprintf("%s %s %s %s %s", x.Origin, x.Because.Code, x.Because.Connector, x.Because.List, x.Because.Pattern))
		}
	}
	return strings.Join(lines, "; ")
}

var reasonCases = map[string]func(*testing.T, *stage){
	"every support of a membership keeps its own reason": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{AlwaysAssign: policy.Text("ENG"), DefaultGroups: policy.Text("eng"), NeverRemove: policy.Text("e.*")})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{OnlyAssign: policy.Text("e.+")})
		ada := a.user(somebody("ada"))
		s.localGroup("Wiki")
		b.user(somebody("ada"))
		g := a.group("Eng", ada)
		s.drain()
		page, err := s.d.Groups(context.Background(), "main", `displayName eq "eng"`, directory.Listing{Limit: 1})
		s.ok(err)
		group := page.Items[0]
		_, err = s.d.AddLocalMember(context.Background(), byAdmin, "main", group.ID, s.userID("ada"))
		s.ok(err)
		is := func(want string) {
			s.Helper()
			if got := s.because("ada", group.DisplayName); got != want {
				s.Errorf("ada is in %s because of\n\t%s\nwant\n\t%s", group.DisplayName, got, want)
			}
		}
		const others = "always alwaysAssign a alwaysAssign ENG; default defaultGroup a defaultGroups eng; local localKept a neverRemove e.*"
		is("idp sent a  ; " + others)
		b.group("Eng", s.recordOf("ada", b))
		s.drain()
		is("idp sent a  ; idp sent b onlyAssign e.+; " + others)
		answer, err := s.d.Why(context.Background(), "main", directory.Question{User: "ada", Group: "Eng"})
		s.ok(err)
		var told []string
		for _, step := range answer.Steps {
			if step.Step == "lists" {
				told = append(told, string(step.Reason.Code)+" "+step.Reason.Connector)
			}
		}
		if got, want := strings.Join(told, ", "), "sent a, sent b, alwaysAssign a, defaultGroup a, localKept a"; got != want {
			s.Errorf("why tells of %s, want %s", got, want)
		}
		s.ok(a.patch(g, "", removing(ada)))
		is("idp sent b onlyAssign e.+; " + others)
		s.again()
	},
}
