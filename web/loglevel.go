package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/muster-scim/muster/tenants"
)

// Levels changes what the server logs, while it runs.
type Levels interface {
	// Started is the level that the server was started with: debug, info, warn or error.
	Started() string
	// Change makes every replica log by a level; *tenants.Problem when there is no such connector.
	Change(ctx context.Context, l tenants.LogLevel) error
	// Holding are the changes that hold now.
	Holding(ctx context.Context) ([]tenants.LogLevel, error)
}

// LogLevel is what the server logs.
type LogLevel struct {
	Level   string        `json:"level" enum:"debug,info,warn,error" doc:"What holds for everything that is not named in changes: the changed level or, without one, the one the server was started with."`
	Started string        `json:"started" enum:"debug,info,warn,error" doc:"The level the server was started with, MUSTER_LOG_LEVEL."`
	Changes []LevelChange `json:"changes" nullable:"false" doc:"Changes that hold now. Each ends by itself."`
}

// LevelChange is a change of the log level.
type LevelChange struct {
	Level     string    `json:"level" enum:"debug,info,warn,error" doc:"The least level that is logged."`
	Connector string    `json:"connector,omitempty" doc:"Only for what concerns this connector, by slug; left out: for everything." example:"acme-okta"`
	Until     time.Time `json:"until" doc:"When the former level holds again."`
}

type changeLevel struct {
	Body struct {
		Level     string `json:"level" enum:"debug,info,warn,error" doc:"The least level that is logged from now on." example:"debug"`
		Connector string `json:"connector,omitempty" maxLength:"100" doc:"Only for what concerns this connector, by slug." example:"acme-okta"`
		For       string `json:"for,omitempty" maxLength:"32" doc:"For how long, up to 24h. Left out: 15m." example:"15m"`
	}
}

type endLevel struct {
	Connector string `query:"connector" maxLength:"100" doc:"End the change for this connector; left out: the one for everything." example:"acme-okta"`
}

type levelOut struct {
	Body LogLevel
}

func (a *API) addLogLevel() {
	route(a, operation{method: http.MethodGet, path: "/log-level", id: "readLogLevel", tag: "Server", role: reads(deployment), summary: "Read what the server logs",
		errors: map[int]string{http.StatusNotImplemented: "This server cannot change it (`notInThisVersion`)."},
	}, func(ctx context.Context, _ *struct{}) (*levelOut, error) { return a.sayLevels(ctx) })
	route(a, operation{method: http.MethodPut, path: "/log-level", id: "changeLogLevel", tag: "Server", role: owns(deployment), status: http.StatusOK,
		summary: "Change what the server logs, for a while",
		description: "On every replica, within seconds, for everything or for one connector. It ends by itself, survives a restart, and is an event of the audit. " +
			"Above `debug` the log holds no paths, as they name people.",
	}, func(ctx context.Context, in *changeLevel) (*levelOut, error) {
		l, err := tenants.NewLogLevel(in.Body.Level, in.Body.Connector, in.Body.For, a.now())
		if err != nil {
			return nil, err
		}
		return a.changeLevel(ctx, l)
	})
	route(a, operation{method: http.MethodDelete, path: "/log-level", id: "endLogLevel", tag: "Server", role: owns(deployment), status: http.StatusOK,
		summary: "Log as before, at once",
	}, func(ctx context.Context, in *endLevel) (*levelOut, error) {
		return a.changeLevel(ctx, tenants.LogLevel{Connector: in.Connector, Since: a.now().UTC()})
	})
}

func (a *API) changeLevel(ctx context.Context, l tenants.LogLevel) (*levelOut, error) {
	if a.levels == nil {
		return nil, errNoLevels
	}
	if err := a.levels.Change(acting(ctx), l); err != nil {
		return nil, err
	}
	return a.sayLevels(ctx)
}

var errNoLevels = newProblem(http.StatusNotImplemented, "notInThisVersion", "This server cannot change its log level while it runs. Set MUSTER_LOG_LEVEL and start it again.")

func (a *API) sayLevels(ctx context.Context) (*levelOut, error) {
	if a.levels == nil {
		return nil, errNoLevels
	}
	holding, err := a.levels.Holding(ctx)
	if err != nil {
		return nil, err
	}
	slices.SortFunc(holding, func(x, y tenants.LogLevel) int { return strings.Compare(x.Connector, y.Connector) })
	out := &levelOut{Body: LogLevel{Level: a.levels.Started(), Started: a.levels.Started(), Changes: []LevelChange{}}}
	for _, l := range holding {
		if l.Connector == "" {
			out.Body.Level = l.Level
		}
		out.Body.Changes = append(out.Body.Changes, LevelChange{Level: l.Level, Connector: l.Connector, Until: l.Until.UTC()})
	}
	return out, nil
}
