package sql

import "github.com/muster-scim/muster/directory"

// waiting is the condition that a record r waits in a conflict.
const waiting = "r.deleted_at is null and exists (select 1 from conflicts c where c.record_id = r.id and c.decision is null)"

// wake queues the records of the directory that wait and have one of the keys. They are found by
// the indexes of each connector's records, whoever's they are.
func (w *work) wake(c *directory.Changes) {
	k := c.Wake
	if k == nil {
		return
	}
	var found recordSet
	ours := "in (select id from connectors where directory_id = ?)"
	look := func(column string, values []string) {
		if len(values) > 0 {
			condition, list := w.oneOfText("r."+column, values)
			found.add("r.connector_id "+ours+" and "+condition, w.scope.directory, list)
		}
	}
	look("user_name_key", k.UserNames)
	look("external_id", k.ExternalIDs)
	look("employee_number", k.EmployeeNumbers)
	if len(k.Emails) > 0 {
		condition, emails := w.oneOfText("e.email_key", k.Emails)
		found.add("r.id in (select e.record_id from record_emails e where e.connector_id "+ours+" and "+condition+")", w.scope.directory, emails)
	}
	if len(k.Mapped) > 0 { // nobody can tell their keys without their mapping
		condition, ids := w.oneOf("r.connector_id", k.Mapped)
		found.add(condition, ids)
	}
	if len(found.queries) == 0 {
		return
	}
	records, args := found.having("r.directory_id, r.connector_id, r.id", waiting)
	args = append([]any{w.moment(c.TouchedAt)}, args...)
	w.settling(func() {
		w.exec(nil, `insert into settle_queue (directory_id, connector_id, record_id, due_at)
			select x.directory_id, x.connector_id, x.id, cast(? as bigint) from (`+records+") as x", args...)
	})
}
