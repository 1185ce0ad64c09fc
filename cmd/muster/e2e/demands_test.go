package e2e

import (
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestASensitiveValueIsNowhereForAdministrators says a value, changes it, and asks the admin API
// everything that shows what users are: neither value is in an answer, nor in the log.
func TestASensitiveValueIsNowhereForAdministrators(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{Settings: map[string]any{"sensitive": []string{"emails", "NICKNAME", enterpriseSchema + ":employeeNumber", "urn:example:hr:2.0:badge"}}})
		dir := c.settings(t)["directory"].(string)
		said := []string{"canary-mail@acme.example", "canary-nick", "canary-number", "canary-badge", "canary-later"}
		ada := c.user(t, "ada", map[string]any{
			"emails": []any{map[string]any{"value": said[0], "type": "work", "primary": true}}, "nickName": said[1], "title": "Countess",
			enterpriseSchema: map[string]any{"employeeNumber": said[2], "department": "Engines"}, "urn:example:hr:2.0": map[string]any{"badge": said[3]},
		})
		c.group(t, "jira-users", ada)
		c.scimOK(t, "PATCH", "/Users/"+ada, patch(map[string]any{"op": "replace", "path": "nickName", "value": said[4]}))
		for _, value := range []string{said[0], said[2], said[3], said[4]} {
			if own := c.scimOK(t, "GET", "/Users/"+ada, nil); !strings.Contains(string(own.Body), value) {
				t.Errorf("the IdP reads back %s without %s", excerpt(own.Body), value)
			}
		}
		user := findUser(t, s, dir, "ada")
		id := user["id"].(string)
		if user["nickName"] != "••••" || user["title"] != "Countess" {
			t.Errorf("the directory shows nickName %v and title %v", user["nickName"], user["title"])
		}
		trial := func(method, path string, body any) response {
			asked := map[string]any{"method": method, "path": path}
			if body != nil {
				asked["body"] = body
			}
			return s.adminOK(t, "POST", "/connectors/"+c.Slug+"/trials", asked)
		}
		answers := map[string]response{
			"a trial that reads":    trial("GET", "/Users/"+ada, nil),
			"a trial that lists":    trial("GET", "/Users", nil),
			"a trial that changes":  trial("PATCH", "/Users/"+ada, patch(map[string]any{"op": "replace", "path": "title", "value": "Lady"})),
			"a trial of 1.1":        trial("GET", "/scim/"+c.Slug+"/v1/Users/"+ada, nil),
			"a trial of the group":  trial("GET", "/Groups", nil),
			"a plan":                s.adminOK(t, "POST", "/connectors/"+c.Slug+"/plans", map[string]any{"rules": map[string]any{"neverAssign": []string{"jira-users"}}}),
			"the connector's rules": s.adminOK(t, "GET", "/connectors/"+c.Slug, nil),
		}
		for _, path := range []string{
			"/directories/" + dir + "/users", "/directories/" + dir + "/users/" + id, "/directories/" + dir + "/groups", "/directories/" + dir + "/conflicts",
			"/connectors/" + c.Slug + "/holds", "/events?limit=500", "/jobs",
			"/directories/" + dir + "/why?user=ada", "/directories/" + dir + "/why?user=ada&group=jira-users",
		} {
			answers[path] = s.adminOK(t, "GET", path, nil)
		}
		for _, attribute := range []string{"nickName", "emails", "employeeNumber", "urn:example:hr:2.0", "urn:example:hr:2.0:badge", "badge", enterpriseSchema} {
			answers["why "+attribute] = s.adminOK(t, "GET", "/directories/"+dir+"/why?user=ada&attribute="+url.QueryEscape(attribute), nil)
		}
		for _, path := range []string{"/events"} {
			answers[path+" as CSV"] = s.must(t, request{Method: "GET", Target: "/api/v1" + path, Header: http.Header{"Authorization": {"Bearer " + s.token}, "Accept": {"text/csv"}}})
		}
		for _, filter := range []string{`nickName sw "canary"`, `emails.value co "canary"`, `emails[value co "canary"]`, `not (employeeNumber gt "c")`} {
			if a := s.admin(t, "GET", "/directories/"+dir+"/users?filter="+url.QueryEscape(filter), nil); a.Status != 400 {
				t.Errorf("%s can be asked: %d %s", filter, a.Status, excerpt(a.Body))
			}
			if a := trial("GET", "/Users?filter="+url.QueryEscape(filter), nil); show(a.at(t, "$.response.status")) != "400" {
				t.Errorf("%s can be asked in a trial: %s", filter, excerpt(a.Body))
			}
		}
		if found := s.items(t, "/directories/"+dir+"/users?filter="+url.QueryEscape(`nickName eq "canary-later"`)); len(found) != 1 {
			t.Errorf("a whole value finds %d users, want 1", len(found))
		}
		local := s.adminOK(t, "POST", "/directories/"+dir+"/users", map[string]any{"userName": "local", "nickName": said[1]})
		one := "/directories/" + dir + "/users/" + local.text(t, "$.id")
		if a := s.admin(t, "PATCH", one, map[string]any{"nickName": local.at(t, "$.nickName")}); a.Status != 422 {
			t.Errorf("a value that was read masked can be sent back: %d %s", a.Status, excerpt(a.Body))
		}
		answers["a new local user"] = local
		answers["a local user that changes"] = s.adminOK(t, "PATCH", one, map[string]any{"title": "Lady"})
		planned := answers["a plan"].text(t, "$.id")
		answers["the lines of the plan"] = s.adminOK(t, "GET", "/connectors/"+c.Slug+"/plans/"+planned+"/changes", nil)
		for name, answer := range answers {
			for _, value := range said {
				if strings.Contains(string(answer.Body), value) {
					t.Errorf("%s shows %s: %s", name, value, excerpt(answer.Body))
				}
			}
		}
		for _, value := range said {
			if found := s.items(t, "/events?q="+url.QueryEscape(value)); len(found) > 0 {
				t.Errorf("%d events are found by %s", len(found), value)
			}
			if s.log.contains(value) {
				t.Errorf("the log holds %s", value)
			}
		}
		if found := s.items(t, "/events?q=Countess"); len(found) == 0 {
			t.Error("no event is found by a value that is not sensitive")
		}
	})
}

// TestAMaskedValueIsNotSentBack reads a local user, and sends what is masked of it back: what stands
// behind the mask stays.
func TestAMaskedValueIsNotSentBack(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{Settings: map[string]any{"sensitive": []string{"name", "addresses", "emails", "urn:example:hr:2.0:badge", enterpriseSchema}}})
		users := "/directories/" + c.settings(t)["directory"].(string) + "/users"
		made := s.adminOK(t, "POST", users, map[string]any{
			"userName": "ada", "name": map[string]any{"familyName": "Byron"}, "emails": []any{map[string]any{"value": "ada@acme.example", "type": "work"}},
			"addresses": []any{map[string]any{"streetAddress": "1 Square", "type": "home"}}, "urn:example:hr:2.0": map[string]any{"badge": map[string]any{"colours": []any{"red"}}},
			enterpriseSchema: map[string]any{"department": "Engines", "manager": map[string]any{"value": "M-1"}},
		})
		read := s.adminOK(t, "GET", users+"/"+made.text(t, "$.id"), nil).value(t).(map[string]any)
		for _, name := range []string{"name", "addresses", "emails", "urn:example:hr:2.0", enterpriseSchema} {
			masked := map[string]any{name: read[name]}
			if !strings.Contains(show(masked), "••••") {
				t.Errorf("%s is shown as %s, want it masked", name, show(masked))
			}
			if a := s.admin(t, "PATCH", users+"/"+made.text(t, "$.id"), masked); a.Status != 422 || !strings.Contains(string(a.Body), name) {
				t.Errorf("%s sent back in a PATCH: %d %s, want 422 that names it", show(masked), a.Status, excerpt(a.Body))
			}
			masked["userName"] = "copy"
			if a := s.admin(t, "POST", users, masked); a.Status != 422 || !strings.Contains(string(a.Body), name) {
				t.Errorf("%s in a new user: %d %s, want 422 that names it", show(masked), a.Status, excerpt(a.Body))
			}
		}
		s.adminOK(t, "PATCH", users+"/"+made.text(t, "$.id"), map[string]any{"title": "Lady"})
		for _, filter := range []string{`name.familyName eq "Byron"`, `addresses.streetAddress eq "1 Square"`, `emails eq "ada@acme.example"`, enterpriseSchema + `:department eq "Engines"`, `manager eq "M-1"`} {
			if found := s.items(t, users+"?filter="+url.QueryEscape(filter)); len(found) != 1 {
				t.Errorf("%s finds %d users, want the one whose values stay", filter, len(found))
			}
		}
	})
}

// TestATrialOfAPatchTellsNoLetters patches by paths with a filter: a trial must not answer by
// whether it matched, and the IdP may send it.
func TestATrialOfAPatchTellsNoLetters(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{Settings: map[string]any{"sensitive": []string{"phoneNumbers", "displayName"}}})
		ada := c.user(t, "ada", map[string]any{"displayName": "Countess", "phoneNumbers": []any{map[string]any{"value": "+49 30 1", "type": "work"}}})
		group := c.group(t, "jira-users", ada)
		removing := func(path string) map[string]any { return patch(map[string]any{"op": "remove", "path": path}) }
		trial := func(path, filter string) map[string]any {
			return s.adminOK(t, "POST", "/connectors/"+c.Slug+"/trials", map[string]any{"method": "PATCH", "path": path, "body": removing(filter)}).value(t).(map[string]any)
		}
		for _, filter := range []string{`phoneNumbers[value sw "+49"]`, `phoneNumbers[value sw "+48"]`} {
			tried := trial("/Users/"+ada, filter)
			if got := tried["response"].(map[string]any); show(got["status"]) != "400" || len(tried["records"].([]any))+len(tried["events"].([]any)) > 0 {
				t.Errorf("a trial of %s: %s", filter, show(tried))
			}
		}
		if tried := trial("/Users/"+ada, `phoneNumbers[type eq "work"]`); show(tried["response"].(map[string]any)["status"]) != "200" || len(tried["records"].([]any)) != 1 {
			t.Errorf("a trial that asks for the type: %s", show(tried))
		}
		for _, filter := range []string{`members[display sw "Count"]`, `members[display sw "Duke"]`} {
			if tried := trial("/Groups/"+group, filter); len(tried["records"].([]any))+len(tried["events"].([]any)) > 0 {
				t.Errorf("a trial of %s says that it matched: %s", filter, show(tried))
			}
		}
		c.scimOK(t, "PATCH", "/Users/"+ada, removing(`phoneNumbers[value sw "+49"]`))
		if own := c.scimOK(t, "GET", "/Users/"+ada, nil); strings.Contains(string(own.Body), "+49") {
			t.Errorf("the IdP's own request left %s", excerpt(own.Body))
		}
	})
}

func TestDemandsAreAnsweredInBothVersions(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{Settings: map[string]any{"required": []string{"EMAILS"}, "unique": []string{"employeenumber"}}})
		if got := show(c.settings(t)["required"]) + show(c.settings(t)["unique"]); got != `["emails"]["employeeNumber"]` {
			t.Errorf("the demands are shown as %s", got)
		}
		if bad := s.admin(t, "PATCH", "/connectors/"+c.Slug, map[string]any{"sensitive": []string{"nickName", "shoeSize"}}); bad.Status != 422 || !strings.Contains(string(bad.Body), "shoeSize") {
			t.Errorf("an unknown attribute: %d %s", bad.Status, excerpt(bad.Body))
		}
		for _, version := range []string{"2.0", "1.1"} {
			c := c.over(version)
			person := func(name, number string, mail bool) map[string]any {
				out := map[string]any{"schemas": []string{userSchema}, "userName": name + "-" + version, enterpriseSchema: map[string]any{"employeeNumber": number}}
				if version == "1.1" {
					out = map[string]any{"schemas": []string{"urn:scim:schemas:core:1.0"}, "userName": name + "-" + version,
						"urn:scim:schemas:extension:enterprise:1.0": map[string]any{"employeeNumber": number}}
				}
				if mail {
					out["emails"] = []any{map[string]any{"value": name + "@acme.example"}}
				}
				return out
			}
			if a := c.scim(t, "POST", "/Users", person("ada", version, false)); a.Status != 400 || !strings.Contains(string(a.Body), "emails") {
				t.Errorf("%s: a user without an address: %d %s", version, a.Status, excerpt(a.Body))
			}
			c.scimOK(t, "POST", "/Users", person("ada", version, true))
			if a := c.scim(t, "POST", "/Users", person("bob", version, true)); a.Status != 409 || !strings.Contains(string(a.Body), "employeeNumber") || !strings.Contains(string(a.Body), version) {
				t.Errorf("%s: a second user of one number: %d %s", version, a.Status, excerpt(a.Body))
			}
		}
		schema := c.scimOK(t, "GET", "/Schemas/"+userSchema, nil)
		for _, a := range schema.at(t, "$.attributes").([]any) {
			if x := a.(map[string]any); x["name"] == "emails" && x["required"] != true {
				t.Error("the schema does not say that emails is required")
			}
		}
		c.user(t, "eve", map[string]any{"emails": []any{map[string]any{"value": "eve@acme.example"}}, "nickName": "e"})
		c.user(t, "eva", map[string]any{"emails": []any{map[string]any{"value": "eva@acme.example"}}, "nickName": "E"})
		if a := s.admin(t, "PATCH", "/connectors/"+c.Slug, map[string]any{"unique": []string{"nickName"}}); a.Status != 409 || a.text(t, "$.code") != "notUnique" {
			t.Errorf("unique over shared values: %d %s", a.Status, excerpt(a.Body))
		}
	})
}

func TestDemandsAreSetAndKeptByTheCommandLine(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		s.ownOnly(t)
		c := s.lone(t, wanted{})
		run := func(args ...string) string {
			t.Helper()
			out, err := s.muster(t, args...)
			if err != nil {
				t.Fatalf("muster %s: %v\n%s", strings.Join(args, " "), err, out)
			}
			return out
		}
		set := run("connectors", "set", c.Slug, "--require", "EMAILS,name.familyname", "--unique", "employeeNumber", "--sensitive", "title", "--last-login")
		if !strings.Contains(set, "emails, name.familyName") || !strings.Contains(set, "told to the IdP") {
			t.Errorf("connectors set prints\n%s", set)
		}
		file := filepath.Join(t.TempDir(), "muster.yaml")
		run("export", "-o", file)
		if text, err := os.ReadFile(file); err != nil || !strings.Contains(string(text), "name.familyName") || !strings.Contains(string(text), "lastLogin: true") {
			t.Errorf("the export is %s (%v)", text, err)
		}
		run("plan", "-f", file)
		run("connectors", "set", c.Slug, "--require", "", "--no-last-login")
		if got := c.settings(t); show(got["required"]) != "[]" || got["lastLogin"] != false || show(got["unique"]) != `["employeeNumber"]` {
			t.Errorf("after they were ended the settings are %v", got)
		}
		run("apply", "-f", file, "--yes")
		if got := c.settings(t); show(got["required"]) != `["emails","name.familyName"]` || got["lastLogin"] != true {
			t.Errorf("after the file was applied the settings are %v", got)
		}
	})
}

func TestALastLoginIsToldWhereItIsSwitchedOn(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{})
		dir := c.settings(t)["directory"].(string)
		id := c.user(t, "ada")
		before := c.scimOK(t, "GET", "/Users/"+id, nil)
		at := time.Now().Add(-time.Hour).UTC().Truncate(time.Second).Format("2006-01-02T15:04:05.000Z") // as SCIM shows it
		told := s.adminOK(t, "POST", "/directories/"+dir+"/logins", map[string]any{"logins": []any{
			map[string]any{"user": "ada", "at": at}, map[string]any{"user": "nobody", "at": at}, map[string]any{"user": "ada", "at": time.Now().Add(time.Hour)}}})
		if got := show(told.value(t)); !strings.Contains(got, `"written":1`) || !strings.Contains(got, `"unknown":1`) || !strings.Contains(got, `"future":1`) {
			t.Errorf("told %s", got)
		}
		if got := c.scimOK(t, "GET", "/Users/"+id, nil); string(got.Body) != string(before.Body) {
			t.Errorf("switched off, the IdP reads %s", excerpt(got.Body))
		}
		if got := findUser(t, s, dir, "ada")["lastLogin"]; got != strings.Replace(at, ".000Z", "Z", 1) {
			t.Errorf("the directory shows %v, want %s", got, at)
		}
		s.adminOK(t, "PATCH", "/connectors/"+c.Slug, map[string]any{"lastLogin": true})
		got := c.scimOK(t, "GET", "/Users/"+id, nil)
		if got.text(t, "$.meta.lastLogin") != at || got.Header.Get("ETag") != before.Header.Get("ETag") || got.text(t, "$.meta.lastModified") != before.text(t, "$.meta.lastModified") {
			t.Errorf("switched on, the IdP reads %s", excerpt(got.Body))
		}
		enterprise, _ := got.value(t).(map[string]any)[enterpriseSchema].(map[string]any)
		if enterprise["lastLogin"] != at || !strings.Contains(show(got.at(t, "$.schemas")), enterpriseSchema) {
			t.Errorf("the enterprise extension of %s lacks it", excerpt(got.Body))
		}
		if back := c.scimOK(t, "PUT", "/Users/"+id, got.value(t)); back.Header.Get("ETag") != before.Header.Get("ETag") {
			t.Errorf("sent back, it changed the record: %s", excerpt(back.Body))
		}
		if list := c.scimOK(t, "GET", "/Users", nil); strings.Count(string(list.Body), at) != 2 {
			t.Errorf("a list: %s", excerpt(list.Body))
		}
		if old := c.over("1.1").scimOK(t, "GET", "/Users/"+id, nil); old.text(t, "$.meta.lastLogin") != at || strings.Count(string(old.Body), at) != 2 {
			t.Errorf("in 1.1: %s", excerpt(old.Body))
		}
		for _, version := range []string{"2.0", "1.1"} {
			if all := c.over(version).scimOK(t, "GET", "/Schemas", nil); strings.Count(string(all.Body), `"lastLogin"`) != 1 {
				t.Errorf("%s: /Schemas does not list it once", version)
			}
		}
		file := filepath.Join(t.TempDir(), "logins.csv")
		text := "user,at\nada," + time.Now().UTC().Format(time.RFC3339) + "\nnobody,2026-01-31T08:15:00Z\nada,2020-01-31T08:15:00Z\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			out, err := s.muster(t, "logins", "import", "-d", dir, "--batch", "2", file)
			if err != nil || !strings.Contains(out, "unknown") || !strings.Contains(out, "nobody") {
				t.Errorf("muster logins import: %v\n%s", err, out)
			}
		}
	})
}
