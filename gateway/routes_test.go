package gateway_test

import (
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/gateway"
)

// pathsUnderSCIM is every route table with paths filled in, and paths of no route.
func pathsUnderSCIM() (routes []gateway.Route) {
	id := uuid.Must(uuid.NewV7()).String()
	for _, rt := range gateway.Routes() {
		rt.Pattern = "/scim/acme" + strings.ReplaceAll(rt.Pattern, "{id}", id)
		routes = append(routes, rt)
	}
	for _, path := range []string{
		"/scim", "/scim/", "/scim/acme", "/scim/acme/v2", "/scim/acme/v1", "/scim/acme/v3/Users",
		"/scim/acme/v2/Nothing", "/scim/acme/v2/Users/a/b/c", "/scim/acme/v1/Nothing", "/scim/acme/v1/Users/.search",
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
			routes = append(routes, gateway.Route{Method: method, Pattern: path})
		}
	}
	return routes
}

func TestEveryPathRefusesWithoutTheConnectorsCredential(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, rt := range pathsUnderSCIM() {
		var first answer
		for i, c := range []struct{ name, token, path string }{
			{"without a credential", "", rt.Pattern},
			{"with a wrong token", "nonsense", rt.Pattern},
			{"with another connector's token", other, rt.Pattern},
			{"on a connector that does not exist", acme, strings.Replace(rt.Pattern, "acme", "nobody", 1)},
		} {
			a := s.do(rt.Method, c.path, "", as(c.token)...)
			if a.StatusCode != http.StatusUnauthorized {
				t.Fatalf("%s %s %s: answered %d, want 401\n%s", rt.Method, c.path, c.name, a.StatusCode, a.text)
			}
			a.Header.Del(gateway.RequestIDHeader)
			if i == 0 {
				first = a
				a.wantError(t, "", 401)
				if a.Header.Values("WWW-Authenticate") == nil {
					t.Errorf("%s %s: 401 without WWW-Authenticate", rt.Method, c.path)
				}
				continue
			}
			if a.text != first.text || !reflect.DeepEqual(a.Header, first.Header) {
				t.Errorf("%s %s: a request %s can be told from one without a credential:\n%v %s\n%v %s",
					rt.Method, c.path, c.name, a.Header, a.text, first.Header, first.text)
			}
		}
	}
	if len(s.records.sources) > 0 || len(s.records.seen) > 0 {
		t.Error("a refused request reached the records")
	}
}

func TestEveryRouteSaysThatCredentialsCannotBeLookedUp(t *testing.T) {
	t.Parallel()
	s := serve(t)
	s.doors.broken = true
	for _, rt := range pathsUnderSCIM() {
		a := s.do(rt.Method, rt.Pattern, "")
		a.wantError(t, "", 503)
		if a.Header.Get("Retry-After") == "" {
			t.Errorf("%s %s: 503 without Retry-After", rt.Method, rt.Pattern)
		}
		if strings.Contains(a.text, "10.1.2.3") {
			t.Errorf("%s %s: the answer tells an inner address: %s", rt.Method, rt.Pattern, a.text)
		}
	}
}

func TestEveryRouteRefusesADisabledConnector(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, rt := range pathsUnderSCIM() {
		if strings.Contains(rt.Pattern, "/scim/acme") {
			s.do(rt.Method, strings.Replace(rt.Pattern, "acme", "disabled", 1), "", as(disabled)...).wantError(t, "", 403)
		}
	}
}

func TestReadOnlyCredentialsReadAndSearchAndWriteNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, rt := range pathsUnderSCIM() {
		a := s.do(rt.Method, rt.Pattern, "{}", as(readOnly)...)
		if forbidden := a.StatusCode == http.StatusForbidden; forbidden != rt.Write {
			t.Errorf("%s %s with a credential that may read: answered %d", rt.Method, rt.Pattern, a.StatusCode)
		}
	}
	if len(s.records.sources) > 0 {
		t.Error("a read-only credential reached a change")
	}
}

func TestResourcesAnswerToEveryNameOfTheirs(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, name := range []string{
		"Users", "User", "users", "user", "USERS", "Personen", "personen",
		"Groups", "Group", "groups", "group", "Organizations", "organizations",
	} {
		s.do("GET", "/"+name, "").wantStatus(t, 200)
	}
	s.do("GET", "/scim/other/v2/Organizations", "", as(other)...).wantError(t, "", 404)

	id := s.newUser("kim")
	a := s.do("GET", "/personen/"+id, "").wantStatus(t, 200)
	if got, want := a.Header.Get("Location"), "https://scim.example/scim/acme/v2/Users/"+id; got != want {
		t.Errorf("Location of an aliased path is %s, want %s", got, want)
	}
	s.do("GET", "/Users/"+strings.ToUpper(id), "").wantError(t, "", 404)
}

func TestSlashesTooManyAreForgivenWithoutARedirect(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{"/Users/", "/Users/?filter=userName+eq+%22a%22&", "/Users?", "/scim/acme/v2//Users", "/scim/acme//v2/Users//"} {
		s.do("GET", path, "").wantStatus(t, 200)
	}
	s.do("POST", "/Users/", strings.Replace(userBody, "%s", "slash", 1)).wantStatus(t, 201)
}

func TestAnEmptyConnectorNeverMeansAnything(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{"/scim//v2/Users", "//scim//v2/Users", "/scim//acme/v2/Users", "/scim//", "/scim/v2/Users"} {
		s.do("GET", path, "").wantError(t, "", 401, 404)
	}
}

func TestOddPathsFindNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	for _, path := range []string{
		"/Users%2F" + id, "/scim/acme%2Fevil/v2/Users", "/%73cim/acme/v2/Users", "/Users/x%00y", "/Users/*", "/Users/%25",
		"/Users/1'%20OR%20'1'='1", "/Users/1=1", "/Users/1", "/Users/" + strings.Repeat("a", 8192), "/Users/" + id + "/x",
		"/Users/{" + id + "}", "/Users/urn:uuid:" + id, "/Groups/" + id, "/Users/../Users/" + id, "/scim/acme/v2/%2e%2e/Users",
	} {
		for _, method := range []string{"GET", "PUT", "PATCH", "DELETE"} {
			body := ""
			switch method {
			case "PUT": // valid on either endpoint: only the path is wrong
				body = `{"userName":"x","displayName":"x"}`
			case "PATCH":
				body = `{"Operations":[]}`
			}
			s.do(method, path, body).wantError(t, "", 404)
		}
	}
	s.do("GET", "/Users/"+id, "").wantStatus(t, 200)
}

func TestAWrongMethodIsToldTheRightOnes(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, c := range []struct{ method, path, allow string }{
		{"DELETE", "/Users", "GET, HEAD, POST"},
		{"PUT", "/group", "GET, HEAD, POST"},
		{"PATCH", "/Organizations", "GET, HEAD, POST"},
		{"POST", "/Users/0190a0a0-0000-7000-8000-000000000000", "GET, HEAD, PUT, PATCH, DELETE"},
		{"GET", "/Users/.search", "POST"},
		{"GET", "/Bulk", "POST"},
		{"POST", "/ServiceProviderConfigs", "GET, HEAD"},
		{"DELETE", "/ResourceTypes", "GET, HEAD"},
		{"PUT", "/Schemas", "GET, HEAD"},
		{"PATCH", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:User", "GET, HEAD"},
		{"OPTIONS", "/Users", "GET, HEAD, POST"},
	} {
		a := s.do(c.method, c.path, "")
		a.wantError(t, "", 405)
		if got := a.Header.Get("Allow"); got != c.allow {
			t.Errorf("%s %s: Allow is %q, want %q", c.method, c.path, got, c.allow)
		}
	}
}

func TestTraceEchoesNothing(t *testing.T) {
	t.Parallel()
	s := serve(t)
	a := s.do("TRACE", "/Users", "", "X-Secret", "echo me")
	a.wantError(t, "", 405)
	if strings.Contains(a.text, "echo me") {
		t.Error("TRACE echoes a header")
	}
	for _, method := range []string{"TRACE", "CONNECT", "BREW"} {
		a := s.do(method, "/Users", "", as("")...)
		a.wantError(t, "", 405)
		if got, want := a.Header.Get("Allow"), "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"; got != want {
			t.Errorf("%s: Allow is %q, want %q", method, got, want)
		}
	}
}

func TestAPostMayStandForAnotherWrite(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	put := strings.Replace(userBody, "%s", "kim2", 1)
	s.do("POST", "/Users/"+id, put, "X-HTTP-Method-Override", "put").wantStatus(t, 200)
	patch := `{"schemas":["` + patchURN + `"],"Operations":[{"op":"replace","path":"title","value":"x"}]}`
	s.do("POST", "/Users/"+id, patch, "X-HTTP-Method-Override", "PATCH").wantStatus(t, 200)
	s.do("GET", "/Users/"+id, "", "X-HTTP-Method-Override", "DELETE").wantStatus(t, 200)
	s.do("POST", "/Users/"+id, "{}", "X-HTTP-Method-Override", "GET").wantError(t, "invalidValue", 400)
	s.do("POST", "/Users/"+id, "", append(as(readOnly), "X-HTTP-Method-Override", "DELETE")...).wantError(t, "", 403)
	s.do("POST", "/Users/"+id, "", "X-HTTP-Method-Override", "DELETE").wantStatus(t, 204)
	s.do("GET", "/Users/"+id, "").wantError(t, "", 404)
}

func TestWhatIsNotOfferedSaysSo(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, method := range []string{"GET", "PUT", "PATCH", "DELETE", "POST"} {
		s.do(method, "/Me", "").wantError(t, "", 501)
	}
	s.do("GET", "/Me/photos", "").wantError(t, "", 501)
	s.do("POST", "/.search", "{}").wantError(t, "", 501)
}
