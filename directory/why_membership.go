package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// membership answers why the user is, or is not, in a group.
func (x *explaining) membership(key, group string) (Answer, error) {
	target, member := targetOf(x.decision, key)
	fact := x.facts[key]
	if fact != nil {
		group = fact.Name
	}
	a := Answer{About: AboutMembership, Answer: AnswerNotMember, Subject: group, Because: refusal(key, x.decision)}
	relation := "is not in"
	if member {
		a.Answer, a.Because, relation = AnswerMember, target.Because, "is in"
	}
	sentence := a.Because.Sentence(group)
	if a.Because.Code == "" {
		a.Because, sentence = x.notAsked()
	}
	a.Sentence = fmt.Sprintf("%s %s %s: %s", x.p.User.UserName, relation, group, sentence)
	held := slices.ContainsFunc(x.p.Held, func(m MembershipRow) bool { return m.Group.Key == key })
	a.Pending = member != held
	a.Steps = append(x.steps(func(r *RecordRow) (string, *SaidQuery) { return x.sends(r, key, group) }), x.lists(key, group)...)
	a.Steps = append(a.Steps, x.settledGroup(fact, a.Pending))
	var err error
	a.WouldChange, err = x.membershipOtherwise(key, group, member)
	return a, err
}

// sends says whether a record's IdP sends the group, and where that was said.
func (x *explaining) sends(r *RecordRow, key, group string) (string, *SaidQuery) {
	ask := &SaidQuery{Connector: r.Connector, GroupKey: key, Mention: r.ID.String()}
	i := slices.IndexFunc(r.Groups, func(g ViewedGroup) bool { return g.Key == key })
	if i < 0 {
		return fmt.Sprintf("it does not send %s for it", group), ask
	}
	path := r.Groups[i].Path
	if len(path) == 0 {
		return fmt.Sprintf("it sends %s for it", group), ask
	}
	for _, g := range direct(r.Groups) { // the record itself was put into the innermost group
		if g.Name == path[len(path)-1] {
			ask.GroupKey = g.Key
		}
	}
	return fmt.Sprintf("it sends %s for it, through %s", group, strings.Join(path, " › ")), ask
}

// notAsked says that nothing asks for a membership.
func (x *explaining) notAsked() (policy.Reason, string) {
	var slugs []string
	for _, r := range x.records() {
		if slug := x.slug(r.Connector); slug != "" && !slices.Contains(slugs, slug) {
			slugs = append(slugs, slug)
		}
	}
	if len(slugs) == 0 {
		return policy.Reason{Code: policy.CodeLocalUser}, "no connector has a record of this user, and nobody added it."
	}
	return policy.Reason{Code: policy.CodeNotSent, Connector: slugs[0]},
		fmt.Sprintf("neither does %s send this group for this user, nor does a rule or an administrator give it.", strings.Join(slugs, " or "))
}

// steps tell the way of a fact through each connector of the user. what says what a record's
// IdP says of it, and which event told.
func (x *explaining) steps(what func(*RecordRow) (string, *SaidQuery)) []Step {
	if len(x.p.Records) == 0 {
		return []Step{{Step: "received", Detail: "No connector has a record of this user; it is local."}}
	}
	var steps []Step
	for _, r := range x.records() {
		slug := x.slug(r.Connector)
		says, ask := what(r)
		steps = append(steps,
			Step{Step: "received", Connector: slug, ask: ask,
				Detail: fmt.Sprintf("%s holds record %s, %s; %s.", slug, r.ID, cmp.Or(shownState(r), "not yet looked at"), says)},
			Step{Step: "linked", Connector: slug, Detail: fmt.Sprintf("The record was linked to this user on %s.", r.Linked.Format(timeForPeople))},
			x.mappedStep(r, slug),
			x.inScope(r, slug))
	}
	return steps
}

// shownState is the state of a record's view, "" if there is none yet.
func shownState(r *RecordRow) string {
	if r.ViewState == NoView {
		return ""
	}
	return cmp.Or(string(r.ViewState), string(r.State))
}

// inScope says whether a record counts and contributes, and why not.
func (x *explaining) inScope(r *RecordRow, slug string) Step {
	id := r.ID.String()
	s := Step{Step: "inScope", Connector: slug}
	if c := x.settings.Connectors[r.Connector]; c != nil {
		s.RulesVersion = c.RulesVersion
	}
	switch because, silent := x.decision.Silent[id]; {
	case slices.Contains(x.decision.Contributing, id):
		s.Detail = "The record counts and contributes."
	case r.ViewState == NoView:
		s.Detail = fmt.Sprintf("The record does not count: %s is not live, and nothing of it was ever settled.", slug)
	case silent:
		s.Detail, s.Reason = because.Sentence(""), &because
	default:
		s.Detail = "The record does not count."
	}
	return s
}

// lists are the verdicts about a group, by the rules of each connector.
func (x *explaining) lists(key, group string) []Step {
	var steps []Step
	say := func(because policy.Reason) {
		s := Step{Step: "lists", Connector: because.Connector, Detail: because.Sentence(group), Reason: &because}
		if c := x.settings.Connectors[x.connectorID(because.Connector)]; c != nil {
			s.RulesVersion = c.RulesVersion
		}
		steps = append(steps, s)
	}
	for _, v := range x.decision.Verdicts {
		if v.Key == key {
			say(v.Because)
		}
	}
	// The reasons that no verdict tells: what else a connector does that sends the group, and what
	// an administrator gave.
	target, _ := targetOf(x.decision, key)
	for _, because := range target.Reasons {
		told := slices.ContainsFunc(x.decision.Verdicts, func(v policy.Verdict) bool {
			return v.Key == key && v.Because.Code == because.Code && v.Because.Connector == because.Connector
		})
		if !told {
			say(because)
		}
	}
	return steps
}

// settledGroup says what the directory shows of the membership, and which event made it so.
func (x *explaining) settledGroup(fact *GroupFact, pending bool) Step {
	s := Step{Step: "settled", Detail: fmt.Sprintf("%s is %s.", x.p.User.UserName, x.p.User.Status) + shows(pending)}
	if fact != nil && x.p.User.ID != uuid.Nil {
		s.ask = &SaidQuery{User: x.p.User.ID, Group: fact.ID}
	}
	return s
}

func shows(pending bool) string {
	if pending {
		return " A change is waiting to be settled; the directory will show this in a moment."
	}
	return " The directory shows this."
}
