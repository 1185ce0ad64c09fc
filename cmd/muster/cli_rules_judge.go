package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
)

type rulesJudgeCmd struct {
	remote
	Connector string   `arg:"" help:"The connector's slug."`
	Rules     string   `arg:"" help:"A file with YAML or JSON, or JSON itself; what is left out gets its default."`
	Name      []string `help:"Besides: a name that the IdP may send one day. May be given several times." placeholder:"NAME"`
	Find      string   `help:"List only groups with this in their name." placeholder:"TEXT"`
	Only      string   `enum:",changed,assigned,dropped" default:"" help:"List only groups that are judged otherwise than by the rules of now, that are assigned, or that are not." placeholder:"WHICH"`
	Limit     int      `default:"100" help:"How many groups are listed, up to 1000. Everything is counted." placeholder:"N"`
}

// Help shows how.
func (rulesJudgeCmd) Help() string {
	return "Says of every group name that the IdP has sent whether these rules would assign it, and why. Nothing is kept.\n\nExamples:\n\n" +
		"  muster rules judge acme-okta rules.yaml\n" +
		"  muster rules judge acme-okta '{\"onlyAssign\":[\"jira-.*\"]}' --only changed --name jira-new\n\n" +
		"muster plan says what the rules do to people."
}

type judgement struct {
	Problems      []struct{ List, Message string }
	Counts        struct{ Sent, Assigned, Changed int }
	Groups, Names []judgedGroup
	Found         int
	Complete      bool
}

type judgedGroup struct {
	Sent, Name    string
	Assigned, Was bool
	Because       struct{ Sentence string }
}

// Run asks for the verdicts.
func (c *rulesJudgeCmd) Run(ctx context.Context, t *terminal) error {
	rules, err := readRules(c.Rules)
	if err != nil {
		return err
	}
	body := struct {
		Rules json.RawMessage `json:"rules"`
		Names []string        `json:"names,omitempty"`
		Find  string          `json:"find,omitempty"`
		Only  string          `json:"only,omitempty"`
		Limit int             `json:"limit"`
	}{rules, c.Name, c.Find, c.Only, c.Limit}
	return show(ctx, t, c.remote, http.MethodPost, "/connectors/"+escape(c.Connector)+"/rules/judgement", body, func(j judgement) error { return sayJudgement(t, j) })
}

func sayJudgement(t *terminal, j judgement) error {
	for _, p := range j.Problems {
		if err := say(t, "%s: %s", p.List, printable(p.Message)); err != nil {
			return err
		}
	}
	rows := [][]string{}
	for _, g := range append(j.Groups, j.Names...) {
		verdict := "dropped"
		if g.Assigned {
			verdict = "assigned"
		}
		if g.Assigned != g.Was {
			verdict += ", was not so"
		}
		rows = append(rows, []string{g.Sent, g.Name, verdict, g.Because.Sentence})
	}
	if err := table(t.out, []string{"SENT", "NAME", "VERDICT", "WHY"}, rows); err != nil {
		return err
	}
	sent := strconv.Itoa(j.Counts.Sent)
	if !j.Complete {
		sent = "the first " + sent
	}
	return say(t, "Of %s groups that the IdP sends %d would be assigned; %d are judged otherwise than now.", sent, j.Counts.Assigned, j.Counts.Changed)
}
