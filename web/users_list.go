package web

import (
	"context"
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// addUserList adds the list of users, which is CSV too.
func (a *API) addUserList() {
	op := huma.Operation{
		OperationID: "listUsers", Method: http.MethodGet, Path: "/directories/{d}/users", Tags: []string{"Users"},
		Summary:     "List users, or export them as CSV",
		Description: "The effective users of a directory. Deleted ones only with `status=deleted`.",
		Responses: a.responses(operation{method: http.MethodGet, missing: noDirectory,
			errors: map[int]string{http.StatusBadRequest: "The filter cannot be used (`invalidFilter`)."}}),
	}
	op.Responses["200"] = exportResponse[User](a, "ListUser", "user")
	a.guard(&op, reads(theDirectory))
	huma.Register(a.huma, op, a.listUsers)
}

// managements are the words of the query for who manages users.
var managements = map[string]directory.Management{
	"true": directory.Managed, "false": directory.Unmanaged, "local": directory.NeverManaged, "former": directory.OnceManaged,
}

func (a *API) listUsers(ctx context.Context, in *listUsers) (*huma.StreamResponse, error) {
	answer, err := answerExport(ctx, a, export[directory.User]{
		name: "users", headings: userHeadings, cells: userCells,
		read: func(ctx context.Context, l directory.Listing) (directory.Page[directory.User], error) {
			return a.effective.UsersOf(ctx, in.Directory, in.Filter, in.Named, in.Status, managements[in.Of], l)
		},
	}, in.Accept, in.listing(), sayUser)
	if err != nil {
		return nil, a.problemOf(ctx, err, fill(ctx, noDirectory))
	}
	return answer, nil
}

var userHeadings = []string{"userName", "id", "status", "managed", "displayName", "email", "created", "modified", "lastLogin"}

func userCells(u directory.User) []string {
	var doc scim.Document
	if json.Unmarshal(u.JSON, &doc) != nil { // what is stored is JSON
		doc = nil
	}
	of := "former"
	switch {
	case u.Managed:
		of = "managed"
	case u.Local:
		of = "local"
	}
	login := ""
	if !u.LastLogin.IsZero() {
		login = u.LastLogin.UTC().Format(time.RFC3339)
	}
	return []string{u.UserName, u.ID.String(), string(u.Status), of, doc.DisplayName(), doc.PrimaryEmail(),
		u.Created.UTC().Format(time.RFC3339), u.Modified.UTC().Format(time.RFC3339), login}
}
