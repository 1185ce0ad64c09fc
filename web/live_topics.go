package web

import (
	"context"
	"encoding/json"
	"reflect"
	"strings"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/tenants"
)

// rowsLate is how long a replica may take from giving requests their numbers until it has them
// written.
const rowsLate = 10 * time.Second

// LiveRequests are SCIM requests by their numbers. *directory.Directory implements it.
type LiveRequests interface {
	// RequestsBehind reads requests of a connector above a number, in order, up to most of them.
	RequestsBehind(ctx context.Context, connector string, number int64, most int) ([]tenants.Activity, error)
	// NewestRequest is the highest number of all that are kept; 0 if there is none.
	NewestRequest(ctx context.Context, connector string) (int64, error)
}

// sourceOf is where the messages of a topic come from. The error is the answer: the topic is none,
// is about nothing that is there, or is not for the caller.
func (a *API) sourceOf(ctx context.Context, name string) (source, error) {
	kind, about, _ := strings.Cut(name, ":")
	v := viewIn(ctx)
	switch {
	case (kind == "requests" || kind == "contact") && about != "":
		if v != nil && !v.connectors[about] {
			return source{}, directory.ErrNotFound
		}
		if _, err := a.tenants.Contacts(ctx, about); err != nil { // whether it is there
			return source{}, err
		}
		if kind == "contact" {
			return a.contactSource(about), nil
		}
		return a.requestSource(about), nil
	case kind == "job":
		return a.jobSource(ctx, about)
	case name == "holds":
		return a.holdSource(), nil
	case name == "events":
		if a.following == nil {
			return source{}, errFeedUnknown
		}
		return a.eventSource(), nil
	}
	return source{}, invalid("query.topics", "must be a list of requests:{connector}, contact:{connector}, job:{id}, holds and events")
}

func stateOf(what any, only func(*view) any) (message, error) {
	data, err := json.Marshal(what)
	return message{data: data, only: only}, err
}

// same is what everybody sees who may listen at all.
func same(what any) func(*view) any { return func(*view) any { return what } }

func (a *API) contactSource(slug string) source {
	return source{state: func(ctx context.Context) (message, error) {
		all, err := a.tenants.Contacts(ctx, slug)
		if err != nil {
			return message{}, err
		}
		return stateOf(sayContact(all), func(v *view) any {
			said := sayContact(all)
			if v != nil {
				v.narrow(reflect.ValueOf(&said))
			}
			return said
		})
	}}
}

func (a *API) jobSource(ctx context.Context, text string) (source, error) {
	id, err := parseID(text)
	if err != nil {
		return source{}, err
	}
	read := func(ctx context.Context) (message, error) {
		j, err := a.effective.ReadJob(ctx, id)
		if err != nil {
			return message{}, err
		}
		said := sayJob(j)
		return stateOf(said, func(v *view) any {
			own := said
			if !own.conceal(v) {
				return nil
			}
			return own
		})
	}
	m, err := read(ctx)
	if v := viewIn(ctx); err == nil && v != nil && m.only(v) == nil {
		err = directory.ErrNotFound
	}
	return source{state: read}, err
}

func (a *API) holdSource() source {
	return source{state: func(ctx context.Context) (message, error) {
		counts, err := a.effective.HoldCounts(ctx)
		if err != nil {
			return message{}, err
		}
		say := func(v *view) any {
			said := []ConnectorHolds{}
			for _, c := range counts {
				if v == nil || v.connectors[c.Connector] {
					said = append(said, ConnectorHolds{Connector: c.Connector, Counts: sayLosses(c.Sizes), Since: c.Since.UTC()})
				}
			}
			return said
		}
		return stateOf(say(nil), say)
	}}
}

func (a *API) requestSource(slug string) source {
	return source{late: rowsLate, behind: func(ctx context.Context, number int64) (rows []message, read int64, err error) {
		if number < 0 {
			read, err = a.requests.NewestRequest(ctx, slug)
			return nil, read, err
		}
		all, err := a.requests.RequestsBehind(ctx, slug, number, rowsAtOnce)
		for _, r := range all {
			said := sayRequest(r)
			m, err := stateOf(said, same(said))
			if err != nil {
				return rows, read, err
			}
			m.number = r.Seq
			rows, number = append(rows, m), r.Seq
		}
		return rows, number, err
	}}
}

// eventSource is the feed: complete, in order, and so without late ones.
func (a *API) eventSource() source {
	return source{behind: func(ctx context.Context, number int64) (rows []message, read int64, err error) {
		through, known := a.through(ctx)
		switch {
		case !known:
			return nil, 0, errFeedUnknown
		case number < 0:
			return nil, through, nil
		}
		page, err := a.effective.Feed(ctx, directory.EventFilter{}, number, through, rowsAtOnce)
		for _, item := range page.Items {
			said := sayFed(item)
			m, err := stateOf(said, func(v *view) any {
				own := said
				if !own.conceal(v) {
					return nil
				}
				return own
			})
			if err != nil {
				return rows, read, err
			}
			m.number = item.Seq
			rows = append(rows, m)
		}
		return rows, page.Read, err
	}}
}
