package directory

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// Question asks why something of a user is as it is: with Group why the user is in it or not,
// with Attribute why the attribute has its value, with neither why the user has its status.
type Question struct {
	User      string // userName, e-mail or id
	Group     string // display name
	Attribute string // SCIM's name; an extension's as URN:name, or the name alone
}

// What an answer is about, and what it answers besides a status.
const (
	AboutMembership = "membership"
	AboutStatus     = "status"
	AboutAttribute  = "attribute"

	AnswerMember    = "member"
	AnswerNotMember = "notMember"
	AnswerGiven     = "given"    // a record gives the value
	AnswerKept      = "kept"     // the directory keeps a value other than what is sent
	AnswerNotGiven  = "notGiven" // nobody gives one
)

// Answer is why something is so: the sentence first, then the steps that led there, and what
// would make it otherwise. It prints what policy.Decide answers and settling goes by.
type Answer struct {
	About       string
	Answer      string // member, notMember; active, disabled, deleted; given, kept, notGiven
	Because     policy.Reason
	Subject     string // the group or attribute as the directory spells it; "" for a status
	Sentence    string
	Value       any  // of the attribute, as the directory holds it
	Pending     bool // the directory does not show this yet
	Steps       []Step
	WouldChange []WouldChange
}

// Step is one step of an answer.
type Step struct {
	Step         string // received, linked, mapped, inScope, lists, settled
	Connector    string // slug; empty where no connector has to do with it
	Detail       string
	Reason       *policy.Reason
	RulesVersion int64  // of the connector, for lists
	Said         *Said  // the event behind it, if one is known,
	Told         string // and what it says in words, which go behind Detail

	ask *SaidQuery
}

// Said is the event that said something, and who stands behind it.
type Said struct {
	Event      uuid.UUID
	Time       time.Time
	Action     string
	Request    string
	ActorType  string
	Actor      string
	Credential string        // the credential's name, while it is there
	Because    policy.Reason // the event's own reason, if it has one
	Likely     bool          // the event does not say whom it was about: one of very many
}

// Why answers a question about a user.
func (d *Directory) Why(ctx context.Context, directory string, q Question) (Answer, error) {
	if q.Group != "" && q.Attribute != "" {
		return Answer{}, &RefusedError{Code: "invalidQuestion", Detail: "ask for a group or for an attribute, one at a time"}
	}
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Answer{}, err
	}
	user, err := d.oneUser(ctx, info.ID, q.User)
	if err != nil {
		return Answer{}, err
	}
	var answer Answer
	err = d.look(ctx, directory, func(w *work) error {
		key := canonical.Key(q.Group)
		p, err := w.person(user, Request{GroupKeys: append(w.allNames(), key)})
		if err != nil {
			return err
		}
		x := &explaining{work: w, p: p}
		if x.in, err = w.input(p); err != nil {
			return err
		}
		x.decision = policy.Decide(x.in)
		switch {
		case q.Group != "":
			answer, err = x.membership(key, q.Group)
		case q.Attribute != "":
			answer, err = x.attribute(q.Attribute)
		default:
			answer, err = x.state()
		}
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	return answer, d.tellWho(ctx, info.ID, &answer)
}

// oneUser finds the one user that a text names.
func (d *Directory) oneUser(ctx context.Context, directory uuid.UUID, text string) (uuid.UUID, error) {
	found, err := d.store.FindUsers(ctx, directory, text)
	if err != nil {
		return uuid.Nil, err
	}
	switch len(found) {
	case 0:
		return uuid.Nil, fmt.Errorf("user %q: %w", text, ErrNotFound)
	case 1:
		return found[0].ID, nil
	}
	if living := slices.DeleteFunc(slices.Clone(found), func(u User) bool { return u.Status == policy.UserDeleted }); len(living) == 1 {
		return living[0].ID, nil
	}
	return uuid.Nil, &RefusedError{Code: "ambiguousUser", Detail: fmt.Sprintf("%d users of the directory have %q; ask for one by id", len(found), text)}
}

// explaining is one question at work: the person, and what is decided about it now.
type explaining struct {
	*work
	p        *Person
	in       policy.Input
	decision policy.Decision
}

// records are the person's, in the connectors' precedence.
func (x *explaining) records() []*RecordRow {
	return slices.SortedFunc(slices.Values(x.p.Records), func(a, b *RecordRow) int {
		precedence := func(r *RecordRow) int {
			if c := x.settings.Connectors[r.Connector]; c != nil {
				return c.Policy.Precedence
			}
			return 1<<31 - 1
		}
		return cmp.Or(cmp.Compare(precedence(a), precedence(b)), slices.Compare(a.ID[:], b.ID[:]))
	})
}

// tellWho puts the events behind the steps into the answer, with one look at them all.
func (d *Directory) tellWho(ctx context.Context, directory uuid.UUID, a *Answer) error {
	var asked []SaidQuery
	var at []int
	for i, s := range a.Steps {
		if s.ask != nil {
			asked, at = append(asked, *s.ask), append(at, i)
		}
	}
	if err := d.tellRules(ctx, a); err != nil || len(asked) == 0 {
		return err
	}
	said, err := d.store.Said(ctx, directory, asked)
	if err != nil {
		return err
	}
	for i, s := range said {
		if s.Event == uuid.Nil {
			continue
		}
		step := &a.Steps[at[i]]
		step.Said = &said[i]
		step.Told = s.sentence(a)
		if s.Action == endedAction && a.Answer == AnswerNotMember && s.Because.Code != "" {
			step.Reason = &said[i].Because
		}
	}
	return nil
}

// tellRules says of the rules that decided who made them, and when.
func (d *Directory) tellRules(ctx context.Context, a *Answer) error {
	known := make(map[string]string)
	for i := range a.Steps {
		s := &a.Steps[i]
		if s.Step != "lists" || s.RulesVersion == 0 {
			continue
		}
		if _, told := known[s.Connector]; !told {
			v, err := d.RuleVersion(ctx, s.Connector, s.RulesVersion)
			switch {
			case errors.Is(err, ErrNotFound):
				known[s.Connector] = fmt.Sprintf(" (Version %d of its rules.)", s.RulesVersion)
			case err != nil:
				return err
			case v.Actor == "":
				known[s.Connector] = fmt.Sprintf(" (Version %d of its rules, of %s.)", s.RulesVersion, v.Created.Format(timeForPeople))
			default:
				known[s.Connector] = fmt.Sprintf(" (Version %d of its rules, by %s on %s.)", s.RulesVersion, v.Actor, v.Created.Format(timeForPeople))
			}
		}
		s.Detail += known[s.Connector]
	}
	return nil
}

// endedAction is the event of a membership that ends.
const endedAction = "directory.membership.removed"

// sentence says who said it and when, and for a membership that ended, why.
func (s Said) sentence(a *Answer) string {
	who := s.ActorType + " " + s.Actor
	switch {
	case s.ActorType == "credential" && s.Credential != "":
		who = fmt.Sprintf("the credential %q", s.Credential)
	case s.ActorType == "credential":
		who = "a credential that is gone since"
	case s.ActorType == "admin":
		who = fmt.Sprintf("the administrator %q", s.Actor)
	case s.ActorType == "system":
		who = "the workers, who settle what is queued,"
	}
	text := map[bool]string{false: "Last said", true: "Probably last said"}[s.Likely]
	switch {
	case s.Action == endedAction:
		text = "The membership was ended"
	case strings.HasPrefix(s.Action, "directory.membership."), strings.HasPrefix(s.Action, "directory.user."):
		text = "This was settled"
	}
	text += fmt.Sprintf(" by %s on %s", who, s.Time.Format(timeForPeople))
	if s.Request != "" {
		text += ", in request " + s.Request
	}
	if s.Action == endedAction && a.Answer == AnswerNotMember && s.Because.Code != "" {
		return text + ": " + s.Because.Sentence(a.Subject)
	}
	return text + "."
}

const timeForPeople = "2006-01-02 15:04:05 MST"
