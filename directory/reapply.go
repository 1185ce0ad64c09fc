package directory

import (
	"context"
	"slices"

	"github.com/google/uuid"
)

// Reapplied is what came of settling one user again, or would.
type Reapplied struct {
	Lines []PlanLine // what changed, in the order in which it was done
	Held  []HoldRow  // what stays undone of the user until somebody decides
}

// Reapplying settles one user again from what is known of it, at an administrator's word.
type Reapplying interface {
	// ReapplyUser settles a user by its records and the rules as they are now. It is what the
	// workers do with whoever is queued: what is settled already stays as it is, open holds stay
	// undone, and what is taken away counts against the safety limits, but for what the plan that
	// is being applied confirms. One event says who asked for it, whether or not anything changed.
	ReapplyUser(ctx context.Context, by Admin, directory string, user uuid.UUID) (Reapplied, error)
	// PreviewReapply says what ReapplyUser would do, and does nothing.
	PreviewReapply(ctx context.Context, by Admin, directory string, user uuid.UUID) (Reapplied, error)
}

// ReapplyUser settles one user again.
func (d *Directory) ReapplyUser(ctx context.Context, by Admin, directory string, user uuid.UUID) (Reapplied, error) {
	var p *Person
	var done *work // of the try that counted
	err := d.inDirectory(ctx, by, directory, func(w *work) error {
		scene, err := w.load(Request{Users: []uuid.UUID{user}, GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		if p, done = scene.People[user], w; p == nil {
			return ErrNotFound
		}
		if err := w.confirmRunning(user); err != nil {
			return err
		}
		w.event("directory.user.reapplied", EventRow{User: user})
		return w.settleScene(scene)
	})
	if err != nil {
		return Reapplied{}, err
	}
	told := &keeping{saved: []*Changes{done.changes}}
	lines, err := d.linesKept(ctx, directory, told, map[uuid.UUID]UserRow{user: p.User}, nil)
	return Reapplied{Lines: lines, Held: done.heldOf(p)}, err
}

// PreviewReapply is ReapplyUser, carried out to the end in a transaction that is rolled back.
func (d *Directory) PreviewReapply(ctx context.Context, by Admin, directory string, user uuid.UUID) (out Reapplied, err error) {
	err = d.store.Try(ctx, func(s Store) (err error) {
		out, err = New(s, Options{Now: d.now, Log: d.log}).ReapplyUser(ctx, by, directory, user)
		return err
	})
	return out, err
}

// confirmRunning lets the losses of a user go through that the plan of the directory's running job
// confirms, and no others: from here on an administrator's losses count as anybody's do.
func (w *work) confirmRunning(user uuid.UUID) error {
	w.confirmed = make(confirmed)
	found, err := w.tx.Confirmed(w.ctx, []uuid.UUID{user})
	if err != nil {
		return err
	}
	for _, l := range found[user] {
		if w.confirmed[user] == nil {
			w.confirmed[user] = make(map[Loss]bool)
		}
		w.confirmed[user][Loss{Kind: l.Kind, Subject: l.Subject}] = true
	}
	return nil
}

// heldOf are the lines of a settled person that wait for a decision, with their names.
func (w *work) heldOf(p *Person) []HoldRow {
	held := slices.DeleteFunc(slices.Clone(p.Holds), func(h HoldRow) bool { return h.State != Held })
	for i := range held {
		h := &held[i]
		h.UserName = p.User.UserName
		if group := w.facts[h.Subject]; h.Kind == LossMembership && group != nil {
			h.Group, h.GroupName = group.ID, group.Name
		}
	}
	w.settings.maskedHolds(held)
	return held
}
