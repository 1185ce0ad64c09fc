package e2e

import (
	"encoding/json"
	"net/url"
	"strings"
	"testing"
)

// reasons is where one scene happens: a directory of its own.
type reasons struct {
	*server
	t         *testing.T
	version   string // of SCIM, that its connectors speak; "" is 2.0
	Directory string
	heard     map[string]string // sentence by code
	called    map[string]string // what to call a slug in a sentence
	tenants   map[string]string
}

// source makes a live connector with rules, as JSON, and calls it name. Connectors of one tenant
// name are of one tenant.
func (r *reasons) source(tenant, name, rules string) connector {
	r.t.Helper()
	if r.tenants == nil {
		r.tenants = map[string]string{}
	}
	if r.tenants[tenant] == "" {
		r.tenants[tenant] = r.tenant(r.t)
	}
	w := wanted{Tenant: r.tenants[tenant], Directory: r.Directory}
	if rules != "" {
		if err := json.Unmarshal([]byte(rules), &w.Rules); err != nil {
			r.t.Fatal(err)
		}
	}
	c := r.connector(r.t, w).over(r.version)
	r.called[c.Slug] = name
	return c
}

func (r *reasons) okta(rules string) connector { return r.source("acme", "acme-okta", rules) }

func (r *reasons) entra(rules string) connector { return r.source("acme", "acme-entra", rules) }

// why asks about a user and hears every reason of the answer.
func (r *reasons) why(user string, more ...string) map[string]any {
	r.t.Helper()
	r.settled(r.t, r.Directory)
	query := url.Values{"user": {user}}
	for i := 0; i+1 < len(more); i += 2 {
		query.Set(more[i], more[i+1])
	}
	answer := r.adminOK(r.t, "GET", "/directories/"+r.Directory+"/why?"+query.Encode(), nil).value(r.t).(map[string]any)
	r.hear(answer["because"])
	for _, step := range answer["steps"].([]any) {
		r.hear(step.(map[string]any)["reason"])
	}
	return answer
}

// isFor expects the code of the answer about a user and a group, "" for the user's status.
func (r *reasons) isFor(code, user, group string) {
	r.t.Helper()
	var more []string
	if group != "" {
		more = []string{"group", group}
	}
	if answer := r.why(user, more...); answer["code"] != code {
		r.t.Errorf("the answer is %v, want %s: %v", answer["code"], code, answer["sentence"])
	}
}

// hasFor expects the code of the answer about an attribute of a user.
func (r *reasons) hasFor(code, user, attribute string) {
	r.t.Helper()
	if answer := r.why(user, "attribute", attribute); answer["code"] != code {
		r.t.Errorf("%s is %v because of %v, want %s", attribute, answer["value"], answer["code"], code)
	}
}

// wouldBe tries to create the user whom, and expects the code of the verdict about a group.
func (r *reasons) wouldBe(code string, c connector, group string) {
	r.t.Helper()
	tried := r.adminOK(r.t, "POST", "/connectors/"+c.Slug+"/trials", map[string]any{"method": "POST", "path": "/Users",
		"body": map[string]any{"schemas": []string{userSchema}, "userName": whom, "active": true}})
	lines, _ := tried.at(r.t, "$.decisions[0].lines").([]any)
	for _, line := range lines {
		if line := line.(map[string]any); line["group"] == group {
			because := line["because"].(map[string]any)
			r.hear(because)
			if because["code"] != code {
				r.t.Errorf("the trial says %v of %s, want %s", because["code"], group, code)
			}
			return
		}
	}
	r.t.Errorf("the trial says nothing of %s: %s", group, excerpt(tried.Body))
}

// hears expects that a reason of that code is somewhere in the answer.
func (r *reasons) hears(code, user, group string) {
	r.t.Helper()
	delete(r.heard, code)
	if answer := r.why(user, "group", group); r.heard[code] == "" {
		r.t.Errorf("no step says %s: %s", code, compact(answer))
	}
}

// hear keeps the sentence of a reason.
func (r *reasons) hear(reason any) {
	x, ok := reason.(map[string]any)
	if !ok {
		return
	}
	sentence := x["sentence"].(string)
	for slug, name := range r.called {
		sentence = strings.ReplaceAll(sentence, slug, name)
	}
	code := x["code"].(string)
	if _, known := r.heard[code]; !known || sentence < r.heard[code] { // the same one whatever the scenes' order
		r.heard[code] = sentence
	}
}

func (r *reasons) settings(patch string) {
	r.t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(patch), &body); err != nil {
		r.t.Fatal(err)
	}
	r.adminOK(r.t, "PATCH", "/directories/"+r.Directory, body)
	r.settled(r.t, r.Directory)
}

// give puts a user into a group by hand; the group is made where it is not there.
func (r *reasons) give(user, group string) response {
	r.t.Helper()
	path := "/directories/" + r.Directory + "/groups"
	for _, g := range r.items(r.t, path) {
		if g["displayName"] == group {
			path += "/" + g["id"].(string)
		}
	}
	if strings.HasSuffix(path, "/groups") {
		path += "/" + r.adminOK(r.t, "POST", path, map[string]any{"displayName": group}).text(r.t, "$.id")
	}
	return r.admin(r.t, "POST", path+"/members", map[string]any{"user": r.id(user)})
}

func (r *reasons) id(user string) string {
	r.t.Helper()
	found := findUser(r.t, r.server, r.Directory, user)
	if found == nil {
		r.t.Fatalf("there is no user %s", user)
	}
	return found["id"].(string)
}

func (r *reasons) local(user string) {
	r.t.Helper()
	r.adminOK(r.t, "POST", "/directories/"+r.Directory+"/users", map[string]any{"userName": user})
}

func (r *reasons) active(c connector, id string, active bool) {
	r.t.Helper()
	c.scimOK(r.t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "replace", "path": "active", "value": active}))
}

func (r *reasons) leaves(c connector, id, group string) {
	r.t.Helper()
	c.scimOK(r.t, "PATCH", "/Groups/"+group, patch(removeMember(id)))
}

func (r *reasons) deletes(c connector, id string) {
	r.t.Helper()
	c.scimOK(r.t, "DELETE", "/Users/"+id, nil)
	r.settled(r.t, r.Directory)
}
