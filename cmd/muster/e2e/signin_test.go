package e2e

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

const somePassword = "correct horse battery staple"

// sessionCookie is the cookie's name over plain HTTP.
const sessionCookie = "sid"

// caller is an administrator at a browser, or automation with a token.
type caller struct {
	*server
	ID     string
	Email  string
	cookie string // "sid=…"; empty: none
	bearer string // an API token; empty: none
}

// as sends a request to the admin API as the caller.
func (p caller) as(t testing.TB, method, path string, body any, headers ...string) response {
	t.Helper()
	r := request{Method: method, Target: "/api/v1" + path, Header: http.Header{}}
	if p.cookie != "" {
		r.Header.Set("Cookie", p.cookie)
	}
	if p.bearer != "" {
		r.Header.Set("Authorization", "Bearer "+p.bearer)
	}
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if body != nil {
		r.Body = encode(t, body)
		r.Header.Set("Content-Type", "application/json")
	}
	return p.must(t, r)
}

// asOK is as for what has to succeed.
func (p caller) asOK(t testing.TB, method, path string, body any) response {
	t.Helper()
	answer := p.as(t, method, path, body)
	if answer.Status/100 != 2 {
		t.Fatalf("%s /api/v1%s as %s: %d %s", method, path, p.Email, answer.Status, excerpt(answer.Body))
	}
	return answer
}

// denied fails unless the answer is a problem of that status and code.
func denied(t testing.TB, what string, answer response, status int, code string) {
	t.Helper()
	if answer.Status != status || code != "" && !strings.Contains(string(answer.Body), `"code":"`+code+`"`) {
		t.Errorf("%s: %d %s, want %d %s", what, answer.Status, excerpt(answer.Body), status, code)
	}
}

// sessionOf is the cookie that an answer sets.
func (s *server) sessionOf(t testing.TB, answer response) string {
	t.Helper()
	for _, line := range answer.Header.Values("Set-Cookie") {
		if value, ok := strings.CutPrefix(line, "sid="); ok {
			secret, attributes, _ := strings.Cut(value, ";")
			for _, want := range []string{"HttpOnly", "SameSite=Strict", "Path=/", "Max-Age="} {
				if !strings.Contains(attributes, want) {
					t.Errorf("the session's cookie lacks %s: %s", want, attributes)
				}
			}
			s.remember(secret)
			return "sid=" + secret
		}
	}
	t.Fatalf("no session in %d %s", answer.Status, excerpt(answer.Body))
	return ""
}

// administrator invites somebody and signs in as them.
func (s *server) administrator(t testing.TB, role string, tenants ...string) caller {
	t.Helper()
	email := role + "-" + unique() + "@acme.example"
	made := s.adminOK(t, "POST", "/administrators", map[string]any{"email": email, "role": role, "tenants": append([]string{}, tenants...)})
	p := caller{server: s, ID: made.text(t, "$.id"), Email: email}
	link := made.text(t, "$.link.token")
	s.remember(link)
	p.cookie = s.sessionOf(t, p.asOK(t, "POST", "/setup", map[string]any{"token": link, "password": somePassword}))
	return p
}

// session is the secret of a session that a case of the collection names.
func (w *world) session(name string) string {
	w.t.Helper()
	var p caller
	switch name {
	case "policyAdminSession":
		p = w.administrator(w.t, "ruleEditor")
	case "adminOfTenantA":
		p = w.administrator(w.t, "owner", w.A.settings(w.t)["tenant"].(string))
	default:
		p = w.administrator(w.t, "owner")
	}
	if name == "loggedOutSession" {
		p.asOK(w.t, "DELETE", "/session", nil)
	}
	return strings.TrimPrefix(p.cookie, sessionCookie+"=")
}

// inOurPaths puts a case about administrators into the paths and fields of this API.
func (c *badCase) inOurPaths() {
	switch c.Path {
	case "/admin/login":
		c.Path = "/api/v1/session"
	case "/api/v1/admins":
		c.Path = "/api/v1/administrators"
	default:
		return
	}
	if c.Body != nil {
		text := strings.Replace(*c.Body, `"user":`, `"email":`, 1)
		c.Body = &text
	}
}

func TestTheFirstOwnerComesInByTheLinkThatIsPrinted(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		if s.engine == given {
			t.Skip("somebody may be an administrator of the given server")
		}
		var link []string
		s.eventually(t, "a set-up link is printed", func() bool {
			link = regexp.MustCompile(regexp.QuoteMeta(s.URL) + `/ui/setup#(\w+)`).FindStringSubmatch(s.log.tail(1 << 20))
			return link != nil
		})
		nobody := caller{server: s}
		if needed := nobody.asOK(t, "GET", "/setup", nil).at(t, "$.needed"); needed != true {
			t.Errorf("before the set-up needed is %v", needed)
		}
		if first := nobody.asOK(t, "POST", "/setup/link", map[string]any{"token": link[1]}).at(t, "$.first"); first != true {
			t.Errorf("first is %v", first)
		}
		body := map[string]any{"token": link[1], "email": "ada@acme.example", "name": "Ada", "password": "short"}
		denied(t, "a short password", nobody.as(t, "POST", "/setup", body), 422, "invalid")
		body["password"] = somePassword
		came := nobody.asOK(t, "POST", "/setup", body)
		ada := caller{server: s, Email: "ada@acme.example", cookie: s.sessionOf(t, came)}
		if role := came.text(t, "$.role"); role != "owner" {
			t.Errorf("the first administrator is %s", role)
		}
		body["email"] = "eve@evil.example"
		denied(t, "the link once more", nobody.as(t, "POST", "/setup", body), 404, "linkUnknown")
		denied(t, "another set-up link", s.admin(t, "POST", "/setup/links", nil), 409, "alreadySetUp")

		tenant := "tenant-" + unique()
		ada.asOK(t, "POST", "/tenants", map[string]any{"name": tenant})
		events := s.items(t, "/events?action=tenant.created")
		if actor := events[0]["actor"]; actor != "ada@acme.example" {
			t.Errorf("the event names %v", actor)
		}
		denied(t, "a page of another site", ada.as(t, "POST", "/tenants", map[string]any{"name": "x"}, "Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"), 403, "crossOrigin")

		ada.asOK(t, "DELETE", "/session", nil)
		denied(t, "after signing out", ada.as(t, "GET", "/tenants", nil), 401, "unauthenticated")
		wrong := nobody.as(t, "POST", "/session", map[string]any{"email": "ada@acme.example", "password": "wrong"})
		unknown := nobody.as(t, "POST", "/session", map[string]any{"email": "nobody@acme.example", "password": "wrong"})
		denied(t, "a wrong password", wrong, 401, "signInFailed")
		if string(wrong.Body) != string(unknown.Body) {
			t.Errorf("an unknown account answers %s, a known one %s", unknown.Body, wrong.Body)
		}
		ada.cookie = "sid=" + strings.Repeat("A", 52) // which somebody else chose
		again := s.sessionOf(t, ada.asOK(t, "POST", "/session", map[string]any{"email": "ADA@acme.example", "password": somePassword}))
		denied(t, "the id that was chosen", ada.as(t, "GET", "/me", nil), 401, "unauthenticated")
		ada.cookie = again
		ada.asOK(t, "GET", "/me", nil)

		s.terminate(t)
		s.start(t)
		ada.asOK(t, "GET", "/me", nil) // sessions outlive the process
		if strings.Count(s.log.tail(1<<20), "/ui/setup#") != 1 {
			t.Error("a set-up link was printed although there is an owner")
		}
	})
}

func TestFailedSignInsEndNobodyElsesAccess(t *testing.T) {
	t.Parallel()
	s := startServer(t, databases[0], "MUSTER_TRUSTED_PROXIES=127.0.0.1")
	p := s.administrator(t, "viewer")
	try := func(password, address string) response {
		return caller{server: s}.as(t, "POST", "/session", map[string]any{"email": p.Email, "password": password}, "X-Forwarded-For", address)
	}
	for range 10 {
		denied(t, "a guess", try("wrong", "203.0.113.1"), 401, "signInFailed")
	}
	answer := try(somePassword, "203.0.113.1")
	denied(t, "after ten guesses", answer, 429, "tooManyAttempts")
	if answer.Header.Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	if answer := try(somePassword, "203.0.113.2"); answer.Status != 200 {
		t.Errorf("from elsewhere: %d %s", answer.Status, excerpt(answer.Body))
	}
	if failed := s.items(t, "/events?action=administrator.signIn.failed"); len(failed) != 10 {
		t.Errorf("%d events of failed sign-ins, want 10", len(failed))
	}
}

func TestAnAPITokenIsForAutomationAlone(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		p := s.administrator(t, "ruleEditor")
		soon := time.Now().Add(time.Hour).UTC().Format(time.RFC3339)
		made := p.asOK(t, "POST", "/api-tokens", map[string]any{"name": "ci", "role": "viewer", "expiresAt": soon})
		token := made.text(t, "$.token")
		s.remember(token)
		ci := caller{server: s, Email: p.Email, bearer: token}
		if role := ci.asOK(t, "GET", "/me", nil).text(t, "$.role"); role != "viewer" || !strings.HasPrefix(token, "msa_") {
			t.Errorf("the token %s… is %s", token[:4], role)
		}
		denied(t, "more than its role", ci.as(t, "POST", "/connectors", map[string]any{}), 403, "roleNeeded")
		denied(t, "a token made by a token", ci.as(t, "POST", "/api-tokens", map[string]any{"name": "more", "role": "viewer", "expiresAt": soon}), 403, "sessionNeeded")
		session := p.asOK(t, "GET", "/sessions", nil).text(t, "$.items[0].id")
		denied(t, "a session that a token would end", ci.as(t, "DELETE", "/sessions/"+session, nil), 403, "sessionNeeded")
		denied(t, "its own end, or another token's", ci.as(t, "DELETE", "/api-tokens/"+made.text(t, "$.id"), nil), 403, "sessionNeeded")
		denied(t, "more than one's own role", p.as(t, "POST", "/api-tokens", map[string]any{"name": "more", "role": "owner", "expiresAt": soon}), 422, "invalid")
		denied(t, "at SCIM's door", s.must(t, request{Method: "GET", Target: s.lone(t, wanted{}).root() + "/Users", Header: http.Header{"Authorization": {"Bearer " + token}}}), 401, "")
		p.asOK(t, "DELETE", "/api-tokens/"+made.text(t, "$.id"), nil)
		denied(t, "after its end", ci.as(t, "GET", "/me", nil), 401, "unauthenticated")

		sessions := s.items(t, "/sessions?all=true")
		for _, x := range sessions {
			if x["email"] == p.Email {
				s.adminOK(t, "DELETE", "/sessions/"+x["id"].(string), nil)
			}
		}
		denied(t, "a session that an owner ended", p.as(t, "GET", "/me", nil), 401, "unauthenticated")
	})
}
