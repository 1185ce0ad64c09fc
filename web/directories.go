package web

import (
	"context"
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// Directory is a shared store of effective users, groups and memberships.
type Directory struct {
	ID       uuid.UUID                `json:"id" format:"uuid" doc:"The directory's id."`
	Name     string                   `json:"name" doc:"Unique in the deployment." example:"main"`
	Tenants  int                      `json:"tenants" doc:"How many tenants provision into it."`
	Created  time.Time                `json:"created" doc:"When it was made."`
	Removed  *time.Time               `json:"removed,omitempty" doc:"When it was removed; left out when it is there."`
	Purge    *time.Time               `json:"purgeAfter,omitempty" doc:"When a removed directory is purged; until then it can be restored."`
	Settings policy.DirectorySettings `json:"-"`
}

type plainDirectory Directory

// MarshalJSON puts the settings, which PATCH takes, beside the rest.
func (d Directory) MarshalJSON() ([]byte, error) {
	settings, err := json.Marshal(d.Settings)
	if err != nil {
		return nil, err
	}
	return beside(plainDirectory(d), settings)
}

// TransformSchema adds the settings to the schema.
func (Directory) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	maps.Copy(s.Properties, settingsSchema().Properties)
	return s
}

func sayDirectory(i directory.Info) Directory {
	return Directory{ID: i.ID, Name: i.Name, Tenants: i.Tenants, Created: i.Created.UTC(), Removed: when(i.Removed), Purge: when(i.PurgeAfter), Settings: i.Settings}
}

// NewDirectory is a directory to make.
type NewDirectory struct {
	Name string `json:"name" minLength:"1" maxLength:"256" doc:"Its name." example:"staging"`
}

type createDirectory struct {
	Body NewDirectory
}

type editDirectory struct {
	OfDirectory
	Conditional
	Body DirectoryPatch
}

type directoryOut struct {
	ETag string `header:"ETag" doc:"Tag of the directory's version."`
	Body Directory
}

func (a *API) addDirectories() {
	route(a, operation{method: http.MethodGet, path: "/directories", id: "listDirectories", tag: "Directories", role: reads(narrowed), summary: "List directories"},
		func(ctx context.Context, in *Paged) (*Listed[Directory], error) {
			all, err := a.effective.Directories(ctx)
			if err != nil {
				return nil, err
			}
			return paged(ctx, all, sayDirectory, func(i Directory) string { return i.Name }, *in)
		})
	route(a, operation{method: http.MethodPost, path: "/directories", id: "createDirectory", tag: "Directories", role: owns(deployment),
		status: http.StatusCreated, summary: "Make a directory", errors: map[int]string{http.StatusConflict: "The name is taken."},
	}, func(ctx context.Context, in *createDirectory) (*directoryOut, error) {
		i, err := a.effective.CreateDirectory(ctx, admin(ctx), in.Body.Name)
		return answerDirectory(i, err)
	})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}", id: "readDirectory", tag: "Directories", role: reads(theDirectory), missing: noDirectory, summary: "Read a directory", description: "Also one that is removed."},
		func(ctx context.Context, in *OfDirectory) (*directoryOut, error) {
			i, err := a.effective.FindDirectory(ctx, in.Directory)
			return answerDirectory(i, err)
		})
	route(a, operation{method: http.MethodPatch, path: "/directories/{d}", id: "editDirectory", tag: "Directories", role: edits(deployment), missing: noDirectory,
		summary:     "Change a directory's settings",
		description: "What is left out stays. Every affected user is settled: soon, not before the answer; GET /directories/{d}/settling says how many records still wait.",
		errors: map[int]string{
			http.StatusUnprocessableEntity: "An entry cannot be used (`invalidRules`); `errors` names its list and place.",
			http.StatusPreconditionFailed:  "The directory was changed since (`changedMeanwhile`).",
		},
	}, func(ctx context.Context, in *editDirectory) (*directoryOut, error) {
		i, err := a.changeDirectory(ctx, in)
		return answerDirectory(i, err)
	})
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/settling", id: "readDirectorySettling", tag: "Directories", role: reads(theDirectory), missing: noDirectory,
		summary: "How much of a directory waits to be settled",
	}, func(ctx context.Context, in *OfDirectory) (*settlingOut, error) {
		return a.settling(ctx, in.Directory, "")
	})
}

// changeDirectory lays the patch over the settings of the moment. Who changed them in between is
// not overwritten: the patch is laid over again, unless If-Match says which version it is for.
func (a *API) changeDirectory(ctx context.Context, in *editDirectory) (directory.Info, error) {
	for tries := 0; ; tries++ {
		now, err := a.effective.ReadDirectory(ctx, in.Directory)
		if err != nil {
			return directory.Info{}, err
		}
		settings, err := laidOver(now.Settings, in.Body)
		if err != nil {
			return directory.Info{}, err
		}
		match := in.match()
		if match == nil {
			match = func(version int64) bool { return version == now.Version }
		}
		changed, err := a.effective.SetDirectory(ctx, admin(ctx), in.Directory, match, settings)
		if !errors.Is(err, directory.ErrVersion) || in.match() != nil || tries == 3 {
			return changed, err
		}
	}
}

func laidOver(now policy.DirectorySettings, patch DirectoryPatch) (settings policy.DirectorySettings, err error) {
	whole := map[string]json.RawMessage{}
	text, err := json.Marshal(now)
	if err != nil {
		return settings, err
	}
	if err := json.Unmarshal(text, &whole); err != nil {
		return settings, err
	}
	maps.Copy(whole, patch)
	if text, err = json.Marshal(whole); err != nil {
		return settings, err
	}
	if err := json.Unmarshal(text, &settings); err != nil {
		return settings, invalid("body", err.Error())
	}
	return settings, nil
}

func answerDirectory(i directory.Info, err error) (*directoryOut, error) {
	if err != nil {
		return nil, err
	}
	return &directoryOut{ETag: etag(i.Version), Body: sayDirectory(i)}, nil
}
