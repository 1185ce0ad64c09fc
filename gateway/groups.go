package gateway

import (
	"cmp"
	"context"
	"iter"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

func (g *Gateway) createGroup(ctx context.Context, ch change) (outcome, error) {
	if err := ch.tooManyMembers(); err != nil {
		return outcome{}, err
	}
	doc, members, _, notes, err := scim.ParseGroup(ch.body, ch.options)
	if err != nil {
		return outcome{}, err
	}
	group, err := g.records.CreateGroup(ctx, ch.source, doc, members, notes)
	return groupOutcome(http.StatusCreated, group), err
}

func (g *Gateway) readGroup(ctx context.Context, rq *request) error {
	shown, err := rq.projection()
	if err != nil {
		return err
	}
	group, err := g.records.ReadGroup(ctx, rq.connector(), rq.id)
	if err != nil {
		return err
	}
	return g.answerResource(ctx, rq, http.StatusOK, groupResource(group), shown)
}

// replaceGroup takes the RFC at its word: what a PUT does not name is gone, members too.
func (g *Gateway) replaceGroup(ctx context.Context, ch change) (outcome, error) {
	if err := cmp.Or(ch.otherID(), ch.tooManyMembers()); err != nil {
		return outcome{}, err
	}
	sent, members, _, notes, err := scim.ParseGroup(ch.body, ch.options)
	if err != nil {
		return outcome{}, err
	}
	group, err := g.records.EditGroup(ctx, ch.source, ch.id, ch.match, directory.GroupEdit{
		Attributes: func(scim.Document) (scim.Document, []scim.Note, error) { return sent, notes, nil },
		Members:    []scim.MemberEdit{{Op: scim.ReplaceMembers, Values: members}},
	})
	return groupOutcome(http.StatusOK, group), err
}

// patchGroup is a success without a body unless attributes are asked for: nobody who adds a
// member to a group of 100,000 wants to read them.
func (g *Gateway) patchGroup(ctx context.Context, ch change) (outcome, error) {
	patch, err := scim.ParsePatch(scim.GroupKind, ch.body, ch.options)
	if err != nil {
		return outcome{}, err
	}
	edit := directory.GroupEdit{Members: patch.Members(), Notes: patch.Notes()}
	if patch.Renames() { // what touches members alone locks out nobody
		edit.Attributes = patch.Apply
	}
	group, err := g.records.EditGroup(ctx, ch.source, ch.id, ch.match, edit)
	out := groupOutcome(http.StatusOK, group)
	if !ch.asked {
		out.status = http.StatusNoContent
	}
	return out, err
}

func (g *Gateway) deleteGroup(ctx context.Context, ch change) (outcome, error) {
	err := g.records.DeleteGroup(ctx, ch.source, ch.id, ch.match)
	return outcome{status: http.StatusNoContent, kind: scim.GroupKind, id: ch.id}, err
}

// listGroups fetches the members of the whole page in one call, and only when they are shown. Where
// they are many, those of the large groups are streamed group by group.
func (g *Gateway) listGroups(ctx context.Context, rq *request) error {
	query, err := rq.query()
	if err != nil {
		return err
	}
	page, err := fetch(rq.route.Kind, query, func(q scim.Query) (directory.Page[directory.GroupRecord], error) {
		return g.records.ListGroups(ctx, rq.connector(), q)
	})
	if err != nil {
		return err
	}
	resources, ids := make([]scim.Resource, len(page.Items)), make([]uuid.UUID, len(page.Items))
	for i, group := range page.Items {
		resources[i], ids[i] = groupResource(group), group.ID
	}
	if len(ids) > 0 && query.Projection.Wants("members") {
		members, err := g.records.MembersOf(ctx, rq.connector(), ids)
		if err != nil {
			return err
		}
		for i, id := range ids {
			if few, read := members[id]; read {
				resources[i].Members = listed(few)
			} else {
				resources[i].Members = g.records.Members(ctx, rq.connector(), id)
			}
		}
	}
	return g.answerList(rq, query, resources, page.Total, page.Next)
}

// tooManyMembers refuses a body that names more members than the connector's groups may have,
// before a quarter of a million of them are looked at one by one.
func (ch change) tooManyMembers() error {
	limit := cmp.Or(ch.source.Connector.Settings.Limits.Members, tenants.DefaultMembers)
	count := 0
	switch value := scim.SaidMembers(ch.body).(type) {
	case []scim.Member:
		count = len(value)
	case []any:
		count = len(value)
	}
	if count > limit {
		return &directory.LimitError{What: "members of a group", Limit: limit}
	}
	return nil
}

// listed is a slice of members as answers take them.
func listed(members []scim.Member) iter.Seq2[scim.Member, error] {
	return func(yield func(scim.Member, error) bool) {
		for _, m := range members {
			if !yield(m, nil) {
				return
			}
		}
	}
}

func groupOutcome(status int, r directory.GroupRecord) outcome {
	return outcome{status: status, kind: scim.GroupKind, id: r.ID, version: r.Version, body: groupResource(r)}
}

func groupResource(r directory.GroupRecord) scim.Resource {
	return scim.Resource{
		Kind: scim.GroupKind, ID: r.ID.String(), JSON: r.JSON,
		Created: r.Created, Modified: r.Modified, Version: r.Version,
	}
}
