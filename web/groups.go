package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

const noGroup = "There is no group {id} in directory {d}. GET /api/v1/directories/{d}/groups?filter=displayName eq \"…\" finds one by name."

// Group is a group of a directory.
type Group struct {
	ID          uuid.UUID `json:"id" format:"uuid" doc:"The group's id in this directory."`
	DisplayName string    `json:"displayName" doc:"Unique in the directory without regard to case." example:"jira-users"`
	Tenant      string    `json:"tenant,omitempty" doc:"The tenant that first fed the group; left out for a local one." example:"acme"`
	Created     time.Time `json:"created" doc:"When the group came into being."`
}

func sayGroup(g directory.Group) Group {
	return Group{ID: g.ID, DisplayName: g.DisplayName, Tenant: g.Tenant, Created: g.Created.UTC()}
}

// GroupMember is a member of a group, and why.
type GroupMember struct {
	User    UserRef       `json:"user" doc:"The member."`
	Origin  policy.Origin `json:"origin" enum:"idp,always,default,local,retained" doc:"Why the membership exists."`
	Because Because       `json:"because" doc:"The reason, with connector, list and pattern."`

	Supports []Support  `json:"supports,omitempty" doc:"Everything the membership stands on, strongest first; the first is origin and because. It lives while one is left. Left out with at, and for whoever was just added."`
	Since    *time.Time `json:"since,omitempty" doc:"When the user joined; left out with at, and for whoever was just added."`

	Told *EventRef `json:"told,omitempty" doc:"With at: the event that told of it."`
}

func sayMember(group string) func(directory.GroupMember) GroupMember {
	return func(m directory.GroupMember) GroupMember {
		return GroupMember{User: refUser(m.User), Origin: m.Origin, Because: sayBecause(m.Because, group), Supports: saySupports(m.Supports, group), Since: when(m.Since)}
	}
}

// NewGroup is a group to create.
type NewGroup struct {
	DisplayName string `json:"displayName" minLength:"1" maxLength:"1024" doc:"The group's name." example:"vpn-users"`
}

// NewMember is a member to add.
type NewMember struct {
	User string `json:"user" maxLength:"64" doc:"The user's id." example:"0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b"`
}

type listGroups struct {
	OfDirectory
	Paged
	Filter string `query:"filter" maxLength:"2048" doc:"A SCIM filter over displayName." example:"displayName sw \"jira-\""`
	Empty  bool   `query:"empty" doc:"Only groups that nobody is in; for administrators who are limited to tenants, nobody of theirs."`
}

// GroupList is a page of groups.
type GroupList struct {
	List[Group]
	Total *int `json:"total,omitempty" doc:"How many groups match, on all pages; left out for administrators who are limited to tenants." example:"148"`
}

type groupsOut struct{ Body GroupList }

type writeGroup struct {
	OfDirectory
	Body NewGroup
}

type renameGroup struct {
	OfDirectory
	ByID
	Conditional
	Body NewGroup
}

type deleteGroup struct {
	OfDirectory
	ByID
	Conditional
}

type groupPath struct {
	OfDirectory
	ByID
}

type groupOut struct {
	ETag string `header:"ETag" doc:"Tag of the group's version."`
	Body Group
}

type listMembers struct {
	OfDirectory
	ByID
	Paged
	Past
}

type addMember struct {
	OfDirectory
	ByID
	Body NewMember
}

type memberOut struct {
	Body GroupMember
}

type memberPath struct {
	OfDirectory
	ByID
	UserID string `path:"userId" doc:"The member's id." maxLength:"64"`
}

func (a *API) addGroups() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/groups", id: "listGroups", tag: "Groups", role: reads(theDirectory), missing: noDirectory,
		summary: "List groups",
		errors:  map[int]string{http.StatusBadRequest: "The filter cannot be used (`invalidFilter`)."},
	}, func(ctx context.Context, in *listGroups) (*groupsOut, error) {
		read := a.effective.Groups
		if in.Empty {
			read = a.effective.EmptyGroups
		}
		page, err := read(ctx, in.Directory, in.Filter, in.listing())
		if err != nil {
			return nil, err
		}
		out := &groupsOut{GroupList{List: listed(page, sayGroup).Body}}
		if viewIn(ctx) == nil { // others' groups count too
			out.Body.Total = &page.Total
		}
		return out, nil
	})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/groups", id: "createGroup", tag: "Groups", role: edits(deployment), missing: noDirectory,
		status: http.StatusCreated, summary: "Create a local group",
		errors: map[int]string{http.StatusConflict: "The name is taken (`uniqueness`)."},
	}, func(ctx context.Context, in *writeGroup) (*groupOut, error) {
		g, err := a.effective.CreateLocalGroup(ctx, admin(ctx), in.Directory, in.Body.DisplayName)
		return answerGroup(g, err)
	})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/groups/{id}", id: "readGroup", tag: "Groups", role: reads(theDirectory), missing: noGroup,
		summary: "Read a group",
	}, func(ctx context.Context, in *groupPath) (*groupOut, error) {
		g, err := a.group(ctx, in.Directory, in.ID)
		return answerGroup(g, err)
	})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/groups/{id}/members", id: "listMembers", tag: "Groups", role: reads(theDirectory), missing: noGroup,
		summary:     "List a group's members, and why each is one",
		description: "With `at`: those of that time, as the events tell, whoever joined last first.",
		errors: map[int]string{
			http.StatusNotFound:            "What the path names does not exist, or did not at that time (`notYet`).",
			http.StatusUnprocessableEntity: "The time cannot be used (`invalidTime`).",
		},
	}, func(ctx context.Context, in *listMembers) (*Listed[GroupMember], error) {
		g, err := a.group(ctx, in.Directory, in.ID)
		if err != nil {
			return nil, err
		}
		if !in.At.IsZero() {
			if viewIn(ctx) != nil {
				return nil, forTheDeployment("Who was a member at a time is for administrators of the whole deployment, and you are limited to tenants. Leave out at.")
			}
			page, then, err := a.effective.GroupMembersAt(ctx, in.Directory, g.ID, in.At, in.listing())
			if err != nil {
				return nil, notYet(err)
			}
			return listed(page, sayPastMember(then.DisplayName)), nil
		}
		page, err := a.effective.GroupMembers(ctx, in.Directory, g.ID, in.listing())
		if err != nil {
			return nil, err
		}
		return listed(page, sayMember(g.DisplayName)), nil
	})
	a.addFeeders()
	a.addLocalGroups()
	a.addMembers()
	a.addMemberChanges()
}

// addLocalGroups registers what an administrator does to a group that no connector feeds.
func (a *API) addLocalGroups() {
	const fed = "A connector feeds the group or its rules name it (`fedGroup`), "
	route(a, operation{method: http.MethodPatch, path: "/directories/{d}/groups/{id}", id: "renameGroup", tag: "Groups", role: edits(deployment), missing: noGroup,
		summary:     "Rename a local group",
		description: "Its members stay. Rules go by names, so members whom an IdP manages are settled again.",
		errors:      map[int]string{http.StatusConflict: fed + "or the name is taken (`displayNameTaken`)."},
	}, func(ctx context.Context, in *renameGroup) (*groupOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		g, err := a.effective.RenameLocalGroup(ctx, admin(ctx), in.Directory, id, in.match(), in.Body.DisplayName)
		return answerGroup(g, err)
	})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}/groups/{id}", id: "deleteGroup", tag: "Groups", role: edits(deployment), missing: noGroup,
		summary: "Delete an empty local group",
		errors:  map[int]string{http.StatusConflict: fed + "or it still has members (`notEmpty`)."},
	}, func(ctx context.Context, in *deleteGroup) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.effective.DeleteLocalGroup(ctx, admin(ctx), in.Directory, id, in.match())
	})
}

// addMembers registers the administrator's own memberships.
func (a *API) addMembers() {
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/groups/{id}/members", id: "addMember", tag: "Groups", role: helps(deployment),
		missing: "Directory {d} has no group {id}, or no user of the id in the body. Its lists of groups and users have both.",
		status:  http.StatusCreated, summary: "Add a member by hand",
		description: "Gives a local membership. What the rules would take away at once is refused, naming connector and rule.",
		errors:      map[int]string{http.StatusConflict: "The rules would take the membership away at once (`rulesWouldUndo`)."},
	}, func(ctx context.Context, in *addMember) (*memberOut, error) {
		g, err := a.group(ctx, in.Directory, in.ID)
		if err != nil {
			return nil, err
		}
		user, err := parseID(in.Body.User)
		if err != nil {
			return nil, err
		}
		m, err := a.effective.AddLocalMember(ctx, admin(ctx), in.Directory, g.ID, user)
		if err != nil {
			return nil, err
		}
		return &memberOut{Body: sayMember(g.DisplayName)(m)}, nil
	})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}/groups/{id}/members/{userId}", id: "removeMember", tag: "Groups", role: helps(deployment),
		missing: "User {userId} is not a member of group {id} in directory {d}.",
		summary: "Remove a member by hand",
		description: "Removes a local, default or retained membership. What an IdP sends, or the rules always assign, would come back at once " +
			"and is refused, naming connector and rule.",
		errors: map[int]string{http.StatusConflict: "The rules would give the membership back at once (`rulesWouldUndo`)."},
	}, func(ctx context.Context, in *memberPath) (*struct{}, error) {
		group, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		user, err := parseID(in.UserID)
		if err != nil {
			return nil, err
		}
		return nil, a.effective.RemoveMember(ctx, admin(ctx), in.Directory, group, user)
	})
}

func (a *API) group(ctx context.Context, name, text string) (directory.Group, error) {
	id, err := parseID(text)
	if err != nil {
		return directory.Group{}, err
	}
	return a.effective.ReadDirectoryGroup(ctx, name, id)
}

func answerGroup(g directory.Group, err error) (*groupOut, error) {
	if err != nil {
		return nil, err
	}
	return &groupOut{ETag: etag(g.Version), Body: sayGroup(g)}, nil
}
