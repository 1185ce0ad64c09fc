package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// MembersChange is what an administrator does to the members of a group by hand.
type MembersChange struct {
	Users   []uuid.UUID
	Remove  bool   // takes them out; else puts them in
	Comment string // for the audit
	Preview bool   // says what would come of it, and does nothing
}

// MemberResult is what came of a change for one user, or would.
type MemberResult struct {
	User     uuid.UUID
	UserName string        // "" where there is no such user
	Member   *GroupMember  // that the user is, or would be, after being put in
	Refused  *RefusedError // nil: it is done, or would be
}

// AddLocalMember gives a user a local membership, unless the rules would take it away at once.
func (d *Directory) AddLocalMember(ctx context.Context, by Admin, directory string, group, user uuid.UUID) (GroupMember, error) {
	return d.changeMember(ctx, by, directory, group, user, MembersChange{})
}

// RemoveMember takes a membership that no IdP and no alwaysAssign gives.
func (d *Directory) RemoveMember(ctx context.Context, by Admin, directory string, group, user uuid.UUID) error {
	_, err := d.changeMember(ctx, by, directory, group, user, MembersChange{Remove: true})
	return err
}

// ChangeMembers changes the memberships of several users, each in a transaction of its own: what
// the rules would undo is refused for that user alone. The results are in the order of c.Users.
func (d *Directory) ChangeMembers(ctx context.Context, by Admin, directory string, group uuid.UUID, c MembersChange) ([]MemberResult, error) {
	if _, err := d.ReadDirectoryGroup(ctx, directory, group); err != nil {
		return nil, err
	}
	results := make([]MemberResult, len(c.Users))
	for i, user := range c.Users {
		results[i].User = user
		member, err := d.changeMember(ctx, by, directory, group, user, c)
		results[i].UserName = member.User.UserName
		switch refused := (*RefusedError)(nil); {
		case err == nil && !c.Remove:
			results[i].Member = &member
		case err == nil:
		case errors.As(err, &refused):
			results[i].Refused = refused
		case errors.Is(err, ErrNotFound) && c.Remove && member.User.UserName != "":
			results[i].Refused = &RefusedError{Code: "notFound", Detail: member.User.UserName + " is not in the group"}
		case errors.Is(err, ErrNotFound):
			results[i].Refused = &RefusedError{Code: "notFound", Detail: fmt.Sprintf("there is no user %s in this directory", user)}
		default:
			return results[:i], err
		}
	}
	return results, nil
}

// errPreview rolls a change back that was only to be looked at.
var errPreview = errors.New("a preview changes nothing")

// changeMember changes one user's membership. Whatever comes of it, member says who the user is.
func (d *Directory) changeMember(ctx context.Context, by Admin, directory string, group, user uuid.UUID, c MembersChange) (member GroupMember, err error) {
	err = d.inDirectory(ctx, by, directory, func(w *work) error {
		w.comment = c.Comment
		p, fact, err := w.personAndGroup(user, group)
		if err != nil {
			return err
		}
		member = GroupMember{User: p.User.user(len(p.Records) == 0)}
		if c.Remove {
			err = w.takeLocally(p, fact)
		} else {
			member.Origin, member.Because, err = w.giveLocally(p, fact)
		}
		if err != nil {
			return err
		}
		if err := w.settle(p); err != nil {
			return err
		}
		if c.Preview {
			return errPreview
		}
		return nil
	})
	if errors.Is(err, errPreview) {
		err = nil
	}
	return member, err
}

// giveLocally claims a local membership, if the rules let it stand.
func (w *work) giveLocally(p *Person, fact *GroupFact) (policy.Origin, policy.Reason, error) {
	p.claims = slices.Clone(p.Held)
	local := Support{Origin: policy.OriginLocal, Code: policy.CodeLocal}
	i := slices.IndexFunc(p.claims, func(m MembershipRow) bool { return m.Group.ID == fact.ID })
	if i < 0 {
		p.claims = append(p.claims, MembershipRow{Group: *fact, User: p.User.ID, Supports: []Support{local}})
	} else if !slices.ContainsFunc(p.claims[i].Supports, func(s Support) bool { return s.Origin == policy.OriginLocal }) {
		p.claims[i].Supports = append(slices.Clone(p.claims[i].Supports), local)
	}
	in, err := w.input(p)
	if err != nil {
		return "", policy.Reason{}, err
	}
	decision := policy.Decide(in)
	target, member := targetOf(decision, fact.Key)
	if keepsLocal(target) {
		return target.Supports[0].Origin, target.Because, nil
	}
	because := refusal(fact.Key, decision)
	if member {
		because = target.Because // the user is in it anyway, for another reason
	}
	x := &explaining{work: w, p: p, in: in, decision: decision}
	refused := &RefusedError{Code: "rulesWouldUndo", Because: because,
		Detail: fmt.Sprintf("the rules would take a local membership away at once: %s", because.Sentence(fact.Name))}
	if refused.WouldChange, err = x.keeping(fact.Key, fact.Name); err != nil {
		return "", policy.Reason{}, err
	}
	refused.Detail += advice(refused.WouldChange)
	return "", policy.Reason{}, refused
}

// takeLocally claims the end of a membership, if the rules do not give it again.
func (w *work) takeLocally(p *Person, fact *GroupFact) error {
	i := slices.IndexFunc(p.Held, func(m MembershipRow) bool { return m.Group.ID == fact.ID })
	if i < 0 {
		return ErrNotFound
	}
	for _, s := range p.Held[i].Supports {
		if s.Origin != policy.OriginIDP && s.Origin != policy.OriginAlways {
			continue
		}
		because := w.reasonOf(s)
		refused := &RefusedError{Code: "rulesWouldUndo", Because: because,
			Detail: fmt.Sprintf("%s would give this membership again at once: %s", w.slug(s.Connector), because.Sentence(fact.Name))}
		x := &explaining{work: w, p: p}
		var err error
		if refused.WouldChange, err = x.letting(fact.Key, fact.Name); err != nil {
			return err
		}
		refused.Detail += advice(refused.WouldChange)
		return refused
	}
	p.claims = slices.Delete(slices.Clone(p.Held), i, i+1)
	if p.claims == nil {
		p.claims = []MembershipRow{}
	}
	return nil
}

// advice is the first thing that would let a refused change stand, behind the refusal.
func advice(changes []WouldChange) string {
	if len(changes) == 0 {
		return ""
	}
	return " " + changes[0].Sentence
}

// keepsLocal says whether a target has a membership because an administrator gave it.
func keepsLocal(t policy.TargetMembership) bool {
	return slices.ContainsFunc(t.Supports, func(s policy.Support) bool { return s.Origin == policy.OriginLocal })
}

// keeping says in whose neverRemove the group would have to be, so that the claimed local
// membership stays.
func (x *explaining) keeping(key, group string) (out []WouldChange, err error) {
	seen := make(map[uuid.UUID]bool)
	for _, r := range x.records() {
		c := x.settings.Connectors[r.Connector]
		if c == nil || seen[r.Connector] {
			continue
		}
		seen[r.Connector] = true
		h := x.suppose()
		if !h.with(r.Connector, c.Slug, policy.ListNeverRemove, group, func(r *policy.Rules) *[]policy.Entry { return &r.NeverRemove }) {
			continue
		}
		d, err := x.decide(x.p, h.settings, nil)
		if err != nil {
			return nil, err
		}
		if t, _ := targetOf(d, key); keepsLocal(t) {
			rules := h.settings.Connectors[r.Connector].Rules
			out = append(out, WouldChange{By: ByRules, Connector: c.Slug, Edits: h.edits, Rules: &rules,
				Sentence: fmt.Sprintf("Add %q to neverRemove of %s to keep local members.", group, c.Slug)})
		}
	}
	return out, nil
}

// letting says which edit of rules would end a membership that they give.
func (x *explaining) letting(key, group string) ([]WouldChange, error) {
	h, err := x.editUntil(x.suppose(), key, group, false)
	if errors.Is(err, errUnexplained) || err == nil && len(h.edits) == 0 {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	change := WouldChange{By: ByRules, Edits: h.edits, Sentence: h.sentence() + ": the membership would end."}
	if len(h.connector) == 1 {
		for id := range h.connector {
			c := h.settings.Connectors[id]
			change.Connector, change.Rules = c.Slug, &c.Rules
		}
	}
	return []WouldChange{change}, nil
}

// targetOf finds the membership that a decision gives in a group.
func targetOf(d policy.Decision, key string) (policy.TargetMembership, bool) {
	i := slices.IndexFunc(d.Memberships, func(t policy.TargetMembership) bool { return t.Key == key })
	if i < 0 {
		return policy.TargetMembership{}, false
	}
	return d.Memberships[i], true
}
