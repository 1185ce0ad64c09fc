package web

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/policy/mapping"
)

// NewMappingTrial asks what a mapping makes of one record.
type NewMappingTrial struct {
	Mapping  json.RawMessage `json:"mapping,omitempty" doc:"A mapping as in the rules; left out, the connector's own." example:"{\"steps\":[{\"target\":\"title\",\"expression\":\"enterprise.department\"}]}"`
	Record   *uuid.UUID      `json:"record,omitempty" format:"uuid" doc:"The SCIM id of a record of the connector."`
	Payload  map[string]any  `json:"payload,omitempty" doc:"Instead of a record: a user as an IdP sends it."`
	Existing bool            `json:"existing,omitempty" doc:"As if the record had counted before and been changed since: steps with when update take effect."`
	Groups   []string        `json:"groups,omitempty" maxItems:"1000" doc:"Names of groups as the IdP sends them, to see what the renames make of them."`
}

// MappingTried is what a mapping makes of one record.
type MappingTried struct {
	Before  map[string]any   `json:"before,omitempty" doc:"What the IdP said."`
	After   map[string]any   `json:"after,omitempty" doc:"What the directory's user would be given."`
	Steps   []MappingStepRun `json:"steps" nullable:"false" doc:"What each step did, in order."`
	Dropped bool             `json:"dropped" doc:"dropWhen is true: the record does not count."`
	Problem string           `json:"problem,omitempty" doc:"Why the mapping cannot be carried out: the user keeps what it holds, and a new record waits."`
	New     bool             `json:"new" doc:"The record has not counted before: steps with when create take effect."`
	Masked  bool             `json:"masked,omitempty" doc:"The record has sensitive attributes. They are hidden, from the expressions too, so what is made of them is another value than the real one."`
	Groups  []MappedName     `json:"groups" nullable:"false" doc:"The names of groups, before and after the renames."`
}

// MappingStepRun is what one step did.
type MappingStepRun struct {
	Target  string `json:"target" doc:"The attribute." example:"title"`
	Skipped bool   `json:"skipped,omitempty" doc:"The step is for another time (its when)."`
	Before  any    `json:"before,omitempty" doc:"The value before the step."`
	After   any    `json:"after,omitempty" doc:"The value after it; left out when there is none."`
	Problem string `json:"problem,omitempty" doc:"Why the step cannot be carried out, and what to do."`
}

// MappedName is the name of a group before and after the renames.
type MappedName struct {
	Before string `json:"before" doc:"As the IdP sends it." example:"okta-jira-users"`
	After  string `json:"after" doc:"As the lists and the directory know it." example:"jira-users"`
}

// MappingCoverage is what a connector's records bring, and how its mapping fares.
type MappingCoverage struct {
	Records  int           `json:"records" doc:"Records that were looked at."`
	Complete bool          `json:"complete" doc:"These are all that the connector holds."`
	Dropped  int           `json:"dropped" doc:"Records that dropWhen drops."`
	Failed   int           `json:"failed" doc:"Records for which the mapping cannot be carried out."`
	Paths    []CoveredPath `json:"paths" nullable:"false" doc:"The attributes that arrive, as targets and expressions name them."`
	More     bool          `json:"more,omitempty" doc:"There are more attributes than are listed."`
	Steps    []CoveredStep `json:"steps" nullable:"false" doc:"How each step fares, in order."`
	DropWhen *CoveredStep  `json:"dropWhen,omitempty" doc:"How dropWhen fares, where it cannot be carried out for a record."`
}

// CoveredPath is an attribute that arrives.
type CoveredPath struct {
	Path    string `json:"path" doc:"The attribute." example:"name.givenName"`
	Records int    `json:"records" doc:"Records that have it."`
}

// CoveredStep is how one step fares.
type CoveredStep struct {
	Target   string      `json:"target,omitempty" doc:"The attribute." example:"title"`
	Gave     int         `json:"gave" doc:"Records to which it gave a value."`
	Removed  int         `json:"removed" doc:"Records from which it took the value away."`
	Skipped  int         `json:"skipped" doc:"Records for which it was not the time (when)."`
	Failed   int         `json:"failed" doc:"Records for which it cannot be carried out."`
	Problem  string      `json:"problem,omitempty" doc:"Why not, for the first of them."`
	Examples []uuid.UUID `json:"examples,omitempty" doc:"SCIM ids of some of them: try the mapping on one."`
}

type writeMappingTrial struct {
	OfConnector
	Body NewMappingTrial
}

type mappingTriedOut struct{ Body MappingTried }

type readCoverage struct {
	OfConnector
	Records int `query:"records" minimum:"1" maximum:"100000" default:"10000" doc:"How many records to look at, at most."`
}

type coverageOut struct{ Body MappingCoverage }

func (a *API) addMapping() {
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/mapping/trial", id: "tryMapping", tag: "Connectors", role: reads(theConnector), missing: "There is no such connector, or no such record of it.",
		summary:     "Try a mapping on a record or a payload",
		description: "Runs the mapping as settling does and tells what each step does. Nothing is kept.",
		errors:      map[int]string{http.StatusUnprocessableEntity: "The mapping cannot be used (`invalidRules`); `errors` names the place, with line, column and what to do."},
	}, func(ctx context.Context, in *writeMappingTrial) (*mappingTriedOut, error) {
		trial := directory.MappingTrial{Payload: in.Body.Payload, Existing: in.Body.Existing, Groups: in.Body.Groups}
		if in.Body.Record != nil {
			trial.Record = *in.Body.Record
		}
		if trial.Record != uuid.Nil && trial.Payload != nil {
			return nil, newProblem(http.StatusUnprocessableEntity, "invalidTrial", "Give a record or a payload, one of the two.")
		}
		if len(in.Body.Mapping) > 0 {
			m, err := policy.ReadMapping(in.Body.Mapping)
			if err != nil {
				return nil, newProblem(http.StatusUnprocessableEntity, "invalidRules", sentence(err))
			}
			trial.Mapping = &m
		}
		tried, err := a.effective.TryMapping(ctx, in.Connector, trial)
		if err != nil {
			return nil, err
		}
		return &mappingTriedOut{sayMappingTried(tried)}, nil
	})
	route(a, operation{method: http.MethodGet, path: "/connectors/{c}/mapping/coverage", id: "readMappingCoverage", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary:     "What arrives of a connector's users, and how its mapping fares",
		description: "Counts over the stored records which attributes arrive, and what each step of the connector's mapping does.",
	}, func(ctx context.Context, in *readCoverage) (*coverageOut, error) {
		covered, err := a.effective.CoverMapping(ctx, in.Connector, in.Records)
		if err != nil {
			return nil, err
		}
		return &coverageOut{sayCoverage(covered)}, nil
	})
}

func sayMappingTried(t directory.MappingTried) MappingTried {
	out := MappingTried{Before: t.Before, After: t.After, Dropped: t.Dropped, Problem: t.Problem.String(), New: t.New, Masked: t.Masked, Steps: []MappingStepRun{}, Groups: []MappedName{}}
	for _, s := range t.Steps {
		out.Steps = append(out.Steps, sayMapped(s))
	}
	for _, g := range t.Groups {
		out.Groups = append(out.Groups, MappedName(g))
	}
	return out
}

func sayMapped(s mapping.StepResult) MappingStepRun {
	return MappingStepRun{Target: s.Target, Skipped: s.Skipped, Before: s.Before, After: s.After, Problem: s.Problem.String()}
}

func sayCoverage(c directory.MappingCoverage) MappingCoverage {
	out := MappingCoverage{Records: c.Records, Complete: c.Complete, Dropped: c.Dropped, Failed: c.Failed, More: c.More, Paths: []CoveredPath{}, Steps: []CoveredStep{}}
	for _, p := range c.Paths {
		out.Paths = append(out.Paths, CoveredPath(p))
	}
	for _, s := range c.Steps {
		out.Steps = append(out.Steps, CoveredStep(s))
	}
	if c.DropWhen.Failed > 0 {
		step := CoveredStep(c.DropWhen)
		out.DropWhen = &step
	}
	return out
}
