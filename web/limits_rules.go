package web

import (
	"context"
	"reflect"
	"slices"

	"github.com/muster-scim/muster/policy"
)

// reserved are the parts of rules that are not for those who are limited to tenants: whom a
// connector may link beyond its tenant, and how much it may take away unasked.
var reserved = []struct {
	name string
	same func(a, b policy.Rules) bool
}{
	{"linking.acrossTenants", func(a, b policy.Rules) bool { return a.Linking.AcrossTenants == b.Linking.AcrossTenants }},
	{"linking.domains", func(a, b policy.Rules) bool { return sameList(a.Linking.Domains, b.Linking.Domains) }},
	{"safety", func(a, b policy.Rules) bool { return reflect.DeepEqual(a.Safety, b.Safety) }},
}

func sameList(a, b []string) bool { return len(a) == 0 && len(b) == 0 || reflect.DeepEqual(a, b) }

// leftAlone says whether each reserved part of the rules is as one of those that stand already.
func leftAlone(next policy.Rules, standing ...policy.Rules) error {
	for _, part := range reserved {
		if !slices.ContainsFunc(standing, func(r policy.Rules) bool { return part.same(next, r) }) {
			return forTheDeployment(part.name + " is not as it is in force, and you are limited to tenants: only administrators of the whole deployment change it. " +
				"Put it back as it is, or ask one of them.")
		}
	}
	return nil
}

// mayGive says whether the caller may plan to give the connector these rules. Giving them asks
// leftAlone again, in its transaction.
func (a *API) mayGive(ctx context.Context, connector string, next policy.Rules) error {
	if viewIn(ctx) == nil {
		return nil
	}
	now, _, err := a.effective.Rules(ctx, connector)
	if err != nil {
		return err
	}
	return leftAlone(next, now)
}

// mayKeep is mayGive for a draft, which goes on with what others wrote into it. Planning it asks
// mayGive all the same.
func (a *API) mayKeep(ctx context.Context, connector string, next policy.Rules) error {
	if viewIn(ctx) == nil {
		return nil
	}
	now, _, err := a.effective.Rules(ctx, connector)
	if err != nil {
		return err
	}
	draft, err := a.effective.RulesDraft(ctx, connector)
	if err != nil {
		return err
	}
	if draft.Version == 0 {
		return leftAlone(next, now)
	}
	return leftAlone(next, now, draft.Rules)
}

// mayPlace says whether the caller may change a connector's precedence.
func mayPlace(ctx context.Context, precedence *int) error {
	if viewIn(ctx) == nil || precedence == nil {
		return nil
	}
	return forTheDeployment("precedence is for administrators of the whole deployment, and you are limited to tenants. Leave it out.")
}
