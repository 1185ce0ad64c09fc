package directory

import (
	"slices"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim/canonical"
)

// settleConflicts opens the conflicts that the decision found and withdraws those of the owned
// kinds that are no more. What an administrator has refused stays refused.
func (w *work) settleConflicts(p *Person, d policy.Decision, owned func(kind string) bool) {
	open := slices.Clone(p.Open)
	for _, c := range d.Conflicts {
		r := recordByID(p.Records, c.Record)
		if r == nil {
			continue
		}
		subject := c.Attribute + ":" + canonical.Key(c.Value)
		if i := slices.IndexFunc(open, func(o ConflictRow) bool { return o.Record == r.ID && o.Kind == c.Kind && o.Subject == subject }); i >= 0 {
			open = slices.Delete(open, i, i+1)
			continue
		}
		if slices.ContainsFunc(w.conflicts[r.ID], func(o ConflictRow) bool { return o.Decision != "" && o.Kind == c.Kind && o.Subject == subject }) {
			continue
		}
		row := ConflictRow{Directory: w.scope.Directory, Connector: r.Connector, Record: r.ID, Kind: c.Kind, Subject: subject, User: p.User.ID, Detail: ConflictDetail{Sentence: w.conflictSentence(c)}}
		w.conflict(row)
	}
	for _, o := range open {
		if owned(o.Kind) {
			w.changes.Withdraw = append(w.changes.Withdraw, o.ID)
		}
	}
	p.Open = nil
}

// settlingOwns tells the conflicts that come and go with decisions from those of linking. Those
// with groups are no record's (settleForeign); a record that shows one has kept it from a time
// when they were.
func settlingOwns(kind string) bool {
	return kind == policy.ConflictForeignGroup || kind == policy.ConflictUserNameTaken || kind == policy.ConflictProtectedUser
}

func (w *work) conflictSentence(c policy.Conflict) string {
	switch c.Kind {
	case policy.ConflictForeignGroup:
		return "The group " + c.Group + " belongs to another tenant or is local. Add it to the directory's sharedGroups to let " + c.Connector + " feed it."
	case policy.ConflictUserNameTaken:
		return "The userName " + c.Value + " that " + c.Connector + " sends is held by another user or protected; the user keeps the name it has."
	default:
		return c.Connector + " sends a user that protectedUsers keeps out of its reach."
	}
}

// conflict opens a conflict.
func (w *work) conflict(row ConflictRow) {
	row.ID, row.Created = newID(), w.now
	w.changes.Conflicts = append(w.changes.Conflicts, row)
	w.event("directory.conflict.opened", EventRow{Connector: row.Connector, Record: row.Record, User: row.User, Group: row.Group, Changes: map[string]any{"kind": row.Kind}})
}
