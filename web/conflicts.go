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
	Decision   string      `json:"decision,omitempty" enum:"link,keepSeparate,refuse,unlinked" doc:"What an administrator decided; unlinked: a link was undone, and the two stay apart. Left out while it is open."`
	Decided    *IDRef      `json:"decidedUser,omitempty" doc:"Of link and unlinked: the user."`
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
	out := Conflict{ID: c.ID, Kind: c.Kind, Detail: c.Detail, Candidates: []Candidate{}, Created: c.Created.UTC(), Decision: c.Decision}
	if c.DecidedUser != uuid.Nil {
		out.Decided = &IDRef{ID: c.DecidedUser}
	}
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

// ConflictFilter narrows conflicts.
type ConflictFilter struct {
	Kind      string `json:"kind,omitempty" query:"kind" enum:"ambiguousMatch,foreignUser,localUser,guardedUser,recycledUserName,secondRecord,userNameTaken,protectedUser,foreignGroup,unlinked" doc:"Only this kind." example:"ambiguousMatch"`
	Connector string `json:"connector,omitempty" query:"connector" maxLength:"100" doc:"Only those of this connector's records."`
	User      string `json:"user,omitempty" query:"user" maxLength:"64" doc:"Only those that are about this user, or of which it is a candidate, by id."`
}

// plain is the filter for the directory; state is open, decided or all.
func (f ConflictFilter) plain(state string) (directory.ConflictFilter, error) {
	out := directory.ConflictFilter{State: directory.ConflictState(state), Kind: f.Kind, Connector: f.Connector}
	if f.User == "" {
		return out, nil
	}
	var err error
	if out.User, err = uuid.Parse(f.User); err != nil {
		return out, invalid("user", "is not the id of a user; GET /api/v1/directories/{d}/lookup?q=… finds one by userName or e-mail")
	}
	return out, nil
}

// ConflictsAsked says which conflicts of a directory are meant.
type ConflictsAsked struct {
	OfDirectory
	ConflictFilter
	State string `query:"state" enum:"open,decided,all" default:"open" doc:"open: waiting for an administrator; decided: decided, and links that were undone."`
}

type listConflicts struct {
	ConflictsAsked
	Paged
	Accept string `header:"Accept" doc:"text/csv streams every conflict that fits the filter."`
}

type decideConflict struct {
	OfDirectory
	ByID
	Body ConflictDecision
}

type conflictPath struct {
	OfDirectory
	ByID
}

const noConflict = "There is no conflict {id} in directory {d}. GET /api/v1/directories/{d}/conflicts lists them."

func (a *API) addConflicts() {
	a.addConflictList()
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/conflicts/{id}", id: "readConflict", tag: "Conflicts", role: reads(deployment), missing: noConflict,
		summary:     "Read a conflict with its candidates side by side",
		description: "The record and each user that it might be, as both are now, and what a link would overwrite, attribute by attribute.",
	}, func(ctx context.Context, in *conflictPath) (*conflictOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		c, beside, err := a.effective.ReadConflict(ctx, in.Directory, id)
		if err != nil {
			return nil, err
		}
		return &conflictOut{Body: ConflictDetail{Conflict: sayConflict(c), Comparison: sayComparison(beside)}}, nil
	})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/conflicts/{id}/decision", id: "decideConflict", tag: "Conflicts", role: helps(deployment),
		missing: noConflict, status: http.StatusNoContent, summary: "Decide a conflict",
		description: "The decision stands: the same conflict does not come back, until the decision is taken back.",
		errors:      map[int]string{http.StatusConflict: "The decision does not fit the conflict, it is decided already (`alreadyDecided`), or it would give a user a second record of one connector (`secondRecord`); the answer says why."},
	}, func(ctx context.Context, in *decideConflict) (*struct{}, error) {
		id, user, err := in.read()
		if err != nil {
			return nil, err
		}
		return nil, a.effective.DecideConflict(ctx, admin(ctx), in.Directory, id, in.Body.Decision, user)
	})
	route(a, operation{method: http.MethodPost, path: "/directories/{d}/conflicts/{id}/decision/preview", id: "previewDecision", tag: "Conflicts", role: reads(deployment),
		missing: noConflict, status: http.StatusOK, summary: "Say what a decision would do",
		description: "The decision is carried out in a transaction that is rolled back; nothing of it is kept.",
		errors:      map[int]string{http.StatusConflict: "The decision does not fit the conflict; the answer says why."},
	}, func(ctx context.Context, in *decideConflict) (*previewOut, error) {
		id, user, err := in.read()
		if err != nil {
			return nil, err
		}
		return answerPreview(a.effective.PreviewDecision(ctx, admin(ctx), in.Directory, id, in.Body.Decision, user))
	})
	route(a, operation{method: http.MethodDelete, path: "/directories/{d}/conflicts/{id}/decision", id: "undoDecision", tag: "Conflicts", role: helps(deployment),
		missing: noConflict, summary: "Take a decision back",
		description: "Also the undoing of a link (kind `unlinked`). A link that the decision made ends; a user that it made for the record alone is deleted, and can be restored. The record is then linked, or asked about again, as if nobody had decided.",
		errors:      map[int]string{http.StatusConflict: "Nothing is decided yet (`notDecided`), or the record is somebody else's by now (`linkedMeanwhile`)."},
	}, func(ctx context.Context, in *conflictPath) (*struct{}, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return nil, a.effective.UndoDecision(ctx, admin(ctx), in.Directory, id)
	})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/conflicts/{id}/decision/undoing", id: "previewUndo", tag: "Conflicts", role: reads(deployment),
		missing: noConflict, summary: "Say what taking a decision back would do",
		errors: map[int]string{http.StatusConflict: "Nothing is decided yet (`notDecided`), or the record is somebody else's by now (`linkedMeanwhile`)."},
	}, func(ctx context.Context, in *conflictPath) (*previewOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		return answerPreview(a.effective.PreviewUndo(ctx, admin(ctx), in.Directory, id))
	})
	a.addWeighing()
	a.addManyConflicts()
}

// read is the decision's conflict and user.
func (in *decideConflict) read() (id, user uuid.UUID, err error) {
	if id, err = parseID(in.ID); err != nil {
		return id, user, err
	}
	if in.Body.User != "" {
		if user, err = uuid.Parse(in.Body.User); err != nil {
			return id, user, invalid("body.user", "is not the id of a user; the conflict's candidates have theirs")
		}
	}
	if in.Body.Decision == directory.DecisionLink && user == uuid.Nil {
		return id, user, invalid("body.user", "is needed to link: name one of the conflict's candidates by id")
	}
	return id, user, nil
}
