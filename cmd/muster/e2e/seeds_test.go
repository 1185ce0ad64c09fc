package e2e

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// TestSeeds shows, row by row of docs/seeds.md, what the first users asked for and nothing else
// shows from outside. Its names begin with the row.
func TestSeeds(t *testing.T) {
	t.Parallel()
	probeAll(t, "2.0", slices.Concat(askedOfServers, askedOfMapping, askedOfLeaving, askedByTenants))
}

// ruled is another connector of a tenant and a directory of its own, with rules, as JSON.
func (p *probe) ruled(rules string) *probe {
	p.t.Helper()
	decoded, err := decodeJSON([]byte(rules))
	if err != nil {
		p.t.Fatal(err)
	}
	return probeOf(p.t, p.lone(p.t, wanted{Rules: decoded.(map[string]any)}))
}

// directoryPath is the admin API's path of the connector's directory.
func (p *probe) directoryPath() string {
	p.t.Helper()
	return "/directories/" + p.settings(p.t)["directory"].(string)
}

// effective is the directory's user of a name, in full.
func (p *probe) effective(userName string) map[string]any {
	p.t.Helper()
	user := findUser(p.t, p.server, p.settings(p.t)["directory"].(string), userName)
	if user == nil {
		p.t.Fatalf("the directory has no user %s", userName)
	}
	return user
}

// isIn expects that the directory's user is in exactly these groups.
func (p *probe) isIn(userName string, groups ...string) {
	p.t.Helper()
	if got := groupsOf(p.effective(userName)); !slices.Equal(got, groups) {
		p.t.Errorf("%s is in %v, want %v", userName, got, groups)
	}
}

// give lets the administrator put a user into a group, which is made where it is not there.
func (p *probe) give(userName, group string) {
	p.t.Helper()
	path := p.directoryPath() + "/groups"
	var id any
	for _, g := range p.items(p.t, path) {
		if g["displayName"] == group {
			id = g["id"]
		}
	}
	if id == nil {
		id = p.adminOK(p.t, "POST", path, map[string]any{"displayName": group}).at(p.t, "$.id")
	}
	p.adminOK(p.t, "POST", path+"/"+id.(string)+"/members", map[string]any{"user": p.effective(userName)["id"]})
}

var askedOfServers = []claim{
	{"A10 what an IdP did can be looked up, by connector and by person", func(p *probe) {
		p.person("ada")
		p.person("bob")
		p.seen("connector="+p.Slug+"&action=record.user.created", 2)
		p.seen("user=ada&action=directory.user.created&connector="+p.Slug, 1)
	}},
	{"B1 connectors of one tenant have names, addresses and tokens of their own", func(p *probe) {
		of := wanted{Tenant: p.tenant(p.t), Directory: p.directory(p.t)}
		one, two := p.connector.connector(p.t, of), p.connector.connector(p.t, of)
		if one.Token == two.Token || one.base["2.0"] == two.base["2.0"] || one.settings(p.t)["name"] == two.settings(p.t)["name"] {
			p.t.Errorf("two connectors share something: %s and %s", canonical(one.settings(p.t)), canonical(two.settings(p.t)))
		}
		probeOf(p.t, one).with("Authorization", "Bearer "+two.Token).ask("GET /Users", "", 401)
	}},
	{"B9 a membership that the IdP no longer sends is taken away", func(p *probe) {
		id := p.person("ada")
		group := "/Groups/" + p.team("jira", id)
		p.isIn("ada", "jira")
		p.patch(group, removal(id), 204)
		p.isIn("ada")
	}},
	{"B14 onlyAssign and neverAssign limit what comes through, alwaysAssign adds to it", func(p *probe) {
		q := p.ruled(`{"onlyAssign":["jira-.*"],"neverAssign":["jira-admins"],"alwaysAssign":["everyone"]}`)
		id := q.person("ada")
		for _, name := range []string{"jira-users", "jira-admins", "wiki"} {
			q.team(name, id)
		}
		q.isIn("ada", "everyone", "jira-users")
	}},
	{"B16 an alwaysAssign membership cannot be taken away by hand", func(p *probe) {
		q := p.ruled(`{"alwaysAssign":["everyone"]}`)
		q.person("ada")
		user := q.effective("ada")
		group, _ := lookup(user, "$.memberships[0].group.id")
		answer := q.admin(q.t, "DELETE", q.directoryPath()+"/groups/"+plainText(group.value)+"/members/"+user["id"].(string), nil)
		if answer.Status != http.StatusConflict || !strings.Contains(string(answer.Body), q.Slug) {
			q.t.Errorf("%d %s, want a 409 that names the connector", answer.Status, answer.Body)
		}
		q.isIn("ada", "everyone")
	}},
	{"B17 neverRemove keeps what the IdP takes back", func(p *probe) {
		q := p.ruled(`{"neverRemove":["vpn-.*"]}`)
		id := q.person("ada")
		for _, name := range []string{"vpn-users", "jira"} {
			q.patch("/Groups/"+q.team(name, id), removal(id), 204)
		}
		q.isIn("ada", "vpn-users")
	}},
	{"B18 with .* in neverAssign and neverRemove every group stays local", func(p *probe) {
		q := p.ruled(`{"neverAssign":[".*"],"neverRemove":[".*"]}`)
		id := q.person("ada")
		q.team("from the IdP", id)
		q.give("ada", "by hand")
		q.patch("/Users/"+id, `{"op":"replace","path":"title","value":"Countess"}`, 200)
		q.isIn("ada", "by hand")
	}},
	{"B19 losing the required group disables once the grace is over", func(p *probe) {
		q := p.ruled(`{"requiredGroups":["staff"],"requiredGrace":"0s"}`)
		id := q.person("ada")
		group := "/Groups/" + q.team("staff", id)
		if user := q.effective("ada"); user["active"] != true {
			q.t.Errorf("with the required group the user is %s", canonical(user))
		}
		q.patch(group, removal(id), 204)
		q.settled(q.t, q.settings(q.t)["directory"].(string))
		if user := q.effective("ada"); user["active"] != false {
			q.t.Errorf("without the required group the user is %s", canonical(user))
		}
	}},
	{"B20 cleanup can disable, delete or keep, and strip groups but for a list", func(p *probe) {
		for action, status := range map[string]string{"disable": "disabled", "delete": "deleted", "keep": "active"} {
			q := p.ruled(`{"cleanup":{"action":"` + action + `","stripGroups":true,"keepGroups":["wiki"]}}`)
			id := q.person("ada")
			q.team("wiki", id)
			q.team("jira", id)
			q.ask("DELETE /Users/"+id, "", 204)
			users := q.items(q.t, q.directoryPath()+"/users?status="+status)
			if len(users) != 1 {
				q.t.Errorf("%s: the directory has %d users that are %s, want 1", action, len(users), status)
			} else if action != "delete" {
				q.isIn("ada", "wiki")
			}
		}
	}},
	{"B23 the history of a connector can be searched by person, and downloaded whole", func(p *probe) {
		p.crew("u", 600)
		p.seen("connector="+p.Slug+"&q=u-00599", 1)
		answer := p.must(p.t, request{Method: "GET", Target: "/api/v1/events?action=record.user.created&connector=" + p.Slug,
			Header: http.Header{"Authorization": {"Bearer " + p.server.token}, "Accept": {"text/csv"}}})
		if lines := strings.Count(string(answer.Body), "record.user.created"); lines != 600 {
			p.t.Errorf("the export has %d lines, want 600: %s", lines, excerpt(answer.Body))
		}
	}},
	{"C4 configurations are listed without their secrets", func(p *probe) {
		for _, c := range p.items(p.t, "/connectors") {
			if c["slug"] == p.Slug {
				if strings.Contains(canonical(c), p.Token) {
					p.t.Error("the list shows the token")
				}
				return
			}
		}
		p.t.Error("the connector is not in the list")
	}},
	{"C5 a connector provisions into a directory that is there, or a new one", func(p *probe) {
		one := wanted{Tenant: p.tenant(p.t), Directory: p.directory(p.t)}
		other := wanted{Tenant: one.Tenant, Directory: p.directory(p.t)}
		a, b, c := probeOf(p.t, p.connector.connector(p.t, one)), probeOf(p.t, p.connector.connector(p.t, one)), probeOf(p.t, p.connector.connector(p.t, other))
		a.person("ada")
		b.person("bob")
		c.person("carol")
		for directory, names := range map[string]int{one.Directory: 2, other.Directory: 1} {
			if users := p.items(p.t, "/directories/"+directory+"/users"); len(users) != names {
				p.t.Errorf("a directory has %d users, want %d", len(users), names)
			}
		}
	}},
	{"C9 default groups come in named sets, once, and an administrator's removal is final", func(p *probe) {
		q := p.ruled(`{"defaultGroups":["everyone",{"set":"Wiki","groups":["wiki-users","wiki-news"]}]}`)
		id := q.person("ada")
		q.isIn("ada", "everyone", "wiki-news", "wiki-users")
		user := q.effective("ada")
		group, _ := lookup(user["memberships"], "$[0].group")
		left := group.value.(map[string]any)
		q.adminOK(q.t, "DELETE", q.directoryPath()+"/groups/"+left["id"].(string)+"/members/"+user["id"].(string), nil)
		q.patch("/Users/"+id, `{"op":"replace","path":"title","value":"T"}`, 200)
		if slices.Contains(groupsOf(q.effective("ada")), left["displayName"].(string)) {
			q.t.Errorf("%s came back", left["displayName"])
		}
	}},
	{"C10 addresses are built from the public URL, never from what the request says", func(p *probe) {
		r := p.request(p.t, "POST", "/Users", map[string]any{"userName": "ada"})
		r.Header.Set("Host", "evil.example")
		r.Header.Set("X-Forwarded-Host", "evil.example")
		if location := p.must(p.t, r).Header.Get("Location"); !strings.HasPrefix(location, p.values["base"]+"/Users/") {
			p.t.Errorf("Location is %s", location)
		}
	}},
}

// removal is the operation that takes a member out.
func removal(id string) string { return `{"op":"remove","path":"members[value eq \"` + id + `\"]"}` }

// seen expects so many events behind a query.
func (p *probe) seen(query string, want int) {
	p.t.Helper()
	if events := p.items(p.t, "/events?"+query); len(events) != want {
		p.t.Errorf("/events?%s has %d events, want %d: %s", query, len(events), want, show(events))
	}
}

var askedByTenants = []claim{
	{"D3 a connector has several named credentials, and an event says which one was used", func(p *probe) {
		made := p.adminOK(p.t, "POST", "/connectors/"+p.Slug+"/credentials", map[string]any{"name": "the second IdP"})
		p.person("ada")
		p.with("Authorization", "Bearer "+made.text(p.t, "$.token")).person("bob")
		events := p.items(p.t, "/events?action=record.user.created&connector="+p.Slug)
		if len(events) != 2 || events[0]["actor"] == events[1]["actor"] {
			p.t.Errorf("the two credentials cannot be told apart: %s", show(events))
		}
		p.seen("action=record.user.created&connector="+p.Slug+"&actor="+url.QueryEscape(made.text(p.t, "$.id")), 1)
	}},
	{"E1 local users are in the list, and told from those an IdP manages", func(p *probe) {
		p.adminOK(p.t, "POST", p.directoryPath()+"/users", map[string]any{"userName": "local"})
		p.person("managed")
		for _, user := range p.items(p.t, p.directoryPath()+"/users") {
			if want := user["userName"] == "local"; user["local"] != want {
				p.t.Errorf("%v is local: %v", user["userName"], user["local"])
			}
		}
		p.ask("DELETE /Users/"+p.person("former"), "", 204)
		for managed, want := range map[string]string{"true": "managed", "false": "former local", "local": "local", "former": "former"} {
			var names []string
			for _, user := range p.items(p.t, p.directoryPath()+"/users?managed="+managed) {
				names = append(names, user["userName"].(string))
			}
			slices.Sort(names)
			if got := strings.Join(names, " "); got != want {
				p.t.Errorf("managed=%s lists %s, want %s", managed, got, want)
			}
		}
	}},
	{"E2 provisioning the e-mail of a local user links, overwrites and manages it", func(p *probe) {
		local := p.localAda()
		id := p.person("ada.lovelace", `"title":"Countess","emails":[{"value":"ADA@x.example","primary":true}]`)
		p.team("jira", id)
		user := p.effective("ada.lovelace")
		if user["id"] != local || user["local"] != false || user["title"] != "Countess" || !slices.Equal(groupsOf(user), []string{"jira"}) {
			p.t.Errorf("the directory has %s", canonical(user))
		}
	}},
	{"E3 an e-mail or a userName leads to the SCIM id on each connector", func(p *probe) {
		id := p.person("ada", `"emails":[{"value":"ada@x.example","primary":true}]`)
		for _, filter := range []string{`userName eq "ADA"`, `emails eq "ada@x.example"`} {
			users := p.items(p.t, p.directoryPath()+"/users?filter="+url.QueryEscape(filter))
			if len(users) != 1 {
				p.t.Fatalf("%s finds %d users", filter, len(users))
			}
			full := p.adminOK(p.t, "GET", p.directoryPath()+"/users/"+users[0]["id"].(string), nil)
			if got := full.at(p.t, "$.records[connector="+p.Slug+"].id"); got != id {
				p.t.Errorf("%s leads to %v, want %s", filter, got, id)
			}
		}
		for _, text := range []string{"ADA", "ada@x.example", id} {
			found := p.adminOK(p.t, "GET", p.directoryPath()+"/lookup?q="+url.QueryEscape(text), nil)
			if got := found.at(p.t, "$.people[0].records[0].id"); got != id {
				p.t.Errorf("%s leads to %v, want %s", text, got, id)
			}
		}
	}},
	{"E4 group push by id works for a user who was local", func(p *probe) {
		local := p.localAda()
		id := p.person("ada", `"emails":[{"value":"ada@x.example","primary":true}]`)
		group := "/Groups/" + p.team("jira")
		p.patch(group, `{"op":"add","path":"members","value":`+memberList(id)+`}`, 204)
		p.isIn("ada", "jira")
		if p.effective("ada")["id"] != local {
			p.t.Error("another user is in the group")
		}
	}},
	{"E5 a link can be undone, which gives the local user back", func(p *probe) {
		local := p.localAda()
		id := p.person("ada", `"title":"Countess","emails":[{"value":"ada@x.example","primary":true}]`)
		would := p.adminOK(p.t, "GET", p.directoryPath()+"/users/"+local+"/records/"+p.Slug+"/unlinking", nil)
		if op := would.text(p.t, "$.changes[0].op"); op != "unlinkUser" {
			p.t.Errorf("the preview begins with %s: %s", op, would.Body)
		}
		p.adminOK(p.t, "DELETE", p.directoryPath()+"/users/"+local+"/records/"+p.Slug, nil)
		user := p.adminOK(p.t, "GET", p.directoryPath()+"/users/"+local, nil).value(p.t).(map[string]any)
		if user["local"] != true || user["title"] != "Enchantress" {
			p.t.Errorf("after unlinking the directory has %s", canonical(user))
		}
		p.ask("GET /Users/"+id, "", 200, `$.title "Countess"`)
	}},
}

// localAda makes a local user and returns its id.
func (p *probe) localAda() string {
	p.t.Helper()
	return p.adminOK(p.t, "POST", p.directoryPath()+"/users", map[string]any{
		"userName": "ada", "active": true, "title": "Enchantress", "emails": emailOf("ada@x.example"),
	}).text(p.t, "$.id")
}
