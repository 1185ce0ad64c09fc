package e2e

import (
	"strings"
)

// askedOfMapping are the rows about attributes that are changed on their way, names of groups, and
// people who are dropped.
var askedOfMapping = []claim{
	{"A9 attributes are mapped by expressions, on create, on update or on both", func(p *probe) {
		q := p.ruled(`{"mapping":{"steps":[
			{"target":"title","expression":"\"newcomer\"","when":"create"},
			{"target":"nickName","expression":"\"changed\"","when":"update"},
			{"target":"displayName","expression":"join([record.name.givenName, record.name.familyName])"}]}}`)
		id := q.person("ada", `"name":{"givenName":"Ada","familyName":"Byron"}`)
		q.holds("ada", "title", "newcomer")
		q.holds("ada", "nickName", nil)
		q.holds("ada", "displayName", "Ada Byron")
		q.patch("/Users/"+id, `{"op":"replace","path":"name.familyName","value":"Lovelace"}`, 200)
		q.holds("ada", "title", "newcomer")
		q.holds("ada", "nickName", "changed")
		q.holds("ada", "displayName", "Ada Lovelace")
		q.ask("GET /Users/"+id, "", 200, "$.title absent", "$.nickName absent")
	}},
	{"B8 attributes are transformed, records filtered, and a bench shows each step", func(p *probe) {
		q := p.ruled(`{"mapping":{"steps":[{"target":"userName","expression":"replace(record.userName, \"@old.example\", \"@new.example\")"}],"dropWhen":"record.userType == \"Contractor\""}}`)
		id := q.person("ada@old.example")
		q.person("con@old.example", `"userType":"Contractor"`)
		q.effective("ada@new.example")
		if user := findUser(q.t, q.server, q.settings(q.t)["directory"].(string), "con@new.example"); user != nil {
			q.t.Errorf("the contractor is a user: %v", user)
		}
		bench := q.adminOK(q.t, "POST", "/connectors/"+q.Slug+"/mapping/trial", map[string]any{"record": id})
		if before, after := bench.text(q.t, "$.steps[0].before"), bench.text(q.t, "$.steps[0].after"); before != "ada@old.example" || after != "ada@new.example" {
			q.t.Errorf("the bench shows %s → %s", before, after)
		}
		covered := q.adminOK(q.t, "GET", "/connectors/"+q.Slug+"/mapping/coverage", nil).value(q.t).(map[string]any)
		if show(covered["records"]) != "2" || show(covered["dropped"]) != "1" {
			q.t.Errorf("the coverage says %s", show(covered))
		}
		refused := q.admin(q.t, "PUT", "/connectors/"+q.Slug+"/rules", map[string]any{"mapping": map[string]any{"steps": []any{map[string]any{"target": "title", "expression": "record.titel"}}}})
		if refused.Status != 422 || !strings.Contains(string(refused.Body), "did you mean title?") || !strings.Contains(string(refused.Body), "body.mapping.steps[0].expression") {
			q.t.Errorf("%d %s", refused.Status, refused.Body)
		}
	}},
	{"B19 whom the mapping drops is cleaned up", func(p *probe) {
		q := p.ruled(`{"mapping":{"dropWhen":"record.userType == \"Contractor\""},"safety":{"off":true}}`)
		id := q.person("ada")
		q.patch("/Users/"+id, `{"op":"replace","path":"userType","value":"Contractor"}`, 200)
		if status := q.effective("ada")["status"]; status != "disabled" {
			q.t.Errorf("ada is %v, want disabled", status)
		}
	}},
	{"B21 the lists see the names that renames make", func(p *probe) {
		q := p.ruled(`{"mapping":{"renames":[{"from":"okta-(.*)","to":"$1"}]},"onlyAssign":["jira-.*"]}`)
		id := q.person("ada")
		group := q.team("okta-jira-users", id)
		q.team("okta-wiki", id)
		q.isIn("ada", "jira-users")
		q.ask("GET /Groups/"+group, "", 200, `$.displayName "okta-jira-users"`)
	}},
}

// holds expects what the directory's user has of an attribute; nil is none.
func (p *probe) holds(userName, attribute string, want any) {
	p.t.Helper()
	if got := p.effective(userName)[attribute]; got != want {
		p.t.Errorf("%s of %s is %v, want %v", attribute, userName, got, want)
	}
}
