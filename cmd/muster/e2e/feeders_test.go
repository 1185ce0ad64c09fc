package e2e

import (
	"net/url"
	"strings"
	"testing"
)

// TestAGroupsFeedersTellALimitedAdministratorNothingOfOthers: two tenants feed one group, and one
// asks for another's. Whoever is limited to one of them reads what the own connector does with the
// name, and not who else does, how many others are there, or what conflicts there are.
func TestAGroupsFeedersTellALimitedAdministratorNothingOfOthers(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory, mine := s.directory(t), s.tenant(t)
		own, other := s.connector(t, wanted{Tenant: mine, Directory: directory}), s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory})
		s.adminOK(t, "PATCH", "/directories/"+directory, map[string]any{"sharedGroups": []string{"everybody"}})
		own.group(t, "everybody", own.user(t, "ada@own.example"))
		own.group(t, "wanted", own.user(t, "grace@own.example"))
		s.settled(t, directory)
		eve := other.user(t, "eve@their.example")
		other.group(t, "everybody", eve)
		other.group(t, "wanted", eve)
		other.group(t, "theirs", eve)
		s.settled(t, directory)
		s.adminOK(t, "PUT", "/connectors/"+other.Slug+"/rules", map[string]any{"neverRemove": []string{"every.*"}})
		s.adminOK(t, "POST", "/directories/"+directory+"/groups", map[string]any{"displayName": "bare"})

		group := func(name string) string {
			return "/directories/" + directory + "/groups/" + s.adminOK(t, "GET", "/directories/"+directory+"/groups?filter="+url.QueryEscape(`displayName eq "`+name+`"`), nil).text(t, "$.items[0].id")
		}
		shared, contested, theirs := group("everybody")+"/feeders", group("wanted")+"/feeders", group("theirs")+"/feeders"
		whole := s.adminOK(t, "GET", shared, nil)
		for _, part := range []string{`"total":2`, own.Slug, other.Slug, `"list":"neverRemove"`} {
			if !strings.Contains(string(whole.Body), part) {
				t.Errorf("the deployment's administrator is not told of %s: %s", part, whole.Body)
			}
		}
		conflict := s.adminOK(t, "GET", contested, nil).text(t, "$.conflicts[0].id")
		weighing := "/directories/" + directory + "/conflicts/" + conflict + "/members"
		if w := s.adminOK(t, "GET", weighing, nil); !strings.Contains(string(w.Body), `"sent":1,"there":1,"both":0`) {
			t.Errorf("the conflict weighs %s", w.Body)
		}

		p := s.administrator(t, "ruleEditor", mine)
		for _, path := range []string{shared, contested} {
			told := p.asOK(t, "GET", path, nil)
			if !strings.Contains(string(told.Body), `"connector":"`+own.Slug+`"`) {
				t.Errorf("whoever is limited is not told of the own connector: %s", told.Body)
			}
			for _, hidden := range []string{other.Slug, "neverRemove", `"members":{`, conflict, "eve@"} {
				if strings.Contains(string(told.Body), hidden) {
					t.Errorf("whoever is limited is told of %s: %s", hidden, told.Body)
				}
			}
		}
		denied(t, "feeders of another tenant's group", p.as(t, "GET", theirs, nil), 404, "")
		denied(t, "a conflict weighed", p.as(t, "GET", weighing, nil), 403, "deploymentOnly")

		empty := "/directories/" + directory + "/groups?empty=true"
		if all := s.adminOK(t, "GET", empty, nil); !strings.Contains(string(all.Body), `"total":1`) || !strings.Contains(string(all.Body), `"bare"`) {
			t.Errorf("the empty groups are %s", all.Body)
		}
		// Local groups are everybody's; whether others are in one is not.
		local := s.adminOK(t, "POST", "/directories/"+directory+"/users", map[string]any{"userName": "carl@local.example", "active": true}).text(t, "$.id")
		s.adminOK(t, "POST", group("bare")+"/members", map[string]any{"user": local})
		if all := s.adminOK(t, "GET", empty, nil); strings.Contains(string(all.Body), `"bare"`) {
			t.Errorf("a group with somebody in it is empty: %s", all.Body)
		}
		if told := p.asOK(t, "GET", empty, nil); !strings.Contains(string(told.Body), `"bare"`) || strings.Contains(string(told.Body), "total") || strings.Contains(string(told.Body), `"theirs"`) {
			t.Errorf("the groups that nobody of the own tenant is in are %s", told.Body)
		}
	})
}
