package e2e

import "strings"

// The forms of PATCH that identity providers send, by the numbers of the second table of
// docs/conformance.md: 38 to 58.

// boss is the start of a user who has something of everything.
const boss = `"title":"T","name":{"familyName":"F","givenName":"G"},"emails":[{"value":"w","type":"work","primary":true},{"value":"h","type":"home"}],"{{enterprise}}":{"department":"R","manager":{"value":"m"}}`

// acceptedOn makes a claim of operations on such a user and what is there after each.
func acceptedOn(name string, operations map[string]string) claim {
	return claim{name, func(p *probe) {
		for operation, want := range operations {
			p.patch("/Users/"+p.person("user-"+unique(), boss), operation, 200, strings.Split(want, "\n")...)
		}
	}}
}

// crewed is a group of three, and its members' ids.
func (p *probe) crewed() (path, a, b, c string) {
	p.t.Helper()
	a, b, c = p.person("a"), p.person("b"), p.person("c")
	return "/Groups/" + p.team("g", a, b, c), a, b, c
}

func (p *probe) members(path string, ids ...string) {
	p.t.Helper()
	p.ask("GET "+path, "", 200, `$.members[*].value {"$set":`+listed(ids)+`}`)
}

var acceptedPatches = []claim{
	acceptedOn("form 38 op in any case", map[string]string{
		`{"op":"Add","path":"nickName","value":"N"}`: `$.nickName "N"`, `{"op":"REPLACE","path":"title","value":"U"}`: `$.title "U"`, `{"op":"Remove","path":"title"}`: "$.title absent"}),
	{"form 39 operations in lower case", func(p *probe) {
		p.ask("PATCH /Users/"+p.person("a"), `{"schemas":["`+patchSchema+`"],"operations":[{"op":"add","path":"title","value":"T"}]}`, 200, `$.title "T"`)
	}},
	{"form 40 no schemas and no operations", func(p *probe) {
		user, group := "/Users/"+p.person("a"), "/Groups/"+p.team("g")
		p.unchanged(func() {
			p.ask("PATCH "+user, `{"Operations":[]}`, 200)
			p.ask("PATCH "+group, `{"Operations":[]}`, 204)
		})
		p.ask("PATCH "+user, `{"Operations":[{"op":"add","path":"title","value":"T"}]}`, 200, `$.title "T"`)
	}},
	acceptedOn("form 41 an object without a path, its keys of every sort", map[string]string{
		`{"op":"add","value":{"nickName":"N"}}`: `$.nickName "N"`, `{"op":"replace","value":{"name.givenName":"H"}}`: `$.name {"familyName":"F","givenName":"H"}`,
		`{"op":"Add","value":{"{{enterprise}}:costCenter":"C"}}`: `$['{{enterprise}}'].costCenter "C"`, `{"op":"replace","value":{"{{enterprise}}":{"department":"S"}}}`: `$['{{enterprise}}'].department "S"`,
		`{"op":"replace","value":{"emails[type eq \"work\"].value":"v"}}`: `$.emails[type=work].value "v"`}),
	{"form 42 an object without a path that repeats the whole resource", func(p *probe) {
		id := p.person("a")
		p.patch("/Users/"+id, `{"op":"replace","value":`+string(p.ask("GET /Users/"+id, "", 200).Body)+`}`, 200, `$.userName "a"`)
		group := p.team("g", id)
		p.patch("/Groups/"+group, `{"op":"replace","value":{"id":"`+group+`","schemas":["{{group}}"],"displayName":"h"}}`, 204)
		p.ask("GET /Groups/"+group, "", 200, `$.displayName "h"`, "$.members[*].value ["+show(id)+"]")
	}},
	acceptedOn("form 43 replace merges a complex attribute", map[string]string{
		`{"op":"replace","path":"name","value":{"givenName":"H"}},{"op":"replace","path":"name","value":{"familyName":"J"}}`: `$.name {"givenName":"H","familyName":"J"}`}),
	{"form 44 remove of members names whom", func(p *probe) {
		path, a, b, c := p.crewed()
		p.patch(path, `{"op":"Remove","path":"members","value":[{"$ref":null,"value":"`+a+`"}]}`, 204)
		p.members(path, b, c)
		p.patch(path, `{"op":"remove","path":"members","value":{"value":"`+b+`"}}`, 204)
		p.members(path, c)
		p.patch(path, `{"op":"remove","path":"members","value":"`+a+`"}`, 204)
		p.members(path, c)
		p.patch(path, `{"op":"remove","path":"members"}`, 204)
		p.members(path)
	}},
	{"form 45 a member named in brackets", func(p *probe) {
		path, a, b, c := p.crewed()
		p.patch(path, `{"op":"remove","path":"members[ value  EQ \"`+a+`\" ]"}`, 204)
		p.patch(path, `{"op":"remove","path":"members[value eq `+b+`]"}`, 204)
		p.patch(path, `{"op":"remove","path":"members[value eq \"nobody\"]"}`, 204)
		p.members(path, c)
		p.unchanged(func() {
			for _, by := range []string{`display ne \"a\"`, `not (display eq \"a\")`, `$ref pr`} { // taken for absent, they would name everybody
				p.patch(path, `{"op":"remove","path":"members[`+by+`]"}`, 400)
			}
		})
	}},
	{"form 46 a member who is there, added again", func(p *probe) {
		path, a, b, c := p.crewed()
		p.unchanged(func() {
			p.patch(path, `{"op":"add","path":"members","value":`+memberList(a, a)+`},{"op":"add","path":"members","value":`+memberList(a)+`}`, 204)
		})
		p.members(path, a, b, c)
	}},
	{"form 47 members inside members, and without a path", func(p *probe) {
		path, a, b, c := p.crewed()
		d, e := p.person("d"), p.person("e")
		p.patch(path, `{"op":"add","path":"members","value":{"members":`+memberList(d)+`}}`, 204)
		p.patch(path, `{"op":"add","value":{"members":`+memberList(e)+`}}`, 204)
		p.members(path, a, b, c, d, e)
	}},
	{"form 48 replace empties the members only when it names them", func(p *probe) {
		path, a, b, c := p.crewed()
		p.patch(path, `{"op":"replace","value":{"displayName":"h"}}`, 204)
		p.members(path, a, b, c)
		p.patch(path, `{"op":"replace","path":"members","value":[]}`, 204)
		p.members(path)
	}},
	acceptedOn("form 49 a value path without a match makes its entry", map[string]string{
		`{"op":"replace","path":"emails[type eq \"other\"].value","value":"o"}`:  `$.emails[type=other].value "o"`,
		`{"op":"Add","path":"addresses[type eq \"work\"].locality","value":"L"}`: `$.addresses [{"type":"work","locality":"L"}]`}),
	acceptedOn("form 50 remove of what is not there", map[string]string{
		`{"op":"remove","path":"emails[type eq \"other\"]"}`: `$.emails {"$len":2}`, `{"op":"remove","path":"nickName"}`: `$.title "T"`,
		`{"op":"remove","path":"addresses[type eq \"work\"].locality"}`: "$.addresses absent"}),
	acceptedOn("form 51 booleans in quotes in a value path", map[string]string{
		`{"op":"replace","path":"emails[primary eq \"True\"].value","value":"v"}`: `$.emails[type=work].value "v"`,
		`{"op":"Add","path":"roles[primary eq \"True\"].value","value":"Admin"}`:  `$.roles [{"value":"Admin","primary":true}]`}),
	acceptedOn("form 52 URNs in paths, old and new, with colon or dot", map[string]string{
		`{"op":"add","path":"{{enterprise}}:department","value":"S"}`: `$['{{enterprise}}'].department "S"`, `{"op":"add","path":"{{enterprise}}.department","value":"S"}`: `$['{{enterprise}}'].department "S"`,
		`{"op":"add","path":"urn:scim:schemas:extension:enterprise:1.0:department","value":"S"}`: `$['{{enterprise}}'].department "S"`,
		`{"op":"replace","path":"{{enterprise}}:manager.value","value":"n"}`:                     `$['{{enterprise}}'].manager.value "n"`, `{"op":"replace","path":"manager","value":"n"}`: `$['{{enterprise}}'].manager.value "n"`}),
	acceptedOn("form 53 replace by nothing removes", map[string]string{
		`{"op":"Replace","path":"{{enterprise}}:manager","value":""}`: `$['{{enterprise}}'].manager absent`, `{"op":"Replace","path":"title","value":null}`: "$.title absent", `{"op":"Add","path":"title","value":""}`: "$.title absent"}),
	acceptedOn("form 54 one value wrapped in an array", map[string]string{
		`{"op":"Replace","path":"title","value":[{"$ref":null,"value":"U"}]}`: `$.title "U"`, `{"op":"Replace","path":"title","value":["U"]}`: `$.title "U"`, `{"op":"Replace","path":"active","value":[{"value":"False"}]}`: "$.active false"}),
	{"form 56 members added and removed in one request, in order, whole or not at all", func(p *probe) {
		path, a, b, c := p.crewed()
		d := p.person("d")
		p.patch(path, `{"op":"remove","path":"members","value":`+memberList(a)+`},{"op":"add","path":"members","value":`+memberList(d)+`},{"op":"remove","path":"members[value eq \"`+d+`\"]"},{"op":"add","path":"members","value":`+memberList(a)+`}`, 204)
		p.members(path, a, b, c)
		p.patch(path, `{"op":"remove","path":"members","value":`+memberList(a)+`},{"op":"add"}`, 400)
		p.members(path, a, b, c)
	}},
	{"form 57 the same request again", func(p *probe) {
		path, a, b, _ := p.crewed()
		for range 2 {
			p.patch(path, `{"op":"remove","path":"members","value":`+memberList(a)+`}`, 204)
			p.patch("/Users/"+b, `{"op":"Replace","path":"active","value":"False"}`, 200, "$.active false")
			p.ask("PUT /Users/"+b, `{"userName":"b","title":"T"}`, 200, `$.title "T"`)
		}
		p.ask("POST /Users", `{"userName":"a"}`, 409)
	}},
	{"form 58 an unknown path beside good ones, with a trace in the events", func(p *probe) {
		id := p.person("a")
		p.patch("/Groups/"+p.team("g"), `{"op":"add","path":"extensionAttribute8","value":"x"},{"op":"add","path":"members","value":`+memberList(id)+`}`, 204)
		p.patch("/Users/"+id, `{"op":"add","path":"extensionAttribute7","value":"x"},{"op":"add","path":"name.shoe","value":"x"},{"op":"add","path":"title","value":"T"}`, 200,
			`$.title "T"`, "$.extensionAttribute7 absent")
		events := ""
		for _, event := range p.items(p.t, "/events?connector="+p.Slug) {
			events += canonical(event)
		}
		for _, ignored := range []string{"extensionAttribute7", "extensionAttribute8"} {
			if !strings.Contains(events, ignored) {
				p.t.Errorf("no event names %s, which was ignored", ignored)
			}
		}
	}},
}
