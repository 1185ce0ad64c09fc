package sql

import (
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// The columns of a user record: what its IdP says, and what settling made of it.
var (
	saidColumns = []string{"user_name_key", "external_id", "employee_number", "shown_name", "state", "doc", "search", "version",
		"modified_at", "deleted_at"}
	linkColumns = []string{"view_state", "view_doc", "user_id", "linked_at", "found", "first_counted_at", "left_at",
		"last_inactive", "defaults_granted", "revised", "mapping_problem"}
	newRecordColumns = concat([]string{"id", "connector_id", "directory_id", "tenant_id", "created_at"}, saidColumns, linkColumns)
)

func concat[T any](lists ...[]T) []T {
	var all []T
	for _, list := range lists {
		all = append(all, list...)
	}
	return all
}

// saidValues are the values of saidColumns. The comparable form and the shown name are left
// alone when they were not made anew.
func saidValues(r *directory.RecordRow) []any {
	return []any{r.UserNameKey, nullText(r.ExternalID), nullText(r.EmployeeNumber), nullText(r.ShownName), string(r.State), r.JSON, nullJSON(r.Search),
		r.Version, micros(r.Modified), nullTime(r.DeletedAt)}
}

func linkValues(r *directory.RecordRow) []any {
	state := r.ViewState
	if state == "" {
		state = directory.NoView
	}
	return []any{string(state), nullJSON(r.ViewJSON), nullID(r.User), nullTime(r.Linked), nullJSON(r.Found),
		nullTime(r.FirstCounted), nullTime(r.LeftAt), r.LastInactive, r.DefaultsGranted, r.Revised, nullText(r.Problem)}
}

func nullJSON(v []byte) any {
	if v == nil {
		return nil
	}
	return string(v)
}

// saveRecords writes user records: a new one whole, a changed one with its link when that
// changes too, and the links of others.
func (w *work) saveRecords(c *directory.Changes) {
	links := make([]*directory.RecordRow, 0, len(c.Links))
	linked := func(id uuid.UUID) bool {
		for _, r := range c.Links {
			if r.ID == id {
				return true
			}
		}
		return false
	}
	for _, r := range c.Links {
		written := c.NewRecord != nil && c.NewRecord.ID == r.ID || c.Record != nil && c.Record.ID == r.ID
		if !written {
			links = append(links, r)
		}
	}
	if r := c.NewRecord; r != nil {
		w.record = r
		w.insert("user_records", newRecordColumns,
			[][]any{concat([]any{r.ID, r.Connector, r.Directory, r.Tenant, micros(r.Created)}, saidValues(r), linkValues(r))}, "")
		w.saveEmails(r)
	}
	if r := c.Record; r != nil {
		w.record = r
		columns, values := saidColumns, saidValues(r)
		if linked(r.ID) {
			columns, values = concat(columns, linkColumns), concat(values, linkValues(r))
		}
		owned, owner := w.owned("t.")
		w.updateMany("user_records", columns, []string{"search", "shown_name"}, [][]any{append(values, r.ID)}, owned, owner)
		if r.EmailKeys != nil {
			w.exec(nil, "delete from record_emails where record_id = ?", r.ID)
			w.saveEmails(r)
		}
	}
	rows := make([][]any, len(links))
	for i, r := range links {
		rows[i] = append(linkValues(r), r.ID)
	}
	if len(rows) > 0 { // other connectors' records among them
		w.settling(func() { w.updateMany("user_records", linkColumns, nil, rows, "t.directory_id = ?", w.scope.directory) })
	}
}

func (w *work) saveEmails(r *directory.RecordRow) {
	rows := make([][]any, len(r.EmailKeys))
	for i, key := range r.EmailKeys {
		rows[i] = []any{r.ID, r.Connector, r.Directory, key}
	}
	w.insert("record_emails", []string{"record_id", "connector_id", "directory_id", "email_key"}, rows, "on conflict (record_id, email_key) do nothing")
}

// saveGroupRecords writes group records.
func (w *work) saveGroupRecords(c *directory.Changes) {
	columns := []string{"display_name", "name_key", "external_id", "doc", "search", "version", "modified_at", "deleted_at", "view_name", "view_key"}
	values := func(g *directory.GroupRow) []any {
		w.displayName = g.DisplayName
		return []any{g.DisplayName, g.NameKey, nullText(g.ExternalID), g.JSON, nullJSON(g.Search), g.Version, micros(g.Modified),
			nullTime(g.DeletedAt), nullText(g.ViewName), nullText(g.ViewKey)}
	}
	if g := c.NewGroup; g != nil {
		w.insert("group_records", concat([]string{"id", "connector_id", "directory_id", "tenant_id", "created_at"}, columns),
			[][]any{concat([]any{g.ID, g.Connector, g.Directory, g.Tenant, micros(g.Created)}, values(g))}, "")
	}
	if g := c.GroupRecord; g != nil {
		owned, owner := w.owned("t.")
		w.updateMany("group_records", columns, []string{"search"}, [][]any{append(values(g), g.ID)}, owned, owner)
	}
	if c.DropGroup != uuid.Nil {
		w.dropGroup(c.DropGroup)
	}
}

// dropGroup removes a group record with its member rows, and those that list it as a member.
func (w *work) dropGroup(id uuid.UUID) {
	owned, owner := w.ownedEdge("")
	w.exec(nil, "delete from members where group_record_id = ? and "+owned, id, owner)
	w.exec(nil, "delete from members where member_id = ? and "+owned, id, owner)
	w.exec(nil, "delete from unresolved_members where group_record_id = ? and "+owned, id, owner)
	owned, owner = w.owned("")
	w.exec(nil, "delete from group_records where id = ? and "+owned, id, owner)
}
