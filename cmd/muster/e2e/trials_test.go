package e2e

import (
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestATrialChangesNothingAndAnswersLikeTheRequest tries requests of every kind and then sends
// them. Between the two nothing may differ: not what the IdP, the administrator or the audit
// reads; and the real answer is the trial's, but for ids and times.
func TestATrialChangesNothingAndAnswersLikeTheRequest(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		r := &reasons{server: s, t: t, Directory: s.directory(t), heard: map[string]string{}, called: map[string]string{}}
		c := r.okta(`{"neverAssign":[".*-admins"],"alwaysAssign":["everyone"],"defaultGroups":["starter"]}`)
		first, second := c.user(t, whom), c.user(t, "bob@acme.example")
		group := c.group(t, "jira-users", first)
		c.scimOK(t, "PATCH", "/Groups/"+group, patch(addMembers("cyd@acme.example"))) // waits for its record
		user := func(name string) map[string]any {
			return map[string]any{"schemas": []string{userSchema}, "userName": name, "active": true}
		}
		for _, x := range []struct {
			name, method, path string
			body               any
			status, decisions  int
		}{
			{"a new user whom a group waits for", "POST", "/Users", user("cyd@acme.example"), 201, 1},
			{"a new user under a name that is taken", "POST", "/Users", user(whom), 409, 0},
			{"a user that is renamed", "PATCH", "/Users/" + second, patch(map[string]any{"op": "replace", "path": "userName", "value": "rob@acme.example"}), 200, 1},
			{"a user that is named like another", "PUT", "/Users/" + second, user(whom), 409, 0},
			{"a user that is deactivated", "PATCH", "/Users/" + second, patch(map[string]any{"op": "replace", "path": "active", "value": false}), 200, 1},
			{"a change that changes nothing", "PATCH", "/Users/" + second, patch(map[string]any{"op": "replace", "path": "active", "value": false}), 200, 0},
			{"a new group with members", "POST", "/Groups", map[string]any{"schemas": []string{groupSchema}, "displayName": "jira-admins", "members": []any{map[string]any{"value": first}}}, 201, 1},
			{"members that come", "PATCH", "/Groups/" + group + "?attributes=members,displayName", patch(addMembers(second, "nobody-yet")), 200, 1},
			{"members that are replaced", "PUT", "/Groups/" + group, map[string]any{"schemas": []string{groupSchema}, "displayName": "jira-users", "members": []any{map[string]any{"value": second}}}, 200, 2},
			{"a group that is renamed", "PATCH", "/Groups/" + group, patch(map[string]any{"op": "replace", "path": "displayName", "value": "jira-people"}), 204, 0},
			{"a group that is read", "GET", "/Groups/" + group, nil, 200, 0},
			{"a list", "GET", "/Users?filter=" + `userName%20sw%20%22a%22`, nil, 200, 0},
			{"a group that goes", "DELETE", "/Groups/" + group, nil, 204, 1},
			{"a user that goes", "DELETE", "/Users/" + second, nil, 204, 1},
			{"a user that is gone", "DELETE", "/Users/" + second, nil, 404, 0},
			{"a body that is no request", "PATCH", "/Users/" + first, map[string]any{"schemas": []string{patchSchema}, "Operations": "none"}, 400, 0},
		} {
			t.Run(x.name, func(t *testing.T) {
				s.settled(t, r.Directory)
				before, events := r.everything(c), s.promptEvents(t)
				asked := map[string]any{"method": x.method, "path": x.path}
				if x.body != nil {
					asked["body"] = x.body
				}
				tried := s.adminOK(t, "POST", "/connectors/"+c.Slug+"/trials", asked)
				if changes := diff(before, r.everything(c)); len(changes) > 0 {
					t.Errorf("the trial changed something:\n\t%s", strings.Join(changes, "\n\t"))
				}
				if now := s.promptEvents(t); len(now) != len(events) {
					t.Errorf("the trial left %d events: %s", len(now)-len(events), show(now[:max(0, len(now)-len(events))]))
				}
				sent := c.scim(t, x.method, x.path, x.body)
				if sent.Status != x.status {
					t.Fatalf("the real request was answered %d %s, want %d", sent.Status, excerpt(sent.Body), x.status)
				}
				if got := plainText(tried.at(t, "$.response.status")); got != strconv.Itoa(sent.Status) {
					t.Errorf("the trial was answered %s, the real request %d", got, sent.Status)
				}
				body, _ := tried.value(t).(map[string]any)["response"].(map[string]any)["body"]
				if got, want := timeless(body), timeless(bodyOf(t, sent)); got != want {
					t.Errorf("the trial's answer is\n\t%s\nthe real one\n\t%s", got, want)
				}
				if got := len(tried.at(t, "$.decisions").([]any)); got != x.decisions {
					t.Errorf("%d decisions, want %d: %s", got, x.decisions, excerpt(tried.Body))
				}
				r.sameEvents(t, tried, sent.Header.Get("X-Request-Id"))
			})
		}
		s.refusals(t, "connector="+c.Slug, 4) // of what was sent, and none of what was tried
		for _, path := range []string{"/Bulk", "/scim/" + c.Slug + "/v1/Bulk.json"} {
			if bulk := s.admin(t, "POST", "/connectors/"+c.Slug+"/trials", map[string]any{"method": "POST", "path": path, "body": map[string]any{}}); bulk.Status != http.StatusNotImplemented {
				t.Errorf("a trial of %s: %d %s", path, bulk.Status, excerpt(bulk.Body))
			}
		}
		if odd := s.admin(t, "POST", "/connectors/"+c.Slug+"/trials", map[string]any{"method": "GET", "path": "/../../api/v1/tenants"}); odd.Status != http.StatusUnprocessableEntity {
			t.Errorf("a trial outside of the connector: %d %s", odd.Status, excerpt(odd.Body))
		}
	})
}

// everything is all that can be read of a connector and its directory.
func (r *reasons) everything(c connector) dump {
	r.t.Helper()
	d := c.dump(r.t)
	for name, text := range r.dumpDirectory(r.t, r.Directory) {
		d[name] = text
	}
	for _, conflict := range r.items(r.t, "/directories/"+r.Directory+"/conflicts") {
		d["conflict "+conflict["id"].(string)] = canonical(conflict)
	}
	return d
}

// promptEvents are all events, the newest first, but for those that are told some seconds after
// what they tell of, by whichever request: refusals and the first use of a credential.
func (s *server) promptEvents(t *testing.T) []map[string]any {
	t.Helper()
	return slices.DeleteFunc(s.items(t, "/events"), func(e map[string]any) bool {
		return e["action"] == "request.refused" || e["action"] == "credential.firstUsed"
	})
}

// refusals waits until so many refused requests are told, and expects no more.
func (s *server) refusals(t *testing.T, query string, want int) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) { // there is nothing to be notified by
		told := s.items(t, "/events?action=request.refused&"+query)
		if len(told) == want {
			return
		}
		if len(told) > want || time.Now().After(deadline) {
			t.Errorf("%d refused requests are told, want %d: %s", len(told), want, show(told))
			return
		}
	}
}

// sameEvents compares the actions that a trial announced with those of the real request.
func (r *reasons) sameEvents(t *testing.T, tried response, request string) {
	t.Helper()
	var announced, made []string
	for _, e := range tried.at(t, "$.events").([]any) {
		announced = append(announced, e.(map[string]any)["action"].(string))
	}
	for _, e := range r.items(t, "/events") {
		if e["request"] == request {
			made = append([]string{e["action"].(string)}, made...) // they come newest first
		}
	}
	if strings.Join(announced, " ") != strings.Join(made, " ") {
		t.Errorf("the trial announced the events\n\t%v\nthe request made\n\t%v", announced, made)
	}
}

var (
	anID   = regexp.MustCompile(`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`)
	anHour = regexp.MustCompile(`\d{4}-\d\d-\d\dT[0-9:.]+Z`)
)

// timeless is the JSON of a value without ids and times.
func timeless(v any) string {
	return anHour.ReplaceAllString(anID.ReplaceAllString(canonical(v), "ID"), "TIME")
}

func bodyOf(t *testing.T, r response) any {
	t.Helper()
	if len(r.Body) == 0 {
		return nil
	}
	return r.value(t)
}

// applied applies a plan of a connector, waits for the job to end, and returns its id.
func (s *server) applied(t testing.TB, slug string, plan response) string {
	t.Helper()
	job := s.adminOK(t, "POST", "/connectors/"+slug+"/plans/"+plan.text(t, "$.id")+"/application",
		map[string]any{"hash": plan.text(t, "$.hash"), "comment": "a test"}).text(t, "$.id")
	for ; ; time.Sleep(5 * time.Millisecond) { // there is nothing to be notified by
		switch answer := s.adminOK(t, "GET", "/jobs/"+job, nil); answer.text(t, "$.state") {
		case "done":
			return job
		case "running":
		default:
			t.Fatalf("the job ended so: %s", answer.Body)
		}
	}
}

// TestAnAppliedChangeHasAWayBack applies a plan, asks for its reversal, and applies that.
func TestAnAppliedChangeHasAWayBack(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		r := &reasons{server: s, t: t, Directory: s.directory(t), heard: map[string]string{}, called: map[string]string{}}
		c := r.okta("")
		c.group(t, "jira", c.user(t, whom))
		apply := func(plan response) string { return s.applied(t, c.Slug, plan) }
		job := apply(s.adminOK(t, "POST", "/connectors/"+c.Slug+"/plans", map[string]any{"rules": map[string]any{"neverAssign": []string{"jira"}}}))
		r.isFor("neverAssign", whom, "jira")
		back := s.adminOK(t, "POST", "/jobs/"+job+"/reversal", nil)
		if got := plainText(back.at(t, "$.counts.membershipsAdded")); got != "1" {
			t.Errorf("the way back adds %s memberships, want 1: %s", got, excerpt(back.Body))
		}
		told, err := s.muster(t, "jobs", "revert", job)
		if err != nil || !strings.Contains(told, "1 membership added") || !strings.Contains(told, "rules apply "+c.Slug) {
			t.Errorf("muster jobs revert: %v\n%s", err, told)
		}
		r.isFor("neverAssign", whom, "jira")
		apply(back)
		r.isFor("sent", whom, "jira")
		if none := s.admin(t, "POST", "/jobs/"+r.id(whom)+"/reversal", nil); none.Status != http.StatusNotFound {
			t.Errorf("the reversal of no job: %d %s", none.Status, excerpt(none.Body))
		}
	})
}

// TestATrialSpeaksSCIM11 tries a request below the other base URL.
func TestATrialSpeaksSCIM11(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{}).over("1.1")
		path := "/Users/" + c.user(t, whom)
		asked := map[string]any{"method": "PATCH", "path": c.root() + path, "body": map[string]any{"schemas": []string{oldCore}, "title": "T"}}
		tried := s.adminOK(t, "POST", "/connectors/"+c.Slug+"/trials", asked)
		if status, schema := plainText(tried.at(t, "$.response.status")), tried.text(t, "$.response.body.schemas[0]"); status != "200" || schema != oldCore {
			t.Errorf("the trial was answered %s: %s", status, excerpt(tried.Body))
		}
		if title := c.scimOK(t, "GET", path, nil); strings.Contains(string(title.Body), `"title"`) {
			t.Error("the trial changed the user")
		}
	})
}
