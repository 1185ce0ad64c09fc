package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

// Requests finds the SCIM requests that are kept. *directory.Directory implements it.
type Requests interface {
	Requests(ctx context.Context, f directory.ActivityFilter, l directory.Listing) (directory.Page[tenants.Activity], error)
	Request(ctx context.Context, id uuid.UUID) (tenants.Activity, error) // directory.ErrNotFound
	RequestsKept(ctx context.Context) (requests, bytes int64, err error)
	LiveRequests
}

// Keeper says how the keeping of requests does: since this process began, how many it wrote and
// how many it lost.
type Keeper interface {
	Kept() int64
	Lost() int64
}

// Request is one SCIM request of a connector.
type Request struct {
	ID         uuid.UUID   `json:"id" format:"uuid" doc:"The request's id, as in the X-Request-Id of its answer and in its events."`
	Time       time.Time   `json:"time" doc:"When it came."`
	Took       float64     `json:"milliseconds" doc:"How long it took until it was answered, in milliseconds." example:"4.2"`
	Connector  string      `json:"connector" doc:"The connector, by the slug it had." example:"acme-okta"`
	Credential string      `json:"credential,omitempty" doc:"Name that the credential had." example:"Okta, since March"`
	Key        *uuid.UUID  `json:"credentialId,omitempty" format:"uuid" doc:"The credential's id."`
	Address    string      `json:"address,omitempty" doc:"Where it came from." example:"203.0.113.7"`
	Agent      string      `json:"agent,omitempty" doc:"What the client calls itself." example:"Okta SCIM Client 1.0.0"`
	Version    string      `json:"version" doc:"The SCIM version." example:"2.0"`
	Method     string      `json:"method" doc:"The method that it asked for." example:"PATCH"`
	Path       string      `json:"path" doc:"The path below the base URL, with what of the query is SCIM's." example:"/Groups/0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b"`
	Operation  string      `json:"operation" doc:"What it asked for, in words." example:"adds 3 members of a group"`
	Status     int         `json:"status" doc:"Status of the answer." example:"204"`
	Effect     string      `json:"effect,omitempty" doc:"What came of it, in words." example:"3 members added, 2 memberships written, 1 dropped by a rule (neverAssign .*-admins)"`
	Detail     string      `json:"detail,omitempty" doc:"The sentence of the error that it was answered."`
	Resources  []uuid.UUID `json:"resources,omitempty" doc:"Ids of the records that its path names or that it made."`
	Bytes      int64       `json:"bytes,omitempty" doc:"Size of its body, as it came."`
	Erased     bool        `json:"erased,omitempty" doc:"What could be a person's was taken out, as somebody was erased whom it named."`
}

// RequestDetail is a request with its body and its events.
type RequestDetail struct {
	Request
	Body    json.RawMessage `json:"body,omitempty" doc:"Its body, without secrets and without the values of attributes that the connector calls sensitive."`
	Cut     bool            `json:"cut,omitempty" doc:"The body is shortened, or left out as it is no JSON object, or as the connector keeps none."`
	Events  []Event         `json:"events" nullable:"false" doc:"What it changed: its events in the audit, the newest first, up to 100."`
	Further bool            `json:"further,omitempty" doc:"There are more events of it; GET /events?request= has them all."`
}

// RequestsKept says how much is kept of requests, and how the keeping does.
type RequestsKept struct {
	Requests int64  `json:"requests" doc:"Requests that are kept."`
	Bytes    int64  `json:"bytes" doc:"How much they take in the database, roughly."`
	For      string `json:"keptFor,omitempty" doc:"How long requests are kept (MUSTER_ACTIVITY_RETENTION); left out: for ever." example:"720h0m0s"`
	Most     int64  `json:"mostBytes,omitempty" doc:"What they may take (MUSTER_ACTIVITY_SIZE); the oldest go first. Left out: without a limit."`
	Written  int64  `json:"written" doc:"Requests that the process which answers this wrote since its start."`
	Lost     int64  `json:"lost" doc:"Requests that it could not keep since its start: more came than could be written, or the database was away."`
}

func sayRequest(r tenants.Activity) Request {
	return Request{ID: r.ID, Time: r.Time.UTC(), Took: float64(r.Took.Microseconds()) / 1000, Connector: r.Slug, Credential: r.CredentialName, Key: some(r.Credential),
		Address: r.Address, Agent: r.Agent, Version: r.Version, Method: r.Method, Path: r.Path, Operation: r.Operation, Status: r.Status, Effect: r.Effect,
		Detail: r.Detail, Resources: r.Resources, Bytes: r.Bytes, Erased: r.Erased}
}

// RequestsFilter narrows a list of requests.
type RequestsFilter struct {
	User       string    `query:"user" maxLength:"1024" doc:"Only requests that name this person: an e-mail, a userName or any id of somebody. Whoever is known is found by every id, userName and address of its records."`
	Group      string    `query:"group" maxLength:"1024" doc:"Only requests that name a record of this group, by name or id."`
	Credential string    `query:"credential" maxLength:"256" doc:"Only requests with this credential, by name or id."`
	Method     string    `query:"method" maxLength:"10" doc:"Only requests of this method." example:"PATCH"`
	Status     string    `query:"status" maxLength:"3" pattern:"^([2-5][0-9][0-9]|[2-5]xx)$" doc:"Only requests with this status, such as 409, or of its class, such as 4xx."`
	Failed     bool      `query:"failed" doc:"Only requests that were refused or failed."`
	Request    string    `query:"request" maxLength:"64" doc:"Only the request of this id."`
	Slower     float64   `query:"slowerThan" minimum:"0" maximum:"600000" doc:"Only requests that took at least so many milliseconds."`
	Text       string    `query:"q" maxLength:"256" doc:"Only requests in whose path, body or error all these words are, the last perhaps only begun; a family name, for instance."`
	Since      time.Time `query:"since" doc:"Only requests from then on." example:"2026-01-31T00:00:00Z"`
	Until      time.Time `query:"until" doc:"Only requests before then."`
}

type listRequests struct {
	Paged
	Accept    string `header:"Accept" doc:"text/csv and application/jsonl stream every request that fits, without pages." example:"text/csv"`
	Connector string `query:"connector" maxLength:"100" doc:"Only requests of this connector, by slug."`
	RequestsFilter
}

type listConnectorRequests struct {
	OfConnector
	Paged
	Accept string `header:"Accept" doc:"text/csv and application/jsonl stream every request that fits, without pages." example:"text/csv"`
	RequestsFilter
}

func (in RequestsFilter) filter(connector string) directory.ActivityFilter {
	f := directory.ActivityFilter{Connector: connector, User: in.User, Group: in.Group, ActivityQuery: tenants.ActivityQuery{
		Credential: in.Credential, Method: strings.ToUpper(in.Method), Failed: in.Failed, Request: in.Request, Text: in.Text,
		LongerThan: time.Duration(in.Slower * float64(time.Millisecond)), Since: in.Since, Until: in.Until}}
	f.Status, _ = strconv.Atoi(strings.TrimSuffix(in.Status, "xx")) // its pattern was checked
	return f
}

// narrowed is the filter as the audit may tell it: without what could be a person's.
func (in RequestsFilter) narrowed(connector string) map[string]any {
	said := map[string]any{}
	for name, value := range map[string]string{"connector": connector, "method": in.Method, "status": in.Status} {
		if value != "" {
			said[name] = value
		}
	}
	for name, given := range map[string]bool{"q": in.Text != "", "user": in.User != "", "group": in.Group != "", "credential": in.Credential != "",
		"request": in.Request != "", "failed": in.Failed, "slowerThan": in.Slower > 0} {
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

const aboutRequests = "Every SCIM request that a credential of a connector proved, unless the connector keeps none (`activity`), the newest first, about a second after it was answered. " +
	"With `Accept: text/csv` or `application/jsonl` every request that fits the filter is streamed, which is an event; of CSV, cells that a spreadsheet would take for a formula start with an apostrophe."

func (a *API) addRequests() {
	answer := exportResponse[Request](a, "ListRequest", "request")
	route(a, operation{method: http.MethodGet, path: "/requests", id: "listRequests", tag: "Activity", role: reads(theConnector), missing: "There is no such connector. GET /api/v1/connectors lists them.",
		summary: "List SCIM requests, or export them as CSV or JSON lines", description: aboutRequests, answer: answer},
		func(ctx context.Context, in *listRequests) (*huma.StreamResponse, error) {
			return a.requestsOf(ctx, in.RequestsFilter, in.Connector, in.Accept, in.Paged)
		})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/requests", id: "listConnectorRequests", tag: "Activity", role: reads(theConnector), missing: noConnector,
		summary: "List a connector's SCIM requests, or export them as CSV or JSON lines", description: aboutRequests, answer: answer},
		func(ctx context.Context, in *listConnectorRequests) (*huma.StreamResponse, error) {
			return a.requestsOf(ctx, in.RequestsFilter, in.OfConnector.Connector, in.Accept, in.Paged)
		})
	route(a, operation{method: http.MethodGet, path: "/requests/{id}", id: "readRequest", tag: "Activity", role: reads(deployment),
		missing: "No request {id} is kept. It may be too old, its connector may keep none, or it came a moment ago.",
		summary: "Read a SCIM request with its body and its events"}, a.readRequest)
	route(a, operation{method: http.MethodGet, path: "/activity", id: "readActivity", tag: "Activity", role: reads(deployment),
		summary: "Say how much is kept of requests", description: "`written` and `lost` are of the replica that answers; the metrics `muster_activity_…` have those of all."}, a.readKept)
}

func (a *API) requestsOf(ctx context.Context, in RequestsFilter, connector, accept string, p Paged) (*huma.StreamResponse, error) {
	return answerExport(ctx, a, export[tenants.Activity]{
		name: "requests", filter: in.narrowed(connector), headings: requestHeadings, cells: requestCells,
		read: func(ctx context.Context, l directory.Listing) (directory.Page[tenants.Activity], error) {
			return a.requests.Requests(ctx, in.filter(connector), l)
		},
	}, accept, p.listing(), sayRequest)
}

const eventsShown = 100

func (a *API) readRequest(ctx context.Context, in *ByID) (*requestOut, error) {
	id, err := parseID(in.ID)
	if err != nil {
		return nil, err
	}
	r, err := a.requests.Request(ctx, id)
	if err != nil {
		return nil, err
	}
	events, err := a.effective.Events(ctx, directory.EventFilter{Request: id.String(), Since: r.Time.Add(-time.Second)}, directory.Listing{Limit: eventsShown})
	if err != nil {
		return nil, fmt.Errorf("reading the events of request %s: %w", id, err)
	}
	out := &requestOut{Body: RequestDetail{Request: sayRequest(r), Body: r.Body, Cut: r.Cut, Events: []Event{}, Further: events.Next != ""}}
	for _, e := range events.Items {
		out.Body.Events = append(out.Body.Events, sayEvent(e))
	}
	return out, nil
}

type requestOut struct {
	Body RequestDetail
}

func (a *API) readKept(ctx context.Context, _ *struct{}) (*keptOut, error) {
	requests, bytes, err := a.requests.RequestsKept(ctx)
	if err != nil {
		return nil, err
	}
	out := &keptOut{Body: RequestsKept{Requests: requests, Bytes: bytes, Most: a.kept.Bytes}}
	if a.kept.Age > 0 {
		out.Body.For = a.kept.Age.String()
	}
	if a.keeper != nil {
		out.Body.Written, out.Body.Lost = a.keeper.Kept(), a.keeper.Lost()
	}
	return out, nil
}

type keptOut struct {
	Body RequestsKept
}

var requestHeadings = []string{"time", "connector", "method", "path", "operation", "status", "effect", "detail", "milliseconds", "credential", "address", "agent", "version", "resources", "id"}

func requestCells(r tenants.Activity) []string {
	ids := make([]string, len(r.Resources))
	for i, id := range r.Resources {
		ids[i] = id.String()
	}
	return []string{r.Time.UTC().Format(time.RFC3339Nano), r.Slug, r.Method, r.Path, r.Operation, strconv.Itoa(r.Status), r.Effect, r.Detail,
		strconv.FormatFloat(float64(r.Took.Microseconds())/1000, 'f', -1, 64), r.CredentialName, r.Address, r.Agent, r.Version, strings.Join(ids, " "), r.ID.String()}
}
