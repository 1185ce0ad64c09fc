package web

import (
	"context"
	"reflect"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// mayGive says whether the caller may give the connector these rules. Whom a connector may link
// beyond its tenant, and how much it may take away unasked, is not for those who are limited.
func (a *API) mayGive(ctx context.Context, connector string, next policy.Rules) error {
	if viewIn(ctx) == nil {
		return nil
	}
	now, _, err := a.effective.Rules(ctx, connector)
	if err != nil {
		return err
	}
	switch {
	case next.Linking.AcrossTenants != now.Linking.AcrossTenants:
		return forTheDeployment("linking.acrossTenants is for administrators of the whole deployment, and you are limited to tenants. Send it as it is.")
	case !sameList(next.Linking.Domains, now.Linking.Domains):
		return forTheDeployment("linking.domains is for administrators of the whole deployment, and you are limited to tenants. Send it as it is.")
	case !reflect.DeepEqual(next.Safety, now.Safety):
		return forTheDeployment("safety is for administrators of the whole deployment, and you are limited to tenants. Send it as it is.")
	}
	return nil
}

func sameList(a, b []string) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }

// mayApply is mayGive for the rules that a plan holds.
func (a *API) mayApply(ctx context.Context, connector string, plan uuid.UUID) error {
	if viewIn(ctx) == nil {
		return nil
	}
	p, err := a.effective.ReadPlan(ctx, connector, plan)
	if err != nil || p.Draft.Rules == nil {
		return err
	}
	return a.mayGive(ctx, connector, *p.Draft.Rules)
}

// mayCancel is mayGive for the rules that a job has replaced, which come back when it is cancelled.
func (a *API) mayCancel(ctx context.Context, job uuid.UUID) error {
	if viewIn(ctx) == nil {
		return nil
	}
	j, err := a.effective.ReadJob(ctx, job)
	if err != nil || j.Former.Rules == nil {
		return err
	}
	return a.mayGive(ctx, j.Slug, *j.Former.Rules)
}

// mayPlace says whether the caller may change a connector's precedence.
func mayPlace(ctx context.Context, precedence *int) error {
	if viewIn(ctx) == nil || precedence == nil {
		return nil
	}
	return forTheDeployment("precedence is for administrators of the whole deployment, and you are limited to tenants. Leave it out.")
}
