package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// PastUser is what the directory held of a user at a time, as the events tell it.
type PastUser struct {
	ID          uuid.UUID        `json:"id" format:"uuid" doc:"The user's id in this directory."`
	UserName    string           `json:"userName" doc:"The name it has now." example:"ada@acme.example"`
	At          time.Time        `json:"at" doc:"The time that was asked for."`
	Active      bool             `json:"active" doc:"Whether the status was active."`
	Status      policy.Status    `json:"status" enum:"active,disabled,deleted" doc:"The status it had."`
	Memberships []PastMembership `json:"memberships" nullable:"false" doc:"The groups it was in, and why, as events last told by then."`
	KnownFrom   EventRef         `json:"knownFrom" doc:"The first event of the user: before it there is nothing to tell."`
	LastChange  EventRef         `json:"lastChange" doc:"The last event by then."`
}

// PastMembership is a membership at a time.
type PastMembership struct {
	Group   GroupRef      `json:"group" doc:"The group, by the name it had."`
	Origin  policy.Origin `json:"origin" enum:"idp,always,default,local,retained" doc:"Why the membership existed."`
	Because Because       `json:"because" doc:"The reason, as it was when the membership came to be so."`
	Told    EventRef      `json:"told" doc:"The event that told of it."`
}

// EventRef names an event inside another answer.
type EventRef struct {
	ID      uuid.UUID `json:"id" format:"uuid" doc:"The event's id."`
	Time    time.Time `json:"time" doc:"When it happened."`
	Action  string    `json:"action" doc:"What was done." example:"directory.membership.added"`
	Request string    `json:"request,omitempty" doc:"The request behind it."`
}

func refEvent(e directory.Event) EventRef {
	return EventRef{ID: e.ID, Time: e.Time.UTC(), Action: e.Action, Request: e.Request}
}

func sayPastUser(u directory.UserAt) *PastUser {
	out := &PastUser{ID: u.ID, UserName: u.UserName, At: u.At.UTC(), Active: u.Status == policy.UserActive, Status: u.Status,
		Memberships: []PastMembership{}, KnownFrom: refEvent(u.KnownFrom), LastChange: refEvent(u.LastChange)}
	for _, m := range u.Memberships {
		out.Memberships = append(out.Memberships, PastMembership{Group: refGroup(m.Group), Origin: m.Origin,
			Because: sayBecause(m.Because, m.Group.DisplayName), Told: refEvent(m.Told)})
	}
	return out
}

func sayPastMember(group string) func(directory.MemberAt) GroupMember {
	return func(m directory.MemberAt) GroupMember {
		told := refEvent(m.Told)
		return GroupMember{User: UserRef{ID: m.User.ID, UserName: m.User.UserName, Active: m.Status == policy.UserActive},
			Origin: m.Origin, Because: sayBecause(m.Because, group), Told: &told}
	}
}

// UserAnswer is a user as it is, or as it was.
type UserAnswer struct {
	now  *UserDetail
	past *PastUser
}

// MarshalJSON writes the one that there is.
func (u UserAnswer) MarshalJSON() ([]byte, error) {
	if u.past != nil {
		return json.Marshal(u.past)
	}
	return json.Marshal(u.now)
}

// Schema is either's.
func (UserAnswer) Schema(r huma.Registry) *huma.Schema {
	return &huma.Schema{OneOf: []*huma.Schema{r.Schema(reflect.TypeFor[UserDetail](), true, ""), r.Schema(reflect.TypeFor[PastUser](), true, "")}}
}

// Past is the parameter of answers that can be had of a former time.
type Past struct {
	At time.Time `query:"at" doc:"As it was at that time, by the events. Left out, as it is now." example:"2026-05-03T12:00:00Z"`
}

// notYet says of what did not exist at a time when it came into being.
func notYet(err error) error {
	var early *directory.NotYetError
	if errors.As(err, &early) {
		return newProblem(http.StatusNotFound, "notYet", sentence(early))
	}
	return err
}
