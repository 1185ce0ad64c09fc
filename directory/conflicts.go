package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"
)

// Conflicts lists the open conflicts of a directory, oldest first.
func (d *Directory) Conflicts(ctx context.Context, directory string, l Listing) (Page[Conflict], error) {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return Page[Conflict]{}, err
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return Page[Conflict]{}, err
	}
	rows, err := d.store.Conflicts(ctx, info.ID, l)
	if err != nil {
		return Page[Conflict]{}, err
	}
	page := Page[Conflict]{Total: rows.Total, Next: rows.Next, Items: make([]Conflict, 0, len(rows.Items))}
	for _, row := range rows.Items {
		c := Conflict{
			ID: row.ID, Kind: row.Kind, Record: row.Record, User: row.User, Group: row.Group,
			GroupName: row.Detail.GroupName, Detail: row.Detail.Sentence, Candidates: row.Detail.Candidates, Created: row.Created,
		}
		if from := settings.Connectors[row.Connector]; from != nil {
			c.Connector = from.Slug
		}
		page.Items = append(page.Items, c)
	}
	return page, nil
}

// DecideConflict carries out an administrator's decision about a record that could not be
// linked: link it to a user, give it one of its own, or refuse it. The decision stands: the
// record is never asked about again.
func (d *Directory) DecideConflict(ctx context.Context, by Admin, directory string, id uuid.UUID, decision string, user uuid.UUID) error {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return err
	}
	row, err := d.conflict(ctx, info.ID, id)
	if err != nil {
		return err
	}
	if settlingOwns(row.Kind) && decision != DecisionRefuse {
		return &RefusedError{Code: "notALink", Detail: "this conflict is not about who a record belongs to: change the directory's sharedGroups or protectedUsers, or the name at the IdP; it goes away by itself then"}
	}
	if decision == DecisionLink {
		if user == uuid.Nil && len(row.Detail.Candidates) == 1 {
			user = row.Detail.Candidates[0].User
		}
		if user == uuid.Nil {
			return &RefusedError{Code: "userMissing", Detail: "say which user to link the record to"}
		}
	}
	row.Decision, row.DecidedUser = decision, user
	return d.change(ctx, Scope{Directory: info.ID}, by.actor(), func(w *work) error {
		scene, err := w.load(Request{Records: []uuid.UUID{row.Record}, GroupKeys: w.allNames()})
		if err != nil {
			return err
		}
		w.changes.Conflicts = append(w.changes.Conflicts, row)
		w.event("directory.conflict.decided", EventRow{Record: row.Record, Connector: row.Connector, User: user, Changes: map[string]any{"kind": row.Kind, "decision": decision}})
		r := scene.Records[row.Record]
		if r == nil || r.ViewState == NoView || !w.live(r.Connector) {
			return nil
		}
		w.conflicts[r.ID] = append(slices.DeleteFunc(w.conflicts[r.ID], func(c ConflictRow) bool { return c.ID == row.ID }), row)
		return w.settleDecided(r, decision, user)
	})
}

// conflict finds an open conflict.
func (d *Directory) conflict(ctx context.Context, directory, id uuid.UUID) (ConflictRow, error) {
	l := Listing{Limit: 500}
	for {
		page, err := d.store.Conflicts(ctx, directory, l)
		if err != nil {
			return ConflictRow{}, err
		}
		if i := slices.IndexFunc(page.Items, func(c ConflictRow) bool { return c.ID == id }); i >= 0 {
			return page.Items[i], nil
		}
		if page.Next == "" {
			return ConflictRow{}, ErrNotFound
		}
		l.Cursor = page.Next
	}
}

// settleDecided settles a record as the administrator decided.
func (w *work) settleDecided(r *RecordRow, decision string, user uuid.UUID) error {
	if decision == DecisionRefuse {
		return nil
	}
	keys := r.keys()
	scene, err := w.load(Request{Keys: keys.locks(), Candidates: []Keys{keys}})
	if err != nil {
		return err
	}
	candidates := scene.Candidates
	if decision == DecisionLink {
		candidates = append(candidates, CandidateRow{For: r.ID, User: user, By: "decision"})
	}
	if err := w.settleUnlinked(r, candidates); err != nil {
		return err
	}
	if decision == DecisionLink && r.User != user {
		return &RefusedError{Code: "notFound", Detail: fmt.Sprintf("user %s is not in this directory, or the record does not count yet", user)}
	}
	return nil
}
