package directory

import (
	"context"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/scim/filter"
)

// look runs f on an unlocked view of a directory; nothing it does is saved. As in change, load
// must be f's first step.
func (d *Directory) look(ctx context.Context, directory string, f func(*work) error) error {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return err
	}
	scope := Scope{Directory: info.ID}
	settings, err := d.cachedSettings(ctx, info.ID)
	if err != nil {
		return err
	}
	return d.store.Look(ctx, scope, func(tx Tx) error {
		w := newWork(d, ctx, tx, scope, worker)
		w.settings = settings
		return f(w)
	})
}

// Users lists the users of a directory; filter is a SCIM filter, or empty.
func (d *Directory) Users(ctx context.Context, directory, filterText string, status policy.Status, l Listing) (Page[User], error) {
	return d.users(ctx, directory, filterText, UserQuery{Status: status, Listing: l})
}

func (d *Directory) users(ctx context.Context, directory, filterText string, query UserQuery) (Page[User], error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Page[User]{}, err
	}
	q, err := parseFilter(scim.UserKind, filterText)
	if err != nil {
		return Page[User]{}, err
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return Page[User]{}, err
	}
	if err := guesses(q.Filter, settings.sensitiveAnywhere()); err != nil {
		return Page[User]{}, err
	}
	if err := guessesNames(query.Named, settings.sensitiveAnywhere()); err != nil {
		return Page[User]{}, err
	}
	query.Filter = q
	page, err := d.store.Users(ctx, info.ID, query)
	if err != nil {
		return Page[User]{}, err
	}
	return page, d.maskUsers(ctx, info.ID, settings, page.Items)
}

// Groups lists the groups of a directory; filter is a SCIM filter, or empty.
func (d *Directory) Groups(ctx context.Context, directory, filterText string, l Listing) (Page[Group], error) {
	return d.groups(ctx, directory, filterText, GroupQuery{Listing: l})
}

// EmptyGroups lists those of them that nobody is in.
func (d *Directory) EmptyGroups(ctx context.Context, directory, filterText string, l Listing) (Page[Group], error) {
	return d.groups(ctx, directory, filterText, GroupQuery{Empty: true, Listing: l})
}

func (d *Directory) groups(ctx context.Context, directory, filterText string, query GroupQuery) (Page[Group], error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Page[Group]{}, err
	}
	if query.Filter, err = parseFilter(scim.GroupKind, filterText); err != nil {
		return Page[Group]{}, err
	}
	return d.store.Groups(ctx, info.ID, query)
}

func parseFilter(k scim.Kind, text string) (scim.Query, error) {
	q := scim.Query{FilterText: text}
	if strings.TrimSpace(text) == "" {
		return q, nil
	}
	parsed, err := filter.Parse(text)
	if err != nil {
		return q, scim.InvalidFilter("%s", err)
	}
	q.Filter, err = scim.ResolveFilter(k, parsed)
	return q, err
}

// ReadUserDetail reads a user with its memberships, what was dropped, and its records.
func (d *Directory) ReadUserDetail(ctx context.Context, directory string, id uuid.UUID) (UserDetail, error) {
	var detail UserDetail
	var directoryID uuid.UUID
	err := d.look(ctx, directory, func(w *work) error {
		p, err := w.person(id, Request{GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		in, err := w.input(p)
		if err != nil {
			return err
		}
		detail.User = w.settings.shown(p.User.user(len(p.Records) == 0), p.holders())
		for _, m := range p.Held {
			detail.Memberships = append(detail.Memberships, w.membership(m))
		}
		decision := policy.Decide(in)
		detail.Dropped, detail.Givers = dropped(decision), w.givers(p, decision)
		for _, r := range p.Records {
			detail.Managed = detail.Managed || r.State != policy.Deleted
			detail.Records = append(detail.Records, w.recordLink(r))
		}
		directoryID = w.scope.Directory
		return nil
	})
	if err != nil {
		return detail, err
	}
	since, err := d.store.MemberSince(ctx, directoryID, id)
	if err != nil {
		return detail, err
	}
	for i := range detail.Memberships {
		detail.Memberships[i].Since = since[detail.Memberships[i].Group.ID]
	}
	if detail.LastLogin, err = d.store.LastLogin(ctx, directoryID, id); err != nil {
		return detail, err
	}
	detail.NameFormer, err = d.formerName(ctx, directoryID, detail.UserName)
	return detail, err
}

// membership is a stored one in the words of the outside.
func (w *work) membership(m MembershipRow) Membership {
	shown := Membership{Group: m.Group.group(w.tenantName(m.Group.Tenant)), Supports: make([]Supported, len(m.Supports))}
	for i, s := range m.Supports {
		shown.Supports[i] = Supported{Origin: s.Origin, Because: w.reasonOf(s)}
	}
	shown.Origin, shown.Because = shown.Supports[0].Origin, shown.Supports[0].Because
	return shown
}

// dropped are the groups that no membership came of.
func dropped(d policy.Decision) []DroppedGroup {
	var out []DroppedGroup
	for _, v := range d.Verdicts {
		if _, member := targetOf(d, v.Key); !v.Admitted && !member && v.Connector != "" {
			out = append(out, DroppedGroup{DisplayName: v.Name, Because: v.Because})
		}
	}
	return out
}

func (w *work) recordLink(r *RecordRow) RecordLink {
	link := RecordLink{Connector: w.called(r.Connector), ID: r.ID, State: r.State, UserName: scim.ParseDocument(r.JSON).UserName(), Linked: r.Linked, Modified: r.Modified, MappingProblem: r.Problem}
	if c := w.settings.Connectors[r.Connector]; c != nil {
		link.Tenant = c.Tenant
	}
	return link
}

func (g GroupFact) group(tenant string) Group {
	return Group{ID: g.ID, DisplayName: g.Name, Tenant: tenant, Created: g.Created, Version: g.Version}
}

// ReadDirectoryGroup reads one group.
func (d *Directory) ReadDirectoryGroup(ctx context.Context, directory string, id uuid.UUID) (Group, error) {
	var group Group
	err := d.look(ctx, directory, func(w *work) error {
		if _, err := w.load(Request{GroupIDs: []uuid.UUID{id}}); err != nil {
			return err
		}
		for _, fact := range w.facts {
			if fact != nil && fact.ID == id {
				group = fact.group(w.tenantName(fact.Tenant))
				return nil
			}
		}
		return ErrNotFound
	})
	return group, err
}

// GroupMembers lists the members of a group.
func (d *Directory) GroupMembers(ctx context.Context, directory string, group uuid.UUID, l Listing) (Page[GroupMember], error) {
	if _, err := d.ReadDirectoryGroup(ctx, directory, group); err != nil {
		return Page[GroupMember]{}, err
	}
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Page[GroupMember]{}, err
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return Page[GroupMember]{}, err
	}
	rows, users, err := d.store.GroupMembers(ctx, info.ID, group, l)
	if err != nil {
		return Page[GroupMember]{}, err
	}
	page := Page[GroupMember]{Total: rows.Total, Next: rows.Next, Items: make([]GroupMember, 0, len(rows.Items))}
	for i, m := range rows.Items {
		member := GroupMember{User: users[i], Origin: m.Supports[0].Origin, Because: reason(settings, m.Supports[0]), Since: m.Since}
		for _, s := range m.Supports {
			member.Supports = append(member.Supports, Supported{Origin: s.Origin, Because: reason(settings, s)})
		}
		page.Items = append(page.Items, member)
	}
	return page, nil
}

// Events lists what happened, newest first.
func (d *Directory) Events(ctx context.Context, f EventFilter, l Listing) (Page[Event], error) {
	q, some, err := d.eventQuery(ctx, f)
	if err != nil || !some {
		return Page[Event]{}, err
	}
	page, err := d.store.Events(ctx, q, l)
	if err != nil {
		return page, err
	}
	return page, d.nameWould(ctx, page.Items)
}

// eventQuery resolves the names in a filter. It is false when what they name is not there, so
// that no event fits.
func (d *Directory) eventQuery(ctx context.Context, f EventFilter) (q EventQuery, some bool, err error) {
	q = EventQuery{EventFilter: f}
	if f.Connector != "" {
		c, err := d.store.Connector(ctx, f.Connector)
		if err != nil {
			return q, false, err
		}
		q.ConnectorID = c.ID
	}
	directories, err := d.store.Directories(ctx)
	if err != nil {
		return q, false, err
	}
	if id := idOf(f.User); id != uuid.Nil {
		q.UserIDs = append(q.UserIDs, id) // also of somebody who was purged or erased
	}
	for _, info := range directories {
		if f.User != "" {
			users, err := d.store.FindUsers(ctx, info.ID, f.User)
			if err != nil {
				return q, false, err
			}
			for _, u := range users {
				q.UserIDs = append(q.UserIDs, u.ID)
			}
		}
		if f.Group != "" {
			if id := idOf(f.Group); id != uuid.Nil {
				q.GroupIDs = append(q.GroupIDs, id)
			} else if g, err := d.groupNamed(ctx, info.Name, f.Group); err == nil {
				q.GroupIDs = append(q.GroupIDs, g.ID)
			}
		}
	}
	return q, !(f.User != "" && len(q.UserIDs) == 0 || f.Group != "" && len(q.GroupIDs) == 0), nil
}

func (d *Directory) groupNamed(ctx context.Context, directory, name string) (Group, error) {
	var group Group
	err := d.look(ctx, directory, func(w *work) error {
		key := canonical.Key(name)
		if _, err := w.load(Request{GroupKeys: []string{key}}); err != nil {
			return err
		}
		fact := w.facts[key]
		if fact == nil {
			return ErrNotFound
		}
		group = fact.group(w.tenantName(fact.Tenant))
		return nil
	})
	return group, err
}
