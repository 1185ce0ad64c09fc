package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// plan is a plan as the API says it.
type plan struct {
	ID      string         `json:"id"`
	Hash    string         `json:"hash"`
	State   string         `json:"state"`
	Problem string         `json:"problem,omitempty"`
	Counts  map[string]int `json:"counts"`
	Losses  map[string]int `json:"losses"`
}

type planLine struct {
	Op      string
	Loss    bool
	User    struct{ UserName string }
	Group   *struct{ DisplayName string }
	Because struct{ Sentence string }
}

// loses says whether the plan takes anything from anybody; applying it needs a comment then.
func (p *plan) loses() bool {
	if p == nil {
		return false
	}
	sum := p.Counts["membershipsRemoved"] + p.Counts["usersDisabled"] + p.Counts["usersDeleted"]
	for _, n := range p.Losses {
		sum += n
	}
	return sum > 0
}

// shownLines is how many of a plan's lines the terminal shows.
const shownLines = 50

// planned makes a plan and waits for it.
func planned(ctx context.Context, api *client, connector string, draft any) (p plan, err error) {
	path := "/connectors/" + escape(connector) + "/plans"
	if err := api.call(ctx, http.MethodPost, path, draft, &p); err != nil {
		return p, err
	}
	return p, waitPlanned(ctx, api, connector, &p)
}

// waitPlanned waits until a plan is made.
func waitPlanned(ctx context.Context, api *client, connector string, p *plan) error {
	path := "/connectors/" + escape(connector) + "/plans"
	for p.State == "running" {
		if err := sleepFor(ctx, 500*time.Millisecond); err != nil {
			return err
		}
		if err := api.call(ctx, http.MethodGet, path+"/"+p.ID, nil, p); err != nil {
			return err
		}
	}
	if p.State == "failed" {
		return fmt.Errorf("the plan failed: %s", p.Problem)
	}
	return nil
}

// planLines are a plan's first lines, losses first, and whether there are more.
func planLines(ctx context.Context, api *client, connector, id string) (lines []planLine, more bool, err error) {
	var page struct {
		Items []planLine
		Next  *string
	}
	path := "/connectors/" + escape(connector) + "/plans/" + id + "/changes?limit=" + strconv.Itoa(shownLines)
	err = api.call(ctx, http.MethodGet, path, nil, &page)
	return page.Items, page.Next != nil, err
}

func printLines(t *terminal, lines []planLine) error {
	rows := make([][]string, len(lines))
	for i, l := range lines {
		rows[i] = l.cells()
	}
	if len(rows) == 0 {
		return nil
	}
	return table(t.out, []string{"WHAT", "USER", "GROUP", "BECAUSE"}, rows)
}

// makePlan makes a plan and prints it.
func makePlan(ctx context.Context, t *terminal, r remote, connector string, draft any) error {
	api, err := r.connect()
	if err != nil {
		return err
	}
	p, err := planned(ctx, api, connector, draft)
	if err != nil {
		return err
	}
	return printPlan(ctx, t, r, api, connector, p)
}

// printPlan prints a plan that is made: its lines, the numbers, and how it is applied.
func printPlan(ctx context.Context, t *terminal, r remote, api *client, connector string, p plan) error {
	path := "/connectors/" + escape(connector) + "/plans/" + p.ID
	if r.Output == "json" {
		return show(ctx, t, r, http.MethodGet, path, nil, func(x json.RawMessage) error { return printJSON(t.out, x) })
	}
	lines, more, err := planLines(ctx, api, connector, p.ID)
	if err != nil {
		return err
	}
	if err := printLines(t, lines); err != nil {
		return err
	}
	if more {
		if err := say(t, "… and more: %s", shortly(connector, p.ID)); err != nil {
			return err
		}
	}
	return say(t, "%s\nApply it with: %s rules apply %s %s", p.inNumbers(), program(), connector, p.ID)
}

// inNumbers says a plan's counts in a line.
func (p plan) inNumbers() string {
	var parts []string
	for _, n := range []struct{ name, words string }{
		{"membershipsRemoved", "memberships removed"}, {"usersDeleted", "users deleted"}, {"usersDisabled", "users disabled"},
		{"membershipsAdded", "memberships added"}, {"usersCreated", "users created"}, {"usersLinked", "users linked"}, {"usersUpdated", "users updated"},
		{"usersEnabled", "users enabled"}, {"usersRestored", "users restored"}, {"groupsEmptied", "groups left empty"}, {"ambiguous", "records of whom it is unclear who they are"},
		{"blocked", "records that may not link"}, {"foreignGroups", "groups of others"},
	} {
		if count := p.Counts[n.name]; count > 0 {
			words := n.words
			if count == 1 {
				words = strings.Replace(words, "s ", " ", 1) // "1 user disabled"
			}
			parts = append(parts, fmt.Sprintf("%d %s", count, words))
		}
	}
	if len(parts) == 0 {
		return "Nobody gains or loses anything."
	}
	return strings.Join(parts, ", ") + "."
}

func sleepFor(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
