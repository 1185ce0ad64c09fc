package e2e

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The numbers of the hybrid story.
const (
	justInTime = 1000 // users there before any IdP says so
	sameMail   = 800  // of them, those that Okta provisions by the same e-mail, under another userName
	onlyOkta   = 200
	torn       = 5 // Okta's records whose userName is one user's and whose e-mail another's
	elsewhere  = 5 // Okta's records with a local user's address outside the proven domain
	overlap    = 100
	onlyEntra  = 50
	undone     = 50
)

// TestAHybridDirectoryIsLinkedAsThePlanSays is the story of a directory that was there first: users
// made just in time, an Okta that knows most of them, an Entra of another tenant that knows some of
// the same addresses. What the plans say comes true to the number, nobody is there twice, nobody
// is taken over from another tenant, and links that are undone break no id that an IdP keeps.
func TestAHybridDirectoryIsLinkedAsThePlanSays(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		h := newHybrid(t, s)
		h.existed()
		h.okta = h.observing("okta", "acme.example")
		h.entra = h.observing("entra", "globex.example")
		h.oktaProvisions()
		h.goesLive(h.okta, map[string]int{"usersLinked": sameMail, "usersCreated": onlyOkta, "ambiguous": torn, "blocked": elsewhere, "membershipsAdded": 2 * undone})
		h.users(justInTime + onlyOkta)
		h.entraProvisions()
		h.goesLive(h.entra, map[string]int{"usersLinked": 0, "usersCreated": onlyEntra, "ambiguous": 0, "blocked": overlap, "membershipsAdded": 0})
		h.users(justInTime + onlyOkta + onlyEntra)
		h.nobodyIsTakenOver()
		h.linksAreUndone()
		h.users(justInTime + onlyOkta + onlyEntra + undone)
	})
}

// hybrid is the story under way.
type hybrid struct {
	*server
	t           *testing.T
	dir         string
	okta, entra connector
	local       []string // ids of users of the directory
	records     []string // Okta's ids of those that have a local user's e-mail
	group       string   // Okta's id of the group that it pushes
}

func newHybrid(t *testing.T, s *server) *hybrid {
	return &hybrid{server: s, t: t, dir: s.directory(t)}
}

func mailOf(i int) string { return fmt.Sprintf("p%04d@acme.example", i) }

func mailed(address string) map[string]any { return map[string]any{"emails": emailOf(address)} }

// existed makes those who were there first. Their userNames are not what any IdP calls them.
func (h *hybrid) existed() {
	h.t.Helper()
	for i := range justInTime {
		address := mailOf(i)
		if i >= justInTime-elsewhere {
			address = fmt.Sprintf("p%04d@private.example", i)
		}
		made := h.adminOK(h.t, "POST", "/directories/"+h.dir+"/users", map[string]any{
			"userName": fmt.Sprintf("jit-%04d", i), "title": "Before", "emails": emailOf(address)})
		h.local = append(h.local, made.text(h.t, "$.id"))
	}
}

// observing makes a connector of a tenant of its own that observes, with a proven domain.
func (h *hybrid) observing(kind, domain string) connector {
	h.t.Helper()
	c := h.connector(h.t, wanted{Tenant: h.tenant(h.t), Directory: h.dir, Kind: kind,
		Rules: map[string]any{"linking": map[string]any{"match": []string{"userName", "email"}, "domains": []string{domain}}}})
	h.adminOK(h.t, "PUT", "/connectors/"+c.Slug+"/mode", map[string]any{"mode": "observe"})
	return c
}

// oktaProvisions says what Okta knows, as Okta says it: userName is the address.
func (h *hybrid) oktaProvisions() {
	h.t.Helper()
	for i := range sameMail {
		h.records = append(h.records, h.okta.user(h.t, mailOf(i), mailed(strings.ToUpper(mailOf(i)))))
	}
	for i := range onlyOkta {
		address := fmt.Sprintf("new%04d@acme.example", i)
		h.okta.user(h.t, address, mailed(address))
	}
	for i := range torn { // an address that moved from one person to the next
		h.okta.user(h.t, fmt.Sprintf("jit-%04d", sameMail+i), mailed(mailOf(sameMail+torn+i)))
	}
	for i := range elsewhere {
		h.okta.user(h.t, fmt.Sprintf("private%d@acme.example", i), mailed(fmt.Sprintf("p%04d@private.example", justInTime-elsewhere+i)))
	}
	h.group = h.okta.group(h.t, "Engineering", h.records[:2*undone]...)
}

// entraProvisions says what the other tenant knows: some addresses of the first one's people.
func (h *hybrid) entraProvisions() {
	h.t.Helper()
	for i := range overlap {
		h.entra.user(h.t, fmt.Sprintf("guest%04d@globex.example", i), mailed(mailOf(i)))
	}
	for i := range onlyEntra {
		address := fmt.Sprintf("own%04d@globex.example", i)
		h.entra.user(h.t, address, mailed(address))
	}
}

// goesLive plans going live, applies the plan, and holds the directory to its numbers.
func (h *hybrid) goesLive(c connector, want map[string]int) {
	h.t.Helper()
	path := "/connectors/" + c.Slug + "/plans/live"
	plan := h.adminOK(h.t, "GET", path, nil)
	for deadline := time.Now().Add(time.Minute); plan.text(h.t, "$.state") != "ready"; time.Sleep(20 * time.Millisecond) { // there is nothing to be notified by
		if time.Now().After(deadline) {
			h.t.Fatalf("after a minute the plan is %s", plan.Body)
		}
		plan = h.adminOK(h.t, "GET", path, nil)
	}
	for name, n := range want {
		if got := plainText(plan.at(h.t, "$.counts."+name)); got != fmt.Sprint(n) {
			h.t.Errorf("the plan of %s says %s %s, want %d", c.Slug, got, name, n)
		}
	}
	path = "/connectors/" + c.Slug + "/plans/" + plan.text(h.t, "$.id")
	for op, name := range map[string]string{"linkUser": "usersLinked", "createUser": "usersCreated", "ambiguous": "ambiguous", "blocked": "blocked"} {
		lines := h.items(h.t, path+"/changes?op="+op)
		if len(lines) != want[name] {
			h.t.Errorf("the plan of %s has %d lines %s, want %d", c.Slug, len(lines), op, want[name])
		}
		for _, line := range lines {
			linked, _ := line["linked"].(map[string]any)
			candidates, _ := linked["candidates"].([]any)
			if op != "createUser" && len(candidates) == 0 {
				h.t.Fatalf("a line lays nobody beside the record: %s", canonical(line))
			}
		}
	}
	h.adminOK(h.t, "POST", path+"/application", map[string]any{"hash": plan.text(h.t, "$.hash"), "comment": "the plan was read"})
	h.jobsEnd()
	h.settled(h.t, h.dir)
	open := h.adminOK(h.t, "GET", "/directories/"+h.dir+"/conflicts/counts?connector="+c.Slug, nil)
	if got := plainText(open.at(h.t, "$.total")); got != fmt.Sprint(want["ambiguous"]+want["blocked"]) {
		h.t.Errorf("%s conflicts of %s wait, want those of the plan: %s", got, c.Slug, open.Body)
	}
	held := h.adminOK(h.t, "GET", "/connectors/"+c.Slug+"/domains", nil)
	if got := plainText(held.at(h.t, "$.linked")); got != fmt.Sprint(want["usersLinked"]+want["usersCreated"]) {
		h.t.Errorf("%s records of %s have a user, want %d", got, c.Slug, want["usersLinked"]+want["usersCreated"])
	}
}

// jobsEnd waits until no job runs.
func (h *hybrid) jobsEnd() {
	h.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) { // there is nothing to be notified by
		running := 0
		for _, job := range h.items(h.t, "/jobs") {
			if job["state"] == "running" {
				running++
			}
		}
		if running == 0 {
			return
		}
		if time.Now().After(deadline) {
			h.t.Fatal("after a minute the job still runs")
		}
	}
}

// users counts the users of the directory, each address of which is one person's alone.
func (h *hybrid) users(want int) {
	h.t.Helper()
	all := h.items(h.t, "/directories/"+h.dir+"/users")
	names := map[string]bool{}
	for _, user := range all {
		names[strings.ToLower(user["userName"].(string))] = true
	}
	if len(all) != want || len(names) != want {
		h.t.Errorf("the directory has %d users with %d names, want %d", len(all), len(names), want)
	}
}

// nobodyIsTakenOver looks at the people whose addresses both tenants know: they are Okta's, and
// they are the users who were there first.
func (h *hybrid) nobodyIsTakenOver() {
	h.t.Helper()
	for i := 0; i < overlap; i += 7 {
		user := h.adminOK(h.t, "GET", "/directories/"+h.dir+"/users/"+h.local[i], nil)
		records, _ := user.at(h.t, "$.records").([]any)
		if len(records) != 1 || user.at(h.t, "$.records[0].connector") != h.okta.Slug || user.text(h.t, "$.userName") != mailOf(i) {
			h.t.Errorf("the user of %s is %s", mailOf(i), user.Body)
		}
		found := h.adminOK(h.t, "GET", "/directories/"+h.dir+"/lookup?q="+mailOf(i), nil)
		if id := found.text(h.t, "$.people[0].id"); id != h.local[i] {
			h.t.Errorf("%s leads to %s, want %s", mailOf(i), id, h.local[i])
		}
		if id := found.text(h.t, "$.people[0].records[0].id"); id != h.records[i] {
			h.t.Errorf("%s leads to Okta's %s, want %s", mailOf(i), id, h.records[i])
		}
	}
	unmanaged := h.items(h.t, "/directories/"+h.dir+"/users?managed=local")
	if want := justInTime - sameMail; len(unmanaged) != want {
		h.t.Errorf("%d users were never managed, want %d", len(unmanaged), want)
	}
}

// linksAreUndone takes Okta's records from some of the users again. Okta goes on with the ids that
// it stored, and notices nothing.
func (h *hybrid) linksAreUndone() {
	h.t.Helper()
	for i := range undone {
		h.adminOK(h.t, "DELETE", "/directories/"+h.dir+"/users/"+h.local[i]+"/records/"+h.okta.Slug, nil)
	}
	h.settled(h.t, h.dir)
	pushed := h.okta.group(h.t, "Pushed")
	h.okta.scimOK(h.t, "PATCH", "/Groups/"+pushed, patch(addMembers(h.records[:2*undone]...)))
	h.settled(h.t, h.dir)
	for i := range undone {
		was := h.adminOK(h.t, "GET", "/directories/"+h.dir+"/users/"+h.local[i], nil)
		if was.text(h.t, "$.userName") != fmt.Sprintf("jit-%04d", i) || was.text(h.t, "$.title") != "Before" || was.at(h.t, "$.local") != true {
			h.t.Errorf("the user that was unlinked is %s", was.Body)
		}
		read := h.okta.scimOK(h.t, "GET", "/Users/"+h.records[i], nil)
		if read.text(h.t, "$.userName") != mailOf(i) {
			h.t.Errorf("Okta reads %s", read.Body)
		}
		h.okta.scimOK(h.t, "PATCH", "/Users/"+h.records[i], patch(map[string]any{"op": "replace", "path": "title", "value": "After"}))
	}
	h.settled(h.t, h.dir)
	for i := range undone {
		found := h.adminOK(h.t, "GET", "/directories/"+h.dir+"/lookup?q="+h.records[i], nil)
		id := found.text(h.t, "$.people[0].id")
		if id == h.local[i] {
			h.t.Errorf("the record of %s was linked again", mailOf(i))
			continue
		}
		user := h.adminOK(h.t, "GET", "/directories/"+h.dir+"/users/"+id, nil)
		if user.text(h.t, "$.title") != "After" || len(user.at(h.t, "$.memberships").([]any)) != 2 {
			h.t.Errorf("Okta's person is %s", user.Body)
		}
	}
	members := h.items(h.t, "/directories/"+h.dir+"/groups/"+h.groupID("Pushed")+"/members")
	if len(members) != 2*undone {
		h.t.Errorf("%d people are in the group that was pushed, want %d", len(members), 2*undone)
	}
}

func (h *hybrid) groupID(name string) string {
	h.t.Helper()
	for _, g := range h.items(h.t, "/directories/"+h.dir+"/groups") {
		if g["displayName"] == name {
			return g["id"].(string)
		}
	}
	h.t.Fatalf("there is no group %s", name)
	return ""
}
