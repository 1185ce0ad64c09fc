package e2e

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Lines 91 to 118: PUT and PATCH.

var replacementClaims = []claim{
	{"91 a PUT replaces: what it leaves out is gone", func(p *probe) {
		id := p.person("a", `"title":"T","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"1"},{"value":"2"}],"{{enterprise}}":{"department":"R"}`)
		p.ask("PUT /Users/"+id, `{"schemas":["{{user}}"],"userName":"a","name":{"givenName":"H"},"emails":[{"value":"3"}]}`, 200,
			"$.title absent", `$.name {"givenName":"H"}`, `$.emails [{"value":"3"}]`, `$['{{enterprise}}'] absent`)
		p.ask("GET /Users/"+id, "", 200, "$.title absent", `$.emails [{"value":"3"}]`)
	}},
	{"92 a PUT never creates", func(p *probe) {
		p.ask("PUT /Users/00000000-0000-4000-8000-000000000001", `{"userName":"a"}`, 404)
		p.ask("PUT /Groups/mine", `{"displayName":"g"}`, 404)
		p.finds("/Users")
	}},
	{"93 read-only values in a PUT are ignored, another resource's id is mutability", func(p *probe) {
		id, other := p.person("a"), p.person("b")
		p.ask("PUT /Users/"+id, `{"userName":"a","id":"`+id+`","meta":{"created":"1999-01-01T00:00:00Z"},"groups":[{"value":"g"}]}`, 200,
			"$.id "+show(id), "$.groups []", `$.meta.created {"$regex":"^20"}`)
		p.ask("PUT /Users/"+id, `{"userName":"a","id":"their-own-id"}`, 200, "$.id "+show(id))
		p.unchanged(func() {
			p.ask("PUT /Users/"+id, `{"userName":"a","title":"X","id":"`+other+`"}`, 400, `$.scimType "mutability"`)
		})
	}},
	{"94 a PUT that must not be changes nothing", func(p *probe) {
		id, group := p.person("a"), p.team("g")
		p.person("taken")
		p.team("Taken")
		p.unchanged(func() {
			p.ask("PUT /Users/"+id, `{"title":"X"}`, 400, `$.scimType "invalidValue"`)
			p.ask("PUT /Users/"+id, `{"userName":"TAKEN","title":"X"}`, 409, `$.scimType "uniqueness"`)
			p.ask("PUT /Groups/"+group, `{"members":[]}`, 400, `$.scimType "invalidValue"`)
			p.ask("PUT /Groups/"+group, `{"displayName":"taken"}`, 409, `$.scimType "uniqueness"`)
		})
	}},
	{"95 a PUT without active leaves it", func(p *probe) {
		id := p.person("a", `"active":false,"externalId":"e"`)
		p.ask("PUT /Users/"+id, `{"userName":"a"}`, 200, "$.active false", "$.externalId absent")
		p.ask("PUT /Users/"+id, `{"userName":"a","active":true}`, 200, "$.active true")
	}},
	{"96 a PUT of what was just read changes nothing", func(p *probe) {
		id := p.person("a", `"title":"T","emails":[{"value":"e","type":"work","primary":true}],"{{enterprise}}":{"department":"R"}`)
		for _, path := range []string{"/Groups/" + p.team("g", id), "/Users/" + id} {
			read := p.ask("GET "+path, "", 200)
			if again := p.ask("PUT "+path, string(read.Body), 200); string(again.Body) != string(read.Body) {
				p.t.Errorf("%s changed\n\tfrom %s\n\tto   %s", path, read.Body, again.Body)
			}
		}
	}},
	{"97 a PUT of a group without members empties it, and one may have very many", func(p *probe) {
		id := p.team("g", p.person("a"))
		p.ask("PUT /Groups/"+id, `{"displayName":"g"}`, 200, "$.members []")
		ids := make([]string, 50_000)
		for i := range ids {
			ids[i] = fmt.Sprintf("unknown-%d", i)
		}
		p.ask("PUT /Groups/"+id+"?attributes=displayName", `{"displayName":"g","members":`+memberList(ids...)+`}`, 200)
		p.finds(`/Groups?excludedAttributes=members&filter=members eq "unknown-49999"`, "g")
	}},
}

var patchClaims = []claim{
	{"98 op is read without case, Operations must be an array, and a strict connector wants the schema", func(p *probe) {
		id := "/Users/" + p.person("a")
		p.patch(id, `{"op":"Add","path":"title","value":"T"},{"op":"REPLACE","path":"nickName","value":"N"}`, 200, `$.title "T"`, `$.nickName "N"`)
		p.ask("PATCH "+id, `{"Operations":[]}`, 200)
		p.ask("PATCH "+id, `{"Operations":[{"op":"replace","path":"title","value":"U"}]}`, 200, `$.title "U"`)
		for _, body := range []string{`{}`, `{"Operations":7}`, `{"Operations":[7]}`, `{"Operations":[{"op":"move","path":"title"}]}`} {
			p.ask("PATCH "+id, body, 400, `$.scimType "invalidSyntax"`)
		}
		p.strict()
		p.ask("PATCH "+id, `{"Operations":[{"op":"replace","path":"title","value":"U"}]}`, 400, `$.scimType "invalidValue"`)
		p.patch(id, "", 400, `$.scimType "invalidValue"`)
	}},
	{"99 a PATCH answers a user with the body, a group without unless attributes ask", func(p *probe) {
		user, group := "/Users/"+p.person("a"), "/Groups/"+p.team("g")
		p.patch(user, `{"op":"add","path":"title","value":"T"}`, 200, `$.title "T"`)
		p.patch(group, `{"op":"replace","path":"displayName","value":"h"}`, 204)
		p.patch(group+"?attributes=displayName", `{"op":"replace","path":"displayName","value":"i"}`, 200, `$.displayName "i"`)
	}},
	{"100 a PATCH is done whole, in order, or not at all", func(p *probe) {
		member := p.person("member")
		p.team("taken")
		user, group := "/Users/"+p.person("a", `"title":"T"`), "/Groups/"+p.team("g")
		good := `{"op":"replace","path":"title","value":"U"},{"op":"add","path":"nickName","value":"N"},`
		p.unchanged(func() {
			for operation, scimType := range map[string]string{
				`{"op":"replace","path":"emails[","value":"x"}`: "invalidPath", `{"op":"replace","path":"userName","value":""}`: "invalidValue",
				`{"op":"remove"}`: "noTarget", `{"op":"replace","path":"id","value":"x"}`: "mutability",
			} {
				p.patch(user, good+operation+`,{"op":"add","path":"locale","value":"en"}`, 400, `$.scimType `+show(scimType))
			}
			p.patch(group, `{"op":"add","path":"members","value":[{"value":"`+member+`"}]},{"op":"replace","path":"displayName","value":"Taken"}`, 409)
		})
		p.patch(user, `{"op":"remove","path":"title"},{"op":"add","path":"title","value":"V"},{"op":"add","path":"emails","value":[{"value":"e","type":"work"}]},{"op":"replace","path":"emails[type eq \"work\"].value","value":"f"}`, 200,
			`$.title "V"`, `$.emails [{"value":"f","type":"work"}]`)
	}},
	{"101 add without a path merges an object, with URNs and dotted names as keys", func(p *probe) {
		id := "/Users/" + p.person("a", `"emails":[{"value":"1"}],"name":{"familyName":"F"}`)
		p.patch(id, `{"op":"add","value":{"title":"T","emails":[{"value":"2"}],"name.givenName":"G","{{enterprise}}:department":"R","{{enterprise}}":{"costCenter":"C"}}}`, 200,
			`$.title "T"`, `$.emails[*].value ["1","2"]`, `$.name {"familyName":"F","givenName":"G"}`, `$['{{enterprise}}'] {"department":"R","costCenter":"C"}`)
	}},
	{"102 add replaces one value, appends to several and merges a complex one", func(p *probe) {
		id := "/Users/" + p.person("a", `"title":"T","emails":[{"value":"1"}],"name":{"familyName":"F"}`)
		p.patch(id, `{"op":"add","path":"title","value":"U"},{"op":"add","path":"emails","value":[{"value":"2"}]},{"op":"add","path":"name","value":{"givenName":"G"}}`, 200,
			`$.title "U"`, `$.emails[*].value ["1","2"]`, `$.name {"familyName":"F","givenName":"G"}`)
		p.patch(id, `{"op":"add","path":"title"}`, 400, `$.scimType "invalidValue"`)
	}},
	{"103 adding what is there changes nothing", func(p *probe) {
		id := p.person("a", `"title":"T","emails":[{"value":"1","type":"work"}]`)
		group := p.team("g", id)
		p.unchanged(func() {
			p.patch("/Users/"+id, `{"op":"add","path":"title","value":"T"},{"op":"add","path":"emails","value":[{"value":"1","type":"work"}]}`, 200)
			p.patch("/Groups/"+group, `{"op":"add","path":"members","value":[{"value":"`+id+`"}]}`, 204)
		})
	}},
	{"104 remove needs a path, to what may be removed", func(p *probe) {
		user, group := "/Users/"+p.person("a"), "/Groups/"+p.team("g")
		p.patch(user, `{"op":"remove"}`, 400, `$.scimType "noTarget"`)
		for _, path := range []string{"userName", "id", "groups", "meta.created"} {
			p.patch(user, `{"op":"remove","path":"`+path+`"}`, 400, `$.scimType "mutability"`)
		}
		p.patch(group, `{"op":"remove","path":"displayName"}`, 400, `$.scimType "mutability"`)
	}},
	{"105 remove takes what its path names, and nothing is no error", func(p *probe) {
		id := "/Users/" + p.person("a", `"emails":[{"value":"w","type":"work","display":"W"},{"value":"h","type":"home"}]`)
		p.patch(id, `{"op":"remove","path":"emails[type eq \"other\"]"},{"op":"remove","path":"title"}`, 200, `$.emails {"$len":2}`)
		p.patch(id, `{"op":"remove","path":"emails[type eq \"work\"].display"}`, 200, `$.emails[0] {"value":"w","type":"work"}`)
		p.patch(id, `{"op":"remove","path":"emails[type eq \"home\"]"}`, 200, `$.emails[*].value ["w"]`)
		p.patch(id, `{"op":"remove","path":"emails"}`, 200, "$.emails absent")
		p.strict().patch(id, `{"op":"remove","path":"emails[type eq \"other\"]"}`, 400, `$.scimType "noTarget"`)
	}},
	{"107 replace of what is absent adds it, and a value path makes its entry unless strict", func(p *probe) {
		id := "/Users/" + p.person("a")
		p.patch(id, `{"op":"replace","path":"title","value":"T"},{"op":"replace","path":"emails[type eq \"work\"].value","value":"w"}`, 200,
			`$.title "T"`, `$.emails [{"value":"w","type":"work"}]`)
		p.patch(id, `{"op":"replace","path":"emails[type sw \"ho\"].value","value":"h"}`, 400, `$.scimType "noTarget"`)
		p.strict().patch(id, `{"op":"replace","path":"emails[type eq \"home\"].value","value":"h"}`, 400, `$.scimType "noTarget"`)
	}},
	{"109 a new primary value takes the mark from the others", func(p *probe) {
		id := "/Users/" + p.person("a", `"emails":[{"value":"1","type":"work","primary":true},{"value":"2","type":"home"}]`)
		for operation, primary := range map[string]string{
			`{"op":"add","path":"emails","value":[{"value":"3","type":"other","primary":true}]}`: "3",
			`{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`:            "2",
			`{"op":"replace","path":"emails[value eq \"1\"]","value":{"primary":true}}`:          "1",
		} {
			answer := p.patch(id, operation, 200, `$.emails[primary=true].value `+show(primary))
			if n := strings.Count(string(answer.Body), `"primary":true`); n != 1 {
				p.t.Errorf("%s: %d values are primary, want one: %s", operation, n, answer.Body)
			}
		}
	}},
	{"110 a path to what is the server's is mutability, a broken one invalidPath, an unknown one ignored unless strict", func(p *probe) {
		id := "/Users/" + p.person("a")
		for _, path := range []string{"id", "meta.created", "meta", "groups", "schemas"} {
			p.patch(id, `{"op":"replace","path":"`+path+`","value":"x"}`, 400, `$.scimType "mutability"`)
		}
		p.patch(id, `{"op":"remove","path":"schemas"}`, 400, `$.scimType "mutability"`)
		for _, path := range []string{"emails[", `emails[type eq]`, "][", "name..givenName", "title[type eq \\\"a\\\"]"} {
			p.patch(id, `{"op":"replace","path":"`+path+`","value":"x"}`, 400, `$.scimType "invalidPath"`)
		}
		mistyped := `{"op":"replace","path":"naem.givenName","value":"x"},{"op":"replace","path":"title","value":"T"}`
		p.patch(id, mistyped, 200, `$.title "T"`, "$.naem absent")
		p.strict().patch(id, mistyped, 400, `$.scimType "invalidPath"`)
	}},
	{"111 paths are read without case, and with URNs", func(p *probe) {
		id := "/Users/" + p.person("a")
		p.patch(id, `{"op":"add","path":"NAME.givenname","value":"G"},{"op":"add","path":"{{user}}:title","value":"T"},{"op":"add","path":"{{enterprise}}:manager","value":{"value":"m"}},{"op":"replace","path":"{{enterprise}}:manager.value","value":"n"},{"op":"add","path":"`+strings.ToUpper(enterpriseSchema)+`:Department","value":"R"}`, 200,
			`$.name.givenName "G"`, `$.title "T"`, `$['{{enterprise}}'] {"manager":{"value":"n"},"department":"R"}`)
	}},
	{"112 a manager is an object or an id, and nothing removes it", func(p *probe) {
		id := "/Users/" + p.person("a")
		for _, set := range []string{`{"value":"m"}`, `"m"`} {
			for _, clear := range []string{`""`, `{"value":""}`, `null`} {
				p.patch(id, `{"op":"replace","path":"{{enterprise}}:manager","value":`+set+`}`, 200, `$['{{enterprise}}'].manager.value "m"`)
				p.patch(id, `{"op":"replace","path":"{{enterprise}}:manager","value":`+clear+`}`, 200, `$['{{enterprise}}'] absent`)
			}
		}
	}},
	{"113 every way of saying active works, and again is nothing new", func(p *probe) {
		id := "/Users/" + p.person("a", `"active":true`)
		for _, off := range []string{`{"op":"replace","path":"active","value":false}`, `{"op":"Replace","path":"active","value":"False"}`, `{"op":"replace","value":{"active":false}}`} {
			version := p.patch(id, off, 200, "$.active false").text(p.t, "$.meta.version")
			p.patch(id, off, 200, "$.active false", "$.meta.version "+show(version))
			p.patch(id, `{"op":"replace","path":"active","value":true}`, 200, "$.active true")
		}
	}},
	{"114 a userName may change its case, and never become another's", func(p *probe) {
		id := "/Users/" + p.person("ada")
		p.person("bob")
		p.unchanged(func() {
			p.patch(id, `{"op":"replace","path":"title","value":"X"},{"op":"replace","path":"userName","value":"BOB"}`, 409, `$.scimType "uniqueness"`)
		})
		p.patch(id, `{"op":"replace","path":"userName","value":"ADA"}`, 200, `$.userName "ADA"`)
	}},
	{"118 null clears in a PATCH without a path", func(p *probe) {
		id := "/Users/" + p.person("a", `"title":"T","name":{"givenName":"G","familyName":"F"}`)
		p.patch(id, `{"op":"replace","value":{"title":null,"name":{"givenName":null}}}`, 200, "$.title absent", `$.name {"familyName":"F"}`)
		p.finds("/Users?filter=title pr")
	}},
}

var memberPatchClaims = []claim{
	{"106 remove of members with a value takes just those", func(p *probe) {
		a, b, c := p.person("a"), p.person("b"), p.person("c")
		id := "/Groups/" + p.team("g", a, b, c)
		p.patch(id, `{"op":"remove","path":"members","value":[{"value":"`+a+`"}]}`, 204)
		p.patch(id, `{"op":"remove","path":"members[value eq \"`+b+`\"]"}`, 204)
		p.ask("GET "+id, "", 200, "$.members[*].value ["+show(c)+"]")
	}},
	{"108 replace of members replaces them all", func(p *probe) {
		a, b := p.person("a"), p.person("b")
		id := "/Groups/" + p.team("g", a)
		p.patch(id, `{"op":"replace","path":"members","value":`+memberList(b)+`}`, 204)
		p.ask("GET "+id, "", 200, "$.members[*].value ["+show(b)+"]")
		p.patch(id, `{"op":"replace","path":"members","value":[]}`, 204)
		p.ask("GET "+id, "", 200, "$.members []")
	}},
	{"115 a member is in a group once, however often it is added", func(p *probe) {
		a := p.person("a")
		id := "/Groups/" + p.team("g", a, a)
		var senders sync.WaitGroup
		for range 8 {
			senders.Go(func() {
				answer, err := p.send(p.request(p.t, "PATCH", id, patch(addMembers(a, a), addMembers(a))))
				if err != nil || answer.Status != 204 {
					p.t.Errorf("adding a member again: %d %s %v", answer.Status, answer.Body, err)
				}
			})
		}
		senders.Wait()
		p.ask("GET "+id, "", 200, "$.members[*].value ["+show(a)+"]")
	}},
	{"116 an unknown member waits for its record, a group may be one, but not of itself", func(p *probe) {
		id, inner := p.team("g", "later@x.example"), p.team("inner")
		p.ask("GET /Groups/"+id, "", 200, `$.members [{"value":"later@x.example"}]`)
		user := p.person("later@x.example")
		p.ask("GET /Users/"+user, "", 200, `$.groups[*].display ["g"]`)
		p.patch("/Groups/"+id, `{"op":"add","path":"members","value":`+memberList(inner)+`}`, 204)
		p.ask("GET /Groups/"+id, "", 200, `$.members[value=`+inner+`].type "Group"`)
		p.unchanged(func() {
			p.patch("/Groups/"+id, `{"op":"add","path":"members","value":`+memberList(id)+`}`, 400, `$.scimType "invalidValue"`)
			p.patch("/Groups/"+inner, `{"op":"add","path":"members","value":`+memberList(id)+`}`, 400, `$.scimType "invalidValue"`)
		})
		p.strict().patch("/Groups/"+inner, `{"op":"add","path":"members","value":[{"value":"nobody"}]}`, 400, `$.scimType "invalidValue"`)
	}},
	{"117 a thousand operations, and ten thousand members in one, end inside an IdP's patience", func(p *probe) {
		id := "/Groups/" + p.team("g")
		var operations, many []string
		for i := range 1_000 {
			operations = append(operations, fmt.Sprintf(`{"op":"add","path":"members","value":[{"value":"op-%d"}]}`, i))
		}
		for i := range 10_000 {
			many = append(many, fmt.Sprintf("one-%d", i))
		}
		start := time.Now()
		p.patch(id, strings.Join(operations, ","), 204)
		p.patch(id, `{"op":"add","path":"members","value":`+memberList(many...)+`}`, 204)
		if took := time.Since(start); took > 40*time.Second { // Okta and Entra give up after 60 s
			p.t.Errorf("both together took %v", took)
		}
		members := texts(p.ask("GET "+id, "", 200).at(p.t, "$.members[*].value").([]any))
		if len(members) != 11_000 || !slices.Contains(members, "op-999") {
			p.t.Errorf("the group has %d members, want 11,000", len(members))
		}
	}},
}
