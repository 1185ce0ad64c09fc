package web

import (
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// Because is why something is so, in a form for programs and in a sentence for people.
type Because struct {
	Code      policy.Code `json:"code" doc:"One of the closed set of reason codes." example:"neverAssign"`
	Connector string      `json:"connector,omitempty" doc:"The connector behind it, by slug." example:"acme-okta"`
	List      string      `json:"list,omitempty" doc:"The list of its rules that decided." example:"neverAssign"`
	Pattern   string      `json:"pattern,omitempty" doc:"The entry of that list that matched." example:".*-admins"`
	Path      []string    `json:"path,omitempty" doc:"The nested groups through which it came, outermost first."`
	Detail    string      `json:"detail,omitempty" doc:"Of what is held: the limit and its figures, or what an administrator said."`
	Sentence  string      `json:"sentence" doc:"The same for people." example:"acme-okta never assigns groups that match .*-admins."`
}

func sayBecause(r policy.Reason, group string) Because {
	return Because{Code: r.Code, Connector: r.Connector, List: r.List, Pattern: r.Pattern, Path: r.Path, Detail: r.Detail, Sentence: r.Sentence(group)}
}

// UserRef and GroupRef name a user or a group inside another answer.
type UserRef struct {
	ID       uuid.UUID `json:"id" format:"uuid" doc:"The user's id in this directory."`
	UserName string    `json:"userName,omitempty" doc:"The user's name in this directory." example:"ada@acme.example"`
	Active   bool      `json:"active" doc:"Whether the user's status is active."`
}

// GroupRef names a group of a directory, or one that a connector sends and that is none here.
type GroupRef struct {
	ID          *uuid.UUID `json:"id,omitempty" format:"uuid" doc:"The group's id in this directory; left out when the directory has no such group."`
	DisplayName string     `json:"displayName,omitempty" doc:"The group's name." example:"jira-users"`
}

func refUser(u directory.User) UserRef {
	return UserRef{ID: u.ID, UserName: u.UserName, Active: u.Status == policy.UserActive}
}

func refGroup(g directory.Group) GroupRef { return GroupRef{ID: &g.ID, DisplayName: g.DisplayName} }

// when is a time for an answer: nil if there is none.
func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	t = t.UTC()
	return &t
}

// some is an id for an answer: nil if there is none.
func some(id uuid.UUID) *uuid.UUID {
	if id == uuid.Nil {
		return nil
	}
	return &id
}
