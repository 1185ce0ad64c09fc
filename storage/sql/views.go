package sql

import (
	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
)

// advance makes views what their IdP says. The people of a connector that goes live get theirs
// as they are visited, so that none of these statements writes a large connector's rows at once.
func (w *work) advance(c *directory.Changes) {
	if c.AdvanceNames != uuid.Nil {
		w.advanceNames(c.AdvanceNames)
		w.saveNewNames(c.NewNames)
		w.advanceNesting(c.AdvanceNames)
	}
	if len(c.AdvanceViews) > 0 {
		condition, ids := w.in("id", c.AdvanceViews)
		w.exec(nil, "update user_records set view_state = state, view_doc = null, revised = (revised or (view_doc is not null and first_counted_at is not null)) where "+condition+" and directory_id = ? and (view_state <> state or view_doc is not null)",
			ids, w.scope.directory)
		condition, ids = w.in("member_id", c.AdvanceViews)
		w.exec(nil, "delete from members where "+condition+" and directory_id = ? and not said", ids, w.scope.directory)
		w.exec(nil, "update members set viewed = true where "+condition+" and directory_id = ? and said and not viewed", ids, w.scope.directory)
	}
	if c.AdvanceRest != nil {
		w.advanceRest(c.AdvanceRest)
		w.sweepForeign(c.AdvanceRest.Connector, c.AdvanceRest.Always)
	}
}

func (w *work) advanceNames(connector uuid.UUID) {
	w.exec(nil, `update group_records set view_name = display_name, view_key = name_key
		where connector_id = ? and directory_id = ? and deleted_at is null and (view_name is null or view_name <> display_name or view_key <> name_key)`,
		connector, w.scope.directory)
}

// advanceNesting makes the edges between groups what the IdP says. Like the groups' names they
// concern everybody below, whoever is visited first.
func (w *work) advanceNesting(connector uuid.UUID) {
	const ours = "kind = 'Group' and group_record_id in (select id from group_records where connector_id = ? and directory_id = ?)"
	w.exec(nil, "delete from members where "+ours+" and not said", connector, w.scope.directory)
	w.exec(nil, "update members set viewed = true where "+ours+" and said and not viewed", connector, w.scope.directory)
}

// advanceRest is for whoever was not visited: those whom nothing happened to, and groups that are gone.
func (w *work) advanceRest(rest *directory.AdvanceRest) {
	if w.pg() {
		w.exec(nil, patience)
	}
	connector, directory := rest.Connector, w.scope.directory
	w.exec(nil, `update user_records set view_state = state, view_doc = null, revised = (revised or (view_doc is not null and first_counted_at is not null))
		where connector_id = ? and directory_id = ? and (view_state <> state or view_doc is not null)`, connector, directory)
	const ours = "group_record_id in (select id from group_records where connector_id = ? and directory_id = ?)"
	w.exec(nil, "delete from members where "+ours+" and not said", connector, directory)
	w.exec(nil, "update members set viewed = true where "+ours+" and said and not viewed", connector, directory)
	w.exec(nil, "delete from group_records where connector_id = ? and directory_id = ? and deleted_at is not null", connector, directory)
	if !rest.Renames {
		w.advanceNames(connector)
	}
}
