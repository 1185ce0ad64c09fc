package faults

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
)

// admin is the administrators' side of one replica.
type admin struct {
	base  string // http://host:port
	token string
}

// do sends a request that has to succeed; into, if not nil, takes the answer.
func (a admin) do(ctx context.Context, method, path string, body, into any) error {
	got := call{method, a.base + "/api/v1" + path, a.token, body}.send(ctx)
	if got.err != nil {
		return fmt.Errorf("%s %s: %w", method, path, got.err)
	}
	if got.status/100 != 2 {
		return fmt.Errorf("%s %s: %d %.500s", method, path, got.status, got.body)
	}
	if into == nil {
		return nil
	}
	if err := got.decode(into); err != nil {
		return fmt.Errorf("%s %s: %w", method, path, err)
	}
	return nil
}

// list reads a whole list, page by page.
func list[T any](ctx context.Context, a admin, path string) (all []T, err error) {
	separator := "?"
	if strings.Contains(path, "?") {
		separator = "&"
	}
	for cursor := ""; ; {
		var page struct {
			Items []T     `json:"items"`
			Next  *string `json:"next"`
		}
		if err := a.do(ctx, "GET", path+separator+"limit=500"+cursor, nil, &page); err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Next == nil || *page.Next == "" {
			return all, nil
		}
		cursor = "&cursor=" + url.QueryEscape(*page.Next)
	}
}

// directoryName is the directory of the world.
const directoryName = "world"

// build makes the world: both tenants, the directory and the connectors, live.
func (a admin) build(ctx context.Context) (doors []door, err error) {
	if err := a.do(ctx, "POST", "/directories", map[string]any{"name": directoryName}, nil); err != nil {
		return nil, err
	}
	if err := a.do(ctx, "PATCH", "/directories/"+directoryName, map[string]any{"sharedGroups": sharedGroups}, nil); err != nil {
		return nil, err
	}
	var tenants []string
	for _, s := range seats {
		if !slices.Contains(tenants, s.tenant) {
			tenants = append(tenants, s.tenant)
			if err := a.do(ctx, "POST", "/tenants", map[string]any{"name": s.tenant}, nil); err != nil {
				return nil, err
			}
		}
		d, err := a.open(ctx, s, directoryName)
		if err != nil {
			return nil, err
		}
		doors = append(doors, d)
	}
	return doors, nil
}

// open makes one connector.
func (a admin) open(ctx context.Context, s seat, directory string) (door, error) {
	kind := "okta"
	if s.parallel {
		kind = "entra"
	}
	var made struct {
		Token string `json:"token"`
		SCIM  struct {
			V2 string `json:"v2"`
		} `json:"scim"`
	}
	body := map[string]any{"tenant": s.tenant, "directory": directory, "name": s.slug, "slug": s.slug, "kind": kind, "mode": "live", "rules": s.rules.body()}
	if err := a.do(ctx, "POST", "/connectors", body, &made); err != nil {
		return door{}, err
	}
	base, err := url.Parse(made.SCIM.V2)
	if err != nil {
		return door{}, fmt.Errorf("the base URL of connector %s: %w", s.slug, err)
	}
	return door{seat: s, token: made.Token, path: strings.TrimSuffix(base.Path, "/")}, nil
}

// settled waits until no record waits to be settled.
func (a admin) settled(ctx context.Context) error {
	for {
		var waiting struct {
			Pending int `json:"pending"`
		}
		err := a.do(ctx, "GET", "/directories/"+directoryName+"/settling", nil, &waiting)
		if err == nil && waiting.Pending == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%d records still wait to be settled: %w", waiting.Pending, cmp.Or(err, ctx.Err()))
		case <-time.After(20 * time.Millisecond): // there is nothing to be notified by
		}
	}
}

// event is one line of the audit.
type event struct {
	Action    string `json:"action"`
	Connector string `json:"connector"`
	Record    string `json:"record"`
	Request   string `json:"request"`
}

// events reads the events of a connector's records.
func (a admin) events(ctx context.Context, connector string) ([]event, error) {
	return list[event](ctx, a, "/events?action=record.&connector="+connector)
}

// directory reads every user of the directory with the groups it is in, by userName.
func (a admin) directory(ctx context.Context) (map[string]person, error) {
	people, names := make(map[string]person), make(map[string]string)
	for _, status := range []string{"", "?status=deleted"} {
		users, err := list[struct {
			resource
			Status string `json:"status"`
		}](ctx, a, "/directories/"+directoryName+"/users"+status)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if _, twice := people[u.UserName]; twice {
				return nil, fmt.Errorf("the directory lists two users named %s", u.UserName)
			}
			people[u.UserName] = person{ID: u.ID, Status: u.Status, Title: u.Title, Department: u.Enterprise.Department, Groups: make(map[string]string)}
			names[u.ID] = u.UserName
		}
	}
	groups, err := list[resource](ctx, a, "/directories/"+directoryName+"/groups")
	if err != nil {
		return nil, err
	}
	for _, g := range groups {
		members, err := list[struct {
			User   resource `json:"user"`
			Origin string   `json:"origin"`
		}](ctx, a, "/directories/"+directoryName+"/groups/"+g.ID+"/members")
		if err != nil {
			return nil, err
		}
		for _, m := range members {
			if p, ok := people[names[m.User.ID]]; ok {
				p.Groups[g.DisplayName] = m.Origin
			}
		}
	}
	return people, nil
}
