package e2e

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// withLink sends what a page does that a set-up link has opened: without signing in, the secret in
// the body.
func (s *server) withLink(t testing.TB, path, secret string, more ...string) response {
	t.Helper()
	body := map[string]any{"token": secret}
	for i := 0; i+1 < len(more); i += 2 {
		body[more[i]] = more[i+1]
	}
	return caller{server: s}.as(t, "POST", "/connect-with"+path, body)
}

// TestASetUpLinkConnectsOneConnectorAndNothingElse lets a stranger connect an IdP with a link.
func TestASetUpLinkConnectsOneConnectorAndNothingElse(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory, tenant := s.directory(t), s.tenant(t)
		c := s.connector(t, wanted{Tenant: tenant, Directory: directory, Kind: "okta"})
		other := s.connector(t, wanted{Tenant: tenant, Directory: directory, Kind: "entra"})
		c.group(t, "secret-group", c.user(t, "secret-person@acme.example"))
		editor := s.administrator(t, "ruleEditor", tenant)
		made := editor.asOK(t, "POST", "/connectors/"+c.Slug+"/setup-links", map[string]any{"name": "Contoso IT"})
		secret := made.text(t, "$.token")
		s.remember(secret)
		if made.text(t, "$.url") != s.URL+"/ui/connect-with#"+secret {
			t.Errorf("the link is %s", made.text(t, "$.url"))
		}

		opened := s.withLink(t, "", secret)
		if opened.Status != 200 || opened.text(t, "$.for") != "Contoso IT" || opened.at(t, "$.made") != false || !strings.Contains(string(opened.Body), c.base["2.0"]) {
			t.Fatalf("opening it: %d %s", opened.Status, opened.Body)
		}
		light := s.withLink(t, "/contact", secret)
		if light.Status != 200 {
			t.Fatalf("its light: %d %s", light.Status, light.Body)
		}
		credential := s.withLink(t, "/credential", secret, "kind", "bearer")
		if credential.Status != http.StatusCreated {
			t.Fatalf("its credential: %d %s", credential.Status, credential.Body)
		}
		token := credential.text(t, "$.token")
		s.remember(token)
		for what, answer := range map[string]response{"what it opens": opened, "its light": light, "its credential": credential} {
			for _, hidden := range []string{other.Slug, directory, tenant, "secret-group", "secret-person", "first token", "live"} {
				if strings.Contains(string(answer.Body), `"`+hidden) || hidden != "live" && strings.Contains(string(answer.Body), hidden) {
					t.Errorf("%s shows %s: %s", what, hidden, answer.Body)
				}
			}
		}
		connected := c
		connected.Token = token
		connected.user(t, "new@acme.example")
		for deadline := time.Now().Add(10 * time.Second); s.withLink(t, "/contact", secret).text(t, "$.state") != "connected"; time.Sleep(20 * time.Millisecond) { // there is nothing to be notified by
			if time.Now().After(deadline) {
				t.Fatal("the light stays out")
			}
		}

		if text := string(s.withLink(t, "/contact", secret).Body); strings.Contains(text, "by set-up link") || strings.Contains(text, "/Users") {
			t.Errorf("the light shows credentials, or what is asked: %s", text)
		}

		denied(t, "a second credential", s.withLink(t, "/credential", secret, "kind", "basic"), 409, "setupLinkUsed")
		denied(t, "a kind that no guide asks for", s.withLink(t, "/credential", secret, "kind", "entra"), 422, "")
		if again := s.withLink(t, "", secret); again.at(t, "$.made") != true {
			t.Errorf("the link does not say that it is used: %s", again.Body)
		}
		elsewhere := other
		elsewhere.Token = token
		if answer := elsewhere.scim(t, "GET", "/Users", nil); answer.Status != http.StatusUnauthorized {
			t.Errorf("the credential at another connector: %d", answer.Status)
		}
		stranger := caller{server: s, bearer: secret}
		for _, path := range []string{"/me", "/connectors/" + c.Slug, "/connectors/" + c.Slug + "/setup-links", "/directories/" + directory + "/users", "/connectors/" + other.Slug + "/contact"} {
			denied(t, "the link's secret as a token at "+path, stranger.as(t, "GET", path, nil), 401, "unauthenticated")
		}

		events := []string{}
		for _, e := range s.items(t, "/events?connector="+c.Slug) {
			action := e["action"].(string)
			if strings.HasPrefix(action, "connector.setupLink.") || action == "credential.created" {
				events = append(events, action+" by "+e["actor"].(string))
			}
		}
		for _, want := range []string{"connector.setupLink.created by " + editor.Email, "connector.setupLink.used by set-up link Contoso IT", "credential.created by set-up link Contoso IT"} {
			if !slices.Contains(events, want) {
				t.Errorf("the audit lacks %q; it has %q", want, events)
			}
		}
		if listed := s.adminOK(t, "GET", "/connectors/"+c.Slug+"/setup-links", nil); strings.Contains(string(listed.Body), secret) || listed.text(t, "$.items[0].usedAt") == "" {
			t.Errorf("the list is %s", listed.Body)
		}
	})
}

// TestASetUpLinkThatEndedOpensNothing ends links in every way, and guesses until it has to wait.
func TestASetUpLinkThatEndedOpensNothing(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		tenant := s.tenant(t)
		c := s.connector(t, wanted{Tenant: tenant, Directory: s.directory(t)})
		foreign := s.lone(t, wanted{})
		share := func(name string, body map[string]any) (id, secret string) {
			body["name"] = name
			made := s.adminOK(t, "POST", "/connectors/"+c.Slug+"/setup-links", body)
			s.remember(made.text(t, "$.token"))
			return made.text(t, "$.id"), made.text(t, "$.token")
		}
		closed := func(why, secret string) {
			t.Helper()
			for _, path := range []string{"", "/contact", "/credential"} {
				more := []string{}
				if path == "/credential" {
					more = []string{"kind", "bearer"}
				}
				if answer := s.withLink(t, path, secret, more...); answer.Status != 404 && answer.Status != 429 {
					t.Errorf("%s at %s: %d %s", why, path, answer.Status, answer.Body)
				}
			}
		}
		id, ended := share("ended", map[string]any{})
		viewer := s.administrator(t, "viewer")
		denied(t, "a viewer who makes one", viewer.as(t, "POST", "/connectors/"+c.Slug+"/setup-links", map[string]any{"name": "x"}), 403, "roleNeeded")
		limited := s.administrator(t, "ruleEditor", tenant)
		denied(t, "a link of another tenant's connector", limited.as(t, "POST", "/connectors/"+foreign.Slug+"/setup-links", map[string]any{"name": "x"}), 404, "")
		denied(t, "ending it by another connector", s.admin(t, "DELETE", "/connectors/"+foreign.Slug+"/setup-links/"+id, nil), 404, "")
		for _, expires := range []time.Time{time.Now().Add(-time.Minute), time.Now().Add(31 * 24 * time.Hour)} {
			denied(t, "a link until then", s.admin(t, "POST", "/connectors/"+c.Slug+"/setup-links", map[string]any{"name": "x", "expiresAt": expires.Format(time.RFC3339)}), 422, "")
		}
		if answer := s.withLink(t, "", ended); answer.Status != 200 {
			t.Fatalf("before it ends: %d %s", answer.Status, answer.Body)
		}
		s.adminOK(t, "DELETE", "/connectors/"+c.Slug+"/setup-links/"+id, nil)
		closed("a link that was ended", ended)

		end := time.Now().Add(1500 * time.Millisecond)
		_, short := share("short", map[string]any{"expiresAt": end.Format(time.RFC3339Nano)})
		time.Sleep(time.Until(end.Add(50 * time.Millisecond))) // the server's clock cannot be moved
		closed("a link that has expired", short)

		_, good := share("good", map[string]any{})
		waits := false
		for i := 0; i < 40 && !waits; i++ {
			answer := s.withLink(t, "", strings.Repeat("x", 20))
			waits = answer.Status == http.StatusTooManyRequests && answer.Header.Get("Retry-After") != ""
			if !waits && answer.Status != 404 {
				t.Fatalf("a guess: %d %s", answer.Status, answer.Body)
			}
		}
		if !waits {
			t.Error("whoever guesses is never told to wait")
		}
		if answer := s.withLink(t, "", good); answer.Status != 200 {
			t.Errorf("a good link from there: %d %s", answer.Status, answer.Body)
		}
	})
}
