package e2e

import "strings"

// Lines 25 to 32 of SCIM 1.1: PATCH, and the accepted forms of it.

// part sends a part of a resource.
func (p *probe) part(path, attributes string, status int, checks ...string) response {
	p.t.Helper()
	return p.ask("PATCH "+path, `{"schemas":["`+oldCore+`"],`+attributes+`}`, status, checks...)
}

var oldParts = []claim{
	{"line 25 PATCH takes a part of the resource, and no Operations", func(p *probe) {
		path := "/Users/" + p.person("a")
		p.part(path, `"title":"T"`, 200, `$.title "T"`)
		p.unchanged(func() {
			p.ask("PATCH "+path, `{"schemas":["`+patchSchema+`"],"Operations":[{"op":"add","path":"title","value":"U"}]}`, 400)
			p.ask("PATCH "+path, `{"Operations":[]}`, 400)
			p.ask("PATCH "+path, `{"operations":[],"title":"U"}`, 400)
		})
	}},
	{"line 26 single values in it replace, and what is absent stays", func(p *probe) {
		path := "/Users/" + p.person("a", `"title":"T","nickName":"N","name":{"givenName":"G","familyName":"F"}`)
		p.part(path, `"title":"U","name":{"givenName":"H"}`, 200, `$.title "U"`, `$.nickName "N"`, `$.name {"givenName":"H","familyName":"F"}`)
	}},
	{"line 27 meta.attributes removes before the rest is applied", func(p *probe) {
		path := "/Users/" + p.person("a", `"title":"T","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"1"}],"`+oldEnterprise+`":{"department":"R","costCenter":"C"}`)
		p.part(path, `"meta":{"attributes":["title","name.familyName","emails","`+oldEnterprise+`:department"]},"emails":[{"value":"2"}]`, 200,
			"$.title absent", `$.name {"givenName":"G"}`, `$.emails [{"value":"2"}]`, `$['`+oldEnterprise+`'] {"costCenter":"C"}`)
		p.unchanged(func() {
			p.part(path, `"meta":{"attributes":["userName"]}`, 400)
			p.part(path, `"meta":{"attributes":["id"]}`, 400)
		})
	}},
	{"line 28 several values are merged, and deleted by their value", func(p *probe) {
		path := "/Users/" + p.person("a", `"emails":[{"value":"1","type":"work"},{"value":"2","type":"home"}]`)
		p.part(path, `"emails":[{"value":"3","type":"other"}]`, 200, `$.emails[*].value ["1","2","3"]`)
		p.part(path, `"emails":[{"value":"1","operation":"delete"},{"value":"4","type":"work"}]`, 200, `$.emails[*].value ["2","3","4"]`)
		p.part(path, `"emails":[{"value":"none","operation":"delete"}]`, 200, `$.emails[*].value ["2","3","4"]`)
		p.part(path, `"emails":[]`, 200, `$.emails[*].value ["2","3","4"]`)
	}},
	{"line 29 members are added and deleted in one request, the others stay", func(p *probe) {
		path, a, b, c := p.crewed()
		d := p.person("d")
		p.part(path, `"members":[{"value":"`+d+`"},{"value":"`+a+`","operation":"delete"}]`, 200, `$.members[*].value {"$set":`+listed([]string{b, c, d})+`}`)
		p.members(path, b, c, d)
		p.part(path, `"members":[]`, 200)
		p.members(path, b, c, d)
	}},
	{"line 30 members in meta.attributes replace the whole membership", func(p *probe) {
		path, a, _, _ := p.crewed()
		d := p.person("d")
		p.part(path, `"meta":{"attributes":["members"]},"members":[{"value":"`+a+`"},{"value":"`+d+`"}]`, 200)
		p.members(path, a, d)
		p.part(path, `"meta":{"attributes":["members"]}`, 200)
		p.members(path)
	}},
	{"line 31 a new primary value clears the old", func(p *probe) {
		path := "/Users/" + p.person("a", `"emails":[{"value":"1","primary":true}]`)
		p.part(path, `"emails":[{"value":"2","primary":true}]`, 200, `$.emails[primary=true].value "2"`, `$.emails[value=1].primary {"$ne":true}`)
	}},
	{"line 32 success has a body, and only a real change moves the version", func(p *probe) {
		path := "/Users/" + p.person("a")
		first := p.ask("GET "+path, "", 200)
		second := p.part(path+"?attributes=title", `"title":"T"`, 200, `$.title "T"`, "$.userName absent")
		third := p.part(path, `"title":"T"`, 200)
		if a, b, c := first.Header.Get("ETag"), second.Header.Get("ETag"), third.Header.Get("ETag"); a == b || b != c {
			p.t.Errorf("the versions are %s, after a change %s, after none %s", a, b, c)
		}
		p.ask("GET "+path, "", 200, "$.meta.lastModified "+show(third.text(p.t, "$.meta.lastModified")), "$.meta.version "+show(third.Header.Get("ETag")))
		p.part("/Groups/"+p.team("g"), `"displayName":"h"`, 200, `$.displayName "h"`)
		p.with("If-Match", first.Header.Get("ETag")).part(path, `"title":"U"`, 412)
	}},
}

// partOf makes a claim of parts of a resource and what is there after each, of a user who has
// something of everything.
func partOf(name string, parts map[string]string) claim {
	return claim{name, func(p *probe) {
		for attributes, want := range parts {
			p.part("/Users/"+p.person("user-"+unique(), `"title":"T","name":{"familyName":"F","givenName":"G"},"emails":[{"value":"w","type":"work","primary":true},{"value":"h","type":"home"}],"{{enterprise}}":{"department":"R","manager":{"managerId":"m"}}`),
				attributes, 200, strings.Split(want, "\n")...)
		}
	}}
}

// acceptedParts are the forms of PATCH that have a meaning without operations.
var acceptedParts = []claim{
	{"form 40 no schemas and nothing to change", func(p *probe) {
		path := "/Users/" + p.person("a")
		p.unchanged(func() { p.ask("PATCH "+path, `{}`, 200) })
		p.ask("PATCH "+path, `{"title":"T"}`, 200, `$.title "T"`)
	}},
	partOf("form 41 keys that are dotted or URNs", map[string]string{
		`"name.givenName":"H"`: `$.name {"familyName":"F","givenName":"H"}`, `"{{enterprise}}:costCenter":"C"`: `$['{{enterprise}}'].costCenter "C"`, `"{{enterprise}}":{"department":"S"}`: `$['{{enterprise}}'].department "S"`}),
	{"form 42 a part that is the whole resource", func(p *probe) {
		id := p.person("a", `"title":"T"`)
		group := p.team("g", id)
		p.unchanged(func() {
			for _, path := range []string{"/Users/" + id, "/Groups/" + group} {
				p.ask("PATCH "+path, string(p.ask("GET "+path, "", 200).Body), 200)
			}
		})
	}},
	partOf("form 43 a complex value is merged", map[string]string{`"name":{"givenName":"H"}`: `$.name {"givenName":"H","familyName":"F"}`}),
	{"form 44 members who are deleted are named in any way", func(p *probe) {
		path, a, b, c := p.crewed()
		p.part(path, `"members":[{"$ref":null,"value":"`+a+`","operation":"Delete"}]`, 200)
		p.members(path, b, c)
		p.part(path, `"members":{"value":"`+b+`","operation":"delete"}`, 200)
		p.members(path, c)
	}},
	{"form 45 nobody is no error", func(p *probe) {
		path, a, b, c := p.crewed()
		d := p.person("d")
		p.unchanged(func() { p.part(path, `"members":[{"value":"`+d+`","operation":"delete"}]`, 200) })
		p.members(path, a, b, c)
	}},
	{"form 46 a member who is there, added again", func(p *probe) {
		path, a, b, c := p.crewed()
		p.unchanged(func() { p.part(path, `"members":`+memberList(a, a, b), 200) })
		p.members(path, a, b, c)
	}},
	{"form 48 a part that does not name the members leaves them", func(p *probe) {
		path, a, b, c := p.crewed()
		p.part(path, `"displayName":"h"`, 200)
		p.part(path, `"members":null`, 200)
		p.members(path, a, b, c)
	}},
	partOf("form 50 removal of what is not there", map[string]string{
		`"emails":[{"value":"o","operation":"delete"}]`: `$.emails {"$len":2}`, `"meta":{"attributes":["nickName","hat","name.shoe"]}`: `$.title "T"`}),
	partOf("form 52 URNs in the names that are removed", map[string]string{
		`"meta":{"attributes":["{{enterprise}}:department"]}`: `$['{{enterprise}}'].department absent`, `"meta":{"attributes":["{{enterprise}}.department"]}`: `$['{{enterprise}}'].department absent`,
		`"meta":{"attributes":["manager"]}`: `$['{{enterprise}}'].manager absent`, `"{{enterprise}}":{"manager":"n"}`: `$['{{enterprise}}'].manager.managerId "n"`}),
	partOf("form 53 nothing in place of a value removes it", map[string]string{
		`"{{enterprise}}":{"manager":""}`: `$['{{enterprise}}'].manager absent`, `"title":null`: "$.title absent", `"title":""`: "$.title absent", `"emails":null`: "$.emails absent"}),
	partOf("form 54 one value wrapped in an array", map[string]string{`"title":["U"]`: `$.title "U"`, `"active":["False"]`: "$.active false"}),
	{"form 56 members added and deleted in one request, whole or not at all", func(p *probe) {
		path, a, b, c := p.crewed()
		d := p.person("d")
		p.part(path, `"members":[{"value":"`+a+`","operation":"delete"},{"value":"`+d+`"},{"value":"`+d+`","operation":"delete"},{"value":"`+a+`"}]`, 200)
		p.members(path, a, b, c)
		p.part(path, `"displayName":7,"members":[{"value":"`+a+`","operation":"delete"}]`, 400)
		p.part(path, `"members":[{"value":"`+a+`","operation":"delete"},{"value":"`+b+`","operation":"destroy"}]`, 400)
		p.members(path, a, b, c)
	}},
	{"form 57 the same request again", func(p *probe) {
		path, a, b, _ := p.crewed()
		for range 2 {
			p.part(path, `"members":[{"value":"`+a+`","operation":"delete"}]`, 200)
			p.part("/Users/"+b, `"active":false`, 200, "$.active false")
			p.ask("PUT /Users/"+b, `{"userName":"b","title":"T"}`, 200, `$.title "T"`)
		}
		p.ask("POST /Users", `{"userName":"a"}`, 409)
	}},
	partOf("form 58 an unknown attribute beside good ones", map[string]string{`"extensionAttribute7":"x","name":{"shoe":"x"},"title":"U"`: "$.title \"U\"\n$.extensionAttribute7 absent"}),
}

// acceptedVersions are the forms of the other version.
var acceptedVersions = []claim{
	{"form 10 both versions on one connector, and bodies of either on both addresses", func(p *probe) {
		id := p.ask("POST /Users", `{"schemas":["`+oldCore+`"],"userName":"a","`+oldEnterprise+`":{"manager":{"managerId":"m"}}}`, 201).text(p.t, "$.id")
		p.ask("POST /Users", `{"schemas":["`+userSchema+`"],"userName":"b","`+enterpriseSchema+`":{"manager":{"value":"m"}}}`, 201)
		for _, version := range []string{"2.0", "1.1"} {
			q := probeOf(p.t, p.connector.over(version))
			q.finds("/Users", "a", "b")
			q.ask("GET /Users/"+id, "", 200, `$.schemas ["{{user}}","{{enterprise}}"]`, `$['{{enterprise}}'].manager.{{managerId}} "m"`)
		}
		p.ask("PUT /Users/"+id, `{"schemas":["`+oldCore+`"],"userName":"c"}`, 200, `$.userName "c"`, `$.schemas ["{{user}}"]`)
		p.ask("PUT /Users/"+id, `{"schemas":["`+userSchema+`"],"userName":"d"}`, 200, `$.userName "d"`, `$.schemas ["{{user}}"]`)
	}},
	{"form 55 PATCH of 1.1, on both addresses", func(p *probe) {
		user := p.person("a", `"title":"T","nickName":"N"`)
		p.part("/Users/"+user, `"id":"`+user+`","active":false`, 200, "$.active false")
		p.part("/Users/"+user, `"meta":{"attributes":["title"]},"nickName":"M"`, 200, "$.title absent", `$.nickName "M"`)
		p.ask("PATCH /Users/"+user, `{"active":true}`, 200, "$.active true")
		group, other := "/Groups/"+p.team("g", user), p.person("b")
		status := map[string]int{"": 204, "2.0": 204, "1.1": 200}[p.version]
		p.part(group, `"members":[{"value":"`+other+`","operation":"add"}]`, status)
		p.members(group, user, other)
		p.part(group, `"members":[{"value":"`+user+`","operation":"delete"}],"displayName":"h"`, status)
		p.members(group, other)
		p.finds("/Groups", "h")
	}},
}
