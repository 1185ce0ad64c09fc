package storagetest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
)

// TenantLaws checks that nothing another tenant says, in whatever order, moves a person or a
// group of a tenant that shares neither: its directory is the same as if the other were not there.
// The other sees a conflict for each group that it comes upon, as long as somebody of it is there.
func TenantLaws(t *testing.T, b Backend) {
	t.Run("AnotherTenantMovesNothing", rapid.MakeCheck(func(rt *rapid.T) {
		alone, beside := newHistory(rt, b, "alone"), newHistory(rt, b, "beside")
		greedy := rapid.Bool().Draw(rt, "greedy")
		for _, h := range []*history{alone, beside} {
			h.keepApart(greedy)
		}
		steps := rapid.IntRange(5, 25).Draw(rt, "steps")
		for range steps {
			act := drawAct(rt)
			beside.own(act)
			if act.connector < 2 {
				alone.own(act)
			}
		}
		if diff := cmp.Diff(alone.ofFirstTenant(), beside.ofFirstTenant()); diff != "" {
			rt.Fatalf("the tenant's directory differs (-alone +beside another):\n%s\nhistory:\n%s", diff, strings.Join(beside.log, "\n"))
		}
		if diff := cmp.Diff(beside.comesUpon(greedy), beside.foreign()); diff != "" {
			rt.Fatalf("the conflicts with groups of the other tenant are wrong (-want +got):\n%s\nhistory:\n%s", diff, strings.Join(beside.log, "\n"))
		}
	}))
}

// keepApart shares nothing, links across nothing, and lets the first tenant name all users and groups.
// A greedy other tenant asks for every group by its rules too.
func (h *history) keepApart(greedy bool) {
	ctx := context.Background()
	must(h.t, func() error {
		_, err := h.d.SetDirectory(ctx, directory.Admin{ID: "test"}, h.name, nil, policy.DirectorySettings{ActiveWhen: policy.ActiveWhenAny, RetentionDays: 30})
		return err
	})
	for i, c := range h.connectors {
		rules := unlimited
		if i == 2 { // it would take whatever it can
			rules = policy.Rules{Safety: unlimited.Safety, AlwaysAssign: policy.Text(groupNames...), DefaultGroups: policy.Text(groupNames...), NeverRemove: policy.Text(".*"),
				Linking: policy.Linking{Match: []string{"userName", "email", "externalId", "employeeNumber"}, Domains: []string{"x.example"}}}
			if !greedy {
				rules.AlwaysAssign = nil
			}
		}
		must(h.t, func() error {
			_, err := h.d.SetRules(ctx, directory.Admin{ID: "test"}, c.Slug, nil, rules, anyLosses)
			return err
		})
	}
	for _, user := range userNames {
		h.own(act{what: "user", user: user})
	}
	for _, group := range groupNames {
		h.own(act{what: "group", user: userNames[0], group: group})
	}
}

// act is one step of a history of which another may take a part.
type act struct {
	connector         int
	what, user, group string
}

func drawAct(rt *rapid.T) act {
	return act{
		rapid.IntRange(0, 2).Draw(rt, "connector"),
		rapid.SampledFrom([]string{"user", "user", "active", "delete", "group", "group", "add", "add", "remove", "rename", "drop", "mode", "drain"}).Draw(rt, "what"),
		rapid.SampledFrom(userNames).Draw(rt, "user"), rapid.SampledFrom(groupNames).Draw(rt, "group"),
	}
}

// own carries out an act, if its connector can.
func (h *history) own(a act) {
	ctx := context.Background()
	c := h.connectors[a.connector]
	src := directory.Source{Connector: c.Connector, Request: "r"}
	id, has := c.users[a.user]
	gid, hasGroup := c.groups[a.group]
	var err error
	switch {
	case a.what == "user" && !has:
		var r directory.UserRecord
		r, err = h.d.CreateUser(ctx, src, scim.Document{"userName": a.user, "externalId": a.user, "active": true, "emails": []any{map[string]any{"value": a.user, "primary": true}}}, nil)
		c.users[a.user], c.active[a.user] = r.ID, true
	case a.what == "active" && has:
		c.active[a.user] = !c.active[a.user]
		_, err = h.d.EditUser(ctx, src, id, nil, func(d scim.Document) (scim.Document, []scim.Note, error) {
			d = d.Clone()
			d["active"] = c.active[a.user]
			return d, nil, nil
		})
	case a.what == "delete" && has:
		err = h.d.DeleteUser(ctx, src, id, nil)
		delete(c.users, a.user)
	case a.what == "group" && !hasGroup:
		var r directory.GroupRecord
		name := a.group
		if a.connector == 2 {
			name = strings.ToUpper(name) + " " // its own spelling
		}
		r, err = h.d.CreateGroup(ctx, src, scim.Document{"displayName": name}, []string{a.user}, nil)
		c.groups[a.group] = r.ID
	case a.what == "add" && hasGroup:
		err = h.editMembers(src, gid, scim.MemberEdit{Op: scim.AddMembers, Values: []string{a.user}})
	case a.what == "remove" && hasGroup:
		err = h.editMembers(src, gid, scim.MemberEdit{Op: scim.RemoveMembers, Values: []string{a.user}})
	case a.what == "rename" && hasGroup && a.connector == 2:
		_, err = h.d.EditGroup(ctx, src, gid, nil, directory.GroupEdit{Attributes: func(scim.Document) (scim.Document, []scim.Note, error) {
			return scim.Document{"displayName": "Other " + a.group}, nil, nil
		}})
	case a.what == "drop" && hasGroup:
		err = h.d.DeleteGroup(ctx, src, gid, nil)
		delete(c.groups, a.group)
	case a.what == "mode":
		err = errors.Join(h.d.SetMode(ctx, directory.Admin{ID: "test"}, c.Slug, tenants.Observe, anyLosses), h.d.SetMode(ctx, directory.Admin{ID: "test"}, c.Slug, tenants.Live, anyLosses))
	case a.what == "drain":
		err = h.d.Drain(ctx)
	default:
		return
	}
	h.log = append(h.log, strings.Join([]string{c.Name, a.what, a.user, a.group}, " "))
	if err != nil {
		h.t.Fatalf("%v\nhistory:\n%s", err, strings.Join(h.log, "\n"))
	}
}

// comesUpon are the groups of the first tenant that the other's connector asks for.
func (h *history) comesUpon(greedy bool) []string {
	ctx, c := context.Background(), h.connectors[2]
	var keys []string
	for _, group := range groupNames {
		if greedy && len(c.users) > 0 {
			keys = append(keys, canonical.Key(group))
			continue
		}
		id, has := c.groups[group]
		if !has {
			continue
		}
		r, err := h.d.ReadGroup(ctx, c.Connector, id)
		if err != nil {
			h.t.Fatal(err)
		}
		if canonical.Key(scim.ParseDocument(r.JSON).DisplayName()) != canonical.Key(group) {
			continue
		}
		for m, err := range h.d.Members(ctx, c.Connector, id) {
			if err != nil {
				h.t.Fatal(err)
			}
			if m.Kind == scim.UserKind {
				keys = append(keys, canonical.Key(group))
				break
			}
		}
	}
	slices.Sort(keys)
	return keys
}

// foreign are the groups that conflicts are about.
func (h *history) foreign() []string {
	page, err := h.d.Conflicts(context.Background(), h.name, directory.ConflictFilter{}, directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	var keys []string
	for _, c := range page.Items {
		if c.Kind == policy.ConflictForeignGroup {
			keys = append(keys, canonical.Key(c.GroupName))
		}
	}
	slices.Sort(keys)
	return keys
}

// ofFirstTenant is what the directory shows of the people and the groups of the first tenant.
func (h *history) ofFirstTenant() map[string][]string {
	ctx := context.Background()
	must(h.t, func() error { return h.d.Drain(ctx) })
	out := make(map[string][]string)
	page, err := h.d.Users(ctx, h.name, "", "", directory.Listing{Limit: 500})
	if err != nil {
		h.t.Fatal(err)
	}
	ours := h.name + "-a"
	for _, u := range page.Items {
		detail, err := h.d.ReadUserDetail(ctx, h.name, u.ID)
		if err != nil {
			h.t.Fatal(err)
		}
		if !slices.ContainsFunc(detail.Records, func(r directory.RecordLink) bool { return r.Tenant == ours }) {
			for _, m := range detail.Memberships {
				if m.Group.Tenant == ours {
					h.t.Fatalf("%s of another tenant is in %s\nhistory:\n%s", u.UserName, m.Group.DisplayName, strings.Join(h.log, "\n"))
				}
			}
			continue
		}
		lines := []string{string(u.Status), string(u.JSON)}
		for _, m := range detail.Memberships {
			lines = append(lines, m.Group.DisplayName+" "+string(m.Origin)+" "+strings.TrimPrefix(m.Because.Connector, h.name))
		}
		for _, r := range detail.Records {
			if r.Tenant != ours {
				lines = append(lines, "a record of "+strings.TrimPrefix(r.Connector, h.name))
			}
		}
		slices.Sort(lines[2:])
		out[u.UserName] = lines
	}
	return out
}
