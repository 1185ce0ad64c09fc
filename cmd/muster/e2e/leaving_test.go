package e2e

import (
	"net/http"
	"strings"
	"testing"
)

// Rows of docs/seeds.md about directories, and about people who leave them.
var askedOfLeaving = []claim{
	{"B7 a user of the same name in another directory is copied: memberships, properties, last login", func(p *probe) {
		legacy, q := p.directory(p.t), p.ruled(`{}`)
		path := "/directories/" + legacy
		ada := p.adminOK(p.t, "POST", path+"/users", map[string]any{"userName": "ADA", "title": "Lady", "nickName": "Countess"}).text(p.t, "$.id")
		group := p.adminOK(p.t, "POST", path+"/groups", map[string]any{"displayName": "wiki"}).text(p.t, "$.id")
		p.adminOK(p.t, "POST", path+"/groups/"+group+"/members", map[string]any{"user": ada})
		p.adminOK(p.t, "POST", path+"/logins", map[string]any{"logins": []any{map[string]any{"user": "ada", "at": "2026-01-02T03:04:05Z"}}})
		p.adminOK(p.t, "PATCH", q.directoryPath(), map[string]any{"copyFrom": legacy})
		q.person("ada", `"title":"Analyst"`)
		q.isIn("ada", "wiki")
		user := q.effective("ada")
		if user["nickName"] != "Countess" || user["title"] != "Analyst" || user["lastLogin"] != "2026-01-02T03:04:05Z" {
			p.t.Errorf("the user is %s", canonical(user))
		}
		q.seen("action=directory.user.copied&user=ada", 1)
	}},
	{"C12 a directory is removed with its name, restored, and removed again", func(p *probe) {
		q := p.ruled(`{}`)
		q.person("ada")
		path := q.directoryPath()
		name := strings.TrimPrefix(path, "/directories/")
		if said := q.adminOK(q.t, "GET", path+"/removal", nil); !strings.Contains(string(said.Body), `"users":1`) || said.text(q.t, "$.inTheWay[0]") != q.Slug {
			q.t.Errorf("removing it would take %s", said.Body)
		}
		q.refused("DELETE", path+"?confirm="+name, nil, "connectorsInTheWay")
		q.adminOK(q.t, "PUT", "/connectors/"+q.Slug+"/mode", map[string]any{"mode": "disabled"})
		q.refused("DELETE", path+"?confirm=other", nil, "confirmationMismatch")
		q.adminOK(q.t, "DELETE", path+"?confirm="+name, nil)
		q.refused("GET", path+"/users", nil, "directoryRemoved")
		q.ask("GET /Users", "", 403)
		q.adminOK(q.t, "POST", path+"/restoration", nil)
		q.effective("ada")
	}},
	{"C12 a connector's records are cleared, and its people kept", func(p *probe) {
		q := p.ruled(`{}`)
		id := q.person("ada")
		q.team("jira", id)
		q.refused("DELETE", "/connectors/"+q.Slug+"/records?people=keep", nil, "confirmationMismatch")
		q.adminOK(q.t, "DELETE", "/connectors/"+q.Slug+"/records?people=keep&confirm="+q.Slug+"&comment=anew", nil)
		q.settled(q.t, q.directoryName())
		q.isIn("ada", "jira")
		q.ask("GET /Users", "", 403)
		q.adminOK(q.t, "PUT", "/connectors/"+q.Slug+"/mode", map[string]any{"mode": "live"})
		q.ask("GET /Users/"+id, "", 404)
		if again := q.person("ada"); again == id {
			q.t.Error("the record has the id it had")
		}
		if users := q.items(q.t, q.directoryPath()+"/users"); len(users) != 1 || users[0]["local"] != false {
			q.t.Errorf("the directory has %s", show(users))
		}
	}},
	{"B20 graceDays disables at once and deletes later, when a connector retires too", func(p *probe) {
		q := p.ruled(`{"cleanup":{"action":"delete","graceDays":30}}`)
		q.ask("DELETE /Users/"+q.person("ada"), "", 204)
		q.person("bob")
		q.applied(q.t, q.Slug, q.adminOK(q.t, "POST", "/connectors/"+q.Slug+"/plans", map[string]any{"retire": "delete", "graceDays": 7}))
		q.settled(q.t, q.directoryName())
		for _, name := range []string{"ada", "bob"} {
			if user := q.effective(name); user["status"] != "disabled" {
				q.t.Errorf("%s is %v, want disabled", name, user["status"])
			}
		}
		q.refused("DELETE", "/connectors/"+q.Slug, nil, "graceRuns")
	}},
	{"C7 a person is erased for good once its IdP has let go, and the audit goes on", func(p *probe) {
		id := p.person("ada.lovelace", `"nickName":"Countess"`)
		user := p.effective("ada.lovelace")["id"].(string)
		path := p.directoryPath() + "/users/" + user
		p.refused("POST", path+"/erasure", map[string]any{"userName": "ada.lovelace"}, "stillHeld")
		p.ask("DELETE /Users/"+id, "", 204)
		p.refused("POST", path+"/erasure", map[string]any{"userName": "bob"}, "confirmationMismatch")
		p.adminOK(p.t, "POST", path+"/erasure", map[string]any{"userName": "ada.lovelace"})
		if answer := p.admin(p.t, "GET", path, nil); answer.Status != http.StatusNotFound {
			p.t.Errorf("the user is still there: %d %s", answer.Status, answer.Body)
		}
		events := p.items(p.t, "/events?user="+user)
		if text := canonical(events); len(events) < 3 || strings.Contains(text, "ountess") || strings.Contains(text, "ovelace") {
			p.t.Errorf("the audit tells %s", text)
		}
	}},
}

// refused expects an administrator's request to be refused with a code.
func (p *probe) refused(method, path string, body any, code string) {
	p.t.Helper()
	if answer := p.admin(p.t, method, path, body); answer.Status != http.StatusConflict || answer.text(p.t, "$.code") != code {
		p.t.Errorf("%s %s: %d %s, want 409 %s", method, path, answer.Status, answer.Body, code)
	}
}

func TestADirectoryIsRemovedAndRestoredByTheCommandLine(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		name := s.directory(t)
		if said, err := s.muster(t, "directories", "remove", name); err != nil || !strings.Contains(said, "--confirm "+name) {
			t.Errorf("%v: %s", err, said)
		}
		if said, err := s.muster(t, "directories", "remove", name, "--confirm", name); err != nil || !strings.Contains(said, "is removed") {
			t.Errorf("%v: %s", err, said)
		}
		if said, err := s.muster(t, "directories", "list"); err != nil || !strings.Contains(said, "purged after") {
			t.Errorf("%v: %s", err, said)
		}
		if said, err := s.muster(t, "directories", "restore", name); err != nil || !strings.Contains(said, "is restored") {
			t.Errorf("%v: %s", err, said)
		}
	})
}
