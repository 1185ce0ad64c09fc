package idp

import (
	"strings"
	"testing"
)

// TestComparingFindsEveryDifference plants each way in which a server can differ from what it
// has acknowledged.
func TestComparingFindsEveryDifference(t *testing.T) {
	t.Parallel()
	ada := func(changes map[string]any) map[string]any {
		user := map[string]any{"id": "a", "userName": "ada", "active": true, "name": map[string]any{"givenName": "Ada", "familyName": "Byron"}, "title": "Countess"}
		for name, value := range changes {
			user[name] = value
		}
		return user
	}
	members := func(ids ...string) (list []any) {
		for _, id := range ids {
			list = append(list, map[string]any{"value": id})
		}
		return list
	}
	team := func(ids ...string) map[string]any {
		return map[string]any{"id": "g", "displayName": "team", "members": members(ids...)}
	}
	for name, c := range map[string]struct {
		users, groups []map[string]any
		says          string // "": nothing differs
	}{
		"all as said":             {[]map[string]any{ada(nil)}, []map[string]any{team("a")}, ""},
		"a lost user":             {nil, []map[string]any{team("a")}, "user ada was acknowledged and is not there"},
		"another value":           {[]map[string]any{ada(map[string]any{"title": "Duchess"})}, []map[string]any{team("a")}, `has the title "Duchess", said was "Countess"`},
		"an activity":             {[]map[string]any{ada(map[string]any{"active": false})}, []map[string]any{team("a")}, `has the active "false"`},
		"somebody who is no more": {[]map[string]any{ada(nil), {"id": "z", "userName": "zoe"}}, []map[string]any{team("a")}, "user zoe was deleted and is there"},
		"a stranger":              {[]map[string]any{ada(nil), {"id": "x", "userName": "mallory"}}, []map[string]any{team("a")}, "user mallory was never made, and is there"},
		"a lost group":            {[]map[string]any{ada(nil)}, nil, "group team was acknowledged and is not there"},
		"a lost member":           {[]map[string]any{ada(nil)}, []map[string]any{team()}, "group team lacks the member ada"},
		"a member taken out":      {[]map[string]any{ada(nil)}, []map[string]any{team("a", "b")}, "has the member b, who was taken out"},
		"a member nobody put in":  {[]map[string]any{ada(nil)}, []map[string]any{team("a", "m")}, "has the member m, who was never put in"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBook()
			b.enter("a", aboutUser(&Person{UserName: "ada", Given: "Ada", Family: "Byron", Title: "Countess", Active: true}, "title"))
			b.enter("z", aboutUser(&Person{UserName: "zoe"}))
			b.enter("z", said{gone: true})
			b.enter("g", aboutAll(&Group{Name: "team"}, nil))
			b.enter("g", aboutMembers([]*Person{{ID: "a"}, {ID: "b"}}, nil))
			b.enter("g", aboutMembers(nil, []*Person{{ID: "b"}}))
			found := &Comparison{}
			found.users(b, byID(c.users), true)
			found.groups(b, byID(c.groups), true)
			if c.says == "" && (len(found.Differences) > 0 || found.Users != 1 || found.Groups != 1 || found.Memberships != 1) {
				t.Errorf("%+v", found)
			}
			if c.says != "" && (len(found.Differences) != 1 || !strings.Contains(found.Differences[0], c.says)) {
				t.Errorf("found %q, want one that says %q", found.Differences, c.says)
			}
		})
	}
}

func byID(resources []map[string]any) map[string]map[string]any {
	listed := map[string]map[string]any{}
	for _, r := range resources {
		listed[r["id"].(string)] = r
	}
	return listed
}

func TestWhatNobodyKnowsIsNotCompared(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.enter("a", said{facts: facts{"userName": "ada"}})
	b.doubt("a", false)
	b.doubt("", true)
	found := &Comparison{}
	found.users(b, nil, true)
	found.groups(b, byID([]map[string]any{{"id": "new", "displayName": "perhaps"}}), true)
	if len(found.Differences) > 0 || found.Unclear != 1 {
		t.Errorf("%+v", found)
	}
}

func TestAGroupThatWasFoundMayHaveMembersNobodySpokeOf(t *testing.T) {
	t.Parallel()
	b := newBook()
	b.enter("g", aboutGroup(&Group{Name: "team"}))
	b.enter("g", aboutMembers([]*Person{{ID: "a"}}, nil))
	found := &Comparison{}
	found.groups(b, byID([]map[string]any{{"id": "g", "displayName": "team", "members": []any{map[string]any{"value": "a"}, map[string]any{"value": "older"}}}}), true)
	if len(found.Differences) > 0 || found.Memberships != 1 {
		t.Errorf("%+v", found)
	}
}
