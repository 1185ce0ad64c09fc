package directory

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Taking a decision back leaves the record as if nobody had decided. What the decision has done
// goes with it:
//
//	link          the link ends as Unlink ends it, but without a pin
//	keepSeparate  the user that was made for the record alone is deleted, softly
//	unlinked      the same, and the record may find the user again from which it was unlinked
//	refuse        nothing was done
//
// Then the record is settled, and links, or is asked about again, by what holds by now.

// UndoDecision takes back what an administrator decided of a conflict, or of a link that was undone.
func (d *Directory) UndoDecision(ctx context.Context, by Admin, directory string, id uuid.UUID) error {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return err
	}
	row, err := d.store.Conflict(ctx, info.ID, id)
	if err != nil {
		return err
	}
	if row.Decision == "" {
		return &RefusedError{Code: "notDecided", Detail: "nobody has decided this conflict yet; there is nothing to take back"}
	}
	return d.change(ctx, Scope{Directory: info.ID}, by.actor(), func(w *work) error {
		scene, err := w.load(Request{Records: []uuid.UUID{row.Record}, GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		if slices.ContainsFunc(scene.Conflicts[row.Record], func(c ConflictRow) bool { return c.ID == row.ID && c.Decision != row.Decision }) {
			return ErrNotFound // decided otherwise since it was read
		}
		about := row.Record
		if about == row.Connector {
			about = uuid.Nil
		}
		w.event("directory.conflict.reopened", EventRow{Record: about, Connector: row.Connector, User: row.DecidedUser, Changes: map[string]any{"kind": row.Kind, "decision": row.Decision}})
		if about == uuid.Nil { // with a group: it is shown again, and goes when it is so no more
			w.changes.Conflicts = append(w.changes.Conflicts, undecided(row))
			return nil
		}
		return w.takeBack(scene, row)
	})
}

// undecided is a conflict as it was before the decision.
func undecided(row ConflictRow) ConflictRow {
	row.Decision, row.DecidedUser = "", uuid.Nil
	return row
}

// takeBack removes a decision about a record, and whatever else says the same of it and its user.
func (w *work) takeBack(scene *Scene, row ConflictRow) error {
	known := scene.Conflicts[row.Record]
	if !slices.ContainsFunc(known, func(c ConflictRow) bool { return c.ID == row.ID }) {
		known = append(known, row) // a tombstone's are not read with it
	}
	for _, c := range known {
		if c.Decision == row.Decision && c.DecidedUser == row.DecidedUser && (c.ID == row.ID || row.DecidedUser != uuid.Nil) {
			w.changes.Conflicts = append(w.changes.Conflicts, undecided(c))
			w.changes.Withdraw = append(w.changes.Withdraw, c.ID)
		}
	}
	if r := scene.Records[row.Record]; r != nil {
		if r.ViewState != NoView && w.live(r.Connector) {
			w.queue(r.Connector, r.ID)
		}
		return nil
	}
	for _, p := range scene.People {
		if r := recordByID(p.Records, row.Record.String()); r != nil {
			return w.undoLink(p, r, row)
		}
	}
	return nil // a tombstone that nobody has any more
}

// undoLink takes from its user a record about which the decision was, where the decision made the
// two each other's.
func (w *work) undoLink(p *Person, r *RecordRow, row ConflictRow) error {
	user := p.User.ID
	others := slices.DeleteFunc(slices.Clone(p.Records), func(x *RecordRow) bool { return x == r })
	switch {
	case row.Decision == DecisionRefuse || row.Decision == DecisionLink && user != row.DecidedUser:
		if w.live(r.Connector) {
			w.queue(r.Connector, r.ID)
		}
		return nil
	case row.Decision == DecisionLink:
		found := r.Found
		w.wake(&p.User, p.Records)
		p.Records = others
		w.loosen(r, user)
		return w.restoreFound(p, found, r.Connector)
	case len(others) > 0 || len(r.Found) > 0:
		return &RefusedError{Code: "linkedMeanwhile", Detail: fmt.Sprintf(
			"the record belongs to %s by now, who is not its alone; unlink it from there first, then take this back", p.User.UserName)}
	}
	own := foundState{Profile: p.User.JSON, Status: policy.UserDeleted}
	w.wake(&p.User, p.Records)
	p.Records = nil
	w.changes.Conflicts = append(w.changes.Conflicts, ConflictRow{ // else it would find its former own user again
		ID: newID(), Directory: w.scope.Directory, Connector: r.Connector, Record: r.ID, Kind: "unlinked", Subject: user.String(),
		User: user, Decision: DecisionUnlinked, DecidedUser: user, Created: w.now,
	})
	w.loosen(r, user)
	return w.restoreFound(p, mustJSON(own), r.Connector)
}

// ConflictsDecision decides all open conflicts that match.
type ConflictsDecision struct {
	Decision string // link: those that have one candidate
	Filter   ConflictFilter
	IDs      []uuid.UUID // these; nil: those that match the filter
}

// ConflictsDecided says what became of them.
type ConflictsDecided struct {
	Decided int
	Skipped int // to which the decision does not fit: several candidates, or none
	Gone    int // decided or withdrawn meanwhile
	Left    int // wait still: a decision ends after a while, and is repeated for the rest
}

// DecideConflicts decides the open conflicts that match, each in a transaction of its own.
func (d *Directory) DecideConflicts(ctx context.Context, by Admin, directory string, all ConflictsDecision) (ConflictsDecided, error) {
	var n ConflictsDecided
	all.Filter.State = ConflictOpen
	info, q, err := d.conflictQuery(ctx, directory, all.Filter)
	if err != nil {
		return n, err
	}
	q.IDs = all.IDs
	began, until := d.now(), time.Now().Add(decideTime)
	for l := (Listing{Limit: holdBatch}); ; {
		page, err := d.store.Conflicts(ctx, info.ID, q, l)
		if err != nil {
			return n, err
		}
		for i, row := range page.Items {
			if row.Created.After(began) {
				return n, nil // arose meanwhile: nobody has seen it when this was decided
			}
			if time.Now().After(until) {
				n.Left = page.Total - i
				return n, nil
			}
			if err := d.decideOne(ctx, by, directory, row, all.Decision, &n); err != nil {
				return n, fmt.Errorf("deciding conflict %s: %w", row.ID, err)
			}
		}
		if page.Next == "" {
			return n, nil
		}
		l.Cursor = page.Next
	}
}

// decideOne decides one of many, where the decision fits.
func (d *Directory) decideOne(ctx context.Context, by Admin, directory string, row ConflictRow, decision string, n *ConflictsDecided) error {
	user := uuid.Nil
	if decision == DecisionLink {
		if len(row.Detail.Candidates) != 1 {
			n.Skipped++
			return nil
		}
		user = row.Detail.Candidates[0].User
	}
	err := d.DecideConflict(ctx, by, directory, row.ID, decision, user)
	var refused *RefusedError
	switch {
	case err == nil:
		n.Decided++
	case errors.Is(err, ErrNotFound):
		n.Gone++
	case errors.As(err, &refused) && refused.Code == "alreadyDecided":
		n.Gone++
	case errors.As(err, &refused):
		n.Skipped++
	default:
		return err
	}
	return nil
}
