package storagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// benched are expressions whose answer is the same on the test bench as in what the directory's
// user then holds.
var benched = []policy.MappingStep{
	{Target: "title", Expression: `enterprise.department`},
	{Target: "title", Expression: `upper(record.title)`},
	{Target: "title", Expression: `record.nickName`},
	{Target: "nickName", Expression: `default(record.nickName, record.name.givenName)`},
	{Target: "displayName", Expression: `join([record.name.familyName, record.name.givenName], ", ")`},
	{Target: "displayName", Expression: `record.displayName + " (" + connector + ")"`},
	{Target: "locale", Expression: `record.emails.exists(e, e.value.endsWith(".example")) ? "en" : "de"`},
	{Target: "userName", Expression: `replace(lower(record.userName), "@old.example", "@new.example")`},
	{Target: `emails[type eq "work"].value`, Expression: `replace(email(record.emails, "work"), "@old.example", "@new.example")`},
	{Target: `emails`, Expression: `record.emails.filter(e, e.type == "work")`},
	{Target: `phoneNumbers[type eq "work"].value`, Expression: `"+49 " + enterprise.employeeNumber`},
	{Target: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", Expression: `extract(enterprise.department, "^([^/]+)")`},
	{Target: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:costCenter", Expression: `"4711"`, When: "create"},
	{Target: "userType", Expression: `size(record.emails) > 1 ? "several" : "one"`},
	{Target: "title", Expression: `"x" + record.nickName`}, // cannot be carried out: nobody is made
	{Target: "title", Expression: `string(1 / 0)`},
}

// mappable is a user with something of everything.
func mappable(name string) scim.Document {
	return scim.Document{
		"userName": name + "@old.example", "displayName": "Ada", "title": "Engineer", "active": true,
		"name":   map[string]any{"givenName": "Ada", "familyName": "Byron"},
		"emails": []any{map[string]any{"value": name + "@old.example", "type": "work"}, map[string]any{"value": name + "@home.example", "type": "home"}},
		"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User": map[string]any{"department": "R&D/Engines", "employeeNumber": "42"},
	}
}

func steps(s ...policy.MappingStep) policy.Rules {
	return policy.Rules{Mapping: policy.Mapping{Steps: s}, Safety: policy.Safety{Off: true}}
}

// attribute is one of what the directory's user of a userName holds; nil if it has none.
func (s *stage) attribute(user, attribute string) any {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID(user))
	s.ok(err)
	return scim.ParseDocument(detail.JSON)[attribute]
}

// edit lets the IdP change a user.
func (c idp) edit(id uuid.UUID, change func(scim.Document)) {
	c.Helper()
	_, err := c.d.EditUser(context.Background(), c.source(), id, nil, func(d scim.Document) (scim.Document, []scim.Note, error) {
		d = d.Clone()
		change(d)
		return d, nil, nil
	})
	c.ok(err)
}

// everybody counts the directory's users.
func (s *stage) everybody() int {
	s.Helper()
	page, err := s.d.Users(context.Background(), "main", "", "", directory.Listing{Limit: 500})
	s.ok(err)
	return len(page.Items)
}

// isIn expects a user to be in exactly these groups.
func (s *stage) isIn(user string, groups ...string) {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID(user))
	s.ok(err)
	var got []string
	for _, m := range detail.Memberships {
		got = append(got, m.Group.DisplayName)
	}
	if slices.Sort(got); !slices.Equal(got, groups) {
		s.Errorf("%s is in %v, want %v", user, got, groups)
	}
}

// status expects a user to have a status.
func (s *stage) status(user string, want policy.Status) {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID(user))
	s.ok(err)
	if detail.Status != want {
		s.Errorf("%s is %s, want %s", user, detail.Status, want)
	}
}

// problemOf is what the directory shows of a user's only record.
func (s *stage) problemOf(user string) string {
	s.Helper()
	detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID(user))
	s.ok(err)
	return detail.Records[0].MappingProblem
}

var mappingCases = map[string]func(*testing.T, *stage){
	"the bench hides what another connector of the user calls sensitive": func(t *testing.T, s *stage) {
		ctx := context.Background()
		byEmail := policy.Rules{Linking: policy.Linking{Match: []string{"email"}}}
		a, b := s.connector("acme", "a", tenants.Live, byEmail), s.connector("acme", "b", tenants.Live, byEmail)
		_, err := s.UpdateConnector(ctx, "a", nil, tenants.ConnectorChange{Sensitive: &[]string{"nickName"}})
		s.ok(err)
		ada := somebody("ada", "ada@x.example")
		ada["nickName"] = "secret"
		a.user(ada)
		id := b.user(somebody("ada", "ada@x.example"))
		tried, err := s.d.TryMapping(ctx, "b", directory.MappingTrial{Record: id, Existing: true,
			Mapping: &policy.Mapping{Steps: []policy.MappingStep{{Target: "title", Expression: "current.nickName", When: "update"}}}})
		s.ok(err)
		if tried.After["title"] == "secret" || !tried.Masked {
			t.Errorf("the bench shows %v, masked: %v", tried.After, tried.Masked)
		}
	},
	"who waits is woken for others by a mapping that gives names, and by no other": func(t *testing.T, s *stage) {
		for _, c := range []struct {
			target string
			woken  int
		}{{"title", 0}, {"userName", 1}} {
			a := s.connector("acme", "a-"+strings.ToLower(c.target), tenants.Live, policy.Rules{})
			b := s.connector("globex", "b-"+strings.ToLower(c.target), tenants.Live, steps(policy.MappingStep{Target: c.target, Expression: "record.userName"}))
			name := "ada-" + c.target
			a.user(somebody(name))
			b.user(somebody(name))
			s.drain()
			s.ok(s.d.RemoveUser(context.Background(), byAdmin, "main", s.localUser(somebody("loc-"+c.target)), nil))
			waiting, err := s.d.Pending(context.Background(), "", b.Slug)
			s.ok(err)
			if waiting != c.woken {
				t.Errorf("with a mapping of %s, %d records are settled because somebody else goes, want %d", c.target, waiting, c.woken)
			}
		}
	},
	"the bench says what the directory then holds": func(t *testing.T, s *stage) {
		for i, step := range benched {
			c := s.connector("acme", fmt.Sprintf("c%d", i), tenants.Live, steps(step))
			doc := mappable(fmt.Sprintf("ada%d", i))
			before := s.everybody()
			id := c.user(doc)
			tried, err := s.d.TryMapping(context.Background(), c.Slug, directory.MappingTrial{Payload: payload(doc)})
			s.ok(err)
			if tried.Problem != nil {
				if n := s.everybody(); n != before {
					t.Errorf("%s = %s: the bench shows %s, and a user was made", step.Target, step.Expression, tried.Problem)
				}
				continue
			}
			name, _ := tried.After["userName"].(string)
			detail, err := s.d.ReadUserDetail(context.Background(), "main", s.userID(name))
			s.ok(err)
			if held := scim.ParseDocument(detail.JSON); !reflect.DeepEqual(map[string]any(held), tried.After) {
				t.Errorf("%s = %s: the bench shows\n\t%v\nthe user holds\n\t%v", step.Target, step.Expression, tried.After, held)
			}
			stored, err := s.d.TryMapping(context.Background(), c.Slug, directory.MappingTrial{Record: id})
			s.ok(err)
			if step.When == "" && !reflect.DeepEqual(stored.After, tried.After) {
				t.Errorf("%s = %s: of the record the bench shows\n\t%v\nof the payload\n\t%v", step.Target, step.Expression, stored.After, tried.After)
			}
		}
		s.again()
	},
	"an IdP reads back what it wrote, and the directory holds what the mapping makes of it": func(t *testing.T, s *stage) {
		c := s.connector("acme", "okta", tenants.Live, steps(policy.MappingStep{Target: "userName", Expression: `replace(record.userName, "@old.example", "@new.example")`}))
		id := c.user(mappable("ada"))
		r, err := s.d.ReadUser(context.Background(), c.Connector, id)
		s.ok(err)
		if name := scim.ParseDocument(r.JSON).UserName(); name != "ada@old.example" {
			t.Errorf("the IdP reads %s", name)
		}
		s.userID("ada@new.example")
		other := s.connector("acme", "entra", tenants.Live, unlimited)
		other.user(somebody("ada@new.example"))
		if n := s.everybody(); n != 1 {
			t.Errorf("%d users, want the two records linked to one: linking goes by the mapped name", n)
		}
		s.again()
	},
	"create gives once, update only once the IdP changed the record": func(t *testing.T, s *stage) {
		c := s.connector("acme", "okta", tenants.Live, steps(
			policy.MappingStep{Target: "title", Expression: `"new"`, When: "create"},
			policy.MappingStep{Target: "nickName", Expression: `"changed"`, When: "update"},
			policy.MappingStep{Target: "locale", Expression: `default(record.locale, "en")`}))
		id := c.user(mappable("ada"))
		expect := func(title, nick, locale any) {
			t.Helper()
			for name, want := range map[string]any{"title": title, "nickName": nick, "locale": locale} {
				if got := s.attribute("ada@old.example", name); got != want {
					t.Errorf("%s is %v, want %v", name, got, want)
				}
			}
		}
		expect("new", nil, "en")
		s.again()
		expect("new", nil, "en")
		c.edit(id, func(doc scim.Document) { doc["title"], doc["locale"] = "Boss", "de" })
		expect("new", "changed", "de")
		s.again()
	},
	"what a mapping drops does not count, and is cleaned up": func(t *testing.T, s *stage) {
		rules := policy.Rules{Mapping: policy.Mapping{DropWhen: `record.userType == "Contractor"`}, Safety: policy.Safety{Off: true}}
		c := s.connector("acme", "okta", tenants.Live, rules)
		id := c.user(mappable("ada"))
		c.user(scim.Document{"userName": "con", "userType": "Contractor"})
		if n := s.everybody(); n != 1 {
			t.Errorf("%d users, want ada alone", n)
		}
		c.edit(id, func(doc scim.Document) { doc["userType"] = "Contractor" })
		s.status("ada@old.example", policy.UserDisabled)
		c.edit(id, func(doc scim.Document) { doc["userType"] = "Employee" })
		s.status("ada@old.example", policy.UserActive)
		s.again()
	},
	"a mapping that fails keeps what was, and a deactivation and a deletion get through": func(t *testing.T, s *stage) {
		c := s.connector("acme", "okta", tenants.Live, steps(policy.MappingStep{Target: "title", Expression: `"Dr. " + record.title`}))
		id := c.user(mappable("ada"))
		g := c.group("jira", id)
		c.edit(id, func(doc scim.Document) { delete(doc, "title"); doc["displayName"] = "Another" })
		if title, name := s.attribute("ada@old.example", "title"), s.attribute("ada@old.example", "displayName"); title != "Dr. Engineer" || name != "Ada" {
			t.Errorf("after a failure the user holds %v, %v", title, name)
		}
		if p := s.problemOf("ada@old.example"); !strings.Contains(p, "steps[0]") {
			t.Errorf("the record shows %q", p)
		}
		s.isIn("ada@old.example", "jira")
		s.again()
		c.edit(id, func(doc scim.Document) { doc["active"] = false })
		s.status("ada@old.example", policy.UserDisabled)
		s.again()
		s.ok(c.patch(g, "", removing(id)))
		s.isIn("ada@old.example")
		if n := s.told("record.mapping.failed"); n != 1 {
			t.Errorf("%d events of the failure, want one", n)
		}
		c.edit(id, func(doc scim.Document) { doc["title"], doc["active"] = "Boss", true })
		if p := s.problemOf("ada@old.example"); p != "" || s.attribute("ada@old.example", "title") != "Dr. Boss" {
			t.Errorf("after it was mended: %q, %v", p, s.attribute("ada@old.example", "title"))
		}
		c.edit(id, func(doc scim.Document) { delete(doc, "title") })
		s.ok(s.d.DeleteUser(context.Background(), c.source(), id, nil))
		s.status("ada@old.example", policy.UserDisabled)
		s.again()
	},
	"a new record whose mapping fails waits until it can be carried out": func(t *testing.T, s *stage) {
		c := s.connector("acme", "okta", tenants.Live, steps(policy.MappingStep{Target: "title", Expression: `"Dr. " + record.title`}))
		id := c.user(somebody("ada"))
		if n := s.everybody(); n != 0 {
			t.Errorf("%d users", n)
		}
		covered, err := s.d.CoverMapping(context.Background(), c.Slug, 100)
		s.ok(err)
		if covered.Failed != 1 || covered.Steps[0].Failed != 1 || covered.Steps[0].Examples[0] != id || !covered.Complete {
			t.Errorf("the coverage says %+v", covered)
		}
		c.edit(id, func(doc scim.Document) { doc["title"] = "Boss" })
		if got := s.attribute("ada", "title"); got != "Dr. Boss" {
			t.Errorf("the title is %v", got)
		}
		s.again()
	},
	"renames come before every list, and two groups of one name are one": func(t *testing.T, s *stage) {
		c := s.connector("acme", "okta", tenants.Live, policy.Rules{OnlyAssign: policy.Text("jira-.*"), Safety: policy.Safety{Off: true},
			Mapping: policy.Mapping{Renames: []policy.Rename{{From: policy.Entry{Text: "okta-(.*)"}, To: "$1"}, {From: policy.Entry{Text: "jira-staff"}, To: "jira-users"}}}})
		ada, bob := c.user(somebody("ada")), c.user(somebody("bob"))
		g := c.group("okta-jira-users", ada)
		c.group("jira-staff", ada, bob)
		c.group("okta-sales", ada)
		s.drain()
		s.isIn("ada", "jira-users")
		s.isIn("bob", "jira-users")
		s.ok(c.patch(g, "", removing(ada)))
		s.isIn("ada", "jira-users")
		s.ok(c.patch(g, "okta-jira-admins", adding(bob)))
		s.drain()
		s.isIn("bob", "jira-admins", "jira-users")
		s.again()
	},
	"a draft of a mapping is planned and applied as it will be": func(t *testing.T, s *stage) {
		c := s.connector("acme", "okta", tenants.Live, unlimited)
		ada := c.user(mappable("ada"))
		c.group("okta-jira", ada)
		rules := steps(policy.MappingStep{Target: "title", Expression: `enterprise.department`})
		rules.Mapping.Renames = []policy.Rename{{From: policy.Entry{Text: "okta-(.*)"}, To: "$1"}}
		before := s.attribute("ada@old.example", "title")
		_, err := s.d.SetRules(context.Background(), byAdmin, c.Slug, nil, rules, anyLosses)
		s.ok(err)
		s.drain()
		s.isIn("ada@old.example", "jira")
		if got := s.attribute("ada@old.example", "title"); got != "R&D/Engines" {
			t.Errorf("the title is %v", got)
		}
		s.again()
		_, err = s.d.SetRules(context.Background(), byAdmin, c.Slug, nil, unlimited, anyLosses)
		s.ok(err)
		s.drain()
		s.isIn("ada@old.example", "okta-jira")
		if got := s.attribute("ada@old.example", "title"); got != before {
			t.Errorf("the title is %v again, want %v", got, before)
		}
		s.again()
	},
	"a connector that goes live brings its groups under their mapped names": func(_ *testing.T, s *stage) {
		rules := policy.Rules{Safety: policy.Safety{Off: true}, Mapping: policy.Mapping{Renames: []policy.Rename{{From: policy.Entry{Text: "okta-(.*)"}, To: "$1"}}}}
		c := s.connector("acme", "okta", tenants.Observe, rules)
		ada := c.user(somebody("ada"))
		c.group("okta-jira", ada)
		s.ok(s.d.SetMode(context.Background(), byAdmin, c.Slug, tenants.Live, anyLosses))
		s.drain()
		s.isIn("ada", "jira")
		c.group("okta-wiki", ada)
		s.drain()
		s.isIn("ada", "jira", "wiki")
		s.again()
	},
}

// payload is a document as a client sends it.
func payload(doc scim.Document) map[string]any {
	decoder := json.NewDecoder(strings.NewReader(string(doc.JSON())))
	decoder.UseNumber()
	var raw map[string]any
	if err := decoder.Decode(&raw); err != nil {
		panic(err)
	}
	return raw
}
