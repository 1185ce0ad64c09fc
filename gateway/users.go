package gateway

import (
	"context"
	"net/http"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

func (g *Gateway) createUser(ctx context.Context, ch change) (outcome, error) {
	doc, notes, err := scim.ParseUser(ch.body, ch.options)
	if err != nil {
		return outcome{}, err
	}
	user, err := g.records.CreateUser(ctx, ch.source, doc, notes)
	return userOutcome(http.StatusCreated, user), err
}

func (g *Gateway) readUser(ctx context.Context, rq *request) error {
	shown, err := rq.projection()
	if err != nil {
		return err
	}
	user, err := g.records.ReadUser(ctx, rq.connector(), rq.id)
	if err != nil {
		return err
	}
	return g.answerResource(ctx, rq, http.StatusOK, userResource(user), shown)
}

func (g *Gateway) replaceUser(ctx context.Context, ch change) (outcome, error) {
	if err := ch.otherID(); err != nil {
		return outcome{}, err
	}
	sent, notes, err := scim.ParseUser(ch.body, ch.options)
	if err != nil {
		return outcome{}, err
	}
	user, err := g.records.EditUser(ctx, ch.source, ch.id, ch.match, func(stored scim.Document) (scim.Document, []scim.Note, error) {
		return scim.Replacement(stored, sent), notes, nil
	})
	return userOutcome(http.StatusOK, user), err
}

func (g *Gateway) patchUser(ctx context.Context, ch change) (outcome, error) {
	patch, err := scim.ParsePatch(scim.UserKind, ch.body, ch.options)
	if err != nil {
		return outcome{}, err
	}
	if g.trying {
		if err := directory.Guesses(ch.source.Connector, patch); err != nil {
			return outcome{}, err
		}
	}
	user, err := g.records.EditUser(ctx, ch.source, ch.id, ch.match, patch.Apply)
	return userOutcome(http.StatusOK, user), err
}

func (g *Gateway) deleteUser(ctx context.Context, ch change) (outcome, error) {
	err := g.records.DeleteUser(ctx, ch.source, ch.id, ch.match)
	return outcome{status: http.StatusNoContent, kind: scim.UserKind, id: ch.id}, err
}

func (g *Gateway) listUsers(ctx context.Context, rq *request) error {
	query, err := rq.query()
	if err != nil {
		return err
	}
	page, err := fetch(rq.route.Kind, query, func(q scim.Query) (directory.Page[directory.UserRecord], error) {
		return g.records.ListUsers(ctx, rq.connector(), q, q.Projection.Wants("groups"))
	})
	if err != nil {
		return err
	}
	resources := make([]scim.Resource, len(page.Items))
	for i, user := range page.Items {
		resources[i] = userResource(user)
	}
	return g.answerList(rq, query, resources, page.Total, page.Next)
}

func userOutcome(status int, u directory.UserRecord) outcome {
	return outcome{status: status, kind: scim.UserKind, id: u.ID, version: u.Version, body: userResource(u)}
}

func userResource(u directory.UserRecord) scim.Resource {
	return scim.Resource{
		Kind: scim.UserKind, ID: u.ID.String(), JSON: u.JSON,
		Created: u.Created, Modified: u.Modified, Version: u.Version, Groups: u.Groups, LastLogin: u.LastLogin,
	}
}
