package directory

import (
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// state answers why the user has its status.
func (x *explaining) state() (Answer, error) {
	a := Answer{About: AboutStatus, Answer: string(x.decision.Status), Because: x.decision.StatusBecause}
	a.Pending = x.decision.Status != x.p.User.Status
	sentence := a.Because.Sentence("")
	if a.Because.Code == policy.CodeBlocked && x.p.User.Block != "" {
		sentence += fmt.Sprintf(" The reason given was %q.", x.p.User.Block)
	}
	a.Sentence = fmt.Sprintf("%s is %s: %s", x.p.User.UserName, x.decision.Status, sentence)
	a.Steps = x.steps(func(r *RecordRow) (string, *SaidQuery) {
		return "its IdP says " + string(r.State), &SaidQuery{Record: r.ID, Mention: `"active"`}
	})
	because := a.Because
	a.Steps = append(a.Steps,
		Step{Step: "lists", Connector: because.Connector, Detail: sentence, Reason: &because, RulesVersion: x.rulesVersion(because.Connector)},
		Step{Step: "settled", Detail: fmt.Sprintf("%s is %s.", x.p.User.UserName, x.p.User.Status) + shows(a.Pending), ask: &SaidQuery{User: x.p.User.ID}})
	var err error
	a.WouldChange, err = x.statusOtherwise()
	return a, err
}

func (x *explaining) rulesVersion(slug string) int64 {
	if c := x.settings.Connectors[x.connectorID(slug)]; c != nil && slug != "" {
		return c.RulesVersion
	}
	return 0
}

// attribute answers why an attribute has its value.
func (x *explaining) attribute(name string) (Answer, error) {
	doc := scim.ParseDocument(x.p.User.JSON)
	name = x.attributeNamed(name)
	held := valueAt(doc, name)
	a := Answer{About: AboutAttribute, Subject: name, Value: x.shownAt(doc, name)}
	decided := valueAt(x.decision.Attributes, name)
	wholly := x.takesWhole(x.p) || len(x.decision.Contributing) == 0
	if !wholly { // the one record that speaks is taken as it is, but for a name that cannot be had
		r := recordByID(x.p.Records, x.decision.Contributing[0])
		decided = valueAt(x.gives(r, x.p), name)
		if name == "userName" {
			decided = x.decision.Attributes["userName"]
		}
	}
	a.Pending = len(x.decision.Contributing) > 0 && !reflect.DeepEqual(decided, held)
	because, kept := x.decision.AttributeBecause[name]
	switch {
	case len(x.p.Records) == 0:
		a.Answer, a.Because = AnswerGiven, policy.Reason{Code: policy.CodeLocalUser}
	case kept && because.Code != policy.CodeGiven:
		a.Answer, a.Because = AnswerKept, because
	case len(x.decision.Contributing) == 0: // nobody speaks: it stays as it was
		a.Answer, a.Because = AnswerKept, x.decision.StatusBecause
	case decided == nil:
		a.Answer, a.Because = AnswerNotGiven, policy.Reason{Code: policy.CodeNotGiven}
	case kept:
		a.Answer, a.Because = AnswerGiven, because
	default:
		a.Answer, a.Because = AnswerGiven, policy.Reason{Code: policy.CodeGiven, Connector: x.slug(recordByID(x.p.Records, x.decision.Contributing[0]).Connector)}
	}
	sentence := a.Because.Sentence("")
	if a.Value == nil {
		a.Sentence = fmt.Sprintf("%s has no %s: %s", x.p.User.UserName, name, sentence)
	} else {
		a.Sentence = fmt.Sprintf("%s of %s is %s: %s", name, x.p.User.UserName, inWords(a.Value), sentence)
	}
	a.Steps = x.steps(func(r *RecordRow) (string, *SaidQuery) {
		says := "it has no " + name
		if value := x.shownAt(r.document(), name); value != nil {
			says = fmt.Sprintf("its %s is %s", name, inWords(value))
		}
		mention, _ := json.Marshal(topName(name))
		return says, &SaidQuery{Record: r.ID, Mention: string(mention)}
	})
	because = a.Because
	a.Steps = append(a.Steps,
		Step{Step: "lists", Connector: because.Connector, Detail: sentence, Reason: &because, RulesVersion: x.rulesVersion(because.Connector)},
		Step{Step: "settled", Detail: "The directory holds " + inWords(a.Value) + "." + shows(a.Pending)})
	a.WouldChange = x.attributeOtherwise(name, a)
	return a, nil
}

// attributeNamed is the spelling that the user's documents have for an attribute: of the user or
// a record, or of an extension of theirs; else the name as it was asked for.
func (x *explaining) attributeNamed(asked string) string {
	docs := []map[string]any{scim.ParseDocument(x.p.User.JSON)}
	for _, r := range x.records() {
		docs = append(docs, r.document(), x.gives(r, x.p))
	}
	for _, doc := range docs {
		for name, value := range doc {
			if strings.EqualFold(name, asked) {
				return name
			}
			extension, ok := value.(map[string]any)
			if !ok || !strings.HasPrefix(name, "urn:") {
				continue
			}
			for inner := range extension {
				if strings.EqualFold(inner, asked) || strings.EqualFold(name+":"+inner, asked) {
					return name + ":" + inner
				}
			}
		}
	}
	return asked
}

// topName is the name under which a document holds an attribute.
func topName(name string) string {
	if i := strings.LastIndexByte(name, ':'); strings.HasPrefix(name, "urn:") && i > 0 {
		return name[:i]
	}
	return name
}

func valueAt(doc map[string]any, name string) any {
	if value, ok := doc[name]; ok {
		return value
	}
	top := topName(name)
	if extension, ok := doc[top].(map[string]any); ok && top != name {
		return extension[name[len(top)+1:]]
	}
	return nil
}

// shownAt is valueAt as administrators see it.
func (x *explaining) shownAt(doc scim.Document, name string) any {
	return valueAt(scim.Mask(doc, x.settings.sensitiveOf(x.p.holders())), name)
}

// longestValue is how much of a value a sentence shows.
const longestValue = 200

// inWords is a value as a sentence shows it.
func inWords(value any) string {
	if value == nil {
		return "no value"
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "a value"
	}
	if runes := []rune(string(text)); len(runes) > longestValue {
		return string(runes[:longestValue]) + "…"
	}
	return string(text)
}

// givers are the records that give the attribute a value and have a say, in precedence.
func (x *explaining) givers(name string) []*RecordRow {
	return slices.DeleteFunc(x.records(), func(r *RecordRow) bool {
		return !slices.Contains(x.decision.Contributing, r.ID.String()) || valueAt(x.gives(r, x.p), name) == nil
	})
}
