package e2e

import (
	"encoding/base64"
	"fmt"
	"strings"
)

// Lines 33 to 46 of SCIM 1.1: lists and filters, groups, Bulk, errors, credentials and rules.

var oldLists = []claim{
	{"line 33 a list has numbers, an array and the core schema", func(p *probe) {
		p.people()
		p.ask("GET /Users?startIndex=2&count=2", "", 200, `$.schemas ["`+oldCore+`"]`, "$.totalResults 4", "$.itemsPerPage 2", "$.startIndex 2", `$.Resources {"$type":"array","$len":2}`)
		p.ask("GET /Groups", "", 200, `$.schemas ["`+oldCore+`"]`, "$.totalResults 0", "$.Resources []")
	}},
	{"line 34 a page of one has the whole total", func(p *probe) {
		p.people()
		p.ask("GET /Users?count=1&startIndex=1", "", 200, "$.totalResults 4", `$.Resources {"$len":1}`)
	}},
	{"line 35 no hit is 200 with an empty array", func(p *probe) {
		p.ask(`GET /Users?filter=userName eq "x"`, "", 200, "$.totalResults 0", "$.Resources []")
	}},
	filtered("line 36 the operators of 1.1 work, and those of 2.0 too", hits{
		`userName eq "carol"`: {carol}, `userName co "example"`: {ada, bob}, `userName sw "bob"`: {bob}, `title pr`: {ada, carol, dan},
		`userName gt "bob@y.example"`: {carol, dan}, `userName ge "bob@y.example"`: {bob, carol, dan}, `userName lt "bob@y.example"`: {ada}, `userName le "bob@y.example"`: {ada, bob},
		`title eq "Doctor" or userName eq "Dan"`: {carol, dan}, `title pr and (userName eq "Dan" or userName eq "bob@y.example")`: {dan},
		`userName ne "carol"`: {ada, bob, dan}, `userName ew "x.example"`: {ada}, `not (title pr)`: {bob}, `emails[type eq "work"]`: {ada, bob}}),
	{"line 37 what is no filter is 400", func(p *probe) {
		refused(p, "someone@example.com", "userName", `userName "a"`, "eq", "(")
	}},
	filtered("line 38 userName without case, and enterprise attributes by their URN", hits{
		`userName eq "ada@X.example"`: {ada}, oldEnterprise + `:employeeNumber eq "7"`: {ada}, oldEnterprise + `:manager.managerId eq "m-1"`: {ada}, `urn:scim:schemas:core:1.0:userName eq "Dan"`: {dan}}),
	{"line 39 attributes narrow, and lists are sorted", func(p *probe) {
		p.people()
		answer := p.ask(`GET /Users?attributes=userName,name.givenName&filter=userName eq "`+ada+`"`, "", 200, `$.Resources[0].userName "`+ada+`"`, `$.Resources[0].name {"givenName":"Ada"}`, `$.Resources[0].schemas ["`+oldCore+`"]`)
		if resource := answer.at(p.t, "$.Resources[0]").(map[string]any); len(resource) != 4 || resource["id"] == "" {
			p.t.Errorf("two attributes of a user are %s", compact(resource))
		}
		p.lists("/Users?sortBy=userName", ada, bob, carol, dan)
		p.lists("/Users?sortBy=userName&sortOrder=descending", dan, carol, bob, ada)
		p.ask("GET /Users?attributes="+oldEnterprise+":department&filter=userName+eq+%22"+ada+"%22", "", 200, `$.Resources[0]['`+oldEnterprise+`'] {"department":"Research"}`)
	}},
	{"line 40 startIndex below 1 is 1, and count is cut to the maximum", func(p *probe) {
		p.people()
		for _, start := range []string{"0", "-3"} {
			p.ask("GET /Users?startIndex="+start, "", 200, "$.startIndex 1", `$.Resources {"$len":4}`)
		}
		p.ask("GET /Users?count=100000", "", 200, "$.itemsPerPage 4")
	}},
}

var oldRest = []claim{
	{"line 41 groups are created, read, replaced and deleted", func(p *probe) {
		p.ask("GET /Groups", "", 200, "$.totalResults 0")
		a, b := p.person("a"), p.person("b")
		p.ask("POST /Groups", `{"schemas":["`+oldCore+`"],"members":[]}`, 400)
		answer := p.ask("POST /Groups", `{"schemas":["`+oldCore+`","urn:okta:custom:group:1.0"],"displayName":"g","urn:okta:custom:group:1.0":{"description":"D"},"members":[{"value":"`+a+`","display":"a"}]}`, 201,
			`$.displayName "g"`, `$.members[*].value ["`+a+`"]`, `$['urn:okta:custom:group:1.0'].description "D"`)
		path := "/Groups/" + answer.text(p.t, "$.id")
		p.ask("GET "+path, "", 200, `$.displayName "g"`, `$.members[0].display "a"`)
		p.ask("PUT "+path, `{"schemas":["`+oldCore+`"],"displayName":"h","members":[{"value":"`+b+`"}]}`, 200, `$.displayName "h"`, `$.members[*].value ["`+b+`"]`)
		p.finds(`/Groups?filter=displayName eq "H"`, "h")
		p.ask("POST /Groups", `{"displayName":"H"}`, 409)
		p.ask("DELETE "+path, "", 204)
		p.finds("/Groups")
	}},
	{"line 42 an error has Errors and a detail", func(p *probe) {
		for line, status := range map[string]int{"GET /nowhere": 404, "GET /Users/x": 404, "PUT /Users": 405, "POST /Users": 400, "GET /Users?filter=x": 400, "GET /Users?count=x": 400} {
			answer := p.ask(line, `{}`, status, `$.Errors[0].code "`+fmt.Sprint(status)+`"`)
			if answer.text(p.t, "$.Errors[0].description") != answer.text(p.t, "$.detail") {
				p.t.Errorf("%s: %s", line, answer.Body)
			}
		}
		for _, path := range []string{"/Users/%2e%2e", "/Users%2F1"} { // refused before any handler
			answer := p.must(p.t, request{Method: "GET", Target: p.root() + path, Header: p.header})
			if answer.Status != 404 || answer.at(p.t, "$.Errors[0].code") != "404" {
				p.t.Errorf("%s: %d %s", path, answer.Status, answer.Body)
			}
		}
	}},
	{"line 43 Bulk answers with statuses of code and description, and resolves bulkIds", func(p *probe) {
		p.bulk(0, `{"method":"POST","path":"/Groups","bulkId":"g","data":{"schemas":["`+oldCore+`"],"displayName":"g","members":[{"value":"bulkId:u"}]}},`+
			`{"method":"POST","path":"/Users","bulkId":"u","data":{"schemas":["`+oldCore+`"],"userName":"a","emails":[{"value":"1"},{"value":"2"}]}},{"method":"POST","path":"/Users","bulkId":"v","data":{}},`+
			`{"method":"PATCH","path":"/Users/bulkId:u","data":{"title":"T","emails":[{"value":"1","operation":"delete"}]}},{"method":"DELETE","path":"/Groups/bulkId:g"}`,
			`$.schemas ["`+oldCore+`"]`, `$.Operations[*].status.code ["201","201","400","200","204"]`, `$.Operations[2].status.description {"$type":"string"}`, `$.Operations[0].status.description absent`,
			`$.Operations[*].method ["POST","POST","POST","PATCH","DELETE"]`, `$.Operations[0].location {"$regex":"^{{base}}/Groups/"}`, `$.Operations[1].bulkId "u"`, `$.Operations[1].version {"$type":"string"}`)
		p.ask("GET /Users", "", 200, `$.Resources[*].title ["T"]`, `$.Resources[0].emails[*].value ["2"]`)
		operations := `{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"b"}},{"method":"POST","path":"/Users","bulkId":"2","data":{}},{"method":"POST","path":"/Users","bulkId":"3","data":{"userName":"c"}}`
		p.bulk(1, operations, `$.Operations[*].status.code ["201","400"]`)
		p.finds("/Users", "a", "b")
	}},
	{"line 44 Bulk beyond its limits is 413", func(p *probe) {
		var operations []string
		for i := range 1_001 {
			operations = append(operations, fmt.Sprintf(`{"method":"POST","path":"/Users","bulkId":"%d","data":{"userName":"u%d"}}`, i, i))
		}
		p.ask("POST /Bulk", `{"Operations":[`+strings.Join(operations, ",")+`]}`, 413)
		p.ask("POST /Bulk", `{"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"u","title":"`+strings.Repeat("x", 8<<20)+`"}}]}`, 413)
		p.finds("/Users")
	}},
	{"line 45 without a valid credential it is 401, and Basic and Bearer both work", func(p *probe) {
		c := p.lone(p.t, wanted{Basic: true}).over(p.version)
		q := probeOf(p.t, c)
		for _, header := range []string{"", "Bearer wrong", "Bearer " + p.Token, "Basic " + base64.StdEncoding.EncodeToString([]byte("admin:"))} {
			answer := q.with("Authorization", header).ask("GET /Users", "", 401, `$.Errors[0].code "401"`)
			if schemes := strings.Join(answer.Header.Values("WWW-Authenticate"), ", "); !strings.Contains(schemes, "Bearer ") || !strings.Contains(schemes, "Basic ") {
				p.t.Errorf("WWW-Authenticate is %q", schemes)
			}
		}
		for _, header := range []string{"Bearer " + c.Token, "Basic " + c.Basic} {
			q.with("Authorization", header).ask("GET /Users", "", 200)
		}
	}},
	{"line 46 the rules act as on 2.0", func(p *probe) {
		for _, version := range []string{"1.1", "2.0"} {
			q := p.ruled(`{"onlyAssign":["jira-.*","vpn-.*"],"neverAssign":[".*-admins"],"alwaysAssign":["everyone"],"neverRemove":["vpn-.*"],"cleanup":{"action":"disable"}}`)
			q = probeOf(q.t, q.connector.over(version))
			id := q.person("ada")
			groups := map[string]string{}
			for _, name := range []string{"jira-users", "jira-admins", "wiki", "vpn-users"} {
				groups[name] = q.team(name, id)
			}
			q.inGroups(version, "ada", "everyone", "jira-users", "vpn-users")
			for _, name := range []string{"jira-users", "vpn-users"} {
				q.scimOK(q.t, "PATCH", "/Groups/"+groups[name], patch(removeMember(id)))
			}
			q.inGroups(version, "ada", "everyone", "vpn-users")
			q.ask("GET /Groups/"+groups["vpn-users"], "", 200, "$.members []")
			q.ask("DELETE /Users/"+id, "", 204)
			q.settled(q.t, q.directoryName())
			if user := findUser(q.t, q.server, q.directoryName(), "ada"); user == nil || user["status"] != "disabled" {
				q.t.Errorf("over %s, cleanup left %s", version, compact(user))
			}
		}
	}},
}

func (p *probe) directoryName() string {
	p.t.Helper()
	return p.settings(p.t)["directory"].(string)
}

// inGroups expects a user of the directory to be in exactly these groups.
func (p *probe) inGroups(version, user string, names ...string) {
	p.t.Helper()
	p.settled(p.t, p.directoryName())
	if got := groupsOf(findUser(p.t, p.server, p.directoryName(), user)); fmt.Sprint(got) != fmt.Sprint(names) {
		p.t.Errorf("over %s, %s is in %v, want %v", version, user, got, names)
	}
}
