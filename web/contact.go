package web

import (
	"context"
	"encoding/json"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/muster-scim/muster/tenants"
)

// Contact says how a connector and its IdP get on.
type Contact struct {
	State      tenants.Contacted `json:"state" enum:"waiting,connected,trouble" doc:"waiting: nothing has come yet; connected: the last that came was well; trouble: something comes that cannot work, see problems."`
	First      *time.Time        `json:"first,omitempty" doc:"When the first good request came."`
	Last       *time.Time        `json:"last,omitempty" doc:"When the last good request came."`
	Credential string            `json:"credential,omitempty" doc:"Name of the credential that it came with."`
	Agent      string            `json:"agent,omitempty" doc:"What the client calls itself." example:"Okta SCIM Client 1.0.0"`
	Version    string            `json:"version,omitempty" doc:"The SCIM version that it speaks." example:"2.0"`
	Problems   []ContactProblem  `json:"problems" nullable:"false" doc:"What is or was wrong with the way requests come, the newest first."`
	Asked      []Asked           `json:"asked" nullable:"false" doc:"What it asked, the newest first."`
}

// ContactProblem is one way in which requests come wrong.
type ContactProblem struct {
	Diagnosis  tenants.Diagnosis `json:"diagnosis" doc:"A stable code." example:"wrongToken"`
	Sentence   string            `json:"sentence" doc:"What is wrong."`
	Next       string            `json:"next" doc:"What to do about it."`
	Hint       string            `json:"hint,omitempty" doc:"What came, as far as it may be shown: the end of a secret, a user name, a path, an address, or the connector at whose base URL it came." example:"…x7Qa"`
	Credential string            `json:"credential,omitempty" doc:"Name of the credential it came with, if it is one of the connector's."`
	Agent      string            `json:"agent,omitempty" doc:"What the client calls itself."`
	Status     int               `json:"status" doc:"Status of the answer." example:"401"`
	Count      int64             `json:"count" doc:"How often it came."`
	First      time.Time         `json:"first" doc:"When it came first."`
	Last       time.Time         `json:"last" doc:"When it came last; up to half a minute late while it goes on."`
}

// Asked is one kind of request that was answered.
type Asked struct {
	Method     string    `json:"method" example:"POST" doc:"The method."`
	Route      string    `json:"route" example:"/Users/{id}" doc:"The pattern of the path."`
	Version    string    `json:"version" example:"2.0" doc:"The SCIM version."`
	Status     int       `json:"status" example:"201" doc:"Status of the answer."`
	Credential string    `json:"credential,omitempty" doc:"Name of the credential it came with, while that is there."`
	Count      int64     `json:"count" doc:"How often."`
	First      time.Time `json:"first" doc:"When it came first."`
	Last       time.Time `json:"last" doc:"When it came last; up to half a minute late while it goes on."`
}

type readContact struct {
	OfConnector
	Accept string `header:"Accept" doc:"text/event-stream watches."`
}

func (a *API) addContact() {
	op := operation{method: http.MethodGet, path: "/connectors/{c}/contact", id: "readContact", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary: "Read, or watch, how a connector and its IdP get on",
		description: "Whether, when and how the IdP was first heard, what it asked, and what is wrong with requests that were refused. A new request is there within two seconds. " +
			"With `Accept: text/event-stream` the answer is a stream of server-sent events named `contact`, one whenever it changes; it ends after ten minutes, and clients connect again. `GET /stream` listens to several at once.",
		errors: map[int]string{http.StatusServiceUnavailable: streamsBusy},
		answer: &huma.Response{Description: "OK", Content: map[string]*huma.MediaType{
			"application/json":  {Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Contact](), true, "Contact")},
			"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString, Description: "Events named contact, each with the same as JSON."}},
		}}}
	route(a, op, a.contact)
}

func (a *API) contact(ctx context.Context, in *readContact) (*huma.StreamResponse, error) {
	all, err := a.tenants.Contacts(ctx, in.Connector)
	if err != nil {
		return nil, err
	}
	if strings.Contains(strings.ToLower(in.Accept), streamType) {
		topic := "contact:" + in.Connector
		return a.streamOf(ctx, map[string]source{topic: a.contactSource(in.Connector)}, nil, func(string) string { return "contact" })
	}
	said := sayContact(all)
	if err := narrow(ctx, &said); err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) {
		c.SetHeader("Content-Type", "application/json")
		c.SetStatus(http.StatusOK)
		_ = json.NewEncoder(c.BodyWriter()).Encode(said) // an error: the caller has gone
	}}, nil
}

func sayContact(all []tenants.Contact) Contact {
	out := Contact{State: tenants.State(all), Problems: []ContactProblem{}, Asked: []Asked{}}
	for _, c := range all {
		if c.Diagnosis != "" {
			advice := c.Diagnosis.Advice()
			out.Problems = append(out.Problems, ContactProblem{
				Diagnosis: c.Diagnosis, Sentence: advice.What, Next: advice.Next, Hint: c.Hint, Credential: c.CredentialName, Agent: c.Agent,
				Status: c.Status, Count: c.Count, First: c.First.UTC(), Last: c.Last.UTC(),
			})
		} else {
			out.Asked = append(out.Asked, Asked{Method: c.Method, Route: c.Route, Version: c.Version, Status: c.Status, Credential: c.CredentialName,
				Count: c.Count, First: c.First.UTC(), Last: c.Last.UTC()})
		}
		if !c.Good() {
			continue
		}
		if first := c.First.UTC(); out.First == nil || first.Before(*out.First) {
			out.First = &first
		}
		if last := c.Last.UTC(); out.Last == nil || last.After(*out.Last) {
			out.Last, out.Credential, out.Agent, out.Version = &last, c.CredentialName, strings.TrimSpace(c.Agent), c.Version
		}
	}
	return out
}
