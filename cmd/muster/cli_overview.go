package main

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-scim/muster/web"
)

type overviewCmd struct {
	Show     overviewShowCmd     `cmd:"" default:"withargs" help:"Say how every connector stands, and what waits for a decision."`
	Activity overviewActivityCmd `cmd:"" help:"Count requests and effective changes over time."`
}

type overviewShowCmd struct{ remote }

// Help shows how.
func (overviewShowCmd) Help() string {
	return "The counts are of about the last 24 hours.\n\nExample:\n\n  muster overview"
}

// Run says how every connector stands.
func (c *overviewShowCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/overview", nil, func(o web.Overview) error {
		rows := make([][]string, len(o.Connectors))
		for i, s := range o.Connectors {
			last := "never"
			if s.Last != nil {
				last = s.Last.Format(time.RFC3339)
			}
			rows[i] = []string{s.Connector, s.Mode, string(s.State), last, requestsOf(s.Day), strconv.FormatInt(s.Day.Changes, 10), cmp.Or(strings.Join(waiting(s), ", "), "nothing")}
		}
		for _, d := range o.Degraded {
			if _, err := fmt.Fprintf(t.out, "%s: %s. %s\n", d.Name, d.Detail, d.Next); err != nil {
				return err
			}
		}
		return table(t.out, []string{"CONNECTOR", "MODE", "STATE", "LAST REQUEST", "REQUESTS", "CHANGES", "WAITS FOR YOU"}, rows)
	})
}

// waiting is what of a connector somebody should look at.
func waiting(s web.ConnectorStanding) (all []string) {
	if s.Held > 0 {
		all = append(all, fmt.Sprintf("%d held changes", s.Held))
	}
	if s.Conflicts > 0 {
		all = append(all, fmt.Sprintf("%d conflicts", s.Conflicts))
	}
	if s.Ready {
		all = append(all, "going live")
	}
	for _, k := range s.Ending {
		all = append(all, fmt.Sprintf("credential %q ends %s", k.Name, k.Expires.Format(time.DateOnly)))
	}
	if s.Quiet != "" {
		all = append(all, "quiet for too long")
	}
	return all
}

func requestsOf(t web.Traffic) string {
	return strconv.FormatInt(t.Reads+t.Writes+t.Refused+t.Failed, 10)
}

type overviewActivityCmd struct {
	remote
	Range     string `enum:"1h,24h,7d" default:"24h" help:"How far back: 1h, 24h or 7d."`
	Connector string `help:"Only of this connector, by slug." placeholder:"SLUG"`
}

// Help shows how.
func (overviewActivityCmd) Help() string {
	return "Steps in which nothing came are left out of the table.\n\nExample:\n\n  muster overview activity --range 1h"
}

// Run counts what came and what it did.
func (c *overviewActivityCmd) Run(ctx context.Context, t *terminal) error {
	query := url.Values{"range": {c.Range}}
	if c.Connector != "" {
		query.Set("connector", c.Connector)
	}
	return show(ctx, t, c.remote, http.MethodGet, "/overview/activity?"+query.Encode(), nil, func(o web.TrafficOverTime) error {
		var rows [][]string
		row := func(at string, x web.Traffic) {
			line := []string{at}
			for _, n := range []int64{x.Reads, x.Writes, x.Refused, x.Failed, x.Changes, x.Losses} {
				line = append(line, strconv.FormatInt(n, 10))
			}
			rows = append(rows, line)
		}
		for _, s := range o.Items {
			if s.Traffic != (web.Traffic{}) {
				row(s.At.Format(time.RFC3339), s.Traffic)
			}
		}
		row("all", o.Total)
		return table(t.out, []string{"FROM", "READS", "WRITES", "REFUSED", "FAILED", "CHANGES", "LOSSES"}, rows)
	})
}
