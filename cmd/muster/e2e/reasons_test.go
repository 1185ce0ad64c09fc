package e2e

import (
	"encoding/json"
	"flag"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var updateReasons = flag.Bool("update-reasons", false, "write the sentences of testdata/reasons.txt anew, to be read before they are kept")

const reasonsFile = "testdata/reasons.txt"

// notReached are the codes that no request can bring about in this version, and why.
var notReached = map[string]string{
	"recordDropped": "a mapping would drop the record, and this version maps nothing",
	"discarded":     "an addition would have to be held first, and only losses are",
	"noRecord":      "a connector would have to support a membership of somebody of whom it has no record, not even a tombstone",
}

// TestEveryReasonIsReachedAndReadsWell brings every reason code about through real requests, reads
// its sentence back, and compares that with testdata/reasons.txt, which people have read. The codes
// are those that docs/reasons.md lists.
func TestEveryReasonIsReachedAndReadsWell(t *testing.T) {
	t.Parallel()
	s := startServer(t, databases[0])
	heard := map[string]string{}
	for name, scene := range reasonScenes {
		t.Run(name, func(t *testing.T) {
			r := &reasons{server: s, t: t, Directory: s.directory(t), heard: heard, called: map[string]string{}}
			scene(r)
		})
	}
	var lines []string
	for _, code := range documentedReasons(t) {
		sentence, ok := heard[code]
		why, excused := notReached[code]
		switch {
		case ok && excused:
			t.Errorf("%s is reached, so it needs no excuse (%s)", code, why)
		case !ok && !excused:
			t.Errorf("no request brought %s about", code)
		case ok:
			checkSentence(t, code, sentence)
			lines = append(lines, code+"\n\t"+sentence+"\n")
		}
	}
	got := strings.Join(lines, "")
	if *updateReasons {
		if err := os.WriteFile(reasonsFile, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(reasonsFile)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("the sentences are not those of %s. Read them; -update-reasons keeps them:\n%s", reasonsFile, got)
	}
}

// documentedReasons are the codes of docs/reasons.md, sorted.
func documentedReasons(t *testing.T) (codes []string) {
	t.Helper()
	text, err := os.ReadFile("../../../docs/reasons.md")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, "| `"); ok {
			code, _, _ := strings.Cut(rest, "`")
			codes = append(codes, code)
		}
	}
	slices.Sort(codes)
	return codes
}

// checkSentence looks for what no sentence for people has.
func checkSentence(t *testing.T, code, sentence string) {
	t.Helper()
	ours := regexp.MustCompile(`"[^"]+"`).ReplaceAllString(sentence, "“…”") // patterns are the administrator's
	for _, bad := range []string{"{", "}", "[", "]", "  ", " ,", " .", "..", `""`, " a connector"} {
		if strings.Contains(ours, bad) {
			t.Errorf("%s: %q in the sentence %q", code, bad, sentence)
		}
	}
	if !strings.HasSuffix(sentence, ".") || len(sentence) < 20 || len(sentence) > 240 {
		t.Errorf("%s: %q is no sentence", code, sentence)
	}
}

// reasons is where one scene happens: a directory of its own.
type reasons struct {
	*server
	t         *testing.T
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
	c := r.connector(r.t, w)
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
		about := func(code, attribute string) {
			r.t.Helper()
			if answer := r.why(whom, "attribute", attribute); answer["code"] != code {
				r.t.Errorf("%s is %v because of %v, want %s", attribute, answer["value"], answer["code"], code)
			}
		}
		about("given", "title")
		about("notGiven", "nickName")
		c.scimOK(r.t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "replace", "path": "userName", "value": "bob"}))
		about("userNameTaken", "userName")
		c.scimOK(r.t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "add", "path": "displayName", "value": "root of all"}))
		about("protectedName", "displayName")
	},
}

// TestAnAnswerNamesItsRequestAndWhatWouldChangeIt reads a whole answer.
func TestAnAnswerNamesItsRequestAndWhatWouldChangeIt(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		r := &reasons{server: s, t: t, Directory: s.directory(t), heard: map[string]string{}, called: map[string]string{}}
		c := r.okta(`{"neverAssign":[".*-admins"],"onlyAssign":["jira-.*","wiki-.*"]}`)
		var ids []string
		for i := range 9 {
			ids = append(ids, c.user(t, fmt.Sprintf("user-%d", i)))
		}
		c.group(t, "wiki-admins", ids[:2]...)
		group := c.group(t, "jira-admins")
		request := c.scimOK(t, "PATCH", "/Groups/"+group, patch(addMembers(ids...))).Header.Get("X-Request-Id")
		before := s.dumpDirectory(t, r.Directory)
		answer := r.why("user-1", "group", "jira-admins")
		if answer["answer"] != "notMember" || answer["code"] != "neverAssign" {
			t.Errorf("the answer is %v (%v), want notMember because of neverAssign", answer["answer"], answer["code"])
		}
		said, _ := answer["steps"].([]any)[0].(map[string]any)["said"].(map[string]any)
		if said["request"] != request || said["actorType"] != "credential" || said["credential"] == nil {
			t.Errorf("it was said by %v, want request %s and a credential with a name", said, request)
		}
		change := answer["wouldChange"].([]any)[0].(map[string]any)
		want := fmt.Sprintf(`Remove ".*-admins" from neverAssign of %s: 9 users would join jira-admins and 2 users would join wiki-admins.`, c.Slug)
		if change["sentence"] != want {
			t.Errorf("what would change it is\n\t%v\nwant\n\t%s", change["sentence"], want)
		}
		if rules, _ := change["rules"].(map[string]any); compact(rules["neverAssign"]) != "[]" || compact(rules["onlyAssign"]) != `["jira-.*","wiki-.*"]` {
			t.Errorf("the rules with the edit are %s", compact(rules))
		}
		if changes := diff(before, s.dumpDirectory(t, r.Directory)); len(changes) > 0 {
			t.Errorf("asking changed something:\n\t%s", strings.Join(changes, "\n\t"))
		}
		if refused := s.admin(t, "GET", "/directories/"+r.Directory+"/why?user=user-1&group=x&attribute=y", nil); refused.Status != 422 {
			t.Errorf("asking for two things at once: %d %s", refused.Status, excerpt(refused.Body))
		}
	})
}
