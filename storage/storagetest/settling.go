package storagetest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// Backend is a whole database: everything above storage works on it.
type Backend interface {
	directory.Store
	tenants.Store
}

// SettlingLaws checks, over random histories of several connectors, that settling after every
// step comes to what settling once at the end comes to, and that settling again changes
// nothing. Every history has a directory of its own in the one database.
func SettlingLaws(t *testing.T, b Backend) {
	t.Run("IncrementalSettlingEqualsSettlingFromScratch", rapid.MakeCheck(func(rt *rapid.T) {
		h := newHistory(rt, b, "inc")
		steps := rapid.IntRange(5, 25).Draw(rt, "steps")
		for range steps {
			h.step()
		}
		h.finish()
		scratch := newHistory(rt, b, "new")
		scratch.replay(h)
		want, got := scratch.effective(), h.effective()
		for name, w := range want {
			if diff := cmp.Diff(w, got[name]); diff != "" {
				rt.Fatalf("%s differs (-from scratch +incremental):\n%s\nhistory:\n%s", name, diff, strings.Join(h.log, "\n"))
			}
		}
		for name, g := range got {
			if _, there := want[name]; !there && strings.HasPrefix(g[0], "active") {
				rt.Fatalf("%s is active, and nobody provisions it: %v\nhistory:\n%s", name, g, strings.Join(h.log, "\n"))
			}
		}
		mark := h.lastEvent()
		h.settleAll()
		if n := h.changesSince(mark); n != 0 {
			rt.Fatalf("settling again made %d changes\nhistory:\n%s", n, strings.Join(h.log, "\n"))
		}
	}))
}

var histories atomic.Int64

// history plays random requests of a few connectors that share users and groups by name.
type history struct {
	t    *rapid.T
	b    Backend
	d    *directory.Directory
	name string
	now  time.Time
	log  []string

	safety policy.Safety // of every connector
	acts   []string      // what a step may do

	connectors []*party
}

// party is one connector of a history, with the ids its IdP has stored.
type party struct {
	tenants.Connector
	users   map[string]uuid.UUID
	active  map[string]bool
	groups  map[string]uuid.UUID
	members map[string]map[string]bool // by group, by user
	nested  map[nestedEdge]bool
	rules   policy.Rules
}

var (
	userNames  = []string{"ada@x.example", "bob@x.example", "cyd@x.example", "dee@x.example"}
	groupNames = []string{"Eng", "eng-admins", "Sales", "Ops"}
	ruleSets   = []policy.Rules{
		{},
		{OnlyAssign: policy.Text("eng.*")},
		{NeverAssign: policy.Text(".*admins")},
		{AlwaysAssign: policy.Text("Everyone", "ops")},
		{OnlyAssign: policy.Text("eng.*", "sales"), NeverAssign: policy.Text("eng")},
		{RequiredGroups: policy.Text("eng", "sales")},
		{NeverRemove: policy.Text("sales"), NeverAssign: policy.Text("eng-.*")},
		{DefaultGroups: policy.Text("Starter", "sales")},
		{RequiredGroups: policy.Text("ops", "eng.*"), RequiredGrace: policy.Duration(time.Hour), Cleanup: policy.Cleanup{Action: policy.ActionDelete}},
		{Cleanup: policy.Cleanup{Action: policy.ActionDelete, StripGroups: true, GraceDays: 1}},
	}
)

// everyAct is what a step of a history does; some of it more often.
var everyAct = []string{"nest", "nest", "unnest", "user", "user", "active", "delete", "group", "add", "add", "add", "remove", "replace", "rename", "renameadd", "drop",
	"rules", "rules", "mode", "mode", "drain", "local", "unlocal", "block", "unblock"}

func newHistory(rt *rapid.T, b Backend, kind string) *history {
	return newHistoryOf(rt, b, kind, "a", "a", "b")
}

// newHistoryOf begins a history with a connector of each of the tenants a and b that are named.
func newHistoryOf(rt *rapid.T, b Backend, kind string, owners ...string) *history {
	n := histories.Add(1)
	h := &history{t: rt, b: b, safety: unlimited.Safety, acts: everyAct, name: fmt.Sprintf("%s-%d", kind, n), now: time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)}
	h.d = directory.New(b, directory.Options{Now: h.tick})
	ctx := context.Background()
	must(rt, func() error { _, err := h.d.CreateDirectory(ctx, directory.Admin{ID: "test"}, h.name); return err })
	for _, tenant := range []string{"a", "b"} {
		must(rt, func() error { _, err := b.CreateTenant(ctx, h.name+"-"+tenant); return err })
	}
	for i, tenant := range owners {
		c, err := b.CreateConnector(ctx, tenants.NewConnector{
			Tenant: h.name + "-" + tenant, Name: fmt.Sprintf("c%d", i), Slug: fmt.Sprintf("%s-c%d", h.name, i),
			Kind: "generic", Mode: tenants.Live, Directory: h.name, Rules: h.linked(policy.Rules{}), Precedence: &i,
		})
		if err != nil {
			rt.Fatalf("making connector %d: %v", i, err)
		}
		h.connectors = append(h.connectors, &party{Connector: c, users: map[string]uuid.UUID{}, active: map[string]bool{}, groups: map[string]uuid.UUID{}, members: map[string]map[string]bool{}, nested: map[nestedEdge]bool{}})
	}
	must(rt, func() error {
		_, err := h.d.SetDirectory(ctx, directory.Admin{ID: "test"}, h.name, nil, policy.DirectorySettings{SharedGroups: policy.Text(".*"), ActiveWhen: policy.ActiveWhenAny, RetentionDays: 30})
		return err
	})
	return h
}

func (h *history) tick() time.Time {
	h.now = h.now.Add(time.Second)
	return h.now
}

// linked lets every connector of a history link every user of it, within the history's limits.
func (h *history) linked(r policy.Rules) policy.Rules {
	r.Linking.AcrossTenants = true
	r.Linking.Domains = []string{"x.example"}
	r.Safety = h.safety
	return r
}

func (h *history) step() {
	ctx := context.Background()
	c := h.connectors[rapid.IntRange(0, 2).Draw(h.t, "connector")]
	src := directory.Source{Connector: c.Connector, Request: "r"}
	user := rapid.SampledFrom(userNames).Draw(h.t, "user")
	group := rapid.SampledFrom(groupNames).Draw(h.t, "group")
	id, has := c.users[user]
	value := user // names nobody yet: the member waits
	if has {
		value = id.String()
	}
	gid, hasGroup := c.groups[group]
	act := rapid.SampledFrom(h.acts).Draw(h.t, "act")
	var err error
	switch {
	case (act == "user" || act == "active") && !has:
		act = "create"
		var r directory.UserRecord
		r, err = h.d.CreateUser(ctx, src, scim.Document{"userName": user, "active": true}, nil)
		c.users[user], c.active[user] = r.ID, true
	case act == "active" || act == "user":
		c.active[user] = !c.active[user]
		_, err = h.d.EditUser(ctx, src, id, nil, func(d scim.Document) (scim.Document, []scim.Note, error) {
			d = d.Clone()
			d["active"] = c.active[user]
			return d, nil, nil
		})
	case act == "delete" && has:
		err = h.d.DeleteUser(ctx, src, id, nil)
		delete(c.users, user)
		for _, m := range c.members {
			delete(m, user)
		}
	case (act == "group" || act == "add" || act == "replace") && !hasGroup:
		act = "creategroup"
		var r directory.GroupRecord
		var members []string
		c.members[group] = map[string]bool{}
		if has {
			members = []string{id.String()}
			c.members[group][user] = true
		}
		r, err = h.d.CreateGroup(ctx, src, scim.Document{"displayName": group}, members, nil)
		c.groups[group] = r.ID
	case act == "add":
		err = h.editMembers(src, gid, scim.MemberEdit{Op: scim.AddMembers, Values: []string{value}})
		c.members[group][user] = true
	case act == "remove" && hasGroup:
		err = h.editMembers(src, gid, scim.MemberEdit{Op: scim.RemoveMembers, Values: []string{value}})
		delete(c.members[group], user)
	case act == "replace":
		err = h.editMembers(src, gid, scim.MemberEdit{Op: scim.ReplaceMembers, Values: []string{value}})
		c.members[group] = map[string]bool{user: true}
		c.unnest(gid, false)
	case (act == "nest" || act == "unnest") && hasGroup:
		act, err = h.nest(src, c, act, gid)
	case (act == "rename" || act == "renameadd") && hasGroup:
		to := rapid.SampledFrom(append([]string{"Fresh"}, groupNames...)).Draw(h.t, "to")
		if _, taken := c.groups[to]; taken {
			return
		}
		var members []scim.MemberEdit
		if act == "renameadd" {
			members = []scim.MemberEdit{{Op: scim.AddMembers, Values: []string{value}}}
			c.members[group][user] = true
		}
		_, err = h.d.EditGroup(ctx, src, gid, nil, directory.GroupEdit{Members: members, Attributes: func(d scim.Document) (scim.Document, []scim.Note, error) {
			d = d.Clone()
			d["displayName"] = to
			return d, nil, nil
		}})
		act += " to " + to
		c.groups[to], c.members[to] = gid, c.members[group]
		delete(c.groups, group)
		delete(c.members, group)
	case act == "drop" && hasGroup:
		err = h.d.DeleteGroup(ctx, src, gid, nil)
		c.unnest(gid, true)
		delete(c.groups, group)
		delete(c.members, group)
	case act == "rules":
		i := rapid.IntRange(0, len(ruleSets)-1).Draw(h.t, "rules")
		c.rules = ruleSets[i]
		act = fmt.Sprintf("rules %d", i)
		_, err = h.d.SetRules(ctx, directory.Admin{ID: "test"}, c.Slug, nil, h.linked(c.rules), anyLosses)
	case act == "mode":
		mode := rapid.SampledFrom([]tenants.Mode{tenants.Observe, tenants.Live}).Draw(h.t, "mode")
		act = "mode " + string(mode)
		err = h.d.SetMode(ctx, directory.Admin{ID: "test"}, c.Slug, mode, anyLosses)
	case act == "drain":
		err = h.d.Drain(ctx)
	case act == "local" || act == "unlocal" || act == "block" || act == "unblock":
		err = h.administer(act, user, group)
	default:
		return
	}
	h.log = append(h.log, fmt.Sprintf("%s: %s user=%s group=%s", c.Name, act, user, group))
	if err != nil {
		h.t.Fatalf("%v\nhistory:\n%s", err, strings.Join(h.log, "\n"))
	}
}

// administer does what an administrator may do to a user. What the rules forbid is refused.
func (h *history) administer(act, user, group string) error {
	ctx := context.Background()
	named := `userName eq "` + user + `"`
	users, err := h.d.Users(ctx, h.name, named, "", directory.Listing{Limit: 1})
	if err == nil && len(users.Items) == 0 { // a former user may still be blocked
		users, err = h.d.Users(ctx, h.name, named, policy.UserDeleted, directory.Listing{Limit: 1})
	}
	if err != nil || len(users.Items) == 0 {
		return err
	}
	id := users.Items[0].ID
	switch act {
	case "block":
		return h.d.BlockUser(ctx, directory.Admin{ID: "test"}, h.name, id, "a reason")
	case "unblock":
		return h.d.UnblockUser(ctx, directory.Admin{ID: "test"}, h.name, id)
	}
	groups, err := h.d.Groups(ctx, h.name, `displayName eq "`+group+`"`, directory.Listing{Limit: 1})
	if err != nil || len(groups.Items) == 0 {
		return err
	}
	if act == "local" {
		_, err = h.d.AddLocalMember(ctx, directory.Admin{ID: "test"}, h.name, groups.Items[0].ID, id)
	} else {
		err = h.d.RemoveMember(ctx, directory.Admin{ID: "test"}, h.name, groups.Items[0].ID, id)
	}
	var refused *directory.RefusedError
	if errors.As(err, &refused) || errors.Is(err, directory.ErrNotFound) {
		return nil
	}
	return err
}

func (h *history) editMembers(src directory.Source, group uuid.UUID, e scim.MemberEdit) error {
	_, err := h.d.EditGroup(context.Background(), src, group, nil, directory.GroupEdit{Members: []scim.MemberEdit{e}})
	return err
}

// finish lifts every block, brings every connector live and lets grace run out, so that the
// directory is what the records and rules now say.
func (h *history) finish() {
	ctx := context.Background()
	for _, user := range userNames {
		must(h.t, func() error { return h.administer("unblock", user, "") })
	}
	for _, c := range h.connectors {
		must(h.t, func() error { return h.d.SetMode(ctx, directory.Admin{ID: "test"}, c.Slug, tenants.Live, anyLosses) })
	}
	must(h.t, func() error { return h.d.Drain(ctx) })
	h.now = h.now.Add(27 * time.Hour)
	h.settleAll()
}

// settleAll settles everybody of the directory again.
func (h *history) settleAll() {
	ctx := context.Background()
	must(h.t, func() error {
		info, err := h.d.ReadDirectory(ctx, h.name)
		if err == nil {
			_, err = h.d.SetDirectory(ctx, directory.Admin{ID: "test"}, h.name, nil, info.Settings)
		}
		return errors.Join(err, h.d.Drain(ctx))
	})
}

// replay says at once what the other history's IdPs say at its end.
func (h *history) replay(from *history) {
	ctx := context.Background()
	for i, c := range h.connectors {
		other := from.connectors[i]
		must(h.t, func() error {
			_, err := h.d.SetRules(ctx, directory.Admin{ID: "test"}, c.Slug, nil, h.linked(other.rules), anyLosses)
			return err
		})
		src := directory.Source{Connector: c.Connector, Request: "r"}
		for _, user := range slices.Sorted(maps.Keys(other.users)) {
			r, err := h.d.CreateUser(ctx, src, scim.Document{"userName": user, "active": other.active[user]}, nil)
			if err != nil {
				h.t.Fatal(err)
			}
			c.users[user] = r.ID
		}
		for _, group := range slices.Sorted(maps.Keys(other.groups)) {
			var members []string
			for user := range other.members[group] {
				if id, there := c.users[user]; there {
					user = id.String()
				}
				members = append(members, user)
			}
			r, err := h.d.CreateGroup(ctx, src, scim.Document{"displayName": group}, members, nil)
			if err != nil {
				h.t.Fatal(err)
			}
			c.groups[group] = r.ID
		}
		must(h.t, func() error { return h.replayNesting(src, c, other) })
	}
	must(h.t, func() error { return h.d.Drain(ctx) })
	h.now = h.now.Add(27 * time.Hour)
	h.settleAll()
}

// effective is what the directory shows of each user that is not cleaned up: the status, and
// the memberships that records and alwaysAssign give. (What default groups, neverRemove and a
// cleanup keep depends on the past by design.)
func (h *history) effective() map[string][]string {
	ctx := context.Background()
	out := make(map[string][]string)
	page, err := h.d.Users(ctx, h.name, "", "", directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, u := range page.Items {
		detail, err := h.d.ReadUserDetail(ctx, h.name, u.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		lines := []string{string(u.Status)}
		for _, m := range detail.Memberships {
			if m.Origin == policy.OriginIDP || m.Origin == policy.OriginAlways {
				connector := strings.TrimPrefix(m.Because.Connector, h.name)
				lines = append(lines, fmt.Sprintf("%s %s %s", strings.ToLower(m.Group.DisplayName), m.Origin, connector))
			}
		}
		slices.Sort(lines[1:])
		out[u.UserName] = lines
	}
	return out
}

// changesSince counts the directory's own changes that came after an event.
func (h *history) changesSince(mark int64) (n int) {
	page, err := h.d.Events(context.Background(), directory.EventFilter{}, directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range page.Items {
		if e.Seq > mark && strings.HasPrefix(e.Action, "directory.") && e.Action != "directory.changed" {
			n++
		}
	}
	return n
}

func (h *history) lastEvent() int64 {
	page, err := h.d.Events(context.Background(), directory.EventFilter{}, directory.Listing{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		h.t.Fatalf("reading the last event: %v", err)
	}
	return page.Items[0].Seq
}

func must(rt *rapid.T, f func() error) {
	if err := f(); err != nil {
		rt.Fatal(err)
	}
}
