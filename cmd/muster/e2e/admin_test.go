package e2e

import (
	"net/http"
	"testing"
)

// TestNamesThatAreTakenAreRefused makes everything that has a name a second time.
func TestNamesThatAreTakenAreRefused(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		w := wanted{Tenant: s.tenant(t), Directory: s.directory(t)}
		c := s.connector(t, w)
		again := map[string]map[string]any{
			"/tenants":                                {"name": w.Tenant},
			"/directories":                            {"name": w.Directory},
			"/connectors":                             {"tenant": w.Tenant, "directory": w.Directory, "name": "Another", "slug": c.Slug, "kind": "okta"},
			"/directories/" + w.Directory + "/users":  {"userName": "Taken@x.example"},
			"/directories/" + w.Directory + "/groups": {"displayName": "Taken"},
		}
		s.adminOK(t, "POST", "/directories/"+w.Directory+"/users", map[string]any{"userName": "taken@x.example"})
		s.adminOK(t, "POST", "/directories/"+w.Directory+"/groups", map[string]any{"displayName": "taken"})
		for path, body := range again {
			answer := s.admin(t, "POST", path, body)
			if answer.Status != http.StatusConflict {
				t.Errorf("POST %s with a name that is taken: %d, want 409: %s", path, answer.Status, excerpt(answer.Body))
			}
		}
	})
}
