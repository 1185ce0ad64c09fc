package main

import (
	"context"
	"fmt"
	"net/http"
)

type holdsLimitsCmd struct {
	remote
	Slug string `arg:"" help:"The connector's slug."`
}

// Help shows how.
func (holdsLimitsCmd) Help() string {
	return "What is used up of a window or of a day comes free as time passes.\n\nExample:\n\n  muster holds limits acme-okta"
}

type safetyNow struct {
	Window   string
	Off      bool
	Counters []struct {
		Kind                                        string
		Supported, Lost, Limit, LostInDay, DayLimit int
	}
}

// Run says what the limits of a connector let through now.
func (c *holdsLimitsCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodPost, "/connectors/"+escape(c.Slug)+"/safety/judgement", map[string]any{}, func(now safetyNow) error {
		if now.Off {
			_, err := fmt.Fprintln(t.out, "Nothing is limited: safety is off.")
			return err
		}
		var rows [][]string
		for _, n := range now.Counters {
			rows = append(rows, []string{n.Kind, fmt.Sprint(n.Supported), fmt.Sprint(n.Lost), fmt.Sprint(n.Limit), fmt.Sprint(n.LostInDay), fmt.Sprint(n.DayLimit)})
		}
		return table(t.out, []string{"WHAT", "SUPPORTED", "LOST IN " + now.Window, "LIMIT", "LOST IN 24h", "LIMIT"}, rows)
	})
}
