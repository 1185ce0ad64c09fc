package sql

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/tenants"
)

// ReadCopy reads a user of another directory; see directory.CopyTx. That directory is in reach for
// these statements alone.
func (w *work) ReadCopy(ctx context.Context, from uuid.UUID, key string) (*directory.CopiedUser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var found *directory.CopiedUser
	const named = "u.directory_id = ? and u.user_name_key = ? and u.status <> 'deleted'"
	w.reach(from)
	w.query(func(r row) error {
		var u directory.CopiedUser
		var at int64
		err := r.Scan(&u.JSON, &at)
		u.LastLogin = fromMicros(at)
		found = &u
		return err
	}, "select u.doc, coalesce((select l.at from user_logins l where l.user_id = u.id), 0) from users u where "+named, from, key)
	var groups []string
	w.query(func(r row) error {
		var name string
		err := r.Scan(&name)
		groups = append(groups, name)
		return err
	}, "select g.display_name from users u join memberships m on m.user_id = u.id join groups g on g.id = m.group_id where "+named, from, key)
	var hidden []scim.Place
	w.query(func(r row) error {
		var text json.RawMessage
		if err := r.Scan(&text); err != nil {
			return err
		}
		var c tenants.Settings
		if err := json.Unmarshal(text, &c); err != nil {
			return fmt.Errorf("reading what a connector of directory %s calls sensitive: %w", from, err)
		}
		_, _, places := c.Places()
		hidden = append(hidden, places...)
		return nil
	}, "select c.settings from connectors c where c.directory_id = ?", from)
	w.reach(w.scope.directory)
	if err := w.flush(); err != nil || found == nil {
		return nil, err
	}
	slices.Sort(groups)
	found.Groups, found.Sensitive = groups, hidden
	return found, nil
}

// reach moves the row policies of directories to one of them.
func (t *tx) reach(directory uuid.UUID) {
	if t.pg() {
		t.exec(nil, "select set_config('app.directory', ?, true)", scopeText(directory))
	}
}

// saveLogins keeps last logins, never back in time.
func (w *work) saveLogins(logins []directory.LoginRow) {
	for _, l := range logins {
		w.insert("user_logins", []string{"user_id", "directory_id", "at"}, [][]any{{l.User, w.scope.directory, micros(l.At)}},
			"on conflict (user_id) do update set at = excluded.at where user_logins.at < excluded.at")
	}
}
