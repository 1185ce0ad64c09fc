package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
)

func TestAConsumerSeesItsGroupsAndAttributesAlone(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c, dir, ids := s.company(t)
		r := s.consumer(t, dir, map[string]any{"groups": []string{"jira-.*"}, "attributes": []string{"userName", "groups", "name.familyName"}})
		all := s.consumer(t, dir)
		if got := r.names("GET /Users", "userName"); !slices.Equal(got, []string{"ada@x.example", "bob@x.example"}) {
			t.Errorf("users: %v", got)
		}
		if got := r.names("GET /Groups", "displayName"); !slices.Equal(got, []string{"jira-users"}) {
			t.Errorf("groups: %v", got)
		}
		ada := r.ask(`GET /Users?filter=userName eq "ada@x.example"`, nil)
		user := ada.at(t, "$.Resources[0]").(map[string]any)
		for _, hidden := range []string{"emails", "title", "active", "displayName", "externalId", enterpriseSchema, "urn:example:hr:2.0"} {
			if _, there := user[hidden]; there {
				t.Errorf("%s is shown: %v", hidden, user[hidden])
			}
		}
		if fmt.Sprint(user["name"]) != "map[familyName:Lovelace]" || fmt.Sprint(user["schemas"]) != "[urn:ietf:params:scim:schemas:core:2.0:User]" || len(user["groups"].([]any)) != 1 {
			t.Errorf("ada is %v", user)
		}
		for _, probe := range []string{
			`filter=title eq "Engineer"`, `filter=emails pr`, `filter=emails[value sw "a"]`, `filter=name pr`, `filter=name.givenName sw "A"`, `filter=active eq true`,
			`filter=userName pr and not (title sw "E")`, `filter=schemas eq "` + enterpriseSchema + `"`, `filter=schemas eq "urn:example:hr:2.0"`,
			`filter=urn:example:hr:2.0:badge sw "b"`, `filter=` + enterpriseSchema + `:department pr`, `filter=meta.lastLogin pr`, "sortBy=title", "sortBy=emails.value", "sortBy=name.givenName",
		} {
			if answer := r.ask("GET /Users?"+probe, nil); answer.Status != 400 {
				t.Errorf("%s: %d %s", probe, answer.Status, excerpt(answer.Body))
			}
			search := map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}}
			key, value, _ := strings.Cut(probe, "=")
			search[key] = value
			if answer := r.ask("POST /Users/.search", search); answer.Status != 400 {
				t.Errorf(".search with %s: %d %s", probe, answer.Status, excerpt(answer.Body))
			}
		}
		for query, want := range map[string]int{
			`groups.display eq "secret"`: 0, `groups.display eq "jira-users"`: 2, `groups.display co "e"`: 2, `name.familyName eq "lovelace"`: 1, `userName eq "carol"`: 0,
		} {
			if got := r.ask("GET /Users?filter="+query, nil); plainText(got.at(t, "$.totalResults")) != fmt.Sprint(want) {
				t.Errorf("%s: %s", query, excerpt(got.Body))
			}
		}
		secret := all.ask(`GET /Groups?filter=displayName eq "secret"`, nil).text(t, "$.Resources[0].id")
		carol := all.ask(`GET /Users?filter=userName eq "carol"`, nil).text(t, "$.Resources[0].id")
		for _, path := range []string{"/Groups/" + secret, "/Users/" + carol, "/Users/" + ids["carol"]} {
			if answer := r.ask("GET "+path, nil); answer.Status != 404 {
				t.Errorf("%s: %d %s", path, answer.Status, excerpt(answer.Body))
			}
		}
		// A group that is renamed into the patterns, or made, is seen at once; what is deleted is no member.
		c.scimOK(t, "DELETE", "/Users/"+ids["bob@x.example"], nil)
		s.settled(t, dir)
		adminID := findUser(t, s, dir, "ada@x.example")["id"].(string)
		c.group(t, "jira-new", ids["Dan"])
		s.settled(t, dir)
		if got := r.names("GET /Groups?sortBy=displayName", "displayName"); !slices.Equal(got, []string{"jira-new", "jira-users"}) {
			t.Errorf("groups with a new one: %v", got)
		}
		s.adminOK(t, "PATCH", "/directories/"+dir+"/consumers/"+r.ID, map[string]any{"groups": []string{"secret"}})
		if got := r.names("GET /Users?sortBy=userName", "userName"); !slices.Equal(got, []string{"ada@x.example", "carol"}) {
			t.Errorf("users of the new groups: %v", got)
		}
		if got := r.ask("GET /Users/"+adminID, nil); got.Status != 200 || len(got.at(t, "$.groups").([]any)) != 1 {
			t.Errorf("ada through another group: %d %s", got.Status, excerpt(got.Body))
		}
	})
}

func TestConsumersOfDirectoriesAndConnectorsStayApart(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c, dir, _ := s.company(t)
		_, far, _ := s.company(t)
		r, other := s.consumer(t, dir), s.consumer(t, far)
		get := func(target, token string) response {
			h := http.Header{}
			if token != "" {
				h.Set("Authorization", "Bearer "+token)
			}
			return s.must(t, request{Method: "GET", Target: target, Header: h})
		}
		users := "/directory/" + dir + "/scim/v2/Users"
		nowhere := get("/directory/no-such-directory/scim/v2/Users", "")
		for name, answer := range map[string]response{
			"no token": get(users, ""), "a made-up one": get(users, "msc_nonsense"), "another directory's": get(users, other.Token), "a connector's": get(users, c.Token),
			"the admin's": get(users, s.token), "a directory that is not there": get("/directory/no-such-directory/scim/v2/Users", r.Token), "an odd path": get("/directory/"+dir+"/Users", ""),
		} {
			if answer.Status != 401 || string(answer.Body) != string(nowhere.Body) || answer.Header.Get("WWW-Authenticate") != `Bearer realm="scim"` {
				t.Errorf("%s: %d %s", name, answer.Status, answer.Body)
			}
		}
		if answer := get(c.root()+"/Users", r.Token); answer.Status != 401 {
			t.Errorf("a consumer's token at a connector: %d", answer.Status)
		}
		if answer := get("/api/v1/directories", r.Token); answer.Status != 401 {
			t.Errorf("a consumer's token at the admin API: %d", answer.Status)
		}
		theirs := other.ask(`GET /Users?filter=userName eq "carol"`, nil).text(t, "$.Resources[0].id")
		group := other.ask(`GET /Groups?filter=displayName eq "secret"`, nil).text(t, "$.Resources[0].id")
		for _, path := range []string{"/Users/" + theirs, "/Groups/" + group} {
			if answer := r.ask("GET "+path, nil); answer.Status != 404 {
				t.Errorf("%s of another directory: %d", path, answer.Status)
			}
		}
		for _, filter := range []string{`groups.value eq "` + group + `"`, `id eq "` + theirs + `"`} {
			if got := r.names("GET /Users?filter="+filter, "userName"); len(got) != 0 {
				t.Errorf("%s of another directory: %v", filter, got)
			}
		}
		if answer := s.admin(t, "GET", "/directories/"+far+"/consumers/"+r.ID, nil); answer.Status != 404 {
			t.Errorf("a consumer through another directory: %d", answer.Status)
		}
		if answer := s.admin(t, "DELETE", "/directories/"+far+"/consumers/"+r.ID, nil); answer.Status != 404 {
			t.Errorf("deleting it there: %d", answer.Status)
		}
		whole := string(r.ask("GET /Users", nil).Body) + string(r.ask("GET /Groups", nil).Body)
		for _, trace := range []string{c.Slug, c.settings(t)["tenant"].(string), "ext-ada"} {
			if strings.Contains(whole, trace) {
				t.Errorf("what a consumer reads names %s", trace)
			}
		}
		rotate(t, s, r)
	})
}

// rotate exchanges a consumer's token, and ends the consumer.
func rotate(t *testing.T, s *server, r reading) {
	t.Helper()
	path := "/directories/" + r.Directory + "/consumers/" + r.ID
	second := r
	second.Token = s.adminOK(t, "POST", path+"/tokens", map[string]any{}).text(t, "$.token")
	read := s.adminOK(t, "GET", path, nil)
	if strings.Contains(string(read.Body), r.Token) || strings.Contains(string(read.Body), second.Token) {
		t.Error("a token is shown again")
	}
	first := read.text(t, "$.tokens[0].id")
	for _, way := range []reading{r, second} {
		if answer := way.ask("GET /Users", nil); answer.Status != 200 {
			t.Errorf("with two tokens one is %d", answer.Status)
		}
	}
	s.adminOK(t, "DELETE", path+"/tokens/"+first, nil)
	if answer := r.ask("GET /Users", nil); answer.Status != 401 {
		t.Errorf("the ended token: %d", answer.Status)
	}
	if answer := second.ask("GET /Users", nil); answer.Status != 200 {
		t.Errorf("the other token: %d", answer.Status)
	}
	s.adminOK(t, "DELETE", path, nil)
	if answer := second.ask("GET /Users", nil); answer.Status != 401 {
		t.Errorf("a deleted consumer: %d", answer.Status)
	}
}

func TestSensitiveAttributesAreForConsumersThatAreAllowedThem(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c, dir, _ := s.company(t)
		all, named := s.consumer(t, dir), s.consumer(t, dir, map[string]any{"attributes": []string{"userName", "title", enterpriseSchema}})
		if title := all.ask(`GET /Users?filter=userName eq "ada@x.example"`, nil).text(t, "$.Resources[0].title"); title != "Engineer" {
			t.Errorf("before it is sensitive the title is %q", title)
		}
		s.adminOK(t, "PATCH", "/connectors/"+c.Slug, map[string]any{"sensitive": []string{"title", "employeeNumber", "urn:example:hr:2.0:badge"}})
		ada := all.ask("GET /Users", nil)
		for _, canary := range []string{"Engineer", `"7"`, `"b-1"`, "••••"} {
			if strings.Contains(string(ada.Body), canary) {
				t.Errorf("all attributes show %s", canary)
			}
		}
		for _, probe := range []string{`filter=title eq "Engineer"`, "filter=title pr", "sortBy=title", `filter=employeeNumber sw "7"`, "filter=urn:example:hr:2.0:badge pr"} {
			if answer := all.ask("GET /Users?"+probe, nil); answer.Status != 400 {
				t.Errorf("%s: %d", probe, answer.Status)
			}
		}
		found := named.ask(`GET /Users?filter=title eq "Engineer" and userName sw "ada"`, nil)
		user := found.at(t, "$.Resources[0]").(map[string]any)
		if user["title"] != "Engineer" {
			t.Errorf("the consumer that is allowed the title sees %v", user)
		}
		if extension := user[enterpriseSchema].(map[string]any); extension["department"] != "Engines" || extension["employeeNumber"] != nil {
			t.Errorf("who may see the extension sees of it %v", extension)
		}
	})
}
