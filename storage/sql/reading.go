package sql

import (
	"context"
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/policy"
	"github.com/muster-scim/muster/scim"
)

// ofReaders is the scope of the applications that read a directory: its users and groups, and of
// what connectors said nothing.
func ofReaders(id uuid.UUID) scope { return scope{directory: id} }

// When a membership of a user, or of a group, last came or went: the events know. NULL when none
// is known. The sum keeps PostgreSQL from walking all events backwards by time: those of the one
// user or group are found by their own index.
const (
	membershipsMoved = "('directory.membership.added', 'directory.membership.removed')"
	userMoved        = "(select max(e.time + 0) from events e where e.user_id = r.id and e.action in " + membershipsMoved + ")"
	groupMoved       = "(select max(e.time + 0) from events e where e.group_id = r.id and e.action in ('directory.membership.added', 'directory.membership.removed', 'directory.group.renamed'))"
)

// later is the SQL of the later of two times, of which the second may be NULL.
func later(pg bool, at, maybe string) string {
	greatest := "max"
	if pg {
		greatest = "greatest"
	}
	return greatest + "(" + at + ", coalesce(" + maybe + ", 0))"
}

// Epoch implements directory.ReadStore.
func (s *Store) Epoch(ctx context.Context, id uuid.UUID) (epoch int64, err error) {
	found := false
	err = s.read(ctx, ofReaders(id), func(t *tx) error {
		t.query(func(r row) error {
			found = true
			return r.Scan(&epoch)
		}, "select epoch from directories where id = ?", id)
		return nil
	})
	if err == nil && !found {
		err = directory.ErrNotFound
	}
	return epoch, err
}

// GroupKeys implements directory.ReadStore.
func (s *Store) GroupKeys(ctx context.Context, id uuid.UUID, keys []string) (map[uuid.UUID]string, error) {
	found := make(map[uuid.UUID]string)
	err := s.read(ctx, ofReaders(id), func(t *tx) error {
		sql, args := "select id, name_key from groups where directory_id = ?", []any{id}
		if keys != nil {
			condition, list := t.oneOfText("name_key", keys)
			sql, args = sql+" and "+condition, append(args, list)
		}
		t.query(func(r row) error {
			var group uuid.UUID
			var key string
			err := r.Scan(&group, &key)
			found[group] = key
			return err
		}, sql, args...)
		return nil
	})
	return found, wrap(err, "reading the names of groups")
}

// sees is the condition that a column holds the id of a group that is seen.
func (s *Store) sees(column string, of directory.Sight) fragment {
	if !of.Limited {
		return always
	}
	return idsIn(s.isPostgres(), column, of.Groups)
}

// idsIn is the condition that a column of ids holds one of them.
func idsIn(pg bool, column string, ids []uuid.UUID) fragment {
	switch {
	case len(ids) == 0:
		return never
	case pg:
		return cat(column+" = any(", argument{ids}, "::uuid[])")
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = `"` + id.String() + `"`
	}
	return cat(column+" in (select value from json_each(", argument{"[" + strings.Join(texts, ",") + "]"}, "))")
}

// ReadUsers implements directory.ReadStore.
func (s *Store) ReadUsers(ctx context.Context, of directory.Sight, q scim.Query, withGroups bool) (directory.Page[directory.ReadUser], error) {
	l := s.readerList(of, scim.UserKind, "users", q)
	l.columns, l.within = s.readUserColumns(), s.usersSeen(of)
	p, err := s.scimPage(ctx, l.listing, q)
	if err != nil {
		return directory.Page[directory.ReadUser]{}, err
	}
	if !withGroups {
		return readList(ctx, s, l, p, scanReadUser, nil)
	}
	return readList(ctx, s, l, p, scanReadUser, func(t *tx, users []directory.ReadUser) {
		ids, place := make([]uuid.UUID, len(users)), make(map[uuid.UUID]int, len(users))
		for i, u := range users {
			ids[i], place[u.ID] = u.ID, i
		}
		t.queryGroupsSeen(of, ids, func(user uuid.UUID, g scim.Reference) {
			u := &users[place[user]]
			u.Groups = append(u.Groups, g)
		})
	})
}

// ReadUserByID implements directory.ReadStore.
func (s *Store) ReadUserByID(ctx context.Context, of directory.Sight, id uuid.UUID, withGroups bool) (directory.ReadUser, error) {
	var found []directory.ReadUser
	var groups []scim.Reference
	err := s.read(ctx, ofReaders(of.Directory), func(t *tx) error {
		one := cat("select "+s.readUserColumns()+" from users r where r.id = ", argument{id}, " and ", s.usersSeen(of))
		t.query(func(r row) error {
			u, _, err := scanReadUser(r)
			found = append(found, u)
			return err
		}, one.sql, one.args...)
		if withGroups {
			t.queryGroupsSeen(of, []uuid.UUID{id}, func(_ uuid.UUID, g scim.Reference) { groups = append(groups, g) })
		}
		return nil
	})
	switch {
	case err != nil:
		return directory.ReadUser{}, err
	case len(found) == 0:
		return directory.ReadUser{}, directory.ErrNotFound
	}
	found[0].Groups = groups
	return found[0], nil
}

func (s *Store) readUserColumns() string {
	return "r.id, r.doc, r.status, r.created_at, " + later(s.isPostgres(), "r.modified_at", userMoved) + ", r.version"
}

func scanReadUser(r row, before ...any) (directory.ReadUser, uuid.UUID, error) {
	var u directory.ReadUser
	var status policy.Status
	var created, modified int64
	err := r.Scan(append(before, &u.ID, &u.JSON, &status, &created, &modified, &u.Version)...)
	u.Active = status == policy.UserActive
	u.Created, u.Modified = fromMicros(created), fromMicros(modified)
	return u, u.ID, err
}

// usersSeen is the condition of the users r that are seen.
func (s *Store) usersSeen(of directory.Sight) fragment {
	living := cat("r.directory_id = ", argument{of.Directory}, " and r.status <> 'deleted'")
	if !of.Limited {
		return living
	}
	return cat(living, " and r.id in (select m.user_id from memberships m where ", s.sees("m.group_id", of), ")")
}

// queryGroupsSeen queues the read of the groups of users that are seen, by name.
func (t *tx) queryGroupsSeen(of directory.Sight, users []uuid.UUID, each func(user uuid.UUID, g scim.Reference)) {
	q := cat(`select m.user_id, g.id, g.display_name from memberships m join groups g on g.id = m.group_id
		where `, idsIn(t.pg(), "m.user_id", users), " and m.directory_id = ", argument{of.Directory}, " and ", t.store.sees("m.group_id", of), " order by g.name_key, g.id")
	t.query(func(r row) error {
		var user, group uuid.UUID
		g := scim.Reference{Type: "direct"}
		err := r.Scan(&user, &group, &g.Display)
		g.Value = group.String()
		each(user, g)
		return err
	}, q.sql, q.args...)
}

// readerList is a list of what is seen of a directory.
func (s *Store) readerList(of directory.Sight, kind scim.Kind, table string, q scim.Query) listQuery {
	l := listQuery{scope: ofReaders(of.Directory), listing: listingOf(of.Directory, table, q), target: directoryTarget(s.isPostgres(), kind), query: q}
	l.target.sight = &of
	l.listing.filter += "\x00read\x00" + sightHash(of)
	return l
}

// sightHash tells cursors of one sight from those of others.
func sightHash(of directory.Sight) string {
	if !of.Limited {
		return ""
	}
	h := fnv.New64a()
	for _, id := range of.Groups {
		h.Write(id[:])
	}
	return strconv.FormatUint(h.Sum64(), 36)
}
