package storagetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// PastLaws checks that the events tell, of every moment of a random history, what the directory
// held then: of each user its status and memberships, of each group its members.
func PastLaws(t *testing.T, b Backend) {
	t.Run("EventsTellWhatTheDirectoryHeld", rapid.MakeCheck(func(rt *rapid.T) {
		h := newHistory(rt, b, "past")
		h.crowd()
		var moments []moment
		for range rapid.IntRange(4, 12).Draw(rt, "steps") {
			h.step()
			moments = append(moments, h.moment())
		}
		h.finish()
		moments = append(moments, h.moment())
		for i, m := range moments {
			for id, want := range m.users {
				if got := h.userAt(id, m.at); got != want {
					rt.Fatalf("after step %d user %s was\n\t%s\nthe events tell\n\t%s\nhistory:\n%s", i+1, id, want, got, strings.Join(h.log, "\n"))
				}
			}
			for id, want := range m.groups {
				if got := h.membersAt(id, m.at); got != want {
					rt.Fatalf("after step %d group %s had\n\t%s\nthe events tell\n\t%s\nhistory:\n%s", i+1, id, want, got, strings.Join(h.log, "\n"))
				}
			}
		}
	}))
}

// crowd gives two connectors the same people in the same groups, and the first one rules that keep
// what is lost, so that nearly every step moves a membership from one reason to another.
func (h *history) crowd() {
	ctx := context.Background()
	for i, c := range h.connectors[:2] {
		src := directory.Source{Connector: c.Connector, Request: "r"}
		if i == 0 {
			c.rules = policy.Rules{NeverRemove: policy.Text(".*")}
			must(h.t, func() error {
				_, err := h.d.SetRules(ctx, directory.Admin{ID: "test"}, c.Slug, nil, h.linked(c.rules), anyLosses)
				return err
			})
		}
		for _, user := range userNames[:2] {
			r, err := h.d.CreateUser(ctx, src, scim.Document{"userName": user, "active": true}, nil)
			if err != nil {
				h.t.Fatal(err)
			}
			c.users[user], c.active[user] = r.ID, true
		}
		for _, group := range groupNames[:3] {
			r, err := h.d.CreateGroup(ctx, src, scim.Document{"displayName": group}, []string{c.users[userNames[0]].String(), c.users[userNames[1]].String()}, nil)
			if err != nil {
				h.t.Fatal(err)
			}
			c.groups[group], c.members[group] = r.ID, map[string]bool{userNames[0]: true, userNames[1]: true}
		}
	}
	must(h.t, func() error { return h.d.Drain(ctx) })
}

// moment is what the directory held at a time.
type moment struct {
	at            time.Time
	users, groups map[uuid.UUID]string
}

// moment reads everything the directory holds now.
func (h *history) moment() moment {
	ctx := context.Background()
	m := moment{at: h.now, users: map[uuid.UUID]string{}, groups: map[uuid.UUID]string{}}
	members := map[uuid.UUID][]string{}
	for _, status := range []policy.Status{"", policy.UserDeleted} {
		page, err := h.d.Users(ctx, h.name, "", status, directory.Listing{Limit: 500})
		if err != nil {
			h.t.Fatal(err)
		}
		for _, u := range page.Items {
			detail, err := h.d.ReadUserDetail(ctx, h.name, u.ID)
			if err != nil {
				h.t.Fatal(err)
			}
			lines := []string{}
			for _, x := range detail.Memberships {
				lines = append(lines, fmt.Sprintf("%s %s %s", x.Group.DisplayName, x.Origin, supporter(x.Because)))
				members[x.Group.ID] = append(members[x.Group.ID], fmt.Sprintf("%s %s %s", u.ID, u.Status, x.Origin))
			}
			m.users[u.ID] = shown(u.Status, lines)
		}
	}
	page, err := h.d.Groups(ctx, h.name, "", directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, g := range page.Items {
		m.groups[g.ID] = shown(policy.Status(g.DisplayName), members[g.ID])
	}
	return m
}

func shown(what policy.Status, lines []string) string {
	slices.Sort(lines)
	return string(what) + ": " + strings.Join(lines, ", ")
}

// supporter is the connector behind a reason; what is local or was retained may be protected by
// another connector's rules from one moment to the next, which is no event.
func supporter(because policy.Reason) string {
	if because.Code == policy.CodeLocalKept {
		return ""
	}
	return because.Connector
}

func (h *history) userAt(id uuid.UUID, at time.Time) string {
	u, err := h.d.ReadUserAt(context.Background(), h.name, id, at)
	if err != nil {
		h.t.Fatal(err)
	}
	lines := []string{}
	for _, m := range u.Memberships {
		lines = append(lines, fmt.Sprintf("%s %s %s", m.Group.DisplayName, m.Origin, supporter(m.Because)))
	}
	return shown(u.Status, lines)
}

// membersAt reads the members in pages of two.
func (h *history) membersAt(id uuid.UUID, at time.Time) string {
	lines := []string{}
	l := directory.Listing{Limit: 2}
	for {
		page, then, err := h.d.GroupMembersAt(context.Background(), h.name, id, at, l)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, m := range page.Items {
			lines = append(lines, fmt.Sprintf("%s %s %s", m.User.ID, m.Status, m.Origin))
		}
		if page.Next == "" {
			return shown(policy.Status(then.DisplayName), lines)
		}
		l.Cursor = page.Next
	}
}
