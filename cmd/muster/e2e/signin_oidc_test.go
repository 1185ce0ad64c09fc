package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/muster-scim/muster/tenants/administrators/oidc/oidctest"
)

// browser follows a sign-in with the provider and keeps its cookies.
type browser struct {
	*server
	cookies map[string]string
}

// visit sends a GET to the server and keeps what the answer sets.
func (b browser) visit(t testing.TB, target string) response {
	t.Helper()
	var cookies []string
	for name, value := range b.cookies {
		cookies = append(cookies, name+"="+value)
	}
	answer := b.must(t, request{Method: "GET", Target: target, Header: http.Header{"Cookie": {strings.Join(cookies, "; ")}}})
	for _, line := range answer.Header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		if err != nil {
			t.Fatal(err)
		}
		if b.cookies[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
		if lax := c.SameSite == http.SameSiteLaxMode; !c.HttpOnly || lax != (c.Name == "oidc") {
			t.Errorf("the cookie %s", line)
		}
	}
	return answer
}

// signIn goes to the provider and back, and returns where it ends.
func (b browser) signIn(t testing.TB, back string) (ended string) {
	t.Helper()
	there := b.visit(t, "/api/v1/session/oidc?back="+url.QueryEscape(back))
	answer, err := client.Get(there.Header.Get("Location"))
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	again, err := url.Parse(answer.Header.Get("Location"))
	if err != nil || there.Status != http.StatusFound || answer.StatusCode != http.StatusFound {
		t.Fatalf("went there with %d and came back with %d (%v)", there.Status, answer.StatusCode, err)
	}
	return b.visit(t, again.RequestURI()).Header.Get("Location")
}

func TestAdministratorsSignInWithAProvider(t *testing.T) {
	t.Parallel()
	for _, engine := range databases {
		if engine == given {
			continue // its settings are its own
		}
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			provider := oidctest.New(t)
			s := startServer(t, engine, "MUSTER_OIDC_ISSUER="+provider.URL, "MUSTER_OIDC_CLIENT_ID="+oidctest.ClientID,
				"MUSTER_OIDC_CLIENT_SECRET="+oidctest.Secret, "MUSTER_OIDC_ROLE_CLAIM=groups", "MUSTER_OIDC_ROLES=helpdesk=operator, admins=owner")
			provider.Says(map[string]any{"sub": "7", "email": "ada@acme.example", "email_verified": true, "name": "Ada", "groups": []string{"staff", "helpdesk"}})
			b := browser{s, map[string]string{}}
			if ended := b.signIn(t, "/ui/holds"); ended != "/ui/holds" {
				t.Fatalf("ended at %s\n%s", ended, s.log.tail(2<<10))
			}
			ada := caller{server: s, Email: "ada@acme.example", cookie: "sid=" + b.cookies["sid"]}
			me := ada.asOK(t, "GET", "/me", nil)
			if me.text(t, "$.role") != "operator" || me.text(t, "$.administrator.email") != "ada@acme.example" || len(b.cookies) != 1 {
				t.Errorf("came in as %s with the cookies %v", me.Body, len(b.cookies))
			}
			for _, elsewhere := range []string{"https://evil.example/", "//evil.example/ui/", "/ui/../../evil", "/ui//evil.example", `/ui/\evil.example`} {
				if ended := b.signIn(t, elsewhere); !strings.HasPrefix(ended, "/ui/") || strings.Contains(ended, "evil.example") {
					t.Errorf("asked for %s, ended at %s", elsewhere, ended)
				}
			}
			provider.Says(map[string]any{"sub": "7", "email": "ada@acme.example", "email_verified": true})
			if ended := b.signIn(t, ""); ended != "/ui/sign-in?problem=notInvited" {
				t.Errorf("without a role ended at %s", ended)
			}
			stranger := browser{s, map[string]string{}} // who has not set out, and is given a way back
			if ended := stranger.visit(t, "/api/v1/session/oidc/callback?state=x&code=y").Header.Get("Location"); ended != "/ui/sign-in?problem=providerRefused" || len(stranger.cookies) != 0 {
				t.Errorf("a way back without a way there ended at %s", ended)
			}
		})
	}
}
