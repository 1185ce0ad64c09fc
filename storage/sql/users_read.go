package sql

import (
	"context"
	"encoding/json"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/directory"
	"github.com/muster-scim/muster/scim"
	"github.com/muster-scim/muster/scim/canonical"
)

// shownColumns are a directory user as administrators see it. Whether it has records is counted
// up to one: asked with "exists", PostgreSQL may read the records of everybody.
const shownColumns = `r.id, r.user_name, r.status, coalesce(r.block, ''), r.doc,
	(select count(*) from (select 1 from user_records x where x.user_id = r.id limit 1) y) = 0,
	(select count(*) from (select 1 from user_records x where x.user_id = r.id and x.deleted_at is null limit 1) y) > 0,
	r.created_at, r.modified_at, coalesce(r.purge_after, 0), coalesce(` + lastLogin + `, 0), r.version`

// lastLogin is when user r last signed in to an application; NULL when none is known.
const lastLogin = "(select l.at from user_logins l where l.user_id = r.id)"

func scanShown(r row, before ...any) (directory.User, uuid.UUID, error) {
	var u directory.User
	var created, modified, purge, login int64
	err := r.Scan(append(before, &u.ID, &u.UserName, &u.Status, &u.Block, &u.JSON, &u.Local, &u.Managed, &created, &modified, &purge, &login, &u.Version)...)
	u.Created, u.Modified, u.PurgeAfter = fromMicros(created), fromMicros(modified), fromMicros(purge)
	u.LastLogin = fromMicros(login)
	return u, u.ID, err
}

// Users reads a page of a directory's users: the living ones, unless a status is asked for. Those
// of a name are not counted.
func (s *Store) Users(ctx context.Context, id uuid.UUID, q directory.UserQuery) (directory.Page[directory.User], error) {
	within := cat("r.directory_id = ", argument{id}, " and r.status <> 'deleted'")
	if q.Status != "" {
		within = cat("r.directory_id = ", argument{id}, " and r.status = ", argument{string(q.Status)})
	}
	within = cat(within, managedBy(q.Of), onlyOf(ctx))
	if q.Named != "" {
		named, err := s.named(ctx, id, q.Named, rareWord)
		if err != nil {
			return directory.Page[directory.User]{}, err
		}
		within = cat(within, " and ", named)
	}
	l := listQuery{
		scope:   ofDirectory(id),
		listing: listingOf(id, "users", q.Filter),
		target:  directoryTarget(s.isPostgres(), scim.UserKind),
		columns: shownColumns,
		within:  within,
		query:   q.Filter,
		free:    q.Named != "",
	}
	l.listing.filter += "\x00" + string(q.Status) + "\x00" + string(q.Of) + "\x00" + q.Named + onlyText(ctx)
	p, err := s.cursorPage(ctx, l.listing, q.Cursor, q.Limit)
	if err != nil {
		return directory.Page[directory.User]{}, err
	}
	return readList(ctx, s, l, p, scanShown, nil)
}

// found is how many users a look-up by hand shows.
const foundAtMost = 10

// FindUsers finds users by id, userName or primary e-mail; living users come first.
func (s *Store) FindUsers(ctx context.Context, id uuid.UUID, text string) ([]directory.User, error) {
	var users []directory.User
	err := s.read(ctx, ofDirectory(id), func(t *tx) error {
		keep := func(r row) error {
			u, _, err := scanShown(r)
			for _, other := range users {
				if other.ID == u.ID {
					return err
				}
			}
			if len(users) < foundAtMost {
				users = append(users, u)
			}
			return err
		}
		only := onlyOf(ctx)
		look := func(condition string, value any) {
			args := append(append([]any{id, value}, only.args...), foundAtMost)
			t.query(keep, "select "+shownColumns+" from users r where r.directory_id = ? and "+condition+only.sql+" order by r.id limit ?", args...)
		}
		if user, ok := parseID(text); ok {
			look("r.id = ?", user)
		}
		key := canonical.Key(text)
		look("r.user_name_key = ? and r.status <> 'deleted'", key)
		look("r.email_key = ? and r.status <> 'deleted'", key)
		look("r.user_name_key = ? and r.status = 'deleted'", key)
		look("r.email_key = ? and r.status = 'deleted'", key)
		return nil
	})
	return users, err
}

// Groups reads a page of a directory's groups.
func (s *Store) Groups(ctx context.Context, id uuid.UUID, q directory.GroupQuery) (directory.Page[directory.Group], error) {
	l := listQuery{
		scope:   ofDirectory(id),
		listing: listingOf(id, "groups", q.Filter),
		target:  directoryTarget(s.isPostgres(), scim.GroupKind),
		columns: "r.id, r.display_name, coalesce((select n.name from tenants n where n.id = r.tenant_id), ''), r.created_at, r.version",
		within:  cat("r.directory_id = ", argument{id}),
		query:   q.Filter,
	}
	if own := ofOwnTenant(ctx, "r.tenant_id"); !own.isAlways() {
		l.within = cat(l.within, " and (r.tenant_id is null or ", own, ")")
	}
	l.listing.filter += onlyText(ctx)
	if q.Empty {
		l.within = cat(l.within, " and not exists (select 1 from (select m.group_id as id from memberships m join users r on r.id = m.user_id where m.directory_id = ",
			argument{id}, onlyOf(ctx), ") x where x.id = r.id)")
		l.listing.filter += "\x00empty"
	}
	p, err := s.cursorPage(ctx, l.listing, q.Cursor, q.Limit)
	if err != nil {
		return directory.Page[directory.Group]{}, err
	}
	return readList(ctx, s, l, p, func(r row, before ...any) (directory.Group, uuid.UUID, error) {
		var g directory.Group
		var created int64
		err := r.Scan(append(before, &g.ID, &g.DisplayName, &g.Tenant, &created, &g.Version)...)
		g.Created = fromMicros(created)
		return g, g.ID, err
	}, nil)
}

// GroupMembers reads a page of a directory group's memberships by user id, and beside each the user.
func (s *Store) GroupMembers(ctx context.Context, id, group uuid.UUID, l directory.Listing) (directory.Page[directory.MembershipRow], []directory.User, error) {
	var users []directory.User
	only := onlyOf(ctx)
	list := inOrderOfIDs(ofDirectory(id), listing{space: id, table: "memberships", filter: group.String()}, uuid.Nil, func(m directory.MembershipRow) uuid.UUID { return m.User })
	result, err := readKeyset(ctx, s, list, l, func(t *tx, behind uuid.UUID, limit int64, p *directory.Page[directory.MembershipRow]) error {
		t.query(total(p), "select count(*) from memberships where group_id = (select d.id from groups d where d.id = ? and d.directory_id = ?)", group, id)
		t.query(into(p, func(r row) (directory.MembershipRow, error) {
			var m directory.MembershipRow
			var supports json.RawMessage
			var created, since int64
			u, _, err := scanShown(r, &supports, &since, &m.Group.ID, &m.Group.Name, &m.Group.Key, &m.Group.Tenant, &created, &m.Group.Version)
			if err != nil {
				return m, err
			}
			users = append(users, u)
			m.User, m.Group.Created, m.Since = u.ID, fromMicros(created), fromMicros(since)
			m.Supports, err = parseSupports(supports, u.ID)
			return m, err
		}), "select m.supports, m.created_at, "+factColumns+", "+shownColumns+` from memberships m
			join users r on r.id = m.user_id join groups d on d.id = m.group_id
			where m.group_id = ? and m.directory_id = ? and m.user_id > ?`+only.sql+" order by m.user_id limit ?",
			append(append([]any{group, id, behind}, only.args...), limit)...)
		return nil
	})
	return result, users[:len(result.Items)], err
}

// MemberSince says of each of a user's groups when the user joined it.
func (s *Store) MemberSince(ctx context.Context, id, user uuid.UUID) (map[uuid.UUID]time.Time, error) {
	since := make(map[uuid.UUID]time.Time)
	err := s.read(ctx, ofDirectory(id), func(t *tx) error {
		clear(since)
		t.query(func(r row) error {
			var group uuid.UUID
			var at int64
			err := r.Scan(&group, &at)
			since[group] = fromMicros(at)
			return err
		}, "select m.group_id, m.created_at from memberships m where m.user_id = ? and m.directory_id = ?", user, id)
		return nil
	})
	return since, wrap(err, "reading since when user %s is in its groups", user)
}
