package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOneAccessProvisionsEndToEnd: a connector of the kind oneaccess takes what OneAccess sends by
// its default form (Basic, application/json, organizations at a path of their own, times as
// milliseconds or by a pattern), and the directory shows the result.
func TestOneAccessProvisionsEndToEnd(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory := s.directory(t)
		c := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory, Kind: "oneaccess", Basic: true})
		p := probeOf(t, c).with("Authorization", "Basic "+c.Basic).with("Content-Type", "application/json").with("Accept", "application/json")
		began := time.Now().Add(-time.Minute)
		stamps := fmt.Sprintf(`"meta":{"resourceType":"User","created":%d,"lastModified":"%s"}`, began.UnixMilli(), began.UTC().Format("2006-01-02 15:04:05"))

		isJSON := func(r response) response {
			t.Helper()
			if kind := r.Header.Get("Content-Type"); kind != "application/json" {
				t.Errorf("the answer is %s, want what was asked for", kind)
			}
			return r
		}
		huang := isJSON(p.ask("POST /User", `{"schemas":["{{user}}"],"externalId":"20201001","userName":"huang","name":{"familyName":"Huang","givenName":"Li"},
			"emails":[{"value":"huang@hw.example","type":"work","primary":true}],"active":"true",`+stamps+`}`,
			http.StatusCreated, "$.active true", `$.meta.created {"$regex":"^20[0-9-]*T.*Z$"}`)).text(t, "$.id")
		p.values["huang"] = huang
		p.values["wu"] = p.ask("POST /user", `{"schemas":["{{user}}"],"externalId":"20201002","userName":"wu","active":"true",`+stamps+`}`, http.StatusCreated).text(t, "$.id")
		p.values["org"] = isJSON(p.ask("POST /Organizations", `{"schemas":["{{group}}"],"externalId":"org-1","displayName":"R&D Center","members":[{"value":"{{huang}}"}],`+stamps+`}`,
			http.StatusCreated, `$.meta.location {"$contains":"/Groups/"}`)).text(t, "$.id")
		p.ask("PUT /organizations/{{org}}", `{"schemas":["{{group}}"],"id":"{{org}}","displayName":"R&D Center 2","members":[{"value":"{{huang}}"},{"value":"{{wu}}"}],`+stamps+`}`, http.StatusOK)
		p.with("X-HTTP-Method-Override", "PUT").ask("POST /User/{{wu}}", `{"schemas":["{{user}}"],"userName":"wu","displayName":"Wu","active":"false",`+stamps+`}`, http.StatusOK, "$.active false")
		for _, since := range []string{fmt.Sprint(began.UnixMilli()), began.UTC().Format("2006-01-02 15:04:05"), began.Format(time.RFC3339)} {
			isJSON(p.ask(`GET /User?filter=meta.lastModified gt "`+strings.ReplaceAll(since, "+", "%2B")+`"`, "", http.StatusOK, "$.totalResults 2"))
		}
		isJSON(p.ask("GET /Organizations", "", http.StatusOK, "$.totalResults 1", `$.Resources[0].displayName "R&D Center 2"`))
		old := *p // OneAccess speaks either version
		old.base = map[string]string{"2.0": p.base["1.1"]}
		old.ask("PATCH /Organizations/{{org}}", `{"schemas":["urn:scim:schemas:core:1.0"],"displayName":"R&D","members":[{"value":"{{wu}}","operation":"delete"}],`+stamps+`}`, http.StatusOK)
		old.ask("PATCH /Organizations/{{org}}", `{"schemas":["urn:scim:schemas:core:1.0"],"displayName":"R&D Center 2"}`, http.StatusOK, "$.members[*].value {\"$set\":[\"{{huang}}\"]}")

		if groups := groupsOf(findUser(t, s, directory, "huang")); !slices.Equal(groups, []string{"R&D Center 2"}) {
			t.Errorf("the directory has huang in %v", groups)
		}
		if wu := findUser(t, s, directory, "wu"); wu["active"] != false {
			t.Errorf("the directory has wu as %v", wu)
		}
		p.ask("DELETE /Organizations/{{org}}", "", http.StatusNoContent)
		p.ask("DELETE /User/{{huang}}", "", http.StatusNoContent)
		if huang := findUser(t, s, directory, "huang"); huang["active"] != false {
			t.Errorf("after its deletion the directory has huang as %v", huang)
		}
	})
}
