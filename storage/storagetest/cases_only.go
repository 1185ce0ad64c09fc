package storagetest

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// only is the context of an administrator who is limited to the connector's tenant.
func (c idp) only() context.Context {
	return tenants.WithOnly(context.Background(), tenants.Only{c.TenantID})
}

// nobodys is the context of an administrator who is limited to no tenant at all.
func nobodys() context.Context { return tenants.WithOnly(context.Background(), tenants.Only{}) }

// pages reads a list to its end, an item a page, and says the items. Each page has its item: where a
// cursor leads to none, the one before spoke of what is not shown.
func pages[T any](s *stage, say func(T) string, read func(directory.Listing) (directory.Page[T], error)) (said []string) {
	s.Helper()
	for l := (directory.Listing{Limit: 1}); ; {
		page, err := read(l)
		s.ok(err)
		for _, item := range page.Items {
			said = append(said, say(item))
		}
		if len(page.Items) != 1 && (page.Next != "" || l.Cursor != "") {
			s.Errorf("behind %v comes a page of %d items", said, len(page.Items))
		}
		if l.Cursor = page.Next; l.Cursor == "" {
			return said
		}
	}
}

// onlyCases are about what administrators who are limited to tenants find: a page is cut, and a
// search ends, among what is theirs.
var onlyCases = map[string]func(*testing.T, *stage){
	"groups of other tenants are on no page and in no count": func(_ *testing.T, s *stage) {
		a, b := s.connector("acme", "a", tenants.Live, policy.Rules{}), s.connector("globex", "b", tenants.Live, policy.Rules{})
		for i, c := range []idp{b, a, b, a, b} {
			c.group(fmt.Sprintf("x%d", i), c.user(somebody(fmt.Sprintf("u%d", i))))
		}
		s.localGroup("x5")
		s.drain()
		list := func(ctx context.Context, filter string) []string {
			return pages(s, func(g directory.Group) string { return g.DisplayName }, func(l directory.Listing) (directory.Page[directory.Group], error) {
				return s.d.Groups(ctx, "main", filter, l)
			})
		}
		for _, c := range []struct {
			ctx          context.Context
			filter, want string
		}{
			{context.Background(), "", "x0 x1 x2 x3 x4 x5"},
			{a.only(), "", "x1 x3 x5"},
			{a.only(), `displayName sw "x"`, "x1 x3 x5"},
			{a.only(), `displayName eq "x2"`, ""},
			{nobodys(), "", "x5"},
		} {
			if got := strings.Join(list(c.ctx, c.filter), " "); got != c.want {
				s.Errorf("%q lists %s, want %s", c.filter, got, c.want)
			}
		}
		page, err := s.d.Groups(a.only(), "main", "", directory.Listing{Limit: 1})
		s.ok(err)
		if page.Total != 3 {
			s.Errorf("the groups are counted as %d, want 3", page.Total)
		}
		if _, err := s.d.Groups(b.only(), "main", "", directory.Listing{Limit: 1, Cursor: page.Next}); err == nil {
			s.Error("a cursor goes on in another tenant's list")
		}
	},
	"jobs of other tenants are on no page and in no count": func(_ *testing.T, s *stage) {
		a, b := s.connector("acme", "a", tenants.Live, policy.Rules{}), s.connector("globex", "b", tenants.Live, policy.Rules{})
		for i, c := range []idp{b, a, b, a} {
			c.user(somebody(fmt.Sprintf("u%d", i)))
			c.apply(c.plan(directory.Draft{Rules: &policy.Rules{AlwaysAssign: policy.Text(fmt.Sprintf("%s%d", c.Slug, i))}}), "x")
			s.drain()
		}
		for _, c := range []struct {
			ctx  context.Context
			want string
		}{{context.Background(), "a b a b"}, {a.only(), "a a"}, {nobodys(), ""}} {
			got := pages(s, func(j directory.Job) string { return j.Slug }, func(l directory.Listing) (directory.Page[directory.Job], error) { return s.d.Jobs(c.ctx, l) })
			if got := strings.Join(got, " "); got != c.want {
				s.Errorf("the jobs are of %s, want %s", got, c.want)
			}
		}
		page, err := s.d.Jobs(a.only(), directory.Listing{Limit: 1})
		s.ok(err)
		if page.Total != 2 {
			s.Errorf("the jobs are counted as %d, want 2", page.Total)
		}
		if _, err := s.d.Jobs(b.only(), directory.Listing{Limit: 1, Cursor: page.Next}); err == nil {
			s.Error("a cursor goes on in another tenant's list")
		}
	},
	"people of other tenants take up no room in what a text finds": func(_ *testing.T, s *stage) {
		a, b := s.connector("acme", "a", tenants.Live, policy.Rules{}), s.connector("globex", "b", tenants.Live, policy.Rules{})
		still := s.connector("globex", "still", tenants.Observe, policy.Rules{})
		for _, c := range []idp{b, still, a} {
			for i := range 2 {
				doc := somebody(fmt.Sprintf("%s%d", c.Slug, i), fmt.Sprintf("%s%d@x.example", c.Slug, i))
				doc["externalId"] = c.Slug
				doc["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = map[string]any{"employeeNumber": "1001"}
				c.user(doc)
			}
		}
		s.drain()
		for _, c := range []struct {
			ctx  context.Context
			text string
			want int
		}{
			{context.Background(), "1001", 6}, {a.only(), "1001", 2}, {b.only(), "1001", 4}, {nobodys(), "1001", 0},
			{a.only(), "b", 0}, {a.only(), "a", 2}, // externalIds
			{a.only(), "b0@x.example", 0}, {a.only(), "still0@x.example", 0}, {a.only(), "a0@x.example", 2}, // of the user, and of its record
			{a.only(), "b0", 0}, {a.only(), "still0", 0}, {a.only(), "a0", 2}, // userNames
			{a.only(), s.userID("b0").String(), 0}, {a.only(), s.recordOf("b0", b).String(), 0}, {a.only(), s.recordOf("a0", a).String(), 1},
		} {
			found, err := s.FindPeople(c.ctx, a.DirectoryID, c.text, 99)
			s.ok(err)
			if len(found) != c.want {
				s.Errorf("%s finds %+v, want %d ways", c.text, found, c.want)
			}
		}
		found, err := s.FindPeople(a.only(), a.DirectoryID, "1001", 1)
		s.ok(err)
		if len(found) != 1 || found[0].Connector != a.ID {
			s.Errorf("the one way to somebody of acme is %+v", found)
		}
	},
	"groups of a connector are found however many others are called so": func(_ *testing.T, s *stage) {
		ctx := context.Background()
		var b idp
		for i := range 50 {
			b = s.connector("globex", fmt.Sprintf("b%d", i), tenants.Observe, policy.Rules{})
			b.group("Everyone")
		}
		a := s.connector("acme", "a", tenants.Observe, policy.Rules{})
		everyone, managers := a.group("Everyone"), a.group("Managers")
		for _, c := range []struct {
			what      string
			ctx       context.Context
			connector uuid.UUID
			name      string
			want      []uuid.UUID
		}{
			{"a connector's", ctx, a.ID, "everyone", []uuid.UUID{everyone}},
			{"a tenant's", a.only(), uuid.Nil, "everyone", []uuid.UUID{everyone}},
			{"another tenant's connector's", a.only(), b.ID, "everyone", nil},
			{"nobody's", nobodys(), uuid.Nil, "everyone", nil},
			{"everybody's", ctx, uuid.Nil, "managers", []uuid.UUID{managers}},
		} {
			if found, err := s.GroupRecordsNamed(c.ctx, c.connector, c.name); err != nil || !slices.Equal(found, c.want) {
				s.Errorf("%s groups are %v (%v), want %v", c.what, found, err, c.want)
			}
		}
	},
	"what waits to be settled is counted for the tenants that ask": func(_ *testing.T, s *stage) {
		a, b := s.connector("acme", "a", tenants.Live, policy.Rules{}), s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.users(1)
		for i := range 2 {
			b.user(somebody(fmt.Sprintf("b%d", i)))
		}
		s.drain()
		_, err := s.d.SetDirectory(context.Background(), byAdmin, "main", nil, policy.DirectorySettings{ActiveWhen: policy.ActiveWhenOwner})
		s.ok(err)
		for _, c := range []struct {
			ctx  context.Context
			want int
		}{{context.Background(), 3}, {a.only(), 1}, {b.only(), 2}, {nobodys(), 0}} {
			if n, err := s.d.Pending(c.ctx, "main", ""); err != nil || n != c.want {
				s.Errorf("%d wait (%v), want %d", n, err, c.want)
			}
		}
	},
}
