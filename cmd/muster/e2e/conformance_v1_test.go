package e2e

import (
	"slices"
	"strings"
	"testing"
)

// The lines of the third table of docs/conformance.md, SCIM 1.1: 1 to 24 here.

// TestConformanceOfV1 asks the questions of SCIM 1.1, line by line. No answer on the way has a URN
// of SCIM 2.0 in it, and every error has the form of 1.1.
func TestConformanceOfV1(t *testing.T) {
	t.Parallel()
	probeAll(t, "1.1", slices.Concat(oldDiscovery, oldResources, oldParts, oldLists, oldRest))
}

// newer is the same connector at its base URL of SCIM 2.0.
func (p *probe) newer() *probe { return probeOf(p.t, p.connector.over("2.0")) }

var oldDiscovery = []claim{
	{"line 1 a base URL of 1.1 has ServiceProviderConfigs, and only that", func(p *probe) {
		p.ask("GET /ServiceProviderConfigs", "", 200)
		p.ask("GET /ServiceProviderConfig", "", 404)
		p.newer().ask("GET /ServiceProviderConfig", "", 200)
	}},
	{"line 2 its schemas has the core schema", func(p *probe) {
		p.ask("GET /ServiceProviderConfigs", "", 200, `$.schemas {"$contains":"`+oldCore+`"}`)
	}},
	{"line 3 it says what is supported", func(p *probe) {
		p.ask("GET /ServiceProviderConfigs", "", 200, "$.patch.supported true", "$.bulk.supported true", `$.bulk.maxOperations {"$gte":1}`, `$.bulk.maxPayloadSize {"$gte":1}`,
			"$.filter.supported true", `$.filter.maxResults {"$gte":1}`, "$.changePassword.supported false", "$.sort.supported true", "$.etag.supported true", "$.xmlDataFormat.supported false",
			`$['urn:okta:schemas:scim:providerconfig:1.0'].userManagementCapabilities {"$contains":"GROUP_PUSH"}`)
	}},
	{"line 4 its authentication schemes are named, and one is primary", func(p *probe) {
		answer := p.ask("GET /ServiceProviderConfigs", "", 200, `$.authenticationSchemes[*].type {"$set":["oauthbearertoken","httpbasic"]}`)
		primary := 0
		for _, scheme := range answer.at(p.t, "$.authenticationSchemes").([]any) {
			s := scheme.(map[string]any)
			if s["name"] == "" || s["description"] == "" {
				p.t.Errorf("a scheme is %v", s)
			}
			if s["primary"] == true {
				primary++
			}
		}
		if primary != 1 {
			p.t.Errorf("%d schemes are primary", primary)
		}
	}},
	{"line 5 it can only be read", func(p *probe) {
		for _, method := range []string{"POST", "PUT", "DELETE"} {
			p.ask(method+" /ServiceProviderConfigs", `{}`, 405)
		}
	}},
	{"line 6 Schemas has User and Group, each at an address of its own", func(p *probe) {
		p.ask("GET /Schemas", "", 200, `$.Resources[*].name {"$set":["User","Group"]}`, "$.totalResults 2")
		for name, endpoint := range map[string]string{"User": "/Users", "Group": "/Groups"} {
			p.ask("GET /Schemas/"+oldCore+":"+name, "", 200, `$.id "`+oldCore+":"+name+`"`, `$.schema "`+oldCore+`"`, `$.endpoint "`+endpoint+`"`, `$.attributes {"$type":"array"}`)
		}
		p.ask("GET /Schemas/urn:none", "", 404)
		p.ask("POST /Schemas", `{}`, 405)
		p.ask(`GET /Schemas?filter=name eq "User" and schema eq "`+oldCore+`"`, "", 200, "$.totalResults 1")
	}},
	{"line 7 attributes are described in the words of 1.1", func(p *probe) {
		answer := p.ask("GET /Schemas/"+oldCore+":User", "", 200, "$.attributes[name=userName].required true", "$.attributes[name=groups].readOnly true",
			"$.attributes[name=emails].multiValued true", "$.attributes[name=emails].subAttributes[name=value].readOnly false", "$.attributes[name=id].caseExact true",
			`$.attributes[name=department].schema "`+oldEnterprise+`"`, "$.attributes[name=manager].subAttributes[name=managerId].required false")
		for _, word := range []string{`"mutability"`, `"returned"`, `"uniqueness"`} {
			if strings.Contains(string(answer.Body), word) {
				p.t.Errorf("a schema says %s", word)
			}
		}
	}},
	{"line 8 there are no ResourceTypes", func(p *probe) {
		p.ask("GET /ResourceTypes", "", 404)
	}},
}

var oldResources = []claim{
	{"line 9 resources name the schemas of 1.1", func(p *probe) {
		p.ask("GET /Users/"+p.person("a"), "", 200, `$.schemas ["`+oldCore+`"]`)
		p.ask("GET /Users/"+p.person("b", `"`+oldEnterprise+`":{"department":"R"}`), "", 200, `$.schemas ["`+oldCore+`","`+oldEnterprise+`"]`)
		p.ask("GET /Groups/"+p.team("g"), "", 200, `$.schemas ["`+oldCore+`"]`)
		p.ask("GET /Users/"+p.newer().person("c", `"title":"T"`, `"department":"R"`), "", 200, `$.schemas ["`+oldCore+`","`+oldEnterprise+`"]`)
	}},
	{"line 10 enterprise attributes have a key of their own, and a manager a managerId", func(p *probe) {
		p.ask("GET /Users/"+p.person("a", `"`+oldEnterprise+`":{"employeeNumber":"7","manager":{"managerId":"m","displayName":"M"}}`), "", 200,
			`$['`+oldEnterprise+`'].employeeNumber "7"`, `$['`+oldEnterprise+`'].manager.managerId "m"`, `$['`+oldEnterprise+`'].manager.value absent`)
	}},
	{"line 11 what is created over one version reads over the other in its own words", func(p *probe) {
		newer := p.newer()
		mine := p.person("mine", `"`+oldEnterprise+`":{"department":"R","manager":{"managerId":"m"}}`)
		newer.ask("GET /Users/"+mine, "", 200, `$.schemas ["`+userSchema+`","`+enterpriseSchema+`"]`, `$['`+enterpriseSchema+`'] {"department":"R","manager":{"value":"m"}}`, `$.meta.location {"$regex":"/v2/Users/"}`)
		theirs := newer.person("theirs", `"`+enterpriseSchema+`":{"department":"R","manager":{"value":"m"}}`)
		p.ask("GET /Users/"+theirs, "", 200, `$.schemas ["`+oldCore+`","`+oldEnterprise+`"]`, `$['`+oldEnterprise+`'] {"department":"R","manager":{"managerId":"m"}}`, `$.meta.location {"$regex":"/v1/Users/"}`)
		p.finds("/Users", "mine", "theirs")
		newer.finds("/Users", "mine", "theirs")
		group := newer.team("g", mine, theirs)
		p.ask("GET /Groups/"+group, "", 200, `$.members[*].value {"$set":`+listed([]string{mine, theirs})+`}`)
	}},
	{"line 12 meta has times, address and version", func(p *probe) {
		id := p.person("a")
		p.ask("GET /Users/"+id, "", 200, `$.meta.created {"$regex":"^20.*Z$"}`, `$.meta.lastModified {"$regex":"^20.*Z$"}`, `$.meta.location "{{base}}/Users/`+id+`"`, `$.meta.version {"$type":"string"}`)
	}},
	{"line 13 answers are application/json, and who takes XML alone gets 406", func(p *probe) {
		for _, accept := range []string{"", "application/json", "*/*", "application/json; charset=utf-8", "application/xml, application/json;q=0.5"} {
			if media := p.with("Accept", accept).ask("GET /Users", "", 200).Header.Get("Content-Type"); media != "application/json" {
				p.t.Errorf("Accept %q is answered as %s", accept, media)
			}
		}
		for _, accept := range []string{"application/xml", "text/xml"} {
			p.with("Accept", accept).ask("GET /Users", "", 406)
		}
		id := p.person("a")
		p.finds("/Users.json", "a")
		p.ask("GET /Users/"+id+".json", "", 200)
		p.ask("GET /Users.xml", "", 406)
		p.ask("GET /Users/"+id+".xml", "", 406)
		p.with("Content-Type", "application/xml").ask("POST /Users", "<User/>", 415)
	}},
	{"line 14 bodies with a charset are taken", func(p *probe) {
		p.with("Content-Type", "application/json; charset=utf-8").person("a")
	}},
	{"line 15 names are read in any case, and unknown ones do no harm", func(p *probe) {
		id := p.ask("POST /Users", `{"schemas":["`+oldCore+`"],"USERNAME":"a","Title":"T","shoe":42,"Emails":[{"VALUE":"e","size":1}]}`, 201, `$.title "T"`, `$.emails [{"value":"e"}]`, "$.shoe absent").text(p.t, "$.id")
		p.finds(`/Users?filter=USERNAME eq "a"`, "a")
		p.set("/Users/"+id, `"NICKNAME":"N","hat":1`, `$.nickName "N"`)
	}},
	{"line 16 a password is in no answer and in no event", func(p *probe) {
		secret := "pw-" + unique()
		answers := []response{p.ask("POST /Users", `{"userName":"a","password":"`+secret+`"}`, 201)}
		id := "/Users/" + answers[0].text(p.t, "$.id")
		answers = append(answers, p.ask("PUT "+id, `{"userName":"a","password":"`+secret+`"}`, 200), p.set(id, `"password":"`+secret+`"`),
			p.ask("GET "+id+"?attributes=password", "", 200), p.ask("GET /Users", "", 200), p.admin(p.t, "GET", "/events?connector="+p.Slug, nil))
		for _, answer := range answers {
			if strings.Contains(string(answer.Body), secret) {
				p.t.Errorf("an answer holds the password: %s", excerpt(answer.Body))
			}
		}
		if p.log.contains(secret) {
			p.t.Error("the log holds the password")
		}
	}},
	{"line 17 groups of a user are computed, not taken", func(p *probe) {
		id := p.person("a", `"groups":[{"value":"x","display":"x"}]`)
		p.ask("GET /Users/"+id, "", 200, "$.groups []")
		group := p.team("g", id)
		p.set("/Users/"+id, `"groups":[{"value":"`+group+`","operation":"delete"}]`, `$.groups[*].value ["`+group+`"]`, `$.groups[*].display ["g"]`)
	}},
	{"line 18 a creation is 201 with the resource and its address", func(p *probe) {
		answer := p.ask("POST /Users", `{"schemas":["`+oldCore+`"],"id":"mine","userName":"a"}`, 201, `$.userName "a"`, `$.id {"$ne":"mine"}`)
		if location := answer.Header.Get("Location"); location != answer.text(p.t, "$.meta.location") || !strings.HasPrefix(location, p.values["base"]+"/Users/") {
			p.t.Errorf("the Location is %q", location)
		}
	}},
	{"line 19 no userName is 400, and one that is taken in any case 409", func(p *probe) {
		p.ask("POST /Users", `{"schemas":["`+oldCore+`"],"displayName":"A"}`, 400)
		p.person("Ada")
		p.ask("POST /Users", `{"schemas":["`+oldCore+`"],"userName":"aDA"}`, 409)
	}},
	{"line 20 a user is at its id, and an unknown id 404", func(p *probe) {
		id := p.person("a")
		p.ask("GET /Users/"+id, "", 200, "$.id "+show(id))
		for _, other := range []string{"nope", "0192f5c1-1111-7000-8000-000000000001", p.team("g")} {
			p.ask("GET /Users/"+other, "", 404)
		}
	}},
	{"line 21 PUT replaces, and takes neither id nor meta from the body", func(p *probe) {
		id := p.person("a", `"title":"T","emails":[{"value":"e"}],"`+oldEnterprise+`":{"department":"R"}`)
		p.ask("PUT /Users/"+id, `{"schemas":["`+oldCore+`"],"id":"other","meta":{"created":"x"},"userName":"b","nickName":"N"}`, 200,
			"$.id "+show(id), `$.userName "b"`, `$.nickName "N"`, "$.title absent", "$.emails absent", `$['`+oldEnterprise+`'] absent`, `$.schemas ["`+oldCore+`"]`, `$.meta.created {"$regex":"^20"}`)
	}},
	{"line 22 PUT deactivates and reactivates", func(p *probe) {
		id := "/Users/" + p.person("a")
		for _, active := range []string{"false", "true"} {
			p.ask("PUT "+id, `{"schemas":["`+oldCore+`"],"userName":"a","active":`+active+`}`, 200, "$.active "+active)
			p.ask("GET "+id, "", 200, "$.active "+active)
		}
	}},
	{"line 23 DELETE is 204, and then there is nothing", func(p *probe) {
		for _, path := range []string{"/Users/" + p.person("a"), "/Groups/" + p.team("g")} {
			p.ask("DELETE "+path, "", 204)
			p.ask("GET "+path, "", 404)
			p.ask("DELETE "+path, "", 404)
		}
	}},
	{"line 24 a POST may stand for PUT, PATCH and DELETE", func(p *probe) {
		path := "/Users/" + p.person("a")
		p.with("X-HTTP-Method-Override", "PUT").ask("POST "+path, `{"userName":"b"}`, 200, `$.userName "b"`)
		p.with("X-HTTP-Method-Override", "PATCH").ask("POST "+path, `{"title":"T"}`, 200, `$.title "T"`, `$.userName "b"`)
		p.with("X-HTTP-Method-Override", "DELETE").ask("POST "+path, ``, 204)
		p.ask("GET "+path, "", 404)
	}},
}
