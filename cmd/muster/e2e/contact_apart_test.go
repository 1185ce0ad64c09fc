package e2e

import (
	"strings"
	"testing"
)

// TestWhereElseACredentialIsUsedIsNotToldToOthers: a credential of one tenant's connector comes to
// the base URL of another's. Whoever is limited to the first, or holds a set-up link, learns that
// it is used elsewhere, and not where.
func TestWhereElseACredentialIsUsedIsNotToldToOthers(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		mine := s.tenant(t)
		own, other := s.connector(t, wanted{Tenant: mine, Directory: s.directory(t)}), s.lone(t, wanted{})
		sibling := s.connector(t, wanted{Tenant: mine, Directory: s.directory(t)})
		secret := s.adminOK(t, "POST", "/connectors/"+own.Slug+"/setup-links", map[string]any{"name": "Contoso IT"}).text(t, "$.token")
		s.remember(secret)
		limited := s.administrator(t, "viewer", mine)
		heard := limited.listen(t, "contact:"+own.Slug)
		contact := "/connectors/" + own.Slug + "/contact"
		for _, c := range []struct {
			at    connector
			shown bool // to whoever is limited
		}{{other, false}, {sibling, true}} {
			c.at.Token = own.Token
			c.at.scim(t, "GET", "/Users", nil)
			s.eventually(t, "the deployment's administrator is told of "+c.at.Slug, func() bool {
				return strings.Contains(string(s.adminOK(t, "GET", contact, nil).Body), `"`+c.at.Slug+`"`)
			})
			read := string(limited.asOK(t, "GET", contact, nil).Body)
			if !strings.Contains(read, "usedElsewhere") || strings.Contains(read, c.at.Slug) != c.shown {
				t.Errorf("whoever is limited reads of %s: %s", c.at.Slug, read)
			}
			if light := s.withLink(t, "/contact", secret); light.Status != 200 || !strings.Contains(string(light.Body), "usedElsewhere") || strings.Contains(string(light.Body), c.at.Slug) {
				t.Errorf("whoever holds a link reads of %s: %d %s", c.at.Slug, light.Status, light.Body)
			}
		}
		heard.until(t, "contact:"+own.Slug, sibling.Slug)
		for _, m := range heard.all {
			if strings.Contains(m.data, other.Slug) {
				t.Errorf("whoever is limited hears %s", m.data)
			}
		}
	})
}

// TestAForeignConnectorIsAnsweredLikeNone asks for the sums of a connector of another tenant, and
// of one that is not there.
func TestAForeignConnectorIsAnsweredLikeNone(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		mine := s.tenant(t)
		own, other := s.connector(t, wanted{Tenant: mine, Directory: s.directory(t)}), s.lone(t, wanted{})
		limited := s.administrator(t, "viewer", mine)
		limited.asOK(t, "GET", "/overview/activity?connector="+own.Slug, nil)
		foreign, none := limited.as(t, "GET", "/overview/activity?connector="+other.Slug, nil), limited.as(t, "GET", "/overview/activity?connector=nobody", nil)
		if foreign.Status != 404 || none.Status != 404 || string(foreign.Body) != string(none.Body) {
			t.Errorf("a foreign connector is %d %s, none is %d %s", foreign.Status, foreign.Body, none.Status, none.Body)
		}
		if text := string(limited.asOK(t, "GET", "/overview", nil).Body); !strings.Contains(text, own.Slug) || strings.Contains(text, other.Slug) {
			t.Errorf("the overview is %s", text)
		}
	})
}
