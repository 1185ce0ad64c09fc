package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// Event is one line of the audit.
type Event struct {
	ID         uuid.UUID       `json:"id" format:"uuid" doc:"The event's id."`
	Time       time.Time       `json:"time" doc:"When it happened."`
	Actor      string          `json:"actor" doc:"Who did it: a credential's id, the administrator, or the system." example:"token"`
	ActorType  string          `json:"actorType" enum:"credential,admin,system" doc:"What kind of actor."`
	Credential string          `json:"credential,omitempty" doc:"The credential that did it, by name, while its connector is there." example:"Okta, since March"`
	Action     string          `json:"action" doc:"What was done." example:"directory.membership.added"`
	Connector  string          `json:"connector,omitempty" doc:"The connector, by slug." example:"acme-okta"`
	User       *uuid.UUID      `json:"user,omitempty" format:"uuid" doc:"The directory user."`
	Group      *uuid.UUID      `json:"group,omitempty" format:"uuid" doc:"The directory group."`
	Record     *uuid.UUID      `json:"record,omitempty" format:"uuid" doc:"The connector's record."`
	Request    string          `json:"request,omitempty" doc:"The request behind it, as in X-Request-Id."`
	Sequence   int64           `json:"sequence,omitempty" doc:"Of the feed: its number, which grows from event to event, with gaps."`
	Directory  string          `json:"directory,omitempty" doc:"Of the feed: the directory, by name."`
	UserName   string          `json:"userName,omitempty" doc:"Of the feed: the user's name now; left out when the user is gone."`
	GroupName  string          `json:"groupName,omitempty" doc:"Of the feed: the group's name now; left out when the group is gone."`
	Changes    json.RawMessage `json:"changes,omitempty" doc:"What changed; in would, what the request of an observing connector would have done."`
}

func sayEvent(e directory.Event) Event {
	return Event{ID: e.ID, Time: e.Time.UTC(), Actor: e.Actor, ActorType: e.ActorType, Credential: e.Credential, Action: e.Action, Connector: e.Connector,
		User: some(e.User), Group: some(e.Group), Record: some(e.Record), Request: e.Request, Changes: e.Changes}
}

type listEvents struct {
	Paged
	Feeding
	Accept     string    `header:"Accept" doc:"text/csv and application/jsonl stream every event that fits, without pages." example:"text/csv"`
	Text       string    `query:"q" maxLength:"256" doc:"Only events in whose values all these words are, in any order, the last perhaps only begun; a family name, for instance."`
	Connector  string    `query:"connector" maxLength:"100" doc:"Only events of this connector, by slug."`
	User       string    `query:"user" maxLength:"1024" doc:"Only events of this user of a directory, by userName or id."`
	Group      string    `query:"group" maxLength:"1024" doc:"Only events of this group of a directory, by name or id."`
	Action     string    `query:"action" maxLength:"100" doc:"Only events whose action begins so." example:"directory.membership.removed"`
	Actor      string    `query:"actor" maxLength:"256" doc:"Only events of this actor."`
	Request    string    `query:"request" maxLength:"256" doc:"Only events of the request of this id, as in X-Request-Id."`
	Outcome    string    `query:"outcome" enum:"done,refused,would" doc:"Only events of this outcome: done, refused requests, or what an observed connector would have done."`
	Credential string    `query:"credential" maxLength:"256" doc:"Only what this credential did, by name or id; one that has ended too."`
	Since      time.Time `query:"since" doc:"Only events from then on." example:"2026-01-31T00:00:00Z"`
	Until      time.Time `query:"until" doc:"Only events before then."`
}

func (in listEvents) filter() directory.EventFilter {
	return directory.EventFilter{Connector: in.Connector, User: in.User, Group: in.Group, Action: in.Action,
		Actor: in.Actor, Credential: in.Credential, Text: in.Text, Request: in.Request, Outcome: directory.EventOutcome(in.Outcome), Since: in.Since, Until: in.Until}
}

// narrowed is the filter as the audit may tell it: without what could be a person's.
func (in listEvents) narrowed() map[string]any {
	said := map[string]any{}
	for name, value := range map[string]string{"connector": in.Connector, "action": in.Action, "outcome": in.Outcome} {
		if value != "" {
			said[name] = value
		}
	}
	for name, given := range map[string]bool{"q": in.Text != "", "user": in.User != "", "group": in.Group != "", "actor": in.Actor != "", "credential": in.Credential != "", "request": in.Request != ""} {
		if given {
			said[name] = true
		}
	}
	for name, at := range map[string]time.Time{"since": in.Since, "until": in.Until} {
		if !at.IsZero() {
			said[name] = at.UTC()
		}
	}
	return said
}

func (a *API) addEvents() {
	op := huma.Operation{
		OperationID: "listEvents", Method: http.MethodGet, Path: "/events", Tags: []string{"Events"},
		Summary: "List events, or export them as CSV or JSON lines",
		Description: "One `record.…` event for each acknowledged change of a connector's record, one `directory.…` event for each effective change. " +
			"With `Accept: text/csv` or `application/jsonl` every event that fits the filter is streamed, which is itself an event; of CSV, cells that a spreadsheet would take for a formula start with an apostrophe.",
		Responses: a.responses(operation{method: http.MethodGet, missing: "The connector"}),
	}
	op.Responses["200"] = exportResponse[Event](a, "ListEvent", "event")
	a.guard(&op, reads(theConnector))
	huma.Register(a.huma, op, a.events)
}

func (a *API) events(ctx context.Context, in *listEvents) (*huma.StreamResponse, error) {
	if in.After != "" {
		answer, err := a.feed(ctx, in.filter(), in.Feeding, in.Limit)
		if err != nil {
			return nil, a.problemOf(ctx, err, fmt.Sprintf("There is no connector %s. GET /api/v1/connectors lists them.", in.Connector))
		}
		return answer, nil
	}
	answer, err := answerExport(ctx, a, export[directory.Event]{
		name: "events", filter: in.narrowed(), headings: eventHeadings, cells: eventCells,
		read: func(ctx context.Context, l directory.Listing) (directory.Page[directory.Event], error) {
			return a.effective.Events(ctx, in.filter(), l)
		},
	}, in.Accept, in.listing(), sayEvent)
	if err != nil {
		return nil, a.problemOf(ctx, err, fmt.Sprintf("There is no connector %s. GET /api/v1/connectors lists them.", in.Connector))
	}
	return answer, nil
}

var eventHeadings = []string{"time", "action", "actorType", "actor", "connector", "user", "group", "record", "request", "changes", "id", "credential"}

func eventCells(e directory.Event) []string {
	return []string{e.Time.UTC().Format(time.RFC3339Nano), e.Action, e.ActorType, e.Actor, e.Connector,
		idText(e.User), idText(e.Group), idText(e.Record), e.Request, string(e.Changes), e.ID.String(), e.Credential}
}
