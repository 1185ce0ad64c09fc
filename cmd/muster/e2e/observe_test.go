package e2e

import (
	"strings"
	"testing"
)

// TestAnObservedRequestSaysWhatItWouldHaveDone: an administrator connects an IdP in observe mode,
// clicks through it, and reads of each click what it would have done. Nothing of it is done.
func TestAnObservedRequestSaysWhatItWouldHaveDone(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory, tenant := s.directory(t), s.tenant(t)
		there := s.connector(t, wanted{Tenant: tenant, Directory: directory})
		bob := there.user(t, "bob@acme.example")
		there.group(t, "vpn", bob)
		c := s.connector(t, wanted{Tenant: tenant, Directory: directory, Rules: map[string]any{"neverAssign": []string{"corp-.*"}}})
		s.adminOK(t, "PUT", "/connectors/"+c.Slug+"/mode", map[string]any{"mode": "observe"})
		before := s.dumpDirectory(t, directory)

		ada := c.user(t, "ada@acme.example")
		users := c.group(t, "jira-users", ada)
		c.scimOK(t, "PATCH", "/Groups/"+c.group(t, "corp-admins"), patch(addMembers(ada)))
		linked := c.user(t, "bob@acme.example")
		c.scimOK(t, "PATCH", "/Groups/"+users, patch(addMembers(linked), removeMember(ada)))
		c.scimOK(t, "PATCH", "/Users/"+ada, patch(map[string]any{"op": "replace", "path": "active", "value": false}))
		c.scimOK(t, "DELETE", "/Users/"+ada, nil)
		c.scimOK(t, "DELETE", "/Groups/"+users, nil)

		if changes := diff(before, s.dumpDirectory(t, directory)); len(changes) > 0 {
			t.Errorf("observing changed the directory:\n\t%s", strings.Join(changes, "\n\t"))
		}
		out, err := s.muster(t, "events", "--connector", c.Slug, "--action", "record.", "--limit", "0")
		if err != nil {
			t.Fatalf("muster events: %v\n%s", err, out)
		}
		for _, want := range []string{
			"would have created ada@acme.example, record",
			"would have added ada@acme.example to jira-users (sent)",
			"would have done nothing", // a group without members
			"would not have added ada@acme.example to corp-admins (neverAssign)",
			"would have linked bob@acme.example to the user who is there",
			"added bob@acme.example to jira-users (sent)",
			"removed ada@acme.example from jira-users (notSent)",
			"would have disabled ada@acme.example (inactive)",
			"would no longer have created ada@acme.example",
			"would have removed bob@acme.example from jira-users (notSent)",
		} {
			if !strings.Contains(out, want) {
				t.Errorf("muster events does not say %q:\n%s", want, out)
			}
		}
		if strings.Contains(out, `"lines"`) {
			t.Errorf("muster events shows the JSON of what would have been done:\n%s", out)
		}
		for _, e := range s.items(t, "/events?connector="+c.Slug+"&action=record.") {
			would, told := e["changes"].(map[string]any)["would"].(map[string]any)
			if _, listed := would["lines"].([]any); !told || !listed {
				t.Errorf("the event %v does not list what would have been done: %v", e["action"], e["changes"])
			}
		}
		csv, err := s.muster(t, "events", "--connector", c.Slug, "--action", "record.", "--csv")
		if err != nil || !strings.Contains(csv, "keepOut") || !strings.Contains(csv, "disableUser") {
			t.Errorf("the export does not say what would have been done: %v\n%s", err, csv)
		}
		plan := s.adminOK(t, "POST", "/connectors/"+c.Slug+"/plans", map[string]any{"mode": "live"})
		if linked, created := plainText(plan.at(t, "$.counts.usersLinked")), plainText(plan.at(t, "$.counts.usersCreated")); linked != "1" || created != "0" {
			t.Errorf("the plan of going live links %s users and creates %s, want 1 and 0", linked, created)
		}
	})
}
