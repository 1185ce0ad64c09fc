package web

import (
	"context"
	"encoding/json"
	"maps"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

const (
	noDirectory = "There is no directory {d}. GET /api/v1/directories lists them."
	noUser      = "There is no user {id} in directory {d}. GET /api/v1/directories/{d}/users?filter=userName eq \"…\" finds one by name."
)

type userPath struct {
	OfDirectory
	ByID
}

func (p userPath) user() (uuid.UUID, error) { return parseID(p.ID) }

type listUsers struct {
	OfDirectory
	Paged
	Filter string        `query:"filter" maxLength:"2048" doc:"A SCIM filter (RFC 7644, 3.4.2.2) over the users' attributes." example:"userName sw \"ada\" and emails pr"`
	Named  string        `query:"q" maxLength:"200" doc:"Words of names and e-mail addresses, each at least begun, in any order." example:"ada love"`
	Status policy.Status `query:"status" enum:"active,disabled,deleted" doc:"Only users of this status. Deleted ones are listed only when asked for." example:"active"`
	Of     string        `query:"managed" enum:"true,false,local,former" doc:"Only users whom an IdP manages, or whom none does: local, whom no connector ever held a record of; former, of whom tombstones alone are left." example:"false"`
	Accept string        `header:"Accept" doc:"text/csv streams every user that fits."`
}

type writeUser struct {
	OfDirectory
	Body Attributes
}

type editUser struct {
	OfDirectory
	ByID
	Conditional
	Body AttributeChanges
}

type deleteUser struct {
	OfDirectory
	ByID
	Conditional
}

type userOut struct {
	ETag string `header:"ETag" doc:"Tag of the user's version."`
	Body User
}

type readUser struct {
	OfDirectory
	ByID
	Past
}

type userDetailOut struct {
	ETag string `header:"ETag" doc:"Tag of the user's version; none for a former time."`
	Body UserAnswer
}

// Block is an administrator's block of a user.
type Block struct {
	Reason string `json:"reason" minLength:"1" maxLength:"1024" doc:"Why, for the next administrator." example:"Laptop stolen on Friday"`
}

type blockUser struct {
	OfDirectory
	ByID
	Body Block
}

type unlinkUser struct {
	OfDirectory
	ByID
	Connector string `path:"c" doc:"The connector whose record is unlinked." maxLength:"100"`
}

func (a *API) addUsers() {
	a.addUserList()
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/users", id: "createUser", tag: "Users", role: helps(deployment), missing: noDirectory,
		status: http.StatusCreated, summary: "Create a local user",
		description: "A user that no IdP manages. The body has SCIM's attribute names; `userName` is required.",
		errors:      map[int]string{http.StatusConflict: "The userName is taken (`uniqueness`)."},
	}, func(ctx context.Context, in *writeUser) (*userOut, error) {
		doc, _, err := scim.ParseUser(in.Body, scim.Options{})
		if err != nil {
			return nil, err
		}
		u, err := a.effective.CreateLocalUser(ctx, admin(ctx), in.Directory, doc)
		return answerUser(u, err)
	})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/users/{id}", id: "readUser", tag: "Users", role: reads(theUser), missing: noUser,
		summary: "Read a user with its reasons",
		description: "The user, its memberships each with origin and reason, the groups that IdPs send and rules hold back, and the records it is made of, tombstones too. " +
			"With `at`: its status and memberships at that time, as the events tell.",
		errors: map[int]string{
			http.StatusNotFound:            "What the path names does not exist, or did not at that time (`notYet`).",
			http.StatusUnprocessableEntity: "The time cannot be used (`invalidTime`).",
		},
	}, a.readUser)
	route(a, operation{method: http.MethodPatch, path: "/directories/{d}/users/{id}", id: "editUser", tag: "Users", role: helps(deployment), missing: noUser,
		summary:     "Change a local user",
		description: "A merge patch (RFC 7396) of SCIM attributes: what is named is set, null removes, the rest stays. Users that an IdP manages are changed at the IdP.",
		errors: map[int]string{
			http.StatusConflict:           "The userName is taken, or an IdP manages the user.",
			http.StatusPreconditionFailed: "The user was changed since (`changedMeanwhile`).",
		},
	}, func(ctx context.Context, in *editUser) (*userOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		u, err := a.effective.EditLocalUser(ctx, admin(ctx), in.Directory, id, in.match(), mergeInto(in.Body))
		return answerUser(u, err)
	})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}/users/{id}", id: "deleteUser", tag: "Users", role: helps(deployment), missing: noUser,
		summary:     "Delete a user",
		description: "Soft: the user can be restored until it is purged.",
		errors: map[int]string{
			http.StatusConflict:           "A record still makes the user; the answer names its connector.",
			http.StatusPreconditionFailed: "The user was changed since (`changedMeanwhile`).",
		},
	}, func(ctx context.Context, in *deleteUser) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.effective.RemoveUser(ctx, admin(ctx), in.Directory, id, in.match())
	})
	a.addUserStates()
	a.addReapplication()
}

func (a *API) readUser(ctx context.Context, in *readUser) (*userDetailOut, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	if !in.At.IsZero() {
		u, err := a.effective.ReadUserAt(ctx, in.Directory, id, in.At)
		if err != nil {
			return nil, notYet(err)
		}
		return &userDetailOut{Body: UserAnswer{past: sayPastUser(u)}}, nil
	}
	d, err := a.effective.ReadUserDetail(ctx, in.Directory, id)
	if err != nil {
		return nil, err
	}
	now := sayUserDetail(d)
	return &userDetailOut{ETag: etag(d.Version), Body: UserAnswer{now: &now}}, nil
}

// addUserStates registers what is done to a user besides editing it.
func (a *API) addUserStates() {
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/users/{id}/restoration", id: "restoreUser", tag: "Users", role: helps(deployment), missing: noUser,
		status: http.StatusOK, summary: "Restore a deleted user",
		errors: map[int]string{http.StatusConflict: "The user is not deleted, or its userName was taken since."},
	}, func(ctx context.Context, in *userPath) (*userOut, error) {
		id, err := in.user()
		if err != nil {
			return nil, err
		}
		u, err := a.effective.RestoreUser(ctx, admin(ctx), in.Directory, id)
		return answerUser(u, err)
	})
	route(a, operation{method: http.MethodPut, path: "/directories/{d}/users/{id}/block", id: "blockUser", tag: "Users", role: helps(theUser), missing: noUser,
		status: http.StatusNoContent, summary: "Block a user",
		description: "The user is disabled until the block is lifted, whatever its records say.",
	}, func(ctx context.Context, in *blockUser) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.effective.BlockUser(ctx, admin(ctx), in.Directory, id, in.Body.Reason)
	})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}/users/{id}/block", id: "unblockUser", tag: "Users", role: helps(theUser), missing: noUser,
		summary: "Lift a block", description: "The user's status is again what its records and rules make it.",
	}, func(ctx context.Context, in *userPath) (*struct{}, error) {
		id, err := in.user()
		if err != nil {
			return nil, err
		}
		return nil, a.effective.UnblockUser(ctx, admin(ctx), in.Directory, id)
	})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}/users/{id}/records/{c}", id: "unlinkRecord", tag: "Users", role: helps(theUser),
		missing:     "User {id} of directory {d} has no record of connector {c}. GET /api/v1/directories/{d}/users/{id} lists its records.",
		summary:     "Unlink a connector's record from a user",
		description: "Restores what the link found and keeps the two apart from now on. The connector's record stays as it is, and its IdP notices nothing.",
		errors:      map[int]string{http.StatusConflict: "The record cannot be unlinked; the answer says why."},
	}, func(ctx context.Context, in *unlinkUser) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.effective.Unlink(ctx, admin(ctx), in.Directory, id, in.Connector)
	})
}

func answerUser(u directory.User, err error) (*userOut, error) {
	if err != nil {
		return nil, err
	}
	return &userOut{ETag: etag(u.Version), Body: sayUser(u)}, nil
}

// mergeInto is the edit of a merge patch. The merged document is read like one that was sent
// whole, so a patch cannot make what a POST would refuse.
func mergeInto(changes map[string]any) directory.UserEdit {
	return func(current scim.Document) (scim.Document, []scim.Note, error) {
		var whole map[string]any
		if err := json.Unmarshal(current.JSON(), &whole); err != nil {
			return nil, nil, err
		}
		return scim.ParseUser(merge(whole, changes), scim.Options{})
	}
}

// merge is RFC 7396 on objects. Neither argument is changed.
func merge(into, changes map[string]any) map[string]any {
	out := maps.Clone(into)
	if out == nil {
		out = map[string]any{}
	}
	for name, value := range changes {
		old := sameName(out, name)
		inner, isObject := value.(map[string]any)
		switch {
		case value == nil:
			delete(out, old)
		case isObject:
			was, _ := out[old].(map[string]any)
			out[old] = merge(was, inner)
		default:
			out[old] = value
		}
	}
	return out
}
