package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestTenantsCannotReachEachOther tells the story of two organisations in one directory. The
// second one's IdP says whatever it likes; nothing of it reaches the first one's people and
// groups, or a local person, until an administrator says so.
func TestTenantsCannotReachEachOther(t *testing.T) {
	t.Parallel()
	onEveryDatabase(t, func(t *testing.T, s *server) {
		directory := s.directory(t)
		own := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory,
			Rules: map[string]any{"cleanup": map[string]any{"action": "delete"}, "safety": map[string]any{"off": true}}})
		other := s.connector(t, wanted{Tenant: s.tenant(t), Directory: directory, Rules: noLimits}) // its one person comes and goes more often than they let pass
		story := tenantStory{server: s, t: t, directory: directory, own: own, other: other}

		t.Run("a group by any spelling", story.sub(tenantStory.groups))
		t.Run("an active person", story.sub(tenantStory.active))
		t.Run("a disabled person", story.sub(tenantStory.disabled))
		t.Run("a deleted person", story.sub(tenantStory.deleted))
		t.Run("a local person", story.sub(tenantStory.local))
		t.Run("until a group is shared", story.sub(tenantStory.shared))
		t.Run("until a person is released", story.sub(tenantStory.released))
		t.Run("until linking is allowed", story.sub(tenantStory.allowed))
	})
}

type tenantStory struct {
	*server
	t          *testing.T
	directory  string
	own, other connector
}

func (st tenantStory) sub(part func(tenantStory)) func(*testing.T) {
	return func(t *testing.T) {
		st.t = t
		part(st)
	}
}

// spellings of "admins" and of "victim@x.example" that people, or databases, take for the same.
var (
	groupSpellings = []string{"admins", "ADMINS", " admins ", "ａｄｍｉｎｓ", "adminſ", "Admins\u00a0", "\u2003admins"}
	nameSpellings  = []string{"%s", "%S", " %s ", "%f"}
)

// spell writes a name in one of the spellings: as is, in capitals, padded, in full-width letters.
func spell(how, name string) string {
	switch how {
	case "%S":
		return strings.ToUpper(name)
	case "%f":
		return fullWidth(name)
	}
	return fmt.Sprintf(how, name)
}

func (st tenantStory) groups() {
	member := st.own.user(st.t, "group-owner@x.example")
	st.own.group(st.t, "admins", member)
	intruder := st.other.user(st.t, "intruder@y.example")
	for _, name := range groupSpellings {
		record := st.other.group(st.t, name, intruder)
		st.expectMembersOf("admins", "group-owner@x.example")
		user := findUser(st.t, st.server, st.directory, "intruder@y.example")
		if groups := groupsOf(user); len(groups) > 0 {
			st.t.Errorf("by the spelling %q the intruder got into %v", name, groups)
		}
		if !droppedWith(user, "foreignGroup") {
			st.t.Errorf("no reason foreignGroup for %q: %s", name, canonical(user["dropped"]))
		}
		// Renaming an own group into the name is no way in either.
		st.other.scimOK(st.t, "PATCH", "/Groups/"+record, patch(map[string]any{"op": "replace", "path": "displayName", "value": "harmless"}))
		st.other.scimOK(st.t, "PATCH", "/Groups/"+record, patch(map[string]any{"op": "replace", "path": "displayName", "value": name}))
		st.expectMembersOf("admins", "group-owner@x.example")
		st.other.scimOK(st.t, "DELETE", "/Groups/"+record, nil)
		st.expectMembersOf("admins", "group-owner@x.example")
	}
}

func (st tenantStory) active() {
	for i, how := range nameSpellings {
		victim := fmt.Sprintf("active-%d@x.example", i)
		st.own.user(st.t, victim, map[string]any{"title": "Own", "emails": emailOf(victim)})
		st.attack(victim, how)
	}
}

func (st tenantStory) disabled() {
	for i, how := range nameSpellings {
		victim := fmt.Sprintf("disabled-%d@x.example", i)
		id := st.own.user(st.t, victim, map[string]any{"emails": emailOf(victim)})
		st.own.scimOK(st.t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "replace", "path": "active", "value": false}))
		st.attack(victim, how)
	}
}

func (st tenantStory) deleted() {
	for i, how := range nameSpellings {
		victim := fmt.Sprintf("deleted-%d@x.example", i)
		id := st.own.user(st.t, victim, map[string]any{"emails": emailOf(victim)})
		st.own.scimOK(st.t, "DELETE", "/Users/"+id, nil)
		if got := st.statusOf(victim); got != "deleted" {
			st.t.Fatalf("the person is %s after the delete, want deleted", got)
		}
		st.attack(victim, how)
	}
}

func (st tenantStory) local() {
	for i, how := range nameSpellings {
		victim := fmt.Sprintf("local-%d@x.example", i)
		st.adminOK(st.t, "POST", "/directories/"+st.directory+"/users",
			map[string]any{"userName": victim, "active": true, "emails": emailOf(victim)})
		st.attack(victim, how)
	}
}

// attack lets the other tenant claim to know a person, by name and by e-mail, then disable and
// delete what it claims; the person stays as they are.
func (st tenantStory) attack(victim, how string) {
	st.t.Helper()
	before := st.person(victim)
	claims := []map[string]any{
		{"userName": spell(how, victim), "title": "Taken over", "emails": emailOf(victim)},
		{"userName": "mail-" + unique() + "@y.example", "title": "Taken over", "emails": emailOf(spell(how, victim))},
	}
	for _, claim := range claims {
		name := claim["userName"].(string)
		id := st.other.user(st.t, name, claim)
		st.expectUnchanged(victim, before, "claimed as "+name)
		for _, active := range []bool{false, true} {
			st.other.scimOK(st.t, "PATCH", "/Users/"+id, patch(map[string]any{"op": "replace", "path": "active", "value": active}))
			st.expectUnchanged(victim, before, fmt.Sprintf("%s set active=%v", name, active))
		}
		st.other.scimOK(st.t, "DELETE", "/Users/"+id, nil)
		st.expectUnchanged(victim, before, name+" deleted")
	}
}

func (st tenantStory) expectUnchanged(victim, before, after string) {
	st.t.Helper()
	if now := st.person(victim); now != before {
		st.t.Errorf("%s changed when the other tenant did this: %s\n\tfrom %s\n\tto   %s", victim, after, before, now)
	}
}

// shared: the administrator lets tenants share a group.
func (st tenantStory) shared() {
	member := st.own.user(st.t, "sharer@x.example")
	st.own.group(st.t, "shared team", member)
	guest := st.other.user(st.t, "guest@y.example")
	st.adminOK(st.t, "PATCH", "/directories/"+st.directory, map[string]any{"sharedGroups": []string{"shared .*"}})
	st.settled(st.t, st.directory)
	st.other.group(st.t, "Shared Team", guest)
	st.expectMembersOf("shared team", "guest@y.example", "sharer@x.example")
}

// released: a former person of the one tenant is the other's for the taking, within its domains,
// once the administrator took the tombstone off.
func (st tenantStory) released() {
	const name = "released@x.example"
	st.adminOK(st.t, "PUT", "/connectors/"+st.other.Slug+"/rules", map[string]any{"linking": map[string]any{"domains": []string{"x.example"}}})
	st.settled(st.t, st.directory)
	id := st.own.user(st.t, name, map[string]any{"emails": emailOf(name)})
	st.own.scimOK(st.t, "DELETE", "/Users/"+id, nil)
	st.attack(name, "%s")
	former := st.listed(name)[0]["id"].(string)
	st.adminOK(st.t, "DELETE", "/directories/"+st.directory+"/users/"+former+"/records/"+st.own.Slug, nil)
	st.other.user(st.t, name, map[string]any{"emails": emailOf(name)})
	if found := st.listed(name); len(found) != 1 || found[0]["id"] != former || found[0]["status"] != "active" {
		st.t.Errorf("after the release the directory has %s, want %s, active", canonical(found), former)
	}
}

// allowed: the administrator lets the other tenant's connector link across tenants, by domain.
func (st tenantStory) allowed() {
	st.own.user(st.t, "partner@x.example", map[string]any{"emails": emailOf("partner@x.example")})
	st.own.user(st.t, "partner@z.example", map[string]any{"emails": emailOf("partner@z.example")})
	st.adminOK(st.t, "PUT", "/connectors/"+st.other.Slug+"/rules", map[string]any{
		"linking": map[string]any{"acrossTenants": true, "domains": []string{"x.example"}},
	})
	st.settled(st.t, st.directory)
	st.other.user(st.t, "partner@x.example", map[string]any{"emails": emailOf("partner@x.example")})
	st.other.user(st.t, "partner@z.example", map[string]any{"emails": emailOf("partner@z.example")})
	for name, want := range map[string]int{"partner@x.example": 2, "partner@z.example": 1} {
		user := findUser(st.t, st.server, st.directory, name)
		if records, _ := user["records"].([]any); len(records) != want {
			st.t.Errorf("%s has %d records, want %d: %s", name, len(records), want, canonical(user))
		}
	}
}

// person is all that an administrator sees of the directory's users of a name, deleted or not.
func (st tenantStory) person(userName string) string {
	st.t.Helper()
	var all []any
	for _, user := range st.listed(userName) {
		full := st.adminOK(st.t, "GET", "/directories/"+st.directory+"/users/"+user["id"].(string), nil)
		all = append(all, full.value(st.t))
	}
	if len(all) == 0 {
		st.t.Fatalf("the directory knows nobody of the name %s", userName)
	}
	return canonical(all)
}

func (st tenantStory) statusOf(userName string) string {
	st.t.Helper()
	for _, user := range st.listed(userName) {
		return fmt.Sprint(user["status"])
	}
	return "unknown"
}

// listed are the directory's users of a name, the deleted ones too.
func (st tenantStory) listed(userName string) (found []map[string]any) {
	st.t.Helper()
	for _, list := range []string{"/users", "/users?status=deleted"} {
		for _, user := range st.items(st.t, "/directories/"+st.directory+list) {
			if user["userName"] == userName {
				found = append(found, user)
			}
		}
	}
	return found
}

// expectMembersOf: the directory has one group of the name, with exactly these members.
func (st tenantStory) expectMembersOf(group string, want ...string) {
	st.t.Helper()
	var got []string
	for _, g := range st.items(st.t, "/directories/"+st.directory+"/groups") {
		if g["displayName"] != group {
			continue
		}
		for _, m := range st.items(st.t, "/directories/"+st.directory+"/groups/"+g["id"].(string)+"/members") {
			got = append(got, m["user"].(map[string]any)["userName"].(string))
		}
	}
	slices.Sort(got)
	if !slices.Equal(got, want) {
		st.t.Errorf("%q has the members %v, want %v", group, got, want)
	}
}

// droppedWith reports whether a user misses a group for the reason.
func droppedWith(user map[string]any, code string) bool {
	list, _ := user["dropped"].([]any)
	return slices.ContainsFunc(list, func(d any) bool {
		because, _ := d.(map[string]any)["because"].(map[string]any)
		return because["code"] == code
	})
}

func emailOf(address string) []any {
	return []any{map[string]any{"value": address, "type": "work", "primary": true}}
}

func fullWidth(s string) string {
	out := []rune(s)
	for i, r := range out {
		if r > ' ' && r < 0x7f {
			out[i] = r + 0xfee0
		}
	}
	return string(out)
}
