package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

type requestsCmd struct {
	List requestsListCmd `cmd:"" default:"withargs" help:"List SCIM requests, the newest first."`
	Show requestsShowCmd `cmd:"" aliases:"get" help:"Show a request with its body and what it changed."`
	Tail requestsTailCmd `cmd:"" help:"Print a connector's requests as they are answered."`
}

type request struct {
	ID, Connector, Credential, Address, Agent, Version, Method, Path, Operation, Effect, Detail string
	Time                                                                                        time.Time
	Milliseconds                                                                                float64
	Status                                                                                      int
	Bytes                                                                                       int64
	Erased, Cut, Further                                                                        bool
	Body                                                                                        json.RawMessage
	Events                                                                                      []event
}

// whichRequests narrows requests.
type whichRequests struct {
	User       string  `help:"Only requests that name this person: e-mail, userName or any id." placeholder:"WHO"`
	Group      string  `help:"Only requests that name this group, by name or id." placeholder:"GROUP"`
	Credential string  `help:"Only requests with this credential, by name or id." placeholder:"NAME"`
	Method     string  `help:"Only this method, such as PATCH." placeholder:"METHOD"`
	Status     string  `help:"Only this status, such as 409, or its class, such as 4xx." placeholder:"STATUS"`
	Failed     bool    `help:"Only requests that were refused or failed."`
	Request    string  `help:"Only the request of this id." placeholder:"ID"`
	SlowerThan float64 `help:"Only requests that took so many milliseconds." placeholder:"MS"`
	Text       string  `short:"q" help:"Only requests in whose path, body or error these words are; a family name, for instance." placeholder:"WORDS"`
	Since      span    `help:"Only requests of the last while, such as 10m or 7d." placeholder:"TIME"`
}

func (w whichRequests) query(now time.Time) url.Values {
	query := url.Values{}
	for name, value := range map[string]string{"user": w.User, "group": w.Group, "credential": w.Credential, "method": w.Method,
		"status": w.Status, "request": w.Request, "q": w.Text} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if w.Failed {
		query.Set("failed", "true")
	}
	if w.SlowerThan > 0 {
		query.Set("slowerThan", strconv.FormatFloat(w.SlowerThan, 'f', -1, 64))
	}
	if w.Since > 0 {
		query.Set("since", now.Add(-w.Since.duration()).UTC().Format(time.RFC3339))
	}
	return query
}

// requestsPath is the list of a connector's requests, or of all.
func requestsPath(connector string) string {
	if connector == "" {
		return "/requests"
	}
	return "/connectors/" + escape(connector) + "/requests"
}

type requestsListCmd struct {
	remote
	Connector string `arg:"" optional:"" help:"The connector's slug; left out: of all connectors."`
	whichRequests
	Limit int  `default:"50" help:"How many, the newest first; 0 is all." placeholder:"N"`
	CSV   bool `name:"csv" help:"Write every request that fits as CSV."`
}

// Help shows how.
func (requestsListCmd) Help() string {
	return "Examples:\n\n" +
		"  muster requests list acme-okta --failed --since 1h\n" +
		"  muster requests list --user ada@acme.example\n" +
		"  muster requests list acme-okta -q lovelace\n" +
		"  muster requests list --since 7d --csv > requests.csv"
}

var requestColumns = []string{"TIME (UTC)", "CONNECTOR", "WHAT", "STATUS", "EFFECT", "MS", "ID"}

// Run lists requests, or streams them as CSV.
func (c *requestsListCmd) Run(ctx context.Context, t *terminal) error {
	path := requestsPath(c.Connector) + "?" + c.query(time.Now()).Encode()
	if c.CSV {
		return c.stream(ctx, t, path)
	}
	return list(ctx, t, c.upTo(c.Limit), path, requestColumns, request.row)
}

func (c *requestsListCmd) stream(ctx context.Context, t *terminal, path string) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	api.http.Timeout = 0
	response, err := api.send(ctx, http.MethodGet, path, "text/csv", nil)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(t.out, response.Body)
	return err
}

// row is a request as a line of a table.
func (r request) row() []string {
	came := r.Effect
	if r.Detail != "" {
		came = r.Detail
	}
	if r.Erased {
		came = "(somebody it named was erased)"
	}
	return []string{r.Time.UTC().Format(time.DateTime), r.Connector, r.Operation, strconv.Itoa(r.Status), orDash(came), milliseconds(r.Milliseconds), r.ID}
}

func milliseconds(ms float64) string {
	if ms >= 100 {
		return strconv.FormatFloat(ms, 'f', 0, 64)
	}
	return strconv.FormatFloat(ms, 'f', 1, 64)
}

type requestsShowCmd struct {
	remote
	ID string `arg:"" help:"The request's id: of a list, of an event, or the X-Request-Id of an answer."`
}

// Help shows how.
func (requestsShowCmd) Help() string {
	return "The body is shown without secrets and without what the connector calls sensitive.\n\nExample:\n\n  muster requests show 0193f2a4-7c1e-7d0a-9b5f-3c2d1e0f9a8b"
}

// Run shows a request.
func (c *requestsShowCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/requests/"+escape(c.ID), nil, func(r request) error { return r.print(t) })
}

func (r request) print(t *terminal) error {
	rows := [][]string{
		{"time", r.Time.UTC().Format("2006-01-02 15:04:05.000") + " UTC, for " + milliseconds(r.Milliseconds) + " ms"},
		{"connector", r.Connector}, {"request", r.Method + " " + r.Path + ", SCIM " + r.Version}, {"which", r.Operation},
		{"answer", strconv.Itoa(r.Status)},
	}
	for _, line := range [][2]string{{"error", r.Detail}, {"effect", r.Effect}, {"credential", r.Credential}, {"from", r.Address}, {"client", r.Agent}} {
		if line[1] != "" {
			rows = append(rows, []string{line[0], line[1]})
		}
	}
	if r.Erased {
		rows = append(rows, []string{"erased", "somebody whom it named was erased"})
	}
	if err := table(t.out, nil, rows); err != nil {
		return err
	}
	if err := r.printBody(t); err != nil {
		return err
	}
	lines := make([][]string, len(r.Events))
	for i, e := range r.Events {
		lines[i] = []string{e.Action, orDash(e.Connector), e.what()}
	}
	if err := section(t, "What it changed", []string{"EVENT", "CONNECTOR", "WHAT"}, lines); err != nil || !r.Further {
		return err
	}
	_, err := fmt.Fprintf(t.err, "These are the newest; there are more events of it.\n")
	return err
}

func (r request) printBody(t *terminal) error {
	switch {
	case len(r.Body) > 0 && r.Cut:
		if err := say(t, "\nIts body, shortened from %d bytes:", r.Bytes); err != nil {
			return err
		}
	case len(r.Body) > 0:
		if err := say(t, "\nIts body:"); err != nil {
			return err
		}
	case r.Bytes > 0:
		return say(t, "\nIts body of %d bytes was not kept.", r.Bytes)
	default:
		return nil
	}
	return printJSON(t.out, r.Body)
}
