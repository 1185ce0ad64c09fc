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

var linkingCases = map[string]func(*testing.T, *stage){
	"a plan lays every record beside whom it would be, and its numbers come true": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Observe, policy.Rules{Linking: policy.Linking{Match: []string{"userName", "email"}, Domains: []string{"globex.example"}}})
		a.user(somebody("foreign", "foreign@acme.example"))
		lovelace := s.localUser(somebody("lovelace", "ada@globex.example"))
		s.localUser(somebody("outside", "bob@other.example"))
		s.localUser(somebody("one", "shared@globex.example"))
		s.localUser(somebody("two@globex.example"))
		b.user(somebody("ada", "ada@globex.example"))
		b.user(somebody("bob", "bob@other.example"))
		b.user(somebody("two@globex.example", "shared@globex.example"))
		b.user(somebody("FOREIGN"))
		b.user(somebody("new", "new@globex.example"))
		p, err := s.d.LivePlan(context.Background(), byAdmin, "b", 0)
		s.ok(err)
		n := p.Counts
		if n.UsersLinked != 1 || n.UsersCreated != 1 || n.Ambiguous != 1 || n.Blocked != 2 {
			s.Errorf("the plan counts %+v", n)
		}
		if got, want := s.linkLines("b", p), []string{
			"ambiguous two@globex.example: one by email, two@globex.example by userName",
			"blocked FOREIGN foreignUser: foreign by userName of a",
			"blocked bob localUser: outside by email",
			"createUser new",
			"linkUser ada: lovelace by email overwrites userName",
		}; !slices.Equal(got, want) {
			s.Errorf("the plan says\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		b.apply(p, "")
		s.drain()
		if s.userID("ada") != lovelace {
			s.Error("ada is not the user that the plan named")
		}
		s.wantsConflicts(s.kinds()...)
		if got, want := s.kinds(), []string{directory.ConflictAmbiguous, directory.ConflictForeignUser, directory.ConflictLocalUser}; !slices.Equal(sorted(got), sorted(want)) {
			s.Errorf("conflicts are %v, want %v", got, want)
		}
		s.again()
	},
	"a draft of linking links those who wait and leaves who is linked": func(_ *testing.T, s *stage) {
		s.connector("globex", "g", tenants.Live, policy.Rules{}) // two tenants: local users need linking.domains
		rules := policy.Rules{Linking: policy.Linking{Match: []string{"userName", "email"}, Domains: []string{"acme.example"}}}
		a := s.connector("acme", "a", tenants.Live, rules)
		s.localUser(somebody("ada@acme.example"))
		s.localUser(somebody("bob@new.example"))
		a.user(somebody("ada@acme.example"))
		a.user(somebody("bob@new.example"))
		s.wantsConflicts(directory.ConflictLocalUser)
		rules.Linking.Domains = []string{"new.example"}
		p := a.plan(directory.Draft{Rules: &rules})
		if got, want := s.linkLines("a", p), []string{"linkUser bob@new.example: bob@new.example by userName"}; !slices.Equal(got, want) {
			s.Errorf("the plan says %q, want %q", got, want)
		}
		a.apply(p, "")
		s.drain()
		s.wantsConflicts()
		for _, name := range []string{"ada@acme.example", "bob@new.example"} {
			s.recordOf(name, a)
		}
		s.again()
	},
	"a link by decision is foretold, made and taken back": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada", "ada@acme.example"))
		r := b.user(somebody("ada2", "ada@acme.example"))
		b.group("Sales", r)
		c := s.wantsConflicts(directory.ConflictForeignUser)[0]
		detail, beside, err := s.d.ReadConflict(context.Background(), "main", c.ID)
		s.ok(err)
		if detail.ID != c.ID || beside.Outcome != directory.WouldAsk || beside.Record.ID != r || len(beside.Candidates) != 1 ||
			beside.Candidates[0].UserName != "ada" || !slices.Equal(beside.Candidates[0].Connectors, []string{"a"}) {
			s.Errorf("side by side there is %+v", beside)
		}
		would, err := s.d.PreviewDecision(context.Background(), byAdmin, "main", c.ID, directory.DecisionLink, s.userID("ada"))
		s.ok(err)
		if got, want := said(would), []string{"linkUser ada", "addMembership ada Sales"}; !slices.Equal(got, want) {
			s.Errorf("the preview says %q, want %q", got, want)
		}
		s.wants("ada", "active")
		s.decide(c, directory.DecisionLink, s.userID("ada"))
		s.wants("ada", "active, Sales idp")
		s.wantsConflicts()
		would, err = s.d.PreviewUndo(context.Background(), byAdmin, "main", c.ID)
		s.ok(err)
		if got, want := said(would), []string{"unlinkUser ada", "removeMembership ada Sales", "blocked ada2"}; !slices.Equal(got, want) {
			s.Errorf("the preview of the way back says %q, want %q", got, want)
		}
		s.undo(c.ID)
		s.wants("ada", "active")
		s.wantsConflicts(directory.ConflictForeignUser)
		s.again()
	},
	"keeping separate is taken back with the user that it made": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada", "ada@acme.example"))
		r := b.user(somebody("ada2", "ada@acme.example"))
		c := s.wantsConflicts(directory.ConflictForeignUser)[0]
		s.decide(c, directory.DecisionKeepSeparate, uuid.Nil)
		own := s.userID("ada2")
		s.undo(c.ID)
		s.wants("ada2", "deleted")
		again := s.wantsConflicts(directory.ConflictForeignUser)[0]
		if again.Record != r {
			s.Errorf("another record is asked about: %+v", again)
		}
		s.decide(again, directory.DecisionLink, s.userID("ada"))
		s.recordOf("ada", b)
		if own == s.userID("ada") {
			s.Error("the two users are one")
		}
		s.again()
	},
	"a refusal is taken back, and the record is asked about again": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada"))
		b.user(somebody("ada"))
		c := s.wantsConflicts(directory.ConflictForeignUser)[0]
		s.decide(c, directory.DecisionRefuse, uuid.Nil)
		s.again()
		s.wantsConflicts()
		s.wantsRefusal(s.d.DecideConflict(context.Background(), byAdmin, "main", c.ID, directory.DecisionKeepSeparate, uuid.Nil), "alreadyDecided")
		s.undo(c.ID)
		open := s.wantsConflicts(directory.ConflictForeignUser)[0]
		s.wantsRefusal(s.d.UndoDecision(context.Background(), byAdmin, "main", open.ID), "notDecided")
		s.again()
	},
	"an undone link can be taken back": func(_ *testing.T, s *stage) {
		local := s.localUser(somebody("ada"))
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		a.group("Eng", a.user(somebody("ada")))
		s.wants("ada", "active, Eng idp")
		would, err := s.d.PreviewUnlink(context.Background(), byAdmin, "main", local, "a")
		s.ok(err)
		if got, want := said(would), []string{"unlinkUser ada", "removeMembership ada Eng", "blocked ada"}; !slices.Equal(got, want) {
			s.Errorf("the preview says %q, want %q", got, want)
		}
		s.unlink("ada", "a")
		s.wants("ada", "active")
		page, err := s.d.Conflicts(context.Background(), "main", directory.ConflictFilter{State: directory.ConflictDecided, Kind: "unlinked", User: local}, directory.Listing{Limit: 9})
		s.ok(err)
		if len(page.Items) != 1 || page.Items[0].DecidedUser != local {
			s.Fatalf("the undone links are %+v", page.Items)
		}
		s.undo(page.Items[0].ID)
		s.wants("ada", "active, Eng idp")
		s.wantsConflicts()
		if s.userID("ada") != local {
			s.Error("another user was linked")
		}
		s.again()
	},
	"an undone link that made a second user is taken back": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		a.user(somebody("ada", "ada@acme.example"))
		b.user(somebody("lovelace", "ada@acme.example"))
		ada := s.userID("ada")
		s.unlink("ada", "b")
		s.wants("lovelace", "active")
		page, err := s.d.Conflicts(context.Background(), "main", directory.ConflictFilter{State: directory.ConflictDecided}, directory.Listing{Limit: 9})
		s.ok(err)
		s.undo(page.Items[0].ID)
		s.wants("lovelace", "deleted")
		detail, err := s.d.ReadUserDetail(context.Background(), "main", ada)
		s.ok(err)
		if len(detail.Records) != 2 {
			s.Errorf("ada has %d records, want both again", len(detail.Records))
		}
		s.again()
	},
	"conflicts are narrowed, counted and decided together": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{})
		for _, name := range numbered("u", 5) {
			a.user(somebody(name))
			b.user(somebody(name))
		}
		s.localUser(somebody("local"))
		b.user(somebody("local"))
		ctx := context.Background()
		counts, err := s.d.ConflictCounts(ctx, "main", directory.ConflictFilter{Connector: "b"})
		s.ok(err)
		if want := []directory.ConflictCount{{Kind: directory.ConflictForeignUser, N: 5}, {Kind: directory.ConflictLocalUser, N: 1}}; !slices.Equal(counts, want) {
			s.Errorf("the counts are %v, want %v", counts, want)
		}
		for want, f := range map[int]directory.ConflictFilter{
			6: {}, 5: {Kind: directory.ConflictForeignUser}, 1: {User: s.userID("u003")}, 0: {Connector: "a"},
		} {
			page, err := s.d.Conflicts(ctx, "main", f, directory.Listing{Limit: 2})
			s.ok(err)
			if page.Total != want {
				s.Errorf("%+v finds %d, want %d", f, page.Total, want)
			}
		}
		n, err := s.d.DecideConflicts(ctx, byAdmin, "main", directory.ConflictsDecision{Decision: directory.DecisionLink, Filter: directory.ConflictFilter{Kind: directory.ConflictForeignUser}})
		s.ok(err)
		if n != (directory.ConflictsDecided{Decided: 5}) {
			s.Errorf("of five, %+v", n)
		}
		s.drain()
		s.wantsConflicts(directory.ConflictLocalUser)
		s.recordOf("u003", b)
		s.again()
	},
	"whoever nobody manages is listed, and never managed is not no longer managed": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		s.localUser(somebody("local"))
		a.user(somebody("managed"))
		a.deleteUser(a.user(somebody("former")))
		for of, want := range map[directory.Management]string{
			"": "former local managed", directory.Managed: "managed", directory.Unmanaged: "former local", directory.NeverManaged: "local", directory.OnceManaged: "former",
		} {
			page, err := s.d.UsersOf(context.Background(), "main", "", "", "", of, directory.Listing{Limit: 9})
			s.ok(err)
			var names []string
			for _, u := range page.Items {
				names = append(names, u.UserName)
				if u.Managed != (u.UserName == "managed") || u.Local != (u.UserName == "local") {
					s.Errorf("%s is managed: %v, local: %v", u.UserName, u.Managed, u.Local)
				}
			}
			if got := strings.Join(sorted(names), " "); got != want || page.Total != len(names) {
				s.Errorf("%q lists %s (%d), want %s", of, got, page.Total, want)
			}
		}
	},
	"whatever names a person leads to all of its ids": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		o := s.connector("acme", "o", tenants.Observe, policy.Rules{})
		doc := somebody("ada", "ada@acme.example")
		doc["externalId"] = "00u1"
		doc["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = map[string]any{"employeeNumber": "4711"}
		r := a.user(doc)
		o.user(somebody("ada"))
		user := s.userID("ada")
		for text, by := range map[string]string{
			"ADA": "userName", "Ada@acme.example": "email", "00u1": "externalId", "4711": "employeeNumber", r.String(): "id", user.String(): "id",
		} {
			found, err := s.d.Lookup(context.Background(), "main", text)
			s.ok(err)
			if len(found.People) != 1 || found.People[0].User.ID != user || len(found.People[0].Records) != 1 || found.People[0].Records[0].ID != r ||
				!slices.ContainsFunc(found.People[0].Matched, func(b directory.FoundBy) bool { return b.By == by }) {
				s.Errorf("%s finds %+v", text, found)
			}
			if waiting := len(found.Records); waiting != 0 && text != "ADA" || waiting != 1 && text == "ADA" {
				s.Errorf("%s finds %d records without a user", text, waiting)
			}
		}
		found, err := s.d.Lookup(context.Background(), "main", "nobody")
		s.ok(err)
		if len(found.People)+len(found.Records) != 0 {
			s.Errorf("nobody is %+v", found)
		}
	},
	"the domains of a connector's records are counted": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{Linking: policy.Linking{Match: []string{"userName"}, Domains: []string{"@ACME.example"}}})
		a.user(somebody("ada@acme.example", "ada@acme.example"))
		a.user(somebody("bob", "bob@acme.example"))
		a.user(somebody("eve@other.example", "eve@acme.example"))
		a.user(somebody("plain"))
		a.deleteUser(a.user(somebody("gone@gone.example")))
		n, err := s.d.RecordDomains(context.Background(), "a")
		s.ok(err)
		if got, want := fmt.Sprint(n), "{[{acme.example 3 3 true} {other.example 1 1 false}] 4 4 1 false}"; got != want {
			s.Errorf("the domains are %s, want %s", got, want)
		}
	},
	"the owner's word, once it decides, disables whom only others call active": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("acme", "b", tenants.Live, policy.Rules{})
		ada := a.user(somebody("ada"))
		b.user(somebody("ada"))
		s.ok(a.setUser(ada, "active", false))
		s.wants("ada", "active")
		s.settings(func(d *policy.DirectorySettings) { d.ActiveWhen = policy.ActiveWhenOwner })
		s.wants("ada", "disabled")
		s.ok(a.setUser(ada, "active", true))
		s.wants("ada", "active")
		s.ok(a.setUser(ada, "active", false))
		s.settings(func(d *policy.DirectorySettings) { d.ActiveWhen = policy.ActiveWhenAny })
		s.wants("ada", "active")
		s.again()
	},
	"attributes merge by precedence, and another tenant gives no power and no names": func(_ *testing.T, s *stage) {
		a := s.connector("acme", "a", tenants.Live, policy.Rules{})
		b := s.connector("globex", "b", tenants.Live, policy.Rules{Linking: policy.Linking{Match: []string{"userName"}, Domains: []string{"acme.example"}, AcrossTenants: true}})
		a.user(somebody("ada@acme.example"))
		doc := somebody("ada@acme.example", "other@globex.example")
		doc["title"], doc["externalId"] = "Countess", "b-1"
		doc["roles"] = []any{map[string]any{"value": "admin"}}
		doc["entitlements"] = []any{map[string]any{"value": "all"}}
		doc["urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"] = map[string]any{"employeeNumber": "1", "manager": map[string]any{"value": "x"}, "department": "Sums"}
		b.user(doc)
		s.recordOf("ada@acme.example", b)
		detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID("ada@acme.example"))
		s.ok(err)
		text := string(detail.JSON)
		for _, part := range []string{"Countess", "Sums"} {
			if !strings.Contains(text, part) {
				s.Errorf("%s of the second tenant is missing: %s", part, text)
			}
		}
		for _, part := range []string{"admin", "entitlements", "manager", "employeeNumber", "b-1", "other@globex.example"} {
			if strings.Contains(text, part) {
				s.Errorf("the second tenant gave %s: %s", part, text)
			}
		}
		for name, connector := range map[string]string{"title": "b", "userName": "a"} {
			if got := detail.Givers[name]; got != connector {
				s.Errorf("%s is given by %q, want %s: %v", name, got, connector, detail.Givers)
			}
		}
	},
}

// undo takes a decision back.
func (s *stage) undo(id uuid.UUID) {
	s.Helper()
	s.ok(s.d.UndoDecision(context.Background(), byAdmin, "main", id))
	s.drain()
}

// kinds are those of the open conflicts.
func (s *stage) kinds() []string {
	s.Helper()
	var kinds []string
	for _, c := range s.conflicts() {
		kinds = append(kinds, c.Kind)
	}
	return kinds
}

func sorted(list []string) []string {
	list = slices.Clone(list)
	slices.Sort(list)
	return list
}

// said are the lines of a preview.
func said(p directory.Preview) []string {
	var out []string
	for _, l := range p.Lines {
		text := string(l.Op) + " " + l.UserName
		if x := l.Detail.Linked; l.UserName == "" && x != nil {
			text += x.Record.UserName
		}
		if l.GroupName != "" {
			text += " " + l.GroupName
		}
		out = append(out, text)
	}
	return out
}

// linkLines are a plan's lines about whom records are, in order.
func (s *stage) linkLines(connector string, p directory.Plan) []string {
	s.Helper()
	page, err := s.d.PlanLines(context.Background(), connector, p.ID, directory.LineFilter{}, directory.Listing{Limit: 500})
	s.ok(err)
	var out []string
	for _, l := range page.Items {
		switch l.Op {
		case directory.OpCreateUser, directory.OpLinkUser, directory.OpAmbiguous, directory.OpBlocked:
		default:
			continue
		}
		text := string(l.Op) + " " + l.UserName
		if x := l.Detail.Linked; x != nil {
			if l.Op == directory.OpBlocked {
				text += " " + x.Conflict
			}
			var sides []string
			if l.Op == directory.OpLinkUser {
				text = string(l.Op) + " " + x.Record.UserName
			}
			for _, c := range x.Candidates {
				side := c.UserName + " by " + strings.Join(c.By, " ")
				if len(c.Connectors) > 0 {
					side += " of " + strings.Join(c.Connectors, " ")
				}
				if l.Op == directory.OpLinkUser && len(c.Overwritten) > 0 {
					side += " overwrites " + strings.Join(c.Overwritten, " ")
				}
				sides = append(sides, side)
			}
			text += ": " + strings.Join(sorted(sides), ", ")
		}
		out = append(out, text)
	}
	return sorted(out)
}
