package e2e

import (
	"fmt"
	"strings"
	"sync"
)

// Lines 31 to 59: creating resources and reading them.

var creationClaims = []claim{
	{"31 creating answers with the resource and its address", func(p *probe) {
		answer := p.ask("POST /Users", `{"schemas":["{{user}}"],"userName":"ada","title":"T"}`, 201, `$.userName "ada"`, `$.title "T"`, `$.schemas ["{{user}}"]`)
		want := p.values["base"] + "/Users/" + answer.text(p.t, "$.id")
		if got := answer.Header.Get("Location"); got != want || answer.text(p.t, "$.meta.location") != want {
			p.t.Errorf("Location is %s and meta.location %s, want %s", got, answer.text(p.t, "$.meta.location"), want)
		}
		p.ask("GET /Users/"+answer.text(p.t, "$.id"), "", 200, `$.title "T"`)
	}},
	{"32 the server makes the id and keeps it", func(p *probe) {
		id := p.ask("POST /Users", `{"userName":"ada","id":"mine"}`, 201, `$.id {"$ne":"mine"}`).text(p.t, "$.id")
		p.ask("GET /Users/mine", "", 404)
		p.patch("/Users/"+id, `{"op":"replace","path":"userName","value":"eva"}`, 200, `$.id `+show(id))
		made := p.ask("POST /Bulk", `{"schemas":["{{bulk}}"],"Operations":[{"method":"POST","path":"/Users","bulkId":"their-own","data":{"userName":"bulk"}}]}`, 200)
		if location := made.text(p.t, "$.Operations[0].location"); strings.Contains(location, "their-own") {
			p.t.Errorf("the bulkId became the id: %s", location)
		}
	}},
	{"33 meta is the server's", func(p *probe) {
		answer := p.ask("POST /Users", `{"userName":"ada","meta":{"resourceType":"Cat","created":"1999-01-01T00:00:00Z","version":"W/\"77\"","location":"http://x"}}`, 201,
			`$.meta.resourceType "User"`, `$.meta.created {"$regex":"^20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z$"}`, `$.meta.version {"$regex":"^W/\"[0-9]+\"$","$ne":"W/\"77\""}`)
		if answer.at(p.t, "$.meta.created") != answer.at(p.t, "$.meta.lastModified") {
			p.t.Errorf("created and lastModified differ at creation: %s", excerpt(answer.Body))
		}
		p.ask("POST /Groups", `{"displayName":"g"}`, 201, `$.meta.resourceType "Group"`)
	}},
	{"34 userName and displayName are required and not blank", func(p *probe) {
		for _, value := range []string{``, `"userName":"","displayName":""`, `"userName":"  ","displayName":"  "`, `"userName":null,"displayName":null`} {
			p.ask("POST /Users", `{`+value+`}`, 400, `$.scimType "invalidValue"`)
			p.ask("POST /Groups", `{`+value+`}`, 400, `$.scimType "invalidValue"`)
		}
	}},
	{"35 a userName is there once, in any case", func(p *probe) {
		p.person("ada@x.example")
		for _, name := range []string{"ada@x.example", "ADA@X.Example"} {
			p.ask("POST /Users", `{"userName":"`+name+`"}`, 409, `$.scimType "uniqueness"`)
		}
		p.finds("/Users", "ada@x.example")
	}},
	{"36 schemas may be missing or empty, unless the connector is strict", func(p *probe) {
		p.ask("POST /Users", `{"userName":"a"}`, 201, `$.schemas ["{{user}}"]`)
		p.ask("POST /Users", `{"schemas":[],"userName":"b"}`, 201)
		p.strict()
		p.ask("POST /Users", `{"userName":"c"}`, 400, `$.scimType "invalidValue"`)
		p.ask("POST /Users", `{"schemas":[],"userName":"c"}`, 400, `$.scimType "invalidValue"`)
		p.person("c")
	}},
	{"37 schemas are read without order or case, and shown once each", func(p *probe) {
		upper := strings.ToUpper(enterpriseSchema)
		p.ask("POST /Users", `{"schemas":["`+upper+`","{{user}}","{{user}}","urn:unknown:1.0"],"userName":"a","`+upper+`":{"department":"R"}}`, 201,
			`$.schemas ["{{user}}","{{enterprise}}"]`, `$['{{enterprise}}'].department "R"`)
	}},
	{"38 read-only attributes in a body are ignored", func(p *probe) {
		p.ask("POST /Users", `{"userName":"a","groups":[{"value":"g"}],"id":"x","meta":{"resourceType":"Group"}}`, 201, `$.groups []`, `$.meta.resourceType "User"`)
	}},
	{"39 unknown attributes are ignored, unless the connector is strict", func(p *probe) {
		body := `{"schemas":["{{user}}"],"userName":"a","shoeSize":43,"urn:acme:1.0":{"badge":"7"}}`
		id := p.ask("POST /Users", body, 201, "$.shoeSize absent", `$['urn:acme:1.0'].badge "7"`).text(p.t, "$.id")
		p.strict()
		p.ask("PUT /Users/"+id, body, 400, `$.scimType "invalidValue"`)
	}},
	{"40 names of attributes are read without case and shown in the schema's", func(p *probe) {
		p.ask("POST /Users", `{"USERNAME":"x","Emails":[{"VALUE":"a@b","Primary":true}],"NAME":{"givenname":"G"}}`, 201,
			`$.userName "x"`, `$.emails [{"value":"a@b","primary":true}]`, `$.name {"givenName":"G"}`, "$.USERNAME absent")
	}},
	{"41 active may be True or False as text, and no other text", func(p *probe) {
		p.ask("POST /Users", `{"userName":"a","active":"False"}`, 201, "$.active false")
		p.ask("POST /Users", `{"userName":"b","active":"True"}`, 201, "$.active true")
		p.ask("POST /Users", `{"userName":"c","active":"maybe"}`, 400, `$.scimType "invalidValue"`)
	}},
	{"42 values of a wrong type are invalidValue and nothing is stored", func(p *probe) {
		for _, wrong := range []string{`"userName":7`, `"userName":"a","name":"Ada"`, `"userName":"a","emails":7`, `"userName":"a","title":{"x":1}`,
			`"userName":"a","active":3`, `"userName":["a","b"]`, `"userName":"a","emails":[[{"value":"x"}]]`} {
			p.ask("POST /Users", `{`+wrong+`}`, 400, `$.scimType "invalidValue"`)
		}
		p.finds("/Users")
		p.ask("POST /Users", `{"userName":"a","emails":{"value":"one@x"}}`, 201, `$.emails [{"value":"one@x"}]`)
	}},
	{"43 null, an empty array and nothing are the same", func(p *probe) {
		p.ask("POST /Users", `{"userName":"a","title":null,"emails":[],"roles":null,"name":{"givenName":null},"{{enterprise}}":null}`, 201,
			"$.title absent", "$.emails absent", "$.roles absent", "$.name absent", `$.schemas ["{{user}}"]`)
		p.finds("/Users?filter=title pr or emails pr or name.givenName pr")
	}},
	{"44 one value at most is primary", func(p *probe) {
		answer := p.ask("POST /Users", `{"userName":"a","emails":[{"value":"1","primary":true},{"value":"2","primary":true}]}`, 201, `$.emails {"$len":2}`)
		if n := strings.Count(string(answer.Body), `"primary":true`); n != 1 {
			p.t.Errorf("%d values are primary: %s", n, answer.Body)
		}
	}},
	{"45 a value of one type is shown once", func(p *probe) {
		p.ask("POST /Users", `{"userName":"a","emails":[{"value":"1","type":"work"},{"value":"1","type":"work"},{"value":"1","type":"home"}]}`, 201, `$.emails {"$len":2}`)
	}},
	{"46 a password is taken, never shown, and cannot be asked for", func(p *probe) {
		id := p.person("a", `"password":"s3cret-p"`)
		answers := []response{
			p.ask("GET /Users/"+id+"?attributes=userName,password", "", 200), p.ask("GET /Users", "", 200),
			p.ask("PUT /Users/"+id, `{"userName":"a","password":"s3cret-p"}`, 200),
			p.patch("/Users/"+id, `{"op":"replace","path":"password","value":"s3cret-p"}`, 200),
			p.ask("POST /Users/.search", `{"schemas":["{{search}}"],"attributes":["password"]}`, 200),
			p.ask("POST /Bulk", `{"schemas":["{{bulk}}"],"Operations":[{"method":"PUT","path":"/Users/`+id+`","data":{"userName":"a","password":"s3cret-p"}}]}`, 200),
			p.ask(`GET /Users?filter=password eq "s3cret-p"`, "", 400, `$.scimType "invalidFilter"`),
			p.ask("GET /Users?sortBy=password", "", 400),
		}
		for _, answer := range answers {
			if strings.Contains(strings.ToLower(string(answer.Body)), "s3cret-p") || answer.Status == 200 && strings.Contains(string(answer.Body), "password") {
				p.t.Errorf("the password is in %s", answer.Body)
			}
		}
	}},
	{"47 enterprise attributes live under their URN, named in schemas when there are any", func(p *probe) {
		id := p.ask("POST /Users", `{"schemas":["{{user}}","{{enterprise}}"],"userName":"a","{{enterprise}}":{"employeeNumber":"7"}}`, 201,
			`$['{{enterprise}}'] {"employeeNumber":"7"}`, `$.schemas {"$set":["{{user}}","{{enterprise}}"]}`).text(p.t, "$.id")
		p.patch("/Users/"+id, `{"op":"remove","path":"{{enterprise}}:employeeNumber"}`, 200, `$.schemas ["{{user}}"]`, `$['{{enterprise}}'] absent`)
	}},
	{"48 externalId is the IdP's: not unique, not made up, each connector's own", func(p *probe) {
		other := newProbe(p.t, p.server)
		p.person("a", `"externalId":"e1"`)
		p.person("b", `"externalId":"e1"`)
		other.person("c", `"externalId":"e1"`)
		p.ask("POST /Users", `{"userName":"d"}`, 201, "$.externalId absent")
		p.finds(`/Users?filter=externalId eq "e1"`, "a", "b")
		other.finds(`/Users?filter=externalId eq "e1"`, "c")
	}},
	{"49 attributes shape the answers to writes too", func(p *probe) {
		id := p.ask("POST /Users?attributes=userName", `{"userName":"a","title":"T"}`, 201, `$.userName "a"`, "$.title absent", "$.meta absent").text(p.t, "$.id")
		p.ask("PUT /Users/"+id+"?excludedAttributes=title", `{"userName":"a","title":"T"}`, 200, "$.title absent", `$.meta {"$exists":true}`)
		p.patch("/Users/"+id+"?attributes=title", `{"op":"replace","path":"title","value":"U"}`, 200, `$.title "U"`, "$.userName absent")
	}},
	{"50 the same person through two connectors is one user, and of equal POSTs one wins", func(p *probe) {
		of := wanted{Tenant: p.tenant(p.t), Directory: p.directory(p.t)}
		first, second := probeOf(p.t, p.connector.connector(p.t, of)), probeOf(p.t, p.connector.connector(p.t, of))
		first.person("ada@x.example")
		second.person("Ada@x.example")
		if records := findUser(p.t, p.server, of.Directory, "ada@x.example")["records"].([]any); len(records) != 2 {
			p.t.Errorf("the user has %d records, want one of each connector", len(records))
		}
		var senders sync.WaitGroup
		statuses := make([]int, 20)
		for i := range statuses {
			senders.Go(func() {
				if answer, err := p.send(p.request(p.t, "POST", "/Users", map[string]any{"userName": "twin"})); err == nil {
					statuses[i] = answer.Status
				}
			})
		}
		senders.Wait()
		answered := map[int]int{}
		for _, status := range statuses {
			answered[status]++
		}
		if answered[201] != 1 || answered[409] != 19 {
			p.t.Errorf("twenty equal POSTs were answered %v (status to count), want one 201 and nineteen 409", answered)
		}
	}},
}

var readingClaims = []claim{
	{"51 a resource is at its id, and an id that is none is 404", func(p *probe) {
		id := p.person("a")
		p.ask("GET /Users/"+id, "", 200, "$.id "+show(id))
		for _, none := range []string{"00000000-0000-4000-8000-000000000001", "12345", strings.Repeat("x", 300), "a%2Fb", "%E6%9D%8E", strings.ToUpper(id), "'--"} {
			p.ask("GET /Users/"+none, "", 404)
		}
	}},
	{"52 ids of another kind or connector are as unknown as any", func(p *probe) {
		other := newProbe(p.t, p.server)
		unknown := string(p.ask("GET /Users/00000000-0000-4000-8000-000000000001", "", 404).Body)
		p.ask("GET /Groups/"+p.person("a"), "", 404)
		for _, line := range []string{"/Users/" + p.team("g"), "/Users/" + other.person("b")} {
			if body := string(p.ask("GET "+line, "", 404).Body); body != unknown {
				p.t.Errorf("the 404 of %s differs from the one of an unknown id:\n\t%s\n\t%s", line, body, unknown)
			}
			p.ask("DELETE "+line, "", 404)
		}
	}},
	{"53 attributes shows what is named, and what is always shown", func(p *probe) {
		id := p.person("a", `"title":"T","name":{"givenName":"G","familyName":"F"},"emails":[{"value":"e","type":"work"}],"{{enterprise}}":{"department":"R","costCenter":"C"}`)
		for names, want := range map[string]string{
			"userName": `"userName":"a"`, "USERNAME": `"userName":"a"`, "name.givenName": `"name":{"givenName":"G"}`, "emails.type": `"emails":[{"type":"work"}]`,
			"{{user}}:title": `"title":"T"`, "userName,title": `"userName":"a","title":"T"`,
		} {
			p.ask("GET /Users/"+id+"?attributes="+names, "", 200, `$ {"schemas":["{{user}}"],"id":"`+id+`",`+want+`}`)
		}
		p.ask("GET /Users/"+id+"?attributes={{enterprise}}:department", "", 200,
			`$ {"schemas":["{{user}}","{{enterprise}}"],"id":"`+id+`","{{enterprise}}":{"department":"R"}}`)
	}},
	{"54 excludedAttributes hides what is named, never what is always shown", func(p *probe) {
		id := p.team("g", p.person("a"))
		p.ask("GET /Groups/"+id+"?excludedAttributes=members", "", 200, "$.members absent", `$.displayName "g"`)
		p.ask("GET /Groups/"+id+"?excludedAttributes=id,schemas,displayName,members.display", "", 200, "$.id "+show(id), `$.schemas ["{{group}}"]`,
			"$.displayName absent", "$.members[0].display absent", `$.members[0].value {"$exists":true}`)
	}},
	{"55 attributes and excludedAttributes together are invalidValue", func(p *probe) {
		p.ask("GET /Users/"+p.person("a")+"?attributes=userName&excludedAttributes=title", "", 400, `$.scimType "invalidValue"`)
		p.ask("GET /Users?attributes=userName&excludedAttributes=title", "", 400, `$.scimType "invalidValue"`)
	}},
	{"56 a large group is read quickly without its members", func(p *probe) {
		ids := make([]string, 20_000) // Entra's groups are larger; what is left out costs the same for any number
		for i := range ids {
			ids[i] = fmt.Sprintf("unknown-%d", i)
		}
		id := p.ask("POST /Groups?excludedAttributes=members", `{"displayName":"all","members":`+memberList(ids...)+`}`, 201, "$.members absent").text(p.t, "$.id")
		for _, line := range []string{"GET /Groups/" + id + "?excludedAttributes=members", `GET /Groups?filter=displayName eq "all"&excludedAttributes=members`} {
			quick(p, line, func() {
				if answer := p.ask(line, "", 200); strings.Contains(string(answer.Body), "unknown-") {
					p.t.Error("the members are there")
				}
			})
		}
	}},
	{"57 unknown names in attributes are ignored", func(p *probe) {
		id := p.person("a")
		p.ask("GET /Users/"+id+"?attributes=shoeSize", "", 200, `$ {"schemas":["{{user}}"],"id":"`+id+`"}`)
		p.ask("GET /Users/"+id+"?excludedAttributes=shoeSize,a..b", "", 200, `$.userName "a"`)
	}},
	{"58 the entity tag is the version, and a read that is up to date is 304", func(p *probe) {
		id := p.person("a")
		answer := p.ask("GET /Users/"+id, "", 200)
		tag := answer.Header.Get("ETag")
		if tag == "" || tag != answer.text(p.t, "$.meta.version") || !strings.HasPrefix(tag, `W/"`) {
			p.t.Errorf("ETag is %s and meta.version %s", tag, answer.text(p.t, "$.meta.version"))
		}
		p.with("If-None-Match", tag).ask("GET /Users/"+id, "", 304)
		p.patch("/Users/"+id, `{"op":"add","path":"title","value":"T"}`, 200)
		p.with("If-None-Match", tag).ask("GET /Users/"+id, "", 200)
	}},
	{"59 Me is nobody's record", func(p *probe) {
		p.person("me")
		p.ask("GET /Me", "", 501)
		p.ask("PATCH /Me", `{}`, 501)
	}},
}
