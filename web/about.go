package web

import (
	"context"
	"net/http"
)

// Host is what a server rests on.
type Host struct {
	Database string // postgresql or sqlite
	Schema   int64  // the number of the database's last migration
	Redis    bool   // whether replicas share through it
}

// About is what a server is and rests on. It holds no address of a store, and no secret.
type About struct {
	Version   string `json:"version" doc:"Which Muster this is." example:"1.4.0"`
	PublicURL string `json:"publicUrl" doc:"What base URLs of connectors are built from, MUSTER_PUBLIC_URL." example:"https://muster.example.com"`
	Database  string `json:"database" enum:"postgresql,sqlite" doc:"Which database it keeps everything in."`
	Schema    int64  `json:"schema" doc:"The number of the database's last migration." example:"24"`
	Redis     bool   `json:"redis" doc:"Whether replicas share credentials and limits through Redis; else each goes by itself."`
}

type aboutOut struct {
	Body About
}

func (a *API) addAbout() {
	route(a, operation{method: http.MethodGet, path: "/about", id: "readAbout", tag: "Server", role: reads(deployment), summary: "Read what the server is and rests on",
		description: "Its version, the kind of its stores and the number of the last migration, for a report of a problem. No address of a store, no secret.",
		errors:      map[int]string{http.StatusNotImplemented: "This server does not say (`notInThisVersion`)."},
	}, func(ctx context.Context, _ *struct{}) (*aboutOut, error) {
		if a.host == nil {
			return nil, newProblem(http.StatusNotImplemented, "notInThisVersion", "This server does not say what it rests on. `muster doctor` does.")
		}
		h, err := a.host(ctx)
		if err != nil {
			return nil, err
		}
		return &aboutOut{About{Version: a.version, PublicURL: a.public, Database: h.Database, Schema: h.Schema, Redis: h.Redis}}, nil
	})
}
