package web

import (
	"context"
	"net/http"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

const noVersion = "Connector {c} never had rules of that version. GET /api/v1/connectors/{c}/rules/versions lists them."

// RuleVersion is one set of rules that a connector had.
type RuleVersion struct {
	Version   int64      `json:"version" doc:"Its number; the ETag of the rules is the newest." example:"7"`
	Rules     *Rules     `json:"rules,omitempty" doc:"The rules; left out in lists."`
	CreatedBy string     `json:"createdBy,omitempty" doc:"Who set them."`
	Comment   string     `json:"comment,omitempty" doc:"Why."`
	Plan      *uuid.UUID `json:"plan,omitempty" format:"uuid" doc:"The plan that was applied."`
	CreatedAt time.Time  `json:"createdAt" doc:"Since when."`
}

type listVersions struct {
	OfConnector
	Paged
}

type ofVersion struct {
	OfConnector
	Version int64 `path:"version" minimum:"1" doc:"The version's number." example:"7"`
}

type versionOut struct {
	Body RuleVersion
}

func sayVersion(v directory.RuleVersion) RuleVersion {
	return RuleVersion{Version: v.Version, CreatedBy: v.Actor, Comment: v.Comment, Plan: some(v.Plan), CreatedAt: v.Created.UTC()}
}

func (a *API) addVersions() {
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/rules/versions", id: "listRuleVersions", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary: "List the versions of a connector's rules", description: "The newest first."},
		func(ctx context.Context, in *listVersions) (*Listed[RuleVersion], error) {
			page, err := a.effective.RuleVersions(ctx, in.Connector, in.listing())
			if err != nil {
				return nil, err
			}
			return listed(page, sayVersion), nil
		})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/rules/versions/{version}", id: "readRuleVersion", tag: "Connectors", role: reads(theConnector), missing: noVersion,
		summary: "Read a version of a connector's rules", description: "To go back to it, plan its rules."},
		func(ctx context.Context, in *ofVersion) (*versionOut, error) {
			v, err := a.effective.RuleVersion(ctx, in.Connector, in.Version)
			if err != nil {
				return nil, err
			}
			out := sayVersion(v)
			out.Rules = &Rules{v.Rules}
			return &versionOut{Body: out}, nil
		})
}
