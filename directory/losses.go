package directory

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// LossKind is what a decision takes from a person.
type LossKind string

// The kinds of losses. Subject is the group's key for a membership and the attribute's name for
// a key; it is empty for the others.
const (
	LossMembership LossKind = "membership"
	LossDisable    LossKind = "disable"
	LossDelete     LossKind = "delete"
	LossKey        LossKind = "key" // userName or e-mail is rewritten
)

// Loss is one thing that a decision takes from a person. Connector is whose word ends it; zero
// where it does not matter (see confirmed).
type Loss struct {
	Kind      LossKind  `json:"kind"`
	Subject   string    `json:"subject,omitempty"`
	Connector uuid.UUID `json:"connector,omitzero"`
}

// confirmed are the losses that an administrator agreed to, by user and without the connector.
type confirmed map[uuid.UUID]map[Loss]bool

// losses lists what a decision takes from a person as it is held now: p is as it was read. A
// cleanup that takes the user away is one loss, whatever it strips; an administrator's block is
// none, nor is what linking the person rewrites.
func (w *work) losses(p *Person, d policy.Decision) []Loss {
	if p.User.Version == 0 {
		return nil
	}
	var out []Loss
	if kind := lostStatus(p.User.Status, d.Status); kind != "" && d.StatusBecause.Code != policy.CodeBlocked {
		out = append(out, Loss{Kind: kind, Connector: w.ends(p, d)})
	}
	// What was cleaned up, or deleted, lost its memberships with that; a cleanup that leaves the
	// user active takes nothing but memberships.
	gone := p.User.CleanedUp || p.User.Status == policy.UserDeleted
	if !gone && (!d.CleanedUp || d.Status == policy.UserActive) {
		out = append(out, w.lostMemberships(p, d)...)
	}
	if len(d.Contributing) > 0 && !slices.ContainsFunc(p.Records, func(r *RecordRow) bool { return r.Linked.Equal(w.now) }) {
		out = append(out, w.lostKeys(p, d)...)
	}
	return out
}

// lostStatus is the loss in a change of status, "" if there is none.
func lostStatus(before, after policy.Status) LossKind {
	switch {
	case after == policy.UserDeleted && before != policy.UserDeleted:
		return LossDelete
	case after == policy.UserDisabled && before == policy.UserActive:
		return LossDisable
	}
	return ""
}

// ends is the connector whose word takes a person's status: of a cleanup the one that left last.
func (w *work) ends(p *Person, d policy.Decision) uuid.UUID {
	by := w.whose(p, d.StatusBecause.Connector)
	if !d.CleanedUp {
		return by
	}
	var last time.Time
	for _, r := range p.Records {
		if left := d.LeftAt[r.ID.String()]; left.After(last) {
			last, by = left, r.Connector
		}
	}
	return by
}

func (w *work) lostMemberships(p *Person, d policy.Decision) (out []Loss) {
	for _, m := range p.Held {
		if _, stays := slices.BinarySearchFunc(d.Memberships, m.Group.Key, byTargetKey); stays {
			continue
		}
		slug := endOf(m, d, w.slug).Connector
		if slug == "" {
			slug = w.slug(m.Supports[0].Connector)
		}
		out = append(out, Loss{Kind: LossMembership, Subject: m.Group.Key, Connector: w.whose(p, slug)})
	}
	return out
}

func byTargetKey(t policy.TargetMembership, key string) int { return strings.Compare(t.Key, key) }

// lostKeys are the keys that the contributing record rewrites. A first value rewrites nothing.
func (w *work) lostKeys(p *Person, d policy.Decision) (out []Loss) {
	r := recordByID(p.Records, d.Contributing[0])
	if !w.takesWhole(p) && sameJSON(r.view(), p.User.JSON) {
		return nil
	}
	note := func(attribute, before, after string) {
		if before != "" && after != before {
			out = append(out, Loss{Kind: LossKey, Subject: attribute, Connector: r.Connector})
		}
	}
	doc := r.document()
	if w.takesWhole(p) {
		doc = scim.Document(d.Attributes)
	}
	_, name := nameIn(d.Attributes, p.User)
	note("userName", p.User.UserNameKey, name)
	note("emails", p.User.EmailKey, canonical.Key(doc.PrimaryEmail()))
	return out
}

// whose is the connector behind a loss: the named one, else that of the person's first record.
func (w *work) whose(p *Person, slug string) uuid.UUID {
	if id := w.connectorID(slug); id != uuid.Nil || len(p.Records) == 0 {
		return id
	}
	return p.Records[0].Connector
}
