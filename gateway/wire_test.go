package gateway_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

const old = "/scim/acme/v1"

// oldUser creates a user over SCIM 1.1.
func (s *server) oldUser(name string) string {
	s.t.Helper()
	a := s.do("POST", old+"/Users", `{"schemas":["urn:scim:schemas:core:1.0"],"userName":"`+name+`"}`).wantStatus(s.t, 201)
	return a.object(s.t)["id"].(string)
}

func TestEachVersionAnswersInItsOwnForm(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.oldUser("kim")
	for base, want := range map[string]struct{ media, schema, location string }{
		"/scim/acme/v2": {"application/scim+json", "urn:ietf:params:scim:schemas:core:2.0:User", "https://scim.example/scim/acme/v2/Users/" + id},
		old:             {"application/json", "urn:scim:schemas:core:1.0", "https://scim.example/scim/acme/v1/Users/" + id},
	} {
		a := s.do("GET", base+"/Users/"+id, "").wantStatus(t, 200)
		if a.Header.Get("Content-Type") != want.media || a.Header.Get("Location") != want.location {
			t.Errorf("%s answers %v", base, a.Header)
		}
		o := a.object(t)
		if fmt.Sprint(o["schemas"]) != "["+want.schema+"]" || o["meta"].(map[string]any)["location"] != want.location {
			t.Errorf("%s answers %s", base, a.text)
		}
	}
	if a := s.do("GET", old+"/Users", "", "Accept", "application/scim+json").wantStatus(t, 200); a.Header.Get("Content-Type") != "application/json" || strings.Contains(a.text, "urn:ietf:") {
		t.Errorf("a list of SCIM 1.1 is %s", a.text)
	}
}

func TestErrorsInFrontOfEveryHandlerHaveTheFormOfThePath(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{old + "/Users/%2e%2e", old + "/Users%2F42", "/" + old[1:] + "/./Users", old + "/x%00"} {
		s.do("GET", path, "").wantError(t, "", 404)
	}
	s.do("BREW", old+"/Users", "").wantError(t, "", 405)
	s.do("GET", old+"/Users", "", as("")...).wantError(t, "", 401)
	s.do("GET", old, "").wantError(t, "", 404)
	s.doors.tooMany = 1
	s.do("GET", old+"/Users", "", as("")...).wantError(t, "", 429)
}

func TestXMLIsRefusedToThoseWhoTakeNothingElse(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	for accept, status := range map[string]int{
		"application/xml": 406, "text/xml": 406, "application/xml, text/html": 406, "application/xml, application/json;q=0": 406,
		"application/xml, application/json": 200, "application/xml, */*;q=0.1": 200, "application/*": 200, "text/html": 200, "": 200,
	} {
		if a := s.do("GET", old+"/Users", "", "Accept", accept).wantStatus(t, status); status == 406 {
			a.wantError(t, "", 406)
		}
	}
	s.do("DELETE", old+"/Users/"+id, "", "Accept", "application/xml").wantError(t, "", 406)
	s.do("GET", old+"/Users.xml", "").wantError(t, "", 406)
	s.do("GET", old+"/Users/"+id+".xml", "").wantError(t, "", 406)
	s.do("POST", old+"/Users", "<User/>", "Content-Type", "application/xml").wantError(t, "", 415)
	s.do("GET", old+"/Users.json", "").wantStatus(t, 200)
	s.do("GET", old+"/Users/"+id+".json", "").wantStatus(t, 200)
	s.do("GET", "/Users.json", "").wantError(t, "", 404)
	s.do("GET", "/Users", "", "Accept", "application/xml").wantStatus(t, 200)
}

func TestAVersionHasNoEndpointsOfTheOther(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/ResourceTypes/User", "/Me", "/.search", "/Users/.search"} {
		for _, method := range []string{"GET", "POST"} {
			s.do(method, old+path, "{}").wantError(t, "", 404)
		}
	}
	for _, path := range []string{"/ServiceProviderConfigs", "/Schemas", "/Schemas/urn:scim:schemas:core:1.0:User", "/Schemas/Group"} {
		s.do("GET", old+path, "").wantStatus(t, 200)
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			s.do(method, old+path, "{}").wantError(t, "", 405)
		}
	}
	s.do("GET", old+"/Schemas/urn:nothing", "").wantError(t, "", 404)
	s.do("GET", old+"/Schemas?filter=nonsense", "").wantError(t, "", 400)
	if a := s.do("GET", old+`/Schemas?filter=name+eq+%22User%22`, "").wantStatus(t, 200); a.object(t)["totalResults"] != 1.0 {
		t.Errorf("the schemas named User are %s", a.text)
	}
	s.do("GET", old+"/Organizations", "").wantStatus(t, 200)
}

func TestAPatchOf11OnTheAddressOf20IsRecognised(t *testing.T) {
	t.Parallel()
	s := serve(t)
	id := s.newUser("kim")
	a := s.do("PATCH", "/Users/"+id, `{"schemas":["urn:scim:schemas:core:1.0"],"title":"T"}`).wantStatus(t, 200)
	if o := a.object(t); o["title"] != "T" || fmt.Sprint(o["schemas"]) != "[urn:ietf:params:scim:schemas:core:2.0:User]" {
		t.Errorf("answered %s", a.text)
	}
	s.do("PATCH", "/Users/"+id, `{"active":false}`).wantStatus(t, 200)
	s.do("PATCH", "/Users/"+id, `{"schemas":["`+patchURN+`"]}`).wantError(t, "invalidSyntax", 400)
	s.do("PATCH", old+"/Users/"+id, `{"schemas":["`+patchURN+`"],"Operations":[{"op":"add","path":"title","value":"U"}]}`).wantError(t, "", 400)
	body := strings.Replace(userBody, "%s", "lee", 1)
	strictID := s.do("POST", "/scim/strict/v2/Users", body, as(strict)...).wantStatus(t, 201).object(t)["id"].(string)
	s.do("PATCH", "/scim/strict/v2/Users/"+strictID, `{"schemas":["urn:scim:schemas:core:1.0"],"title":"T"}`, as(strict)...).wantError(t, "invalidValue", 400)
	s.do("PATCH", "/scim/strict/v1/Users/"+strictID, `{"schemas":["urn:scim:schemas:core:1.0"],"title":"T"}`, as(strict)...).wantStatus(t, 200)
}

func TestAPatchedGroupIsAnsweredWhenItIsSmall(t *testing.T) {
	t.Parallel()
	s := serve(t)
	group := s.newGroup("g")
	one := `{"members":[{"value":"` + s.oldUser("kim") + `"}]}`
	a := s.do("PATCH", old+"/Groups/"+group, one).wantStatus(t, 200)
	if members, _ := a.object(t)["members"].([]any); len(members) != 1 || a.Header.Get("ETag") == "" {
		t.Errorf("answered %s", a.text)
	}
	s.records.endless = 100_000
	a = s.do("PATCH", old+"/Groups/"+group, one).wantStatus(t, 204)
	if a.text != "" || a.Header.Get("ETag") == "" {
		t.Errorf("a large group is answered with %d bytes", len(a.text))
	}
	a = s.do("PATCH", old+"/Groups/"+group+"?attributes=displayName", one).wantStatus(t, 200)
	if strings.Contains(a.text, "members") {
		t.Errorf("who asks for the name gets %.200s", a.text)
	}
	s.do("PATCH", "/Groups/"+group, `{"Operations":[]}`).wantStatus(t, 204)
	s.records.breakAt = 1
	s.do("PATCH", old+"/Groups/"+group, one).wantStatus(t, 204) // it is done, though it cannot be shown
}

func TestBulkOf11(t *testing.T) {
	t.Parallel()
	s := serve(t)
	a := s.do("POST", old+"/Bulk", `{"schemas":["urn:scim:schemas:core:1.0"],"Operations":[`+strings.Join([]string{
		post("/Groups", "g", `{"displayName":"g","members":[{"value":"bulkId:u"}]}`), post("/Users", "u", `{"userName":"kim"}`), post("/Users", "v", `{}`),
		`{"method":"PATCH","path":"/Groups/bulkId:g","data":{"members":[{"value":"bulkId:u","operation":"delete"}]}}`,
		`{"method":"PATCH","path":"/Users/bulkId:u","data":{"Operations":[]}}`,
		`{"method":"DELETE","path":"/Users/bulkId:u"}`,
	}, ",")+`]}`).wantStatus(t, 200)
	var got []string
	for _, r := range a.object(t)["Operations"].([]any) {
		status := r.(map[string]any)["status"].(map[string]any)
		_, described := status["description"]
		got = append(got, fmt.Sprint(status["code"], described))
		if location, _ := r.(map[string]any)["location"].(string); !described && !strings.HasPrefix(location, "https://scim.example"+old+"/") {
			t.Errorf("a location is %s", location)
		}
	}
	if want := "[201false 201false 400true 204false 400true 204false]"; fmt.Sprint(got) != want || strings.Contains(a.text, "urn:ietf:") {
		t.Errorf("answered %v, want %s\n%s", got, want, a.text)
	}
}

func TestMembersOf11AreStreamed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	group := s.newGroup("g")
	s.records.endless = 100_000
	a := s.do("GET", old+"/Groups/"+group, "").wantStatus(t, 200)
	if n := bytes.Count([]byte(a.text), []byte(`"value"`)); n != 100_000 || a.Header.Get("Content-Length") != "" || strings.Contains(a.text, "$ref") {
		t.Errorf("%d members, Content-Length %q", n, a.Header.Get("Content-Length"))
	}
}
