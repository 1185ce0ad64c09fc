package sql

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
)

// saveGroups writes directory groups.
func (w *work) saveGroups(c *directory.Changes) {
	rows := make([][]any, len(c.NewGroups))
	for i, g := range c.NewGroups {
		rows[i] = []any{g.ID, w.scope.directory, nullID(g.Tenant), g.Name, g.Key, groupSearch(g.Name), micros(g.Created), g.Version}
	}
	slices.SortFunc(rows, func(a, b []any) int { return cmp.Compare(a[4].(string), b[4].(string)) })
	w.insert("groups", []string{"id", "directory_id", "tenant_id", "display_name", "name_key", "search", "created_at", "version"}, rows, "")
	if g := c.RenameGroup; g != nil {
		w.exec(nil, "update groups set display_name = ?, name_key = ?, search = ?, version = version + 1 where id = ? and directory_id = ?",
			g.Name, g.Key, groupSearch(g.Name), g.ID, w.scope.directory)
	}
	if id := c.DeleteGroup; id != uuid.Nil {
		w.exec(nil, "delete from groups where id = ? and directory_id = ? and not exists (select 1 from memberships m where m.group_id = groups.id)", id, w.scope.directory)
	}
}

func groupSearch(name string) string {
	return string(scim.Document{"displayName": name}.SearchJSON())
}

var userWritten = []string{"user_name", "user_name_key", "email_key", "status", "doc", "search", "block", "cleaned_up",
	"modified_at", "deleted_at", "purge_after", "version", "copied", "worded"}

func userValues(u *directory.UserRow) []any {
	return []any{u.UserName, u.UserNameKey, nullText(u.EmailKey), string(u.Status), string(u.JSON), nullJSON(u.Search), nullText(u.Block),
		u.CleanedUp, micros(u.Modified), nullTime(u.DeletedAt), nullTime(u.PurgeAfter), u.Version, nullJSON(u.Copied), true}
}

// saveUsers writes directory users, in the order of their ids, and the words they are found by.
func (w *work) saveUsers(c *directory.Changes) {
	rows := make([][]any, len(c.NewUsers))
	for i, u := range c.NewUsers {
		rows[i] = concat([]any{u.ID, u.Directory, micros(u.Created)}, userValues(u))
	}
	w.insert("users", concat([]string{"id", "directory_id", "created_at"}, userWritten), rows, "")
	rows = make([][]any, len(c.Users))
	for i, u := range c.Users {
		rows[i] = append(userValues(u), u.ID)
	}
	w.updateMany("users", userWritten, []string{"search"}, rows, "t.directory_id = ?", w.scope.directory)
	w.saveUserWords(wordedUsers(w.scope.directory, c.NewUsers), true)
	w.saveUserWords(wordedUsers(w.scope.directory, c.Users), false)
}

// saveMemberships writes memberships, in the order of user and group.
func (w *work) saveMemberships(c *directory.Changes) {
	now := micros(w.store.now())
	rows := make([][]any, len(c.Hold))
	for i, m := range c.Hold {
		supports, err := supportsJSON(m.Supports)
		if err != nil {
			w.fail(fmt.Errorf("encoding the supports of user %s in group %s: %w", m.User, m.Group.ID, err))
			return
		}
		rows[i] = []any{m.Group.ID, m.User, w.scope.directory, string(strongest(m.Supports)), string(supports), now}
	}
	slices.SortFunc(rows, func(a, b []any) int {
		return cmp.Or(compareID(a[1].(uuid.UUID), b[1].(uuid.UUID)), compareID(a[0].(uuid.UUID), b[0].(uuid.UUID)))
	})
	w.insert("memberships", []string{"group_id", "user_id", "directory_id", "origin", "supports", "created_at"}, rows,
		"on conflict (group_id, user_id) do update set origin = excluded.origin, supports = excluded.supports")
	w.dropMemberships(c.Drop)
}

func (w *work) dropMemberships(drop []directory.MembershipRow) {
	if len(drop) == 0 {
		return
	}
	if w.pg() && len(drop) > 1 {
		groups, users := make([]uuid.UUID, len(drop)), make([]uuid.UUID, len(drop))
		for i, m := range drop {
			groups[i], users[i] = m.Group.ID, m.User
		}
		w.exec(nil, `delete from memberships m using unnest(?::uuid[], ?::uuid[]) as n (group_id, user_id)
			where m.group_id = n.group_id and m.user_id = n.user_id and m.directory_id = ?`, groups, users, w.scope.directory)
		return
	}
	for _, m := range drop {
		w.exec(nil, "delete from memberships where group_id = ? and user_id = ? and directory_id = ?", m.Group.ID, m.User, w.scope.directory)
	}
}

// saveConflicts writes conflicts; there is one a record, kind and subject.
func (w *work) saveConflicts(c *directory.Changes) {
	w.insertConflicts(c.Conflicts, `on conflict (record_id, kind, subject) do update set user_id = excluded.user_id, group_id = excluded.group_id,
			detail = excluded.detail, decision = excluded.decision, decided_user = excluded.decided_user, decided_at = excluded.decided_at
		where conflicts.directory_id = excluded.directory_id`)
	if len(c.Withdraw) > 0 {
		condition, ids := w.oneOf("id", c.Withdraw)
		w.exec(nil, "delete from conflicts where "+condition+" and directory_id = ? and decision is null", ids, w.scope.directory)
	}
	w.saveForeign(c)
}

func (w *work) insertConflicts(conflicts []directory.ConflictRow, suffix string) {
	now := micros(w.store.now())
	rows := make([][]any, len(conflicts))
	for i, x := range conflicts {
		detail, err := json.Marshal(x.Detail)
		if err != nil {
			w.fail(fmt.Errorf("encoding the detail of conflict %s: %w", x.ID, err))
			return
		}
		var decided any
		if x.Decision != "" {
			decided = now
		}
		created := now
		if !x.Created.IsZero() {
			created = micros(x.Created)
		}
		rows[i] = []any{x.ID, w.scope.directory, x.Connector, x.Record, x.Kind, x.Subject, nullID(x.User), nullID(x.Group),
			string(detail), nullText(x.Decision), nullID(x.DecidedUser), created, decided}
	}
	w.insert("conflicts", []string{"id", "directory_id", "connector_id", "record_id", "kind", "subject", "user_id", "group_id",
		"detail", "decision", "decided_user", "created_at", "decided_at"}, rows, suffix)
}

// saveEvents appends events, and apart from them the clear values of people.
func (w *work) saveEvents(events []directory.EventRow) {
	rows, values := make([][]any, len(events)), make([][]any, 0, len(events))
	for i, e := range events {
		changes := []byte("{}")
		var err error
		if len(e.Changes) > 0 {
			if changes, err = json.Marshal(e.Changes); err != nil {
				w.fail(fmt.Errorf("encoding the changes of event %s: %w", e.ID, err))
				return
			}
		}
		rows[i] = []any{e.ID, micros(e.Time), nullID(w.scope.directory), nullID(e.Connector), e.ActorType, e.Actor, e.Action,
			nullID(e.User), nullID(e.Group), nullID(e.Record), e.Request, string(changes), nil}
		if len(e.Values) == 0 {
			continue
		}
		data, err := json.Marshal(e.Values)
		if err != nil {
			w.fail(fmt.Errorf("encoding the values of event %s: %w", e.ID, err))
			return
		}
		sum, apart := sealedValues(e.ID, w.scope.directory, e.User, e.Record, data)
		rows[i][len(rows[i])-1] = sum
		values = append(values, apart)
	}
	w.insert("events", []string{"id", "time", "directory_id", "connector_id", "actor_type", "actor", "action", "user_id", "group_id",
		"record_id", "request", "changes", "values_hash"}, rows, "")
	w.insert("event_values", []string{"event_id", "directory_id", "user_id", "record_id", "data", "salt"}, values, "")
}
