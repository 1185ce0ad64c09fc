package directory

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/tenants"
)

// Whose hand it takes to change an answer.
const (
	ByRules         = "rules"         // a connector's rules
	ByDirectory     = "directory"     // the directory's settings
	ByIDP           = "idp"           // what an IdP sends
	ByAdministrator = "administrator" // what an administrator does to the user
	ByMode          = "mode"          // a connector that is not live
)

// WouldChange is one thing that would make the answer another one. Nothing of it is done.
type WouldChange struct {
	By           string
	Connector    string // slug; "" for the directory, or where several connectors are edited
	Sentence     string // what to do, and what would follow
	Edits        []Edit
	Rules        *policy.Rules             // the connector's rules with the edits, for a plan
	Settings     *policy.DirectorySettings // the directory's settings with them
	Consequences *Consequences
}

// stepsOfAnEdit is how many edits one after the other are tried: a name may be held back by one
// list of every connector.
const stepsOfAnEdit = 8

// membershipOtherwise says what would bring the user into the group, or out of it.
func (x *explaining) membershipOtherwise(key, group string, member bool) ([]WouldChange, error) {
	var out []WouldChange
	if member {
		change, err := x.ending(key, group)
		if err != nil {
			return nil, err
		}
		return change, nil
	}
	seen := make(map[string]bool)
	for _, v := range x.decision.Verdicts {
		if v.Key != key || v.Admitted || v.Connector == "" || seen[v.Connector] {
			continue
		}
		seen[v.Connector] = true
		change, err := x.joining(v, key, group)
		if err != nil {
			return nil, err
		}
		out = append(out, change...)
	}
	for _, r := range x.records() {
		slug := x.slug(r.Connector)
		if !seen[slug] && r.State != policy.Deleted {
			seen[slug] = true
			change, err := x.ifSent(r, key, group)
			if err != nil {
				return nil, err
			}
			out = append(out, change)
		}
	}
	if byHand, ok, err := x.ifGiven(key, group); err != nil {
		return nil, err
	} else if ok {
		out = append(out, byHand)
	}
	return out, nil
}

// joining says what would let through what one connector does not give.
func (x *explaining) joining(v policy.Verdict, key, group string) ([]WouldChange, error) {
	c := x.settings.Connectors[x.connectorID(v.Connector)]
	switch v.Because.Code {
	case policy.CodeNotSent, policy.CodeNoRecord, policy.CodeDefaultSpent, policy.CodeDefaultEnded:
		for _, r := range x.records() {
			if x.slug(r.Connector) == v.Connector && r.State != policy.Deleted {
				change, err := x.ifSent(r, key, group)
				return []WouldChange{change}, err
			}
		}
		return nil, nil
	case policy.CodeRecordDeleted, policy.CodeRecordInactive, policy.CodeRequiredGroups:
		return []WouldChange{x.ifSpeaking(v.Because)}, nil
	}
	if c == nil || c.Mode != tenants.Live {
		return []WouldChange{{By: ByMode, Connector: v.Connector, Sentence: fmt.Sprintf(
			"%s is not live, so its rules and what it sends stand still; a plan of its going live says what that would change.", v.Connector)}}, nil
	}
	h, err := x.editUntil(x.suppose(), key, group, true)
	if errors.Is(err, errUnexplained) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	change, err := x.editing(h, key, group)
	return []WouldChange{change}, err
}

// ending says what would end a membership.
func (x *explaining) ending(key, group string) ([]WouldChange, error) {
	var out []WouldChange
	h, err := x.editUntil(x.suppose(), key, group, false)
	switch {
	case err == nil && len(h.edits) > 0:
		change, err := x.editing(h, key, group)
		if err != nil {
			return nil, err
		}
		out = append(out, change)
	case err != nil && !errors.Is(err, errUnexplained):
		return nil, err
	}
	target, _ := targetOf(x.decision, key)
	var senders []string
	byHand := true
	for _, s := range target.Supports {
		switch s.Origin {
		case policy.OriginIDP:
			senders = append(senders, s.Connector)
			byHand = false
		case policy.OriginAlways:
			byHand = false
		}
	}
	if len(senders) > 0 {
		d, err := x.decide(x.p, x.settings, func(in *policy.Input) {
			for i := range in.Views {
				in.Views[i].Groups = slices.DeleteFunc(slices.Clone(in.Views[i].Groups), func(g policy.SentGroup) bool { return g.Key == key })
			}
		})
		if err != nil {
			return nil, err
		}
		sentence := fmt.Sprintf("Take the user out of %s at the IdP of %s.", group, inSeries(senders))
		if left, stays := targetOf(d, key); stays {
			sentence += " That alone would not end the membership: " + left.Because.Sentence(group)
		}
		out = append(out, WouldChange{By: ByIDP, Connector: one(senders), Sentence: sentence})
	}
	if byHand {
		out = append(out, WouldChange{By: ByAdministrator, Sentence: fmt.Sprintf("An administrator can remove the user from %s by hand.", group)})
	}
	return out, nil
}

// editUntil edits rules, one reason after the other, until Decide gives the wanted answer.
func (x *explaining) editUntil(h *hypothesis, key, group string, want bool) (*hypothesis, error) {
	for range stepsOfAnEdit {
		d, err := x.decide(x.p, h.settings, nil)
		if err != nil {
			return nil, err
		}
		target, member := targetOf(d, key)
		if member == want {
			return h, nil
		}
		if want && !x.admit(h, refusal(key, d), key, group) || !want && !x.refuse(h, target.Because, key, group) {
			return nil, errUnexplained
		}
	}
	return nil, errUnexplained
}

// editing is a hypothesis as an answer shows it, with its consequences.
func (x *explaining) editing(h *hypothesis, key, group string) (WouldChange, error) {
	c, err := x.consequences(h, key)
	if err != nil {
		return WouldChange{}, err
	}
	change := WouldChange{By: ByRules, Edits: h.edits, Consequences: &c, Sentence: h.sentence() + ": " + c.sentence(group) + "."}
	if h.directory {
		settings := h.settings.Directory.Settings()
		change.By, change.Settings = ByDirectory, &settings
	}
	if len(h.connector) == 1 {
		for id := range h.connector {
			c := h.settings.Connectors[id]
			change.Rules = &c.Rules
			if !h.directory {
				change.Connector = c.Slug
			}
		}
	}
	return change, nil
}

// ifSent says what would become of the group if the record's IdP sent it.
func (x *explaining) ifSent(r *RecordRow, key, group string) (WouldChange, error) {
	slug := x.slug(r.Connector)
	change := WouldChange{By: ByIDP, Connector: slug}
	d, err := x.decide(x.p, x.settings, func(in *policy.Input) {
		for i := range in.Views {
			if in.Views[i].Record == r.ID.String() {
				in.Views[i].Groups = append(slices.Clone(in.Views[i].Groups), policy.SentGroup{Name: group, Key: key})
			}
		}
	})
	if err != nil {
		return change, err
	}
	change.Sentence = fmt.Sprintf("Put the user into %s at the IdP of %s: the user would join the group.", group, slug)
	if _, member := targetOf(d, key); !member {
		change.Sentence = fmt.Sprintf("If the IdP of %s sent %s for this user, it would still be held back: %s", slug, group, refusal(key, d).Sentence(group))
	}
	return change, nil
}

// ifSpeaking says what a record needs to have a say.
func (x *explaining) ifSpeaking(because policy.Reason) WouldChange {
	change := WouldChange{By: ByIDP, Connector: because.Connector}
	switch because.Code {
	case policy.CodeRecordDeleted:
		change.Sentence = fmt.Sprintf("Assign the user to %s again at its IdP: a new record would be linked to this user.", because.Connector)
	case policy.CodeRecordInactive:
		change.Sentence = fmt.Sprintf("Activate the user at the IdP of %s.", because.Connector)
	default:
		change.Sentence = fmt.Sprintf("Put the user into one of the requiredGroups of %s at its IdP%s.", because.Connector, x.required(because.Connector))
	}
	return change
}

// required lists a connector's requiredGroups for a sentence.
func (x *explaining) required(slug string) string {
	c := x.settings.Connectors[x.connectorID(slug)]
	if c == nil {
		return ""
	}
	var texts []string
	for _, e := range c.Settled.RequiredGroups {
		texts = append(texts, fmt.Sprintf("%q", e.Text))
	}
	if len(texts) == 0 || len(texts) > 5 {
		return ""
	}
	return " (" + strings.Join(texts, ", ") + ")"
}

// ifGiven says whether an administrator could give the membership, and it would last.
func (x *explaining) ifGiven(key, group string) (WouldChange, bool, error) {
	if x.facts[key] == nil {
		return WouldChange{}, false, nil
	}
	d, err := x.decide(x.p, x.settings, func(in *policy.Input) {
		in.Held = append(slices.Clone(in.Held), policy.Membership{Key: key, Supports: []policy.Support{{Origin: policy.OriginLocal}}})
	})
	if err != nil {
		return WouldChange{}, false, err
	}
	_, member := targetOf(d, key)
	return WouldChange{By: ByAdministrator, Sentence: fmt.Sprintf("An administrator can add the user to %s by hand; no rule would take that away.", group)}, member, nil
}

// statusOtherwise says what would give the user another status.
func (x *explaining) statusOtherwise() ([]WouldChange, error) {
	because := x.decision.StatusBecause
	byHand := func(sentence string) []WouldChange { return []WouldChange{{By: ByAdministrator, Sentence: sentence}} }
	switch because.Code {
	case policy.CodeBlocked:
		d, err := x.decide(x.p, x.settings, func(in *policy.Input) {
			in.User.Blocked = false
			unblocked := Person{User: x.p.User, unblocked: true}
			in.User.Status = unblocked.status()
		})
		if err != nil {
			return nil, err
		}
		return byHand(fmt.Sprintf("Lift the block: the user would be %s. %s", d.Status, d.StatusBecause.Sentence(""))), nil
	case policy.CodeLocalUser, policy.CodeNeverCounted:
		return byHand("An administrator can edit, block, delete or restore a user whom no IdP manages."), nil
	case policy.CodeProtectedUser:
		return byHand("An administrator can block the user, or except a connector from the protection."), nil
	}
	state := policy.Active
	if x.decision.Status == policy.UserActive {
		state = policy.Inactive
	}
	var out []WouldChange
	for _, r := range x.records() {
		if r.ViewState == NoView || ViewState(state) == r.ViewState || !x.live(r.Connector) {
			continue
		}
		change, err := x.ifSaid(r, state)
		if err != nil {
			return nil, err
		}
		out = append(out, change)
	}
	if x.decision.Status == policy.UserDeleted {
		return append(out, byHand("An administrator can restore the user; it is local until an IdP sends it again.")...), nil
	}
	return append(out, byHand("An administrator can block the user: it is disabled, whatever records say, until the block is lifted.")...), nil
}

// ifSaid says what status the user would have if a record's IdP said that it is active, or not.
func (x *explaining) ifSaid(r *RecordRow, state policy.State) (WouldChange, error) {
	slug := x.slug(r.Connector)
	change := WouldChange{By: ByIDP, Connector: slug}
	d, err := x.decide(x.p, x.settings, func(in *policy.Input) {
		for i := range in.Views {
			if in.Views[i].Record == r.ID.String() {
				in.Views[i].State = state
			}
		}
	})
	if err != nil {
		return change, err
	}
	what := fmt.Sprintf("If the IdP of %s activated the user", slug)
	switch {
	case r.ViewState == ViewState(policy.Deleted):
		what = fmt.Sprintf("If the IdP of %s sent the user again, active", slug)
	case state == policy.Inactive:
		what = fmt.Sprintf("If the IdP of %s deactivated the user", slug)
	}
	still := ""
	if d.Status == x.decision.Status {
		still = "still "
	}
	change.Sentence = fmt.Sprintf("%s, it would %sbe %s. %s", what, still, d.Status, d.StatusBecause.Sentence(""))
	return change, nil
}

// attributeOtherwise says what would give the attribute another value.
func (x *explaining) attributeOtherwise(name string, a Answer) []WouldChange {
	switch a.Because.Code {
	case policy.CodeLocalUser:
		return []WouldChange{{By: ByAdministrator, Sentence: "An administrator can edit a user whom no IdP manages."}}
	case policy.CodeUserNameTaken:
		return []WouldChange{{By: ByAdministrator, Connector: a.Because.Connector,
			Sentence: "Rename or delete the user who holds the name; this one takes it over the next time it is settled."}}
	case policy.CodeProtectedName:
		return []WouldChange{{By: ByDirectory, Connector: a.Because.Connector,
			Sentence: fmt.Sprintf("Except %s from protectedUsers %q of the directory, or change the value at the IdP.", a.Because.Connector, a.Because.Pattern)}}
	}
	givers := x.givers(name)
	var out []WouldChange
	for i, r := range givers {
		slug := x.slug(r.Connector)
		sentence := fmt.Sprintf("Change the value at the IdP of %s.", slug)
		if i > 0 {
			sentence = fmt.Sprintf("Give %s precedence over %s: its value %s would count.", slug, x.slug(givers[0].Connector), inWords(x.shownAt(x.gives(r, x.p), name)))
		}
		out = append(out, WouldChange{By: ByIDP, Connector: slug, Sentence: sentence})
		if i > 0 {
			out[i].By = ByRules
		}
	}
	if len(givers) == 0 {
		for _, r := range x.records() {
			if r.State != policy.Deleted {
				out = append(out, WouldChange{By: ByIDP, Connector: x.slug(r.Connector), Sentence: fmt.Sprintf("Send a value for %s from the IdP of %s.", name, x.slug(r.Connector))})
			}
		}
	}
	return out
}

// one is the only element of a list, "" if there are more.
func one(list []string) string {
	if len(list) == 1 {
		return list[0]
	}
	return ""
}
