package web

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// Trials tries SCIM requests. *gateway.Gateway implements it.
type Trials interface {
	// Try answers a request as a connector's would be answered, and changes nothing.
	Try(ctx context.Context, c tenants.Connector, t directory.TrialRequest) (directory.Trial, error)
}

// NewTrial is a SCIM request to try.
type NewTrial struct {
	Method  string            `json:"method" enum:"GET,POST,PUT,PATCH,DELETE" doc:"The method." example:"PATCH"`
	Path    string            `json:"path" minLength:"1" maxLength:"4096" doc:"The path below the connector's base URL, with its query." example:"/Users/0193f2a4-81b0-7c55-8f0e-6a2b9d4c1e70"`
	Headers map[string]string `json:"headers,omitempty" doc:"Content-Type, Accept, If-Match, If-None-Match or X-HTTP-Method-Override; others are left out."`
	Body    json.RawMessage   `json:"body,omitempty" doc:"The body: an object, or a text that is sent as it is."`
}

// Trial is what a request would be answered and would do.
type Trial struct {
	Response  TrialResponse   `json:"response" doc:"What the IdP would be answered."`
	Record    *TrialRecord    `json:"record,omitempty" doc:"What would be stored of the connector's record; left out when nothing would be."`
	Records   []TrialRecord   `json:"records" nullable:"false" doc:"Every record that would be stored or change: a new one may resolve a member of groups."`
	Decisions []TrialDecision `json:"decisions" nullable:"false" doc:"What would be decided about each user whom the request settles."`
	Events    []Event         `json:"events" nullable:"false" doc:"What the audit would say."`
	Queued    int             `json:"queued" doc:"Records that would be settled after the answer, which the decisions do not tell; -1 for all members of a group or all records of a connector."`
}

// TrialResponse is an answer over SCIM.
type TrialResponse struct {
	Status  int               `json:"status" doc:"The HTTP status." example:"200"`
	Headers map[string]string `json:"headers" doc:"The headers."`
	Body    any               `json:"body,omitempty" doc:"The body: as JSON, or as a text if it is too long to be whole."`
	Cut     bool              `json:"cut,omitempty" doc:"The body is longer than what is shown."`
}

// TrialRecord is a record as it would be stored.
type TrialRecord struct {
	Kind           string          `json:"kind" enum:"User,Group" doc:"A user's record, or a group's."`
	ID             uuid.UUID       `json:"id" format:"uuid" doc:"Its SCIM id; of a new one another than the real request would give."`
	State          policy.State    `json:"state,omitempty" enum:"active,inactive,deleted" doc:"What a user's record would say."`
	Deleted        bool            `json:"deleted,omitempty" doc:"It would be deleted."`
	Version        int64           `json:"version,omitempty" doc:"Its version; left out where members alone change."`
	Attributes     json.RawMessage `json:"attributes,omitempty" doc:"Its attributes; left out where members alone change."`
	MembersAdded   []string        `json:"membersAdded,omitempty" doc:"Members that would be added: ids of records, or values that name nobody yet."`
	MembersRemoved []string        `json:"membersRemoved,omitempty" doc:"Members that would be removed."`
}

// TrialDecision is what would be decided about one user.
type TrialDecision struct {
	User    TrialUser     `json:"user" doc:"The user, as it is before."`
	Creates bool          `json:"creates,omitempty" doc:"The user would be made."`
	Status  policy.Status `json:"status" enum:"active,disabled,deleted" doc:"The status it would have."`
	Because Because       `json:"because" doc:"Why it would have that."`
	Lines   []TrialLine   `json:"lines" nullable:"false" doc:"A line for each group and connector."`
}

// TrialUser names the user of a decision.
type TrialUser struct {
	ID       *uuid.UUID `json:"id,omitempty" format:"uuid" doc:"Its id; left out for one that would be made."`
	UserName string     `json:"userName" doc:"Its name." example:"ada@acme.example"`
}

// TrialLine is the verdict about one group.
type TrialLine struct {
	Group   string  `json:"group" doc:"The group's name." example:"jira-users"`
	Member  bool    `json:"member" doc:"Whether the user would be a member."`
	Was     bool    `json:"was" doc:"Whether the user is one now."`
	Because Because `json:"because" doc:"The reason."`
}

type makeTrial struct {
	OfConnector
	Body NewTrial
}

type trialOut struct {
	Body Trial
}

func (a *API) addTrials() {
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/trials", id: "tryRequest", tag: "Questions", role: helps(deployment), missing: noConnector,
		status:  http.StatusOK,
		summary: "Try a SCIM request of a connector without changing anything",
		description: "Answers the request as the connector's own would be answered, with what would be stored, decided and written to the audit. It goes the " +
			"whole way of a real request, in a transaction that is rolled back: nothing of it is there afterwards. Ids and times will be others then.",
		errors: map[int]string{
			http.StatusNotImplemented:      "A Bulk request cannot be tried in this version (`notInThisVersion`).",
			http.StatusUnprocessableEntity: "The path cannot be read (`invalidPath`), or a field cannot be used.",
		},
	}, func(ctx context.Context, in *makeTrial) (*trialOut, error) {
		c, err := a.tenants.ConnectorBySlug(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		asked, err := in.Body.request(requestID(ctx))
		if err != nil {
			return nil, err
		}
		t, err := a.trials.Try(ctx, c, asked)
		if err != nil {
			return nil, notTried(err)
		}
		return &trialOut{Body: sayTrial(t)}, nil
	})
}

// notTried says what cannot be tried in this version with the status for it.
func notTried(err error) error {
	var refused *directory.RefusedError
	if errors.As(err, &refused) && refused.Code == directory.CodeNotTried {
		return newProblem(http.StatusNotImplemented, "notInThisVersion", sentence(refused))
	}
	return err
}

// request is the HTTP request that is meant.
func (n NewTrial) request(id string) (directory.TrialRequest, error) {
	t := directory.TrialRequest{Method: n.Method, Path: n.Path, Header: http.Header{}, ID: id}
	for name, value := range n.Headers {
		t.Header.Set(name, value)
	}
	body := bytes.TrimSpace(n.Body)
	var text string
	switch {
	case len(body) == 0 || string(body) == "null":
	case json.Unmarshal(body, &text) == nil:
		t.Body = []byte(text)
	case body[0] == '{' || body[0] == '[':
		t.Body = body
	default:
		return t, invalid("body.body", "must be an object, or a text that is sent as it is")
	}
	if t.Body != nil && t.Header.Get("Content-Type") == "" {
		t.Header.Set("Content-Type", "application/scim+json")
	}
	return t, nil
}

func sayTrial(t directory.Trial) Trial {
	out := Trial{Response: TrialResponse{Status: t.Response.Status, Headers: map[string]string{}, Cut: t.Response.Cut},
		Records: []TrialRecord{}, Decisions: []TrialDecision{}, Events: []Event{}, Queued: t.Queued}
	for name, values := range t.Response.Header {
		out.Response.Headers[name] = strings.Join(values, ", ")
	}
	switch body := bytes.TrimSpace(t.Response.Body); {
	case len(body) == 0:
	case json.Valid(body) && !t.Response.Cut:
		out.Response.Body = json.RawMessage(body)
	default:
		out.Response.Body = string(body)
	}
	for _, r := range t.Records {
		out.Records = append(out.Records, TrialRecord{Kind: string(r.Kind), ID: r.ID, State: r.State, Deleted: r.Deleted, Version: r.Version,
			Attributes: r.JSON, MembersAdded: r.MembersAdded, MembersRemoved: r.MembersRemoved})
	}
	if len(out.Records) > 0 {
		out.Record = &out.Records[0]
	}
	for _, d := range t.Decisions {
		said := TrialDecision{User: TrialUser{ID: some(d.User.ID), UserName: d.User.UserName}, Creates: d.Creates, Status: d.Status,
			Because: sayBecause(d.Because, ""), Lines: []TrialLine{}}
		for _, l := range d.Lines {
			said.Lines = append(said.Lines, TrialLine{Group: l.Group, Member: l.Member, Was: l.Was, Because: sayBecause(l.Because, l.Group)})
		}
		out.Decisions = append(out.Decisions, said)
	}
	for _, e := range t.Events {
		out.Events = append(out.Events, sayEvent(e))
	}
	slices.SortStableFunc(out.Decisions, func(a, b TrialDecision) int { return strings.Compare(a.User.UserName, b.User.UserName) })
	return out
}
