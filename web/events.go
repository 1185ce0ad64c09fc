package web

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// Event is one line of the audit.
type Event struct {
	ID        uuid.UUID       `json:"id" format:"uuid" doc:"The event's id."`
	Time      time.Time       `json:"time" doc:"When it happened."`
	Actor     string          `json:"actor" doc:"Who did it: a credential's id, the administrator, or the system." example:"token"`
	ActorType string          `json:"actorType" enum:"credential,admin,system" doc:"What kind of actor."`
	Action    string          `json:"action" doc:"What was done." example:"directory.membership.added"`
	Connector string          `json:"connector,omitempty" doc:"The connector, by slug." example:"acme-okta"`
	User      *uuid.UUID      `json:"user,omitempty" format:"uuid" doc:"The directory user."`
	Group     *uuid.UUID      `json:"group,omitempty" format:"uuid" doc:"The directory group."`
	Record    *uuid.UUID      `json:"record,omitempty" format:"uuid" doc:"The connector's record."`
	Request   string          `json:"request,omitempty" doc:"The request behind it, as in X-Request-Id."`
	Changes   json.RawMessage `json:"changes,omitempty" doc:"What changed."`
}

func sayEvent(e directory.Event) Event {
	return Event{ID: e.ID, Time: e.Time.UTC(), Actor: e.Actor, ActorType: e.ActorType, Action: e.Action, Connector: e.Connector,
		User: some(e.User), Group: some(e.Group), Record: some(e.Record), Request: e.Request, Changes: e.Changes}
}

type listEvents struct {
	Paged
	Accept    string    `header:"Accept" doc:"text/csv streams every event that fits, without pages." example:"text/csv"`
	Text      string    `query:"q" maxLength:"256" doc:"Only events that contain this text."`
	Connector string    `query:"connector" maxLength:"100" doc:"Only events of this connector, by slug."`
	User      string    `query:"user" maxLength:"1024" doc:"Only events of this user of a directory, by userName or id."`
	Group     string    `query:"group" maxLength:"1024" doc:"Only events of this group of a directory, by name or id."`
	Action    string    `query:"action" maxLength:"100" doc:"Only events whose action begins so." example:"directory.membership.removed"`
	Actor     string    `query:"actor" maxLength:"256" doc:"Only events of this actor."`
	Since     time.Time `query:"since" doc:"Only events from then on." example:"2026-01-31T00:00:00Z"`
	Until     time.Time `query:"until" doc:"Only events before then."`
}

func (in listEvents) filter() directory.EventFilter {
	return directory.EventFilter{Connector: in.Connector, User: in.User, Group: in.Group, Action: in.Action,
		Actor: in.Actor, Text: in.Text, Since: in.Since, Until: in.Until}
}

func (a *API) addEvents() {
	op := huma.Operation{
		OperationID: "listEvents", Method: http.MethodGet, Path: "/events", Tags: []string{"Events"},
		Summary: "List events, or export them as CSV",
		Description: "One `record.…` event for each acknowledged change of a connector's record, one `directory.…` event for each effective change. " +
			"With `Accept: text/csv` every event that fits the filter is streamed; cells that a spreadsheet would take for a formula start with an apostrophe.",
		Security:  []map[string][]string{{"adminToken": {}}},
		Responses: a.responses(operation{method: http.MethodGet, missing: "The connector"}),
	}
	op.Responses["200"] = &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
		"application/json": {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[List[Event]](), true, "ListEvent")},
		"text/csv":         {Schema: &huma.Schema{Type: huma.TypeString, Description: "A line of headings, then a line for each event."}},
	}}
	huma.Register(a.huma, op, a.events)
}

func (a *API) events(ctx context.Context, in *listEvents) (*huma.StreamResponse, error) {
	asCSV := strings.Contains(strings.ToLower(in.Accept), "text/csv")
	listing := in.listing()
	if asCSV {
		listing.Limit = 500
	}
	page, err := a.effective.Events(ctx, in.filter(), listing)
	if err != nil {
		return nil, a.problemOf(ctx, err, fmt.Sprintf("There is no connector %s. GET /api/v1/connectors lists them.", in.Connector))
	}
	if !asCSV {
		return &huma.StreamResponse{Body: func(c huma.Context) {
			c.SetHeader("Content-Type", "application/json")
			c.SetStatus(http.StatusOK)
			_ = json.NewEncoder(c.BodyWriter()).Encode(listed(page, sayEvent).Body) // the caller has gone
		}}, nil
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "text/csv; charset=utf-8")
		c.SetHeader("Content-Disposition", `attachment; filename="muster-events.csv"`)
		c.SetStatus(http.StatusOK)
		a.streamEvents(c, in.filter(), page)
	}}, nil
}

// streamEvents writes page after page. A failure in the middle breaks the connection, so that a
// half list is never taken for a whole one.
func (a *API) streamEvents(c huma.Context, filter directory.EventFilter, page directory.Page[directory.Event]) {
	w := c.BodyWriter()
	err := writeCSV(w, page.Items, true)
	for err == nil && page.Next != "" {
		keepWriting(w)
		page, err = a.effective.Events(c.Context(), filter, directory.Listing{Limit: 500, Cursor: page.Next})
		if err == nil {
			err = writeCSV(w, page.Items, false)
		}
	}
	if err != nil {
		a.log.Warn("export of events ended early", "request", requestID(c.Context()), "error", err)
		panic(http.ErrAbortHandler)
	}
}

// keepWriting gives a long export another minute for each page.
func keepWriting(w io.Writer) {
	if rw, ok := w.(http.ResponseWriter); ok {
		_ = http.NewResponseController(rw).SetWriteDeadline(time.Now().Add(time.Minute)) // not every writer can
	}
}

var csvHeadings = []string{"time", "action", "actorType", "actor", "connector", "user", "group", "record", "request", "changes", "id"}

func writeCSV(w io.Writer, events []directory.Event, headings bool) error {
	out := csv.NewWriter(w)
	if headings {
		if err := out.Write(csvHeadings); err != nil {
			return err
		}
	}
	for _, e := range events {
		row := []string{e.Time.UTC().Format(time.RFC3339Nano), e.Action, e.ActorType, e.Actor, e.Connector,
			idText(e.User), idText(e.Group), idText(e.Record), e.Request, string(e.Changes), e.ID.String()}
		for i := range row {
			row[i] = harmless(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless keeps a spreadsheet from running a cell: what would start a formula gets an
// apostrophe in front (OWASP, CSV injection).
func harmless(cell string) string {
	start := strings.TrimLeft(cell, " \u00a0\ufeff")
	if start != "" && strings.IndexByte("=+-@\t\r\n|%", start[0]) >= 0 {
		return "'" + cell
	}
	return cell
}

func idText(id uuid.UUID) string {
	if id == uuid.Nil {
		return ""
	}
	return id.String()
}
