package directory

import (
	"context"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/policy"
)

// Conflicts lists the conflicts of a directory that match, the oldest first.
func (d *Directory) Conflicts(ctx context.Context, directory string, f ConflictFilter, l Listing) (Page[Conflict], error) {
	info, q, err := d.conflictQuery(ctx, directory, f)
	if err != nil {
		return Page[Conflict]{}, err
	}
	settings, err := d.store.Settings(ctx, info.ID)
	if err != nil {
		return Page[Conflict]{}, err
	}
	rows, err := d.store.Conflicts(ctx, info.ID, q, l)
	if err != nil {
		return Page[Conflict]{}, err
	}
	page := Page[Conflict]{Total: rows.Total, Next: rows.Next, Items: make([]Conflict, 0, len(rows.Items))}
	for _, row := range rows.Items {
		page.Items = append(page.Items, settings.conflict(row))
	}
	return page, nil
}

// ConflictCounts counts the conflicts of a directory that match, by kind.
func (d *Directory) ConflictCounts(ctx context.Context, directory string, f ConflictFilter) ([]ConflictCount, error) {
	info, q, err := d.conflictQuery(ctx, directory, f)
	if err != nil {
		return nil, err
	}
	return d.store.ConflictCounts(ctx, info.ID, q)
}

// conflictQuery resolves the names of a filter. A connector of another directory has no conflicts
// in this one.
func (d *Directory) conflictQuery(ctx context.Context, directory string, f ConflictFilter) (Info, ConflictQuery, error) {
	q := ConflictQuery{ConflictFilter: f}
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil || f.Connector == "" {
		return info, q, err
	}
	c, err := d.store.Connector(ctx, f.Connector)
	q.ConnectorID = c.ID
	return info, q, err
}

// conflict is a stored conflict in the words of the outside.
func (s *Settings) conflict(row ConflictRow) Conflict {
	c := Conflict{
		ID: row.ID, Kind: row.Kind, User: row.User, Group: row.Group,
		GroupName: row.Detail.GroupName, Detail: row.Detail.Sentence, Candidates: row.Detail.Candidates, Created: row.Created,
		Decision: row.Decision, DecidedUser: row.DecidedUser,
	}
	if row.Record != row.Connector { // else it is with a group, whoever is in it
		c.Record = row.Record
	}
	if from := s.Connectors[row.Connector]; from != nil {
		c.Connector = from.Slug
	}
	if c.Detail == "" && row.Decision == DecisionUnlinked {
		c.Detail = "An administrator unlinked this record of " + c.Connector + " from the user: the two stay apart, unless that is taken back."
	}
	return c
}

// DecideConflict carries out an administrator's decision about a record that could not be
// linked: link it to a user, give it one of its own, or refuse it. The decision stands: the
// record is never asked about again.
func (d *Directory) DecideConflict(ctx context.Context, by Admin, directory string, id uuid.UUID, decision string, user uuid.UUID) error {
	info, err := d.ReadDirectory(ctx, directory)
	if err != nil {
		return err
	}
	row, err := d.store.Conflict(ctx, info.ID, id)
	if err != nil {
		return err
	}
	if row.Decision != "" {
		return &RefusedError{Code: "alreadyDecided", Detail: fmt.Sprintf("this conflict is decided already: %s. Take that decision back first", row.Decision)}
	}
	if !aboutLinking(row) && decision != DecisionRefuse {
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
		pair := Pair{row.Connector, row.Subject}
		scene, err := w.load(Request{Records: []uuid.UUID{row.Record}, GroupKeys: w.allNames(), Foreign: []Pair{pair}})
		if err != nil {
			return err
		}
		if decision == DecisionLink { // locked when the record is linked, which may be later
			found, err := w.tx.Load(w.ctx, Request{Users: []uuid.UUID{user}, Looks: true})
			if err != nil {
				return err
			}
			if found.People[user] == nil {
				return &RefusedError{Code: "notFound", Detail: fmt.Sprintf("user %s is not in this directory", user)}
			}
			if p := found.People[user]; holdsAnother(p, row.Connector, row.Record) {
				return w.secondOf(p, row.Connector)
			}
		}
		if open := scene.Foreign[pair]; open != nil && open.ID == row.ID && !open.Decided {
			scene.Conflicts[row.Record] = append(scene.Conflicts[row.Record], ConflictRow{ID: row.ID})
		}
		if !slices.ContainsFunc(scene.Conflicts[row.Record], func(c ConflictRow) bool { return c.ID == row.ID && c.Decision == "" }) {
			return ErrNotFound // decided or withdrawn since it was read
		}
		w.changes.Conflicts = append(w.changes.Conflicts, row)
		about := row.Record
		if about == row.Connector {
			about = uuid.Nil
		}
		w.event("directory.conflict.decided", EventRow{Record: about, Connector: row.Connector, User: user, Changes: map[string]any{"kind": row.Kind, "decision": decision}})
		r := scene.Records[row.Record]
		if r == nil || r.ViewState == NoView || !w.live(r.Connector) {
			return nil
		}
		w.conflicts[r.ID] = append(slices.DeleteFunc(w.conflicts[r.ID], func(c ConflictRow) bool { return c.ID == row.ID }), row)
		if decision == DecisionLink {
			w.redecide(r, user, DecisionUnlinked, DecisionLink)
		}
		return w.settleDecided(r, decision, user)
	})
}

// holdsAnother says whether a user has an undeleted record of a connector, besides one.
func holdsAnother(p *Person, connector, besides uuid.UUID) bool {
	return slices.ContainsFunc(p.Records, func(r *RecordRow) bool {
		return r.Connector == connector && r.State != policy.Deleted && r.ID != besides
	})
}

// secondOf refuses to give a user a second record of one connector: which of the two speaks for
// the user would be anybody's guess.
func (w *work) secondOf(p *Person, connector uuid.UUID) error {
	slug := w.slug(connector)
	return &RefusedError{Code: ConflictSecond, Detail: fmt.Sprintf(
		"%s has a record of %s already, and a user takes one of each connector. Unlink that one first, delete one of the two at the IdP, or keep this one separate", p.User.UserName, slug)}
}

// redecide turns former decisions about a record and a user into the opposite: the last one
// stands.
func (w *work) redecide(r *RecordRow, user uuid.UUID, from, to string) {
	for i, c := range w.conflicts[r.ID] {
		if c.Decision == from && c.DecidedUser == user {
			w.conflicts[r.ID][i].Decision = to
			w.changes.Conflicts = append(w.changes.Conflicts, w.conflicts[r.ID][i])
		}
	}
}

// settleDecided settles a record as the administrator decided.
func (w *work) settleDecided(r *RecordRow, decision string, user uuid.UUID) error {
	if decision == DecisionRefuse {
		return nil
	}
	keys := w.keys(r)
	scene, err := w.load(Request{Keys: keys.locks(), Candidates: []Keys{keys}})
	if err != nil {
		return err
	}
	if err := w.settleUnlinked(r, scene.Candidates); err != nil {
		return err
	}
	if decision == DecisionLink && r.User != user {
		return &RefusedError{Code: "notFound", Detail: fmt.Sprintf("user %s is not in this directory, or the record does not count yet", user)}
	}
	if open := w.reopened(r); open != nil {
		return &RefusedError{Code: policy.ConflictUserNameTaken, Detail: open.Detail.Sentence + " It can have no user of its own while that is so: rename one of the two first, or link the record."}
	}
	return nil
}

// reopened is the conflict about a taken name that settling opened though this transaction decided
// it; nil: there is none.
func (w *work) reopened(r *RecordRow) *ConflictRow {
	decided := make(map[string]bool)
	for i, c := range w.changes.Conflicts {
		switch {
		case c.Record != r.ID || c.Kind != policy.ConflictUserNameTaken:
		case c.Decision != "":
			decided[c.Subject] = true
		case decided[c.Subject]:
			return &w.changes.Conflicts[i]
		}
	}
	return nil
}
