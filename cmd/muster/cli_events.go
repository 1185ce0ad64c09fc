package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

type eventsCmd struct {
	List eventsListCmd `cmd:"" default:"withargs" help:"List events, the newest first."`
	Tail eventsTailCmd `cmd:"" help:"Print events as they happen."`
}

type eventsListCmd struct {
	remote
	Connector  string `help:"Only events of this connector."`
	User       string `help:"Only events of this user, by userName or id."`
	Group      string `help:"Only events of this group, by name or id."`
	Credential string `help:"Only what this credential did, by name or id; one that has ended too."`
	Action     string `help:"Only events whose action begins so, such as record.user or directory.membership.removed."`
	Actor      string `help:"Only events of this actor."`
	Request    string `help:"Only events of the request of this id." placeholder:"ID"`
	Outcome    string `enum:",done,refused,would" default:"" help:"Only events of this outcome: done, refused, or would, of observed connectors."`
	Text       string `short:"q" help:"Only events in whose values all these words are, the last perhaps only begun; a family name, for instance." placeholder:"WORDS"`
	Since      span   `help:"Only events of the last while, such as 24h or 7d." placeholder:"DURATION"`
	Limit      int    `default:"100" help:"How many, the newest first; 0 is all."`
	CSV        bool   `name:"csv" help:"Write every event that fits as CSV."`
	JSONL      bool   `name:"jsonl" help:"Write every event that fits as JSON lines."`
}

type event struct {
	Time                                                     time.Time
	Action, Actor, ActorType, Connector, User, Group, Record string
	Credential                                               string
	Changes                                                  json.RawMessage
}

// Help shows how.
func (eventsListCmd) Help() string {
	return "Examples:\n\n" +
		"  muster events --action directory.membership.removed --since 24h\n" +
		"  muster events --user ada@acme.example\n" +
		"  muster events -q lovelace --outcome done\n" +
		"  muster events --since 30d --csv > audit.csv"
}

// Run lists events, or streams them as CSV or JSON lines.
func (c *eventsListCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{}
	for name, value := range map[string]string{"connector": c.Connector, "user": c.User, "group": c.Group, "credential": c.Credential, "action": c.Action,
		"actor": c.Actor, "request": c.Request, "outcome": c.Outcome, "q": c.Text} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if c.Since > 0 {
		query.Set("since", time.Now().Add(-c.Since.duration()).UTC().Format(time.RFC3339))
	}
	if c.CSV || c.JSONL {
		form := "text/csv"
		if c.JSONL {
			form = "application/jsonl"
		}
		api, err := c.connect()
		if err != nil {
			return err
		}
		api.http.Timeout = 0
		response, err := api.send(ctx, http.MethodGet, "/events?"+query.Encode(), form, nil)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		_, err = io.Copy(t.out, response.Body)
		return err
	}
	return c.print(ctx, t, "/events?"+query.Encode())
}

// print shows the newest events, and says when there are more.
func (c *eventsListCmd) print(ctx context.Context, t *terminal, path string) error {
	api, err := c.connect()
	if err != nil {
		return err
	}
	more := errors.New("there are more events")
	var items []json.RawMessage
	err = each(ctx, api, path, func(item json.RawMessage) error {
		if c.Limit > 0 && len(items) == c.Limit {
			return more
		}
		items = append(items, item)
		return nil
	})
	if err != nil && !errors.Is(err, more) {
		return err
	}
	if printed := c.printItems(t, items); printed != nil || err == nil {
		return printed
	}
	_, err = fmt.Fprintf(t.err, "These are the newest %d; --limit 0 shows all, --csv writes them as CSV.\n", c.Limit)
	return err
}

func (c *eventsListCmd) printItems(t *terminal, items []json.RawMessage) error {
	if c.Output == "json" {
		data, err := json.Marshal(append([]json.RawMessage{}, items...))
		if err != nil {
			return err
		}
		return printJSON(t.out, data)
	}
	if len(items) == 0 {
		_, err := fmt.Fprintln(t.err, "There are none.")
		return err
	}
	rows := make([][]string, len(items))
	for i, item := range items {
		var x event
		if err := json.Unmarshal(item, &x); err != nil {
			return fmt.Errorf("an event is not what this version expects: %w", err)
		}
		rows[i] = []string{x.Time.UTC().Format(time.DateTime), x.Action, x.by(), orDash(x.Connector), x.what()}
	}
	return table(t.out, []string{"TIME (UTC)", "ACTION", "BY", "CONNECTOR", "WHAT"}, rows)
}

// by names the actor as shortly as it can be told from others.
func (x event) by() string {
	if x.Credential != "" {
		return "credential " + strconv.Quote(x.Credential)
	}
	if x.ActorType == "credential" && len(x.Actor) == 36 {
		return "credential …" + x.Actor[28:]
	}
	return x.ActorType + " " + x.Actor
}

// what says what changed, and of whom.
func (x event) what() string {
	parts := []string{inShort(x.Changes)}
	if x.User != "" {
		parts = append(parts, "user "+x.User)
	}
	if x.Record != "" {
		parts = append(parts, "record "+x.Record)
	}
	return strings.Join(slices.DeleteFunc(parts, func(s string) bool { return s == "" }), ", ")
}
