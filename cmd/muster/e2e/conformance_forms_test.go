package e2e

import (
	"encoding/base64"
	"strings"
)

// The forms that identity providers send though the RFC does not know them, or does not say
// enough of them, by the numbers of the second table of docs/conformance.md: 1 to 37. All of them
// hold for both versions.

var acceptedRequests = []claim{
	{"form 1 query strings that end in nothing, and slashes too many", func(p *probe) {
		p.person("a")
		for _, path := range []string{"/Users?", "/Users?count=5&", "/Users/", "//Users", "/Users//?count=5&"} {
			p.finds(path, "a")
		}
	}},
	{"form 2 query keys that nobody knows", func(p *probe) {
		id := p.person("a")
		p.finds("/Users?aadOptscim062020&AzureAdScimPatch2017=&x=1", "a")
		p.set("/Users/"+id+"?aadOptscim062020", `"title":"T"`)
	}},
	{"form 3 spaces in every notation, and raw quotes", func(p *probe) {
		p.person("a")
		for _, query := range []string{"userName+eq+%22a%22", "userName%20eq%20%22a%22", `userName%20eq%20"a"`, "userName%20%20eq++%22a%22"} {
			if answer := p.must(p.t, request{Method: "GET", Target: p.root() + "/Users?filter=" + query, Header: p.header}); plainText(answer.at(p.t, "$.totalResults")) != "1" {
				p.t.Errorf("%s: %d %s", query, answer.Status, excerpt(answer.Body))
			}
		}
	}},
	{"form 4 other names of the paths", func(p *probe) {
		p.ask("POST /User", `{"userName":"a"}`, 201, `$.meta.location {"$regex":"/Users/"}`)
		p.ask("POST /groups", `{"displayName":"g"}`, 201)
		p.finds("/users", "a")
		p.finds("/Groups", "g")
		p.ask("GET /Organizations", "", 404)
		huawei := probeOf(p.t, p.lone(p.t, wanted{Kind: "oneaccess"}).over(p.version))
		huawei.ask("POST /Organizations", `{"displayName":"unit"}`, 201)
		huawei.finds("/Groups", "unit")
	}},
	{"form 5 content types, on requests without a body too", func(p *probe) {
		for i, media := range []string{"", "application/json", "application/scim+json", "text/json", "application/json; charset=utf-8", "text/json;charset=UTF-8"} {
			q := p.with("Content-Type", media)
			q.person(string(rune('a' + i)))
			r := q.request(p.t, "GET", "/Users", nil)
			if r.Header.Set("Content-Type", media); p.must(p.t, r).Status != 200 {
				p.t.Errorf("GET with Content-Type %q", media)
			}
		}
	}},
	{"form 6 no User-Agent, and any Accept", func(p *probe) {
		for _, accept := range []string{"", "application/json; charset=utf-8", "*/*", "application/scim+json;charset=UTF-8"} {
			p.with("Accept", accept).with("User-Agent", "").ask("GET /Users", "", 200)
		}
		media := p.with("Accept", "application/json").ask("GET /Users", "", 200).Header.Get("Content-Type")
		if media != "application/json" {
			p.t.Errorf("who accepts plain JSON only gets %s", media)
		}
	}},
	{"form 7 the secret as Bearer, Basic, behind another word or alone", func(p *probe) {
		c := p.lone(p.t, wanted{Basic: true})
		q := probeOf(p.t, c.over(p.version))
		asPassword := base64.StdEncoding.EncodeToString([]byte("anybody:" + c.Token))
		for _, header := range []string{"Bearer " + c.Token, "Basic " + c.Basic, "basic " + asPassword, "Token " + c.Token, "SSWS " + c.Token, c.Token} {
			q.with("Authorization", header).ask("GET /Users", "", 200)
			p.with("Authorization", header).ask("GET /Users", "", 401)
		}
	}},
	{"form 8 ServiceProviderConfigs", func(p *probe) {
		p.ask("GET /ServiceProviderConfigs", "", 200, "$.patch.supported true")
	}},
	{"form 9 a POST that stands for another method", func(p *probe) {
		path, part := "/Users/"+p.person("a"), `{"Operations":[{"op":"add","path":"title","value":"T"}]}`
		if p.version == "1.1" {
			part = `{"title":"T"}`
		}
		p.with("X-HTTP-Method-Override", "PATCH").ask("POST "+path, part, 200, `$.title "T"`)
		p.with("X-HTTP-Method-Override", "PUT").ask("POST "+path, `{"userName":"b"}`, 200, `$.userName "b"`)
		p.with("X-HTTP-Method-Override", "DELETE").ask("POST "+path, ``, 204)
		p.ask("GET "+path, "", 404)
	}},
}

var acceptedFilters = []claim{
	filtered("form 11 operators and names in any case", hits{`USERNAME Eq "carol"`: {carol}, `username EQ "carol"`: {carol}}),
	filtered("form 12 a value without quotes", hits{`userName eq carol`: {carol}, `externalId eq ABC`: {ada}, `userName eq bob@y.example`: {bob}}),
	filtered("form 13 e-mails in every way of asking", hits{
		`emails[type eq "work"].value eq "ada@x.example"`: {ada}, `emails[primary eq true].value eq "ada@home.example"`: {ada}, `emails[primary eq true].value`: {ada},
		`emails.value eq "bob@x.example"`: {bob}, `emails eq "bob@x.example"`: {bob}}),
	{"form 14 references compared by their value", func(p *probe) {
		p.people()
		user := p.person("member", `"manager":"m-2"`)
		group := p.team("g", user)
		p.finds(`/Users?filter=manager eq "m-2"`, "member")
		p.finds(`/Groups?filter=members eq "`+user+`"`, "g")
		p.finds(`/Groups?filter=members.value eq "`+user+`"`, "g")
		p.finds(`/Users?filter=groups.value eq "`+group+`"`, "member")
		p.finds(`/Users?filter=id eq "`+user+`" and manager eq "m-2"`, "member")
		p.finds(`/Users?filter=id eq "` + user + `" and manager eq "m-1"`)
	}},
	filtered("form 15 times with Z, an offset or no zone", hits{
		`meta.lastModified gt "2020-01-01T00:00:00Z"`: {ada, bob, carol, dan}, `meta.lastModified gt "2020-01-01T00:00:00-05:00"`: {ada, bob, carol, dan}, `meta.lastModified lt "2020-01-01T00:00:00"`: {}}),
	filtered("form 16 names and e-mails compared without case, stored with it", hits{
		`userName eq "ada@X.EXAMPLE"`: {ada}, `emails.value eq "BOB@X.example"`: {bob}, `displayName eq "ADA L"`: {ada}}),
	{"form 17 a filter without an operator is refused", func(p *probe) {
		p.person("a")
		refused(p, "userName", `userName "a"`)
	}},
	{"form 18 a value that was encoded twice", func(p *probe) {
		p.person("a@x.example")
		p.person("100%25")
		p.finds(`/Users?filter=userName%20eq%20%22a%2540x.example%22`, "a@x.example")
		p.finds(`/Users?filter=userName%20eq%20%22100%2525%22`, "100%25")
	}},
	{"form 19 pages asked for in every way", func(p *probe) {
		p.people()
		for query, n := range map[string]string{"": "4", "?count=0": "0", "?count=1000": "4", "?startIndex=0": "4", "?startIndex=1": "4", "?startIndex=50": "0"} {
			p.ask("GET /Users"+query, "", 200, "$.totalResults 4", `$.Resources {"$len":`+n+`}`)
		}
	}},
}

// accepted makes a claim of bodies, members of a JSON object beside the userName, and what must
// be in the answer to each; that comes back from a GET too.
func accepted(name string, bodies map[string]string) claim {
	return claim{name, func(p *probe) {
		for body, want := range bodies {
			user := "user-" + unique()
			id := p.ask("POST /Users", `{"userName":"`+user+`",`+body+`}`, 201, strings.Split(want, "\n")...).at(p.t, "$.id")
			p.ask("GET /Users/"+plainText(id), "", 200, strings.Split(want, "\n")...)
		}
	}}
}

var acceptedBodies = []claim{
	accepted("form 20 schemas of every sort", map[string]string{
		`"schemas":[]`: `$.schemas ["{{user}}"]`, `"schemas":["{{enterprise}}","{{user}}","{{user}}"],"title":"T"`: `$.schemas ["{{user}}"]`,
		`"schemas":["urn:ietf:params:scim:schemas:extension:enterprise:2.0User","urn:okta:x"]`: `$.schemas ["{{user}}"]`,
	}),
	accepted("form 21 obsolete URNs", map[string]string{
		`"schemas":["urn:scim:schemas:core:2.0"],"urn:scim:schemas:extension:enterprise:2.0":{"department":"R"}`: `$['{{enterprise}}'].department "R"`,
		`"schemas":["urn:scim:schemas:core:1.0"],"urn:scim:schemas:extension:enterprise:1.0":{"department":"R"}`: `$['{{enterprise}}'].department "R"`,
	}),
	{"form 22 null is absent, or in a PATCH removes", func(p *probe) {
		id := "/Users/" + p.person("a", `"title":null,"emails":null,"nickName":"N"`)
		p.ask("GET "+id, "", 200, "$.title absent", "$.emails absent")
		p.set(id, `"nickName":null`, "$.nickName absent")
		p.ask("PUT "+id, `{"userName":"a","title":null}`, 200, "$.title absent")
	}},
	accepted("form 23 empty text and empty arrays are absent", map[string]string{`"title":"","emails":[],"name":{"givenName":""}`: "$.title absent\n$.emails absent\n$.name absent"}),
	accepted("form 24 booleans as text, and in an array", map[string]string{
		`"active":"False"`: "$.active false", `"active":"true"`: "$.active true", `"active":[false]`: "$.active false", `"emails":[{"value":"e","primary":"True"}]`: "$.emails[0].primary true"}),
	accepted("form 25 what only the server says", map[string]string{
		`"id":"x","meta":{"version":"1"},"groups":[{"value":"g","display":"g","$ref":"x"}]`: "$.groups []\n" + `$.id {"$ne":"x"}`}),
	accepted("form 26 times in meta of any sort", map[string]string{
		`"meta":{"created":1735526400000,"lastModified":"2024-12-30 08:00:00"}`: `$.meta.created {"$regex":"^20[0-9-]+T"}`}),
	accepted("form 27 a password", map[string]string{`"password":"Zq8pX1mvT4"`: "$.password absent"}),
	{"form 28 one value where several may be", func(p *probe) {
		p.ask("POST /Users", `{"userName":"a","emails":{"value":"e"},"phoneNumbers":["1"]}`, 201, `$.emails [{"value":"e"}]`, `$.phoneNumbers [{"value":"1"}]`)
		id := p.person("b")
		for i, members := range []string{`{"value":"` + id + `"}`, `["` + id + `"]`, `"` + id + `"`} {
			p.ask("POST /Groups", `{"displayName":"g`+string(rune('0'+i))+`","members":`+members+`}`, 201, "$.members[*].value ["+show(id)+"]")
		}
	}},
	accepted("form 29 e-mails without a type, several of one, and two primary", map[string]string{
		`"emails":[{"value":"1"}]`: `$.emails [{"value":"1"}]`, `"emails":[{"value":"1","type":"work"},{"value":"2","type":"work"}]`: `$.emails {"$len":2}`,
		`"emails":[{"value":"1","primary":true},{"value":"2","primary":true}]`: `$.emails[primary=true].value "1"`}),
	accepted("form 30 nothing but a userName, and attributes nobody knows", map[string]string{
		`"active":true`: "$.emails absent", `"custom_attr":{"a":1},"isAdmin":true`: "$.custom_attr absent", `"urn:okta:app:1.0":{"tier":"gold"}`: `$['urn:okta:app:1.0'].tier "gold"`}),
	accepted("form 31 enterprise attributes at the top", map[string]string{
		`"department":"R","employeeNumber":"7","manager":"m"`: `$['{{enterprise}}'] {"department":"R","employeeNumber":"7","manager":{"{{managerId}}":"m"}}`}),
	accepted("form 32 a manager as text, or in an array", map[string]string{
		`"{{enterprise}}":{"manager":"m"}`: `$['{{enterprise}}'].manager.{{managerId}} "m"`, `"{{enterprise}}":{"manager":[{"value":"m"}]}`: `$['{{enterprise}}'].manager.{{managerId}} "m"`}),
	accepted("form 33 roles as text, objects, or packed JSON", map[string]string{
		`"roles":["Admin"]`: `$.roles[*].value ["Admin"]`, `"roles":[{"value":"Admin","primary":"True"}]`: "$.roles[0].primary true",
		`"roles":[{"value":"{\"id\":\"1\",\"value\":\"Admin\",\"displayName\":\"A\"}"}]`: `$.roles[0].value "Admin"`}),
	accepted("form 34 phone numbers as they are", map[string]string{
		`"phoneNumbers":[{"value":"tel:+1-201-555"},{"value":"ext. 7"}]`: `$.phoneNumbers[*].value ["tel:+1-201-555","ext. 7"]`}),
	{"form 35 userNames of every sort", func(p *probe) {
		for _, name := range []string{"ada lovelace", "b_c.example#EXT#@d.onmicrosoft.com", "Åsa李", strings.Repeat("x", 1_024)} {
			p.ask("GET /Users/"+p.person(name), "", 200, "$.userName "+show(name))
		}
		p.ask("POST /Users", `{"userName":"`+strings.Repeat("x", 1_025)+`"}`, 400, `$.scimType "invalidValue"`)
	}},
	{"form 36 groups without externalId, with members, or with none said", func(p *probe) {
		p.team("g", p.person("a"))
		p.ask("POST /Groups", `{"displayName":"h","members":null}`, 201, "$.members []", "$.externalId absent")
	}},
	{"form 37 what a PUT or PATCH leaves out", func(p *probe) {
		id := "/Users/" + p.person("a", `"active":false,"externalId":"e"`)
		p.set(id, `"title":"T"`, "$.active false", `$.externalId "e"`)
		p.ask("PUT "+id, `{"userName":"a"}`, 200, "$.active false", "$.externalId absent")
	}},
}
