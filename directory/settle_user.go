package directory

import (
	"time"

	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// settleUser writes the user itself: its status and attributes.
func (w *work) settleUser(p *Person, d policy.Decision) {
	before := p.User
	u := &p.User
	w.giveCopy(p, d)
	w.giveAttributes(p, d)
	if d.Status != policy.UserDeleted {
		w.given[u.UserNameKey] = u.ID
	}
	u.Status, u.CleanedUp, u.PurgeAfter = d.Status, d.CleanedUp, d.PurgeAfter
	switch {
	case u.Status != policy.UserDeleted:
		u.DeletedAt = time.Time{}
	case before.Status != policy.UserDeleted:
		u.DeletedAt = w.now
	}
	if before.Version == 0 {
		u.Version, u.Created, u.Modified = 1, w.now, w.now
		w.changes.NewUsers = append(w.changes.NewUsers, u)
		w.userCreated(p, d)
		return
	}
	if !p.blockChanged && before.Status == u.Status && before.CleanedUp == u.CleanedUp && before.PurgeAfter.Equal(u.PurgeAfter) && sameJSON(before.JSON, u.JSON) && sameJSON(before.Copied, u.Copied) {
		return
	}
	u.Version, u.Modified = before.Version+1, w.now
	w.changes.Users = append(w.changes.Users, u)
	w.wakeChanged(&before, p)
	w.userChanged(before, p, d)
}

// giveAttributes puts the decided attributes into the user's row.
func (w *work) giveAttributes(p *Person, d policy.Decision) {
	u := &p.User
	switch {
	case len(d.Contributing) == 0: // nobody speaks: the user stays as it is
	case w.takesWhole(p):
		whole := scim.Document(d.Attributes)
		if doc := whole.JSON(); !sameJSON(doc, u.JSON) {
			u.hold(whole, doc, whole.SearchJSON())
		}
	default:
		r := recordByID(p.Records, d.Contributing[0])
		if sameJSON(r.view(), u.JSON) {
			return
		}
		doc := r.document()
		if name, _ := d.Attributes["userName"].(string); name != "" && name != doc.UserName() {
			doc = doc.Clone()
			doc["userName"] = name
			if kept := doc.JSON(); !sameJSON(kept, u.JSON) {
				u.hold(doc, kept, doc.SearchJSON())
			}
			return
		}
		u.hold(doc, r.view(), r.viewSearch())
	}
}

func (w *work) userCreated(p *Person, d policy.Decision) {
	e := EventRow{User: p.User.ID, Changes: map[string]any{"status": p.User.Status}}
	if len(p.Records) > 0 {
		e.Record = p.Records[0].ID
		e.Connector = p.Records[0].Connector
	}
	// The record's own event in this transaction holds the values already.
	if w.changes.NewRecord == nil || !sameJSON(w.changes.NewRecord.JSON, p.User.JSON) {
		e.Values = map[string]any{"attributes": masked(p.User.JSON, w.settings.sensitiveAnywhere())}
	}
	w.event("directory.user.created", e)
}

func (w *work) userChanged(before UserRow, p *Person, d policy.Decision) {
	e := EventRow{User: p.User.ID, Changes: map[string]any{}}
	action := "directory.user.updated"
	if before.Status != p.User.Status {
		e.Changes["status"] = map[string]any{"before": before.Status, "after": p.User.Status}
		e.Changes["because"] = d.StatusBecause
		switch {
		case p.User.Status == policy.UserDeleted:
			action = "directory.user.deleted"
		case before.Status == policy.UserDeleted:
			action = "directory.user.restored"
		case p.User.Status == policy.UserDisabled:
			action = "directory.user.disabled"
		default:
			action = "directory.user.enabled"
		}
	}
	if !sameJSON(before.JSON, p.User.JSON) {
		names, values := maskedDifference(before.JSON, p.User.JSON, w.settings.sensitiveAnywhere())
		e.Changes["attributes"], e.Values = names, values
	}
	if action == "directory.user.updated" && len(e.Values) == 0 {
		return // only bookkeeping moved
	}
	w.event(action, e)
}
