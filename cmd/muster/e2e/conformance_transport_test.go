package e2e

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// Lines 1 to 30: requests and their headers, and what discovery says.

var transportClaims = []claim{
	{"1 without a credential 401 names the schemes", func(p *probe) {
		answer := p.with("Authorization", "").ask("GET /Users", "", 401)
		schemes := strings.Join(answer.Header.Values("WWW-Authenticate"), ", ")
		if !strings.Contains(schemes, "Bearer ") || !strings.Contains(schemes, "Basic ") {
			p.t.Errorf("WWW-Authenticate is %q, want Bearer and Basic", schemes)
		}
	}},
	{"2 a 401 has an Error as its body", func(p *probe) {
		p.with("Authorization", "Bearer x").ask("GET /Users", "", 401,
			`$.schemas ["`+errorSchema+`"]`, `$.status "401"`, `$.detail {"$ne":""}`)
	}},
	{"3 no credential but a valid one of this connector opens it", func(p *probe) {
		other := p.lone(p.t, wanted{})
		credentials := "/connectors/" + p.Slug + "/credentials"
		revoked := p.adminOK(p.t, "POST", credentials, map[string]any{"name": "revoked"})
		p.with("Authorization", "Bearer "+revoked.text(p.t, "$.token")).ask("GET /Users", "", 200)
		p.adminOK(p.t, "DELETE", credentials+"/"+revoked.text(p.t, "$.id"), nil)
		end := time.Now().Add(time.Second)
		expired := p.adminOK(p.t, "POST", credentials, map[string]any{"name": "short", "expiresAt": end.UTC().Format(time.RFC3339Nano)})
		time.Sleep(time.Until(end.Add(100 * time.Millisecond))) // the server's clock cannot be moved from outside
		for _, token := range []string{"wrong", p.Token[:len(p.Token)-1] + "~", other.Token, revoked.text(p.t, "$.token"), expired.text(p.t, "$.token")} {
			p.with("Authorization", "Bearer "+token).ask("GET /Users", "", 401, "$.Resources absent")
		}
	}},
	{"4 the scheme word is read without case, and a text that is no token is 401", func(p *probe) {
		for _, header := range []string{"bearer " + p.Token, "BEARER   " + p.Token} {
			p.with("Authorization", header).ask("GET /Users", "", 200)
		}
		for _, header := range []string{"non-token", "Bearer", "Basic", "Basic !!!"} {
			p.with("Authorization", header).ask("GET /Users", "", 401)
		}
	}},
	{"5 every usual Accept header works", func(p *probe) {
		for _, accept := range []string{"", "application/scim+json", "application/json", "*/*", "application/scim+json, application/json;q=0.5"} {
			p.with("Accept", accept).ask("GET /Users", "", 200)
		}
	}},
	{"6 answers are application/scim+json, without a charset", func(p *probe) {
		for line, status := range map[string]int{"GET /Users": 200, "GET /Schemas": 200, "GET /Users/x": 404, "PUT /Users": 405} {
			if media := p.ask(line, "", status).Header.Values("Content-Type"); len(media) != 1 || media[0] != "application/scim+json" {
				p.t.Errorf("%s: Content-Type %q", line, media)
			}
		}
	}},
	{"7 bodies of both JSON types are taken, with and without a charset", func(p *probe) {
		for i, media := range []string{"application/scim+json", "application/json", "application/scim+json; charset=utf-8", "application/json;charset=UTF-8"} {
			p.with("Content-Type", media).person(fmt.Sprint("media-", i))
		}
	}},
	{"8 another content type is 415", func(p *probe) {
		for _, media := range []string{"text/plain", "application/xml", "multipart/form-data; boundary=x"} {
			p.with("Content-Type", media).ask("POST /Users", `{"userName":"x"}`, 415)
		}
		p.finds("/Users")
	}},
	{"9 a body that is no JSON object is invalidSyntax", func(p *probe) {
		for _, body := range []string{"x", " ", "[]", `[{"userName":"x"}]`, `"userName"`, `{"userName":`, `{"userName":"x"} {}`} {
			p.ask("POST /Users", body, 400, `$.scimType "invalidSyntax"`)
		}
	}},
	{"10 tokens are not taken from a URL, and the log holds neither them nor passwords", func(p *probe) {
		password := "pw-" + unique()
		p.with("Authorization", "").ask("GET /Users?access_token="+p.Token, "", 401)
		p.ask("GET /Users?token="+p.Token, "", 200)
		p.person("x", `"password":"`+password+`"`)
		for _, secret := range []string{p.Token, password} {
			if p.log.contains(secret) {
				p.t.Error("the log holds a secret that was in a request")
			}
		}
	}},
	{"11 unknown paths are 404, wrong methods 405 with Allow", func(p *probe) {
		p.ask("GET /"+unique(), "", 404)
		p.ask("GET /Users/a/b", "", 404)
		for _, method := range []string{"PUT", "PATCH", "DELETE"} {
			if allow := p.ask(method+" /Users", `{}`, 405).Header.Get("Allow"); !strings.Contains(allow, "GET") || !strings.Contains(allow, "POST") {
				p.t.Errorf("%s /Users: Allow is %q", method, allow)
			}
		}
	}},
	{"12 a trailing slash changes nothing", func(p *probe) {
		p.ask("POST /Users/", `{"userName":"x"}`, 201)
		p.finds("/Users/", "x")
		p.finds(`/Users/?filter=userName eq "x"`, "x")
	}},
	{"13 the connection tests of Okta and Entra pass on an empty connector", func(p *probe) {
		p.ask("GET /Users?startIndex=1&count=2", "", 200, "$.totalResults 0", "$.Resources []")
		p.ask(`GET /Users?filter=userName eq "3f2c9a1e-2b7d-4c55-9a40-6f0d6b9f7f11"`, "", 200, "$.totalResults 0", "$.Resources []")
	}},
	{"14 too many requests are 429 with Retry-After, and none is half done", tooManyAre429},
	{"15 text is UTF-8 and comes back as it was sent", func(p *probe) {
		for i, name := range []string{"Åsa", "A\u030asa", "李", "🦊 fox", "e\u0301 é"} {
			id := p.person(fmt.Sprint("text-", i), `"displayName":`+show(name), `"name":{"familyName":`+show(name)+`}`)
			p.ask("GET /Users/"+id, "", 200, "$.displayName "+show(name), "$.name.familyName "+show(name))
		}
		p.ask("POST /Users", `{"userName":"\u00c5sa\u674e","title":"\ud83e\udd8a"}`, 201, `$.userName "Åsa李"`, `$.title "🦊"`)
	}},
}

var discoveryClaims = []claim{
	{"16 ServiceProviderConfig is one object of its schema", func(p *probe) {
		p.ask("GET /ServiceProviderConfig", "", 200, "$.Resources absent",
			`$.schemas ["urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig"]`)
	}},
	{"17 ServiceProviderConfig says what is there, and it is", func(p *probe) {
		p.ask("GET /ServiceProviderConfig", "", 200, "$.patch.supported true", "$.bulk.supported true",
			`$.bulk.maxOperations {"$gte":1}`, `$.bulk.maxPayloadSize {"$gte":1}`, "$.filter.supported true", `$.filter.maxResults {"$gte":1}`,
			"$.changePassword.supported false", "$.sort.supported true", "$.etag.supported true",
			`$.authenticationSchemes[*].type {"$set":["oauthbearertoken","httpbasic"]}`,
			`$.authenticationSchemes[0].name {"$ne":"","$exists":true}`, `$.authenticationSchemes[0].description {"$ne":"","$exists":true}`)
		id := p.person("x")
		p.patch("/Users/"+id, `{"op":"add","path":"title","value":"T"}`, 200)
		p.ask("POST /Bulk", `{"schemas":["{{bulk}}"],"Operations":[]}`, 200)
		p.finds(`/Users?filter=title eq "T"&sortBy=title`, "x")
		if p.ask("GET /Users/"+id, "", 200).Header.Get("ETag") == "" {
			p.t.Error("etag is advertised, and there is none")
		}
	}},
	{"18 no URI in discovery is empty or relative", func(p *probe) {
		for _, path := range discoveryPaths {
			eachMember(p.ask("GET "+path, "", 200).value(p.t), func(name string, value any) {
				uri := strings.HasSuffix(strings.ToLower(name), "uri") || name == "location"
				if uri && !strings.HasPrefix(plainText(value), "http") {
					p.t.Errorf("%s: %s is %v", path, name, value)
				}
			})
		}
	}},
	{"19 ResourceTypes lists User and Group", func(p *probe) {
		p.ask("GET /ResourceTypes", "", 200, `$.Resources[*].id ["User","Group"]`, `$.Resources[*].name ["User","Group"]`,
			`$.Resources[*].endpoint ["/Users","/Groups"]`, `$.Resources[*].schema ["{{user}}","{{group}}"]`,
			`$.Resources[0].schemaExtensions [{"schema":"{{enterprise}}","required":false}]`,
			`$.Resources[*].meta.resourceType ["ResourceType","ResourceType"]`, `$.Resources[*].meta.location ["{{base}}/ResourceTypes/User","{{base}}/ResourceTypes/Group"]`)
	}},
	{"20 each resource type has an address, others are 404", func(p *probe) {
		p.ask("GET /ResourceTypes/User", "", 200, `$.id "User"`, `$.meta.location "{{base}}/ResourceTypes/User"`)
		p.ask("GET /ResourceTypes/Group", "", 200, `$.id "Group"`)
		p.ask("GET /ResourceTypes/Device", "", 404)
	}},
	{"21 Schemas lists User, Group and EnterpriseUser", func(p *probe) {
		p.ask("GET /Schemas", "", 200, "$.totalResults 3", `$.Resources[*].id {"$set":["{{user}}","{{group}}","{{enterprise}}"]}`)
	}},
	{"22 every schema that a resource type names is there", func(p *probe) {
		types := p.ask("GET /ResourceTypes", "", 200)
		for _, path := range []string{"$.Resources[*].schema", "$.Resources[0].schemaExtensions[*].schema"} {
			for _, urn := range types.at(p.t, path).([]any) {
				p.ask("GET /Schemas", "", 200, `$.Resources[*].id {"$superset":[`+show(urn)+`]}`)
			}
		}
	}},
	{"23 each schema is at its location, others are 404", func(p *probe) {
		for _, name := range []string{"user", "group", "enterprise"} {
			answer := p.ask("GET /Schemas/{{"+name+"}}", "", 200, `$.id "{{`+name+`}}"`)
			location, _ := strings.CutPrefix(answer.text(p.t, "$.meta.location"), p.URL+p.base["2.0"])
			p.ask("GET "+location, "", 200, `$.id "{{`+name+`}}"`)
		}
		p.ask("GET /Schemas/urn:ietf:params:scim:schemas:core:2.0:Device", "", 404)
	}},
	{"24 every attribute states its characteristics", func(p *probe) {
		p.eachAttribute(func(path string, a map[string]any, _ int) {
			for _, name := range []string{"name", "type", "multiValued", "description", "required", "caseExact", "mutability", "returned", "uniqueness"} {
				if _, ok := a[name]; !ok {
					p.t.Errorf("%s does not state %s", path, name)
				}
			}
			if _, subs := a["subAttributes"]; subs != (a["type"] == "complex") {
				p.t.Errorf("%s is of type %v and has subAttributes: %v", path, a["type"], subs)
			}
			if _, refs := a["referenceTypes"]; refs != (a["type"] == "reference") {
				p.t.Errorf("%s is of type %v and has referenceTypes: %v", path, a["type"], refs)
			}
		})
	}},
	{"25 userName, password, groups and id have their characteristics", func(p *probe) {
		p.ask("GET /Schemas/{{user}}", "", 200,
			"$.attributes[name=userName].required true", `$.attributes[name=userName].uniqueness "server"`, "$.attributes[name=userName].caseExact false",
			`$.attributes[name=password].mutability "writeOnly"`, `$.attributes[name=password].returned "never"`,
			`$.attributes[name=groups].mutability "readOnly"`,
			`$.attributes[name=id].mutability "readOnly"`, `$.attributes[name=id].returned "always"`, "$.attributes[name=id].caseExact true")
	}},
	{"26 no complex attribute holds another", func(p *probe) {
		p.eachAttribute(func(path string, a map[string]any, depth int) {
			if depth > 0 && a["type"] == "complex" {
				p.t.Errorf("%s is complex inside a complex attribute", path)
			}
		})
	}},
	{"27 discovery refuses a filter and ignores other parameters", func(p *probe) {
		for _, path := range discoveryPaths {
			p.ask("GET "+path+`?filter=id eq "x"`, "", 403)
			p.ask("GET "+path+"?sortBy=id&count=1&startIndex=2&attributes=id", "", 200, "$.schemas[0] {\"$type\":\"string\"}")
		}
	}},
	{"28 discovery can only be read", func(p *probe) {
		for _, path := range append([]string{"/Schemas/{{user}}", "/ResourceTypes/User"}, discoveryPaths...) {
			for _, method := range []string{"POST", "PUT", "PATCH", "DELETE"} {
				p.ask(method+" "+path, `{}`, 405)
			}
		}
	}},
	{"29 lists of discovery have the RFC's members only", func(p *probe) {
		for _, path := range []string{"/Schemas", "/ResourceTypes"} {
			document := p.ask("GET "+path, "", 200).value(p.t).(map[string]any)
			for name := range document {
				if !strings.Contains("schemas totalResults startIndex itemsPerPage Resources", name) {
					p.t.Errorf("%s has the member %s", path, name)
				}
			}
		}
	}},
	{"30 discovery needs the credential, on every address alike", func(p *probe) {
		for _, path := range discoveryPaths {
			p.with("Authorization", "").ask("GET "+path, "", http.StatusUnauthorized)
		}
	}},
}

var discoveryPaths = []string{"/ServiceProviderConfig", "/ResourceTypes", "/Schemas"}

// eachMember visits the members of all objects in a document.
func eachMember(v any, visit func(name string, value any)) {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			visit(name, value)
			eachMember(value, visit)
		}
	case []any:
		for _, value := range v {
			eachMember(value, visit)
		}
	}
}

// eachAttribute visits every attribute and sub-attribute of every schema.
func (p *probe) eachAttribute(visit func(path string, a map[string]any, depth int)) {
	var walk func(path string, list any, depth int)
	walk = func(path string, list any, depth int) {
		attributes, _ := list.([]any)
		for _, a := range attributes {
			attribute := a.(map[string]any)
			inner := path + "." + plainText(attribute["name"])
			visit(inner, attribute, depth)
			walk(inner, attribute["subAttributes"], depth+1)
		}
	}
	for _, schema := range p.ask("GET /Schemas", "", 200).at(p.t, "$.Resources").([]any) {
		s := schema.(map[string]any)
		walk(plainText(s["name"]), s["attributes"], 0)
	}
}
