package web

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-scim/muster/directory"
)

// RulesDraft is the rules of a connector that somebody is writing.
type RulesDraft struct {
	Rules     *Rules     `json:"rules,omitempty" doc:"The rules, half written maybe; left out when there is no draft."`
	BasedOn   int64      `json:"basedOn,omitempty" doc:"The version of the rules that the draft was begun from." example:"7"`
	ChangedBy string     `json:"changedBy,omitempty" doc:"Who changed it last."`
	ChangedAt *time.Time `json:"changedAt,omitempty" doc:"When."`
}

// NewRulesDraft is rules to keep as the draft.
type NewRulesDraft struct {
	Rules   Rules `json:"rules" doc:"The rules, half written maybe: nothing of them is checked but their form."`
	BasedOn int64 `json:"basedOn" minimum:"1" doc:"The version of the rules that they were begun from: the number in the ETag of GET /connectors/{c}/rules." example:"7"`
}

type keepRulesDraft struct {
	OfConnector
	Conditional
	Body NewRulesDraft
}

type dropRulesDraft struct {
	OfConnector
	Conditional
}

type rulesDraftOut struct {
	ETag string `header:"ETag" doc:"Tag of the draft; \"0\" when there is none."`
	Body RulesDraft
}

func sayRulesDraft(d directory.RulesDraft) *rulesDraftOut {
	out := &rulesDraftOut{ETag: etag(d.Version)}
	if d.Version != 0 {
		out.Body = RulesDraft{Rules: &Rules{d.Rules}, BasedOn: d.BasedOn, ChangedBy: d.Actor, ChangedAt: when(d.Changed)}
	}
	return out
}

func (a *API) addRulesDraft() {
	const path = "/connectors/{c}/rules/draft"
	changed := map[int]string{http.StatusPreconditionFailed: "Somebody else changed the draft, or began or dropped one, since it was read (`changedMeanwhile`)."}
	route(a, operation{method: http.MethodGet, path: path, id: "readRulesDraft", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		summary:     "Read the draft of a connector's rules",
		description: "What administrators write together before they plan it: a connector has one draft at most. It is no version and changes nothing. Without one the answer is empty, with the tag `\"0\"`.",
	}, func(ctx context.Context, in *OfConnector) (*rulesDraftOut, error) {
		d, err := a.effective.RulesDraft(ctx, in.Connector)
		if err != nil {
			return nil, err
		}
		return sayRulesDraft(d), nil
	})
	route(a, operation{method: http.MethodPut, path: path, id: "keepRulesDraft", tag: "Connectors", role: edits(theConnector), missing: noConnector,
		summary: "Keep the draft of a connector's rules",
		description: "With `If-Match` the draft is kept only if it is still the one that was read, `\"0\"` meaning none, so that two administrators notice each other. " +
			"Rules that cannot be used yet are kept too; POST /connectors/{c}/rules/judgement says what is wrong with them. It leaves no event: planning and applying do.",
		errors: changed,
	}, func(ctx context.Context, in *keepRulesDraft) (*rulesDraftOut, error) {
		if err := a.mayKeep(ctx, in.Connector, in.Body.Rules.Rules); err != nil {
			return nil, err
		}
		d, err := a.effective.KeepRulesDraft(ctx, admin(ctx), in.Connector, in.match(), in.Body.BasedOn, in.Body.Rules.Rules)
		if err != nil {
			return nil, err
		}
		return sayRulesDraft(d), nil
	})
	route(a, operation{method: http.MethodDelete, path: path, id: "dropRulesDraft", tag: "Connectors", role: edits(theConnector), missing: noConnector,
		summary: "Drop the draft of a connector's rules", description: "The rules in force stay as they are. Without a draft there is nothing to do.",
		errors: changed,
	}, func(ctx context.Context, in *dropRulesDraft) (*struct{}, error) {
		return nil, a.effective.DropRulesDraft(ctx, in.Connector, in.match())
	})
}
