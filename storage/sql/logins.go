package sql

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim/canonical"
)

// SaveLogins finds all users with three statements and writes all logins with one for each bunch
// of them; see directory.LoginStore.
func (s *Store) SaveLogins(ctx context.Context, id uuid.UUID, logins []directory.Login) (directory.LoginsTold, error) {
	var told directory.LoginsTold
	if len(logins) == 0 {
		return told, nil
	}
	err := s.write(ctx, ofDirectory(id), func(t *tx) error {
		told = directory.LoginsTold{}
		who, err := t.whoLogged(id, logins)
		if err != nil {
			return err
		}
		last := make(map[uuid.UUID]time.Time)
		found := 0
		for i, l := range logins {
			user, code := who.find(l.User)
			if code != "" {
				told.Problems = append(told.Problems, directory.LoginProblem{At: i, User: l.User, Code: code})
				continue
			}
			found++
			if l.At.After(last[user]) {
				last[user] = l.At
			}
		}
		rows := make([][]any, 0, len(last))
		for user, at := range last {
			rows = append(rows, []any{user, id, micros(at)})
		}
		slices.SortFunc(rows, func(a, b []any) int { return compareID(a[0].(uuid.UUID), b[0].(uuid.UUID)) })
		var written int64
		t.insertCount(&written, "user_logins", []string{"user_id", "directory_id", "at"}, rows,
			"on conflict (user_id) do update set at = excluded.at where user_logins.at < excluded.at")
		if err := t.flush(); err != nil {
			return err
		}
		told.Written, told.Older = int(written), found-int(written)
		return nil
	})
	return told, wrap(err, "keeping %d logins", len(logins))
}

// loggers are the users that logins name.
type loggers struct {
	ids           map[uuid.UUID]bool
	names, emails map[string][]uuid.UUID // by key
}

// find is the user whom a text names: by id, else by name, else by address.
func (l *loggers) find(text string) (user uuid.UUID, problem string) {
	if id, ok := parseID(text); ok && l.ids[id] {
		return id, ""
	}
	key := canonical.Key(text)
	found := l.names[key]
	if len(found) == 0 {
		found = l.emails[key]
	}
	switch len(found) {
	case 0:
		return uuid.Nil, directory.LoginUnknown
	case 1:
		return found[0], ""
	}
	return uuid.Nil, directory.LoginAmbiguous
}

func (t *tx) whoLogged(id uuid.UUID, logins []directory.Login) (*loggers, error) {
	l := &loggers{ids: make(map[uuid.UUID]bool), names: make(map[string][]uuid.UUID), emails: make(map[string][]uuid.UUID)}
	var ids []uuid.UUID
	keys := make([]string, 0, len(logins))
	for _, login := range logins {
		if user, ok := parseID(login.User); ok {
			ids = append(ids, user)
		}
		if key := canonical.Key(login.User); key != "" {
			keys = append(keys, key)
		}
	}
	slices.SortFunc(ids, compareID)
	slices.Sort(keys)
	ids, keys = slices.Compact(ids), slices.Compact(keys)
	t.preferIndexes()
	if len(ids) > 0 {
		condition, arg := t.oneOf("id", ids)
		t.query(func(r row) error {
			var user uuid.UUID
			err := r.Scan(&user)
			l.ids[user] = true
			return err
		}, "select id from users where directory_id = ? and "+condition, id, arg)
	}
	for _, by := range []struct {
		column string
		into   map[string][]uuid.UUID
	}{{"user_name_key", l.names}, {"email_key", l.emails}} {
		condition, arg := t.oneOfText(by.column, keys)
		if len(keys) == 0 {
			continue
		}
		t.query(func(r row) error {
			var user uuid.UUID
			var key string
			err := r.Scan(&user, &key)
			by.into[key] = append(by.into[key], user)
			return err
		}, "select id, "+by.column+" from users where directory_id = ? and status <> 'deleted' and "+condition, id, arg)
	}
	return l, t.flush()
}

// LastLogin reads a user's last login; see directory.LoginStore.
func (s *Store) LastLogin(ctx context.Context, id, user uuid.UUID) (at time.Time, err error) {
	err = s.read(ctx, ofDirectory(id), func(t *tx) error {
		t.query(func(r row) error {
			var n int64
			err := r.Scan(&n)
			at = fromMicros(n)
			return err
		}, "select at from user_logins where user_id = ? and directory_id = ?", user, id)
		return nil
	})
	return at, wrap(err, "reading the last login of user %s", user)
}

// LastLogins reads the last logins of the users of records; see directory.LoginStore.
func (s *Store) LastLogins(ctx context.Context, id, connector uuid.UUID, records []uuid.UUID) (map[uuid.UUID]time.Time, error) {
	last := make(map[uuid.UUID]time.Time)
	if len(records) == 0 {
		return last, nil
	}
	err := s.read(ctx, inDirectory(id, connector), func(t *tx) error {
		condition, ids := t.oneOf("r.id", records)
		t.query(func(r row) error {
			var record uuid.UUID
			var at int64
			err := r.Scan(&record, &at)
			last[record] = fromMicros(at)
			return err
		}, "select r.id, l.at from user_records r join user_logins l on l.user_id = r.user_id where r.connector_id = ? and l.directory_id = ? and "+condition,
			connector, id, ids)
		return nil
	})
	return last, wrap(err, "reading the last logins of %d records", len(records))
}
