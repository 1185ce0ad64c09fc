package directory

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/scim/filter"
)

// look runs f on an unlocked view of a directory; nothing it does is saved.
func (d *Directory) look(ctx context.Context, directory string, f func(*work) error) error {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return err
	}
	scope := Scope{Directory: info.ID}
	return d.store.Look(ctx, scope, func(tx Tx) error {
		settings, err := tx.Settings(ctx)
		if err != nil {
			return err
		}
		w := newWork(d, ctx, tx, scope, worker)
		w.settings = settings
		return f(w)
	})
}

// Users lists the users of a directory; filter is a SCIM filter, or empty.
func (d *Directory) Users(ctx context.Context, directory, filterText string, status policy.Status, l Listing) (Page[User], error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Page[User]{}, err
	}
	q, err := parseFilter(scim.UserKind, filterText)
	if err != nil {
		return Page[User]{}, err
	}
	return d.store.Users(ctx, info.ID, UserQuery{Filter: q, Status: status, Listing: l})
}

// Groups lists the groups of a directory; filter is a SCIM filter, or empty.
func (d *Directory) Groups(ctx context.Context, directory, filterText string, l Listing) (Page[Group], error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Page[Group]{}, err
	}
	q, err := parseFilter(scim.GroupKind, filterText)
	if err != nil {
		return Page[Group]{}, err
	}
	return d.store.Groups(ctx, info.ID, GroupQuery{Filter: q, Listing: l})
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
	err := d.look(ctx, directory, func(w *work) error {
		p, err := w.person(id, Request{GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		in, err := w.input(p)
		if err != nil {
			return err
		}
		detail.User = p.User.user(len(p.Records) == 0)
		for _, m := range p.Held {
			detail.Memberships = append(detail.Memberships, Membership{
				Group: m.Group.group(w.tenantName(m.Group.Tenant)), Origin: m.Supports[0].Origin, Because: w.reasonOf(m.Supports[0]),
			})
		}
		detail.Dropped = dropped(policy.Decide(in))
		for _, r := range p.Records {
			detail.Records = append(detail.Records, w.recordLink(r))
		}
		return nil
	})
	return detail, err
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
	link := RecordLink{Connector: w.slug(r.Connector), ID: r.ID, State: r.State, UserName: scim.ParseDocument(r.JSON).UserName(), Linked: r.Linked, Modified: r.Modified}
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
		page.Items = append(page.Items, GroupMember{User: users[i], Origin: m.Supports[0].Origin, Because: reason(settings, m.Supports[0])})
	}
	return page, nil
}

// Events lists what happened, newest first.
func (d *Directory) Events(ctx context.Context, f EventFilter, l Listing) (Page[Event], error) {
	q := EventQuery{EventFilter: f}
	if f.Connector != "" {
		c, err := d.store.Connector(ctx, f.Connector)
		if err != nil {
			return Page[Event]{}, err
		}
		q.ConnectorID = c.ID
	}
	directories, err := d.store.Directories(ctx)
	if err != nil {
		return Page[Event]{}, err
	}
	for _, info := range directories {
		if f.User != "" {
			users, err := d.store.FindUsers(ctx, info.ID, f.User)
			if err != nil {
				return Page[Event]{}, err
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
	if f.User != "" && len(q.UserIDs) == 0 || f.Group != "" && len(q.GroupIDs) == 0 {
		return Page[Event]{}, nil
	}
	return d.store.Events(ctx, q, l)
}

func (d *Directory) groupNamed(ctx context.Context, directory, name string) (Group, error) {
	var group Group
	err := d.look(ctx, directory, func(w *work) error {
		key := canonical.Key(name)
		if err := w.know([]string{key}); err != nil {
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

// Why says why a user is, or is not, in a group: the answer first, then the steps that led to it.
// user is a userName, an e-mail or an id; group is a display name.
func (d *Directory) Why(ctx context.Context, directory, user, group string) (Answer, error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Answer{}, err
	}
	found, err := d.store.FindUsers(ctx, info.ID, user)
	if err != nil {
		return Answer{}, err
	}
	if len(found) == 0 {
		return Answer{}, fmt.Errorf("user %q: %w", user, ErrNotFound)
	}
	if len(found) > 1 {
		return Answer{}, &RefusedError{Code: "ambiguousUser", Detail: fmt.Sprintf("%d users of the directory have %q; ask for one by id", len(found), user)}
	}
	var answer Answer
	err = d.look(ctx, directory, func(w *work) error {
		key := canonical.Key(group)
		p, err := w.person(found[0].ID, Request{GroupKeys: append(w.allNames(), key)})
		if err != nil {
			return err
		}
		in, err := w.input(p)
		if err != nil {
			return err
		}
		answer = w.explain(p, policy.Decide(in), key, group)
		return nil
	})
	return answer, err
}

// explain puts a decision about one group into words.
func (w *work) explain(p *Person, d policy.Decision, key, group string) Answer {
	name := p.User.UserName
	var a Answer
	held := slices.IndexFunc(p.Held, func(m MembershipRow) bool { return m.Group.Key == key })
	target, member := targetOf(d, key)
	because := target.Because
	if !member {
		because = refusal(key, d)
	}
	if fact := w.facts[key]; fact != nil {
		group = fact.Name
	}
	a.Member = member
	a.Code = because.Code
	relation := "is in"
	if !member {
		relation = "is not in"
	}
	sentence := because.Sentence(group)
	if a.Code == "" {
		a.Code = policy.CodeNotSent
		sentence = w.notAsked(p)
	}
	a.Sentence = fmt.Sprintf("%s %s %s: %s", name, relation, group, sentence)
	a.Steps = w.steps(p, d, key, group)
	settled := Step{Step: "settled", Detail: fmt.Sprintf("%s is %s.", name, p.User.Status)}
	switch {
	case member == (held >= 0):
		settled.Detail += " The directory shows this."
	default:
		settled.Detail += " A change is waiting to be settled; the directory will show this in a moment."
	}
	a.Steps = append(a.Steps, settled)
	return a
}

// notAsked says that nothing asks for a membership.
func (w *work) notAsked(p *Person) string {
	var slugs []string
	for _, r := range p.Records {
		if slug := w.slug(r.Connector); slug != "" && !slices.Contains(slugs, slug) {
			slugs = append(slugs, slug)
		}
	}
	if len(slugs) == 0 {
		return "no connector has a record of this user, and nobody added it."
	}
	return fmt.Sprintf("neither does %s send this group for this user, nor does a rule or an administrator give it.", strings.Join(slugs, " or "))
}

// steps tell the way of the group's name through each connector of the user.
func (w *work) steps(p *Person, d policy.Decision, key, group string) []Step {
	var steps []Step
	for _, r := range p.Records {
		slug := w.slug(r.Connector)
		sends := slices.ContainsFunc(r.Groups, func(g ViewedGroup) bool { return g.Key == key })
		verb := "does not send"
		if sends {
			verb = "sends"
		}
		steps = append(steps, Step{Step: "received", Detail: fmt.Sprintf("%s holds record %s, %s; it %s %s for it.", slug, r.ID, cmp.Or(string(r.ViewState), string(r.State)), verb, group)})
		steps = append(steps, Step{Step: "linked", Detail: fmt.Sprintf("The record was linked to this user on %s.", r.Linked.Format("2006-01-02 15:04:05 MST"))})
		counts := "does not count"
		if slices.Contains(d.Counting, r.ID.String()) {
			counts = "counts"
		}
		if slices.Contains(d.Contributing, r.ID.String()) {
			counts = "counts and contributes"
		}
		steps = append(steps, Step{Step: "counted", Detail: fmt.Sprintf("The record %s.", counts)})
	}
	for _, v := range d.Verdicts {
		if v.Key == key {
			because := v.Because
			steps = append(steps, Step{Step: "lists", Detail: because.Sentence(group), Reason: &because})
		}
	}
	if len(p.Records) == 0 {
		steps = append(steps, Step{Step: "received", Detail: "No connector has a record of this user; it is local."})
	}
	return steps
}
