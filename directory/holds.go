package directory

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// A hold is a loss that stays undone. It is an exception to what Decide would do, whoever settles
// the user: held until an administrator decides, discarded by one. It is withdrawn when the
// decision no longer loses the line; time alone never ends it.

// exceptions are what stays undone of a person, in the words of policy.
func exceptions(holds []HoldRow) policy.Exceptions {
	var e policy.Exceptions
	for _, h := range holds {
		switch h.Kind {
		case LossMembership:
			if e.KeepMemberships == nil {
				e.KeepMemberships = make(map[string]string)
			}
			e.KeepMemberships[h.Subject] = h.Detail.Why
		case LossKey:
			if e.KeepAttributes == nil {
				e.KeepAttributes = make(map[string]string)
			}
			e.KeepAttributes[h.Subject] = h.Detail.Why
		default:
			e.KeepActive = h.Detail.Why
		}
	}
	return e
}

// keepsKey says whether a userName or an e-mail address of the person stays as it is.
func (p *Person) keepsKey() bool {
	return slices.ContainsFunc(p.Holds, func(h HoldRow) bool { return h.Kind == LossKey })
}

// inForce says whether a decision would lose the line, were it not held.
func (h *HoldRow) inForce(d policy.Decision) bool {
	switch h.Kind {
	case LossMembership:
		target, there := targetOf(d, h.Subject)
		return there && target.Because.Code == policy.CodeHeld
	case LossKey:
		return d.AttributeBecause[h.Subject].Code == policy.CodeHeld
	}
	return d.StatusBecause.Code == policy.CodeHeld
}

// basis is what a discarded line rests on: it stays undone while this is the same. For a
// membership it is the edge and what becomes of the record, for the rest the record itself.
func (w *work) basis(p *Person, h HoldRow) string {
	var parts []string
	for _, r := range p.Records {
		switch {
		case r.Connector != h.Connector:
		case h.Kind == LossMembership:
			sent := slices.ContainsFunc(r.Groups, func(g ViewedGroup) bool { return g.Key == h.Subject })
			parts = append(parts, fmt.Sprintf("%s %s %t", r.ID, r.ViewState, sent))
		default:
			parts = append(parts, fmt.Sprintf("%s %d", r.ID, r.Version))
		}
	}
	return strings.Join(parts, ", ")
}

// line is the loss that a hold holds, as confirmations name it.
func (h *HoldRow) line() Loss { return Loss{Kind: h.Kind, Subject: h.Subject} }

// agreed says whether an administrator lets a held line go.
func (w *work) agreed(h HoldRow) bool { return w.confirms(h.User, h.line()) }

// hold keeps a new loss of a person undone.
func (w *work) hold(x *weighed, l Loss, why string) {
	h := HoldRow{ID: newID(), Connector: l.Connector, User: x.User.ID, Group: groupHeld(x.Person, l), Kind: l.Kind, Subject: l.Subject, State: Held,
		Detail: w.described(x, l), Created: w.now}
	h.Detail.Why = why
	x.Holds = append(x.Holds, h)
	w.saveHold(h)
	w.holdEvent("created", h, map[string]any{"because": h.Detail.Because, "why": why})
}

// described says what a held line would do, from the decision without exceptions.
func (w *work) described(x *weighed, l Loss) HoldDetail {
	switch l.Kind {
	case LossMembership:
		for _, m := range x.Held {
			if m.Group.Key == l.Subject {
				return HoldDetail{Because: endOf(m, x.raw, w.slug)}
			}
		}
		return HoldDetail{}
	case LossKey:
		d := HoldDetail{Because: policy.Reason{Code: policy.CodeGiven, Connector: w.slug(l.Connector)}, Before: x.User.UserName, After: w.nameAfter(x)}
		if l.Subject != "userName" {
			d.Before, d.After = x.User.EmailKey, w.emailAfter(x)
		}
		return d
	}
	return HoldDetail{Because: x.raw.StatusBecause, Before: string(x.User.Status), After: string(x.raw.Status)}
}

func (w *work) nameAfter(x *weighed) string {
	name, _ := nameIn(x.raw.Attributes, x.User)
	return name
}

func (w *work) emailAfter(x *weighed) string {
	if len(x.raw.Contributing) == 0 {
		return ""
	}
	if w.takesWhole(x.Person) {
		return canonical.Key(scim.Document(x.raw.Attributes).PrimaryEmail())
	}
	if r := recordByID(x.Records, x.raw.Contributing[0]); r != nil {
		return canonical.Key(r.document().PrimaryEmail())
	}
	return ""
}

// freshen keeps what is said of held lines in step with what they would do now: a user who was
// to be disabled may be one to be deleted by now.
func (w *work) freshen(x *weighed) {
	now := w.losses(x.Person, x.raw)
	for i := range x.Holds {
		h := &x.Holds[i]
		at := slices.IndexFunc(now, func(l Loss) bool {
			return l.Kind.Counted() == h.Kind.Counted() && l.Subject == h.Subject
		})
		if h.State != Held || at < 0 {
			continue
		}
		detail := w.described(x, now[at])
		same := h.Kind == now[at].Kind && h.Detail.Before == detail.Before && h.Detail.After == detail.After && sameReason(h.Detail.Because, detail.Because)
		if same {
			continue
		}
		h.Kind, h.Detail.Because, h.Detail.Before, h.Detail.After = now[at].Kind, detail.Because, detail.Before, detail.After
		w.saveHold(*h)
	}
}

func sameReason(a, b policy.Reason) bool {
	return a.Code == b.Code && a.Connector == b.Connector && a.List == b.List && a.Pattern == b.Pattern
}

// applyHolds ends the held lines that were confirmed: they are lost now, or no longer to be lost.
func (w *work) applyHolds(x *weighed, d policy.Decision, losses []Loss) {
	for _, h := range x.held {
		lost := slices.ContainsFunc(losses, func(l Loss) bool {
			return l.Kind.Counted() == h.Kind.Counted() && l.Subject == h.Subject && w.confirms(h.User, l)
		})
		if h.Kind == LossMembership { // a strip of what is cleaned up is no loss of its own
			_, stays := targetOf(d, h.Subject)
			lost = !stays
		}
		if !lost {
			w.withdraw(h)
			continue
		}
		w.dropHold(h.ID)
		w.safety.applied++
		w.holdEvent("applied", h, withComment(w.safety.comment))
	}
}

// withdraw ends a hold that has nothing to hold.
func (w *work) withdraw(h HoldRow) {
	w.dropHold(h.ID)
	w.holdEvent("withdrawn", h, nil)
}

// withdrawAll ends every hold of a person whom no connector speaks for any more.
func (w *work) withdrawAll(p *Person) {
	for _, h := range p.Holds {
		w.withdraw(h)
	}
	p.Holds = nil
}

// saveHold writes a hold, once in a transaction.
func (w *work) saveHold(h HoldRow) {
	w.changes.Holds = slices.DeleteFunc(w.changes.Holds, func(o HoldRow) bool { return o.ID == h.ID })
	w.changes.Holds = append(w.changes.Holds, h)
}

func (w *work) dropHold(id uuid.UUID) {
	w.changes.Holds = slices.DeleteFunc(w.changes.Holds, func(o HoldRow) bool { return o.ID == id })
	w.changes.HoldsGone = append(w.changes.HoldsGone, id)
}

// holdEvent tells of a hold. No clear value of the person is in it.
func (w *work) holdEvent(what string, h HoldRow, more map[string]any) {
	changes := map[string]any{"kind": h.Kind}
	switch h.Kind {
	case LossMembership:
		changes["group"] = h.Subject
	case LossKey:
		changes["attribute"] = h.Subject
	}
	for name, value := range more {
		changes[name] = value
	}
	w.event("directory.hold."+what, EventRow{User: h.User, Group: h.Group, Connector: h.Connector, Changes: changes})
}

// withComment is what an event tells of an administrator's comment.
func withComment(comment string) map[string]any {
	if comment == "" {
		return nil
	}
	return map[string]any{"comment": comment}
}

// nameAgain lifts the discards of memberships whose end a request asks for once more, though its
// record holds no such member: whoever is named is settled again. The discards of people without
// one stay.
func (w *work) nameAgain(g *GroupRow, named []Resolved) ([]uuid.UUID, error) {
	if len(named) == 0 || w.safety == nil || !w.live(g.Connector) || g.ViewKey == "" {
		return nil, nil
	}
	records := make([]uuid.UUID, len(named))
	for i, r := range named {
		records[i] = r.ID
	}
	found, err := w.tx.Discarded(w.ctx, g.ViewKey, records)
	if err != nil {
		return nil, err
	}
	records = records[:0]
	for _, line := range found {
		if w.safety.lifted == nil {
			w.safety.lifted = make(map[uuid.UUID]bool)
		}
		w.safety.lifted[line.Hold] = true
		w.withdraw(HoldRow{ID: line.Hold, Connector: g.Connector, User: line.User, Kind: LossMembership, Subject: g.ViewKey})
		records = append(records, line.Record)
	}
	slices.SortFunc(records, func(a, b uuid.UUID) int { return cmp.Compare(a.String(), b.String()) })
	return slices.Compact(records), nil
}
