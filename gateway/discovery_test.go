package gateway_test

import (
	"net/url"
	"testing"
)

func TestDiscoveryIsServed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	const userURN = "urn:ietf:params:scim:schemas:core:2.0:User"
	for _, path := range []string{
		"/ServiceProviderConfig", "/ServiceProviderConfigs", "/serviceproviderconfig", "/ResourceTypes", "/ResourceTypes/User", "/ResourceTypes/Group",
		"/Schemas", "/Schemas/" + userURN, "/Schemas/" + url.QueryEscape(userURN), "/Schemas?count=1&sortBy=x&attributes=id",
	} {
		if a := s.do("GET", path, "").wantStatus(t, 200); a.Header.Get("Content-Type") != "application/scim+json" {
			t.Errorf("GET %s is answered as %s", path, a.Header.Get("Content-Type"))
		}
	}
	for _, path := range []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas", "/Schemas/" + userURN} {
		s.do("GET", path+"?filter=id+pr", "").wantError(t, "", 403)
		s.do("GET", path, "", as("")...).wantError(t, "", 401)
		for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
			s.do(method, path, "{}").wantError(t, "", 405)
		}
	}
	s.do("GET", "/Schemas/urn:nothing", "").wantError(t, "", 404)
	s.do("GET", "/ResourceTypes/Nothing", "").wantError(t, "", 404)
}

func TestEveryLocationThatDiscoveryNamesIsServed(t *testing.T) {
	t.Parallel()
	s := serve(t)
	for _, path := range []string{"/ResourceTypes", "/Schemas"} {
		list := s.do("GET", path, "").wantStatus(t, 200).object(t)
		for _, r := range list["Resources"].([]any) {
			location := r.(map[string]any)["meta"].(map[string]any)["location"].(string)
			u, err := url.Parse(location)
			if err != nil || u.Host != "scim.example" {
				t.Fatalf("location %s: %v", location, err)
			}
			s.do("GET", u.Path, "").wantStatus(t, 200)
		}
	}
}
