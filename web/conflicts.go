package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// Conflict is something that linking or settling could not do by itself.
type Conflict struct {
	ID         uuid.UUID   `json:"id" format:"uuid" doc:"The conflict's id."`
	Kind       string      `json:"kind" doc:"What kind of conflict." example:"foreignGroup"`
	Detail     string      `json:"detail" doc:"What happened, in a sentence."`
	Record     *RecordRef  `json:"record,omitempty" doc:"The record it is about."`
	User       *IDRef      `json:"user,omitempty" doc:"The user it is about."`
	Group      *GroupRef   `json:"group,omitempty" doc:"The group it is about."`
	Candidates []Candidate `json:"candidates" nullable:"false" doc:"The users that the record might be linked to."`
	Created    time.Time   `json:"created" doc:"When it arose."`
}

// RecordRef names a record inside another answer.
type RecordRef struct {
	Connector string     `json:"connector" doc:"The connector, by slug." example:"acme-okta"`
	ID        *uuid.UUID `json:"id,omitempty" format:"uuid" doc:"The record's SCIM id in the connector's own space."`
}

// IDRef names something by its id alone.
type IDRef struct {
	ID uuid.UUID `json:"id" format:"uuid" doc:"The id."`
}

// Candidate is a user that a record might be linked to.
type Candidate struct {
	ID       uuid.UUID `json:"id" format:"uuid" doc:"The user's id in this directory."`
	UserName string    `json:"userName" doc:"The user's name in this directory." example:"ada@acme.example"`
	By       []string  `json:"by" nullable:"false" doc:"What matched: userName, email, externalId, employeeNumber." example:"[\"email\"]"`
}

func sayConflict(c directory.Conflict) Conflict {
	out := Conflict{ID: c.ID, Kind: c.Kind, Detail: c.Detail, Candidates: []Candidate{}, Created: c.Created.UTC()}
	for _, x := range c.Candidates {
		out.Candidates = append(out.Candidates, Candidate{ID: x.User, UserName: x.UserName, By: x.By})
	}
	if c.Connector != "" {
		out.Record = &RecordRef{Connector: c.Connector, ID: some(c.Record)}
	}
	if c.User != uuid.Nil {
		out.User = &IDRef{ID: c.User}
	}
	if c.Group != uuid.Nil || c.GroupName != "" {
		out.Group = &GroupRef{ID: some(c.Group), DisplayName: c.GroupName}
	}
	return out
}

// ConflictDecision is an administrator's decision of a conflict.
type ConflictDecision struct {
	Decision string `json:"decision" enum:"link,keepSeparate,refuse" doc:"Link the record to a user, give it a user of its own, or leave it without one."`
	User     string `json:"user,omitempty" maxLength:"64" doc:"For link: the user's id, one of the candidates."`
}

type listConflicts struct {
	OfDirectory
	Paged
}

type decideConflict struct {
	OfDirectory
	ByID
	Body ConflictDecision
}

func (a *API) addConflicts() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/conflicts", id: "listConflicts", tag: "Conflicts", missing: noDirectory,
		summary:     "List conflicts",
		description: "What linking or settling could not do by itself. The IdPs got their 2xx; the directory stays as it is until somebody decides.",
	}, func(ctx context.Context, in *listConflicts) (*Listed[Conflict], error) {
		page, err := a.effective.Conflicts(ctx, in.Directory, in.listing())
		if err != nil {
			return nil, err
		}
		return listed(page, sayConflict), nil
	})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/conflicts/{id}/decision", id: "decideConflict", tag: "Conflicts",
		missing: "There is no open conflict {id} in directory {d}. GET /api/v1/directories/{d}/conflicts lists them.",
		status:  http.StatusNoContent, summary: "Decide a conflict", description: "The decision stands: the same conflict does not come back.",
		errors: map[int]string{http.StatusConflict: "The decision does not fit the conflict; the answer says why."},
	}, func(ctx context.Context, in *decideConflict) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		user := uuid.Nil
		if in.Body.User != "" {
			if user, err = uuid.Parse(in.Body.User); err != nil {
				return nil, invalid("body.user", "is not the id of a user; the conflict's candidates have theirs")
			}
		}
		if in.Body.Decision == "link" && user == uuid.Nil {
			return nil, invalid("body.user", "is needed to link: name one of the conflict's candidates by id")
		}
		return nil, a.effective.DecideConflict(ctx, admin(ctx), in.Directory, id, in.Body.Decision, user)
	})
}
