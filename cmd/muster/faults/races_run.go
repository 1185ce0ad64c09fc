package faults

import (
	"slices"
)

// equalUsers sends one new user eight times: one is made, and seven are told that it is there.
func (t *track) equalUsers() {
	name := t.next("twin")
	t.equal("/Users", name, userBody(account{name: name + "@race.example", active: true}))
}

// equalGroups does the same with a group.
func (t *track) equalGroups() {
	name := t.next("twins")
	t.equal("/Groups", name, map[string]any{"schemas": []string{groupSchema}, "displayName": name})
}

func (t *track) equal(path, name string, body map[string]any) {
	const times = 8
	answers, decided := t.at(slices.Repeat([]call{{method: "POST", url: path, body: body}}, times)...)
	if !decided {
		return
	}
	made, refused := 0, 0
	for _, a := range answers {
		switch a.status {
		case 201:
			made++
		case 409:
			refused++
		}
	}
	if made != 1 || refused != times-1 {
		t.wrong(uniqueness, "%d equal POSTs of %s: %d were answered 201 and %d 409", times, name, made, refused)
	}
}

// crossing changes the members of one group in five ways at once, two of them whole.
func (t *track) crossing() {
	name := t.next("crossing")
	u, ok := t.users(name, 8)
	if !ok {
		return
	}
	before := u[:4]
	id, ok := t.group(name, before)
	if !ok {
		return
	}
	effects := []Effect{
		{Add: u[4:5]},
		{Remove: u[:1]},
		{Whole: true, Add: []string{u[1], u[2], u[5]}},
		{Whole: true, Add: []string{u[3], u[6]}},
		{Add: []string{u[7], u[0]}},
	}
	path := "/Groups/" + id
	_, decided := t.at(
		call{method: "PATCH", url: path, body: patchBody(map[string]any{"op": "add", "path": "members", "value": memberValues(effects[0].Add)})},
		call{method: "PATCH", url: path, body: patchBody(map[string]any{"op": "remove", "path": `members[value eq "` + u[0] + `"]`})},
		call{method: "PUT", url: path, body: map[string]any{"schemas": []string{groupSchema}, "displayName": name, "members": memberValues(effects[2].Add)}},
		call{method: "PATCH", url: path, body: patchBody(map[string]any{"op": "replace", "path": "members", "value": memberValues(effects[3].Add)})},
		call{method: "PATCH", url: path, body: patchBody(map[string]any{"op": "add", "path": "members", "value": memberValues(effects[4].Add)})},
	)
	if !decided {
		return
	}
	if _, members, ok := t.members(id); ok && !explain(before, effects, members) {
		t.wrong(atomicity, "group %s of %v: no order of %v makes %v", name, before, effects, members)
	}
}

// rename gives a group a new name while it gets a member and loses one.
func (t *track) rename() {
	name := t.next("rename")
	u, ok := t.users(name, 3)
	if !ok {
		return
	}
	id, ok := t.group(name, u[:2])
	if !ok {
		return
	}
	path := "/Groups/" + id
	_, decided := t.at(
		call{method: "PATCH", url: path, body: patchBody(map[string]any{"op": "replace", "path": "displayName", "value": name + " new"})},
		call{method: "PATCH", url: path, body: patchBody(map[string]any{"op": "add", "path": "members", "value": memberValues(u[2:])})},
		call{method: "PATCH", url: path, body: patchBody(map[string]any{"op": "remove", "path": "members", "value": memberValues(u[:1])})},
	)
	if !decided {
		return
	}
	want := slices.Sorted(slices.Values(u[1:]))
	if now, members, ok := t.members(id); ok && (now != name+" new" || !slices.Equal(members, want)) {
		t.wrong(atomicity, "group %s was renamed while a member came and one went: it is %s with %v, want %v", name, now, members, want)
	}
}

// patchAndPut patches a user's title while another request puts the user whole.
func (t *track) patchAndPut() {
	name := t.next("both")
	u, ok := t.users(name, 1)
	if !ok {
		return
	}
	path := "/Users/" + u[0]
	whole := account{name: name + "-0@race.example", title: "put", department: "put"}
	_, decided := t.at(
		call{method: "PUT", url: path, body: userBody(whole)},
		call{method: "PATCH", url: path, body: patchBody(map[string]any{"op": "replace", "path": "title", "value": "patched"}, map[string]any{"op": "replace", "path": "active", "value": true})},
	)
	if !decided {
		return
	}
	answers, decided := t.at(call{method: "GET", url: path})
	var got resource
	if !decided || answers[0].decode(&got) != nil {
		return
	}
	first, last := whole.value(), userValue("patched", "put", true)
	if value := got.record().value(); value != first && value != last {
		t.wrong(linearity, "user %s was put and patched at once: it is %q, want %q or %q", name, value, first, last)
	}
}

// leave deletes a user while it is added to a group.
func (t *track) leave() {
	name := t.next("leave")
	u, ok := t.users(name, 1)
	if !ok {
		return
	}
	id, ok := t.group(name, nil)
	if !ok {
		return
	}
	answers, decided := t.at(
		call{method: "DELETE", url: "/Users/" + u[0]},
		call{method: "PATCH", url: "/Groups/" + id, body: patchBody(map[string]any{"op": "add", "path": "members", "value": memberValues(u)})},
	)
	if !decided {
		return
	}
	if answers[0].status != 204 || answers[1].status/100 != 2 {
		t.wrong(honesty, "user %s was deleted while a group got it: answered %d and %d", name, answers[0].status, answers[1].status)
	}
	if answers, decided = t.at(call{method: "GET", url: "/Users/" + u[0]}); decided && answers[0].status != 404 {
		t.wrong(durability, "user %s was deleted while a group got it, and is answered %d", name, answers[0].status)
	}
}

// dissolve deletes a group while it gets a member.
func (t *track) dissolve() {
	name := t.next("dissolve")
	u, ok := t.users(name, 1)
	if !ok {
		return
	}
	id, ok := t.group(name, nil)
	if !ok {
		return
	}
	answers, decided := t.at(
		call{method: "DELETE", url: "/Groups/" + id},
		call{method: "PATCH", url: "/Groups/" + id, body: patchBody(map[string]any{"op": "add", "path": "members", "value": memberValues(u)})},
	)
	if !decided {
		return
	}
	if answers[0].status != 204 || answers[1].status/100 != 2 && answers[1].status != 404 {
		t.wrong(honesty, "group %s was deleted while it got a member: answered %d and %d", name, answers[0].status, answers[1].status)
	}
	if answers, decided = t.at(call{method: "GET", url: "/Groups/" + id}); decided && answers[0].status != 404 {
		t.wrong(durability, "group %s was deleted while it got a member, and is answered %d", name, answers[0].status)
	}
}
