package web

import (
	"context"
	"net/http"
	"time"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
)

// NewJudgement asks what rules would make of the groups that an IdP sends.
type NewJudgement struct {
	Rules Rules    `json:"rules" doc:"The rules in question, half written maybe: what cannot be used is said, and the rest is judged without it."`
	Names []string `json:"names,omitempty" maxItems:"100" maxLength:"256" doc:"Besides: names that the IdP may send one day." example:"[\"jira-new\"]"`
	Find  string   `json:"find,omitempty" maxLength:"256" doc:"List only groups with this in their name." example:"jira"`
	Only  string   `json:"only,omitempty" enum:"changed,assigned,dropped" doc:"List only groups that are judged otherwise than by the rules of now, that are assigned, or that are not."`
	Limit int      `json:"limit,omitempty" minimum:"0" maximum:"1000" default:"100" doc:"How many groups are listed. Everything is counted."`
}

// Judgement is what rules would make of the groups that an IdP sends.
type Judgement struct {
	Problems []RuleProblem            `json:"problems" nullable:"false" doc:"What of the rules cannot be used."`
	Entries  map[string][]EntryEffect `json:"entries" doc:"What each entry does, by list, in the order in which they were sent." example:"{\"neverAssign\":[{\"matches\":3,\"assigned\":0}]}"`
	Counts   JudgementCounts          `json:"counts" doc:"How many groups come how far."`
	Groups   []JudgedGroup            `json:"groups" nullable:"false" doc:"The verdicts, those that would change first, then by name."`
	Found    int                      `json:"found" doc:"How many groups find and only leave, listed or not."`
	Names    []JudgedGroup            `json:"names" nullable:"false" doc:"The verdicts about names, in their order."`
	Complete bool                     `json:"complete" doc:"These are all groups that the IdP sends; otherwise the first 20,000 by name."`
}

// RuleProblem is why an entry or a setting of rules cannot be used.
type RuleProblem struct {
	List    string `json:"list" doc:"The list, or the setting." example:"neverAssign"`
	Index   int    `json:"index" doc:"The entry's place in it, from 0; -1 when it is no entry." example:"2"`
	Message string `json:"message" doc:"What is wrong with it." example:"is not a valid regular expression: missing closing )"`
	Literal bool   `json:"literal,omitempty" doc:"A group of exactly this name can be meant: is says so."`
}

// EntryEffect is what one entry of a list does.
type EntryEffect struct {
	Matches  int `json:"matches" doc:"Groups that it matches, of those that the IdP has sent."`
	Assigned int `json:"assigned" doc:"Those of them that are assigned."`
}

// JudgementCounts say how many groups come how far.
type JudgementCounts struct {
	Sent     int            `json:"sent" doc:"Groups that the IdP sends."`
	Renamed  int            `json:"renamed" doc:"Those of them that the mapping calls otherwise."`
	Assigned int            `json:"assigned" doc:"Those of them that are assigned, by alwaysAssign too."`
	Changed  int            `json:"changed" doc:"Those of them that are judged otherwise than by the rules of now."`
	Codes    map[string]int `json:"codes" doc:"How many for which reason. Every group has one." example:"{\"sent\":12,\"neverAssign\":3}"`
	Kept     int            `json:"kept" doc:"Those of them that neverRemove matches."`
	Given    int            `json:"given" doc:"Names of alwaysAssign that the IdP does not send."`
}

// JudgedGroup is the verdict about a group.
type JudgedGroup struct {
	Sent     string  `json:"sent" doc:"Its name as the IdP sends it." example:"okta-jira-users"`
	Name     string  `json:"name" doc:"As the mapping, the lists and the directory call it." example:"jira-users"`
	Members  int     `json:"members" doc:"About how many members it has at the IdP."`
	Assigned bool    `json:"assigned" doc:"Whether somebody who is in it at the IdP, and whose record counts, is in it."`
	Because  Because `json:"because" doc:"The reason."`
	Was      bool    `json:"was" doc:"Whether that is so by the rules of now."`
	Kept     bool    `json:"kept,omitempty" doc:"neverRemove matches it: whoever is in it stays."`
}

type judgeRules struct {
	OfConnector
	Body NewJudgement
}

type judgementOut struct{ Body Judgement }

func (a *API) addJudging() {
	route(a, operation{method: http.MethodPost, path: "/connectors/{c}/rules/judgement", id: "judgeRules", tag: "Connectors", role: reads(theConnector), missing: noConnector,
		status:  http.StatusOK,
		summary: "Judge every group of a connector by a draft of rules",
		description: "Says of every group name that the IdP has sent whether it would be assigned and which rule decides, and of every entry what it matches. " +
			"Settling's own code does that. Nothing is kept, and nobody is looked at: POST /connectors/{c}/plans says what the rules do to people.",
		errors: map[int]string{http.StatusServiceUnavailable: "Other drafts are judged just now (`busy`), or this one takes too long (`timeout`)."},
	}, func(ctx context.Context, in *judgeRules) (*judgementOut, error) {
		done, err := a.placeToJudge(ctx)
		if err != nil {
			return nil, err
		}
		defer done()
		j, err := a.effective.JudgeRules(ctx, in.Connector, directory.Judging{Rules: in.Body.Rules.Rules, Names: in.Body.Names, Find: in.Body.Find,
			Only: in.Body.Only, Limit: in.Body.Limit})
		if err != nil {
			return nil, err
		}
		return &judgementOut{sayJudgement(j)}, nil
	})
}

const (
	mostJudges    = 2 // drafts that are judged at once in this process: one may keep a core busy for seconds
	judgePatience = time.Second
)

// placeToJudge waits a moment for a place to judge a draft. Somebody who types asks at every pause,
// and nearly every answer is there at once.
func (a *API) placeToJudge(ctx context.Context) (done func(), err error) {
	patience := time.NewTimer(judgePatience)
	defer patience.Stop()
	select {
	case a.judges <- struct{}{}:
		return func() { <-a.judges }, nil
	case <-patience.C:
		return nil, newProblem(http.StatusServiceUnavailable, "busy", "Other drafts of rules are judged just now. Try again in a few seconds.")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func sayJudgement(j directory.Judgement) Judgement {
	n := j.Counts
	out := Judgement{Problems: []RuleProblem{}, Entries: map[string][]EntryEffect{}, Groups: []JudgedGroup{}, Names: []JudgedGroup{}, Found: j.Found, Complete: j.Complete,
		Counts: JudgementCounts{Sent: n.Sent, Renamed: n.Renamed, Assigned: n.Assigned, Changed: n.Changed, Codes: map[string]int{}, Kept: n.Kept, Given: n.Given}}
	for code, count := range n.Codes {
		out.Counts.Codes[string(code)] = count
	}
	for _, p := range j.Problems {
		out.Problems = append(out.Problems, sayRuleProblem(p))
	}
	for list, entries := range j.Entries {
		said := make([]EntryEffect, len(entries))
		for i, e := range entries {
			said[i] = EntryEffect(e)
		}
		out.Entries[list] = said
	}
	for _, g := range j.Groups {
		out.Groups = append(out.Groups, sayJudged(g))
	}
	for _, g := range j.Names {
		out.Names = append(out.Names, sayJudged(g))
	}
	return out
}

func sayRuleProblem(e *policy.RuleError) RuleProblem {
	return RuleProblem{List: e.List, Index: e.Index, Message: e.Problem, Literal: e.Literal}
}

func sayJudged(g directory.JudgedGroup) JudgedGroup {
	return JudgedGroup{Sent: g.Sent, Name: g.Name, Members: g.Members, Assigned: g.Assigned, Because: sayBecause(g.Because, g.Name), Was: g.Was, Kept: g.Kept}
}
