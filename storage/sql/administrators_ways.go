package sql

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-scim/muster/scim/canonical"
	"github.com/muster-scim/muster/tenants"
	"github.com/muster-scim/muster/tenants/administrators"
)

const sessionColumns = "x.id, x.administrator_id, a.email, x.method, x.address, x.agent, x.created_at, x.seen_at, x.ends_at"

func scanSession(r row, before ...any) (administrators.Session, error) {
	var x administrators.Session
	var created, seen, ends int64
	err := r.Scan(append(before, &x.ID, &x.Administrator, &x.Email, &x.Method, &x.Address, &x.Agent, &created, &seen, &ends)...)
	x.CreatedAt, x.SeenAt, x.EndsAt = fromMicros(created), fromMicros(seen), fromMicros(ends)
	return x, err
}

// goesOn is the condition that session x goes on, with its two arguments.
func goesOn(now time.Time) (condition string, ends, seen any) {
	return "x.ends_at > ? and x.seen_at > ?", micros(now), micros(now.Add(-administrators.IdleTime))
}

// BeginSession implements administrators.Store. What is over is swept away on the way.
func (s *Store) BeginSession(ctx context.Context, a administrators.Administrator, x administrators.Session, hash administrators.Hash, before *administrators.Hash) (administrators.Session, error) {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		x.ID = newID()
		var same int64 // the row is held from here on: a change of the password ends this session, or is seen here
		t.exec(&same, "update administrators set last_sign_in_at = ? where id = ? and password = ? and disabled_at is null", micros(x.CreatedAt), x.Administrator, a.Password)
		if err := t.flush(); err != nil {
			return err
		}
		if same == 0 {
			return administrators.ErrWrong
		}
		t.exec(nil, "delete from administrator_sessions where ends_at <= ? or seen_at <= ?", micros(x.CreatedAt), micros(x.CreatedAt.Add(-administrators.IdleTime)))
		if before != nil {
			t.exec(nil, "delete from administrator_sessions where hash = ?", before[:])
		}
		t.exec(nil, `insert into administrator_sessions (id, administrator_id, hash, method, address, agent, created_at, seen_at, ends_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, x.ID, x.Administrator, hash[:], string(x.Method), x.Address, x.Agent, micros(x.CreatedAt), micros(x.SeenAt), micros(x.EndsAt))
		t.adminEvent(adminEvent{action: "administrator.signedIn", changes: map[string]any{"email": x.Email, "session": x.ID, "method": x.Method, "address": x.Address}})
		return nil
	})
	return x, wrap(err, "beginning a session")
}

// SessionBy implements administrators.Store.
func (s *Store) SessionBy(ctx context.Context, hash administrators.Hash, now time.Time) (x administrators.Session, a administrators.Administrator, err error) {
	condition, ends, seen := goesOn(now)
	err = s.read(ctx, everyConnector, func(t *tx) (err error) {
		t.query(func(r row) (err error) { x, err = scanSession(r); return err },
			"select "+sessionColumns+" from administrator_sessions x join administrators a on a.id = x.administrator_id where x.hash = ? and "+condition, hash[:], ends, seen)
		a, err = t.oneAdministrator("a.id = (select x.administrator_id from administrator_sessions x where x.hash = ? and "+condition+")", hash[:], ends, seen)
		return err
	})
	return x, a, wrap(err, "reading a session")
}

// SeeSession implements administrators.Store.
func (s *Store) SeeSession(ctx context.Context, id uuid.UUID, at time.Time) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		t.exec(nil, "update administrator_sessions set seen_at = ? where id = ? and seen_at < ?", micros(at), id, micros(at))
		return nil
	})
	return wrap(err, "writing that a session was used")
}

// Sessions implements administrators.Store.
func (s *Store) Sessions(ctx context.Context, administrator uuid.UUID, now time.Time) ([]administrators.Session, error) {
	condition, ends, seen := goesOn(now)
	var all []administrators.Session
	err := s.read(ctx, everyConnector, func(t *tx) error {
		who, args := ofAdministrator(administrator)
		t.query(func(r row) error {
			x, err := scanSession(r)
			all = append(all, x)
			return err
		}, "select "+sessionColumns+" from administrator_sessions x join administrators a on a.id = x.administrator_id where "+condition+who+" order by x.id desc",
			append([]any{ends, seen}, args...)...)
		return nil
	})
	return all, wrap(err, "listing sessions")
}

// EndWaysIn ends every session and every link that waits, set-up links too: of a copy that was restored they are
// those of another time, and somebody may have ended or used them since.
func (s *Store) EndWaysIn(ctx context.Context) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		t.exec(nil, "delete from administrator_sessions")
		t.exec(nil, "delete from administrator_links")
		t.exec(nil, "delete from setup_links")
		return nil
	})
	return wrap(err, "ending the sessions of the copy")
}

// ofAdministrator is the condition that x is the administrator's; Nil is anybody's.
func ofAdministrator(id uuid.UUID) (condition string, args []any) {
	if id == uuid.Nil {
		return "", nil
	}
	return " and x.administrator_id = ?", []any{id}
}

// EndSession implements administrators.Store.
func (s *Store) EndSession(ctx context.Context, administrator, id uuid.UUID) error {
	return s.endWay(ctx, "administrator_sessions", administrator, id, "administrator.session.ended",
		&tenants.Problem{Kind: tenants.ErrUnknown, Code: administrators.CodeNoSession, Detail: fmt.Sprintf("there is no session %s, or it has ended", id)})
}

// endWay deletes a session or a token, if it is the administrator's.
func (s *Store) endWay(ctx context.Context, table string, administrator, id uuid.UUID, action string, unknown *tenants.Problem) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		who, args := ofAdministrator(administrator)
		email := ""
		t.query(func(r row) error { return r.Scan(&email) },
			"select a.email from "+table+" x join administrators a on a.id = x.administrator_id where x.id = ?"+who, append([]any{id}, args...)...)
		if err := t.flush(); err != nil {
			return err
		}
		if email == "" {
			return unknown
		}
		t.exec(nil, "delete from "+table+" where id = ?", id)
		t.adminEvent(adminEvent{action: action, changes: map[string]any{"id": id, "email": email}})
		return nil
	})
	return wrap(err, "ending %s of %s", id, table)
}

const apiTokenColumns = "x.id, x.administrator_id, a.email, x.name, x.hint, x.role, x.expires_at, coalesce(x.last_used_at, 0), x.created_at"

func scanAPIToken(r row) (administrators.Token, error) {
	var k administrators.Token
	var expires, used, created int64
	err := r.Scan(&k.ID, &k.Administrator, &k.Email, &k.Name, &k.Hint, &k.Role, &expires, &used, &created)
	k.ExpiresAt, k.LastUsedAt, k.CreatedAt = fromMicros(expires), orNever(used), fromMicros(created)
	return k, err
}

// AddToken implements administrators.Store.
func (s *Store) AddToken(ctx context.Context, k administrators.Token, hash administrators.Hash) (administrators.Token, error) {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		now := micros(s.now())
		k.ID, k.CreatedAt = newID(), fromMicros(now)
		t.exec(nil, `insert into administrator_tokens (id, administrator_id, name, name_key, hash, hint, role, expires_at, created_at)
			values (?, ?, ?, ?, ?, ?, ?, ?, ?)`, k.ID, k.Administrator, k.Name, canonical.Key(k.Name), hash[:], k.Hint, string(k.Role), micros(k.ExpiresAt), now)
		t.adminEvent(adminEvent{action: "administrator.token.created",
			changes: map[string]any{"id": k.ID, "email": k.Email, "name": k.Name, "role": k.Role, "expiresAt": k.ExpiresAt}})
		return nil
	})
	if isDuplicate(err, "administrator_tokens_name") {
		err = &tenants.Problem{Kind: tenants.ErrTaken, Code: administrators.CodeTokenTaken, Field: "name",
			Detail: fmt.Sprintf("%s has an API token named %q already; choose another name, or end that one first", k.Email, k.Name)}
	}
	return k, wrap(err, "making an API token")
}

// TokenBy implements administrators.Store.
func (s *Store) TokenBy(ctx context.Context, hash administrators.Hash, now time.Time) (k administrators.Token, a administrators.Administrator, err error) {
	err = s.read(ctx, everyConnector, func(t *tx) (err error) {
		t.query(func(r row) (err error) { k, err = scanAPIToken(r); return err },
			"select "+apiTokenColumns+" from administrator_tokens x join administrators a on a.id = x.administrator_id where x.hash = ? and x.expires_at > ?", hash[:], micros(now))
		a, err = t.oneAdministrator("a.id = (select x.administrator_id from administrator_tokens x where x.hash = ? and x.expires_at > ?)", hash[:], micros(now))
		return err
	})
	return k, a, wrap(err, "reading an API token")
}

// Tokens implements administrators.Store.
func (s *Store) Tokens(ctx context.Context, administrator uuid.UUID) ([]administrators.Token, error) {
	var all []administrators.Token
	err := s.read(ctx, everyConnector, func(t *tx) error {
		who, args := ofAdministrator(administrator)
		t.query(func(r row) error {
			k, err := scanAPIToken(r)
			all = append(all, k)
			return err
		}, "select "+apiTokenColumns+" from administrator_tokens x join administrators a on a.id = x.administrator_id where 1 = 1"+who+" order by x.id", args...)
		return nil
	})
	return all, wrap(err, "listing API tokens")
}

// TouchToken implements administrators.Store.
func (s *Store) TouchToken(ctx context.Context, id uuid.UUID, at time.Time) error {
	err := s.write(ctx, everyConnector, func(t *tx) error {
		t.exec(nil, "update administrator_tokens set last_used_at = ? where id = ? and (last_used_at is null or last_used_at < ?)", micros(at), id, micros(at))
		return nil
	})
	return wrap(err, "writing that an API token was used")
}

// DeleteToken implements administrators.Store.
func (s *Store) DeleteToken(ctx context.Context, administrator, id uuid.UUID) error {
	return s.endWay(ctx, "administrator_tokens", administrator, id, "administrator.token.deleted",
		&tenants.Problem{Kind: tenants.ErrUnknown, Code: administrators.CodeTokenUnknown, Detail: fmt.Sprintf("there is no API token %s", id)})
}
