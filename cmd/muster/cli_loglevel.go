package main

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

type logLevelCmd struct {
	Show  logLevelShowCmd  `cmd:"" default:"withargs" help:"Say what the server logs."`
	Set   logLevelSetCmd   `cmd:"" help:"Change what the server logs, for a while."`
	Reset logLevelResetCmd `cmd:"" help:"Log as before, at once."`
}

type logLevelShowCmd struct {
	remote
}

type logLevelSetCmd struct {
	remote
	Level     string        `arg:"" enum:"debug,info,warn,error" help:"The least level that is logged: ${enum}."`
	Connector string        `short:"c" help:"Only for what concerns this connector." placeholder:"SLUG"`
	For       time.Duration `default:"15m" help:"For how long, up to 24h." placeholder:"TIME"`
}

type logLevelResetCmd struct {
	remote
	Connector string `short:"c" help:"The change for this connector; left out: the one for everything." placeholder:"SLUG"`
}

// logLevels is the API's answer.
type logLevels struct {
	Level, Started string
	Changes        []struct {
		Level, Connector string
		Until            time.Time
	}
}

// Run prints the levels.
func (c *logLevelShowCmd) Run(ctx context.Context, t *terminal) error {
	return show(ctx, t, c.remote, http.MethodGet, "/log-level", nil, sayLevels(t))
}

// Run changes a level.
func (c *logLevelSetCmd) Run(ctx context.Context, t *terminal) error {
	body := map[string]string{"level": c.Level, "for": c.For.String()}
	if c.Connector != "" {
		body["connector"] = c.Connector
	}
	return show(ctx, t, c.remote, http.MethodPut, "/log-level", body, sayLevels(t))
}

// Run ends a change.
func (c *logLevelResetCmd) Run(ctx context.Context, t *terminal) error {
	path := "/log-level"
	if c.Connector != "" {
		path += "?" + url.Values{"connector": {c.Connector}}.Encode()
	}
	return show(ctx, t, c.remote, http.MethodDelete, path, nil, sayLevels(t))
}

func sayLevels(t *terminal) func(logLevels) error {
	return func(l logLevels) error {
		rows := [][]string{{"everything", l.Level, ""}}
		for _, change := range l.Changes {
			until := change.Until.Local().Format(time.DateTime)
			if change.Connector == "" {
				rows[0][2] = until
				continue
			}
			rows = append(rows, []string{change.Connector, change.Level, until})
		}
		return table(t.out, []string{"OF", "LEVEL", "UNTIL"}, rows)
	}
}
