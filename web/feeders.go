package web

import (
	"context"
	"net/http"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// GroupFeeders is what feeds a group.
type GroupFeeders struct {
	Group      Group           `json:"group" doc:"The group."`
	Members    *GroupMembers   `json:"members,omitempty" doc:"How many members it has; left out for administrators who are limited to tenants."`
	Connectors []GroupFeeder   `json:"connectors" nullable:"false" doc:"Every connector of the directory, by slug."`
	Conflicts  []GroupConflict `json:"conflicts" nullable:"false" doc:"Open conflicts about the group's name; none for administrators who are limited to tenants."`
}

// GroupMembers counts the members of a group.
type GroupMembers struct {
	Total   int                   `json:"total" doc:"All of them." example:"815"`
	Origins map[policy.Origin]int `json:"origins" doc:"How many by origin, each by the strongest that it stands on." example:"{\"idp\":812,\"local\":3}"`
}

// GroupFeeder is what a connector has to do with the name of a group.
type GroupFeeder struct {
	Connector string           `json:"connector" doc:"The connector, by slug." example:"acme-okta"`
	Mode      tenants.Mode     `json:"mode" enum:"live,observe,disabled" doc:"Its mode. Verdicts are as if it were live."`
	Sends     []SentGroup      `json:"sends" nullable:"false" doc:"The groups of its IdP that its mapping calls so, as settling last accepted them; none of a connector that never was live."`
	IfSent    GroupVerdict     `json:"ifSent" doc:"What becomes of a group that the IdP sends and the mapping calls so."`
	Always    *GroupVerdict    `json:"always,omitempty" doc:"What becomes of alwaysAssign; left out when it does not name the group."`
	Rules     []MentioningRule `json:"rules" nullable:"false" doc:"The entries of its lists that match or name the group, in the order in which the lists are asked."`
}

// SentGroup is a group that an IdP sends, and what becomes of it.
type SentGroup struct {
	Name    string `json:"name" doc:"Its name at the IdP." example:"okta-jira-users"`
	Members int    `json:"members" doc:"About how many members it has at the IdP." example:"812"`
	GroupVerdict
}

// GroupVerdict is what settling makes of a group.
type GroupVerdict struct {
	Assigned bool    `json:"assigned" doc:"Whether somebody whom it is about, and whose record counts, is in it."`
	Because  Because `json:"because" doc:"The reason."`
}

// MentioningRule is an entry of a list of rules that is about a group.
type MentioningRule struct {
	List  string `json:"list" doc:"The list." example:"neverAssign"`
	Place int    `json:"place" doc:"The entry's place in it, from 0." example:"2"`
	Form  string `json:"form" enum:"pattern,is,startsWith,endsWith,contains,matches,set" doc:"How it is compared with names; pattern: a name or a regular expression." example:"startsWith"`
	Text  string `json:"text" doc:"What it is compared with; the name of a set." example:"jira-"`
}

// GroupConflict is an open conflict about a group.
type GroupConflict struct {
	ID        uuid.UUID `json:"id" format:"uuid" doc:"The conflict's id."`
	Connector string    `json:"connector" doc:"The connector that may not feed the group." example:"beta-entra"`
}

// conceal leaves out what other tenants have to do with the group, in numbers too.
func (f *GroupFeeders) conceal(v *view) bool {
	f.Members, f.Conflicts = nil, []GroupConflict{}
	return true
}

func (f *GroupFeeder) conceal(v *view) bool { return v.connectors[f.Connector] }

type feedersOut struct{ Body GroupFeeders }

func (a *API) addFeeders() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/groups/{id}/feeders", id: "listFeeders", tag: "Groups", role: reads(theDirectory), missing: noGroup,
		summary:     "Say what feeds a group, and which rules are about it",
		description: "Of every connector: what its IdP calls the group, which entries of its lists match the name, and what settling's own code makes of it.",
	}, func(ctx context.Context, in *groupPath) (*feedersOut, error) {
		id, err := parseID(in.ID)
		if err != nil {
			return nil, err
		}
		f, err := a.effective.GroupFeeders(ctx, in.Directory, id)
		if err != nil {
			return nil, err
		}
		return &feedersOut{sayFeeders(f)}, nil
	})
}

func sayFeeders(f directory.GroupFeeders) GroupFeeders {
	out := GroupFeeders{Group: sayGroup(f.Group), Members: &GroupMembers{Origins: f.Origins}, Connectors: []GroupFeeder{}, Conflicts: []GroupConflict{}}
	for _, n := range f.Origins {
		out.Members.Total += n
	}
	for _, c := range f.Connectors {
		out.Connectors = append(out.Connectors, sayFeeder(c, f.Group.DisplayName))
	}
	for _, c := range f.Conflicts {
		out.Conflicts = append(out.Conflicts, GroupConflict(c))
	}
	return out
}

func sayFeeder(f directory.GroupFeeder, group string) GroupFeeder {
	verdict := func(v directory.GroupVerdict) GroupVerdict {
		return GroupVerdict{v.Assigned, sayBecause(v.Because, group)}
	}
	out := GroupFeeder{Connector: f.Connector, Mode: f.Mode, Sends: []SentGroup{}, IfSent: verdict(f.IfSent), Rules: []MentioningRule{}}
	if f.Always != nil {
		out.Always = new(verdict(*f.Always))
	}
	for _, s := range f.Sends {
		out.Sends = append(out.Sends, SentGroup{s.Name, s.Members, verdict(s.GroupVerdict)})
	}
	for _, m := range f.Mentions {
		form := string(m.Entry.Form)
		if m.Entry.Form == policy.FormAny {
			form = "pattern"
		}
		out.Rules = append(out.Rules, MentioningRule{m.List, m.Place, form, m.Entry.Text})
	}
	return out
}
