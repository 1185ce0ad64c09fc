package e2e

import (
	"strings"
	"testing"
)

// TestTotalsOfAPlanTellALimitedAdministratorNothingOfOthers: two tenants feed one group. Whoever is
// limited to one of them plans, and learns what the own people lose, and not who else is there.
func TestTotalsOfAPlanTellALimitedAdministratorNothingOfOthers(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory, mine := s.directory(t), s.tenant(t)
		own, other := s.connector(t, wanted{Tenant: mine, Directory: directory}), s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory})
		s.adminOK(t, "PATCH", "/directories/"+directory, map[string]any{"sharedGroups": []string{"everybody"}})
		other.group(t, "everybody", other.user(t, "eve@their.example"), other.user(t, "mallory@their.example"))
		s.settled(t, directory)
		own.group(t, "everybody", own.user(t, "ada@own.example"))
		s.settled(t, directory)

		p := s.administrator(t, "ruleEditor", mine)
		plan := p.asOK(t, "POST", "/connectors/"+own.Slug+"/plans", map[string]any{"rules": map[string]any{"neverAssign": []string{"everybody"}}}).text(t, "$.id")
		totals := "/connectors/" + own.Slug + "/plans/" + plan + "/totals?by="
		if whole := s.adminOK(t, "GET", totals+"group", nil); !strings.Contains(string(whole.Body), `"members":3`) {
			t.Errorf("the deployment's administrator is told %s", whole.Body)
		}
		for _, by := range []string{"group", "user", "reason"} {
			told := p.asOK(t, "GET", totals+by, nil)
			if !strings.Contains(string(told.Body), `"losses":1`) {
				t.Errorf("by %s: %s", by, told.Body)
			}
			for _, hidden := range []string{"members", other.Slug, "eve@", "mallory@"} {
				if strings.Contains(string(told.Body), hidden) {
					t.Errorf("by %s whoever is limited is told of %s: %s", by, hidden, told.Body)
				}
			}
		}
		foreign := s.adminOK(t, "POST", "/connectors/"+other.Slug+"/plans", map[string]any{"rules": map[string]any{"neverAssign": []string{"everybody"}}}).text(t, "$.id")
		denied(t, "totals of another tenant's plan", p.as(t, "GET", "/connectors/"+other.Slug+"/plans/"+foreign+"/totals?by=user", nil), 404, "")
		denied(t, "totals of it under an own connector", p.as(t, "GET", "/connectors/"+own.Slug+"/plans/"+foreign+"/totals?by=user", nil), 404, "")
	})
}
