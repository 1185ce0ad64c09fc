package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// kept waits until so many requests of a connector are kept, and returns them, the oldest first.
func (c connector) kept(t testing.TB, want int) []map[string]any {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) { // the server writes them behind its answers
		all := c.items(t, "/connectors/"+c.Slug+"/requests")
		if len(all) >= want {
			slices.Reverse(all)
			return all
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d requests are kept, want %d", len(all), want)
		}
	}
}

// TestWhatAnIdPAsksIsKept lets an IdP send what it sends, and looks at it the way somebody does
// who is asked why it did not work: in a list, by person, by a word, as CSV, and one by one.
func TestWhatAnIdPAsksIsKept(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{Kind: "okta", Rules: map[string]any{"neverAssign": []string{".*-admins"}}, Settings: map[string]any{"sensitive": []string{"phoneNumbers"}}})
		ada := c.user(t, "ada@x.example", map[string]any{"password": "pw-h1dd3n", "name": map[string]any{"familyName": "Lovelace"},
			"phoneNumbers": []any{map[string]any{"value": "phone-h1dd3n"}}})
		bob := c.user(t, "bob@x.example")
		users, admins := c.group(t, "jira-users"), c.group(t, "jira-admins")
		c.scimOK(t, "PATCH", "/Groups/"+users, patch(addMembers(ada, bob)))
		blocked := c.scimOK(t, "PATCH", "/Groups/"+admins, patch(addMembers(ada)))
		refused := c.scim(t, "POST", "/Users", map[string]any{"schemas": []string{userSchema}, "userName": "ADA@x.example"})
		c.scimOK(t, "GET", "/Users?filter="+url.QueryEscape(`userName eq "nobody"`)+"&token=h1dd3n", nil)
		c.scimOK(t, "PATCH", "/Users/"+bob, patch(map[string]any{"op": "replace", "value": map[string]any{"active": false}}))

		want := []string{
			"POST /Users 201 creates a user: record created, 1 user created",
			"POST /Users 201 creates a user: record created, 1 user created",
			"POST /Groups 201 creates a group: record created, more people are settled in the background", // as from now on groups come from the IdP
			"POST /Groups 201 creates a group: record created",
			"PATCH /Groups/{id} 204 adds 2 members of a group: record changed, 2 members added, 1 group created, 2 memberships written",
			"PATCH /Groups/{id} 204 adds 1 member of a group: record changed, 1 member added, 1 dropped by a rule (neverAssign .*-admins)",
			"POST /Users 409 creates a user: ",
			`GET /Users?filter=userName eq "nobody" 200 looks for users: 0 resources found`,
			"PATCH /Users/{id} 200 deactivates a user: record changed, 1 user disabled",
		}
		for i, r := range c.kept(t, len(want)) {
			path := fmt.Sprint(r["path"])
			for _, id := range []string{ada, bob, users, admins} {
				path = strings.ReplaceAll(path, id, "{id}")
			}
			effect, _ := r["effect"].(string)
			if got := fmt.Sprintf("%s %s %s %s: %s", r["method"], path, r["status"], r["operation"], effect); got != want[i] {
				t.Errorf("request %d is\n\t%s, want\n\t%s", i+1, got, want[i])
			}
			if r["credential"] == "" || r["address"] != "127.0.0.1" || fmt.Sprint(r["milliseconds"]) == "0" || r["version"] != "2.0" {
				t.Errorf("request %d is told as %v", i+1, r)
			}
		}

		one := s.adminOK(t, "GET", "/requests/"+blocked.Header.Get("X-Request-Id"), nil)
		if action := one.text(t, "$.events[0].action"); action != "record.group.changed" {
			t.Errorf("the first event of a PATCH is %s", action)
		}
		if asked := one.text(t, "$.body.Operations[0].op"); asked != "add" {
			t.Errorf("its body is told as %v", one.at(t, "$.body"))
		}
		told := s.adminOK(t, "GET", "/requests/"+refused.Header.Get("X-Request-Id"), nil)
		if detail := told.text(t, "$.detail"); !strings.Contains(detail, "already taken") {
			t.Errorf("the refused one says %q", detail)
		}

		base := "/connectors/" + c.Slug + "/requests"
		for query, n := range map[string]int{
			"user=ada@x.example": 4, "user=" + bob: 3, "group=jira-admins": 2, "q=lovel": 1, "failed=true": 1, "status=4xx": 1, "status=409": 1, "method=patch": 3,
			"user=bob@x.example&method=PATCH": 2, "since=2100-01-01T00:00:00Z": 0, "q=h1dd3n": 0, "slowerThan=600000": 0, "user=nobody": 1,
		} {
			if found := s.items(t, base+"?"+query); len(found) != n {
				t.Errorf("%s finds %d requests, want %d", query, len(found), n)
			}
		}
		csv := s.must(t, request{Method: "GET", Target: "/api/v1" + base, Header: http.Header{"Authorization": {"Bearer " + s.token}, "Accept": {"text/csv"}}})
		lines := strings.Split(strings.TrimSpace(string(csv.Body)), "\n")
		if len(lines) != len(want)+1 || strings.Contains(string(csv.Body), "h1dd3n") {
			t.Errorf("as CSV there are %d lines, want the headings and %d", len(lines), len(want))
		}
		if noted := s.items(t, "/events?action=audit.exported&connector="); len(noted) != 1 {
			t.Errorf("the export is told by %d events, want 1", len(noted))
		}

		shown, err := s.muster(t, "requests", "list", c.Slug, "--user", "ada@x.example", "--since", "1h")
		if err != nil || strings.Count(shown, c.Slug) != 4 || !strings.Contains(shown, "1 dropped by a rule (neverAssign .*-admins)") {
			t.Errorf("the command line lists (%v)\n%s", err, shown)
		}
		first := c.kept(t, len(want))[0]
		shown, err = s.muster(t, "requests", "show", fmt.Sprint(first["id"]))
		if err != nil || strings.Contains(shown, "h1dd3n") || !strings.Contains(shown, "Lovelace") || !strings.Contains(shown, "directory.user.created") {
			t.Errorf("the command line shows (%v)\n%s", err, shown)
		}

		// Off, without bodies, and on again, each from the next request on.
		for _, mode := range []string{"off", "noBodies"} {
			if out, err := s.muster(t, "connectors", "set", c.Slug, "--activity", mode); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			c.scimOK(t, "GET", "/Users?filter="+url.QueryEscape(`userName eq "`+mode+`"`), nil)
			c.scimOK(t, "PATCH", "/Users/"+bob, patch(map[string]any{"op": "replace", "path": "title", "value": mode}))
		}
		s.adminOK(t, "PATCH", "/connectors/"+c.Slug, map[string]any{"activity": "on"})
		if mode := s.adminOK(t, "GET", "/connectors/"+c.Slug, nil).text(t, "$.activity"); mode != "on" {
			t.Errorf("it is %s again", mode)
		}
		last := c.kept(t, len(want)+2)
		if len(last) != len(want)+2 {
			t.Fatalf("%d requests are kept, want those with off left out", len(last))
		}
		bare := s.adminOK(t, "GET", "/requests/"+fmt.Sprint(last[len(want)+1]["id"]), nil)
		if body := bare.value(t).(map[string]any)["body"]; body != nil || strings.Contains(fmt.Sprint(last[len(want)]), "noBodies") {
			t.Errorf("without bodies it keeps %v and %v", body, last[len(want)])
		}
		if kept := s.adminOK(t, "GET", "/activity", nil); fmt.Sprint(kept.at(t, "$.lost")) != "0" || fmt.Sprint(kept.at(t, "$.requests")) == "0" {
			t.Errorf("the keeping is told as %s", kept.Body)
		}
	})
}
