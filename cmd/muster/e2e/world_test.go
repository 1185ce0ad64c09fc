package e2e

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
)

// world is where one hostile request happens: two tenants, A and B, with a connector each in
// one directory, a few people and groups on both sides. Everything else that a case speaks of
// comes into being when its placeholder is first used.
type world struct {
	*server
	t         *testing.T
	A, B      connector
	tenantB   string
	Directory string
	values    map[string]string
	numbers   []string // ids of A's numbered users, when they exist
	groupName string   // of gA1
	version   string   // of SCIM, that both connectors speak
}

// policyRules are what the policy cases need of A.
var policyRules = map[string]any{
	"neverAssign": []string{"^jira-admin.*$"}, "onlyAssign": []string{"^jira-.*$"},
	"alwaysAssign": []string{"jira-users"}, "neverRemove": []string{"^local-.*$"},
}

// protectedGroup is out of reach of every connector of a world.
const protectedGroup = "gateway-admins"

// newWorld makes the world of a case, whose connectors speak a version of SCIM. Needs is the case's
// own sentence about it.
func newWorld(t *testing.T, s *server, version, needs string) *world {
	t.Helper()
	w := &world{server: s, t: t, version: version, Directory: s.directory(t), values: map[string]string{}}
	a := wanted{Tenant: s.tenant(t), Directory: w.Directory}
	w.groupName = "team-" + unique()
	if strings.HasPrefix(needs, "policy of A") {
		a.Rules = policyRules
		w.groupName = "jira-devs"
	}
	if strings.Contains(needs, "pattern that passed the save check") {
		a.Rules = map[string]any{"neverAssign": []string{`(?:x*a)*(?=b)c`}}
	}
	w.A = s.connector(t, a).over(version)
	w.tenantB = s.tenant(t)
	w.B = s.connector(t, wanted{Tenant: w.tenantB, Directory: w.Directory}).over(version)
	s.adminOK(t, "PATCH", "/directories/"+w.Directory, map[string]any{
		"protectedGroups": []string{protectedGroup}, "protectedUsers": []string{"root-.*"},
	})
	s.settled(t, w.Directory)
	w.values["rnd"] = unique()
	for _, name := range []string{"uA1", "uA2", "gA1", "uB1"} {
		w.value(name)
	}
	w.fulfil(needs)
	return w
}

// fulfil sees to the needs that are not placeholders.
func (w *world) fulfil(needs string) {
	w.t.Helper()
	switch {
	case needs == "", strings.HasPrefix(needs, "policy of A"), strings.Contains(needs, "pattern that passed"):
	case strings.HasPrefix(needs, "user ") && strings.HasSuffix(needs, " exists in A"):
		w.A.user(w.t, strings.TrimSuffix(strings.TrimPrefix(needs, "user "), " exists in A"))
	case needs == "uA3 deleted":
		w.A.scimOK(w.t, "DELETE", "/Users/"+w.value("uA3"), nil)
	case needs == "gA2 is a member of gA1":
		member := map[string]any{"value": w.value("gA2"), "type": "Group"}
		w.A.scimOK(w.t, "PATCH", "/Groups/"+w.value("gA1"),
			patch(map[string]any{"op": "add", "path": "members", "value": []any{member}}))
	case needs == "members cap set to 1000":
		w.adminOK(w.t, "PATCH", "/connectors/"+w.A.Slug, map[string]any{"limits": map[string]any{"members": 1000}})
	case strings.HasPrefix(needs, "same POST answered 201"):
		w.A.user(w.t, "lost-"+w.values["rnd"])
	case needs == "Redis stopped": // the case stops one of its own
	case needs == "1 000 000 users": // the answer's shape is looked at here, its speed elsewhere
	default:
		w.t.Fatalf("nothing is known about the need %q", needs)
	}
}

// value returns what a placeholder stands for, making it where it is something to be made.
func (w *world) value(name string) string {
	w.t.Helper()
	if v, ok := w.values[name]; ok {
		return v
	}
	v := w.make(name)
	w.values[name] = v
	return v
}

func (w *world) make(name string) string {
	w.t.Helper()
	switch name {
	case "A":
		return w.A.root()
	case "A1": // the other version's
		if w.version == "1.1" {
			return w.A.base["2.0"]
		}
		return w.A.base["1.1"]
	case "B":
		return w.B.root()
	case "slugA":
		return w.A.Slug
	case "slugB", "Bname":
		return w.B.Slug
	case "tokA", "tokAOldInOverlap":
		if name == "tokAOldInOverlap" { // a second one is there, the first still valid
			w.credential(map[string]any{"name": "next"})
		}
		return w.A.Token
	case "tokB":
		return w.B.Token
	case "tokAFlipLast":
		last := w.A.Token[len(w.A.Token)-1]
		if last == 'A' {
			last = 'B'
		} else {
			last = 'A'
		}
		return w.A.Token[:len(w.A.Token)-1] + string(last)
	case "tokReadOnlyA":
		return w.credential(map[string]any{"name": "reader", "readOnly": true}).text(w.t, "$.token")
	case "tokRevoked":
		made := w.credential(map[string]any{"name": "revoked"})
		w.adminOK(w.t, "DELETE", "/connectors/"+w.A.Slug+"/credentials/"+made.text(w.t, "$.id"), nil)
		return made.text(w.t, "$.token")
	case "tokExpired":
		end := time.Now().Add(time.Second)
		token := w.credential(map[string]any{"name": "short", "expiresAt": end.UTC().Format(time.RFC3339Nano)}).text(w.t, "$.token")
		time.Sleep(time.Until(end.Add(200 * time.Millisecond))) // the server's clock cannot be moved from outside
		return token
	case "origin":
		return w.URL
	case "admin":
		return w.administrator(w.t, "owner").Email
	case "pw":
		return somePassword
	case "adminSession", "policyAdminSession", "adminOfTenantA", "loggedOutSession":
		return w.session(name)
	case "cursorOfB":
		w.B.user(w.t, "second-"+unique()+"@b.example")
		return w.B.scimOK(w.t, "GET", "/Users?cursor&count=1", nil).text(w.t, "$.nextCursor")
	case "uProtected":
		return w.protectedUser()
	}
	var i int
	if _, err := fmt.Sscanf(name, "uA[%d]", &i); err == nil {
		return w.numbered(i)
	}
	return w.makeResource(name)
}

// makeResource makes a user or group record, or returns a fact about one: uA1, uA1name,
// uA1email, uA1ext, gA1.
func (w *world) makeResource(name string) string {
	w.t.Helper()
	for _, fact := range []string{"name_upper", "name", "email", "ext"} {
		if owner, ok := strings.CutSuffix(name, fact); ok {
			w.value(owner)
			return w.values[name]
		}
	}
	switch name {
	case "uA1", "uA2", "uA3":
		return w.person(w.A, name, "a.example")
	case "uB1":
		return w.person(w.B, name, "b.example")
	case "gA1":
		return w.A.group(w.t, w.groupName, w.value("uA1"))
	case "gA2":
		return w.A.group(w.t, "second-"+unique())
	case "gB1":
		return w.B.group(w.t, "b-team-"+unique(), w.value("uB1"))
	case "gProtected":
		return w.A.group(w.t, protectedGroup)
	case "gJiraUsers":
		return w.A.group(w.t, "jira-users", w.value("uA1"))
	case "gLocal":
		return w.localGroup()
	}
	w.t.Fatalf("nothing is known about the placeholder {%s}", name)
	return ""
}

func (w *world) person(c connector, name, domain string) string {
	w.t.Helper()
	userName := strings.ToLower(name) + "-" + unique() + "@" + domain
	email, ext := "mail-"+userName, "ext-"+userName
	w.values[name+"name"], w.values[name+"name_upper"] = userName, strings.ToUpper(userName)
	w.values[name+"email"], w.values[name+"ext"] = email, ext
	return c.user(w.t, userName, map[string]any{
		"externalId": ext, "emails": []any{map[string]any{"value": email, "type": "work", "primary": true}},
	})
}

// protectedUser makes a protected person of the directory, and A's record that claims to be
// them; it returns the record's id.
func (w *world) protectedUser() string {
	w.t.Helper()
	userName := "root-" + unique()
	w.adminOK(w.t, "POST", "/directories/"+w.Directory+"/users", map[string]any{"userName": userName, "active": true})
	w.values["uProtectedname"] = userName
	return w.A.user(w.t, userName)
}

// localGroup gives uA1 a local membership that A's neverRemove keeps, and A a group record of
// the same name with uA1 in it; it returns the record's id.
func (w *world) localGroup() string {
	w.t.Helper()
	const name = "local-readers"
	record := w.A.group(w.t, name, w.value("uA1"))
	made := w.adminOK(w.t, "POST", "/directories/"+w.Directory+"/groups", map[string]any{"displayName": name})
	w.adminOK(w.t, "POST", "/directories/"+w.Directory+"/groups/"+made.text(w.t, "$.id")+"/members",
		map[string]any{"user": w.personID("uA1")})
	return record
}

func (w *world) credential(body map[string]any) response {
	w.t.Helper()
	return w.adminOK(w.t, "POST", "/connectors/"+w.A.Slug+"/credentials", body)
}

// numbered is the id of A's i-th numbered user: one that exists if the case made some, else an
// id that nobody has.
func (w *world) numbered(i int) string {
	if i < len(w.numbers) {
		return w.numbers[i]
	}
	return fmt.Sprintf("00000000-0000-4000-8000-%012x", i+1)
}

// crowd makes n numbered users on A, active ones, in groups of the given names.
func (w *world) crowd(n int, groups ...string) {
	w.t.Helper()
	run := unique()
	for i := range n {
		w.numbers = append(w.numbers, w.A.user(w.t, fmt.Sprintf("crowd-%s-%d@a.example", run, i)))
	}
	for _, name := range groups {
		w.A.group(w.t, name, w.numbers...)
	}
}

// personID is the id of the directory's user behind a person of the world, such as uA1.
func (w *world) personID(name string) string {
	w.t.Helper()
	w.value(name)
	return w.directoryUser(w.values[name+"name"])["id"].(string)
}

// directoryUser returns the directory's user of a name, with memberships and records.
func (w *world) directoryUser(userName string) map[string]any {
	w.t.Helper()
	user := findUser(w.t, w.server, w.Directory, userName)
	if user == nil {
		w.t.Fatalf("the directory has no user %s", userName)
	}
	return user
}

// findUser returns the directory's user of a name in full, or nil.
func findUser(t testing.TB, s *server, directory, userName string) map[string]any {
	t.Helper()
	list := s.items(t, "/directories/"+directory+"/users?filter="+url.QueryEscape(fmt.Sprintf("userName eq %q", userName)))
	if len(list) == 0 {
		return nil
	}
	if len(list) > 1 {
		t.Errorf("the directory has %d users named %s, want at most one", len(list), userName)
	}
	full := s.adminOK(t, "GET", "/directories/"+directory+"/users/"+list[0]["id"].(string), nil)
	return full.value(t).(map[string]any)
}

// groupsOf are the names of the groups that a directory's user is in, sorted.
func groupsOf(user map[string]any) (names []string) {
	memberships, _ := user["memberships"].([]any)
	for _, m := range memberships {
		group, _ := m.(map[string]any)["group"].(map[string]any)
		names = append(names, group["displayName"].(string))
	}
	slices.Sort(names)
	return names
}
