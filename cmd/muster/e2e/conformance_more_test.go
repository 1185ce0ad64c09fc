package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
)

// Lines 119 to 147: deleting, groups, versions, Bulk, errors and cursors.

var groupClaims = []claim{
	{"119 what is deleted is gone everywhere at once", func(p *probe) {
		id := p.person("a")
		group := p.team("g", id)
		p.ask("DELETE /Users/"+id, "", 204)
		for line, body := range map[string]string{"GET": "", "PUT": `{"userName":"a"}`, "PATCH": `{"Operations":[]}`, "DELETE": ""} {
			p.ask(line+" /Users/"+id, body, 404)
		}
		p.finds("/Users")
		p.finds(`/Users?filter=userName eq "a"`)
		p.ask("GET /Groups/"+group, "", 200, "$.members []")
		p.ask("DELETE /Groups/"+group, "", 204)
		p.finds("/Groups")
	}},
	{"120 a deleted user is disabled in the directory, and comes back with a new id", func(p *probe) {
		directory := p.settings(p.t)["directory"].(string)
		id := p.person("a")
		person := findUser(p.t, p.server, directory, "a")["id"]
		p.ask("DELETE /Users/"+id, "", 204)
		if user := findUser(p.t, p.server, directory, "a"); user["active"] != false || user["id"] != person {
			p.t.Errorf("after the delete the directory has %s", canonical(user))
		}
		p.ask("POST /Users", `{"userName":"a"}`, 201, `$.id {"$ne":`+show(id)+`}`)
		if user := findUser(p.t, p.server, directory, "a"); user["active"] != true || user["id"] != person {
			p.t.Errorf("after the new record the directory has %s", canonical(user))
		}
	}},
	{"121 a user shows its groups at once, and cannot write them", func(p *probe) {
		id := p.person("a")
		group := p.team("g", id)
		p.ask("GET /Users/"+id, "", 200, `$.groups [{"value":"`+group+`","$ref":"{{base}}/Groups/`+group+`","display":"g","type":"direct"}]`)
		p.ask("PUT /Users/"+id, `{"userName":"a","groups":[]}`, 200, `$.groups {"$len":1}`)
		p.patch("/Groups/"+group, `{"op":"remove","path":"members"}`, 204)
		p.ask("GET /Users/"+id, "", 200, "$.groups []")
	}},
	{"122 a member says what it is and where", func(p *probe) {
		user, inner := p.person("a"), p.team("inner")
		answer := p.ask("GET /Groups/"+p.team("g", user, inner), "", 200,
			`$.members[*].value {"$set":`+listed([]string{user, inner})+`}`,
			`$.members[value=`+user+`].$ref "{{base}}/Users/`+user+`"`, `$.members[value=`+user+`].type "User"`,
			`$.members[value=`+inner+`].$ref "{{base}}/Groups/`+inner+`"`, `$.members[value=`+inner+`].type "Group"`)
		for _, ref := range texts(answer.at(p.t, "$.members[*].$ref").([]any)) {
			p.ask("GET "+strings.TrimPrefix(ref, p.values["base"]), "", 200)
		}
	}},
	{"122b a member shows its name, the one it has now", func(p *probe) {
		user, inner := p.person("a", `"displayName":"Ada"`), p.team("inner")
		id := "/Groups/" + p.team("g", user, inner)
		p.ask("GET "+id, "", 200, `$.members[value=`+user+`].display "Ada"`, `$.members[value=`+inner+`].display "inner"`)
		p.patch("/Users/"+user, `{"op":"replace","path":"displayName","value":"Eva"}`, 200)
		p.patch("/Groups/"+inner, `{"op":"replace","path":"displayName","value":"core"}`, 204)
		for path, at := range map[string]string{id: "$", "/Groups?filter=displayName eq \"g\"": "$.Resources[0]"} {
			p.ask("GET "+path, "", 200, at+`.members[value=`+user+`].display "Eva"`, at+`.members[value=`+inner+`].display "core"`)
		}
	}},
	{"123 a displayName of a group is there once, in any case", func(p *probe) {
		p.team("Team")
		id := p.team("other")
		p.ask("POST /Groups", `{"displayName":"TEAM"}`, 409, `$.scimType "uniqueness"`)
		p.patch("/Groups/"+id, `{"op":"replace","path":"displayName","value":"team"}`, 409, `$.scimType "uniqueness"`)
	}},
	{"124 a new name of a group is seen at once, and keeps id and members", func(p *probe) {
		user := p.person("a")
		id := p.team("g", user)
		p.patch("/Groups/"+id, `{"op":"replace","path":"displayName","value":"h"}`, 204)
		p.ask("GET /Users/"+user, "", 200, `$.groups[0].display "h"`, "$.groups[0].value "+show(id))
		p.ask("GET /Groups/"+id, "", 200, `$.displayName "h"`, "$.members[0].value "+show(user))
	}},
	{"125 the IdP reads back what it said, whatever the rules drop", func(p *probe) {
		p.adminOK(p.t, "PUT", "/connectors/"+p.Slug+"/rules", map[string]any{"neverAssign": []string{".*"}})
		a, b := p.person("a"), p.person("b")
		id := p.team("g", a)
		said := func(members ...string) {
			want := `{"$set":` + listed(members) + `}`
			p.ask("GET /Groups/"+id, "", 200, "$.members[*].value "+want)
			p.ask("GET /Groups", "", 200, "$.Resources[0].members[*].value "+want)
			p.finds(`/Groups?filter=members eq "`+members[0]+`"`, "g")
		}
		said(a)
		p.patch("/Groups/"+id, `{"op":"add","path":"members","value":`+memberList(b)+`}`, 204)
		said(a, b)
		p.ask("PUT /Groups/"+id, `{"displayName":"g","members":`+memberList(b)+`}`, 200)
		said(b)
		user := findUser(p.t, p.server, p.settings(p.t)["directory"].(string), "b")
		if groups := groupsOf(user); len(groups) > 0 {
			p.t.Errorf("the directory lets the user into %v", groups)
		}
	}},
}

var versionClaims = []claim{
	{"126 If-Match guards PUT, PATCH and DELETE", func(p *probe) {
		path := "/Users/" + p.person("a")
		old := p.ask("GET "+path, "", 200).Header.Get("ETag")
		current := p.with("If-Match", old).patch(path, `{"op":"add","path":"title","value":"T"}`, 200).Header.Get("ETag")
		p.unchanged(func() {
			stale := p.with("If-Match", old)
			stale.ask("PUT "+path, `{"userName":"b"}`, 412)
			stale.patch(path, `{"op":"add","path":"title","value":"U"}`, 412)
			stale.ask("DELETE "+path, "", 412)
		})
		p.ask("PUT "+path, `{"userName":"a"}`, 200)
		p.with("If-Match", current).ask("DELETE "+path, "", 412)
		p.with("If-Match", "*").ask("DELETE "+path, "", 204)
	}},
	{"127 a version moves with every real change, and of two with one version one wins", func(p *probe) {
		path := "/Users/" + p.person("a")
		first := p.ask("GET "+path, "", 200).Header.Get("ETag")
		second := p.patch(path, `{"op":"add","path":"title","value":"T"}`, 200).Header.Get("ETag")
		third := p.patch(path, `{"op":"add","path":"title","value":"T"}`, 200).Header.Get("ETag")
		if first == second || second != third {
			p.t.Errorf("the versions are %s, after a change %s, after none %s", first, second, third)
		}
		statuses := make([]int, 2)
		var senders sync.WaitGroup
		for i := range statuses {
			senders.Go(func() {
				r := p.request(p.t, "PATCH", path, patch(map[string]any{"op": "replace", "path": "title", "value": fmt.Sprint(i)}))
				r.Header.Set("If-Match", third)
				if answer, err := p.send(r); err == nil {
					statuses[i] = answer.Status
				}
			})
		}
		senders.Wait()
		if slices.Sort(statuses); !slices.Equal(statuses, []int{200, 412}) {
			p.t.Errorf("two changes of one version were answered %v, want 200 and 412", statuses)
		}
	}},
	{"128 Bulk answers every operation, in order", func(p *probe) {
		id := p.person("old")
		p.bulk(0, `{"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"new"}},{"method":"POST","path":"/Users","bulkId":"v","data":{"userName":"NEW"}},{"method":"PATCH","path":"/Users/`+id+`","data":{"Operations":[{"op":"add","path":"title","value":"T"}]}},{"method":"DELETE","path":"/Users/`+id+`"}`,
			`$.schemas ["urn:ietf:params:scim:api:messages:2.0:BulkResponse"]`, `$.Operations[*].method ["POST","POST","PATCH","DELETE"]`, `$.Operations[*].status ["201","409","200","204"]`,
			`$.Operations[0].bulkId "u"`, `$.Operations[0].location {"$regex":"^http.*/Users/"}`, "$.Operations[0].response absent",
			`$.Operations[1].bulkId "v"`, "$.Operations[1].location absent", `$.Operations[1].response.scimType "uniqueness"`, `$.Operations[1].response.status "409"`,
			`$.Operations[2].location "{{base}}/Users/`+id+`"`, `$.Operations[3].location "{{base}}/Users/`+id+`"`)
		p.finds("/Users", "new")
	}},
	{"129 Bulk stops after failOnErrors, and undoes nothing", func(p *probe) {
		operations := `{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"%[1]s1"}},{"method":"POST","path":"/Users","bulkId":"2","data":{}},{"method":"POST","path":"/Users","bulkId":"3","data":{"userName":"%[1]s3"}}`
		p.bulk(1, fmt.Sprintf(operations, "a"), `$.Operations[*].status ["201","400"]`)
		p.finds("/Users", "a1")
		p.bulk(0, fmt.Sprintf(operations, "b"), `$.Operations[*].status ["201","400","201"]`)
		p.finds("/Users", "a1", "b1", "b3")
	}},
	{"130 a bulkId stands for what its operation makes, later ones too, but not in a circle", func(p *probe) {
		p.bulk(0, `{"method":"POST","path":"/Groups","bulkId":"g","data":{"displayName":"g","members":[{"value":"bulkId:u"}]}},{"method":"POST","path":"/Users","bulkId":"u","data":{"userName":"a"}},{"method":"PATCH","path":"/Users/bulkId:u","data":{"Operations":[{"op":"add","path":"title","value":"T"}]}}`,
			`$.Operations[*].status ["201","201","200"]`, `$.Operations[*].method ["POST","POST","PATCH"]`)
		p.ask(`GET /Users?filter=title eq "T"`, "", 200, `$.Resources[*].userName ["a"]`, `$.Resources[0].groups[*].display ["g"]`)
		p.bulk(0, `{"method":"POST","path":"/Groups","bulkId":"x","data":{"displayName":"x","members":[{"value":"bulkId:y"}]}},{"method":"POST","path":"/Groups","bulkId":"y","data":{"displayName":"y","members":[{"value":"bulkId:x"}]}}`,
			`$.Operations[*].status ["409","409"]`)
	}},
	{"131 Bulk beyond its limits is 413 and does nothing", func(p *probe) {
		one := `{"method":"POST","path":"/Users","bulkId":"%d","data":{"userName":"u%d"}}`
		var operations []string
		for i := range 1_001 {
			operations = append(operations, fmt.Sprintf(one, i, i))
		}
		p.ask("POST /Bulk", `{"schemas":["{{bulk}}"],"Operations":[`+strings.Join(operations, ",")+`]}`, 413)
		p.ask("POST /Bulk", `{"schemas":["{{bulk}}"],"Operations":[{"method":"POST","path":"/Users","bulkId":"1","data":{"userName":"u","title":"`+strings.Repeat("x", 8<<20)+`"}}]}`, 413)
		p.finds("/Users")
	}},
	{"132 every error is an Error", func(p *probe) {
		id := p.person("a")
		for line, status := range map[string]int{
			"GET /nowhere": 404, "GET /Users/x": 404, "PUT /Users": 405, "GET /Me": 501, "POST /Users": 400, "PATCH /Users/" + id: 400,
			"GET /Users?filter=x": 400, "GET /Users?cursor=x": 400, "GET /Users?count=x": 400, "GET /Schemas?filter=x": 403, "POST /Users/.search": 400,
		} {
			p.ask(line, `{}`, status, `$.status `+show(fmt.Sprint(status)), `$.schemas ["`+errorSchema+`"]`)
		}
		p.with("Content-Type", "text/xml").ask("POST /Users", "<x/>", 415)
		p.with("If-Match", `W/"99"`).ask("DELETE /Users/"+id, "", 412)
	}},
	{"133 bad input is never a 5xx, and no error shows the inside", func(p *probe) {
		user, group := "/Users/"+p.person("a"), "/Groups/"+p.team("g")
		for _, odd := range []string{`\u0000`, `\ud800`, "'", `"`, `\`, "%", "{", "[", "]", "..", ":", "$", "(", "9e999", "-0", strings.Repeat("a.", 50), strings.Repeat("[", 50), "\u202e", "\x7f"} {
			text := strings.Trim(show(odd), `"`)
			if strings.HasPrefix(odd, `\u`) {
				text = odd
			}
			for _, r := range [][2]string{
				{"POST /Users", `{"userName":"` + text + `"}`}, {"PUT " + user, `{"userName":"a","` + text + `":{"` + text + `":[1,{}]}}`},
				{"PATCH " + user, `{"Operations":[{"op":"replace","path":"` + text + `","value":1}]}`}, {"PATCH " + user, `{"Operations":[{"op":"add","value":{"` + text + `":"x"}}]}`},
				{"PATCH " + group, `{"Operations":[{"op":"add","path":"members","value":[{"value":"` + text + `"}]}]}`}, {"PATCH " + group, `{"Operations":[{"op":"remove","path":"members[value eq ` + text + `]"}]}`},
				{"POST /Users/.search", `{"schemas":["{{search}}"],"filter":"userName eq ` + text + `"}`}, {"POST /Groups/.search", `{"schemas":["{{search}}"],"filter":"` + text + `","sortBy":"` + text + `"}`},
				{"POST /Bulk", `{"Operations":[{"method":"` + text + `","path":"` + text + `","bulkId":"` + text + `","data":{"userName":7}}]}`},
			} {
				p.sound(r[0], r[1])
			}
		}
	}},
	{"134 after an error everything reads as before", func(p *probe) {
		user, group := "/Users/"+p.person("a", `"title":"T"`), "/Groups/"+p.team("g", p.person("b"))
		p.unchanged(func() {
			p.ask("POST /Users", `{"userName":"A"}`, 409)
			p.ask("PUT "+user, `{"userName":"b","title":"X"}`, 409)
			p.patch(user, `{"op":"replace","path":"title","value":"X"},{"op":"remove"}`, 400)
			p.ask("PUT "+group, `{"displayName":"","members":[]}`, 400)
			p.patch(group, `{"op":"remove","path":"members"},{"op":"replace","path":"displayName","value":7}`, 400)
			p.with("If-Match", `W/"99"`).ask("DELETE "+group, "", 412)
		})
	}},
}

// bulk sends operations, which has to be answered with 200.
func (p *probe) bulk(failOnErrors int, operations string, checks ...string) {
	p.t.Helper()
	p.ask("POST /Bulk", fmt.Sprintf(`{"schemas":["{{bulk}}"],"failOnErrors":%d,"Operations":[%s]}`, failOnErrors, operations), http.StatusOK, checks...)
}

// sound sends a request whose answer may be any that is well made.
func (p *probe) sound(line, body string) {
	p.t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r := request{Method: method, Target: p.root() + path, Header: p.header.Clone(), Body: []byte(fill(p.t, body, p.values, asIs))}
	answer := p.must(p.t, r)
	if problems := p.unsound(method, answer); len(problems) > 0 {
		p.t.Errorf("%s %s: %d %s\n\t%s", line, body, answer.Status, excerpt(answer.Body), strings.Join(problems, "\n\t"))
	}
}
