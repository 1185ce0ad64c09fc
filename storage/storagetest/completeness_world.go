package storagetest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// shownWorld is everything of a directory that events tell of.
type shownWorld struct {
	records map[uuid.UUID]shownRecord     // of users; those that their IdPs can read
	groups  map[uuid.UUID]shownRecord     // records of groups
	users   map[uuid.UUID]auditedUser     // deleted ones too
	names   map[uuid.UUID]string          // of the directory's groups
	members map[directoryEdge]string      // the origin of each membership
	links   map[uuid.UUID]uuid.UUID       // of records to users; tombstones' too
	holds   map[string]int                // how many of each kind are open for whom
	changed map[uuid.UUID]map[string]bool // attributes that events say have changed
}

type shownRecord struct {
	connector uuid.UUID
	name      string
	version   int64
}

type auditedUser struct {
	status  policy.Status
	blocked bool
	json    string
}

type directoryEdge struct{ group, user uuid.UUID }

// world reads it.
func (h *audited) world() shownWorld {
	ctx := context.Background()
	w := shownWorld{records: map[uuid.UUID]shownRecord{}, groups: map[uuid.UUID]shownRecord{}, users: map[uuid.UUID]auditedUser{},
		names: map[uuid.UUID]string{}, members: map[directoryEdge]string{}, links: map[uuid.UUID]uuid.UUID{}, holds: map[string]int{}, changed: map[uuid.UUID]map[string]bool{}}
	read := func(err error) {
		if err != nil {
			h.t.Fatal(err)
		}
	}
	for _, c := range h.connectors {
		users, err := h.d.ListUsers(ctx, c.Connector, scim.Query{Count: 500, StartIndex: 1}, false)
		read(err)
		for _, r := range users.Items {
			w.records[r.ID] = shownRecord{c.ID, scim.ParseDocument(r.JSON).UserName(), r.Version}
		}
		groups, err := h.d.ListGroups(ctx, c.Connector, scim.Query{Count: 500, StartIndex: 1})
		read(err)
		for _, g := range groups.Items {
			name, _ := scim.ParseDocument(g.JSON)["displayName"].(string)
			w.groups[g.ID] = shownRecord{connector: c.ID, name: name}
		}
		holds, err := h.d.Holds(ctx, c.Slug, directory.HoldFilter{}, directory.Listing{Limit: 500})
		read(err)
		for _, line := range holds.Items {
			w.holds[holdOf(line.User.String(), string(line.Kind))]++
		}
	}
	for _, status := range []policy.Status{"", policy.UserDeleted} {
		page, err := h.d.Users(ctx, h.name, "", status, directory.Listing{Limit: 500})
		read(err)
		for _, u := range page.Items {
			w.users[u.ID] = auditedUser{u.Status, u.Block != "", string(u.JSON)}
			detail, err := h.d.ReadUserDetail(ctx, h.name, u.ID)
			read(err)
			for _, m := range detail.Memberships {
				w.members[directoryEdge{m.Group.ID, u.ID}] = string(m.Origin)
			}
			for _, r := range detail.Records {
				w.links[r.ID] = u.ID
			}
		}
	}
	page, err := h.d.Groups(ctx, h.name, "", directory.Listing{Limit: 500})
	read(err)
	for _, g := range page.Items {
		w.names[g.ID] = g.DisplayName
	}
	return w
}

func holdOf(user, kind string) string { return user + " " + kind }

func (w shownWorld) recordOf(connector uuid.UUID, name string) uuid.UUID {
	return named(w.records, connector, name)
}

func (w shownWorld) groupRecordOf(connector uuid.UUID, name string) uuid.UUID {
	return named(w.groups, connector, name)
}

func named(records map[uuid.UUID]shownRecord, connector uuid.UUID, name string) uuid.UUID {
	for id, r := range records {
		if r.connector == connector && r.name == name {
			return id
		}
	}
	return uuid.Nil
}

func (w shownWorld) clone() shownWorld {
	return shownWorld{maps.Clone(w.records), maps.Clone(w.groups), maps.Clone(w.users), maps.Clone(w.names), maps.Clone(w.members),
		maps.Clone(w.links), maps.Clone(w.holds), map[uuid.UUID]map[string]bool{}}
}

// tell carries out what an event says. An event that changes nothing here was told twice, or of
// something that did not happen: the answer completes "event 12 (…)"; empty: it is right.
func (w shownWorld) tell(e directory.Event) string {
	var said struct {
		Status      json.RawMessage
		Attributes  []string
		DisplayName json.RawMessage
		Group       string
		Origin, Was string
		Kind        string
	}
	if err := json.Unmarshal(e.Changes, &said); err != nil && !strings.HasPrefix(e.Action, "connector.") {
		return "cannot be read: " + err.Error()
	}
	record, group, user := w.records[e.Record], w.groups[e.Record], w.users[e.User]
	edge := directoryEdge{e.Group, e.User}
	origin, holds := w.members[edge], w.holds[holdOf(e.User.String(), said.Kind)]
	switch e.Action {
	case "record.user.created":
		if record.version != 0 {
			return "creates a record that is there"
		}
		w.records[e.Record] = shownRecord{version: 1}
	case "record.user.changed":
		record.version++
		w.records[e.Record] = record
	case "record.user.deleted":
		if _, there := w.records[e.Record]; !there {
			return "deletes a record that is not there"
		}
		delete(w.records, e.Record)
	case "record.group.created":
		if _, there := w.groups[e.Record]; there {
			return "creates a group record that is there"
		}
		w.groups[e.Record] = shownRecord{name: "new"}
	case "record.group.changed":
		var name struct{ After string }
		if json.Unmarshal(said.DisplayName, &name) == nil {
			group.name = name.After
			w.groups[e.Record] = group
		}
	case "record.group.deleted":
		if _, there := w.groups[e.Record]; !there {
			return "deletes a group record that is not there"
		}
		delete(w.groups, e.Record)
	case "directory.user.created":
		if user.status != "" {
			return "creates a user that is there"
		}
		var status policy.Status
		if json.Unmarshal(said.Status, &status) != nil || status == "" {
			return "creates a user of no status"
		}
		w.users[e.User] = auditedUser{status: status, json: "new"}
		if e.Record != uuid.Nil {
			w.links[e.Record] = e.User
		}
	case "directory.user.linked":
		if w.links[e.Record] == e.User {
			return "links what is linked"
		}
		w.links[e.Record] = e.User
	case "directory.user.unlinked":
		if w.links[e.Record] != e.User {
			return "unlinks what is not linked"
		}
		delete(w.links, e.Record)
	case "directory.user.updated", "directory.user.enabled", "directory.user.disabled", "directory.user.deleted", "directory.user.restored":
		var status struct{ Before, After policy.Status }
		switch err := json.Unmarshal(said.Status, &status); {
		case err != nil && len(said.Attributes) == 0:
			return "changes nothing"
		case err == nil && (status.Before != user.status || status.After == user.status):
			return fmt.Sprintf("changes a status that is %s", user.status)
		case err == nil:
			user.status = status.After
			w.users[e.User] = user
		}
		for _, name := range said.Attributes {
			if w.changed[e.User] == nil {
				w.changed[e.User] = map[string]bool{}
			}
			w.changed[e.User][name] = !w.changed[e.User][name]
		}
	case "directory.user.blocked", "directory.user.unblocked":
		if blocks := e.Action == "directory.user.blocked"; user.blocked == blocks {
			return "blocks or unblocks who is so already"
		}
		user.blocked = !user.blocked
		w.users[e.User] = user
	case "directory.user.purged":
		delete(w.users, e.User)
		maps.DeleteFunc(w.members, func(m directoryEdge, _ string) bool { return m.user == e.User })
		maps.DeleteFunc(w.links, func(_, u uuid.UUID) bool { return u == e.User })
		maps.DeleteFunc(w.holds, func(hold string, _ int) bool { return strings.HasPrefix(hold, e.User.String()) })
	case "directory.membership.added":
		if origin != "" {
			return "adds a membership that is there"
		}
		w.members[edge] = said.Origin
	case "directory.membership.changed":
		if origin == "" || said.Was != "" && origin != said.Was {
			return fmt.Sprintf("changes a membership of origin %q", origin)
		}
		w.members[edge] = said.Origin
	case "directory.membership.removed":
		if origin == "" {
			return "removes a membership that is not there"
		}
		delete(w.members, edge)
	case "directory.group.created":
		if _, there := w.names[e.Group]; there {
			return "creates a group that is there"
		}
		var name string
		if json.Unmarshal(said.DisplayName, &name) != nil {
			return "creates a group without a name"
		}
		w.names[e.Group] = name
	case "directory.group.renamed":
		var name struct{ Before, After string }
		if json.Unmarshal(said.DisplayName, &name) != nil || name.Before != w.names[e.Group] || name.After == name.Before {
			return fmt.Sprintf("renames a group that is called %q", w.names[e.Group])
		}
		w.names[e.Group] = name.After
	case "directory.group.deleted":
		if _, there := w.names[e.Group]; !there {
			return "deletes a group that is not there"
		}
		delete(w.names, e.Group)
	case "directory.hold.created":
		w.holds[holdOf(e.User.String(), said.Kind)]++
	case "directory.hold.applied", "directory.hold.discarded", "directory.hold.withdrawn":
		if holds == 0 {
			return "ends a hold that is not open"
		}
		w.holds[holdOf(e.User.String(), said.Kind)]--
	}
	return ""
}

// differs says the first thing that is otherwise than told; before is what it was at first.
func (w shownWorld) differs(now, before shownWorld) string {
	for id, want := range now.records {
		if got := w.records[id]; got.version != want.version {
			return fmt.Sprintf("record %s (%s) has version %d: they come to %d", id, want.name, want.version, got.version)
		}
	}
	for id, want := range now.groups {
		if got, there := w.groups[id]; !there || got.name != want.name && got.name != "new" {
			return fmt.Sprintf("group record %s is %q: they come to %q", id, want.name, got.name)
		}
	}
	for id, want := range now.users {
		got := w.users[id]
		if got.status != want.status || got.blocked != want.blocked {
			return fmt.Sprintf("user %s is %s (blocked %t): they come to %q (blocked %t)", id, want.status, want.blocked, got.status, got.blocked)
		}
		if got.json == "new" {
			continue
		}
		was, is := scim.ParseDocument([]byte(before.users[id].json)), scim.ParseDocument([]byte(want.json))
		names := slices.Concat(slices.Collect(maps.Keys(was)), slices.Collect(maps.Keys(is)), slices.Collect(maps.Keys(w.changed[id])))
		for _, name := range names {
			other := !scim.Equal(scim.Document{name: was[name]}, scim.Document{name: is[name]})
			if told, said := w.changed[id][name]; other && !said || !other && told {
				return fmt.Sprintf("%s of user %s changed: %t, and they say %t", name, id, other, said)
			}
		}
	}
	switch {
	case len(w.records) != len(now.records) || len(w.groups) != len(now.groups):
		return fmt.Sprintf("there are %d records of users and %d of groups: they come to %d and %d", len(now.records), len(now.groups), len(w.records), len(w.groups))
	case !maps.Equal(userKeys(w.users), userKeys(now.users)):
		return fmt.Sprintf("there are %d users: they come to %d", len(now.users), len(w.users))
	case !maps.Equal(w.members, now.members):
		return fmt.Sprintf("the memberships are\n%v: they come to\n%v", now.members, w.members)
	case !maps.Equal(w.names, now.names):
		return fmt.Sprintf("the groups are %v: they come to %v", now.names, w.names)
	case !maps.Equal(w.links, now.links):
		return fmt.Sprintf("the links are\n%v: they come to\n%v", now.links, w.links)
	}
	maps.DeleteFunc(w.holds, func(_ string, n int) bool { return n == 0 })
	if !maps.Equal(w.holds, now.holds) {
		return fmt.Sprintf("the open holds are %v: they come to %v", now.holds, w.holds)
	}
	return ""
}

func userKeys(users map[uuid.UUID]auditedUser) map[uuid.UUID]bool {
	keys := make(map[uuid.UUID]bool, len(users))
	for id := range users {
		keys[id] = true
	}
	return keys
}
