package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// Why is the answer to a question about a user: why it is in a group or not, why it has its
// status, or why an attribute has its value.
type Why struct {
	About       string         `json:"about" enum:"membership,status,attribute" doc:"What was asked: with group, with neither, with attribute."`
	Answer      string         `json:"answer" enum:"member,notMember,active,disabled,deleted,given,kept,notGiven" doc:"Whether the user is in the group; its status; whether a record gives the attribute, the directory keeps it against what is sent, or nobody gives it."`
	Subject     string         `json:"subject,omitempty" doc:"The group or attribute, as the directory spells it." example:"jira-admins"`
	Value       any            `json:"value,omitempty" doc:"The attribute's value, as the directory holds it."`
	Code        policy.Code    `json:"code" doc:"The reason, for programs; docs/reasons.md lists them all." example:"neverAssign"`
	Because     Because        `json:"because" doc:"The reason, with connector, list and pattern."`
	Sentence    string         `json:"sentence" doc:"The answer with its reason, for people."`
	Pending     bool           `json:"pending" doc:"The directory does not show the answer yet: a change waits to be settled."`
	Steps       []WhyStep      `json:"steps" nullable:"false" doc:"The way there: what was received, linked, mapped, in scope, decided by lists and settled."`
	WouldChange []WhyOtherwise `json:"wouldChange" nullable:"false" doc:"What would make the answer another one. Nothing of it is done."`
}

// WhyStep is one step of the way to an answer.
type WhyStep struct {
	Step         string   `json:"step" enum:"received,linked,mapped,inScope,lists,settled" doc:"Where on the way." example:"lists"`
	Connector    string   `json:"connector,omitempty" doc:"The connector, by slug." example:"acme-okta"`
	Detail       string   `json:"detail" doc:"What happened there."`
	Reason       *Because `json:"reason,omitempty" doc:"The reason behind the step."`
	RulesVersion int64    `json:"rulesVersion,omitempty" doc:"The version of the connector's rules that decided." example:"7"`
	Said         *Said    `json:"said,omitempty" doc:"The event behind the step, and who stands behind that."`

	untold string // the detail without who said it
}

// Said is the event that said something.
type Said struct {
	Event      uuid.UUID `json:"event" format:"uuid" doc:"The event's id."`
	Time       time.Time `json:"time" doc:"When it was said."`
	Action     string    `json:"action" doc:"What was done." example:"record.group.changed"`
	Request    string    `json:"request,omitempty" doc:"The request, as in X-Request-Id."`
	ActorType  string    `json:"actorType" enum:"credential,admin,system" doc:"What kind of actor."`
	Actor      string    `json:"actor" doc:"A credential's id, the administrator, or the system."`
	Credential string    `json:"credential,omitempty" doc:"The credential's name, while it is there." example:"Okta production"`
	Likely     bool      `json:"likely,omitempty" doc:"The event changed too many members to name them; this one is probably among them."`
}

// WhyOtherwise is one thing that would change an answer.
type WhyOtherwise struct {
	By           string           `json:"by" enum:"rules,directory,idp,administrator,mode" doc:"Whose hand it takes: the connector's rules, the directory's settings, the IdP, an administrator, or the connector's mode."`
	Connector    string           `json:"connector,omitempty" doc:"The connector, by slug." example:"acme-okta"`
	Sentence     string           `json:"sentence" doc:"What to do, and what would follow." example:"Remove \".*-admins\" from neverAssign of acme-okta: 9 users would join jira-admins."`
	Edits        []RuleEdit       `json:"edits,omitempty" doc:"The edits of lists it takes."`
	Rules        *Rules           `json:"rules,omitempty" doc:"The connector's rules with the edits, to make a plan of."`
	Settings     *SettingsDraft   `json:"settings,omitempty" doc:"The directory's settings with the edits, to PATCH."`
	Consequences *WhyConsequences `json:"consequences,omitempty" doc:"What else the edits would do."`
}

// SettingsDraft are settings of a directory, as GET /directories/{d} shows them.
type SettingsDraft struct{ policy.DirectorySettings }

// Schema is that of a directory's settings.
func (SettingsDraft) Schema(r huma.Registry) *huma.Schema { return DirectoryPatch{}.Schema(r) }

// RuleEntry is an entry of a list.
type RuleEntry struct{ policy.Entry }

// Schema describes an entry where it stands alone.
func (RuleEntry) Schema(huma.Registry) *huma.Schema {
	s := entries("").Items
	s.Description = "A text, or an object that says how the text is compared."
	precompute(s)
	return s
}

// RuleEdit is one change of a list.
type RuleEdit struct {
	Op        string    `json:"op" enum:"add,remove,except" doc:"What is done with the entry; except excepts the connector from it."`
	Connector string    `json:"connector,omitempty" doc:"The connector; left out for a list of the directory."`
	List      string    `json:"list" doc:"The list." example:"neverAssign"`
	Entry     RuleEntry `json:"entry" doc:"The entry, a text or an object."`
}

// WhyConsequences are what an edit would do besides what was asked about. Everybody whom it may
// concern is decided twice, some thousands of people at most.
type WhyConsequences struct {
	Joins         int                `json:"joins" doc:"Users who would join the group that was asked about." example:"9"`
	Leaves        int                `json:"leaves" doc:"Users who would leave it."`
	Users         int                `json:"users" doc:"Users of whom anything would change."`
	StatusChanges int                `json:"statusChanges" doc:"Users whose status would change."`
	Groups        []GroupConsequence `json:"groups" nullable:"false" doc:"Other groups, those with the most changes first; at most ten."`
	MoreGroups    int                `json:"moreGroups" doc:"How many more groups there are."`
	AtLeast       bool               `json:"atLeast" doc:"More people may be concerned than were looked at: every number is a lower bound."`
}

// GroupConsequence is how many users would join and leave another group.
type GroupConsequence struct {
	Group  string `json:"group" doc:"The group's name." example:"jira-users"`
	Joins  int    `json:"joins" doc:"Users who would join it."`
	Leaves int    `json:"leaves" doc:"Users who would leave it."`
}

type askWhy struct {
	OfDirectory
	User      string `query:"user" required:"true" maxLength:"1024" doc:"The user's userName, e-mail or id." example:"ada@acme.example"`
	Group     string `query:"group" maxLength:"1024" doc:"The group's name. Left out, the question is about the user's status, or about attribute." example:"jira-admins"`
	Attribute string `query:"attribute" maxLength:"1024" doc:"An attribute by SCIM's name; one of an extension by its name or URN:name." example:"title"`
}

type whyOut struct {
	Body Why
}

func (a *API) addWhy() {
	route(a, operation{method: http.MethodGet, path: "/directories/{d}/why", id: "why", tag: "Questions", role: reads(theDirectory),
		missing: noDirectory,
		summary: "Ask why a user is in a group or not, has its status, or an attribute its value",
		description: "The answer as a sentence, the steps that led there with the requests and credentials behind them, and what would change it, " +
			"with the other consequences that would have. The rules that would change it are decided like those that hold, and nothing is written.",
		errors: map[int]string{
			http.StatusConflict:            "Several users have that name (`ambiguousUser`).",
			http.StatusUnprocessableEntity: "Both group and attribute are asked for (`invalidQuestion`).",
		},
	}, func(ctx context.Context, in *askWhy) (*whyOut, error) {
		answer, err := a.effective.Why(ctx, in.Directory, directory.Question{User: in.User, Group: in.Group, Attribute: in.Attribute})
		if err != nil {
			return nil, a.noSuchUser(ctx, in, err)
		}
		return &whyOut{Body: sayWhy(answer)}, nil
	})
}

// noSuchUser says which of the two was not found: the user, or already the directory.
func (a *API) noSuchUser(ctx context.Context, in *askWhy, err error) error {
	if !errors.Is(err, directory.ErrNotFound) {
		return err
	}
	if _, again := a.effective.ReadDirectory(ctx, in.Directory); again != nil {
		return again
	}
	return newProblem(http.StatusNotFound, "notFound", fmt.Sprintf(
		"There is no user %s in directory %s. GET /api/v1/directories/%s/users?filter=userName sw \"…\" finds users by name.", in.User, in.Directory, in.Directory))
}

func sayWhy(a directory.Answer) Why {
	group := ""
	if a.About == directory.AboutMembership {
		group = a.Subject
	}
	out := Why{About: a.About, Answer: a.Answer, Subject: a.Subject, Value: a.Value, Code: a.Because.Code, Because: sayBecause(a.Because, group),
		Sentence: a.Sentence, Pending: a.Pending, Steps: []WhyStep{}, WouldChange: []WhyOtherwise{}}
	for _, s := range a.Steps {
		out.Steps = append(out.Steps, sayStep(s, group))
	}
	for _, c := range a.WouldChange {
		out.WouldChange = append(out.WouldChange, sayOtherwise(c))
	}
	return out
}

func sayStep(s directory.Step, group string) WhyStep {
	step := WhyStep{Step: s.Step, Connector: s.Connector, Detail: strings.TrimSpace(s.Detail + " " + s.Told), RulesVersion: s.RulesVersion, untold: s.Detail}
	if s.Reason != nil {
		because := sayBecause(*s.Reason, group)
		step.Reason = &because
	}
	if x := s.Said; x != nil {
		step.Said = &Said{Event: x.Event, Time: x.Time.UTC(), Action: x.Action, Request: x.Request,
			ActorType: x.ActorType, Actor: x.Actor, Credential: x.Credential, Likely: x.Likely}
	}
	return step
}

func sayOtherwise(c directory.WouldChange) WhyOtherwise {
	out := WhyOtherwise{By: c.By, Connector: c.Connector, Sentence: c.Sentence}
	for _, e := range c.Edits {
		out.Edits = append(out.Edits, RuleEdit{Op: e.Op, Connector: e.Connector, List: e.List, Entry: RuleEntry{e.Entry}})
	}
	if c.Rules != nil {
		out.Rules = &Rules{*c.Rules}
	}
	if c.Settings != nil {
		out.Settings = &SettingsDraft{*c.Settings}
	}
	if x := c.Consequences; x != nil {
		out.Consequences = &WhyConsequences{Joins: x.Joins, Leaves: x.Leaves, Users: x.Users, StatusChanges: x.StatusChanges,
			Groups: []GroupConsequence{}, MoreGroups: x.MoreGroups, AtLeast: x.AtLeast}
		for _, g := range x.Elsewhere {
			out.Consequences.Groups = append(out.Consequences.Groups, GroupConsequence(g))
		}
	}
	return out
}
