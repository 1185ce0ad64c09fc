package storagetest

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"pgregory.net/rapid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/directory/importfile"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// administered is something that an administrator or a worker does.
func (h *audited) administered() deed {
	c := h.connectors[rapid.IntRange(0, 2).Draw(h.t, "of connector")]
	user := rapid.SampledFrom(userNames).Draw(h.t, "of user")
	group := rapid.SampledFrom(groupNames).Draw(h.t, "of group")
	switch what := rapid.SampledFrom([]string{"people", "people", "people", "groups", "groups", "rules", "mode", "drain", "settings", "tenancy", "tenancy", "links", "links", "holds", "import", "expect"}).Draw(h.t, "administration"); what {
	case "people":
		return h.administersPeople(user)
	case "groups":
		return h.administersGroups(user, group)
	case "tenancy":
		return h.administersTenancy(c)
	case "links":
		return h.administersLinks(c, user)
	case "import":
		return h.administersImports(user, group)
	case "rules":
		i := rapid.IntRange(0, len(ruleSets)-1).Draw(h.t, "rules")
		return deed{name: fmt.Sprintf("%s: rules %d", c.Name, i), many: true, own: "connector.rules.changed",
			of: func() string { _, version, err := h.d.Rules(context.Background(), c.Slug); return h.say(version, err) },
			do: func(ctx context.Context, request string) error {
				_, err := h.d.SetRules(ctx, by(request), c.Slug, nil, h.linked(ruleSets[i]), anyLosses)
				return err
			}}
	case "mode":
		mode := rapid.SampledFrom([]tenants.Mode{tenants.Observe, tenants.Live, tenants.Live}).Draw(h.t, "mode")
		return deed{name: c.Name + ": mode " + string(mode), many: true, own: "connector.mode.changed",
			of: func() string {
				now, err := h.b.ConnectorBySlug(context.Background(), c.Slug)
				return h.say(now.Mode, err)
			},
			do: func(ctx context.Context, request string) error {
				return h.d.SetMode(ctx, by(request), c.Slug, mode, anyLosses)
			}}
	case "settings":
		settings := policy.DirectorySettings{SharedGroups: policy.Text(".*"), ActiveWhen: rapid.SampledFrom([]policy.ActiveWhen{policy.ActiveWhenAny, policy.ActiveWhenOwner}).Draw(h.t, "activeWhen"), RetentionDays: 30}
		return deed{name: "settings of the directory", own: "directory.changed",
			of: func() string {
				info, err := h.d.ReadDirectory(context.Background(), h.name)
				return h.say(info.Version, err) // saving the same settles everybody again
			},
			do: func(ctx context.Context, request string) error {
				_, err := h.d.SetDirectory(ctx, by(request), h.name, nil, settings)
				return err
			}}
	case "holds":
		discard := rapid.Bool().Draw(h.t, "discard")
		return deed{name: fmt.Sprintf("%s: decide holds, discard %t", c.Name, discard), many: true, do: func(ctx context.Context, request string) error {
			_, err := h.d.DecideHolds(ctx, by(request), c.Slug, directory.HoldDecision{Discard: discard})
			return err
		}}
	case "expect":
		return deed{name: c.Name + ": expect a change", own: "connector.change.expected",
			of: func() string {
				e, err := h.d.ReadExpectedChange(context.Background(), c.Slug)
				return h.say(e.Until, err)
			},
			do: func(ctx context.Context, request string) error {
				_, err := h.d.ExpectChange(ctx, by(request), c.Slug, time.Hour, request)
				return err
			}}
	default:
		return deed{name: "drain", many: true, do: h.work}
	}
}

func by(request string) directory.Admin { return directory.Admin{ID: "test", Request: request} }

// say is a value as text, or that there is none.
func (h *audited) say(value any, err error) string {
	if err != nil && !errors.Is(err, directory.ErrNotFound) && !errors.Is(err, tenants.ErrUnknown) {
		h.t.Fatal(err)
	}
	return fmt.Sprintf("%v", value)
}

// who is the directory's user of a name, also a deleted one.
func (h *audited) who(name string) (id uuid.UUID) {
	for user, u := range h.seen.users {
		if scim.ParseDocument([]byte(u.json)).UserName() == name && (id == uuid.Nil || u.status != policy.UserDeleted) {
			id = user
		}
	}
	return id
}

// user is what the directory holds of a person, without what only its records say.
func (h *audited) user(id uuid.UUID, part func(directory.UserDetail) any) func() string {
	return func() string {
		u, err := h.d.ReadUserDetail(context.Background(), h.name, id)
		return h.say(part(u), err)
	}
}

func (h *audited) administersPeople(name string) deed {
	id := h.who(name)
	status := h.user(id, func(u directory.UserDetail) any { return u.Status })
	block := h.user(id, func(u directory.UserDetail) any { return u.Block })
	switch what := rapid.SampledFrom([]string{"create", "edit", "remove", "restore", "block", "unblock"}).Draw(h.t, "to people"); what {
	case "create":
		return deed{name: "create " + name, own: "directory.user.created",
			of: func() string { return fmt.Sprint(len(h.world().users)) },
			do: func(ctx context.Context, request string) error {
				_, err := h.d.CreateLocalUser(ctx, by(request), h.name, scim.Document{"userName": name, "active": true})
				return err
			}}
	case "edit":
		title := rapid.SampledFrom([]string{"Countess", "Analyst"}).Draw(h.t, "title")
		return deed{name: "edit " + name, own: "directory.user.updated", of: h.user(id, func(u directory.UserDetail) any { return string(u.JSON) }),
			do: func(ctx context.Context, request string) error {
				_, err := h.d.EditLocalUser(ctx, by(request), h.name, id, nil, func(d scim.Document) (scim.Document, []scim.Note, error) {
					d = d.Clone()
					d["title"] = title
					return d, nil, nil
				})
				return err
			}}
	case "remove":
		return deed{name: "remove " + name, own: "directory.user.deleted", of: status, do: func(ctx context.Context, request string) error {
			return h.d.RemoveUser(ctx, by(request), h.name, id, nil)
		}}
	case "restore":
		return deed{name: "restore " + name, own: "directory.user.restored", of: status, do: func(ctx context.Context, request string) error {
			_, err := h.d.RestoreUser(ctx, by(request), h.name, id)
			return err
		}}
	case "block":
		return deed{name: "block " + name, own: "directory.user.blocked", of: block, do: func(ctx context.Context, request string) error {
			return h.d.BlockUser(ctx, by(request), h.name, id, "a reason")
		}}
	default:
		return deed{name: "unblock " + name, own: "directory.user.unblocked", of: block, do: func(ctx context.Context, request string) error {
			return h.d.UnblockUser(ctx, by(request), h.name, id)
		}}
	}
}

func (h *audited) administersGroups(user, name string) deed {
	id, group := h.who(user), uuid.Nil
	for g, called := range h.seen.names {
		if called == name {
			group = g
		}
	}
	held := h.user(id, func(u directory.UserDetail) any {
		return slices.ContainsFunc(u.Memberships, func(m directory.Membership) bool { return m.Group.ID == group })
	})
	called := func() string {
		g, err := h.d.ReadDirectoryGroup(context.Background(), h.name, group)
		return h.say(g.DisplayName, err)
	}
	switch what := rapid.SampledFrom([]string{"add", "add", "remove", "create", "rename", "delete"}).Draw(h.t, "to groups"); what {
	case "add":
		return deed{name: "add " + user + " to " + name, own: "directory.membership.added", of: held, do: func(ctx context.Context, request string) error {
			_, err := h.d.AddLocalMember(ctx, by(request), h.name, group, id)
			return err
		}}
	case "remove":
		return deed{name: "remove " + user + " from " + name, own: "directory.membership.removed", of: held, do: func(ctx context.Context, request string) error {
			return h.d.RemoveMember(ctx, by(request), h.name, group, id)
		}}
	case "create":
		return deed{name: "create group " + name, own: "directory.group.created",
			of: func() string { return fmt.Sprint(len(h.world().names)) },
			do: func(ctx context.Context, request string) error {
				_, err := h.d.CreateLocalGroup(ctx, by(request), h.name, name)
				return err
			}}
	case "rename":
		return deed{name: "rename group " + name, own: "directory.group.renamed", of: called, do: func(ctx context.Context, request string) error {
			_, err := h.d.RenameLocalGroup(ctx, by(request), h.name, group, nil, "Fresh")
			return err
		}}
	default:
		return deed{name: "delete group " + name, own: "directory.group.deleted", of: called, do: func(ctx context.Context, request string) error {
			return h.d.DeleteLocalGroup(ctx, by(request), h.name, group, nil)
		}}
	}
}

func (h *audited) administersLinks(c *party, user string) deed {
	id := h.who(user)
	if rapid.Bool().Draw(h.t, "unlink") {
		return deed{name: "unlink " + user + " from " + c.Name, own: "directory.user.unlinked", each: true,
			of: h.user(id, func(u directory.UserDetail) any {
				return len(slices.DeleteFunc(u.Records, func(r directory.RecordLink) bool { return r.Connector != c.Slug }))
			}),
			do: func(ctx context.Context, request string) error {
				return h.d.Unlink(ctx, by(request), h.name, id, c.Slug)
			}}
	}
	open, err := h.d.Conflicts(context.Background(), h.name, directory.ConflictFilter{}, directory.Listing{Limit: 1})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(open.Items) == 0 {
		return deed{}
	}
	decision := rapid.SampledFrom([]string{directory.DecisionLink, directory.DecisionKeepSeparate, directory.DecisionRefuse}).Draw(h.t, "decision")
	to := uuid.Nil
	if decision == directory.DecisionLink && len(open.Items[0].Candidates) > 0 {
		to = open.Items[0].Candidates[0].User
	}
	return deed{name: "decide " + open.Items[0].Kind + ": " + decision, own: "directory.conflict.decided",
		of: func() string {
			k, _, err := h.d.ReadConflict(context.Background(), h.name, open.Items[0].ID)
			return h.say(k.Decision, err)
		},
		do: func(ctx context.Context, request string) error {
			return h.d.DecideConflict(ctx, by(request), h.name, open.Items[0].ID, decision, to)
		}}
}

func (h *audited) administersTenancy(c *party) deed {
	r := tenants.NewRegistry(h.b, h.tick, rand.Reader)
	ctx := context.Background()
	tenant, slug := h.name+"-spare", h.name+"-spare"
	isTenant := func() string {
		all, err := r.Tenants(ctx)
		return h.say(slices.ContainsFunc(all, func(t tenants.Tenant) bool { return t.Name == tenant }), err)
	}
	isConnector := func() string { found, err := r.ConnectorBySlug(ctx, slug); return h.say(found.ID, err) }
	ways := func() string { all, err := r.Credentials(ctx, c.Slug); return h.say(len(all), err) }
	readers := func() string { all, err := r.Consumers(ctx, h.name); return h.say(len(all), err) }
	switch what := rapid.SampledFrom([]string{"tenant", "no tenant", "connector", "no connector", "name", "credential", "no credential", "consumer"}).Draw(h.t, "to tenancy"); what {
	case "tenant":
		return deed{name: "create a tenant", own: "tenant.created", of: isTenant, do: func(ctx context.Context, _ string) error { _, err := r.CreateTenant(ctx, tenant); return err }}
	case "no tenant":
		return deed{name: "delete the tenant", own: "tenant.deleted", of: isTenant, do: func(ctx context.Context, _ string) error { return r.DeleteTenant(ctx, tenant) }}
	case "connector":
		return deed{name: "create a connector", own: "connector.created", of: isConnector, do: func(ctx context.Context, _ string) error {
			_, _, err := r.CreateConnector(ctx, tenants.NewConnector{Tenant: tenant, Name: "spare", Slug: slug, Kind: "generic", Directory: "main", By: "test"})
			return err
		}}
	case "no connector":
		return deed{name: "delete the connector", own: "connector.deleted", of: isConnector, do: func(ctx context.Context, _ string) error { return r.DeleteConnector(ctx, slug) }}
	case "name":
		name := rapid.SampledFrom([]string{"One", "Two"}).Draw(h.t, "name")
		return deed{name: c.Slug + ": is called " + name, own: "connector.changed",
			of: func() string { now, err := r.ConnectorBySlug(ctx, c.Slug); return h.say(now.Name, err) },
			do: func(ctx context.Context, _ string) error {
				_, err := r.UpdateConnector(ctx, c.Slug, nil, tenants.ConnectorChange{Name: &name})
				return err
			}}
	case "credential":
		return deed{name: c.Slug + ": a credential", own: "credential.created", of: ways, do: func(ctx context.Context, request string) error {
			_, _, err := r.Mint(ctx, c.Slug, tenants.Wanted{Name: request, Kind: tenants.Bearer})
			return err
		}}
	case "consumer":
		return deed{name: "a consumer", own: "consumer.created", of: readers, do: func(ctx context.Context, request string) error {
			_, _, err := r.CreateConsumer(ctx, h.name, tenants.NewConsumer{Name: request})
			return err
		}}
	default:
		all, err := r.Credentials(ctx, c.Slug)
		if err != nil {
			h.t.Fatal(err)
		}
		id := uuid.New()
		if len(all) > 0 {
			id = all[0].ID
		}
		return deed{name: c.Slug + ": no credential", own: "credential.deleted", of: ways, do: func(ctx context.Context, _ string) error { return r.DeleteCredential(ctx, c.Slug, id) }}
	}
}

func (h *audited) administersImports(user, group string) deed {
	all, err := h.d.Imports(context.Background(), h.name, directory.Listing{Limit: 1})
	if err != nil {
		h.t.Fatal(err)
	}
	if len(all.Items) > 0 && all.Items[0].State == directory.ImportReady {
		i := all.Items[0]
		return deed{name: "apply the import", own: "directory.import.applied", many: true,
			of: func() string {
				now, err := h.d.ReadImport(context.Background(), h.name, i.ID)
				return h.say(now.State == directory.ImportReady, err)
			},
			do: func(ctx context.Context, request string) error {
				_, err := h.d.ApplyImport(ctx, by(request), h.name, i.ID, i.Hash, "")
				return err
			}}
	}
	text := "userName,groups\n" + user + "," + group + "\nimported@x.example," + group + "\n"
	return deed{name: "import " + user + " into " + group, own: "directory.import.received", many: true,
		of: func() string {
			page, err := h.d.Imports(context.Background(), h.name, directory.Listing{Limit: 500})
			received := 0
			for _, i := range page.Items {
				if i.State != directory.ImportReceiving && i.State != directory.ImportFailed {
					received++
				}
			}
			return h.say(received, err)
		},
		do: func(ctx context.Context, request string) error {
			_, err := h.d.CreateImport(ctx, by(request), h.name, directory.NewImport{Source: "file", Name: "f.csv", Format: "csv"},
				importfile.Read(strings.NewReader(text), importfile.Options{Format: importfile.CSV}), 0)
			return err
		}}
}
