package e2e

import (
	"strings"
)

const whom = "ada@acme.example"

// reasonScenes bring the codes about.
var reasonScenes = map[string]func(*reasons){
	"lists": func(r *reasons) {
		c := r.okta(`{"onlyAssign":["jira-.*"],"neverAssign":[".*-admins"],"alwaysAssign":["everyone"],"defaultGroups":["starter"]}`)
		id := c.user(r.t, whom)
		for _, name := range []string{"jira-users", "jira-admins", "wiki"} {
			c.group(r.t, name, id)
		}
		r.isFor("sent", whom, "jira-users")
		r.isFor("neverAssign", whom, "jira-admins")
		r.isFor("onlyAssign", whom, "wiki")
		r.isFor("alwaysAssign", whom, "everyone")
		r.isFor("defaultGroup", whom, "starter")
		r.isFor("notSent", whom, "sales")
	},
	"a mapping drops, and fails": func(r *reasons) {
		c := r.okta(`{"mapping":{"dropWhen":"record.userType == \"Contractor\" || int(default(record.title, \"0\")) > 9"}}`)
		id := c.user(r.t, whom)
		sets := func(path, value string) {
			c.scimOK(r.t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "replace", "path": path, "value": value}))
		}
		sets("userType", "Contractor")
		c.group(r.t, "jira", id)
		r.isFor("recordDropped", whom, "jira")
		sets("title", "no number")
		sets("userType", "Employee")
		r.isFor("mappingFailed", whom, "jira")
	},
	"defaults end": func(r *reasons) {
		c, other := r.okta(`{"defaultGroups":["starter"]}`), r.entra("")
		id := c.user(r.t, whom)
		other.user(r.t, whom)
		r.settled(r.t, r.Directory)
		r.deletes(c, id)
		r.hears("defaultEnded", whom, "starter")
	},
	"defaults are granted once": func(r *reasons) {
		c := r.okta(`{"defaultGroups":["starter"]}`)
		c.user(r.t, whom)
		r.settled(r.t, r.Directory)
		user := findUser(r.t, r.server, r.Directory, whom)
		group, _ := lookup(user, "$.memberships[0].group.id")
		r.adminOK(r.t, "DELETE", "/directories/"+r.Directory+"/groups/"+plainText(group.value)+"/members/"+user["id"].(string), nil)
		r.isFor("defaultSpent", whom, "starter")
	},
	"what is local": func(r *reasons) {
		r.local("bob")
		r.give("bob", "wiki")
		r.isFor("local", "bob", "wiki")
		r.isFor("localUser", "bob", "")
		c := r.okta(`{"neverRemove":["wiki"]}`)
		id := c.user(r.t, whom)
		c.group(r.t, "jira", id)
		r.give(whom, "wiki")
		r.isFor("localKept", whom, "wiki")
	},
	"what is local is taken": func(r *reasons) {
		c := r.okta("")
		id := c.user(r.t, whom)
		r.give(whom, "wiki")
		c.group(r.t, "jira", id)
		r.hears("localTaken", whom, "wiki")
	},
	"what was lost": func(r *reasons) {
		c := r.okta(`{"neverRemove":["vpn-.*"]}`)
		id := c.user(r.t, whom)
		vpn, jira := c.group(r.t, "vpn-users", id), c.group(r.t, "jira", id)
		r.leaves(c, id, vpn)
		r.leaves(c, id, jira)
		r.isFor("retained", whom, "vpn-users")
		r.hears("notSent", whom, "jira")
	},
	"a protected user": func(r *reasons) {
		c := r.okta("")
		id := c.user(r.t, whom)
		c.group(r.t, "jira", id)
		r.settled(r.t, r.Directory)
		r.settings(`{"protectedUsers":["ada@.*"]}`)
		r.isFor("protectedUser", whom, "")
		r.isFor("stays", whom, "jira")
	},
	"a protected group": func(r *reasons) {
		r.settings(`{"protectedGroups":["root"]}`)
		c := r.okta("")
		c.group(r.t, "root", c.user(r.t, whom))
		r.isFor("protectedGroup", whom, "root")
	},
	"another tenant's group": func(r *reasons) {
		one, two := r.okta(""), r.source("globex", "globex-okta", "")
		one.group(r.t, "jira", one.user(r.t, whom))
		two.group(r.t, "jira", two.user(r.t, "gus@globex.example"))
		r.isFor("foreignGroup", "gus@globex.example", "jira")
	},
	"records that have no say": func(r *reasons) {
		c, other := r.okta(`{"alwaysAssign":["everyone"]}`), r.entra("")
		id := c.user(r.t, whom)
		other.user(r.t, whom)
		c.group(r.t, "jira", id)
		r.active(c, id, false)
		r.isFor("recordInactive", whom, "jira")
		r.isFor("active", whom, "")
		r.deletes(c, id)
		r.isFor("recordDeleted", whom, "everyone")
	},
	"required groups": func(r *reasons) {
		c, other := r.okta(`{"requiredGroups":["staff"],"requiredGrace":"0s"}`), r.entra("")
		id := c.user(r.t, whom)
		staff := c.group(r.t, "staff", id)
		c.group(r.t, "jira", id)
		other.user(r.t, whom)
		r.settled(r.t, r.Directory)
		r.leaves(c, id, staff)
		r.isFor("requiredGroups", whom, "jira")
	},
	"a pattern that runs out of time": func(r *reasons) {
		c := r.okta(`{"neverAssign":["[z](?:9)(.*)(.*)(.*)(.*)(.*)(.*)(.*)\\1\\2\\3\\4x"]}`)
		name := "z9" + strings.Repeat("a", 80)
		c.group(r.t, name, c.user(r.t, whom))
		r.isFor("undecided", whom, name)
		r.heard["undecided"] = strings.ReplaceAll(r.heard["undecided"], name, "z9aaa…")
	},
	"a held loss": func(r *reasons) {
		c := r.okta(`{"safety":{"losses":0,"membershipLosses":0,"share":0}}`)
		id := c.user(r.t, whom)
		group := c.group(r.t, "jira", id)
		r.settled(r.t, r.Directory)
		r.leaves(c, id, group)
		r.isFor("held", whom, "jira")
	},
	"statuses": func(r *reasons) {
		c := r.okta("")
		id := c.user(r.t, whom)
		r.active(c, id, false)
		r.isFor("inactive", whom, "")
		r.adminOK(r.t, "PUT", "/directories/"+r.Directory+"/users/"+r.id(whom)+"/block", map[string]any{"reason": "Laptop stolen"})
		r.isFor("blocked", whom, "")
	},
	"owners": func(r *reasons) {
		r.settings(`{"activeWhen":"owner"}`)
		c, other := r.okta(""), r.entra("")
		id := c.user(r.t, whom)
		other.user(r.t, whom)
		r.isFor("ownerActive", whom, "")
		r.active(c, id, false)
		r.isFor("ownerInactive", whom, "")
	},
	"a record that never counted": func(r *reasons) {
		r.settings(`{"protectedUsers":["ada@.*"]}`)
		r.local(whom)
		c := r.okta(`{"requiredGroups":["staff"],"requiredGrace":"0s"}`)
		id := c.user(r.t, whom)
		staff := c.group(r.t, "staff", id)
		r.settled(r.t, r.Directory)
		conflicts := r.items(r.t, "/directories/"+r.Directory+"/conflicts")
		if len(conflicts) != 1 {
			r.t.Fatalf("%d conflicts, want one: %v", len(conflicts), conflicts)
		}
		r.adminOK(r.t, "POST", "/directories/"+r.Directory+"/conflicts/"+conflicts[0]["id"].(string)+"/decision", map[string]any{"decision": "link", "user": r.id(whom)})
		r.leaves(c, id, staff)
		r.settings(`{"protectedUsers":[]}`)
		r.isFor("neverCounted", whom, "")
	},
	"cleanup disables": func(r *reasons) {
		c := r.okta("")
		id := c.user(r.t, whom)
		c.group(r.t, "jira", id)
		r.deletes(c, id)
		r.isFor("cleanupDisable", whom, "")
		r.isFor("cleanupKeeps", whom, "jira")
	},
	"cleanup deletes": func(r *reasons) {
		c := r.okta(`{"cleanup":{"action":"delete"}}`)
		r.deletes(c, c.user(r.t, whom))
		r.isFor("cleanupDelete", whom, "")
	},
	"cleanup waits": func(r *reasons) {
		c := r.okta(`{"cleanup":{"action":"delete","graceDays":3}}`)
		id := c.user(r.t, whom)
		c.scimOK(r.t, "DELETE", "/Users/"+id, nil)
		r.isFor("cleanupWaits", whom, "")
	},
	"cleanup keeps": func(r *reasons) {
		c := r.okta(`{"cleanup":{"action":"keep"}}`)
		r.deletes(c, c.user(r.t, whom))
		r.isFor("cleanupKeep", whom, "")
		bob := c.user(r.t, "bob")
		r.active(c, bob, false)
		r.deletes(c, bob)
		r.isFor("wasInactive", "bob", "")
	},
	"cleanups differ": func(r *reasons) {
		c, other := r.okta(`{"cleanup":{"action":"keep"}}`), r.entra(`{"cleanup":{"action":"delete"}}`)
		one, two := c.user(r.t, whom), other.user(r.t, whom)
		r.deletes(c, one)
		r.deletes(other, two)
		r.isFor("cleanupDiffers", whom, "")
	},
	"cleanup strips": func(r *reasons) {
		c := r.okta(`{"cleanup":{"action":"disable","stripGroups":true,"keepGroups":["vpn-.*"]}}`)
		id := c.user(r.t, whom)
		for _, name := range []string{"jira", "vpn-users", "root"} {
			c.group(r.t, name, id)
		}
		r.settled(r.t, r.Directory)
		r.settings(`{"protectedGroups":["root"]}`)
		r.deletes(c, id)
		r.hears("cleanupStrips", whom, "jira")
		r.isFor("cleanupKeepsGroup", whom, "vpn-users")
		r.isFor("outOfReach", whom, "root")
	},
	"attributes": func(r *reasons) {
		r.settings(`{"protectedUsers":["root.*"]}`)
		r.local("bob")
		c := r.okta("")
		id := c.user(r.t, whom, map[string]any{"title": "Engineer"})
		r.hasFor("given", whom, "title")
		r.hasFor("notGiven", whom, "nickName")
		c.scimOK(r.t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "replace", "path": "userName", "value": "bob"}))
		r.hasFor("userNameTaken", whom, "userName")
		c.scimOK(r.t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "add", "path": "displayName", "value": "root of all"}))
		r.hasFor("protectedName", whom, "displayName")
	},
	"what another directory has": func(r *reasons) {
		legacy := *r
		legacy.Directory = r.directory(r.t)
		r.called[legacy.Directory] = "legacy"
		legacy.adminOK(r.t, "POST", "/directories/"+legacy.Directory+"/users", map[string]any{"userName": whom, "nickName": "Countess"})
		legacy.give(whom, "wiki")
		legacy.give(whom, "wiki-admins")
		r.settings(`{"copyFrom":"` + legacy.Directory + `"}`)
		c := r.okta(`{"neverAssign":[".*-admins"]}`)
		r.wouldBe("notCopied", c, "wiki-admins") // said before it comes about, since it is given once
		c.user(r.t, whom)
		r.isFor("copied", whom, "wiki")
		r.hasFor("copiedValue", whom, "nickName")
	},
}
