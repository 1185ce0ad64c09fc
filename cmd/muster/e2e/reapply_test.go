package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestOneUserIsSettledAgain: sharing of a group ends while hundreds are in it. Whoever is settled
// again by hand is out of it when the answer comes, however many still wait; once.
func TestOneUserIsSettledAgain(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory := s.directory(t)
		owner := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory})
		owner.group(t, "everybody", owner.user(t, "boss@own.example"))
		s.settled(t, directory)
		s.adminOK(t, "PATCH", "/directories/"+directory, map[string]any{"sharedGroups": []string{"everybody"}})
		c := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory, Rules: noLimits})
		ids := make([]string, 400)
		inParallel(8, len(ids), func(i int) { ids[i] = c.user(t, fmt.Sprintf("u%d@x.example", i)) })
		if t.Failed() {
			t.FailNow()
		}
		c.group(t, "everybody", ids...)
		s.settled(t, directory)

		user := findUser(t, s, directory, "u7@x.example")["id"].(string)
		path := "/directories/" + directory + "/users/" + user
		memberships := func() int { return len(s.adminOK(t, "GET", path, nil).at(t, "$.memberships").([]any)) }
		if n := memberships(); n != 1 {
			t.Fatalf("the user holds %d memberships before", n)
		}
		s.adminOK(t, "PATCH", "/directories/"+directory, map[string]any{"sharedGroups": []string{}})
		s.adminOK(t, "POST", path+"/reapplication", nil)
		if n := memberships(); n != 0 {
			t.Errorf("settled again, the user still holds %d memberships", n)
		}
		for _, query := range []string{"", "?preview=true"} {
			again := s.adminOK(t, "POST", path+"/reapplication"+query, nil)
			if got, want := string(again.Body), fmt.Sprintf(`{"preview":%t,"changes":[],"held":[]}`, query != ""); strings.TrimSpace(got) != want {
				t.Errorf("once more, with %q: %s, want %s", query, got, want)
			}
		}
		ended := s.items(t, "/events?action=directory.membership.removed&user="+user)
		acts := s.items(t, "/events?action=directory.user.reapplied&user="+user)
		if len(ended) != 1 || len(acts) != 2 || acts[0]["actorType"] != "admin" {
			t.Errorf("%d ends of the membership and %d acts are told: %v", len(ended), len(acts), acts)
		}
		s.settled(t, directory)
	})
}

// TestSettlingAgainIsNoWayAroundAHold: an IdP takes a member out, which is held. Settling the
// user again says so, in words too, and leaves it held.
func TestSettlingAgainIsNoWayAroundAHold(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory := s.directory(t)
		c := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory,
			Rules: map[string]any{"safety": map[string]any{"window": "1h", "losses": 0, "membershipLosses": 0, "share": 0}}})
		name := "ada-" + unique() + "@x.example"
		ada, bob := c.user(t, name), c.user(t, "bob@x.example")
		group := c.group(t, "eng", ada, bob)
		s.settled(t, directory)
		c.scimOK(t, "PATCH", "/Groups/"+group, patch(map[string]any{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", ada)}))
		path := "/directories/" + directory + "/users/" + findUser(t, s, directory, name)["id"].(string)
		for _, query := range []string{"?preview=true", "", ""} {
			answer := s.adminOK(t, "POST", path+"/reapplication"+query, nil)
			held := answer.at(t, "$.held").([]any)
			if len(held) != 1 || len(answer.at(t, "$.changes").([]any)) != 0 {
				t.Fatalf("with %q: %s", query, answer.Body)
			}
			line := held[0].(map[string]any)
			if line["op"] != "removeMembership" || line["group"].(map[string]any)["displayName"] != "eng" || line["user"].(map[string]any)["userName"] != name {
				t.Errorf("the held line reads %v", line)
			}
		}
		if n := len(s.items(t, "/connectors/"+c.Slug+"/holds")); n != 1 {
			t.Errorf("%d changes are held, want 1", n)
		}
		for _, args := range [][]string{{"--preview"}, {}} {
			out, err := s.muster(t, append([]string{"users", "reapply", name, "-d", directory}, args...)...)
			changed := map[int]string{0: "nothing changed", 1: "nothing would change"}[len(args)]
			if err != nil || !strings.Contains(out, changed) || !strings.Contains(out, "removeMembership") || !strings.Contains(out, "eng") {
				t.Errorf("muster users reapply %v: %v\n%s", args, err, out)
			}
		}
	})
}

// TestWhoMaySettleAUserAgain: operators, and of those who are limited to tenants only whose the
// user is alone; a preview is no way around that, and says nothing to others.
func TestWhoMaySettleAUserAgain(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory, mine := s.directory(t), s.tenant(t)
		own := s.connector(t, wanted{Tenant: mine, Directory: directory})
		other := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory, Rules: map[string]any{
			"linking": map[string]any{"acrossTenants": true, "domains": []string{"shared.example"}}}})
		own.user(t, "ada@own.example")
		own.user(t, "both@shared.example")
		s.settled(t, directory)
		other.user(t, "both@shared.example")
		other.user(t, "eve@their.example")
		s.settled(t, directory)
		path := func(name string) string {
			return "/directories/" + directory + "/users/" + findUser(t, s, directory, name)["id"].(string) + "/reapplication"
		}
		limited, viewer, operator := s.administrator(t, "operator", mine), s.administrator(t, "viewer"), s.administrator(t, "operator")
		for _, query := range []string{"", "?preview=true"} {
			limited.asOK(t, "POST", path("ada@own.example")+query, nil)
			operator.asOK(t, "POST", path("both@shared.example")+query, nil)
			denied(t, "a shared user by somebody limited", limited.as(t, "POST", path("both@shared.example")+query, nil), http.StatusForbidden, "deploymentOnly")
			denied(t, "another tenant's user", limited.as(t, "POST", path("eve@their.example")+query, nil), http.StatusNotFound, "")
			denied(t, "by a viewer", viewer.as(t, "POST", path("ada@own.example")+query, nil), http.StatusForbidden, "roleNeeded")
			denied(t, "by nobody", caller{server: s}.as(t, "POST", path("ada@own.example")+query, nil), http.StatusUnauthorized, "unauthenticated")
		}
		for _, id := range []string{"0", "00000000-0000-7000-8000-000000000000"} {
			denied(t, "a user who is not there", s.admin(t, "POST", "/directories/"+directory+"/users/"+id+"/reapplication", nil), http.StatusNotFound, "")
		}
		if answer := s.admin(t, "POST", path("ada@own.example")+"?preview=maybe", nil); answer.Status != http.StatusUnprocessableEntity {
			t.Errorf("a preview that is neither true nor false: %d %s", answer.Status, answer.Body)
		}
		user := findUser(t, s, directory, "ada@own.example")["id"].(string)
		if n := len(s.items(t, "/events?action=directory.user.reapplied&user="+user)); n != 1 {
			t.Errorf("%d acts are told of one that was done, and of previews and refusals", n)
		}
	})
}
