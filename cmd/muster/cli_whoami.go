package main

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

type whoamiCmd struct{ remote }

// Help shows how.
func (whoamiCmd) Help() string {
	return "Of an API token in MUSTER_ADMIN_TOKEN, what is left of its role and its administrator's.\n\nExample:\n\n  muster whoami"
}

// Run says who calls.
func (c *whoamiCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/me", nil, func(x struct {
		Administrator *struct{ Email string }
		Role          string
		Limited       bool
		Connectors    []string
	}) error {
		who, reach := "the deployment's admin token", "everything"
		if x.Administrator != nil {
			who = x.Administrator.Email
		}
		if x.Limited {
			reach = "the connectors " + orDash(strings.Join(x.Connectors, ", "))
		}
		return table(t.out, nil, [][]string{{"who", who}, {"role", x.Role}, {"sees", reach}})
	})
}

type activityCmd struct{ remote }

// Help shows how.
func (activityCmd) Help() string {
	return "How many of the connectors' requests are kept, and since when; written and lost are of the replica that answers. muster requests lists them.\n\nExample:\n\n  muster activity"
}

// Run says how much is kept.
func (c *activityCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/activity", nil, func(x map[string]any) error {
		var rows [][]string
		for _, name := range slices.Sorted(maps.Keys(x)) {
			text := "-"
			switch value := x[name].(type) {
			case nil:
			case float64:
				text = fmt.Sprintf("%.0f", value)
			default:
				text = fmt.Sprint(value)
			}
			rows = append(rows, []string{name, text})
		}
		return table(t.out, nil, rows)
	})
}
