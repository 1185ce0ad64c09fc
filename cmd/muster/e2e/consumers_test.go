package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// reading is an application that reads a directory.
type reading struct {
	*server
	t         testing.TB
	Directory string
	ID, Token string
}

// consumer makes a consumer of a directory, with what else it is told.
func (s *server) consumer(t testing.TB, directory string, more ...map[string]any) reading {
	t.Helper()
	body := map[string]any{"name": "app-" + unique()}
	for _, m := range more {
		for key, value := range m {
			body[key] = value
		}
	}
	made := s.adminOK(t, "POST", "/directories/"+directory+"/consumers", body)
	if base := made.text(t, "$.baseUrl"); !strings.HasSuffix(base, "/directory/"+directory+"/scim/v2") {
		t.Errorf("the base URL is %s", base)
	}
	return reading{s, t, directory, made.text(t, "$.id"), made.text(t, "$.token")}
}

// ask sends a request with the consumer's token; what it asks is a method and a path whose query
// is not escaped yet.
func (r reading) ask(asked string, body any, headers ...string) response {
	r.t.Helper()
	method, path, _ := strings.Cut(asked, " ")
	if path2, query, ok := strings.Cut(path, "?"); ok {
		path = path2 + "?" + escaped(query)
	}
	out := request{Method: method, Target: "/directory/" + r.Directory + "/scim/v2" + path, Header: http.Header{"Authorization": {"Bearer " + r.Token}}}
	for i := 0; i+1 < len(headers); i += 2 {
		out.Header.Set(headers[i], headers[i+1])
	}
	if body != nil {
		out.Body = encode(r.t, body)
		out.Header.Set("Content-Type", "application/scim+json")
	}
	return r.must(r.t, out)
}

// escaped is a query whose values are escaped.
func escaped(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		key, value, _ := strings.Cut(part, "=")
		parts[i] = key + "=" + url.QueryEscape(value)
	}
	return strings.Join(parts, "&")
}

// names are a list's names, in order.
func (r reading) names(asked, name string) []string {
	r.t.Helper()
	answer := r.ask(asked, nil)
	if answer.Status != 200 {
		r.t.Fatalf("%s: %d %s", asked, answer.Status, excerpt(answer.Body))
	}
	return texts(answer.at(r.t, "$.Resources[*]."+name).([]any))
}

// company is a connector with a few people and groups, and the directory that it provisions.
func (s *server) company(t testing.TB) (c connector, directory string, ids map[string]string) {
	t.Helper()
	c = s.lone(t, wanted{})
	directory, ids = c.settings(t)["directory"].(string), map[string]string{}
	for _, p := range []struct {
		name string
		more map[string]any
	}{
		{"ada@x.example", map[string]any{"externalId": "ext-ada", "title": "Engineer", "name": map[string]any{"givenName": "Ada", "familyName": "Lovelace"},
			"emails":         []any{map[string]any{"value": "ada@x.example", "type": "work", "primary": true}},
			enterpriseSchema: map[string]any{"department": "Engines", "employeeNumber": "7"}, "urn:example:hr:2.0": map[string]any{"badge": "b-1"}}},
		{"bob@x.example", map[string]any{"active": false, "title": "Doctor", "emails": []any{map[string]any{"value": "bob@x.example", "type": "home"}}}},
		{"carol", map[string]any{"title": "engineer"}},
		{"Dan", nil},
	} {
		ids[p.name] = c.user(t, p.name, p.more)
	}
	ids["jira-users"] = c.group(t, "jira-users", ids["ada@x.example"], ids["bob@x.example"])
	ids["secret"] = c.group(t, "secret", ids["ada@x.example"], ids["carol"])
	s.settled(t, directory)
	return c, directory, ids
}

// consumerClaims is the read half of the protocol's check list, as a consumer sees it.
var consumerClaims = []struct {
	name  string
	asked string
	want  int
	lines string // JSON paths and what is there, a line each; "!" in front: it is not there
}{
	{"discovery says that nothing is written", "GET /ServiceProviderConfig", 200, "$.patch.supported false\n$.bulk.supported false\n$.filter.supported true\n$.sort.supported true\n$.etag.supported true\n$.pagination.cursor true"},
	{"resource types", "GET /ResourceTypes", 200, "$.totalResults 2"},
	{"one resource type", "GET /ResourceTypes/User", 200, `$.endpoint "/Users"`},
	{"schemas", "GET /Schemas", 200, "$.totalResults 3\n$.Resources[0].attributes[1].mutability \"readOnly\""},
	{"one schema", "GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", 200, `$.name "Group"`},
	{"discovery takes no filter", "GET /Schemas?filter=name eq \"User\"", 403, `$.status "403"`},
	{"a list", "GET /Users", 200, "$.totalResults 4\n$.startIndex 1\n$.itemsPerPage 4"},
	{"a page by index", "GET /Users?startIndex=2&count=2", 200, "$.totalResults 4\n$.startIndex 2\n$.itemsPerPage 2"},
	{"count 0", "GET /Users?count=0", 200, "$.totalResults 4\n$.Resources []"},
	{"no hit", "GET /Users?filter=title eq \"none\"", 200, "$.totalResults 0\n$.Resources []"},
	{"userName without regard to case", "GET /Users?filter=userName eq \"ADA@X.EXAMPLE\"", 200, "$.totalResults 1\n$.Resources[0].active true"},
	{"a disabled user is there, not active", "GET /Users?filter=userName eq \"bob@x.example\"", 200, "$.totalResults 1\n$.Resources[0].active false"},
	{"active", "GET /Users?filter=active eq false", 200, "$.totalResults 1"},
	{"an e-mail address", "GET /Users?filter=emails eq \"ada@x.example\"", 200, "$.totalResults 1"},
	{"a value path", "GET /Users?filter=emails[type eq \"work\" and value co \"@x\"]", 200, "$.totalResults 1"},
	{"and, or, not", "GET /Users?filter=(title eq \"engineer\" or title eq \"doctor\") and not (userName sw \"b\")", 200, "$.totalResults 2"},
	{"presence", "GET /Users?filter=title pr", 200, "$.totalResults 3"},
	{"an attribute of an extension", "GET /Users?filter=" + enterpriseSchema + ":department eq \"engines\"", 200, "$.totalResults 1"},
	{"a group's name", "GET /Users?filter=groups.display eq \"jira-users\"", 200, "$.totalResults 2"},
	{"a broken filter", "GET /Users?filter=title eq", 400, `$.scimType "invalidFilter"`},
	{"a broken sort", "GET /Users?sortBy=nonsense", 400, `$.scimType "invalidPath"`},
	{"attributes", "GET /Users?attributes=userName&filter=userName eq \"carol\"", 200, "$.Resources[0].userName \"carol\"\n!$.Resources[0].title\n!$.Resources[0].meta"},
	{"excludedAttributes", "GET /Users?excludedAttributes=title,groups&filter=userName eq \"carol\"", 200, "!$.Resources[0].title\n!$.Resources[0].groups"},
	{"both are refused", "GET /Users?attributes=title&excludedAttributes=name", 400, `$.scimType "invalidValue"`},
	{"externalId is its IdP's own", "GET /Users?filter=userName eq \"ada@x.example\"", 200, "!$.Resources[0].externalId\n$.Resources[0].groups {\"$len\":2,\"$type\":\"array\"}"},
	{"nobody filters by it", "GET /Users?filter=externalId eq \"ext-ada\"", 400, `$.scimType "invalidFilter"`},
	{"groups", "GET /Groups?filter=displayName eq \"JIRA-users\"", 200, "$.totalResults 1\n$.Resources[0].members {\"$len\":2,\"$type\":\"array\"}"},
	{"groups without members", "GET /Groups?excludedAttributes=members", 200, "$.totalResults 2\n!$.Resources[0].members"},
	{"no such user", "GET /Users/00000000-0000-7000-8000-000000000000", 404, `$.status "404"`},
	{"what is no id", "GET /Users/none", 404, `$.status "404"`},
	{"no such path", "GET /Printers", 404, `$.status "404"`},
	{"me", "GET /Me", 501, `$.status "501"`},
	{"creating", "POST /Users", 403, `$.status "403"`},
	{"replacing", "PUT /Users/00000000-0000-7000-8000-000000000000", 403, `$.status "403"`},
	{"patching", "PATCH /Groups/00000000-0000-7000-8000-000000000000", 403, `$.status "403"`},
	{"deleting", "DELETE /Groups/00000000-0000-7000-8000-000000000000", 403, `$.status "403"`},
	{"bulk", "POST /Bulk", 403, `$.status "403"`},
}

func TestConsumersReadByTheProtocol(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		_, dir, _ := s.company(t)
		r := s.consumer(t, dir)
		for _, c := range consumerClaims {
			r.t = t
			answer := r.ask(c.asked, nil)
			if answer.Status != c.want {
				t.Errorf("%s: %s is %d %s, want %d", c.name, c.asked, answer.Status, excerpt(answer.Body), c.want)
				continue
			}
			if got := answer.Header.Get("Content-Type"); got != "application/scim+json" {
				t.Errorf("%s: the answer is %s", c.name, got)
			}
			for _, line := range strings.Split(c.lines, "\n") {
				checkLine(t, c.name, answer, line)
			}
		}
		if got := r.names("GET /Users?sortBy=userName&sortOrder=descending", "userName"); !slices.Equal(got, []string{"Dan", "carol", "bob@x.example", "ada@x.example"}) {
			t.Errorf("sorted: %v", got)
		}
		search := map[string]any{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:SearchRequest"}, "filter": `title eq "doctor"`, "attributes": []string{"userName"}}
		if found := r.ask("POST /Users/.search", search); found.Status != 200 || found.text(t, "$.Resources[0].userName") != "bob@x.example" {
			t.Errorf(".search: %d %s", found.Status, excerpt(found.Body))
		}
		if said := r.ask("POST /Users", nil).text(t, "$.detail"); !strings.Contains(said, "/scim/{connector}/v2") {
			t.Errorf("a write is told %q, which names no connector's base URL", said)
		}
		pageByCursor(t, r)
	})
}

// checkLine compares one place of an answer.
func checkLine(t *testing.T, name string, answer response, line string) {
	t.Helper()
	line, none := strings.CutPrefix(line, "!")
	path, text, _ := strings.Cut(line, " ")
	var want any = map[string]any{"$exists": false}
	if !none {
		var err error
		if want, err = decodeJSON([]byte(text)); err != nil {
			t.Fatalf("%s: the line %q has no JSON: %v", name, line, err)
		}
	}
	got, err := lookup(answer.value(t), path)
	if err == nil {
		err = match(got, want)
	}
	if err != nil {
		t.Errorf("%s: %s: %v in %s", name, line, err, excerpt(answer.Body))
	}
}

// pageByCursor reads all users by cursors of two.
func pageByCursor(t *testing.T, r reading) {
	t.Helper()
	var got []string
	for cursor, pages := "", 0; pages == 0 || cursor != ""; pages++ {
		page := r.ask("GET /Users?count=2&cursor="+cursor, nil)
		if page.Status != 200 || pages > 3 {
			t.Fatalf("a page by cursor: %d %s", page.Status, excerpt(page.Body))
		}
		got = append(got, texts(page.at(t, "$.Resources[*].userName").([]any))...)
		cursor, _ = page.at(t, "$.nextCursor").(string)
	}
	if !slices.Equal(got, []string{"ada@x.example", "bob@x.example", "carol", "Dan"}) {
		t.Errorf("by cursor: %v", got)
	}
}

func TestDeletedUsersAreNotThereForConsumers(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c := s.lone(t, wanted{Rules: map[string]any{"cleanup": map[string]any{"action": "delete"}}})
		dir := c.settings(t)["directory"].(string)
		ada, bob := c.user(t, "ada"), c.user(t, "bob")
		c.group(t, "staff", ada, bob)
		s.settled(t, dir)
		r := s.consumer(t, dir)
		id := r.ask(`GET /Groups?filter=displayName eq "staff"`, nil).text(t, "$.Resources[0].id")
		before := r.ask("GET /Groups/"+id, nil).Header.Get("ETag")
		bobID := r.ask(`GET /Users?filter=userName eq "bob"`, nil).text(t, "$.Resources[0].id")
		c.scimOK(t, "DELETE", "/Users/"+bob, nil)
		s.settled(t, dir)
		if got := r.names("GET /Users", "userName"); !slices.Equal(got, []string{"ada"}) {
			t.Errorf("users: %v", got)
		}
		if answer := r.ask("GET /Users/"+bobID, nil); answer.Status != 404 {
			t.Errorf("the deleted user: %d", answer.Status)
		}
		after := r.ask("GET /Groups/"+id, nil, "If-None-Match", before)
		if after.Status != 200 || len(after.at(t, "$.members").([]any)) != 1 {
			t.Errorf("the group is %d %s", after.Status, excerpt(after.Body))
		}
		if found := r.ask(`GET /Groups?filter=members.value eq "`+bobID+`"`, nil); plainText(found.at(t, "$.totalResults")) != "0" {
			t.Errorf("a group is found by its deleted member: %s", excerpt(found.Body))
		}
	})
}

func TestVersionsOfConsumersMoveWithWhatTheyShow(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		c, dir, ids := s.company(t)
		r := s.consumer(t, dir)
		dan := r.ask(`GET /Users?filter=userName eq "dan"`, nil).text(t, "$.Resources[0].id")
		jira := r.ask(`GET /Groups?filter=displayName eq "jira-users"`, nil).text(t, "$.Resources[0].id")
		paths := []string{"/Users/" + dan, "/Groups/" + jira}
		tags := map[string]string{}
		last := lastOf(t, r)
		for _, path := range paths {
			first := r.ask("GET "+path, nil)
			tags[path] = first.Header.Get("ETag")
			if first.text(t, "$.meta.version") != tags[path] {
				t.Errorf("%s has the ETag %s and the version %s", path, tags[path], first.text(t, "$.meta.version"))
			}
			if again := r.ask("GET "+path, nil, "If-None-Match", tags[path]); again.Status != 304 || len(again.Body) != 0 {
				t.Errorf("%s again: %d", path, again.Status)
			}
		}
		c.scimOK(t, "PATCH", "/Groups/"+ids["jira-users"], patch(map[string]any{"op": "add", "path": "members", "value": []any{map[string]any{"value": ids["Dan"]}}}))
		s.settled(t, dir)
		for _, path := range paths {
			if again := r.ask("GET "+path, nil, "If-None-Match", tags[path]); again.Status != 200 || again.text(t, "$.meta.lastModified") <= last {
				t.Errorf("%s after a membership came: %d, %s", path, again.Status, excerpt(again.Body))
			}
		}
		for kind, want := range map[string]string{"Users": "Dan", "Groups": "jira-users"} {
			name := map[string]string{"Users": "userName", "Groups": "displayName"}[kind]
			if got := r.names(`GET /`+kind+`?filter=meta.lastModified gt "`+last+`"`, name); !slices.Contains(got, want) || len(got) > 2 {
				t.Errorf("%s that changed since: %v", kind, got)
			}
			if got := r.names(`GET /`+kind+`?filter=meta.lastModified le "`+last+`"`, name); slices.Contains(got, want) {
				t.Errorf("%s that did not: %v", kind, got)
			}
			if got := r.names(`GET /`+kind+`?sortBy=meta.lastModified&sortOrder=descending&count=1`, name); got[0] != want {
				t.Errorf("the last of %s is %v", kind, got)
			}
		}
	})
}

// lastOf is a moment after everything that a consumer sees last changed: times are shown to the
// millisecond, and are finer.
func lastOf(t *testing.T, r reading) string {
	t.Helper()
	times := append(r.names("GET /Users", "meta.lastModified"), r.names("GET /Groups", "meta.lastModified")...)
	at, err := time.Parse(time.RFC3339, slices.Max(times))
	if err != nil {
		t.Fatal(err)
	}
	return at.Add(time.Millisecond).Format("2006-01-02T15:04:05.000Z")
}
