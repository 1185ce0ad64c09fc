package e2e

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
)

// rolesLeastFirst are the roles, each of which may do what those before it may.
var rolesLeastFirst = []string{"viewer", "operator", "ruleEditor", "owner"}

// tabled is an operation as the OpenAPI document tells it.
type tabled struct{ method, path, id, role, reach string }

// operations reads the table of all operations.
func (s *server) operations(t testing.TB) (all []tabled) {
	t.Helper()
	doc := s.adminOK(t, "GET", "/openapi.json", nil).value(t).(map[string]any)
	paths := doc["paths"].(map[string]any)
	for _, path := range slices.Sorted(maps.Keys(paths)) {
		for method, value := range paths[path].(map[string]any) {
			op := value.(map[string]any)
			role, _ := op["x-muster-role"].(string)
			reach, _ := op["x-muster-reach"].(string)
			all = append(all, tabled{strings.ToUpper(method), path, op["operationId"].(string), role, reach})
		}
	}
	if len(all) < 100 {
		t.Fatalf("only %d operations in the document", len(all))
	}
	return all
}

// place is what operations are tried on.
type place struct{ tenant, directory, connector, user string }

func (w place) target(op tabled) string {
	const none = "00000000-0000-7000-8000-000000000000"
	user := none
	if op.reach == "user" {
		user = w.user
	}
	path := strings.NewReplacer("{c}", w.connector, "{d}", w.directory, "{name}", w.tenant, "{id}", user, "{version}", "999").Replace(op.path)
	for strings.Contains(path, "{") {
		before, rest, _ := strings.Cut(path, "{")
		_, after, _ := strings.Cut(rest, "}")
		path = before + none + after
	}
	if op.reach == "connector" && !strings.Contains(op.path, "{c}") {
		path += "?connector=" + w.connector
	}
	return path
}

// TestRolesHoldForEveryOperation walks every operation of the document as every role, of the
// deployment and limited to a tenant, on what is that tenant's own and on what is not, and compares
// with what the document says. Requests have no body, and ids that nobody has, so that what is
// allowed does no harm.
func TestRolesHoldForEveryOperation(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		own, foreign := s.place(t), s.place(t)
		table := s.operations(t)
		nobody := caller{server: s}
		for _, op := range table {
			if op.reach == "everything" || op.id == "stream" {
				continue
			}
			denied(t, op.id+" as nobody", nobody.as(t, op.method, own.target(op), nil), 401, "unauthenticated")
		}
		for _, role := range rolesLeastFirst {
			for _, limited := range []bool{false, true} {
				var tenants []string
				if limited {
					tenants = []string{own.tenant}
				}
				p := s.administrator(t, role, tenants...)
				for _, op := range table {
					for _, on := range []place{own, foreign} {
						walkOperation(t, p, op, role, limited, on, on == own)
					}
				}
			}
		}
	})
}

// walkOperation sends one operation, and compares what comes of it with the table.
func walkOperation(t *testing.T, p caller, op tabled, role string, limited bool, on place, own bool) {
	t.Helper()
	if op.reach == "everything" || op.id == "stream" { // a stream would not end
		return
	}
	what := fmt.Sprintf("%s as %s, limited %v, own %v", op.id, role, limited, own)
	atLeast := slices.Index(rolesLeastFirst, role) >= slices.Index(rolesLeastFirst, op.role)
	named := slices.Contains([]string{"connector", "directory", "user"}, op.reach)
	expected := "allowed"
	switch {
	case !slices.Contains(rolesLeastFirst, op.role):
		t.Fatalf("%s has the role %q", op.id, op.role)
	case !atLeast:
		expected = "roleNeeded"
	case limited && op.reach == "deployment":
		expected = "deploymentOnly"
	case limited && named && !own:
		expected = "absent"
	}
	if expected == "allowed" && (op.id == "signOut" || op.id == "unlinkRecord") { // which would be done
		return
	}
	answer := p.as(t, op.method, on.target(op), nil)
	switch expected {
	case "absent":
		denied(t, what, answer, http.StatusNotFound, "")
	case "allowed":
		for _, code := range []string{"roleNeeded", "deploymentOnly", "connectorNeeded", "unauthenticated"} {
			if strings.Contains(string(answer.Body), `"code":"`+code+`"`) {
				t.Errorf("%s: %d %s, want it allowed", what, answer.Status, excerpt(answer.Body))
			}
		}
		if answer.Status >= 500 {
			t.Errorf("%s: %d %s", what, answer.Status, excerpt(answer.Body))
		}
	default:
		denied(t, what, answer, http.StatusForbidden, expected)
	}
}

// place makes a tenant with a connector, a directory and a person.
func (s *server) place(t testing.TB) place {
	t.Helper()
	w := place{tenant: s.tenant(t), directory: s.directory(t)}
	c := s.connector(t, wanted{Tenant: w.tenant, Directory: w.directory})
	w.connector = c.Slug
	name := "p-" + unique() + "@x.example"
	c.group(t, "staff", c.user(t, name))
	s.settled(t, w.directory)
	w.user = findUser(t, s, w.directory, name)["id"].(string)
	return w
}

// TestALimitedAdministratorSeesOwnTenantAlone tells what somebody of one tenant sees of a
// directory into which another one provisions too.
func TestALimitedAdministratorSeesOwnTenantAlone(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory, mine, theirs := s.directory(t), s.tenant(t), s.tenant(t)
		own := s.connector(t, wanted{Tenant: mine, Directory: directory})
		other := s.connector(t, wanted{Tenant: theirs, Directory: directory, Rules: map[string]any{
			"linking": map[string]any{"acrossTenants": true, "domains": []string{"shared.example"}}, "neverAssign": []string{"secret-plans"}, "safety": map[string]any{"off": true}}})
		s.adminOK(t, "PATCH", "/directories/"+directory, map[string]any{"sharedGroups": []string{"everybody"}})
		own.user(t, "ada@own.example")
		own.user(t, "both@shared.example")
		s.settled(t, directory)
		both := other.user(t, "both@shared.example")
		stranger := other.user(t, "eve@their.example")
		other.group(t, "everybody", both, stranger)
		other.group(t, "secret-plans", both)
		s.settled(t, directory)

		p := s.administrator(t, "ruleEditor", mine)
		list := string(p.asOK(t, "GET", "/directories/"+directory+"/users", nil).Body)
		if !strings.Contains(list, "ada@own.example") || !strings.Contains(list, "both@shared.example") || strings.Contains(list, "eve@") {
			t.Errorf("the users it sees are %s", list)
		}
		ofEve, ofBoth := findUser(t, s, directory, "eve@their.example")["id"].(string), findUser(t, s, directory, "both@shared.example")["id"].(string)
		denied(t, "another tenant's person", p.as(t, "GET", "/directories/"+directory+"/users/"+ofEve, nil), 404, "notFound")
		detail := string(p.asOK(t, "GET", "/directories/"+directory+"/users/"+ofBoth, nil).Body)
		for _, hidden := range []string{other.Slug, theirs, "secret-plans"} {
			if strings.Contains(detail, hidden) {
				t.Errorf("a shared person shows %s: %s", hidden, detail)
			}
		}
		if !strings.Contains(detail, "anotherTenant") || !strings.Contains(detail, own.Slug) {
			t.Errorf("a shared person shows no other tenant's reasons as such: %s", detail)
		}
		why := string(p.asOK(t, "GET", "/directories/"+directory+"/why?user=both@shared.example&group=everybody", nil).Body)
		if strings.Contains(why, other.Slug) || !strings.Contains(why, "anotherTenant") {
			t.Errorf("why says %s", why)
		}
		denied(t, "why of another tenant's person", p.as(t, "GET", "/directories/"+directory+"/why?user=eve@their.example", nil), 404, "notFound")
		found := string(p.asOK(t, "GET", "/directories/"+directory+"/lookup?q=eve@their.example", nil).Body)
		if strings.Contains(found, ofEve) {
			t.Errorf("a look-up finds %s", found)
		}
		denied(t, "changing a person of both", p.as(t, "PUT", "/directories/"+directory+"/users/"+ofBoth+"/block", map[string]any{"reason": "x"}), 403, "deploymentOnly")
		for _, path := range []string{"/tenants", "/connectors", "/directories/" + directory + "/groups", "/holds", "/jobs", "/directories"} {
			if text := string(p.asOK(t, "GET", path, nil).Body); strings.Contains(text, other.Slug) || strings.Contains(text, theirs) {
				t.Errorf("%s shows the other tenant: %s", path, text)
			}
		}
		denied(t, "every event", p.as(t, "GET", "/events", nil), 403, "connectorNeeded")
		p.asOK(t, "GET", "/events?connector="+own.Slug, nil)

		rules := p.asOK(t, "GET", "/connectors/"+own.Slug+"/rules", nil).value(t).(map[string]any)
		delete(rules, "$schema")
		rules["neverAssign"] = []string{"x-.*"}
		p.asOK(t, "PUT", "/connectors/"+own.Slug+"/rules", rules)
		for list, value := range map[string]any{
			"safety":  map[string]any{"off": true},
			"linking": map[string]any{"match": []string{"userName"}, "acrossTenants": true, "domains": []string{"shared.example"}},
		} {
			changed := maps.Clone(rules)
			changed[list] = value
			denied(t, "changing "+list, p.as(t, "PUT", "/connectors/"+own.Slug+"/rules", changed), 403, "deploymentOnly")
			denied(t, "planning "+list, p.as(t, "POST", "/connectors/"+own.Slug+"/plans", map[string]any{"rules": changed}), 403, "deploymentOnly")
		}
		denied(t, "changing precedence", p.as(t, "PATCH", "/connectors/"+own.Slug, map[string]any{"precedence": 0}), 403, "deploymentOnly")
	})
}
