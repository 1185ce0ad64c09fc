package directory

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// HoldFilter narrows held lines; zero fields do not.
type HoldFilter struct {
	User  string      `json:"user,omitempty"`  // userName or id
	Group string      `json:"group,omitempty"` // displayName or id
	Kind  LossKind    `json:"kind,omitempty"`
	IDs   []uuid.UUID `json:"ids,omitempty"`
}

// HoldPage is a page of held lines, and how many match in all.
type HoldPage struct {
	Page[HoldRow]
	Counts Sizes
}

// HoldCount is how many lines of a connector are held, and since when the first of them.
type HoldCount struct {
	Connector string // slug
	Sizes
	Since time.Time
}

// Add adds another count of the same connector.
func (c *HoldCount) Add(o HoldCount) {
	c.Users, c.Memberships, c.Keys = c.Users+o.Users, c.Memberships+o.Memberships, c.Keys+o.Keys
	if o.Since.Before(c.Since) {
		c.Since = o.Since
	}
}

// HoldDecision is what an administrator decides about held lines: about all that match, or the
// named ones.
type HoldDecision struct {
	Discard bool // else they are applied
	Filter  HoldFilter
	Comment string
}

// HoldsDecided says what became of held lines. Withdrawn ones had nothing left to hold. Left are
// those that wait still: a decision ends after a while, and is repeated for the rest.
type HoldsDecided struct{ Applied, Discarded, Withdrawn, Left int }

const (
	holdBatch  = 500
	decideTime = 20 * time.Second // of one decision
)

// Holds lists the held lines of a connector, the oldest first.
func (d *Directory) Holds(ctx context.Context, connector string, f HoldFilter, l Listing) (HoldPage, error) {
	c, err := d.store.Connector(ctx, connector)
	if err != nil {
		return HoldPage{}, err
	}
	counts, err := d.store.HeldOf(ctx, c.DirectoryID, c.ID, f)
	if err != nil {
		return HoldPage{}, err
	}
	page, err := d.store.Holds(ctx, c.DirectoryID, c.ID, f, l)
	if err != nil {
		return HoldPage{}, err
	}
	settings, err := d.store.Settings(ctx, c.DirectoryID)
	if err != nil {
		return HoldPage{}, err
	}
	settings.maskedHolds(page.Items)
	return HoldPage{Page: page, Counts: counts}, nil
}

// HoldCounts counts the held lines of every connector that has any.
func (d *Directory) HoldCounts(ctx context.Context) ([]HoldCount, error) {
	return d.store.HoldCounts(ctx)
}

// DecideHolds applies held lines, or discards them, as they are at that moment: in batches, each
// of them a transaction. What is applied does not count. Lines that are held meanwhile are not
// among those that the decision is about.
func (d *Directory) DecideHolds(ctx context.Context, by Admin, connector string, decision HoldDecision) (HoldsDecided, error) {
	var all HoldsDecided
	c, err := d.store.Connector(ctx, connector)
	if err != nil {
		return all, err
	}
	began := d.now()
	until := time.Now().Add(decideTime)
	l := Listing{Limit: holdBatch}
	for {
		page, err := d.store.Holds(ctx, c.DirectoryID, c.ID, decision.Filter, l)
		if err != nil {
			return all, err
		}
		rows := slices.DeleteFunc(page.Items, func(h HoldRow) bool { return h.Created.After(began) })
		if len(rows) > 0 && time.Now().After(until) {
			left, err := d.store.HeldOf(ctx, c.DirectoryID, c.ID, decision.Filter)
			all.Left = left.Sum()
			return all, err
		}
		some, err := d.decideBatch(ctx, by, Scope{Directory: c.DirectoryID}, rows, decision)
		if err != nil {
			return all, fmt.Errorf("deciding about held lines of %s: %w", c.Slug, err)
		}
		all.Applied, all.Discarded, all.Withdrawn = all.Applied+some.Applied, all.Discarded+some.Discarded, all.Withdrawn+some.Withdrawn
		if page.Next == "" || len(rows) == 0 {
			return all, nil
		}
		l.Cursor = page.Next
	}
}

// decideBatch decides about some held lines in one transaction.
func (d *Directory) decideBatch(ctx context.Context, by Admin, s Scope, rows []HoldRow, decision HoldDecision) (HoldsDecided, error) {
	var n HoldsDecided
	if len(rows) == 0 {
		return n, nil
	}
	users := make(map[uuid.UUID]bool)
	named := make(map[uuid.UUID]bool, len(rows))
	for _, h := range rows {
		users[h.User], named[h.ID] = true, true
	}
	var kept *safety
	var about int
	err := d.change(ctx, s, by.actor(), func(w *work) error {
		kept, about, n = w.safety, 0, HoldsDecided{}
		w.confirmed, w.safety.comment = make(confirmed), decision.Comment
		scene, err := w.load(Request{Users: sortedIDs(users), GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		for _, id := range sortedIDs(scene.People) {
			p := scene.People[id]
			before := about
			for i := range p.Holds {
				h := &p.Holds[i]
				if !named[h.ID] || h.State != Held {
					continue
				}
				about++
				if decision.Discard {
					w.discard(p, h, by, decision.Comment)
					n.Discarded++
				} else {
					w.confirm(*h)
				}
			}
			if about == before {
				continue // decided or withdrawn since they were read
			}
			if err := w.settle(p); err != nil {
				return fmt.Errorf("settling user %s: %w", id, err)
			}
		}
		return nil
	})
	if err == nil && !decision.Discard {
		n.Applied, n.Withdrawn = kept.applied, about-kept.applied
	}
	return n, err
}

// confirm agrees to a held line.
func (w *work) confirm(h HoldRow) {
	if w.confirmed[h.User] == nil {
		w.confirmed[h.User] = make(map[Loss]bool)
	}
	w.confirmed[h.User][h.line()] = true
}

// discard lets a held line stay undone for good, or until what stands behind it changes.
func (w *work) discard(p *Person, h *HoldRow, by Admin, comment string) {
	h.State, h.Decided = Discarded, w.now
	h.Detail.Basis, h.Detail.By, h.Detail.Comment = w.basis(p, *h), by.ID, comment
	h.Detail.Why = "an administrator discarded it"
	if comment != "" {
		h.Detail.Why += ", saying: " + comment
	}
	w.saveHold(*h)
	w.holdEvent("discarded", *h, withComment(comment))
}
